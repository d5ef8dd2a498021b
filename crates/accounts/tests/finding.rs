//! Finding the server behind an address that was typed: what is there is asked once, and what it is not is said.

#![expect(clippy::unwrap_used, reason = "a surprise must stop the test")]

use std::sync::Arc;

use accounts::address::AddressProblem;
use accounts::clock::{ManualClock, SystemClock};
use accounts::http::Http;
use accounts::provider::atproto::handle::{Lookup, Resolver};
use accounts::provider::{Found, Kind, Providers, allauth, atproto, better_auth};
use accounts::{ErrorKind, Secret};
use async_trait::async_trait;
use axum::Router;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect};
use axum::routing::get;
use recovery_server::{Config, Deps, Server};
use tokio::net::TcpListener;
use url::Url;

fn providers() -> Providers {
    Providers::new(Http::new().unwrap(), Arc::new(SystemClock), "Regain on a test")
}

/// A web server that says the same to everything; its address.
async fn says(answer: impl IntoResponse + Clone + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let router = Router::new().fallback(move || async move { answer.clone() });
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// The one server that answers there.
async fn only(typed: &str) -> Found {
    only_of(&providers(), typed).await
}

async fn only_of(providers: &Providers, typed: &str) -> Found {
    let found = providers.find(typed).await.unwrap().unwrap();
    assert_eq!(found.len(), 1, "{typed}: {:?}", found.iter().map(|one| &one.server).collect::<Vec<_>>());
    found.into_iter().next().unwrap()
}

async fn problem(typed: &str) -> AddressProblem {
    providers().find(typed).await.unwrap().map(|_| ()).unwrap_err()
}

#[tokio::test]
async fn a_recovery_server_is_found_with_and_without_scheme_and_path() {
    let (deps, _) = Deps::in_memory(Config::loopback("Dorfladen")).await.unwrap();
    let server = Server::bind(deps).await.unwrap();
    let address = server.address().to_string();
    let _running = server.start();
    for typed in [address.clone(), format!("http://{address}"), format!(" http://{address}/sign-in?x=1 ")] {
        let Found { server: found, provider, identifier } = only(&typed).await;
        assert_eq!((found.kind, identifier), (Kind::RecoveryServer, None));
        assert_eq!(found.base.as_str(), format!("http://{address}/"));
        assert_eq!(provider.about().name, "Dorfladen");
        assert_eq!(provider.about().host, address);
    }
}

#[tokio::test]
async fn servers_that_others_wrote_are_found_by_their_own_dialect() {
    let site = allauth::fake::Fake::start(allauth::fake::Site::default()).await.unwrap();
    let clock = Arc::new(ManualClock::at(1_800_000_000));
    let library = better_auth::fake::Fake::start(clock.clone(), false).await.unwrap();
    let (_pds, pds) =
        atproto::fake::Fake::start(clock, Secret::new("velvet-Otter-crossing-41")).await.unwrap();
    for (address, kind) in
        [(site.address, Kind::Allauth), (library.address, Kind::BetterAuth), (pds, Kind::AtProto)]
    {
        let found = only(&address.to_string()).await;
        assert_eq!(found.server.kind, kind);
        assert_eq!(found.server.base.as_str(), format!("http://{address}/"));
        assert!(found.provider.about().abilities.recover_by_mailbox);
    }
}

#[tokio::test]
async fn two_servers_at_one_address_are_both_shown() {
    let about = r#"{"server":"regain-recovery-server","api":1,"version":"1","name":"Dorfladen","practice":false,"password":{"min_length":15,"max_length":64}}"#;
    let json = [("content-type", "application/json")];
    let router = Router::new()
        .route("/v1/about", get(move || async move { (json, about) }))
        .route("/api/auth/ok", get(move || async move { (json, r#"{"ok":true}"#) }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let found = providers().find(&address).await.unwrap().unwrap();
    let kinds: Vec<Kind> = found.iter().map(|one| one.server.kind).collect();
    assert_eq!(kinds, [Kind::RecoveryServer, Kind::BetterAuth], "the likeliest first");
}

/// A world with one handle in it, in DNS.
struct OneHandle;

#[async_trait]
impl Lookup for OneHandle {
    async fn txt(&self, name: &str) -> accounts::Result<Vec<String>> {
        let known = name == format!("_atproto.{}", atproto::fake::HANDLE);
        Ok(if known { vec![format!("did={}", atproto::fake::DID)] } else { Vec::new() })
    }

    async fn page(&self, _: Url) -> accounts::Result<Option<String>> {
        Ok(None)
    }
}

#[tokio::test]
async fn a_handle_leads_to_its_server() {
    let clock = Arc::new(ManualClock::at(1_800_000_000));
    let password = Secret::new("velvet-Otter-crossing-41");
    let (_pds, pds) = atproto::fake::Fake::start(clock, password).await.unwrap();
    let document = serde_json::json!({
        "id": atproto::fake::DID,
        "alsoKnownAs": [format!("at://{}", atproto::fake::HANDLE)],
        "service": [{
            "id": "#atproto_pds",
            "type": "AtprotoPersonalDataServer",
            "serviceEndpoint": format!("http://{pds}"),
        }],
    });
    let plc = format!("http://{}/", says(document.to_string()).await).parse().unwrap();
    let resolver = Resolver::with(Http::new().unwrap(), plc, Arc::new(OneHandle));
    let world = providers().with_resolver(resolver);
    for typed in ["@jana.test", " @Jana.test ", atproto::fake::DID] {
        let found = only_of(&world, typed).await;
        assert_eq!(
            (found.server.kind, found.server.base.as_str()),
            (Kind::AtProto, &*format!("http://{pds}/"))
        );
        let named = if typed.starts_with("did:") { typed } else { "jana.test" };
        assert_eq!(found.identifier.as_deref(), Some(named));
    }
    assert_eq!(world.find("@nobody.test").await.unwrap().err(), Some(AddressProblem::NoAccountServer));
}

#[tokio::test]
async fn a_web_site_is_no_account_server() {
    let page = says(Html("<h1>Welcome to our hotel</h1>")).await;
    assert_eq!(problem(&page).await, AddressProblem::NoAccountServer);
    let elsewhere = says(Redirect::to("https://evil.example/v1/about")).await;
    assert_eq!(problem(&elsewhere).await, AddressProblem::NoAccountServer);
    let nothing = says(StatusCode::NOT_FOUND).await;
    assert_eq!(problem(&nothing).await, AddressProblem::NoAccountServer);
    let other = says(r#"{"server":"another-server","api":1,"version":"1","name":"x","practice":false,"password":{"min_length":8,"max_length":64}}"#).await;
    assert_eq!(problem(&other).await, AddressProblem::NoAccountServer);
}

#[tokio::test]
async fn a_server_out_of_order_is_no_problem_of_the_address() {
    let broken = says((StatusCode::BAD_GATEWAY, "<html>")).await;
    let error = providers().find(&broken).await.map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ServerTrouble);
}

#[tokio::test]
async fn nobody_there_is_told_apart_from_somebody_else() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let error = providers().find(&address).await.map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Offline);
}

#[tokio::test]
async fn what_cannot_be_asked_safely_is_not_asked() {
    assert_eq!(problem("http://accounts.example").await, AddressProblem::NotEncrypted);
    assert_eq!(problem("accounts").await, AddressProblem::NotAnAddress);
    assert_eq!(problem("").await, AddressProblem::Empty);
}
