//! The one place that draws randomness.

use sha2::{Digest, Sha256};
use std::sync::Mutex;

/// Where the server draws random bytes.
pub trait Random: Send + Sync + 'static {
    /// Fills `bytes` with unpredictable bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    #[expect(clippy::disallowed_methods, reason = "the one place that draws randomness")]
    #[expect(
        clippy::expect_used,
        reason = "a server without randomness must stop, not hand out guessable codes"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives randomness");
    }
}

/// The same bytes for the same seed: for tests and snapshots, never for a real server.
#[derive(Debug)]
pub struct SeededRandom {
    seed: u64,
    drawn: Mutex<u64>,
}

impl SeededRandom {
    /// A generator that starts at `seed`.
    pub fn new(seed: u64) -> Self {
        Self { seed, drawn: Mutex::new(0) }
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        let mut drawn = self.drawn.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        for chunk in bytes.chunks_mut(32) {
            let block = Sha256::new()
                .chain_update(self.seed.to_le_bytes())
                .chain_update(drawn.to_le_bytes())
                .finalize();
            chunk.copy_from_slice(&block[..chunk.len()]);
            *drawn += 1;
        }
    }
}

/// `N` random bytes.
pub(crate) fn bytes<const N: usize>(random: &dyn Random) -> [u8; N] {
    let mut bytes = [0; N];
    random.fill(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_repeat_and_differ() {
        let draw = |seed| {
            let random = SeededRandom::new(seed);
            [bytes::<40>(&random), bytes::<40>(&random)]
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        assert_ne!(draw(7)[0], draw(7)[1]);
    }
}
