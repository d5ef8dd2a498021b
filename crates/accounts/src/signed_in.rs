//! What a signed-in person does outside a conversation: seeing and ending sessions, signing out, leaving.

use std::sync::Arc;

use crate::account::{Account, AccountState};
use crate::error::{Error, ErrorKind, Result};
use crate::flow::{Deps, Flow, Given, Purpose, Question};
use crate::provider::{Answer, Device, Intent, Outcome, Provider, RecoverySettings, Session, Step, Which};
use crate::store::{Why, current_if_any};

/// Where the account is signed in; this place first, then the most recently used.
pub async fn sessions(deps: &Deps, provider: &Arc<dyn Provider>, account: &Account) -> Result<Vec<Device>> {
    let mut session = load(deps, account).await?;
    let before = session.clone();
    let mut result = provider.sessions(&mut session).await;
    if result.as_ref().is_err_and(|error| error.kind() == ErrorKind::ProveAgain)
        && let Some(fresh) = sign_in_afresh(deps, provider, account).await?
    {
        // The old one would stand in the list as somebody else's.
        if let Err(error) = provider.end_session(&mut session, Which::This, None).await {
            tracing::info!(%error, "a session that is too old for the list stays there");
        }
        session = fresh;
        result = provider.sessions(&mut session).await;
    }
    settle(deps, account, &before, &session, result.as_ref().err()).await?;
    let mut devices = result?;
    devices.sort_by_key(|device| (!device.current, std::cmp::Reverse(device.last_used)));
    Ok(devices)
}

/// A new session, where the saved password is all it takes; some servers show their list to young ones only.
async fn sign_in_afresh(
    deps: &Deps,
    provider: &Arc<dyn Provider>,
    account: &Account,
) -> Result<Option<Session>> {
    let Some(current) = current_if_any(&*deps.store, &account.id).await? else { return Ok(None) };
    let intent = Intent::SignIn { identifier: account.identifier.clone() };
    let (mut exchange, _) = provider.begin(intent).await?;
    match exchange.answer(Answer::Password(current.password)).await? {
        Step::Done(Outcome::SignedIn(session)) => Ok(Some(session)),
        _ => Ok(None),
    }
}

/// What gets the person back in at the server.
pub async fn recovery_settings(
    deps: &Deps,
    provider: &Arc<dyn Provider>,
    account: &Account,
) -> Result<RecoverySettings> {
    let mut session = load(deps, account).await?;
    let before = session.clone();
    let result = provider.recovery_settings(&mut session).await;
    settle(deps, account, &before, &session, result.as_ref().err()).await?;
    result
}

/// Whether the session of an account still holds; one that has ended is forgotten.
pub async fn check(deps: &Deps, provider: &Arc<dyn Provider>, account: &Account) -> Result<()> {
    let mut session = load(deps, account).await?;
    let before = session.clone();
    let result = provider.check(&mut session).await;
    settle(deps, account, &before, &session, result.as_ref().err()).await?;
    result
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
    let mut result = provider.end_session(&mut session, which.clone(), None).await;
    if result.as_ref().is_err_and(|error| error.kind() == ErrorKind::ProveAgain)
        && let Some(current) = current_if_any(&*deps.store, &account.id).await?
    {
        // The person has the password here: it need not be typed again.
        result = provider.end_session(&mut session, which.clone(), Some(&current.password)).await;
    }
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

/// Whether the store has what the list of accounts says that it keeps. Errors: `ItemMissing` when it works and has not;
/// those of the store.
pub async fn check_kept(deps: &Deps, account: &Account) -> Result<()> {
    let id = &account.id;
    if deps.store.current(id).await?.is_some() {
        return Ok(());
    }
    // Signing in keeps the password before it notes either; one that was sent or tried was kept before that.
    let was_signed_in = !account.without_password
        && (matches!(account.state, AccountState::SignedIn { .. }) || account.mailbox.is_some());
    let was_tried = matches!(account.state, AccountState::InTheAir | AccountState::NoPasswordFits);
    let missing = was_signed_in || was_tried && deps.store.staged(id).await?.is_empty();
    if missing { Err(ErrorKind::ItemMissing.into()) } else { Ok(()) }
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

/// What became of a change whose answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    NewHolds,
    OldHolds,
    /// Neither opens the account: it was changed elsewhere.
    NeitherFits,
    /// The server could not be asked; both are kept.
    NotAsked,
    /// A password was taken, but a second factor is asked for: the person must sign in.
    NeedsCode,
}

/// Finds out by signing in: the new password first, then the old one. What opens is current afterwards; asking again
/// changes nothing and says the same. Errors: those of the store; `ItemMissing` when it has neither.
pub async fn resolve(deps: &Deps, provider: Arc<dyn Provider>, account: &Account) -> Result<Resolution> {
    if provider.about().abilities.guided {
        // Only the person can say: the guide asks when they come back to it.
        return Ok(Resolution::NotAsked);
    }
    let staged = deps.store.staged(&account.id).await?;
    let sent: Vec<_> =
        staged.into_iter().filter(|staged| staged.sent).map(|staged| staged.password).collect();
    if sent.is_empty() && deps.store.current(&account.id).await?.is_none() {
        return Err(ErrorKind::ItemMissing.into());
    }
    let asked = async {
        let mut flow = Flow::begin(deps.clone(), provider, account.clone(), Purpose::SignIn).await?;
        flow.answer(Given::Saved).await?;
        Ok::<_, Error>(flow)
    };
    let flow = match asked.await {
        Ok(flow) => flow,
        Err(error) if is_of_the_store(error.kind()) => return Err(error),
        Err(error) => {
            tracing::info!(%error, "what became of a change could not be found out");
            return Ok(Resolution::NotAsked);
        }
    };
    Ok(match flow.question() {
        Question::Done(_) => {
            let current = deps.store.current(&account.id).await?.ok_or(ErrorKind::ItemMissing)?;
            let new = if sent.is_empty() {
                // It was found out before, and only the line in the list was not brought up to date.
                let past = deps.store.history(&account.id, deps.clock.now()).await?;
                past.iter().all(|past| past.why != Why::NotAccepted || past.at <= current.since)
            } else {
                sent.contains(&current.password)
            };
            if new { Resolution::NewHolds } else { Resolution::OldHolds }
        }
        Question::Code(_) => Resolution::NeedsCode,
        _ => Resolution::NeitherFits,
    })
}

fn is_of_the_store(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Locked
            | ErrorKind::Dismissed
            | ErrorKind::NoKeychain
            | ErrorKind::ItemMissing
            | ErrorKind::Ambiguous
            | ErrorKind::StoreBroken
            | ErrorKind::DiskFull
            | ErrorKind::ReadOnly
            | ErrorKind::Damaged
            | ErrorKind::RolledBack
            | ErrorKind::Newer
    )
}
