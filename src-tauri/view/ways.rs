//! What the window sees of ways back: the house of all accounts, one account's ways, saved codes, rehearsals.

use serde::{Deserialize, Serialize};
use specta::Type;

/// Something that a way back takes, and that can be lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum NeedView {
    ThisComputer,
    Device {
        name: String,
    },
    Mailbox {
        address: String,
    },
    /// A mailbox that is one of the accounts; `name` is for showing.
    Account {
        id: String,
        name: String,
    },
    Codes {
        name: String,
    },
    Person {
        name: String,
    },
    Memory,
    Vault,
    VaultPassword,
    RecoveryKey,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum StandingView {
    GetsIn,
    OneWayLeft,
    LockedOut,
}

/// Every account as a window, when these things are lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct HouseView {
    pub windows: Vec<WindowView>,
    /// What can be lost, what locks out most first.
    pub losses: Vec<LossView>,
    /// Names of accounts that wait for each other.
    pub circles: Vec<Vec<String>>,
    /// What would light them again, the best first. With nothing dark, what helps before something is lost.
    pub steps: Vec<StepView>,
    /// Codes that are few or lie in the wrong place.
    pub warnings: Vec<WarningView>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct WindowView {
    pub id: String,
    pub name: String,
    pub identifier: String,
    pub standing: StandingView,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct LossView {
    pub need: NeedView,
    pub locks_out: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct StepView {
    pub id: String,
    pub name: String,
    pub how: HowView,
    /// Accounts that get in again, this one included.
    pub lights: u32,
    /// Nobody is locked out yet: it helps once this is lost.
    pub should_be_lost: Option<NeedView>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum HowView {
    Mend {
        means: MeansView,
    },
    SavePassword,
    /// `here`: they may be kept in Regain.
    Codes {
        here: bool,
    },
    OtherMailbox,
    Phone,
    Person,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct WarningView {
    pub id: String,
    pub name: String,
    pub what: WarningWhat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum WarningWhat {
    FewCodes { left: u32 },
    CodesInTheSamePlace,
}

/// A way back, by what it takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum MeansView {
    SavedPassword,
    SignedInHere,
    AuthenticatorHere,
    CodesHere,
    Mailbox { name: String },
    Phone { name: String },
    AuthenticatorOn { name: String },
    CodesAt { name: String },
    Person { name: String },
    SignedInOn { name: String },
    ByHeart,
}

/// The ways back into one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct WaysView {
    pub standing: StandingView,
    pub ways: Vec<WayView>,
    /// Without any one of these it is locked out.
    pub hangs_on: Vec<NeedView>,
    pub warnings: Vec<WarningWhat>,
    pub codes: CodesView,
    /// Addresses whose mailbox this account opens, as the person says.
    pub mailboxes: Vec<String>,
    /// Names that the person gave elsewhere, to choose from.
    pub devices: Vec<String>,
    pub people: Vec<String>,
    pub tasks: Vec<TaskView>,
    pub last_rehearsed: Option<u32>,
    /// Whether it is reminded of at all.
    pub reminds: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct WayView {
    pub means: MeansView,
    /// The person said so; the others Regain sees by itself.
    pub said: bool,
    pub denied: bool,
    pub tried: TriedView,
    /// The site asks for a second step after it.
    pub second_step: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum TriedView {
    NotYet,
    Held {
        at: u32,
    },
    /// Without a time where signing in showed it.
    Failed {
        at: Option<u32>,
    },
}

/// Saved recovery codes, without their texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CodesView {
    /// Since when the list is kept; `None`: there is none.
    pub since: Option<u32>,
    pub all: u32,
    pub left: u32,
    pub few: bool,
    /// Lists that were replaced.
    pub earlier: u32,
}

/// The codes that the person asked to see. Without `Debug`.
#[derive(Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CodesShown {
    pub codes: Vec<CodeShown>,
    /// Newest first.
    pub earlier: Vec<CodeListShown>,
}

#[derive(Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CodeListShown {
    pub at: u32,
    pub codes: Vec<CodeShown>,
}

#[derive(Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CodeShown {
    pub id: u32,
    pub text: String,
    pub used_at: Option<u32>,
}

/// What was found in a pasted list; it is the person's own text. Without `Debug`.
#[derive(Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PastedView {
    pub codes: Vec<String>,
    /// Lines that hold no code, as far as can be told.
    pub left_out: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct TaskView {
    pub check: CheckView,
    pub who: WhoView,
    pub last: TriedView,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum CheckView {
    Way { means: MeansView },
    RecoveryKey,
    Practice,
}

/// Who can tell how a check goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum WhoView {
    Regain,
    Typed,
    Person,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Checked {
    Held,
    Failed,
    /// It is no recovery key: a character is wrong.
    NotAKey,
}

/// One check of a drill, as it went.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct WentForm {
    pub check: CheckView,
    pub held: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum RemindForm {
    Usual,
    Later,
    Never,
}

/// The one account whose rehearsal is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DueView {
    pub id: String,
    pub name: String,
    /// `None`: it was never rehearsed.
    pub last_rehearsed: Option<u32>,
}
