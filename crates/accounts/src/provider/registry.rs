//! Which servers Regain can talk to, and how one that is known is spoken to again.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use url::Url;

use super::atproto::handle::Resolver;
use super::desk::Desk;
use super::recovery_server::RecoveryServer;
use super::{Provider, PublicKey, allauth, atproto, better_auth, gotrue, guide, kratos, matrix};
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::http::Http;
use crate::site::SiteList;

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
    /// A site that the person talks to in a browser, led by a guide.
    Guide,
}

impl Kind {
    /// Those that can be talked to, and so be found by asking.
    pub const SERVERS: [Self; 7] = [
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
            Self::Guide => "guide",
        }
    }

    /// Asks a server whether it is of this kind; any other one is `Protocol`.
    pub(super) async fn ask(self, desk: Desk, key: Option<&PublicKey>) -> Result<Arc<dyn Provider>> {
        match self {
            Self::RecoveryServer => Ok(Arc::new(RecoveryServer::find(desk).await?)),
            Self::Allauth => allauth::find(desk).await,
            Self::BetterAuth => better_auth::find(desk).await,
            Self::AtProto => atproto::find(desk).await,
            Self::Matrix => matrix::find(desk).await,
            Self::Kratos => kratos::find(desk).await,
            Self::GoTrue => gotrue::find(desk, key).await,
            // It is nobody's answer: [`Providers::get`] opens it.
            Self::Guide => Err(ErrorKind::Unsupported.into()),
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::SERVERS.into_iter().chain([Self::Guide]).find(|kind| kind.as_str() == name)
    }
}

/// Where an account lives. The key is only a way in: with another one it is the same server.
#[derive(Debug, Clone)]
pub struct Server {
    pub kind: Kind,
    /// Its origin, with an empty path.
    pub base: Url,
    /// What the gateway in front of it wants, where it wants one.
    pub key: Option<PublicKey>,
}

impl PartialEq for Server {
    fn eq(&self, other: &Self) -> bool {
        (self.kind, &self.base) == (other.kind, &other.base)
    }
}

impl Eq for Server {}

impl Hash for Server {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.kind, &self.base).hash(state);
    }
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
    /// In place of the world's own directories of handles.
    resolver: Option<Arc<Resolver>>,
    open: Mutex<HashMap<Server, Arc<dyn Provider>>>,
    /// What is known of sites that are no servers.
    sites: Mutex<Arc<SiteList>>,
    /// In place of the world outside.
    outside: Option<Http>,
}

impl Providers {
    pub fn new(http: Http, clock: Arc<dyn Clock>, device: impl Into<String>) -> Self {
        let sites = Mutex::new(Arc::new(SiteList::built_in()));
        let (device, open) = (device.into(), Mutex::default());
        Self { http, clock, device, resolver: None, open, sites, outside: None }
    }

    /// The same with handles of one's own.
    #[cfg(any(test, feature = "testing"))]
    pub fn with_resolver(self, resolver: Resolver) -> Self {
        Self { resolver: Some(Arc::new(resolver)), ..self }
    }

    /// The same with a world outside of one's own.
    #[cfg(any(test, feature = "testing"))]
    pub fn with_outside(self, outside: Http) -> Self {
        Self { outside: Some(outside), ..self }
    }

    /// Another list of sites; sites that were opened are opened again with it.
    pub fn know(&self, sites: SiteList) {
        *self.sites.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(sites);
        self.lock().retain(|server, _| server.kind != Kind::Guide);
    }

    /// What is known of sites that are no servers.
    pub fn sites(&self) -> Arc<SiteList> {
        self.sites.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn guided(&self, server: &Server) -> Result<Arc<dyn Provider>> {
        let outside = self.outside.clone().map_or_else(Http::outside, Ok)?;
        Ok(Arc::new(guide::open(self.desk(server.base.clone()), outside, self.sites())?))
    }

    /// The provider of a server that was found before.
    pub async fn get(&self, server: &Server) -> Result<Arc<dyn Provider>> {
        // One that was spoken to with another key is asked again, with the one that is meant.
        let same = |known: &Server| server.key.is_none() || known.key == server.key;
        let known =
            self.lock().get_key_value(server).filter(|(known, _)| same(known)).map(|(_, it)| it.clone());
        match known {
            Some(provider) => Ok(provider),
            None if server.kind == Kind::Guide => {
                let provider = self.guided(server)?;
                self.put(server.clone(), provider.clone());
                Ok(provider)
            }
            None => {
                let desk = self.desk(server.base.clone());
                let provider = server.kind.ask(desk, server.key.as_ref()).await?;
                self.put(server.clone(), provider.clone());
                Ok(provider)
            }
        }
    }

    /// Puts a provider in for a server, in place of asking the network.
    pub fn put(&self, server: Server, provider: Arc<dyn Provider>) {
        let mut open = self.lock();
        // A map keeps the first of two equal keys, and the newer one may have another way in.
        open.remove(&server);
        open.insert(server, provider);
    }

    /// The provider of a server, if it was spoken to in this run.
    pub fn met(&self, server: &Server) -> Option<Arc<dyn Provider>> {
        self.lock().get(server).cloned()
    }

    /// The server as it was found, with its way in.
    pub fn known(&self, server: &Server) -> Option<Server> {
        self.lock().get_key_value(server).map(|(known, _)| known.clone())
    }

    /// Forgets a server that has gone for good.
    pub fn forget(&self, server: &Server) {
        self.lock().remove(server);
    }

    pub(super) fn desk(&self, base: Url) -> Desk {
        let (http, clock, device) = self.speaking();
        Desk { http, clock, base, device }
    }

    /// How every server is spoken to.
    pub(super) fn speaking(&self) -> (Http, Arc<dyn Clock>, String) {
        (self.http.clone(), self.clock.clone(), self.device.clone())
    }

    pub(super) fn resolver(&self) -> Result<Arc<Resolver>> {
        match &self.resolver {
            Some(resolver) => Ok(resolver.clone()),
            None => Resolver::new(self.http.clone()).map(Arc::new),
        }
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
