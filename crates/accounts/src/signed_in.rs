//! What a signed-in person does outside a conversation: seeing and ending sessions, signing out, leaving.

use std::sync::Arc;

use crate::account::{Account, AccountState};
use crate::error::{Error, ErrorKind, Result};
use crate::flow::Deps;
use crate::provider::{Device, Provider, Session, Which};

/// Where the account is signed in; this place first, then the most recently used.
pub async fn sessions(deps: &Deps, provider: &Arc<dyn Provider>, account: &Account) -> Result<Vec<Device>> {
    let mut session = load(deps, account).await?;
    let before = session.clone();
    let result = provider.sessions(&mut session).await;
    settle(deps, account, &before, &session, result.as_ref().err()).await?;
    let mut devices = result?;
    devices.sort_by_key(|device| (!device.current, std::cmp::Reverse(device.last_used)));
    Ok(devices)
}

/// Ends sessions; how many others ended, where the server says.
pub async fn end(
    deps: &Deps,
    provider: &Arc<dyn Provider>,
    account: &Account,
    which: Which,
) -> Result<Option<u32>> {
    let mut session = load(deps, account).await?;
    let before = session.clone();
    let result = provider.end_session(&mut session, which.clone()).await;
    settle(deps, account, &before, &session, result.as_ref().err()).await?;
    let ended = result?;
    if which == Which::This {
        forget(deps, account).await?;
    }
    Ok(ended)
}

/// Signs out here. A server that cannot be reached is told nothing, and the error says so; the session stays then.
pub async fn sign_out(deps: &Deps, provider: &Arc<dyn Provider>, account: &Account) -> Result<()> {
    match end(deps, provider, account, Which::This).await {
        Err(error) if error.kind() == ErrorKind::SignedOut => Ok(()),
        other => other.map(|_| ()),
    }
}

/// Takes the account out of Regain, with its passwords and their history.
pub async fn remove(deps: &Deps, account: &Account) -> Result<()> {
    // The credential first: a line without a credential can be removed again, the other way round nobody would know.
    deps.store.remove(&account.id).await?;
    deps.accounts.remove(&account.id)
}

/// Marks the accounts whose last change was sent and never answered, after a crash or a power cut.
pub async fn notice_the_unanswered(deps: &Deps) -> Result<()> {
    for mut account in deps.accounts.all() {
        let sent = deps.store.staged(&account.id).await?.iter().any(|staged| staged.sent);
        if sent && account.state != AccountState::InTheAir {
            account.state = AccountState::InTheAir;
            deps.accounts.put(account)?;
        }
    }
    Ok(())
}

async fn load(deps: &Deps, account: &Account) -> Result<Session> {
    match deps.store.session(&account.id).await? {
        Some(session) => Ok(session),
        None => {
            note_signed_out(deps, account)?;
            Err(ErrorKind::SignedOut.into())
        }
    }
}

/// Keeps what the call did to the session: tokens rotate under you.
async fn settle(
    deps: &Deps,
    account: &Account,
    before: &Session,
    after: &Session,
    error: Option<&Error>,
) -> Result<()> {
    if error.is_some_and(|error| error.kind() == ErrorKind::SignedOut) {
        return forget(deps, account).await;
    }
    if after != before { deps.store.save_session(&account.id, after).await } else { Ok(()) }
}

async fn forget(deps: &Deps, account: &Account) -> Result<()> {
    deps.store.clear_session(&account.id).await?;
    note_signed_out(deps, account)
}

fn note_signed_out(deps: &Deps, account: &Account) -> Result<()> {
    deps.accounts.put(Account { state: AccountState::SignedOut, ..account.clone() })
}
