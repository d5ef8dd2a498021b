//! The forgotten password: a mailed code opens a session, and the session sets a password.

use super::second::Second;
use super::settings::{Setting, end_others, set_password};
use super::*;
use crate::provider::code::normalise;

/// Between two mails; the server has no such limit of its own.
const RESEND: Duration = Duration::from_secs(60);
/// Screens between the address and the code, at most: the choice of an address and its confirmation.
const SCREENS: usize = 3;

pub(super) struct Recover {
    desk: Desk,
    address: String,
    rules: PasswordRules,
    flow: String,
    form: Form,
    ask: CodeAsk,
    /// The session that the right code has opened.
    session: Option<Secret>,
    /// The settings flow that came with it.
    settings: Option<String>,
    second: Option<Second>,
}

/// What the first screen asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Email,
    /// With `feature_flags.choose_recovery_address`: any recovery address, and then a choice among all of them.
    Address,
}

impl Recover {
    pub async fn begin(desk: Desk, address: String, rules: PasswordRules) -> Result<(Self, Challenge)> {
        let reply = get(&desk, "self-service/recovery/api", None).await?;
        let flow: wire::Flow = success(&reply)?.json()?;
        if !flow.has_group("code") {
            // Recovery by link ends on a web page.
            return Err(ErrorKind::Unsupported.into());
        }
        let form = if flow.asks("recovery_address") { Form::Address } else { Form::Email };
        let first = match form {
            Form::Email => json!({ "method": "code", "email": address }),
            Form::Address => json!({ "method": "code", "recovery_address": address }),
        };
        let sent = send(&desk, &flow.id, &address, first).await?;
        let ask = ask(&desk, &address, &sent);
        let challenge = Challenge::Code(ask.clone());
        let (session, settings, second) = (None, None, None);
        let exchange = Self { desk, address, rules, flow: flow.id, form, ask, session, settings, second };
        Ok((exchange, challenge))
    }

    async fn resend(&mut self) -> Result<Step> {
        let body = match self.form {
            Form::Email => json!({ "method": "code", "email": self.address }),
            Form::Address => json!({
                "method": "code",
                "recovery_address": self.address,
                "recovery_confirm_address": self.address,
            }),
        };
        let sent = match send(&self.desk, &self.flow, &self.address, body).await {
            Err(error) => match error.kind() {
                ErrorKind::RateLimited { wait } => {
                    let wait = wait.unwrap_or(RESEND);
                    self.ask.resend_at = Some(self.desk.clock.now() + wait);
                    return Ok(self.question(Some(Problem::TooSoon { wait })));
                }
                _ => return Err(error),
            },
            Ok(flow) => flow,
        };
        self.ask = ask(&self.desk, &self.address, &sent);
        Ok(self.question(None))
    }

    async fn check(&mut self, typed: &Secret) -> Result<Step> {
        let code = normalise(typed.expose(), self.ask.shape);
        let body = json!({ "method": "code", "code": code.expose() });
        let reply = submit(&self.desk, "self-service/recovery", &self.flow, body, None).await?;
        if is_over(&reply) {
            return Err(ErrorKind::Expired.into());
        }
        let flow: wire::Flow = success(&reply)?.json()?;
        if let Some(token) = flow.session_token() {
            self.session = Some(Secret::new(token));
            self.settings = flow.settings_flow().map(str::to_owned);
            return Ok(Step::Ask(Challenge::NewPassword(self.rules), None));
        }
        // A wrong code is answered with 200.
        match flow.has_error(&[text::WRONG_CODE]) {
            _ if flow.id != self.flow => Err(ErrorKind::Expired.into()),
            true => Ok(self.question(Some(Problem::WrongCode))),
            false => Err(reply.broken_promise()),
        }
    }

    async fn set(&mut self, token: Secret, new: &Secret) -> Result<Step> {
        let setting = match set_password(&self.desk, &token, self.settings.as_deref(), new).await {
            // The session that the code opened has ended, or is too old to set a password: back to the beginning.
            Err(error) if error.kind() == ErrorKind::SignedOut => return Err(ErrorKind::Expired.into()),
            Err(error) if error.kind() == ErrorKind::ProveAgain => {
                leave(&self.desk, &token).await;
                return Err(ErrorKind::Expired.into());
            }
            setting => setting?,
        };
        match setting {
            Setting::Done { token: renewed, address } => {
                let token = renewed.unwrap_or(token);
                let sessions_ended = end_others(&self.desk, &token).await;
                let address = address.or_else(|| Some(self.address.clone()));
                let session = Some(session_of(&token, &self.address, address)?);
                Ok(Step::Done(Outcome::PasswordChanged { session, sessions_ended }))
            }
            Setting::Weak(reasons) => {
                let problem = Problem::WeakPassword(reasons);
                Ok(Step::Ask(Challenge::NewPassword(self.rules), Some(problem)))
            }
            Setting::LacksSecondFactor => {
                let second = Second::begin(&self.desk, token.clone()).await;
                if second.as_ref().is_err_and(|error| error.kind() == ErrorKind::Unsupported) {
                    leave(&self.desk, &token).await;
                }
                let second = second?;
                let step = second.question(None);
                self.second = Some(second);
                Ok(step)
            }
        }
    }

    fn question(&self, problem: Option<Problem>) -> Step {
        Step::Ask(Challenge::Code(self.ask.clone()), problem)
    }
}

#[async_trait]
impl Exchange for Recover {
    async fn answer(&mut self, answer: Answer) -> Result<Step> {
        match (answer, self.session.clone(), &mut self.second) {
            (Answer::Code(typed), None, _) => self.check(&typed).await,
            (Answer::Resend, None, _) => self.resend().await,
            (Answer::NewPassword(new), Some(token), None) => self.set(token, &new).await,
            (Answer::Code(typed), Some(_), Some(second)) => {
                let Some(token) = second.verify(&self.desk, &typed).await? else {
                    return Ok(second.question(Some(Problem::WrongCode)));
                };
                self.session = Some(token);
                self.second = None;
                Ok(Step::Ask(Challenge::NewPassword(self.rules), None))
            }
            (Answer::OtherWay(way), Some(_), Some(second)) => second.other_way(way),
            _ => Err(ErrorKind::Unsupported.into()),
        }
    }
}

/// Has a code mailed to the address, going through the screens on which the server lets people choose another one.
async fn send(desk: &Desk, flow: &str, address: &str, first: Value) -> Result<wire::Flow> {
    let mut body = first;
    for _ in 0..SCREENS {
        let reply = submit(desk, "self-service/recovery", flow, body, None).await?;
        if is_over(&reply) {
            return Err(ErrorKind::Expired.into());
        }
        if reply.status == 400 && reply.json::<wire::Flow>().is_ok_and(|flow| flow.errors().next().is_some())
        {
            return Err(ErrorKind::BadIdentifier.into());
        }
        let screen: wire::Flow = success(&reply)?.json()?;
        if screen.asks("code") {
            return Ok(screen);
        }
        body = if screen.asks("recovery_select_address") {
            let chosen = choose(&screen, address).ok_or_else(|| reply.broken_promise())?;
            json!({ "method": "code", "recovery_address": address, "recovery_select_address": chosen })
        } else if screen.asks("recovery_confirm_address") {
            json!({ "method": "code", "recovery_address": address, "recovery_confirm_address": address })
        } else {
            return Err(reply.broken_promise());
        };
    }
    Err(ErrorKind::Protocol.into())
}

/// Of the masked addresses that are offered, the one that was typed. Where several could be it, the first one does: the
/// server then asks for the whole address, and mails to that.
fn choose<'a>(screen: &'a wire::Flow, address: &str) -> Option<&'a str> {
    let all = || screen.inputs("recovery_select_address");
    all().find(|node| could_be(node.label(), address)).or_else(|| all().next())?.value()
}

/// Whether the address could stand behind a mask, in which stars are letters left out.
fn could_be(mask: &str, address: &str) -> bool {
    let (mask, address) = (mask.to_lowercase(), address.to_lowercase());
    let mut parts = mask.split('*');
    let Some(mut rest) = parts.next().and_then(|first| address.strip_prefix(first)) else { return false };
    let mut starred = false;
    let parts: Vec<&str> = parts.collect();
    for (n, part) in parts.iter().enumerate() {
        starred = true;
        if n + 1 == parts.len() {
            return rest.len() >= part.len() && rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    starred || rest.is_empty()
}

/// The flow takes no more codes: it ran out, was used or had too many tries, and the server has begun another. By its
/// version and its settings it says so with 303, 400, 410 or 500.
fn is_over(reply: &Reply) -> bool {
    if matches!(reply.status, 303 | 410) {
        return true;
    }
    let details = reply.json::<wire::Failure>().ok().and_then(|failure| failure.error.details);
    let next = details.and_then(|details| details.continue_with);
    next.is_some_and(|next| next.iter().any(|it| it.action == "show_recovery_ui"))
}

fn ask(desk: &Desk, address: &str, flow: &wire::Flow) -> CodeAsk {
    let now = desk.clock.now();
    let times = (time::parse(&flow.issued_at), time::parse(&flow.expires_at));
    // The server's clock may differ from ours: only the time between the two is taken over.
    let digits = flow.inputs("code").find_map(|node| node.attributes.maxlength);
    let life = times.1.zip(times.0).and_then(|(end, begin)| end.duration_since(begin).ok());
    CodeAsk {
        purpose: CodePurpose::Recovery,
        way: Way::MailCode,
        sent_to: Some(identifier::masked(address)),
        shape: CodeShape::Digits(digits.unwrap_or(CODE_DIGITS)),
        sent_at: Some(now),
        valid_until: life.map(|life| now + life),
        resend_at: Some(now + RESEND),
        other_ways: Vec::new(),
        may_be_opened: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_lets_through_what_it_could_hide() {
        for (mask, address) in [
            ("ja****@mail.example", "jana@mail.example"),
            ("j**a@m**l.example", "jana@mail.example"),
            ("jana@mail.example", "Jana@mail.example"),
            ("****", "jana@mail.example"),
        ] {
            assert!(could_be(mask, address), "{mask} {address}");
        }
        for (mask, address) in [
            ("jo****@mail.example", "jana@mail.example"),
            ("ja****@work.example", "jana@mail.example"),
            ("+49****77", "jana@mail.example"),
            ("jana@mail.example", "jana@mail.example.org"),
            ("", "jana@mail.example"),
        ] {
            assert!(!could_be(mask, address), "{mask} {address}");
        }
    }
}
