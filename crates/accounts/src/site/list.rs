//! What is known of sites beforehand: a few that are built in, and a copy of a list in the form of Apple's
//! password-manager-resources that the person brought.

mod built_in;
mod import;
mod kept;
mod names;
mod reading;
mod records;
mod sites;

use std::sync::Arc;
use std::time::SystemTime;

use url::Url;

pub use import::{Import, ImportProblem};
pub use kept::Kept;
pub use names::Hit;
pub use reading::{Kind, Refusal};

use names::Names;
use sites::Sites;

use super::host::Host;

/// The list: what was brought comes first, what is built in behind it.
#[derive(Clone)]
pub struct SiteList {
    built_in: Arc<Sites>,
    brought: Arc<Sites>,
    names: Arc<Names>,
}

/// One file of a list, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub kind: Kind,
    pub from: Origin,
    /// When it was brought.
    pub at: SystemTime,
    pub counts: Counts,
    entries: reading::Entries,
}

/// Where a part came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A file, by its name without its folder.
    File(String),
    Address(Url),
}

/// What became of a file's entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub taken: usize,
    /// They made no sense.
    pub skipped: usize,
    /// Their pages are not opened: no https, or no host of the internet by its name.
    pub refused: usize,
}

/// The parts that were brought, at most one of each kind, in their order.
pub type Brought = Vec<Part>;

impl SiteList {
    /// What is built in, and nothing else.
    pub fn built_in() -> Self {
        Self::with(&[])
    }

    /// What is built in, behind a copy.
    pub fn with(copy: &[Part]) -> Self {
        let built_in = Sites::built_in();
        let brought = Sites::of(copy.iter().map(|part| &part.entries));
        let names = Names::of(&built_in, &brought);
        Self { built_in: Arc::new(built_in), brought: Arc::new(brought), names: Arc::new(names) }
    }

    /// How many sites are built in.
    pub fn built_in_count() -> usize {
        built_in::NAMED.len()
    }

    /// Sites whose name or host fits what was typed, the likeliest first, 20 at most. Neither case nor accents matter; one
    /// wrong letter is forgiven in names of five letters and more.
    pub fn search(&self, typed: &str) -> Vec<Hit> {
        self.names.search(typed)
    }

    /// The page where its password is changed.
    pub fn change_page(&self, host: &Host) -> Option<&Url> {
        self.first(host, |sites, name| sites.change_page(name))
    }

    /// What its passwords must be, in the words of `passwordrules`.
    pub fn rules(&self, host: &Host) -> Option<&str> {
        let exact = |name: &str| name == host.as_str();
        self.first(host, |sites, name| sites.rules(name, exact(name)))
    }

    /// Other hosts that the same account opens.
    pub fn shared_with(&self, host: &Host) -> Vec<String> {
        self.first(host, Sites::shared_with).unwrap_or_default()
    }

    /// Other hosts that the same account once opened: the same password there is no reuse.
    pub fn once_shared_with(&self, host: &Host) -> Vec<String> {
        self.first(host, Sites::once_shared_with).unwrap_or_default()
    }

    /// The guide through this site.
    pub fn guide(&self, host: &Host) -> Option<&'static str> {
        host.with_parents().find_map(|name| self.built_in.guide(name))
    }

    /// What is known of the host, or of the nearest that it is part of.
    fn first<'a, T>(&'a self, host: &Host, known: impl Fn(&'a Sites, &str) -> Option<T>) -> Option<T> {
        host.with_parents()
            .find_map(|name| known(&self.brought, name).or_else(|| known(&self.built_in, name)))
    }
}

#[cfg(test)]
mod tests;
