//! django-allauth's dialect over a small memory, its defects included, for tests.

#![expect(clippy::expect_used, reason = "a fake: a surprise must stop the test")]

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse as _, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::clock::{Clock as _, ManualClock, Random as _, SeededRandom};
use crate::provider::Way;
use crate::provider::conformance::{Habits, SessionsEnd};

mod account;
mod answer;
mod identity;
mod memory;
mod reset;
mod sign_in;

use answer::Answer;
use memory::{Ask, Mail, Memory, Session};

/// What django-allauth does its own way.
pub const HABITS: Habits = Habits {
    first_way: Way::MailCode,
    checks_early: true,
    tells_unknown: false,
    tries: Some(3),
    code_life: Duration::from_secs(180),
    first_code_lives: false,
    says_weak: true,
    recovery_ends: SessionsEnd::AtOnce,
    second_factor: true,
    second_factor_guards_recovery: false,
    // A session lasts for two weeks, and there is nothing to renew it with.
    access_life: None,
    survives_restart: true,
    limits_recovery: true,
};

/// How a site has set its server up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Site {
    pub second_factor: bool,
    /// The limits on how often it may be asked hold.
    pub limits: bool,
    /// Recovery mails a link (its default) and not a code.
    pub by_link: bool,
    /// A recovery signs in (`ACCOUNT_LOGIN_ON_PASSWORD_RESET`).
    pub signs_in_on_reset: bool,
    /// The account's address was never confirmed, which this site asks for before it lets anybody in.
    pub unconfirmed: bool,
    /// Changing the password ends the session that did it (`ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE`).
    pub signs_out_on_change: bool,
    /// It is an OpenID Connect provider, too (`allauth.idp.oidc`).
    pub identity: bool,
    /// Nobody has told that provider about Regain.
    pub knows_nobody: bool,
    /// The account has no address that the provider would tell.
    pub nameless: bool,
}

/// A server on loopback with one account.
pub struct Fake {
    pub address: SocketAddr,
    pub clock: Arc<ManualClock>,
    memory: Arc<Mutex<Memory>>,
    serving: JoinHandle<()>,
}

impl Fake {
    pub const EMAIL: &str = "jana@mail.example";
    pub const USERNAME: &str = "jana";
    pub const PASSWORD: &str = "velvet-Otter-crossing-41";

    pub async fn start(site: Site) -> io::Result<Self> {
        let clock = Arc::new(ManualClock::at(1_800_000_000));
        let memory = Arc::new(Mutex::new(Memory::new(site, clock.clone())));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let router = Router::new().fallback(memory::serve).with_state(memory.clone());
        let serving = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("it serves until it is dropped");
        });
        Ok(Self { address, clock, memory, serving })
    }

    /// Takes the oldest mail to that address: its subject, and the code or the link in it.
    pub fn mailed(&self, to: &str) -> Option<(&'static str, String)> {
        let mut memory = self.memory();
        let first = memory.mails.iter().position(|mail| mail.to == to)?;
        let mail = memory.mails.remove(first);
        Some((mail.subject, mail.proof))
    }

    /// The authenticator's code of now.
    pub fn authenticator(&self) -> String {
        account::authenticator(self.memory().now())
    }

    pub fn saved_code(&self) -> Option<String> {
        self.memory().account.saved.first().cloned()
    }

    /// What was asked: method, path, and the names of the fields that were sent.
    pub fn asked(&self) -> Vec<String> {
        self.memory().asked.clone()
    }

    /// The provider says that its calls are at another origin.
    pub fn stand_elsewhere(&self, origin: &str) {
        self.memory().elsewhere = Some(origin.to_owned());
    }

    /// A restart forgets what rests in the process: the counts of the limits.
    pub fn restart(&self) {
        self.memory().counts.clear();
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        memory::lock(&self.memory)
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
