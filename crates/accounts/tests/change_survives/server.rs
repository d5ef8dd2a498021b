//! An account server that fails where it is told to.

use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use accounts::provider::{
    Abilities, About, Answer, Challenge, CodeAsk, CodePurpose, CodeShape, Device, Exchange, Intent, Outcome,
    PasswordRules, Problem, Provider, Session, Step, Way, Which,
};
use accounts::{ErrorKind, Result, Secret};
use async_trait::async_trait;
use tokio::sync::Notify;

pub const OLD: &str = "quarry lantern birch nine 41";
pub const RECOVERY_CODE: &str = "48213905";
pub const SECOND_FACTOR: &str = "314159";

/// What goes wrong at one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No connection.
    Offline,
    /// 503: it did nothing.
    Busy,
    /// The connection is reset on the way there.
    ResetBefore,
    /// The connection is reset on the way back.
    ResetAfter,
    /// 500, after it was done.
    ErrorAfter,
    /// A gateway gives up; the server does it when everyone has stopped looking. For a change only.
    Late,
    /// Our process is killed while the question is on its way.
    KilledBefore,
    /// Our process is killed while the answer is on its way.
    KilledAfter,
}

impl Fault {
    pub const TROUBLES: [Self; 5] =
        [Self::Offline, Self::Busy, Self::ResetBefore, Self::ResetAfter, Self::ErrorAfter];
    pub const KILLS: [Self; 2] = [Self::KilledBefore, Self::KilledAfter];
}

/// A fault at one call, or from there on.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub at: usize,
    pub fault: Fault,
    pub lasting: bool,
}

/// The server; clones are the same one.
#[derive(Clone)]
pub struct Server {
    about: About,
    second_factor: bool,
    state: Arc<Mutex<State>>,
    killed: Arc<Notify>,
}

struct State {
    password: Secret,
    /// Every new password that was on its way here.
    sent: Vec<Secret>,
    late: Option<Secret>,
    /// The calls that would change the password.
    changes_at: Vec<usize>,
    calls: usize,
    plan: Option<Plan>,
}

impl Server {
    pub fn new(second_factor: bool) -> Self {
        let about = About {
            name: "Dorfladen".into(),
            host: "accounts.dorfladen.example".into(),
            practice: false,
            abilities: Abilities::ALL,
            rules: PasswordRules::between(15, 256),
        };
        let password = Secret::new(OLD);
        let state = State { password, sent: vec![], late: None, changes_at: vec![], calls: 0, plan: None };
        Self { about, second_factor, state: Arc::new(Mutex::new(state)), killed: Arc::default() }
    }

    pub fn plan(&self, plan: Option<Plan>) {
        let mut state = self.state();
        (state.plan, state.calls) = (plan, 0);
    }

    /// Nobody reaches it from here on.
    pub fn go_down(&self) {
        self.plan(Some(Plan { at: 1, fault: Fault::Offline, lasting: true }));
    }

    pub fn calls(&self) -> usize {
        self.state().calls
    }

    pub fn changes_at(&self) -> Vec<usize> {
        self.state().changes_at.clone()
    }

    pub fn password(&self) -> Secret {
        self.state().password.clone()
    }

    pub fn sent(&self) -> Vec<Secret> {
        self.state().sent.clone()
    }

    /// Our process is to be killed now.
    pub async fn killed(&self) {
        self.killed.notified().await;
    }

    pub fn do_what_is_late(&self) {
        let mut state = self.state();
        if let Some(late) = state.late.take() {
            state.password = late;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One round trip.
    async fn call<T>(&self, new: Option<&Secret>, work: impl FnOnce(&mut State) -> T) -> Result<T> {
        let fault = {
            let mut state = self.state();
            state.calls += 1;
            let call = state.calls;
            if let Some(new) = new {
                state.sent.push(new.clone());
                state.changes_at.push(call);
            }
            let fits = |plan: &Plan| call == plan.at || plan.lasting && call > plan.at;
            state.plan.filter(fits).map(|plan| plan.fault)
        };
        let unknown = |otherwise| if new.is_some() { ErrorKind::OutcomeUnknown } else { otherwise };
        match fault {
            None => Ok(work(&mut self.state())),
            Some(Fault::Offline) => Err(ErrorKind::Offline.into()),
            Some(Fault::Busy) => Err(ErrorKind::ServerTrouble.into()),
            Some(Fault::ResetBefore) => Err(unknown(ErrorKind::Offline).into()),
            Some(Fault::ResetAfter) => {
                work(&mut self.state());
                Err(unknown(ErrorKind::Offline).into())
            }
            Some(Fault::ErrorAfter) => {
                work(&mut self.state());
                Err(unknown(ErrorKind::ServerTrouble).into())
            }
            Some(Fault::Late) => match new {
                // Only what changes something is ever late: what lasts lets the rest through.
                None => Ok(work(&mut self.state())),
                Some(new) => {
                    self.state().late = Some(new.clone());
                    Err(ErrorKind::OutcomeUnknown.into())
                }
            },
            Some(Fault::KilledBefore) => self.kill().await,
            Some(Fault::KilledAfter) => {
                work(&mut self.state());
                self.kill().await
            }
        }
    }

    async fn kill<T>(&self) -> T {
        self.killed.notify_one();
        pending().await
    }
}

#[async_trait]
impl Provider for Server {
    fn about(&self) -> &About {
        &self.about
    }

    async fn begin(&self, intent: Intent) -> Result<(Box<dyn Exchange>, Challenge)> {
        let (talk, challenge) = match intent {
            Intent::SignIn { .. } => (Talk::SignIn, Challenge::Password { current: false }),
            Intent::Recover { .. } => (Talk::Recover, Challenge::Code(ask(CodePurpose::Recovery))),
            Intent::ChangePassword { .. } => (Talk::Current, Challenge::Password { current: true }),
            Intent::SignUp { .. }
            | Intent::Pair
            | Intent::LinkPhone { .. }
            | Intent::ChangeRecovery { .. }
            | Intent::Guided { .. } => {
                return Err(ErrorKind::Unsupported.into());
            }
        };
        self.call(None, |_| ()).await?;
        Ok((Box::new(Conversation { server: self.clone(), talk }), challenge))
    }

    async fn sessions(&self, _: &mut Session) -> Result<Vec<Device>> {
        Err(ErrorKind::Unsupported.into())
    }

    async fn end_session(&self, _: &mut Session, _: Which, _: Option<&Secret>) -> Result<Option<u32>> {
        Err(ErrorKind::Unsupported.into())
    }

    async fn check(&self, _: &mut Session) -> Result<()> {
        Err(ErrorKind::Unsupported.into())
    }

    async fn reach(&self) -> Result<()> {
        self.call(None, |_| ()).await
    }
}

struct Conversation {
    server: Server,
    talk: Talk,
}

#[derive(Clone, Copy)]
enum Talk {
    SignIn,
    SecondFactor,
    Recover,
    Current,
    /// With a session at the end, or without one.
    New {
        session: bool,
    },
    Over,
}

#[async_trait]
impl Exchange for Conversation {
    async fn answer(&mut self, answer: Answer) -> Result<Step> {
        let (server, talk, rules) = (self.server.clone(), self.talk, self.server.about.rules);
        let factor = server.second_factor;
        let new = match &answer {
            Answer::NewPassword(new) => Some(new.clone()),
            _ => None,
        };
        let (next, step) = server
            .call(new.as_ref(), |state| match (talk, answer) {
                (Talk::SignIn, Answer::Password(password)) if password == state.password && factor => {
                    (Talk::SecondFactor, Step::Ask(Challenge::Code(ask(CodePurpose::SecondFactor)), None))
                }
                (Talk::SignIn, Answer::Password(password)) if password == state.password => {
                    (Talk::Over, Step::Done(Outcome::SignedIn(session())))
                }
                (Talk::SignIn, Answer::Password(_)) => {
                    let wrong = Some(Problem::WrongPassword);
                    (Talk::SignIn, Step::Ask(Challenge::Password { current: false }, wrong))
                }
                (Talk::SecondFactor, Answer::Code(code)) if code.expose() == SECOND_FACTOR => {
                    (Talk::Over, Step::Done(Outcome::SignedIn(session())))
                }
                (Talk::Recover, Answer::Code(code)) if code.expose() == RECOVERY_CODE => {
                    (Talk::New { session: false }, Step::Ask(Challenge::NewPassword(rules), None))
                }
                (Talk::Current, Answer::Password(password)) if password == state.password => {
                    (Talk::New { session: !factor }, Step::Ask(Challenge::NewPassword(rules), None))
                }
                (Talk::New { session: given }, Answer::NewPassword(new)) => {
                    state.password = new;
                    let session = given.then(session);
                    (Talk::Over, Step::Done(Outcome::PasswordChanged { session, sessions_ended: None }))
                }
                (_, answer) => unreachable!("nobody would answer {answer:?}"),
            })
            .await?;
        self.talk = next;
        Ok(step)
    }
}

pub fn session() -> Session {
    Session::new(Secret::new("token"), None)
}

fn ask(purpose: CodePurpose) -> CodeAsk {
    CodeAsk {
        purpose,
        way: if purpose == CodePurpose::Recovery { Way::MailCode } else { Way::Authenticator },
        sent_to: None,
        shape: CodeShape::Digits(if purpose == CodePurpose::Recovery { 8 } else { 6 }),
        sent_at: None,
        valid_until: None,
        resend_at: None,
        other_ways: vec![],
        may_be_opened: false,
    }
}
