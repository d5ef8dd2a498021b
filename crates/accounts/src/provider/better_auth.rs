//! The adapter to servers built with better-auth (1.7.25), at its documented path.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::desk::Desk;
use super::{
    Abilities, About, Answer, Challenge, CodeAsk, CodePurpose, CodeShape, Device, Exchange, Intent, Outcome,
    PasswordRules, Problem, Provider, Reach, Session, Step, Way, WeakReason, Which,
};
use crate::address;
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Call, Reply};
use crate::secret::Secret;

use super::with_current::WithCurrent;

mod change;
#[cfg(any(test, feature = "testing"))]
pub mod fake;
mod pair;
mod recover;
mod sessions;
mod sign_in;
mod wire;

/// Where all of it stands, unless its host was told otherwise.
const PATH: &str = "api/auth/";
/// What it takes unless its host was told otherwise; it tells nobody.
const RULES: PasswordRules = PasswordRules::between(PasswordRules::FLOOR.min_length, 128);
/// Between two mails; the server has no such rule, only a limit on how many.
const RESEND: Duration = Duration::from_secs(60);
/// Digits of an authenticator code (RFC 6238 with its usual six).
const AUTHENTICATOR_DIGITS: u8 = 6;
/// Until a server has said who it is.
const PATIENCE: Duration = Duration::from_secs(5);

/// A server that was found.
struct BetterAuth {
    desk: Desk,
    about: About,
}

/// Asks whether such a server stands there.
pub async fn find(desk: Desk) -> Result<Arc<dyn Provider>> {
    let (alive, pairs) = tokio::join!(alive(&desk), pair::offered(&desk));
    alive?;
    let host = address::host(&desk.base);
    let about = About {
        name: host.clone(),
        host,
        practice: false,
        abilities: Abilities {
            recover_by_mailbox: true,
            pair: pairs.then_some(Reach::Full),
            link_phone: false,
            guided: false,
            sign_up: false,
            recovery_settings: false,
            ..Abilities::ALL
        },
        rules: RULES,
    };
    Ok(Arc::new(BetterAuth { desk, about }))
}

async fn alive(desk: &Desk) -> Result<()> {
    let reply = desk.http.send(Call::get(url(desk, "ok")?).within(PATIENCE)).await?;
    match reply.status {
        200 if reply.json::<wire::Alive>()?.ok => Ok(()),
        429 => Err(failure(&reply)),
        500.. => Err(reply.broken_promise()),
        _ => Err(ErrorKind::Protocol.into()),
    }
}

#[async_trait]
impl Provider for BetterAuth {
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
            Intent::ChangePassword { session } => Ok((
                Box::new(WithCurrent::new(change::Change(self.desk.clone()), session, RULES)),
                Challenge::Password { current: true },
            )),
            Intent::Pair => pair::begin(self.desk.clone()).await,
            Intent::SignUp { .. }
            | Intent::LinkPhone { .. }
            | Intent::ChangeRecovery { .. }
            | Intent::Guided { .. } => Err(ErrorKind::Unsupported.into()),
        }
    }

    async fn sessions(&self, session: &mut Session) -> Result<Vec<Device>> {
        sessions::list(&self.desk, session).await
    }

    async fn end_session(
        &self,
        session: &mut Session,
        which: Which,
        proof: Option<&Secret>,
    ) -> Result<Option<u32>> {
        sessions::end(&self.desk, session, which, proof).await
    }

    async fn check(&self, session: &mut Session) -> Result<()> {
        let reply = get(&self.desk, "get-session", session).await?;
        // It answers 200 to everyone, with `null` to those who are not signed in.
        match success(&reply)?.json::<Option<wire::Here>>()? {
            Some(here) => {
                let address = Some(here.user.email);
                // It may have been changed elsewhere.
                if session.address != address {
                    *session = Session::of(session.state().clone(), address);
                }
                Ok(())
            }
            None => Err(ErrorKind::SignedOut.into()),
        }
    }

    async fn reach(&self) -> Result<()> {
        alive(&self.desk).await
    }
}

fn url(desk: &Desk, path: &str) -> Result<url::Url> {
    desk.url(&format!("{PATH}{path}"))
}

/// A call that needs no session.
async fn ask(desk: &Desk, path: &str, body: Value) -> Result<Reply> {
    desk.http.send(Call::post(url(desk, path)?, body)).await
}

async fn get(desk: &Desk, path: &str, session: &Session) -> Result<Reply> {
    let token = token(session)?;
    desk.http.send(Call::get(url(desk, path)?).bearer(&token)).await
}

async fn post(desk: &Desk, path: &str, body: Value, session: &Session) -> Result<Reply> {
    let token = token(session)?;
    desk.http.send(Call::post(url(desk, path)?, body).bearer(&token)).await
}

/// A call that makes a session, which the server will list under the name of this computer.
fn entering<'a>(desk: &'a Desk, call: Call<'a>) -> Call<'a> {
    let name = desk.device.as_str();
    if is_sound(name) { call.header("user-agent", name) } else { call }
}

/// Whether a name fits into a header.
fn is_sound(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
}

fn token(session: &Session) -> Result<Secret> {
    // The source is left out: serde's messages quote the text, and the text is the token.
    let state: wire::SessionState =
        serde_json::from_str(session.state().expose()).map_err(|_| Error::from(ErrorKind::SignedOut))?;
    Ok(Secret::new(state.token))
}

/// The session that an answer gives. A server without its bearer plugin gives none that could be used.
fn session_of(reply: &Reply, user: wire::User) -> Result<Session> {
    let token = reply.header("set-auth-token").ok_or(ErrorKind::Unsupported)?.to_owned();
    let state = serde_json::to_string(&wire::SessionState { token });
    Ok(Session::of(Secret::new(state.map_err(|_| Error::from(ErrorKind::Bug))?), Some(user.email)))
}

/// The reply, if it went well; else the error that every call shares.
fn success(reply: &Reply) -> Result<&Reply> {
    if reply.is_success() { Ok(reply) } else { Err(failure(reply)) }
}

/// What a refusal means where the call gives it no meaning of its own. Statuses never leave this adapter.
fn failure(reply: &Reply) -> Error {
    match (reply.status, code(reply).as_deref()) {
        (429, _) => ErrorKind::RateLimited { wait: reply.retry_after }.into(),
        (401, Some("UNAUTHORIZED")) => ErrorKind::SignedOut.into(),
        (403, Some("SESSION_NOT_FRESH")) => ErrorKind::ProveAgain.into(),
        (403, _) => ErrorKind::Refused.into(),
        // Its host has left that plugin out.
        (404, _) => ErrorKind::Unsupported.into(),
        _ => reply.broken_promise(),
    }
}

fn code(reply: &Reply) -> Option<String> {
    reply.json::<wire::Problem>().ok()?.code
}

/// Why a password was refused, if that is what the answer says. The host's own bounds are not told: what is known is
/// that this length is beyond them.
fn weak(reply: &Reply, password: &Secret) -> Option<Problem> {
    let length = u16::try_from(password.expose().chars().count()).unwrap_or(u16::MAX);
    let reason = match code(reply)?.as_str() {
        "PASSWORD_TOO_SHORT" => WeakReason::TooShort { min: RULES.min_length.max(length.saturating_add(1)) },
        "PASSWORD_TOO_LONG" => WeakReason::TooLong { max: RULES.max_length.min(length.saturating_sub(1)) },
        _ => return None,
    };
    Some(Problem::WeakPassword(vec![reason]))
}

fn others(ways: &[Way], except: Way) -> Vec<Way> {
    ways.iter().copied().filter(|way| *way != except).collect()
}
