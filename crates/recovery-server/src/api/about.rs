use crate::{App, password, token};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// Who answers here, and by which rules.
#[derive(Serialize, ToSchema)]
pub(super) struct About {
    #[schema(examples("regain-recovery-server"))]
    server: &'static str,
    /// The version of this contract.
    api: u32,
    version: &'static str,
    name: String,
    /// Nothing here is real.
    practice: bool,
    password: PasswordRules,
    code: CodeRules,
    /// May people make accounts themselves?
    sign_up: bool,
    /// Only with addresses of these domains; any, if there are none.
    sign_up_domains: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct PasswordRules {
    min_length: usize,
    min_length_with_second_factor: usize,
    max_length: usize,
}

#[derive(Serialize, ToSchema)]
struct CodeRules {
    digits: usize,
    life_seconds: i64,
    resend_seconds: i64,
}

/// Who answers here.
#[utoipa::path(get, path = "/v1/about", responses((status = 200, body = About)))]
pub(super) async fn about(State(app): State<App>) -> Json<About> {
    let config = app.config();
    Json(About {
        server: "regain-recovery-server",
        api: 1,
        version: env!("CARGO_PKG_VERSION"),
        name: config.name.clone(),
        practice: config.practice,
        password: PasswordRules {
            min_length: password::MIN_LENGTH,
            min_length_with_second_factor: password::MIN_LENGTH_WITH_SECOND_FACTOR,
            max_length: password::MAX_LENGTH,
        },
        code: CodeRules {
            digits: token::CODE_DIGITS,
            life_seconds: config.codes.life_seconds,
            resend_seconds: config.codes.resend_seconds,
        },
        sign_up: config.sign_up.open,
        sign_up_domains: if config.sign_up.open { config.sign_up.domains.clone() } else { Vec::new() },
    })
}
