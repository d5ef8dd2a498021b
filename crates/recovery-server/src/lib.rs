//! An account server small enough to start in a second, and careful enough to be run for real: it
//! signs people in, and gets them back in when they have forgotten their password.
//!
//! [`Server`] serves one set of [`Deps`]; [`practice::start`] starts a whole server that forgets
//! everything; [`App`] is what both share. All state is in the [`storage`], so any number of nodes
//! may serve the same database. The HTTP contract is `openapi.json`, made from the code; the rules
//! are those of NIST SP 800-63B-4 and OWASP, and each number says where it comes from.

pub mod account;
mod api;
pub mod audit;
pub mod backup;
pub mod cli;
pub mod clock;
mod condition;
pub mod config;
mod dpop;
pub mod hash;
mod identifier;
pub mod in_use;
mod language;
pub mod limits;
pub mod log;
pub mod mail;
mod mask;
mod meters;
mod network;
pub mod openapi;
mod pairing;
mod passkeys;
mod password;
mod pepper;
mod plain;
pub mod practice;
mod private_file;
mod request_id;
pub mod rng;
mod server;
pub mod storage;
mod tls;
mod token;
mod totp;

pub use account::{AddError, Added, NewAccount};
pub use api::{router, watchers};
pub use clock::{Clock, ManualClock, SystemClock};
pub use config::{Config, ConfigError};
pub use language::Language;
pub use mail::{Inbox, Mailer, Outbox, SentMail, SmtpMailer};
pub use pepper::{Pepper, PepperError};
pub use rng::{Random, SeededRandom, SystemRandom};
pub use server::{Running, Server};
pub use storage::postgres::PostgresStorage;
pub use storage::sqlite::SqliteStorage;
pub use storage::{Storage, StorageError};
pub use tls::{Tls, TlsError};
pub use totp::Totp;

use audit::{Entry, Event};
use condition::Condition;
use hash::Hasher;
use limits::Rules;
use mail::post::Bell;
use meters::Meters;
use request_id::RequestIds;
use std::sync::Arc;

/// What a server is made of. Everything that differs between a real server, practice and a test.
#[derive(Clone)]
pub struct Deps {
    pub config: Config,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    pub mailer: Arc<dyn Mailer>,
    pub storage: Arc<dyn Storage>,
    pub pepper: Pepper,
    /// Shown at `/practice/outbox` if `config.practice` is set.
    pub outbox: Option<Outbox>,
}

impl Deps {
    /// Everything in memory: SQLite, an outbox for mail, a pepper nobody keeps; the machine's clock
    /// and randomness. Replace any field before use.
    ///
    /// # Errors
    /// SQLite cannot start.
    pub async fn in_memory(config: Config) -> Result<(Self, Outbox), StorageError> {
        let outbox = Outbox::new();
        let deps = Self {
            config,
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
            mailer: Arc::new(outbox.clone()),
            storage: Arc::new(SqliteStorage::in_memory().await?),
            pepper: Pepper::random(&SystemRandom),
            outbox: Some(outbox.clone()),
        };
        Ok((deps, outbox))
    }
}

/// Why a server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Pepper(#[from] PepperError),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("cannot listen on {address}: {source}")]
    Listen { address: std::net::SocketAddr, source: std::io::Error },
    #[error("{0}")]
    Other(String),
}

/// A server that is ready, but not yet reachable. Clones are the same server.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    deps: Deps,
    hasher: Hasher,
    bell: Bell,
    condition: Condition,
    meters: Meters,
    request_ids: RequestIds,
}

impl App {
    /// Checks that pepper and database belong together.
    ///
    /// # Errors
    /// They do not, or the database cannot be read.
    pub async fn new(deps: Deps) -> Result<Self, StartError> {
        deps.storage.check_pepper(&deps.pepper.mac("check", &[])).await?;
        let hasher = Hasher::new(&deps.pepper).map_err(|error| StartError::Other(error.to_string()))?;
        let request_ids = RequestIds::new(&deps.pepper, deps.clock.now());
        Ok(Self(Arc::new(Inner {
            deps,
            hasher,
            bell: Bell::default(),
            condition: Condition::new(),
            meters: Meters::new(),
            request_ids,
        })))
    }

    pub fn config(&self) -> &Config {
        &self.0.deps.config
    }

    pub fn storage(&self) -> &dyn Storage {
        self.0.deps.storage.as_ref()
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        self.0.deps.clock.as_ref()
    }

    pub(crate) fn random(&self) -> &dyn Random {
        self.0.deps.random.as_ref()
    }

    pub(crate) fn mailer(&self) -> &dyn Mailer {
        self.0.deps.mailer.as_ref()
    }

    pub(crate) fn outbox(&self) -> Option<&Outbox> {
        self.0.deps.outbox.as_ref().filter(|_| self.config().practice)
    }

    pub(crate) fn pepper(&self) -> &Pepper {
        &self.0.deps.pepper
    }

    pub(crate) fn hasher(&self) -> &Hasher {
        &self.0.hasher
    }

    pub(crate) fn bell(&self) -> &Bell {
        &self.0.bell
    }

    pub(crate) fn condition(&self) -> &Condition {
        &self.0.condition
    }

    pub(crate) fn meters(&self) -> &Meters {
        &self.0.meters
    }

    pub(crate) fn request_ids(&self) -> &RequestIds {
        &self.0.request_ids
    }

    pub(crate) fn limits(&self) -> Rules<'_> {
        Rules { pepper: self.pepper(), limits: &self.config().limits }
    }

    pub(crate) fn entry(
        &self,
        event: Event,
        result: &str,
        account_id: Option<&str>,
        network: Option<&str>,
    ) -> Entry {
        Entry {
            at: self.clock().now(),
            account_id: account_id.map(str::to_owned),
            event: event.name().to_owned(),
            result: result.to_owned(),
            network: network.map(str::to_owned),
        }
    }
}
