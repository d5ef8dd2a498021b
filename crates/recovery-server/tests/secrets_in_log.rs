//! The whole walk, with the log turned up as far as it goes: nothing of what people have or are gets into it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "this file uses its own part")]
mod common;

use axum::body::Body;
use axum::http::{Method, Request};
use common::computer::Computer;
use common::phone::Phone;
use common::{NEW_PASSWORD, PASSWORD, START, World, other_than};
use recovery_server::config::Log;
use recovery_server::{App, Config, Deps, ManualClock, Pepper, SystemRandom, log};
use serde_json::{Value, json};
use std::io::Write;
use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
struct Pen(Arc<Mutex<Vec<u8>>>);

impl Write for Pen {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A server whose pepper is known, as text.
async fn world() -> (World, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pepper");
    let pepper = Pepper::load_or_create(&path, &SystemRandom).unwrap();
    let text = std::fs::read_to_string(&path).unwrap().trim().to_owned();
    let mut config = Config::loopback("Dorfladen");
    config.public_url = "https://konto.dorfladen.example".parse().unwrap();
    let (mut deps, outbox) = Deps::in_memory(config).await.unwrap();
    let clock = ManualClock::at(START);
    deps.clock = Arc::new(clock.clone());
    deps.pepper = pepper;
    let app = App::new(deps).await.unwrap();
    let world = World {
        router: recovery_server::router(&app),
        inbox: outbox.subscribe(),
        app,
        clock,
        outbox,
        from: ([203, 0, 113, 7], 40_000).into(),
    };
    (world, text)
}

/// Signs in, forgets, gets back in, and lets a computer in; everything that must stay secret.
async fn walk(world: &mut World) -> Vec<String> {
    let mut secrets: Vec<String> =
        ["jana", "example.org", "Regain on", "203.0.113", "198.51.100", "192.0.2.", PASSWORD, NEW_PASSWORD]
            .map(str::to_owned)
            .into();
    let added = world.add_jana(true).await;
    secrets.extend(added.recovery_codes.clone());
    let totp = added.totp.unwrap();
    secrets.push(totp.base32());

    for wrong in ["hunter two hunter two", "short"] {
        assert_eq!(world.sign_in("jana", wrong).await.status, 401);
        secrets.push(wrong.to_owned());
    }
    let odd = json!({"identifier": "jana", "password": ["an odd secret"], "device": "Regain on Linux"});
    assert_eq!(world.post("/v1/sign-in", odd).await.status, 400);
    secrets.push("an odd secret".to_owned());
    assert_eq!(world.get("/v1/sessions/a-secret-path?and=query").await.status, 405);
    secrets.extend(["a-secret-path", "and=query"].map(str::to_owned));

    let asked = world.sign_in("jana@example.org", PASSWORD).await.text("ticket");
    let code = totp.code_at(START);
    let second = json!({"ticket": asked, "way": "totp", "code": code});
    let signed = world.post("/v1/sign-in/second-factor", second).await;
    assert_eq!(signed.status, 200, "{}", signed.body);
    secrets.extend([asked, code, signed.access(), signed.refresh()]);
    world.app.deliver_due().await.unwrap();
    world.inbox.try_next().unwrap();
    let renewed = world.post("/v1/session/refresh", json!({"refresh_token": signed.refresh()})).await;
    secrets.extend([renewed.access(), renewed.refresh()]);

    let (ticket, mailed) = world.started().await;
    let wrong = other_than(&mailed);
    assert_eq!(world.check(&ticket, &wrong).await.status, 400);
    assert_eq!(world.check_by("recovery_code", &ticket, "ABCD-EFGH-JKMN-PQRS").await.status, 400);
    let verified = world.check(&ticket, &mailed).await.text("ticket");
    assert_eq!(world.set_password(&verified, "password1234").await.status, 422);
    assert_eq!(world.set_password(&verified, NEW_PASSWORD).await.status, 200);
    secrets.extend([ticket, mailed, wrong, "ABCD-EFGH".to_owned(), verified, "password1234".to_owned()]);

    world.clock.advance(120);
    let link = world.start("jana").await.text("ticket");
    world.clock.advance(61);
    assert_eq!(world.resend(&link, "mail_link").await.status, 200);
    world.app.deliver_due().await.unwrap();
    let token = world.outbox.mails().last().unwrap().link().unwrap().rsplit('#').next().unwrap().to_owned();
    secrets.extend([link, token]);
    secrets.extend(pair(world, &totp).await);
    secrets
}

async fn pair(world: &World, totp: &recovery_server::Totp) -> Vec<String> {
    let mut secrets = Vec::new();
    let (computer, phone) = (Computer::new(1), Phone::new(3));
    let asked = computer.ask(world).await;
    let page = phone.get(world, &asked.qr).await;
    let fields = [("identifier", "jana"), ("password", NEW_PASSWORD)];
    let page = phone.submit(world, &page, "/device/sign-in", &fields).await;
    let code = totp.code_at(START + 181);
    let page = phone.submit(world, &page, "/device/second-factor", &[("factor", &code)]).await;
    let page = phone.submit(world, &page, "/device/scan", &[]).await;
    let digits = page.code();
    assert_eq!(computer.confirm(world, &asked.device_code, &other_than(&digits)).await.status, 400);
    assert_eq!(computer.confirm(world, &asked.device_code, &digits).await.status, 200);
    let page = phone.get(world, &page.path).await;
    secrets.extend(page.form("/device/approve").into_iter().map(|(_, value)| value));
    phone.submit(world, &page, "/device/approve", &[("password", NEW_PASSWORD)]).await;
    world.clock.advance(10);
    let tokens = computer.poll(world, &asked.device_code).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    let access = tokens.text("access_token");
    assert_eq!(
        computer.with_token(world, Method::GET, "/v1/session", &access, Value::Null).await.status,
        200
    );
    secrets.extend([access, tokens.text("refresh_token"), asked.device_code, asked.user_code, code, digits]);
    secrets.push(asked.qr.rsplit('=').next().unwrap().to_owned());
    secrets.extend(phone.cookies.lock().unwrap().values().cloned());
    let thumb = computer.proof(world, "GET", "/v1/session", None);
    secrets.push(thumb.split('.').next().unwrap().to_owned());
    secrets
}

#[tokio::test]
async fn at_the_loudest_level_and_in_both_formats_nothing_secret_is_logged() {
    for json in [false, true] {
        let pen = Pen::default();
        let writer = pen.clone();
        let settings = Log { level: "trace".to_owned(), json };
        let subscriber = log::subscriber(&settings, move || writer.clone()).unwrap();
        let guard = tracing::subscriber::set_default(subscriber);
        let (mut world, pepper) = world().await;
        let mut secrets = walk(&mut world).await;
        secrets.push(pepper);
        for mail in world.outbox.mails() {
            secrets.push(mail.subject);
        }
        drop(guard);

        let logged = String::from_utf8(pen.0.lock().unwrap().clone()).unwrap();
        // Six digits could stand by chance in the time of a line.
        let lines: Vec<&str> = logged.lines().map(|line| &line[line.find("Z").unwrap()..]).collect();
        for route in ["/v1/sign-in", "/v1/recoveries/check", "/oauth/device/confirm", "/device/approve"] {
            assert!(lines.iter().any(|line| line.contains(route)), "{route} is not in {logged}");
        }
        assert!(logged.contains("mail sent") && logged.contains("\"id\":") == json, "{logged}");
        assert!(secrets.len() > 40 && secrets.iter().all(|secret| secret.len() >= 4), "{secrets:?}");
        for secret in &secrets {
            for line in &lines {
                assert!(!line.contains(secret.as_str()), "{secret} in {line}");
            }
        }
        // The same test finds what is there.
        assert!(lines.iter().any(|line| line.contains("answered")));
    }
}

#[tokio::test]
async fn what_libraries_whisper_is_left_out_at_every_level() {
    let pen = Pen::default();
    let writer = pen.clone();
    let settings = Log { level: "trace,axum=trace,sqlx=trace".to_owned(), json: false };
    let subscriber = log::subscriber(&settings, move || writer.clone()).unwrap();
    let guard = tracing::subscriber::set_default(subscriber);
    tracing::trace!(target: "axum::rejection", "quotes the body");
    tracing::debug!(target: "recovery_server_elsewhere", "a stranger");
    tracing::trace!(target: "recovery_server::mail", "our own");
    tracing::warn!(target: "hyper", "worth knowing");
    drop(guard);
    let logged = String::from_utf8(pen.0.lock().unwrap().clone()).unwrap();
    assert!(!logged.contains("quotes") && !logged.contains("stranger"), "{logged}");
    assert!(logged.contains("our own") && logged.contains("worth knowing"), "{logged}");
}

#[tokio::test]
async fn what_balancers_ask_is_not_logged_beside_what_people_do() {
    let pen = Pen::default();
    let writer = pen.clone();
    let subscriber = log::subscriber(&Log::default(), move || writer.clone()).unwrap();
    let guard = tracing::subscriber::set_default(subscriber);
    let world = World::new().await;
    for path in ["/health", "/healthz", "/readyz", "/v1/about"] {
        world
            .send(Request::get(path).header("host", "konto.dorfladen.example").body(Body::empty()).unwrap())
            .await;
    }
    drop(guard);
    let logged = String::from_utf8(pen.0.lock().unwrap().clone()).unwrap();
    assert_eq!(logged.matches("answered").count(), 1, "{logged}");
    assert!(logged.contains("route=\"/v1/about\" status=200 ms=0"), "{logged}");
}

#[test]
fn a_level_that_is_none_is_named() {
    let settings = Log { level: "lou d=x=y".to_owned(), json: false };
    let refused = log::subscriber(&settings, std::io::sink).err().unwrap().to_string();
    assert!(refused.contains("log.level"), "{refused}");
}
