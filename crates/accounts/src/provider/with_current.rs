//! Changing a password with the current one, as most servers have it: one call that takes both.

use async_trait::async_trait;

use super::{Answer, Challenge, Exchange, Outcome, PasswordRules, Problem, Session, Step};
use crate::error::{ErrorKind, Result};
use crate::secret::Secret;

/// What one server is asked for that.
#[async_trait]
pub trait SetPassword: Send + Sync {
    /// The session may be renewed, also where the call goes wrong.
    async fn set(&self, session: &mut Session, current: &Secret, new: &Secret) -> Result<Set>;
}

/// What the server said.
pub enum Set {
    Done { session: Option<Session>, sessions_ended: Option<u32> },
    WrongCurrent,
    Weak(Problem),
}

/// The conversation around that call.
pub struct WithCurrent<S> {
    server: S,
    session: Session,
    /// The session differs from the one that was handed in.
    renewed: bool,
    rules: PasswordRules,
    current: Option<Secret>,
}

impl<S: SetPassword> WithCurrent<S> {
    pub fn new(server: S, session: Session, rules: PasswordRules) -> Self {
        Self { server, session, renewed: false, rules, current: None }
    }

    async fn set(&mut self, current: &Secret, new: &Secret) -> Result<Step> {
        let mut session = self.session.clone();
        let set = self.server.set(&mut session, current, new).await;
        if session != self.session {
            self.session = session;
            self.renewed = true;
        }
        Ok(match set? {
            Set::Done { session, sessions_ended } => {
                Step::Done(Outcome::PasswordChanged { session, sessions_ended })
            }
            Set::WrongCurrent => {
                self.current = None;
                Step::Ask(Challenge::Password { current: true }, Some(Problem::WrongPassword))
            }
            Set::Weak(problem) => Step::Ask(Challenge::NewPassword(self.rules), Some(problem)),
        })
    }
}

#[async_trait]
impl<S: SetPassword> Exchange for WithCurrent<S> {
    async fn answer(&mut self, answer: Answer) -> Result<Step> {
        match (answer, self.current.clone()) {
            (Answer::Password(password), None) => {
                self.current = Some(password);
                Ok(Step::Ask(Challenge::NewPassword(self.rules), None))
            }
            (Answer::NewPassword(new), Some(current)) => self.set(&current, &new).await,
            _ => Err(ErrorKind::Unsupported.into()),
        }
    }

    fn renewed(&self) -> Option<&Session> {
        self.renewed.then_some(&self.session)
    }
}
