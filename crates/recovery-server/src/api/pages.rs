//! The few pages a browser may land on. They change nothing.

use crate::App;
use crate::mail::escape;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_SECURITY_POLICY, LOCATION};
use axum::response::{Html, IntoResponse};
use axum::routing::get;

pub(super) const STYLE: &str = include_str!("pages/style.css");

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/", get(home))
        .route(
            "/.well-known/change-password",
            get(async || (StatusCode::FOUND, [(LOCATION, "/change-password")])),
        )
        .route("/change-password", get(change_password))
        .route("/recover", get(recover))
}

async fn home(State(app): State<App>) -> impl IntoResponse {
    page(
        &app,
        "This is an account server",
        "<p>Open Regain and add this address as an account. You can sign in there, change your password, \
         and get back in when you have forgotten it.</p>",
    )
}

async fn change_password(State(app): State<App>) -> impl IntoResponse {
    page(
        &app,
        "Change your password",
        "<p>Open Regain, choose your account here, then <strong>Settings</strong> and <strong>Change password</strong>. \
         You need the current password, or a code that is mailed to you.</p>\
         <p>Have you forgotten it? Choose <strong>Forgot your password?</strong> where you sign in.</p>",
    )
}

/// The secret is in the fragment, which browsers do not send: it never reaches a log.
async fn recover(State(app): State<App>) -> impl IntoResponse {
    page(
        &app,
        "Copy this address into Regain",
        "<p>You have followed the link from your mail. Copy the whole address of this page, go back to the Regain window \
         you asked for it in, and paste it there.</p>\
         <p>Opening this page has changed nothing, and the link works only together with that window. \
         If you did not ask for it, close this page.</p>",
    )
}

/// A page in the house style; `body` is HTML.
pub(super) fn page(app: &App, title: &str, body: &str) -> impl IntoResponse + use<> {
    let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title} · {server}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<header><span class=\"door\" aria-hidden=\"true\"></span>{server}</header>\n\
         <main>\n<h1>{title}</h1>\n{body}\n</main>\n</body>\n</html>\n",
        title = escape(title),
        server = escape(&app.config().name),
    );
    ([(CONTENT_SECURITY_POLICY, policy)], Html(html))
}
