//! Why a command ended without being done: what is said, and the exit code.

use accounts::address::AddressProblem;
use accounts::{Error, ErrorKind};

use crate::words;

pub type Result<T> = std::result::Result<T, Stop>;

/// The exit codes; `args.rs` and docs/cli.md explain them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    NotDone = 1,
    Usage = 2,
    Network = 3,
    Store = 4,
    Unknown = 5,
    Nothing = 6,
    Bug = 70,
    Interrupted = 130,
    Pipe = 141,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    pub exit: Exit,
    /// Its name in JSON.
    pub kind: &'static str,
    pub what: String,
    pub todo: String,
}

impl Stop {
    pub fn new(exit: Exit, kind: &'static str, (what, todo): (&str, &str)) -> Self {
        Self { exit, kind, what: what.into(), todo: todo.into() }
    }

    pub fn bug(error: impl std::fmt::Display) -> Self {
        tracing::error!(%error, "a mistake in Regain");
        ErrorKind::Bug.into()
    }

    pub fn cancelled() -> Self {
        Self::new(Exit::NotDone, "cancelled", words::CANCELLED)
    }

    pub fn interrupted() -> Self {
        Self::new(Exit::Interrupted, "interrupted", words::CANCELLED)
    }

    pub fn no_terminal() -> Self {
        Self::new(Exit::Usage, "no_terminal", words::NO_TERMINAL)
    }

    pub fn bad_answer() -> Self {
        Self::new(Exit::Usage, "bad_answer", words::BAD_ANSWER)
    }

    /// Whoever read the output has gone: there is nobody to say anything to.
    pub fn pipe() -> Self {
        Self::new(Exit::Pipe, "pipe", ("", ""))
    }
}

impl From<ErrorKind> for Stop {
    fn from(kind: ErrorKind) -> Self {
        Self::new(exit(kind), words::name(kind), words::error(kind))
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        tracing::info!(%error, source = std::error::Error::source(&error).map(tracing::field::display), "stopped");
        match error.kind() {
            ErrorKind::RateLimited { wait: Some(wait) } => {
                let todo = words::wait(wait);
                Self { todo, ..ErrorKind::RateLimited { wait: None }.into() }
            }
            kind => kind.into(),
        }
    }
}

impl From<AddressProblem> for Stop {
    fn from(problem: AddressProblem) -> Self {
        let exit = match problem {
            AddressProblem::NoAccountServer => Exit::Nothing,
            _ => Exit::Usage,
        };
        Self::new(exit, words::address_name(problem), words::address(problem))
    }
}

fn exit(kind: ErrorKind) -> Exit {
    match kind {
        ErrorKind::Offline
        | ErrorKind::ServerTrouble
        | ErrorKind::RateLimited { .. }
        | ErrorKind::NotTrusted
        | ErrorKind::Protocol => Exit::Network,
        ErrorKind::Locked
        | ErrorKind::Dismissed
        | ErrorKind::NoKeychain
        | ErrorKind::StoreBroken
        | ErrorKind::ItemMissing
        | ErrorKind::Ambiguous
        | ErrorKind::DiskFull
        | ErrorKind::ReadOnly
        | ErrorKind::Newer
        | ErrorKind::Damaged
        | ErrorKind::RolledBack
        | ErrorKind::Unreadable => Exit::Store,
        ErrorKind::OutcomeUnknown => Exit::Unknown,
        ErrorKind::UnknownAccount => Exit::Nothing,
        ErrorKind::BadIdentifier => Exit::Usage,
        ErrorKind::Expired
        | ErrorKind::Refused
        | ErrorKind::Taken
        | ErrorKind::OtherDomain
        | ErrorKind::Overtaken
        | ErrorKind::TooWeakAlone
        | ErrorKind::SignedOut
        | ErrorKind::Unsupported
        | ErrorKind::NeedsMailbox
        | ErrorKind::WantsKey
        | ErrorKind::WrongKey
        | ErrorKind::ProveAgain
        | ErrorKind::TooNew { .. } => Exit::NotDone,
        ErrorKind::Bug => Exit::Bug,
    }
}
