//! The adapter to Matrix homeservers, over the client-server API; proven against Synapse.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{
    Abilities, About, Answer, Challenge, CodeAsk, CodePurpose, CodeShape, Desk, Device, Exchange, Intent,
    Needs, Outcome, PasswordRules, Problem, Provider, Session, Step, Way, WeakReason, Which,
};
use crate::address;
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Call, Reply};
use crate::identifier;
use crate::secret::Secret;

use super::with_current::WithCurrent;

mod change;
#[cfg(any(test, feature = "testing"))]
pub mod fake;
mod recover;
mod session;
mod sign_in;
pub mod well_known;
mod wire;

/// Until a server that may be none has to have answered.
const FINDING: Duration = Duration::from_secs(5);
/// The stage and the login type of the same name.
const BY_PASSWORD: &str = "m.login.password";

/// A homeserver that was found.
struct Matrix {
    desk: Desk,
    about: About,
}

/// Asks whether such a server stands there, and then what it lets people do.
///
/// Without sign-in by password (there is single sign-on alone) the server is found, and can do nothing for us.
pub async fn find(desk: Desk) -> Result<Arc<dyn Provider>> {
    let reply = ask(&desk, "_matrix/client/versions").await?;
    if !reply.is_success() {
        return Err(not_ours(&reply));
    }
    let known: wire::Versions = reply.json()?;
    // The paths with `v3` in them came with version 1.1.
    if !known.versions.iter().any(|version| version.starts_with("v1.")) {
        return Err(ErrorKind::Protocol.into());
    }
    let reply = ask(&desk, "_matrix/client/v3/login").await?;
    let flows: wire::LoginFlows = success(&reply)?.json()?;
    let by_password = flows.flows.iter().any(|flow| flow.kind == BY_PASSWORD);
    let about = About {
        name: address::host(&desk.base),
        host: address::host(&desk.base),
        practice: false,
        abilities: Abilities {
            recover: by_password,
            recover_by_mailbox: true,
            change_with_current: by_password,
            sessions: by_password,
            pair: None,
            link_phone: false,
            guided: false,
            sign_up: false,
            recovery_settings: false,
        },
        rules: rules(&desk).await?,
    };
    Ok(Arc::new(Matrix { desk, about }))
}

#[async_trait]
impl Provider for Matrix {
    fn about(&self) -> &About {
        &self.about
    }

    async fn begin(&self, intent: Intent) -> Result<(Box<dyn Exchange>, Challenge)> {
        if !self.about.abilities.recover {
            return Err(ErrorKind::Unsupported.into());
        }
        let desk = self.desk.clone();
        match intent {
            Intent::SignIn { identifier } => {
                Ok((Box::new(sign_in::SignIn::new(desk, identifier)), Challenge::Password { current: false }))
            }
            Intent::Recover { identifier } => {
                let (exchange, ask) = recover::Recover::begin(desk, self.about.rules, &identifier).await?;
                Ok((Box::new(exchange), Challenge::Code(ask)))
            }
            Intent::ChangePassword { session } => Ok((
                Box::new(WithCurrent::new(
                    change::Change { desk, rules: self.about.rules },
                    session,
                    self.about.rules,
                )),
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
        session::devices(&self.desk, session).await
    }

    async fn end_session(
        &self,
        session: &mut Session,
        which: Which,
        proof: Option<&Secret>,
    ) -> Result<Option<u32>> {
        match which {
            Which::This => session::sign_out(&self.desk, session).await,
            Which::One(id) => session::end_one(&self.desk, session, &id, proof).await,
            Which::AllOthers => session::end_others(&self.desk, session, proof).await,
        }
    }

    async fn check(&self, session: &mut Session) -> Result<()> {
        let url = self.desk.url("_matrix/client/v3/account/whoami")?;
        let reply = session::signed_in(&self.desk, session, || Call::get(url.clone())).await?;
        success(&reply).map(|_| ())
    }

    async fn reach(&self) -> Result<()> {
        success(&self.desk.get("_matrix/client/versions").await?).map(|_| ())
    }
}

async fn ask(desk: &Desk, path: &str) -> Result<Reply> {
    desk.http.send(Call::get(desk.url(path)?).within(FINDING)).await
}

fn not_ours(reply: &Reply) -> Error {
    if reply.status >= 500 { reply.broken_promise() } else { ErrorKind::Protocol.into() }
}

/// The server's rules; servers other than Synapse have none to tell.
async fn rules(desk: &Desk) -> Result<PasswordRules> {
    let reply = ask(desk, "_matrix/client/v3/password_policy").await?;
    if reply.status == 404 {
        return Ok(PasswordRules::FLOOR);
    }
    let policy: wire::PasswordPolicy = success(&reply)?.json()?;
    let floor = PasswordRules::FLOOR;
    Ok(PasswordRules {
        min_length: policy.min_length.unwrap_or(0).max(floor.min_length),
        needs: Needs {
            digit: policy.digit,
            lowercase: policy.lowercase,
            uppercase: policy.uppercase,
            symbol: policy.symbol,
        },
        ..floor
    })
}

/// The reply, if it went well; else the error that every call shares.
fn success(reply: &Reply) -> Result<&Reply> {
    if reply.is_success() { Ok(reply) } else { Err(failure(reply)) }
}

/// What a refusal means where the call gives it no meaning of its own. Statuses never leave this adapter.
fn failure(reply: &Reply) -> Error {
    match (reply.status, errcode(reply).as_deref()) {
        (429, _) => ErrorKind::RateLimited { wait: reply.retry_after }.into(),
        (401, Some("M_UNKNOWN_TOKEN" | "M_MISSING_TOKEN")) => ErrorKind::SignedOut.into(),
        (401, Some("M_USER_LOCKED")) | (403, Some(_)) => ErrorKind::Refused.into(),
        (404 | 405, Some("M_UNRECOGNIZED")) => ErrorKind::Unsupported.into(),
        _ => reply.broken_promise(),
    }
}

fn errcode(reply: &Reply) -> Option<String> {
    reply.json::<wire::Refusal>().ok()?.errcode
}

/// Why a new password was refused, where that is what the reply says.
fn weak(reply: &Reply, rules: PasswordRules) -> Option<Problem> {
    if reply.status != 400 {
        return None;
    }
    let reason = match errcode(reply)?.as_str() {
        "M_PASSWORD_TOO_SHORT" => WeakReason::TooShort { min: rules.min_length },
        "M_PASSWORD_NO_DIGIT" => WeakReason::NeedsDigit,
        "M_PASSWORD_NO_LOWERCASE" => WeakReason::NeedsLowercase,
        "M_PASSWORD_NO_UPPERCASE" => WeakReason::NeedsUppercase,
        "M_PASSWORD_NO_SYMBOL" => WeakReason::NeedsSymbol,
        "M_PASSWORD_IN_DICTIONARY" => WeakReason::Common,
        "M_WEAK_PASSWORD" => WeakReason::Guessable,
        _ => return None,
    };
    Some(Problem::WeakPassword(vec![reason]))
}

/// One stage of the user-interactive authentication.
fn password_stage(user: &str, password: &Secret) -> Value {
    json!({
        "type": BY_PASSWORD,
        "identifier": { "type": "m.id.user", "user": user },
        "password": password.expose(),
    })
}

/// The server wants to see the password first. `Unsupported` where it wants something else.
fn wants_password(reply: &Reply) -> Option<Result<()>> {
    let flows = reply.json::<wire::Refusal>().ok().filter(|_| reply.status == 401)?.flows?;
    let enough = flows.iter().any(|flow| flow.stages == [BY_PASSWORD]);
    Some(if enough { Ok(()) } else { Err(ErrorKind::Unsupported.into()) })
}
