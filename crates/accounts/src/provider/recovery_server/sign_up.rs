//! Making an account: a code to its address, then a password.

use super::*;
use crate::provider::code::normalise;

struct SignUp {
    desk: Desk,
    ticket: Secret,
    ask: CodeAsk,
    /// Set once the code is right.
    rules: Option<PasswordRules>,
}

pub(super) async fn begin(desk: Desk, address: &str) -> Result<(Box<dyn Exchange>, Challenge)> {
    let reply = desk.post("v1/sign-ups", json!({ "address": address, "device": desk.device })).await?;
    let (ticket, ask) = asked(&desk, &reply, CodePurpose::SignUp)?;
    let challenge = Challenge::Code(ask.clone());
    Ok((Box::new(SignUp { desk, ticket, ask, rules: None }), challenge))
}

impl SignUp {
    fn question(&self, problem: Option<Problem>) -> Step {
        Step::Ask(Challenge::Code(self.ask.clone()), problem)
    }

    async fn send(&mut self) -> Result<Step> {
        let body = json!({ "ticket": self.ticket.expose() });
        let reply = self.desk.post("v1/sign-ups/send", body).await?;
        if reply.status == 429 {
            let wait = reply.retry_after.unwrap_or(Duration::from_secs(60));
            self.ask.resend_at = Some(self.desk.clock.now() + wait);
            return Ok(self.question(Some(Problem::TooSoon { wait })));
        }
        (self.ticket, self.ask) = asked(&self.desk, &reply, CodePurpose::SignUp)?;
        Ok(self.question(None))
    }

    async fn check(&mut self, typed: &Secret) -> Result<Step> {
        let code = normalise(typed.expose(), self.ask.shape);
        let body = json!({ "ticket": self.ticket.expose(), "code": code.expose() });
        let reply = self.desk.post("v1/sign-ups/check", body).await?;
        if reply.status == 400 {
            return Ok(self.question(Some(Problem::WrongCode)));
        }
        let verified: wire::Verified = success(&reply)?.json()?;
        let rules = rules(&verified.password);
        self.ticket = Secret::new(verified.ticket);
        self.rules = Some(rules);
        Ok(Step::Ask(Challenge::NewPassword(rules), None))
    }

    async fn set(&self, password: &Secret, rules: PasswordRules) -> Result<Step> {
        let body = json!({ "ticket": self.ticket.expose(), "new_password": password.expose() });
        let call = Call::post(self.desk.url("v1/sign-ups/account")?, body).changes();
        let reply = self.desk.http.send(call).await?;
        if reply.status == 422 {
            return Ok(Step::Ask(Challenge::NewPassword(rules), Some(weak(&reply)?)));
        }
        let made: wire::SignedUp = success(&reply)?.json()?;
        Ok(Step::Done(Outcome::SignedUp {
            session: session_of(made.session, made.account, None)?,
            recovery_codes: made.recovery_codes.into_iter().map(Secret::new).collect(),
        }))
    }
}

#[async_trait]
impl Exchange for SignUp {
    async fn answer(&mut self, answer: Answer) -> Result<Step> {
        match (answer, self.rules) {
            (Answer::Code(code), None) => self.check(&code).await,
            (Answer::Resend, None) => self.send().await,
            (Answer::NewPassword(password), Some(rules)) => self.set(&password, rules).await,
            _ => Err(ErrorKind::Unsupported.into()),
        }
    }
}
