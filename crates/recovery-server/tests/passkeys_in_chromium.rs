//! The phone's pages and their script in a real browser, whose authenticator is WebDriver's (WebAuthn level 3 section 12).

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "what other tests need")]
mod common;

use common::computer::{Asked, Computer};
use common::{PASSWORD, START, World};
use recovery_server::{Config, Deps, ManualClock, Running, SeededRandom, Server};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

const PATIENCE: u32 = 20_000;

#[tokio::test]
#[ignore = "starts Chromium"]
async fn a_passkey_is_added_signs_in_and_lets_a_computer_in() {
    let (world, running) = served().await;
    let base = running.url().to_string();
    let browser = Browser::start().await;

    browser.open(&format!("{base}device/sessions")).await;
    browser.see("form[action='/device/passkey/sign-in'] button").await;
    browser.fill("identifier", "jana").await;
    browser.fill("password", PASSWORD).await;
    browser.press("/device/sign-in").await;
    browser.see("form[action='/device']").await;

    browser.open(&format!("{base}device/passkeys")).await;
    browser.fill("password", "not hers at all").await;
    browser.press("/device/passkeys/add").await;
    browser.see("form .trouble:not([hidden])").await;
    browser.fill("password", PASSWORD).await;
    browser.press("/device/passkeys/add").await;
    browser.see("form[action='/device/passkeys/remove']").await;
    assert_eq!(browser.passkeys().await.len(), 1);

    // The device that has one already says so, in words.
    browser.fill("password", PASSWORD).await;
    browser.press("/device/passkeys/add").await;
    assert!(browser.text("form .trouble:not([hidden])").await.contains("already"));

    browser.forget_cookies().await;
    let computer = Computer::new(1);
    let asked: Asked = computer.ask(&world).await;
    browser.open(&format!("{base}{}", asked.qr.trim_start_matches('/'))).await;
    browser.press("/device/passkey/sign-in").await;
    browser.press("/device/scan").await;
    let code: String = browser.text(".digits").await.chars().filter(char::is_ascii_digit).collect();
    let answer = computer.confirm(&world, &asked.device_code, &code).await;
    assert_eq!(answer.body["pairing_state"], "confirmed", "{}", answer.body);
    browser.press("/device/passkey/approve").await;
    browser.see("meta[http-equiv='refresh']").await;
    assert!(browser.text("h1").await.contains("Almost done"));
    assert_eq!(computer.poll(&world, &asked.device_code).await.status, 200);

    // Whoever is not verified by the device gets nothing out of it, and reads what to do.
    browser.forget_cookies().await;
    browser.verifies(false).await;
    browser.open(&format!("{base}device/sessions")).await;
    browser.press("/device/passkey/sign-in").await;
    assert!(browser.text("form .trouble:not([hidden])").await.contains("use your password"));
    browser.end().await;
    running.stop().await;
}

/// A server on a socket of its own, and the same seen by the tests' computers.
async fn served() -> (World, Running) {
    let clock = ManualClock::at(START);
    let mut config = Config::loopback("Dorfladen");
    // Browsers bind passkeys to names: this one is always this machine.
    config.public_url = "http://localhost:0".parse().unwrap();
    let (mut deps, outbox) = Deps::in_memory(config).await.unwrap();
    deps.clock = Arc::new(clock.clone());
    deps.random = Arc::new(SeededRandom::new(7));
    let running = Server::bind(deps).await.unwrap().start();
    let app = running.app().clone();
    let (router, inbox) = (recovery_server::router(&app), outbox.subscribe());
    let from = SocketAddr::from(([203, 0, 113, 7], 40_000));
    let world = World { app, clock, outbox, inbox, router, from };
    world.add_jana(false).await;
    (world, running)
}

/// Chromium through its driver; looking for an element waits for it.
struct Browser {
    driver: Child,
    client: reqwest::Client,
    session: String,
    authenticator: String,
}

impl Browser {
    async fn start() -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines.find_map(|line| {
            let line = line.unwrap();
            let port = line.split_once("started successfully on port ")?.1;
            Some(port.trim_end_matches('.').to_owned())
        });
        let mut browser = Self {
            driver,
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            session: format!("http://127.0.0.1:{}/session", port.unwrap()),
            authenticator: String::new(),
        };
        // A sandbox of its own cannot be made by root, and nothing but this machine's own server is opened.
        let args = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-proxy-server", "--lang=en"];
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": {"args": args}, "timeouts": {"implicit": PATIENCE},
        }}});
        let made = browser.post("", wanted).await;
        browser.session = format!("{}/{}", browser.session, made["sessionId"].as_str().unwrap());
        let kind = json!({
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true, "hasUserVerification": true,
            "isUserVerified": true, "isUserConsenting": true,
        });
        let made = browser.post("/webauthn/authenticator", kind).await;
        browser.authenticator = format!("/webauthn/authenticator/{}", made.as_str().unwrap());
        browser
    }

    async fn open(&self, address: &str) {
        self.post("/url", json!({"url": address})).await;
    }

    /// The element by its name in WebDriver, once it is there.
    async fn see(&self, css: &str) -> String {
        let found = self.post("/element", json!({"using": "css selector", "value": css})).await;
        let id = found.as_object().and_then(|found| found.values().next()).and_then(Value::as_str);
        id.unwrap_or_else(|| panic!("{css}: {found}")).to_owned()
    }

    async fn text(&self, css: &str) -> String {
        let element = self.see(css).await;
        self.get(&format!("/element/{element}/text")).await.as_str().unwrap().to_owned()
    }

    async fn fill(&self, name: &str, words: &str) {
        let element = self.see(&format!("input[name='{name}']:not([type='hidden'])")).await;
        self.post(&format!("/element/{element}/clear"), json!({})).await;
        self.post(&format!("/element/{element}/value"), json!({"text": words})).await;
    }

    /// The button of the form that goes there.
    async fn press(&self, action: &str) {
        let element = self.see(&format!("form[action='{action}']:not([hidden]) button:enabled")).await;
        self.post(&format!("/element/{element}/click"), json!({})).await;
    }

    async fn passkeys(&self) -> Vec<Value> {
        let credentials = self.get(&format!("{}/credentials", self.authenticator)).await;
        credentials.as_array().unwrap().clone()
    }

    async fn verifies(&self, does: bool) {
        self.post(&format!("{}/uv", self.authenticator), json!({"isUserVerified": does})).await;
    }

    async fn forget_cookies(&self) {
        self.client.delete(format!("{}/cookie", self.session)).send().await.unwrap();
    }

    async fn end(&self) {
        self.client.delete(&self.session).send().await.unwrap();
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let request = self.client.post(format!("{}{path}", self.session)).body(body.to_string());
        value(path, request.header("content-type", "application/json").send().await.unwrap()).await
    }

    async fn get(&self, path: &str) -> Value {
        value(path, self.client.get(format!("{}{path}", self.session)).send().await.unwrap()).await
    }
}

async fn value(path: &str, answer: reqwest::Response) -> Value {
    let text = answer.text().await.unwrap();
    let body: Value = serde_json::from_str(&text).unwrap();
    assert!(body["value"]["error"].is_null(), "{path}: {text}");
    body["value"].clone()
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The browser is in the driver's group.
        let group = format!("kill -s KILL -- -{}", self.driver.id());
        let _ended = Command::new("sh").args(["-c", &group]).status();
        let _reaped = self.driver.wait();
    }
}
