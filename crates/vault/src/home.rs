//! The folder of a vault: its files, and the careful ways to read and append.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::container::Header;
use crate::disk::{Disk, File, How, again, read_full, write_all};
use crate::error::{Error, Result};
use crate::wiped::Wiped;

/// Where a vault rests.
#[derive(Clone)]
pub struct Home {
    pub(crate) disk: Arc<dyn Disk>,
    folder: PathBuf,
}

/// Nobody else writes while it lives.
pub(crate) struct Lock {
    _held: Option<Box<dyn Send>>,
}

impl Home {
    pub fn new(disk: Arc<dyn Disk>, folder: impl Into<PathBuf>) -> Self {
        Self { disk, folder: folder.into() }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether a vault rests here; what cannot be asked is an error, never "no".
    pub fn has_vault(&self) -> Result<bool> {
        Ok(again(|| self.disk.list(&self.folder))?.iter().any(|name| name == "regain.vault"))
    }

    pub(crate) fn vault(&self) -> PathBuf {
        self.folder.join("regain.vault")
    }

    pub(crate) fn next(&self) -> PathBuf {
        self.folder.join("regain.vault.next")
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.folder.join("regain.journal")
    }

    pub(crate) fn torn(&self) -> PathBuf {
        self.folder.join("regain.journal.torn")
    }

    pub(crate) fn backups(&self) -> PathBuf {
        self.folder.join("backups")
    }

    pub(crate) fn lock(&self) -> Result<Lock> {
        Ok(Lock { _held: Some(again(|| self.disk.lock(&self.folder.join("regain.lock")))?) })
    }

    /// For reading alone: where nothing can be written, there is nobody to be kept out.
    pub(crate) fn lock_to_read(&self) -> Result<Lock> {
        match self.lock() {
            Err(Error::Io(error))
                if matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem) =>
            {
                Ok(Lock { _held: None })
            }
            locked => locked,
        }
    }

    /// A file to read from; `None` if it is not there.
    pub(crate) fn open(&self, path: &Path) -> Result<Option<Box<dyn File>>> {
        match again(|| self.disk.open(path, How::Read)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            opened => Ok(Some(opened?)),
        }
    }

    /// A whole file of at most that many bytes; `None` if it is not there.
    pub(crate) fn read(&self, path: &Path, most: usize) -> Result<Option<Wiped>> {
        self.open(path)?.map(|mut file| read_whole(&mut *file, most)).transpose()
    }

    /// The header of the snapshot, not authenticated.
    pub(crate) fn read_header(&self) -> Result<Header> {
        let mut file = self.open(&self.vault())?.ok_or(Error::Missing)?;
        Ok(Header::read(&mut *file)?.0)
    }

    pub(crate) fn write(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        let mut file = again(|| self.disk.open(path, How::Write))?;
        write_all(&mut *file, bytes)?;
        Ok(again(|| file.sync())?)
    }

    pub(crate) fn sync_folder(&self) -> Result<()> {
        Ok(again(|| self.disk.sync_folder(&self.folder))?)
    }

    /// Appends a frame behind `end`, having laid a torn tail aside; durable when it returns `Ok`. After an `Err` the
    /// frame may be there in part or as a whole.
    pub(crate) fn append(&self, file: &mut dyn File, end: u64, frame: &[u8]) -> Result<()> {
        if again(|| file.size())? > end {
            let all = read_again(self, end)?;
            self.write(&self.torn(), &all)?;
            again(|| file.cut(end))?;
            again(|| file.sync())?;
        }
        let appended = write_all(file, frame).and_then(|()| again(|| file.sync()));
        if let Err(error) = appended {
            // Best effort: what stays of it is a torn tail, or a change that was made after all.
            let _ = again(|| file.cut(end)).and_then(|()| again(|| file.sync()));
            return Err(error.into());
        }
        Ok(())
    }
}

fn read_again(home: &Home, from: u64) -> Result<Wiped> {
    let all = home.read(&home.journal(), crate::journal::FILE_MOST)?.unwrap_or_default();
    Ok(Wiped::copy_of(usize::try_from(from).ok().and_then(|from| all.get(from..)).unwrap_or_default()))
}

pub(crate) fn read_whole(file: &mut dyn File, most: usize) -> Result<Wiped> {
    let size = usize::try_from(again(|| file.size())?).ok().filter(|size| *size <= most);
    let mut bytes = Wiped::zeros(size.ok_or(Error::Limit("the size of a file"))?);
    let read = read_full(file, &mut bytes)?;
    bytes.truncate(read);
    Ok(bytes)
}
