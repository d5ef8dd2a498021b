//! The description of the contract, made from the code.

use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{Modify, OpenApi};

const JSON: &str = "application/json";
/// RFC 9457.
const PROBLEM: &str = "application/problem+json";

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

/// What may be answered to every request, whatever it asks for: said in one place, for all of them.
pub(crate) fn finish(description: &mut utoipa::openapi::OpenApi) {
    for path in description.paths.paths.values_mut() {
        let operations = [&mut path.get, &mut path.post, &mut path.put, &mut path.patch, &mut path.delete];
        operations.into_iter().flatten().for_each(add_problems);
    }
}

fn add_problems(operation: &mut Operation) {
    let mut problems = vec![
        ("408", "`timeout`: it took longer than 10 seconds"),
        ("421", "`other_host`: this server does not go by that name"),
        ("500", "`internal`"),
        ("503", "`busy`"),
    ];
    if operation.request_body.is_some() {
        problems.extend([
            ("400", "`bad_request`, `bad_identifier`"),
            ("413", "`body_too_large`: more than 16 KiB"),
            ("415", "`not_json`, or no form where a form is asked for"),
        ]);
    }
    let responses = &mut operation.responses.responses;
    for (status, about) in problems {
        let details = ContentBuilder::new().schema(Some(Ref::from_schema_name("ProblemDetails"))).build();
        let problem = ResponseBuilder::new().description(about).content(PROBLEM, details).build();
        responses.entry(status.to_owned()).or_insert(RefOr::T(problem));
    }
    // The derive knows one type of content for everything.
    for (_, response) in responses.iter_mut().filter(|(status, _)| status.starts_with(['4', '5'])) {
        let RefOr::T(response) = response else { continue };
        let schema = match response.content.get(JSON) {
            Some(RefOr::T(content)) => content.schema.as_ref(),
            _ => None,
        };
        let is_problem =
            matches!(schema, Some(RefOr::Ref(schema)) if schema.ref_location.ends_with("/ProblemDetails"));
        if is_problem && let Some(details) = response.content.shift_remove(JSON) {
            response.content.insert(PROBLEM.to_owned(), details);
        }
    }
}

/// The description as `openapi.json` has it: pretty, with a newline at the end.
///
/// # Errors
/// It cannot be written as JSON.
pub fn json() -> Result<String, serde_json::Error> {
    let mut description = crate::api::contract().into_openapi();
    finish(&mut description);
    let mut text = serde_json::to_string_pretty(&description)?;
    text.push('\n');
    Ok(text)
}
