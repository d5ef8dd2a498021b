use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::error::{Error, ErrorKind, Result};

/// A thread that does one blocking piece of work after another.
///
/// One at a time, because a call that was given up may still be at work: the next one must not overtake it. A thread
/// of our own rather than the runtime's, which would wait for it when the program ends.
pub(super) struct Worker {
    jobs: Sender<Box<dyn FnOnce() + Send>>,
    asking: Arc<AtomicBool>,
}

impl Worker {
    pub fn start() -> Self {
        let (jobs, todo) = channel::<Box<dyn FnOnce() + Send>>();
        let work = move || {
            for job in todo {
                // The one who waits for it sees the channel close.
                let _ = catch_unwind(AssertUnwindSafe(job));
            }
        };
        // Without a thread every call finds the channel closed.
        if let Err(error) = thread::Builder::new().name("keychain".into()).spawn(work) {
            tracing::error!(%error, "no thread for the keychain");
        }
        Self { jobs, asking: Arc::default() }
    }

    /// Does the work, or says `late` when it takes too long; what had not begun by then is never done.
    pub async fn run<T, F>(&self, limit: Duration, late: ErrorKind, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T> + Send + 'static,
    {
        let stopped = || Error::new(ErrorKind::StoreBroken, "the keychain's thread stopped");
        let (outcome, answer) = oneshot::channel();
        let job = move || {
            if !outcome.is_closed() {
                let _ = outcome.send(work());
            }
        };
        self.jobs.send(Box::new(job)).map_err(|_| stopped())?;
        match timeout(limit, answer).await {
            Ok(answer) => answer.map_err(|_| stopped())?,
            Err(_) if self.asking.load(Ordering::SeqCst) => Err(ErrorKind::Locked.into()),
            Err(_) => Err(late.into()),
        }
    }

    /// The same for work that waits for a person; whoever waits behind it too long is told `Locked`.
    pub async fn run_asking<F>(&self, limit: Duration, work: F) -> Result<()>
    where
        F: FnOnce() -> Result<()> + Send + 'static,
    {
        let asking = Asking(self.asking.clone());
        let work = move || {
            asking.0.store(true, Ordering::SeqCst);
            let outcome = work();
            drop(asking);
            outcome
        };
        self.run(limit, ErrorKind::Locked, work).await
    }
}

struct Asking(Arc<AtomicBool>);

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(25);

    /// Work that has begun when the first half says so, and goes on when the second half does.
    fn held() -> (oneshot::Receiver<()>, mpsc::Sender<()>, impl FnOnce() -> Result<()> + Send + 'static) {
        let (started, begun) = oneshot::channel();
        let (go, wait) = mpsc::channel::<()>();
        let work = move || {
            started.send(()).unwrap();
            wait.recv().unwrap();
            Ok(())
        };
        (begun, go, work)
    }

    #[tokio::test]
    async fn what_takes_too_long_is_given_up_and_what_waited_behind_it_is_never_done() {
        let worker = Worker::start();
        let (begun, go, work) = held();
        let done = Arc::new(AtomicBool::new(false));
        let sign = done.clone();
        let behind = async {
            begun.await.unwrap();
            // From here on the time passes as soon as everyone waits.
            tokio::time::pause();
            let behind = move || {
                sign.store(true, Ordering::SeqCst);
                Ok(())
            };
            worker.run(LIMIT, ErrorKind::StoreBroken, behind).await
        };
        let (late, behind) = tokio::join!(worker.run(LIMIT, ErrorKind::StoreBroken, work), behind);
        assert_eq!(late.unwrap_err().kind(), ErrorKind::StoreBroken);
        assert_eq!(behind.unwrap_err().kind(), ErrorKind::StoreBroken);

        tokio::time::resume();
        go.send(()).unwrap();
        worker.run(LIMIT, ErrorKind::StoreBroken, || Ok(())).await.unwrap();
        assert!(!done.load(Ordering::SeqCst));
    }

    #[tokio::test]
    async fn behind_a_prompt_it_is_locked() {
        let worker = Worker::start();
        let (begun, go, work) = held();
        let behind = async {
            begun.await.unwrap();
            tokio::time::pause();
            worker.run(LIMIT, ErrorKind::StoreBroken, || Ok(())).await
        };
        let (asked, behind) = tokio::join!(worker.run_asking(4 * LIMIT, work), behind);
        assert_eq!(behind.unwrap_err().kind(), ErrorKind::Locked);
        assert_eq!(asked.unwrap_err().kind(), ErrorKind::Locked);

        tokio::time::resume();
        go.send(()).unwrap();
        worker.run(LIMIT, ErrorKind::StoreBroken, || Ok(())).await.unwrap();
    }

    #[tokio::test]
    async fn a_panic_is_an_error_and_the_worker_goes_on() {
        let worker = Worker::start();
        let broken = worker.run(LIMIT, ErrorKind::Locked, || -> Result<()> { panic!("on purpose") }).await;
        assert_eq!(broken.unwrap_err().kind(), ErrorKind::StoreBroken);
        assert_eq!(worker.run(LIMIT, ErrorKind::Locked, || Ok(7)).await.unwrap(), 7);
    }
}
