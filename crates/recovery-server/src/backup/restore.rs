use super::{
    BackupError, Look, beside, check, close, look, newest, open, refuse_existing, remove_if_there,
    sync_folder,
};
use crate::in_use::InUse;
use crate::{Pepper, private_file};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// What was put back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    pub look: Look,
    /// Where the database is that was there before.
    pub laid_aside: Option<PathBuf>,
}

/// Puts the backup `file` in the place of `database`; `now` (Unix seconds) names what is laid aside.
///
/// At every moment there is a whole database in the place: the old one or the new one.
///
/// # Errors
/// The server runs, the backup is not sound or belongs to another pepper, or there are accounts in `database` and
/// `replace` is not set. Then nothing has changed.
pub async fn restore(
    database: &Path,
    file: &Path,
    pepper: &Pepper,
    replace: bool,
    now: i64,
) -> Result<Restored, BackupError> {
    let at = |path: &Path| {
        let path = path.to_owned();
        move |source| BackupError::File { path, source }
    };
    let Some(_alone) = InUse::alone(database).map_err(at(database))? else {
        return Err(BackupError::InUse(database.to_owned()));
    };
    let found = check(file).await?;
    let ours = newest();
    if found.version > ours {
        return Err(BackupError::Newer { path: file.to_owned(), theirs: found.version, ours });
    }
    let own = pepper.mac("check", &[]);
    if found.pepper_check.as_ref().is_some_and(|check| check.as_slice() != own) {
        return Err(BackupError::OtherPepper(file.to_owned()));
    }
    let there = database.exists();
    if there && !replace {
        let holds = match look(database).await {
            Ok(None | Some(Look { accounts: 0, .. })) => None,
            Ok(Some(Look { accounts, .. })) => Some(format!("has accounts in it ({accounts})")),
            Err(BackupError::Foreign(_)) => Some("is another program's database".to_owned()),
            Err(_) => Some("cannot be read".to_owned()),
        };
        if let Some(holds) = holds {
            return Err(BackupError::NotEmpty { path: database.to_owned(), holds });
        }
    }

    let fresh = beside(database, ".restoring");
    remove_if_there(&fresh)?;
    let copied = copy(file, &fresh);
    if let Err(source) = copied {
        remove_if_there(&fresh)?;
        return Err(BackupError::File { path: fresh, source });
    }
    let laid_aside = if there { Some(lay_aside(database, now).await?) } else { None };
    fs::rename(&fresh, database).map_err(at(database))?;
    sync_folder(database).map_err(at(database))?;
    Ok(Restored { look: found, laid_aside })
}

/// The old database under a second name, with what belongs to it.
async fn lay_aside(database: &Path, now: i64) -> Result<PathBuf, BackupError> {
    // A sound one takes its journal in when it is closed, so that it is one file again; a damaged one need not.
    if let Ok(mut connection) = open(database, true).await {
        let _taken_in = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut connection).await;
        let _closed = close(connection, database).await;
    }
    let aside = beside(database, &format!(".replaced-{now}"));
    refuse_existing(&aside)?;
    let at = |source| BackupError::File { path: aside.clone(), source };
    fs::hard_link(database, &aside).map_err(at)?;
    for ending in ["-wal", "-shm"] {
        match fs::rename(beside(database, ending), beside(&aside, ending)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(error)),
            _ => {}
        }
    }
    Ok(aside)
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let mut fresh = private_file::create(to)?;
    io::copy(&mut File::open(from)?, &mut fresh)?;
    fresh.sync_all()?;
    private_file::give_to_owner_of_folder(to)
}
