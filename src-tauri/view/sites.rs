//! The site list: what is built in, and the copy of a list that the person brought.

use serde::Serialize;
use specta::Type;

use super::ErrorView;

#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SiteListView {
    /// Sites that are built in.
    pub built_in: u32,
    /// The copy; at most one of each kind.
    pub parts: Vec<ListPart>,
    /// The copy is there and cannot be read; it is left as it is.
    pub trouble: Option<ErrorView>,
    /// The copy was removed just now, and can be put back.
    pub removed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ListPart {
    pub about: ListKind,
    /// Name of the file, or the address without its scheme.
    pub from: String,
    pub from_address: bool,
    pub at: u32,
    pub taken: u32,
    /// They made no sense.
    pub skipped: u32,
    /// Pages without encryption, or not on the internet.
    pub refused: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum ListKind {
    ChangePages,
    Rules,
    Shared,
    OnceShared,
}

/// Why a list was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum ListProblem {
    NoAddress,
    NotAnAddress,
    NotEncrypted,
    /// It leads to where Regain does not go.
    LedAstray,
    NotThere,
    TooLarge,
    TooMany,
    NotAList,
}
