//! What went wrong: what the person can mend on the screen that they see, and what they cannot.

use serde::Serialize;
use specta::Type;

use super::{KeyProblem, ListProblem, PictureProblem};

/// What the person can mend on this screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum ProblemView {
    WrongPassword,
    /// None of the saved passwords opens this account.
    NoPasswordFits,
    WrongCode,
    /// The mailed link has not been opened yet.
    NotOpened,
    #[serde(rename_all = "camelCase")]
    WeakPassword {
        reasons: Vec<WeakReason>,
    },
    Mismatch,
    #[serde(rename_all = "camelCase")]
    TooSoon {
        wait: u32,
    },
    /// The lost answer is found: the password was not changed.
    NotChanged,
    /// The server cannot be reached at the moment; waiting goes on.
    StillTrying,
    /// What was typed cannot stand behind the mask.
    NotThatAddress,
    /// The site did not take the new password, as the person says.
    NotTaken,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase", tag = "kind")]
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
    /// One of a set of the site's own, as a person reads it.
    NeedsOneOf {
        set: String,
    },
    /// A character that the site does not take, and those that it takes.
    NotAllowed {
        allowed: String,
    },
    TooManyInARow {
        max: u8,
    },
}

/// What the person cannot mend on this screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum ErrorView {
    Offline,
    /// The server is there but didn't answer in time or is out of order.
    ServerTrouble,
    #[serde(rename_all = "camelCase")]
    RateLimited {
        wait: Option<u32>,
    },
    Expired,
    Refused,
    /// The address or name has an account there already.
    Taken,
    /// The server takes addresses of other domains only.
    OtherDomain,
    /// What was to be changed there is not as it was shown any more.
    Overtaken,
    /// The password is too weak to be the only proof.
    TooWeakAlone,
    SignedOut,
    Locked,
    Dismissed,
    NoKeychain,
    StoreBroken,
    /// The keychain works, but what Regain put there is gone.
    ItemMissing,
    /// The keychain holds two items of one name.
    Ambiguous,
    OutcomeUnknown,
    Unsupported,
    Protocol,
    /// The identifier is empty, over-long or incomplete.
    BadIdentifier,
    /// Recovery there is asked for with the e-mail address of the account.
    NeedsMailbox,
    /// The server says that there is no such account.
    UnknownAccount,
    /// The server wants the password again, and none is saved that it takes.
    ProveAgain,
    /// A session that a phone gave may not do that yet.
    #[serde(rename_all = "camelCase")]
    TooNew {
        wait: Option<u32>,
    },
    /// TLS could not be set up; often the computer's clock is wrong.
    NotTrusted,
    /// A gateway in front of the server wants the public key of the project.
    WantsKey,
    WrongKey,
    Key {
        why: KeyProblem,
    },
    /// A file of Regain's own cannot be read; it is left as it is.
    Unreadable,
    Clipboard,
    /// A list of sites was not taken.
    List {
        why: ListProblem,
    },
    /// No QR code could be read.
    Picture {
        why: PictureProblem,
    },
    /// The browser could not be opened.
    Browser,
    /// The print dialog could not be opened.
    Printer,
    /// The flow or account is no longer there (another window, a restart).
    Gone,
    Address {
        why: AddressProblem,
    },
    /// The vault was written by a newer Regain; it is left as it is.
    Newer,
    /// The vault cannot be read as a whole; it is left as it is.
    Damaged,
    /// The vault is older than the one that was last opened here.
    RolledBack,
    DiskFull,
    ReadOnly,
    /// The current vault password was wrong.
    WrongCurrent,
    Bug,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum AddressProblem {
    Empty,
    NotAnAddress,
    /// http to another computer: everyone on the way could read along.
    NotEncrypted,
    /// It answers, but it is no account server that Regain knows.
    NoAccountServer,
    /// There is no computer of that name.
    NotFound,
}
