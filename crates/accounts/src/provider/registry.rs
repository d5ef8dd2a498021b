//! Which servers Regain can talk to, and how one that is known is spoken to again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use url::Url;

use super::desk::Desk;
use super::recovery_server::RecoveryServer;
use super::{Provider, allauth, atproto, better_auth, gotrue, kratos, matrix};
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::http::Http;

/// The dialect a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    RecoveryServer,
    Allauth,
    BetterAuth,
    AtProto,
    Matrix,
    Kratos,
    GoTrue,
}

impl Kind {
    pub const ALL: [Self; 7] = [
        Self::RecoveryServer,
        Self::Allauth,
        Self::BetterAuth,
        Self::AtProto,
        Self::Matrix,
        Self::Kratos,
        Self::GoTrue,
    ];

    /// Whether the adapter was proven against a live server, and not from its documentation alone.
    pub const fn is_tried(self) -> bool {
        !matches!(self, Self::Kratos | Self::GoTrue)
    }

    /// The name it has in files and on command lines.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RecoveryServer => "recovery_server",
            Self::Allauth => "allauth",
            Self::BetterAuth => "better_auth",
            Self::AtProto => "atproto",
            Self::Matrix => "matrix",
            Self::Kratos => "kratos",
            Self::GoTrue => "gotrue",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// Where an account lives.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Server {
    pub kind: Kind,
    /// Its origin, with an empty path.
    pub base: Url,
}

/// A server that was found behind what was typed.
#[derive(Clone)]
pub struct Found {
    pub server: Server,
    pub provider: Arc<dyn Provider>,
    /// What was typed names an account there, too.
    pub identifier: Option<String>,
}

/// The providers, each made once for each server.
pub struct Providers {
    pub(super) http: Http,
    clock: Arc<dyn Clock>,
    /// How this computer calls itself to servers, for the list of sessions.
    device: String,
    open: Mutex<HashMap<Server, Arc<dyn Provider>>>,
}

impl Providers {
    pub fn new(http: Http, clock: Arc<dyn Clock>, device: impl Into<String>) -> Self {
        Self { http, clock, device: device.into(), open: Mutex::default() }
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

    /// Asks a server whether it is of that kind; any other one is `Protocol`.
    pub(super) async fn ask(&self, server: &Server) -> Result<Arc<dyn Provider>> {
        let desk = Desk {
            http: self.http.clone(),
            clock: self.clock.clone(),
            base: server.base.clone(),
            device: self.device.clone(),
        };
        let provider: Arc<dyn Provider> = match server.kind {
            Kind::RecoveryServer => Arc::new(RecoveryServer::find(desk).await?),
            Kind::Allauth => allauth::find(desk).await?,
            Kind::BetterAuth => better_auth::find(desk).await?,
            Kind::AtProto => atproto::find(desk).await?,
            Kind::Matrix => matrix::find(desk).await?,
            Kind::Kratos => kratos::find(desk).await?,
            Kind::GoTrue => gotrue::find(desk).await?,
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
