use std::time::Duration;
use std::{error, fmt};

pub type Result<T> = std::result::Result<T, Error>;

/// What the person cannot mend on this screen; what they can is a [`Problem`](crate::Problem).
///
/// `Display` and `Debug` show the kind only, so that an error is always safe to log.
pub struct Error {
    kind: ErrorKind,
    source: Option<Box<dyn error::Error + Send + Sync>>,
}

/// The closed list of what can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// This computer reaches no network, or not that host.
    Offline,
    /// The server is there, but out of order or too slow; what was asked did not happen.
    ServerTrouble,
    RateLimited {
        wait: Option<Duration>,
    },
    /// The recovery has run out, was used, or had too many tries: start again.
    Expired,
    Refused,
    /// The address or name has an account there already.
    Taken,
    /// The server takes addresses of other domains only.
    OtherDomain,
    /// What was to be changed there is not as it was shown any more.
    Overtaken,
    /// The password is too weak to be the only proof.
    TooWeakAlone,
    SignedOut,
    /// The store is there, but locked.
    Locked,
    /// The person closed the prompt that would have unlocked the store.
    Dismissed,
    NoKeychain,
    /// The store is there and open, but does not do what it promises.
    StoreBroken,
    /// The keychain works, but what Regain put there is gone.
    ItemMissing,
    /// The keychain holds two items of one name.
    Ambiguous,
    DiskFull,
    /// Files cannot be written where they rest.
    ReadOnly,
    /// A newer Regain wrote it; it is left as it is.
    Newer,
    /// It is not what was written; it is left as it is.
    Damaged,
    /// It is older than what was last seen here.
    RolledBack,
    /// The answer to a change was lost: it may or may not have happened.
    OutcomeUnknown,
    Unsupported,
    /// The identifier is empty, over-long or incomplete.
    BadIdentifier,
    /// Recovery there is asked for with the e-mail address of the account.
    NeedsMailbox,
    /// The server says, to everyone who asks, that there is no such account.
    UnknownAccount,
    /// The server wants the password again before it does that.
    ProveAgain,
    /// A session that a phone gave may not do that yet.
    TooNew {
        wait: Option<Duration>,
    },
    /// The server's identity could not be checked (TLS).
    NotTrusted,
    /// A gateway in front of the server wants the public key of the project.
    WantsKey,
    /// The gateway does not take this public key, or not any more.
    WrongKey,
    /// The server said something that it had not promised.
    Protocol,
    /// A file of Regain's own cannot be read, and is left as it is.
    Unreadable,
    Bug,
}

impl ErrorKind {
    /// Whether the conversation is over: every other error leaves the question standing.
    pub fn ends_flow(self) -> bool {
        matches!(
            self,
            Self::Expired
                | Self::Refused
                | Self::Taken
                | Self::OtherDomain
                | Self::Overtaken
                | Self::TooWeakAlone
        )
    }
}

impl Error {
    pub fn new(kind: ErrorKind, source: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self { kind, source: Some(source.into()) }
    }

    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self { kind, source: None }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.kind)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({:?})", self.kind)
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_display_nor_debug_shows_the_source() {
        let error = Error::new(ErrorKind::Protocol, "the password was hunter2");
        assert_eq!(error.to_string(), "Protocol");
        assert_eq!(format!("{error:?}"), "Error(Protocol)");
    }
}
