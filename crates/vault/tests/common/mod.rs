//! What the vault's tests share.

#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a surprise must stop the test")]

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use vault::scratch_disk::{ScratchDisk, Seeded};
use vault::{Anchor, Change, Disk, Home, Kdf, Key, Random, RecoveryKey, Vault};
use zeroize::Zeroizing;

/// The cheapest that Argon2 takes: these tests are not about its cost.
pub const CHEAP: Kdf = Kdf { memory_kib: 8, passes: 1, lanes: 1 };
pub const PASSWORD: &str = "teapot gravel monday owl";

pub fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_800_000_000 + seconds)
}

pub fn dice(seed: u64) -> Arc<dyn Random> {
    Arc::new(Seeded::new(seed))
}

pub fn home(disk: &ScratchDisk) -> Home {
    Home::new(Arc::new(disk.clone()), "/v")
}

pub fn home_on(disk: impl Disk + 'static, folder: &Path) -> Home {
    Home::new(Arc::new(disk), folder)
}

pub fn recovery() -> RecoveryKey {
    RecoveryKey::new(&Seeded::new(4_711))
}

pub fn create(disk: &ScratchDisk) -> Vault {
    Vault::create(home(disk), PASSWORD, CHEAP, &recovery(), dice(1), at(0)).unwrap()
}

pub fn open(disk: &ScratchDisk) -> vault::Result<Vault> {
    open_seen(disk, None)
}

pub fn open_seen(disk: &ScratchDisk, seen: Option<&Anchor>) -> vault::Result<Vault> {
    Vault::open(home(disk), &Key::Password(PASSWORD), seen, dice(2))
}

pub fn put(id: &str, text: &str) -> Change {
    let (id, text) = (id.to_owned(), Some(text.to_owned()));
    Change::Put { id, text: text.clone(), shown: text.map(String::into_bytes), changed_at: Some(7) }
}

pub fn put_secret(id: &str, name: &str, secret: &str) -> Change {
    let secret = Zeroizing::new(secret.as_bytes().to_vec());
    Change::PutSecret { id: id.into(), name: name.into(), secret }
}

pub fn secret(vault: &Vault, id: &str, name: &str) -> Option<String> {
    let secret = vault.secret(id, name).unwrap()?;
    Some(String::from_utf8(secret.to_vec()).unwrap())
}

/// Ids, texts, and secrets by name.
pub type Everything = Vec<(String, String, Vec<(String, String)>)>;

/// Everything in a vault, secrets too, in order: two vaults with the same are the same to a person.
pub fn everything(vault: &Vault) -> Everything {
    let mut all: Vec<_> = vault
        .entries()
        .map(|entry| {
            let mut secrets: Vec<_> = entry
                .secrets()
                .map(|name| (name.to_owned(), secret(vault, entry.id, name).unwrap()))
                .collect();
            secrets.sort();
            (entry.id.to_owned(), entry.text.to_owned(), secrets)
        })
        .collect();
    all.sort();
    all
}

/// Says that a test cannot run on this machine.
pub fn not_run(name: &str, why: &str) {
    eprintln!("{name}: not run, {why}");
    if let Some(notes) = std::env::var_os("REGAIN_NOT_RUN") {
        let mut notes = std::fs::OpenOptions::new().create(true).append(true).open(notes).unwrap();
        writeln!(notes, "{name}: {why}").unwrap();
    }
}
