//! Everything the web view may see or say: the only types of Regain that cross to it.
//!
//! Moments are Unix seconds (`u32`, good until 2106); spans are whole seconds. No type here can hold a token,
//! a ticket or a stored password; [`Revealed`] and [`Generated`] carry the one secret that the person asked to see.

use serde::{Deserialize, Serialize};
use specta::Type;

mod authenticator;
mod guide;
mod health;
mod made;
mod pairing;
mod recovery;
mod servers;
mod sites;
mod trouble;
mod vault;
mod ways;

pub use authenticator::*;
pub use guide::*;
pub use health::*;
pub use made::*;
pub use pairing::*;
pub use recovery::*;
pub use servers::*;
pub use sites::*;
pub use trouble::*;
pub use vault::*;
pub use ways::*;

/// What the window needs to draw its first screen.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Start {
    pub first_start: bool,
    pub settings: Settings,
    pub store: StoreView,
    pub system: System,
    pub version: String,
    /// Started with `--practice`: open the practice account's page first.
    pub practice: bool,
    pub vault: VaultView,
    /// Changes whose answer was lost, to be found out.
    pub in_the_air: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum System {
    Linux,
    Windows,
    MacOs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    pub theme: Theme,
    pub language: Language,
    pub store: StoreKind,
    /// Minutes without input until the window locks itself; 0 = never.
    pub lock_after_minutes: u16,
    /// Seconds until a copied secret leaves the clipboard, 10–120.
    pub clear_clipboard_seconds: u16,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: Theme::System,
            language: Language::System,
            store: StoreKind::Keychain,
            lock_after_minutes: 5,
            clear_clipboard_seconds: 30,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Theme {
    System,
    Light,
    Dark,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Language {
    System,
    En,
    Ru,
    De,
    Es,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum StoreKind {
    /// The operating system's keychain.
    Keychain,
    /// One encrypted file with a password of its own.
    Vault,
    /// Nothing is kept after Regain closes.
    Memory,
}

#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct StoreView {
    pub kind: StoreKind,
    pub state: StoreState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum StoreState {
    Ready,
    Locked,
    /// The person closed the keychain's own password prompt.
    Dismissed,
    /// There is no keychain service.
    Missing,
    /// The keychain works, but what Regain put there is gone.
    ItemMissing,
    /// Two items of the same name; nobody can tell which is right.
    Ambiguous,
    Broken,
}

/// One row of the accounts list.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AccountRow {
    pub id: String,
    pub name: String,
    pub identifier: String,
    /// Host (and port) of the account server.
    pub server: String,
    pub practice: bool,
    pub kind: ServerKind,
    pub state: AccountState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum AccountState {
    SignedIn,
    /// A password is saved, but there is no session.
    PasswordSaved,
    SignedOut,
    NoPasswordFits,
    /// A change was under way and its result is not known yet.
    InTheAir,
}

/// Without `Debug`: a draft may hold anything.
#[derive(Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AccountPage {
    pub account: AccountRow,
    pub signed_in_at: Option<u32>,
    pub password: Option<PasswordFacts>,
    /// Passwords that were made or sent but never proven; newest first.
    pub waiting: Vec<PastView>,
    /// Earlier passwords; newest first.
    pub history: Vec<PastView>,
    pub abilities: Abilities,
    /// Recovery is asked for with an e-mail address, and this account's is not known yet.
    pub asks_mailbox: bool,
    /// Masked address that gets the recovery code, where the server told us.
    pub mailbox: Option<String>,
    /// `None`: it cannot be read; asking for it says why.
    pub authenticator: Option<AuthenticatorView>,
    /// A note is kept; it is shown only when asked for.
    pub note: bool,
    /// Edits that were never saved.
    pub draft: Option<AccountDraft>,
    /// A guide that was begun and left.
    pub guide: Option<GuideLeft>,
}

#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PasswordFacts {
    pub changed_at: u32,
}

#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PastView {
    pub id: String,
    pub at: u32,
    pub why: Why,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Why {
    Replaced,
    NotAccepted,
    NotUsed,
    /// Made, saved, never sent.
    NotUsedYet,
    /// Sent; the answer was lost.
    Sent,
}

#[derive(Debug, Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Target {
    Account { id: String },
    Server { address: String, server: ServerKind },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum IntentKind {
    SignIn,
    Recover,
    /// Making an account.
    SignUp,
    ChangePassword,
    /// Signing in here by a phone.
    Pair,
    /// Signing a phone in from here.
    LinkPhone,
    /// Changing what gets the person back in at the server.
    ChangeRecovery,
}

#[derive(Debug, Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct BeginForm {
    pub target: Target,
    pub intent: IntentKind,
    /// Required for a new account; an account that is listed knows its own.
    pub identifier: Option<String>,
    /// Required for [`IntentKind::ChangeRecovery`].
    pub change: Option<SettingChange>,
}

/// The current question: the view is the route.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct View {
    pub flow: u32,
    pub intent: IntentKind,
    /// Of [`IntentKind::ChangeRecovery`].
    pub change: Option<SettingChanged>,
    pub server: ServerView,
    pub identifier: String,
    pub question: Question,
    pub problem: Option<ProblemView>,
}

#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Question {
    #[serde(rename_all = "camelCase")]
    Password {
        purpose: PasswordPurpose,
        saved: bool,
    },
    Code(CodeView),
    NewPassword(NewPasswordView),
    ScanQr(QrView),
    ConfirmCode(ConfirmView),
    #[serde(rename_all = "camelCase")]
    WaitForPhone {
        valid_until: u32,
    },
    ConfirmAccount(PairedView),
    ShowCode(ShowCodeView),
    AllowPhone(AllowPhoneView),
    SetUpAuthenticator(SetUpView),
    ChooseAddress(AddressesView),
    ConfirmAddress {
        masked: String,
    },
    /// A step of a guide, done in a browser.
    Guide(GuideView),
    /// The new password is set on the site's page: has the site taken it?
    SetPassword(GuideView),
    Done(DoneView),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum PasswordPurpose {
    SignIn,
    /// The current password, to change it.
    Current,
}

#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CodeView {
    pub purpose: CodePurpose,
    pub way: Way,
    /// Masked address; `None` where saying it would reveal something.
    pub sent_to: Option<String>,
    pub shape: CodeShape,
    pub sent_at: Option<u32>,
    pub valid_until: Option<u32>,
    /// Seconds until a new code may be asked for; `None`: there is no new code this way.
    pub resend_in: Option<u32>,
    pub other_ways: Vec<Way>,
    /// The mailed link may be opened in a browser instead of being pasted.
    pub may_be_opened: bool,
    /// The account's authenticator is kept here, and can give the code.
    pub kept: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum CodePurpose {
    Recovery,
    SecondFactor,
    SignUp,
    /// Whose address it is that is to be one of the account's.
    NewAddress,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Way {
    MailCode,
    MailLink,
    RecoveryCode,
    Authenticator,
    TextCode,
    OtherAddress,
}

#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum CodeShape {
    /// That many decimal digits, in cells.
    Digits { length: u8 },
    /// Letters and digits in groups, `XXXX-XXXX-XXXX-XXXX`.
    Groups { groups: u8, size: u8 },
    /// Whatever the mail says, in one field.
    Any,
    /// A link, pasted whole.
    Link,
}

#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct NewPasswordView {
    pub min_length: u16,
    pub max_length: u16,
    /// Set when the last answer was lost: the change may or may not have happened.
    pub unknown: bool,
}

#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DoneView {
    pub account: String,
    pub what: Done,
    pub store: StoreKind,
    pub saved_at: u32,
    pub old_kept: bool,
    /// Other sessions that were ended, where the server says.
    pub sessions_ended: Option<u32>,
    /// Masked address that gets a notice, where known.
    pub notice_to: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Done {
    SignedIn,
    SignedUp,
    PasswordChanged,
    /// The answer of an earlier try was lost; signing in has shown that the new password holds.
    ChangeConfirmed,
    /// By a phone, without a password.
    Paired,
    PhoneLinked,
    /// What, [`View::change`] says.
    RecoveryChanged,
}

/// What the person gave; without `Debug`, because it holds what was typed.
#[derive(Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum AnswerForm {
    Password {
        password: String,
    },
    /// Use the password that is in the store; it never comes to the web view.
    Saved,
    Code {
        code: String,
    },
    /// The code of the authenticator that is kept; it never comes to the web view.
    Kept,
    /// The authenticator that is handed out is kept here, and confirms itself.
    Keep,
    /// The mailed link was opened in a browser.
    Opened,
    /// A typed one, twice.
    NewPassword {
        password: String,
        repeat: String,
    },
    /// The one that [`Generated`] showed last.
    UseGenerated,
    Resend,
    OtherWay {
        way: Way,
    },
    /// One of the addresses, by its place.
    Address {
        place: u32,
    },
    WholeAddress {
        address: String,
    },
    /// Find out what became of a change whose answer was lost.
    FindOut,
    /// Nothing to give but time: answered once something is different. It may take minutes.
    Wait,
    Yes,
    No,
    /// To the step before.
    StepBack,
    /// To the first step.
    StartOver,
}

#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct IdentifierCheck {
    /// Holds something that could be an identifier.
    pub plausible: bool,
    /// It is the address of a mailbox.
    pub mailbox: bool,
    /// "Did you mean …?"
    pub suggestion: Option<String>,
}

/// What was checked after "Didn't get it?".
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DoctorView {
    pub reach: Reach,
    pub suggestion: Option<String>,
    /// Domain of the mailbox, where one was typed.
    pub domain: Option<String>,
    pub resend_in: Option<u32>,
    pub other_ways: Vec<Way>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Reach {
    /// Network and server are reachable.
    Fine,
    /// The network is there, the server is not.
    ServerAway,
    Offline,
}
