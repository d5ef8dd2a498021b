//! What a database says when it cannot, and what that means for a request.

use super::StorageError;
use sqlx::error::DatabaseError;
use sqlx::migrate::MigrateError;

impl From<sqlx::Error> for StorageError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) if database.is_unique_violation() => Self::NameTaken,
            sqlx::Error::Database(database) if may_go_next_time(database.as_ref()) => {
                Self::Unavailable(error.into())
            }
            sqlx::Error::PoolTimedOut => Self::Unavailable("no connection came free in time".into()),
            sqlx::Error::Io(_) | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
                Self::Unavailable(error.into())
            }
            _ => Self::Failed(error.into()),
        }
    }
}

impl From<MigrateError> for StorageError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(version) => Self::Failed(
                format!(
                    "its tables are version {version}, which a newer version of this server has made: install \
                     that one again"
                )
                .into(),
            ),
            other => Self::Failed(other.into()),
        }
    }
}

/// Trouble that is not the statement's own.
fn may_go_next_time(error: &dyn DatabaseError) -> bool {
    let code = error.code().unwrap_or_default();
    match code.len() {
        // PostgreSQL's errors have five letters (its manual, appendix A): the connection, its means, somebody who
        // stops it; then circles of locks, time that ran out, and a server that has become a copy of another.
        5 => {
            ["08", "53", "57P"].iter().any(|class| code.starts_with(class))
                || ["40001", "40P01", "55P03", "57014", "25P03", "25006"].contains(&code.as_ref())
        }
        // SQLite's are numbers, whose lowest byte is the kind: SQLITE_BUSY, SQLITE_LOCKED, SQLITE_IOERR, SQLITE_FULL.
        _ => code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 10 | 13)),
    }
}
