//! Getting back in. Whether the account exists shows nowhere: an unknown name gets a recovery,
//! a code and a letter like any other; only the letter has no address and is dropped on its way.

use super::counted::{looked_at, take};
use super::extract::{Body, Caller, device};
use super::password::{about, changed};
use super::problem::{Problem, ProblemDetails};
use super::second_factor::find_saved_code;
use super::sign_in::{device_mark, letter, notices};
use crate::audit::Event;
use crate::identifier::Identifier;
use crate::language::Language;
use crate::mail::{Letter, Matter};
use crate::meters::{Recovering, WrongCode};
use crate::password::{self, Reason};
use crate::storage::{Account, Attempt, Checked, Proof, Recovery, Secret, Trace};
use crate::{App, mask, token};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

/// Wrong codes in one recovery; a new code does not reset them.
const TRIES: u32 = 5;
/// Seconds a recovery waits for its code beyond the life of one code, so that new ones can be asked for.
const RECOVERY_LIFE: i64 = 3_600;
/// Seconds to choose the new password in.
const VERIFIED_LIFE: i64 = 900;
const WAYS: [Way; 3] = [Way::MailCode, Way::MailLink, Way::RecoveryCode];

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Way {
    MailCode,
    MailLink,
    RecoveryCode,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Mailed {
    MailCode,
    MailLink,
}

#[derive(Deserialize, ToSchema)]
pub(super) struct StartRecovery {
    /// An identifier or the account's address.
    identifier: String,
    device: String,
    /// Of the mail; the account's own if absent.
    language: Option<Language>,
}

/// What to ask the person for.
#[derive(Serialize, ToSchema)]
pub(super) struct RecoveryAsk {
    ticket: String,
    way: Way,
    /// The mask of what was typed, if that is an address.
    sent_to: Option<String>,
    code: CodeShape,
    expires_in: i64,
    resend_in: i64,
    ways: Vec<Way>,
}

#[derive(Serialize, ToSchema)]
struct CodeShape {
    /// `digits` or `link`
    shape: &'static str,
    length: Option<usize>,
}

/// Begin a recovery; a code is mailed if there is such an account.
#[utoipa::path(post, path = "/v1/recoveries", request_body = StartRecovery, responses(
    (status = 202, body = RecoveryAsk),
    (status = 400, description = "`bad_identifier`", body = ProblemDetails),
    (status = 429, description = "`rate_limited`", body = ProblemDetails),
))]
pub(super) async fn start(
    State(app): State<App>,
    caller: Caller,
    Body(ask): Body<StartRecovery>,
) -> Result<(StatusCode, Json<RecoveryAsk>), Problem> {
    let name = Identifier::read(&ask.identifier).ok_or(Problem::BadIdentifier)?;
    let now = app.clock().now();
    let limits = app.limits();
    take(&app, &[limits.recoveries_from(&caller.line), limits.codes(name.as_str())]).await?;

    let account = app.storage().account_by_name(name.as_str()).await?;
    let own_language = account.as_ref().map(|account| account.language);
    let recovery = Recovery {
        id: token::id(app.random()),
        account_id: account.as_ref().map(|account| account.id.clone()),
        name_sealed: app.pepper().seal(app.random(), name.as_str().as_bytes()),
        language: ask.language.or(own_language).unwrap_or(app.config().language),
        device: device(&ask.device),
        network: caller.network.clone(),
        last_sent_at: now,
        until: now + app.config().codes.life_seconds + RECOVERY_LIFE,
    };
    let (secret, trace) =
        secret(&app, &recovery, &name, account.as_ref(), Mailed::MailCode, Event::RecoveryAsked).await?;
    let ticket = token::opaque(app.random());
    app.storage().open_recovery(&token::hash(&ticket), &recovery, &secret, &trace).await?;
    app.meters().recovery(Recovering::Asked);
    app.bell().ring();
    Ok((StatusCode::ACCEPTED, Json(asked(&app, ticket, &name, Mailed::MailCode, &WAYS))))
}

#[derive(Deserialize, ToSchema)]
pub(super) struct SendAgain {
    ticket: String,
    way: Mailed,
}

/// Mail another code, or a link.
#[utoipa::path(post, path = "/v1/recoveries/send", request_body = SendAgain, responses(
    (status = 200, body = RecoveryAsk),
    (status = 410, description = "`expired`: begin again", body = ProblemDetails),
    (status = 429, description = "`rate_limited`", body = ProblemDetails),
))]
pub(super) async fn send(
    State(app): State<App>,
    caller: Caller,
    Body(ask): Body<SendAgain>,
) -> Result<Json<RecoveryAsk>, Problem> {
    let now = app.clock().now();
    let recovery = under_way(&app, &ask.ticket).await?;
    let name = name_of(&app, &recovery)?;
    let pause = app.config().codes.resend_seconds;
    let wait = recovery.last_sent_at + pause - now;
    if wait > 0 {
        return Err(Problem::RateLimited { retry_after: wait });
    }
    let limits = app.limits();
    let rules =
        [limits.recoveries_from(&caller.line), limits.resends(name.as_str()), limits.codes(name.as_str())];
    take(&app, &rules).await?;
    let account = owner(&app, &recovery).await?;
    let (secret, trace) =
        secret(&app, &recovery, &name, account.as_ref(), ask.way, Event::RecoverySent).await?;
    if !app.storage().add_secret(&recovery.id, &secret, now, now - pause, &trace).await? {
        return Err(Problem::RateLimited { retry_after: pause });
    }
    app.meters().recovery(Recovering::SentAgain);
    app.bell().ring();
    Ok(Json(asked(&app, ask.ticket, &name, ask.way, &WAYS)))
}

#[derive(Deserialize, ToSchema)]
pub(super) struct CheckCode {
    ticket: String,
    way: Way,
    /// Spaces, dashes and full-width digits do not matter; a link may be whole or its last part.
    #[schema(value_type = String)]
    code: Zeroizing<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Verified {
    /// `verified`
    state: &'static str,
    /// A new one: only for setting the password.
    ticket: String,
    expires_in: i64,
    password: PasswordRules,
}

#[derive(Serialize, ToSchema)]
struct PasswordRules {
    min_length: usize,
    max_length: usize,
}

/// Prove that the account is yours.
#[utoipa::path(post, path = "/v1/recoveries/check", request_body = CheckCode, responses(
    (status = 200, body = Verified),
    (status = 400, description = "`wrong_code`", body = ProblemDetails),
    (status = 410, description = "`expired`, also at the fifth wrong code", body = ProblemDetails),
    (status = 429, description = "`rate_limited`", body = ProblemDetails),
    (status = 503, description = "`busy`", body = ProblemDetails),
))]
pub(super) async fn check(
    State(app): State<App>,
    caller: Caller,
    Body(ask): Body<CheckCode>,
) -> Result<Json<Verified>, Problem> {
    let now = app.clock().now();
    let recovery = under_way(&app, &ask.ticket).await?;
    let name = name_of(&app, &recovery)?;
    let account = owner(&app, &recovery).await?;
    let shown = [app.limits().wrong_codes(name.as_str())];
    take(&app, &shown).await?;
    let silent = [app.limits().wrong_codes_silent(&key_of(&recovery, &name))];
    let within = app.storage().take(&silent, now).await?.is_none();

    let network = caller.network.as_deref();
    let proof = proof(&app, &recovery, account.as_ref(), network, ask.way, &ask.code).await;
    let counted = if within { [&shown[..], &silent].concat() } else { shown.to_vec() };
    let proof = looked_at(&app, &counted, proof).await?;
    let ticket = token::opaque(app.random());
    let entry = |result| app.entry(Event::RecoveryCheck, result, recovery.account_id.as_deref(), network);
    let attempt = Attempt {
        id: recovery.id.clone(),
        proof,
        may_pass: within && account.is_some(),
        most_tries: TRIES,
        now,
        verified_hash: token::hash(&ticket),
        verified_until: now + VERIFIED_LIFE,
        passed: entry("ok"),
        missed: entry("wrong"),
    };
    let checked = app.storage().check(&attempt).await?;
    if let Checked::Wrong { left } = checked {
        app.meters().wrong_code(WrongCode::Recovery);
        return Err(if left == 0 { Problem::Expired } else { Problem::WrongCode { tries_left: left } });
    }
    // Nothing was guessed, so nothing counts.
    app.storage().give_back(&counted).await?;
    if checked == Checked::Over {
        return Err(Problem::Expired);
    }
    app.meters().recovery(Recovering::Verified);
    app.bell().ring();
    let second_factor = account.is_some_and(|account| account.totp_secret.is_some());
    Ok(Json(Verified::new(ticket, VERIFIED_LIFE, second_factor)))
}

impl Verified {
    pub(super) fn new(ticket: String, expires_in: i64, second_factor: bool) -> Self {
        let min_length = password::min_length(second_factor);
        let password = PasswordRules { min_length, max_length: password::MAX_LENGTH };
        Self { state: "verified", ticket, expires_in, password }
    }
}

#[derive(Deserialize, ToSchema)]
pub(super) struct SetPassword {
    ticket: String,
    #[schema(value_type = String)]
    new_password: Zeroizing<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct PasswordSet {
    /// `password_changed`
    state: &'static str,
    sessions_ended: u64,
}

/// Set the new password. Every session ends, and no new one begins: sign in with the new password.
#[utoipa::path(post, path = "/v1/recoveries/password", request_body = SetPassword, responses(
    (status = 200, body = PasswordSet),
    (status = 410, description = "`expired`: begin again", body = ProblemDetails),
    (status = 422, description = "`weak_password`", body = ProblemDetails),
    (status = 429, description = "`rate_limited`", body = ProblemDetails),
    (status = 503, description = "`busy`", body = ProblemDetails),
))]
pub(super) async fn set_password(
    State(app): State<App>,
    caller: Caller,
    Body(ask): Body<SetPassword>,
) -> Result<Json<PasswordSet>, Problem> {
    let hash = token::hash(&ask.ticket);
    let recovery = app.storage().verified(&hash, app.clock().now()).await?.ok_or(Problem::Expired)?;
    let account = owner(&app, &recovery).await?.ok_or(Problem::Expired)?;
    take(&app, &[app.limits().new_passwords(&recovery.id)]).await?;

    let new = password::normal(&ask.new_password);
    let mut reasons = password::reasons(&new, &about(&account), app.config());
    if reasons.is_empty() && app.hasher().verify(&new, Some(&account.password_hash)).await?.fits {
        reasons.push(Reason::SameAsCurrent);
    }
    if !reasons.is_empty() {
        return Err(Problem::WeakPassword(reasons));
    }
    let new = app.hasher().hash(&new, crate::rng::bytes(app.random())).await?;
    let network = caller.network.as_deref();
    let change = changed(&app, &account, new, Event::PasswordReset, &recovery.device, network).await?;
    let known = device_mark(&app, &account.id, &recovery.device, network);
    let ended = app.storage().reset_password(&hash, &change, &known).await?;
    let sessions_ended = ended.ok_or(Problem::Expired)?;
    app.meters().recovery(Recovering::PasswordSet);
    app.bell().ring();
    Ok(Json(PasswordSet { state: "password_changed", sessions_ended }))
}

pub(super) async fn under_way(app: &App, ticket: &str) -> Result<Recovery, Problem> {
    app.storage().recovery(&token::hash(ticket), TRIES, app.clock().now()).await?.ok_or(Problem::Expired)
}

pub(super) async fn owner(app: &App, recovery: &Recovery) -> Result<Option<Account>, Problem> {
    let id = recovery.account_id.as_deref().unwrap_or_default();
    Ok(app.storage().account(id).await?)
}

fn name_of(app: &App, recovery: &Recovery) -> Result<Identifier, Problem> {
    app.pepper()
        .unseal(&recovery.name_sealed)
        .and_then(|plain| Identifier::read(&String::from_utf8_lossy(&plain)))
        .ok_or(Problem::Internal)
}

/// Whose silent limits count: the account, or for nobody the name that was typed.
fn key_of(recovery: &Recovery, name: &Identifier) -> String {
    match &recovery.account_id {
        Some(id) => format!("account {id}"),
        None => format!("nobody {}", name.as_str()),
    }
}

/// A fresh code or link: what is stored of it, and the letter that brings it.
async fn secret(
    app: &App,
    recovery: &Recovery,
    name: &Identifier,
    account: Option<&Account>,
    way: Mailed,
    event: Event,
) -> Result<(Secret, Trace), Problem> {
    let now = app.clock().now();
    let until = now + app.config().codes.life_seconds;
    let may_mail = [app.limits().mails(&key_of(recovery, name))];
    let within = app.storage().take(&may_mail, now).await?.is_none();
    let (stored_way, plain, matter) = match way {
        Mailed::MailCode => {
            let code = token::code(app.random());
            ("mail_code", code.clone(), Matter::Code { code, until })
        }
        Mailed::MailLink => {
            let token = token::opaque(app.random());
            ("mail_link", token.clone(), Matter::Link { token, until })
        }
    };
    let network = recovery.network.as_deref();
    let letter = match account.filter(|_| within) {
        Some(account) => Letter {
            to: reached_by(account, name),
            language: recovery.language,
            ..letter(account, now, &recovery.device, network, matter)
        },
        None => Letter {
            to: String::new(),
            person: String::new(),
            identifier: name.as_str().to_owned(),
            language: recovery.language,
            at: now,
            device: recovery.device.clone(),
            network: recovery.network.clone(),
            matter,
        },
    };
    let secret = Secret { way: stored_way, mac: mac(app, &recovery.id, &plain), until };
    let trace = Trace {
        audit: app.entry(event, "ok", recovery.account_id.as_deref(), network),
        mail: vec![app.seal(&letter, until)],
    };
    Ok((secret, trace))
}

/// The second address if it was typed, else the first.
fn reached_by(account: &Account, name: &Identifier) -> String {
    let typed = |address: &&String| Identifier::read(address).as_ref() == Some(name);
    account.second_address.as_ref().filter(typed).unwrap_or(&account.address).clone()
}

async fn proof(
    app: &App,
    recovery: &Recovery,
    account: Option<&Account>,
    network: Option<&str>,
    way: Way,
    typed: &str,
) -> Result<Proof, Problem> {
    let mailed = |way, plain: Option<String>| {
        plain.map_or(Proof::Unreadable, |plain| Proof::Mailed { way, mac: mac(app, &recovery.id, &plain) })
    };
    match way {
        Way::MailCode => Ok(mailed("mail_code", token::read_code(typed, token::CODE_DIGITS))),
        Way::MailLink => Ok(mailed("mail_link", token::read_link(typed))),
        Way::RecoveryCode => {
            let Some(code) = token::read_recovery_code(typed) else {
                return Ok(Proof::Unreadable);
            };
            let (place, left) = find_saved_code(app, recovery.account_id.as_deref(), &code).await?;
            let now = app.clock().now();
            let trace = account.map(|account| {
                let matter = Matter::RecoveryCodeUsed { left };
                Trace {
                    audit: app.entry(Event::RecoveryCodeUsed, "ok", Some(&account.id), network),
                    mail: notices(app, account, now, &recovery.device, network, &matter),
                }
            });
            Ok(Proof::Saved { place, trace })
        }
    }
}

pub(super) fn mac(app: &App, recovery_id: &str, plain: &str) -> Vec<u8> {
    app.pepper().mac("code", &[recovery_id.as_bytes(), plain.as_bytes()]).to_vec()
}

pub(super) fn asked(app: &App, ticket: String, name: &Identifier, way: Mailed, ways: &[Way]) -> RecoveryAsk {
    let (way, code) = match way {
        Mailed::MailCode => (Way::MailCode, CodeShape { shape: "digits", length: Some(token::CODE_DIGITS) }),
        Mailed::MailLink => (Way::MailLink, CodeShape { shape: "link", length: None }),
    };
    RecoveryAsk {
        ticket,
        way,
        sent_to: mask::address(name.as_str()),
        code,
        expires_in: app.config().codes.life_seconds,
        resend_in: app.config().codes.resend_seconds,
        ways: ways.to_vec(),
    }
}
