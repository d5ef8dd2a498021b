//! A server without a socket: requests go straight into the router, time stands still.

pub mod authenticator;
pub mod computer;
pub mod database;
pub mod page;
pub mod phone;
#[cfg(target_os = "linux")]
pub mod postgres;
pub mod settings;
pub mod store;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use database::{Database, is_postgres};
use recovery_server::{
    Added, App, Config, Deps, Inbox, Language, ManualClock, NewAccount, Outbox, SeededRandom,
};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use tower::ServiceExt as _;

pub const START: i64 = 1_800_000_000;
pub const PASSWORD: &str = "quiet lamp behind the door";
pub const NEW_PASSWORD: &str = "seven green kettles whistle";

/// Everything a server is made of, on the database of this crate.
pub async fn deps(config: Config) -> (Deps, Outbox) {
    let (mut deps, outbox) = Deps::in_memory(config).await.unwrap();
    if is_postgres() {
        deps.storage = Database::new().await.open().await;
    }
    (deps, outbox)
}

pub struct World {
    pub app: App,
    pub clock: ManualClock,
    pub outbox: Outbox,
    pub inbox: Inbox,
    pub router: Router,
    pub from: SocketAddr,
}

#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
    pub body: Value,
}

impl World {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::loopback("Dorfladen");
        config.public_url = "https://konto.dorfladen.example".parse().unwrap();
        change(&mut config);
        Self::from(config, ManualClock::at(START), |_| {}).await
    }

    /// Whatever differs is put into the parts first.
    pub async fn from(config: Config, clock: ManualClock, change: impl FnOnce(&mut Deps)) -> Self {
        let (mut deps, outbox) = deps(config).await;
        deps.clock = Arc::new(clock.clone());
        deps.random = Arc::new(SeededRandom::new(7));
        change(&mut deps);
        let app = App::new(deps).await.unwrap();
        Self {
            router: recovery_server::router(&app),
            inbox: outbox.subscribe(),
            app,
            clock,
            outbox,
            from: SocketAddr::from(([203, 0, 113, 7], 40_000)),
        }
    }

    /// One of several nodes on a database.
    pub async fn node(number: u64, database: &Database, clock: &ManualClock) -> Self {
        let mut config = Config::loopback("Dorfladen");
        config.public_url = "https://konto.dorfladen.example".parse().unwrap();
        let storage = database.open().await;
        Self::from(config, clock.clone(), |deps| {
            deps.storage = storage;
            deps.pepper = Database::pepper();
            deps.random = Arc::new(SeededRandom::new(number));
        })
        .await
    }

    /// With Jana in it, who has no second factor.
    pub async fn with_jana() -> (Self, Added) {
        let world = Self::new().await;
        let added = world.add_jana(false).await;
        (world, added)
    }

    pub async fn add_jana(&self, totp: bool) -> Added {
        let jana = NewAccount {
            name: "Jana".to_owned(),
            language: Some(Language::En),
            totp,
            recovery_codes: true,
            ..NewAccount::new("jana", "jana@example.org", PASSWORD)
        };
        self.app.add_account(jana).await.unwrap()
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        self.send_from(self.from, request).await
    }

    pub async fn send_from(&self, from: SocketAddr, mut request: Request<Body>) -> Answer {
        request.extensions_mut().insert(ConnectInfo(from));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 1 << 20).await.unwrap().to_vec();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer { status: parts.status, headers: parts.headers, bytes, body }
    }

    pub fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        Request::builder().method(method).uri(path).header("host", self.app.config().host())
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.post_as(path, "", body).await
    }

    pub async fn post_as(&self, path: &str, access_token: &str, body: Value) -> Answer {
        let mut request = self.request(Method::POST, path).header("content-type", "application/json");
        if !access_token.is_empty() {
            request = request.header("authorization", format!("Bearer {access_token}"));
        }
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    pub async fn call(&self, method: Method, path: &str, access_token: &str) -> Answer {
        let request = self.request(method, path).header("authorization", format!("Bearer {access_token}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path).body(Body::empty()).unwrap()).await
    }

    pub async fn sign_in(&self, identifier: &str, password: &str) -> Answer {
        self.sign_in_on("Regain on Linux", identifier, password).await
    }

    pub async fn sign_in_on(&self, device: &str, identifier: &str, password: &str) -> Answer {
        self.post("/v1/sign-in", json!({"identifier": identifier, "password": password, "device": device}))
            .await
    }

    /// The page for Prometheus.
    pub async fn metrics(&self) -> String {
        metrics(&self.app).await
    }

    /// Signs Jana in and gives her access token.
    pub async fn signed_in(&self) -> Answer {
        let answer = self.sign_in("jana", PASSWORD).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        self.app.deliver_due().await.unwrap();
        answer
    }

    pub async fn start(&self, identifier: &str) -> Answer {
        self.post("/v1/recoveries", json!({"identifier": identifier, "device": "Regain on Linux"})).await
    }

    /// Begins a recovery for Jana; its ticket and the mailed code.
    pub async fn started(&mut self) -> (String, String) {
        let answer = self.start("jana").await;
        assert_eq!(answer.status, 202, "{}", answer.body);
        (answer.text("ticket"), self.mailed_code().await)
    }

    /// A verified recovery's ticket.
    pub async fn verified(&mut self) -> String {
        let (ticket, code) = self.started().await;
        let answer = self.check(&ticket, &code).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.text("ticket")
    }

    pub async fn mailed_code(&mut self) -> String {
        self.app.deliver_due().await.unwrap();
        self.inbox.try_next().unwrap().code().unwrap().to_owned()
    }

    pub async fn check(&self, ticket: &str, code: &str) -> Answer {
        self.check_by("mail_code", ticket, code).await
    }

    pub async fn check_by(&self, way: &str, ticket: &str, code: &str) -> Answer {
        self.post("/v1/recoveries/check", json!({"ticket": ticket, "way": way, "code": code})).await
    }

    pub async fn resend(&self, ticket: &str, way: &str) -> Answer {
        self.post("/v1/recoveries/send", json!({"ticket": ticket, "way": way})).await
    }

    pub async fn set_password(&self, ticket: &str, password: &str) -> Answer {
        self.post("/v1/recoveries/password", json!({"ticket": ticket, "new_password": password})).await
    }
}

impl Answer {
    /// Status and machine word in one.
    pub fn problem(&self) -> String {
        format!("{} {}", self.status.as_u16(), self.body["code"].as_str().unwrap_or("?"))
    }

    pub fn text(&self, name: &str) -> String {
        self.body[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.body)).to_owned()
    }

    /// Headers without the number that every answer has of its own.
    pub fn steady_headers(&self) -> HeaderMap {
        let mut headers = self.headers.clone();
        assert!(headers.remove("x-request-id").is_some());
        headers
    }

    pub fn access(&self) -> String {
        self.body["session"]["access_token"].as_str().unwrap().to_owned()
    }

    pub fn refresh(&self) -> String {
        self.body["session"]["refresh_token"].as_str().unwrap().to_owned()
    }

    pub fn retry_after(&self) -> i64 {
        let header: i64 = self.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert_eq!(self.body["retry_after"], header);
        header
    }
}

/// The page for Prometheus.
pub async fn metrics(app: &App) -> String {
    let request = Request::get("/metrics").body(Body::empty()).unwrap();
    let response = recovery_server::watchers(app).oneshot(request).await.unwrap();
    String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap()
}

/// A code that is certainly not `code`.
pub fn other_than(code: &str) -> String {
    let first = if code.starts_with('0') { '1' } else { '0' };
    format!("{first}{}", &code[1..])
}
