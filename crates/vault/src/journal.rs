//! The journal: frames that are appended and never changed.

use sha2::{Digest, Sha256};

use crate::container::{array_at, u32_at, u64_at};
use crate::error::{Error, Result};

/// Written while the vault was open.
pub(crate) const OPEN: u8 = 1;
/// Written by whoever has the file.
pub(crate) const LOCKED: u8 = 2;

/// Frames of kind [`LOCKED`] that are read at most, since anyone may append them.
pub(crate) const LOCKED_MOST: usize = 1_000;
/// Bytes of a journal at most.
pub(crate) const FILE_MOST: usize = 64 * 1024 * 1024;

const HEAD: usize = 8;
const FRONT: usize = 25;
const FRAME_MOST: usize = 16 * 1024 * 1024;
/// Bytes that are summed in search of a frame behind damage; beyond it the journal counts as damaged.
const SEARCH_MOST: usize = 1024 * 1024 * 1024;

pub(crate) struct Frame<'a> {
    pub kind: u8,
    pub generation: u64,
    pub change: [u8; 16],
    pub body: &'a [u8],
    /// All its bytes, which the chain is made of.
    pub whole: &'a [u8],
}

/// The frames of a journal, and where the last of them ends: what stands behind is a torn tail.
pub(crate) struct Frames<'a> {
    pub list: Vec<Frame<'a>>,
    pub end: usize,
}

pub(crate) fn split(bytes: &[u8]) -> Result<Frames<'_>> {
    let (mut list, mut end) = (Vec::new(), 0);
    while let Some(frame) = frame_at(bytes, end) {
        end += frame.whole.len();
        list.push(frame);
    }
    let mut budget = SEARCH_MOST;
    for start in end + 1..bytes.len() {
        let known = matches!(bytes.get(start + HEAD), Some(&(OPEN | LOCKED)));
        let Some(size) = size_at(bytes, start).filter(|_| known) else { continue };
        budget = budget.checked_sub(size).ok_or(Error::Damaged("the journal"))?;
        if frame_at(bytes, start).is_some() {
            return Error::damaged("the middle of the journal");
        }
    }
    Ok(Frames { list, end })
}

/// Size of what may be a frame, as far as that can be told without summing it.
fn size_at(bytes: &[u8], start: usize) -> Option<usize> {
    let rest = bytes.get(start..)?;
    let size = (rest.len() >= HEAD + FRONT).then(|| u32_at(rest, 0) as usize)?;
    let whole = (FRONT..=FRAME_MOST).contains(&size) && size <= rest.len() - HEAD;
    whole.then_some(size)
}

fn frame_at(bytes: &[u8], start: usize) -> Option<Frame<'_>> {
    let size = size_at(bytes, start)?;
    let whole = &bytes[start..start + HEAD + size];
    (crc32fast::hash(&whole[HEAD..]) == u32_at(whole, 4)).then(|| Frame {
        kind: whole[HEAD],
        generation: u64_at(whole, HEAD + 1),
        change: array_at(whole, HEAD + 9),
        body: &whole[HEAD + FRONT..],
        whole,
    })
}

/// A frame around a body.
pub(crate) fn frame(kind: u8, generation: u64, change: &[u8; 16], body: &[u8]) -> Result<Vec<u8>> {
    let size = FRONT + body.len();
    if size > FRAME_MOST {
        return Err(Error::Limit("the size of a change"));
    }
    let mut frame = Vec::with_capacity(HEAD + size);
    // 16 MiB fit.
    frame.extend_from_slice(&u32::try_from(size).unwrap_or(u32::MAX).to_le_bytes());
    frame.extend_from_slice(&[0; 4]);
    frame.push(kind);
    frame.extend_from_slice(&generation.to_le_bytes());
    frame.extend_from_slice(change);
    frame.extend_from_slice(body);
    let sum = crc32fast::hash(&frame[HEAD..]);
    frame[4..HEAD].copy_from_slice(&sum.to_le_bytes());
    Ok(frame)
}

/// What a frame of kind [`OPEN`] is bound to.
pub(crate) fn open_aad(
    vault_id: &[u8; 16],
    generation: u64,
    number: u64,
    change: &[u8; 16],
    chain: &[u8; 32],
) -> Vec<u8> {
    [
        b"regain vault frame".as_slice(),
        vault_id,
        &generation.to_le_bytes(),
        &number.to_le_bytes(),
        change,
        chain,
    ]
    .concat()
}

/// What a frame of kind [`LOCKED`] is bound to.
pub(crate) fn locked_aad(generation: u64, change: &[u8; 16]) -> Vec<u8> {
    [generation.to_le_bytes().as_slice(), change].concat()
}

pub(crate) fn next_chain(chain: &[u8; 32], frame: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(chain).chain_update(frame).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three() -> (Vec<u8>, Vec<usize>) {
        let (mut bytes, mut ends) = (Vec::new(), vec![0]);
        for n in 1..=3_u8 {
            bytes.extend(frame(OPEN, 7, &[n; 16], &vec![n; 40 * usize::from(n)]).unwrap());
            ends.push(bytes.len());
        }
        (bytes, ends)
    }

    #[test]
    fn frames_come_back_as_they_were_written() {
        let (bytes, ends) = three();
        let frames = split(&bytes).unwrap();
        assert_eq!(frames.end, ends[3]);
        let bodies = frames.list.iter().map(|frame| (frame.generation, frame.change[0], frame.body.len()));
        let bodies: Vec<_> = bodies.collect();
        assert_eq!(bodies, [(7, 1, 40), (7, 2, 80), (7, 3, 120)]);
        assert!(split(&[]).unwrap().list.is_empty());
    }

    #[test]
    fn a_torn_tail_ends_the_journal_wherever_it_is_torn() {
        let (bytes, ends) = three();
        for length in 0..bytes.len() {
            let frames = split(&bytes[..length]).unwrap();
            let whole = ends.iter().filter(|end| **end <= length).max().unwrap();
            assert_eq!(frames.end, *whole);
            let mut zeros = bytes[..length].to_vec();
            zeros.resize(length + 100, 0);
            assert_eq!(split(&zeros).unwrap().end, *whole);
        }
    }

    #[test]
    fn a_damaged_middle_is_not_taken_for_the_end() {
        let (bytes, ends) = three();
        for place in 0..bytes.len() {
            for bit in 0..8 {
                let mut wrong = bytes.clone();
                wrong[place] ^= 1 << bit;
                match split(&wrong) {
                    Err(error) => assert!(matches!(error, Error::Damaged(_)) && place < ends[2]),
                    Ok(frames) => assert!(frames.end == ends[2] && place >= ends[2], "{place}"),
                }
            }
        }
    }
}
