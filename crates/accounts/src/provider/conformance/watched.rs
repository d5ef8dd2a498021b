//! A clock that notes how long it was waited for, and on which no time passes if that is wanted.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use tokio::sync::watch;

use crate::clock::Clock;

pub struct Watched {
    clock: Arc<dyn Clock>,
    held: Mutex<bool>,
    waits: watch::Sender<Vec<Duration>>,
}

impl Watched {
    pub fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { clock, held: Mutex::default(), waits: watch::Sender::default() })
    }

    /// While it is held, whoever waits goes on at once, and it is no later than before: for everybody else they hurry.
    pub fn hold(&self, held: bool) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = held;
    }

    /// All waits since the clock was made, in their order.
    pub fn waits(&self) -> Vec<Duration> {
        self.waits.borrow().clone()
    }

    /// Ends once so many waits were begun.
    pub async fn waited(&self, count: usize) {
        // The sender lives in `self`.
        let _ = self.waits.subscribe().wait_for(|waits| waits.len() >= count).await;
    }
}

#[async_trait]
impl Clock for Watched {
    fn now(&self) -> SystemTime {
        self.clock.now()
    }

    async fn wait(&self, span: Duration) {
        self.waits.send_modify(|waits| waits.push(span));
        let held = *self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held {
            tokio::task::yield_now().await;
        } else {
            self.clock.wait(span).await;
        }
    }
}
