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
mod reset;
mod sign_in;

use answer::Answer;

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
    /// Changing the password ends the session that did it (`ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE`).
    pub signs_out_on_change: bool,
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
        let router = Router::new().fallback(serve).with_state(memory.clone());
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

    /// A restart forgets what rests in the process: the counts of the limits.
    pub fn restart(&self) {
        self.memory().counts.clear();
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        lock(&self.memory)
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

struct Memory {
    site: Site,
    clock: Arc<ManualClock>,
    random: SeededRandom,
    account: account::Account,
    /// By token.
    sessions: HashMap<String, Session>,
    next_id: u64,
    links: Vec<reset::Link>,
    mails: Vec<Mail>,
    /// Times of what is limited, by what it is and for whom.
    counts: HashMap<String, Vec<f64>>,
    asked: Vec<String>,
}

/// What the server keeps for a token; signed in or not.
#[derive(Clone, Default)]
struct Session {
    id: u64,
    /// The password that it was opened with: with another one it opens nothing.
    signed_in: Option<String>,
    agent: String,
    created: f64,
    seen: f64,
    /// A second factor is waited for.
    second: bool,
    reset: Option<reset::Reset>,
}

struct Mail {
    to: String,
    subject: &'static str,
    proof: String,
}

impl Memory {
    fn new(site: Site, clock: Arc<ManualClock>) -> Self {
        let mut memory = Self {
            site,
            clock,
            random: SeededRandom::new(65_211),
            account: account::Account::new(site.second_factor),
            sessions: HashMap::new(),
            next_id: 1,
            links: Vec::new(),
            mails: Vec::new(),
            counts: HashMap::new(),
            asked: Vec::new(),
        };
        // The account was signed up for somewhere.
        memory.open("Mozilla/5.0");
        memory
    }

    fn now(&self) -> f64 {
        self.clock.now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
    }

    fn letters(&self, alphabet: &str, length: usize) -> String {
        let alphabet: Vec<char> = alphabet.chars().collect();
        let count = u32::try_from(alphabet.len()).expect("a short alphabet");
        (0..length).map(|_| alphabet[self.random.below(count) as usize]).collect()
    }

    fn token(&self) -> String {
        self.letters("abcdefghijklmnopqrstuvwxyz0123456789", 32)
    }

    /// A signed-in session; its token.
    fn open(&mut self, agent: &str) -> String {
        let (token, now) = (self.token(), self.now());
        let session = Session {
            id: self.next_id,
            signed_in: Some(self.account.password.clone()),
            agent: agent.to_owned(),
            created: now,
            seen: now,
            ..Session::default()
        };
        self.next_id += 1;
        self.sessions.insert(token.clone(), session);
        token
    }

    /// Whether something may be done once more within a time; it is counted.
    fn may(&mut self, what: &str, amount: usize, seconds: f64) -> bool {
        if !self.site.limits {
            return true;
        }
        let now = self.now();
        let times = self.counts.entry(what.to_owned()).or_default();
        times.retain(|at| *at > now - seconds);
        let may = times.len() < amount;
        if may {
            times.push(now);
        }
        may
    }

    fn is_signed_in(&self, token: Option<&str>) -> bool {
        let session = token.and_then(|token| self.sessions.get(token));
        session.is_some_and(|session| session.signed_in.as_ref() == Some(&self.account.password))
    }

    fn answer(&mut self, ask: &Ask) -> Answer {
        let token = ask.token.as_deref();
        if token.is_some_and(|token| !self.sessions.contains_key(token)) {
            return Answer::flows(410, Vec::new(), None);
        }
        match (ask.method.as_str(), ask.path.as_str()) {
            ("GET", "config") => self.config(),
            ("POST", "auth/login") => self.login(ask),
            ("POST", "auth/2fa/authenticate") => self.second_factor(ask),
            ("POST", "auth/password/request") => self.request_reset(ask),
            ("GET", "auth/password/reset") => self.look_at_reset(ask),
            ("POST", "auth/password/reset") => self.reset(ask),
            _ if !self.is_signed_in(token) => self.state(token),
            ("GET", "auth/session") => self.state(token),
            ("DELETE", "auth/session") => self.sign_out(ask),
            ("GET", "auth/sessions") => self.list(token),
            ("DELETE", "auth/sessions") => self.end(ask),
            ("POST", "account/password/change") => self.change(ask),
            _ => Answer::status(404),
        }
    }

    /// What every step ends with: 200 for who is signed in, else 401 with what could be done.
    fn state(&self, token: Option<&str>) -> Answer {
        if self.is_signed_in(token) {
            return Answer::signed_in(None);
        }
        let session = token.and_then(|token| self.sessions.get(token)).cloned().unwrap_or_default();
        let mut flows = vec![json!({ "id": "login" }), json!({ "id": "signup" })];
        if session.second {
            let types = ["recovery_codes", "totp"];
            flows.push(json!({ "id": "mfa_authenticate", "is_pending": true, "types": types }));
        }
        if !self.site.by_link {
            let pending = session.reset.is_some_and(|reset| reset.holds(self.now()));
            flows.push(json!({ "id": "password_reset_by_code", "is_pending": pending }));
        }
        Answer::flows(401, flows, None)
    }

    fn config(&self) -> Answer {
        Answer::data(json!({
            "account": {
                "login_methods": ["username", "email"],
                "is_open_for_signup": true,
                "email_verification_by_code_enabled": true,
                "login_by_code_enabled": true,
                "password_reset_by_code_enabled": !self.site.by_link,
                "authentication_method": "username_email",
            },
            "mfa": { "supported_types": ["totp", "recovery_codes"], "passkey_login_enabled": false },
            "usersessions": { "track_activity": true },
        }))
    }
}

/// A request, as far as it matters.
struct Ask {
    method: Method,
    path: String,
    token: Option<String>,
    agent: String,
    key: String,
    body: Value,
}

impl Ask {
    fn text(&self, field: &str) -> Option<&str> {
        self.body[field].as_str().filter(|text| !text.is_empty())
    }
}

async fn serve(
    State(memory): State<Arc<Mutex<Memory>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(path) = uri.path().strip_prefix("/_allauth/app/v1/") else {
        return (StatusCode::NOT_FOUND, Html("<h1>Not Found</h1>")).into_response();
    };
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let ask = Ask {
        method,
        path: path.to_owned(),
        token: text("x-session-token"),
        agent: text(header::USER_AGENT.as_str()).unwrap_or_default(),
        key: text("x-password-reset-key").unwrap_or_default(),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    };
    let mut memory = lock(&memory);
    let fields: Vec<&str> =
        ask.body.as_object().into_iter().flat_map(|body| body.keys()).map(String::as_str).collect();
    let line = format!("{} {} {}", ask.method, ask.path, fields.join(","));
    memory.asked.push(line.trim_end().to_owned());
    memory.answer(&ask).into_response()
}

fn lock(memory: &Mutex<Memory>) -> MutexGuard<'_, Memory> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}
