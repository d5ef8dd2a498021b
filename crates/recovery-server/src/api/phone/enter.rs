//! Signing in on the phone: the API's own rules, and a cookie at the end.

use super::device::Place;
use super::layout::{Form, Page, or_trouble, see, see_with, trouble_on};
use super::passkey;
use super::visitor::{Sent, Visitor, check_csrf, csrf, forget_cookie, keep_in_cookie};
use crate::App;
use crate::api::problem::Problem;
use crate::api::second_factor::{Way, pass};
use crate::api::sign_in::{ask_second_factor, check, enter};
use crate::audit::Event;
use crate::{token, totp};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use zeroize::Zeroizing;

/// What the form that signs out is about.
pub(super) const SIGN_OUT: &str = "sign out";

pub(super) fn page(app: &App, visitor: &Visitor, place: &Place, identifier: &str) -> Page {
    let words = visitor.words();
    let how = format!(
        "type=\"text\" autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\" maxlength=\"254\" value=\"{}\"",
        crate::mail::escape(identifier)
    );
    let form = place
        .keep(Form::to("/device/sign-in"))
        .field("identifier", words.identifier, &how)
        .password(words.password)
        .button(words.enter);
    let page = Page::of(words.sign_in).form(form);
    match passkey::entry_form(app, visitor) {
        Some(form) => page.passkey(place.keep(form)),
        None => page,
    }
}

#[derive(Deserialize)]
pub(super) struct SignIn {
    identifier: String,
    password: Zeroizing<String>,
    #[serde(flatten)]
    place: Place,
}

pub(super) async fn sign_in(State(app): State<App>, visitor: Visitor, Sent(ask): Sent<SignIn>) -> Response {
    let entered = async {
        let device = visitor.device.clone();
        let checked = check(&app, &visitor.caller, &ask.identifier, &ask.password, device).await?;
        if checked.account.totp_secret.is_some() {
            let ticket = ask_second_factor(&app, checked).await?;
            return Ok(second_page(&visitor, &ask.place, &ticket).show(&app, &visitor));
        }
        let (mut opening, _) = checked.open(&app, &visitor.caller);
        let cookie = keep_in_cookie(&app, &mut opening);
        enter(&app, &opening).await?;
        Ok(see_with(&ask.place.path(), &cookie))
    };
    match entered.await {
        Ok(response) => response,
        Err(problem) => {
            let page = page(&app, &visitor, &ask.place, &ask.identifier);
            let shown: Page = trouble_on(page, &visitor, &problem);
            shown.show(&app, &visitor)
        }
    }
}

fn second_page(visitor: &Visitor, place: &Place, ticket: &str) -> Page {
    let words = visitor.words();
    let how = "type=\"text\" autocomplete=\"one-time-code\" autocapitalize=\"none\" spellcheck=\"false\" maxlength=\"40\"";
    let form = place
        .keep(Form::to("/device/second-factor"))
        .hidden("ticket", ticket)
        .field("factor", words.second_label, how)
        .button(words.go_on);
    Page::of(words.second).form(form)
}

#[derive(Deserialize)]
pub(super) struct Second {
    ticket: String,
    factor: Zeroizing<String>,
    #[serde(flatten)]
    place: Place,
}

pub(super) async fn second_factor(
    State(app): State<App>,
    visitor: Visitor,
    Sent(ask): Sent<Second>,
) -> Response {
    let way = match token::read_code(&ask.factor, totp::DIGITS) {
        Some(_) => Way::Totp,
        None => Way::RecoveryCode,
    };
    let mut cookie = String::new();
    let passed = pass(&app, &visitor.caller, &ask.ticket, way, &ask.factor, |opening| {
        cookie = keep_in_cookie(&app, opening);
    });
    match passed.await {
        Ok(_) => see_with(&ask.place.path(), &cookie),
        Err(Problem::Expired) => {
            let (what, to_do) = visitor.words().second_over;
            page(&app, &visitor, &ask.place, "").wrong(what, to_do, StatusCode::GONE).show(&app, &visitor)
        }
        Err(problem) => {
            let page = second_page(&visitor, &ask.place, &ask.ticket);
            trouble_on(page, &visitor, &problem).show(&app, &visitor)
        }
    }
}

#[derive(Deserialize)]
pub(super) struct SignOut {
    csrf: String,
}

pub(super) async fn sign_out(State(app): State<App>, visitor: Visitor, Sent(ask): Sent<SignOut>) -> Response {
    let done = async {
        if let Some(signed) = &visitor.signed {
            let id = &signed.session.id;
            check_csrf(&app, id.as_bytes(), SIGN_OUT, &ask.csrf)?;
            let account_id = &signed.account.id;
            let network = visitor.caller.network.as_deref();
            let audit = app.entry(Event::SessionEnded, "ok", Some(account_id), network);
            app.storage().end_session(account_id, id, &audit).await?;
        }
        Ok(see_with("/device", &forget_cookie(&app)))
    };
    or_trouble(&app, &visitor, done.await)
}

pub(super) fn sign_out_form(app: &App, visitor: &Visitor, session_id: &str) -> Form {
    let token = csrf(app, session_id.as_bytes(), SIGN_OUT);
    Form::to("/device/sign-out").hidden("csrf", &token).quiet(visitor.words().sign_out)
}

/// Where a visitor without a session goes.
pub(super) fn to_sign_in(place: &Place) -> Response {
    see(&place.path())
}
