//! Changing a password with the current one, while signed in.

use super::*;
use crate::provider::with_current::{Set, SetPassword};

pub(super) struct Change(pub Desk);

#[async_trait]
impl SetPassword for Change {
    /// Ends every session, this one as well, and gives another one.
    async fn set(&self, session: &mut Session, current: &Secret, new: &Secret) -> Result<Set> {
        let token = token(session)?;
        let body = json!({
            "currentPassword": current.expose(),
            "newPassword": new.expose(),
            "revokeOtherSessions": true,
        });
        let call = Call::post(url(&self.0, "change-password")?, body).bearer(&token).changes();
        let reply = self.0.http.send(entering(&self.0, call)).await?;
        if let Some(problem) = weak(&reply, new) {
            return Ok(Set::Weak(problem));
        }
        match (reply.status, code(&reply).as_deref()) {
            (400, Some("INVALID_PASSWORD")) => return Ok(Set::WrongCurrent),
            // The account has no password: it is signed in to by other means.
            (400, Some("CREDENTIAL_ACCOUNT_NOT_FOUND")) => return Err(ErrorKind::Refused.into()),
            _ => {}
        }
        let changed: wire::Changed = success(&reply)?.json()?;
        Ok(Set::Done { session: session_of(&reply, changed.user).ok(), sessions_ended: None })
    }
}
