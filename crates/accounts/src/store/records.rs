//! What stands in the items and entries that only Regain reads, as JSON.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::memory::{Kept, State};
use super::{KeptAuthenticator, PastId, Why, WhyAuthenticator};
use crate::error::{Error, ErrorKind, Result};
use crate::provider::Session;
use crate::secret::Secret;

/// A higher version was written by a later Regain, whose fields this one would lose.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct KeptRecord {
    version: u32,
    id: String,
    password: String,
    /// Unix time in milliseconds.
    at: u64,
    #[zeroize(skip)]
    state: StateRecord,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StateRecord {
    Staged,
    Sent,
    Current,
    Replaced,
    NotAccepted,
    NotUsed,
}

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct SessionRecord {
    version: u32,
    state: String,
    mailbox: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<String>,
}

/// Every authenticator of an account, in one piece, so that a change is one write.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct AuthenticatorsRecord {
    version: u32,
    all: Vec<AuthenticatorRecord>,
}

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct AuthenticatorRecord {
    uri: String,
    /// Unix time in milliseconds.
    at: u64,
    #[zeroize(skip)]
    state: AuthenticatorState,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum AuthenticatorState {
    Current,
    Replaced,
    Removed,
}

/// A password that was made while the vault was locked.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct MadeRecord {
    version: u32,
    password: String,
    r#for: Option<String>,
}

/// Stands in an item whose content is in pieces: their users are `NAME 0`, `NAME 1`, …
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Parts {
    pub name: String,
    pub count: usize,
}

#[derive(Serialize, Deserialize)]
struct PartsRecord {
    version: u32,
    parts: Parts,
}

impl Parts {
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().map(|record: PartsRecord| record.parts)
    }

    pub fn write(&self) -> Result<Secret> {
        write(&PartsRecord { version: VERSION, parts: self.clone() })
    }
}

pub(super) fn read_kept(text: &Secret) -> Result<Kept> {
    let record: KeptRecord = read(text)?;
    known(record.version)?;
    Ok(Kept {
        id: PastId(record.id.clone()),
        password: Secret::new(record.password.clone()),
        at: moment(record.at)?,
        state: match record.state {
            StateRecord::Staged => State::Staged { sent: false },
            StateRecord::Sent => State::Staged { sent: true },
            StateRecord::Current => State::Current,
            StateRecord::Replaced => State::Past(Why::Replaced),
            StateRecord::NotAccepted => State::Past(Why::NotAccepted),
            StateRecord::NotUsed => State::Past(Why::NotUsed),
        },
    })
}

pub(super) fn write_kept(kept: &Kept) -> Result<Secret> {
    write(&KeptRecord {
        version: VERSION,
        id: kept.id.0.clone(),
        password: kept.password.expose().to_owned(),
        at: milliseconds(kept.at),
        state: match kept.state {
            State::Staged { sent: false } => StateRecord::Staged,
            State::Staged { sent: true } => StateRecord::Sent,
            State::Current => StateRecord::Current,
            State::Past(Why::Replaced) => StateRecord::Replaced,
            State::Past(Why::NotAccepted) => StateRecord::NotAccepted,
            State::Past(Why::NotUsed) => StateRecord::NotUsed,
        },
    })
}

pub(super) fn read_session(text: &Secret) -> Result<Session> {
    let record: SessionRecord = read(text)?;
    known(record.version)?;
    let mut session = Session::new(Secret::new(record.state.clone()), record.mailbox.clone());
    session.address = record.address.clone();
    Ok(session)
}

pub(super) fn write_session(session: &Session) -> Result<Secret> {
    let (state, mailbox) = (session.state().expose().to_owned(), session.mailbox.clone());
    let address = session.address.clone();
    write(&SessionRecord { version: VERSION, state, mailbox, address })
}

pub(super) fn read_authenticators(text: &Secret) -> Result<Vec<KeptAuthenticator>> {
    let record: AuthenticatorsRecord = read(text)?;
    known(record.version)?;
    let one = |one: &AuthenticatorRecord| {
        let past = match one.state {
            AuthenticatorState::Current => None,
            AuthenticatorState::Replaced => Some(WhyAuthenticator::Replaced),
            AuthenticatorState::Removed => Some(WhyAuthenticator::Removed),
        };
        Ok(KeptAuthenticator { uri: Secret::new(one.uri.clone()), at: moment(one.at)?, past })
    };
    record.all.iter().map(one).collect()
}

pub(super) fn write_authenticators(all: &[KeptAuthenticator]) -> Result<Secret> {
    let one = |one: &KeptAuthenticator| AuthenticatorRecord {
        uri: one.uri.expose().to_owned(),
        at: milliseconds(one.at),
        state: match one.past {
            None => AuthenticatorState::Current,
            Some(WhyAuthenticator::Replaced) => AuthenticatorState::Replaced,
            Some(WhyAuthenticator::Removed) => AuthenticatorState::Removed,
        },
    };
    write(&AuthenticatorsRecord { version: VERSION, all: all.iter().map(one).collect() })
}

pub(super) fn write_made(password: &Secret, purpose: Option<&str>) -> Result<Secret> {
    let (password, purpose) = (password.expose().to_owned(), purpose.map(str::to_owned));
    write(&MadeRecord { version: VERSION, password, r#for: purpose })
}

/// The password, and what it was made for.
pub(super) fn read_made(text: &Secret) -> Result<(Secret, Option<String>)> {
    let record: MadeRecord = read(text)?;
    known(record.version)?;
    Ok((Secret::new(record.password.clone()), record.r#for.clone()))
}

pub(super) fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn moment(milliseconds: u64) -> Result<SystemTime> {
    let moment = UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds));
    moment.ok_or_else(|| Error::new(ErrorKind::StoreBroken, "no such time"))
}

fn read<T: for<'de> Deserialize<'de>>(text: &Secret) -> Result<T> {
    // Without the parser's error as source: it may quote what it read.
    let unreadable = |_| Error::new(ErrorKind::StoreBroken, "an item cannot be understood");
    serde_json::from_str(text.expose()).map_err(unreadable)
}

pub(super) fn write<T: Serialize>(record: &T) -> Result<Secret> {
    let bug = |error| Error::new(ErrorKind::Bug, error);
    // Sized first: a buffer that grows would leave copies of the password behind.
    let mut size = Size(0);
    serde_json::to_writer(&mut size, record).map_err(bug)?;
    let mut text = Vec::with_capacity(size.0);
    serde_json::to_writer(&mut text, record).map_err(bug)?;
    String::from_utf8(text).map(Secret::new).map_err(|error| Error::new(ErrorKind::Bug, error.utf8_error()))
}

struct Size(usize);

impl std::io::Write for Size {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn known(version: u32) -> Result<()> {
    if version == VERSION {
        return Ok(());
    }
    Err(Error::new(ErrorKind::StoreBroken, format!("an item of version {version}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_survives() {
        let states = [
            State::Staged { sent: false },
            State::Staged { sent: true },
            State::Current,
            State::Past(Why::Replaced),
            State::Past(Why::NotAccepted),
            State::Past(Why::NotUsed),
        ];
        for state in states {
            let at = UNIX_EPOCH + Duration::from_millis(1_800_000_000_123);
            let kept = Kept { id: PastId("7".into()), password: Secret::new(" ü\"\n🔑"), at, state };
            let again = read_kept(&write_kept(&kept).unwrap()).unwrap();
            assert_eq!(
                (again.id, again.password, again.at, again.state),
                (kept.id, kept.password, at, state)
            );
        }
    }

    #[test]
    fn a_later_version_and_garbage_are_broken() {
        let later = r#"{"version":2,"id":"7","password":"p","at":0,"state":"staged"}"#;
        for text in [later, "", "{", "null", r#"{"version":1}"#] {
            assert_eq!(read_kept(&Secret::new(text)).err().unwrap().kind(), ErrorKind::StoreBroken, "{text}");
        }
        assert_eq!(read_session(&Secret::new("x")).unwrap_err().kind(), ErrorKind::StoreBroken);
        for text in [
            r#"{"version":2,"all":[]}"#,
            r#"{"version":1}"#,
            r#"{"version":1,"all":[{"uri":"u","at":0,"state":"lent"}]}"#,
        ] {
            let read = read_authenticators(&Secret::new(text));
            assert_eq!(read.unwrap_err().kind(), ErrorKind::StoreBroken, "{text}");
        }
    }
}
