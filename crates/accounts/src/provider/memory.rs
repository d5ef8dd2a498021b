//! An account server in memory: a first-class provider that can be told to fail, for journeys and demonstrations.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::{
    Abilities, About, Answer, Challenge, CodeAsk, CodePurpose, CodeShape, Device, Exchange, Intent, Outcome,
    PasswordRules, Problem, Provider, Session, Step, Way, WeakReason, Which, code::normalise,
};
use crate::clock::Clock;
use crate::error::{ErrorKind, Result};
use crate::secret::Secret;

const CODE_LIFE: Duration = Duration::from_secs(600);
const RESEND: Duration = Duration::from_secs(60);
const TRIES: u32 = 5;

/// The server; clones are the same one.
#[derive(Clone)]
pub struct Memory {
    about: About,
    clock: Arc<dyn Clock>,
    state: Arc<Mutex<State>>,
}

struct State {
    identifier: String,
    password: Secret,
    second_factor: Option<Secret>,
    saved_codes: Vec<Secret>,
    mailed: Vec<Secret>,
    sessions: Vec<String>,
    made: u32,
    faults: VecDeque<Fault>,
    calls: u32,
}

/// What the next call that could reach the network does instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Fail(ErrorKind),
    /// The call is done, and its answer is lost.
    LoseAnswer,
    /// The call goes through: puts a later fault at a later call.
    None,
}

impl Memory {
    pub fn new(clock: Arc<dyn Clock>, identifier: &str, password: Secret) -> Self {
        let about = About {
            name: "Dorfladen".into(),
            host: "accounts.dorfladen.example".into(),
            practice: false,
            abilities: Abilities {
                pair: None,
                link_phone: false,
                recovery_settings: false,
                ..Abilities::ALL
            },
            rules: PasswordRules::between(15, 256),
        };
        let state = State {
            identifier: identifier.into(),
            password,
            second_factor: None,
            saved_codes: vec![Secret::new("ABCDEFGH23456789")],
            mailed: Vec::new(),
            sessions: vec!["Firefox on Android".into()],
            made: 0,
            faults: VecDeque::new(),
            calls: 0,
        };
        Self { about, clock, state: Arc::new(Mutex::new(state)) }
    }

    pub fn with_second_factor(self, code: &str) -> Self {
        self.state().second_factor = Some(Secret::new(code));
        self
    }

    /// Queues a fault; each call takes one.
    pub fn fault(&self, fault: Fault) {
        self.state().faults.push_back(fault);
    }

    /// The code or link that was mailed last.
    pub fn mailed(&self) -> Option<Secret> {
        self.state().mailed.last().cloned()
    }

    pub fn saved_code(&self) -> Option<Secret> {
        self.state().saved_codes.last().cloned()
    }

    pub fn password(&self) -> Secret {
        self.state().password.clone()
    }

    /// The person changes the password in a browser.
    pub fn change_elsewhere(&self, password: Secret) {
        self.state().password = password;
    }

    /// Somebody else ends every session.
    pub fn end_all(&self) {
        self.state().sessions.clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One round trip: `change` happens unless the call fails before it.
    fn call<T>(&self, changes: bool, change: impl FnOnce(&mut State) -> Result<T>) -> Result<T> {
        let mut state = self.state();
        state.calls += 1;
        match state.faults.pop_front() {
            Some(Fault::Fail(kind)) => Err(kind.into()),
            Some(Fault::LoseAnswer) => {
                change(&mut state)?;
                Err(if changes { ErrorKind::OutcomeUnknown } else { ErrorKind::ServerTrouble }.into())
            }
            Some(Fault::None) | None => change(&mut state),
        }
    }

    fn ask(&self, way: Way) -> CodeAsk {
        let now = self.clock.now();
        let mailed = way != Way::RecoveryCode;
        let others = [Way::MailCode, Way::MailLink, Way::RecoveryCode];
        CodeAsk {
            purpose: CodePurpose::Recovery,
            way,
            sent_to: mailed.then(|| "j•••@mail.example".into()),
            shape: shape(way),
            sent_at: mailed.then_some(now),
            valid_until: mailed.then(|| now + CODE_LIFE),
            resend_at: mailed.then(|| now + RESEND),
            other_ways: others.into_iter().filter(|other| *other != way).collect(),
            may_be_opened: false,
        }
    }
}

impl State {
    fn mail(&mut self, way: Way) {
        self.made += 1;
        let text = match way {
            Way::MailLink => format!("https://accounts.dorfladen.example/recover#link{}", self.made),
            _ => format!("{:08}", 48_213_905 + self.made),
        };
        self.mailed.push(Secret::new(text));
    }

    fn sign_in(&mut self) -> Session {
        self.made += 1;
        let name = format!("Regain {}", self.made);
        self.sessions.push(name.clone());
        Session::new(Secret::new(name), Some("j•••@mail.example".into()))
    }

    fn weak(&self, new: &Secret, rules: PasswordRules) -> Option<Problem> {
        let length = new.expose().chars().count();
        let mut reasons = Vec::new();
        if length < usize::from(rules.min_length) {
            reasons.push(WeakReason::TooShort { min: rules.min_length });
        }
        if new.expose().contains("correct horse") {
            reasons.push(WeakReason::Common);
        }
        (!reasons.is_empty()).then_some(Problem::WeakPassword(reasons))
    }
}

#[async_trait]
impl Provider for Memory {
    fn about(&self) -> &About {
        &self.about
    }

    async fn begin(&self, intent: Intent) -> Result<(Box<dyn Exchange>, Challenge)> {
        let (state, challenge) = match intent {
            Intent::SignIn { identifier } => {
                (Talk::SignIn { identifier }, Challenge::Password { current: false })
            }
            Intent::Recover { identifier } => {
                self.call(false, |state| {
                    // The same for everyone; only the mailbox tells.
                    if state.identifier == identifier {
                        state.mail(Way::MailCode);
                    }
                    Ok(())
                })?;
                let ask = self.ask(Way::MailCode);
                let known = self.state().identifier == identifier;
                (Talk::Code { known, ask: ask.clone(), tries: 0 }, Challenge::Code(ask))
            }
            Intent::ChangePassword { session } => {
                (Talk::Change { session, current: None }, Challenge::Password { current: true })
            }
            Intent::SignUp { .. }
            | Intent::Pair
            | Intent::LinkPhone { .. }
            | Intent::ChangeRecovery { .. }
            | Intent::Guided { .. } => {
                return Err(ErrorKind::Unsupported.into());
            }
        };
        Ok((Box::new(Conversation { server: self.clone(), talk: state }), challenge))
    }

    async fn sessions(&self, session: &mut Session) -> Result<Vec<Device>> {
        let now = self.clock.now();
        self.call(false, |state| {
            let own = session.state().expose().to_owned();
            if !state.sessions.contains(&own) {
                return Err(ErrorKind::SignedOut.into());
            }
            let device = |name: &String| Device {
                id: name.clone(),
                name: name.clone(),
                last_used: Some(now),
                current: *name == own,
                network: None,
            };
            Ok(state.sessions.iter().map(device).collect())
        })
    }

    async fn end_session(
        &self,
        session: &mut Session,
        which: Which,
        _: Option<&Secret>,
    ) -> Result<Option<u32>> {
        self.call(false, |state| {
            let own = session.state().expose();
            if !state.sessions.iter().any(|name| name == own) {
                return Err(ErrorKind::SignedOut.into());
            }
            let before = state.sessions.len();
            state.sessions.retain(|name| match &which {
                Which::This => name != own,
                Which::One(id) => name != id,
                Which::AllOthers => name == own,
            });
            Ok(u32::try_from(before - state.sessions.len()).ok())
        })
    }

    async fn check(&self, session: &mut Session) -> Result<()> {
        self.sessions(session).await.map(|_| ())
    }

    async fn reach(&self) -> Result<()> {
        self.call(false, |_| Ok(()))
    }
}

struct Conversation {
    server: Memory,
    talk: Talk,
}

enum Talk {
    SignIn { identifier: String },
    SecondFactor { ask: CodeAsk },
    Code { known: bool, ask: CodeAsk, tries: u32 },
    NewPassword,
    Change { session: Session, current: Option<Secret> },
    Over,
}

#[async_trait]
impl Exchange for Conversation {
    async fn answer(&mut self, answer: Answer) -> Result<Step> {
        let server = self.server.clone();
        let rules = server.about.rules;
        match (&mut self.talk, answer) {
            (Talk::SignIn { identifier }, Answer::Password(password)) => {
                let outcome = server.call(false, |state| {
                    Ok(
                        match (
                            state.identifier == *identifier && state.password == password,
                            &state.second_factor,
                        ) {
                            (false, _) => None,
                            (true, None) => Some(Some(state.sign_in())),
                            (true, Some(_)) => Some(None),
                        },
                    )
                })?;
                Ok(match outcome {
                    None => Step::Ask(Challenge::Password { current: false }, Some(Problem::WrongPassword)),
                    Some(Some(session)) => Step::Done(Outcome::SignedIn(session)),
                    Some(None) => {
                        let ask = CodeAsk {
                            purpose: CodePurpose::SecondFactor,
                            way: Way::Authenticator,
                            sent_to: None,
                            shape: CodeShape::Digits(6),
                            sent_at: None,
                            valid_until: None,
                            resend_at: None,
                            other_ways: vec![Way::RecoveryCode],
                            may_be_opened: false,
                        };
                        self.talk = Talk::SecondFactor { ask: ask.clone() };
                        Step::Ask(Challenge::Code(ask), None)
                    }
                })
            }
            (Talk::SecondFactor { ask }, Answer::Code(typed)) => {
                let typed = normalise(typed.expose(), ask.shape);
                let session = server.call(false, |state| {
                    let right = match ask.way {
                        Way::RecoveryCode => state.saved_codes.contains(&typed),
                        _ => state.second_factor.as_ref() == Some(&typed),
                    };
                    Ok(right.then(|| state.sign_in()))
                })?;
                Ok(match session {
                    Some(session) => Step::Done(Outcome::SignedIn(session)),
                    None => Step::Ask(Challenge::Code(ask.clone()), Some(Problem::WrongCode)),
                })
            }
            (Talk::SecondFactor { ask }, Answer::OtherWay(way)) if ask.other_ways.contains(&way) => {
                let before = std::mem::replace(&mut ask.way, way);
                ask.other_ways = vec![before];
                ask.shape = shape(way);
                Ok(Step::Ask(Challenge::Code(ask.clone()), None))
            }
            (Talk::Code { known, ask, tries }, Answer::Code(typed)) => {
                let typed = normalise(typed.expose(), ask.shape);
                let (known, expired) =
                    (*known, ask.valid_until.is_some_and(|until| server.clock.now() >= until));
                let right = server.call(false, |state| {
                    if expired || *tries >= TRIES {
                        return Err(ErrorKind::Expired.into());
                    }
                    let codes = match ask.way {
                        Way::RecoveryCode => &state.saved_codes,
                        _ => &state.mailed,
                    };
                    Ok(known && codes.iter().any(|code| normalise(code.expose(), ask.shape) == typed))
                })?;
                if right {
                    self.talk = Talk::NewPassword;
                    return Ok(Step::Ask(Challenge::NewPassword(rules), None));
                }
                *tries += 1;
                Ok(Step::Ask(Challenge::Code(ask.clone()), Some(Problem::WrongCode)))
            }
            (Talk::Code { ask, known, .. }, Answer::Resend) => {
                let (way, known) = (ask.way, *known);
                server.call(false, |state| {
                    if known {
                        state.mail(way);
                    }
                    Ok(())
                })?;
                *ask = server.ask(way);
                Ok(Step::Ask(Challenge::Code(ask.clone()), None))
            }
            (Talk::Code { ask, known, .. }, Answer::OtherWay(way)) if ask.other_ways.contains(&way) => {
                let known = *known;
                if way != Way::RecoveryCode {
                    server.call(false, |state| {
                        if known {
                            state.mail(way);
                        }
                        Ok(())
                    })?;
                }
                *ask = server.ask(way);
                Ok(Step::Ask(Challenge::Code(ask.clone()), None))
            }
            (Talk::NewPassword, Answer::NewPassword(new)) => {
                if let Some(problem) = server.state().weak(&new, rules) {
                    return Ok(Step::Ask(Challenge::NewPassword(rules), Some(problem)));
                }
                let ended = server.call(true, |state| {
                    state.password = new;
                    // Like everyone's: what was mailed before opens nothing any more.
                    state.mailed.clear();
                    Ok(state.sessions.drain(..).count())
                })?;
                self.talk = Talk::Over;
                Ok(Step::Done(Outcome::PasswordChanged {
                    session: None,
                    sessions_ended: u32::try_from(ended).ok(),
                }))
            }
            (Talk::Change { current, .. }, Answer::Password(password)) => {
                *current = Some(password);
                Ok(Step::Ask(Challenge::NewPassword(rules), None))
            }
            (Talk::Change { session, current }, Answer::NewPassword(new)) => {
                let typed = current.clone().ok_or(ErrorKind::Unsupported)?;
                let own = session.state().expose().to_owned();
                let changed = server.call(true, |state| {
                    if !state.sessions.contains(&own) {
                        return Err(ErrorKind::SignedOut.into());
                    }
                    if let Some(problem) = state.weak(&new, rules) {
                        return Ok(Err(problem));
                    }
                    if state.password != typed {
                        return Ok(Err(Problem::WrongPassword));
                    }
                    state.password = new;
                    let ended = state.sessions.drain(..).count() - 1;
                    Ok(Ok((state.sign_in(), ended)))
                })?;
                match changed {
                    Ok((session, ended)) => {
                        self.talk = Talk::Over;
                        let sessions_ended = u32::try_from(ended).ok();
                        Ok(Step::Done(Outcome::PasswordChanged { session: Some(session), sessions_ended }))
                    }
                    Err(Problem::WrongPassword) => {
                        *current = None;
                        Ok(Step::Ask(Challenge::Password { current: true }, Some(Problem::WrongPassword)))
                    }
                    Err(problem) => Ok(Step::Ask(Challenge::NewPassword(rules), Some(problem))),
                }
            }
            _ => Err(ErrorKind::Unsupported.into()),
        }
    }
}

fn shape(way: Way) -> CodeShape {
    match way {
        Way::MailCode | Way::TextCode | Way::OtherAddress => CodeShape::Digits(8),
        Way::MailLink => CodeShape::Link,
        Way::RecoveryCode => CodeShape::Groups { groups: 4, size: 4 },
        Way::Authenticator => CodeShape::Digits(6),
    }
}
