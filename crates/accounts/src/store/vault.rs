//! The offline vault as a store: works without network and keychain, and keeps the list of accounts, too.
//!
//! An account is one entry, `account/ID`: what the list shows of it in the open part, every password with its state,
//! the session, note and draft as secrets of their own. Becoming current and going to the history is one frame of the
//! journal. Vaults are read anew where another program has written to them.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use ::vault::{Disk, Home, RealDisk};

pub use ::vault::{Kdf, NotAKey, RecoveryKey};

pub use self::earlier::EarlierState;
pub use self::keys::VaultKey;
pub use self::made::Made;
use self::seen::Seen;
use crate::account::{AccountId, Keeper};
use crate::clock::{Clock, Random};
use crate::error::{Error, ErrorKind, Result};
use crate::secret::Secret;

mod credentials;
mod earlier;
mod keys;
mod list;
mod made;
mod seen;

const ACCOUNT: &str = "account/";
const KEPT: &str = "kept/";

/// What came of opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opened {
    /// `torn`: a last change that was never said to be saved is laid aside.
    Open {
        torn: bool,
    },
    WrongKey,
}

/// Credentials in a vault; clones share it.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    home: Home,
    seen: Seen,
    clock: Arc<dyn Clock>,
    dice: Arc<Dice>,
    open: Mutex<Option<::vault::Vault>>,
    elsewhere: AtomicBool,
}

/// The domain's randomness for the vault.
struct Dice(Arc<dyn Random>);

impl ::vault::Random for Dice {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.fill(bytes);
    }
}

impl Vault {
    /// The vault in a folder, locked. What was last seen of it is kept in `seen`, which must lie outside of the folder.
    pub fn at(folder: &Path, seen: &Path, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self::on(Arc::new(RealDisk), folder, seen, clock, random)
    }

    /// The same on a disk of the caller's.
    pub fn on(
        disk: Arc<dyn Disk>,
        folder: &Path,
        seen: &Path,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Self {
        Self(Arc::new(Inner {
            home: Home::new(disk, folder),
            seen: Seen::new(seen),
            clock,
            dice: Arc::new(Dice(random)),
            open: Mutex::new(None),
            elsewhere: AtomicBool::new(false),
        }))
    }

    /// Whether there is one. Errors: what keeps the folder from being read.
    pub fn exists(&self) -> Result<bool> {
        self.0.home.has_vault().map_err(kept)
    }

    pub fn is_open(&self) -> bool {
        self.0.lock().is_some()
    }

    /// Makes a vault and leaves it open. Takes as long as `kdf` costs.
    pub async fn create(&self, password: Secret, kdf: Kdf, recovery: RecoveryKey) -> Result<()> {
        self.blocking(move |inner| {
            let (home, dice) = (inner.home.clone(), inner.dice.clone());
            let now = inner.clock.now();
            let made = ::vault::Vault::create(home, password.expose(), kdf, &recovery, dice, now);
            let made = made.map_err(kept)?;
            inner.seen.pin(&made)?;
            *inner.lock() = Some(made);
            Ok(())
        })
        .await
    }

    /// Opens it. `older`: even if it is older than what was last seen here. Errors: `Damaged`, `Newer`, `RolledBack`,
    /// `Unreadable` when there is none.
    pub async fn open(&self, key: VaultKey, older: bool) -> Result<Opened> {
        self.blocking(move |inner| {
            let seen = if older { None } else { inner.seen.anchor() };
            let (home, dice) = (inner.home.clone(), inner.dice.clone());
            let opened = match ::vault::Vault::open(home, &key.borrow(), seen.as_ref(), dice) {
                Err(::vault::Error::WrongKey) => return Ok(Opened::WrongKey),
                opened => opened.map_err(kept)?,
            };
            inner.seen.pin(&opened)?;
            let torn = opened.was_torn();
            *inner.lock() = Some(opened);
            Ok(Opened::Open { torn })
        })
        .await
    }

    /// Folds the journal into the snapshot, which leaves a backup, and wipes everything from memory.
    pub async fn lock(&self) {
        let folded = self.blocking(|inner| {
            let mut open = inner.lock();
            let Some(vault) = open.as_mut() else { return Ok(()) };
            let folded = match vault.changes_since_snapshot() {
                0 => Ok(()),
                _ => vault.compact(inner.clock.now()).map_err(kept),
            };
            inner.seen.note(vault);
            *open = None;
            folded
        });
        if let Err(error) = folded.await {
            // The journal holds everything; folding it is tidiness.
            tracing::warn!(%error, "the journal could not be folded in");
        }
    }

    /// Whether another program has changed it since this was asked last.
    pub fn changed_elsewhere(&self) -> bool {
        self.0.elsewhere.swap(false, Ordering::AcqRel)
    }

    /// The list of accounts in the vault.
    pub fn keeper(&self) -> Arc<dyn Keeper> {
        self.0.clone()
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut ::vault::Vault, SystemTime) -> Outcome<T> + Send + 'static,
    ) -> Result<T> {
        self.blocking(move |inner| inner.with(work)).await
    }

    /// Files and keys cost time that a conversation must not stand still for.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let inner = self.0.clone();
        let done = tokio::task::spawn_blocking(move || work(&inner)).await;
        done.map_err(|error| Error::new(ErrorKind::Bug, error))?
    }
}

/// What the work on an open vault comes to: its own errors, or ours.
type Outcome<T> = std::result::Result<T, Trouble>;

enum Trouble {
    Vault(::vault::Error),
    Ours(Error),
}

impl From<::vault::Error> for Trouble {
    fn from(error: ::vault::Error) -> Self {
        Self::Vault(error)
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Option<::vault::Vault>> {
        // A vault reads again what is on disk when a change of it broke off.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unique(&self) -> u32 {
        let mut bytes = [0; 4];
        self.dice.0.fill(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn with<T>(&self, work: impl FnOnce(&mut ::vault::Vault, SystemTime) -> Outcome<T>) -> Result<T> {
        let mut open = self.lock();
        let vault = open.as_mut().ok_or(ErrorKind::Locked)?;
        let before = vault.anchor();
        let done = vault.catch_up().map_err(Trouble::from).and_then(|()| work(vault, self.clock.now()));
        if vault.changed_elsewhere() {
            self.elsewhere.store(true, Ordering::Release);
        }
        if vault.anchor() != before {
            self.seen.note(vault);
        }
        if vault.should_compact()
            && let Err(error) = vault.compact(self.clock.now())
        {
            tracing::warn!(%error, "the journal could not be folded in");
        }
        match done {
            Ok(done) => Ok(done),
            Err(Trouble::Ours(error)) => Err(error),
            Err(Trouble::Vault(error @ ::vault::Error::Stale)) => {
                *open = None;
                Err(Error::new(ErrorKind::Locked, error))
            }
            Err(Trouble::Vault(error)) => Err(kept(error)),
        }
    }
}

fn entry_id(account: &AccountId) -> String {
    format!("{ACCOUNT}{}", account.as_str())
}

fn read(vault: &::vault::Vault, id: &str, name: &str) -> Result<Option<Secret>> {
    let Some(mut text) = vault.secret(id, name).map_err(kept)? else { return Ok(None) };
    match String::from_utf8(std::mem::take(&mut *text)) {
        Ok(text) => Ok(Some(Secret::new(text))),
        Err(error) => Err(Error::new(ErrorKind::StoreBroken, error.utf8_error())),
    }
}

/// The vault's troubles in the domain's words.
fn kept(error: ::vault::Error) -> Error {
    use std::io::ErrorKind as Io;
    let kind = match &error {
        ::vault::Error::Io(io) => match io.kind() {
            Io::StorageFull | Io::QuotaExceeded | Io::FileTooLarge => ErrorKind::DiskFull,
            Io::PermissionDenied | Io::ReadOnlyFilesystem => ErrorKind::ReadOnly,
            _ => ErrorKind::StoreBroken,
        },
        ::vault::Error::Missing => ErrorKind::Unreadable,
        ::vault::Error::Damaged(_) | ::vault::Error::Limit(_) | ::vault::Error::OnlyKeychain => {
            ErrorKind::Damaged
        }
        ::vault::Error::Newer => ErrorKind::Newer,
        ::vault::Error::RolledBack => ErrorKind::RolledBack,
        ::vault::Error::Stale => ErrorKind::Locked,
        ::vault::Error::WrongKey | ::vault::Error::Exists | ::vault::Error::NotFound => {
            ErrorKind::StoreBroken
        }
    };
    Error::new(kind, error)
}
