//! Listening, serving, stopping.

use crate::{App, Deps, StartError, api};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use url::Url;

/// How long requests under way may take once the server is asked to stop.
const GRACE: Duration = Duration::from_secs(12);

/// A server that has its port, and is not answering yet.
pub struct Server {
    app: App,
    listener: TcpListener,
    address: SocketAddr,
}

/// A server that answers, on the runtime it was started on. Dropping it stops it at once.
pub struct Running {
    app: App,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Server {
    /// Takes `deps.config.listen`. If `public_url` names port 0, it gets the port that was found.
    ///
    /// # Errors
    /// The port is taken, or pepper and database do not belong together.
    pub async fn bind(mut deps: Deps) -> Result<Self, StartError> {
        let wanted = deps.config.listen;
        let listen = |source| StartError::Listen { address: wanted, source };
        let listener = TcpListener::bind(wanted).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        if deps.config.public_url.port() == Some(0) {
            // Only fails for addresses without a host, and this one has a port.
            let _set = deps.config.public_url.set_port(Some(address.port()));
        }
        Ok(Self { app: App::new(deps).await?, listener, address })
    }

    /// To add accounts, or to look into the storage.
    pub fn app(&self) -> &App {
        &self.app
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `public_url`, with the real port.
    pub fn url(&self) -> &Url {
        &self.app.config().public_url
    }

    /// Answers requests and sends mail until `stop` is ready, then finishes what is under way.
    ///
    /// # Errors
    /// The listener fails.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
        let router = api::router(&self.app).into_make_service_with_connect_info::<SocketAddr>();
        let (stopping, stopped) = oneshot::channel();
        let serve = axum::serve(self.listener, router).with_graceful_shutdown(async move {
            stop.await;
            // Nobody listens if serving failed first.
            let _sent = stopping.send(());
        });
        let graceful = async {
            // An error means that serving ended by itself.
            let _asked = stopped.await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            served = serve.into_future() => served,
            () = graceful => Ok(()),
            () = self.app.deliver() => Ok(()),
        }
    }

    /// Serves in a task of its own.
    pub fn start(self) -> Running {
        let (stop, stopped) = oneshot::channel::<()>();
        let (app, address) = (self.app.clone(), self.address);
        let task = tokio::spawn(self.serve(async {
            // Either way the server is to stop.
            let _stopped = stopped.await;
        }));
        Running { app, address, stop: Some(stop), task }
    }
}

impl Running {
    pub fn app(&self) -> &App {
        &self.app
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `public_url`, with the real port.
    pub fn url(&self) -> &Url {
        &self.app.config().public_url
    }

    /// Finishes what is under way and stops; returns once the port is free.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            // It may have ended already.
            let _sent = stop.send(());
        }
        if let Ok(Err(error)) = (&mut self.task).await {
            tracing::error!(%error, "the server ended with an error");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}
