//! A server with sockets, and requests as they cross them.

use crate::common::{PASSWORD, START};
use recovery_server::config::Metrics;
use recovery_server::{Config, Deps, ManualClock, NewAccount, Outbox, Server};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A bound server with Jana in it, its clock and its outbox.
pub async fn bind(change: impl FnOnce(&mut Deps)) -> (Server, ManualClock, Outbox) {
    let mut config = Config::loopback("Dorfladen");
    config.metrics = Some(Metrics { listen: SocketAddr::from(([127, 0, 0, 1], 0)) });
    let (mut deps, outbox) = Deps::in_memory(config).await.unwrap();
    let clock = ManualClock::at(START);
    deps.clock = Arc::new(clock.clone());
    change(&mut deps);
    let server = Server::bind(deps).await.unwrap();
    server.app().add_account(NewAccount::new("jana", "jana@example.org", PASSWORD)).await.unwrap();
    (server, clock, outbox)
}

/// Status and everything that was answered, over a connection of its own.
pub async fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    rest(&mut stream).await
}

/// What still comes until the other side closes.
pub async fn rest(stream: &mut TcpStream) -> (u16, String) {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    (answer[9..12].parse().unwrap(), answer)
}
