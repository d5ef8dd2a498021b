//! One mailbox for all, which counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::net::TcpListener;

use super::servers::mail::take;

pub struct Sink {
    pub port: u16,
    count: Arc<AtomicUsize>,
}

impl Sink {
    pub async fn open() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let counted = Arc::clone(&counted);
                tokio::spawn(take(stream, move |_: &[u8]| {
                    counted.fetch_add(1, Ordering::Relaxed);
                    true
                }));
            }
        });
        Ok(Self { port, count })
    }

    pub fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// How many there are, once they are `wanted` or this has taken too long.
    pub async fn wait(&self, wanted: usize, longest: Duration) -> usize {
        let begun = Instant::now();
        while self.count() < wanted && begun.elapsed() < longest {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.count()
    }
}
