//! A server that speaks GoTrue's dialect, built from its published client: one account, on loopback.

#![expect(clippy::unwrap_used, reason = "a test server: a surprise must stop it")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::clock::{Clock, ManualClock};
use crate::provider::Way;
use crate::provider::conformance::{Habits, SessionsEnd};

mod factors;
mod mail;
mod sessions;
mod user;

/// How the server behaves, by its documentation.
pub const HABITS: Habits = Habits {
    first_way: Way::MailCode,
    checks_early: true,
    tells_unknown: false,
    tries: None,
    code_life: super::CODE_LIFE,
    first_code_lives: false,
    says_weak: true,
    recovery_ends: SessionsEnd::AtOnce,
    second_factor: true,
    second_factor_guards_recovery: true,
    access_life: Some(ACCESS_LIFE),
    survives_restart: true,
    // Whoever asks twice within a minute learns by it that there is such an account.
    limits_recovery: true,
};

pub const ADDRESS: &str = "jana@mail.example";
pub const PHONE: &str = "491512345678";
pub const PASSWORD: &str = "velvet-Otter-crossing-41";
pub const AUTHENTICATOR: &str = "314159";

/// `GOTRUE_JWT_EXP`, as it is unless it is set.
const ACCESS_LIFE: Duration = Duration::from_secs(3600);
const MIN_LENGTH: usize = 6;
const FACTOR: &str = "factor-1";

/// Settings of the server and of its one account.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// The path below which it stands, as `/auth/v1`.
    pub path: &'static str,
    pub second_factor: bool,
    /// The second factor is a telephone, and no authenticator.
    pub by_phone: bool,
    /// One mail a minute for each account.
    pub limits: bool,
    /// Errors in the spelling of before the codes: `{"error":"invalid_grant"}` at sign-in.
    pub older: bool,
    /// A mailed code is wanted with each change of the password, however new the session is.
    pub wants_code: bool,
    /// Beside the length: a lower-case and an upper-case letter, and a digit.
    pub wants_kinds: bool,
    /// A gateway stands in front of it and lets nobody through without this key.
    pub key: Option<&'static str>,
}

/// The server; clones are the same one.
#[derive(Clone)]
pub struct Fake {
    setup: Arc<Setup>,
    clock: Arc<ManualClock>,
    state: Arc<Mutex<State>>,
}

struct State {
    password: String,
    sessions: Vec<Session>,
    recovery: Option<Mailed>,
    nonce: Option<String>,
    mailed: Vec<String>,
    challenges: Vec<String>,
    made: u32,
}

#[derive(Clone)]
struct Session {
    id: u32,
    access: String,
    access_until: SystemTime,
    refresh: String,
    both_factors: bool,
}

struct Mailed {
    code: String,
    at: SystemTime,
}

type Answer = (StatusCode, axum::Json<Value>);

impl Fake {
    /// A server that runs as long as the runtime does, and its address.
    pub async fn start(setup: Setup, clock: Arc<ManualClock>) -> (Self, SocketAddr) {
        let state = State {
            password: PASSWORD.into(),
            sessions: Vec::new(),
            recovery: None,
            nonce: None,
            mailed: Vec::new(),
            challenges: Vec::new(),
            made: 0,
        };
        let (path, key) = (setup.path, setup.key);
        let fake = Self { setup: Arc::new(setup), clock, state: Arc::new(Mutex::new(state)) };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let routes = Router::new()
            .route("/health", get(health))
            .route("/token", post(sessions::token))
            .route("/logout", post(sessions::logout))
            .route("/recover", post(mail::recover))
            .route("/verify", post(mail::verify))
            .route("/reauthenticate", get(mail::reauthenticate))
            .route("/user", get(user::show).put(user::update))
            .route("/factors/{id}/challenge", post(factors::challenge))
            .route("/factors/{id}/verify", post(factors::verify))
            .with_state(fake.clone());
        let router = if path.is_empty() { routes } else { Router::new().nest(path, routes) };
        let router = router.layer(middleware::from_fn(move |request, next| gateway(key, request, next)));
        tokio::spawn(async move { axum::serve(listener, router).await });
        (fake, address)
    }

    /// The code that was mailed last.
    pub fn mailed(&self) -> Option<String> {
        self.state().mailed.last().cloned()
    }

    /// The link of a mail that does not show its code.
    pub fn link(&self) -> Option<String> {
        let hash = hash(&self.mailed()?);
        Some(format!(
            "https://project.example/auth/v1/verify?token={hash}&type=recovery&redirect_to=https://project.example"
        ))
    }

    pub fn sessions(&self) -> usize {
        self.state().sessions.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session whose token was sent.
    fn session(&self, headers: &HeaderMap) -> Result<Session, Answer> {
        let bearer = headers.get("Authorization").and_then(|value| value.to_str().ok());
        let Some(access) = bearer.and_then(|value| value.strip_prefix("Bearer ")) else {
            return Err(refusal(StatusCode::UNAUTHORIZED, "no_authorization"));
        };
        let state = self.state();
        let Some(session) = state.sessions.iter().find(|session| session.access == access) else {
            return Err(refusal(StatusCode::FORBIDDEN, "session_not_found"));
        };
        if self.clock.now() > session.access_until {
            return Err(refusal(StatusCode::FORBIDDEN, "bad_jwt"));
        }
        Ok(session.clone())
    }

    fn user(&self) -> Value {
        let kind = if self.setup.by_phone { "phone" } else { "totp" };
        let factor = json!({ "id": FACTOR, "factor_type": kind, "status": "verified" });
        let unverified = json!({ "id": "factor-0", "factor_type": "totp", "status": "unverified" });
        let factors = if self.setup.second_factor { json!([unverified, factor]) } else { Value::Null };
        let mut user = json!({ "id": "user", "aud": "authenticated", "email": ADDRESS, "phone": PHONE });
        if !factors.is_null() {
            user["factors"] = factors;
        }
        user
    }

    fn granted(&self, session: &Session) -> Answer {
        let body = json!({
            "access_token": session.access,
            "token_type": "bearer",
            "expires_in": ACCESS_LIFE.as_secs(),
            "refresh_token": session.refresh,
            "user": self.user(),
        });
        (StatusCode::OK, axum::Json(body))
    }

    /// Renews the tokens of a session, the new one's included.
    fn renew(&self, state: &mut State, id: u32) -> Option<Session> {
        state.made += 1;
        let made = state.made;
        let session = state.sessions.iter_mut().find(|session| session.id == id)?;
        session.access = format!("access-{made}");
        session.refresh = format!("refresh-{made}");
        session.access_until = self.clock.now() + ACCESS_LIFE;
        Some(session.clone())
    }

    fn open(&self) -> Answer {
        let mut state = self.state();
        state.made += 1;
        let id = state.made;
        let (access, refresh) = (String::new(), String::new());
        let access_until = self.clock.now();
        state.sessions.push(Session { id, access, access_until, refresh, both_factors: false });
        match self.renew(&mut state, id) {
            Some(session) => {
                drop(state);
                self.granted(&session)
            }
            None => refusal(StatusCode::INTERNAL_SERVER_ERROR, "unexpected_failure"),
        }
    }
}

async fn gateway(key: Option<&'static str>, request: Request, next: Next) -> Response {
    let Some(key) = key else { return next.run(request).await };
    let said = match request.headers().get("apikey") {
        Some(given) if given == key => return next.run(request).await,
        Some(_) => "Invalid API key",
        None => super::NO_KEY,
    };
    (StatusCode::UNAUTHORIZED, axum::Json(json!({ "message": said }))).into_response()
}

async fn health() -> axum::Json<Value> {
    axum::Json(json!({ "version": "v2", "name": "GoTrue", "description": "a fake" }))
}

fn refusal(status: StatusCode, code: &str) -> Answer {
    (status, axum::Json(json!({ "code": status.as_u16(), "error_code": code, "msg": code })))
}

/// What stands in a link for a code.
fn hash(code: &str) -> String {
    format!("hash{code}of{code}")
}
