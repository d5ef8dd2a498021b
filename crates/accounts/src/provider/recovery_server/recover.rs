//! The forgotten password: a code, a link or a saved code, then a new password.

use super::*;
use crate::provider::code::normalise;

pub(super) struct Recover {
    desk: Desk,
    ticket: Secret,
    ways: Vec<Way>,
    /// One for each way that was sent; the last one is the current one.
    asks: Vec<CodeAsk>,
    /// Set once the code is right.
    rules: Option<PasswordRules>,
}

impl Recover {
    pub async fn begin(desk: Desk, identifier: &str) -> Result<(Self, Challenge)> {
        let reply =
            desk.post("v1/recoveries", json!({ "identifier": identifier, "device": desk.device })).await?;
        let reply: wire::RecoveryAsk = success(&reply)?.json()?;
        let ticket = Secret::new(reply.ticket.clone());
        let ways = wire::ways(&reply.ways);
        let ask = ask(&desk, &ways, reply)?;
        let challenge = Challenge::Code(ask.clone());
        Ok((Self { desk, ticket, ways, asks: vec![ask], rules: None }, challenge))
    }

    fn current(&self) -> Result<CodeAsk> {
        self.asks.last().cloned().ok_or_else(|| ErrorKind::Bug.into())
    }

    fn question(&self, problem: Option<Problem>) -> Result<Step> {
        Ok(Step::Ask(Challenge::Code(self.current()?), problem))
    }

    async fn send(&mut self, way: Way) -> Result<Step> {
        let body = json!({ "ticket": self.ticket.expose(), "way": wire::way_name(way) });
        let reply = self.desk.post("v1/recoveries/send", body).await?;
        if reply.status == 429 {
            let wait = reply.retry_after.unwrap_or(Duration::from_secs(60));
            let until = self.desk.clock.now() + wait;
            if let Some(ask) = self.asks.last_mut().filter(|ask| ask.resend_at.is_some()) {
                ask.resend_at = Some(until);
            }
            return self.question(Some(Problem::TooSoon { wait }));
        }
        let reply: wire::RecoveryAsk = success(&reply)?.json()?;
        let ticket = Secret::new(reply.ticket.clone());
        let ask = ask(&self.desk, &self.ways, reply)?;
        self.ticket = ticket;
        self.asks.retain(|known| known.way != ask.way);
        self.asks.push(ask);
        self.question(None)
    }

    async fn check(&mut self, typed: &Secret) -> Result<Step> {
        let ask = self.current()?;
        let body = json!({
            "ticket": self.ticket.expose(),
            "way": wire::way_name(ask.way),
            "code": normalise(typed.expose(), ask.shape).expose(),
        });
        let reply = self.desk.post("v1/recoveries/check", body).await?;
        if reply.status == 400 {
            return self.question(Some(Problem::WrongCode));
        }
        let verified: wire::Verified = success(&reply)?.json()?;
        let rules = rules(&verified.password);
        self.ticket = Secret::new(verified.ticket);
        self.rules = Some(rules);
        Ok(Step::Ask(Challenge::NewPassword(rules), None))
    }

    async fn set(&self, password: &Secret, rules: PasswordRules) -> Result<Step> {
        let body = json!({ "ticket": self.ticket.expose(), "new_password": password.expose() });
        let call = Call::post(self.desk.url("v1/recoveries/password")?, body).changes();
        let reply = self.desk.http.send(call).await?;
        if reply.status == 422 {
            return Ok(Step::Ask(Challenge::NewPassword(rules), Some(weak(&reply)?)));
        }
        let changed: wire::Changed = success(&reply)?.json()?;
        Ok(Step::Done(Outcome::PasswordChanged {
            session: None,
            sessions_ended: Some(changed.sessions_ended),
        }))
    }
}

#[async_trait]
impl Exchange for Recover {
    async fn answer(&mut self, answer: Answer) -> Result<Step> {
        match (answer, self.rules) {
            (Answer::Code(code), None) => self.check(&code).await,
            (Answer::Resend, None) => {
                let way = self.current()?.way;
                self.send(way).await
            }
            (Answer::OtherWay(way), None) if self.ways.contains(&way) => {
                match self.asks.iter().position(|ask| ask.way == way) {
                    // Sent before: its code may still be on the way, and asking again would cost the 60 s.
                    Some(known) => {
                        let ask = self.asks.remove(known);
                        self.asks.push(ask);
                        self.question(None)
                    }
                    None if way == Way::RecoveryCode => {
                        self.asks.push(CodeAsk {
                            purpose: CodePurpose::Recovery,
                            way,
                            sent_to: None,
                            shape: shape(way, None),
                            sent_at: None,
                            valid_until: None,
                            resend_at: None,
                            other_ways: others(&self.ways, way),
                            may_be_opened: false,
                        });
                        self.question(None)
                    }
                    None => self.send(way).await,
                }
            }
            (Answer::NewPassword(password), Some(rules)) => self.set(&password, rules).await,
            _ => Err(ErrorKind::Unsupported.into()),
        }
    }
}

fn ask(desk: &Desk, ways: &[Way], reply: wire::RecoveryAsk) -> Result<CodeAsk> {
    let way = *wire::ways(&[reply.way]).first().ok_or(ErrorKind::Unsupported)?;
    let now = desk.clock.now();
    Ok(CodeAsk {
        purpose: CodePurpose::Recovery,
        way,
        sent_to: reply.sent_to,
        shape: shape(way, reply.code.length),
        sent_at: Some(now),
        valid_until: Some(now + Duration::from_secs(reply.expires_in)),
        resend_at: Some(now + Duration::from_secs(reply.resend_in)),
        other_ways: others(ways, way),
        may_be_opened: false,
    })
}
