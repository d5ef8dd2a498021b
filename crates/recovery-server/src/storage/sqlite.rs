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

use super::pairings::Poll;
use super::together::Together;
use super::{Polled, Result, StorageError};
use crate::private_file;
use sqlx::migrate::Migrator;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{Sqlite, SqliteConnection, SqlitePool, Transaction};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

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
    /// The one connection that writes: whoever wants to waits for it in turn. SQLite itself lets writers wait by asking again
    /// later, in no order, and ever later; and what a connection has read it reads anew when another one has written.
    writer: SqlitePool,
    polls: Arc<Together<Poll, Polled>>,
}

type Store = SqliteStorage;
type Db = Sqlite;
type Connection = SqliteConnection;
type Row = SqliteRow;
type Write = Transaction<'static, Sqlite>;

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
        let writer = pool(1).connect_with(options.clone()).await?;
        MIGRATIONS.run(&writer).await?;
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
        let pool = pool(1).idle_timeout(None).max_lifetime(None).connect_with(options).await?;
        MIGRATIONS.run(&pool).await?;
        Ok(Self { writer: pool.clone(), pool, polls: Arc::default() })
    }

    /// Waits until everything is written and lets go of the file.
    pub async fn close(&self) {
        self.pool.close().await;
        self.writer.close().await;
    }

    /// For a statement that is a transaction by itself and writes.
    fn writer(&self) -> &SqlitePool {
        &self.writer
    }

    /// A transaction that has the right to write from its first statement on, so that what it read
    /// cannot change under it.
    async fn write(&self) -> Result<Write> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// For one statement that writes; here it is a transaction by itself, and nobody else can write meanwhile.
    async fn write_once(&self, _: &[&[u8]]) -> Result<PoolConnection<Sqlite>> {
        Ok(self.writer.acquire().await?)
    }
}

/// PostgreSQL commits here.
async fn written(_: PoolConnection<Sqlite>) -> Result<()> {
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
