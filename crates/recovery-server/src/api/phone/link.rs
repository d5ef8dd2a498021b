//! A computer lets this phone in. Nothing here says whose account it is before it is open.

use super::device::{behind, ending, handle, lettered};
use super::layout::{Form, Page, or_trouble, see, see_with};
use super::visitor::{Asked, Sent, Visitor, check_csrf, csrf, keep_in_cookie, new_link_cookie};
use crate::api::not_me;
use crate::api::problem::Problem;
use crate::api::sign_in::{Start, open};
use crate::audit::{Entry, Event, Step};
use crate::meters::WrongCode;
use crate::pairing::{self, Pointer};
use crate::storage::{Confirmed, Direction, MadeBy, Pairing, PairingKey, PairingState, Scan};
use crate::{App, token};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

#[derive(Default, Deserialize)]
pub(super) struct Ask {
    q: Option<String>,
    p: Option<String>,
}

pub(super) async fn show(State(app): State<App>, visitor: Visitor, Asked(ask): Asked<Ask>) -> Response {
    or_trouble(&app, &visitor, page(&app, &visitor, &ask).await)
}

async fn page(app: &App, visitor: &Visitor, ask: &Ask) -> Result<Response, Problem> {
    let words = visitor.words();
    if let Some(q) = &ask.q {
        return pointed(app, visitor, q).await;
    }
    let Some(p) = &ask.p else {
        return Ok(letters_page(visitor, "").show(app, visitor));
    };
    match held(app, visitor, p).await {
        Ok((holder, pairing)) => Ok(standing(app, visitor, &holder, &pairing).show(app, visitor)),
        Err(Problem::NotFound) => {
            Ok(Page::of(words.nothing).with_status(StatusCode::NOT_FOUND).show(app, visitor))
        }
        Err(problem) => Err(problem),
    }
}

async fn pointed(app: &App, visitor: &Visitor, q: &str) -> Result<Response, Problem> {
    let words = visitor.words();
    let now = app.clock().now();
    let said = |pair| Ok(Page::of(pair).show(app, visitor));
    let Some((pointer, pairing)) = behind(app, q, Direction::Phone).await? else {
        return said(words.nothing);
    };
    if pairing.state != PairingState::Pending {
        let mine = visitor.link_holder.as_deref().is_some_and(|holder| pairing.is_held_by(holder));
        return match mine {
            true => Ok(see(&in_hand(&pairing))),
            false if pairing.state.is_open() || pairing.state == PairingState::Consumed => said(words.taken),
            false => said(closed(words, pairing.state)),
        };
    }
    if !pointer.works(&pairing, now) {
        return said(words.qr_over);
    }
    let kept = if pointer.is_place() { pointer } else { Pointer::place(&pairing, now) };
    let form = Form::to("/link/scan").hidden("q", &kept.write(app.pepper())).button(words.go_on);
    Ok(Page::of(words.link).form(form).show(app, visitor))
}

fn closed(words: &super::words::Words, state: PairingState) -> super::words::Pair {
    match state {
        PairingState::Denied | PairingState::Cancelled => words.link_denied,
        state => ending(words, state),
    }
}

fn standing(app: &App, visitor: &Visitor, holder: &[u8], pairing: &Pairing) -> Page {
    let words = visitor.words();
    let token = csrf(app, holder, &pairing.id);
    let to = |action: &str| Form::to(action).hidden("p", &handle(pairing)).hidden("csrf", &token);
    let cancel = || to("/link/deny").quiet(words.cancel);
    match pairing.state {
        PairingState::Scanned => digits_page(visitor, to("/link/confirm")).form(cancel()),
        PairingState::Confirmed => Page::of(words.link_wait).form(cancel()).refreshing(),
        PairingState::Approved => {
            Page::of(words.link_finish).form(to("/link/finish").button(words.finish)).form(cancel())
        }
        PairingState::Consumed => {
            let own = visitor
                .signed
                .as_ref()
                .filter(|signed| pairing.session_id.as_deref() == Some(signed.session.id.as_str()));
            match own {
                Some(signed) => Page::of(words.link_done)
                    .facts(&[(words.account, signed.account.identifier.clone())])
                    .push("<p><a href=\"/device/sessions\">")
                    .push(words.list.0)
                    .push("</a></p>\n"),
                None => Page::of(words.nothing),
            }
        }
        state => Page::of(closed(words, state)),
    }
}

fn digits_page(visitor: &Visitor, form: Form) -> Page {
    let words = visitor.words();
    let how = "type=\"text\" inputmode=\"numeric\" autocomplete=\"off\" maxlength=\"12\" class=\"digits\"";
    Page::of(words.digits).form(form.field("digits", words.digits_label, how).button(words.go_on))
}

#[derive(Deserialize)]
pub(super) struct Letters {
    letters: String,
}

fn letters_page(visitor: &Visitor, value: &str) -> Page {
    let words = visitor.words();
    let form = Form::to("/link").letters(words.letters_label, value).button(words.go_on);
    Page::of(words.link_letters).form(form)
}

pub(super) async fn letters(State(app): State<App>, visitor: Visitor, Sent(ask): Sent<Letters>) -> Response {
    let rules = [app.limits().letters_from(&visitor.caller.line)];
    match lettered(&app, &ask.letters, Direction::Phone, &rules).await {
        Ok(Some(q)) => see(&format!("/link?q={q}")),
        Ok(None) => {
            let (what, to_do) = visitor.words().wrong_letters;
            let page = letters_page(&visitor, &ask.letters).wrong(what, to_do, StatusCode::BAD_REQUEST);
            page.show(&app, &visitor)
        }
        Err(problem) => or_trouble(&app, &visitor, Err(problem)),
    }
}

#[derive(Deserialize)]
pub(super) struct ScanAsk {
    q: String,
}

pub(super) async fn scan(State(app): State<App>, visitor: Visitor, Sent(ask): Sent<ScanAsk>) -> Response {
    let done = async {
        let found = behind(&app, &ask.q, Direction::Phone).await?;
        let (pointer, pairing) = found.ok_or(Problem::NotFound)?;
        let now = app.clock().now();
        let back = format!("/link?q={}", ask.q);
        if !pointer.works(&pairing, now) {
            return Ok(see(&back));
        }
        let (cookie, holder) = new_link_cookie(&app);
        let scan = Scan {
            holder,
            phone_device: visitor.device.clone(),
            phone_network: visitor.caller.network.clone(),
            at: now,
        };
        let audit = entry(&app, &visitor, &pairing, Step::Scanned, "ok");
        match app.storage().scan(&pairing.id, None, &scan, now + pairing::SCANNED_LIFE, &audit).await? {
            true => {
                app.meters().pairing(Direction::Phone, Step::Scanned);
                Ok(see_with(&in_hand(&pairing), &cookie))
            }
            false => Ok(see(&back)),
        }
    };
    or_trouble(&app, &visitor, done.await)
}

#[derive(Deserialize)]
pub(super) struct Act {
    p: String,
    csrf: String,
    digits: Option<Zeroizing<String>>,
}

pub(super) async fn confirm(State(app): State<App>, visitor: Visitor, Sent(ask): Sent<Act>) -> Response {
    let done = async {
        let (holder, pairing) = held(&app, &visitor, &ask.p).await?;
        check_csrf(&app, &holder, &pairing.id, &ask.csrf)?;
        let typed = ask.digits.as_deref().and_then(|typed| token::read_code(typed, pairing::DIGITS));
        let typed = typed.ok_or(Problem::BadRequest)?;
        let code = pairing::confirmation_code(app.pepper(), &pairing);
        let right = bool::from(typed.as_bytes().ct_eq(code.as_bytes()));
        let passed = entry(&app, &visitor, &pairing, Step::Confirmed, "ok");
        let missed = entry(&app, &visitor, &pairing, Step::WrongCode, "wrong");
        let now = app.clock().now();
        let confirmed =
            app.storage().confirm(&pairing.id, right, pairing::TRIES, now, &passed, &missed).await?;
        match confirmed {
            Confirmed::Yes { .. } => app.meters().pairing(Direction::Phone, Step::Confirmed),
            Confirmed::Wrong { .. } => {
                app.meters().pairing(Direction::Phone, Step::WrongCode);
                app.meters().wrong_code(WrongCode::Link);
            }
            Confirmed::No(_) => {}
        }
        match confirmed {
            Confirmed::Wrong { left: left @ 1.. } => {
                let words = visitor.words();
                let page = standing(&app, &visitor, &holder, &pairing);
                let what = (words.wrong_digits)(left);
                Ok(page.wrong(&what, words.wrong_digits_do, StatusCode::BAD_REQUEST).show(&app, &visitor))
            }
            _ => Ok(see(&in_hand(&pairing))),
        }
    };
    or_trouble(&app, &visitor, done.await)
}

pub(super) async fn deny(State(app): State<App>, visitor: Visitor, Sent(ask): Sent<Act>) -> Response {
    let done = async {
        let (holder, pairing) = held(&app, &visitor, &ask.p).await?;
        check_csrf(&app, &holder, &pairing.id, &ask.csrf)?;
        let audit = entry(&app, &visitor, &pairing, Step::Cancelled, "ok");
        let now = app.clock().now();
        if app.storage().close_pairing(&pairing.id, PairingState::Cancelled, now, &audit).await? {
            app.meters().pairing(Direction::Phone, Step::Cancelled);
        }
        Ok(see(&in_hand(&pairing)))
    };
    or_trouble(&app, &visitor, done.await)
}

pub(super) async fn finish(State(app): State<App>, visitor: Visitor, Sent(ask): Sent<Act>) -> Response {
    let done = async {
        let (holder, pairing) = held(&app, &visitor, &ask.p).await?;
        check_csrf(&app, &holder, &pairing.id, &ask.csrf)?;
        let account = app.storage().account(pairing.account_id.as_deref().unwrap_or_default()).await?;
        let account = account.ok_or(Problem::NotFound)?;
        let start = Start::new(visitor.device.clone(), MadeBy::Link);
        let (mut opening, _) = open(&app, &account, start, &visitor.caller);
        let cookie = keep_in_cookie(&app, &mut opening);
        let audit = entry(&app, &visitor, &pairing, Step::Consumed, "ok");
        let trace = not_me::notice(&app, &account, &opening.session, audit);
        if !app.storage().consume(&pairing.id, &opening, &trace).await? {
            return Ok(see(&in_hand(&pairing)));
        }
        app.meters().pairing(Direction::Phone, Step::Consumed);
        app.bell().ring();
        Ok(see_with(&in_hand(&pairing), &cookie))
    };
    or_trouble(&app, &visitor, done.await)
}

fn entry(app: &App, visitor: &Visitor, pairing: &Pairing, step: Step, result: &str) -> Entry {
    app.entry(Event::Link(step), result, pairing.account_id.as_deref(), visitor.caller.network.as_deref())
}

/// The one that this very browser scanned, with what it is held by.
async fn held(app: &App, visitor: &Visitor, p: &str) -> Result<(Vec<u8>, Pairing), Problem> {
    let handle = URL_SAFE_NO_PAD.decode(p).map_err(|_| Problem::NotFound)?;
    let holder = visitor.link_holder.clone().ok_or(Problem::NotFound)?;
    let found = app.storage().pairing(PairingKey::Handle(&handle), app.clock().now()).await?;
    let fits = |pairing: &Pairing| pairing.direction == Direction::Phone && pairing.is_held_by(&holder);
    let pairing = found.filter(fits).ok_or(Problem::NotFound)?;
    Ok((holder, pairing))
}

fn in_hand(pairing: &Pairing) -> String {
    format!("/link?p={}", handle(pairing))
}
