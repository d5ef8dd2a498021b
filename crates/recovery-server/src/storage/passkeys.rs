//! Keys that open an account in place of its password.

use super::{Opening, Result, Trace};
use crate::audit::Entry;
use async_trait::async_trait;

#[derive(Debug, Clone)]
pub struct Passkey {
    pub id: String,
    pub account_id: String,
    /// Of what the authenticator calls it by.
    pub credential_hash: Vec<u8>,
    pub name: String,
    /// The public key and what else is known of it, sealed with the pepper.
    pub sealed: Vec<u8>,
    pub created_at: i64,
    pub last_used_at: Option<i64>,
}

/// What a browser is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CeremonyKind {
    Add,
    Enter,
    Approve,
}

impl CeremonyKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Enter => "enter",
            Self::Approve => "approve",
        }
    }
}

/// A question that was put to a browser: only who was asked may answer it, once, and for nothing else.
#[derive(Debug, Clone)]
pub struct Ceremony {
    pub handle: Vec<u8>,
    pub kind: CeremonyKind,
    pub holder: Vec<u8>,
    pub about: String,
    /// Sealed with the pepper.
    pub state: Vec<u8>,
    pub until: i64,
}

/// One use of a passkey whose signature fitted.
#[derive(Debug, Clone)]
pub struct PasskeyUse {
    pub account_id: String,
    pub passkey_id: String,
    /// How often its authenticator says it was used; 0 if it does not count.
    pub counter: i64,
    /// As it is now.
    pub sealed: Vec<u8>,
    pub at: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Used {
    Yes,
    /// Its counter is not above the last one: there may be two of it.
    Behind,
    /// It was removed meanwhile, or the password changed.
    Gone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasskeyAdded {
    Yes,
    /// The account has as many as it may.
    Full,
    /// Somebody has this very one.
    Taken,
    /// The session ended meanwhile, or the password changed.
    SignedOut,
}

#[async_trait]
pub trait Passkeys: Send + Sync + 'static {
    async fn add_ceremony(&self, ceremony: &Ceremony) -> Result<()>;
    /// Takes the ceremony away and gives its state, if `asked` names it in everything and it has not run out at
    /// `asked.until`; of many at once, one gets it.
    async fn take_ceremony(&self, asked: &Ceremony) -> Result<Option<Vec<u8>>>;
    /// The oldest first.
    async fn passkeys(&self, account_id: &str) -> Result<Vec<Passkey>>;
    async fn passkey(&self, credential_hash: &[u8]) -> Result<Option<Passkey>>;
    /// Adds it if `session_id` is still open and the password is still `password_version`.
    async fn add_passkey(
        &self,
        passkey: &Passkey,
        session_id: &str,
        password_version: i64,
        most: u32,
        trace: &Trace,
    ) -> Result<PasskeyAdded>;
    async fn use_passkey(&self, used: &PasskeyUse) -> Result<Used>;
    /// Uses the passkey and opens the session, or neither.
    async fn enter_with_passkey(&self, used: &PasskeyUse, opening: &Opening) -> Result<Used>;
    /// Writes down one that was refused.
    async fn passkey_refused(&self, trace: &Trace) -> Result<()>;
    /// Removes it, and ends the sessions that it opened, but for `keep`.
    async fn remove_passkey(&self, account_id: &str, id: &str, keep: &str, audit: &Entry) -> Result<bool>;
    /// Ends a session that was not the owner's, and removes the passkeys that were added since it began, with the
    /// sessions that they opened. `false` if there was nothing of that.
    async fn disown(&self, account_id: &str, session_id: &str, since: i64, audit: &Entry) -> Result<bool>;
}
