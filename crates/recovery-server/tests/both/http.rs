//! The edges of the contract: hosts, bodies, problems, pages, and the description of it all.

use crate::common::{PASSWORD, World};
use axum::body::{Body, Bytes};
use axum::http::{Method, Request};
use serde_json::{Value, json};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

#[tokio::test]
async fn only_our_own_host_is_answered() {
    let (world, _) = World::with_jana().await;
    let with = async |host: Option<&str>| {
        let mut request = Request::builder().uri("/v1/about");
        if let Some(host) = host {
            request = request.header("host", host);
        }
        world.send(request.body(Body::empty()).unwrap()).await
    };
    for host in ["konto.dorfladen.example", "KONTO.dorfladen.example", "konto.dorfladen.example:443"] {
        assert_eq!(with(Some(host)).await.status, 200, "{host}");
    }
    for host in ["evil.example", "konto.dorfladen.example.evil.example", "127.0.0.1", "localhost", ""] {
        assert_eq!(with(Some(host)).await.problem(), "421 other_host", "{host}");
    }
    assert_eq!(with(None).await.problem(), "421 other_host");
}

#[tokio::test]
async fn every_form_of_this_machine_is_the_same_host() {
    let world = World::with(|config| config.public_url = "http://localhost:8321".parse().unwrap()).await;
    for host in ["localhost:8321", "127.0.0.1:8321", "[::1]:8321", "localhost"] {
        let request = Request::builder().uri("/v1/about").header("host", host);
        assert_eq!(world.send(request.body(Body::empty()).unwrap()).await.status, 200, "{host}");
    }
    let request = Request::builder().uri("/v1/about").header("host", "192.168.1.5:8321");
    assert_eq!(world.send(request.body(Body::empty()).unwrap()).await.status, 421);
}

#[tokio::test]
async fn bodies_that_are_not_what_was_asked_for() {
    let (world, _) = World::with_jana().await;
    let post = async |kind: &str, body: String| {
        let mut request = world.request(Method::POST, "/v1/sign-in");
        if !kind.is_empty() {
            request = request.header("content-type", kind);
        }
        world.send(request.body(Body::from(body)).unwrap()).await.problem()
    };
    let json = "application/json";
    for bad in ["", "{", "[]", "null", "{\"identifier\": 1}", "{\"identifier\": \"jana\"}", "\u{0}"] {
        assert_eq!(post(json, bad.to_owned()).await, "400 bad_request", "{bad}");
    }
    assert_eq!(post("", "{}".to_owned()).await, "415 not_json");
    assert_eq!(post("text/plain", "{}".to_owned()).await, "415 not_json");
    let of =
        |size: usize| json!({"identifier": "jana", "device": "x", "password": "x".repeat(size)}).to_string();
    assert_eq!(post(json, of(16_000)).await, "401 wrong_credentials");
    assert_eq!(post(json, of(17_000)).await, "413 body_too_large");
    let crabs = json!({"identifier": "jana", "device": "x", "password": "🦀".repeat(10_000)}).to_string();
    assert_eq!(post(json, crabs).await, "413 body_too_large");
}

#[tokio::test]
async fn what_cannot_be_an_identifier() {
    let (world, _) = World::with_jana().await;
    for typed in ["", "   ", "a\u{0}b", &"x".repeat(255), "ja\u{202e}na"] {
        assert_eq!(world.start(typed).await.problem(), "400 bad_identifier", "{typed:?}");
        assert_eq!(world.sign_in(typed, PASSWORD).await.problem(), "400 bad_identifier", "{typed:?}");
    }
    for typed in ["jana\u{301}", "жанна@пример.рф", "名前", &"x".repeat(254)] {
        assert_eq!(world.start(typed).await.status, 202, "{typed:?}");
    }
}

#[tokio::test]
async fn what_is_not_written_in_utf_8() {
    let (world, _) = World::with_jana().await;
    let body =
        |identifier: &[u8]| [br#"{"device":"x","identifier":""#.as_slice(), identifier, br#""}"#].concat();
    let utf_16: Vec<u8> =
        r#"{"device":"x","identifier":"jana"}"#.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (kind, bytes) in [
        ("application/json", body(b"jan\xe1")),
        ("application/json; charset=iso-8859-1", body(b"jan\xe1")),
        ("application/json", body(b"jana\xc3")),
        ("application/json", body(br"jan\ud800")),
        ("application/json; charset=utf-16", utf_16),
    ] {
        let request = world.request(Method::POST, "/v1/recoveries").header("content-type", kind);
        let answer = world.send(request.body(Body::from(bytes)).unwrap()).await;
        assert_eq!(answer.problem(), "400 bad_request", "{kind}");
        // Nothing of what was sent comes back: it may have been a password.
        assert!(!String::from_utf8(answer.bytes).unwrap().contains("jan"));
    }
    assert_eq!(world.app.storage().next_mail_due().await.unwrap(), None);
}

#[tokio::test]
async fn codes_are_read_as_people_type_them() {
    let (mut world, _) = World::with_jana().await;
    for write in [
        |code: &str| format!("{} {}", &code[..4], &code[4..]),
        |code: &str| format!(" {}-{}\n", &code[..4], &code[4..]),
        |code: &str| code.chars().map(|digit| char::from_u32(digit as u32 + 0xFEE0).unwrap()).collect(),
    ] {
        let (ticket, code) = world.started().await;
        assert_eq!(world.check(&ticket, &write(&code)).await.status, 200, "{}", write(&code));
    }
    for ticket in ["", "x", &"T".repeat(43)] {
        assert_eq!(world.check(ticket, "12345678").await.problem(), "410 expired");
        assert_eq!(world.set_password(ticket, "anything at all").await.problem(), "410 expired");
        assert_eq!(world.resend(ticket, "mail_code").await.problem(), "410 expired");
    }
}

#[tokio::test]
async fn problems_are_problem_details() {
    let (world, _) = World::with_jana().await;
    for (answer, code) in [
        (world.get("/nothing/here").await, "not_found"),
        (world.get("/v1/sign-in").await, "method_not_allowed"),
        (world.sign_in("jana", "wrong").await, "wrong_credentials"),
        (world.get("/v1/sessions").await, "signed_out"),
    ] {
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        assert_eq!(answer.body["type"], format!("urn:regain:problem:{code}"));
        assert_eq!(answer.body["code"], code);
        assert_eq!(answer.body["status"], answer.status.as_u16());
        assert!(answer.body["title"].is_string());
    }
}

#[tokio::test]
async fn nothing_is_kept_by_caches_or_led_astray() {
    let (world, _) = World::with_jana().await;
    for path in ["/v1/about", "/openapi.json", "/recover", "/change-password", "/nothing", "/"] {
        let answer = world.get(path).await;
        assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(answer.headers["referrer-policy"], "no-referrer", "{path}");
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}");
    }
}

#[tokio::test]
async fn about_says_the_rules() {
    let (world, _) = World::with_jana().await;
    let about = world.get("/v1/about").await.body;
    assert_eq!(
        about,
        json!({
            "server": "regain-recovery-server", "api": 1, "version": env!("CARGO_PKG_VERSION"), "name": "Dorfladen",
            "practice": false,
            "password": {"min_length": 15, "min_length_with_second_factor": 8, "max_length": 256},
            "code": {"digits": 8, "life_seconds": 600, "resend_seconds": 60},
            "sign_up": false, "sign_up_domains": [],
        })
    );
}

#[tokio::test]
async fn pages_for_browsers() {
    let (world, _) = World::with_jana().await;
    let well_known = world.get("/.well-known/change-password").await;
    assert_eq!(
        (well_known.status.as_u16(), &well_known.headers["location"]),
        (302, &"/change-password".parse().unwrap())
    );
    for (path, says) in
        [("/change-password", "Change password"), ("/recover", "Copy this address into Regain")]
    {
        let page = world.get(path).await;
        assert!(page.headers["content-type"].to_str().unwrap().starts_with("text/html"));
        assert!(String::from_utf8(page.bytes).unwrap().contains(says));
    }
    for practice_only in ["/practice/outbox", "/practice/outbox.json"] {
        assert_eq!(world.get(practice_only).await.problem(), "404 not_found");
    }
}

#[tokio::test]
async fn the_description_is_served_and_fresh() {
    let (world, _) = World::with_jana().await;
    let made = recovery_server::openapi::json().unwrap();
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(kept, &made).unwrap();
    }
    assert!(
        std::fs::read_to_string(kept).unwrap_or_default() == made,
        "openapi.json is stale: UPDATE_OPENAPI=1 cargo test -p recovery-server --test sqlite http::"
    );
    let served = world.get("/openapi.json").await.body;
    assert_eq!(served, serde_json::from_str::<Value>(&made).unwrap());
    assert!(served["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths: Vec<&String> = served["paths"].as_object().unwrap().keys().collect();
    assert_eq!(paths.len(), 36, "{paths:?}");
    for path in paths {
        assert!(!path.contains("{token"), "secrets do not travel in paths");
    }
}

#[tokio::test]
async fn a_proxy_in_front_is_seen_through() {
    let world = World::with(|config| config.trusted_proxies = vec!["203.0.113.7".parse().unwrap()]).await;
    world.add_jana(false).await;
    let body = json!({"identifier": "jana", "password": PASSWORD, "device": "x"}).to_string();
    let request = world
        .request(Method::POST, "/v1/sign-in")
        .header("content-type", "application/json")
        .header("x-forwarded-for", "192.0.2.55");
    let signed = world.send(request.body(Body::from(body)).unwrap()).await;
    let list = world.call(Method::GET, "/v1/sessions", &signed.access()).await;
    assert_eq!(list.body["sessions"][0]["network"], "192.0.2.0/24");
}

#[tokio::test]
async fn a_body_that_never_ends_is_given_up_after_ten_seconds() {
    let (world, _) = World::with_jana().await;
    let request = world.request(Method::POST, "/v1/sign-in").header("content-type", "application/json");
    tokio::time::pause();
    let answer = world.send(request.body(Body::new(Stalled)).unwrap()).await;
    assert_eq!(answer.problem(), "408 timeout");
}

/// Promises bytes and never has any.
struct Stalled;

impl http_body::Body for Stalled {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}
