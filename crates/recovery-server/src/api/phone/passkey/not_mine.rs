//! The page behind the link in the mail about a passkey that was added. It needs no sign-in: whoever reads the mail
//! may remove the passkey.

use super::super::layout::{Form, Page, or_trouble, see};
use super::super::visitor::{Asked, Sent, Visitor};
use super::words;
use crate::App;
use crate::api::not_me;
use crate::api::problem::Problem;
use crate::audit::Event;
use crate::mail::moment;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

/// Apart from the links that end sessions.
const LABEL: &str = "not my passkey";

/// What the link says; it works as long as one that ends a session.
pub(super) fn token(app: &App, account_id: &str, passkey_id: &str, now: i64) -> String {
    not_me::write(app, LABEL, account_id, passkey_id, now)
}

#[derive(Default, Deserialize)]
pub(super) struct Ask {
    #[serde(default)]
    t: String,
    #[serde(default)]
    done: bool,
}

/// Says what it would remove.
pub(super) async fn show(State(app): State<App>, visitor: Visitor, Asked(ask): Asked<Ask>) -> Response {
    or_trouble(&app, &visitor, page(&app, &visitor, &ask).await)
}

async fn page(app: &App, visitor: &Visitor, ask: &Ask) -> Result<Response, Problem> {
    let words = words::of(visitor.language);
    let Some(target) = not_me::read_as(app, LABEL, &ask.t) else {
        let page = Page::of(visitor.words().not_me_bad).with_status(StatusCode::NOT_FOUND);
        return Ok(page.show(app, visitor));
    };
    let passkeys = app.storage().passkeys(&target.account_id).await?;
    let Some(passkey) = passkeys.into_iter().find(|passkey| passkey.id == target.id) else {
        let pair = if ask.done { words.not_mine_done } else { words.not_mine_already };
        return Ok(Page::of(pair).show(app, visitor));
    };
    let when = moment(visitor.language, passkey.created_at, &app.config().zone());
    let form = Form::to("/not-my-passkey").hidden("t", &ask.t).button(words.not_mine_button);
    let facts = [(words.passkey, passkey.name), (words.added_at, when)];
    Ok(Page::of(words.not_mine).facts(&facts).form(form).show(app, visitor))
}

pub(super) async fn end(State(app): State<App>, visitor: Visitor, Sent(ask): Sent<Ask>) -> Response {
    let done = async {
        let Some(target) = not_me::read_as(&app, LABEL, &ask.t) else { return Ok(see("/not-my-passkey")) };
        let network = visitor.caller.network.as_deref();
        let audit = app.entry(Event::NotMyPasskey, "removed", Some(&target.account_id), network);
        let removed = app.storage().remove_passkey(&target.account_id, &target.id, "", &audit).await?;
        Ok(see(&format!("/not-my-passkey?t={}{}", ask.t, if removed { "&done=true" } else { "" })))
    };
    or_trouble(&app, &visitor, done.await)
}
