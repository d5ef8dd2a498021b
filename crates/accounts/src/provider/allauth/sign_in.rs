//! Signing in, with a second factor where the account has one.

use super::*;

/// The step of the second factor.
const SECOND: &str = "mfa_authenticate";
/// Digits of an authenticator code (RFC 6238 with its usual six).
const AUTHENTICATOR_DIGITS: u8 = 6;

pub(super) struct SignIn {
    api: Api,
    /// The field that the identifier goes in.
    field: &'static str,
    identifier: String,
    second: Option<SecondFactor>,
}

struct SecondFactor {
    ticket: Secret,
    ways: Vec<Way>,
    ask: CodeAsk,
}

impl SignIn {
    pub fn new(api: Api, field: &'static str, identifier: String) -> Self {
        Self { api, field, identifier, second: None }
    }

    pub async fn password(&mut self, password: &Secret) -> Result<Step> {
        let body = json!({ self.field: self.identifier.trim(), "password": password.expose() });
        let reply = self.api.send(Call::post(self.api.url("auth/login")?, body), None).await?;
        match reply.status {
            200 => return Ok(Step::Done(Outcome::SignedIn(api::granted(&reply)?))),
            401 => {}
            400 if refuses_the_pair(&api::refusals(&reply), self.field) => {
                return Ok(Step::Ask(Challenge::Password { current: false }, Some(Problem::WrongPassword)));
            }
            _ => return Err(failure(&reply)),
        }
        // The password was right, and something is still to be done.
        let answer: wire::Authentication = reply.json()?;
        let second = answer.pending(SECOND).ok_or(ErrorKind::Unsupported)?;
        let ways = ways(&second.types);
        let ask = ask(*ways.first().ok_or(ErrorKind::Unsupported)?, &ways);
        let ticket = Secret::new(answer.meta.session_token.ok_or_else(|| reply.broken_promise())?);
        self.second = Some(SecondFactor { ticket, ways, ask: ask.clone() });
        Ok(Step::Ask(Challenge::Code(ask), None))
    }
}

impl SecondFactor {
    /// Both kinds of code go in one field, and the server tries them all.
    async fn code(&mut self, api: &Api, typed: &Secret) -> Result<Step> {
        let body = json!({ "code": plain(typed, self.ask.shape).expose() });
        let reply = api.send(Call::post(api.url("auth/2fa/authenticate")?, body), Some(&self.ticket)).await?;
        match reply.status {
            200 => Ok(Step::Done(Outcome::SignedIn(api::granted(&reply)?))),
            400 if is_wrong(&api::refusals(&reply)) => {
                Ok(Step::Ask(Challenge::Code(self.ask.clone()), Some(Problem::WrongCode)))
            }
            // The server no longer waits for it, or waits for something that cannot be done here.
            401 => {
                let answer: wire::Authentication = reply.json()?;
                let more = answer.data.flows.iter().any(|flow| flow.is_pending);
                Err(if more { ErrorKind::Unsupported } else { ErrorKind::Expired }.into())
            }
            _ => Err(failure(&reply)),
        }
    }
}

#[async_trait]
impl Exchange for SignIn {
    async fn answer(&mut self, answer: Answer) -> Result<Step> {
        match (answer, &mut self.second) {
            (Answer::Password(password), None) => self.password(&password).await,
            (Answer::Code(typed), Some(second)) => second.code(&self.api, &typed).await,
            (Answer::OtherWay(way), Some(second)) if second.ways.contains(&way) => {
                second.ask = ask(way, &second.ways);
                Ok(Step::Ask(Challenge::Code(second.ask.clone()), None))
            }
            _ => Err(ErrorKind::Unsupported.into()),
        }
    }
}

/// Whether login and password do not fit together, or the login has no form that an account could have.
fn refuses_the_pair(refusals: &[wire::Refusal], field: &str) -> bool {
    refusals.iter().any(|refusal| {
        refusal.code.ends_with("_password_mismatch")
            || refusal.code == "invalid_login"
            || api::is_about(refusal, field)
    })
}

fn is_wrong(refusals: &[wire::Refusal]) -> bool {
    refusals.iter().any(|refusal| api::is_about(refusal, "code"))
        && !api::says(refusals, "too_many_login_attempts")
}

/// What the account has and this program can answer; the authenticator first.
fn ways(types: &[String]) -> Vec<Way> {
    let known = [("totp", Way::Authenticator), ("recovery_codes", Way::RecoveryCode)];
    known.into_iter().filter(|(name, _)| types.iter().any(|kind| kind == name)).map(|(_, way)| way).collect()
}

fn ask(way: Way, ways: &[Way]) -> CodeAsk {
    CodeAsk {
        purpose: CodePurpose::SecondFactor,
        way,
        sent_to: None,
        shape: match way {
            Way::Authenticator => CodeShape::Digits(AUTHENTICATOR_DIGITS),
            // Codes that a site brought from elsewhere have a form of their own.
            _ => CodeShape::Any,
        },
        sent_at: None,
        valid_until: None,
        resend_at: None,
        other_ways: ways.iter().copied().filter(|other| *other != way).collect(),
        may_be_opened: false,
    }
}
