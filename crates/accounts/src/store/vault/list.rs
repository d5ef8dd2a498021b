//! The list of accounts, which a locked vault does not show.

use std::time::{SystemTime, UNIX_EPOCH};

use ::vault::{Change, Entry};

use super::{ACCOUNT, Inner, entry_id};
use crate::account::{self, Account, AccountId, Keeper};
use crate::address;
use crate::error::Result;

impl Keeper for Inner {
    fn all(&self) -> Result<Vec<Account>> {
        self.with(|vault, _| Ok(vault.entries().filter_map(|entry| shown(&entry)).collect()))
    }

    fn get(&self, id: &AccountId) -> Result<Option<Account>> {
        self.with(|vault, _| Ok(vault.get(&entry_id(id)).and_then(|entry| shown(&entry))))
    }

    fn put(&self, account: &Account) -> Result<()> {
        let id = entry_id(&account.id);
        let changed_at = Some(seconds(self.clock.now()));
        self.with(move |vault, _| {
            let known = vault.get(&id).and_then(|entry| shown(&entry));
            let account = known.map_or_else(|| account.clone(), |known| account.clone().onto(&known));
            let (text, shown) = (Some(searched(&account)), Some(account::to_bytes(&account)?));
            Ok(vault.change(&[Change::Put { id, text, shown, changed_at }])?)
        })
    }

    fn remove(&self, id: &AccountId) -> Result<()> {
        let id = entry_id(id);
        self.with(move |vault, _| Ok(vault.change(&[Change::Remove { id }])?))
    }
}

pub(super) fn shown(entry: &Entry<'_>) -> Option<Account> {
    entry.id.strip_prefix(ACCOUNT)?;
    let read = account::from_bytes(entry.shown?);
    read.inspect_err(|error| tracing::warn!(%error, "an account in the vault cannot be understood")).ok()
}

fn searched(account: &Account) -> String {
    format!("{} {} {}", account.name, account.identifier, address::host(&account.server.base))
}

fn seconds(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
