//! The practice outbox: every mail the practice server would have sent.

use super::pages::page;
use crate::App;
use crate::mail::{SentMail, escape};
use axum::Router;
use axum::extract::State;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;
use std::fmt::Write as _;

const SCRIPT: &str = include_str!("outbox/outbox.js");
const STYLE: &str = include_str!("outbox/outbox.css");

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/practice/outbox", get(outbox))
        .route("/practice/outbox.json", get(json))
        .route(
            "/practice/outbox.js",
            get(async || ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT)),
        )
        .route("/practice/outbox.css", get(async || ([(CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)))
}

async fn json(State(app): State<App>) -> Response {
    match newest_first(&app) {
        Some(mails) => axum::Json(mails).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn outbox(State(app): State<App>) -> Response {
    let mails = newest_first(&app).unwrap_or_default();
    let newest = mails.first().map_or(0, |mail| mail.id);
    let mut body = format!(
        "<link rel=\"stylesheet\" href=\"/practice/outbox.css\">\
         <noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript>\
         <p class=\"notice\">Practice: nothing here is real. In a real account these mails would be in your mailbox. \
         New ones appear by themselves.</p><div id=\"mails\" data-newest=\"{newest}\">"
    );
    if mails.is_empty() {
        body.push_str("<p class=\"empty\">No mail yet. Ask for a code in Regain, and it will be here a moment later.</p>");
    }
    for mail in &mails {
        write_mail(&mut body, mail, &app);
    }
    body.push_str("</div><script src=\"/practice/outbox.js\" defer></script>");
    let mut response = page(&app, "Mail", &body).into_response();
    response.headers_mut().insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; connect-src 'self'; \
             frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
    );
    response
}

fn write_mail(body: &mut String, mail: &SentMail, app: &App) {
    let at = Timestamp::from_second(mail.at).map_or_else(
        |_| mail.at.to_string(),
        |at| at.to_zoned_datetime(app.config().zone()).strftime("%H:%M:%S %Z").to_string(),
    );
    // The letter is shown in a frame without scripts; it is same-origin only so that it can be measured.
    let _infallible = write!(
        body,
        "<article id=\"mail-{id}\"><h2>{subject}</h2><p class=\"meta\">To {to} · {at}</p>\
         <iframe title=\"{subject}\" sandbox=\"allow-same-origin\" srcdoc=\"{html}\"></iframe>\
         <details><summary>As plain text</summary><pre>{text}</pre></details></article>",
        id = mail.id,
        subject = escape(&mail.subject),
        to = escape(&mail.to),
        html = escape(&mail.html),
        text = escape(&mail.text),
    );
}

fn newest_first(app: &App) -> Option<Vec<SentMail>> {
    let mut mails = app.outbox()?.mails();
    mails.reverse();
    Some(mails)
}
