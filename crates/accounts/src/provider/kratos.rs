//! The adapter to Ory Kratos, over its flows for native apps. Written from its published API description and not yet
//! tried against a live server.
//!
//! A recovery's right code opens a session before there is a new password. It is ended where the recovery cannot go on;
//! but whoever just stops leaves it behind until it runs out: an exchange that is dropped can call nobody.
//!
//! With `feature_flags.use_continue_with_transitions` off, the server ends every recovery on a web page: the right code
//! is answered with `Unsupported`. Nothing tells beforehand.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use url::Url;

use super::{
    Abilities, About, Addresses, Answer, Challenge, CodeAsk, CodePurpose, CodeShape, Desk, Device, Exchange,
    Intent, Outcome, PasswordRules, Problem, Provider, Session, Step, Way, WeakReason, Which,
};
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Call, Reply};
use crate::identifier;
use crate::secret::Secret;

mod address;
mod change;
#[cfg(any(test, feature = "testing"))]
pub mod fake;
mod recover;
mod second;
mod settings;
mod sign_in;
mod time;
mod wire;

/// Digits of a mailed code, where the form does not say.
const CODE_DIGITS: u8 = 6;
/// Digits of an authenticator code (RFC 6238 with its usual six).
const AUTHENTICATOR_DIGITS: u8 = 6;
/// Its default hasher, bcrypt, reads no more than 72 bytes; 8 characters are its default floor.
const RULES: PasswordRules = PasswordRules::between(PasswordRules::FLOOR.min_length, 72);

/// Numbers of messages (`@ory/elements-react` has them all, as `identities.messages.…`).
mod text {
    pub const WRONG_PASSWORD: u32 = 4_000_006;
    pub const ADDRESS_NOT_VERIFIED: u32 = 4_000_010;
    /// A wrong authenticator code; a saved code that was used, or never was one.
    pub const SECOND_FACTOR_WRONG: [u32; 3] = [4_000_008, 4_000_012, 4_000_016];
    pub const LIKE_THE_IDENTIFIER: u32 = 4_000_031;
    pub const TOO_SHORT: u32 = 4_000_032;
    pub const TOO_LONG: u32 = 4_000_033;
    pub const BREACHED: u32 = 4_000_034;
    pub const SAME_AS_BEFORE: u32 = 4_000_039;
    /// Wrong, or used before.
    pub const WRONG_CODE: u32 = 4_060_006;
}

struct Kratos {
    desk: Desk,
    about: About,
}

/// Asks whether such a server stands there, by the words with which it turns strangers away.
pub async fn find(desk: Desk) -> Result<Arc<dyn Provider>> {
    knock(&desk).await?;
    let abilities = Abilities {
        recover: true,
        recover_by_mailbox: true,
        change_with_current: true,
        sessions: true,
        pair: None,
        link_phone: false,
        guided: false,
        sign_up: false,
        recovery_settings: false,
    };
    let host = crate::address::host(&desk.base);
    let about = About { name: host.clone(), host, practice: false, abilities, rules: RULES };
    Ok(Arc::new(Kratos { desk, about }))
}

async fn knock(desk: &Desk) -> Result<()> {
    let call = Call::get(desk.url("sessions/whoami")?).within(Duration::from_secs(5));
    let reply = desk.http.send(with(call, None)).await?;
    match (reply.status, error_id(&reply).as_deref()) {
        (401, Some("session_inactive")) => Ok(()),
        (500.., _) => Err(reply.broken_promise()),
        _ => Err(ErrorKind::Protocol.into()),
    }
}

#[async_trait]
impl Provider for Kratos {
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
                if !identifier::is_mailbox(&identifier) {
                    return Err(ErrorKind::NeedsMailbox.into());
                }
                let address = identifier.trim().to_owned();
                let (exchange, challenge) =
                    recover::Recover::begin(self.desk.clone(), address, RULES).await?;
                Ok((Box::new(exchange), challenge))
            }
            Intent::ChangePassword { session } => Ok((
                Box::new(change::Change::new(self.desk.clone(), session, RULES)),
                Challenge::Password { current: true },
            )),
            Intent::SignUp { .. }
            | Intent::Pair
            | Intent::LinkPhone { .. }
            | Intent::ChangeRecovery { .. }
            | Intent::Guided { .. } => Err(ErrorKind::Unsupported.into()),
        }
    }

    async fn sessions(&self, session: &mut Session) -> Result<Vec<Device>> {
        let token = token(session)?;
        let here = match whoami(&self.desk, &token).await? {
            Whoami::Is(session) => device(session, true),
            Whoami::LacksSecondFactor => return Err(ErrorKind::SignedOut.into()),
        };
        // The list is of the other ones.
        let reply = get(&self.desk, "sessions", Some(&token)).await?;
        let others: Vec<wire::Session> = success(&reply)?.json()?;
        Ok(std::iter::once(here).chain(others.into_iter().map(|other| device(other, false))).collect())
    }

    async fn end_session(
        &self,
        session: &mut Session,
        which: Which,
        _: Option<&Secret>,
    ) -> Result<Option<u32>> {
        let token = token(session)?;
        match which {
            Which::This => sign_out(&self.desk, &token).await.map(|()| None),
            Which::AllOthers => {
                let call = with(Call::delete(self.desk.url("sessions")?), Some(&token));
                let reply = self.desk.http.send(call).await?;
                Ok(Some(success(&reply)?.json::<wire::Count>()?.count))
            }
            Which::One(id) => {
                let mut url = self.desk.url("sessions")?;
                url.path_segments_mut().map_err(|()| Error::from(ErrorKind::Bug))?.push(&id);
                let reply = self.desk.http.send(with(Call::delete(url), Some(&token))).await?;
                match reply.status {
                    // The current session is not ended this way.
                    400 => sign_out(&self.desk, &token).await.map(|()| Some(1)),
                    404 => Ok(Some(0)),
                    _ => success(&reply).map(|_| Some(1)),
                }
            }
        }
    }

    async fn check(&self, session: &mut Session) -> Result<()> {
        match whoami(&self.desk, &token(session)?).await? {
            Whoami::Is(_) => Ok(()),
            Whoami::LacksSecondFactor => Err(ErrorKind::SignedOut.into()),
        }
    }

    async fn reach(&self) -> Result<()> {
        knock(&self.desk).await
    }
}

async fn sign_out(desk: &Desk, token: &Secret) -> Result<()> {
    let body = json!({ "session_token": token.expose() });
    let call = Call::delete_with(desk.url("self-service/logout/api")?, body);
    let reply = desk.http.send(with(call, None)).await?;
    match reply.status {
        // It knows no such token: signed out already.
        403 => Ok(()),
        _ => success(&reply).map(|_| ()),
    }
}

/// Ends a session that a recovery has opened and that leads nowhere.
async fn leave(desk: &Desk, token: &Secret) {
    if let Err(error) = sign_out(desk, token).await {
        tracing::info!(%error, "a session that a recovery had opened was left standing");
    }
}

enum Whoami {
    Is(wire::Session),
    LacksSecondFactor,
}

async fn whoami(desk: &Desk, token: &Secret) -> Result<Whoami> {
    let reply = get(desk, "sessions/whoami", Some(token)).await?;
    if lacks_second_factor(&reply) {
        return Ok(Whoami::LacksSecondFactor);
    }
    Ok(Whoami::Is(success(&reply)?.json()?))
}

/// A new login flow, with one of its settings.
async fn login_flow(desk: &Desk, name: &str, value: &str, token: Option<&Secret>) -> Result<wire::Flow> {
    let mut url = desk.url("self-service/login/api")?;
    url.query_pairs_mut().append_pair(name, value);
    let reply = desk.http.send(with(Call::get(url), token)).await?;
    success(&reply)?.json()
}

async fn get(desk: &Desk, path: &str, token: Option<&Secret>) -> Result<Reply> {
    desk.http.send(with(Call::get(desk.url(path)?), token)).await
}

/// Sends an answer to a flow's question.
async fn submit(desk: &Desk, path: &str, flow: &str, body: Value, token: Option<&Secret>) -> Result<Reply> {
    desk.http.send(with(Call::post(flow_url(desk, path, flow)?, body), token)).await
}

fn flow_url(desk: &Desk, path: &str, flow: &str) -> Result<Url> {
    let mut url = desk.url(path)?;
    url.query_pairs_mut().append_pair("flow", flow);
    Ok(url)
}

fn with<'a>(call: Call<'a>, token: Option<&'a Secret>) -> Call<'a> {
    // Without it, some answers are web pages.
    let call = call.header("Accept", "application/json");
    match token {
        Some(token) => call.header("X-Session-Token", token.expose()),
        None => call,
    }
}

fn device(session: wire::Session, current: bool) -> Device {
    let seen = session.devices.unwrap_or_default().into_iter().next_back();
    let (agent, network) = seen.map_or((None, None), |seen| (seen.user_agent, seen.ip_address));
    let at = session.authenticated_at.as_deref().and_then(time::parse);
    Device { id: session.id, name: agent.unwrap_or_default(), last_used: at, current, network }
}

fn state(session: &Session) -> Result<wire::SessionState> {
    // The source is left out: serde's messages quote the text, and the text is the token.
    serde_json::from_str(session.state().expose()).map_err(|_| ErrorKind::SignedOut.into())
}

fn token(session: &Session) -> Result<Secret> {
    state(session).map(|state| Secret::new(state.token))
}

fn session_of(token: &Secret, identifier: &str, address: Option<String>) -> Result<Session> {
    let state = wire::SessionState { token: token.expose().into(), identifier: identifier.into() };
    let text = serde_json::to_string(&state).map_err(|_| Error::from(ErrorKind::Bug))?;
    Ok(Session::of(Secret::new(text), address))
}

fn lacks_second_factor(reply: &Reply) -> bool {
    reply.status == 403 && error_id(reply).as_deref() == Some("session_aal2_required")
}

/// The reply, if it went well; else the error that every call shares.
fn success(reply: &Reply) -> Result<&Reply> {
    if reply.is_success() { Ok(reply) } else { Err(failure(reply)) }
}

/// What a refusal means where the call gives it no meaning of its own. Statuses never leave this adapter.
fn failure(reply: &Reply) -> Error {
    match (reply.status, error_id(reply).as_deref()) {
        (429, _) => ErrorKind::RateLimited { wait: reply.retry_after }.into(),
        (401, _) => ErrorKind::SignedOut.into(),
        (403, Some("session_refresh_required")) => ErrorKind::ProveAgain.into(),
        (403, Some("session_aal2_required")) => ErrorKind::SignedOut.into(),
        (422, Some("browser_location_change_required")) => {
            Error::new(ErrorKind::Unsupported, "the server goes on in a browser only")
        }
        _ => reply.broken_promise(),
    }
}

fn error_id(reply: &Reply) -> Option<String> {
    reply.json::<wire::Failure>().ok().and_then(|failure| failure.error.id)
}
