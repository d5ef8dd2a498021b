//! Changing a password with the current one, while signed in.

use super::*;
use crate::provider::with_current::{Set, SetPassword};

pub(super) struct Change(pub Api);

#[async_trait]
impl SetPassword for Change {
    async fn set(&self, session: &mut Session, current: &Secret, new: &Secret) -> Result<Set> {
        // Some sites end this session with the change as well, and then the answer is the one that a dead session gets.
        // With a session that was alive a moment ago, that answer means "unknown", and trying tells.
        self.0.check(session).await?;
        let body = json!({ "current_password": current.expose(), "new_password": new.expose() });
        let call = Call::post(self.0.url("account/password/change")?, body).changes();
        let reply = self.0.signed_in(session, call).await?;
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
