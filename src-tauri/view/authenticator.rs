//! What the window sees of QR codes that were read, and of authenticators.

use serde::Serialize;
use specta::Type;

/// What was read. The secrets stay in Rust, under a number, until the person agrees.
#[derive(Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ScanView {
    pub number: u32,
    pub found: Vec<FoundText>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum FoundText {
    Authenticator(NamedAuthenticator),
    /// Several, as another app hands them over.
    #[serde(rename_all = "camelCase")]
    Migration {
        entries: Vec<NamedAuthenticator>,
        /// Names of those that Regain cannot take.
        left_out: Vec<String>,
        /// From 1.
        part: u32,
        parts: u32,
    },
    /// A link that lets another device in.
    Pairing {
        host: String,
        /// The server's name in the list of accounts; it is opened only if there is one.
        server: Option<String>,
    },
    /// It says that it is an authenticator, but cannot be used as one.
    Unusable {
        why: UnusableWhy,
    },
    Text {
        text: String,
    },
}

/// What an authenticator calls itself: nobody has checked that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct NamedAuthenticator {
    pub issuer: Option<String>,
    pub account: String,
    pub digits: u8,
    pub period: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum UnusableWhy {
    CountsUses,
    Unsupported,
    NoSecret,
    ShortSecret,
    Garbled,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum PictureProblem {
    TooLarge,
    NotAPicture,
    Damaged,
    NothingFound,
    TextTooLong,
    /// There is no picture in the clipboard.
    NotCopied,
    /// The system gave no picture of the screen.
    NoScreen,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AuthenticatorView {
    pub current: Option<AuthenticatorFacts>,
    /// Newest first.
    pub earlier: Vec<PastAuthenticatorView>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AuthenticatorFacts {
    pub named: NamedAuthenticator,
    pub since: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PastAuthenticatorView {
    /// `None`: it cannot be understood.
    pub named: Option<NamedAuthenticator>,
    pub at: u32,
    /// Taken away, not replaced.
    pub removed: bool,
}

/// The one code that the person asked to see.
#[derive(Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CodeNow {
    pub code: String,
    pub valid_until: u32,
    pub period: u16,
}
