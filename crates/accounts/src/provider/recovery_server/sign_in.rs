//! Signing in, with a second factor where the account has one.

use super::*;
use crate::provider::code::normalise;

pub(super) struct SignIn {
    desk: Desk,
    identifier: String,
    second: Option<SecondFactor>,
}

struct SecondFactor {
    ticket: Secret,
    ways: Vec<Way>,
    ask: CodeAsk,
}

impl SignIn {
    pub fn new(desk: Desk, identifier: String) -> Self {
        Self { desk, identifier, second: None }
    }

    async fn password(&mut self, password: &Secret) -> Result<Step> {
        let body = json!({
            "identifier": self.identifier,
            "password": password.expose(),
            "device": self.desk.device,
        });
        let reply = self.desk.post("v1/sign-in", body).await?;
        if reply.status == 401 || (reply.status, code(&reply).as_deref()) == (400, Some("bad_identifier")) {
            return Ok(Step::Ask(Challenge::Password { current: false }, Some(Problem::WrongPassword)));
        }
        match success(&reply)?.json()? {
            wire::SignIn::SignedIn { session, account } => {
                Ok(Step::Done(Outcome::SignedIn(session_of(session, account, None)?)))
            }
            wire::SignIn::SecondFactor { ticket, ways, expires_in } => {
                let ways = wire::ways(&ways);
                let way = *ways.first().ok_or(ErrorKind::Unsupported)?;
                let ask = CodeAsk {
                    purpose: CodePurpose::SecondFactor,
                    way,
                    sent_to: None,
                    shape: shape(way, None),
                    sent_at: None,
                    valid_until: Some(self.desk.clock.now() + Duration::from_secs(expires_in)),
                    resend_at: None,
                    other_ways: others(&ways, way),
                    may_be_opened: false,
                };
                self.second = Some(SecondFactor { ticket: Secret::new(ticket), ways, ask: ask.clone() });
                Ok(Step::Ask(Challenge::Code(ask), None))
            }
        }
    }
}

#[async_trait]
impl Exchange for SignIn {
    async fn answer(&mut self, answer: Answer) -> Result<Step> {
        match (answer, &mut self.second) {
            (Answer::Password(password), None) => self.password(&password).await,
            (Answer::Code(typed), Some(second)) => {
                let body = json!({
                    "ticket": second.ticket.expose(),
                    "way": wire::way_name(second.ask.way),
                    "code": normalise(typed.expose(), second.ask.shape).expose(),
                });
                let reply = self.desk.post("v1/sign-in/second-factor", body).await?;
                if reply.status == 400 {
                    return Ok(Step::Ask(Challenge::Code(second.ask.clone()), Some(Problem::WrongCode)));
                }
                match success(&reply)?.json()? {
                    wire::SignIn::SignedIn { session, account } => {
                        Ok(Step::Done(Outcome::SignedIn(session_of(session, account, None)?)))
                    }
                    wire::SignIn::SecondFactor { .. } => Err(ErrorKind::Protocol.into()),
                }
            }
            (Answer::OtherWay(way), Some(second)) if second.ways.contains(&way) => {
                second.ask.way = way;
                second.ask.shape = shape(way, None);
                second.ask.other_ways = others(&second.ways, way);
                Ok(Step::Ask(Challenge::Code(second.ask.clone()), None))
            }
            _ => Err(ErrorKind::Unsupported.into()),
        }
    }
}
