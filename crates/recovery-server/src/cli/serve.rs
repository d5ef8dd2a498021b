//! Serving, until somebody asks to stop.

use super::{deps, log, use_database};
use crate::{Config, Server};
use std::path::Path;
use std::process::ExitCode;
use tokio::sync::oneshot;

/// Serves until it is asked to stop, and finishes what is under way; asked twice, ends at once.
pub(super) async fn serve(path: &Path) -> anyhow::Result<ExitCode> {
    let config = Config::load(path)?;
    log(&config)?;
    let mut signals = Signals::listen()?;
    let _in_use = use_database(&config)?;
    let server = Server::bind(deps(config).await?).await?;
    let metrics = server.metrics_address().map(tracing::field::display);
    let tls = server.tls().cloned();
    tracing::info!(address = %server.address(), url = %server.url(), tls = tls.is_some(), metrics, "serving");
    notify("READY=1");

    let (stop, stopped) = oneshot::channel::<()>();
    let mut stop = Some(stop);
    let mut serving = std::pin::pin!(server.serve(async {
        // Either way the server is to stop.
        let _stopped = stopped.await;
    }));
    loop {
        let signal = tokio::select! {
            () = &mut serving => break,
            signal = signals.next() => signal,
        };
        match (signal, &tls) {
            (Signal::Reload, Some(tls)) => tls.reload(),
            (Signal::Reload, None) => tracing::info!("there is no [tls] section, so nothing is read again"),
            (Signal::Stop, _) => match stop.take() {
                Some(stop) => {
                    tracing::info!(
                        "stopping once what is under way is finished; another signal ends it at once"
                    );
                    notify("STOPPING=1");
                    // It may have ended already.
                    let _sent = stop.send(());
                }
                None => {
                    tracing::warn!("ended at once, as was asked twice");
                    return Ok(ExitCode::FAILURE);
                }
            },
        }
    }
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

pub(super) enum Signal {
    Stop,
    Reload,
}

/// What the process is told from outside.
pub(super) struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    hang_up: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    pub(super) fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    pub(super) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.terminate.recv() => Signal::Stop,
            _ = self.interrupt.recv() => Signal::Stop,
            _ = self.hang_up.recv() => Signal::Reload,
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    pub(super) fn listen() -> std::io::Result<Self> {
        Ok(Self {})
    }

    pub(super) async fn next(&mut self) -> Signal {
        // Without a handler there is nothing to wait for but the end of the process.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Signal::Stop
    }
}

impl Signals {
    pub(super) async fn stop(&mut self) {
        while !matches!(self.next().await, Signal::Stop) {}
    }
}

/// Tells systemd how the service is (sd_notify(3)), if it wants to know.
#[cfg(target_os = "linux")]
fn notify(state: &str) {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::net::{SocketAddr, UnixDatagram};
    let Some(place) = std::env::var_os("NOTIFY_SOCKET") else { return };
    let address = match place.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
        _ => SocketAddr::from_pathname(&place),
    };
    let sent = address.and_then(|address| UnixDatagram::unbound()?.send_to_addr(state.as_bytes(), &address));
    if let Err(error) = sent {
        tracing::warn!(%error, "systemd could not be told {state}");
    }
}

#[cfg(not(target_os = "linux"))]
fn notify(_state: &str) {}
