//! The pages behind the link in the mail about a change of recovery settings. They need no sign-in: whoever reads the
//! mail may put the account back, and set a new password with a code that is mailed again.

use super::layout::{Form, Page, or_trouble, see, trouble_on};
use super::visitor::{Asked, Sent, Visitor};
use super::words::revoke::{self as words, Words};
use crate::App;
use crate::api::problem::Problem;
use crate::api::revoke;
use crate::mail::{kind, moment};
use crate::{mask, password};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use zeroize::Zeroizing;

#[derive(Default, Deserialize)]
pub(super) struct Ask {
    #[serde(default)]
    t: String,
}

/// Says what it would put back.
pub(super) async fn show(State(app): State<App>, visitor: Visitor, Asked(ask): Asked<Ask>) -> Response {
    or_trouble(&app, &visitor, page(&app, &visitor, &ask).await)
}

async fn page(app: &App, visitor: &Visitor, ask: &Ask) -> Result<Response, Problem> {
    let words = words::of(visitor.language);
    let Some(target) = revoke::read(app, &ask.t) else {
        return Ok(Page::of(words.bad).with_status(StatusCode::NOT_FOUND).show(app, visitor));
    };
    let Some((account, change, address)) = revoke::look(app, &target).await? else {
        return Ok(Page::of(words.already).show(app, visitor));
    };
    let facts = [
        (visitor.words().account, account.identifier),
        (words.what, kind(visitor.language, change.kind).to_owned()),
        (visitor.words().when, moment(visitor.language, change.at, &app.config().zone())),
        (words.code_goes_to, mask::address(&address.address).unwrap_or_default()),
    ];
    let form = Form::to("/revoke").hidden("t", &ask.t).button(words.button);
    Ok(Page::of(words.ask).facts(&facts).form(form).show(app, visitor))
}

pub(super) async fn put_back(State(app): State<App>, visitor: Visitor, Sent(ask): Sent<Ask>) -> Response {
    let done = async {
        let ticket = match revoke::read(&app, &ask.t) {
            Some(target) => revoke::revoke(&app, &visitor.caller, &target, &visitor.device).await?,
            None => return Ok(see("/revoke")),
        };
        Ok(see(
            &ticket.map_or(format!("/revoke?t={}", ask.t), |ticket| format!("/revoke/password?r={ticket}"))
        ))
    };
    or_trouble(&app, &visitor, done.await)
}

#[derive(Default, Deserialize)]
pub(super) struct Begun {
    #[serde(default)]
    r: String,
}

/// Asks for the mailed code and a new password.
pub(super) async fn ask(State(app): State<App>, visitor: Visitor, Asked(begun): Asked<Begun>) -> Response {
    let words = words::of(visitor.language);
    Page::of(words.put_back).form(form(words, &begun.r)).show(&app, &visitor)
}

#[derive(Deserialize)]
pub(super) struct NewPassword {
    r: String,
    code: Zeroizing<String>,
    password: Zeroizing<String>,
}

pub(super) async fn finish(
    State(app): State<App>,
    visitor: Visitor,
    Sent(sent): Sent<NewPassword>,
) -> Response {
    let words = words::of(visitor.language);
    let page = Page::of(words.put_back);
    match revoke::finish(&app, &visitor.caller, &sent.r, &sent.code, &sent.password).await {
        Ok(()) => see("/revoke/done"),
        Err(Problem::WeakPassword(reasons)) => {
            let min = password::min_length(false);
            let short = reasons.iter().any(|reason| matches!(reason, password::Reason::TooShort { .. }));
            let (what, to_do) =
                if short { (words.short, (words.short_do)(min)) } else { words_of(words.weak) };
            let page = page.wrong(what, &to_do, StatusCode::UNPROCESSABLE_ENTITY);
            page.form(form(words, &sent.r)).show(&app, &visitor)
        }
        Err(Problem::WrongCode { tries_left }) => {
            let to_do = (words.tries)(tries_left);
            let page = page.wrong(words.wrong_code, &to_do, StatusCode::BAD_REQUEST);
            page.form(form(words, &sent.r)).show(&app, &visitor)
        }
        Err(Problem::Expired) => Page::of(words.over).with_status(StatusCode::GONE).show(&app, &visitor),
        Err(problem) => trouble_on(page, &visitor, &problem).form(form(words, &sent.r)).show(&app, &visitor),
    }
}

pub(super) async fn done(State(app): State<App>, visitor: Visitor) -> Response {
    Page::of(words::of(visitor.language).done).show(&app, &visitor)
}

fn form(words: &Words, ticket: &str) -> Form {
    Form::to("/revoke/password")
        .hidden("r", ticket)
        .field(
            "code",
            words.code,
            "type=\"text\" inputmode=\"numeric\" autocomplete=\"one-time-code\" maxlength=\"40\"",
        )
        .field(
            "password",
            words.password,
            "type=\"password\" autocomplete=\"new-password\" maxlength=\"1024\"",
        )
        .button(words.set)
}

fn words_of((what, to_do): super::words::Pair) -> (&'static str, String) {
    (what, to_do.to_owned())
}
