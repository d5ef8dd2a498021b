//! Changing many: in which order, and how far one has come.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{AccountHealth, Reason, are_one, records};
use crate::account::AccountId;
use crate::error::Result;

/// One change to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The account, and those that share its credentials: one change is for all of them.
    pub accounts: Vec<AccountId>,
    /// Why, the most pressing first.
    pub reasons: Vec<Reason>,
    /// How many accounts it opens the way into.
    pub unlocks: usize,
}

/// The changes that were to be made at some moment. What became of each is read from the passwords themselves, so that
/// a change that was made elsewhere counts, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    pub made_at: SystemTime,
    /// Every account to change, in order, with the moment since which it has the password that is to go.
    pub(super) entries: Vec<(AccountId, SystemTime)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub changed: usize,
    pub all: usize,
}

/// What should be changed, in order: what opens the way into most other accounts first, then what is exposed, then what
/// is used elsewhere, too, then what is old. Accounts that share credentials are one line.
pub fn queue(
    health: &[AccountHealth],
    unlocks: impl Fn(&AccountId) -> usize,
    groups: &[Vec<String>],
    now: SystemTime,
) -> Vec<Line> {
    let mut lines: Vec<(usize, Line)> = Vec::new();
    for (place, one) in health.iter().enumerate() {
        let reasons = one.reasons(now);
        if reasons.is_empty() {
            continue;
        }
        let shared = lines.iter_mut().find(|(first, _)| are_one(&health[*first], one, groups));
        match shared {
            Some((_, line)) => {
                line.accounts.push(one.account.clone());
                line.unlocks = line.unlocks.max(unlocks(&one.account));
                line.reasons.extend(reasons);
            }
            None => {
                let line =
                    Line { accounts: vec![one.account.clone()], reasons, unlocks: unlocks(&one.account) };
                lines.push((place, line));
            }
        }
    }
    for (_, line) in &mut lines {
        // Of each kind the strongest: the most often seen, the most often used.
        line.reasons.sort_by_key(|reason| match reason {
            Reason::Exposed { times } => (0, Reverse(*times)),
            Reason::Reused { others } => (1, Reverse(*others as u64)),
            Reason::Old => (2, Reverse(0)),
        });
        line.reasons.dedup_by_key(|reason| std::mem::discriminant(reason));
    }
    lines.sort_by_key(|(place, line)| {
        let pressing = line.reasons.first().map_or(3, |reason| match reason {
            Reason::Exposed { .. } => 0,
            Reason::Reused { .. } => 1,
            Reason::Old => 2,
        });
        (Reverse(line.unlocks), pressing, health[*place].since, *place)
    });
    lines.into_iter().map(|(_, line)| line).collect()
}

impl Queue {
    /// Remembers what is to be changed; lines without a password are left out.
    pub fn of(lines: &[Line], health: &[AccountHealth], now: SystemTime) -> Self {
        let since = since(health);
        let entries = lines.iter().flat_map(|line| &line.accounts);
        let entries = entries.filter_map(|id| Some((id.clone(), *since.get(id)?))).collect();
        Self { made_at: to_the_millisecond(now), entries }
    }

    /// Takes in what has become worth changing since, after what was there before.
    pub fn extend(&mut self, lines: &[Line], health: &[AccountHealth]) {
        for (id, since) in Self::of(lines, health, self.made_at).entries {
            let known = self.entries.iter_mut().find(|(known, _)| *known == id);
            match known {
                // Changed once, and again worth changing: what is counted is the change that is yet to come.
                Some(known) => known.1 = since,
                None => self.entries.push((id, since)),
            }
        }
    }

    /// The accounts that still have the password that is to go, in order.
    pub fn left(&self, health: &[AccountHealth]) -> Vec<AccountId> {
        let now = since(health);
        let same = |(id, since): &&(AccountId, SystemTime)| now.get(id) == Some(since);
        self.entries.iter().filter(same).map(|(id, _)| id.clone()).collect()
    }

    /// How far it has come; an account that was removed has nothing left to change.
    pub fn progress(&self, health: &[AccountHealth]) -> Progress {
        let all = self.entries.len();
        Progress { changed: all - self.left(health).len(), all }
    }

    /// Keeps it in a file, replaced as a whole. Nothing in it is secret: ids and moments.
    ///
    /// Errors: `StoreBroken`.
    pub fn save(&self, path: &Path) -> Result<()> {
        records::save(self, path)
    }

    /// `None` where none was kept. Errors: `Unreadable` for a file that is something else, or of a later Regain.
    pub fn load(path: &Path) -> Result<Option<Self>> {
        records::load(path)
    }
}

fn since(health: &[AccountHealth]) -> HashMap<&AccountId, SystemTime> {
    health.iter().map(|one| (&one.account, to_the_millisecond(one.since))).collect()
}

/// As stores and the queue's file keep it: a store that ends with the process is more exact.
fn to_the_millisecond(moment: SystemTime) -> SystemTime {
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
    moment - Duration::from_nanos(u64::from(since.subsec_nanos() % 1_000_000))
}

#[cfg(test)]
mod tests;
