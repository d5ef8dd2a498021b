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
        let url = self.desk.url("v1/password")?;
        let call = || {
            let body = json!({ "current_password": current.expose(), "new_password": new.expose() });
            Call::post(url.clone(), body).changes()
        };
        let mut session = self.session.clone();
        let reply = signed_in(&self.desk, &mut session, call).await;
        if session != self.session {
            self.session = session;
            self.renewed = true;
        }
        let reply = reply?;
        match (reply.status, code(&reply).as_deref()) {
            (403, Some("wrong_password")) => {
                self.current = None;
                return Ok(Step::Ask(Challenge::Password { current: true }, Some(Problem::WrongPassword)));
            }
            (422, _) => return Ok(Step::Ask(Challenge::NewPassword(self.rules), Some(weak(&reply)?))),
            _ => {}
        }
        let changed: wire::Changed = success(&reply)?.json()?;
        let session = match (changed.session, changed.account) {
            (Some(grant), Some(account)) => Some(session_of(grant, account)?),
            _ => None,
        };
        Ok(Step::Done(Outcome::PasswordChanged { session, sessions_ended: Some(changed.sessions_ended) }))
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
