//! Taking connections, within their bounds, and ending them.

use super::Reach;
use super::answer::Desk;
use super::patient::Patient;
use super::room::Seat;
use crate::App;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::time::timeout;

/// How long a client may take over the head of a request.
const HEAD: Duration = Duration::from_secs(10);
/// For a whole TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a connection lasts that there is no room for.
const REFUSAL: Duration = Duration::from_secs(5);
/// How long requests under way may take once the server is asked to stop.
const GRACE: Duration = Duration::from_secs(12);
/// Requests at once on one connection (RFC 9113 section 5.1.2).
const STREAMS: u32 = 32;
/// What a connection may keep in memory of heads and of bodies that nobody has read yet, bytes each.
const KEPT: u32 = 32 * 1024;

/// Takes connections until `end` is ready, then lets their requests end.
pub(super) async fn accept(listener: TcpListener, reach: Reach, end: impl Future<Output = ()>) {
    let app = reach.app.clone();
    let reach = Arc::new(reach);
    let connections = GracefulShutdown::new();
    let mut end = pin!(end);
    loop {
        let (stream, peer) = tokio::select! {
            biased;
            () = &mut end => break,
            accepted = next(&listener) => accepted,
        };
        let seat = reach.room.seat(peer.ip());
        if reach.counts && seat.as_ref().is_none_or(|seat| seat.refused) {
            app.meters().connection_refused();
        }
        if let Some(seat) = seat {
            tokio::spawn(converse(stream, peer, seat, reach.clone(), connections.watcher()));
        }
    }
    drop(listener);
    if timeout(GRACE, connections.shutdown()).await.is_err() {
        tracing::warn!("some requests were cut off");
    }
}

async fn next(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                // Mostly too many open files: some are closed in a moment.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}

/// One connection, from its first byte to its last.
async fn converse(stream: TcpStream, peer: SocketAddr, seat: Seat, reach: Arc<Reach>, watcher: Watcher) {
    let app: App = reach.app.clone();
    let _counted = reach.counts.then(|| app.meters().connection());
    // Answers are written whole; waiting for more only delays them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection stays as it is");
    }
    let cut = Arc::new(Notify::new());
    let refused = seat.refused;
    let desk = Desk { reach: reach.clone(), peer, refused, cut: cut.clone() };
    let conversation = async {
        match &reach.tls {
            None => talk(stream, desk, watcher).await,
            Some(tls) => match timeout(HANDSHAKE, tls.accept(stream)).await {
                Ok(Ok(stream)) => talk(stream, desk, watcher).await,
                Ok(Err(error)) => {
                    app.meters().handshake_failed();
                    tracing::debug!(%error, "a TLS handshake failed");
                }
                Err(_) => app.meters().handshake_failed(),
            },
        }
    };
    tokio::select! {
        () = conversation => {}
        () = cut.notified() => tracing::debug!("an answer was not read"),
        () = tokio::time::sleep(REFUSAL), if refused => {}
    }
    drop(seat);
}

async fn talk<S>(stream: S, desk: Desk, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let builder = builder();
    let service = service_fn(move |request: Request<Incoming>| desk.clone().answer(request));
    let connection = builder.serve_connection(TokioIo::new(Patient::new(stream)), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(error = told(error.as_ref()), "a connection broke");
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(KEPT as usize)
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(KEPT)
        .initial_stream_window_size(KEPT)
        .initial_connection_window_size(2 * KEPT)
        .max_send_buf_size(2 * KEPT as usize);
    builder
}

/// What kind of trouble it was; the words may quote what was sent.
fn told(error: &(dyn std::error::Error + 'static)) -> &'static str {
    let mut source = Some(error);
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return match error.kind() {
                io::ErrorKind::TimedOut => "too slow",
                io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => "closed by the other side",
                _ => "input or output",
            };
        }
        if let Some(error) = error.downcast_ref::<hyper::Error>() {
            if error.is_timeout() {
                return "too slow";
            }
            if error.is_parse() {
                return "not HTTP";
            }
        }
        source = error.source();
    }
    "broken off"
}
