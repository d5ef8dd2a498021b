//! The open vault.

mod earlier;
mod replay;
mod save;
mod slots;

use std::sync::Arc;
use std::time::SystemTime;

use zeroize::Zeroizing;

use self::replay::{Tail, load};
use crate::change::{Change, decode_changes, encode_changes};
use crate::container::{self, Header, moment};
use crate::disk::{How, again};
use crate::entry::{Entry, secret_aad};
use crate::error::{Error, Result};
use crate::home::Home;
use crate::journal;
use crate::keys::{DataKey, Keys, Random, random, wipe_stack};
use crate::locked::Pin;
use crate::payload::Book;
use crate::recovery_key::RecoveryKey;
use crate::slots::{Kdf, Key, Slot};
use crate::wiped::Wiped;

/// Entries made while the vault was locked have ids that begin with this, and one secret, [`MADE`].
pub const LOCKED: &str = "locked/";
pub const MADE: &str = "made";

/// Bytes and frames of a journal that are worth a compaction.
const COMPACT_BYTES: u64 = 4 * 1024 * 1024;
const COMPACT_FRAMES: u64 = 10_000;

/// How far a vault had come when it was last seen: kept outside of its folder, it tells an old copy from the present
/// one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchor {
    pub vault_id: [u8; 16],
    pub generation: u64,
    /// Frames of this generation.
    pub number: u64,
    chain: [u8; 32],
}

impl Anchor {
    pub fn to_bytes(self) -> [u8; 64] {
        let mut bytes = [0; 64];
        bytes[..16].copy_from_slice(&self.vault_id);
        bytes[16..24].copy_from_slice(&self.generation.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.number.to_le_bytes());
        bytes[32..].copy_from_slice(&self.chain);
        bytes
    }

    pub fn from_bytes(bytes: &[u8; 64]) -> Self {
        Self {
            vault_id: container::array_at(bytes, 0),
            generation: container::u64_at(bytes, 16),
            number: container::u64_at(bytes, 24),
            chain: container::array_at(bytes, 32),
        }
    }
}

/// An open vault. Dropping it wipes what it held.
pub struct Vault {
    home: Home,
    dice: Arc<dyn Random>,
    keys: Keys,
    header: Header,
    book: Book,
    tail: Tail,
    /// What is on disk may differ from what is here: it is read again before anything is done.
    unsure: bool,
    /// The folder was synced since the files in it were found: names in it are durable.
    settled: bool,
    changed_elsewhere: bool,
}

impl Drop for Vault {
    fn drop(&mut self) {
        wipe_stack();
    }
}

impl Vault {
    /// Makes a vault. A journal that was left without its vault is laid aside. Errors: `Exists`, `Io`, `Limit`.
    pub fn create(
        home: Home,
        password: &str,
        kdf: Kdf,
        recovery: &RecoveryKey,
        dice: Arc<dyn Random>,
        now: SystemTime,
    ) -> Result<Self> {
        again(|| home.disk.create_folder(home.folder()))?;
        let lock = home.lock()?;
        if home.has_vault()? {
            return Err(Error::Exists);
        }
        let data = DataKey::new(&*dice);
        let vault_id = random(&*dice);
        let keys = Keys::new(data, &vault_id);
        let slots = vec![
            Slot::password(0, password, kdf, &keys.data, &vault_id, &*dice)?,
            Slot::recovery(1, recovery, &keys.data, &vault_id, &*dice),
        ];
        let header = Header {
            vault_id,
            generation: 0,
            saved_at: 0,
            save_salt: [0; 32],
            public_key: keys.locked.public(),
            slots,
            mac: [0; 32],
        };
        let left = home.read(&home.journal(), journal::FILE_MOST)?;
        if left.is_some_and(|left| !left.is_empty()) {
            let aside = home.folder().join("regain.journal.left");
            again(|| home.disk.rename(&home.journal(), &aside))?;
            home.sync_folder()?;
        }
        let tail = Tail::at_start(&header);
        let mut vault = Self {
            home,
            dice,
            keys,
            header,
            book: Book::new(),
            tail,
            unsure: false,
            settled: false,
            changed_elsewhere: false,
        };
        let (slots, public) = (vault.header.slots.clone(), vault.header.public_key);
        let book = Book::new();
        let data = vault.keys.data.clone();
        vault.save(&lock, slots, public, data, book, now)?;
        Ok(vault)
    }

    /// Opens a vault. `seen` is how far it had come when it was last seen here. Errors: `Missing`, `WrongKey`,
    /// `Damaged`, `Newer`, `RolledBack`, `Limit`, `OnlyKeychain`, `Io`; whatever it is, the files are left as they are.
    pub fn open(home: Home, key: &Key<'_>, seen: Option<&Anchor>, dice: Arc<dyn Random>) -> Result<Self> {
        // The slow part goes first and without the lock.
        let header = home.read_header()?;
        let mut data = None;
        for slot in &header.slots {
            data = slot.open(key, &header.vault_id)?;
            if data.is_some() {
                break;
            }
        }
        let data = data.ok_or(Error::WrongKey)?;
        let vault_id = header.vault_id;

        let _lock = home.lock_to_read()?;
        let keys = Keys::new(data, &vault_id);
        let (header, book, tail) = load(&home, &keys, &*dice).map_err(|error| match error {
            Error::Stale => Error::Damaged("the header is not what was written"),
            other => other,
        })?;
        if header.vault_id != vault_id {
            return Error::damaged("another vault took its place");
        }
        let vault = Self {
            home,
            dice,
            keys,
            header,
            book,
            tail,
            unsure: false,
            settled: false,
            changed_elsewhere: false,
        };
        match seen {
            Some(seen) if !vault.reaches(seen)? => Err(Error::RolledBack),
            _ => Ok(vault),
        }
    }

    /// How far it has come: to be kept outside of its folder after every change.
    pub fn anchor(&self) -> Anchor {
        Anchor {
            vault_id: self.header.vault_id,
            generation: self.header.generation,
            number: self.tail.number,
            chain: self.tail.chain,
        }
    }

    /// What is needed to write while it is locked.
    pub fn pin(&self) -> Pin {
        Pin { vault_id: self.header.vault_id, public_key: self.header.public_key }
    }

    pub fn saved_at(&self) -> SystemTime {
        moment(self.header.saved_at)
    }

    /// Entries in it.
    pub fn len(&self) -> usize {
        self.book.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All entries, in the order in which they came.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.book.entries()
    }

    pub fn get(&self, id: &str) -> Option<Entry<'_>> {
        self.book.get(id)
    }

    /// Entries in whose text every word of the query stands, without regard to case and diacritics; at most so many.
    pub fn search(&mut self, query: &str, most: usize) -> Vec<Entry<'_>> {
        self.book.search(query, most)
    }

    /// Opens one secret. Errors: `Damaged`.
    pub fn secret(&self, id: &str, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let Some(entry) = self.book.get(id) else { return Ok(None) };
        let Some((_, sealed)) = entry.sealed().find(|(known, _)| *known == name) else { return Ok(None) };
        let opened = self.keys.secrets.open_alone(&secret_aad(id, name), sealed);
        opened.map(Wiped::into_zeroizing).map(Some).ok_or(Error::Damaged("a secret does not open"))
    }

    /// Whether a torn frame stood at the journal's end: a change that was never said to be saved.
    pub fn was_torn(&self) -> bool {
        self.tail.torn
    }

    /// Frames made while locked that do not open; they are kept.
    pub fn unreadable(&self) -> usize {
        self.tail.unreadable
    }

    /// Another program has changed the vault since this was asked last.
    pub fn changed_elsewhere(&mut self) -> bool {
        std::mem::take(&mut self.changed_elsewhere)
    }

    /// Reads what another program has changed. Errors: `Stale` when it must be opened anew.
    pub fn catch_up(&mut self) -> Result<()> {
        let lock = self.home.lock_to_read()?;
        self.catch_up_under(&lock)
    }

    /// Makes changes, all or none: one frame, one sync. Errors: `Io`, `Limit`, `Stale`.
    pub fn change(&mut self, changes: &[Change]) -> Result<()> {
        let lock = self.home.lock()?;
        self.catch_up_under(&lock)?;
        let text = encode_changes(changes, &self.keys.secrets, &*self.dice);
        let steps = decode_changes(&text)?;
        for step in &steps {
            self.book.check(step)?;
        }
        if !self.book.has_room_for(text.len()) {
            return Err(Error::Limit("the size of the vault"));
        }
        let (number, change) = (self.tail.number + 1, random(&*self.dice));
        let generation = self.header.generation;
        let aad = journal::open_aad(&self.header.vault_id, generation, number, &change, &self.tail.chain);
        let body = self.keys.journal.seal_alone(&*self.dice, &aad, &text);
        let frame = journal::frame(journal::OPEN, generation, &change, &body)?;
        if self.tail.end + frame.len() as u64 > journal::FILE_MOST as u64 {
            return Err(Error::Limit("the size of the journal"));
        }

        self.unsure = true;
        let mut file = again(|| self.home.disk.open(&self.home.journal(), How::Append))?;
        if !self.settled {
            self.home.sync_folder()?;
            self.settled = true;
        }
        self.home.append(&mut *file, self.tail.end, &frame)?;
        self.unsure = false;
        self.tail.end += frame.len() as u64;
        self.tail.number = number;
        self.tail.chain = journal::next_chain(&self.tail.chain, &frame);
        self.tail.torn = false;
        steps.iter().try_for_each(|step| self.book.apply(step))
    }

    /// Whether the journal has grown so long that it should be folded into the snapshot.
    pub fn should_compact(&self) -> bool {
        self.tail.end >= COMPACT_BYTES || self.tail.number >= COMPACT_FRAMES
    }

    /// Frames since the snapshot.
    pub fn changes_since_snapshot(&self) -> u64 {
        self.tail.number
    }
}
