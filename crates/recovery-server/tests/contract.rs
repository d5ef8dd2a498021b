//! The server against its own description: Schemathesis makes up requests, and looks at every answer.

#[path = "../../../tests/servers/install.rs"]
#[expect(dead_code, reason = "other servers use the rest of it")]
mod install;

use std::path::Path;
use std::process::Command;

use recovery_server::{Config, Deps, NewAccount, Server};

const VERSION: &str = "4.32.5";
const PASSWORD: &str = "quiet lamp behind the door";
/// Requests of each kind for an operation; `REGAIN_EXAMPLES` says another number.
const EXAMPLES: &str = "20";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "installs Schemathesis: cargo xtask test"]
async fn every_answer_is_as_described() {
    let folder = tokio::task::spawn_blocking(|| {
        install::once("schemathesis", VERSION, |folder| {
            install::python(folder, &[&format!("schemathesis=={VERSION}")])
        })
    });
    let folder = folder.await.unwrap().unwrap();
    let mut config = Config::loopback("Contract");
    config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    config.sign_up.open = true;
    let (deps, _) = Deps::in_memory(config).await.unwrap();
    let server = Server::bind(deps).await.unwrap();
    server.app().add_account(NewAccount::new("jana", "jana@example.org", PASSWORD)).await.unwrap();
    let base = server.url().as_str().trim_end_matches('/').to_owned();
    let running = server.start();

    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contract");
    let reports = tempfile::tempdir().unwrap();
    let mut run = Command::new(folder.join("venv/bin/schemathesis"));
    run.arg("--config-file")
        .arg(here.join("schemathesis.toml"))
        .args(["run", &format!("{base}/openapi.json")])
        .args(["--checks", "all", "--continue-on-failure", "--no-shrink", "--seed", "1", "--workers", "2"])
        .args(["--max-examples", &std::env::var("REGAIN_EXAMPLES").unwrap_or_else(|_| EXAMPLES.to_owned())])
        // It keeps what it has found where it is started.
        .current_dir(reports.path())
        .env("PYTHONPATH", &here)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("SCHEMATHESIS_HOOKS", "hooks")
        .env("CONTRACT_BASE", &base)
        .env("CONTRACT_IDENTIFIER", "jana")
        .env("CONTRACT_PASSWORD", PASSWORD);
    let out = tokio::task::spawn_blocking(move || run.output()).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success(), "{said}\n{}", String::from_utf8_lossy(&out.stderr));
    let cases = said.lines().find_map(|line| line.trim().split_once(" generated")?.0.parse::<u32>().ok());
    assert!(cases.is_some_and(|cases| cases > 500), "it has asked hardly anything: {said}");
    println!("{said}");
    running.stop().await;
}
