//! The forgotten password: a mailed code or a mailed link, then a new password.

use super::sign_in::{Entry, digits, enter};
use super::*;
use crate::identifier;
use crate::provider::code::normalise;

/// How long a mailed code is good for (`expiresIn` of its plugin, unless its host was told otherwise).
const CODE_LIFE: Duration = Duration::from_secs(300);
/// The same for a link (`resetPasswordTokenExpiresIn`).
const LINK_LIFE: Duration = Duration::from_secs(3600);
/// Until the sessions of before have ended; what counts, the new password, stands by then.
const AFTERWARDS: Duration = Duration::from_secs(10);

pub(super) struct Recover {
    desk: Desk,
    address: String,
    ways: Vec<Way>,
    /// One for each way that was sent; the last one is the current one.
    asks: Vec<CodeAsk>,
    /// Given by the current way; a code was checked, a link's token was not.
    proof: Option<Secret>,
}

impl Recover {
    pub async fn begin(desk: Desk, identifier: &str) -> Result<(Self, Challenge)> {
        if !identifier::is_mailbox(identifier) {
            return Err(ErrorKind::NeedsMailbox.into());
        }
        let address = identifier.trim().to_owned();
        let mut reply = request(&desk, &address, Way::MailCode).await?;
        let mut ways = vec![Way::MailCode, Way::MailLink];
        if reply.status == 404 {
            // Its host has left the plugin for codes out: the link is what there is.
            ways = vec![Way::MailLink];
            reply = request(&desk, &address, Way::MailLink).await?;
        }
        sent(&reply)?;
        let first = ask(&desk, &ways, ways[0]);
        let challenge = Challenge::Code(first.clone());
        Ok((Self { desk, address, ways, asks: vec![first], proof: None }, challenge))
    }

    fn current(&self) -> Result<CodeAsk> {
        self.asks.last().cloned().ok_or_else(|| ErrorKind::Bug.into())
    }

    fn question(&self, problem: Option<Problem>) -> Result<Step> {
        Ok(Step::Ask(Challenge::Code(self.current()?), problem))
    }

    async fn send(&mut self, way: Way) -> Result<Step> {
        let reply = request(&self.desk, &self.address, way).await?;
        if reply.status == 429 {
            let wait = reply.retry_after.unwrap_or(RESEND);
            if let Some(ask) = self.asks.last_mut().filter(|ask| ask.way == way) {
                ask.resend_at = Some(self.desk.clock.now() + wait);
            }
            return self.question(Some(Problem::TooSoon { wait }));
        }
        sent(&reply)?;
        self.asks.retain(|known| known.way != way);
        self.asks.push(ask(&self.desk, &self.ways, way));
        self.question(None)
    }

    async fn give(&mut self, typed: &Secret) -> Result<Step> {
        let proof = match self.current()?.way {
            Way::MailLink => token_in(typed),
            _ => digits(typed),
        };
        if self.current()?.way == Way::MailCode {
            let body = json!({ "email": self.address, "type": "forget-password", "otp": proof.expose() });
            let reply = super::ask(&self.desk, "email-otp/check-verification-otp", body).await?;
            if code(&reply).as_deref() == Some("INVALID_OTP") {
                return self.wrong();
            }
            over(&reply)?;
            success(&reply)?;
        }
        self.proof = Some(proof);
        Ok(Step::Ask(Challenge::NewPassword(RULES), None))
    }

    /// What does not fit. The server says "expired" once at most, and not even that if anybody else's code was looked
    /// at in between: the clock knows as well.
    fn wrong(&self) -> Result<Step> {
        let ran_out = self.current()?.valid_until.is_some_and(|until| until <= self.desk.clock.now());
        if ran_out { Err(ErrorKind::Expired.into()) } else { self.question(Some(Problem::WrongCode)) }
    }

    async fn set(&mut self, proof: &Secret, password: &Secret) -> Result<Step> {
        let (path, body) = match self.current()?.way {
            Way::MailLink => {
                ("reset-password", json!({ "token": proof.expose(), "newPassword": password.expose() }))
            }
            _ => (
                "email-otp/reset-password",
                json!({ "email": self.address, "otp": proof.expose(), "password": password.expose() }),
            ),
        };
        let call = Call::post(url(&self.desk, path)?, body).changes();
        let reply = self.desk.http.send(call).await?;
        if let Some(problem) = weak(&reply, password) {
            return Ok(Step::Ask(Challenge::NewPassword(RULES), Some(problem)));
        }
        match code(&reply).as_deref() {
            Some("INVALID_TOKEN") => {
                let step = self.wrong();
                self.proof = None;
                return step;
            }
            // It was right before: by now it has run out, or another one was sent.
            Some("INVALID_OTP") => return Err(ErrorKind::Expired.into()),
            _ => over(&reply)?,
        }
        if !success(&reply)?.json::<wire::Done>()?.success {
            return Err(reply.broken_promise());
        }
        let session = end_the_others(&self.desk, &self.address, password).await;
        Ok(Step::Done(Outcome::PasswordChanged { session, sessions_ended: None }))
    }
}

/// Signs in with the new password and ends all other sessions: unless its host was told otherwise, the server lets them
/// live on after a recovery. Whatever goes wrong here, the password is changed.
async fn end_the_others(desk: &Desk, address: &str, password: &Secret) -> Option<Session> {
    let afterwards = async {
        let Entry::In(session) = enter(desk, address, password).await? else { return Ok(None) };
        success(&post(desk, "revoke-other-sessions", json!({}), &session).await?)?;
        Ok(Some(session))
    };
    match tokio::time::timeout(AFTERWARDS, afterwards).await {
        Ok(Ok(session)) => session,
        Ok(Err(error)) => log(&error),
        Err(_) => log(&ErrorKind::ServerTrouble.into()),
    }
}

fn log(error: &Error) -> Option<Session> {
    tracing::warn!(%error, "sessions from before the recovery may live on");
    None
}

async fn request(desk: &Desk, address: &str, way: Way) -> Result<Reply> {
    match way {
        // Whoever opens the link comes to the server's front page, with the token in the address. Without a place to go
        // to it would be an error page.
        Way::MailLink => {
            super::ask(desk, "request-password-reset", json!({ "email": address, "redirectTo": "/" })).await
        }
        _ => super::ask(desk, "email-otp/request-password-reset", json!({ "email": address })).await,
    }
}

/// It says the same to everyone, whether or not there is such an account.
fn sent(reply: &Reply) -> Result<()> {
    match (reply.status, code(reply).as_deref()) {
        (400, Some("INVALID_EMAIL" | "VALIDATION_ERROR")) => Err(ErrorKind::BadIdentifier.into()),
        (400, Some("RESET_PASSWORD_DISABLED")) => Err(ErrorKind::Unsupported.into()),
        _ => success(reply).map(|_| ()),
    }
}

fn over(reply: &Reply) -> Result<()> {
    match code(reply).as_deref() {
        Some("OTP_EXPIRED" | "TOO_MANY_ATTEMPTS") => Err(ErrorKind::Expired.into()),
        _ => Ok(()),
    }
}

fn ask(desk: &Desk, ways: &[Way], way: Way) -> CodeAsk {
    let now = desk.clock.now();
    let (shape, life) = match way {
        Way::MailLink => (CodeShape::Link, LINK_LIFE),
        _ => (CodeShape::Any, CODE_LIFE),
    };
    CodeAsk {
        purpose: CodePurpose::Recovery,
        way,
        sent_to: None,
        shape,
        sent_at: Some(now),
        valid_until: Some(now + life),
        resend_at: Some(now + RESEND),
        other_ways: others(ways, way),
        may_be_opened: false,
    }
}

/// The token of a link: as it was mailed, as it stands in the browser once it was opened, or by itself.
fn token_in(pasted: &Secret) -> Secret {
    let text = normalise(pasted.expose(), CodeShape::Any);
    let text = text.expose();
    let after = |mark: &str| text.rsplit_once(mark).map(|(_, rest)| rest);
    let found = after("/reset-password/").or_else(|| after("token=")).unwrap_or(text);
    Secret::new(found.split(['?', '&', '#', '/']).next().unwrap_or_default())
}

#[async_trait]
impl Exchange for Recover {
    async fn answer(&mut self, answer: Answer) -> Result<Step> {
        match (answer, self.proof.clone()) {
            (Answer::Code(typed), None) => self.give(&typed).await,
            (Answer::Resend, None) => {
                let way = self.current()?.way;
                self.send(way).await
            }
            (Answer::OtherWay(way), None) if self.ways.contains(&way) => {
                match self.asks.iter().position(|ask| ask.way == way) {
                    // Sent before: it may still be on the way, and asking again would cost the 60 s.
                    Some(known) => {
                        let ask = self.asks.remove(known);
                        self.asks.push(ask);
                        self.question(None)
                    }
                    None => self.send(way).await,
                }
            }
            (Answer::NewPassword(password), Some(proof)) => self.set(&proof, &password).await,
            _ => Err(ErrorKind::Unsupported.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_found_in_the_mail_in_the_browser_and_by_itself() {
        for pasted in [
            "https://a.example/api/auth/reset-password/T0ken?callbackURL=%2F",
            "https://a.example/api/auth/reset-password/T0ken?callbackURL=",
            " https://a.example/?token=T0ken\n",
            "https://a.example/new?a=1&token=T0ken&b=2",
            "T0ken",
        ] {
            assert_eq!(token_in(&Secret::new(pasted)).expose(), "T0ken", "{pasted}");
        }
    }
}
