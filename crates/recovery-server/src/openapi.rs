//! The description of the contract, made from the code.

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "recovery-server",
        description = "Signing in, and getting back in. Errors are problem details (RFC 9457) with a machine word in `code`. \
                       `*_in` are whole seconds from now, `*_at` are Unix seconds.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
        version = "1"
    ),
    modifiers(&Bearer)
)]
pub(crate) struct Description;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        description
            .components
            .get_or_insert_default()
            .add_security_scheme("session", SecurityScheme::Http(scheme));
    }
}

/// The description as `openapi.json` has it: pretty, with a newline at the end.
///
/// # Errors
/// It cannot be written as JSON.
pub fn json() -> Result<String, serde_json::Error> {
    let description = crate::api::contract().into_openapi();
    let mut text = serde_json::to_string_pretty(&description)?;
    text.push('\n');
    Ok(text)
}
