//! Signing in with an e-mail address, a handle or a DID; with a mailed code where the account wants one.

use super::session::session_of;
use super::*;

pub(super) struct SignIn {
    desk: Desk,
    identifier: String,
    /// The right password, and what is asked for now.
    second: Option<(Secret, CodeAsk)>,
}

impl SignIn {
    pub fn new(desk: Desk, identifier: &str) -> Self {
        Self { desk, identifier: name(identifier).to_owned(), second: None }
    }

    /// The reference server knows no second factor and overlooks its code; the lexicon, and servers that follow it, do.
    async fn create(&self, password: &Secret, code: Option<&Secret>) -> Result<Reply> {
        let mut body = json!({ "identifier": self.identifier, "password": password.expose() });
        if let Some(code) = code {
            body["authFactorToken"] = code.expose().into();
        }
        self.desk.http.send(Call::post(xrpc(&self.desk, "createSession")?, body)).await
    }

    async fn password(&mut self, password: Secret) -> Result<Step> {
        let reply = self.create(&password, None).await?;
        match (reply.status, error_name(&reply).as_deref()) {
            (401, Some("AuthFactorTokenRequired")) => {
                let ask = self.ask();
                self.second = Some((password, ask.clone()));
                Ok(Step::Ask(Challenge::Code(ask), None))
            }
            (401, Some("AuthenticationRequired")) => {
                self.second = None;
                Ok(Step::Ask(Challenge::Password { current: false }, Some(Problem::WrongPassword)))
            }
            _ => signed_in(&reply),
        }
    }

    async fn code(&self, typed: &Secret, password: &Secret, ask: &CodeAsk) -> Result<Step> {
        let wrong = || Step::Ask(Challenge::Code(ask.clone()), Some(Problem::WrongCode));
        let Some(code) = codes::dashed(typed) else { return Ok(wrong()) };
        let reply = self.create(password, Some(&code)).await?;
        match (reply.status, error_name(&reply).as_deref()) {
            (400 | 401, Some("InvalidToken" | "AuthFactorTokenRequired")) => Ok(wrong()),
            (400 | 401, Some("ExpiredToken")) => Err(ErrorKind::Expired.into()),
            _ => signed_in(&reply),
        }
    }

    fn ask(&self) -> CodeAsk {
        let now = self.desk.clock.now();
        CodeAsk {
            purpose: CodePurpose::SecondFactor,
            way: Way::MailCode,
            sent_to: identifier::is_mailbox(&self.identifier).then(|| identifier::masked(&self.identifier)),
            shape: codes::SHAPE,
            sent_at: Some(now),
            // The lexicon does not say how long it is good for.
            valid_until: None,
            resend_at: Some(now + RESEND),
            other_ways: Vec::new(),
            may_be_opened: false,
        }
    }
}

fn signed_in(reply: &Reply) -> Result<Step> {
    Ok(Step::Done(Outcome::SignedIn(session_of(success(reply)?.json()?, None, None)?)))
}

/// The identifier as the server takes it: with an `@` in it, it would look for an e-mail address.
fn name(typed: &str) -> &str {
    let typed = typed.trim();
    let typed = typed.strip_prefix("at://").unwrap_or(typed);
    typed.strip_prefix('@').unwrap_or(typed)
}

#[async_trait]
impl Exchange for SignIn {
    async fn answer(&mut self, answer: Answer) -> Result<Step> {
        match (answer, self.second.clone()) {
            (Answer::Password(password), None) => self.password(password).await,
            (Answer::Code(typed), Some((password, ask))) => self.code(&typed, &password, &ask).await,
            (Answer::Resend, Some((password, mut ask))) => {
                if let Some(wait) = recover::too_soon(&self.desk, &ask) {
                    return Ok(Step::Ask(Challenge::Code(ask), Some(Problem::TooSoon { wait })));
                }
                match self.password(password.clone()).await {
                    Err(error) => {
                        let ErrorKind::RateLimited { wait } = error.kind() else { return Err(error) };
                        let wait = wait.unwrap_or(RESEND);
                        ask.resend_at = Some(self.desk.clock.now() + wait);
                        self.second = Some((password, ask.clone()));
                        Ok(Step::Ask(Challenge::Code(ask), Some(Problem::TooSoon { wait })))
                    }
                    step => step,
                }
            }
            _ => Err(ErrorKind::Unsupported.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_may_come_with_its_at_sign() {
        for typed in ["jana.test", "@jana.test", " @jana.test ", "at://jana.test"] {
            assert_eq!(name(typed), "jana.test", "{typed}");
        }
        for typed in ["jana@mail.example", "did:plc:ewvi7nxzyoun6zhxrhs64oiz"] {
            assert_eq!(name(typed), typed);
        }
    }
}
