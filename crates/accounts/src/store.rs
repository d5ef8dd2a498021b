//! Where credentials rest.
//!
//! A change of password is a transaction: [`stage`](CredentialStore::stage) makes the new one durable before it is
//! shown, copied or sent; [`commit`](CredentialStore::commit) makes it the current one and moves the old one to the
//! history; [`discard`](CredentialStore::discard) moves it to the history instead. Nothing is deleted but by
//! [`remove`](CredentialStore::remove) and by age, as [`Why`] says.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;

use crate::account::AccountId;
use crate::error::Result;
use crate::provider::Session;
use crate::secret::Secret;

#[cfg(any(test, feature = "testing"))]
pub mod conformance;
pub mod keychain;
pub mod memory;

/// How long a password that was never accepted or never used stays in the history.
pub const KEEP_UNPROVEN: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Which store it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreKind {
    Keychain,
    Memory,
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

/// A place for credentials, one set for each account.
///
/// Every call that writes is durable when it returns `Ok`; after an `Err` the password that was current before is
/// current still, and everything staged is staged still. Errors: `Locked`, `Dismissed`, `NoKeychain`, `StoreBroken`;
/// an item that exists but cannot be understood is `StoreBroken` and is never written over.
#[async_trait]
pub trait CredentialStore: Send + Sync {
    fn kind(&self) -> StoreKind;

    /// Whether the store can be used now, without asking the person anything.
    async fn check(&self) -> Result<()>;

    /// Opens the store, letting it ask the person where it must (up to 120 s).
    async fn unlock(&self) -> Result<()>;

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

    /// Deletes everything about an account, history included.
    async fn remove(&self, account: &AccountId) -> Result<()>;
}

/// Copies an account's credentials into another store, which must hold none of it yet. The first store keeps its own.
pub async fn copy(
    from: &dyn CredentialStore,
    to: &dyn CredentialStore,
    account: &AccountId,
    now: SystemTime,
) -> Result<()> {
    for past in from.history(account, now).await?.into_iter().rev() {
        let id = to.stage(account, &past.password, past.at).await?;
        match past.why {
            // The next commit puts it where it was: into the history, as replaced.
            Why::Replaced => to.commit(account, &id, past.at).await?,
            why => to.discard(account, &id, why, past.at).await?,
        }
    }
    if let Some(current) = from.current(account).await? {
        let id = to.stage(account, &current.password, current.since).await?;
        to.commit(account, &id, current.since).await?;
    }
    for staged in from.staged(account).await?.into_iter().rev() {
        let id = to.stage(account, &staged.password, staged.at).await?;
        if staged.sent {
            to.mark_sent(account, &id).await?;
        }
    }
    match from.session(account).await? {
        Some(session) => to.save_session(account, &session).await,
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::store::memory::Memory;

    #[tokio::test]
    async fn a_copy_has_everything_and_the_first_store_keeps_its_own() {
        let (from, to, id) = (Memory::new(), Memory::new(), AccountId::new("jana"));
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(1_800_000_000 + seconds);
        for (n, text) in ["first", "second"].into_iter().enumerate() {
            let staged = from.stage(&id, &Secret::new(text), at(n as u64)).await.unwrap();
            from.commit(&id, &staged, at(n as u64)).await.unwrap();
        }
        let refused = from.stage(&id, &Secret::new("refused"), at(2)).await.unwrap();
        from.discard(&id, &refused, Why::NotAccepted, at(2)).await.unwrap();
        let sent = from.stage(&id, &Secret::new("sent"), at(3)).await.unwrap();
        from.mark_sent(&id, &sent).await.unwrap();
        from.save_session(&id, &Session::new(Secret::new("token"), None)).await.unwrap();

        copy(&from, &to, &id, at(4)).await.unwrap();
        for store in [&from, &to] {
            assert_eq!(store.current(&id).await.unwrap().unwrap().password, Secret::new("second"));
            let staged = store.staged(&id).await.unwrap();
            assert_eq!((staged.len(), staged[0].sent), (1, true));
            assert_eq!(staged[0].password, Secret::new("sent"));
            let past = store.history(&id, at(4)).await.unwrap();
            let past: Vec<_> = past.iter().map(|past| (past.password.expose(), past.why)).collect();
            assert!(
                past.contains(&("first", Why::Replaced)) && past.contains(&("refused", Why::NotAccepted))
            );
            assert_eq!(past.len(), 2);
            assert!(store.session(&id).await.unwrap().is_some());
        }
    }
}
