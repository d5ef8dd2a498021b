//! The real binary at account servers that others wrote and run, started on loopback with mail over SMTP.
//!
//! `cargo xtask test servers NAME` runs one of them.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a surprise must stop the test")]

mod door;
#[path = "../terminal/program.rs"]
mod program;
#[path = "../terminal/pty.rs"]
mod pty;
#[path = "../../../../tests/servers/mod.rs"]
mod servers;
mod story;

use story::{Asks, play};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "installs and starts a real server: cargo xtask test servers"]
async fn allauth() {
    let server = servers::allauth::open_with_second_factor().await.unwrap();
    let asks = Asks {
        recover: &["mail_code", "new_password", "authenticator"],
        change: &["new_password"],
        // The program's own, and where the account was made.
        sessions: Some(2),
    };
    play("allauth", &server, asks).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "installs and starts a real server: cargo xtask test servers"]
async fn better_auth() {
    let server = servers::better_auth::open_with_second_factor().await.unwrap();
    let asks = Asks {
        recover: &["mail_code", "new_password", "authenticator"],
        change: &["new_password"],
        sessions: Some(2),
    };
    play("better_auth", &server, asks).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "installs and starts a real server: cargo xtask test servers"]
async fn atproto() {
    let (server, _directory) = servers::atproto::open().await.unwrap();
    let asks = Asks {
        recover: &["mail_code", "new_password"],
        // There is no change with the current password.
        change: &["mail_code", "new_password"],
        sessions: None,
    };
    play("atproto", &server, asks).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "installs and starts a real server: cargo xtask test servers"]
async fn matrix() {
    let server = servers::matrix::open().await.unwrap();
    let asks = Asks { recover: &["mail_link", "new_password"], change: &["new_password"], sessions: Some(2) };
    play("matrix", &server, asks).await;
}
