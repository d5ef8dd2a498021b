//! Who uses a database file: any number of servers and commands at once, or one that replaces it.

use crate::private_file;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// Held for as long as the database is used.
#[derive(Debug)]
pub struct InUse(File);

impl Drop for InUse {
    /// A child process that is just being started has the file open, too, and would keep the lock until it runs.
    fn drop(&mut self) {
        // Closing it is the other way.
        let _unlocked = self.0.unlock();
    }
}

impl InUse {
    /// Together with others; `None` while somebody replaces the file.
    ///
    /// # Errors
    /// The lock file beside the database cannot be made.
    pub fn shared(database: &Path) -> io::Result<Option<Self>> {
        let file = open(database)?;
        held(file.try_lock_shared(), file)
    }

    /// Alone; `None` while anybody else uses the file.
    ///
    /// # Errors
    /// The lock file beside the database cannot be made.
    pub fn alone(database: &Path) -> io::Result<Option<Self>> {
        let file = open(database)?;
        held(file.try_lock(), file)
    }
}

fn held(locked: Result<(), TryLockError>, file: File) -> io::Result<Option<InUse>> {
    match locked {
        Ok(()) => Ok(Some(InUse(file))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// A file of its own: SQLite's locks on the database would be lost with any other handle on it (POSIX `fcntl`).
fn open(database: &Path) -> io::Result<File> {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let path = PathBuf::from(name);
    let file = options.open(&path)?;
    private_file::give_to_owner_of_folder(&path)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_share_it_or_one_has_it_alone() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("accounts.sqlite");
        let shared = [InUse::shared(&database), InUse::shared(&database)].map(|held| held.unwrap().unwrap());
        assert!(InUse::alone(&database).unwrap().is_none());
        drop(shared);
        let alone = InUse::alone(&database).unwrap().unwrap();
        assert!(InUse::shared(&database).unwrap().is_none());
        drop(alone);
        assert!(InUse::shared(&database).unwrap().is_some());
        assert!(!database.exists());
    }

    #[test]
    fn another_handle_of_the_same_file_does_not_keep_it() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("accounts.sqlite");
        let alone = InUse::alone(&database).unwrap().unwrap();
        // As a child process has it between its birth and its program.
        let _inherited = alone.0.try_clone().unwrap();
        drop(alone);
        assert!(InUse::alone(&database).unwrap().is_some());
    }
}
