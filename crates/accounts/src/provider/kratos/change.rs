//! Changing a password with the current one, which makes the session fresh enough for it.

use super::second::Second;
use super::settings::{Setting, set_password};
use super::sign_in::log_in;
use super::*;

pub(super) struct Change {
    desk: Desk,
    session: Session,
    /// The session differs from the one that was handed in.
    renewed: bool,
    rules: PasswordRules,
    current: Option<Secret>,
    second: Option<Second>,
}

impl Change {
    pub fn new(desk: Desk, session: Session, rules: PasswordRules) -> Self {
        Self { desk, session, renewed: false, rules, current: None, second: None }
    }

    async fn set(&mut self, current: &Secret, new: &Secret) -> Result<Step> {
        let known = state(&self.session)?;
        let token = Secret::new(known.token);
        let flow = login_flow(&self.desk, "refresh", "true", Some(&token)).await?;
        // The flow knows whom it is about; an account may have got another name since it signed in here.
        let identifier =
            flow.inputs("identifier").find_map(wire::Node::value).filter(|name| !name.is_empty());
        let identifier = identifier.unwrap_or(&known.identifier).to_owned();
        let Some(token) = log_in(&self.desk, &flow, &identifier, current, Some(&token)).await? else {
            self.current = None;
            return Ok(Step::Ask(Challenge::Password { current: true }, Some(Problem::WrongPassword)));
        };
        self.renew(&token, &identifier, None)?;
        match set_password(&self.desk, &token, None, new).await? {
            Setting::Done { token: newer, address } => {
                let token = newer.unwrap_or(token);
                self.renew(&token, &identifier, address)?;
                let session = Some(self.session.clone());
                Ok(Step::Done(Outcome::PasswordChanged { session, sessions_ended: None }))
            }
            Setting::Weak(reasons) => {
                let problem = Problem::WeakPassword(reasons);
                Ok(Step::Ask(Challenge::NewPassword(self.rules), Some(problem)))
            }
            Setting::LacksSecondFactor => {
                let second = Second::begin(&self.desk, token).await?;
                let step = second.question(None);
                self.second = Some(second);
                Ok(step)
            }
        }
    }

    fn renew(&mut self, token: &Secret, identifier: &str, address: Option<String>) -> Result<()> {
        let address = address.or_else(|| self.session.address.clone());
        let session = session_of(token, identifier, address)?;
        if session != self.session {
            self.session = session;
            self.renewed = true;
        }
        Ok(())
    }
}

#[async_trait]
impl Exchange for Change {
    async fn answer(&mut self, answer: Answer) -> Result<Step> {
        match (answer, self.current.clone(), &mut self.second) {
            (Answer::Password(password), None, _) => {
                self.current = Some(password);
                Ok(Step::Ask(Challenge::NewPassword(self.rules), None))
            }
            (Answer::NewPassword(new), Some(current), None) => self.set(&current, &new).await,
            (Answer::Code(typed), Some(_), Some(second)) => {
                let Some(token) = second.verify(&self.desk, &typed).await? else {
                    return Ok(second.question(Some(Problem::WrongCode)));
                };
                let identifier = state(&self.session)?.identifier;
                self.renew(&token, &identifier, None)?;
                self.second = None;
                Ok(Step::Ask(Challenge::NewPassword(self.rules), None))
            }
            (Answer::OtherWay(way), Some(_), Some(second)) => second.other_way(way),
            _ => Err(ErrorKind::Unsupported.into()),
        }
    }

    fn renewed(&self) -> Option<&Session> {
        self.renewed.then_some(&self.session)
    }
}
