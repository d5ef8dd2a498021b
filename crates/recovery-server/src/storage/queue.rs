//! Mail that waits, and mail that was given up.

use super::Result;
use crate::audit::Entry;
use async_trait::async_trait;

/// Letters that were given up can be looked at for this long, seconds (30 days).
pub const DEAD_MAIL_LIFE: i64 = 30 * 86_400;

/// A letter on its way, encrypted.
#[derive(Debug, Clone)]
pub struct SealedMail {
    pub letter: Vec<u8>,
    /// After this it is of no use to anybody.
    pub drop_at: i64,
}

/// A letter that somebody has claimed. `attempts` tells this claim from a later one.
#[derive(Debug, Clone)]
pub struct WaitingMail {
    pub id: i64,
    pub letter: Vec<u8>,
    pub attempts: u32,
    pub drop_at: i64,
}

/// A letter that was given up.
#[derive(Debug, Clone)]
pub struct DeadMail {
    pub id: i64,
    pub since: i64,
    /// `refused`, `expired` or `unreadable`.
    pub why: String,
    pub attempts: u32,
    /// Until `drop_at`.
    pub letter: Option<Vec<u8>>,
    pub drop_at: i64,
}

#[async_trait]
pub trait Queue: Send + Sync + 'static {
    /// Claims a letter that is due; nobody else gets it before `claimed_until`.
    async fn claim_mail(&self, now: i64, claimed_until: i64) -> Result<Option<WaitingMail>>;
    async fn next_mail_due(&self) -> Result<Option<i64>>;
    /// The mail server has taken it for this address, where mail arrives, then; whoever claimed it since.
    async fn mail_taken(&self, id: i64, address: &str) -> Result<()>;
    /// It is not to be sent after all.
    async fn drop_waiting(&self, id: i64) -> Result<()>;
    /// Puts it back until `due_at`; `false` if somebody else has claimed it since.
    async fn mail_failed(&self, mail: &WaitingMail, due_at: i64) -> Result<bool>;
    /// Puts it among the letters that were given up; `false` if somebody else has claimed it since.
    async fn give_mail_up(&self, mail: &WaitingMail, why: &str, audit: &Entry) -> Result<bool>;
    /// The newest first.
    async fn dead_mail(&self) -> Result<Vec<DeadMail>>;
    /// Queues one again, or all of them, if it is still of use; says how many.
    async fn retry_mail(&self, id: Option<i64>, now: i64) -> Result<u64>;
    /// Forgets one, or all of them; says how many.
    async fn drop_mail(&self, id: Option<i64>) -> Result<u64>;
}
