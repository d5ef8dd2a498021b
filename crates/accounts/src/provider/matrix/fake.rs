//! A homeserver of Synapse's dialect on loopback, with its defects, for tests.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "part of tests: a surprise must stop them"
)]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::clock::ManualClock;
use crate::provider::Way;
use crate::provider::conformance::{Habits, SessionsEnd};

mod accounts;
mod recovery;
mod state;

use state::State;

/// What Synapse does its own way, with `request_token_inhibit_3pid_errors: true`.
pub const HABITS: Habits = Habits {
    second_factor_guards_recovery: false,
    first_way: Way::MailLink,
    checks_early: true,
    tells_unknown: false,
    tries: None,
    code_life: Duration::from_secs(3600),
    first_code_lives: true,
    says_weak: true,
    recovery_ends: SessionsEnd::AtOnce,
    second_factor: false,
    access_life: Some(Duration::from_secs(300)),
    survives_restart: true,
    limits_recovery: true,
};

/// How a homeserver is set up.
#[derive(Debug, Clone, Copy, Default)]
pub struct Setup {
    /// The limit of Synapse's default configuration on mails.
    pub limits: bool,
    /// Synapse's default: recovery says that there is no such account.
    pub tells_unknown: bool,
    /// Single sign-on alone.
    pub without_passwords: bool,
}

pub struct Fake {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    serving: JoinHandle<()>,
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Fake {
    pub async fn start(clock: Arc<ManualClock>, setup: Setup) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound");
        let state = Arc::new(Mutex::new(State::new(clock, setup, address)));
        let serving = serve(listener, state.clone());
        Self { address, state, serving }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The process ends and starts again: what stands in the database stays.
    pub async fn restart(&mut self) {
        self.serving.abort();
        let _ = (&mut self.serving).await;
        self.lock().forget_limits();
        let listener = TcpListener::bind(self.address).await.expect("the port is free again");
        self.serving = serve(listener, self.state.clone());
    }

    /// An account with an address that is its own.
    pub fn add(&self, user: &str, mail: &str, password: &str) {
        self.lock().add(user, mail, password);
    }

    /// The link in the oldest mail that was not looked at yet.
    pub fn mailed(&self) -> Option<String> {
        let mut state = self.lock();
        (!state.mails.is_empty()).then(|| state.mails.remove(0))
    }

    /// Opens a mailed link in a browser, and presses the button on its page.
    pub fn open(&self, link: &str) {
        let query = link.split_once('?').expect("a link with a query").1;
        assert_eq!(self.lock().submit(query), 200, "the page says that it went well");
    }

    /// The next change of a password takes the proof, and then fails with 500.
    pub fn fail_once(&self) {
        self.lock().fails = true;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn serve(listener: TcpListener, state: Arc<Mutex<State>>) -> JoinHandle<()> {
    let router = Router::new().fallback(answer).with_state(state);
    tokio::spawn(async move {
        axum::serve(listener, router).await.unwrap_or_else(|error| panic!("the fake stopped: {error}"));
    })
}

/// Status and body. A number under `retry_after_ms` becomes the header as well.
pub(super) type Answer = (u16, Value);

async fn answer(
    Shared(state): Shared<Arc<Mutex<State>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    let path = uri.path();
    if path == "/_synapse/client/password_reset/email/submit_token" {
        let fields = std::str::from_utf8(&body).unwrap_or_default();
        let status = if method == Method::POST { state.submit(fields) } else { 200 };
        let page = "<!DOCTYPE html>\n<html lang=\"en\"><title>Password reset</title></html>";
        let headers = [(CONTENT_TYPE, "text/html; charset=utf-8")];
        return (StatusCode::from_u16(status).unwrap(), headers, page).into_response();
    }
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let (status, body) = route(&mut state, method.as_str(), path, bearer, &body);
    let mut response = (StatusCode::from_u16(status).unwrap(), axum::Json(&body)).into_response();
    if let Some(wait) = body["retry_after_ms"].as_u64() {
        response.headers_mut().insert(RETRY_AFTER, wait.div_ceil(1000).into());
    }
    response
}

fn route(state: &mut State, method: &str, path: &str, bearer: Option<&str>, body: &Value) -> Answer {
    if (method, path) == ("GET", "/_matrix/client/versions") {
        return (200, json!({ "versions": ["r0.6.1", "v1.1", "v1.15"], "unstable_features": {} }));
    }
    let Some(path) = path.strip_prefix("/_matrix/client/v3/") else { return unrecognized() };
    match (method, path) {
        ("GET", "login") => accounts::flows(state),
        ("POST", "login") => accounts::login(state, body),
        ("POST", "refresh") => accounts::refresh(state, body),
        ("GET", "password_policy") => (200, json!({ "m.minimum_length": 8, "m.require_digit": true })),
        ("POST", "account/password/email/requestToken") => recovery::request(state, body),
        ("POST", "account/password") => recovery::password(state, bearer, body),
        _ => accounts::signed_in(state, method, path, bearer, body),
    }
}

fn refused(status: u16, errcode: &str, error: &str) -> Answer {
    (status, json!({ "errcode": errcode, "error": error }))
}

fn unrecognized() -> Answer {
    refused(404, "M_UNRECOGNIZED", "Unrecognized request")
}
