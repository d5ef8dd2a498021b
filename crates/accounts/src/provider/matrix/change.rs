//! Changing a password with the current one, while signed in.

use super::*;
use crate::provider::with_current::{Set, SetPassword};

pub(super) struct Change {
    pub desk: Desk,
    pub rules: PasswordRules,
}

#[async_trait]
impl SetPassword for Change {
    async fn set(&self, session: &mut Session, current: &Secret, new: &Secret) -> Result<Set> {
        let url = self.desk.url("_matrix/client/v3/account/password")?;
        let body = json!({
            "new_password": new.expose(),
            // A device that is signed out loses its keys to encrypted messages: the person chooses which ones to end.
            "logout_devices": false,
            "auth": password_stage(&session::state(session)?.user, current),
        });
        let call = || Call::post(url.clone(), body.clone()).changes();
        let reply = session::signed_in(&self.desk, session, call).await?;
        if let Some(wanted) = wants_password(&reply) {
            wanted?;
            return Ok(Set::WrongCurrent);
        }
        if let Some(problem) = weak(&reply, self.rules) {
            return Ok(Set::Weak(problem));
        }
        success(&reply)?;
        Ok(Set::Done { session: Some(session.clone()), sessions_ended: Some(0) })
    }
}
