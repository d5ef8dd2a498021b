//! Which mailbox an account's codes go to, and whether that mailbox is itself one of the accounts.

use std::collections::HashMap;

use super::known::Known;
use crate::account::{Account, Means, plain};
use crate::identifier;

/// Mailboxes by their addresses.
pub(super) struct Mailboxes {
    /// Accounts, by their places in the list.
    opened_by: HashMap<String, usize>,
    /// Whole addresses behind the masks that servers show; none where two fit.
    unmasked: HashMap<String, Option<String>>,
}

impl Mailboxes {
    pub fn of(accounts: &[Account], known: &[Known]) -> Self {
        let mut mailboxes = Self { opened_by: HashMap::new(), unmasked: HashMap::new() };
        for (at, account) in accounts.iter().enumerate() {
            for address in own_addresses(account) {
                mailboxes.opened_by.entry(address).or_insert(at);
            }
        }
        // What the person says comes before what looks so.
        for (at, account) in accounts.iter().enumerate() {
            for address in &account.plan.mailboxes {
                mailboxes.opened_by.insert(plain(address), at);
            }
        }
        for (account, known) in accounts.iter().zip(known) {
            let said = account.plan.added.iter().filter_map(|means| match means {
                Means::Mailbox(address) => Some(address),
                _ => None,
            });
            let told = [Some(&account.identifier), account.recover_as.as_ref(), known.mailbox.as_ref()];
            let all = told.into_iter().flatten().chain(&account.plan.mailboxes).chain(said);
            for address in all.filter(|address| identifier::is_mailbox(address)).map(|it| plain(it)) {
                let behind = mailboxes.unmasked.entry(identifier::masked(&address));
                let behind = behind.or_insert_with(|| Some(address.clone()));
                if behind.as_ref() != Some(&address) {
                    *behind = None;
                }
            }
        }
        mailboxes
    }

    /// The place of the account that opens the mailbox of an address.
    pub fn account(&self, address: &str) -> Option<usize> {
        self.opened_by.get(address).copied()
    }

    /// The address that codes are mailed to, as far as it is known: whole, or masked.
    pub fn mailed_to(&self, account: &Account, known: &Known) -> Option<String> {
        let own = [known.mailbox.as_ref(), account.recover_as.as_ref(), Some(&account.identifier)];
        let own = own.into_iter().flatten().filter(|it| identifier::is_mailbox(it)).map(|it| plain(it));
        let Some(masked) = account.mailbox.as_deref().map(plain) else { return own.into_iter().next() };
        let behind = own.into_iter().find(|address| identifier::masked(address) == masked);
        behind.or_else(|| self.unmasked.get(&masked).cloned().flatten()).or(Some(masked))
    }
}

/// Addresses whose mailbox this account looks to be: one at the very host that it lives on.
fn own_addresses(account: &Account) -> Vec<String> {
    let Some(host) = account.server.base.domain() else { return Vec::new() };
    let host = plain(host);
    let identifier = plain(&account.identifier);
    if let Some(domain) = identifier::domain(&identifier) {
        let at_home = host == domain || host.ends_with(&format!(".{domain}"));
        return if at_home && identifier::is_mailbox(&identifier) { vec![identifier] } else { Vec::new() };
    }
    let mut domain = Some(host.as_str());
    let mut addresses = Vec::new();
    while let Some(name) = domain.filter(|name| name.contains('.')) {
        addresses.push(format!("{identifier}@{name}"));
        domain = name.split_once('.').map(|(_, rest)| rest);
    }
    addresses
}
