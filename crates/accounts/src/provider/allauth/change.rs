//! Changing a password with the current one, while signed in.

use super::*;

pub(super) struct Change {
    api: Api,
    session: Session,
    /// The session differs from the one that was handed in.
    renewed: bool,
    rules: PasswordRules,
    current: Option<Secret>,
}

impl Change {
    pub fn new(api: Api, session: Session, rules: PasswordRules) -> Self {
        Self { api, session, renewed: false, rules, current: None }
    }

    async fn set(&mut self, current: Secret, new: &Secret) -> Result<Step> {
        let mut session = self.session.clone();
        let reply = self.ask(&mut session, &current, new).await;
        if session != self.session {
            self.session = session.clone();
            self.renewed = true;
        }
        let reply = reply?;
        if reply.status == 200 {
            return Ok(Step::Done(Outcome::PasswordChanged { session: Some(session), sessions_ended: None }));
        }
        let refusals = api::refusals(&reply);
        if refusals.iter().any(|refusal| api::is_about(refusal, "current_password")) {
            self.current = None;
            return Ok(Step::Ask(Challenge::Password { current: true }, Some(Problem::WrongPassword)));
        }
        match api::weak(&refusals, "new_password") {
            Some(weak) => Ok(Step::Ask(Challenge::NewPassword(self.rules), Some(weak))),
            None => Err(failure(&reply)),
        }
    }

    async fn ask(&self, session: &mut Session, current: &Secret, new: &Secret) -> Result<Reply> {
        // Some sites end this session with the change as well, and then the answer is the one that a dead session gets.
        // With a session that was alive a moment ago, that answer means "unknown", and trying tells.
        self.api.check(session).await?;
        let body = json!({ "current_password": current.expose(), "new_password": new.expose() });
        let call = Call::post(self.api.url("account/password/change")?, body).changes();
        self.api.signed_in(session, call).await
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
