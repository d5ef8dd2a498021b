//! Ctrl+C, and a terminal that is closed: what is under way is ended in order; at a second Ctrl+C at once.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

#[derive(Clone)]
pub struct Interrupt(watch::Receiver<bool>);

/// How long an answer under way may go on, and the whole command after that.
pub const PATIENCE: Duration = Duration::from_secs(3);

impl Interrupt {
    /// Listens from now on; must be called within a runtime.
    pub fn listen() -> Self {
        let (tell, told) = watch::channel(false);
        let tell = Arc::new(tell);
        #[cfg(unix)]
        listen_to_the_end(&tell);
        tokio::spawn(async move {
            while tokio::signal::ctrl_c().await.is_ok() {
                if tell.send_replace(true) {
                    std::process::exit(130);
                }
            }
            // Without signals there is nothing to tell, and nobody may think so.
            std::future::pending::<()>().await;
        });
        Self(told)
    }

    /// Returns when the person has pressed Ctrl+C.
    pub async fn pressed(&self) {
        let mut told = self.0.clone();
        if told.wait_for(|pressed| *pressed).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// What is in the clipboard must not stay there because a terminal was closed. Such signals come twice, too.
#[cfg(unix)]
fn listen_to_the_end(tell: &Arc<watch::Sender<bool>>) {
    use tokio::signal::unix::{SignalKind, signal};
    for kind in [SignalKind::terminate(), SignalKind::hangup()] {
        match signal(kind) {
            Ok(mut signals) => {
                let tell = tell.clone();
                tokio::spawn(async move {
                    while signals.recv().await.is_some() {
                        tell.send_replace(true);
                    }
                });
            }
            Err(error) => tracing::warn!(%error, "a signal cannot be listened to"),
        }
    }
}
