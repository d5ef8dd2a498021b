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
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{Sqlite, SqliteConnection, SqlitePool, Transaction};
use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, OwnedMutexGuard};

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
    /// Whose turn it is to write. SQLite itself lets writers wait by asking again later: in no order, and ever later.
    turn: Arc<Mutex<()>>,
    polls: Arc<Together<Poll, Polled>>,
}

type Store = SqliteStorage;
type Db = Sqlite;
type Connection = SqliteConnection;
type Row = SqliteRow;

/// A transaction; who comes next waits for it.
struct Write {
    transaction: Transaction<'static, Sqlite>,
    _turn: OwnedMutexGuard<()>,
}

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
            .busy_timeout(PATIENCE);
        Self::with(options, SqlitePoolOptions::new().max_connections(CONNECTIONS)).await
    }

    /// A store that is forgotten when it is dropped.
    ///
    /// # Errors
    /// SQLite itself fails.
    pub async fn in_memory() -> Result<Self> {
        let pool = SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
        Self::with(SqliteConnectOptions::new().in_memory(true), pool).await
    }

    /// Waits until everything is written and lets go of the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    async fn with(options: SqliteConnectOptions, pool: SqlitePoolOptions) -> Result<Self> {
        let pool = pool.acquire_timeout(PATIENCE).connect_with(options.foreign_keys(true)).await?;
        MIGRATIONS.run(&pool).await?;
        Ok(Self { pool, turn: Arc::default(), polls: Arc::default() })
    }

    /// A transaction that has the right to write from its first statement on, so that what it read
    /// cannot change under it.
    async fn write(&self) -> Result<Write> {
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.turn).lock_owned()).await;
        let turn = turn.map_err(|_| StorageError::Unavailable("others write for too long".into()))?;
        Ok(Write { transaction: self.pool.begin_with("BEGIN IMMEDIATE").await?, _turn: turn })
    }
}

impl Write {
    async fn commit(self) -> sqlx::Result<()> {
        self.transaction.commit().await
    }

    async fn rollback(self) -> sqlx::Result<()> {
        self.transaction.rollback().await
    }
}

impl Deref for Write {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.transaction
    }
}

impl DerefMut for Write {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.transaction
    }
}

/// Lets nobody else count under these keys until the transaction ends: here, nobody else can write at all.
async fn hold_keys(_: &mut Connection, _: &[&[u8]]) -> Result<()> {
    Ok(())
}
