//! Settings and commands about the database and its letters.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "this file uses its own part")]
mod common;

use async_trait::async_trait;
use common::{START, World};
use recovery_server::config::Database;
use recovery_server::mail::{Mail, MailError};
use recovery_server::{Config, ConfigError, Mailer, ManualClock, Pepper, SqliteStorage, SystemRandom};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

const WHOLE: &str = "public_url = \"https://accounts.example.org\"\n";
const ADDRESS: &str = "postgres://regain@db.example.org/accounts";

fn parse(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::parse(text, "test.toml", variables)
}

#[test]
fn a_file_or_an_address() {
    let config = parse(WHOLE, &[]).unwrap();
    assert_eq!(
        (config.database, config.database_connections),
        (Database::File("accounts.sqlite".into()), 16)
    );
    let config = parse(&format!("database = \"{ADDRESS}\"\n{WHOLE}"), &[]).unwrap();
    assert_eq!(config.database.to_string(), "postgres://regain@db.example.org:5432/accounts");
    let variables = [
        ("RECOVERY_SERVER_DATABASE", ADDRESS),
        ("RECOVERY_SERVER_DATABASE_PASSWORD_FILE", "/etc/password"),
        ("RECOVERY_SERVER_DATABASE_CONNECTIONS", "4"),
    ];
    let config = parse(WHOLE, &variables).unwrap();
    assert!(matches!(config.database, Database::Postgres(_)));
    assert_eq!(config.database_password_file, Some("/etc/password".into()));
    assert_eq!(config.database_connections, 4);
}

#[test]
fn what_is_wrong_is_said_without_the_password() {
    let with_password = "database = \"postgres://regain:secret@db.example.org/accounts";
    for (line, says) in [
        (format!("{with_password}?sslmode=prefer\""), "verify-full"),
        (format!("{with_password}\"\ndatabase_password_file = \"/x\""), "keep the file"),
        (format!("{with_password}\"\ndatabase_connections = 1"), "between 2 and 500"),
        (with_password.to_owned(), "test.toml, line 1"),
        ("database = \"mysql://regain:secret@db.example.org/accounts\"".to_owned(), "postgres://"),
        ("database_password_file = \"/x\"".to_owned(), "of no use with a file"),
    ] {
        let error = parse(&format!("{line}\n{WHOLE}"), &[]).unwrap_err().to_string();
        assert!(error.contains(says), "{says:?} not in: {error}");
        assert!(!error.contains("secret"), "{error}");
    }
}

fn program(arguments: &[&str], folder: &Path) -> (bool, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_recovery-server"))
        .args(arguments)
        .args(["--config", "s.toml"])
        .current_dir(folder)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_database_that_is_not_there_is_named_without_its_password() {
    let folder = tempfile::tempdir().unwrap();
    let settings =
        "database = \"postgres://regain@127.0.0.1:1/accounts\"\ndatabase_password_file = \"password\"\n";
    std::fs::write(folder.path().join("s.toml"), format!("{settings}{WHOLE}")).unwrap();
    let (ok, _, error) = program(&["mail", "list"], folder.path());
    assert!(!ok && error.contains("database_password_file password cannot be read"), "{error}");
    std::fs::write(folder.path().join("password"), "secret\n").unwrap();
    let (ok, _, error) = program(&["mail", "list"], folder.path());
    assert!(!ok && error.contains("postgres://regain@127.0.0.1:1/accounts cannot be opened"), "{error}");
    assert!(error.contains("refused") && !error.contains("secret"), "{error}");
}

struct Refuses;

#[async_trait]
impl Mailer for Refuses {
    async fn send(&self, _: &Mail) -> Result<(), MailError> {
        Err(MailError::Never("550 5.1.1".to_owned()))
    }
}

/// A folder with settings and a database in which `letters` were given up, the first as number 1.
async fn given_up(letters: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("s.toml"), WHOLE).unwrap();
    let pepper = Pepper::load_or_create(&folder.path().join("pepper"), &SystemRandom).unwrap();
    let storage = SqliteStorage::open(&folder.path().join("accounts.sqlite")).await.unwrap();
    // The program's clock is the real one, and these letters are to be of use still.
    let mut config = Config::loopback("Dorfladen");
    config.codes.life_seconds = 86_400;
    let far = ManualClock::at(2 * START);
    let world = World::from(config, far, |deps| {
        deps.pepper = pepper;
        deps.storage = Arc::new(storage.clone());
        deps.mailer = Arc::new(Refuses);
    })
    .await;
    world.add_jana(false).await;
    for _ in 0..letters {
        assert_eq!(world.start("jana").await.status, 202);
    }
    world.app.deliver_due().await.unwrap();
    storage.close().await;
    folder
}

#[tokio::test]
async fn letters_that_were_given_up_are_looked_after() {
    let folder = given_up(3).await;
    let run = |arguments: &[&str]| program(arguments, folder.path());
    let (ok, says, error) = run(&["mail", "list"]);
    assert!(ok, "{error}");
    let lines: Vec<&str> = says.lines().collect();
    assert_eq!(lines.len(), 3, "{says}");
    for part in ["     3  ", "refused", "1 attempts", "j•••@example.org"] {
        assert!(lines[0].contains(part), "{part:?} not in: {says}");
    }
    assert!(!says.contains("jana@"), "{says}");

    let (ok, says, _) = run(&["mail", "retry", "2"]);
    assert!(ok && says.starts_with("1 queued again"), "{says}");
    let (ok, _, error) = run(&["mail", "retry", "2"]);
    assert!(!ok && error.contains("no letter 2 that could still be sent"), "{error}");
    let (ok, says, _) = run(&["mail", "drop", "1"]);
    assert!(ok && says.starts_with("1 forgotten"), "{says}");
    let (ok, _, error) = run(&["mail", "drop", "1"]);
    assert!(!ok && error.contains("no letter 1"), "{error}");
    let (ok, says, _) = run(&["mail", "retry", "--all"]);
    assert!(ok && says.starts_with("1 queued again"), "{says}");
    let (ok, says, _) = run(&["mail", "list"]);
    assert!(ok && says.contains("No letter was given up"), "{says}");
    let (ok, _, error) = run(&["mail", "drop"]);
    assert!(!ok && error.contains("<ID>"), "nothing is dropped without saying what: {error}");
}
