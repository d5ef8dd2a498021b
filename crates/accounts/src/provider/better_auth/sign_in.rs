//! Signing in, with a second factor where the account has one.

use super::*;
use crate::identifier;
use crate::provider::code::normalise;

/// How long a second step may take (its `twoFactorCookieMaxAge`, unless its host was told otherwise).
const SECOND_STEP_LIFE: Duration = Duration::from_secs(600);
/// How long a mailed second code is good for (its `otpOptions.period`, unless its host was told otherwise).
const MAILED_CODE_LIFE: Duration = Duration::from_secs(180);
/// What carries the second step: over https its name has a prefix (RFC 6265bis, 4.1.3).
const COOKIES: [&str; 2] = ["better-auth.two_factor", "__Secure-better-auth.two_factor"];
/// Letters and digits before and after the dash of a saved code.
const HALF: usize = 5;

/// What a password led to.
pub(super) enum Entry {
    In(Session),
    Second(Pending),
    WrongPassword,
}

/// A sign-in that waits for its second factor.
pub(super) struct Pending {
    /// `name=value`, as it goes back.
    cookie: Secret,
    ways: Vec<Way>,
}

/// Signs in by e-mail address or user name.
pub(super) async fn enter(desk: &Desk, identifier: &str, password: &Secret) -> Result<Entry> {
    let by_mailbox = identifier::is_mailbox(identifier);
    let (path, field) =
        if by_mailbox { ("sign-in/email", "email") } else { ("sign-in/username", "username") };
    let body = json!({ field: identifier.trim(), "password": password.expose() });
    let reply = desk.http.send(entering(desk, Call::post(url(desk, path)?, body))).await?;
    match (reply.status, code(&reply).as_deref()) {
        (401, Some("INVALID_EMAIL_OR_PASSWORD" | "INVALID_USERNAME_OR_PASSWORD"))
        | (400, Some("INVALID_EMAIL" | "VALIDATION_ERROR"))
        // A name that it would not let anybody have: nobody has it.
        | (422, Some(_)) => return Ok(Entry::WrongPassword),
        // Without the plugin for user names only an address will do.
        (404, _) if !by_mailbox => return Err(ErrorKind::BadIdentifier.into()),
        _ => {}
    }
    match success(&reply)?.json()? {
        // This answer has a token in its header as well: a dead one. The body is to be believed.
        wire::SignIn::SecondFactor { two_factor_redirect: true, two_factor_methods } => {
            let named = COOKIES.iter().find_map(|name| Some((name, reply.cookie(name)?)));
            let (name, value) = named.ok_or(ErrorKind::Unsupported)?;
            let cookie = Secret::new(format!("{name}={value}"));
            Ok(Entry::Second(Pending { cookie, ways: ways(&two_factor_methods)? }))
        }
        wire::SignIn::SecondFactor { .. } => Err(reply.broken_promise()),
        wire::SignIn::SignedIn { user } => Ok(Entry::In(session_of(&reply, user)?)),
    }
}

/// The ways of a second step. Saved codes come with an authenticator, and are never named.
fn ways(methods: &[String]) -> Result<Vec<Way>> {
    let has = |name: &str| methods.iter().any(|method| method == name);
    let known = [("totp", Way::Authenticator), ("otp", Way::MailCode), ("totp", Way::RecoveryCode)];
    let ways: Vec<Way> = known.into_iter().filter(|(name, _)| has(name)).map(|(_, way)| way).collect();
    if ways.is_empty() { Err(ErrorKind::Unsupported.into()) } else { Ok(ways) }
}

pub(super) struct SignIn {
    desk: Desk,
    identifier: String,
    second: Option<Second>,
}

struct Second {
    pending: Pending,
    /// One for each way that was asked for; the last one is the current one.
    asks: Vec<CodeAsk>,
    until: std::time::SystemTime,
}

impl SignIn {
    pub fn new(desk: Desk, identifier: String) -> Self {
        Self { desk, identifier, second: None }
    }

    async fn password(&mut self, password: &Secret) -> Result<Step> {
        let pending = match enter(&self.desk, &self.identifier, password).await? {
            Entry::In(session) => return Ok(Step::Done(Outcome::SignedIn(session))),
            Entry::WrongPassword => {
                return Ok(Step::Ask(Challenge::Password { current: false }, Some(Problem::WrongPassword)));
            }
            Entry::Second(pending) => pending,
        };
        let until = self.desk.clock.now() + SECOND_STEP_LIFE;
        let mut second = Second { pending, asks: Vec::new(), until };
        let first = *second.pending.ways.first().ok_or(ErrorKind::Bug)?;
        let step = second.turn_to(&self.desk, &self.identifier, first).await?;
        self.second = Some(second);
        Ok(step)
    }
}

impl Second {
    fn current(&self) -> Result<CodeAsk> {
        self.asks.last().cloned().ok_or_else(|| ErrorKind::Bug.into())
    }

    fn question(&self, problem: Option<Problem>) -> Result<Step> {
        Ok(Step::Ask(Challenge::Code(self.current()?), problem))
    }

    /// Asks by that way; a mailed code is sent the first time.
    async fn turn_to(&mut self, desk: &Desk, identifier: &str, way: Way) -> Result<Step> {
        match self.asks.iter().position(|ask| ask.way == way) {
            Some(known) => {
                let ask = self.asks.remove(known);
                self.asks.push(ask);
                self.question(None)
            }
            None => self.send(desk, identifier, way).await,
        }
    }

    async fn send(&mut self, desk: &Desk, identifier: &str, way: Way) -> Result<Step> {
        let by_mail = way == Way::MailCode;
        if by_mail {
            let reply = self.post(desk, "two-factor/send-otp", json!({})).await?;
            if let (429, Some(ask), Some(wait)) = (reply.status, self.asks.last_mut(), reply.retry_after) {
                if ask.way == way {
                    ask.resend_at = Some(desk.clock.now() + wait);
                }
                return self.question(Some(Problem::TooSoon { wait }));
            }
            over(&reply)?;
            success(&reply)?;
        }
        let now = desk.clock.now();
        let known_to = identifier::is_mailbox(identifier).then(|| identifier::masked(identifier.trim()));
        let ask = CodeAsk {
            purpose: CodePurpose::SecondFactor,
            way,
            sent_to: known_to.filter(|_| by_mail),
            shape: match way {
                Way::Authenticator => CodeShape::Digits(AUTHENTICATOR_DIGITS),
                _ => CodeShape::Any,
            },
            sent_at: by_mail.then_some(now),
            valid_until: Some(if by_mail { self.until.min(now + MAILED_CODE_LIFE) } else { self.until }),
            resend_at: by_mail.then_some(now + RESEND),
            other_ways: others(&self.pending.ways, way),
            may_be_opened: false,
        };
        self.asks.retain(|known| known.way != way);
        self.asks.push(ask);
        self.question(None)
    }

    async fn check(&self, desk: &Desk, typed: &Secret) -> Result<Step> {
        let way = self.current()?.way;
        let (path, code_typed) = match way {
            Way::Authenticator => ("two-factor/verify-totp", digits(typed)),
            Way::MailCode => ("two-factor/verify-otp", digits(typed)),
            Way::RecoveryCode => ("two-factor/verify-backup-code", saved(typed)),
            Way::MailLink | Way::TextCode | Way::OtherAddress => return Err(ErrorKind::Bug.into()),
        };
        let reply = self.post(desk, path, json!({ "code": code_typed.expose() })).await?;
        match (reply.status, code(&reply).as_deref()) {
            (401, Some("INVALID_CODE" | "INVALID_BACKUP_CODE"))
            // The mailed one has run out, and the step has not: another one can be asked for.
            | (400, Some("OTP_HAS_EXPIRED")) => return self.question(Some(Problem::WrongCode)),
            _ => over(&reply)?,
        }
        match success(&reply)?.json()? {
            wire::SignIn::SignedIn { user } => Ok(Step::Done(Outcome::SignedIn(session_of(&reply, user)?))),
            wire::SignIn::SecondFactor { .. } => Err(reply.broken_promise()),
        }
    }

    /// The cookie carries this step, and whoever sends a cookie must say where from.
    async fn post(&self, desk: &Desk, path: &str, body: Value) -> Result<Reply> {
        let call = Call::post(url(desk, path)?, body)
            .header("cookie", self.pending.cookie.expose())
            .header("origin", desk.base.origin().ascii_serialization());
        desk.http.send(entering(desk, call)).await
    }
}

/// An error if the second step has come to its end.
fn over(reply: &Reply) -> Result<()> {
    match code(reply).as_deref() {
        Some("INVALID_TWO_FACTOR_COOKIE" | "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE") => {
            Err(ErrorKind::Expired.into())
        }
        _ => Ok(()),
    }
}

/// A mailed code or an authenticator's, however it was typed: its length is its host's choice.
pub(super) fn digits(typed: &Secret) -> Secret {
    normalise(typed.expose(), CodeShape::Digits(AUTHENTICATOR_DIGITS))
}

/// A saved code: small and capital letters differ, and the dash counts.
fn saved(typed: &Secret) -> Secret {
    let text = normalise(typed.expose(), CodeShape::Any);
    let plain = digits(&text);
    let plain = plain.expose();
    match plain.split_at_checked(HALF) {
        Some((first, last)) if plain.is_ascii() && last.len() == HALF => {
            Secret::new(format!("{first}-{last}"))
        }
        // Of a form that its host chose.
        _ => text,
    }
}

#[async_trait]
impl Exchange for SignIn {
    async fn answer(&mut self, answer: Answer) -> Result<Step> {
        match (answer, &mut self.second) {
            (Answer::Password(password), None) => self.password(&password).await,
            (Answer::Code(typed), Some(second)) => second.check(&self.desk, &typed).await,
            (Answer::Resend, Some(second)) if second.current()?.way == Way::MailCode => {
                second.send(&self.desk, &self.identifier, Way::MailCode).await
            }
            (Answer::OtherWay(way), Some(second)) if second.pending.ways.contains(&way) => {
                second.turn_to(&self.desk, &self.identifier, way).await
            }
            _ => Err(ErrorKind::Unsupported.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saved_code_keeps_its_letters_and_gets_its_dash() {
        for typed in ["S89IE-Aar1l", " S89IE-Aar1l\n", "S89IEAar1l", "S89IE Aar1l", "S89IE–Aar1l"] {
            assert_eq!(saved(&Secret::new(typed)).expose(), "S89IE-Aar1l", "{typed}");
        }
        assert_eq!(saved(&Secret::new(" own-form-12 ")).expose(), "own-form-12");
    }

    #[test]
    fn ways_that_are_not_known_are_not_offered() {
        let ways = |names: &[&str]| ways(&names.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(ways(&["totp", "otp"]).unwrap(), [Way::Authenticator, Way::MailCode, Way::RecoveryCode]);
        assert_eq!(ways(&["otp", "later"]).unwrap(), [Way::MailCode]);
        assert_eq!(ways(&["later"]).unwrap_err().kind(), ErrorKind::Unsupported);
    }
}
