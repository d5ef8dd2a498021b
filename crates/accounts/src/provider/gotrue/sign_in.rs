//! Signing in with a password, with an authenticator where the account has one.

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
}

#[async_trait]
impl Exchange for SignIn {
    async fn answer(&mut self, answer: Answer) -> Result<Step> {
        match (answer, &self.second) {
            (Answer::Password(password), None) => {
                let Some(open) = log_in(&self.desk, &self.identifier, &password).await? else {
                    let problem = Some(Problem::WrongPassword);
                    return Ok(Step::Ask(Challenge::Password { current: false }, problem));
                };
                let Some(second) = Second::of(&open) else {
                    return Ok(Step::Done(Outcome::SignedIn(session_of(&open, &self.identifier)?)));
                };
                let step = second.question(None);
                self.second = Some(second);
                Ok(step)
            }
            (Answer::Code(typed), Some(second)) => match second.verify(&self.desk, &typed).await? {
                Some(open) => Ok(Step::Done(Outcome::SignedIn(session_of(&open, &self.identifier)?))),
                None => Ok(second.question(Some(Problem::WrongCode))),
            },
            _ => Err(ErrorKind::Unsupported.into()),
        }
    }
}

/// A new session; `None` where the password does not fit the identifier.
pub(super) async fn log_in(desk: &Desk, identifier: &str, password: &Secret) -> Result<Option<Open>> {
    let identifier = identifier.trim();
    let field = if identifier::is_mailbox(identifier) { "email" } else { "phone" };
    let mut body = json!({ "password": password.expose() });
    body[field] = json!(identifier);
    let reply = desk.http.send(Call::post(token_url(desk, "password")?, body)).await?;
    match code_of(&reply).as_deref() {
        _ if reply.is_success() => Ok(Some(Open::read(&reply)?)),
        Some("invalid_credentials" | "invalid_grant") => Ok(None),
        Some(
            "email_not_confirmed"
            | "phone_not_confirmed"
            | "email_provider_disabled"
            | "phone_provider_disabled",
        ) => Err(ErrorKind::Refused.into()),
        _ => Err(failure(&reply)),
    }
}
