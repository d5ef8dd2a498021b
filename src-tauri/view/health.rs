//! What the window sees of how passwords are: what they are worth, used twice, leaked, old; and which to change.

use serde::{Deserialize, Serialize};
use specta::Type;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct EntropyView {
    pub bits: u16,
    pub worth: Worth,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Worth {
    Weak,
    Good,
    Strong,
}

/// The passwords of all accounts.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct HealthView {
    pub accounts: Vec<AccountHealthView>,
    /// What is to be changed, in order.
    pub changes: Vec<ChangeView>,
    /// Of the changes that were begun.
    pub changed: u32,
    pub all: u32,
    pub leaks: LeaksKind,
}

#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AccountHealthView {
    pub account: String,
    pub since: u32,
    /// Older than the age from which a change is worth it.
    pub old: bool,
    pub reused_with: Vec<NamedAccount>,
    pub exposed: ExposedView,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct NamedAccount {
    pub id: String,
    pub name: String,
    pub identifier: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum ExposedView {
    NotChecked,
    /// It could not be found out.
    Unknown,
    No,
    Times {
        times: u32,
    },
}

/// One change; accounts that share their credentials are changed together.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ChangeView {
    pub accounts: Vec<NamedAccount>,
    pub reasons: Vec<ReasonView>,
    /// Other accounts that are recovered with it.
    pub unlocks: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum ReasonView {
    Exposed { times: u32 },
    Reused { others: u32 },
    Old { since: u32 },
}

/// Where known leaks are looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum LeaksKind {
    #[default]
    Off,
    /// In a copy on this computer.
    Copy,
    /// By asking over the network.
    Asked,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct LeaksView {
    pub kind: LeaksKind,
    /// The copy, where there is one.
    pub path: Option<String>,
    /// The copy is no longer there, or broken.
    pub broken: bool,
}
