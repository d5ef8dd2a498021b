//! What only PostgreSQL can do: be elsewhere, be lost, come back.

mod killed;

use crate::common::database::Database;
use crate::common::postgres::Cluster;
use crate::common::store::{add, store};
use crate::common::{PASSWORD, START, World};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use recovery_server::config::{Database as Address, Server};
use recovery_server::storage::Opened;
use recovery_server::{Config, ManualClock, PostgresStorage};
use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use std::sync::Arc;

fn server(address: &str) -> Server {
    match Address::read(address) {
        Ok(Address::Postgres(server)) => server,
        other => panic!("{address}: {other:?}"),
    }
}

async fn refused(address: &str) -> String {
    let refused = PostgresStorage::open(&server(address), 2).await.err();
    let words = refused.unwrap_or_else(|| panic!("{address} was opened")).to_string();
    assert!(!words.contains("only for") && !words.contains("only%20for"), "the password: {words}");
    words
}

async fn run(connection: &mut PgConnection, sql: String) -> Result<(), sqlx::Error> {
    sqlx::query(AssertSqlSafe(sql)).execute(connection).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_lost_is_said_to_be_busy_and_works_again_when_it_is_back() {
    let cluster = Cluster::make("lost");
    let database = Database::at(cluster.schema().await);
    let world = World::node(1, &database, &ManualClock::at(START)).await;
    world.add_jana(false).await;
    let access = world.signed_in().await.access();
    assert_eq!(world.start("jana").await.status, 202);

    cluster.stop();
    for _ in 0..2 {
        let (signing_in, asking) = tokio::join!(
            world.sign_in("jana", PASSWORD),
            world.call(axum::http::Method::GET, "/v1/session", &access)
        );
        for answer in [signing_in, asking] {
            assert_eq!(answer.problem(), "503 busy");
            assert_eq!(answer.retry_after(), 2);
        }
    }
    assert!(world.app.deliver_due().await.is_err());

    cluster.start();
    let answer = world.call(axum::http::Method::GET, "/v1/session", &access).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(world.app.deliver_due().await.unwrap(), 1, "the letter waited");
    assert_eq!(world.sign_in("jana", PASSWORD).await.status, 200);
}

/// As when the network swallows packets: nobody says that the database is gone.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_stands_still_is_said_to_be_busy() {
    let cluster = Cluster::make("still");
    let database = Database::at(cluster.schema().await);
    let world = World::node(1, &database, &ManualClock::at(START)).await;
    world.add_jana(false).await;
    let access = world.signed_in().await.access();
    cluster.signal("STOP");
    let answer = world.call(axum::http::Method::GET, "/v1/session", &access).await;
    cluster.signal("CONT");
    assert_eq!(answer.problem(), "503 busy");
    let answer = world.call(axum::http::Method::GET, "/v1/session", &access).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn columns_of_a_newer_node_do_not_disturb_an_older_one() {
    let database = Database::new().await;
    // One connection, so that what was prepared in the first round is used in the second.
    let storage = Arc::new(PostgresStorage::open(&server(database.address()), 1).await.unwrap());
    let config = Config::loopback("Dorfladen");
    let mut world = World::from(config, ManualClock::at(START), |deps| deps.storage = storage).await;
    world.add_jana(false).await;
    let mut owner = Cluster::shared().connect(&database.user()).await;
    for column in ["first", "second"] {
        // With what was prepared on the same connections in the round before.
        let access = world.signed_in().await.access();
        assert_eq!(world.call(axum::http::Method::GET, "/v1/sessions", &access).await.status, 200);
        while world.inbox.try_next().is_some() {}
        world.verified().await;
        assert!(world.app.storage().dead_mail().await.unwrap().is_empty());
        world.app.storage().audit(10).await.unwrap();
        for table in ["accounts", "sessions", "recoveries", "pairings", "mail", "mail_dead", "audit"] {
            run(&mut owner, format!("ALTER TABLE {table} ADD COLUMN {column} TEXT")).await.unwrap();
        }
    }
    world.signed_in().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_cut_off_are_replaced() {
    let database = Database::new().await;
    let world = World::node(1, &database, &ManualClock::at(START)).await;
    world.add_jana(false).await;
    let user = database.user();
    let mut admin = Cluster::shared().connect("postgres").await;
    for _ in 0..3 {
        assert_eq!(world.sign_in("jana", PASSWORD).await.status, 200);
        let cut = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{user}'");
        run(&mut admin, cut).await.unwrap();
    }
    assert_eq!(world.sign_in("jana", PASSWORD).await.status, 200);
}

/// A node that was killed, or stands still, in the middle of a transaction.
#[tokio::test]
async fn whoever_waits_for_a_lock_too_long_is_told_to_come_again() {
    let (store, database) = store().await;
    let mut other = Cluster::shared().connect(&database.user()).await;
    run(&mut other, "BEGIN".to_owned()).await.unwrap();
    run(&mut other, "SELECT 1 FROM accounts FOR UPDATE".to_owned()).await.unwrap();
    let opening = crate::common::store::opening("one", 0);
    let error = store.open_session(&opening).await.unwrap_err();
    assert!(matches!(error, recovery_server::StorageError::Unavailable(_)), "{error}");
    drop(other);
    assert_ne!(store.open_session(&opening).await.unwrap(), Opened::Refused);
}

#[tokio::test]
async fn the_audit_log_is_append_only() {
    let (_store, database) = store().await;
    let mut owner = Cluster::shared().connect(&database.user()).await;
    for sql in ["UPDATE audit SET result = 'x'", "DELETE FROM audit", "TRUNCATE audit"] {
        let error = run(&mut owner, sql.to_owned()).await.unwrap_err().to_string();
        assert!(error.contains("append-only"), "{sql}: {error}");
    }
}

#[tokio::test]
async fn a_second_start_finds_everything_in_place() {
    let (store, database) = store().await;
    add(store.as_ref(), "petra").await;
    let again = database.open().await;
    assert!(again.account_by_name("petra").await.unwrap().is_some());
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone() {
    let (_store, database) = store().await;
    let mut owner = Cluster::shared().connect(&database.user()).await;
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (9999, 'newer', true, '', 0)";
    run(&mut owner, newer.to_owned()).await.unwrap();
    let words = refused(database.address()).await;
    assert!(words.contains("9999"), "{words}");
}

#[tokio::test]
async fn migrate_says_from_which_version_to_which() {
    let database = Database::new().await;
    let folder = tempfile::tempdir().unwrap();
    let settings = format!("public_url = \"http://127.0.0.1:0\"\ndatabase = \"{}\"\n", database.address());
    std::fs::write(folder.path().join("s.toml"), settings).unwrap();
    let migrate = || {
        let done = std::process::Command::new(env!("CARGO_BIN_EXE_recovery-server"))
            .args(["migrate", "--config", "s.toml"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        (done.status.success(), String::from_utf8([done.stdout, done.stderr].concat()).unwrap())
    };
    let all = sqlx::migrate!("migrations/postgres");
    let (first, newest) = (all.migrations[0].version, all.migrations.last().unwrap().version);
    let mut owner = Cluster::shared().connect(&database.user()).await;
    Migrator::with_migrations(all.migrations[..1].to_vec()).run(&mut owner).await.unwrap();
    let (ok, says) = migrate();
    let words = format!("its tables were version {first} and are version {newest} now");
    assert!(ok && says.contains(&words) && !says.contains("only"), "{says}");
    let (ok, says) = migrate();
    assert!(ok && says.contains(&format!("is up to date: its tables are version {newest}")), "{says}");

    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (9999, 'newer', true, '', 0)";
    run(&mut owner, newer.to_owned()).await.unwrap();
    let (ok, says) = migrate();
    assert!(!ok && says.contains("the tables are version 9999"), "{says}");

    let fresh = Database::new().await;
    let settings = format!("public_url = \"http://127.0.0.1:0\"\ndatabase = \"{}\"\n", fresh.address());
    std::fs::write(folder.path().join("s.toml"), settings).unwrap();
    let (ok, says) = migrate();
    assert!(ok && says.contains(&format!("is new: its tables are version {newest}")), "{says}");
}

#[tokio::test]
async fn what_is_wrong_is_said_at_the_start_without_the_password() {
    let cluster = Cluster::shared();
    let address = cluster.schema().await;
    let words = refused(&address.replace("only%20for%20tests", "only%20for%20others")).await;
    assert!(words.contains("password authentication failed"), "{words}");
    let nobody = refused("postgres://regain:only%20for%20tests@127.0.0.1:1/postgres").await;
    assert!(nobody.contains("cannot be reached") && nobody.contains("refused"), "{nobody}");
    let words = refused(&address.replace("/postgres", "/nothing")).await;
    assert!(words.contains("nothing"), "{words}");

    let mut admin = cluster.connect("postgres").await;
    let ascii = "CREATE DATABASE ascii ENCODING 'SQL_ASCII' TEMPLATE template0";
    run(&mut admin, ascii.to_owned()).await.unwrap();
    admin.close().await.unwrap();
    let words = refused(&address.replace("/postgres", "/ascii")).await;
    assert!(words.contains("ENCODING 'UTF8'"), "{words}");
}

/// An authority, and a certificate that it signed for a name.
fn certified(name: &str) -> (String, String, String) {
    let key = KeyPair::generate().unwrap();
    let mut ours = CertificateParams::new(Vec::new()).unwrap();
    ours.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = ours.self_signed(&key).unwrap();
    let issuer = Issuer::new(ours, key);
    let server_key = KeyPair::generate().unwrap();
    let server = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let server = server.signed_by(&server_key, &issuer).unwrap();
    (authority.pem(), server.pem(), server_key.serialize_pem())
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_it_is_the_right_server_or_none() {
    let cluster = Cluster::make("tls");
    let address = cluster.schema().await;
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        format!("{address}?sslmode=verify-full&sslrootcert={}", path.display())
    };
    let (ours, certificate, key) = certified("127.0.0.1");
    let (theirs, elsewhere, elsewhere_key) = certified("db.example.org");

    let words = refused(&file("ours.pem", &ours)).await;
    assert!(words.contains("TLS"), "no falling back to a plain connection: {words}");

    cluster.certify(&certificate, &key);
    cluster.stop();
    cluster.start();
    let storage = PostgresStorage::open(&server(&file("ours.pem", &ours)), 2).await.unwrap();
    add(&storage, "jana").await;
    let words = refused(&file("theirs.pem", &theirs)).await;
    assert!(words.contains("certificate"), "{words}");
    let words = refused(&format!("{address}?sslmode=verify-full")).await;
    assert!(words.contains("certificate"), "{words}");

    cluster.certify(&elsewhere, &elsewhere_key);
    cluster.stop();
    cluster.start();
    let words = refused(&file("theirs.pem", &theirs)).await;
    assert!(words.contains("certificate"), "another name: {words}");
}
