//! Names for requests, by which the log and whoever asks about it find each other.

use crate::pepper::Pepper;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

/// Longest one that is taken over from a proxy, characters.
const LONGEST: usize = 64;

/// Gives every request a name of its own that tells nothing.
pub(crate) struct RequestIds {
    start: [u8; 32],
    count: AtomicU64,
}

impl RequestIds {
    /// They differ between nodes and between starts; nothing random is drawn for them.
    pub(crate) fn new(pepper: &Pepper, now: i64) -> Self {
        let process = std::process::id().to_le_bytes();
        Self { start: pepper.mac("request ids", &[&now.to_le_bytes(), &process]), count: AtomicU64::new(0) }
    }

    /// 16 hexadecimal digits.
    pub(crate) fn next(&self, pepper: &Pepper) -> String {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let mac = pepper.mac("request id", &[&self.start, &count.to_le_bytes()]);
        mac[..8].iter().fold(String::with_capacity(16), |mut id, byte| {
            // Writing into a text cannot fail.
            let _written = write!(id, "{byte:02x}");
            id
        })
    }
}

/// What a proxy calls the request, if that can stand in a log.
pub(crate) fn read(said: &str) -> Option<String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':');
    ((1..=LONGEST).contains(&said.len()) && said.bytes().all(fits)).then(|| said.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SeededRandom;

    #[test]
    fn no_two_are_alike() {
        let pepper = Pepper::random(&SeededRandom::new(1));
        let (one, two) = (RequestIds::new(&pepper, 1), RequestIds::new(&pepper, 2));
        let ids = [one.next(&pepper), one.next(&pepper), two.next(&pepper), two.next(&pepper)];
        for (place, id) in ids.iter().enumerate() {
            assert!(id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
            assert!(!ids[..place].contains(id));
        }
    }

    #[test]
    fn only_plain_ones_are_taken_over() {
        for good in ["a", "4bf92f35-77b3.4da6_a3ce:1", &"x".repeat(64)] {
            assert_eq!(read(good).as_deref(), Some(good));
        }
        for bad in ["", "a b", "a\nb", "jana@example.org", "ä", "a;b", &"x".repeat(65)] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
