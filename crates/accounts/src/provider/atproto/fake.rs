//! A PDS in memory on loopback, with one account and with the habits and defects of `@atproto/pds` 0.5.35.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use axum::extract::{Json, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, middleware};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::clock::{Clock, ManualClock, Random, SeededRandom};
use crate::provider::Way;
use crate::provider::conformance::{Habits, SessionsEnd};
use crate::secret::Secret;

/// What a PDS does its own way.
pub const HABITS: Habits = Habits {
    first_way: Way::MailCode,
    checks_early: false,
    tells_unknown: true,
    tries: None,
    code_life: Duration::from_secs(15 * 60),
    first_code_lives: false,
    // The server has no rules, so the adapter has.
    says_weak: true,
    recovery_ends: SessionsEnd::AtRenewal,
    second_factor: false,
    second_factor_guards_recovery: false,
    access_life: Some(ACCESS_LIFE),
    survives_restart: true,
    limits_recovery: true,
};

const ACCESS_LIFE: Duration = Duration::from_secs(2 * 60 * 60);
const REFRESH_LIFE: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// How long a refresh token that was used goes on giving the one that came after it.
const GRACE: Duration = Duration::from_secs(2 * 60 * 60);
/// Requests for a code in an hour, the failed ones too.
const CODES_AN_HOUR: usize = 15;
const HOUR: Duration = Duration::from_secs(60 * 60);
/// Letters of a code (RFC 4648 base32).
const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

pub const DID: &str = "did:plc:ewvi7nxzyoun6zhxrhs64oiz";
pub const HANDLE: &str = "jana.test";
pub const EMAIL: &str = "jana@mail.example";

/// The server; clones are the same one.
#[derive(Clone)]
pub struct Fake {
    clock: Arc<ManualClock>,
    state: Arc<Mutex<Inside>>,
}

struct Inside {
    random: SeededRandom,
    password: Secret,
    code: Option<(String, SystemTime)>,
    mails: VecDeque<Secret>,
    /// Until when each access token holds.
    access: HashMap<String, SystemTime>,
    refresh: HashMap<String, Refresh>,
    limits: bool,
    /// When the hour of the limit began, and what was asked in it.
    asked: Option<(SystemTime, usize)>,
    /// As bsky.social does it: a mailed code at every sign-in.
    factor: Option<Option<String>>,
}

#[derive(Clone)]
struct Refresh {
    until: SystemTime,
    next: Option<String>,
}

impl Fake {
    /// A server with Jana's account, and its address.
    pub async fn start(clock: Arc<ManualClock>, password: Secret) -> io::Result<(Self, SocketAddr)> {
        let inside = Inside {
            random: SeededRandom::new(7),
            password,
            code: None,
            mails: VecDeque::new(),
            access: HashMap::new(),
            refresh: HashMap::new(),
            limits: false,
            asked: None,
            factor: None,
        };
        let fake = Self { clock, state: Arc::new(Mutex::new(inside)) };
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let call = |name: &str| format!("/xrpc/com.atproto.server.{name}");
        let calls = Router::new()
            .route(&call("describeServer"), get(describe))
            .route(&call("createSession"), post(create))
            .route(&call("getSession"), get(session))
            .route(&call("refreshSession"), post(refresh))
            .route(&call("deleteSession"), post(delete))
            .route(&call("requestPasswordReset"), post(request))
            .route(&call("resetPassword"), post(reset))
            .layer(middleware::map_response(with_policy))
            .with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, calls).await });
        Ok((fake, address))
    }

    /// The limits of a PDS that was installed and left alone.
    pub fn limit(&self) {
        self.inside().limits = true;
    }

    /// A code is mailed at every sign-in, which the reference server does not do.
    pub fn want_factor(&self) {
        self.inside().factor = Some(None);
    }

    /// The process starts again: its database stays, its counters do not.
    pub fn restart(&self) {
        self.inside().asked = None;
    }

    /// The next mail's code.
    pub fn mailed(&self) -> Option<Secret> {
        self.inside().mails.pop_front()
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    fn letters(&self, count: usize) -> String {
        (0..count).map(|_| char::from(LETTERS[self.random.below(32) as usize])).collect()
    }

    fn code(&self) -> String {
        format!("{}-{}", self.letters(5), self.letters(5))
    }

    fn grant(&mut self, id: String, now: SystemTime) -> Value {
        let access = format!("access.{}", self.letters(20));
        self.access.insert(access.clone(), now + ACCESS_LIFE);
        let kept = self.refresh.get(&id).cloned();
        let fresh = Refresh { until: now + REFRESH_LIFE, next: None };
        self.refresh.insert(id.clone(), kept.unwrap_or(fresh));
        json!({
            "accessJwt": access, "refreshJwt": id, "did": DID, "handle": HANDLE, "email": EMAIL,
            "emailConfirmed": false, "active": true,
        })
    }

    /// Seconds until somebody may ask for a code again. The failed requests count, too.
    fn limit(&mut self, now: SystemTime) -> Option<u64> {
        if !self.limits {
            return None;
        }
        let (begun, count) = self.asked.filter(|(begun, _)| *begun + HOUR > now).unwrap_or((now, 0));
        self.asked = Some((begun, count + 1));
        let left = (begun + HOUR).duration_since(now).unwrap_or_default().as_secs();
        (count >= CODES_AN_HOUR).then_some(left)
    }
}

async fn with_policy(mut answer: Response) -> Response {
    let headers = answer.headers_mut();
    headers.insert("ratelimit-policy", axum::http::HeaderValue::from_static("3000;w=300"));
    answer
}

async fn describe() -> Response {
    let domains = [".test"];
    Json(json!({
        "did": "did:web:localhost", "availableUserDomains": domains, "inviteCodeRequired": false,
        "links": {}, "contact": {},
    }))
    .into_response()
}

async fn create(State(fake): State<Fake>, Json(body): Json<Value>) -> Response {
    let now = fake.clock.now();
    let mut inside = fake.inside();
    let identifier = text(&body, "identifier").to_lowercase();
    // Anything with an @ is taken for an address, "@handle" as well.
    let known =
        if identifier.contains('@') { identifier == EMAIL } else { [HANDLE, DID].contains(&&*identifier) };
    if !known || text(&body, "password") != inside.password.expose() {
        return no(401, "AuthenticationRequired", "Invalid identifier or password");
    }
    match (&inside.factor, body.get("authFactorToken").and_then(Value::as_str)) {
        (None, _) => {}
        (Some(Some(right)), Some(token)) if right == token => inside.factor = Some(None),
        (Some(_), Some(_)) => return no(400, "InvalidToken", "Token is invalid"),
        (Some(_), None) => {
            let code = inside.code();
            inside.mails.push_back(Secret::new(code.clone()));
            inside.factor = Some(Some(code));
            return no(401, "AuthFactorTokenRequired", "A sign in code has been sent to your email address");
        }
    }
    let id = format!("refresh.{}", inside.letters(20));
    Json(inside.grant(id, now)).into_response()
}

async fn session(State(fake): State<Fake>, headers: HeaderMap) -> Response {
    let Some(token) = bearer(&headers) else { return no(401, "AuthMissing", "Authentication Required") };
    match fake.inside().access.get(token) {
        None => no(400, "InvalidToken", "Token could not be verified"),
        Some(until) if *until <= fake.clock.now() => no(400, "ExpiredToken", "Token has expired"),
        Some(_) => Json(json!({
            "did": DID, "handle": HANDLE, "email": EMAIL, "emailConfirmed": false, "active": true,
        }))
        .into_response(),
    }
}

async fn refresh(State(fake): State<Fake>, headers: HeaderMap) -> Response {
    let now = fake.clock.now();
    let Some(token) = bearer(&headers) else { return no(401, "AuthMissing", "Authentication Required") };
    if !token.starts_with("refresh.") {
        return no(400, "InvalidToken", "Token could not be verified");
    }
    let mut inside = fake.inside();
    let fresh = format!("refresh.{}", inside.letters(20));
    let Some(used) = inside.refresh.get_mut(token).filter(|used| used.until > now) else {
        return no(400, "ExpiredToken", "Token has been revoked");
    };
    used.until = used.until.min(now + GRACE);
    let next = used.next.get_or_insert(fresh).clone();
    Json(inside.grant(next, now)).into_response()
}

async fn delete(State(fake): State<Fake>, headers: HeaderMap) -> Response {
    match bearer(&headers) {
        None => no(401, "AuthMissing", "Authentication Required"),
        Some(token) if !token.starts_with("refresh.") => {
            no(400, "InvalidToken", "Token could not be verified")
        }
        Some(token) => {
            // Only this one: the one before it stays in its grace. No access token ends, either.
            fake.inside().refresh.remove(token);
            StatusCode::OK.into_response()
        }
    }
}

async fn request(State(fake): State<Fake>, Json(body): Json<Value>) -> Response {
    let now = fake.clock.now();
    let mut inside = fake.inside();
    if let Some(wait) = inside.limit(now) {
        let mut answer = no(429, "RateLimitExceeded", "Rate Limit Exceeded");
        answer.headers_mut().insert("retry-after", wait.into());
        return answer;
    }
    if text(&body, "email").to_lowercase() != EMAIL {
        return no(400, "InvalidRequest", "account does not have an email address");
    }
    let code = inside.code();
    inside.mails.push_back(Secret::new(code.clone()));
    // One for each account: the one before it is gone.
    inside.code = Some((code, now));
    StatusCode::OK.into_response()
}

async fn reset(State(fake): State<Fake>, Json(body): Json<Value>) -> Response {
    let password = text(&body, "password");
    // Before the code is looked at. There is no shortest password.
    if password.encode_utf16().count() > 256 {
        return no(400, "InvalidRequest", "Invalid password length.");
    }
    let mut inside = fake.inside();
    let given = text(&body, "token").to_uppercase();
    let Some((_, at)) = inside.code.clone().filter(|(code, _)| *code == given) else {
        return no(400, "InvalidToken", "Token is invalid");
    };
    if at + HABITS.code_life <= fake.clock.now() {
        return no(400, "ExpiredToken", "Token is expired");
    }
    inside.code = None;
    inside.password = Secret::new(password);
    // The access tokens live on.
    inside.refresh.clear();
    StatusCode::OK.into_response()
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")
}

fn text<'a>(body: &'a Value, field: &str) -> &'a str {
    body.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn no(status: u16, error: &str, message: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Json(json!({ "error": error, "message": message }))).into_response()
}
