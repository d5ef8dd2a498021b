//! The adapter to django-allauth (headless, "app" client), tried with 65.21.1.
//!
//! Its statuses mislead: 401 is the answer of a step that went well without signing in, a lock-out is 400. What happened
//! stands in the flows of the answer.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use async_trait::async_trait;
use serde_json::json;

use super::code::normalise;
use super::desk::Desk;
use super::{
    Abilities, About, Answer, Challenge, CodeAsk, CodePurpose, CodeShape, Device, Exchange, Intent, Outcome,
    PasswordRules, Problem, Provider, Reach, Session, Step, Way, WeakReason, Which,
};
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Call, Reply};
use crate::secret::Secret;
use crate::{address, identifier};

mod api;
use super::with_current::WithCurrent;

mod change;
#[cfg(any(test, feature = "testing"))]
pub mod fake;
mod pair;
mod recover;
mod sign_in;
mod wire;

use api::{Api, failure};
use pair::Oidc;

/// How long the question "who are you" may take.
const FIND: Duration = Duration::from_secs(5);

/// Asks whether such a server stands there.
pub async fn find(desk: Desk) -> Result<Arc<dyn Provider>> {
    let host = address::host(&desk.base);
    let api = Api::new(desk);
    let call = Call::get(api.url("config")?).within(FIND);
    let (reply, oidc) = tokio::join!(api.send(call, None), pair::discover(&api));
    let config = config(&reply?)?;
    let oidc = oidc.unwrap_or_else(|error| {
        tracing::info!(%error, "whether it signs in by phone is not known");
        None
    });
    let methods = &config.account.login_methods;
    let about = About {
        name: host.clone(),
        host,
        practice: false,
        abilities: Abilities {
            recover: true,
            recover_by_mailbox: true,
            change_with_current: true,
            sessions: config.usersessions.is_some(),
            pair: oidc.is_some().then_some(Reach::IdentityOnly),
            link_phone: false,
            guided: false,
            sign_up: false,
            recovery_settings: false,
        },
        rules: PasswordRules::FLOOR,
    };
    let has = |name: &str| methods.iter().any(|method| method == name);
    Ok(Arc::new(Allauth { api, about, by_mailbox: has("email"), by_name: has("username"), oidc }))
}

struct Allauth {
    api: Api,
    about: About,
    by_mailbox: bool,
    by_name: bool,
    /// Where signing in by phone is offered.
    oidc: Option<Oidc>,
}

impl Allauth {
    /// The field of a sign-in that this identifier belongs in: the server does not look at what it is.
    fn field(&self, identifier: &str) -> Result<&'static str> {
        match identifier::is_mailbox(identifier) {
            true if self.by_mailbox => Ok("email"),
            // A user name may have the form of an address.
            _ if self.by_name => Ok("username"),
            false if self.by_mailbox => Err(ErrorKind::BadIdentifier.into()),
            _ => Err(ErrorKind::Unsupported.into()),
        }
    }

    /// Its OpenID Connect provider; asked for again where it was not there.
    async fn oidc(&self) -> Result<Oidc> {
        match &self.oidc {
            Some(oidc) => Ok(oidc.clone()),
            None => pair::discover(&self.api).await?.ok_or_else(|| ErrorKind::Unsupported.into()),
        }
    }

    /// Ends what a phone gave. Where the provider has gone, so has what it gave.
    async fn leave(&self, identity: &wire::Identity) -> Result<()> {
        match self.oidc().await {
            Ok(oidc) => oidc.revoke(identity).await,
            Err(error) if error.kind() == ErrorKind::Unsupported => Ok(()),
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl Provider for Allauth {
    fn about(&self) -> &About {
        &self.about
    }

    async fn begin(&self, intent: Intent) -> Result<(Box<dyn Exchange>, Challenge)> {
        match intent {
            Intent::SignIn { identifier } => {
                let field = self.field(&identifier)?;
                let exchange = sign_in::SignIn::new(self.api.clone(), field, identifier);
                Ok((Box::new(exchange), Challenge::Password { current: false }))
            }
            Intent::Recover { identifier } => {
                let (exchange, challenge) =
                    recover::Recover::begin(self.api.clone(), self.about.rules, &identifier).await?;
                Ok((Box::new(exchange), challenge))
            }
            Intent::ChangePassword { session } => {
                let change = change::Change {
                    api: self.api.clone(),
                    by_mailbox: self.by_mailbox,
                    oidc: self.oidc.clone(),
                };
                let exchange = WithCurrent::new(change, session, self.about.rules);
                Ok((Box::new(exchange), Challenge::Password { current: true }))
            }
            Intent::Pair => self.oidc().await?.pair().await,
            Intent::SignUp { .. }
            | Intent::LinkPhone { .. }
            | Intent::ChangeRecovery { .. }
            | Intent::Guided { .. } => Err(ErrorKind::Unsupported.into()),
        }
    }

    async fn sessions(&self, session: &mut Session) -> Result<Vec<Device>> {
        if !self.about.abilities.sessions {
            return Err(ErrorKind::Unsupported.into());
        }
        let reply = self.api.signed_in(session, Call::get(self.api.url("auth/sessions")?)).await?;
        let list: wire::Sessions = success(&reply)?.json()?;
        Ok(list.data.into_iter().map(device).collect())
    }

    async fn end_session(
        &self,
        session: &mut Session,
        which: Which,
        _: Option<&Secret>,
    ) -> Result<Option<u32>> {
        match which {
            Which::This => {
                if let Some(identity) = api::identity(session) {
                    return self.leave(&identity).await.map(|()| None);
                }
                let call = Call::delete(self.api.url("auth/session")?);
                let reply = match self.api.signed_in(session, call).await {
                    // Signing out of a session that has ended is done already.
                    Err(error) if error.kind() == ErrorKind::SignedOut => return Ok(None),
                    other => other?,
                };
                // Signed out now, or before: this server has one answer for both.
                if reply.status == 401 { Ok(None) } else { Err(failure(&reply)) }
            }
            Which::One(id) => {
                let reply = self.end(session, &[id]).await?;
                // The identifier of a session that has gone is no choice any more.
                if reply.status == 400 { Ok(Some(0)) } else { success(&reply).map(|_| Some(1)) }
            }
            Which::AllOthers => {
                let list = self.sessions(session).await?;
                let others: Vec<String> =
                    list.into_iter().filter(|device| !device.current).map(|device| device.id).collect();
                if !others.is_empty() {
                    success(&self.end(session, &others).await?)?;
                }
                Ok(u32::try_from(others.len()).ok())
            }
        }
    }

    async fn check(&self, session: &mut Session) -> Result<()> {
        match api::identity(session) {
            Some(identity) => self.oidc().await?.check(session, identity).await,
            None => self.api.check(session).await,
        }
    }

    async fn reach(&self) -> Result<()> {
        let reply = self.api.send(Call::get(self.api.url("config")?), None).await?;
        config(&reply).map(|_| ())
    }
}

impl Allauth {
    async fn end(&self, session: &mut Session, ids: &[String]) -> Result<Reply> {
        if !self.about.abilities.sessions {
            return Err(ErrorKind::Unsupported.into());
        }
        let url = self.api.url("auth/sessions")?;
        self.api.signed_in(session, Call::delete_with(url, json!({ "sessions": ids }))).await
    }
}

fn config(reply: &Reply) -> Result<wire::Config> {
    match reply.status {
        200 => Ok(reply.json::<wire::Found>()?.data),
        500.. => Err(reply.broken_promise()),
        _ => Err(ErrorKind::Protocol.into()),
    }
}

/// The reply of a signed-in call, if it went well.
fn success(reply: &Reply) -> Result<&Reply> {
    match reply.status {
        200 => Ok(reply),
        // The token is known, but opens nothing: the password was changed since.
        401 => Err(api::unauthorized(reply).into()),
        _ => Err(failure(reply)),
    }
}

fn device(info: wire::SessionInfo) -> Device {
    let seconds = info.last_seen_at.unwrap_or(info.created_at);
    Device {
        id: info.id.to_string(),
        name: info.user_agent,
        last_used: Some(UNIX_EPOCH + Duration::try_from_secs_f64(seconds).unwrap_or_default()),
        current: info.is_current,
        network: info.ip,
    }
}

/// Letters, digits and nothing between them: what this server compares, dashes and case aside.
fn plain(typed: &Secret, shape: CodeShape) -> Secret {
    match shape {
        CodeShape::Any => normalise(typed.expose(), CodeShape::Groups { groups: 2, size: 4 }),
        shape => normalise(typed.expose(), shape),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allauth(by_mailbox: bool, by_name: bool) -> Allauth {
        let about = About {
            name: String::new(),
            host: String::new(),
            practice: false,
            abilities: Abilities::ALL,
            rules: PasswordRules::FLOOR,
        };
        Allauth { api: api::tests::api(), about, by_mailbox, by_name, oidc: None }
    }

    #[test]
    fn the_field_of_an_identifier_is_ours_to_choose() {
        let both = allauth(true, true);
        assert_eq!(both.field("jana@mail.example").unwrap(), "email");
        assert_eq!(both.field("jana").unwrap(), "username");
        assert_eq!(allauth(false, true).field("jana@mail.example").unwrap(), "username");
        let mailbox = allauth(true, false);
        assert_eq!(mailbox.field("jana@mail.example").unwrap(), "email");
        assert_eq!(mailbox.field("jana").unwrap_err().kind(), ErrorKind::BadIdentifier);
        assert_eq!(allauth(false, false).field("jana").unwrap_err().kind(), ErrorKind::Unsupported);
    }

    #[test]
    fn a_code_is_compared_without_what_people_put_between() {
        for typed in ["mwnh-btjx", " MWNH BTJX ", "MWNH–BTJX"] {
            assert_eq!(plain(&Secret::new(typed), CodeShape::Any).expose(), "MWNHBTJX", "{typed}");
        }
        assert_eq!(plain(&Secret::new(" 123 456 "), CodeShape::Digits(6)).expose(), "123456");
    }
}
