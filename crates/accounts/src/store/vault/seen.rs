//! What was last seen of a vault, kept outside of its folder: the public key that the locked writer trusts, and how
//! far the vault had come, so that an old copy is noticed.

use std::fs;
use std::io::ErrorKind as IoKind;
use std::path::{Path, PathBuf};

use vault::{Anchor, Pin, Vault};

use crate::account::replace;
use crate::error::{Error, ErrorKind, Result};

const PIN: usize = 48;
const ANCHOR: usize = 64;

pub(super) struct Seen(PathBuf);

impl Seen {
    pub fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Notes public key and progress, durably.
    pub fn pin(&self, vault: &Vault) -> Result<()> {
        let bytes = [vault.pin().to_bytes().as_slice(), &vault.anchor().to_bytes()].concat();
        replace(&self.0, &bytes).map_err(|error| Error::new(ErrorKind::StoreBroken, error))
    }

    /// Notes progress. Not being able to costs the notice of an old copy, not a password.
    pub fn note(&self, vault: &Vault) {
        if let Err(error) = self.pin(vault) {
            tracing::warn!(%error, "how far the vault has come could not be noted");
        }
    }

    /// Errors: `Locked` when nothing was seen yet: the vault must have been open here once.
    pub fn pinned(&self) -> Result<Pin> {
        let (pin, _) = self.read()?.ok_or(ErrorKind::Locked)?;
        Ok(Pin::from_bytes(&pin))
    }

    pub fn anchor(&self) -> Option<Anchor> {
        let (_, anchor) = self.read().ok()??;
        Some(Anchor::from_bytes(&anchor))
    }

    fn read(&self) -> Result<Option<([u8; PIN], [u8; ANCHOR])>> {
        let bytes = match fs::read(&self.0) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == IoKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::new(ErrorKind::Unreadable, error)),
        };
        let pin = bytes.first_chunk::<PIN>().copied();
        let anchor = bytes.get(PIN..).and_then(|rest| rest.try_into().ok());
        let both = pin.zip(anchor);
        both.map(Some).ok_or_else(|| Error::new(ErrorKind::Unreadable, "not what was written"))
    }
}
