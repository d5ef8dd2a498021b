//! A store that lasts as long as the process: for "only until Regain closes", and for tests.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use async_trait::async_trait;

use super::{
    AuthenticatorChange, CredentialStore, Current, Extra, KEEP_UNPROVEN, KeptAuthenticator, Past, PastId,
    Staged, StoreKind, Why,
};
use crate::account::AccountId;
use crate::error::{Error, ErrorKind, Result};
use crate::provider::Session;
use crate::secret::Secret;

/// Credentials in this process's memory; clones share them.
#[derive(Clone, Default)]
pub struct Memory(Arc<Mutex<Shelf>>);

impl Memory {
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the next call that writes fail, changing nothing.
    #[cfg(any(test, feature = "testing"))]
    pub fn fail_next(&self, kind: ErrorKind) {
        self.fail_at(Some((1, kind)));
    }

    /// Makes one of the next calls that write fail, counted from one, changing nothing.
    #[cfg(any(test, feature = "testing"))]
    pub fn fail_at(&self, which: Option<(usize, ErrorKind)>) {
        self.lock().fail_at = which;
    }

    /// Calls so far that wrote.
    #[cfg(any(test, feature = "testing"))]
    pub fn writes(&self) -> usize {
        self.lock().writes
    }

    fn lock(&self) -> MutexGuard<'_, Shelf> {
        // No change below can panic half-way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> Result<MutexGuard<'_, Shelf>> {
        #[cfg_attr(not(any(test, feature = "testing")), expect(unused_mut, reason = "the seam is for tests"))]
        let mut shelf = self.lock();
        #[cfg(any(test, feature = "testing"))]
        {
            shelf.writes += 1;
            if let Some((left, kind)) = shelf.fail_at.take() {
                if left == 1 {
                    return Err(kind.into());
                }
                shelf.fail_at = Some((left - 1, kind));
            }
        }
        Ok(shelf)
    }
}

#[async_trait]
impl CredentialStore for Memory {
    fn kind(&self) -> StoreKind {
        StoreKind::Memory
    }

    async fn check(&self) -> Result<()> {
        Ok(())
    }

    async fn unlock(&self) -> Result<()> {
        Ok(())
    }

    async fn current(&self, account: &AccountId) -> Result<Option<Current>> {
        let shelf = self.lock();
        let current = shelf.kept(account).iter().find(|kept| kept.state == State::Current);
        Ok(current.map(|kept| Current { password: kept.password.clone(), since: kept.at }))
    }

    async fn stage(&self, account: &AccountId, password: &Secret, at: SystemTime) -> Result<PastId> {
        let mut shelf = self.write()?;
        shelf.staged_ever += 1;
        let id = PastId(format!("{:020}", shelf.staged_ever));
        shelf.credentials(account).kept.push(Kept {
            id: id.clone(),
            password: password.clone(),
            at,
            state: State::Staged { sent: false },
        });
        Ok(id)
    }

    async fn mark_sent(&self, account: &AccountId, id: &PastId) -> Result<()> {
        self.write()?.find(account, id)?.mark_sent()
    }

    async fn staged(&self, account: &AccountId) -> Result<Vec<Staged>> {
        Ok(staged(self.lock().kept(account).to_vec()))
    }

    async fn commit(&self, account: &AccountId, id: &PastId, at: SystemTime) -> Result<()> {
        let mut shelf = self.write()?;
        shelf.find(account, id)?;
        for kept in &mut shelf.credentials(account).kept {
            if kept.id == *id {
                kept.commit(at);
            } else if kept.state == State::Current {
                kept.replace(at);
            }
        }
        Ok(())
    }

    async fn discard(&self, account: &AccountId, id: &PastId, why: Why, at: SystemTime) -> Result<()> {
        self.write()?.find(account, id)?.discard(why, at)
    }

    async fn history(&self, account: &AccountId, now: SystemTime) -> Result<Vec<Past>> {
        Ok(history(self.lock().kept(account).to_vec(), now))
    }

    async fn session(&self, account: &AccountId) -> Result<Option<Session>> {
        Ok(self.lock().accounts.get(account).and_then(|credentials| credentials.session.clone()))
    }

    async fn save_session(&self, account: &AccountId, session: &Session) -> Result<()> {
        self.write()?.credentials(account).session = Some(session.clone());
        Ok(())
    }

    async fn clear_session(&self, account: &AccountId) -> Result<()> {
        self.write()?.credentials(account).session = None;
        Ok(())
    }

    async fn extra(&self, account: &AccountId, which: Extra) -> Result<Option<Secret>> {
        Ok(self.lock().accounts.get(account).and_then(|credentials| credentials.extras.get(&which).cloned()))
    }

    async fn save_extra(&self, account: &AccountId, which: Extra, text: Option<&Secret>) -> Result<()> {
        let mut shelf = self.write()?;
        let extras = &mut shelf.credentials(account).extras;
        match text {
            Some(text) => drop(extras.insert(which, text.clone())),
            None => drop(extras.remove(&which)),
        }
        Ok(())
    }

    async fn authenticators(&self, account: &AccountId) -> Result<Vec<KeptAuthenticator>> {
        let shelf = self.lock();
        Ok(shelf
            .accounts
            .get(account)
            .map_or_else(Vec::new, |credentials| credentials.authenticators.clone()))
    }

    async fn change_authenticators(&self, account: &AccountId, change: AuthenticatorChange) -> Result<()> {
        change.apply(&mut self.write()?.credentials(account).authenticators);
        Ok(())
    }

    async fn remove(&self, account: &AccountId) -> Result<()> {
        self.write()?.accounts.remove(account);
        Ok(())
    }
}

#[derive(Default)]
struct Shelf {
    accounts: HashMap<AccountId, Credentials>,
    staged_ever: u64,
    #[cfg(any(test, feature = "testing"))]
    fail_at: Option<(usize, ErrorKind)>,
    #[cfg(any(test, feature = "testing"))]
    writes: usize,
}

#[derive(Default)]
struct Credentials {
    kept: Vec<Kept>,
    session: Option<Session>,
    extras: HashMap<Extra, Secret>,
    authenticators: Vec<KeptAuthenticator>,
}

impl Shelf {
    fn credentials(&mut self, account: &AccountId) -> &mut Credentials {
        self.accounts.entry(account.clone()).or_default()
    }

    fn kept(&self, account: &AccountId) -> &[Kept] {
        self.accounts.get(account).map_or(&[], |credentials| &credentials.kept)
    }

    fn find(&mut self, account: &AccountId, id: &PastId) -> Result<&mut Kept> {
        let kept = self.accounts.get_mut(account).map(|credentials| &mut credentials.kept);
        kept.and_then(|kept| kept.iter_mut().find(|kept| kept.id == *id)).ok_or_else(gone)
    }
}

/// One password and what became of it. This and what follows is how every store works.
#[derive(Clone)]
pub(super) struct Kept {
    pub id: PastId,
    pub password: Secret,
    /// When it got its state, except that being sent changes nothing.
    pub at: SystemTime,
    pub state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Staged { sent: bool },
    Current,
    Past(Why),
}

impl Kept {
    pub fn mark_sent(&mut self) -> Result<()> {
        match self.state {
            State::Staged { .. } => {
                self.state = State::Staged { sent: true };
                Ok(())
            }
            State::Current | State::Past(_) => Err(Error::new(ErrorKind::Bug, "it is staged no longer")),
        }
    }

    /// Whatever it was: the caller has seen that it opens the account.
    pub fn commit(&mut self, at: SystemTime) {
        if self.state != State::Current {
            self.state = State::Current;
            self.at = at;
        }
    }

    pub fn replace(&mut self, at: SystemTime) {
        self.state = State::Past(Why::Replaced);
        self.at = at;
    }

    pub fn discard(&mut self, why: Why, at: SystemTime) -> Result<()> {
        match self.state {
            State::Staged { .. } => {
                self.state = State::Past(why);
                self.at = at;
                Ok(())
            }
            State::Past(_) => Ok(()),
            State::Current => Err(Error::new(ErrorKind::Bug, "the current password cannot be discarded")),
        }
    }

    pub fn outlived(&self, now: SystemTime) -> bool {
        let age = now.duration_since(self.at).unwrap_or_default();
        matches!(self.state, State::Past(Why::NotAccepted | Why::NotUsed)) && age >= KEEP_UNPROVEN
    }
}

pub(super) fn gone() -> Error {
    Error::new(ErrorKind::StoreBroken, "what was staged is not there")
}

/// The staged ones, newest first.
pub(super) fn staged(kept: Vec<Kept>) -> Vec<Staged> {
    let staged = newest_first(kept).into_iter().filter_map(|kept| match kept.state {
        State::Staged { sent } => Some(Staged { id: kept.id, password: kept.password, at: kept.at, sent }),
        State::Current | State::Past(_) => None,
    });
    staged.collect()
}

/// The history, newest first.
pub(super) fn history(kept: Vec<Kept>, now: SystemTime) -> Vec<Past> {
    let alive = newest_first(kept).into_iter().filter(|kept| !kept.outlived(now));
    let past = alive.filter_map(|kept| match kept.state {
        State::Past(why) => Some(Past { id: kept.id, password: kept.password, at: kept.at, why }),
        State::Staged { .. } | State::Current => None,
    });
    past.collect()
}

fn newest_first(mut kept: Vec<Kept>) -> Vec<Kept> {
    kept.sort_by_cached_key(|kept| Reverse((kept.at, kept.id.0.clone())));
    kept
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::super::conformance;
    use super::*;

    #[tokio::test]
    async fn conforms() {
        conformance::all(&Memory::new()).await;
        let memory = Memory::new();
        conformance::shared(&memory, &memory.clone()).await;
    }

    #[tokio::test]
    async fn the_next_write_fails_once_and_changes_nothing() {
        let memory = Memory::new();
        let account = AccountId::new("a");
        memory.fail_next(ErrorKind::Locked);
        assert_eq!(memory.current(&account).await.unwrap().map(|_| ()), None);
        let failed = memory.stage(&account, &Secret::new("new"), UNIX_EPOCH).await;
        assert_eq!(failed.unwrap_err().kind(), ErrorKind::Locked);
        assert!(memory.staged(&account).await.unwrap().is_empty());
        memory.stage(&account, &Secret::new("new"), UNIX_EPOCH).await.unwrap();
        assert_eq!(memory.staged(&account).await.unwrap().len(), 1);
    }
}
