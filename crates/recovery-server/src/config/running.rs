//! Settings for whoever runs the server: TLS, metrics, bounds.

use super::ConfigError;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The server's own TLS.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// PEM: the certificate first, then those that vouch for it.
    pub certificate: PathBuf,
    /// PEM; only its owner may be able to read it.
    pub key: PathBuf,
}

/// Where figures about the server are shown; never at the address that people reach.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    #[serde(default = "default_metrics")]
    pub listen: SocketAddr,
}

/// What is more than this is answered with 503 at once.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Bounds {
    /// Connections at once.
    pub connections: usize,
    /// Connections at once from one network address; not for `trusted_proxies` and this machine.
    pub connections_per_address: usize,
    /// Requests under way at once, until their answers have been read.
    pub requests: usize,
}

impl Bounds {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        for (name, value) in [
            ("connections", self.connections),
            ("connections_per_address", self.connections_per_address),
            ("requests", self.requests),
        ] {
            if !(1..=100_000).contains(&value) {
                return Err(ConfigError::Value(format!("bounds.{name} must be between 1 and 100000")));
            }
        }
        Ok(())
    }
}

impl Default for Bounds {
    fn default() -> Self {
        Self { connections: 4_096, connections_per_address: 256, requests: 512 }
    }
}

fn default_metrics() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8322))
}
