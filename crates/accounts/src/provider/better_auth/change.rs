//! Changing a password with the current one, while signed in.

use super::*;

pub(super) struct Change {
    desk: Desk,
    session: Session,
    current: Option<Secret>,
}

impl Change {
    pub fn new(desk: Desk, session: Session) -> Self {
        Self { desk, session, current: None }
    }

    /// Ends every session, this one as well, and gives another one.
    async fn set(&mut self, current: &Secret, new: &Secret) -> Result<Step> {
        let token = token(&self.session)?;
        let body = json!({
            "currentPassword": current.expose(),
            "newPassword": new.expose(),
            "revokeOtherSessions": true,
        });
        let call = Call::post(url(&self.desk, "change-password")?, body).bearer(&token).changes();
        let reply = self.desk.http.send(entering(&self.desk, call)).await?;
        if let Some(problem) = weak(&reply, new) {
            return Ok(Step::Ask(Challenge::NewPassword(RULES), Some(problem)));
        }
        match (reply.status, code(&reply).as_deref()) {
            (400, Some("INVALID_PASSWORD")) => {
                self.current = None;
                return Ok(Step::Ask(Challenge::Password { current: true }, Some(Problem::WrongPassword)));
            }
            // The account has no password: it is signed in to by other means.
            (400, Some("CREDENTIAL_ACCOUNT_NOT_FOUND")) => return Err(ErrorKind::Refused.into()),
            _ => {}
        }
        let changed: wire::Changed = success(&reply)?.json()?;
        let session = session_of(&reply, changed.user).ok();
        Ok(Step::Done(Outcome::PasswordChanged { session, sessions_ended: None }))
    }
}

#[async_trait]
impl Exchange for Change {
    async fn answer(&mut self, answer: Answer) -> Result<Step> {
        match (answer, self.current.clone()) {
            (Answer::Password(password), None) => {
                self.current = Some(password);
                Ok(Step::Ask(Challenge::NewPassword(RULES), None))
            }
            (Answer::NewPassword(new), Some(current)) => self.set(&current, &new).await,
            _ => Err(ErrorKind::Unsupported.into()),
        }
    }
}
