use std::collections::{BTreeSet, HashMap};

use url::Url;

use super::built_in::{self, Named};
use super::reading::{Entries, Group, Rule};

/// What is known, by host. Looking up the parents of a host is the caller's.
#[derive(Default)]
pub(super) struct Sites {
    named: &'static [Named],
    pages: HashMap<String, Url>,
    rules: HashMap<String, Rule>,
    shared: Groups,
    once_shared: Groups,
}

#[derive(Default)]
struct Groups {
    all: Vec<Group>,
    /// Where a host stands in them.
    of: HashMap<String, Vec<usize>>,
}

impl Sites {
    pub fn built_in() -> Self {
        let mut sites = Self { named: built_in::NAMED, ..Self::default() };
        sites.shared.add(&built_in::shared());
        let pages = sites.named.iter().filter_map(|site| Some((site.hosts[0], Url::parse(site.page?).ok()?)));
        sites.pages = pages.map(|(host, url)| (host.to_owned(), url)).collect();
        let rule = |text: &str| Rule { text: text.to_owned(), exact: false };
        let rules = sites.named.iter().filter_map(|site| Some((site.hosts[0].to_owned(), rule(site.rules?))));
        sites.rules = rules.collect();
        sites
    }

    pub fn of<'a>(parts: impl Iterator<Item = &'a Entries>) -> Self {
        let mut sites = Self::default();
        for part in parts {
            match part {
                Entries::ChangePages(pages) => sites.pages.extend(pages.iter().cloned()),
                Entries::Rules(rules) => sites.rules.extend(rules.iter().cloned()),
                Entries::Shared(groups) => sites.shared.add(groups),
                Entries::OnceShared(groups) => sites.once_shared.add(groups),
            }
        }
        sites
    }

    pub fn named(&self) -> &'static [Named] {
        self.named
    }

    /// Every host of which something is known that helps now.
    pub fn hosts(&self) -> BTreeSet<&str> {
        let hosts = self.pages.keys().chain(self.rules.keys()).chain(self.shared.of.keys());
        hosts.map(String::as_str).collect()
    }

    pub fn change_page(&self, name: &str) -> Option<&Url> {
        self.pages.get(name)
    }

    /// `exact`: the host itself is meant, not one that is part of it.
    pub fn rules(&self, name: &str, exact: bool) -> Option<&str> {
        self.rules.get(name).filter(|rule| exact || !rule.exact).map(|rule| rule.text.as_str())
    }

    pub fn shared_with(&self, name: &str) -> Option<Vec<String>> {
        self.shared.with(name)
    }

    pub fn once_shared_with(&self, name: &str) -> Option<Vec<String>> {
        self.once_shared.with(name)
    }

    pub fn guide(&self, name: &str) -> Option<&'static str> {
        self.named.iter().find(|site| site.hosts.contains(&name)).and_then(|site| site.guide)
    }
}

impl Groups {
    fn add(&mut self, groups: &[Group]) {
        for group in groups {
            for host in group.hosts.iter().chain(&group.from) {
                self.of.entry(host.clone()).or_default().push(self.all.len());
            }
            self.all.push(group.clone());
        }
    }

    fn with(&self, name: &str) -> Option<Vec<String>> {
        let groups = self.of.get(name)?.iter().filter_map(|number| self.all.get(*number));
        let known = groups.flat_map(|group| {
            // What opens here may be no use there; and from where nobody signs in any more, no account is to be expected.
            let from = if group.obsolete || !group.hosts.iter().any(|host| host == name) {
                &[][..]
            } else {
                &group.from
            };
            group.hosts.iter().chain(from)
        });
        let others: BTreeSet<&String> = known.filter(|host| *host != name).collect();
        Some(others.into_iter().cloned().collect())
    }
}
