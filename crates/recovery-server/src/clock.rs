//! The one place that knows what time it is.

use async_trait::async_trait;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// Where the server reads the time.
#[async_trait]
pub trait Clock: Send + Sync + 'static {
    /// Unix seconds.
    fn now(&self) -> i64;

    /// Time that never goes back, from a moment of the clock's own: only differences mean something.
    fn ticks(&self) -> Duration;

    /// Returns once [`Clock::now`] has reached `at` (Unix seconds).
    async fn sleep_until(&self, at: i64);
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> i64 {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn ticks(&self) -> Duration {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        START.elapsed()
    }

    async fn sleep_until(&self, at: i64) {
        // In short naps, so that a machine waking from sleep or a corrected clock is noticed.
        loop {
            let left = at - self.now();
            let Ok(left @ 1..) = u64::try_from(left) else { return };
            tokio::time::sleep(Duration::from_secs(left.min(30))).await;
        }
    }
}

/// A clock that stands still until it is moved; clones share the same hands.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<watch::Sender<i64>>);

impl ManualClock {
    /// A clock that shows `unix_seconds`.
    pub fn at(unix_seconds: i64) -> Self {
        Self(Arc::new(watch::Sender::new(unix_seconds)))
    }

    /// Moves the clock on (or back, for a negative number).
    pub fn advance(&self, seconds: i64) {
        self.0.send_modify(|now| *now += seconds);
    }

    /// Sets the clock.
    pub fn set(&self, unix_seconds: i64) {
        self.0.send_replace(unix_seconds);
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> i64 {
        *self.0.borrow()
    }

    fn ticks(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.now()).unwrap_or_default())
    }

    async fn sleep_until(&self, at: i64) {
        let mut hands = self.0.subscribe();
        // The sender lives as long as `self`, so waiting can only end by reaching the time.
        let _reached = hands.wait_for(|now| *now >= at).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_manual_clock_wakes_its_sleepers() {
        let clock = ManualClock::at(100);
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(160).await }
        });
        clock.advance(60);
        sleeper.await.unwrap();
        assert_eq!(clock.now(), 160);
    }
}
