//! Bytes that leave nothing behind: not when they are dropped, and not when they grow.

use std::ops::{Deref, DerefMut};

use zeroize::Zeroizing;

/// A buffer that is wiped when it is dropped and when it moves to a larger place.
#[derive(Default)]
pub struct Wiped(Vec<u8>);

/// A payload has many megabytes, for which volatile writes of single bytes take longer than to decrypt them; what is
/// looked at afterwards cannot be left out either. `tests/canary.rs` proves it.
fn wipe(bytes: &mut [u8]) {
    bytes.fill(0);
    std::hint::black_box(bytes);
}

impl Drop for Wiped {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

impl Wiped {
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    pub fn zeros(len: usize) -> Self {
        Self(vec![0; len])
    }

    pub fn copy_of(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    pub fn push(&mut self, bytes: &[u8]) {
        if self.0.capacity() - self.0.len() < bytes.len() {
            let wanted = (self.0.len() + bytes.len()).max(2 * self.0.capacity()).max(64);
            let mut larger = Vec::with_capacity(wanted);
            larger.extend_from_slice(&self.0);
            wipe(&mut self.0);
            self.0 = larger;
        }
        self.0.extend_from_slice(bytes);
    }

    /// Shortens it; what is cut off is wiped.
    pub fn truncate(&mut self, len: usize) {
        if len < self.0.len() {
            wipe(&mut self.0[len..]);
            self.0.truncate(len);
        }
    }

    pub fn into_zeroizing(mut self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(std::mem::take(&mut self.0))
    }
}

impl Deref for Wiped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for Wiped {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl minicbor::encode::Write for Wiped {
    type Error = std::convert::Infallible;

    fn write_all(&mut self, bytes: &[u8]) -> Result<(), Self::Error> {
        self.push(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_and_shrinks_like_any_buffer() {
        let mut wiped = Wiped::default();
        for n in 0..1_000_u32 {
            wiped.push(&n.to_le_bytes());
        }
        assert_eq!(wiped.len(), 4_000);
        assert_eq!(wiped[3_996..], 999_u32.to_le_bytes());
        wiped.truncate(8);
        assert_eq!(*wiped, [0, 0, 0, 0, 1, 0, 0, 0]);
    }
}
