//! Asking the server on this machine how it is, where there is no other program that could.

use super::{Settings, say};
use crate::Config;
use anyhow::Context as _;
use clap::Args;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(5);
/// Longest answer, bytes; one that is longer is not ours.
const LONGEST: u64 = 4_096;

#[derive(Args)]
pub(super) struct Health {
    #[command(flatten)]
    settings: Settings,
    /// Ask whether it can take requests, too
    #[arg(long)]
    ready: bool,
}

pub(super) async fn ask(health: Health) -> anyhow::Result<ExitCode> {
    let config = Config::load(&health.settings.config)?;
    let address = match (&config.metrics, &config.tls) {
        (Some(metrics), _) => metrics.listen,
        (None, None) => config.listen,
        (None, Some(_)) => anyhow::bail!("with a [tls] section this needs a [metrics] section, too"),
    };
    let path = if health.ready { "/readyz" } else { "/healthz" };
    let asked = timeout(PATIENCE, get(here(address), path)).await;
    let answer = asked.unwrap_or_else(|_| Err(anyhow::anyhow!("no answer in 5 seconds")));
    let answer = answer.with_context(|| format!("nobody answers at {address}"))?;
    let (head, body) = answer.split_once("\r\n\r\n").context("what answers is not this server")?;
    say(body.trim())?;
    let well = head.split(' ').nth(1) == Some("200");
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn get(address: SocketAddr, path: &str) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.take(LONGEST).read_to_string(&mut answer).await?;
    Ok(answer)
}

/// Who listens everywhere is reached here, too.
fn here(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}
