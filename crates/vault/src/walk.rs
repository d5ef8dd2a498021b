//! The heads of CBOR items, read where they lie: an open vault walks over tens of thousands of them.

use minicbor::Decoder;

use crate::entry::skip;
use crate::error::Result;

const UNSIGNED: u8 = 0;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const MAP: u8 = 5;

/// A place in a CBOR sequence. What is not of the type that was asked for, or not of definite length, is `None`; where it
/// stands then does not matter.
pub(crate) struct Walk<'a> {
    raw: &'a [u8],
    at: usize,
}

impl<'a> Walk<'a> {
    pub fn new(raw: &'a [u8], at: usize) -> Self {
        Self { raw, at }
    }

    pub fn at(&self) -> usize {
        self.at
    }

    /// Whether there is nothing behind it.
    pub fn ended(&self) -> bool {
        self.at >= self.raw.len()
    }

    /// What was walked over since then.
    pub fn since(&self, start: usize) -> Option<&'a [u8]> {
        self.raw.get(start..self.at)
    }

    pub fn unsigned(&mut self) -> Option<u64> {
        self.head(UNSIGNED)
    }

    /// The number of pairs.
    pub fn map(&mut self) -> Option<u64> {
        self.head(MAP)
    }

    pub fn bytes(&mut self) -> Option<&'a [u8]> {
        let size = self.head(BYTES)?;
        self.take(size)
    }

    pub fn str(&mut self) -> Option<&'a str> {
        let size = self.head(TEXT)?;
        std::str::from_utf8(self.take(size)?).ok()
    }

    /// Over one item, which is checked; `depth` as in [`skip`].
    pub fn over(&mut self, depth: u32) -> Result<()> {
        let mut decoder = Decoder::new(self.raw);
        decoder.set_position(self.at);
        skip(&mut decoder, depth)?;
        self.at = decoder.position();
        Ok(())
    }

    /// Over one item that was checked before.
    pub fn over_again(&mut self) -> Option<()> {
        match self.raw.get(self.at)? >> 5 {
            UNSIGNED => self.head(UNSIGNED).map(drop),
            kind @ (BYTES | TEXT) => {
                let size = self.head(kind)?;
                self.take(size).map(drop)
            }
            _ => self.over(0).ok(),
        }
    }

    #[inline]
    fn head(&mut self, kind: u8) -> Option<u64> {
        let first = *self.raw.get(self.at)?;
        if first >> 5 != kind {
            return None;
        }
        self.at += 1;
        match first & 31 {
            small @ 0..24 => Some(u64::from(small)),
            24 => self.number::<1>(),
            25 => self.number::<2>(),
            26 => self.number::<4>(),
            27 => self.number::<8>(),
            _ => None,
        }
    }

    fn number<const N: usize>(&mut self) -> Option<u64> {
        let bytes = self.raw.get(self.at..)?.first_chunk::<N>()?;
        self.at += N;
        Some(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn take(&mut self, size: u64) -> Option<&'a [u8]> {
        let end = self.at.checked_add(usize::try_from(size).ok()?)?;
        let taken = self.raw.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The library that writes entries reads every head as this does, whatever bytes they are.
    #[test]
    fn it_reads_what_the_library_reads() {
        let mut compared = 0;
        for first in 0..=u8::MAX {
            for rest in [&[][..], &[0], &[2], &[0, 3], &[0, 0, 0, 1], &[0, 0, 0, 0, 0, 0, 0, 2], &[0xff; 8]] {
                for body in [&b""[..], b"a", b"ab", b"abc", "ößa".as_bytes(), b"\xff\xfe\xfd"] {
                    let raw = [&[first], rest, body].concat();
                    let decoder = || Decoder::new(&raw);
                    let walk = || Walk::new(&raw, 0);
                    assert_eq!(walk().unsigned(), decoder().u64().ok(), "{raw:x?}");
                    assert_eq!(walk().map(), decoder().map().ok().flatten(), "{raw:x?}");
                    assert_eq!(walk().bytes(), decoder().bytes().ok(), "{raw:x?}");
                    assert_eq!(walk().str(), decoder().str().ok(), "{raw:x?}");
                    let mut checked = decoder();
                    if skip(&mut checked, 0).is_ok() {
                        let mut again = walk();
                        assert_eq!(again.over_again(), Some(()), "{raw:x?}");
                        assert_eq!(again.at(), checked.position(), "{raw:x?}");
                        compared += 1;
                    }
                }
            }
        }
        assert!(compared > 1_000, "{compared}");
    }

    #[test]
    fn it_stands_behind_what_it_read() {
        let raw = [0xa1, 0x00, 0x61, b'a', 0x18, 0x20, 0x42, 1, 2];
        let mut walk = Walk::new(&raw, 0);
        assert_eq!((walk.map(), walk.unsigned(), walk.str()), (Some(1), Some(0), Some("a")));
        assert_eq!(walk.since(1), Some(&raw[1..4]));
        assert_eq!((walk.unsigned(), walk.bytes()), (Some(32), Some(&[1, 2][..])));
        assert!(walk.ended());
        assert_eq!((walk.map(), walk.over_again()), (None, None));
    }
}
