//! The database that the tests of this crate run on.

use recovery_server::config::Database as Address;
use recovery_server::{Pepper, PostgresStorage, SeededRandom, SqliteStorage, Storage};
use std::sync::Arc;
use tempfile::TempDir;

/// One for a test alone, which nodes can share.
pub struct Database {
    place: Place,
}

enum Place {
    File(TempDir),
    Postgres(String),
}

/// The same tests are built twice: `tests/sqlite.rs`, `tests/postgres.rs`.
pub fn is_postgres() -> bool {
    env!("CARGO_CRATE_NAME") == "postgres"
}

impl Database {
    /// An empty one.
    pub async fn new() -> Self {
        #[cfg(target_os = "linux")]
        if is_postgres() {
            return Self::at(super::postgres::Cluster::shared().schema().await);
        }
        Self { place: Place::File(tempfile::tempdir().unwrap()) }
    }

    /// A PostgreSQL database by its address.
    pub fn at(address: String) -> Self {
        Self { place: Place::Postgres(address) }
    }

    pub fn address(&self) -> &str {
        match &self.place {
            Place::Postgres(address) => address,
            Place::File(folder) => panic!("a file in {}", folder.path().display()),
        }
    }

    /// Whom a PostgreSQL database belongs to.
    pub fn user(&self) -> String {
        self.address().split(['/', ':']).nth(3).unwrap().to_owned()
    }

    /// Connections of their own, as another process would have.
    pub async fn open(&self) -> Arc<dyn Storage> {
        match &self.place {
            Place::File(folder) => {
                Arc::new(SqliteStorage::open(&folder.path().join("accounts.sqlite")).await.unwrap())
            }
            Place::Postgres(address) => {
                let Ok(Address::Postgres(server)) = Address::read(address) else { panic!("{address}") };
                Arc::new(PostgresStorage::open(&server, 8).await.unwrap())
            }
        }
    }

    /// One statement past the server under test.
    pub async fn run(&self, sql: &'static str) {
        use sqlx::Connection as _;
        match &self.place {
            Place::File(folder) => {
                let path = folder.path().join("accounts.sqlite");
                let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
                let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
                sqlx::query(sql).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
            Place::Postgres(_) => {
                #[cfg(target_os = "linux")]
                {
                    let mut connection = super::postgres::Cluster::shared().connect(&self.user()).await;
                    sqlx::query(sql).execute(&mut connection).await.unwrap();
                    connection.close().await.unwrap();
                }
            }
        }
    }

    /// All nodes of a database know it.
    pub fn pepper() -> Pepper {
        Pepper::random(&SeededRandom::new(0))
    }
}
