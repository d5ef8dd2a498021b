//! What can be done without opening: look at the outside, and add a frame that only the open vault can read.

use std::time::SystemTime;

use crate::container::{FIXED, Front, array_at, unix};
use crate::disk::{How, again};
use crate::entry::head;
use crate::error::{Error, Result};
use crate::home::{Home, read_whole};
use crate::journal::{self, LOCKED, LOCKED_MOST};
use crate::keys::{Random, random, seal_to};
use crate::slots::SlotKind;
use crate::wiped::Wiped;

/// The public key of a vault, kept outside of its folder: whoever writes while it is locked cannot check the header,
/// and a key swapped there would read what is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pin {
    pub vault_id: [u8; 16],
    pub public_key: [u8; 32],
}

impl Pin {
    pub fn to_bytes(self) -> [u8; 48] {
        let mut bytes = [0; 48];
        bytes[..16].copy_from_slice(&self.vault_id);
        bytes[16..].copy_from_slice(&self.public_key);
        bytes
    }

    pub fn from_bytes(bytes: &[u8; 48]) -> Self {
        Self { vault_id: array_at(bytes, 0), public_key: array_at(bytes, 16) }
    }
}

/// The outside of a vault; nothing of it is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outside {
    pub vault_id: [u8; 16],
    pub slots: Vec<SlotKind>,
    /// Frames that were added while it was locked.
    pub made_while_locked: usize,
}

/// Looks at a vault from outside. Errors: as for opening, but for the key.
pub fn look(home: &Home) -> Result<Outside> {
    let _lock = home.lock_to_read()?;
    let header = home.read_header()?;
    let bytes = home.read(&home.journal(), journal::FILE_MOST)?.unwrap_or_default();
    let frames = journal::split(&bytes)?.list;
    let made = frames.iter().filter(|it| it.kind == LOCKED && it.generation == header.generation);
    Ok(Outside {
        vault_id: header.vault_id,
        slots: header.slots.iter().map(|slot| slot.kind).collect(),
        made_while_locked: made.count(),
    })
}

/// Adds a secret to a locked vault, which offers it when it is opened. Durable when it returns `Ok`. Errors: `Missing`,
/// `RolledBack` when another vault is there, `Limit` when 1,000 wait already.
pub fn append_locked(
    home: &Home,
    pin: &Pin,
    secret: &[u8],
    dice: &dyn Random,
    now: SystemTime,
) -> Result<()> {
    let _lock = home.lock()?;
    let front = front(home)?;
    if front.vault_id != pin.vault_id {
        return Err(Error::RolledBack);
    }
    let mut file = again(|| home.disk.open(&home.journal(), How::Append))?;
    // The journal's name, if it is new, and the snapshot's, if its rename was just now.
    home.sync_folder()?;
    let bytes = read_whole(&mut *file, journal::FILE_MOST)?;
    let frames = journal::split(&bytes)?;
    let waiting = |frame: &&journal::Frame<'_>| frame.kind == LOCKED && frame.generation == front.generation;
    if frames.list.iter().filter(waiting).count() >= LOCKED_MOST {
        return Err(Error::Limit("what is made while locked"));
    }
    let change: [u8; 16] = random(dice);
    let mut text = Wiped::with_capacity(secret.len() + 32);
    head(&mut text, |encoder| drop(encoder.map(2).and_then(|it| it.u64(0)?.u64(unix(now))?.u64(1))));
    head(&mut text, |encoder| drop(encoder.bytes(secret)));
    let aad = journal::locked_aad(front.generation, &change);
    let body = seal_to(&pin.public_key, &pin.vault_id, &aad, &text, dice)?;
    let frame = journal::frame(LOCKED, front.generation, &change, &body)?;
    home.append(&mut *file, frames.end as u64, &frame)
}

pub(crate) fn front(home: &Home) -> Result<Front> {
    let mut file = home.open(&home.vault())?.ok_or(Error::Missing)?;
    let mut bytes = [0; FIXED];
    let read = crate::disk::read_full(&mut *file, &mut bytes)?;
    Front::parse(&bytes[..read])
}
