//! Copying an account from one store into another, which may hold something of it already.
//!
//! Nothing of the other store is lost: what only it holds stays, its current password in the history. So a copy that
//! broke off is made again on top of itself.

use std::time::SystemTime;

use super::{CredentialStore, Extra, PastId, Why, authenticators, current_if_any};
use crate::account::AccountId;
use crate::error::Result;
use crate::recovery_codes;
use crate::secret::Secret;

/// A password of an account and what it is there.
#[derive(Clone)]
pub(super) struct Item {
    /// None: it is the current one.
    id: Option<PastId>,
    pub password: Secret,
    at: SystemTime,
    pub what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Past(Why),
    Current,
    Staged { sent: bool },
}

impl What {
    /// Whether it is kept as long as the account is.
    pub fn lasts(self) -> bool {
        matches!(self, Self::Current | Self::Past(Why::Replaced))
    }
}

/// All of them: the history, oldest first, then the current one, then the staged ones, oldest first.
pub(super) async fn all(
    store: &dyn CredentialStore,
    account: &AccountId,
    now: SystemTime,
) -> Result<Vec<Item>> {
    let past = store.history(account, now).await?.into_iter().rev();
    let mut all: Vec<Item> = past
        .map(|it| Item { id: Some(it.id), password: it.password, at: it.at, what: What::Past(it.why) })
        .collect();
    if let Some(it) = current_if_any(store, account).await? {
        all.push(Item { id: None, password: it.password, at: it.since, what: What::Current });
    }
    for it in store.staged(account).await?.into_iter().rev() {
        let what = What::Staged { sent: it.sent };
        all.push(Item { id: Some(it.id), password: it.password, at: it.at, what });
    }
    Ok(all)
}

/// Copies an account's credentials into another store; the first store keeps its own. What is current in the first
/// store is current in the other one, too; a history without a current password leaves its newest one current.
pub async fn copy(
    from: &dyn CredentialStore,
    to: &dyn CredentialStore,
    account: &AccountId,
    now: SystemTime,
) -> Result<()> {
    let mut there = all(to, account, now).await?;
    let here = all(from, account, now).await?;
    let current = here.iter().find(|item| item.what == What::Current).map(|item| item.password.clone());
    // What is current there stands for one of the history here.
    let mut stands_in = false;
    for item in here {
        match item.what {
            What::Past(Why::Replaced) => {
                let will_be_replaced = current.as_ref() != Some(&item.password);
                let has = take(&mut there, &item, |other| {
                    other.what == item.what || other.what == What::Current && will_be_replaced
                });
                if has.is_none() {
                    // The next commit puts it where it was: into the history, as replaced.
                    let id = waiting(&mut there, to, account, &item).await?;
                    to.commit(account, &id, item.at).await?;
                    stands_in = true;
                }
            }
            What::Past(why) => {
                // One that is older there would age before its time.
                let has = take(&mut there, &item, |other| other.what == item.what && other.at >= item.at);
                if has.is_none() {
                    let id = waiting(&mut there, to, account, &item).await?;
                    to.discard(account, &id, why, item.at).await?;
                }
            }
            What::Current => {
                let has = take(&mut there, &item, |_| true);
                let is = current_if_any(to, account).await?.is_some_and(|is| is.password == item.password);
                if stands_in || !is {
                    make_current(has, to, account, &item, now).await?;
                }
            }
            What::Staged { sent } => {
                let has = take(&mut there, &item, |other| matches!(other.what, What::Staged { .. }));
                let is_sent = has.as_ref().is_some_and(|has| has.what == What::Staged { sent: true });
                let id = match has.and_then(|has| has.id) {
                    Some(id) => id,
                    None => to.stage(account, &item.password, item.at).await?,
                };
                if sent && !is_sent {
                    to.mark_sent(account, &id).await?;
                }
            }
        }
    }
    copy_extras(from, to, account).await?;
    authenticators::copy(from, to, account, now).await?;
    match from.session(account).await? {
        Some(session) => to.save_session(account, &session).await,
        None => to.clear_session(account).await,
    }
}

/// Commits the one that is there already, or a new one.
async fn make_current(
    has: Option<Item>,
    to: &dyn CredentialStore,
    account: &AccountId,
    item: &Item,
    now: SystemTime,
) -> Result<()> {
    let id = match has {
        // It was current there until what comes before it was copied.
        Some(Item { id: None, .. }) => {
            let again = all(to, account, now).await?.into_iter().filter(|other| other.id.is_some());
            again
                .rev()
                .find(|other| other.password == item.password && other.what.lasts())
                .and_then(|it| it.id)
        }
        has => has.and_then(|has| has.id),
    };
    let id = match id {
        Some(id) => id,
        None => to.stage(account, &item.password, item.at).await?,
    };
    to.commit(account, &id, item.at).await
}

/// Stages the password, unless a copy that broke off, or whoever was there before, has left it staged.
async fn waiting(
    there: &mut Vec<Item>,
    to: &dyn CredentialStore,
    account: &AccountId,
    item: &Item,
) -> Result<PastId> {
    let left = take(there, item, |other| other.what == What::Staged { sent: false });
    match left.and_then(|left| left.id) {
        Some(id) => Ok(id),
        None => to.stage(account, &item.password, item.at).await,
    }
}

/// Each password there stands for one here at most.
fn take(there: &mut Vec<Item>, item: &Item, fits: impl Fn(&Item) -> bool) -> Option<Item> {
    let found = there.iter().position(|other| other.password == item.password && fits(other))?;
    Some(there.remove(found))
}

async fn copy_extras(
    from: &dyn CredentialStore,
    to: &dyn CredentialStore,
    account: &AccountId,
) -> Result<()> {
    for which in Extra::ALL {
        let Some(mine) = from.extra(account, which).await? else { continue };
        let text = match (which, to.extra(account, which).await?) {
            (_, Some(theirs)) if theirs == mine => continue,
            (Extra::Note, Some(theirs)) if theirs.expose().contains(mine.expose()) => continue,
            (Extra::Note, Some(theirs)) if !mine.expose().contains(theirs.expose()) => {
                Secret::new(format!("{}\n\n{}", mine.expose(), theirs.expose()))
            }
            (Extra::RecoveryCodes, Some(theirs)) => recovery_codes::merged(&mine, &theirs)?,
            _ => mine,
        };
        to.save_extra(account, which, Some(&text)).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::provider::Session;
    use crate::store::memory::Memory;

    #[tokio::test]
    async fn a_copy_has_everything_and_the_first_store_keeps_its_own() {
        let (from, to, id) = (Memory::new(), Memory::new(), AccountId::new("jana"));
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(1_800_000_000 + seconds);
        for (n, text) in ["first", "second"].into_iter().enumerate() {
            let staged = from.stage(&id, &Secret::new(text), at(n as u64)).await.unwrap();
            from.commit(&id, &staged, at(n as u64)).await.unwrap();
        }
        let refused = from.stage(&id, &Secret::new("refused"), at(2)).await.unwrap();
        from.discard(&id, &refused, Why::NotAccepted, at(2)).await.unwrap();
        let sent = from.stage(&id, &Secret::new("sent"), at(3)).await.unwrap();
        from.mark_sent(&id, &sent).await.unwrap();
        from.save_session(&id, &Session::new(Secret::new("token"), None)).await.unwrap();
        from.save_extra(&id, Extra::Note, Some(&Secret::new("a note"))).await.unwrap();
        for uri in ["otpauth://a", "otpauth://b"] {
            from.save_authenticator(&id, &Secret::new(uri), at(3)).await.unwrap();
        }

        copy(&from, &to, &id, at(4)).await.unwrap();
        for store in [&from, &to] {
            assert_eq!(store.current(&id).await.unwrap().unwrap().password, Secret::new("second"));
            let staged = store.staged(&id).await.unwrap();
            assert_eq!((staged.len(), staged[0].sent), (1, true));
            assert_eq!(staged[0].password, Secret::new("sent"));
            let past = store.history(&id, at(4)).await.unwrap();
            let past: Vec<_> = past.iter().map(|past| (past.password.expose(), past.why)).collect();
            assert!(
                past.contains(&("first", Why::Replaced)) && past.contains(&("refused", Why::NotAccepted))
            );
            assert_eq!(past.len(), 2);
            assert!(store.session(&id).await.unwrap().is_some());
            assert_eq!(store.extra(&id, Extra::Note).await.unwrap(), Some(Secret::new("a note")));
            assert_eq!(store.authenticator(&id).await.unwrap(), Some(Secret::new("otpauth://b")));
            assert_eq!(store.past_authenticators(&id).await.unwrap()[0].uri, Secret::new("otpauth://a"));
        }
    }
}
