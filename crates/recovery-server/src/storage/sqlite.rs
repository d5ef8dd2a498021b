//! SQLite: one file, or none at all for practice and tests.

mod accounts;
mod ledger;
mod pairings;
mod recoveries;
mod sessions;

use super::{Result, StorageError, Trace};
use crate::audit::Entry;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, SqliteConnection, SqlitePool, Transaction};
use std::path::Path;
use std::time::Duration;

/// A store in one SQLite file.
#[derive(Debug, Clone)]
pub struct SqliteStorage {
    pool: SqlitePool,
}

impl SqliteStorage {
    /// Opens the file, makes it if there is none, and brings its tables up to date.
    ///
    /// # Errors
    /// The file cannot be opened, or was made by a newer version.
    pub async fn open(path: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(5));
        Self::with(options, SqlitePoolOptions::new().max_connections(8)).await
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
        let pool = pool.connect_with(options.foreign_keys(true)).await?;
        sqlx::migrate!().run(&pool).await.map_err(|error| StorageError::Failed(error.into()))?;
        Ok(Self { pool })
    }

    /// A transaction that has the right to write from its first statement on, so that what it read
    /// cannot change under it.
    async fn write(&self) -> Result<Transaction<'static, Sqlite>> {
        Ok(self.pool.begin_with("BEGIN IMMEDIATE").await?)
    }
}

impl From<sqlx::Error> for StorageError {
    fn from(error: sqlx::Error) -> Self {
        match error.as_database_error() {
            Some(database) if database.is_unique_violation() => Self::NameTaken,
            _ => Self::Failed(error.into()),
        }
    }
}

async fn record(connection: &mut SqliteConnection, trace: &Trace) -> Result<()> {
    audit(connection, &trace.audit).await?;
    if let Some(mail) = &trace.mail {
        sqlx::query("INSERT INTO mail (letter, due_at, drop_at) VALUES (?, ?, ?)")
            .bind(&mail.letter)
            .bind(trace.audit.at)
            .bind(mail.drop_at)
            .execute(connection)
            .await?;
    }
    Ok(())
}

async fn audit(connection: &mut SqliteConnection, entry: &Entry) -> Result<()> {
    sqlx::query("INSERT INTO audit (at, account_id, event, result, network) VALUES (?, ?, ?, ?, ?)")
        .bind(entry.at)
        .bind(&entry.account_id)
        .bind(&entry.event)
        .bind(&entry.result)
        .bind(&entry.network)
        .execute(connection)
        .await?;
    Ok(())
}

/// Everything that was open for the account, but for one session; says how many sessions ended.
async fn end_everything(connection: &mut SqliteConnection, account_id: &str, keep: &str) -> Result<u64> {
    let ended = sqlx::query("DELETE FROM sessions WHERE account_id = ? AND id <> ?")
        .bind(account_id)
        .bind(keep)
        .execute(&mut *connection)
        .await?
        .rows_affected();
    sqlx::query("DELETE FROM sign_in_tickets WHERE account_id = ?")
        .bind(account_id)
        .execute(&mut *connection)
        .await?;
    sqlx::query("DELETE FROM recoveries WHERE account_id = ?")
        .bind(account_id)
        .execute(&mut *connection)
        .await?;
    pairings::close_all(connection, account_id).await?;
    Ok(ended)
}

async fn mark(connection: &mut SqliteConnection, account_id: &str, mark: &[u8], now: i64) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO known (account_id, mark, first_seen) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    )
    .bind(account_id)
    .bind(mark)
    .bind(now)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Crosses a saved code off; `false` if it was used before.
async fn cross_off(
    connection: &mut SqliteConnection,
    account_id: &str,
    place: i64,
    now: i64,
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE recovery_codes SET used_at = ? WHERE account_id = ? AND place = ? AND used_at IS NULL",
    )
    .bind(now)
    .bind(account_id)
    .bind(place)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}
