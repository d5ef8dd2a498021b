//! The passkeys of an account: which there are, adding one, removing one.

use super::super::layout::{Form, Page, or_trouble, see};
use super::super::visitor::{Sent, Signed, Visitor, check_csrf, csrf};
use super::{Place, What, enter, form, not_mine, put, ready, take, told, words};
use crate::api::password::{check_current, refuse_weak};
use crate::api::problem::Problem;
use crate::api::sign_in::notices;
use crate::audit::Event;
use crate::mail::{Matter, PasskeyMatter, escape, moment};
use crate::passkeys::{MOST, Misfit, Site};
use crate::storage::{CeremonyKind, Passkey, PasskeyAdded, Trace};
use crate::{App, plain, token};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use zeroize::Zeroizing;

/// What the form that adds one is about.
const ADD: &str = "add a passkey";
/// Longest name of a passkey, characters.
const NAME_LENGTH: usize = 60;
const LIST: &str = "/device/passkeys";

pub(super) async fn show(State(app): State<App>, visitor: Visitor) -> Response {
    let page = match &visitor.signed {
        None => Ok(enter::page(&app, &visitor, &Place::default(), "")),
        Some(signed) => page(&app, &visitor, signed).await,
    };
    or_trouble(&app, &visitor, page.map(|page| page.show(&app, &visitor)))
}

async fn page(app: &App, visitor: &Visitor, signed: &Signed) -> Result<Page, Problem> {
    let words = words::of(visitor.language);
    let session = signed.session.id.as_bytes();
    let zone = app.config().zone();
    let passkeys = app.storage().passkeys(&signed.account.id).await?;
    let weak = app.clock().now() < signed.session.weak_until;
    let mut page = Page::of(words.list);
    if passkeys.is_empty() {
        page = page.push(&format!("<p class=\"empty\">{}</p>\n", words.list_empty));
    }
    for passkey in &passkeys {
        let mut facts = vec![(words.added_at, moment(visitor.language, passkey.created_at, &zone))];
        facts.extend(passkey.last_used_at.map(|at| (words.last_used, moment(visitor.language, at, &zone))));
        let title = format!("<article>\n<h2><bdi>{}</bdi></h2>\n", escape(&passkey.name));
        page = page.push(&title).facts(&facts);
        if !weak {
            let form = Form::to("/device/passkeys/remove").hidden("passkey", &passkey.id);
            page = page.form(form.hidden("csrf", &csrf(app, session, &passkey.id)).quiet(words.remove));
        }
        page = page.push("</article>\n");
    }
    if weak {
        let when = moment(visitor.language, signed.session.weak_until, &zone);
        return Ok(page.meta(words.weak).meta(&(visitor.words().weak_until)(&when)));
    }
    if Site::of(app.config()).is_none() {
        return Ok(page.meta(words.no_domain));
    }
    if passkeys.len() >= MOST as usize {
        return Ok(page.meta(&format!("{} {}", words.full.0, words.full.1)));
    }
    let how = format!(
        "type=\"text\" autocomplete=\"off\" maxlength=\"{NAME_LENGTH}\" value=\"{}\"",
        escape(&visitor.device)
    );
    let form = form("create", "/device/passkeys/ask", "/device/passkeys/add", words)
        .hidden("csrf", &csrf(app, session, ADD))
        .field("name", words.name, &how)
        .password(visitor.words().password_again)
        .button(words.add_button);
    Ok(page
        .push(&format!("<h2>{}</h2>\n<p>{}</p>\n", words.add, words.add_lead))
        .push(&format!("<noscript><p>{}</p></noscript>\n", words.no_script))
        .passkey(form))
}

#[derive(Deserialize)]
pub(super) struct Ask {
    csrf: String,
    password: Zeroizing<String>,
}

/// Asks the browser for a new one, once the password was typed again.
pub(super) async fn ask(State(app): State<App>, visitor: Visitor, Sent(ask): Sent<Ask>) -> Response {
    let asked = async {
        let signed = visitor.signed.as_ref().ok_or(Problem::NotFound)?;
        let account = &signed.account;
        check_csrf(&app, signed.session.id.as_bytes(), ADD, &ask.csrf)?;
        refuse_weak(&signed.session, app.clock().now()).map_err(|_| Problem::NotFound)?;
        let site = ready(&app, &visitor).await?;
        check_current(&app, account, &ask.password, Event::PasskeyAdded, &visitor.caller).await?;
        let has = app.storage().passkeys(&account.id).await?;
        let question = site.ask_for_new(app.pepper(), app.random(), account, &has);
        let about = about(signed);
        Ok((put(&app, &adding(signed, &about), question.ok_or(Problem::Internal)?).await?, None))
    };
    told(&visitor, asked.await)
}

#[derive(Deserialize)]
pub(super) struct Add {
    csrf: String,
    name: String,
    ceremony: String,
    credential: String,
}

pub(super) async fn add(State(app): State<App>, visitor: Visitor, Sent(ask): Sent<Add>) -> Response {
    let done = async {
        let Some(signed) = &visitor.signed else { return Ok(see(LIST)) };
        check_csrf(&app, signed.session.id.as_bytes(), ADD, &ask.csrf)?;
        refuse_weak(&signed.session, app.clock().now()).map_err(|_| Problem::NotFound)?;
        let words = words::of(visitor.language);
        let trouble = match added(&app, &visitor, signed, &ask).await? {
            Ok(PasskeyAdded::Yes) => return Ok(see(LIST)),
            Ok(PasskeyAdded::Full) => words.full,
            Err(Misfit::NotDiscoverable) => words.not_discoverable,
            _ => words.not_added,
        };
        let page = page(&app, &visitor, signed).await?;
        Ok(page.wrong(trouble.0, trouble.1, StatusCode::BAD_REQUEST).show(&app, &visitor))
    };
    or_trouble(&app, &visitor, done.await)
}

async fn added(
    app: &App,
    visitor: &Visitor,
    signed: &Signed,
    ask: &Add,
) -> Result<Result<PasskeyAdded, Misfit>, Problem> {
    let account = &signed.account;
    let about = about(signed);
    let state = take(app, &adding(signed, &about), &ask.ceremony).await?;
    let (Some(state), Some(site)) = (state, Site::of(app.config())) else { return Ok(Err(Misfit::Other)) };
    let new = match site.new_one(app.pepper(), app.random(), account, &state, &ask.credential) {
        Ok(new) => new,
        Err(misfit) => return Ok(Err(misfit)),
    };
    let now = app.clock().now();
    let network = visitor.caller.network.as_deref();
    let name = plain::line(&ask.name, NAME_LENGTH);
    let passkey = Passkey {
        id: token::id(app.random()),
        account_id: account.id.clone(),
        credential_hash: new.credential_hash,
        name: if name.is_empty() { visitor.device.clone() } else { name },
        sealed: new.sealed,
        created_at: now,
        last_used_at: None,
    };
    let token = not_mine::token(app, &account.id, &passkey.id, now);
    let matter = Matter::Passkey(PasskeyMatter::Added { name: passkey.name.clone(), token });
    let trace = Trace {
        audit: app.entry(Event::PasskeyAdded, "ok", Some(&account.id), network),
        mail: notices(app, account, now, &visitor.device, network, &matter),
    };
    let (session, version) = (&signed.session.id, account.password_version);
    let outcome = app.storage().add_passkey(&passkey, session, version, MOST, &trace).await?;
    app.bell().ring();
    Ok(Ok(outcome))
}

/// The password that was typed: with another one since, the answer comes too late.
fn about(signed: &Signed) -> String {
    signed.account.password_version.to_string()
}

fn adding<'a>(signed: &'a Signed, about: &'a str) -> What<'a> {
    What { kind: CeremonyKind::Add, holder: signed.session.id.as_bytes(), about }
}

#[derive(Deserialize)]
pub(super) struct Remove {
    csrf: String,
    passkey: String,
}

pub(super) async fn remove(State(app): State<App>, visitor: Visitor, Sent(ask): Sent<Remove>) -> Response {
    let done = async {
        let Some(signed) = &visitor.signed else { return Ok(see(LIST)) };
        let session = &signed.session.id;
        check_csrf(&app, session.as_bytes(), &ask.passkey, &ask.csrf)?;
        refuse_weak(&signed.session, app.clock().now()).map_err(|_| Problem::NotFound)?;
        let account = &signed.account.id;
        let network = visitor.caller.network.as_deref();
        let audit = app.entry(Event::PasskeyRemoved, "ok", Some(account), network);
        app.storage().remove_passkey(account, &ask.passkey, session, &audit).await?;
        Ok(see(LIST))
    };
    or_trouble(&app, &visitor, done.await)
}
