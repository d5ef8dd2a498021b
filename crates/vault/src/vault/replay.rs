//! What is on disk is read, and read on when another program has written.

use zeroize::Zeroizing;

use super::{Anchor, LOCKED, MADE, Vault};
use crate::change::{Change, Step, decode_changes, encode_changes};
use crate::container::{self, Header};
use crate::disk::{How, again};
use crate::entry::fields;
use crate::error::{Error, Result};
use crate::home::{Home, Lock, read_whole};
use crate::journal::{self, Frame, LOCKED_MOST};
use crate::keys::{Keys, LockedKey, Random};
use crate::locked::front;
use crate::payload::Book;
use crate::wiped::Wiped;

/// Where the journal ends, as far as it was read.
#[derive(Clone, Copy)]
pub(super) struct Tail {
    pub end: u64,
    pub number: u64,
    pub chain: [u8; 32],
    pub locked: usize,
    pub unreadable: usize,
    pub torn: bool,
}

impl Tail {
    pub fn at_start(header: &Header) -> Self {
        Self { end: 0, number: 0, chain: header.mac, locked: 0, unreadable: 0, torn: false }
    }
}

impl Vault {
    /// Takes in what is on disk and not here. Another program may have appended, or saved.
    pub(super) fn catch_up_under(&mut self, _lock: &Lock) -> Result<()> {
        if self.unsure {
            return self.reload();
        }
        let front = front(&self.home)?;
        let same = front.vault_id == self.header.vault_id
            && front.generation == self.header.generation
            && front.save_salt == self.header.save_salt;
        if !same {
            if front.generation < self.header.generation || front.vault_id != self.header.vault_id {
                return Err(Error::RolledBack);
            }
            self.changed_elsewhere = true;
            return self.reload();
        }
        let bytes = match again(|| self.home.disk.open(&self.home.journal(), How::Read)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Wiped::default(),
            Ok(mut file) => {
                if again(|| file.size())? == self.tail.end {
                    return Ok(());
                }
                read_whole(&mut *file, journal::FILE_MOST)?
            }
            Err(error) => return Err(error.into()),
        };
        let end = usize::try_from(self.tail.end).unwrap_or(usize::MAX);
        let Some(more) = bytes.get(end..) else {
            if self.tail.number == 0 && bytes.is_empty() {
                self.tail.end = 0;
                return Ok(());
            }
            return Err(Error::RolledBack);
        };
        let frames = journal::split(more)?;
        self.tail.torn = frames.end < more.len();
        let before = self.tail.number;
        for frame in &frames.list {
            let replay = Replay { keys: &self.keys, header: &self.header, dice: &*self.dice };
            if let Err(error) = replay.take(frame, &mut self.book, &mut self.tail) {
                self.unsure = true;
                return Err(error);
            }
        }
        self.changed_elsewhere |= self.tail.number != before;
        Ok(())
    }

    fn reload(&mut self) -> Result<()> {
        self.settled = false;
        let (header, book, tail) = load(&self.home, &self.keys, &*self.dice)?;
        if header.vault_id != self.header.vault_id || header.generation < self.header.generation {
            return Err(Error::RolledBack);
        }
        (self.header, self.book, self.tail) = (header, book, tail);
        self.unsure = false;
        Ok(())
    }

    /// Whether the vault has come at least as far as what was seen.
    pub(super) fn reaches(&self, seen: &Anchor) -> Result<bool> {
        let here = (self.header.generation, self.tail.number);
        if seen.vault_id != self.header.vault_id || here < (seen.generation, seen.number) {
            return Ok(false);
        }
        if seen.generation < self.header.generation {
            return Ok(true);
        }
        // The same frames up to there, not others.
        let bytes = self.home.read(&self.home.journal(), journal::FILE_MOST)?.unwrap_or_default();
        let mut chain = self.header.mac;
        let frames = journal::split(&bytes)?.list;
        let own = frames.iter().filter(|frame| frame.generation == self.header.generation);
        for frame in own.take(usize::try_from(seen.number).unwrap_or(usize::MAX)) {
            chain = journal::next_chain(&chain, frame.whole);
        }
        Ok(chain == seen.chain)
    }
}

/// Reads snapshot and journal. `Stale` when the header does not stand under this data key.
pub(super) fn load(home: &Home, keys: &Keys, dice: &dyn Random) -> Result<(Header, Book, Tail)> {
    let mut file = home.open(&home.vault())?.ok_or(Error::Missing)?;
    let (header, body) = Header::read(&mut *file)?;
    if !header.is_authentic(&keys.data) {
        return Err(Error::Stale);
    }
    if header.public_key != keys.locked.public() {
        return Error::damaged("the public key is not the vault's");
    }
    let mut book = Book::read(container::read_body(&mut *file, body, &header, &keys.data)?)?;
    let bytes = home.read(&home.journal(), journal::FILE_MOST)?.unwrap_or_default();
    let frames = journal::split(&bytes)?;
    let mut tail = Tail::at_start(&header);
    let replay = Replay { keys, header: &header, dice };
    for frame in &frames.list {
        replay.take(frame, &mut book, &mut tail)?;
    }
    tail.torn = frames.end < bytes.len();
    Ok((header, book, tail))
}

struct Replay<'a> {
    keys: &'a Keys,
    header: &'a Header,
    dice: &'a dyn Random,
}

impl Replay<'_> {
    fn take(&self, frame: &Frame<'_>, book: &mut Book, tail: &mut Tail) -> Result<()> {
        tail.end += frame.whole.len() as u64;
        if frame.generation < self.header.generation {
            // It is in the snapshot already.
            return Ok(());
        }
        if frame.generation > self.header.generation {
            return Error::damaged("the journal is ahead of its snapshot");
        }
        let number = tail.number + 1;
        if frame.kind == journal::OPEN {
            let (id, chain) = (&self.header.vault_id, &tail.chain);
            let aad = journal::open_aad(id, frame.generation, number, &frame.change, chain);
            let text = self.keys.journal.open_alone(&aad, frame.body);
            let text = text.ok_or(Error::Damaged("a frame is not what was written"))?;
            for step in &decode_changes(&text)? {
                book.apply(step)?;
            }
        } else if frame.kind != journal::LOCKED {
            return Err(Error::Newer);
        } else {
            tail.locked += 1;
            let suggested = tail.locked <= LOCKED_MOST && self.suggest(frame, book)?;
            tail.unreadable += usize::from(!suggested);
        }
        tail.number = number;
        tail.chain = journal::next_chain(&tail.chain, frame.whole);
        Ok(())
    }

    /// Makes an entry of a frame that was written while locked; whether it opens.
    fn suggest(&self, frame: &Frame<'_>, book: &mut Book) -> Result<bool> {
        let vault_id = &self.header.vault_id;
        let aad = journal::locked_aad(frame.generation, &frame.change);
        let earlier = book.earlier_keys();
        let earlier = earlier.iter().map(|data| LockedKey::new(data, vault_id));
        let text = self.keys.locked.open(vault_id, &aad, frame.body);
        let text = text.or_else(|| earlier.into_iter().find_map(|key| key.open(vault_id, &aad, frame.body)));
        let Some((at, made)) = text.as_deref().and_then(read_made) else { return Ok(false) };
        let id = format!("{LOCKED}{}", hex(&frame.change));
        if book.get(&id).is_none() {
            let put = Change::Put { id: id.clone(), text: None, shown: None, changed_at: Some(at) };
            let secret = Change::PutSecret { id, name: MADE.into(), secret: Zeroizing::new(made.to_vec()) };
            let text = encode_changes(&[put, secret], &self.keys.secrets, self.dice);
            decode_changes(&text)?.iter().try_for_each(|step: &Step<'_>| book.apply(step))?;
        }
        Ok(true)
    }
}

/// Moment and content of a frame that was written while locked.
fn read_made(text: &[u8]) -> Option<(u64, &[u8])> {
    let (mut at, mut made) = (None, None);
    for field in fields(text).ok()? {
        let (key, value) = field.ok()?;
        let mut decoder = minicbor::Decoder::new(value);
        match key {
            0 => at = decoder.u64().ok(),
            1 => made = decoder.bytes().ok(),
            _ => {}
        }
    }
    at.zip(made)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
