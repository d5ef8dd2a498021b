//! Changing a password with the current one: a new session proves it, and replaces the one there was.

use super::password::{Along, Setting, set_password};
use super::second::Second;
use super::sign_in::log_in;
use super::*;
use crate::provider::code::normalise;

pub(super) struct Change {
    desk: Desk,
    session: Session,
    current: Option<Secret>,
    stage: Stage,
}

enum Stage {
    NewPassword,
    /// The current password was right, and so was what the server asked for beside it.
    Proven {
        open: Open,
        code: Option<Secret>,
    },
    SecondFactor(Second),
    /// The server wants a mailed code with the password.
    Mailed {
        open: Open,
        ask: CodeAsk,
    },
}

impl Change {
    pub fn new(desk: Desk, session: Session) -> Self {
        Self { desk, session, current: None, stage: Stage::NewPassword }
    }

    async fn set(&mut self, current: Secret, new: &Secret) -> Result<Step> {
        let identifier = state(&self.session)?.identifier;
        let (open, code, kept) = match &self.stage {
            Stage::Proven { open, code } => (open.clone(), code.clone(), true),
            _ => match log_in(&self.desk, &identifier, &current).await? {
                Some(open) => (open, None, false),
                None => {
                    self.current = None;
                    let problem = Some(Problem::WrongPassword);
                    return Ok(Step::Ask(Challenge::Password { current: true }, problem));
                }
            },
        };
        let along = Along { current: Some(&current), code: code.as_ref() };
        let step = match set_password(&self.desk, &open.access, new, along).await {
            Ok(Setting::Done) => {
                let session = Some(session_of(&open, &identifier)?);
                return Ok(Step::Done(Outcome::PasswordChanged { session, sessions_ended: None }));
            }
            Ok(Setting::Weak(reasons)) => {
                Ok(Step::Ask(Challenge::NewPassword(RULES), Some(Problem::WeakPassword(reasons))))
            }
            Ok(Setting::LacksSecondFactor) => match Second::of(&open) {
                Some(second) => {
                    let step = second.question(None);
                    self.stage = Stage::SecondFactor(second);
                    return Ok(step);
                }
                None => Err(ErrorKind::Unsupported.into()),
            },
            Ok(Setting::WantsCode) => match self.mail(&open, None).await {
                Ok(step) => return Ok(step),
                Err(error) => Err(error),
            },
            Ok(Setting::WrongCode) => {
                let ask = mailed(&self.desk, open.user.address());
                let step = Step::Ask(Challenge::Code(ask.clone()), Some(Problem::WrongCode));
                self.stage = Stage::Mailed { open, ask };
                return Ok(step);
            }
            Err(error) if error.kind() == ErrorKind::OutcomeUnknown => return Err(error),
            Err(error) => Err(error),
        };
        if !kept {
            leave(&self.desk, &open.access).await;
        }
        step
    }

    async fn mail(&mut self, open: &Open, before: Option<CodeAsk>) -> Result<Step> {
        let call = Call::get(self.desk.url("reauthenticate")?).bearer(&open.access);
        let reply = self.desk.http.send(call).await?;
        let (ask, problem) = match (reply.status, before) {
            (429, Some(mut ask)) => {
                let wait = reply.retry_after.unwrap_or(RESEND);
                ask.resend_at = Some(self.desk.clock.now() + wait);
                (ask, Some(Problem::TooSoon { wait }))
            }
            _ => {
                success(&reply)?;
                (mailed(&self.desk, open.user.address()), None)
            }
        };
        self.stage = Stage::Mailed { open: open.clone(), ask: ask.clone() };
        Ok(Step::Ask(Challenge::Code(ask), problem))
    }
}

#[async_trait]
impl Exchange for Change {
    async fn answer(&mut self, answer: Answer) -> Result<Step> {
        match (answer, self.current.clone(), &self.stage) {
            (Answer::Password(password), None, Stage::NewPassword) => {
                self.current = Some(password);
                Ok(Step::Ask(Challenge::NewPassword(RULES), None))
            }
            (Answer::NewPassword(new), Some(current), Stage::NewPassword | Stage::Proven { .. }) => {
                self.set(current, &new).await
            }
            (Answer::Code(typed), _, Stage::SecondFactor(second)) => {
                let Some(open) = second.verify(&self.desk, &typed).await? else {
                    return Ok(second.question(Some(Problem::WrongCode)));
                };
                self.stage = Stage::Proven { open, code: None };
                Ok(Step::Ask(Challenge::NewPassword(RULES), None))
            }
            // It is not checked before it is sent with the password.
            (Answer::Code(typed), _, Stage::Mailed { open, .. }) => {
                let code = Some(normalise(typed.expose(), CodeShape::Digits(0)));
                self.stage = Stage::Proven { open: open.clone(), code };
                Ok(Step::Ask(Challenge::NewPassword(RULES), None))
            }
            (Answer::Resend, _, Stage::Mailed { open, ask }) => {
                let (open, ask) = (open.clone(), ask.clone());
                self.mail(&open, Some(ask)).await
            }
            _ => Err(ErrorKind::Unsupported.into()),
        }
    }
}
