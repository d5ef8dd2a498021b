//! How the saved passwords are: used twice, known from leaks, old; and which to change first.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::account::{Account, AccountId, Accounts};
use crate::address;
use crate::clock::Random;
use crate::error::{ErrorKind, Result};
use crate::exposed::Leaks;
use crate::store::{CredentialStore, current_if_any};

mod queue;
mod records;

pub use queue::{Line, Progress, Queue, queue};

/// From this age on a password is worth changing although nothing is known against it: one of the largest leaks came to
/// light four years after it had happened (LinkedIn, 2012 to 2016). Servers must not ask for it (NIST SP 800-63B-4,
/// 3.1.1.2), so it is always the last reason.
pub const OLD: Duration = Duration::from_secs(4 * 365 * 24 * 60 * 60);

/// What is known of the password of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountHealth {
    pub account: AccountId,
    /// Where it is used, with its port where it has one of its own: another port is another server. Accounts of hosts that share credentials may have the same one.
    pub host: String,
    pub identifier: String,
    /// What the window calls it.
    pub name: String,
    /// Since when it is the current one.
    pub since: SystemTime,
    /// The other accounts that have the same one.
    pub reused_with: Vec<AccountId>,
    pub exposed: Exposed,
}

/// Whether a password stands in known leaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exposed {
    NotChecked,
    /// It could not be found out.
    Unknown(ErrorKind),
    No,
    Times(u64),
}

/// Why a password should be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    Exposed {
        times: u64,
    },
    /// That many other accounts have the same one.
    Reused {
        others: usize,
    },
    /// It is older than [`OLD`].
    Old,
}

impl AccountHealth {
    /// Zero for a password of the future, which a clock that was set back leaves behind.
    pub fn age(&self, now: SystemTime) -> Duration {
        now.duration_since(self.since).unwrap_or_default()
    }

    /// Why it should be changed, the most pressing first.
    pub fn reasons(&self, now: SystemTime) -> Vec<Reason> {
        let mut reasons = Vec::new();
        if let Exposed::Times(times) = self.exposed {
            reasons.push(Reason::Exposed { times });
        }
        if !self.reused_with.is_empty() {
            reasons.push(Reason::Reused { others: self.reused_with.len() });
        }
        if self.age(now) >= OLD {
            reasons.push(Reason::Old);
        }
        reasons
    }
}

/// Looks at the current password of every account that has one, in the order of the list; practice is left out.
///
/// One password at a time is looked at; what stays of it to be compared is a tag under a key that ends with the call.
/// Accounts of hosts in the same group (`groups`: hosts that share credentials) and with the same identifier are one
/// account of two names: they do not count as a reuse of each other.
///
/// Errors: those of the list and of the store; what the leaks cannot say is [`Exposed::Unknown`].
pub async fn health(
    accounts: &Accounts,
    store: &dyn CredentialStore,
    leaks: Option<&Leaks>,
    groups: &[Vec<String>],
    random: &dyn Random,
) -> Result<Vec<AccountHealth>> {
    let mut key = Zeroizing::new([0; 32]);
    random.fill(&mut *key);
    let mut all: Vec<AccountHealth> = Vec::new();
    let mut same: HashMap<Tag, Vec<usize>> = HashMap::new();
    for account in accounts.list()?.into_iter().filter(|account| !account.practice) {
        let Some(current) = current_if_any(store, &account.id).await? else { continue };
        let with_it = same.entry(tag(&*key, current.password.expose())).or_default();
        let exposed = match (with_it.first(), leaks) {
            // Asked once for each password, however many accounts have it.
            (Some(first), _) => all[*first].exposed,
            (None, None) => Exposed::NotChecked,
            (None, Some(leaks)) => match leaks.times(&current.password).await {
                Ok(0) => Exposed::No,
                Ok(times) => Exposed::Times(times),
                Err(error) => Exposed::Unknown(error.kind()),
            },
        };
        with_it.push(all.len());
        all.push(line(account, current.since, exposed));
    }
    for with_it in same.values() {
        for one in with_it {
            let others = with_it.iter().filter(|other| !are_one(&all[*one], &all[**other], groups));
            all[*one].reused_with = others.map(|other| all[*other].account.clone()).collect();
        }
    }
    Ok(all)
}

type Tag = [u8; 32];

fn tag(key: &[u8], password: &str) -> Tag {
    // HMAC takes a key of any length.
    let mac = Hmac::<Sha256>::new_from_slice(key).map(|mac| mac.chain_update(password.as_bytes()));
    mac.map_or([0; 32], |mac| mac.finalize().into_bytes().into())
}

fn line(account: Account, since: SystemTime, exposed: Exposed) -> AccountHealth {
    AccountHealth {
        host: address::host(&account.server.base),
        account: account.id,
        identifier: account.identifier,
        name: account.name,
        since,
        reused_with: Vec::new(),
        exposed,
    }
}

/// One account under two names, or the very same line.
fn are_one(one: &AccountHealth, other: &AccountHealth, groups: &[Vec<String>]) -> bool {
    let known = |host: &str, group: &[String]| {
        let within = |shared: &String| {
            host.strip_suffix(shared.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        group.iter().any(within)
    };
    let together = || groups.iter().any(|group| known(&one.host, group) && known(&other.host, group));
    let same_name = one.identifier.to_lowercase() == other.identifier.to_lowercase();
    one.account == other.account || same_name && (one.host == other.host || together())
}

#[cfg(test)]
mod tests;
