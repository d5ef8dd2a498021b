//! The HTTP contract, one file for each noun.

mod about;
mod account;
mod claim;
mod counted;
mod extract;
mod guard;
mod health;
mod links;
mod not_me;
mod oauth;
mod outbox;
mod pages;
mod pairings;
mod password;
mod phone;
mod problem;
mod proof;
mod recovery;
mod revoke;
mod second_factor;
mod sessions;
mod sign_in;
mod sign_up;

pub(crate) use guard::busy;
pub use health::watchers;
pub(crate) use revoke::token as revoke_token;
pub(crate) use sign_in::{NOTICE_LIFE, letter};

use crate::{App, openapi};
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::http::header::CONTENT_TYPE;
use axum::{Router, middleware};
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Largest request body, bytes.
pub const BODY_LIMIT: usize = 16 * 1024;

/// Everything the server answers.
pub fn router(app: &App) -> Router {
    let (mut router, mut description) = contract().split_for_parts();
    openapi::finish(&mut description);
    let description = Bytes::from(serde_json::to_vec(&description).unwrap_or_default());
    let described = move || std::future::ready(([(CONTENT_TYPE, "application/json")], description.clone()));
    router = router
        .merge(pages::router())
        .merge(health::router())
        .merge(phone::router())
        .route("/openapi.json", axum::routing::get(described));
    if app.outbox().is_some() {
        router = router.merge(outbox::router());
    }
    router
        .fallback(guard::not_found)
        .method_not_allowed_fallback(guard::method_not_allowed)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn_with_state(app.clone(), guard::guard))
        .with_state(app.clone())
}

pub(crate) fn contract() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(openapi::Description::openapi())
        .routes(routes!(about::about))
        .routes(routes!(sign_in::sign_in))
        .routes(routes!(second_factor::second_factor))
        .routes(routes!(sessions::refresh))
        .routes(routes!(sessions::current, sessions::end_current))
        .routes(routes!(sessions::list, sessions::end_others))
        .routes(routes!(sessions::end_one))
        .routes(routes!(password::change))
        .routes(routes!(recovery::start))
        .routes(routes!(recovery::send))
        .routes(routes!(recovery::check))
        .routes(routes!(recovery::set_password))
        .routes(routes!(sign_up::start))
        .routes(routes!(sign_up::send))
        .routes(routes!(sign_up::check))
        .routes(routes!(sign_up::found))
        .routes(routes!(account::current))
        .routes(routes!(account::addresses::add))
        .routes(routes!(account::addresses::send))
        .routes(routes!(account::addresses::check))
        .routes(routes!(account::addresses::remove))
        .routes(routes!(account::addresses::put_first))
        .routes(routes!(account::authenticator::begin, account::authenticator::turn_off))
        .routes(routes!(account::authenticator::confirm))
        .routes(routes!(account::codes::renew))
        .routes(routes!(pairings::list))
        .routes(routes!(pairings::end))
        .routes(routes!(links::start))
        .routes(routes!(links::current))
        .routes(routes!(links::approve))
        .routes(routes!(links::deny))
        .routes(routes!(oauth::metadata))
        .routes(routes!(oauth::device::authorize))
        .routes(routes!(oauth::token::token))
        .routes(routes!(oauth::device::confirm))
        .routes(routes!(oauth::device::cancel))
}
