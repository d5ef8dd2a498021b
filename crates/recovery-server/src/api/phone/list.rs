//! What came in by code, and what asks now, each with its end.

use super::device::handle;
use super::enter;
use super::layout::{Form, Page, or_trouble, see};
use super::passkey;
use super::visitor::{Sent, Signed, Visitor, check_csrf, csrf};
use crate::App;
use crate::api::problem::Problem;
use crate::audit::Event;
use crate::mail::{escape, moment};
use crate::storage::{Direction, PairingState};
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

pub(super) async fn show(State(app): State<App>, visitor: Visitor) -> Response {
    let page = match &visitor.signed {
        None => Ok(enter::page(&app, &visitor, &super::device::Place::default(), "").show(&app, &visitor)),
        Some(signed) => page(&app, &visitor, signed).await,
    };
    or_trouble(&app, &visitor, page)
}

async fn page(app: &App, visitor: &Visitor, signed: &Signed) -> Result<Response, Problem> {
    let words = visitor.words();
    let holder = signed.session.id.as_bytes();
    let pairings = app.storage().pairings(&signed.account.id, app.clock().now()).await?;
    let mut page = Page::of(words.list);
    if pairings.is_empty() {
        page = page.push(&format!("<p class=\"empty\">{}</p>\n", words.list_empty));
    }
    for pairing in pairings {
        let phone = pairing.scan.as_ref().filter(|_| pairing.direction == Direction::Phone);
        let (kind, device, network) = match phone {
            Some(phone) => (words.phone, phone.phone_device.as_str(), phone.phone_network.as_deref()),
            None => (words.computer, pairing.device.as_str(), pairing.network.as_deref()),
        };
        let asked = moment(visitor.language, pairing.created_at, &app.config().zone());
        let network = network.map(|network| (words.network, network.to_owned()));
        let mut facts = vec![(words.asked, asked)];
        facts.extend(network);
        page =
            page.push(&format!("<article>\n<h2>{kind}: <bdi>{}</bdi></h2>\n", escape(device))).facts(&facts);
        let session = pairing.session_id.as_deref();
        page = match session {
            Some(id) if id == signed.session.id => page.meta(words.this_phone),
            Some(id) => page.form(
                Form::to("/device/end")
                    .hidden("session", id)
                    .hidden("csrf", &csrf(app, holder, id))
                    .quiet(words.end),
            ),
            None if pairing.direction == Direction::Computer && pairing.state != PairingState::Consumed => {
                page.meta(words.still_open).form(
                    Form::to("/device/deny")
                        .hidden("p", &handle(&pairing))
                        .hidden("csrf", &csrf(app, holder, &pairing.id))
                        .quiet(words.deny),
                )
            }
            None => page.meta(words.still_open),
        };
        page = page.push("</article>\n");
    }
    page = page.push(&passkey::link(visitor));
    Ok(page.form(enter::sign_out_form(app, visitor, &signed.session.id)).show(app, visitor))
}

#[derive(Deserialize)]
pub(super) struct End {
    session: String,
    csrf: String,
}

pub(super) async fn end(State(app): State<App>, visitor: Visitor, Sent(ask): Sent<End>) -> Response {
    let done = async {
        let Some(signed) = &visitor.signed else { return Ok(see("/device/sessions")) };
        check_csrf(&app, signed.session.id.as_bytes(), &ask.session, &ask.csrf)?;
        let account_id = &signed.account.id;
        let audit = app.entry(Event::SessionEnded, "ok", Some(account_id), visitor.caller.network.as_deref());
        app.storage().end_session(account_id, &ask.session, &audit).await?;
        Ok(see("/device/sessions"))
    };
    or_trouble(&app, &visitor, done.await)
}
