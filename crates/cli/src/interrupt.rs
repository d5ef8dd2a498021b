//! Ctrl+C: what is under way is ended in order, and at the second one at once.

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
