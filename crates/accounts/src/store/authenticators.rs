//! An account's authenticators, the earlier ones with it: how every store keeps them. Nothing leaves the list but with
//! its account.

use std::cmp::Reverse;
use std::time::SystemTime;

use super::{CredentialStore, PastAuthenticator, WhyAuthenticator};
use crate::account::AccountId;
use crate::error::Result;
use crate::secret::Secret;

/// One authenticator, as its address, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAuthenticator {
    pub uri: Secret,
    /// When it got its state.
    pub at: SystemTime,
    /// None: it is the current one.
    pub past: Option<WhyAuthenticator>,
}

/// A change that a store makes whole or not at all.
#[derive(Debug, Clone)]
pub enum AuthenticatorChange {
    /// Makes it the current one; the one before it is kept as replaced.
    Save(Secret, SystemTime),
    /// Makes the current one an earlier one.
    Remove(SystemTime),
    /// Takes in those of another store: its current one is the current one.
    Merge(Vec<KeptAuthenticator>, SystemTime),
}

impl AuthenticatorChange {
    /// Whether it changed anything.
    pub(super) fn apply(self, all: &mut Vec<KeptAuthenticator>) -> bool {
        let before = all.clone();
        match self {
            Self::Save(uri, at) => save(all, uri, at),
            Self::Remove(at) => retire(all, at, WhyAuthenticator::Removed),
            Self::Merge(theirs, now) => merge(all, theirs, now),
        }
        *all != before
    }
}

/// The current one.
pub(super) fn current(all: Vec<KeptAuthenticator>) -> Option<Secret> {
    all.into_iter().find(|kept| kept.past.is_none()).map(|kept| kept.uri)
}

/// The current one, and the earlier ones, newest first.
pub fn parted(all: Vec<KeptAuthenticator>) -> (Option<KeptAuthenticator>, Vec<PastAuthenticator>) {
    let current = all.iter().find(|kept| kept.past.is_none()).cloned();
    (current, past(all))
}

/// The earlier ones, newest first.
pub(super) fn past(mut all: Vec<KeptAuthenticator>) -> Vec<PastAuthenticator> {
    // Of two of one moment, the one that was written later comes first.
    all.reverse();
    all.sort_by_key(|kept| Reverse(kept.at));
    let past = all.into_iter().filter_map(|kept| {
        let why = kept.past?;
        Some(PastAuthenticator { uri: kept.uri, at: kept.at, why })
    });
    past.collect()
}

/// Copies them into another store, which may hold some already.
pub(super) async fn copy(
    from: &dyn CredentialStore,
    to: &dyn CredentialStore,
    account: &AccountId,
    now: SystemTime,
) -> Result<()> {
    let mine = from.authenticators(account).await?;
    if mine.is_empty() {
        return Ok(());
    }
    to.change_authenticators(account, AuthenticatorChange::Merge(mine, now)).await
}

/// Whether one store has every authenticator of another.
pub(super) async fn holds(
    old: &dyn CredentialStore,
    new: &dyn CredentialStore,
    account: &AccountId,
) -> Result<bool> {
    let there = new.authenticators(account).await?;
    let here = old.authenticators(account).await?;
    Ok(here.iter().all(|kept| there.iter().any(|other| other.uri == kept.uri)))
}

fn save(all: &mut Vec<KeptAuthenticator>, uri: Secret, at: SystemTime) {
    if all.iter().any(|kept| kept.past.is_none() && kept.uri == uri) {
        return;
    }
    retire(all, at, WhyAuthenticator::Replaced);
    // One that is current again is not an earlier one, too.
    all.retain(|kept| kept.uri != uri);
    all.push(KeptAuthenticator { uri, at, past: None });
}

fn retire(all: &mut [KeptAuthenticator], at: SystemTime, why: WhyAuthenticator) {
    for kept in all.iter_mut().filter(|kept| kept.past.is_none()) {
        (kept.past, kept.at) = (Some(why), at);
    }
}

fn merge(all: &mut Vec<KeptAuthenticator>, theirs: Vec<KeptAuthenticator>, now: SystemTime) {
    for kept in theirs {
        let here = all.iter().any(|other| other.uri == kept.uri);
        match kept.past {
            Some(_) if !here => all.push(kept),
            Some(_) => {}
            None => {
                let same = all.iter().any(|other| other.uri == kept.uri && other.past.is_none());
                if !same {
                    retire(all, now, WhyAuthenticator::Replaced);
                    all.retain(|other| other.uri != kept.uri);
                    all.push(kept);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn kept(uri: &str, seconds: u64, past: Option<WhyAuthenticator>) -> KeptAuthenticator {
        KeptAuthenticator { uri: Secret::new(uri), at: at(seconds), past }
    }

    #[test]
    fn a_merge_loses_nothing_of_either_and_is_harmless_twice() {
        use WhyAuthenticator::{Removed, Replaced};
        let mine = vec![kept("a", 1, Some(Removed)), kept("b", 2, Some(Replaced)), kept("c", 3, None)];
        let mut all = vec![kept("b", 9, Some(Removed)), kept("d", 5, None)];
        for _ in 0..2 {
            AuthenticatorChange::Merge(mine.clone(), at(10)).apply(&mut all);
            assert_eq!(current(all.clone()), Some(Secret::new("c")));
            let past: Vec<_> =
                past(all.clone()).iter().map(|it| (it.uri.expose().to_owned(), it.why)).collect();
            let expected = [("d", Replaced), ("b", Removed), ("a", Removed)];
            assert_eq!(past, expected.map(|(uri, why)| (uri.to_owned(), why)));
        }
        // One that is earlier there, but current here, stays current here.
        let mut all = vec![kept("a", 1, None)];
        assert!(!AuthenticatorChange::Merge(vec![kept("a", 9, Some(Removed))], at(10)).apply(&mut all));
        assert_eq!(current(all), Some(Secret::new("a")));
    }
}
