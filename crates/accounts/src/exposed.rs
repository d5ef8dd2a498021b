//! Whether a password stands among those of known leaks (Have I Been Pwned's list of SHA-1 hashes): in a copy on this
//! computer, or by asking, where only 5 of the 40 characters of the hash leave.
//!
//! What cannot be read whole is an error, never "not among them".

use std::fmt;
use std::path::{Path, PathBuf};

use sha1::{Digest, Sha1};
use url::Url;
use zeroize::{Zeroize, Zeroizing};

use crate::error::{Error, ErrorKind, Result};
use crate::http::{Call, Http};
use crate::secret::Secret;

mod file;
mod range;

/// Where the list is asked: `range/` and the first 5 characters come after it.
pub const ASKED_AT: &str = "https://api.pwnedpasswords.com/";

/// The characters of a hash that leave this computer.
pub const LEAVING: usize = 5;

/// The known leaks, in one of the forms that they come in.
#[derive(Clone)]
pub struct Leaks(Place);

#[derive(Clone)]
enum Place {
    /// One sorted file of `HASH:COUNT`.
    File(PathBuf),
    /// A file of `SUFFIX:COUNT` for each start of five characters, `00000.txt` to `FFFFF.txt`.
    Folder(PathBuf),
    Asked {
        http: Http,
        base: Url,
    },
}

impl fmt::Debug for Leaks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Place::File(_) => "Leaks(file)",
            Place::Folder(_) => "Leaks(folder)",
            Place::Asked { .. } => "Leaks(asked)",
        })
    }
}

impl Leaks {
    /// A copy on this computer, in one of the two forms that the list's own downloader writes.
    ///
    /// Errors: `Unreadable` where it is neither, or not there from end to end.
    pub fn at(path: &Path) -> Result<Self> {
        let place = if path.is_dir() {
            // Two of its million files tell a folder of ranges from any other one.
            for start in ["00000", "FFFFF"] {
                range::read(&of_folder(path, start)?)?;
            }
            Place::Folder(path.to_owned())
        } else {
            file::check(path)?;
            Place::File(path.to_owned())
        };
        Ok(Self(place))
    }

    /// Asks over the network, at [`ASKED_AT`] or wherever else `base` leads.
    pub fn asked(http: Http, base: Url) -> Self {
        Self(Place::Asked { http, base })
    }

    /// How often the password stands in known leaks; 0: in none of them.
    ///
    /// Errors: `Unreadable` for a copy that is broken; `Offline`, `ServerTrouble`, `RateLimited`, `Protocol` and
    /// `NotTrusted` where the list is asked.
    pub async fn times(&self, password: &Secret) -> Result<u64> {
        let hash = Hash::of(password);
        match &self.0 {
            Place::File(path) => {
                let path = path.clone();
                apart(move || file::times(&path, &hash)).await
            }
            Place::Folder(path) => {
                let path = path.clone();
                apart(move || range::times(&of_folder(&path, hash.start())?, hash.rest())).await
            }
            Place::Asked { http, base } => ask(http, base, &hash).await,
        }
    }
}

/// The SHA-1 of a password in capital hex.
struct Hash(Zeroizing<String>);

impl Hash {
    fn of(password: &Secret) -> Self {
        let mut digest = Sha1::digest(password.expose().as_bytes());
        let mut text = Zeroizing::new(String::with_capacity(40));
        for byte in &digest {
            for half in [byte >> 4, byte & 15] {
                text.extend(char::from_digit(u32::from(half), 16).map(|digit| digit.to_ascii_uppercase()));
            }
        }
        digest.as_mut_slice().zeroize();
        Self(text)
    }

    fn start(&self) -> &str {
        &self.0[..LEAVING]
    }

    fn rest(&self) -> &str {
        &self.0[LEAVING..]
    }
}

async fn ask(http: &Http, base: &Url, hash: &Hash) -> Result<u64> {
    let url = base.join("range/").and_then(|url| url.join(hash.start()));
    let url = url.map_err(|error| Error::new(ErrorKind::Bug, error))?;
    // Without padding, the length of the answer would tell which start was asked for.
    let reply = http.send(Call::get(url).header("Add-Padding", "true")).await?;
    match reply.status {
        200 => {
            range::times(reply.text()?, hash.rest()).map_err(|error| Error::new(ErrorKind::Protocol, error))
        }
        429 => Err(ErrorKind::RateLimited { wait: reply.retry_after }.into()),
        _ => Err(reply.broken_promise()),
    }
}

/// The disk may be slow, and the copy is tens of gigabytes.
async fn apart<T: Send + 'static>(read: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(read).await.map_err(|error| Error::new(ErrorKind::Bug, error))?
}

fn of_folder(folder: &Path, start: &str) -> Result<String> {
    std::fs::read_to_string(folder.join(start).with_extension("txt")).map_err(unreadable)
}

fn unreadable(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(ErrorKind::Unreadable, source)
}

fn count(text: &str) -> Result<u64> {
    text.parse().map_err(|_| unreadable("a count that is no number"))
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_in_capital_hex() {
        let hash = Hash::of(&Secret::new("password"));
        assert_eq!(*hash.0, "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8");
        assert_eq!((hash.start(), hash.rest().len()), ("5BAA6", 35));
    }
}
