//! The snapshot: an authenticated header, then the payload in sealed chunks.

use std::sync::mpsc;
use std::thread::Builder;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use zeroize::Zeroizing;

use crate::disk::{File, again, read_full, write_all};
use crate::error::{Error, Result};
use crate::keys::{DataKey, NONCE, TAG, wipe_stack};
use crate::slots::{self, Slot};
use crate::wiped::Wiped;

pub(crate) const MAGIC: &[u8; 8] = b"RGNVAULT";
pub(crate) const VERSION: u16 = 1;
/// The part of the header before the slots.
pub(crate) const FIXED: usize = 111;
const MAC: usize = 32;
pub(crate) const HEADER_MOST: usize = 64 * 1024;
const CHUNK: usize = 64 * 1024;
/// Bytes of a payload at most.
pub(crate) const PAYLOAD_MOST: usize = 256 * 1024 * 1024;
/// Bytes of a snapshot at most: header, payload, and a tag for each chunk.
pub(crate) const FILE_MOST: usize = HEADER_MOST + PAYLOAD_MOST + PAYLOAD_MOST / CHUNK * TAG;

/// Chunks from which on reading and opening go on side by side.
const SIDE_BY_SIDE: usize = 16;

const CUT_SHORT: Error = Error::Damaged("a chunk is cut short");

#[derive(Clone)]
pub(crate) struct Header {
    pub vault_id: [u8; 16],
    pub generation: u64,
    pub saved_at: u64,
    pub save_salt: [u8; 32],
    pub public_key: [u8; 32],
    pub slots: Vec<Slot>,
    /// Over all of the above.
    pub mac: [u8; MAC],
}

/// What stands in a header before anything in it can be checked.
pub(crate) struct Front {
    pub vault_id: [u8; 16],
    pub generation: u64,
    pub save_salt: [u8; 32],
    size: usize,
}

impl Front {
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        if !bytes.starts_with(MAGIC) {
            return Error::damaged("not a vault");
        }
        if bytes.get(8..10).is_some_and(|version| version != VERSION.to_le_bytes()) {
            return Err(Error::Newer);
        }
        let fixed = bytes.first_chunk::<FIXED>().ok_or(Error::Damaged("the header is cut short"))?;
        let size = usize::try_from(u32_at(fixed, 10)).unwrap_or(usize::MAX);
        if size > HEADER_MOST {
            return Err(Error::Limit("the size of the header"));
        }
        if size < FIXED + MAC {
            return Error::damaged("the header is too small");
        }
        Ok(Self {
            vault_id: array_at(fixed, 14),
            generation: u64_at(fixed, 30),
            save_salt: array_at(fixed, 46),
            size,
        })
    }
}

impl Header {
    /// Reads the header at the start of a snapshot, not authenticated yet; how many bytes the file has behind it.
    pub fn read(file: &mut dyn File) -> Result<(Self, usize)> {
        let size = usize::try_from(again(|| file.size())?).ok().filter(|size| *size <= FILE_MOST);
        let size = size.ok_or(Error::Limit("the size of a file"))?;
        let mut bytes = vec![0; FIXED];
        let fixed = read_full(file, &mut bytes)?;
        bytes.truncate(fixed);
        let whole = Front::parse(&bytes)?.size;
        bytes.resize(whole, 0);
        let read = fixed + read_full(file, &mut bytes[fixed..])?;
        let (header, start) = Self::parse(&bytes[..read])?;
        Ok((header, size.saturating_sub(start)))
    }

    /// Reads the header of a snapshot, not authenticated yet; where it ends.
    pub fn parse(bytes: &[u8]) -> Result<(Self, usize)> {
        let front = Front::parse(bytes)?;
        let header = bytes.get(..front.size).ok_or(Error::Damaged("the header is cut short"))?;
        let (text, mac) = header.split_last_chunk::<MAC>().ok_or(Error::Damaged("no MAC"))?;
        let header = Self {
            vault_id: front.vault_id,
            generation: front.generation,
            saved_at: u64_at(text, 38),
            save_salt: front.save_salt,
            public_key: array_at(text, 78),
            slots: slots::parse(&text[FIXED..], text[110])?,
            mac: *mac,
        };
        Ok((header, front.size))
    }

    /// Bytes of the header, MAC included.
    pub fn size(&self) -> usize {
        self.text().len() + MAC
    }

    pub fn is_authentic(&self, key: &DataKey) -> bool {
        key.header_is_ours(&self.vault_id, &self.text(), &self.mac)
    }

    pub fn authenticate(&mut self, key: &DataKey) {
        self.mac = key.header_mac(&self.vault_id, &self.text());
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.text();
        bytes.extend_from_slice(&self.mac);
        bytes
    }

    fn text(&self) -> Vec<u8> {
        let mut slots = Vec::new();
        self.slots.iter().for_each(|slot| slot.write(&mut slots));
        let mut text = Vec::with_capacity(FIXED + slots.len() + MAC);
        text.extend_from_slice(MAGIC);
        text.extend_from_slice(&VERSION.to_le_bytes());
        let size = u32::try_from(FIXED + slots.len() + MAC).unwrap_or(u32::MAX);
        text.extend_from_slice(&size.to_le_bytes());
        text.extend_from_slice(&self.vault_id);
        text.extend_from_slice(&self.generation.to_le_bytes());
        text.extend_from_slice(&self.saved_at.to_le_bytes());
        text.extend_from_slice(&self.save_salt);
        text.extend_from_slice(&self.public_key);
        text.push(u8::try_from(self.slots.len()).unwrap_or(u8::MAX));
        text.extend_from_slice(&slots);
        text
    }
}

/// Reads the chunks behind an authentic header, `body` bytes in all, and opens each where it lies: the payload, padding
/// included.
pub(crate) fn read_body(file: &mut dyn File, body: usize, header: &Header, key: &DataKey) -> Result<Wiped> {
    let size = payload_size(body)?;
    let count = body.div_ceil(CHUNK + TAG);
    let cipher = key.snapshot(&header.save_salt);
    let open = |chunk: Chunk<'_>| {
        let nonce = nonce(chunk.number, chunk.number + 1 == count);
        let opens = cipher.open(&nonce, &header.mac, chunk.text, &chunk.tag);
        if opens { Ok(()) } else { Error::damaged("a chunk is not what was written") }
    };
    // The tag of a chunk lies where the next will: only the last has a place of its own.
    let mut payload = Wiped::zeros(size + TAG);
    if count < SIDE_BY_SIDE {
        read_chunks(file, &mut payload, open)?;
    } else {
        // A channel takes along into its blocks on the heap whatever lies where they are made on the stack.
        wipe_stack();
        apart(|| side_by_side(file, &mut payload, &open))?;
    }
    payload.truncate(size);
    Ok(payload)
}

/// Opens chunks in another thread while the next are read.
fn side_by_side<'a>(
    file: &mut dyn File,
    payload: &'a mut [u8],
    open: &(impl Fn(Chunk<'a>) -> Result<()> + Sync),
) -> Result<()> {
    std::thread::scope(|scope| {
        let (give, take) = mpsc::channel();
        let opener = Builder::new().spawn_scoped(scope, move || {
            let opened = apart(|| take.iter().try_for_each(open));
            wipe_stack();
            opened
        })?;
        // It takes no more once a chunk did not open, and says so itself.
        let read = read_chunks(file, payload, |chunk| give.send(chunk).map_err(|_| CUT_SHORT));
        drop(give);
        opener.join().map_err(|_| CUT_SHORT)??;
        read
    })
}

/// In a frame of its own, below that of its caller: what it leaves there can be wiped.
#[inline(never)]
fn apart<T>(work: impl FnOnce() -> T) -> T {
    work()
}

/// A sealed chunk, read.
struct Chunk<'a> {
    number: usize,
    text: &'a mut [u8],
    tag: [u8; TAG],
}

fn read_chunks<'a>(
    file: &mut dyn File,
    mut rest: &'a mut [u8],
    mut then: impl FnMut(Chunk<'a>) -> Result<()>,
) -> Result<()> {
    let mut number = 0;
    while rest.len() > TAG {
        let size = CHUNK.min(rest.len() - TAG);
        if read_full(file, &mut rest[..size + TAG])? != size + TAG {
            return Err(CUT_SHORT);
        }
        let tag = array_at(rest, size);
        let (text, behind) = rest.split_at_mut(size);
        then(Chunk { number, text, tag })?;
        (rest, number) = (behind, number + 1);
    }
    Ok(())
}

/// Writes a whole snapshot.
pub(crate) fn write(file: &mut dyn File, header: &Header, payload: &[u8], key: &DataKey) -> Result<()> {
    write_all(file, &header.bytes())?;
    let cipher = key.snapshot(&header.save_salt);
    let count = payload.len().div_ceil(CHUNK);
    let mut sealed = Wiped::with_capacity(CHUNK + TAG);
    for (number, chunk) in payload.chunks(CHUNK).enumerate() {
        sealed.truncate(0);
        sealed.push(chunk);
        let tag = cipher.seal(&nonce(number, number + 1 == count), &header.mac, &mut sealed);
        sealed.push(&tag);
        write_all(file, &sealed)?;
    }
    Ok(())
}

/// Reads a snapshot back, chunk by chunk, and compares it with what was to be written.
pub(crate) fn verify(file: &mut dyn File, header: &Header, payload: &[u8], key: &DataKey) -> Result<()> {
    let differs = || Error::Io(std::io::Error::other("what was written cannot be read back"));
    let mut front = vec![0; header.size()];
    if read_full(file, &mut front)? != front.len() || front != header.bytes() {
        return Err(differs());
    }
    let cipher = key.snapshot(&header.save_salt);
    let count = payload.len().div_ceil(CHUNK);
    let mut sealed = Zeroizing::new(vec![0; CHUNK + TAG]);
    for (number, chunk) in payload.chunks(CHUNK).enumerate() {
        let sealed = &mut sealed[..chunk.len() + TAG];
        if read_full(file, sealed)? != sealed.len() {
            return Err(differs());
        }
        let (text, tag) = sealed.split_last_chunk_mut::<TAG>().ok_or_else(differs)?;
        if !cipher.open(&nonce(number, number + 1 == count), &header.mac, text, tag) || text != chunk {
            return Err(differs());
        }
    }
    if read_full(file, &mut [0])? == 0 { Ok(()) } else { Err(differs()) }
}

/// Bytes of the payload in a body of that size.
fn payload_size(body: usize) -> Result<usize> {
    let chunks = body.div_ceil(CHUNK + TAG);
    let size = body.checked_sub(chunks * TAG).ok_or(CUT_SHORT)?;
    if size > PAYLOAD_MOST {
        return Err(Error::Limit("the size of the payload"));
    }
    let last = body - chunks.saturating_sub(1) * (CHUNK + TAG);
    if chunks == 0 || last <= TAG { Err(CUT_SHORT) } else { Ok(size) }
}

fn nonce(number: usize, last: bool) -> [u8; NONCE] {
    let mut nonce = [0; NONCE];
    // 256 MiB are 4,096 chunks.
    nonce[19..23].copy_from_slice(&u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes());
    nonce[23] = u8::from(last);
    nonce
}

/// Size that a payload of `size` bytes is padded to (Padmé: at most 12 % more, and few sizes to tell apart).
pub(crate) fn padded(size: usize) -> usize {
    if size <= 4_096 {
        return 4_096;
    }
    let exponent = size.ilog2();
    let step = 1_usize << (exponent - (exponent.ilog2() + 1));
    size.next_multiple_of(step)
}

pub(crate) fn unix(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// The moment; the latest that can be told for one that is absurdly late.
pub(crate) fn moment(unix: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(unix.min(u64::from(u32::MAX) * 8))
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(array_at(bytes, at))
}

pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(array_at(bytes, at))
}

/// The caller has seen that there are enough bytes.
pub(crate) fn array_at<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes[at..at + N]);
    array
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_hides_the_size_and_costs_little() {
        assert_eq!([padded(0), padded(1), padded(4_096)], [4_096; 3]);
        let mut sizes = std::collections::BTreeSet::new();
        for size in (4_097..3_000_000).step_by(997) {
            let padded = padded(size);
            assert!(padded >= size && (padded as f64) <= size as f64 * 1.12, "{size}: {padded}");
            sizes.insert(padded);
        }
        assert!(sizes.len() < 300, "{}", sizes.len());
    }
}
