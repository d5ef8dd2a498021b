//! The connection that writes to SQLite.

use super::PATIENCE;
use crate::storage::{Result, StorageError};
use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Sqlite, SqliteConnection, SqlitePool};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use tokio::sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard};

/// One connection: whoever wants to write waits for it in turn. SQLite itself lets writers wait by asking again later, in no
/// order, and ever later; and what a connection has read it reads anew when another one has written.
#[derive(Debug, Clone)]
pub(super) enum Writer {
    /// To a file. It comes from no pool: a pool asks after each use whether the connection is still well, which is a way to
    /// SQLite's thread and back, and would keep one that is in a transaction it cannot end.
    File { options: Box<SqliteConnectOptions>, own: Arc<Mutex<Option<Own>>> },
    /// A store in memory is one connection for all, whose pool rolls back what was left open.
    Memory(SqlitePool),
}

#[derive(Debug)]
pub(super) struct Own {
    connection: SqliteConnection,
    /// A transaction was begun, and nobody knows how it ended.
    is_open: bool,
}

/// Somebody's turn.
pub(super) enum Hand {
    File(OwnedMappedMutexGuard<Option<Own>, Own>),
    Memory(PoolConnection<Sqlite>),
}

/// A transaction that is rolled back unless it is committed.
pub(super) struct Write {
    hand: Hand,
    writer: Writer,
    is_over: bool,
}

impl Writer {
    pub(super) async fn open(options: SqliteConnectOptions) -> Result<Self> {
        let own = Own { connection: options.connect().await?, is_open: false };
        Ok(Self::File { options: Box::new(options), own: Arc::new(Mutex::new(Some(own))) })
    }

    pub(super) async fn turn(&self) -> Result<Hand> {
        let (options, own) = match self {
            Self::File { options, own } => (options, own),
            Self::Memory(pool) => return Ok(Hand::Memory(pool.acquire().await?)),
        };
        let mine = tokio::time::timeout(PATIENCE, Arc::clone(own).lock_owned()).await;
        let mine = mine.map_err(|_| StorageError::from(sqlx::Error::PoolTimedOut))?;
        let mut mine = OwnedMutexGuard::try_map(mine, Option::as_mut)
            .map_err(|_| StorageError::from(sqlx::Error::PoolClosed))?;
        if mine.is_open {
            // SQLite may have ended it itself, as when the disk is full. Then, and if its thread is gone, with a new one.
            if sqlx::query("ROLLBACK").execute(&mut mine.connection).await.is_err() {
                mine.connection = options.connect().await?;
            }
            mine.is_open = false;
        }
        Ok(Hand::File(mine))
    }

    /// A transaction that has the right to write from its first statement on, so that what it read cannot change under it.
    pub(super) async fn begin(&self) -> Result<Write> {
        let mut hand = self.turn().await?;
        hand.set_open(true);
        let mut write = Write { hand, writer: self.clone(), is_over: false };
        sqlx::query("BEGIN IMMEDIATE").execute(&mut *write).await?;
        Ok(write)
    }

    pub(super) async fn close(&self) {
        match self {
            Self::File { own, .. } => {
                if let Some(own) = own.lock().await.take() {
                    // The file is let go of in any case.
                    let _closed = own.connection.close().await;
                }
            }
            Self::Memory(pool) => pool.close().await,
        }
    }
}

impl Hand {
    fn set_open(&mut self, is_open: bool) {
        if let Self::File(own) = self {
            own.is_open = is_open;
        }
    }
}

impl Write {
    pub(super) async fn commit(self) -> sqlx::Result<()> {
        self.end("COMMIT").await
    }

    pub(super) async fn rollback(self) -> sqlx::Result<()> {
        self.end("ROLLBACK").await
    }

    async fn end(mut self, how: &'static str) -> sqlx::Result<()> {
        sqlx::query(how).execute(&mut *self).await?;
        self.hand.set_open(false);
        self.is_over = true;
        Ok(())
    }
}

impl Drop for Write {
    fn drop(&mut self) {
        if self.is_over || matches!(self.hand, Hand::Memory(_)) {
            return;
        }
        // At once, for other programs wait for the file, too. Without a runtime the connection ends with the program.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let writer = self.writer.clone();
            runtime.spawn(async move {
                // What fails here fails for whoever comes next, and is said there.
                let _rolled_back = writer.turn().await;
            });
        }
    }
}

impl Deref for Hand {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        match self {
            Self::File(own) => &own.connection,
            Self::Memory(pooled) => pooled,
        }
    }
}

impl DerefMut for Hand {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        match self {
            Self::File(own) => &mut own.connection,
            Self::Memory(pooled) => pooled,
        }
    }
}

impl Deref for Write {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.hand
    }
}

impl DerefMut for Write {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.hand
    }
}
