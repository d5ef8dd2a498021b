//! What the window sees of passwords that are made, shown and copied.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{EntropyView, StoreKind, WeakReason};

#[derive(Debug, Clone, Copy, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct GenerateForm {
    pub kind: GenerateKind,
    /// Characters 15–64, words 4–10; by the site's rules 4–64, as far as they let.
    pub length: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum GenerateKind {
    Words,
    Characters,
    /// All that the site takes.
    Site,
}

/// A new password, durable in the store before this exists.
#[derive(Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Generated {
    pub password: String,
    pub strength: Strength,
    pub entropy: EntropyView,
    /// What the best password is worth that the site takes, where that is little.
    pub site_is_weak: Option<EntropyView>,
    pub saved_at: u32,
    pub store: StoreKind,
}

#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Strength {
    /// zxcvbn, 0–4.
    pub score: u8,
    pub hint: Option<StrengthHint>,
    pub rules: Vec<RuleView>,
    /// All rules are met.
    pub ok: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum StrengthHint {
    AddWords,
    Keyboard,
    Repeats,
    Sequence,
    Year,
    Date,
    Common,
    Name,
    Substitution,
    Reversed,
    Capitals,
}

#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RuleView {
    pub rule: WeakReason,
    pub met: bool,
}

/// One stored password that the person asked to see.
#[derive(Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Revealed {
    pub password: String,
    /// Seconds after which the web view hides it again.
    pub hide_in: u16,
}

#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Copied {
    /// Seconds until it leaves the clipboard.
    pub clear_in: u16,
}
