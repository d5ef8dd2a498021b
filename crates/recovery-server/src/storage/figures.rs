//! What whoever looks after the server wants to know of the store.

use super::{Direction, PairingState, Result};
use async_trait::async_trait;

/// How much there is, at one moment.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// Letters that are still to be sent.
    pub mail_waiting: i64,
    /// The one that has waited longest, encrypted.
    pub oldest_mail: Option<Vec<u8>>,
    /// Pairings that are open, by direction and state.
    pub pairings: Vec<(Direction, PairingState, i64)>,
}

impl Figures {
    pub fn open(&self, direction: Direction, state: PairingState) -> i64 {
        let found = self.pairings.iter().find(|(of, is, _)| *of == direction && *is == state);
        found.map_or(0, |(_, _, count)| *count)
    }
}

#[async_trait]
pub trait Watched: Send + Sync + 'static {
    /// The version of the tables as they are now. Fails if the store does not answer.
    async fn version(&self) -> Result<i64>;
    /// The version that this program brings them to.
    fn newest(&self) -> i64;
    async fn figures(&self, now: i64) -> Result<Figures>;
}
