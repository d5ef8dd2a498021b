//! Listening, serving, stopping.

use crate::{App, Deps, StartError, api};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;
use tower::ServiceExt as _;
use url::Url;

/// How long a client may take over the head of a request.
const HEAD: Duration = Duration::from_secs(10);
/// Connections at once; more wait to be accepted.
const CONNECTIONS: usize = 1_024;
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
    task: JoinHandle<()>,
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
    pub async fn serve(self, stop: impl Future<Output = ()> + Send + 'static) {
        let router = api::router(&self.app);
        tokio::select! {
            () = accept(self.listener, router, stop) => {}
            () = self.app.deliver() => {}
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
        if (&mut self.task).await.is_err() {
            tracing::error!("the server ended by itself");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What `axum::serve` does, with a limit on how slowly a request may begin.
async fn accept(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let mut stop = pin!(stop);
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD);
    let connections = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let (stream, peer, permit) = tokio::select! {
            accepted = next(&listener, &room) => accepted,
            () = &mut stop => break,
        };
        let router = router.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            router.clone().oneshot(request.map(Body::new))
        });
        let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection broke");
            }
            drop(permit);
        });
    }
    drop(listener);
    if tokio::time::timeout(GRACE, connections.shutdown()).await.is_err() {
        tracing::warn!("some requests were cut off");
    }
}

async fn next(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, Option<tokio::sync::OwnedSemaphorePermit>) {
    // The semaphore is never closed.
    let permit = Arc::clone(room).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, permit),
            Err(error) => {
                // Mostly too many open files: some are closed in a moment.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}
