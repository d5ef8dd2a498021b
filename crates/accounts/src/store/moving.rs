//! Moving everything from one store to another: write the new place, read it back, then delete the old.
//!
//! A mark on the disk says that a move is under way, so that one that broke off is gone on with or left, and never
//! half believed: until the choice of the store is changed the old place holds everything, after it the new one does.
//! What the new place holds already is never deleted: see [`copy`].

use std::fs;
use std::io::ErrorKind as IoKind;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::copying::{Item, What, all};
use super::{CredentialStore, Extra, StoreKind, authenticators, copy};
use crate::account::{AccountId, Accounts, replace, to_bytes};
use crate::error::{Error, ErrorKind, Result};
use crate::flow::Deps;
use crate::recovery_codes;

/// What was moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    pub from: StoreKind,
    pub to: StoreKind,
    pub accounts: usize,
    /// Current, waiting and earlier ones.
    pub passwords: usize,
}

/// The mark of a move under way.
pub struct Move(PathBuf);

impl Move {
    pub fn new(folder: &Path) -> Self {
        Self(folder.join("moving"))
    }

    /// From where and to where, if one broke off. What cannot be understood is treated as a move that did not begin:
    /// nothing is deleted on its word.
    pub fn under_way(&self) -> Option<(StoreKind, StoreKind)> {
        let text = match fs::read_to_string(&self.0) {
            Ok(text) => text,
            Err(error) if error.kind() == IoKind::NotFound => return None,
            Err(error) => {
                tracing::warn!(%error, "whether a move is under way cannot be read");
                return None;
            }
        };
        let (from, to) = text.trim().split_once(' ')?;
        Some((StoreKind::named(from)?, StoreKind::named(to)?)).filter(|(from, to)| from != to)
    }

    fn begin(&self, from: StoreKind, to: StoreKind) -> Result<()> {
        replace(&self.0, format!("{} {}\n", from.as_str(), to.as_str()).as_bytes())
            .map_err(|error| Error::new(ErrorKind::StoreBroken, error))
    }

    pub fn end(&self) -> Result<()> {
        match fs::remove_file(&self.0) {
            Err(error) if error.kind() != IoKind::NotFound => Err(Error::new(ErrorKind::StoreBroken, error)),
            _ => Ok(()),
        }
    }
}

/// Copies everything and reads it back; then `choose` makes the new place the one that holds; then the old is cleared.
/// What the new place alone holds of an account stays there, waiting or in the history.
/// After an `Err` before `choose` everything is where it was; after it, everything is where it is to be, and
/// [`finish_move`] clears what is left. Errors, too: `Bug` for a move from a place to itself.
pub async fn move_all(
    mark: &Move,
    from: &Deps,
    to: &Deps,
    now: SystemTime,
    choose: impl FnOnce() -> Result<()>,
) -> Result<Moved> {
    let (old, new) = two_places(from, to)?;
    mark.begin(old, new)?;
    let mut passwords = 0;
    let accounts = from.accounts.list()?;
    for account in &accounts {
        let before = all(&*to.store, &account.id, now).await?;
        copy(&*from.store, &*to.store, &account.id, now).await?;
        passwords += read_back(&*from.store, &*to.store, &account.id, &before, now).await?;
        to.accounts.put(account.clone())?;
        let there = to.accounts.look_up(&account.id)?.ok_or_else(not_read_back)?;
        // As they are written: moments in memory are finer than those on the disk. A later plan was there before.
        if to_bytes(&there)? != to_bytes(&account.clone().onto(&there))? {
            return Err(not_read_back());
        }
    }
    choose()?;
    let moved = Moved { from: old, to: new, accounts: accounts.len(), passwords };
    if let Err(error) = clear(&from.accounts, &*from.store, to, now).await {
        tracing::warn!(%error, "what was moved could not all be cleared where it was");
        return Ok(moved);
    }
    mark.end()?;
    Ok(moved)
}

/// Goes on where a move broke off: `from` is cleared of what `to`, which was chosen, holds. An account that is not
/// there, or not the same there, stays where it is.
pub async fn finish_move(mark: &Move, from: &Deps, to: &Deps, now: SystemTime) -> Result<()> {
    two_places(from, to)?;
    clear(&from.accounts, &*from.store, to, now).await?;
    mark.end()
}

/// A place is never moved into itself: clearing the old one would be clearing the only one.
fn two_places(from: &Deps, to: &Deps) -> Result<(StoreKind, StoreKind)> {
    let (old, new) = (from.store.kind(), to.store.kind());
    if old == new { Err(ErrorKind::Bug.into()) } else { Ok((old, new)) }
}

async fn clear(accounts: &Accounts, from: &dyn CredentialStore, to: &Deps, now: SystemTime) -> Result<()> {
    for account in accounts.list()? {
        if to.accounts.look_up(&account.id)?.is_none() {
            continue;
        }
        // What has changed in the new place since is newer; what the old one has more than it is not.
        if holds(from, &*to.store, &account.id, now).await? {
            from.remove(&account.id).await?;
            accounts.remove(&account.id)?;
        }
    }
    Ok(())
}

/// Whether the new place holds every password, authenticator and saved code of the old one, for as long, and a note where the old
/// one has one.
async fn holds(
    old: &dyn CredentialStore,
    new: &dyn CredentialStore,
    id: &AccountId,
    now: SystemTime,
) -> Result<bool> {
    let there = all(new, id, now).await?;
    let passwords = all(old, id, now).await?.iter().all(|item| is_in(&there, item));
    let note = old.extra(id, Extra::Note).await?.is_none() || new.extra(id, Extra::Note).await?.is_some();
    let codes = match (old.extra(id, Extra::RecoveryCodes).await?, new.extra(id, Extra::RecoveryCodes).await?)
    {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(old), Some(new)) => recovery_codes::is_within(&old, &new)?,
    };
    Ok(passwords && note && codes && authenticators::holds(old, new, id).await?)
}

fn is_in(there: &[Item], item: &Item) -> bool {
    let mut same = there.iter().filter(|other| other.password == item.password);
    same.any(|other| other.what.lasts() || !item.what.lasts())
}

/// Reads everything back and compares it; how many passwords were copied. `before`: what the new place held.
async fn read_back(
    old: &dyn CredentialStore,
    new: &dyn CredentialStore,
    id: &AccountId,
    before: &[Item],
    now: SystemTime,
) -> Result<usize> {
    let (here, there) = (all(old, id, now).await?, all(new, id, now).await?);
    let exactly = |item: &&Item| {
        let mut same = there.iter().filter(|other| other.password == item.password);
        same.any(|other| match (item.what, other.what) {
            (What::Staged { sent: false }, What::Staged { .. }) => true,
            (here, there) => here == there,
        })
    };
    let has_current = here.iter().any(|item| item.what == What::Current);
    let kept = here.iter().chain(before).all(|item| is_in(&there, item));
    let mut same = kept
        && here.iter().filter(|item| has_current || !item.what.lasts()).all(|item| exactly(&item))
        && old.session(id).await? == new.session(id).await?
        && authenticators::holds(old, new, id).await?;
    // None there means that the new place may go on with its own.
    if let Some(current) = old.authenticator(id).await? {
        same &= new.authenticator(id).await? == Some(current);
    }
    for which in Extra::ALL {
        let (old, new) = (old.extra(id, which).await?, new.extra(id, which).await?);
        same &= match (old, new) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(old), Some(new)) if which == Extra::RecoveryCodes => recovery_codes::is_within(&old, &new)?,
            (Some(old), Some(new)) => new.expose().contains(old.expose()),
        };
    }
    if same { Ok(here.len()) } else { Err(not_read_back()) }
}

fn not_read_back() -> Error {
    Error::new(ErrorKind::StoreBroken, "what was moved cannot be read back")
}
