//! The operating system's keychain: Secret Service on Linux, Credential Manager on Windows, Keychain on macOS.
//!
//! With the namespace `Regain`, an account has these items (service, user: content):
//!
//! | service | user | content |
//! |---|---|---|
//! | `Regain` | account | the current password, plain, for a person to find and use |
//! | `Regain kept ACCOUNT` | id | one password and its state, as JSON: staged, sent, current, replaced, … |
//! | `Regain session` | account | the session, as JSON |
//! | `Regain note`, `Regain draft` | account | a note, and edits that were never saved |
//! | `Regain recovery-codes` | account | saved recovery codes, as JSON |
//! | `Regain vault key` | `vault` | what opens the vault on this computer without its password |
//! | `Regain part ACCOUNT` | item, generation, number | a piece of what is too long for one item |
//!
//! Every password stands in an item of its own that no other password shares, from the moment it is staged; becoming
//! current copies it to the plain item. So nothing is read, changed and written back as a whole: two processes may
//! work at once, and one that is killed between two calls leaves at worst a staged password that is current already,
//! or a `current` one that the plain item no longer names: read as staged and as replaced, mended by the next commit.
//! The plain item is written over only after its text stands in a kept one.
//!
//! Calls run one after another on a thread of their own. Nothing but the connection is remembered, and that is made
//! anew when the service was away or was started again. No call but `unlock` asks the person anything; one that would
//! have to says `Locked`.
//!
//! Six troubles are told apart: `NoKeychain`, `Locked`, `Dismissed` (by `unlock`), `ItemMissing` (a kept password says
//! that it is the current one, and the plain item is gone), `Ambiguous` (two items of one name: none of them is written
//! over or deleted) and `StoreBroken`.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;

use self::book::Book;
use self::items::Items;
use self::worker::Worker;
use super::memory::{history, staged};
use super::{
    AuthenticatorChange, CredentialStore, Current, Extra, KeptAuthenticator, Past, PastId, Staged, StoreKind,
    Why,
};
use crate::account::AccountId;
use crate::error::{ErrorKind, Result};
use crate::provider::Session;
use crate::secret::Secret;

mod book;
#[cfg(any(test, feature = "testing"))]
pub mod fake;
mod items;
#[cfg(test)]
mod tests;
mod vault_key;
mod worker;

#[cfg(target_os = "linux")]
#[path = "keychain/linux.rs"]
mod platform;
#[cfg(target_os = "macos")]
#[path = "keychain/macos.rs"]
mod platform;
#[cfg(target_os = "windows")]
#[path = "keychain/windows.rs"]
mod platform;

const ANSWER: Duration = Duration::from_secs(25);
const PERSON: Duration = Duration::from_secs(120);

/// What an account is called in the label of an item.
pub type Naming = dyn Fn(&AccountId) -> Option<String> + Send + Sync;

/// Credentials in the system's keychain.
pub struct Keychain {
    namespace: Arc<str>,
    naming: Arc<Naming>,
    system: Arc<dyn System>,
    worker: Worker,
}

/// What differs from one operating system to another.
trait System: Send + Sync {
    /// The items, unlocked as far as that asks nobody.
    fn open(&self, namespace: &str) -> Result<Items>;

    /// Unlocks them, letting the system ask the person.
    fn unlock(&self, namespace: &str) -> Result<()>;
}

impl Keychain {
    /// Uses the items of a namespace: `Regain`, or another one in tests. Touches nothing yet: whether the keychain
    /// works is what [`check`](CredentialStore::check) and every other call say.
    pub fn open(namespace: &str) -> Self {
        Self::over(namespace, Arc::new(platform::Platform::new()))
    }

    fn over(namespace: &str, system: Arc<dyn System>) -> Self {
        Self { namespace: namespace.into(), naming: Arc::new(|_| None), system, worker: Worker::start() }
    }

    /// Labels new items with a name that the person knows instead of the account's id, where labels exist.
    #[must_use]
    pub fn naming(self, naming: Arc<Naming>) -> Self {
        Self { naming, ..self }
    }

    async fn with_book<T, F>(&self, account: &AccountId, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Book) -> Result<T> + Send + 'static,
    {
        let (namespace, naming, system) = (self.namespace.clone(), self.naming.clone(), self.system.clone());
        let account = account.clone();
        let work = move || {
            let items = system.open(&namespace)?;
            let name = naming(&account).unwrap_or_else(|| account.as_str().to_owned());
            work(&Book::new(items, &namespace, account.as_str(), &name))
        };
        self.worker.run(ANSWER, ErrorKind::StoreBroken, work).await
    }
}

#[async_trait]
impl CredentialStore for Keychain {
    fn kind(&self) -> StoreKind {
        StoreKind::Keychain
    }

    async fn check(&self) -> Result<()> {
        let (namespace, system) = (self.namespace.clone(), self.system.clone());
        let work = move || system.open(&namespace).map(drop);
        self.worker.run(ANSWER, ErrorKind::StoreBroken, work).await
    }

    async fn unlock(&self) -> Result<()> {
        let (namespace, system) = (self.namespace.clone(), self.system.clone());
        self.worker.run_asking(PERSON, move || system.unlock(&namespace)).await
    }

    async fn current(&self, account: &AccountId) -> Result<Option<Current>> {
        self.with_book(account, Book::current).await
    }

    async fn stage(&self, account: &AccountId, password: &Secret, at: SystemTime) -> Result<PastId> {
        let password = password.clone();
        self.with_book(account, move |book| book.stage(&password, at)).await
    }

    async fn mark_sent(&self, account: &AccountId, id: &PastId) -> Result<()> {
        let id = id.clone();
        self.with_book(account, move |book| book.mark_sent(&id)).await
    }

    async fn staged(&self, account: &AccountId) -> Result<Vec<Staged>> {
        self.with_book(account, |book| book.kept().map(staged)).await
    }

    async fn commit(&self, account: &AccountId, id: &PastId, at: SystemTime) -> Result<()> {
        let id = id.clone();
        self.with_book(account, move |book| book.commit(&id, at)).await
    }

    async fn discard(&self, account: &AccountId, id: &PastId, why: Why, at: SystemTime) -> Result<()> {
        let id = id.clone();
        self.with_book(account, move |book| book.discard(&id, why, at)).await
    }

    async fn history(&self, account: &AccountId, now: SystemTime) -> Result<Vec<Past>> {
        self.with_book(account, move |book| book.kept().map(|kept| history(kept, now))).await
    }

    async fn session(&self, account: &AccountId) -> Result<Option<Session>> {
        self.with_book(account, Book::session).await
    }

    async fn save_session(&self, account: &AccountId, session: &Session) -> Result<()> {
        let session = session.clone();
        self.with_book(account, move |book| book.save_session(&session)).await
    }

    async fn clear_session(&self, account: &AccountId) -> Result<()> {
        self.with_book(account, Book::clear_session).await
    }

    async fn extra(&self, account: &AccountId, which: Extra) -> Result<Option<Secret>> {
        self.with_book(account, move |book| book.extra(which)).await
    }

    async fn save_extra(&self, account: &AccountId, which: Extra, text: Option<&Secret>) -> Result<()> {
        let text = text.cloned();
        self.with_book(account, move |book| book.save_extra(which, text.as_ref())).await
    }

    async fn authenticators(&self, account: &AccountId) -> Result<Vec<KeptAuthenticator>> {
        self.with_book(account, Book::authenticators).await
    }

    async fn change_authenticators(&self, account: &AccountId, change: AuthenticatorChange) -> Result<()> {
        self.with_book(account, move |book| book.change_authenticators(change)).await
    }

    async fn remove(&self, account: &AccountId) -> Result<()> {
        self.with_book(account, Book::remove).await
    }
}
