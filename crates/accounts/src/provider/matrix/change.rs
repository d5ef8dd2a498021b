//! Changing a password with the current one, while signed in.

use super::*;

pub(super) struct Change {
    desk: Desk,
    session: Session,
    /// The session differs from the one that was handed in.
    renewed: bool,
    rules: PasswordRules,
    current: Option<Secret>,
}

impl Change {
    pub fn new(desk: Desk, session: Session, rules: PasswordRules) -> Self {
        Self { desk, session, renewed: false, rules, current: None }
    }

    async fn set(&mut self, current: Secret, new: &Secret) -> Result<Step> {
        let url = self.desk.url("_matrix/client/v3/account/password")?;
        let body = json!({
            "new_password": new.expose(),
            // A device that is signed out loses its keys to encrypted messages: the person chooses which ones to end.
            "logout_devices": false,
            "auth": password_stage(&session::state(&self.session)?.user, &current),
        });
        let mut session = self.session.clone();
        let call = || Call::post(url.clone(), body.clone()).changes();
        let reply = session::signed_in(&self.desk, &mut session, call).await;
        if session != self.session {
            self.session = session;
            self.renewed = true;
        }
        let reply = reply?;
        if let Some(wanted) = wants_password(&reply) {
            wanted?;
            self.current = None;
            return Ok(Step::Ask(Challenge::Password { current: true }, Some(Problem::WrongPassword)));
        }
        if let Some(problem) = weak(&reply, self.rules) {
            return Ok(Step::Ask(Challenge::NewPassword(self.rules), Some(problem)));
        }
        success(&reply)?;
        Ok(Step::Done(Outcome::PasswordChanged {
            session: Some(self.session.clone()),
            sessions_ended: Some(0),
        }))
    }
}

#[async_trait]
impl Exchange for Change {
    async fn answer(&mut self, answer: Answer) -> Result<Step> {
        match (answer, self.current.clone()) {
            (Answer::Password(password), None) => {
                self.current = Some(password);
                Ok(Step::Ask(Challenge::NewPassword(self.rules), None))
            }
            (Answer::NewPassword(new), Some(current)) => self.set(current, &new).await,
            _ => Err(ErrorKind::Unsupported.into()),
        }
    }

    fn renewed(&self) -> Option<&Session> {
        self.renewed.then_some(&self.session)
    }
}
