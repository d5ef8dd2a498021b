//! The adapter to Supabase Auth (GoTrue). Written from its published client and not yet tried against a live server.
//!
//! A recovery's right code opens a session before there is a new password. It is ended where the recovery cannot go on;
//! but whoever just stops leaves it behind until it is ended elsewhere: an exchange that is dropped can call nobody.
//!
//! Hosted projects stand behind a gateway that wants a public key in the header `apikey`, with every request.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use url::Url;

use super::{
    Abilities, About, Answer, Challenge, CodeAsk, CodePurpose, CodeShape, Desk, Device, Exchange, Intent,
    Outcome, PasswordRules, Problem, Provider, PublicKey, Session, Step, Way, WeakReason, Which,
};
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Call, Reply};
use crate::secret::Secret;
use crate::{address, identifier};

mod change;
#[cfg(any(test, feature = "testing"))]
pub mod fake;
mod password;
mod recover;
mod second;
mod sign_in;
mod wire;

/// Where it stands: at the root by itself, below a path behind the gateway.
const PLACES: [&str; 2] = ["", GATEWAY];
const GATEWAY: &str = "auth/v1/";
/// What the gateway says, Kong or one that took its words over, to a request without a key.
const NO_KEY: &str = "No API key found in request";
/// Digits of an authenticator code (RFC 6238 with its usual six).
const AUTHENTICATOR_DIGITS: u8 = 6;
/// Between two mails (`GOTRUE_SMTP_MAX_FREQUENCY`, as it is unless it is set).
const RESEND: Duration = Duration::from_secs(60);
/// How long a mailed code is good for at most (`GOTRUE_MAILER_OTP_EXP`, as it is unless it is set).
const CODE_LIFE: Duration = Duration::from_secs(86_400);
/// Its hasher, bcrypt, reads no more than 72 bytes.
const RULES: PasswordRules = PasswordRules::between(PasswordRules::FLOOR.min_length, 72);

/// A session that was opened in a conversation.
#[derive(Clone)]
struct Open {
    access: Secret,
    refresh: Secret,
    user: wire::User,
}

impl Open {
    fn read(reply: &Reply) -> Result<Self> {
        let grant: wire::Grant = reply.json()?;
        let (access, refresh) = (Secret::new(grant.access_token), Secret::new(grant.refresh_token));
        Ok(Self { access, refresh, user: grant.user })
    }
}

struct GoTrue {
    desk: Desk,
    about: About,
}

/// Asks whether such a server stands there, at the root or behind its gateway.
///
/// Errors also: `WantsKey` and `WrongKey` from the gateway.
pub async fn find(desk: Desk, key: Option<&PublicKey>) -> Result<Arc<dyn Provider>> {
    let http = match key {
        Some(key) => desk.http.along("apikey", key.as_str())?,
        None => desk.http.clone(),
    };
    let desk = Desk { http, ..desk };
    let host = address::host(&desk.base);
    let mut trouble = None;
    for place in PLACES {
        let here = Desk { base: desk.url(place)?, ..desk.clone() };
        match knock(&here).await {
            Ok(()) => {
                let abilities = Abilities {
                    recover: true,
                    recover_by_mailbox: true,
                    change_with_current: true,
                    // Others can be ended, but there is no list of them.
                    sessions: false,
                    pair: None,
                    link_phone: false,
                    guided: false,
                    sign_up: false,
                    recovery_settings: false,
                };
                let about = About { name: host.clone(), host, practice: false, abilities, rules: RULES };
                return Ok(Arc::new(GoTrue { desk: here, about }));
            }
            Err(error) if error.kind() == ErrorKind::Protocol => {}
            // Many gateways want keys; only behind this path it is this server's.
            Err(error) if place != GATEWAY && error.kind() == ErrorKind::WantsKey => {}
            Err(error) if (place != GATEWAY || key.is_none()) && error.kind() == ErrorKind::WrongKey => {}
            // Whoever is not there under one path is not there under another one.
            Err(error) if error.kind() != ErrorKind::ServerTrouble => return Err(error),
            Err(error) => trouble = Some(error),
        }
    }
    Err(trouble.unwrap_or_else(|| ErrorKind::Protocol.into()))
}

async fn knock(desk: &Desk) -> Result<()> {
    let reply = desk.http.send(Call::get(desk.url("health")?).within(Duration::from_secs(5))).await?;
    match reply.status {
        200 if reply.json::<wire::Health>()?.name == "GoTrue" => Ok(()),
        500.. => Err(reply.broken_promise()),
        _ => Err(turned_away(&reply).unwrap_or(ErrorKind::Protocol).into()),
    }
}

#[async_trait]
impl Provider for GoTrue {
    fn about(&self) -> &About {
        &self.about
    }

    async fn begin(&self, intent: Intent) -> Result<(Box<dyn Exchange>, Challenge)> {
        match intent {
            Intent::SignIn { identifier } => {
                if !identifier::is_mailbox(&identifier) && !is_phone(&identifier) {
                    return Err(ErrorKind::BadIdentifier.into());
                }
                let exchange = sign_in::SignIn::new(self.desk.clone(), identifier);
                Ok((Box::new(exchange), Challenge::Password { current: false }))
            }
            Intent::Recover { identifier } => {
                if !identifier::is_mailbox(&identifier) {
                    return Err(ErrorKind::NeedsMailbox.into());
                }
                let address = identifier.trim().to_owned();
                let (exchange, challenge) = recover::Recover::begin(self.desk.clone(), address).await?;
                Ok((Box::new(exchange), challenge))
            }
            Intent::ChangePassword { session } => {
                let exchange = change::Change::new(self.desk.clone(), session);
                Ok((Box::new(exchange), Challenge::Password { current: true }))
            }
            Intent::SignUp { .. }
            | Intent::Pair
            | Intent::LinkPhone { .. }
            | Intent::ChangeRecovery { .. }
            | Intent::Guided { .. } => Err(ErrorKind::Unsupported.into()),
        }
    }

    async fn sessions(&self, _: &mut Session) -> Result<Vec<Device>> {
        Err(ErrorKind::Unsupported.into())
    }

    async fn end_session(
        &self,
        session: &mut Session,
        which: Which,
        _: Option<&Secret>,
    ) -> Result<Option<u32>> {
        let scope = match &which {
            Which::This => "local",
            Which::AllOthers => "others",
            Which::One(_) => return Err(ErrorKind::Unsupported.into()),
        };
        let url = scope_url(&self.desk, scope)?;
        let reply = signed_in(&self.desk, session, || Call::post_empty(url.clone())).await;
        match reply.and_then(|reply| success(&reply).map(|_| ())) {
            // Signing out of a session that has ended is done already.
            Err(error) if which == Which::This && error.kind() == ErrorKind::SignedOut => Ok(None),
            ended => ended.map(|()| None),
        }
    }

    async fn check(&self, session: &mut Session) -> Result<()> {
        let url = self.desk.url("user")?;
        let reply = signed_in(&self.desk, session, || Call::get(url.clone())).await?;
        success(&reply)?.json::<wire::User>().map(|_| ())
    }

    async fn reach(&self) -> Result<()> {
        knock(&self.desk).await
    }
}

/// A call with the session's token; a token that has run out is renewed once.
async fn signed_in<'a>(desk: &Desk, session: &mut Session, call: impl Fn() -> Call<'a>) -> Result<Reply> {
    let known = state(session)?;
    let access = Secret::new(known.access);
    let reply = desk.http.send(call_with(&call, &access)).await?;
    if !matches!(code_of(&reply).as_deref(), Some("bad_jwt" | "no_authorization")) {
        return Ok(reply);
    }
    let body = json!({ "refresh_token": known.refresh });
    let renewed = desk.http.send(Call::post(token_url(desk, "refresh_token")?, body)).await?;
    match code_of(&renewed).as_deref() {
        Some(
            "refresh_token_not_found"
            | "refresh_token_already_used"
            | "session_not_found"
            | "session_expired"
            | "invalid_grant",
        ) => return Err(ErrorKind::SignedOut.into()),
        _ => *session = session_of(&Open::read(success(&renewed)?)?, &known.identifier)?,
    }
    let access = Secret::new(state(session)?.access);
    desk.http.send(call_with(&call, &access)).await
}

/// Shortens the borrow of a call to that of its token.
fn call_with<'s, 'a: 's>(call: &impl Fn() -> Call<'a>, token: &'s Secret) -> Call<'s> {
    let call: Call<'s> = call();
    call.bearer(token)
}

/// Ends a session that was opened in a conversation, and that nobody else would know of.
async fn leave(desk: &Desk, access: &Secret) {
    let ended = async {
        let reply = desk.http.send(Call::post_empty(scope_url(desk, "local")?).bearer(access)).await?;
        success(&reply).map(|_| ())
    };
    if let Err(error) = ended.await {
        tracing::info!(%error, "a session that was opened for a proof was left standing");
    }
}

fn scope_url(desk: &Desk, scope: &str) -> Result<Url> {
    let mut url = desk.url("logout")?;
    url.query_pairs_mut().append_pair("scope", scope);
    Ok(url)
}

fn token_url(desk: &Desk, grant: &str) -> Result<Url> {
    let mut url = desk.url("token")?;
    url.query_pairs_mut().append_pair("grant_type", grant);
    Ok(url)
}

fn mailed(desk: &Desk, address: Option<&str>) -> CodeAsk {
    let now = desk.clock.now();
    CodeAsk {
        purpose: CodePurpose::Recovery,
        way: Way::MailCode,
        sent_to: address.map(identifier::masked),
        shape: CodeShape::Any,
        sent_at: Some(now),
        // The server does not say; hosted ones are set to an hour.
        valid_until: None,
        resend_at: Some(now + RESEND),
        other_ways: Vec::new(),
        may_be_opened: false,
    }
}

/// A number with its country's code (E.164), as people write it.
fn is_phone(text: &str) -> bool {
    let text = text.trim();
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let known = |c: char| c.is_ascii_digit() || matches!(c, '+' | ' ' | '-' | '(' | ')');
    (7..=15).contains(&digits) && text.chars().all(known)
}

fn state(session: &Session) -> Result<wire::SessionState> {
    // The source is left out: serde's messages quote the text, and the text is the token.
    serde_json::from_str(session.state().expose()).map_err(|_| ErrorKind::SignedOut.into())
}

fn session_of(open: &Open, identifier: &str) -> Result<Session> {
    let state = wire::SessionState {
        access: open.access.expose().into(),
        refresh: open.refresh.expose().into(),
        identifier: open.user.identifier().unwrap_or(identifier).into(),
    };
    let text = serde_json::to_string(&state).map_err(|_| Error::from(ErrorKind::Bug))?;
    Ok(Session::of(Secret::new(text), open.user.address().map(str::to_owned)))
}

/// The reply, if it went well; else the error that every call shares.
fn success(reply: &Reply) -> Result<&Reply> {
    if reply.is_success() { Ok(reply) } else { Err(failure(reply)) }
}

/// What a refusal means where the call gives it no meaning of its own. Statuses never leave this adapter.
fn failure(reply: &Reply) -> Error {
    if let Some(kind) = turned_away(reply) {
        return kind.into();
    }
    match (reply.status, code_of(reply).as_deref()) {
        (429, _) => ErrorKind::RateLimited { wait: reply.retry_after }.into(),
        (
            _,
            Some("bad_jwt" | "no_authorization" | "session_not_found" | "session_expired" | "user_not_found"),
        ) => ErrorKind::SignedOut.into(),
        (_, Some("user_banned" | "email_address_not_authorized")) => ErrorKind::Refused.into(),
        (_, Some("captcha_failed")) => Error::new(ErrorKind::Unsupported, "the server wants a captcha"),
        _ => reply.broken_promise(),
    }
}

/// Whether the gateway kept the request from the server, and why: it has other words than the server.
fn turned_away(reply: &Reply) -> Option<ErrorKind> {
    let said = reply.json::<wire::Gateway>().ok().filter(|_| matches!(reply.status, 401 | 403))?;
    if code_of(reply).is_some() {
        return None;
    }
    Some(if said.message == NO_KEY { ErrorKind::WantsKey } else { ErrorKind::WrongKey })
}

/// The name of a refusal; `None` for what went well, too.
fn code_of(reply: &Reply) -> Option<String> {
    if reply.is_success() {
        return None;
    }
    reply.json::<wire::Failure>().ok().and_then(wire::Failure::code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_from_names() {
        for text in ["+49 151 2345678", "491512345678", "+1 (555) 010-9999"] {
            assert!(is_phone(text), "{text}");
        }
        for text in ["jana", "jana@mail.example", "12345", "+49 151 call me"] {
            assert!(!is_phone(text), "{text}");
        }
    }
}
