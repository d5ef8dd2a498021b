//! Which store holds the credentials, and moving them from one to another.

use accounts::flow::Deps;
use accounts::store::{StoreKind as Kept, finish_move, move_all};
use accounts::{Account, AccountState, ErrorKind};

use crate::app::App;
use crate::view::{Chosen, ErrorView, Moved, Settings, StoreKind};

impl App {
    /// Chooses where credentials rest from now on. Everything moves there: written, read back, then deleted in the old
    /// place. What is kept only in memory moves nothing, and what rested before stays where it is.
    pub async fn choose_store(&self, kind: StoreKind) -> Result<Chosen, ErrorView> {
        if self.is_locked() {
            return Err(ErrorView::Locked);
        }
        let next = self.deps_of(kind)?;
        match kind {
            StoreKind::Keychain => next.store.unlock().await?,
            StoreKind::Vault => next.store.check().await?,
            StoreKind::Memory => {}
        }
        let before = self.settings().store;
        let moved = match self.held() {
            Ok(_) if before == kind => {
                self.choose(kind)?;
                None
            }
            Ok(held) if kind != StoreKind::Memory => {
                let moved = self.move_from(&held, &next, kind).await?;
                self.use_from_now_on(Ok(next));
                Some(moved)
            }
            _ => {
                self.choose(kind)?;
                self.use_from_now_on(Ok(next));
                None
            }
        };
        self.begun();
        Ok(Chosen { store: self.store_state().await, moved })
    }

    fn choose(&self, kind: StoreKind) -> Result<(), ErrorView> {
        self.keep(Settings { store: kind, ..self.settings() }).map(drop)
    }

    async fn move_from(&self, held: &Deps, next: &Deps, kind: StoreKind) -> Result<Moved, ErrorView> {
        if held.accounts.list()?.is_empty() {
            // A keychain that is locked need not be opened for nothing.
            return self.move_list(held, next, kind);
        }
        match held.store.check().await.map_err(|error| error.kind()) {
            // Out of a keychain that is not there no password comes; that must not keep anybody out of a vault.
            Err(ErrorKind::NoKeychain | ErrorKind::StoreBroken) => return self.move_list(held, next, kind),
            checked => checked?,
        }
        let choose = || self.choose(kind).map_err(|_| ErrorKind::StoreBroken.into());
        let now = next.clock.now();
        let moved = move_all(&self.home.moving(), held, next, now, choose).await?;
        Ok(moved_view(moved.from, moved.to, moved.accounts, moved.passwords))
    }

    /// Takes over the list alone: the old place keeps what it has, for the day when it is there again.
    fn move_list(&self, held: &Deps, next: &Deps, kind: StoreKind) -> Result<Moved, ErrorView> {
        let accounts = held.accounts.list()?;
        for account in &accounts {
            if next.accounts.look_up(&account.id)?.is_none() {
                next.accounts.put(Account { state: AccountState::SignedOut, ..account.clone() })?;
            }
        }
        self.choose(kind)?;
        Ok(moved_view(held.store.kind(), next.store.kind(), accounts.len(), 0))
    }

    /// Goes on with a move that broke off, if the new place was chosen; else the old one still holds everything.
    pub(crate) async fn finish_move(&self, deps: &Deps) {
        let mark = self.home.moving();
        let Some((from, to)) = mark.under_way() else { return };
        if to != deps.store.kind() {
            if let Err(error) = mark.end() {
                tracing::warn!(%error, "the mark of a move could not be removed");
            }
            return;
        }
        let Ok(old) = self.deps_of(from.into()) else { return };
        if old.store.check().await.is_err() {
            // Once it is open.
            return;
        }
        if let Err(error) = finish_move(&mark, &old, deps, deps.clock.now()).await {
            tracing::warn!(%error, "a move that broke off could not be ended");
        }
    }
}

fn moved_view(from: Kept, to: Kept, accounts: usize, passwords: usize) -> Moved {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Moved { from: from.into(), to: to.into(), accounts: count(accounts), passwords: count(passwords) }
}
