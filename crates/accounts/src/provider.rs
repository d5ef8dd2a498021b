//! A provider asks, a person answers, until there is an outcome.

use std::fmt;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;

use crate::error::{ErrorKind, Result};
use crate::guide::Route;
use crate::identifier;
use crate::secret::Secret;

pub mod allauth;
pub mod atproto;
pub mod better_auth;
mod code;
#[cfg(any(test, feature = "testing"))]
pub mod conformance;
mod desk;
mod dpop;
mod finding;
pub mod gotrue;
pub mod guide;
pub mod kratos;
pub mod matrix;
#[cfg(any(test, feature = "testing"))]
pub mod memory;
mod pairing;
mod public_key;
pub mod recovery_server;
mod registry;
mod settings;
mod with_current;

pub use desk::Desk;
pub use guide::{FoundPage, GuideAsk, Progress};
pub use public_key::{KeyProblem, PublicKey};
pub use registry::{Found, Kind, Providers, Server};
pub use settings::{RecoveryAddress, RecoverySettings, Revocable, SetUpAsk, SettingChange, SettingChanged};

pub use crate::rules::{Charset, Needs, PasswordRules};

/// An account server that Regain can talk to.
#[async_trait]
pub trait Provider: Send + Sync {
    /// Name, abilities and limits, known since the server was found.
    fn about(&self) -> &About;

    /// Starts a conversation. Errors leave nothing behind on our side.
    async fn begin(&self, intent: Intent) -> Result<(Box<dyn Exchange>, Challenge)>;

    /// Where the account is signed in. The session may be renewed: the caller saves it, after an error too.
    async fn sessions(&self, session: &mut Session) -> Result<Vec<Device>>;

    /// Ends sessions, and says how many other ones ended where the server tells.
    ///
    /// Some servers want the password again: without `proof` they answer `ProveAgain`.
    async fn end_session(
        &self,
        session: &mut Session,
        which: Which,
        proof: Option<&Secret>,
    ) -> Result<Option<u32>>;

    /// What gets the person back in there. The session may be renewed, as above.
    async fn recovery_settings(&self, _: &mut Session) -> Result<RecoverySettings> {
        Err(ErrorKind::Unsupported.into())
    }

    /// Whether the session still holds; renewed where it had run out. `SignedOut` when it has ended.
    async fn check(&self, session: &mut Session) -> Result<()>;

    /// Whether the server answers at all, without saying anything about an account.
    async fn reach(&self) -> Result<()>;
}

/// One running conversation; its ticket, cookies and ids are private to it.
///
/// An exchange changes its own state only after its last `await`, so that a cancelled answer never half-happened.
#[async_trait]
pub trait Exchange: Send + Sync {
    async fn answer(&mut self, answer: Answer) -> Result<Step>;

    /// The session, if the conversation renewed it; to be saved after every answer, after an error too.
    fn renewed(&self) -> Option<&Session> {
        None
    }

    /// How far the person has come, where the conversation can be gone on with in another one.
    fn progress(&self) -> Option<&Progress> {
        None
    }

    /// Tells the server that the person has left, where it would go on by itself otherwise.
    async fn abandon(&mut self) {}
}

/// What a server is called, can do and asks for.
#[derive(Debug, Clone)]
pub struct About {
    pub name: String,
    /// Host, with its port where it has one of its own; to show.
    pub host: String,
    pub practice: bool,
    pub abilities: Abilities,
    pub rules: PasswordRules,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Abilities {
    pub recover: bool,
    /// Recovery is asked for with the account's e-mail address; its other identifiers do not do.
    pub recover_by_mailbox: bool,
    /// Without it, changing a password asks for a mailed code instead of the current one.
    pub change_with_current: bool,
    /// Sessions are listed, and others can be ended.
    pub sessions: bool,
    /// What a session is good for that a phone gave; `None`: there is no signing in by phone.
    pub pair: Option<Reach>,
    /// A phone's browser can be signed in from here.
    pub link_phone: bool,
    /// The person does it in a browser, led by a guide: nobody can be asked but them, and there are no sessions.
    pub guided: bool,
    /// Anybody may make an account.
    pub sign_up: bool,
    /// Addresses, authenticator and saved codes are seen and changed from here.
    pub recovery_settings: bool,
}

/// How far a session reaches that a phone gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Everything that a session can do.
    Full,
    /// It says who somebody is, and opens nothing: the password is asked for before anything is seen or changed.
    IdentityOnly,
    /// It signs the browser in, and nothing here.
    Browser,
}

impl Abilities {
    /// What our own server can do.
    pub const ALL: Self = Self {
        recover: true,
        recover_by_mailbox: false,
        change_with_current: true,
        sessions: true,
        pair: Some(Reach::Full),
        link_phone: true,
        guided: false,
        sign_up: false,
        recovery_settings: true,
    };
}

/// Why a conversation was begun.
#[derive(Debug, Clone)]
pub enum Intent {
    SignIn {
        identifier: String,
    },
    Recover {
        identifier: String,
    },
    /// Making an account, whose address gets a code first.
    SignUp {
        address: String,
    },
    ChangePassword {
        session: Session,
    },
    /// Signing in here by a phone that is signed in.
    Pair,
    /// Signing a phone's browser in from here.
    LinkPhone {
        session: Session,
    },
    /// Changing what gets the person back in.
    ChangeRecovery {
        session: Session,
        change: SettingChange,
    },
    /// Something at a site that only the person can talk to, from the beginning or from where they left.
    Guided {
        route: Route,
        from: Option<Progress>,
    },
}

/// What is asked now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Challenge {
    /// The password of the account; with `current`, to change it.
    Password {
        current: bool,
    },
    Code(CodeAsk),
    NewPassword(PasswordRules),
    /// Shown until the phone has scanned it; the answer is [`Answer::Wait`].
    ScanQr(QrAsk),
    /// The digits that the phone shows.
    ConfirmCode(ConfirmAsk),
    /// The phone is to say yes; the answer is [`Answer::Wait`].
    WaitForPhone(WaitAsk),
    /// Nothing is kept before the person has seen whose session it is; the answer is [`Answer::Yes`].
    ConfirmAccount(Paired),
    /// Digits that the person types on the phone; the answer is [`Answer::Wait`].
    ShowCode(ShowAsk),
    /// Whether that phone may be signed in; the answer is the account's password.
    AllowPhone(Phone),
    /// An authenticator is handed out; the answer is its first code.
    SetUpAuthenticator(SetUpAsk),
    /// Which of the account's addresses gets the code.
    ChooseAddress(Addresses),
    /// The whole address behind this mask: nobody is written to who is only guessed at.
    ConfirmAddress {
        masked: String,
    },
    /// A step of a guide, done in a browser; the answers are [`Answer::Yes`], [`Answer::No`] where it may fail,
    /// [`Answer::StepBack`], [`Answer::StartOver`], and [`Answer::Resend`] where a code is waited for.
    Guide(Box<GuideAsk>),
    /// The new password is set on the site's page; the answer is whether the site has taken it.
    SetPassword(Box<GuideAsk>),
}

/// A QR code with its clocks. Two are never asked for at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QrAsk {
    /// What the picture says.
    pub link: String,
    /// The page for those who cannot scan, to be typed.
    pub address: String,
    /// What is typed there.
    pub letters: String,
    pub shown_at: SystemTime,
    /// When a new picture is asked for; `None`: this one lasts.
    pub renews_at: Option<SystemTime>,
    pub valid_until: SystemTime,
    /// A code is typed after the scan, so that nobody can pass off a QR code of their own.
    pub guarded: bool,
    pub who: QrFor,
}

/// Who is signed in by a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QrFor {
    ThisComputer,
    ThePhone,
}

/// Digits that are typed here and stand on the phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfirmAsk {
    pub digits: u8,
    pub scanned_at: SystemTime,
    pub valid_until: SystemTime,
    /// Known once a try was wrong.
    pub tries_left: Option<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitAsk {
    pub valid_until: SystemTime,
}

/// Whose session a phone gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paired {
    pub identifier: String,
    /// Masked address of its mailbox.
    pub mailbox: Option<String>,
    pub reach: Reach,
    /// Until then it may not change the password.
    pub weak_until: Option<SystemTime>,
}

/// Digits that stand here and are typed on the phone.
#[derive(Clone, PartialEq, Eq)]
pub struct ShowAsk {
    pub code: Secret,
    pub phone: Phone,
    pub valid_until: SystemTime,
}

impl fmt::Debug for ShowAsk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShowAsk").field("phone", &self.phone).finish_non_exhaustive()
    }
}

/// A phone, as its browser describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phone {
    pub name: String,
    pub network: Option<String>,
}

/// Addresses of an account, as far as the server shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    pub masked: Vec<String>,
    /// The one that the recovery was asked for with, where the masks tell.
    pub typed: Option<usize>,
}

/// A code that the person is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeAsk {
    pub purpose: CodePurpose,
    pub way: Way,
    /// Masked address; `None` where saying it would reveal something.
    pub sent_to: Option<String>,
    pub shape: CodeShape,
    pub sent_at: Option<SystemTime>,
    pub valid_until: Option<SystemTime>,
    /// From when a new code may be asked for; `None`: there is no new code this way.
    pub resend_at: Option<SystemTime>,
    pub other_ways: Vec<Way>,
    /// The mailed link may be opened in a browser instead of being pasted; then the answer is [`Answer::Opened`].
    pub may_be_opened: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodePurpose {
    Recovery,
    SecondFactor,
    /// Whose address it is that an account is made with.
    SignUp,
    /// Whose address it is that is to be one of the account's.
    NewAddress,
}

/// A way to prove who you are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    MailCode,
    MailLink,
    /// One of the codes that were printed beforehand.
    RecoveryCode,
    Authenticator,
    /// A code in a message to a telephone.
    TextCode,
    /// A code to another of the account's addresses: they are shown to choose from.
    OtherAddress,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeShape {
    /// That many decimal digits.
    Digits(u8),
    /// Letters and digits in groups, `XXXX-XXXX-…`.
    Groups { groups: u8, size: u8 },
    /// Whatever the mail says: this server does not tell the form of its codes.
    Any,
    /// A link, pasted whole.
    Link,
}

/// What the person gave.
#[derive(Debug, Clone)]
pub enum Answer {
    Password(Secret),
    Code(Secret),
    /// The mailed link was opened in a browser.
    Opened,
    NewPassword(Secret),
    /// A new code by the same way.
    Resend,
    OtherWay(Way),
    /// Nothing to give but time: answered once something is different, or with [`Problem::StillTrying`].
    Wait,
    Yes,
    No,
    /// To the step before.
    StepBack,
    /// To the first step.
    StartOver,
    /// One of [`Addresses`], by its place.
    Address(usize),
    /// The address in full.
    WholeAddress(String),
}

/// How the conversation goes on.
#[derive(Debug)]
pub enum Step {
    Ask(Challenge, Option<Problem>),
    Done(Outcome),
}

/// What the person can mend on this screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    WrongPassword,
    /// None of the saved passwords opens the account.
    NoPasswordFits,
    WrongCode,
    /// The mailed link has not been opened yet, or opens nothing any more.
    NotOpened,
    WeakPassword(Vec<WeakReason>),
    /// The two entries differ.
    Mismatch,
    TooSoon {
        wait: Duration,
    },
    /// A lost answer was found: the password was not changed.
    NotChanged,
    /// The server cannot be reached at the moment; waiting goes on.
    StillTrying,
    /// What was typed cannot stand behind the mask.
    NotThatAddress,
    /// The site did not take the new password, as the person says.
    NotTaken,
}

/// Why a password was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeakReason {
    TooShort {
        min: u16,
    },
    TooLong {
        max: u16,
    },
    Common,
    ContainsIdentifier,
    ContainsServer,
    Guessable,
    SameAsCurrent,
    NeedsDigit,
    NeedsLowercase,
    NeedsUppercase,
    NeedsSymbol,
    /// One of a set of the site's own.
    NeedsOneOf {
        set: Charset,
    },
    /// A character that the site does not take.
    NotAllowed {
        allowed: Charset,
    },
    /// The same character more than that often in a row.
    TooManyInARow {
        max: u8,
    },
}

/// How the conversation ended.
#[derive(Debug)]
pub enum Outcome {
    SignedIn(Session),
    /// The server says that the password is the new one; some give a session, most do not.
    PasswordChanged {
        session: Option<Session>,
        sessions_ended: Option<u32>,
    },
    /// The account was made, with a password and codes that the server shows only now.
    SignedUp {
        session: Session,
        recovery_codes: Vec<Secret>,
    },
    /// A phone's browser was signed in.
    PhoneLinked(Phone),
    /// What gets the person back in was changed.
    RecoveryChanged {
        /// As they are now, where the server tells.
        settings: Option<RecoverySettings>,
        /// New codes, which the server shows only now.
        recovery_codes: Vec<Secret>,
    },
    /// The site lets the person in, as they say; there is no session here.
    Entered,
}

/// A proof of being signed in; opaque to all but the provider that made it.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    state: Secret,
    /// Masked address of the account, where the server tells the signed-in person.
    pub mailbox: Option<String>,
    /// The address in full, where the server tells it: recovery is asked for with it.
    pub address: Option<String>,
}

impl Session {
    pub fn new(state: Secret, mailbox: Option<String>) -> Self {
        Self { state, mailbox, address: None }
    }

    /// A session of an account with this address, which is shown masked.
    pub fn of(state: Secret, address: Option<String>) -> Self {
        Self { state, mailbox: address.as_deref().map(identifier::masked), address }
    }

    /// The provider's own text; for providers and stores alone.
    pub fn state(&self) -> &Secret {
        &self.state
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Session")
    }
}

/// A place where the account is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    pub id: String,
    pub name: String,
    /// `None` where it was not used since it was made, or the server does not say.
    pub last_used: Option<SystemTime>,
    pub current: bool,
    pub network: Option<String>,
}

/// Which sessions to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// This one: signing out.
    This,
    One(String),
    AllOthers,
}
