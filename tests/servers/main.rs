//! Account servers that others wrote and run, installed and started by these tests, with the conformance list that the
//! fakes pass as well.
//!
//! They are started on loopback, with mail over SMTP and a clock that can be moved. `cargo xtask test servers NAME` runs
//! one of them. What they show is the table in `docs/servers.md`; with `REGAIN_WRITE_DOCS=1` they write it.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a surprise must stop the test")]

mod published;
#[path = "mod.rs"]
mod servers;
mod table;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "installs and starts a real server: cargo xtask test servers"]
async fn allauth() {
    table::holds("django-allauth", &servers::allauth::conforms().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "installs and starts a real server: cargo xtask test servers"]
async fn better_auth() {
    table::holds("better-auth", &servers::better_auth::conforms().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "installs and starts a real server: cargo xtask test servers"]
async fn atproto() {
    table::holds("AT Protocol", &servers::atproto::conforms().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "installs and starts a real server: cargo xtask test servers"]
async fn matrix() {
    table::holds("Matrix", &servers::matrix::conforms().await);
}
