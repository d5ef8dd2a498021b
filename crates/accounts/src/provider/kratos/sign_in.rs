//! Signing in with a password, with a second factor where the server insists on one.

use super::second::Second;
use super::*;

pub(super) struct SignIn {
    desk: Desk,
    identifier: String,
    second: Option<Second>,
}

impl SignIn {
    pub fn new(desk: Desk, identifier: String) -> Self {
        Self { desk, identifier, second: None }
    }

    async fn password(&mut self, password: &Secret) -> Result<Step> {
        let flow = login_flow(&self.desk, "refresh", "false", None).await?;
        let Some(token) = log_in(&self.desk, &flow, &self.identifier, password, None).await? else {
            return Ok(Step::Ask(Challenge::Password { current: false }, Some(Problem::WrongPassword)));
        };
        match whoami(&self.desk, &token).await? {
            Whoami::Is(session) => Ok(self.done(&token, session)?),
            Whoami::LacksSecondFactor => {
                let second = Second::begin(&self.desk, token).await?;
                let step = second.question(None);
                self.second = Some(second);
                Ok(step)
            }
        }
    }

    fn done(&self, token: &Secret, session: wire::Session) -> Result<Step> {
        let address = session.identity.and_then(|identity| identity.address());
        Ok(Step::Done(Outcome::SignedIn(session_of(token, &self.identifier, address)?)))
    }
}

#[async_trait]
impl Exchange for SignIn {
    async fn answer(&mut self, answer: Answer) -> Result<Step> {
        match (answer, &mut self.second) {
            (Answer::Password(password), None) => self.password(&password).await,
            (Answer::Code(typed), Some(second)) => {
                let Some(token) = second.verify(&self.desk, &typed).await? else {
                    return Ok(second.question(Some(Problem::WrongCode)));
                };
                match whoami(&self.desk, &token).await? {
                    Whoami::Is(session) => self.done(&token, session),
                    Whoami::LacksSecondFactor => Err(ErrorKind::Protocol.into()),
                }
            }
            (Answer::OtherWay(way), Some(second)) => second.other_way(way),
            _ => Err(ErrorKind::Unsupported.into()),
        }
    }
}

/// Submits a password; the session's token, or `None` where it does not fit the identifier.
pub(super) async fn log_in(
    desk: &Desk,
    flow: &wire::Flow,
    identifier: &str,
    password: &Secret,
    token: Option<&Secret>,
) -> Result<Option<Secret>> {
    let body = json!({ "method": "password", "identifier": identifier, "password": password.expose() });
    let reply = submit(desk, "self-service/login", &flow.id, body, token).await?;
    if reply.status == 400 {
        return match reply.json::<wire::Flow>() {
            Ok(flow) if flow.has_error(&[text::WRONG_PASSWORD]) => Ok(None),
            Ok(flow) if flow.has_error(&[text::ADDRESS_NOT_VERIFIED]) => Err(ErrorKind::Refused.into()),
            _ => Err(failure(&reply)),
        };
    }
    let login: wire::Login = success(&reply)?.json()?;
    Ok(Some(Secret::new(login.session_token)))
}
