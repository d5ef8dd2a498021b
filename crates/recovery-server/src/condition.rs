//! Whether this node can take requests, and if not, why.

use crate::App;
use crate::storage::StorageError;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// The database has this long to answer.
const ANSWER: Duration = Duration::from_secs(2);
/// A node whose mail was not looked after for this long is not well, seconds: a letter takes 60 at most, and
/// between two looks at the queue lie 15.
const UNDELIVERED: i64 = 120;

/// Why a node is not ready, in a machine's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unready {
    Stopping,
    Database,
    /// A newer program has changed the tables.
    Outdated,
    Mail,
}

impl Unready {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Stopping => "stopping",
            Self::Database => "database",
            Self::Outdated => "outdated",
            Self::Mail => "mail",
        }
    }
}

/// What a node knows of itself.
pub(crate) struct Condition {
    stopping: AtomicBool,
    halted: watch::Sender<bool>,
    outdated: AtomicBool,
    delivered_at: AtomicI64,
}

impl Condition {
    pub(crate) fn new() -> Self {
        Self {
            stopping: AtomicBool::new(false),
            halted: watch::Sender::new(false),
            outdated: AtomicBool::new(false),
            delivered_at: AtomicI64::new(0),
        }
    }

    /// From now on `/readyz` says no.
    pub(crate) fn announce_stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Nothing new is begun any more.
    pub(crate) fn halt(&self) {
        self.announce_stop();
        self.halted.send_replace(true);
    }

    pub(crate) fn is_halted(&self) -> bool {
        *self.halted.borrow()
    }

    /// Returns once [`Condition::halt`] was called.
    pub(crate) async fn halted(&self) {
        let mut halted = self.halted.subscribe();
        // The sender lives as long as `self`.
        let _halted = halted.wait_for(|halted| *halted).await;
    }

    /// Somebody is looking after the mail.
    pub(crate) fn delivering(&self, now: i64) {
        self.delivered_at.store(now, Ordering::Relaxed);
    }
}

impl App {
    /// Can this node take requests?
    pub(crate) async fn ready(&self) -> Result<(), Unready> {
        if self.condition().stopping.load(Ordering::Relaxed) {
            return Err(Unready::Stopping);
        }
        if answers(self.outdated()).await? {
            return Err(Unready::Outdated);
        }
        let delivered_at = self.condition().delivered_at.load(Ordering::Relaxed);
        if self.clock().now() - delivered_at > UNDELIVERED {
            return Err(Unready::Mail);
        }
        Ok(())
    }

    /// Whether a newer program has changed the tables: then there may be things in them that this one does not know.
    pub(crate) async fn outdated(&self) -> Result<bool, StorageError> {
        let (theirs, ours) = (self.storage().version().await?, self.storage().newest());
        let outdated = theirs > ours;
        if outdated && !self.condition().outdated.swap(true, Ordering::Relaxed) {
            tracing::error!(
                theirs,
                ours,
                "a newer version of this server has changed the tables: install it here, too"
            );
        }
        Ok(outdated)
    }
}

async fn answers<T>(asked: impl Future<Output = Result<T, StorageError>>) -> Result<T, Unready> {
    match timeout(ANSWER, asked).await {
        Ok(Ok(answer)) => return Ok(answer),
        Ok(Err(error)) => tracing::warn!(%error, "the database does not answer"),
        Err(_) => tracing::warn!("the database takes longer than 2 seconds to answer"),
    }
    Err(Unready::Database)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::{Instant, sleep};

    #[tokio::test(start_paused = true)]
    async fn a_database_has_two_seconds_to_answer() {
        let after = async |millis| {
            let begun = Instant::now();
            let answered = answers(async {
                sleep(Duration::from_millis(millis)).await;
                Ok(())
            });
            (answered.await, begun.elapsed().as_millis())
        };
        assert_eq!(after(1_999).await, (Ok(()), 1_999));
        assert_eq!(after(2_500).await, (Err(Unready::Database), 2_000));
        assert_eq!(answers::<()>(async { Err(StorageError::OtherPepper) }).await, Err(Unready::Database));
    }
}
