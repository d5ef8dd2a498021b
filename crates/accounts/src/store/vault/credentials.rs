//! An account's passwords, session and texts: one change of them is one frame of the journal.

use std::time::SystemTime;

use ::vault::Change;
use async_trait::async_trait;
use zeroize::Zeroizing;

use super::super::memory::{Kept, State, gone, history, staged};
use super::super::{
    AuthenticatorChange, CredentialStore, Current, Extra, KeptAuthenticator, Past, PastId, Staged, StoreKind,
    Why, records,
};
use super::{KEPT, Vault, entry_id, read};
use crate::account::AccountId;
use crate::error::Result;
use crate::provider::Session;
use crate::secret::Secret;

const SESSION: &str = "session";
pub(super) const AUTHENTICATOR: &str = "authenticator";

#[async_trait]
impl CredentialStore for Vault {
    fn kind(&self) -> StoreKind {
        StoreKind::Vault
    }

    async fn check(&self) -> Result<()> {
        self.with(|_, _| Ok(())).await
    }

    /// A vault asks for nothing by itself: [`open`](Vault::open) is given its key.
    async fn unlock(&self) -> Result<()> {
        self.check().await
    }

    async fn current(&self, account: &AccountId) -> Result<Option<Current>> {
        let account = account.clone();
        self.with(move |vault, _| {
            let kept = all_kept(vault, &account)?;
            let current = kept.into_iter().find(|kept| kept.state == State::Current);
            Ok(current.map(|kept| Current { password: kept.password, since: kept.at }))
        })
        .await
    }

    async fn stage(&self, account: &AccountId, password: &Secret, at: SystemTime) -> Result<PastId> {
        let (account, password, unique) = (account.clone(), password.clone(), self.0.unique());
        self.with(move |vault, _| {
            let new = new_kept(vault, &account, &password, at, unique)?;
            vault.change(&[write(&account, &new)?])?;
            Ok(new.id)
        })
        .await
    }

    async fn mark_sent(&self, account: &AccountId, id: &PastId) -> Result<()> {
        self.change_one(account, id, |kept| kept.mark_sent()).await
    }

    async fn staged(&self, account: &AccountId) -> Result<Vec<Staged>> {
        let account = account.clone();
        self.with(move |vault, _| Ok(staged(all_kept(vault, &account)?))).await
    }

    async fn commit(&self, account: &AccountId, id: &PastId, at: SystemTime) -> Result<()> {
        let (account, id) = (account.clone(), id.clone());
        self.with(move |vault, _| {
            let kept = all_kept(vault, &account)?;
            if !kept.iter().any(|kept| kept.id == id) {
                return Err(gone().into());
            }
            let mut changes = Vec::new();
            for mut kept in kept {
                let before = kept.state;
                if kept.id == id {
                    kept.commit(at);
                } else if kept.state == State::Current {
                    kept.replace(at);
                } else if kept.outlived(at) {
                    changes.push(Change::RemoveSecret { id: entry_id(&account), name: kept_name(&kept.id) });
                }
                if kept.state != before {
                    changes.push(write(&account, &kept)?);
                }
            }
            if changes.is_empty() { Ok(()) } else { Ok(vault.change(&changes)?) }
        })
        .await
    }

    async fn discard(&self, account: &AccountId, id: &PastId, why: Why, at: SystemTime) -> Result<()> {
        self.change_one(account, id, move |kept| kept.discard(why, at)).await
    }

    async fn history(&self, account: &AccountId, now: SystemTime) -> Result<Vec<Past>> {
        let account = account.clone();
        self.with(move |vault, _| Ok(history(all_kept(vault, &account)?, now))).await
    }

    async fn session(&self, account: &AccountId) -> Result<Option<Session>> {
        let id = entry_id(account);
        self.with(move |vault, _| {
            let text = read(vault, &id, SESSION)?;
            Ok(text.as_ref().map(records::read_session).transpose()?)
        })
        .await
    }

    async fn save_session(&self, account: &AccountId, session: &Session) -> Result<()> {
        let text = records::write_session(session)?;
        self.put_secret(account, SESSION, Some(&text)).await
    }

    async fn clear_session(&self, account: &AccountId) -> Result<()> {
        self.put_secret(account, SESSION, None).await
    }

    async fn extra(&self, account: &AccountId, which: Extra) -> Result<Option<Secret>> {
        let id = entry_id(account);
        self.with(move |vault, _| Ok(read(vault, &id, which.word())?)).await
    }

    async fn save_extra(&self, account: &AccountId, which: Extra, text: Option<&Secret>) -> Result<()> {
        self.put_secret(account, which.word(), text).await
    }

    async fn authenticators(&self, account: &AccountId) -> Result<Vec<KeptAuthenticator>> {
        let id = entry_id(account);
        self.with(move |vault, _| Ok(all_authenticators(vault, &id)?)).await
    }

    async fn change_authenticators(&self, account: &AccountId, change: AuthenticatorChange) -> Result<()> {
        let id = entry_id(account);
        self.with(move |vault, _| {
            let mut all = all_authenticators(vault, &id)?;
            if !change.apply(&mut all) {
                return Ok(());
            }
            let secret = bytes(&records::write_authenticators(&all)?);
            Ok(vault.change(&[Change::PutSecret { id, name: AUTHENTICATOR.into(), secret }])?)
        })
        .await
    }

    async fn remove(&self, account: &AccountId) -> Result<()> {
        let id = entry_id(account);
        self.with(move |vault, now| {
            if vault.get(&id).is_none() {
                return Ok(());
            }
            if vault.changes_since_snapshot() > 0 {
                // An earlier state is a snapshot: there is one now that still holds it.
                vault.compact(now)?;
            }
            let Some(entry) = vault.get(&id) else { return Ok(()) };
            let remove = |name: &str| Change::RemoveSecret { id: id.clone(), name: name.into() };
            let changes: Vec<_> = match entry.shown {
                // The line of the list is the list's to remove.
                Some(_) => entry.secrets().map(remove).collect(),
                None => vec![Change::Remove { id: id.clone() }],
            };
            if changes.is_empty() { Ok(()) } else { Ok(vault.change(&changes)?) }
        })
        .await
    }
}

impl Vault {
    async fn change_one(
        &self,
        account: &AccountId,
        id: &PastId,
        change: impl FnOnce(&mut Kept) -> Result<()> + Send + 'static,
    ) -> Result<()> {
        let (account, id) = (account.clone(), id.clone());
        self.with(move |vault, _| {
            let text = read(vault, &entry_id(&account), &kept_name(&id))?.ok_or_else(gone)?;
            let mut kept = records::read_kept(&text)?;
            let before = kept.state;
            change(&mut kept)?;
            if kept.state != before {
                vault.change(&[write(&account, &kept)?])?;
            }
            Ok(())
        })
        .await
    }

    async fn put_secret(&self, account: &AccountId, name: &'static str, text: Option<&Secret>) -> Result<()> {
        let (id, text) = (entry_id(account), text.cloned());
        self.with(move |vault, _| {
            let there = vault.get(&id).is_some_and(|entry| entry.secrets().any(|known| known == name));
            let change = match text {
                Some(text) => Change::PutSecret { id, name: name.into(), secret: bytes(&text) },
                None if !there => return Ok(()),
                None => Change::RemoveSecret { id, name: name.into() },
            };
            Ok(vault.change(&[change])?)
        })
        .await
    }
}

fn all_authenticators(vault: &::vault::Vault, id: &str) -> Result<Vec<KeptAuthenticator>> {
    let text = read(vault, id, AUTHENTICATOR)?;
    Ok(text.map(|text| records::read_authenticators(&text)).transpose()?.unwrap_or_default())
}

fn kept_name(id: &PastId) -> String {
    format!("{KEPT}{}", id.0)
}

fn all_kept(vault: &::vault::Vault, account: &AccountId) -> Result<Vec<Kept>> {
    let id = entry_id(account);
    let Some(entry) = vault.get(&id) else { return Ok(Vec::new()) };
    let names = entry.secrets().filter(|name| name.starts_with(KEPT));
    names.map(|name| records::read_kept(&read(vault, &id, name)?.ok_or_else(gone)?)).collect()
}

/// A staged one, named so that later ones come later, and no two programs choose the same.
pub(super) fn new_kept(
    vault: &::vault::Vault,
    account: &AccountId,
    password: &Secret,
    at: SystemTime,
    unique: u32,
) -> Result<Kept> {
    let beginning = format!("{:015}-", records::milliseconds(at));
    let same = all_kept(vault, account)?.iter().filter(|kept| kept.id.0.starts_with(&beginning)).count();
    let id = PastId(format!("{beginning}{same:06}-{unique:08x}"));
    Ok(Kept { id, password: password.clone(), at, state: State::Staged { sent: false } })
}

pub(super) fn write(account: &AccountId, kept: &Kept) -> Result<Change> {
    let text = records::write_kept(kept)?;
    Ok(Change::PutSecret { id: entry_id(account), name: kept_name(&kept.id), secret: bytes(&text) })
}

fn bytes(text: &Secret) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(text.expose().as_bytes().to_vec())
}
