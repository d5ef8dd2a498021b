//! The adapter to Regain's own recovery server (`crates/recovery-server`), over its HTTP API.

use std::time::{Duration, UNIX_EPOCH};

use async_trait::async_trait;
use serde_json::json;

use super::desk::Desk;
use super::dpop::{self, Nonce, ProofKey};
use super::{
    Abilities, About, Answer, Challenge, CodeAsk, CodePurpose, CodeShape, Device, Exchange, Intent, Outcome,
    PasswordRules, Problem, Provider, RecoverySettings, Session, Step, Way, Which,
};
use crate::address;
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Call, Reply};
use crate::secret::Secret;

use super::with_current::WithCurrent;

mod change;
mod link;
mod pair;
mod recover;
mod settings;
mod sign_in;
mod sign_up;
mod wire;

/// The version of the API that this adapter speaks.
const API: u32 = 1;
/// Digits of a code, where the server does not say (REQUIREMENTS: ours is 8).
const CODE_DIGITS: u8 = 8;
/// Digits of an authenticator code (RFC 6238 with its usual six).
const AUTHENTICATOR_DIGITS: u8 = 6;

/// A recovery server that was found.
pub struct RecoveryServer {
    desk: Desk,
    nonce: Nonce,
    about: About,
}

/// How a session is spoken for.
#[derive(Clone)]
struct Line {
    desk: Desk,
    nonce: Nonce,
}

impl RecoveryServer {
    /// Asks the server who it is. A server that is something else is `Protocol`.
    pub async fn find(desk: Desk) -> Result<Self> {
        let reply = desk.http.send(Call::get(desk.url("v1/about")?)).await?;
        let not_ours = || Error::from(ErrorKind::Protocol);
        if !reply.is_success() {
            return Err(if reply.status >= 500 { reply.broken_promise() } else { not_ours() });
        }
        let about: wire::About = reply.json()?;
        if about.server != "regain-recovery-server" || about.api != API {
            return Err(not_ours());
        }
        let about = About {
            name: about.name,
            host: address::host(&desk.base),
            practice: about.practice,
            abilities: Abilities { sign_up: about.sign_up, ..Abilities::ALL },
            rules: rules(&about.password),
        };
        Ok(Self { desk, nonce: Nonce::default(), about })
    }

    fn line(&self) -> Line {
        Line { desk: self.desk.clone(), nonce: self.nonce.clone() }
    }
}

#[async_trait]
impl Provider for RecoveryServer {
    fn about(&self) -> &About {
        &self.about
    }

    async fn begin(&self, intent: Intent) -> Result<(Box<dyn Exchange>, Challenge)> {
        match intent {
            Intent::SignIn { identifier } => Ok((
                Box::new(sign_in::SignIn::new(self.desk.clone(), identifier)),
                Challenge::Password { current: false },
            )),
            Intent::Recover { identifier } => {
                let (exchange, challenge) = recover::Recover::begin(self.desk.clone(), &identifier).await?;
                Ok((Box::new(exchange), challenge))
            }
            Intent::SignUp { address } => sign_up::begin(self.desk.clone(), &address).await,
            Intent::ChangePassword { session } => Ok((
                Box::new(WithCurrent::new(change::Change(self.line()), session, self.about.rules)),
                Challenge::Password { current: true },
            )),
            Intent::Pair => pair::begin(self.line()).await,
            Intent::LinkPhone { session } => link::begin(self.line(), session).await,
            Intent::ChangeRecovery { session, change } => Ok(settings::begin(self.line(), session, change)),
            Intent::Guided { .. } => Err(ErrorKind::Unsupported.into()),
        }
    }

    async fn sessions(&self, session: &mut Session) -> Result<Vec<Device>> {
        let url = self.desk.url("v1/sessions")?;
        let reply = signed_in(&self.line(), session, || Call::get(url.clone())).await?;
        let list: wire::Sessions = success(&reply)?.json()?;
        let device = |info: wire::SessionInfo| Device {
            id: info.id,
            name: info.device,
            last_used: Some(UNIX_EPOCH + Duration::from_secs(info.last_used_at)),
            current: info.current,
            network: info.network,
        };
        Ok(list.sessions.into_iter().map(device).collect())
    }

    async fn end_session(
        &self,
        session: &mut Session,
        which: Which,
        _: Option<&Secret>,
    ) -> Result<Option<u32>> {
        let url = match &which {
            Which::This => self.desk.url("v1/session")?,
            Which::AllOthers => self.desk.url("v1/sessions")?,
            Which::One(id) => {
                let mut url = self.desk.url("v1/sessions")?;
                let bug = |()| Error::from(ErrorKind::Bug);
                url.path_segments_mut().map_err(bug)?.push(id);
                url
            }
        };
        let reply = match signed_in(&self.line(), session, || Call::delete(url.clone())).await {
            // Signing out of a session that has ended is done already.
            Err(error) if which == Which::This && error.kind() == ErrorKind::SignedOut => return Ok(None),
            other => other?,
        };
        match (&which, reply.status) {
            (Which::AllOthers, _) => Ok(Some(success(&reply)?.json::<wire::Ended>()?.ended)),
            (Which::One(_), 404) => Ok(Some(0)),
            (Which::One(_), _) => success(&reply).map(|_| Some(1)),
            (Which::This, _) => success(&reply).map(|_| None),
        }
    }

    async fn recovery_settings(&self, session: &mut Session) -> Result<RecoverySettings> {
        settings::current(&self.line(), session).await
    }

    async fn check(&self, session: &mut Session) -> Result<()> {
        self.sessions(session).await.map(|_| ())
    }

    async fn reach(&self) -> Result<()> {
        let reply = self.desk.http.send(Call::get(self.desk.url("v1/about")?)).await?;
        success(&reply).map(|_| ())
    }
}

/// A call with the session's token; a token that has run out is renewed once.
async fn signed_in<'a>(line: &Line, session: &mut Session, call: impl Fn() -> Call<'a>) -> Result<Reply> {
    let known = state(session)?;
    let key = known.key.as_deref().map(ProofKey::from_text).transpose()?;
    let reply = line.with_token(key.as_ref(), &Secret::new(known.access), &call).await?;
    if reply.status != 401 {
        return Ok(reply);
    }
    let refresh = Secret::new(known.refresh);
    let renewed = line.refresh(key.as_ref(), &refresh).await?;
    if renewed.status == 401 {
        return Err(ErrorKind::SignedOut.into());
    }
    match success(&renewed)?.json()? {
        wire::SignIn::SignedIn { session: grant, account } => {
            *session = session_of(grant, account, key.as_ref())?;
        }
        wire::SignIn::SecondFactor { .. } => return Err(ErrorKind::Protocol.into()),
    }
    let reply = line.with_token(key.as_ref(), &Secret::new(state(session)?.access), &call).await?;
    if reply.status == 401 { Err(ErrorKind::SignedOut.into()) } else { Ok(reply) }
}

impl Line {
    async fn with_token<'a>(
        &self,
        key: Option<&ProofKey>,
        token: &Secret,
        call: &impl Fn() -> Call<'a>,
    ) -> Result<Reply> {
        match key {
            Some(key) => dpop::send(&self.desk, key, &self.nonce, Some(token), call).await,
            None => self.desk.http.send(call_with(call, token)).await,
        }
    }

    async fn refresh(&self, key: Option<&ProofKey>, token: &Secret) -> Result<Reply> {
        let url = self.desk.url("v1/session/refresh")?;
        let call = || Call::post(url.clone(), json!({ "refresh_token": token.expose() }));
        match key {
            Some(key) => dpop::send(&self.desk, key, &self.nonce, None, call).await,
            None => self.desk.http.send(call()).await,
        }
    }
}

/// Shortens the borrow of a call to that of its token.
fn call_with<'s, 'a: 's>(call: &impl Fn() -> Call<'a>, token: &'s Secret) -> Call<'s> {
    let call: Call<'s> = call();
    call.bearer(token)
}

fn state(session: &Session) -> Result<wire::SessionState> {
    // The source is left out: serde's messages quote the text, and the text is the token.
    serde_json::from_str(session.state().expose()).map_err(|_| ErrorKind::SignedOut.into())
}

fn session_of(
    grant: wire::SessionGrant,
    account: wire::AccountInfo,
    key: Option<&ProofKey>,
) -> Result<Session> {
    let key = key.map(|key| key.to_secret().expose().to_owned());
    let state = wire::SessionState { access: grant.access_token, refresh: grant.refresh_token, key };
    let text = serde_json::to_string(&state).map_err(|_| Error::from(ErrorKind::Bug))?;
    Ok(Session::new(Secret::new(text), account.sent_to))
}

fn rules(bounds: &wire::PasswordBounds) -> PasswordRules {
    PasswordRules::between(bounds.min_length.max(PasswordRules::FLOOR.min_length), bounds.max_length)
}

/// The reply, if it went well; else the error that every call shares.
fn success(reply: &Reply) -> Result<&Reply> {
    if reply.is_success() { Ok(reply) } else { Err(failure(reply)) }
}

/// What a refusal means where the call gives it no meaning of its own. Statuses never leave this adapter.
fn failure(reply: &Reply) -> Error {
    match (reply.status, code(reply).as_deref()) {
        (429, _) | (503, Some("busy")) => ErrorKind::RateLimited { wait: reply.retry_after }.into(),
        (401, Some("signed_out")) => ErrorKind::SignedOut.into(),
        (400, Some("bad_identifier" | "bad_address")) => ErrorKind::BadIdentifier.into(),
        (410, _) => ErrorKind::Expired.into(),
        (403, Some("other_domain")) => ErrorKind::OtherDomain.into(),
        (403, _) => ErrorKind::Refused.into(),
        (409, Some("address_taken" | "name_taken")) => ErrorKind::Taken.into(),
        _ => reply.broken_promise(),
    }
}

/// What a session that a phone gave is told for its first day.
fn too_new(desk: &Desk, reply: &Reply) -> Error {
    let until = reply.json::<wire::Problem>().ok().and_then(|problem| problem.until);
    let until = until.map(|until| UNIX_EPOCH + Duration::from_secs(until.min(u64::from(u32::MAX))));
    let wait = until.and_then(|until| until.duration_since(desk.clock.now()).ok());
    ErrorKind::TooNew { wait }.into()
}

fn code(reply: &Reply) -> Option<String> {
    reply.json::<wire::Problem>().ok().map(|problem| problem.code)
}

fn weak(reply: &Reply) -> Result<Problem> {
    let problem: wire::Problem = reply.json()?;
    Ok(Problem::WeakPassword(problem.reasons.iter().map(Into::into).collect()))
}

fn shape(way: Way, digits: Option<u8>) -> CodeShape {
    match way {
        Way::MailCode | Way::TextCode | Way::OtherAddress => CodeShape::Digits(digits.unwrap_or(CODE_DIGITS)),
        Way::MailLink => CodeShape::Link,
        Way::RecoveryCode => CodeShape::Groups { groups: 4, size: 4 },
        Way::Authenticator => CodeShape::Digits(AUTHENTICATOR_DIGITS),
    }
}

fn others(ways: &[Way], except: Way) -> Vec<Way> {
    ways.iter().copied().filter(|way| *way != except).collect()
}

/// A code that was mailed to an address which is to prove itself.
fn asked(desk: &Desk, reply: &Reply, purpose: CodePurpose) -> Result<(Secret, CodeAsk)> {
    let reply: wire::RecoveryAsk = success(reply)?.json()?;
    let now = desk.clock.now();
    let ask = CodeAsk {
        purpose,
        way: Way::MailCode,
        sent_to: reply.sent_to,
        shape: shape(Way::MailCode, reply.code.length),
        sent_at: Some(now),
        valid_until: Some(now + Duration::from_secs(reply.expires_in)),
        resend_at: Some(now + Duration::from_secs(reply.resend_in)),
        other_ways: Vec::new(),
        may_be_opened: false,
    };
    Ok((Secret::new(reply.ticket), ask))
}
