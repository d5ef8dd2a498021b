//! Finding the server behind an address that was typed: what is there is asked once, and what it is not is said.

#![expect(clippy::unwrap_used, reason = "a surprise must stop the test")]

use std::sync::Arc;

use accounts::ErrorKind;
use accounts::address::AddressProblem;
use accounts::clock::SystemClock;
use accounts::http::Http;
use accounts::provider::{Found, Providers};
use axum::Router;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect};
use recovery_server::{Config, Deps, Server};
use tokio::net::TcpListener;

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
        let Found { server: found, provider, .. } = providers().find(&typed).await.unwrap().unwrap();
        assert_eq!(found.base.as_str(), format!("http://{address}/"));
        assert_eq!(provider.about().name, "Dorfladen");
        assert_eq!(provider.about().host, address);
    }
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
