//! SQLite: one file, or none at all for practice and tests.

// One text of SQL serves both databases: docs/decisions/0012-two-databases.md.
/// What keeps others off the rows that were read. Here the whole file is held from the first statement on.
macro_rules! held {
    () => {
        ""
    };
}
/// The same for rows that somebody else may hold: those are left to them.
macro_rules! held_by_nobody {
    () => {
        ""
    };
}

#[path = "sql/accounts.rs"]
mod accounts;
#[path = "sql/claims.rs"]
mod claims;
#[path = "sql/ledger.rs"]
mod ledger;
#[path = "sql/pairings.rs"]
mod pairings;
#[path = "sql/passkeys.rs"]
mod passkeys;
#[path = "sql/queue.rs"]
mod queue;
#[path = "sql/recoveries.rs"]
mod recoveries;
#[path = "sql/revocable.rs"]
mod revocable;
#[path = "sql/sessions.rs"]
mod sessions;
#[path = "sql/settings.rs"]
mod settings;
#[path = "sql/steps.rs"]
mod steps;
#[path = "sql/watched.rs"]
mod watched;
#[path = "writer.rs"]
mod writer;

use super::pairings::Poll;
use super::together::Together;
use super::{Polled, Result, StorageError};
use crate::private_file;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{Executor as _, Sqlite, SqliteConnection, SqlitePool};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use writer::{Hand, Write, Writer};

/// How long to wait for another writer, or for a connection: well below the 10 s of a request.
const PATIENCE: Duration = Duration::from_secs(5);
/// Readers at once; there is one writer in any case.
const CONNECTIONS: u32 = 8;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// The version of the tables that this program brings a file to.
pub fn newest() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// A store in one SQLite file.
#[derive(Debug, Clone)]
pub struct SqliteStorage {
    pool: SqlitePool,
    writer: Writer,
    polls: Arc<Together<Poll, Polled>>,
}

type Store = SqliteStorage;
type Db = Sqlite;
type Connection = SqliteConnection;
type Row = SqliteRow;

impl SqliteStorage {
    /// Opens the file, makes it if there is none, and brings its tables up to date.
    ///
    /// # Errors
    /// The file cannot be opened, or was made by a newer version.
    pub async fn open(path: &Path) -> Result<Self> {
        private_file::create_if_missing(path).map_err(|error| StorageError::Failed(error.into()))?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(PATIENCE)
            .foreign_keys(true);
        let writer = Writer::open(options.clone()).await?;
        MIGRATIONS.run(&mut *writer.turn().await?).await?;
        let pool = pool(CONNECTIONS).connect_with(options).await?;
        Ok(Self { pool, writer, polls: Arc::default() })
    }

    /// A store that is forgotten when it is dropped.
    ///
    /// # Errors
    /// SQLite itself fails.
    pub async fn in_memory() -> Result<Self> {
        let options = SqliteConnectOptions::new().in_memory(true).foreign_keys(true);
        // Another connection would find another store.
        let pool = pool(1).idle_timeout(None).max_lifetime(None).after_release(|connection, _| {
            Box::pin(async {
                // An error: nothing was left open.
                let _rolled_back = connection.execute("ROLLBACK").await;
                Ok(true)
            })
        });
        let pool = pool.connect_with(options).await?;
        MIGRATIONS.run(&pool).await?;
        Ok(Self { writer: Writer::Memory(pool.clone()), pool, polls: Arc::default() })
    }

    /// Waits until everything is written and lets go of the file.
    pub async fn close(&self) {
        self.pool.close().await;
        self.writer.close().await;
    }

    /// For a statement that is a transaction by itself and writes.
    async fn writer(&self) -> Result<Hand> {
        self.writer.turn().await
    }

    async fn write(&self) -> Result<Write> {
        self.writer.begin().await
    }

    /// For one statement that writes; here it is a transaction by itself, and nobody else can write meanwhile.
    async fn write_once(&self, _: &[&[u8]]) -> Result<Hand> {
        self.writer.turn().await
    }
}

/// PostgreSQL commits here.
async fn written(_: Hand) -> Result<()> {
    Ok(())
}

fn pool(connections: u32) -> SqlitePoolOptions {
    // A file is not asked whether it is still there: that is a way to another thread and back, each time.
    SqlitePoolOptions::new().max_connections(connections).acquire_timeout(PATIENCE).test_before_acquire(false)
}

/// Lets nobody else count under these keys until the transaction ends: here, nobody else can write at all.
async fn hold_keys(_: &mut Connection, _: &[&[u8]]) -> Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Entry;
    use crate::storage::Ledger as _;

    async fn in_a_file(folder: &tempfile::TempDir) -> SqliteStorage {
        SqliteStorage::open(&folder.path().join("accounts.sqlite")).await.unwrap()
    }

    fn entry(result: String) -> Entry {
        Entry { at: 1, account_id: None, event: "sign_in".to_owned(), result, network: None }
    }

    #[tokio::test]
    async fn writes_again_once_a_full_disk_has_room_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = in_a_file(&folder).await;
        // Of this connection: whoever opens the file anew finds room.
        let full = "PRAGMA max_page_count = 1";
        store.writer().await.unwrap().execute(full).await.unwrap();
        let large = entry("x".repeat(100_000));
        let refused = store.write_audit(&large).await.unwrap_err();
        assert!(matches!(refused, StorageError::Unavailable(_)), "{refused:?}");
        store.write_audit(&large).await.unwrap();
        assert_eq!(store.audit(10).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_write_that_is_given_up_leaves_nothing_and_holds_nobody_up() {
        let folder = tempfile::tempdir().unwrap();
        for store in [in_a_file(&folder).await, SqliteStorage::in_memory().await.unwrap()] {
            let mut write = store.write().await.unwrap();
            steps::audit(&mut write, &entry("lost".to_owned())).await.unwrap();
            drop(write);
            store.write_audit(&entry("kept".to_owned())).await.unwrap();
            let kept = store.audit(10).await.unwrap();
            assert_eq!(kept.iter().map(|entry| entry.result.as_str()).collect::<Vec<_>>(), ["kept"]);
            store.close().await;
        }
    }

    #[tokio::test]
    async fn another_program_can_write_once_a_write_is_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let (ours, theirs) = (in_a_file(&folder).await, in_a_file(&folder).await);
        drop(ours.write().await.unwrap());
        theirs.write_audit(&entry("theirs".to_owned())).await.unwrap();
        assert_eq!(ours.audit(10).await.unwrap().len(), 1);
    }
}
