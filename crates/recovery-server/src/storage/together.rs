//! Small writes that come at once go into one transaction, so that the disk is waited for once and not for each.

use super::{Result, StorageError};
use std::sync::{Mutex, PoisonError};
use tokio::sync::oneshot;

/// At most this many in one transaction: nobody else writes meanwhile.
const MOST: usize = 128;

type Waiting<A, B> = Vec<(A, oneshot::Sender<Result<B>>)>;

/// Those who wait to be written.
#[derive(Debug)]
pub(super) struct Together<A, B> {
    waiting: Mutex<Waiting<A, B>>,
    turn: tokio::sync::Mutex<()>,
}

impl<A, B> Default for Together<A, B> {
    fn default() -> Self {
        Self { waiting: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }
}

impl<A: Send + 'static, B: Send + 'static> Together<A, B> {
    /// What `all` says to this one, which it is given with those that came while it was at work on others. `all` says one
    /// thing to each, in their order, and goes on should this caller give up: others wait for it, too.
    pub(super) async fn write<F>(&self, one: A, all: impl Fn(Vec<A>) -> F) -> Result<B>
    where
        F: Future<Output = Vec<Result<B>>> + Send + 'static,
    {
        let (answer, mut answered) = oneshot::channel();
        self.waiting().push((one, answer));
        loop {
            let turn = tokio::select! {
                biased;
                said = &mut answered => return said.unwrap_or_else(|_| Err(lost())),
                turn = self.turn.lock() => turn,
            };
            let batch: Vec<_> = {
                let mut waiting = self.waiting();
                let most = waiting.len().min(MOST);
                waiting.drain(..most).collect()
            };
            if batch.is_empty() {
                // Whoever had taken this one has given up, and its work goes on.
                drop(turn);
                return answered.await.unwrap_or_else(|_| Err(lost()));
            }
            let (asked, answers): (Vec<A>, Vec<_>) = batch.into_iter().unzip();
            let work = all(asked);
            let done = tokio::spawn(async move {
                for (said, answer) in work.await.into_iter().zip(answers) {
                    // Who has given up hears nothing.
                    let _heard = answer.send(said);
                }
            });
            // A panic in it is heard by everyone as an answer that is lost.
            let _done = done.await;
        }
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Waiting<A, B>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn lost() -> StorageError {
    StorageError::Unavailable("the write that this was part of has ended".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::Semaphore;
    use tokio::task::JoinSet;

    /// Doubles numbers, as often as it is let.
    struct Doubler {
        together: Together<u32, u32>,
        may: Arc<Semaphore>,
        begun: Arc<Semaphore>,
        times: Arc<AtomicUsize>,
    }

    impl Doubler {
        fn new() -> Arc<Self> {
            let (may, begun) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
            Arc::new(Self { together: Together::default(), may, begun, times: Arc::default() })
        }

        async fn double(self: Arc<Self>, one: u32) -> Result<u32> {
            let all = |numbers: Vec<u32>| {
                let (may, begun, times) = (self.may.clone(), self.begun.clone(), self.times.clone());
                async move {
                    begun.add_permits(1);
                    may.acquire().await.unwrap().forget();
                    times.fetch_add(1, Ordering::Relaxed);
                    assert!(!numbers.contains(&1_313), "unlucky");
                    numbers.into_iter().map(|number| Ok(2 * number)).collect()
                }
            };
            self.together.write(one, all).await
        }

        async fn has_begun(&self) {
            self.begun.acquire().await.unwrap().forget();
        }

        async fn has_waiting(&self, wanted: usize) {
            while self.together.waiting().len() < wanted {
                tokio::task::yield_now().await;
            }
        }
    }

    #[tokio::test]
    async fn those_who_come_meanwhile_go_together_and_each_hears_its_own() {
        let doubler = Doubler::new();
        let mut asking = JoinSet::new();
        asking.spawn(doubler.clone().double(0));
        doubler.has_begun().await;
        for number in 1..=200 {
            asking.spawn(doubler.clone().double(number));
        }
        doubler.has_waiting(200).await;
        doubler.may.add_permits(1_000);
        let mut heard: Vec<u32> = asking.join_all().await.into_iter().map(Result::unwrap).collect();
        heard.sort_unstable();
        assert_eq!(heard, (0..=200).map(|number| 2 * number).collect::<Vec<_>>());
        // The first one, as many as may go together, and the rest.
        assert_eq!(doubler.times.load(Ordering::Relaxed), 3);
    }

    #[tokio::test]
    async fn one_who_gives_up_spoils_nothing_for_the_others() {
        let doubler = Doubler::new();
        let first = tokio::spawn(doubler.clone().double(1));
        doubler.has_begun().await;
        let (gone, stays) =
            (tokio::spawn(doubler.clone().double(2)), tokio::spawn(doubler.clone().double(3)));
        doubler.has_waiting(2).await;
        first.abort();
        gone.abort();
        doubler.may.add_permits(1_000);
        assert_eq!(stays.await.unwrap().unwrap(), 6);
        assert!(doubler.together.waiting().is_empty());
    }

    #[tokio::test]
    async fn a_panic_is_an_answer_that_is_lost_and_the_next_ones_go_on() {
        let doubler = Doubler::new();
        doubler.may.add_permits(1_000);
        let lost = doubler.clone().double(1_313).await.unwrap_err();
        assert!(matches!(lost, StorageError::Unavailable(_)), "{lost}");
        assert_eq!(doubler.double(4).await.unwrap(), 8);
    }
}
