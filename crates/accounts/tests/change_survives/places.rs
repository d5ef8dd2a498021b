//! The stores, each of which can be left as a killed process leaves it, and opened again.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use accounts::clock::{ManualClock, SeededRandom};
use accounts::flow::Deps;
use accounts::store::keychain::fake::Fake;
use accounts::store::memory::Memory;
use accounts::store::vault::{Kdf, Opened, Vault, VaultKey};
use accounts::{AccountId, Accounts, CredentialStore, Secret};
use tempfile::TempDir;
use vault::scratch_disk::ScratchDisk;

const CHEAP: Kdf = Kdf { memory_kib: 8, passes: 1, lanes: 1 };
const PASSWORD: &str = "teapot gravel monday owl";

pub enum Place {
    Memory { store: Memory, list: Arc<Accounts> },
    Keychain { fake: Fake, list: Arc<Accounts> },
    Vault { disk: ScratchDisk, seen: PathBuf },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Memory,
    Keychain,
    Vault,
}

/// Makes places; an empty vault is made once and copied.
pub struct Ground {
    kind: Kind,
    folder: TempDir,
    empty: ScratchDisk,
    made: AtomicU64,
}

impl Ground {
    pub async fn new(kind: Kind) -> Self {
        // In memory where that can be had: each change notes what was seen, and syncs it.
        let shared = Path::new("/dev/shm");
        let folder = if shared.is_dir() { tempfile::tempdir_in(shared) } else { tempfile::tempdir() };
        let (folder, empty) = (folder.unwrap(), ScratchDisk::new());
        let vault = open_vault(&empty, &folder.path().join("seen"), 1);
        vault.create(Secret::new(PASSWORD), CHEAP, vault.new_recovery_key()).await.unwrap();
        Self { kind, folder, empty, made: AtomicU64::new(1) }
    }

    pub fn place(&self) -> Place {
        let list = Arc::new(Accounts::in_memory());
        match self.kind {
            Kind::Memory => Place::Memory { store: Memory::new(), list },
            Kind::Keychain => Place::Keychain { fake: Fake::new(usize::MAX), list },
            Kind::Vault => {
                let number = self.made.fetch_add(1, Ordering::Relaxed);
                let seen = self.folder.path().join(format!("seen {number}"));
                fs::copy(self.folder.path().join("seen"), &seen).unwrap();
                Place::Vault { disk: self.empty.copy(), seen }
            }
        }
    }
}

impl Place {
    /// A process that begins; `run` makes its random numbers its own.
    pub async fn open(&self, run: u64) -> Deps {
        let clock = Arc::new(ManualClock::at(1_800_000_000 + run));
        let random = Arc::new(SeededRandom::new(run));
        let (store, accounts): (Arc<dyn CredentialStore>, _) = match self {
            Self::Memory { store, list } => {
                store.fail_at(None);
                (Arc::new(store.clone()), list.clone())
            }
            Self::Keychain { fake, list } => {
                fake.live(None);
                fake.fail_at(None);
                (Arc::new(fake.keychain()), list.clone())
            }
            Self::Vault { disk, seen } => {
                disk.restart();
                let vault = open_vault(disk, seen, run);
                let opened = vault.open(VaultKey::Password(Secret::new(PASSWORD)), false).await.unwrap();
                assert!(matches!(opened, Opened::Open { .. }));
                let accounts = Arc::new(Accounts::kept_by(vault.keeper()));
                (Arc::new(vault), accounts)
            }
        };
        Deps { accounts, store, clock, random }
    }
}

fn open_vault(disk: &ScratchDisk, seen: &Path, run: u64) -> Vault {
    let clock = Arc::new(ManualClock::at(1_800_000_000 + run));
    Vault::on(Arc::new(disk.clone()), Path::new("/v"), seen, clock, Arc::new(SeededRandom::new(1_000 + run)))
}

/// Every password that is kept of an account: current, staged and earlier ones.
pub async fn kept(deps: &Deps, id: &AccountId) -> BTreeSet<String> {
    let mut kept = BTreeSet::new();
    kept.extend(current(deps, id).await);
    kept.extend(deps.store.staged(id).await.unwrap().iter().map(|it| it.password.expose().to_owned()));
    let history = deps.store.history(id, deps.clock.now()).await.unwrap();
    kept.extend(history.iter().map(|it| it.password.expose().to_owned()));
    kept
}

pub async fn current(deps: &Deps, id: &AccountId) -> Option<String> {
    deps.store.current(id).await.unwrap().map(|current| current.password.expose().to_owned())
}
