//! Files that only their owner may read.

use std::io;
use std::path::Path;

/// Can anybody but the owner read or change the file? Root's own group is nobody else: what systemd
/// hands over as a credential looks like that.
///
/// # Errors
/// There is no such file, or its rights cannot be read.
#[cfg(unix)]
pub(crate) fn is_shared(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let file = std::fs::metadata(path)?;
    let of_root = file.uid() == 0 && file.gid() == 0;
    let others = if of_root { 0o037 } else { 0o077 };
    Ok(file.mode() & others != 0)
}

#[cfg(not(unix))]
pub(crate) fn is_shared(path: &Path) -> io::Result<bool> {
    std::fs::metadata(path).map(|_| false)
}

/// Makes a file that was not there before and that its owner alone can read.
pub(crate) fn create(path: &Path) -> io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The same for a file that may be there, which is left as it is; a new one is the server's, whoever makes it.
pub(crate) fn create_if_missing(path: &Path) -> io::Result<()> {
    match create(path) {
        Ok(_) => give_to_owner_of_folder(path),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// What an administrator makes as root in a folder of the server's is the server's.
///
/// # Errors
/// The owner cannot be changed.
#[cfg(unix)]
pub(crate) fn give_to_owner_of_folder(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let (folder, file) = (std::fs::metadata(folder_of(path))?, std::fs::metadata(path)?);
    if folder.uid() == file.uid() {
        return Ok(());
    }
    chown(path, Some(folder.uid()), Some(folder.gid()))
}

#[cfg(not(unix))]
pub(crate) fn give_to_owner_of_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}

pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
