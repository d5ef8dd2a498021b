use std::io;

pub type Result<T> = std::result::Result<T, Error>;

/// Why a vault could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the file system refused: {0}")]
    Io(#[from] io::Error),
    /// No slot opens with it.
    #[error("no slot opens with this key")]
    WrongKey,
    /// There is no vault in this folder.
    #[error("there is no vault")]
    Missing,
    /// A vault is there already, and is not written over.
    #[error("there is a vault already")]
    Exists,
    /// It is not what was written. The files are left as they are.
    #[error("damaged: {0}")]
    Damaged(&'static str),
    /// A newer program wrote it. The files are left as they are.
    #[error("written by a newer version")]
    Newer,
    /// It is older than, or another one than, what was last seen here.
    #[error("older than what was last seen")]
    RolledBack,
    /// A number beyond the limits of the format; nothing was allocated or computed for it.
    #[error("beyond the limits: {0}")]
    Limit(&'static str),
    /// Opening it would depend on the keychain alone.
    #[error("the keychain would be the only key")]
    OnlyKeychain,
    /// Another program changed the data key since: the vault must be opened again with its password.
    #[error("opened anew elsewhere")]
    Stale,
    /// What was asked about is not in the vault.
    #[error("not in the vault")]
    NotFound,
}

impl Error {
    pub(crate) fn damaged<T>(why: &'static str) -> Result<T> {
        Err(Self::Damaged(why))
    }
}
