//! Regain's offline vault: a sealed snapshot plus a sealed journal, in one folder. Anyone may append; only the person
//! may open. `docs/vault-format.md` specifies every byte.
//!
//! Bytes in, bytes out: no network, no async, no clock and no randomness of its own. What an entry means is its
//! owner's business; here it has an id, a text to search, bytes to show, and secrets that stay sealed until asked for.
//!
//! Every call that writes is durable when it returns `Ok`. After an `Err` the vault on disk holds what it held before
//! or what was to be written, never less, and the next call reads again what is there.

mod backup;
mod change;
mod container;
mod disk;
mod entry;
mod error;
mod home;
mod journal;
mod keys;
mod locked;
mod payload;
mod recovery_key;
mod search;
mod slots;
mod vault;
mod walk;
mod wiped;

#[cfg(any(test, feature = "testing"))]
pub mod scratch_disk;

pub use backup::{Backup, Difference};
pub use change::Change;
pub use disk::{Disk, File, How, RealDisk};
pub use entry::Entry;
pub use error::{Error, Result};
pub use home::Home;
pub use keys::Random;
pub use locked::{Pin, append_locked, look};
pub use recovery_key::{NotAKey, RecoveryKey};
pub use slots::{Kdf, Key, SlotKind};
pub use vault::{Anchor, LOCKED, MADE, Vault};

/// What the fuzzers feed: each must take any bytes without a panic.
#[cfg(feature = "testing")]
pub mod fuzz {
    use std::io::{self, Read as _};

    /// A file that is read once, from its start.
    struct Bytes<'a>(&'a [u8]);

    impl crate::File for Bytes<'_> {
        fn size(&mut self) -> io::Result<u64> {
            Ok(self.0.len() as u64)
        }

        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            self.0.read(into)
        }

        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::Unsupported.into())
        }

        fn cut(&mut self, _: u64) -> io::Result<()> {
            Err(io::ErrorKind::Unsupported.into())
        }

        fn sync(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A snapshot's header and, under a data key of zeros, its chunks and payload.
    pub fn container(bytes: &[u8]) {
        let mut file = Bytes(bytes);
        if let Ok((header, body)) = crate::container::Header::read(&mut file) {
            let zeros = crate::keys::DataKey::copy_of(&[0; 32]);
            let _ = crate::container::read_body(&mut file, body, &header, &zeros);
        }
        let _ = crate::payload::Book::read(crate::wiped::Wiped::copy_of(bytes));
    }

    /// The list of slots.
    pub fn slots(bytes: &[u8]) {
        if let Some((count, rest)) = bytes.split_first() {
            let _ = crate::slots::parse(rest, *count);
        }
    }

    /// A journal's frames, and the changes within one.
    pub fn journal(bytes: &[u8]) {
        let _ = crate::journal::split(bytes);
        let _ = crate::change::decode_changes(bytes);
    }

    /// A typed recovery key.
    pub fn recovery_key(bytes: &[u8]) {
        if let Ok(text) = std::str::from_utf8(bytes) {
            let _ = crate::RecoveryKey::parse(text);
        }
    }
}
