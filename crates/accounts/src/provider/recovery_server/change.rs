//! Changing a password with the current one, while signed in.

use super::*;
use crate::provider::with_current::{Set, SetPassword};

pub(super) struct Change(pub Line);

#[async_trait]
impl SetPassword for Change {
    async fn set(&self, session: &mut Session, current: &Secret, new: &Secret) -> Result<Set> {
        let url = self.0.desk.url("v1/password")?;
        let call = || {
            let body = json!({ "current_password": current.expose(), "new_password": new.expose() });
            Call::post(url.clone(), body).changes()
        };
        let reply = signed_in(&self.0, session, call).await?;
        match (reply.status, code(&reply).as_deref()) {
            (403, Some("weak_session")) => return Err(too_new(&self.0.desk, &reply)),
            (403, Some("wrong_password")) => return Ok(Set::WrongCurrent),
            (422, _) => return Ok(Set::Weak(weak(&reply)?)),
            _ => {}
        }
        let changed: wire::Changed = success(&reply)?.json()?;
        let session = match (changed.session, changed.account) {
            (Some(grant), Some(account)) => {
                let key = state(session)?.key.as_deref().map(ProofKey::from_text).transpose()?;
                Some(session_of(grant, account, key.as_ref())?)
            }
            _ => None,
        };
        Ok(Set::Done { session, sessions_ended: Some(changed.sessions_ended) })
    }
}
