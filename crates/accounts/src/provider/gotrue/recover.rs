//! The forgotten password: a mailed code opens a session, and the session sets a password.

use super::password::{Along, Setting, set_password};
use super::second::Second;
use super::*;
use crate::provider::code::normalise;

pub(super) struct Recover {
    desk: Desk,
    address: String,
    ask: CodeAsk,
    stage: Stage,
}

enum Stage {
    Code,
    NewPassword(Open),
    SecondFactor(Second),
}

impl Recover {
    pub async fn begin(desk: Desk, address: String) -> Result<(Self, Challenge)> {
        send(&desk, &address).await?;
        let ask = mailed(&desk, Some(&address));
        let challenge = Challenge::Code(ask.clone());
        Ok((Self { desk, address, ask, stage: Stage::Code }, challenge))
    }

    /// A second mail makes the first one worthless.
    async fn resend(&mut self) -> Result<Step> {
        match send(&self.desk, &self.address).await {
            Ok(()) => self.ask = mailed(&self.desk, Some(&self.address)),
            Err(error) => {
                let ErrorKind::RateLimited { wait } = error.kind() else { return Err(error) };
                let wait = wait.unwrap_or(RESEND);
                self.ask.resend_at = Some(self.desk.clock.now() + wait);
                return Ok(self.question(Some(Problem::TooSoon { wait })));
            }
        }
        Ok(self.question(None))
    }

    async fn check(&mut self, typed: &Secret) -> Result<Step> {
        let reply = self.desk.post("verify", proof(&self.address, typed)).await?;
        match code_of(&reply).as_deref() {
            _ if reply.is_success() => {
                self.stage = Stage::NewPassword(Open::read(&reply)?);
                Ok(Step::Ask(Challenge::NewPassword(RULES), None))
            }
            // Wrong, used and too old are one to this server: the oldest that it lets be is known.
            Some("otp_expired") => {
                let age = self.ask.sent_at.and_then(|at| self.desk.clock.now().duration_since(at).ok());
                if age.is_some_and(|age| age > CODE_LIFE) {
                    return Err(ErrorKind::Expired.into());
                }
                Ok(self.question(Some(Problem::WrongCode)))
            }
            Some("validation_failed") => Ok(self.question(Some(Problem::WrongCode))),
            _ => Err(failure(&reply)),
        }
    }

    async fn set(&mut self, open: &Open, new: &Secret) -> Result<Step> {
        let setting = match set_password(&self.desk, &open.access, new, Along::default()).await {
            // The session that the code opened has ended or run out: back to the beginning.
            Err(error) if error.kind() == ErrorKind::SignedOut => return Err(ErrorKind::Expired.into()),
            setting => setting?,
        };
        match setting {
            Setting::Done => {
                let session = Some(session_of(open, &self.address)?);
                Ok(Step::Done(Outcome::PasswordChanged { session, sessions_ended: None }))
            }
            Setting::Weak(reasons) => {
                let problem = Problem::WeakPassword(reasons);
                Ok(Step::Ask(Challenge::NewPassword(RULES), Some(problem)))
            }
            Setting::LacksSecondFactor => {
                // Where it is a telephone or a security key, this program cannot ask for it.
                let Some(second) = Second::of(open) else {
                    leave(&self.desk, &open.access).await;
                    return Err(ErrorKind::Unsupported.into());
                };
                let step = second.question(None);
                self.stage = Stage::SecondFactor(second);
                Ok(step)
            }
            // It was proven a moment ago, with a mailed code: a server that wants another one cannot be satisfied.
            Setting::WantsCode | Setting::WrongCode => Err(ErrorKind::Protocol.into()),
        }
    }

    fn question(&self, problem: Option<Problem>) -> Step {
        Step::Ask(Challenge::Code(self.ask.clone()), problem)
    }
}

#[async_trait]
impl Exchange for Recover {
    async fn answer(&mut self, answer: Answer) -> Result<Step> {
        match (answer, &self.stage) {
            (Answer::Code(typed), Stage::Code) => self.check(&typed).await,
            (Answer::Resend, Stage::Code) => self.resend().await,
            (Answer::NewPassword(new), Stage::NewPassword(open)) => {
                let open = open.clone();
                self.set(&open, &new).await
            }
            (Answer::Code(typed), Stage::SecondFactor(second)) => {
                let Some(open) = second.verify(&self.desk, &typed).await? else {
                    return Ok(second.question(Some(Problem::WrongCode)));
                };
                self.stage = Stage::NewPassword(open);
                Ok(Step::Ask(Challenge::NewPassword(RULES), None))
            }
            _ => Err(ErrorKind::Unsupported.into()),
        }
    }
}

async fn send(desk: &Desk, address: &str) -> Result<()> {
    let reply = desk.post("recover", json!({ "email": address })).await?;
    match code_of(&reply).as_deref() {
        _ if reply.is_success() => Ok(()),
        Some("validation_failed" | "email_address_invalid") => Err(ErrorKind::BadIdentifier.into()),
        _ => Err(failure(&reply)),
    }
}

/// A code as typed, or the link that stands in the mail unless the server's owner has put the code there.
fn proof(address: &str, typed: &Secret) -> Value {
    if let Ok(link) = Url::parse(typed.expose().trim()) {
        let mut pairs = link.query_pairs();
        if let Some((_, hash)) = pairs.find(|(name, _)| name == "token" || name == "token_hash") {
            return json!({ "type": "recovery", "token_hash": hash });
        }
    }
    // Digits, as many as the server's owner likes.
    let code = normalise(typed.expose(), CodeShape::Digits(0));
    json!({ "type": "recovery", "email": address, "token": code.expose() })
}
