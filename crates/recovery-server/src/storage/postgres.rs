//! PostgreSQL: one database for any number of nodes.
//!
//! Transactions read what is committed at each statement, so whatever a method decides by is locked first: rows,
//! or keys where there is no row yet. Locks are taken in one order, so that nobody waits in a circle: the account,
//! then its sessions, then the rest; keys sorted. The sweep takes only what nobody holds.

/// What keeps others off the rows that were read, until the transaction ends. Rows may still be referred to.
macro_rules! held {
    () => {
        " FOR NO KEY UPDATE"
    };
}
/// The same for rows that somebody else may hold: those are left to them.
macro_rules! held_by_nobody {
    () => {
        " FOR UPDATE SKIP LOCKED"
    };
}

#[expect(clippy::duplicate_mod, reason = "one text of SQL for both databases")]
#[path = "sql/accounts.rs"]
mod accounts;
#[expect(clippy::duplicate_mod, reason = "one text of SQL for both databases")]
#[path = "sql/claims.rs"]
mod claims;
#[expect(clippy::duplicate_mod, reason = "one text of SQL for both databases")]
#[path = "sql/ledger.rs"]
mod ledger;
#[expect(clippy::duplicate_mod, reason = "one text of SQL for both databases")]
#[path = "sql/pairings.rs"]
mod pairings;
#[expect(clippy::duplicate_mod, reason = "one text of SQL for both databases")]
#[path = "sql/passkeys.rs"]
mod passkeys;
#[expect(clippy::duplicate_mod, reason = "one text of SQL for both databases")]
#[path = "sql/queue.rs"]
mod queue;
#[expect(clippy::duplicate_mod, reason = "one text of SQL for both databases")]
#[path = "sql/recoveries.rs"]
mod recoveries;
#[expect(clippy::duplicate_mod, reason = "one text of SQL for both databases")]
#[path = "sql/revocable.rs"]
mod revocable;
#[expect(clippy::duplicate_mod, reason = "one text of SQL for both databases")]
#[path = "sql/sessions.rs"]
mod sessions;
#[expect(clippy::duplicate_mod, reason = "one text of SQL for both databases")]
#[path = "sql/settings.rs"]
mod settings;
#[expect(clippy::duplicate_mod, reason = "one text of SQL for both databases")]
#[path = "sql/steps.rs"]
mod steps;
#[expect(clippy::duplicate_mod, reason = "one text of SQL for both databases")]
#[path = "sql/watched.rs"]
mod watched;

use super::pairings::Poll;
use super::together::Together;
use super::{Polled, Result, StorageError};
use crate::config::Server;
use sqlx::migrate::Migrator;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgRow};
use sqlx::{Connection as _, PgConnection, PgPool, Postgres, Transaction};
use std::sync::Arc;
use std::time::Duration;

/// How long to wait for a connection. With what a statement may take it stays below the 10 s of a request.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long to wait at the start.
const PATIENCE_AT_THE_START: Duration = Duration::from_secs(10);
/// How long a statement may take; waiting for others' locks included. A node that stands still in the middle of a
/// transaction loses it, and with it its locks. In PostgreSQL's own words, milliseconds.
const BOUNDS: [(&str, &str); 3] = [
    ("statement_timeout", "5000"),
    ("lock_timeout", "4000"),
    ("idle_in_transaction_session_timeout", "10000"),
];

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// The version of the tables that this program brings a database to.
pub fn newest() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// A store in a PostgreSQL database.
#[derive(Debug, Clone)]
pub struct PostgresStorage {
    pool: PgPool,
    polls: Arc<Together<Poll, Polled>>,
}

type Store = PostgresStorage;
type Db = Postgres;
type Connection = PgConnection;
type Row = PgRow;
type Write = Transaction<'static, Postgres>;

impl PostgresStorage {
    /// Connects, at most `connections` at once, and brings the tables up to date.
    ///
    /// # Errors
    /// The server does not answer or does not let us in, its text is not UTF-8, or its tables were made by a
    /// newer version.
    pub async fn open(server: &Server, connections: u32) -> Result<Self> {
        let options = server.options();
        // By itself, for the pool keeps to itself why it gets no connection; and without the bounds.
        in_time(prepare(&options)).await?;
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(PATIENCE)
            .connect_lazy_with(options.options(BOUNDS));
        Ok(Self { pool, polls: Arc::default() })
    }

    /// Waits until everything is written and lets go of the server.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// For a statement that is a transaction by itself and writes: here, as for any other.
    async fn writer(&self) -> Result<PoolConnection<Postgres>> {
        Ok(self.pool.acquire().await?)
    }

    async fn write(&self) -> Result<Write> {
        Ok(self.pool.begin().await?)
    }

    /// For one statement that writes, while nobody else counts under these keys.
    async fn write_once(&self, keys: &[&[u8]]) -> Result<Write> {
        let mut write = self.write().await?;
        hold_keys(&mut write, keys).await?;
        Ok(write)
    }
}

async fn written(write: Write) -> Result<()> {
    Ok(write.commit().await?)
}

/// The version of a server's tables as they are, `None` if there are none yet; nothing is changed.
///
/// # Errors
/// It does not answer or does not let us in.
pub async fn version(server: &Server) -> Result<Option<i64>> {
    in_time(async {
        let mut connection = PgConnection::connect_with(&server.options()).await?;
        let tables: bool = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
            .fetch_one(&mut connection)
            .await?;
        let version = match tables {
            true => {
                let newest = "SELECT max(version) FROM _sqlx_migrations WHERE success";
                sqlx::query_scalar(newest).fetch_one(&mut connection).await?
            }
            false => None,
        };
        connection.close().await?;
        Ok(version)
    })
    .await
}

async fn in_time<T>(asked: impl Future<Output = Result<T>>) -> Result<T> {
    let answer = tokio::time::timeout(PATIENCE_AT_THE_START, asked).await;
    answer.map_err(|_| StorageError::Unavailable("it does not answer".into()))?
}

async fn prepare(options: &PgConnectOptions) -> Result<()> {
    let mut connection = PgConnection::connect_with(options).await?;
    let encoding: String = sqlx::query_scalar("SHOW server_encoding").fetch_one(&mut connection).await?;
    if encoding != "UTF8" {
        let words = format!("its encoding is {encoding}: make it with CREATE DATABASE … ENCODING 'UTF8'");
        return Err(StorageError::Failed(words.into()));
    }
    MIGRATIONS.run(&mut connection).await?;
    Ok(connection.close().await?)
}

/// Lets nobody else count under these keys until the transaction ends.
async fn hold_keys(connection: &mut Connection, keys: &[&[u8]]) -> Result<()> {
    let mut numbers: Vec<i64> = keys.iter().map(|key| number(key)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    for number in numbers {
        sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(number).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Keys are keyed hashes already: two that share their first 8 bytes only wait for each other.
fn number(key: &[u8]) -> i64 {
    let mut first = [0; 8];
    for (to, from) in first.iter_mut().zip(key) {
        *to = *from;
    }
    i64::from_be_bytes(first)
}
