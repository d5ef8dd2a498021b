//! The whole list in one sorted file, looked up without reading it whole.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use super::{Hash, LEAVING, count, is_hex, unreadable};
use crate::error::Result;

/// Longest line in bytes: 40 of the hash, a colon, a count, and its end.
const LINE: u64 = 64;

/// A line and where it stands.
struct Line {
    start: u64,
    /// Where the next one starts.
    end: u64,
    hash: String,
    times: u64,
}

/// Whether the file is the list from end to end.
pub(super) fn check(path: &Path) -> Result<()> {
    ends(&mut File::open(path).map_err(unreadable)?).map(|_| ())
}

pub(super) fn times(path: &Path, wanted: &Hash) -> Result<u64> {
    let mut file = File::open(path).map_err(unreadable)?;
    let (first, last) = ends(&mut file)?;
    let wanted: &str = &wanted.0;
    for end in [&first, &last] {
        if end.hash == wanted {
            return Ok(end.times);
        }
    }
    // What is sought stands between them, in a part that gets smaller with every line that was looked at.
    let (mut from, mut to) = (first.end, last.start);
    let (mut above, mut below) = (first.hash, last.hash);
    while from < to {
        let line = around(&mut file, from + (to - from) / 2)?;
        if line.hash <= above || line.hash >= below {
            return Err(unreadable("the lines are not in order"));
        }
        match line.hash.as_str().cmp(wanted) {
            std::cmp::Ordering::Equal => return Ok(line.times),
            std::cmp::Ordering::Less => (from, above) = (line.end, line.hash),
            std::cmp::Ordering::Greater => (to, below) = (line.start, line.hash),
        }
    }
    Ok(0)
}

/// The first line and the last one.
fn ends(file: &mut File) -> Result<(Line, Line)> {
    let size = file.metadata().map_err(unreadable)?.len();
    let (first, last) = (around(file, 0)?, around(file, size.saturating_sub(1))?);
    // The list has every start of five characters: one that does not end with the last was cut off.
    let whole = first.hash.starts_with(&"0".repeat(LEAVING)) && last.hash.starts_with(&"F".repeat(LEAVING));
    if whole { Ok((first, last)) } else { Err(unreadable("a list that is not whole, or not in order")) }
}

/// The line that this byte belongs to.
fn around(file: &mut File, at: u64) -> Result<Line> {
    let from = at.saturating_sub(LINE);
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(from)).map_err(unreadable)?;
    file.take(2 * LINE + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    let place = usize::try_from(at - from).unwrap_or(usize::MAX).min(bytes.len());
    let start = bytes[..place].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let length = bytes[start..].iter().position(|byte| *byte == b'\n').map(|end| end + 1);
    let end = length.map_or(bytes.len(), |length| start + length);
    let text = std::str::from_utf8(&bytes[start..end]).map_err(unreadable)?.trim_end_matches(['\r', '\n']);
    let (hash, times) = text.split_once(':').ok_or_else(|| unreadable("a line without a count"))?;
    if !is_hex(hash, 40) {
        return Err(unreadable("a line that is no hash"));
    }
    let at = |place: usize| from + place as u64;
    Ok(Line { start: at(start), end: at(end), hash: hash.to_owned(), times: count(times)? })
}
