//! Where credentials rest.
//!
//! A change of password is a transaction: [`stage`](CredentialStore::stage) makes the new one durable before it is
//! shown, copied or sent; [`commit`](CredentialStore::commit) makes it the current one and moves the old one to the
//! history; [`discard`](CredentialStore::discard) moves it to the history instead. Nothing is deleted but by
//! [`remove`](CredentialStore::remove) and by age, as [`Why`] says.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;

use crate::account::AccountId;
use crate::error::{ErrorKind, Result};
use crate::provider::Session;
use crate::secret::Secret;

mod authenticators;
#[cfg(any(test, feature = "testing"))]
pub mod conformance;
mod copying;
pub mod keychain;
pub mod memory;
mod moving;
mod records;
pub mod vault;

pub use authenticators::{AuthenticatorChange, KeptAuthenticator, parted};
pub use copying::copy;
pub use moving::{Move, Moved, finish_move, move_all};

/// How long a password that was never accepted or never used stays in the history.
pub const KEEP_UNPROVEN: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Which store it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreKind {
    Keychain,
    Vault,
    Memory,
}

impl StoreKind {
    pub const ALL: [Self; 3] = [Self::Keychain, Self::Vault, Self::Memory];

    /// The name it has in files and on command lines.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keychain => "keychain",
            Self::Vault => "vault",
            Self::Memory => "memory",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A password and since when it is the current one.
#[derive(Debug, Clone)]
pub struct Current {
    pub password: Secret,
    pub since: SystemTime,
}

/// Name of a staged or past password within its account.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PastId(pub String);

/// A password that is durable, but not proven.
#[derive(Debug, Clone)]
pub struct Staged {
    pub id: PastId,
    pub password: Secret,
    pub at: SystemTime,
    /// It may have reached the server: only trying tells whether it is the one that opens.
    pub sent: bool,
}

/// A password of the history.
#[derive(Debug, Clone)]
pub struct Past {
    pub id: PastId,
    pub password: Secret,
    pub at: SystemTime,
    pub why: Why,
}

/// Why a password is in the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It was the current one; kept without limit.
    Replaced,
    /// The server refused it; kept for [`KEEP_UNPROVEN`].
    NotAccepted,
    /// It was made but never sent; kept for [`KEEP_UNPROVEN`].
    NotUsed,
}

/// An authenticator that was the current one, as its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastAuthenticator {
    pub uri: Secret,
    pub at: SystemTime,
    pub why: WhyAuthenticator,
}

/// Why an authenticator is an earlier one; both are kept without limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyAuthenticator {
    Replaced,
    Removed,
}

/// What a person wrote about an account, or pasted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Extra {
    Note,
    /// Edits that were never saved: they survive a crash.
    Draft,
    /// Saved recovery codes, as [`RecoveryCodes`](crate::recovery_codes::RecoveryCodes) writes them.
    RecoveryCodes,
}

impl Extra {
    pub const ALL: [Self; 3] = [Self::Note, Self::Draft, Self::RecoveryCodes];

    /// Its name in a store.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Draft => "draft",
            Self::RecoveryCodes => "recovery-codes",
        }
    }
}

/// A place for credentials, one set for each account.
///
/// Every call that writes is durable when it returns `Ok`; after an `Err` the password that was current before is
/// current still, and everything staged is staged still. Errors: `Locked`, `Dismissed`, `NoKeychain`, `StoreBroken`,
/// `Ambiguous`; an item that exists but cannot be understood, or stands there twice, is never written over or deleted.
#[async_trait]
pub trait CredentialStore: Send + Sync {
    fn kind(&self) -> StoreKind;

    /// Whether the store can be used now, without asking the person anything.
    async fn check(&self) -> Result<()>;

    /// Opens the store, letting it ask the person where it must (up to 120 s).
    async fn unlock(&self) -> Result<()>;

    /// Errors, too: `ItemMissing` when there was one, and another program has deleted it; the next commit mends that.
    async fn current(&self, account: &AccountId) -> Result<Option<Current>>;

    /// Makes a new password durable beside the current one.
    async fn stage(&self, account: &AccountId, password: &Secret, at: SystemTime) -> Result<PastId>;

    /// Notes that a staged password is about to be sent.
    async fn mark_sent(&self, account: &AccountId, id: &PastId) -> Result<()>;

    /// The staged passwords, newest first.
    async fn staged(&self, account: &AccountId) -> Result<Vec<Staged>>;

    /// Makes a staged password the current one; the one before it goes to the history. Committing the same staged
    /// password again after a crash is harmless.
    async fn commit(&self, account: &AccountId, id: &PastId, at: SystemTime) -> Result<()>;

    /// Moves a staged password to the history.
    async fn discard(&self, account: &AccountId, id: &PastId, why: Why, at: SystemTime) -> Result<()>;

    /// The history, newest first, without what has outlived [`KEEP_UNPROVEN`] at `now`.
    async fn history(&self, account: &AccountId, now: SystemTime) -> Result<Vec<Past>>;

    async fn session(&self, account: &AccountId) -> Result<Option<Session>>;

    async fn save_session(&self, account: &AccountId, session: &Session) -> Result<()>;

    async fn clear_session(&self, account: &AccountId) -> Result<()>;

    async fn extra(&self, account: &AccountId, which: Extra) -> Result<Option<Secret>>;

    /// `None` takes it away.
    async fn save_extra(&self, account: &AccountId, which: Extra, text: Option<&Secret>) -> Result<()>;

    /// All authenticators, the current one and the earlier ones. Errors, too: `StoreBroken` for what a later version wrote.
    async fn authenticators(&self, account: &AccountId) -> Result<Vec<KeptAuthenticator>>;

    /// One change of them, in one step.
    async fn change_authenticators(&self, account: &AccountId, change: AuthenticatorChange) -> Result<()>;

    /// The current authenticator, as [`Authenticator::to_uri`](crate::Authenticator::to_uri) wrote it.
    async fn authenticator(&self, account: &AccountId) -> Result<Option<Secret>> {
        Ok(authenticators::current(self.authenticators(account).await?))
    }

    /// Makes it the current one; the one before it stays among the earlier ones.
    async fn save_authenticator(&self, account: &AccountId, uri: &Secret, at: SystemTime) -> Result<()> {
        self.change_authenticators(account, AuthenticatorChange::Save(uri.clone(), at)).await
    }

    /// Makes the current one an earlier one; saving that again brings it back.
    async fn remove_authenticator(&self, account: &AccountId, at: SystemTime) -> Result<()> {
        self.change_authenticators(account, AuthenticatorChange::Remove(at)).await
    }

    /// The earlier ones, newest first.
    async fn past_authenticators(&self, account: &AccountId) -> Result<Vec<PastAuthenticator>> {
        Ok(authenticators::past(self.authenticators(account).await?))
    }

    /// Deletes everything about an account, history included.
    async fn remove(&self, account: &AccountId) -> Result<()>;
}

/// A record as a store keeps it, without copies of it left in memory.
pub(crate) fn written<T: serde::Serialize>(record: &T) -> Result<Secret> {
    records::write(record)
}

/// The current password; none, too, where another program has deleted it: for what mends that, or works without.
pub(crate) async fn current_if_any(
    store: &dyn CredentialStore,
    account: &AccountId,
) -> Result<Option<Current>> {
    match store.current(account).await {
        Err(error) if error.kind() == ErrorKind::ItemMissing => Ok(None),
        current => current,
    }
}
