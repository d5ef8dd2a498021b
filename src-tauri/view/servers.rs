//! What the window sees of account servers.

use serde::{Deserialize, Serialize};
use specta::Type;

/// The dialect a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum ServerKind {
    RecoveryServer,
    Allauth,
    BetterAuth,
    AtProto,
    Matrix,
    Kratos,
    GoTrue,
    /// A site that only the person can talk to.
    Guide,
}

#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Abilities {
    pub recover: bool,
    /// Recovery wants the e-mail address of the account.
    pub recover_by_mailbox: bool,
    pub change_with_current: bool,
    pub sessions: bool,
    /// Signing in by a phone, and how far such a session reaches.
    pub pair: Option<Reaches>,
    /// A phone's browser can be signed in from here.
    pub link_phone: bool,
    /// The person does it in a browser, led by a guide; there are no sessions.
    pub guided: bool,
    /// Anybody may make an account there.
    pub sign_up: bool,
    /// Addresses, authenticator and saved codes are seen and changed from here.
    pub recovery_settings: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Reaches {
    Full,
    /// It says who somebody is, and opens nothing.
    IdentityOnly,
    /// It signs the browser in, and nothing here.
    Browser,
}

#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DeviceView {
    pub id: String,
    pub name: String,
    /// `None`: not used since, or the server does not say.
    pub last_used_at: Option<u32>,
    pub current: bool,
    pub network: Option<String>,
}

/// A server that answered, before anything is sent to it but "who are you".
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ServerView {
    /// What to hand back in [`Target::Server`].
    pub address: String,
    pub name: String,
    /// Host (and port), to show.
    pub host: String,
    pub kind: ServerKind,
    /// The conversation with servers of this kind was proven against a live one.
    pub tried: bool,
    pub practice: bool,
    pub abilities: Abilities,
}

/// What was found behind what was typed.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FoundView {
    /// At least one; the likeliest first.
    pub servers: Vec<ServerView>,
    /// What was typed names an account there, too.
    pub identifier: Option<String>,
}

#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PracticeView {
    pub server: ServerView,
    /// Identifier of the made-up account.
    pub identifier: String,
    /// Saved recovery codes of the made-up account: practice has no secrets.
    pub recovery_codes: Vec<String>,
}

/// A mail in the practice outbox.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PracticeMail {
    pub id: String,
    pub at: u32,
    pub subject: String,
    pub text: String,
}

/// The masked addresses of an account, one of which gets the code.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AddressesView {
    pub masked: Vec<String>,
    /// The one that the recovery was asked for with, where the masks tell.
    pub typed: Option<u32>,
}

/// Why a typed key is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum KeyProblem {
    Empty,
    NotAKey,
    /// It is one of those that must stay on a server, or somebody's session.
    Secret,
}
