//! The forgotten password: a mailed code opens a session, and the session sets a password. Before the code, newer servers
//! let people choose which of their addresses it goes to.

use super::address::{Choice, choices, could_be, is_number, shown, whole};
use super::second::Second;
use super::settings::{Setting, end_others, set_password};
use super::*;
use crate::provider::code::normalise;

/// Between two mails; the server has no such limit of its own.
const RESEND: Duration = Duration::from_secs(60);

pub(super) struct Recover {
    desk: Desk,
    /// What the recovery was asked for with.
    address: String,
    rules: PasswordRules,
    flow: String,
    form: Form,
    stage: Stage,
    /// The account's addresses; none where there was nothing to choose.
    choices: Vec<Choice>,
    /// The code that was sent last.
    sent: Option<Sent>,
    /// The server's screen is one after the choice: it is led back first.
    beyond: bool,
}

/// What the first screen asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Email,
    /// With `feature_flags.choose_recovery_address`: any recovery address, and then a choice among all of them.
    Address,
}

enum Stage {
    Choice,
    /// The whole of the chosen address.
    Whole(usize),
    Code,
    /// The session that the right code has opened, and the settings flow that came with it.
    NewPassword {
        token: Secret,
        settings: Option<String>,
    },
    SecondFactor {
        second: Second,
        settings: Option<String>,
    },
}

#[derive(Clone)]
struct Sent {
    to: String,
    /// Which of the choices it is.
    choice: Option<usize>,
    ask: CodeAsk,
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
        let (stage, choices, sent) = (Stage::Choice, Vec::new(), None);
        let mut exchange =
            Self { desk, address, rules, flow: flow.id, form, stage, choices, sent, beyond: false };
        let mut screen = exchange.send(first).await?.ok_or(ErrorKind::BadIdentifier)?;
        exchange.choices = choices_of(&screen)?;
        // One address is no choice, however the server writes it.
        if let [only] = &exchange.choices[..]
            && could_be(&only.masked, &exchange.address)
        {
            let body = exchange.selecting(only);
            screen = exchange.send(body).await?.ok_or(ErrorKind::Protocol)?;
            if is_whole(&screen) {
                let body = exchange.confirming(&exchange.address);
                screen = exchange.send(body).await?.ok_or(ErrorKind::BadIdentifier)?;
            }
            exchange.choices = choices_of(&screen)?;
        }
        let step = if exchange.choices.is_empty() {
            let to = exchange.address.clone();
            exchange.mailed(&screen, to, None)?
        } else {
            exchange.choice()
        };
        match step {
            Step::Ask(challenge, _) => Ok((exchange, challenge)),
            Step::Done(_) => Err(ErrorKind::Bug.into()),
        }
    }

    /// Sends what a screen asks for; `None` where the server takes it for no answer to the screen it shows.
    async fn send(&self, body: Value) -> Result<Option<wire::Flow>> {
        let reply = submit(&self.desk, "self-service/recovery", &self.flow, body, None).await?;
        if is_over(&reply) {
            return Err(ErrorKind::Expired.into());
        }
        if reply.status == 400 && reply.json::<wire::Flow>().is_ok_and(|flow| flow.errors().next().is_some())
        {
            return Ok(None);
        }
        success(&reply)?.json().map(Some)
    }

    fn selecting(&self, choice: &Choice) -> Value {
        json!({ "method": "code", "recovery_address": self.address, "recovery_select_address": choice.value })
    }

    fn confirming(&self, whole: &str) -> Value {
        json!({ "method": "code", "recovery_address": self.address, "recovery_confirm_address": whole })
    }

    async fn choose(&mut self, place: usize) -> Result<Step> {
        let choice = self.choices.get(place).cloned().ok_or(ErrorKind::Unsupported)?;
        if self.sent.as_ref().is_some_and(|sent| sent.choice == Some(place)) {
            // Its code is under way already.
            self.stage = Stage::Code;
            return self.question(None);
        }
        // From here on the server is led away from the screen that takes the code.
        self.sent = None;
        if self.beyond {
            self.lead_back().await?;
        }
        let select = self.selecting(&choice);
        let screen = match self.send(select.clone()).await? {
            Some(screen) => screen,
            // An answer was lost: it stands on a later screen after all.
            None => {
                self.lead_back().await?;
                self.send(select).await?.ok_or(ErrorKind::Protocol)?
            }
        };
        if is_whole(&screen) {
            (self.stage, self.beyond) = (Stage::Whole(place), true);
            return Ok(self.whole(&choice, None));
        }
        // Nothing more is asked about the address that was typed in the beginning.
        let to = self.address.clone();
        self.mailed(&screen, to, Some(place))
    }

    /// Back to the choice. A server that stands there already makes nothing of it, and is none the worse.
    async fn lead_back(&self) -> Result<()> {
        let back = json!({ "method": "code", "recovery_address": self.address, "screen": "previous" });
        match self.send(back).await {
            Err(error) if matches!(error.kind(), ErrorKind::ServerTrouble | ErrorKind::Protocol) => Ok(()),
            led => led.map(|_| ()),
        }
    }

    async fn confirm(&mut self, place: usize, typed: &str) -> Result<Step> {
        let choice = self.choices.get(place).cloned().ok_or(ErrorKind::Bug)?;
        // The server would not say that it is another one: it mails to nobody then.
        if !could_be(&choice.masked, typed) {
            return Ok(self.whole(&choice, Some(Problem::NotThatAddress)));
        }
        let whole = whole(typed);
        match self.send(self.confirming(&whole)).await? {
            Some(screen) => self.mailed(&screen, whole, Some(place)),
            None => Ok(self.whole(&choice, Some(Problem::NotThatAddress))),
        }
    }

    async fn resend(&mut self) -> Result<Step> {
        let Some(mut sent) = self.sent.clone() else { return Err(ErrorKind::Bug.into()) };
        let body = match self.form {
            Form::Email => json!({ "method": "code", "email": sent.to }),
            Form::Address => self.confirming(&sent.to),
        };
        let screen = match self.send(body).await {
            Ok(screen) => screen.ok_or(ErrorKind::BadIdentifier)?,
            Err(error) => {
                let ErrorKind::RateLimited { wait } = error.kind() else { return Err(error) };
                let wait = wait.unwrap_or(RESEND);
                sent.ask.resend_at = Some(self.desk.clock.now() + wait);
                self.sent = Some(sent);
                return self.question(Some(Problem::TooSoon { wait }));
            }
        };
        self.mailed(&screen, sent.to, sent.choice)
    }

    /// A code is under way, if the screen asks for one.
    fn mailed(&mut self, screen: &wire::Flow, to: String, choice: Option<usize>) -> Result<Step> {
        if !screen.asks("code") {
            return Err(ErrorKind::Protocol.into());
        }
        let masked = choice.and_then(|place| self.choices.get(place)).map(|choice| choice.masked.clone());
        let mut ask = ask(&self.desk, &to, masked, screen);
        ask.other_ways = if self.choices.len() > 1 { vec![Way::OtherAddress] } else { Vec::new() };
        self.sent = Some(Sent { to, choice, ask });
        (self.stage, self.beyond) = (Stage::Code, true);
        self.question(None)
    }

    fn choice(&self) -> Step {
        Step::Ask(Challenge::ChooseAddress(shown(&self.choices, &self.address)), None)
    }

    fn whole(&self, choice: &Choice, problem: Option<Problem>) -> Step {
        Step::Ask(Challenge::ConfirmAddress { masked: choice.masked.clone() }, problem)
    }

    async fn check(&mut self, typed: &Secret) -> Result<Step> {
        let shape = self.sent.as_ref().map_or(CodeShape::Digits(CODE_DIGITS), |sent| sent.ask.shape);
        let code = normalise(typed.expose(), shape);
        let body = json!({ "method": "code", "code": code.expose() });
        let reply = submit(&self.desk, "self-service/recovery", &self.flow, body, None).await?;
        if is_over(&reply) {
            return Err(ErrorKind::Expired.into());
        }
        let flow: wire::Flow = success(&reply)?.json()?;
        if let Some(token) = flow.session_token() {
            let settings = flow.settings_flow().map(str::to_owned);
            self.stage = Stage::NewPassword { token: Secret::new(token), settings };
            return Ok(Step::Ask(Challenge::NewPassword(self.rules), None));
        }
        // A wrong code is answered with 200.
        match flow.has_error(&[text::WRONG_CODE]) {
            _ if flow.id != self.flow => Err(ErrorKind::Expired.into()),
            true => self.question(Some(Problem::WrongCode)),
            false => Err(reply.broken_promise()),
        }
    }

    async fn set(&mut self, token: Secret, settings: Option<String>, new: &Secret) -> Result<Step> {
        let setting = match set_password(&self.desk, &token, settings.as_deref(), new).await {
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
                self.stage = Stage::SecondFactor { second, settings };
                Ok(step)
            }
        }
    }

    fn question(&self, problem: Option<Problem>) -> Result<Step> {
        let sent = self.sent.as_ref().ok_or(ErrorKind::Bug)?;
        Ok(Step::Ask(Challenge::Code(sent.ask.clone()), problem))
    }
}

#[async_trait]
impl Exchange for Recover {
    async fn answer(&mut self, answer: Answer) -> Result<Step> {
        match (answer, &mut self.stage) {
            (Answer::Address(place), Stage::Choice) => self.choose(place).await,
            (Answer::WholeAddress(typed), Stage::Whole(place)) => {
                let place = *place;
                self.confirm(place, &typed).await
            }
            (Answer::OtherWay(Way::OtherAddress), Stage::Whole(_) | Stage::Code)
                if self.choices.len() > 1 =>
            {
                self.stage = Stage::Choice;
                Ok(self.choice())
            }
            (Answer::Code(typed), Stage::Code) => self.check(&typed).await,
            (Answer::Resend, Stage::Code) => self.resend().await,
            (Answer::NewPassword(new), Stage::NewPassword { token, settings }) => {
                let (token, settings) = (token.clone(), settings.clone());
                self.set(token, settings, &new).await
            }
            (Answer::Code(typed), Stage::SecondFactor { second, settings }) => {
                let Some(token) = second.verify(&self.desk, &typed).await? else {
                    return Ok(second.question(Some(Problem::WrongCode)));
                };
                self.stage = Stage::NewPassword { token, settings: settings.clone() };
                Ok(Step::Ask(Challenge::NewPassword(self.rules), None))
            }
            (Answer::OtherWay(way), Stage::SecondFactor { second, .. }) => second.other_way(way),
            _ => Err(ErrorKind::Unsupported.into()),
        }
    }
}

/// What the screen offers to choose from; an offer that is empty is no offer.
fn choices_of(screen: &wire::Flow) -> Result<Vec<Choice>> {
    let choices = choices(screen);
    if choices.is_empty() && screen.asks("recovery_select_address") {
        return Err(ErrorKind::Protocol.into());
    }
    Ok(choices)
}

/// Whether the screen asks for an address in full; the screen of the code has such a field, too, to send once more.
fn is_whole(screen: &wire::Flow) -> bool {
    screen.asks("recovery_confirm_address") && !screen.asks("code")
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

fn ask(desk: &Desk, to: &str, masked: Option<String>, flow: &wire::Flow) -> CodeAsk {
    let now = desk.clock.now();
    let times = (time::parse(&flow.issued_at), time::parse(&flow.expires_at));
    // The server's clock may differ from ours: only the time between the two is taken over.
    let digits = flow.inputs("code").find_map(|node| node.attributes.maxlength);
    let life = times.1.zip(times.0).and_then(|(end, begin)| end.duration_since(begin).ok());
    CodeAsk {
        purpose: CodePurpose::Recovery,
        way: if is_number(to) { Way::TextCode } else { Way::MailCode },
        sent_to: Some(masked.unwrap_or_else(|| identifier::masked(to))),
        shape: CodeShape::Digits(digits.unwrap_or(CODE_DIGITS)),
        sent_at: Some(now),
        valid_until: life.map(|life| now + life),
        resend_at: Some(now + RESEND),
        other_ways: Vec::new(),
        may_be_opened: false,
    }
}
