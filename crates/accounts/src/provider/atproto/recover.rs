//! The forgotten password: a mailed code that is not looked at before the new password comes with it.

use super::*;

/// How long a mailed code is good for (`assertValidTokenAndFindDid`, `expirationLen`).
const CODE_LIFE: Duration = Duration::from_secs(15 * 60);

pub(super) struct Recover {
    desk: Desk,
    address: String,
    ask: CodeAsk,
    /// As the server wants it; nobody has said yet whether it is right.
    code: Option<Secret>,
    renewed: Option<Session>,
}

impl Recover {
    pub async fn begin(desk: Desk, identifier: &str, renewed: Option<Session>) -> Result<(Self, Challenge)> {
        let address = identifier.trim().to_owned();
        if !identifier::is_mailbox(&address) {
            // The server would say that there is no such account, as of a stranger.
            return Err(ErrorKind::NeedsMailbox.into());
        }
        let reply = request(&desk, &address).await?;
        requested(&reply)?;
        let ask = ask(&desk, &address);
        let challenge = Challenge::Code(ask.clone());
        Ok((Self { desk, address, ask, code: None, renewed }, challenge))
    }

    fn question(&self, problem: Option<Problem>) -> Step {
        Step::Ask(Challenge::Code(self.ask.clone()), problem)
    }

    async fn resend(&mut self) -> Result<Step> {
        if let Some(wait) = too_soon(&self.desk, &self.ask) {
            return Ok(self.question(Some(Problem::TooSoon { wait })));
        }
        let reply = request(&self.desk, &self.address).await?;
        if reply.status == 429 {
            let wait = reply.retry_after.unwrap_or(RESEND);
            self.ask.resend_at = Some(self.desk.clock.now() + wait);
            return Ok(self.question(Some(Problem::TooSoon { wait })));
        }
        requested(&reply)?;
        self.ask = ask(&self.desk, &self.address);
        Ok(self.question(None))
    }

    async fn set(&mut self, code: &Secret, password: &Secret) -> Result<Step> {
        let weak =
            |reason| Ok(Step::Ask(Challenge::NewPassword(RULES), Some(Problem::WeakPassword(vec![reason]))));
        let length = password.expose().chars().count();
        if length < usize::from(RULES.min_length) {
            // The server would take it: even an empty one.
            return weak(WeakReason::TooShort { min: RULES.min_length });
        }
        let body = json!({ "token": code.expose(), "password": password.expose() });
        let reply =
            self.desk.http.send(Call::post(xrpc(&self.desk, "resetPassword")?, body).changes()).await?;
        match (reply.status, reply.json::<wire::Problem>().ok()) {
            (400, Some(problem)) if problem.error == "InvalidToken" => {
                self.code = None;
                Ok(self.question(Some(Problem::WrongCode)))
            }
            (400, Some(problem)) if problem.error == "ExpiredToken" => Err(ErrorKind::Expired.into()),
            (400, Some(problem)) if problem.message.contains("password length") => {
                weak(WeakReason::TooLong { max: RULES.max_length })
            }
            _ => {
                success(&reply)?;
                Ok(Step::Done(Outcome::PasswordChanged { session: None, sessions_ended: None }))
            }
        }
    }
}

#[async_trait]
impl Exchange for Recover {
    async fn answer(&mut self, answer: Answer) -> Result<Step> {
        match (answer, self.code.clone()) {
            (Answer::Code(typed), None) => match codes::dashed(&typed) {
                Some(code) => {
                    self.code = Some(code);
                    Ok(Step::Ask(Challenge::NewPassword(RULES), None))
                }
                None => Ok(self.question(Some(Problem::WrongCode))),
            },
            (Answer::Resend, None) => self.resend().await,
            (Answer::NewPassword(password), Some(code)) => self.set(&code, &password).await,
            _ => Err(ErrorKind::Unsupported.into()),
        }
    }

    fn renewed(&self) -> Option<&Session> {
        self.renewed.as_ref()
    }
}

/// How long a new mail must still wait.
pub(super) fn too_soon(desk: &Desk, ask: &CodeAsk) -> Option<Duration> {
    ask.resend_at?.duration_since(desk.clock.now()).ok().filter(|wait| !wait.is_zero())
}

async fn request(desk: &Desk, address: &str) -> Result<Reply> {
    desk.http.send(Call::post(xrpc(desk, "requestPasswordReset")?, json!({ "email": address }))).await
}

fn requested(reply: &Reply) -> Result<()> {
    // It has no error name of its own.
    let unknown = |problem: wire::Problem| problem.message.contains("does not have an email address");
    if reply.status == 400 && reply.json().is_ok_and(unknown) {
        return Err(ErrorKind::UnknownAccount.into());
    }
    success(reply).map(|_| ())
}

fn ask(desk: &Desk, address: &str) -> CodeAsk {
    let now = desk.clock.now();
    CodeAsk {
        purpose: CodePurpose::Recovery,
        way: Way::MailCode,
        sent_to: Some(identifier::masked(address)),
        shape: codes::SHAPE,
        sent_at: Some(now),
        valid_until: Some(now + CODE_LIFE),
        resend_at: Some(now + RESEND),
        other_ways: Vec::new(),
        may_be_opened: false,
    }
}
