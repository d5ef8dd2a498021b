//! Copies of the SQLite file: made while the server runs, checked before they count, and put back.

mod restore;

pub use crate::storage::sqlite::newest;
pub use restore::{Restored, restore};

use crate::private_file;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why a copy was not made or not put back, in words for whoever asked for it.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{0} is already there: name a new file, so that no backup is lost to another")]
    Exists(PathBuf),
    #[error("there is no database {0}")]
    NoDatabase(PathBuf),
    #[error("{path}: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error("{path} cannot be read as a database: {reason}")]
    Unreadable { path: PathBuf, reason: String },
    #[error("{path} is damaged, so it does not count as a backup: {found}")]
    Damaged { path: PathBuf, found: String },
    #[error("{0} is a database, but not one of this server")]
    Foreign(PathBuf),
    #[error(
        "{path} was made by a newer version of this server (its tables are version {theirs}, known here are {ours}): \
             install that version first"
    )]
    Newer { path: PathBuf, theirs: i64, ours: i64 },
    #[error("{0} belongs to another pepper: put the pepper file back first that was kept with this backup")]
    OtherPepper(PathBuf),
    #[error("the server is running, or another command uses {0}: stop it first")]
    InUse(PathBuf),
    #[error("{path} {holds}: pass --replace to lay it aside and put the backup in its place")]
    NotEmpty { path: PathBuf, holds: String },
}

/// What a database says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Of its tables: the number of the newest migration.
    pub version: i64,
    pub accounts: i64,
    /// What tells its pepper, once there was one.
    pub pepper_check: Option<Vec<u8>>,
}

/// Writes a copy of `database` to `file`, as it is at this moment; the server may go on meanwhile. Says what is
/// in it.
///
/// The copy is readable by its owner only, on the disk when this returns, and was read back whole.
///
/// # Errors
/// `file` is already there or cannot be written, or the copy is not sound; then there is no `file`.
pub async fn backup(database: &Path, file: &Path) -> Result<Look, BackupError> {
    let at = |path: &Path| {
        let path = path.to_owned();
        move |source| BackupError::File { path, source }
    };
    if !database.is_file() {
        return Err(BackupError::NoDatabase(database.to_owned()));
    }
    refuse_existing(file)?;
    let part = beside(file, ".part");
    // Of a backup that was interrupted: it was never whole.
    remove_if_there(&part)?;
    // SQLite writes into a file that is there if it is empty, so the rights are right from the start.
    drop(private_file::create(&part).map_err(at(&part))?);
    let look = match copy(database, &part).await {
        Ok(look) => look,
        Err(error) => {
            remove_if_there(&part)?;
            return Err(error);
        }
    };
    refuse_existing(file)?;
    fs::rename(&part, file).map_err(at(file))?;
    sync_folder(file).map_err(at(file))?;
    Ok(look)
}

async fn copy(database: &Path, part: &Path) -> Result<Look, BackupError> {
    let mut connection = open(database, true).await?;
    let copied = sqlx::query("VACUUM INTO ?").bind(part.to_string_lossy()).execute(&mut connection).await;
    close(connection, database).await?;
    copied.map_err(|error| unreadable(database, &error))?;
    File::open(part)
        .and_then(|file| file.sync_all())
        .map_err(|source| BackupError::File { path: part.to_owned(), source })?;
    check(part).await
}

/// Reads the whole file and says what is in it.
///
/// # Errors
/// It is damaged, or no database of this server.
pub async fn check(file: &Path) -> Result<Look, BackupError> {
    let mut connection = open(file, false).await?;
    let found: Result<Vec<String>, _> =
        sqlx::query_scalar("PRAGMA integrity_check(3)").fetch_all(&mut connection).await;
    let look = look_at(&mut connection).await;
    close(connection, file).await?;
    let found = found.map_err(|error| unreadable(file, &error))?;
    if found != ["ok"] {
        return Err(BackupError::Damaged { path: file.to_owned(), found: found.join("; ") });
    }
    look.map_err(|error| unreadable(file, &error))?.ok_or_else(|| BackupError::Foreign(file.to_owned()))
}

/// What `database` says about itself, without reading it all; `None` if there is nothing in it.
///
/// # Errors
/// It cannot be read, or is another program's.
pub async fn look(database: &Path) -> Result<Option<Look>, BackupError> {
    if !database.is_file() {
        return Ok(None);
    }
    let mut connection = open(database, true).await?;
    let look = look_at(&mut connection).await;
    let tables: Result<i64, _> =
        sqlx::query_scalar("SELECT count(*) FROM sqlite_master").fetch_one(&mut connection).await;
    close(connection, database).await?;
    match (look, tables) {
        (Ok(None), Ok(1..)) => Err(BackupError::Foreign(database.to_owned())),
        (Err(error), _) | (_, Err(error)) => Err(unreadable(database, &error)),
        (Ok(look), _) => Ok(look),
    }
}

/// `None` if the tables of this server are not there.
async fn look_at(connection: &mut SqliteConnection) -> Result<Option<Look>, sqlx::Error> {
    let tables: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM sqlite_master WHERE name IN ('_sqlx_migrations', 'accounts', 'settings')",
    )
    .fetch_one(&mut *connection)
    .await?;
    if tables != 3 {
        return Ok(None);
    }
    let version = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations WHERE success")
        .fetch_one(&mut *connection)
        .await?;
    let accounts = sqlx::query_scalar("SELECT count(*) FROM accounts").fetch_one(&mut *connection).await?;
    let pepper_check = sqlx::query_scalar("SELECT value FROM settings WHERE key = 'pepper'")
        .fetch_optional(&mut *connection)
        .await?;
    Ok(Some(Look { version, accounts, pepper_check }))
}

/// A file that lives has its journal beside it and may be written to by others meanwhile; a copy is left as it is.
async fn open(path: &Path, lives: bool) -> Result<SqliteConnection, BackupError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .read_only(!lives)
        .immutable(!lives)
        .busy_timeout(Duration::from_secs(30));
    options.connect().await.map_err(|error| unreadable(path, &error))
}

async fn close(connection: SqliteConnection, path: &Path) -> Result<(), BackupError> {
    connection.close().await.map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &sqlx::Error) -> BackupError {
    BackupError::Unreadable { path: path.to_owned(), reason: error.to_string() }
}

fn refuse_existing(file: &Path) -> Result<(), BackupError> {
    match fs::symlink_metadata(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(BackupError::File { path: file.to_owned(), source }),
        Ok(_) => Err(BackupError::Exists(file.to_owned())),
    }
}

fn remove_if_there(path: &Path) -> Result<(), BackupError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(BackupError::File { path: path.to_owned(), source: error })
        }
        _ => Ok(()),
    }
}

/// `accounts.sqlite` and `-wal` are `accounts.sqlite-wal`.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// A new name is on the disk only once its folder is.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(private_file::folder_of(path))?.sync_all() } else { Ok(()) }
}
