//! The adapter to AT Protocol Personal Data Servers (PDS), over XRPC; `com.atproto.server.*` in the lexicons.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;

use super::desk::Desk;
use super::{
    Abilities, About, Answer, Challenge, CodeAsk, CodePurpose, Device, Exchange, Intent, Outcome,
    PasswordRules, Problem, Provider, Session, Step, Way, WeakReason, Which,
};
use crate::address;
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Call, Reply};
use crate::identifier;
use crate::secret::Secret;

mod codes;
#[cfg(any(test, feature = "testing"))]
pub mod fake;
pub mod handle;
mod recover;
mod session;
mod sign_in;
mod wire;

/// How long the server may take to say what it is.
const FINDING: Duration = Duration::from_secs(5);
/// Between two mails to one person; the server has no such pause of its own.
const RESEND: Duration = Duration::from_secs(60);
/// The server takes any password, even an empty one, up to 256 UTF-16 units (`NEW_PASSWORD_MAX_LENGTH`).
const RULES: PasswordRules = PasswordRules::FLOOR;

/// A PDS that was found.
struct Pds {
    desk: Desk,
    about: About,
}

/// Asks whether such a server stands there, with `describeServer`. One that is something else is `Protocol`.
pub async fn find(desk: Desk) -> Result<Arc<dyn Provider>> {
    describe(&desk).await?;
    let host = address::host(&desk.base);
    let abilities = Abilities {
        recover: true,
        recover_by_mailbox: true,
        change_with_current: false,
        sessions: false,
        pair: None,
        link_phone: false,
        guided: false,
        sign_up: false,
        recovery_settings: false,
    };
    let about = About { name: host.clone(), host, practice: false, abilities, rules: RULES };
    Ok(Arc::new(Pds { desk, about }))
}

async fn describe(desk: &Desk) -> Result<()> {
    let reply = desk.http.send(Call::get(xrpc(desk, "describeServer")?).within(FINDING)).await?;
    if reply.status == 429 && error_name(&reply).as_deref() == Some("RateLimitExceeded") {
        return Err(failure(&reply));
    }
    if !reply.is_success() {
        return Err(if reply.status >= 500 { reply.broken_promise() } else { ErrorKind::Protocol.into() });
    }
    let server: wire::Description = reply.json()?;
    if server.did.starts_with("did:") { Ok(()) } else { Err(ErrorKind::Protocol.into()) }
}

#[async_trait]
impl Provider for Pds {
    fn about(&self) -> &About {
        &self.about
    }

    async fn begin(&self, intent: Intent) -> Result<(Box<dyn Exchange>, Challenge)> {
        let desk = self.desk.clone();
        match intent {
            Intent::SignIn { identifier } => Ok((
                Box::new(sign_in::SignIn::new(desk, &identifier)),
                Challenge::Password { current: false },
            )),
            Intent::Recover { identifier } => {
                let (exchange, challenge) = recover::Recover::begin(desk, &identifier, None).await?;
                Ok((Box::new(exchange), challenge))
            }
            // There is no call that changes a password with the current one: a mailed code is the only way.
            Intent::ChangePassword { mut session } => {
                let before = session.clone();
                let address = session::own_address(&desk, &mut session).await?;
                let renewed = (session != before).then_some(session);
                let (exchange, challenge) = recover::Recover::begin(desk, &address, renewed).await?;
                Ok((Box::new(exchange), challenge))
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
        match which {
            Which::This => session::end(&self.desk, session).await.map(|()| None),
            Which::One(_) | Which::AllOthers => Err(ErrorKind::Unsupported.into()),
        }
    }

    async fn check(&self, session: &mut Session) -> Result<()> {
        session::check(&self.desk, session).await
    }

    async fn reach(&self) -> Result<()> {
        describe(&self.desk).await
    }
}

/// The address of a call of `com.atproto.server`.
fn xrpc(desk: &Desk, call: &str) -> Result<url::Url> {
    desk.url(&format!("xrpc/com.atproto.server.{call}"))
}

/// The reply, if it went well; else the error that every call shares.
fn success(reply: &Reply) -> Result<&Reply> {
    if reply.is_success() { Ok(reply) } else { Err(failure(reply)) }
}

/// What a refusal means where the call gives it no meaning of its own. Statuses never leave this adapter.
fn failure(reply: &Reply) -> Error {
    match (reply.status, error_name(reply).as_deref()) {
        (429, _) => ErrorKind::RateLimited { wait: reply.retry_after }.into(),
        (400 | 401 | 403, Some("AccountTakedown")) => ErrorKind::Refused.into(),
        _ => reply.broken_promise(),
    }
}

/// The name of an XRPC error. The same name means different things to different calls.
fn error_name(reply: &Reply) -> Option<String> {
    reply.json::<wire::Problem>().ok().map(|problem| problem.error)
}
