//! The page behind the link in the mail. It needs no sign-in: whoever reads the mail may end the session.

use super::layout::{Form, Page, or_trouble, see};
use super::passkey;
use super::visitor::{Asked, Sent, Visitor};
use crate::App;
use crate::api::not_me::read;
use crate::api::problem::Problem;
use crate::audit::Event;
use crate::mail::moment;
use crate::storage::MadeBy;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

#[derive(Default, Deserialize)]
pub(super) struct Ask {
    #[serde(default)]
    t: String,
    #[serde(default)]
    done: bool,
}

/// Says what it would end.
pub(super) async fn show(State(app): State<App>, visitor: Visitor, Asked(ask): Asked<Ask>) -> Response {
    or_trouble(&app, &visitor, page(&app, &visitor, &ask).await)
}

async fn page(app: &App, visitor: &Visitor, ask: &Ask) -> Result<Response, Problem> {
    let words = visitor.words();
    let Some(target) = read(app, &ask.t) else {
        return Ok(Page::of(words.not_me_bad).with_status(StatusCode::NOT_FOUND).show(app, visitor));
    };
    let sessions = app.storage().sessions(&target.account_id, app.clock().now()).await?;
    let session = sessions.into_iter().find(|session| session.id == target.id);
    let added = passkey::added_since(app, visitor, &target.account_id, target.at).await?;
    if session.is_none() && added.is_empty() {
        let pair = if ask.done { words.not_me_done } else { words.not_me_already };
        return Ok(Page::of(pair).show(app, visitor));
    }
    let mut facts = Vec::new();
    if let Some(session) = session {
        let kind = if session.made_by == MadeBy::Link { words.phone } else { words.computer };
        facts.push((kind, session.device));
        facts.push((words.when, moment(visitor.language, session.created_at, &app.config().zone())));
        facts.extend(session.network.map(|network| (words.network, network)));
    }
    facts.extend(added);
    let form = Form::to("/not-me").hidden("t", &ask.t).button(words.not_me_button);
    Ok(Page::of(words.not_me).facts(&facts).form(form).show(app, visitor))
}

pub(super) async fn end(State(app): State<App>, visitor: Visitor, Sent(ask): Sent<Ask>) -> Response {
    let done = async {
        let mut path = format!("/not-me?t={}", ask.t);
        if let Some(target) = read(&app, &ask.t) {
            let network = visitor.caller.network.as_deref();
            let audit = app.entry(Event::NotMe, "session ended", Some(&target.account_id), network);
            if app.storage().disown(&target.account_id, &target.id, target.at, &audit).await? {
                path.push_str("&done=true");
            }
        } else {
            path = "/not-me".to_owned();
        }
        Ok(see(&path))
    };
    or_trouble(&app, &visitor, done.await)
}
