//! A server that speaks Kratos's dialect, built from its published API description: one account, on loopback.

#![expect(clippy::unwrap_used, reason = "a test server: a surprise must stop it")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{delete, get, post};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::text;
use crate::clock::{Clock, ManualClock};
use crate::provider::Way;
use crate::provider::conformance::{Habits, SessionsEnd};

mod login;
mod recovery;
mod sessions;
mod settings;

/// How the server behaves, by its documentation.
pub const HABITS: Habits = Habits {
    first_way: Way::MailCode,
    checks_early: true,
    tells_unknown: false,
    tries: Some(5),
    code_life: LIFE,
    first_code_lives: false,
    says_weak: true,
    // By itself it leaves them standing: the adapter ends them.
    recovery_ends: SessionsEnd::AtOnce,
    second_factor: true,
    second_factor_guards_recovery: true,
    access_life: None,
    survives_restart: true,
    limits_recovery: false,
};

pub const USERNAME: &str = "jana";
pub const ADDRESS: &str = "jana@mail.example";
pub const PASSWORD: &str = "velvet-Otter-crossing-41";
pub const AUTHENTICATOR: &str = "314159";
pub const SAVED_CODE: &str = "k3w9x2mq";

/// `selfservice.flows.*.lifespan` and `selfservice.methods.code.config.lifespan`, as they are unless they are set.
const LIFE: Duration = Duration::from_secs(3600);
/// `selfservice.flows.settings.privileged_session_max_age`, as it is unless it is set.
const PRIVILEGED: Duration = Duration::from_secs(3600);
/// Codes that one recovery flow takes.
const TRIES: u32 = 5;
const MIN_LENGTH: usize = 8;

/// Settings of the server and of its one account.
#[derive(Debug, Clone)]
pub struct Setup {
    pub second_factor: bool,
    /// `feature_flags.use_continue_with_transitions`.
    pub transitions: bool,
    /// `feature_flags.choose_recovery_address`.
    pub choose_address: bool,
    /// A single address is offered to choose, too, as where it is not written as it was typed.
    pub always_choose: bool,
    pub addresses: Vec<String>,
}

impl Default for Setup {
    fn default() -> Self {
        let addresses = vec![ADDRESS.into()];
        Self {
            second_factor: false,
            transitions: true,
            choose_address: false,
            always_choose: false,
            addresses,
        }
    }
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
    saved_code: Option<String>,
    sessions: Vec<Session>,
    flows: Vec<Flow>,
    /// Who was written to, and the code.
    mailed: Vec<(String, String)>,
    made: u32,
}

#[derive(Clone)]
struct Session {
    id: String,
    token: String,
    both_factors: bool,
    authenticated_at: SystemTime,
    agent: String,
}

#[derive(Clone)]
struct Flow {
    id: String,
    path: &'static str,
    begun: SystemTime,
    aal2: bool,
    code: Option<String>,
    tries: u32,
    screen: Screen,
}

/// What a recovery flow of the newer kind asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Screen {
    Address,
    Choice,
    Whole,
    Code,
}

type Answer = (StatusCode, axum::Json<Value>);

impl Fake {
    /// A server that runs as long as the runtime does, and its address.
    pub async fn start(setup: Setup, clock: Arc<ManualClock>) -> (Self, SocketAddr) {
        let state = State {
            password: PASSWORD.into(),
            saved_code: Some(SAVED_CODE.into()),
            sessions: Vec::new(),
            flows: Vec::new(),
            mailed: Vec::new(),
            made: 0,
        };
        let fake = Self { setup: Arc::new(setup), clock, state: Arc::new(Mutex::new(state)) };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new()
            .route("/sessions/whoami", get(sessions::whoami))
            .route("/sessions", get(sessions::list).delete(sessions::end_others))
            .route("/sessions/{id}", delete(sessions::end_one))
            .route("/self-service/logout/api", delete(sessions::sign_out))
            .route("/self-service/login/api", get(login::begin))
            .route("/self-service/login", post(login::submit))
            .route("/self-service/recovery/api", get(recovery::begin))
            .route("/self-service/recovery", post(recovery::submit))
            .route("/self-service/settings/api", get(settings::begin))
            .route("/self-service/settings", post(settings::submit))
            .with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (fake, address)
    }

    /// The code that was mailed last, and to whom.
    pub fn mailed(&self) -> Option<(String, String)> {
        self.state().mailed.last().cloned()
    }

    pub fn sessions(&self) -> usize {
        self.state().sessions.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new flow, as it is told.
    fn begin(&self, path: &'static str, aal2: bool, nodes: Value) -> Answer {
        let mut state = self.state();
        let id = state.name("flow");
        let flow =
            Flow { id, path, begun: self.clock.now(), aal2, code: None, tries: 0, screen: Screen::Address };
        state.flows.push(flow.clone());
        self.told(StatusCode::OK, &flow, nodes, json!([]))
    }

    fn shows(&self, flow: &Flow, screen: Screen) {
        if let Some(flow) = self.state().flows.iter_mut().find(|known| known.id == flow.id) {
            flow.screen = screen;
        }
    }

    /// A flow as JSON: what it asks for, and what was wrong.
    fn told(&self, status: StatusCode, flow: &Flow, nodes: Value, messages: Value) -> Answer {
        let action = format!("http://fake/{}?flow={}", flow.path, flow.id);
        let body = json!({
            "id": flow.id,
            "type": "api",
            "issued_at": written(flow.begun),
            "expires_at": written(flow.begun + LIFE),
            "request_url": "http://fake/",
            "state": "choose_method",
            "ui": { "action": action, "method": "POST", "nodes": nodes, "messages": messages },
        });
        (status, axum::Json(body))
    }

    /// The flow that is meant; one that ran out is answered with its successor.
    fn flow(&self, id: Option<&String>) -> Result<Flow, Answer> {
        let state = self.state();
        let flow = state.flows.iter().find(|flow| Some(&flow.id) == id).cloned();
        drop(state);
        let flow = flow.ok_or_else(|| unnamed(StatusCode::NOT_FOUND))?;
        if self.clock.now() > flow.begun + LIFE {
            let next = self.successor(&flow);
            let mut answer = refusal(StatusCode::GONE, "self_service_flow_expired");
            answer.1.0["use_flow_id"] = json!(next);
            answer.1.0["error"]["details"] = shown_again(&next);
            return Err(answer);
        }
        Ok(flow)
    }

    fn successor(&self, flow: &Flow) -> String {
        let mut state = self.state();
        let id = state.name("flow");
        let begun = self.clock.now();
        state.flows.push(Flow {
            id: id.clone(),
            begun,
            code: None,
            tries: 0,
            screen: Screen::Address,
            ..flow.clone()
        });
        id
    }
}

impl State {
    fn name(&mut self, of: &str) -> String {
        self.made += 1;
        format!("{of}-{:04}", self.made)
    }

    fn open(&mut self, now: SystemTime, agent: &str) -> Session {
        let (id, token) = (self.name("session"), self.name("token"));
        let agent = agent.to_owned();
        let session = Session { id, token, both_factors: false, authenticated_at: now, agent };
        self.sessions.push(session.clone());
        session
    }
}

fn shown_again(flow: &str) -> Value {
    json!({ "continue_with": [{ "action": "show_recovery_ui", "flow": { "id": flow } }] })
}

/// A refusal that has words for people alone.
fn unnamed(status: StatusCode) -> Answer {
    let error = json!({ "code": status.as_u16(), "status": status.canonical_reason(), "message": "no" });
    (status, axum::Json(json!({ "error": error })))
}

fn refusal(status: StatusCode, id: &str) -> Answer {
    let error =
        json!({ "id": id, "code": status.as_u16(), "status": status.canonical_reason(), "message": id });
    (status, axum::Json(json!({ "error": error })))
}

fn input(group: &str, name: &str, value: Value) -> Value {
    json!({
        "type": "input",
        "group": group,
        "attributes": { "name": name, "type": "text", "value": value, "disabled": false, "node_type": "input" },
        "messages": [],
        "meta": {},
    })
}

fn error(id: u32, context: Value) -> Value {
    json!({ "id": id, "type": "error", "text": "an error", "context": context })
}

/// A time as RFC 3339 has it.
fn written(time: SystemTime) -> String {
    let unix = i64::try_from(time.duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
    let (days, second) = (unix.div_euclid(86_400), unix.rem_euclid(86_400));
    // The inverse of what the adapter reads, counted in years that begin in March.
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = year + era * 400 + next;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}
