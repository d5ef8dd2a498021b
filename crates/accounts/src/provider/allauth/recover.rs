//! The forgotten password: a mailed code or link, then a new password. Run without any session that there may be: one that
//! asks for a recovery is dead with the next call.

use super::*;

/// The step of a recovery.
const RESET: &str = "password_reset_by_code";
/// Until a new code may be asked for: the server names no time of its own.
const RESEND: Duration = Duration::from_secs(60);

pub(super) struct Recover {
    api: Api,
    address: String,
    rules: PasswordRules,
    /// The server's memory of this recovery; links need none.
    ticket: Option<Secret>,
    ask: CodeAsk,
    /// Set once it is known to be right.
    proof: Option<Secret>,
}

impl Recover {
    pub async fn begin(api: Api, rules: PasswordRules, identifier: &str) -> Result<(Self, Challenge)> {
        if !identifier::is_mailbox(identifier) {
            return Err(ErrorKind::NeedsMailbox.into());
        }
        let address = identifier.trim().to_owned();
        let reply = request(&api, &address, None).await?;
        if reply.status == 400 {
            return Err(ErrorKind::BadIdentifier.into());
        }
        let (way, ticket) = match sent(&reply)? {
            Sent::Link => (Way::MailLink, None),
            Sent::Code(ticket) => (Way::MailCode, Some(ticket.ok_or_else(|| reply.broken_promise())?)),
        };
        let now = api.desk.clock.now();
        let ask = CodeAsk {
            purpose: CodePurpose::Recovery,
            way,
            // Whether anything was sent is not said: there may be no such account.
            sent_to: None,
            shape: if way == Way::MailLink { CodeShape::Link } else { CodeShape::Any },
            sent_at: Some(now),
            // The server does not say; 180 s is its default for codes.
            valid_until: None,
            resend_at: Some(now + RESEND),
            other_ways: Vec::new(),
            may_be_opened: false,
        };
        let challenge = Challenge::Code(ask.clone());
        Ok((Self { api, address, rules, ticket, ask, proof: None }, challenge))
    }

    fn question(&self, problem: Option<Problem>) -> Step {
        Step::Ask(Challenge::Code(self.ask.clone()), problem)
    }

    /// There is no call for this: the same request with the same session writes a new code over the old one.
    async fn resend(&mut self) -> Result<Step> {
        let now = self.api.desk.clock.now();
        if let Some(wait) =
            self.ask.resend_at.and_then(|at| at.duration_since(now).ok()).filter(|wait| !wait.is_zero())
        {
            return Ok(self.question(Some(Problem::TooSoon { wait })));
        }
        let reply = request(&self.api, &self.address, self.ticket.as_ref()).await?;
        if reply.status == 429 {
            let wait = reply.retry_after.unwrap_or(RESEND);
            self.ask.resend_at = Some(now + wait);
            return Ok(self.question(Some(Problem::TooSoon { wait })));
        }
        if let Sent::Code(Some(ticket)) = sent(&reply)? {
            self.ticket = Some(ticket);
        }
        self.ask.sent_at = Some(now);
        self.ask.resend_at = Some(now + RESEND);
        Ok(self.question(None))
    }

    /// Checks a proof without spending it, by leaving the password out: a right one is then missing its password alone.
    ///
    /// The documented check (GET) falls over for an address that no account has, and a password sent along is judged
    /// only where there is an account: both would tell strangers who has one.
    async fn check(&mut self, typed: &Secret) -> Result<Step> {
        let proof = plain(typed, self.ask.shape);
        if proof.is_empty() {
            // Three wrong ones are all there are: nothing is not worth one.
            return Ok(self.question(Some(Problem::WrongCode)));
        }
        let call = Call::post(self.api.url("auth/password/reset")?, json!({ "key": proof.expose() }));
        let reply = self.api.send(call, self.ticket.as_ref()).await?;
        let refusals = api::refusals(&reply);
        let about = |param: &str| refusals.iter().any(|refusal| api::is_about(refusal, param));
        if about("key") {
            return Ok(self.question(Some(Problem::WrongCode)));
        }
        if !about("password") {
            return Err(failure(&reply));
        }
        self.proof = Some(proof);
        Ok(Step::Ask(Challenge::NewPassword(self.rules), None))
    }

    async fn set(&mut self, proof: Secret, password: &Secret) -> Result<Step> {
        let body = json!({ "key": proof.expose(), "password": password.expose() });
        let call = Call::post(self.api.url("auth/password/reset")?, body).changes();
        let reply = self.api.send(call, self.ticket.as_ref()).await?;
        let refusals = api::refusals(&reply);
        if refusals.iter().any(|refusal| api::is_about(refusal, "key")) {
            self.proof = None;
            return Ok(self.question(Some(Problem::WrongCode)));
        }
        if let Some(weak) = api::weak(&refusals, "password") {
            return Ok(Step::Ask(Challenge::NewPassword(self.rules), Some(weak)));
        }
        let session = match reply.status {
            // Some sites sign in with it.
            200 => reply
                .json::<wire::Authentication>()?
                .is_signed_in()
                .then(|| api::granted(&reply))
                .transpose()?,
            // Done. A second factor that is asked for here is asked for again at the sign-in that follows.
            401 if reply.json::<wire::Authentication>()?.pending(RESET).is_none() => None,
            _ => return Err(failure(&reply)),
        };
        Ok(Step::Done(Outcome::PasswordChanged { session, sessions_ended: None }))
    }
}

#[async_trait]
impl Exchange for Recover {
    async fn answer(&mut self, answer: Answer) -> Result<Step> {
        match (answer, self.proof.clone()) {
            (Answer::Code(typed), None) => self.check(&typed).await,
            (Answer::Resend, None) => self.resend().await,
            (Answer::NewPassword(password), Some(proof)) => self.set(proof, &password).await,
            _ => Err(ErrorKind::Unsupported.into()),
        }
    }
}

async fn request(api: &Api, address: &str, ticket: Option<&Secret>) -> Result<Reply> {
    let call = Call::post(api.url("auth/password/request")?, json!({ "email": address }));
    api.send(call, ticket).await
}

/// What was mailed. A site has one way for everyone.
enum Sent {
    Link,
    /// With the session that the recovery goes on with, unless it is the one that was sent along.
    Code(Option<Secret>),
}

fn sent(reply: &Reply) -> Result<Sent> {
    match reply.status {
        200 => Ok(Sent::Link),
        401 => {
            let answer: wire::Authentication = reply.json()?;
            answer.pending(RESET).ok_or_else(|| reply.broken_promise())?;
            Ok(Sent::Code(answer.meta.session_token.map(Secret::new)))
        }
        _ => Err(failure(reply)),
    }
}
