//! Databases of every earlier version open, with everything in them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use recovery_server::storage::{Accounts as _, Queue as _, Settings as _};
use recovery_server::{SqliteStorage, StorageError};
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};
use std::path::Path;

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");

/// What each version that people run has in its database (SHA-384): a migration that was given away never changes.
const GIVEN_AWAY: [&str; 2] = [
    "294673903f35a3fcbece1e77ba946f9a48a2c841489f91293a9fcb47fb4a5b56c6aac66d482dbbe47f5f2f5dd2709698",
    "26939c8e76f2328958f16c6fc45ddf01e1744e48865bd827718dd7f8bdfdeacdc14d1da8708981116719c0c1a0af7e9f",
];

#[test]
fn migrations_that_were_given_away_are_as_they_were() {
    for (migration, known) in SQLITE.migrations.iter().zip(GIVEN_AWAY) {
        let hash: String = migration.checksum.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hash, known, "{} {}", migration.version, migration.description);
    }
}

async fn connect(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).create_if_missing(true).connect().await.unwrap()
}

/// A file as version `version` left it, with Jana and a waiting letter.
async fn file_of(version: usize, path: &Path) {
    let mut connection = connect(path).await;
    let until_then = Migrator::with_migrations(SQLITE.migrations[..version].to_vec());
    until_then.run(&mut connection).await.unwrap();
    for sql in [
        "INSERT INTO accounts (id, identifier, address, person, language, password_hash, totp_secret, totp_last_step, \
         created_at, password_changed_at) \
         VALUES ('1', 'jana', 'jana@example.org', 'Jana', 'de', 'hash', x'01', 5, 7, 7)",
        "INSERT INTO names (name, account_id) VALUES ('jana', '1')",
        "INSERT INTO mail (id, letter, due_at, drop_at, attempts) VALUES (41, x'02', 100, 700, 3)",
    ] {
        sqlx::query(sql).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_file_of_every_version_opens() {
    for version in 1..=SQLITE.migrations.len() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("accounts.sqlite");
        if version < SQLITE.migrations.len() {
            file_of(version, &path).await;
        } else {
            file_of(version - 1, &path).await;
            SqliteStorage::open(&path).await.unwrap().close().await;
        }
        let store = SqliteStorage::open(&path).await.unwrap();
        let jana = store.account_by_name("jana").await.unwrap().unwrap();
        assert_eq!((jana.person.as_str(), jana.password_version), ("Jana", 0), "version {version}");
        assert_eq!(jana.totp_secret, Some(vec![1]));
        let addresses = store.addresses("1").await.unwrap();
        assert_eq!((addresses.len(), addresses[0].address.as_str()), (1, "jana@example.org"));
        assert_eq!((addresses[0].added_at, addresses[0].confirmed_at), (7, None));
        let mail = store.claim_mail(100, 160).await.unwrap().unwrap();
        assert_eq!((mail.id, mail.attempts, mail.drop_at, mail.letter), (41, 4, 700, vec![2]));
        assert!(store.dead_mail().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_migration_that_breaks_off_leaves_the_file_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("accounts.sqlite");
    file_of(2, &path).await;
    let mut connection = connect(&path).await;
    sqlx::query("CREATE TABLE mail_dead (id)").execute(&mut connection).await.unwrap();
    let Err(error) = SqliteStorage::open(&path).await else { panic!("opened over a table in its way") };
    assert!(error.to_string().contains("mail_dead"), "{error}");
    let waiting: i64 = sqlx::query_scalar("SELECT id FROM mail").fetch_one(&mut connection).await.unwrap();
    assert_eq!(waiting, 41, "in its old table");
    sqlx::query("DROP TABLE mail_dead").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let store = SqliteStorage::open(&path).await.unwrap();
    assert_eq!(store.next_mail_due().await.unwrap(), Some(100));
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("accounts.sqlite");
    SqliteStorage::open(&path).await.unwrap().close().await;
    let mut connection = connect(&path).await;
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (9999, 'newer', true, x'', 0)";
    sqlx::query(newer).execute(&mut connection).await.unwrap();
    let Err(StorageError::Failed(error)) = SqliteStorage::open(&path).await else { panic!("opened") };
    assert!(error.to_string().contains("9999"), "{error}");
}
