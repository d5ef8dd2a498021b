//! Passkeys on the phone's pages: what a browser is asked for, signing in with one, and approving with one.

mod manage;
mod not_mine;
mod words;

use super::device::{self, Place};
use super::enter;
use super::layout::{Form, or_trouble, said, see_with};
use super::visitor::{Sent, Signed, Visitor, check_csrf, keep_in_cookie, new_passkey_cookie};
use crate::api::counted;
use crate::api::password::refuse_weak;
use crate::api::problem::Problem;
use crate::api::sign_in::{Start, notices, open};
use crate::audit::Event;
use crate::mail::{Matter, PasskeyMatter};
use crate::meters::SignedIn;
use crate::passkeys::{Answer, LIFE, Misfit, Question, Site};
use crate::storage::{
    Account, Ceremony, CeremonyKind, MadeBy, PairingState, Passkey, PasskeyUse, Trace, Used,
};
use crate::{App, token};
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use words::Words;

const SCRIPT: &str = include_str!("passkey/passkey.js");

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/device/passkey.js", get(script))
        .route("/device/passkey/ask-to-enter", post(ask_to_enter))
        .route("/device/passkey/sign-in", post(sign_in))
        .route("/device/passkey/ask-to-approve", post(ask_to_approve))
        .route("/device/passkey/approve", post(approve))
        .route("/device/passkeys", get(manage::show))
        .route("/device/passkeys/ask", post(manage::ask))
        .route("/device/passkeys/add", post(manage::add))
        .route("/device/passkeys/remove", post(manage::remove))
        .route("/not-my-passkey", get(not_mine::show).post(not_mine::end))
}

/// The form on the page that asks for a name and a password; `None` where browsers allow no passkeys.
pub(super) fn entry_form(app: &App, visitor: &Visitor) -> Option<Form> {
    Site::of(app.config())?;
    let words = words::of(visitor.language);
    Some(form("get", "/device/passkey/ask-to-enter", "/device/passkey/sign-in", words).quiet(words.enter))
}

/// The form beside the password that approves; `None` for an account that has no passkey.
pub(super) async fn approval_form(
    app: &App,
    visitor: &Visitor,
    signed: &Signed,
) -> Result<Option<Form>, Problem> {
    if Site::of(app.config()).is_none() || app.storage().passkeys(&signed.account.id).await?.is_empty() {
        return Ok(None);
    }
    let words = words::of(visitor.language);
    let form = form("get", "/device/passkey/ask-to-approve", "/device/passkey/approve", words);
    Ok(Some(form.button(words.approve)))
}

/// What was added to an account since then, as facts for a page.
pub(super) async fn added_since(
    app: &App,
    visitor: &Visitor,
    account_id: &str,
    since: i64,
) -> Result<Vec<(&'static str, String)>, Problem> {
    let words = words::of(visitor.language);
    let passkeys = app.storage().passkeys(account_id).await?;
    let added = passkeys.into_iter().filter(|passkey| passkey.created_at >= since);
    Ok(added.map(|passkey| (words.passkey, passkey.name)).collect())
}

/// From the list of devices to that of passkeys.
pub(super) fn link(visitor: &Visitor) -> String {
    let words = words::of(visitor.language);
    format!("<p><a href=\"/device/passkeys\">{}</a></p>\n", words.list.0)
}

fn form(kind: &str, ask: &str, action: &str, words: &Words) -> Form {
    Form::of_passkey(kind, ask, action, words.failed, words.known)
}

async fn script() -> Response {
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT).into_response()
}

async fn ask_to_enter(State(app): State<App>, visitor: Visitor, Sent(_): Sent<Place>) -> Response {
    let asked = async {
        let site = ready(&app, &visitor).await?;
        let question = site.ask_for(app.pepper(), app.random(), None).ok_or(Problem::Internal)?;
        let (cookie, holder) = new_passkey_cookie(&app);
        let said =
            put(&app, &What { kind: CeremonyKind::Enter, holder: &holder, about: "" }, question).await?;
        Ok((said, Some(cookie)))
    };
    told(&visitor, asked.await)
}

#[derive(Deserialize)]
struct SignIn {
    ceremony: String,
    credential: String,
    #[serde(flatten)]
    place: Place,
}

async fn sign_in(State(app): State<App>, visitor: Visitor, Sent(ask): Sent<SignIn>) -> Response {
    let refused = async || {
        app.meters().sign_in(SignedIn::Wrong);
        let entry = app.entry(Event::SignIn, "wrong", None, visitor.caller.network.as_deref());
        app.storage().write_audit(&entry).await?;
        let (what, to_do) = words::of(visitor.language).refused;
        let page = enter::page(&app, &visitor, &ask.place, "");
        Ok(page.wrong(what, to_do, StatusCode::UNAUTHORIZED).show(&app, &visitor))
    };
    let entered = async {
        let what = What {
            kind: CeremonyKind::Enter,
            holder: visitor.passkey_holder.as_deref().unwrap_or_default(),
            about: "",
        };
        let Some(state) = take(&app, &what, &ask.ceremony).await? else { return refused().await };
        let answer = Answer::read(&ask.credential).filter(Answer::names_somebody);
        let Some(answer) = answer else { return refused().await };
        let Some((account, used)) = checked(&app, &visitor, &state, &answer, None).await? else {
            return refused().await;
        };
        let start = Start::new(visitor.device.clone(), MadeBy::Passkey);
        let (mut opening, _) = open(&app, &account, start, &visitor.caller);
        let cookie = keep_in_cookie(&app, &mut opening);
        match app.storage().enter_with_passkey(&used, &opening).await? {
            Used::Yes => {
                app.meters().sign_in(SignedIn::Ok);
                app.bell().ring();
                Ok(see_with(&ask.place.path(), &cookie))
            }
            Used::Behind => {
                tell_of_copy(&app, &visitor, &account, &used.passkey_id).await?;
                refused().await
            }
            Used::Gone => refused().await,
        }
    };
    or_trouble(&app, &visitor, entered.await)
}

#[derive(Deserialize)]
struct Approve {
    csrf: String,
    ceremony: Option<String>,
    credential: Option<String>,
    #[serde(flatten)]
    place: Place,
}

async fn ask_to_approve(State(app): State<App>, visitor: Visitor, Sent(ask): Sent<Approve>) -> Response {
    let asked = async {
        let signed = visitor.signed.as_ref().ok_or(Problem::NotFound)?;
        let pairing = device::held(&app, signed, ask.place.pairing()).await?;
        let session = signed.session.id.as_bytes();
        check_csrf(&app, session, &pairing.id, &ask.csrf)?;
        if pairing.state != PairingState::Confirmed {
            return Err(Problem::NotFound);
        }
        let site = ready(&app, &visitor).await?;
        let has = app.storage().passkeys(&signed.account.id).await?;
        let question = site.ask_for(app.pepper(), app.random(), Some(&has)).ok_or(Problem::Internal)?;
        let what = What { kind: CeremonyKind::Approve, holder: session, about: &pairing.id };
        Ok((put(&app, &what, question).await?, None))
    };
    told(&visitor, asked.await)
}

async fn approve(State(app): State<App>, visitor: Visitor, Sent(ask): Sent<Approve>) -> Response {
    let done = async {
        let Some(signed) = &visitor.signed else { return Ok(enter::to_sign_in(&ask.place)) };
        let pairing = device::held(&app, signed, ask.place.pairing()).await?;
        let session = signed.session.id.as_bytes();
        check_csrf(&app, session, &pairing.id, &ask.csrf)?;
        if pairing.state != PairingState::Confirmed {
            return Ok(super::layout::see(&device::in_hand(&pairing)));
        }
        refuse_weak(&signed.session, app.clock().now()).map_err(|_| Problem::NotFound)?;
        let what = What { kind: CeremonyKind::Approve, holder: session, about: &pairing.id };
        if fits(&app, &visitor, signed, &what, &ask).await? {
            return device::approved(&app, &visitor, signed, &pairing).await;
        }
        let (what, to_do) = words::of(visitor.language).refused;
        let page = device::standing(&app, &visitor, signed, &pairing).await?;
        Ok(page.wrong(what, to_do, StatusCode::FORBIDDEN).show(&app, &visitor))
    };
    or_trouble(&app, &visitor, done.await)
}

/// Did a passkey of the account answer? It is used then.
async fn fits(
    app: &App,
    visitor: &Visitor,
    signed: &Signed,
    what: &What<'_>,
    ask: &Approve,
) -> Result<bool, Problem> {
    let handle = ask.ceremony.as_deref().unwrap_or_default();
    let Some(state) = take(app, what, handle).await? else { return Ok(false) };
    let answer = Answer::read(ask.credential.as_deref().unwrap_or_default());
    let Some(answer) = answer else { return Ok(false) };
    let owner = Some(signed.account.id.as_str());
    let Some((account, used)) = checked(app, visitor, &state, &answer, owner).await? else {
        return Ok(false);
    };
    let outcome = app.storage().use_passkey(&used).await?;
    if outcome == Used::Behind {
        tell_of_copy(app, visitor, &account, &used.passkey_id).await?;
    }
    Ok(outcome == Used::Yes)
}

/// What a question is about, and who may answer it.
struct What<'a> {
    kind: CeremonyKind,
    holder: &'a [u8],
    about: &'a str,
}

/// May the browser be asked now?
async fn ready(app: &App, visitor: &Visitor) -> Result<Site, Problem> {
    let site = Site::of(app.config()).ok_or(Problem::NotFound)?;
    counted::take(app, &[app.limits().passkeys_from(&visitor.caller.line)]).await?;
    Ok(site)
}

/// Remembers the question; what the page's script is told.
async fn put(app: &App, what: &What<'_>, question: Question) -> Result<Value, Problem> {
    let handle = token::opaque(app.random());
    let ceremony = what.ceremony(&handle, question.state, app.clock().now() + LIFE);
    app.storage().add_ceremony(&ceremony).await?;
    Ok(json!({"ceremony": handle, "options": question.options}))
}

/// Spends the question that is answered.
async fn take(app: &App, what: &What<'_>, handle: &str) -> Result<Option<Vec<u8>>, Problem> {
    let asked = what.ceremony(handle, Vec::new(), app.clock().now());
    Ok(app.storage().take_ceremony(&asked).await?)
}

impl What<'_> {
    fn ceremony(&self, handle: &str, state: Vec<u8>, until: i64) -> Ceremony {
        Ceremony {
            handle: token::hash(handle),
            kind: self.kind,
            holder: self.holder.to_vec(),
            about: self.about.to_owned(),
            state,
            until,
        }
    }
}

/// To the script of a page: JSON, or the words for the person.
fn told(visitor: &Visitor, asked: Result<(Value, Option<String>), Problem>) -> Response {
    match asked {
        Ok((body, cookie)) => {
            let mut response = Json(body).into_response();
            if let Some(cookie) = cookie.and_then(|cookie| HeaderValue::try_from(cookie).ok()) {
                response.headers_mut().append(SET_COOKIE, cookie);
            }
            response
        }
        Err(problem) => {
            let (what, to_do, status) = said(visitor, &problem);
            (status, format!("{what} {to_do}")).into_response()
        }
    }
}

/// The passkey that answered, and whose it is; `None` if it does not fit, or is not one of `owner`.
async fn checked(
    app: &App,
    visitor: &Visitor,
    state: &[u8],
    answer: &Answer,
    owner: Option<&str>,
) -> Result<Option<(Account, PasskeyUse)>, Problem> {
    let Some(site) = Site::of(app.config()) else { return Ok(None) };
    let found = app.storage().passkey(&answer.credential_hash()).await?;
    let own = |passkey: &Passkey| owner.is_none_or(|owner| owner == passkey.account_id);
    let Some(passkey) = found.filter(own) else { return Ok(None) };
    let Some(account) = app.storage().account(&passkey.account_id).await? else { return Ok(None) };
    match site.check(app.pepper(), app.random(), state, answer, &passkey) {
        Ok(fit) => {
            let used = PasskeyUse {
                account_id: passkey.account_id,
                passkey_id: passkey.id,
                counter: fit.counter,
                sealed: fit.sealed,
                at: app.clock().now(),
            };
            Ok(Some((account, used)))
        }
        Err(Misfit::Counter) => {
            tell_of_copy(app, visitor, &account, &passkey.id).await?;
            Ok(None)
        }
        Err(_) => Ok(None),
    }
}

/// A counter that goes back means two of one passkey (WebAuthn level 3 section 6.1.1): its owner should know.
async fn tell_of_copy(app: &App, visitor: &Visitor, account: &Account, id: &str) -> Result<(), Problem> {
    let now = app.clock().now();
    let network = visitor.caller.network.as_deref();
    let audit = app.entry(Event::PasskeyCopied, "refused", Some(&account.id), network);
    let passkeys = app.storage().passkeys(&account.id).await?;
    let Some(passkey) = passkeys.into_iter().find(|passkey| passkey.id == id) else { return Ok(()) };
    let silent = app.storage().take(&[app.limits().passkey_letters(id)], now).await?.is_some();
    let matter = Matter::Passkey(PasskeyMatter::Copied { name: passkey.name });
    let mail = match silent {
        true => Vec::new(),
        false => notices(app, account, now, &visitor.device, network, &matter),
    };
    app.storage().passkey_refused(&Trace { audit, mail }).await?;
    app.bell().ring();
    Ok(())
}
