//! Which servers Regain can talk to, and how one is found.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use url::Url;

use super::Provider;
use super::recovery_server::RecoveryServer;
use crate::address::{self, AddressProblem};
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::http::Http;

/// The dialect a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    RecoveryServer,
}

/// Where an account lives.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Server {
    pub kind: Kind,
    /// Its origin, with an empty path.
    pub base: Url,
}

/// The providers, each made once for each server.
pub struct Providers {
    http: Http,
    clock: Arc<dyn Clock>,
    /// How this computer calls itself to servers, for the list of sessions.
    device: String,
    open: Mutex<HashMap<Server, Arc<dyn Provider>>>,
}

impl Providers {
    pub fn new(http: Http, clock: Arc<dyn Clock>, device: impl Into<String>) -> Self {
        Self { http, clock, device: device.into(), open: Mutex::default() }
    }

    /// Finds out what is at an address that was typed, by asking it who it is and nothing else.
    pub async fn find(
        &self,
        typed: &str,
    ) -> Result<std::result::Result<(Server, Arc<dyn Provider>), AddressProblem>> {
        let base = match address::parse(typed) {
            Ok(base) => base,
            Err(problem) => return Ok(Err(problem)),
        };
        let server = Server { kind: Kind::RecoveryServer, base };
        match self.ask(&server).await {
            Ok(provider) => Ok(Ok((server, provider))),
            Err(error) if error.kind() == ErrorKind::Protocol => Ok(Err(AddressProblem::NoAccountServer)),
            Err(error) => Err(error),
        }
    }

    /// The provider of a server that was found before.
    pub async fn get(&self, server: &Server) -> Result<Arc<dyn Provider>> {
        let known = self.lock().get(server).cloned();
        match known {
            Some(provider) => Ok(provider),
            None => self.ask(server).await,
        }
    }

    /// Puts a provider in for a server, in place of asking the network.
    pub fn put(&self, server: Server, provider: Arc<dyn Provider>) {
        self.lock().insert(server, provider);
    }

    /// Forgets a server that has gone for good.
    pub fn forget(&self, server: &Server) {
        self.lock().remove(server);
    }

    async fn ask(&self, server: &Server) -> Result<Arc<dyn Provider>> {
        let provider: Arc<dyn Provider> = match server.kind {
            Kind::RecoveryServer => Arc::new(
                RecoveryServer::find(
                    self.http.clone(),
                    self.clock.clone(),
                    server.base.clone(),
                    self.device.clone(),
                )
                .await?,
            ),
        };
        self.put(server.clone(), provider.clone());
        Ok(provider)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Server, Arc<dyn Provider>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<url::ParseError> for Error {
    fn from(error: url::ParseError) -> Self {
        Self::new(ErrorKind::Bug, error)
    }
}
