//! The server's own secret, and what is derived from it.

use crate::private_file;
use crate::rng::{self, Random};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use chacha20poly1305::aead::{Aead as _, KeyInit as _};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use zeroize::Zeroizing;

/// 256 bits that never enter the database, so that a stolen database alone opens nothing.
#[derive(Clone)]
pub struct Pepper(Zeroizing<[u8; 32]>);

/// Why the pepper cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PepperError {
    #[error("the pepper file {path} cannot be read: {source}")]
    Read { path: String, source: io::Error },
    #[error("the pepper file {path} cannot be created: {source}")]
    Create { path: String, source: io::Error },
    #[error("the pepper file {path} can be read by others: run `chmod 600 {path}`")]
    Open { path: String },
    #[error("the pepper file {path} does not hold 32 bytes in base 64; restore it from a backup")]
    Damaged { path: String },
}

impl Pepper {
    /// A fresh pepper, for a server that is forgotten when it stops.
    pub fn random(random: &dyn Random) -> Self {
        Self(Zeroizing::new(rng::bytes(random)))
    }

    /// Reads the pepper, or makes the file (mode 0600) when there is none yet.
    ///
    /// # Errors
    /// Anything but a readable, private, whole file: the server must not start on a guess.
    pub fn load_or_create(path: &Path, random: &dyn Random) -> Result<Self, PepperError> {
        match fs::read_to_string(path) {
            Ok(text) => Self::read(path, &Zeroizing::new(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::create(path, random),
            Err(source) => Err(PepperError::Read { path: path.display().to_string(), source }),
        }
    }

    /// HMAC-SHA-256 under a key of its own for each `purpose`; parts cannot run into each other.
    pub(crate) fn mac(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = keyed(self.0.as_slice());
        mac.update(purpose.as_bytes());
        let key = Zeroizing::new(<[u8; 32]>::from(mac.finalize().into_bytes()));
        let mut mac = keyed(key.as_slice());
        for part in parts {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// Encrypts what must rest in the database for a while (XChaCha20-Poly1305, random nonce first).
    pub(crate) fn seal(&self, random: &dyn Random, plain: &[u8]) -> Vec<u8> {
        let nonce = rng::bytes::<24>(random);
        let mut sealed = nonce.to_vec();
        // Encrypting in memory fails only above 256 GiB.
        sealed.extend(self.cipher().encrypt(&XNonce::from(nonce), plain).unwrap_or_default());
        sealed
    }

    /// The reverse of [`Pepper::seal`]; `None` if it was sealed with another pepper or altered.
    pub(crate) fn unseal(&self, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, body) = sealed.split_first_chunk::<24>()?;
        let plain = self.cipher().decrypt(&XNonce::from(*nonce), body).ok()?;
        Some(Zeroizing::new(plain))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.mac("seal", &[]).into())
    }

    fn read(path: &Path, text: &str) -> Result<Self, PepperError> {
        refuse_if_shared(path)?;
        STANDARD_NO_PAD
            .decode(text.trim())
            .ok()
            .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
            .map(|bytes| Self(Zeroizing::new(bytes)))
            .ok_or_else(|| PepperError::Damaged { path: path.display().to_string() })
    }

    fn create(path: &Path, random: &dyn Random) -> Result<Self, PepperError> {
        let pepper = Self::random(random);
        let text = Zeroizing::new(STANDARD_NO_PAD.encode(pepper.0.as_slice()));
        private_file::create(path)
            .and_then(|mut file| {
                file.write_all(text.as_bytes())?;
                file.write_all(b"\n")?;
                file.sync_all()?;
                private_file::give_to_owner_of_folder(path)
            })
            .map_err(|source| PepperError::Create { path: path.display().to_string(), source })?;
        Ok(pepper)
    }
}

impl std::fmt::Debug for Pepper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pepper(…)")
    }
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of any length (RFC 2104)")]
fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("any key length is fine")
}

fn refuse_if_shared(path: &Path) -> Result<(), PepperError> {
    match private_file::is_shared(path) {
        Ok(false) => Ok(()),
        Ok(true) => Err(PepperError::Open { path: path.display().to_string() }),
        Err(source) => Err(PepperError::Read { path: path.display().to_string(), source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{SeededRandom, SystemRandom};

    #[test]
    fn made_once_then_the_same_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pepper");
        let made = Pepper::load_or_create(&path, &SystemRandom).unwrap();
        let read = Pepper::load_or_create(&path, &SystemRandom).unwrap();
        assert_eq!(made.mac("x", &[]), read.mac("x", &[]));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
            let refused = Pepper::load_or_create(&path, &SystemRandom).unwrap_err();
            assert!(refused.to_string().contains("chmod 600"), "{refused}");
        }
    }

    #[test]
    fn a_damaged_file_is_refused_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pepper");
        Pepper::load_or_create(&path, &SystemRandom).unwrap();
        fs::write(&path, "short").unwrap();
        let refused = Pepper::load_or_create(&path, &SystemRandom).unwrap_err();
        assert!(matches!(refused, PepperError::Damaged { .. }));
        assert_eq!(fs::read_to_string(&path).unwrap(), "short");
    }

    #[test]
    fn purposes_and_parts_do_not_run_into_each_other() {
        let pepper = Pepper::random(&SeededRandom::new(1));
        assert_ne!(pepper.mac("a", &[b"x"]), pepper.mac("b", &[b"x"]));
        assert_ne!(pepper.mac("a", &[b"xy", b"z"]), pepper.mac("a", &[b"x", b"yz"]));
    }

    #[test]
    fn sealed_opens_only_with_the_same_pepper() {
        let random = SeededRandom::new(1);
        let (mine, other) = (Pepper::random(&random), Pepper::random(&random));
        let mut sealed = mine.seal(&random, b"12345678");
        assert_eq!(mine.unseal(&sealed).unwrap().as_slice(), b"12345678");
        assert!(other.unseal(&sealed).is_none());
        sealed[30] ^= 1;
        assert!(mine.unseal(&sealed).is_none());
        assert!(mine.unseal(b"short").is_none());
    }
}
