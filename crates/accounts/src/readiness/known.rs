//! What Regain sees by itself of an account's ways back.

use std::time::SystemTime;

use crate::account::{Account, AccountState};
use crate::error::{ErrorKind, Result};
use crate::flow::Deps;
use crate::recovery_codes;
use crate::store::current_if_any;

/// What is kept of an account, and what its server can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub password: bool,
    pub session: bool,
    pub authenticator: bool,
    /// Saved recovery codes that are left; none where none were ever saved.
    pub codes_left: Option<usize>,
    /// The address of its mailbox in full, where the server told it.
    pub mailbox: Option<String>,
    /// Whether the server mails codes to those who forgot their password.
    pub recovers: bool,
    /// Since when it is known at least.
    pub since: Option<SystemTime>,
}

impl Default for Known {
    fn default() -> Self {
        Self {
            password: false,
            session: false,
            authenticator: false,
            codes_left: None,
            mailbox: None,
            recovers: true,
            since: None,
        }
    }
}

/// Looks at what the store has. What stands there and cannot be understood is no way back. Errors: those of a store
/// that cannot be used.
pub async fn look(deps: &Deps, account: &Account) -> Result<Known> {
    let (store, id) = (&*deps.store, &account.id);
    let current = readable(current_if_any(store, id).await.transpose())?;
    let session = readable(store.session(id).await.transpose())?;
    let authenticator = readable(store.authenticator(id).await.transpose())?;
    let codes = readable(Some(recovery_codes::load(store, id).await))?.unwrap_or_default();
    let signed_in = match account.state {
        AccountState::SignedIn { since } => Some(since),
        _ => None,
    };
    Ok(Known {
        password: current.is_some(),
        session: session.is_some(),
        authenticator: authenticator.is_some(),
        codes_left: codes.current().map(|_| codes.left()),
        mailbox: session.and_then(|session| session.address),
        since: [current.map(|it| it.since), signed_in].into_iter().flatten().min(),
        ..Known::default()
    })
}

fn readable<T>(read: Option<Result<T>>) -> Result<Option<T>> {
    match read.transpose() {
        Err(error) if matches!(error.kind(), ErrorKind::StoreBroken | ErrorKind::Ambiguous) => {
            tracing::warn!(%error, "a way back cannot be read");
            Ok(None)
        }
        read => read,
    }
}
