//! What the server remembers. Each method is one transaction: it happens whole or not at all, on
//! any number of nodes at once.

#[macro_use]
mod mailed;

mod claims;
mod figures;
mod pairings;
mod passkeys;
pub mod postgres;
mod queue;
mod settings;
pub mod sqlite;
mod together;
mod trouble;

pub use claims::{Claim, Claims, Founded, Founding};
pub use figures::{Figures, Watched};
pub use pairings::{
    Codes, Confirmed, Direction, Pairing, PairingKey, PairingState, Pairings, Polled, Scan, Seen,
};
pub use passkeys::{Ceremony, CeremonyKind, Passkey, PasskeyAdded, PasskeyUse, Passkeys, Used};
pub use queue::{DEAD_MAIL_LIFE, DeadMail, Queue, SealedMail, WaitingMail};
pub use settings::{
    Address, Change, ChangeKind, Changed, Letters, MOST_ADDRESSES, REVOCABLE, Revocation, Settings,
    SettingsChange, Told, What,
};

use crate::audit::Entry;
use crate::config::{Config, Database};
use crate::language::Language;
use crate::limits::Limit;
use crate::{SqliteStorage, StartError};
use async_trait::async_trait;
use postgres::PostgresStorage;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// Where everything is kept. A store implements the ten parts.
pub trait Storage:
    Accounts + Claims + Settings + Sessions + Recoveries + Pairings + Passkeys + Queue + Ledger + Watched
{
}

impl<T: Accounts + Claims + Settings + Sessions + Recoveries + Pairings + Passkeys + Queue + Ledger + Watched>
    Storage for T
{
}

/// Opens the database that the settings name, and brings its tables up to date.
///
/// # Errors
/// Its password cannot be read, it cannot be reached or opened, or was made by a newer version.
pub async fn open(config: &Config) -> std::result::Result<Arc<dyn Storage>, StartError> {
    Ok(match &config.database {
        Database::File(path) => Arc::new(SqliteStorage::open(path).await?),
        Database::Postgres(server) => {
            let server = server.clone().with_password_from(config.database_password_file.as_deref())?;
            Arc::new(PostgresStorage::open(&server, config.database_connections).await?)
        }
    })
}

/// The store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    #[error("an account already has this identifier or address")]
    NameTaken,
    #[error("this database belongs to another pepper: restore the pepper file that was backed up with it")]
    OtherPepper,
    /// Not now; the same may go in a moment.
    #[error("the database cannot be reached: {0}")]
    Unavailable(Box<dyn std::error::Error + Send + Sync>),
    #[error("storage: {0}")]
    Failed(Box<dyn std::error::Error + Send + Sync>),
}

pub type Result<T> = std::result::Result<T, StorageError>;

/// What goes into the books together with a change.
#[derive(Debug, Clone)]
pub struct Trace {
    pub audit: Entry,
    /// One for each address that is to know.
    pub mail: Vec<SealedMail>,
}

#[derive(Debug, Clone)]
pub struct Account {
    pub id: String,
    pub identifier: String,
    /// The first one, where mail goes.
    pub address: String,
    /// Where notices go as well.
    pub second_address: Option<String>,
    pub person: String,
    pub language: Language,
    pub password_hash: String,
    /// Which of the account's passwords this is: grows with each new one, but not when one is hashed anew.
    pub password_version: i64,
    /// Sealed with the pepper.
    pub totp_secret: Option<Vec<u8>>,
}

#[derive(Debug, Clone)]
pub struct SavedCode {
    pub place: i64,
    pub hash: String,
}

#[async_trait]
pub trait Accounts: Send + Sync + 'static {
    /// [`StorageError::NameTaken`] if any of `names` belongs to someone.
    async fn add_account(
        &self,
        account: &Account,
        names: &[String],
        codes: &[String],
        now: i64,
        audit: &Entry,
    ) -> Result<()>;
    /// Nobody's while it is disabled, as if there were none; its names stay taken.
    async fn account(&self, id: &str) -> Result<Option<Account>>;
    /// As [`Accounts::account`].
    async fn account_by_name(&self, name: &str) -> Result<Option<Account>>;
    /// Disables the account of a name from `at` on and ends all that was open for it, or enables it; whose it is.
    async fn disable(&self, name: &str, at: Option<i64>, audit: &Entry) -> Result<Option<String>>;
    /// The same password under today's parameters; does nothing if it was changed meanwhile.
    async fn rehash(&self, id: &str, old: &str, new: &str) -> Result<()>;
    /// Unused saved codes, in order.
    async fn recovery_codes(&self, id: &str) -> Result<Vec<SavedCode>>;
    /// The account of a name, and what of the marks that `marks` makes of its id is known to it. Without an account marks are
    /// looked for all the same: so both take the same time.
    async fn account_and_marks(&self, name: &str, marks: &MarksOf<'_>) -> Result<(Option<Account>, Known)>;
}

#[derive(Debug, Clone)]
pub struct Session {
    pub id: String,
    pub account_id: String,
    pub device: String,
    pub network: Option<String>,
    pub created_at: i64,
    pub last_used_at: i64,
    pub ends_at: i64,
    pub made_by: MadeBy,
    /// Until then it may not change what the account is opened with; 0 if it always may.
    pub weak_until: i64,
    /// The key its tokens are bound to (RFC 9449).
    pub jkt: Option<String>,
}

/// How a session came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum MadeBy {
    Password,
    /// A phone let a computer in.
    Pairing,
    /// A computer let a phone in.
    Link,
    /// A passkey that verified its owner: as a password with a second factor.
    Passkey,
}

impl MadeBy {
    pub fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Pairing => "pairing",
            Self::Link => "link",
            Self::Passkey => "passkey",
        }
    }
}

/// Hashes and ends of a fresh pair of tokens.
#[derive(Debug, Clone)]
pub struct Tokens {
    pub access_hash: Vec<u8>,
    pub access_until: i64,
    pub refresh_hash: Vec<u8>,
    pub refresh_until: i64,
}

/// A session about to be opened.
#[derive(Debug, Clone)]
pub struct Opening {
    pub session: Session,
    pub tokens: Tokens,
    /// The account's password as it was when it was checked: with another one since, nothing is opened.
    pub password_version: i64,
    /// To be remembered; if the device is new, `trace.mail` is sent. `None` if it was known before.
    pub marks: Option<Marks>,
    /// What was counted against whoever comes in, and is counted no more.
    pub forgives: Vec<Limit>,
    pub trace: Trace,
}

/// What an account remembers of where it was signed in.
#[derive(Debug, Clone)]
pub struct Marks {
    /// The device with its network.
    pub device: Vec<u8>,
    /// The network alone.
    pub network: Vec<u8>,
}

/// What makes them of an account's id.
pub type MarksOf<'m> = dyn Fn(&str) -> Marks + Send + Sync + 'm;

/// What of it an account remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    pub device: bool,
    pub network: bool,
}

#[derive(Debug, Clone)]
pub struct SignInTicket {
    pub account_id: String,
    pub device: String,
}

/// What settled the second factor.
#[derive(Debug, Clone)]
pub enum Factor {
    Totp { step: i64 },
    SavedCode { place: i64, trace: Trace },
}

/// What became of an opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opened {
    /// The password was changed meanwhile.
    Refused,
    /// From a device that was known.
    Known,
    /// From a new one, and its letters are in the queue.
    New,
}

#[derive(Debug)]
pub enum Rotation {
    Rotated(Session),
    /// It had been used before: the session has been ended.
    Reused,
    Unknown,
}

#[async_trait]
pub trait Sessions: Send + Sync + 'static {
    async fn open_session(&self, opening: &Opening) -> Result<Opened>;
    /// `false` if the password was changed since it was `password_version`.
    async fn add_ticket(
        &self,
        hash: &[u8],
        ticket: &SignInTicket,
        password_version: i64,
        until: i64,
        forgives: &[Limit],
    ) -> Result<bool>;
    async fn ticket(&self, hash: &[u8], now: i64) -> Result<Option<SignInTicket>>;
    /// Counts a wrong try, and says how many are left; at none the ticket is gone.
    async fn ticket_missed(&self, hash: &[u8], most: u32, audit: &Entry) -> Result<u32>;
    /// Spends ticket and factor and opens the session; `false` if either was already spent.
    async fn pass_ticket(&self, hash: &[u8], factor: &Factor, opening: &Opening) -> Result<bool>;
    async fn session(&self, access_hash: &[u8], now: i64) -> Result<Option<Session>>;
    /// Whoever holds the session's own cookie has been here: it lives until `until` now.
    async fn touch(&self, id: &str, now: i64, until: i64) -> Result<()>;
    /// A session that is bound is renewed for `jkt` alone; for another it is unknown, and left as it is.
    async fn rotate(
        &self,
        refresh_hash: &[u8],
        jkt: Option<&str>,
        fresh: &Tokens,
        now: i64,
        reused: &Entry,
    ) -> Result<Rotation>;
    async fn sessions(&self, account_id: &str, now: i64) -> Result<Vec<Session>>;
    async fn end_session(&self, account_id: &str, id: &str, audit: &Entry) -> Result<bool>;
    async fn end_other_sessions(&self, account_id: &str, keep: &str, audit: &Entry) -> Result<u64>;
    /// Sets the hash if it still is `old`, renews `keep` with `fresh`, and ends everything else of
    /// the account: sessions, tickets, recoveries. `None` if it was changed meanwhile.
    async fn change_password(
        &self,
        change: &PasswordChange,
        keep: &str,
        fresh: &Tokens,
    ) -> Result<Option<u64>>;
}

#[derive(Debug, Clone)]
pub struct PasswordChange {
    pub account_id: String,
    pub old: String,
    pub new: String,
    pub now: i64,
    pub trace: Trace,
}

#[derive(Debug, Clone)]
pub struct Recovery {
    pub id: String,
    pub account_id: Option<String>,
    /// The name as typed, sealed.
    pub name_sealed: Vec<u8>,
    pub language: Language,
    pub device: String,
    pub network: Option<String>,
    pub last_sent_at: i64,
    pub until: i64,
}

/// What is stored of a mailed code or link.
#[derive(Debug, Clone)]
pub struct Secret {
    /// `mail_code` or `mail_link`.
    pub way: &'static str,
    pub mac: Vec<u8>,
    pub until: i64,
}

/// What a person offers as proof.
#[derive(Debug, Clone)]
pub enum Proof {
    Mailed {
        way: &'static str,
        mac: Vec<u8>,
    },
    /// The place of the saved code that fits, if one does.
    Saved {
        place: Option<i64>,
        trace: Option<Trace>,
    },
    /// Nothing that could be a code.
    Unreadable,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Checked {
    Verified,
    /// Compared and counted; at 0 it is over.
    Wrong {
        left: u32,
    },
    /// There was nothing to compare with, so nothing was counted.
    Over,
}

/// One attempt to prove a recovery, or a claim to an address.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// Of the recovery, or of the claim.
    pub id: String,
    pub proof: Proof,
    /// Compare all the same, but let nothing pass.
    pub may_pass: bool,
    pub most_tries: u32,
    pub now: i64,
    pub verified_hash: Vec<u8>,
    pub verified_until: i64,
    pub passed: Entry,
    pub missed: Entry,
}

#[async_trait]
pub trait Recoveries: Send + Sync + 'static {
    async fn open_recovery(
        &self,
        ticket_hash: &[u8],
        recovery: &Recovery,
        secret: &Secret,
        trace: &Trace,
    ) -> Result<()>;
    /// A recovery under way and not yet verified.
    async fn recovery(&self, ticket_hash: &[u8], most_tries: u32, now: i64) -> Result<Option<Recovery>>;
    /// Adds a secret and forgets all but the newest two; `false` if one was sent after `not_since`.
    async fn add_secret(
        &self,
        id: &str,
        secret: &Secret,
        now: i64,
        not_since: i64,
        trace: &Trace,
    ) -> Result<bool>;
    async fn check(&self, attempt: &Attempt) -> Result<Checked>;
    /// A verified recovery whose password is still to be set.
    async fn verified(&self, verified_hash: &[u8], now: i64) -> Result<Option<Recovery>>;
    /// Spends the verified recovery, sets the hash, marks `known` as known, and ends every session,
    /// ticket and recovery of the account. `None` if it was spent before.
    async fn reset_password(
        &self,
        verified_hash: &[u8],
        change: &PasswordChange,
        known: &[u8],
    ) -> Result<Option<u64>>;
}

/// Limits, the audit log, and housekeeping.
#[async_trait]
pub trait Ledger: Send + Sync + 'static {
    /// Counts one event for every limit, or none and says in how many seconds to try again.
    async fn take(&self, limits: &[Limit], now: i64) -> Result<Option<i64>>;
    /// Takes the newest event of each key back.
    async fn give_back(&self, limits: &[Limit]) -> Result<()>;
    /// Forgets all events of each key.
    async fn forgive(&self, limits: &[Limit]) -> Result<()>;
    async fn write_audit(&self, entry: &Entry) -> Result<()>;
    /// The newest entries first.
    async fn audit(&self, most: u32) -> Result<Vec<Entry>>;
    /// Stores `check` the first time; later a different one is [`StorageError::OtherPepper`].
    async fn check_pepper(&self, check: &[u8]) -> Result<()>;
    /// Forgets what has run out.
    async fn sweep(&self, now: i64) -> Result<()>;
}
