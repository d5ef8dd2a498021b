//! Passwords made while the vault was locked: kept in its journal, offered when it opens.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ::vault::{Change, LOCKED, MADE, append_locked, look};

use super::super::memory::gone;
use super::super::records;
use super::credentials::{new_kept, write};
use super::{Vault, kept, read};
use crate::account::AccountId;
use crate::error::{ErrorKind, Result};
use crate::secret::Secret;

/// A password that was made while the vault was locked.
#[derive(Debug, Clone)]
pub struct Made {
    pub id: String,
    pub at: SystemTime,
    pub password: Secret,
    pub purpose: Option<String>,
}

impl Vault {
    /// Keeps a password in the journal, open or locked; durable when it returns. It is offered when the vault opens.
    pub async fn make_locked(&self, password: &Secret, purpose: Option<&str>) -> Result<()> {
        let text = records::write_made(password, purpose)?;
        self.blocking(move |inner| {
            let pin = inner.seen.pinned()?;
            let now = inner.clock.now();
            append_locked(&inner.home, &pin, text.expose().as_bytes(), &*inner.dice, now).map_err(kept)
        })
        .await
    }

    /// How many such passwords wait in the journal, as far as can be seen from outside.
    pub fn waiting_outside(&self) -> usize {
        look(&self.0.home).map_or(0, |outside| outside.made_while_locked)
    }

    /// What was made while locked, newest first.
    pub async fn made(&self) -> Result<Vec<Made>> {
        self.with(|vault, _| {
            let ids = vault.entries().filter(|entry| entry.id.starts_with(LOCKED));
            let ids: Vec<_> = ids.map(|entry| (entry.id.to_owned(), entry.changed_at)).collect();
            let mut made = Vec::new();
            for (id, at) in ids {
                let Some(text) = read(vault, &id, MADE)? else { continue };
                // Anyone can append: what is no password of ours is no offer.
                let Ok((password, purpose)) = records::read_made(&text) else { continue };
                made.push(Made { id, at: moment(at.unwrap_or_default()), password, purpose });
            }
            made.sort_by_key(|made| std::cmp::Reverse(made.at));
            Ok(made)
        })
        .await
    }

    /// Takes one up: it becomes a staged password of the account, in one step.
    pub async fn keep_made(&self, id: &str, account: &AccountId) -> Result<()> {
        let (id, account, unique) = (id.to_owned(), account.clone(), self.0.unique());
        self.with(move |vault, now| {
            let text = read(vault, &id, MADE)?.ok_or_else(gone)?;
            let (password, _) = records::read_made(&text)?;
            let new = new_kept(vault, &account, &password, now, unique)?;
            Ok(vault.change(&[write(&account, &new)?, Change::Remove { id }])?)
        })
        .await
    }

    pub async fn drop_made(&self, id: &str) -> Result<()> {
        let id = id.to_owned();
        if !id.starts_with(LOCKED) {
            return Err(ErrorKind::Bug.into());
        }
        self.with(move |vault, _| Ok(vault.change(&[Change::Remove { id }])?)).await
    }
}

fn moment(seconds: u64) -> SystemTime {
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).unwrap_or(UNIX_EPOCH)
}
