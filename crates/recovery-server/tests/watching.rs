//! What balancers, Prometheus and the log are told, and what they are not.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "this file uses its own part")]
mod common;
mod wire;

use axum::body::Body;
use axum::http::{Method, Request};
use common::computer::Computer;
use common::phone::Phone;
use common::{NEW_PASSWORD, PASSWORD, START, World, metrics, other_than};
use recovery_server::{App, Deps, ManualClock, SqliteStorage, config};
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::oneshot;
use tower::ServiceExt as _;
use wire::{bind, get};

#[tokio::test]
async fn a_server_that_runs_is_alive_and_ready_by_any_name() {
    let (server, _, _) = bind(|_| {}).await;
    let server = server.start();
    for address in [server.address(), server.metrics_address().unwrap()] {
        for path in ["/health", "/healthz", "/readyz"] {
            let (status, answer) = get(address, path).await;
            assert!(status == 200 && answer.ends_with("\r\n\r\nok"), "{path}: {answer}");
        }
    }
    server.stop().await;

    let world = World::new().await;
    world.app.deliver_due().await.unwrap();
    for (path, status) in [("/healthz", 200), ("/readyz", 200), ("/health", 200), ("/v1/about", 421)] {
        let request = Request::get(path).header("host", "10.0.0.5:8321").body(Body::empty()).unwrap();
        assert_eq!(world.send(request).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn figures_are_shown_at_an_address_of_their_own_alone() {
    let (server, _, _) = bind(|_| {}).await;
    let server = server.start();
    assert_eq!(get(server.address(), "/metrics").await.0, 404);
    let (status, page) = get(server.metrics_address().unwrap(), "/metrics").await;
    assert!(status == 200 && page.contains("content-type: text/plain; version=0.0.4"), "{page}");
    assert_eq!(get(server.metrics_address().unwrap(), "/v1/about").await.0, 404);
    assert!(page.contains("_requests_running 0\n") && page.contains("_connections 0\n"), "{page}");
    server.stop().await;
}

async fn ready(app: &App) -> (u16, String) {
    let request = Request::get("/readyz").body(Body::empty()).unwrap();
    let response = recovery_server::watchers(app).oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), 1_000).await.unwrap();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn who_cannot_deliver_mail_is_not_ready() {
    let world = World::new().await;
    assert_eq!(ready(&world.app).await, (503, "mail".to_owned()));
    world.app.deliver_due().await.unwrap();
    world.clock.advance(120);
    assert_eq!(ready(&world.app).await, (200, "ok".to_owned()));
    world.clock.advance(1);
    assert_eq!(ready(&world.app).await, (503, "mail".to_owned()));
}

#[tokio::test]
async fn who_has_no_database_is_not_ready() {
    let storage = SqliteStorage::in_memory().await.unwrap();
    let (mut deps, _) = Deps::in_memory(config::Config::loopback("Dorfladen")).await.unwrap();
    deps.clock = Arc::new(ManualClock::at(START));
    deps.storage = Arc::new(storage.clone());
    let app = App::new(deps).await.unwrap();
    app.deliver_due().await.unwrap();
    assert_eq!(ready(&app).await, (200, "ok".to_owned()));
    storage.close().await;
    assert_eq!(ready(&app).await, (503, "database".to_owned()));
    let metrics = metrics(&app).await;
    assert!(metrics.contains("recovery_server_database_up 0\n"), "{metrics}");
    assert!(metrics.contains("recovery_server_ready 0\n") && !metrics.contains("mail_waiting"), "{metrics}");
}

#[tokio::test]
async fn a_stop_is_announced_before_it_is_made() {
    let (server, clock, _) = bind(|deps| deps.config.stop_notice_seconds = 20).await;
    let (address, metrics) = (server.address(), server.metrics_address().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(server.serve(async {
        let _stopped = stopped.await;
    }));
    assert_eq!(get(address, "/readyz").await.0, 200);
    stop.send(()).unwrap();
    while get(address, "/readyz").await.0 == 200 {}
    for address in [address, metrics] {
        let (status, answer) = get(address, "/readyz").await;
        assert!(status == 503 && answer.ends_with("\r\n\r\nstopping"), "{answer}");
        assert_eq!(get(address, "/healthz").await.0, 200);
    }
    assert_eq!(get(address, "/v1/about").await.0, 200, "people are still served");
    clock.advance(19);
    assert_eq!(get(address, "/v1/about").await.0, 200);
    clock.advance(1);
    served.await.unwrap();
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn everything_that_happens_is_counted_and_nobody_is_named() {
    let (mut world, _) = World::with_jana().await;
    world.signed_in().await;
    world.inbox.try_next().unwrap();
    world.sign_in("jana", "wrong password").await;
    world.sign_in("nobody", "wrong password").await;
    let (ticket, code) = world.started().await;
    world.check(&ticket, &other_than(&code)).await;
    let verified = world.check(&ticket, &code).await.text("ticket");
    world.set_password(&verified, NEW_PASSWORD).await;
    world.set_password(&verified, NEW_PASSWORD).await;
    world.start("jana").await;
    world.clock.advance(7);

    let computer = Computer::new(1);
    computer.ask(&world).await;
    let asked = computer.ask(&world).await;
    computer.cancel(&world, &asked.device_code).await;
    world.send(Request::builder().method("BREW").uri("/nothing").body(Body::empty()).unwrap()).await;

    let page = world.metrics().await;
    for line in [
        "build_info{version=\"0.1.0\"} 1",
        "requests_total{route=\"/v1/sign-in\",method=\"POST\",status=\"2xx\"} 1",
        "requests_total{route=\"/v1/sign-in\",method=\"POST\",status=\"4xx\"} 2",
        "requests_total{route=\"(none)\",method=\"other\",status=\"4xx\"} 1",
        "request_seconds_count{route=\"/v1/sign-in\"} 3",
        "sign_ins_total{result=\"ok\"} 1",
        "sign_ins_total{result=\"wrong\"} 2",
        "sign_ins_total{result=\"busy\"} 0",
        "recoveries_total{step=\"asked\"} 2",
        "recoveries_total{step=\"verified\"} 1",
        "recoveries_total{step=\"password_set\"} 1",
        "wrong_codes_total{place=\"recovery\"} 1",
        "pairing_steps_total{direction=\"computer\",step=\"asked\"} 2",
        "pairing_steps_total{direction=\"computer\",step=\"cancelled\"} 1",
        "pairings{direction=\"computer\",state=\"pending\"} 1",
        "pairings{direction=\"phone\",state=\"pending\"} 0",
        "mail_total{result=\"sent\"} 2",
        "mail_total{result=\"dead\"} 0",
        "mail_waiting 2",
        "mail_oldest_seconds 7",
        "hashes_running 0",
        "hashes_waiting 0",
        "hashes_refused_total 0",
        "database_up 1",
        "ready 1",
    ] {
        assert!(page.contains(&format!("recovery_server_{line}\n")), "{line} is not in {page}");
    }
    for named in ["jana", "203.0.113", "198.51.100", code.as_str(), &ticket, "Regain on Linux", "/nothing"] {
        assert!(!page.contains(named), "{named} is in {page}");
    }
    // Each line is a comment or a name with labels and a number.
    for line in page.lines().filter(|line| !line.starts_with("# ")) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(name.starts_with("recovery_server_") && value.parse::<f64>().is_ok(), "{line}");
    }
}

#[tokio::test]
async fn a_whole_pairing_is_counted_step_by_step() {
    let (world, _) = World::with_jana().await;
    let (computer, phone) = (Computer::new(1), Phone::signed_in(&world, 3, "jana").await);
    let asked = computer.ask(&world).await;
    let page = phone.scan(&world, &asked.qr).await;
    let code = page.code();
    computer.confirm(&world, &asked.device_code, &other_than(&code)).await;
    computer.confirm(&world, &asked.device_code, &code).await;
    phone.approve(&world, &page.path).await;
    world.clock.advance(10);
    assert_eq!(computer.poll(&world, &asked.device_code).await.status, 200);
    let page = world.metrics().await;
    for step in ["asked", "scanned", "wrong_code", "confirmed", "approved", "consumed"] {
        let line = format!("pairing_steps_total{{direction=\"computer\",step=\"{step}\"}} 1\n");
        assert!(page.contains(&line), "{line} is not in {page}");
    }
    assert!(page.contains("wrong_codes_total{place=\"pairing\"} 1\n"), "{page}");
}

#[tokio::test]
async fn a_wrong_code_is_counted_wherever_it_is_typed() {
    let mut world = World::with(|config| config.sign_up.open = true).await;
    world.add_jana(false).await;
    let asked = world.post("/v1/sign-ups", json!({"address": "otto@example.org", "device": "x"})).await;
    let wrong = other_than(&world.mailed_code().await);
    world.post("/v1/sign-ups/check", json!({"ticket": asked.text("ticket"), "code": wrong})).await;
    let access = world.signed_in().await.access();
    let begun =
        world.post_as("/v1/account/authenticator", &access, json!({"current_password": PASSWORD})).await;
    let confirm = json!({"ticket": begun.text("ticket"), "code": "000000"});
    world.post_as("/v1/account/authenticator/confirm", &access, confirm).await;
    let page = world.metrics().await;
    for place in ["address", "second_factor"] {
        let line = format!("wrong_codes_total{{place=\"{place}\"}} 1\n");
        assert!(page.contains(&line), "{line} is not in {page}");
    }
}

#[tokio::test]
async fn each_request_has_an_id_and_only_a_trusted_proxy_may_choose_it() {
    let world = World::with(|config| config.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()]).await;
    let id = async |from: [u8; 4], said: &str| {
        let request = world.request(Method::GET, "/v1/about").header("x-request-id", said);
        let request = request.body(Body::empty()).unwrap();
        let answer = world.send_from(SocketAddr::from((from, 1)), request).await;
        answer.headers["x-request-id"].to_str().unwrap().to_owned()
    };
    assert_eq!(id([10, 1, 2, 3], "their-own.1").await, "their-own.1");
    for (from, said) in [([203, 0, 113, 7], "their-own.1"), ([10, 1, 2, 3], "jana@example.org")] {
        let own = id(from, said).await;
        assert!(own.len() == 16 && own.bytes().all(|byte| byte.is_ascii_hexdigit()), "{own}");
        assert_ne!(own, id(from, said).await);
    }
}
