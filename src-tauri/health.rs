//! How the saved passwords are, and changing many of them.

use std::collections::HashMap;
use std::path::PathBuf;

use accounts::AccountId;
use accounts::health::{self, AccountHealth, Exposed, Line, OLD, Queue, Reason};
use accounts::site::{Host, SiteList};

use crate::app::App;
use crate::view::*;
use crate::view_from::seconds;

/// What known leaks said, by account and by the second since which it has its password. It ends with the next lock.
pub type LookedUp = HashMap<(AccountId, u32), Exposed>;

impl App {
    /// Looks at all passwords, with what was looked up in known leaks before.
    pub async fn health(&self) -> Result<HealthView, ErrorView> {
        let (deps, groups) = (self.deps()?, self.groups().await?);
        let mut all = health::health(&deps.accounts, &*deps.store, None, &groups, &*deps.random).await?;
        self.recall(&mut all);
        self.judged(&all, &groups).await
    }

    /// Looks all passwords up in known leaks.
    pub async fn check_leaks(&self) -> Result<HealthView, ErrorView> {
        let deps = self.deps()?;
        let Some(leaks) = self.leaks_at().await? else { return self.health().await };
        let groups = self.groups().await?;
        let all = health::health(&deps.accounts, &*deps.store, Some(&leaks), &groups, &*deps.random).await?;
        // A lock meanwhile has forgotten all of it, and nothing comes back.
        self.deps()?;
        self.door().looked_up =
            all.iter().map(|one| ((one.account.clone(), seconds(one.since)), one.exposed)).collect();
        self.judged(&all, &groups).await
    }

    /// Hosts that share their credentials with one of an account, as the list of sites says.
    async fn groups(&self) -> Result<Vec<Vec<String>>, ErrorView> {
        let accounts = self.deps()?.accounts.list()?;
        let hosts: Vec<Host> = accounts.iter().filter_map(|account| Host::of(&account.server.base)).collect();
        let kept = self.home.site_list();
        // The list may be large, and is read beside the window's own work.
        let grouped = tokio::task::spawn_blocking(move || {
            let list = SiteList::with(&kept.load().unwrap_or_default());
            let group = |host: &Host| {
                let shared = list.shared_with(host);
                let own = (!shared.is_empty()).then(|| host.as_str().to_owned())?;
                Some(shared.into_iter().chain([own]).collect())
            };
            hosts.iter().filter_map(group).collect()
        });
        grouped.await.map_err(|_| ErrorView::Bug)
    }

    /// What was looked up before, of passwords that are the same still.
    fn recall(&self, all: &mut [AccountHealth]) {
        let door = self.door();
        for one in all {
            let known = door.looked_up.get(&(one.account.clone(), seconds(one.since)));
            one.exposed = known.copied().unwrap_or(Exposed::NotChecked);
        }
    }

    async fn judged(&self, all: &[AccountHealth], groups: &[Vec<String>]) -> Result<HealthView, ErrorView> {
        let deps = self.deps()?;
        let opens = self.opens(&deps).await?;
        let now = deps.clock.now();
        let lines = health::queue(all, |id| opens.get(id).copied().unwrap_or_default(), groups, now);
        let queue = self.queue_of(&lines, all)?;
        let progress = queue.progress(all);
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let named = |id: &AccountId| {
            let found = all.iter().find(|one| one.account == *id);
            found.map(|one| NamedAccount {
                id: id.as_str().into(),
                name: one.name.clone(),
                identifier: one.identifier.clone(),
            })
        };
        let leaks = self.leaks_kind();
        Ok(HealthView {
            accounts: all
                .iter()
                .map(|one| AccountHealthView {
                    account: one.account.as_str().into(),
                    since: seconds(one.since),
                    old: one.age(now) >= OLD,
                    reused_with: one.reused_with.iter().filter_map(named).collect(),
                    exposed: if leaks == LeaksKind::Off {
                        ExposedView::NotChecked
                    } else {
                        one.exposed.into()
                    },
                })
                .collect(),
            changes: lines.iter().map(|line| change(line, all, named)).collect(),
            changed: count(progress.changed),
            all: count(progress.all),
            leaks,
        })
    }

    /// The queue that was begun, with what has come up since; a new one where that one is through.
    fn queue_of(&self, lines: &[Line], all: &[AccountHealth]) -> Result<Queue, ErrorView> {
        let path = self.changes();
        let kept = Queue::load(&path).unwrap_or_else(|error| {
            tracing::warn!(%error, "the queue of changes cannot be read and is begun anew");
            None
        });
        let queue = match &kept {
            Some(kept) if lines.is_empty() || !kept.left(all).is_empty() => {
                let mut queue = kept.clone();
                queue.extend(lines, all);
                queue
            }
            _ => Queue::of(lines, all, self.clock.now()),
        };
        if kept.as_ref() != Some(&queue) && !(kept.is_none() && lines.is_empty()) {
            queue.save(&path)?;
        }
        Ok(queue)
    }

    fn changes(&self) -> PathBuf {
        self.home.folder().join("changes.json")
    }
}

fn change(
    line: &Line,
    all: &[AccountHealth],
    named: impl Fn(&AccountId) -> Option<NamedAccount>,
) -> ChangeView {
    let since = |id: &AccountId| all.iter().find(|one| one.account == *id).map(|one| seconds(one.since));
    let oldest = line.accounts.iter().filter_map(since).min().unwrap_or_default();
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let reasons = line.reasons.iter().map(|reason| match *reason {
        Reason::Exposed { times } => ReasonView::Exposed { times: u32::try_from(times).unwrap_or(u32::MAX) },
        Reason::Reused { others } => ReasonView::Reused { others: count(others) },
        Reason::Old => ReasonView::Old { since: oldest },
    });
    ChangeView {
        reasons: reasons.collect(),
        accounts: line.accounts.iter().filter_map(named).collect(),
        unlocks: count(line.unlocks),
    }
}
