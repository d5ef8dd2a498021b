//! The file of the list, as one of several processes that read and change it.

use std::fs::{self, OpenOptions};
use std::io::ErrorKind as IoKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use super::{Account, read, write};
use crate::error::{Error, ErrorKind, Result};

pub(super) struct File {
    path: PathBuf,
    known: Mutex<Known>,
}

/// What was read last, and of which file.
struct Known {
    stamp: Option<Stamp>,
    list: Vec<Account>,
}

/// A file is replaced as a whole: another one has another stamp.
#[derive(PartialEq, Eq)]
struct Stamp {
    changed: Option<SystemTime>,
    length: u64,
    number: u64,
}

impl File {
    pub fn open(path: PathBuf) -> Result<Self> {
        let known = load(&path)?;
        Ok(Self { path, known: Mutex::new(known) })
    }

    pub fn list(&self) -> Result<Vec<Account>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.stamp != stamp(&self.path) {
            *known = load(&self.path)?;
        }
        Ok(known.list.clone())
    }

    /// Changes what the file holds now, whoever wrote it, and holds off everyone else meanwhile.
    pub fn change(&self, change: impl FnOnce(&mut Vec<Account>)) -> Result<()> {
        let broken = |error| Error::new(ErrorKind::StoreBroken, error);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        fs::create_dir_all(self.path.parent().unwrap_or(Path::new("."))).map_err(broken)?;
        let lock = self.path.with_extension("lock");
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(lock).map_err(broken)?;
        // Let go of when it is dropped, by a crash too.
        lock.lock().map_err(broken)?;
        let mut list = load(&self.path)?.list;
        change(&mut list);
        write(&self.path, &list)?;
        *known = Known { stamp: stamp(&self.path), list };
        Ok(())
    }
}

/// The stamp is taken first: a file that is replaced in between is read again.
fn load(path: &Path) -> Result<Known> {
    let stamp = stamp(path);
    let list = match fs::read(path) {
        Ok(bytes) => read(&bytes)?,
        Err(error) if error.kind() == IoKind::NotFound => Vec::new(),
        Err(error) => return Err(Error::new(ErrorKind::Unreadable, error)),
    };
    Ok(Known { stamp, list })
}

fn stamp(path: &Path) -> Option<Stamp> {
    let seen = fs::metadata(path).ok()?;
    #[cfg(unix)]
    let number = std::os::unix::fs::MetadataExt::ino(&seen);
    #[cfg(not(unix))]
    let number = 0;
    Some(Stamp { changed: seen.modified().ok(), length: seen.len(), number })
}
