//! Changing a password with the current one, while signed in.

use super::*;
use crate::provider::with_current::{Set, SetPassword};

pub(super) struct Change {
    pub api: Api,
    /// Signing in takes the account's address.
    pub by_mailbox: bool,
    pub oidc: Option<Oidc>,
}

impl Change {
    /// A session that can change something, in the place of one that a phone gave. `false`: not with this password.
    async fn enter(
        &self,
        session: &mut Session,
        identity: &wire::Identity,
        current: &Secret,
    ) -> Result<bool> {
        // Without a login to go with the password, the person signs in with one.
        let address = session.address.clone().filter(|_| self.by_mailbox).ok_or(ErrorKind::ProveAgain)?;
        match sign_in::SignIn::new(self.api.clone(), "email", address).password(current).await? {
            Step::Done(Outcome::SignedIn(entered)) => *session = entered,
            Step::Ask(Challenge::Password { .. }, _) => return Ok(false),
            _ => return Err(ErrorKind::ProveAgain.into()),
        }
        if let Some(oidc) = &self.oidc
            && let Err(error) = oidc.revoke(identity).await
        {
            tracing::warn!(%error, "what a phone gave is not needed any more and could not be ended");
        }
        Ok(true)
    }
}

#[async_trait]
impl SetPassword for Change {
    async fn set(&self, session: &mut Session, current: &Secret, new: &Secret) -> Result<Set> {
        match api::identity(session) {
            Some(identity) if !self.enter(session, &identity, current).await? => {
                return Ok(Set::WrongCurrent);
            }
            Some(_) => {}
            // Some sites end this session with the change as well, and then the answer is the one that a dead session gets.
            // With a session that was alive a moment ago, that answer means "unknown", and trying tells.
            None => self.api.check(session).await?,
        }
        let body = json!({ "current_password": current.expose(), "new_password": new.expose() });
        let call = Call::post(self.api.url("account/password/change")?, body).changes();
        let reply = self.api.signed_in(session, call).await?;
        if reply.status == 200 {
            return Ok(Set::Done { session: Some(session.clone()), sessions_ended: None });
        }
        let refusals = api::refusals(&reply);
        if refusals.iter().any(|refusal| api::is_about(refusal, "current_password")) {
            return Ok(Set::WrongCurrent);
        }
        api::weak(&refusals, "new_password").map(Set::Weak).ok_or_else(|| failure(&reply))
    }
}
