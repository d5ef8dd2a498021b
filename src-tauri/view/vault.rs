//! What the window sees of the vault, of moves between stores, of earlier states and of lost answers.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{StoreKind, StoreView, WeakReason};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct VaultView {
    pub exists: bool,
    pub open: bool,
    /// Since when it is locked by this run; `None`: since the start.
    pub locked_at: Option<u32>,
    /// The keychain can open it without the password.
    pub on_this_computer: bool,
    /// Passwords made while locked that nobody has looked at yet.
    pub made: u32,
    /// Seconds before the next password may be tried.
    pub wait: Option<u32>,
}

#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Chosen {
    pub store: StoreView,
    /// What went from the old place to the new one.
    pub moved: Option<Moved>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Moved {
    pub from: StoreKind,
    pub to: StoreKind,
    pub accounts: u32,
    /// Counts earlier ones too.
    pub passwords: u32,
}

/// Without `Debug`: it holds the recovery key, which is shown once.
#[derive(Clone, Serialize, Type)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum VaultBegun {
    #[serde(rename_all = "camelCase")]
    WeakPassword {
        reasons: Vec<WeakReason>,
    },
    Mismatch,
    #[serde(rename_all = "camelCase")]
    Key {
        /// Eight groups of 4 characters and one of 2; shown once.
        groups: Vec<String>,
        /// Index of the group that the person types back.
        ask: u8,
    },
}

#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum VaultFinished {
    WrongGroup,
    #[serde(rename_all = "camelCase")]
    Made {
        moved: Moved,
    },
}

/// Without `Debug`: it holds what was typed.
#[derive(Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum UnlockForm {
    Password {
        password: String,
    },
    RecoveryKey {
        key: String,
    },
    /// The key that is kept in this computer's keychain.
    Keychain,
}

#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Unlocked {
    #[serde(rename_all = "camelCase")]
    Open {
        vault: VaultView,
        store: StoreView,
        in_the_air: u32,
        /// By recovery key: a new password must be set now.
        forgotten: bool,
        /// The last change was cut off by a crash; it is kept aside.
        torn: bool,
    },
    /// Wrong password or key; seconds until the next try.
    #[serde(rename_all = "camelCase")]
    Wrong { wait: Option<u32> },
    /// It is no recovery key: a character is wrong.
    NotAKey,
}

#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum PasswordSet {
    #[serde(rename_all = "camelCase")]
    WeakPassword {
        reasons: Vec<WeakReason>,
    },
    Mismatch,
    WrongCurrent,
    Set,
}

/// A password that was made while the vault was locked.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct MadeView {
    pub id: String,
    pub at: u32,
    #[serde(rename = "for")]
    pub purpose: Option<String>,
}

/// An earlier state of the vault, compared with the present one.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct BackupView {
    pub id: String,
    pub saved_at: u32,
    pub accounts: u32,
    /// Names of accounts that would come back.
    pub back: Vec<String>,
    /// Names of accounts that would leave.
    pub gone: Vec<String>,
    /// Names of accounts that differ.
    pub differ: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Restored {
    pub accounts: u32,
    /// The state before, to undo it.
    pub backup: String,
}

#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ResolvedView {
    pub account: String,
    pub name: String,
    pub identifier: String,
    pub what: Resolution,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Resolution {
    NewHolds,
    OldHolds,
    NeitherFits,
    /// The server was not reached; it is asked again next time.
    NotAsked,
    /// A second factor asks: sign in by hand.
    NeedsCode,
}

/// Name and note of an account, as they are being edited.
#[derive(Clone, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AccountDraft {
    pub name: String,
    pub note: String,
}
