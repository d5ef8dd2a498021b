//! Our side of a conversation: the exchange with the provider, the rules for passwords, and the credential that is
//! staged before it is sent and saved when it is proven.

use std::sync::Arc;
use std::time::SystemTime;

use crate::account::{Account, AccountState, Accounts};
use crate::clock::{Clock, Random};
use crate::entropy::Entropy;
use crate::error::{Error, ErrorKind, Result};
use crate::generate::{self, Recipe};
use crate::provider::{
    Addresses, Answer, Challenge, CodeAsk, ConfirmAsk, Exchange, GuideAsk, Intent, Outcome, Paired,
    PasswordRules, Phone, Problem, Provider, QrAsk, RecoverySettings, Session, SetUpAsk, SettingChange,
    SettingChanged, ShowAsk, Step, WaitAsk, Way, WeakReason,
};
use crate::recovery_codes::{self, RecoveryCodes};
use crate::rules::Verdict;
use crate::secret::Secret;
use crate::store::{CredentialStore, PastId, Why};
use crate::strength::{self, Context, Strength};

mod change;
mod guided;
mod pairing;
mod settings;

/// What every conversation stands on.
#[derive(Clone)]
pub struct Deps {
    pub accounts: Arc<Accounts>,
    pub store: Arc<dyn CredentialStore>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
}

/// Why the person began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    SignIn,
    Recover,
    /// Making an account; its identifier is an e-mail address.
    SignUp,
    ChangePassword,
    /// Signing in here by a phone.
    Pair,
    /// Signing a phone in from here.
    LinkPhone,
    /// Changing what gets the person back in at the server.
    ChangeRecovery(SettingChange),
}

/// The current question, or the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    Password {
        current: bool,
        /// The store holds one that can be used without typing it.
        saved: bool,
    },
    Code(CodeAsk),
    NewPassword {
        rules: PasswordRules,
        /// The last answer was lost: the change may or may not have happened.
        unknown: bool,
    },
    ScanQr(QrAsk),
    ConfirmCode(ConfirmAsk),
    WaitForPhone(WaitAsk),
    ConfirmAccount {
        paired: Paired,
        /// It is in the list already, and goes on there.
        listed: bool,
    },
    ShowCode(ShowAsk),
    AllowPhone {
        phone: Phone,
        /// The store holds a password that can be used without typing it.
        saved: bool,
    },
    /// An authenticator is handed out: its first code is asked for, or it is kept here.
    SetUpAuthenticator(SetUpAsk),
    /// Which of the account's addresses gets the code.
    ChooseAddress(Addresses),
    /// The whole address behind this mask.
    ConfirmAddress {
        masked: String,
    },
    /// A step of a guide, done in a browser.
    Guide(Box<GuideAsk>),
    /// The new password is set on the site's page: has the site taken it?
    SetPassword(Box<GuideAsk>),
    Done(Finish),
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finish {
    pub what: Done,
    pub at: SystemTime,
    /// An earlier password is in the history.
    pub old_kept: bool,
    pub sessions_ended: Option<u32>,
    pub mailbox: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    SignedIn,
    /// The account was made.
    SignedUp,
    PasswordChanged,
    /// The answer of an earlier change was lost; signing in has shown that the new password holds.
    ChangeConfirmed,
    /// By a phone: no password was asked for.
    Paired,
    PhoneLinked,
    RecoveryChanged(SettingChanged),
}

/// What the person gave.
#[derive(Debug, Clone)]
pub enum Given {
    Password(Secret),
    /// Use what the store holds: what was sent and never answered first, then the current one.
    Saved,
    Code(Secret),
    /// The authenticator that is handed out is to be kept here, and confirms itself.
    Keep,
    /// The mailed link was opened in a browser.
    Opened,
    NewPassword {
        password: Secret,
        repeat: Secret,
    },
    /// Use what [`Flow::generate`] made last.
    Generated,
    Resend,
    OtherWay(Way),
    /// One of the addresses, by its place.
    Address(usize),
    /// The address in full.
    WholeAddress(String),
    /// Find out what became of a change whose answer was lost.
    FindOut,
    /// Nothing to give but time: the answer comes once something is different.
    Wait,
    Yes,
    No,
    /// To the step before.
    StepBack,
    /// To the first step.
    StartOver,
}

/// One conversation.
pub struct Flow {
    deps: Deps,
    provider: Arc<dyn Provider>,
    account: Account,
    /// What the recovery was asked for with, where that is not the identifier.
    mailbox: Option<String>,
    /// State of the account before a change was sent.
    before: AccountState,
    purpose: Purpose,
    exchange: Box<dyn Exchange>,
    question: Question,
    problem: Option<Problem>,
    /// The new password of this conversation, durable in the store.
    candidate: Option<Candidate>,
    /// The candidate was answered with another question: send it again once that is answered.
    resubmit: bool,
    /// The password that the running sign-in is trying.
    trying: Option<Trying>,
    /// Saved passwords that a site did not let the person in with, as they say.
    refused: Vec<Secret>,
    /// The authenticator that is handed out is kept, and the server has not taken its code yet.
    unconfirmed: bool,
    /// What is still to be written after the server said yes; tried first at every answer.
    unsaved: Option<Unsaved>,
}

#[derive(Clone)]
struct Candidate {
    id: PastId,
    password: Secret,
    sent: bool,
    unknown: bool,
    /// Its answer was lost once: a server that is slow may still take it, whatever signing in has shown since.
    lost: bool,
}

#[derive(Clone)]
struct Trying {
    password: Secret,
    /// What the end is called if it opens.
    done: Done,
    sessions_ended: Option<u32>,
}

/// The end of a conversation, before it is in the store.
#[derive(Clone)]
enum Unsaved {
    /// A password that opened the account.
    Password { trying: Trying, session: Option<Session> },
    /// An account that was made, with codes that are shown only once.
    SignedUp { trying: Trying, session: Session, codes: Vec<Secret> },
    /// A session that a phone gave.
    Paired(Session),
    /// What gets the person back in was changed; new codes are shown only once.
    Recovery { settings: Option<RecoverySettings>, codes: Vec<Secret> },
}

impl Flow {
    /// Starts a conversation for an account, which need not be in the list yet.
    pub async fn begin(
        deps: Deps,
        provider: Arc<dyn Provider>,
        account: Account,
        purpose: Purpose,
    ) -> Result<Self> {
        let mut account = account;
        // A mailbox that was typed for this recovery is remembered once it has led into this account.
        let known = deps.accounts.get(&account.id).and_then(|known| known.recover_as);
        let mailbox = std::mem::replace(&mut account.recover_as, known);
        let identifier = account.identifier.clone();
        let guided = provider.about().abilities.guided;
        let intent = match &purpose {
            _ if guided => guided::intent(&deps, &account, &purpose).await?,
            Purpose::SignIn => Intent::SignIn { identifier },
            Purpose::Recover => Intent::Recover { identifier: mailbox.clone().unwrap_or(identifier) },
            Purpose::SignUp => Intent::SignUp { address: identifier },
            Purpose::ChangePassword => {
                let session = deps.store.session(&account.id).await?;
                Intent::ChangePassword { session: session.ok_or(ErrorKind::SignedOut)? }
            }
            Purpose::Pair => Intent::Pair,
            Purpose::LinkPhone => {
                let session = deps.store.session(&account.id).await?;
                Intent::LinkPhone { session: session.ok_or(ErrorKind::SignedOut)? }
            }
            Purpose::ChangeRecovery(change) => {
                let session = deps.store.session(&account.id).await?.ok_or(ErrorKind::SignedOut)?;
                Intent::ChangeRecovery { session, change: change.clone() }
            }
        };
        let (exchange, challenge) = provider.begin(intent).await?;
        let mut flow = Self {
            deps,
            provider,
            before: account.state,
            account,
            mailbox,
            purpose,
            exchange,
            question: Question::Password { current: false, saved: false },
            problem: None,
            candidate: None,
            resubmit: false,
            trying: None,
            refused: Vec::new(),
            unconfirmed: false,
            unsaved: None,
        };
        flow.ask(challenge, None).await?;
        if guided {
            flow.take_up().await?;
        }
        if let Question::Password { current: true, saved: true } = flow.question {
            flow.answer(Given::Saved).await?;
        }
        Ok(flow)
    }

    pub fn account(&self) -> &Account {
        &self.account
    }

    pub fn provider(&self) -> &Arc<dyn Provider> {
        &self.provider
    }

    pub fn purpose(&self) -> &Purpose {
        &self.purpose
    }

    pub fn question(&self) -> &Question {
        &self.question
    }

    pub fn problem(&self) -> Option<&Problem> {
        self.problem.as_ref()
    }

    /// Takes an answer to the current question. After an error the question stands, but for those kinds that
    /// [end the flow](ErrorKind::ends_flow).
    pub async fn answer(&mut self, given: Given) -> Result<()> {
        let result = self.take(given).await;
        self.note_progress()?;
        // At the end a newer session than the renewed one is saved already.
        if !matches!(self.question, Question::Done(_))
            && let Some(session) = self.exchange.renewed().cloned()
            && let Err(error) = self.deps.store.save_session(&self.account.id, &session).await
        {
            tracing::warn!(%error, "a renewed session could not be saved: it will be asked for again");
        }
        if let Err(error) = &result
            && error.kind() == ErrorKind::SignedOut
        {
            self.deps.store.clear_session(&self.account.id).await?;
            self.note(AccountState::SignedOut)?;
        }
        result
    }

    async fn take(&mut self, given: Given) -> Result<()> {
        if let Some(unsaved) = self.unsaved.clone() {
            return self.save(unsaved).await;
        }
        match (&self.question, given) {
            (Question::Password { current: false, .. }, Given::Password(password)) => {
                let trying = self.typed(password).await;
                self.try_password(trying).await.map(|_| ())
            }
            (Question::Password { current: false, .. }, Given::Saved) => self.try_saved().await,
            (Question::Password { current: true, .. }, Given::Password(password)) => {
                self.pass_on(Answer::Password(password)).await
            }
            (Question::Password { current: true, .. }, Given::Saved) => {
                let current =
                    self.deps.store.current(&self.account.id).await?.ok_or(ErrorKind::Unsupported)?;
                self.pass_on(Answer::Password(current.password)).await
            }
            (Question::Code(ask), Given::Code(code)) => {
                let saved = ask.way == Way::RecoveryCode;
                self.pass_on(Answer::Code(code.clone())).await?;
                if saved && self.problem.is_none() {
                    self.cross_off(&code).await;
                }
                Ok(())
            }
            (Question::Code(ask), Given::Opened) if ask.may_be_opened => self.pass_on(Answer::Opened).await,
            (Question::Code(ask), Given::Resend) => {
                // The server is not asked before its time: a refusal may count against the person.
                let wait = ask.resend_at.ok_or(ErrorKind::Unsupported)?.duration_since(self.deps.clock.now());
                match wait {
                    Ok(wait) if !wait.is_zero() => {
                        self.problem = Some(Problem::TooSoon { wait });
                        Ok(())
                    }
                    _ => self.pass_on(Answer::Resend).await,
                }
            }
            (Question::Code(_) | Question::ConfirmAddress { .. }, Given::OtherWay(way)) => {
                self.pass_on(Answer::OtherWay(way)).await
            }
            (Question::ChooseAddress(_), Given::Address(place)) => self.pass_on(Answer::Address(place)).await,
            (Question::ConfirmAddress { .. }, Given::WholeAddress(address)) => {
                self.pass_on(Answer::WholeAddress(address)).await
            }
            (Question::NewPassword { rules, .. }, Given::NewPassword { password, repeat }) => {
                let rules = *rules;
                self.typed_new(password, &repeat, rules).await
            }
            (Question::NewPassword { .. }, Given::Generated) => self.send_candidate().await,
            (Question::NewPassword { unknown: true, .. }, Given::FindOut) => self.find_out().await,
            (
                Question::ScanQr(_)
                | Question::ConfirmCode(_)
                | Question::WaitForPhone(_)
                | Question::ShowCode(_),
                Given::Wait,
            ) => self.pass_on(Answer::Wait).await,
            (Question::ConfirmCode(_), Given::Code(code)) => self.pass_on(Answer::Code(code)).await,
            (Question::ConfirmAccount { .. }, Given::Yes) => self.pass_on(Answer::Yes).await,
            (Question::AllowPhone { .. }, Given::Password(password)) => {
                self.pass_on(Answer::Password(password)).await
            }
            (Question::AllowPhone { .. }, Given::Saved) => self.allow_with_saved().await,
            (Question::SetUpAuthenticator(_), Given::Code(code)) => self.pass_on(Answer::Code(code)).await,
            (Question::SetUpAuthenticator(ask), Given::Keep) => {
                let ask = ask.clone();
                self.keep(ask).await
            }
            (Question::Guide(_) | Question::SetPassword(_), given) => self.walk(given).await,
            _ => Err(ErrorKind::Unsupported.into()),
        }
    }

    /// Measures a password that is being typed.
    pub fn measure(&self, password: &Secret) -> Strength {
        strength::measure(password, self.rules(), &self.context())
    }

    fn rules(&self) -> PasswordRules {
        match &self.question {
            Question::NewPassword { rules, .. } => *rules,
            _ => self.provider.about().rules,
        }
    }

    /// Makes a new password and stages it: it is durable before it is shown.
    pub async fn generate(&mut self, recipe: Recipe) -> Result<Secret> {
        let Question::NewPassword { rules, .. } = self.question else {
            return Err(ErrorKind::Unsupported.into());
        };
        let password = generate::password(recipe, rules, &self.context(), &*self.deps.random);
        self.stage(password.clone()).await?;
        Ok(password)
    }

    /// How many guesses a password of that recipe is worth here.
    pub fn entropy(&self, recipe: Recipe) -> Entropy {
        generate::entropy(recipe, &self.rules())
    }

    /// How good a password the server lets people have.
    pub fn verdict(&self) -> Verdict {
        self.rules().verdict()
    }

    /// The password that was generated or typed last, or is being tried on a site's page: to copy it.
    pub fn candidate(&self) -> Option<&Secret> {
        let tried = self.trying.as_ref().filter(|_| matches!(self.question, Question::Guide(_)));
        let made = self.candidate.as_ref().map(|candidate| &candidate.password);
        made.or(tried.map(|trying| &trying.password))
    }

    /// Ends the conversation. What was made and never sent goes to the history; what may have reached the server stays
    /// staged, to be tried at the next sign-in. The server is told where it would go on by itself.
    pub async fn cancel(mut self) -> Result<()> {
        if !matches!(self.question, Question::Done(_)) {
            self.exchange.abandon().await;
            self.forget_unconfirmed().await?;
        }
        match &self.candidate {
            Some(candidate) if self.unsaved.is_none() && !candidate.unknown && !candidate.lost => {
                let why = if candidate.sent { Why::NotAccepted } else { Why::NotUsed };
                self.deps.store.discard(&self.account.id, &candidate.id, why, self.deps.clock.now()).await
            }
            _ => Ok(()),
        }
    }

    fn context(&self) -> Context<'_> {
        Context { identifier: &self.account.identifier, server: &self.account.name }
    }

    /// A saved recovery code that was taken is used up, and the list that is kept here says so.
    async fn cross_off(&self, code: &Secret) {
        let now = self.deps.clock.now();
        let cross = |codes: &mut RecoveryCodes| codes.cross_off_typed(code, now);
        if let Err(error) = recovery_codes::change(&*self.deps.store, &self.account.id, cross).await {
            tracing::warn!(%error, "a used code could not be crossed off");
        }
    }

    async fn pass_on(&mut self, answer: Answer) -> Result<()> {
        let step = self.exchange.answer(answer).await?;
        self.step(step).await
    }

    async fn step(&mut self, step: Step) -> Result<()> {
        match step {
            Step::Ask(challenge, problem) => {
                self.ask(challenge, problem).await?;
                match self.question {
                    Question::NewPassword { .. } if self.resubmit && self.problem.is_none() => {
                        self.resubmit = false;
                        // One level of recursion: the resubmitted answer clears the flag before it is sent.
                        Box::pin(self.send_candidate()).await
                    }
                    _ => Ok(()),
                }
            }
            Step::Done(outcome) => self.done(outcome).await,
        }
    }

    async fn ask(&mut self, challenge: Challenge, problem: Option<Problem>) -> Result<()> {
        self.question = match challenge {
            Challenge::Password { current } => {
                let store = &self.deps.store;
                // A store that is locked now may be open when the person answers: the question can be drawn anyway.
                let saved = match store.current(&self.account.id).await {
                    // What was sent and never answered may open the account; it does not prove to be the current one.
                    Ok(known) => known.is_some() || !current && self.is_in_the_air().await,
                    Err(error) => {
                        tracing::info!(%error, "the store was not asked for a saved password");
                        false
                    }
                };
                Question::Password { current, saved }
            }
            Challenge::Code(ask) => Question::Code(ask),
            Challenge::NewPassword(rules) => Question::NewPassword { rules, unknown: false },
            Challenge::ScanQr(ask) => Question::ScanQr(ask),
            Challenge::ConfirmCode(ask) => Question::ConfirmCode(ask),
            Challenge::WaitForPhone(ask) => Question::WaitForPhone(ask),
            Challenge::ConfirmAccount(paired) => self.recognise(paired)?,
            Challenge::ShowCode(ask) => Question::ShowCode(ask),
            Challenge::AllowPhone(phone) => Question::AllowPhone { phone, saved: self.has_saved().await },
            Challenge::SetUpAuthenticator(ask) => Question::SetUpAuthenticator(ask),
            Challenge::ChooseAddress(addresses) => Question::ChooseAddress(addresses),
            Challenge::ConfirmAddress { masked } => Question::ConfirmAddress { masked },
            Challenge::Guide(ask) => Question::Guide(ask),
            Challenge::SetPassword(ask) => Question::SetPassword(ask),
        };
        self.problem = problem;
        Ok(())
    }

    async fn is_in_the_air(&self) -> bool {
        let staged = self.deps.store.staged(&self.account.id).await;
        staged.is_ok_and(|staged| staged.iter().any(|staged| staged.sent))
    }

    async fn done(&mut self, outcome: Outcome) -> Result<()> {
        match outcome {
            Outcome::SignedIn(session) if self.purpose == Purpose::Pair => {
                self.save(Unsaved::Paired(session)).await
            }
            Outcome::SignedUp { session, recovery_codes: codes } => {
                let trying = self.trying_candidate(Done::SignedUp, None)?;
                self.save(Unsaved::SignedUp { trying, session, codes }).await
            }
            Outcome::PhoneLinked(_) => self.linked(),
            Outcome::RecoveryChanged { settings, recovery_codes: codes } => {
                self.save(Unsaved::Recovery { settings, codes }).await
            }
            Outcome::Entered => self.entered().await,
            Outcome::SignedIn(session) => {
                let trying = self.trying.clone().ok_or(ErrorKind::Bug)?;
                self.save(Unsaved::Password { trying, session: Some(session) }).await
            }
            Outcome::PasswordChanged { session, sessions_ended } => {
                let trying = self.trying_candidate(Done::PasswordChanged, sessions_ended)?;
                match session {
                    // Nobody can be asked but the person, who has said so.
                    None if self.provider.about().abilities.guided => {
                        self.save(Unsaved::Password { trying, session }).await
                    }
                    Some(_) => self.save(Unsaved::Password { trying, session }).await,
                    None => Box::pin(self.prove(trying)).await,
                }
            }
        }
    }

    /// Puts the account into the list, or brings its line up to date.
    fn note(&mut self, state: AccountState) -> Result<()> {
        self.account.state = state;
        self.deps.accounts.put(self.account.clone())
    }
}

impl From<PasswordRules> for Question {
    fn from(rules: PasswordRules) -> Self {
        Self::NewPassword { rules, unknown: false }
    }
}
