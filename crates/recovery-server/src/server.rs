//! Listening, serving, stopping.

mod accept;
mod answer;
mod patient;
mod room;

use crate::config::{Bounds, Network};
use crate::{App, Deps, StartError, Tls, api};
use accept::accept;
use axum::Router;
use room::Room;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use url::Url;

/// How long a letter that is being sent may take once the server is asked to stop: as long as any letter.
const GRACE_FOR_MAIL: Duration = Duration::from_secs(60);
/// Prometheus and a balancer ask one at a time.
const WATCHERS: Bounds = Bounds { connections: 32, connections_per_address: 32, requests: 8 };

/// A server that has its port, and is not answering yet.
pub struct Server {
    app: App,
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<(Tls, TlsAcceptor)>,
    metrics: Option<TcpListener>,
}

/// One address that is listened on, and what its connections meet.
struct Reach {
    app: App,
    router: Router,
    tls: Option<TlsAcceptor>,
    room: Room,
    requests: Arc<Semaphore>,
    /// Not for those who only look at the figures: they would be in them.
    counts: bool,
}

/// A server that answers, on the runtime it was started on. Dropping it stops it at once.
pub struct Running {
    app: App,
    address: SocketAddr,
    metrics_address: Option<SocketAddr>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Server {
    /// Takes `deps.config.listen`, and `metrics.listen` if there is one. If `public_url` names port 0, it gets the
    /// port that was found.
    ///
    /// # Errors
    /// A port is taken, the certificate cannot be used, or pepper and database do not belong together.
    pub async fn bind(mut deps: Deps) -> Result<Self, StartError> {
        let tls = match &deps.config.tls {
            Some(settings) => {
                let tls = Tls::load(settings, deps.config.host())?;
                let acceptor = tls.acceptor()?;
                Some((tls, acceptor))
            }
            None => None,
        };
        let (listener, address) = listen(deps.config.listen).await?;
        let metrics = match &deps.config.metrics {
            Some(metrics) => Some(listen(metrics.listen).await?.0),
            None => None,
        };
        if deps.config.public_url.port() == Some(0) {
            // Only fails for addresses without a host, and this one has a port.
            let _set = deps.config.public_url.set_port(Some(address.port()));
        }
        Ok(Self { app: App::new(deps).await?, listener, address, tls, metrics })
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

    /// Where figures are shown, if they are.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().and_then(|metrics| metrics.local_addr().ok())
    }

    /// The certificate in use, to have it read again.
    pub fn tls(&self) -> Option<&Tls> {
        self.tls.as_ref().map(|(tls, _)| tls)
    }

    /// Answers requests and sends mail until `stop` is ready. Then `/readyz` says so for
    /// `stop_notice_seconds`, and after that nothing new is begun, and what is under way is finished.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send + 'static) {
        let Self { app, listener, tls, metrics, .. } = self;
        let (tls, acceptor) = tls.unzip();
        let config = app.config();
        let trusted = &config.trusted_proxies;
        let people = Reach::new(&app, api::router(&app), acceptor, &config.bounds, trusted);
        let watchers = Reach::new(&app, api::watchers(&app), None, &WATCHERS, trusted);
        let watchers = Reach { counts: false, ..watchers };

        let work = async {
            let mail = async {
                let delivered = app.deliver();
                let patience = async {
                    app.condition().halted().await;
                    tokio::time::sleep(GRACE_FOR_MAIL).await;
                };
                tokio::select! {
                    () = delivered => {}
                    () = patience => tracing::warn!("a letter was broken off and will be sent again"),
                }
            };
            tokio::join!(accept(listener, people, app.condition().halted()), mail);
        };
        let halt = async {
            stop.await;
            app.condition().announce_stop();
            let (clock, notice) = (app.clock(), config.stop_notice_seconds);
            clock.sleep_until(clock.now() + notice).await;
            app.condition().halt();
            std::future::pending::<()>().await;
        };
        let watched = async {
            match metrics {
                // To the very end, so that the stop can be watched, too.
                Some(metrics) => accept(metrics, watchers, std::future::pending()).await,
                None => std::future::pending().await,
            }
        };
        let renewed = async {
            match &tls {
                Some(tls) => tls.watch(app.clock()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = work => {}
            () = halt => {}
            () = watched => {}
            () = renewed => {}
        }
    }

    /// Serves in a task of its own.
    pub fn start(self) -> Running {
        let (stop, stopped) = oneshot::channel::<()>();
        let (app, address, metrics_address) = (self.app.clone(), self.address, self.metrics_address());
        let task = tokio::spawn(self.serve(async {
            // Either way the server is to stop.
            let _stopped = stopped.await;
        }));
        Running { app, address, metrics_address, stop: Some(stop), task }
    }
}

impl Running {
    pub fn app(&self) -> &App {
        &self.app
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where figures are shown, if they are.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
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

impl Reach {
    fn new(
        app: &App,
        router: Router,
        tls: Option<TlsAcceptor>,
        bounds: &Bounds,
        trusted: &[Network],
    ) -> Self {
        let room = Room::new(bounds, trusted);
        Self {
            app: app.clone(),
            router,
            tls,
            room,
            requests: Arc::new(Semaphore::new(bounds.requests)),
            counts: true,
        }
    }
}

async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |source| StartError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}
