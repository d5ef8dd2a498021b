//! Sign-ins per second over loopback, as a ratio to what the machine's bare Argon2id allows.
//!
//! `cargo bench -p recovery-server`

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark measures with the real clock, prints, and stops at a surprise"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Params, Version};
use recovery_server::{Config, Deps, NewAccount, Server};

const PASSWORD: &str = "velvet-Otter-crossing-41";
const SPAN: Duration = Duration::from_secs(10);
/// People who sign in at the same time, for each core.
const CLIENTS: usize = 4;

fn main() {
    let cores = std::thread::available_parallelism().unwrap().get();
    let bare = bare_hashes(cores);
    let server = tokio::runtime::Runtime::new().unwrap().block_on(sign_ins(cores * CLIENTS));
    println!("cores                     {cores}");
    println!("bare Argon2id (19 MiB, 2) {bare:.1}/s");
    println!("sign-ins                  {server:.1}/s");
    println!("ratio                     {:.2}", server / bare);
}

/// Hashes with the server's parameters (OWASP: 19 MiB, t = 2, p = 1), one thread for each core.
fn bare_hashes(cores: usize) -> f64 {
    let params = Params::new(19 * 1024, 2, 1, Some(32)).unwrap();
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let done = AtomicU32::new(0);
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                let mut out = [0; 32];
                while start.elapsed() < SPAN {
                    argon.hash_password_into(PASSWORD.as_bytes(), b"sixteen bytes...", &mut out).unwrap();
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    f64::from(done.into_inner()) / start.elapsed().as_secs_f64()
}

async fn sign_ins(clients: usize) -> f64 {
    let mut config = Config::loopback("Bench");
    config.limits.sign_ins_per_address_per_hour = u32::MAX;
    let (deps, _outbox) = Deps::in_memory(config).await.unwrap();
    let server = Server::bind(deps).await.unwrap();
    let url = server.url().join("v1/sign-in").unwrap();
    for n in 0..clients {
        let account = NewAccount::new(&format!("jana{n}"), &format!("jana{n}@mail.example"), PASSWORD);
        server.app().add_account(account).await.unwrap();
    }
    let running = server.start();
    let done = Arc::new(AtomicU32::new(0));
    let start = Instant::now();
    let people: Vec<_> = (0..clients)
        .map(|n| {
            let (url, done) = (url.clone(), done.clone());
            tokio::spawn(async move {
                let client = reqwest::Client::new();
                let body = serde_json::json!({ "identifier": format!("jana{n}"), "password": PASSWORD, "device": "bench" });
                while start.elapsed() < SPAN {
                    let answer = client.post(url.clone()).json(&body).send().await.unwrap();
                    assert_eq!(answer.status(), 200);
                    done.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for person in people {
        person.await.unwrap();
    }
    let rate = f64::from(done.load(Ordering::Relaxed)) / start.elapsed().as_secs_f64();
    running.stop().await;
    rate
}
