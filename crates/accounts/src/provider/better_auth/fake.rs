//! A server in memory that speaks as better-auth 1.7.25 was seen to, defects included.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, Uri};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::clock::{Clock, ManualClock};
use crate::provider::Way;
use crate::provider::conformance::{Habits, SessionsEnd};

mod answers;
mod device;
mod recovery;
mod second_factor;
mod sessions;

use answers::Answer;

/// What better-auth does its own way.
pub const HABITS: Habits = Habits {
    first_way: Way::MailCode,
    checks_early: true,
    tells_unknown: false,
    tries: Some(3),
    code_life: Duration::from_secs(300),
    first_code_lives: false,
    says_weak: true,
    // Not by itself: the adapter does it.
    recovery_ends: SessionsEnd::AtOnce,
    second_factor: true,
    second_factor_guards_recovery: false,
    access_life: None,
    survives_restart: true,
    limits_recovery: true,
};

/// The server; it ends with the test that started it.
pub struct Fake {
    pub address: SocketAddr,
    world: Shared,
}

type Shared = Arc<Mutex<World>>;

/// What stands in its database, and what it knows of the last minute.
struct World {
    clock: Arc<ManualClock>,
    /// How others reach it.
    origin: String,
    limits: bool,
    left_out: Vec<&'static str>,
    accounts: Vec<Account>,
    sessions: Vec<Line>,
    /// Codes, tokens and second steps that are under way, by what they are for.
    records: HashMap<String, Record>,
    mails: HashMap<String, VecDeque<String>>,
    buckets: HashMap<String, (u32, SystemTime)>,
    devices: Vec<device::Waiting>,
    asked: Vec<String>,
    made: u64,
}

#[derive(Clone)]
struct Account {
    email: String,
    username: String,
    password: String,
    second: Option<Second>,
}

#[derive(Clone)]
struct Second {
    seed: u64,
    saved: Vec<String>,
    failures: u32,
    locked_until: Option<SystemTime>,
}

#[derive(Clone)]
struct Line {
    id: String,
    token: String,
    email: String,
    agent: String,
    created: SystemTime,
}

#[derive(Clone)]
struct Record {
    value: String,
    tries: u32,
    until: SystemTime,
}

/// One request.
struct Asked<'a> {
    headers: &'a HeaderMap,
    body: Value,
}

impl Fake {
    pub async fn start(clock: Arc<ManualClock>, limits: bool) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let world = World {
            clock,
            origin: format!("http://{address}"),
            limits,
            left_out: Vec::new(),
            accounts: Vec::new(),
            sessions: Vec::new(),
            records: HashMap::new(),
            mails: HashMap::new(),
            buckets: HashMap::new(),
            devices: Vec::new(),
            asked: Vec::new(),
            made: 0,
        };
        let world = Arc::new(Mutex::new(world));
        let router = Router::new().fallback(serve).with_state(world.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { address, world })
    }

    /// How it is called by those it talks to, where that is not its own address.
    pub fn called(&self, origin: String) {
        lock(&self.world).origin = origin;
    }

    /// Its host has left a plugin out: the paths that begin so are not there. `bearer`: tokens are not understood.
    pub fn leave_out(&self, what: &'static str) {
        lock(&self.world).left_out.push(what);
    }

    pub fn sign_up(&self, email: &str, username: &str, password: &str) {
        let mut world = lock(&self.world);
        let (email, username) = (email.to_owned(), username.to_owned());
        world.accounts.push(Account { email, username, password: password.to_owned(), second: None });
    }

    /// Gives the account an authenticator, and these saved codes.
    pub fn add_second_factor(&self, email: &str, saved: &[&str]) {
        let mut world = lock(&self.world);
        let seed = world.number();
        let saved = saved.iter().map(ToString::to_string).collect();
        if let Some(account) = world.account(email) {
            account.second = Some(Second { seed, saved, failures: 0, locked_until: None });
        }
    }

    /// The account's address becomes another one, as if changed in a browser.
    pub fn move_mailbox(&self, from: &str, to: &str) {
        let mut world = lock(&self.world);
        if let Some(account) = world.account(from) {
            to.clone_into(&mut account.email);
        }
        for line in world.sessions.iter_mut().filter(|line| line.email == from) {
            to.clone_into(&mut line.email);
        }
    }

    /// What the authenticator shows now.
    pub fn authenticator(&self, email: &str) -> Option<String> {
        let mut world = lock(&self.world);
        let now = world.clock.now();
        world.account(email)?.second.as_ref().map(|second| second_factor::shown(second.seed, now))
    }

    /// The next code or link that was mailed to this address.
    pub fn mailed(&self, email: &str) -> Option<String> {
        lock(&self.world).mails.get_mut(email)?.pop_front()
    }

    /// The process ends and starts again: what stood in memory is gone.
    pub fn restart(&self) {
        lock(&self.world).buckets.clear();
    }

    /// Paths that were asked for.
    pub fn asked(&self) -> Vec<String> {
        lock(&self.world).asked.clone()
    }
}

impl World {
    fn now(&self) -> SystemTime {
        self.clock.now()
    }

    fn number(&mut self) -> u64 {
        self.made += 1;
        self.made
    }

    /// Six digits, other ones each time.
    fn digits(&mut self) -> String {
        format!("{:06}", (self.number() * 48_271 + 100_003) % 1_000_000)
    }

    /// Letters and digits, other ones each time.
    fn text(&mut self, length: usize) -> String {
        format!("{:0length$x}", self.number().wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn account(&mut self, email: &str) -> Option<&mut Account> {
        self.accounts.iter_mut().find(|account| account.email.eq_ignore_ascii_case(email))
    }

    fn mail(&mut self, email: &str, text: String) {
        self.mails.entry(email.to_owned()).or_default().push_back(text);
    }

    fn record(&mut self, name: String, value: String, life: u64) {
        let until = self.now() + Duration::from_secs(life);
        self.records.insert(name, Record { value, tries: 0, until });
    }

    /// Looks a record up. Whoever looks, all that have run out are cleared away: who comes next hears "invalid" of them,
    /// and not "expired".
    fn find(&mut self, name: &str) -> Option<Record> {
        let (found, now) = (self.records.get(name).cloned(), self.now());
        self.records.retain(|_, record| record.until >= now);
        found
    }

    /// Every path has a bucket, which all clients share while no header names them; it empties when nobody has come for
    /// a whole window.
    fn limit(&mut self, path: &str) -> Option<Answer> {
        if !self.limits {
            return None;
        }
        let (most, window) = match path {
            "request-password-reset" => (3, 60),
            _ if path.starts_with("email-otp/") => (3, 60),
            "change-password" => (3, 10),
            _ if path.starts_with("sign-in/") || path.starts_with("two-factor/") => (3, 10),
            _ => (100, 10),
        };
        let (window, now) = (Duration::from_secs(window), self.now());
        let (count, last) = self.buckets.get(path).copied().unwrap_or((0, now));
        let since = now.duration_since(last).unwrap_or_default();
        if count >= most && since < window {
            let left = (window - since).as_secs().to_string();
            let body = json!({ "message": "Too many requests. Please try again later." });
            return Some(Answer::of(429, body).header("x-retry-after", left));
        }
        let count = if since >= window { 1 } else { count + 1 };
        self.buckets.insert(path.to_owned(), (count, now));
        None
    }

    fn answer(&mut self, method: &Method, path: &str, asked: &Asked<'_>) -> Answer {
        if let Some(wait) = self.limit(path) {
            return wait;
        }
        if self.left_out.iter().any(|prefix| path.starts_with(prefix)) {
            return Answer::nothing_there();
        }
        // Whoever sends a cookie must say where from; a bearer need not.
        let from = asked.headers.get("origin").and_then(|origin| origin.to_str().ok());
        if *method == Method::POST && asked.headers.contains_key("cookie") {
            match from {
                None => return Answer::error(403, "MISSING_OR_NULL_ORIGIN"),
                Some(origin) if origin != self.origin => return Answer::error(403, "INVALID_ORIGIN"),
                Some(_) => {}
            }
        }
        match (method.as_str(), path) {
            ("GET", "ok") => Answer::of(200, json!({ "ok": true })),
            ("GET", "get-session") => self.get_session(asked),
            ("GET", "list-sessions") => self.list_sessions(asked),
            ("POST", "sign-in/email") => self.sign_in(asked, "email"),
            ("POST", "sign-in/username") => self.sign_in(asked, "username"),
            ("POST", "sign-out") => self.sign_out(asked),
            ("POST", "revoke-session") => self.revoke_session(asked),
            ("POST", "revoke-other-sessions") => self.revoke_other_sessions(asked),
            ("POST", "change-password") => self.change_password(asked),
            ("POST", "email-otp/request-password-reset") => self.request_code(asked),
            ("POST", "email-otp/check-verification-otp") => self.check_code(asked),
            ("POST", "email-otp/reset-password") => self.reset_by_code(asked),
            ("POST", "request-password-reset") => self.request_link(asked),
            ("POST", "device/code") => self.begin_device(asked),
            ("POST", "device/token") => self.device_token(asked),
            ("POST", "reset-password") => self.reset_by_link(asked),
            ("POST", "two-factor/send-otp") => self.send_second(asked),
            ("POST", "two-factor/verify-totp") => self.verify_authenticator(asked),
            ("POST", "two-factor/verify-otp") => self.verify_mailed(asked),
            ("POST", "two-factor/verify-backup-code") => self.verify_saved(asked),
            _ => Answer::nothing_there(),
        }
    }
}

impl Asked<'_> {
    fn text(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_default()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

async fn serve(
    State(world): State<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let Some(path) = uri.path().strip_prefix("/api/auth/") else { return Answer::nothing_there() };
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let mut world = lock(&world);
    world.asked.push(path.to_owned());
    world.answer(&method, path, &Asked { headers: &headers, body })
}

fn lock(world: &Shared) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}
