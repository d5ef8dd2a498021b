//! Searching the list by what people call a site.

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::built_in::Named;
use super::sites::Sites;
use crate::site::{Host, Site};

/// Hits that are given at most.
const MOST: usize = 20;
/// Fewest letters of a name, and of what was typed, in which one may be wrong.
const FORGIVEN: usize = 5;
/// Fewest letters that are looked for inside of a name.
const INSIDE: usize = 3;

/// A site that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Its own name, or its host as a person may read it.
    pub name: String,
    pub host: Host,
    /// There is a guide through it.
    pub guide: bool,
}

/// How well a key fits, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Whole,
    Start,
    Inside,
    Nearly,
}

pub(super) struct Names(Vec<Entry>);

struct Entry {
    hit: Hit,
    /// Folded to their letters: name, other names, hosts.
    keys: Vec<String>,
}

impl Names {
    pub fn of(built_in: &Sites, brought: &Sites) -> Self {
        let named = built_in.named();
        let mut entries: Vec<Entry> = named.iter().filter_map(of_named).collect();
        let mut known: HashSet<Host> =
            named.iter().flat_map(|site| site.hosts).filter_map(|host| Host::read(host).ok()).collect();
        for host in brought.hosts().into_iter().filter_map(|host| Host::read(host).ok()) {
            let host = host.registrable();
            if known.insert(host.clone()) {
                let name = host.shown();
                let keys = keys_of(&host);
                entries.push(Entry { hit: Hit { name, host, guide: false }, keys });
            }
        }
        Self(entries)
    }

    pub fn search(&self, typed: &str) -> Vec<Hit> {
        let wanted = match Site::read(typed) {
            Ok(Site::Host(host)) => folded(&host.registrable().shown()),
            Ok(Site::Name(name)) => folded(&name),
            Err(_) => String::new(),
        };
        if wanted.is_empty() {
            return Vec::new();
        }
        let letters: Vec<char> = wanted.chars().collect();
        let fit = |entry: &Entry| entry.keys.iter().filter_map(|key| fit(&wanted, &letters, key)).min();
        let mut found: Vec<(Fit, bool, usize, &Hit)> = self
            .0
            .iter()
            .filter_map(|entry| Some((fit(entry)?, !entry.hit.guide, entry.hit.name.len(), &entry.hit)))
            .collect();
        // Where something fits as it was typed, nothing has to be guessed.
        if found.iter().any(|(fit, ..)| *fit != Fit::Nearly) {
            found.retain(|(fit, ..)| *fit != Fit::Nearly);
        }
        // What is built in stands first, and stays so where all else is equal.
        found.sort_by_key(|(fit, no_guide, length, _)| (*fit, *no_guide, *length));
        found.into_iter().take(MOST).map(|(.., hit)| hit.clone()).collect()
    }
}

fn of_named(site: &Named) -> Option<Entry> {
    let host = Host::read(site.hosts.first()?).ok()?;
    let mut keys: Vec<String> =
        [&site.name].into_iter().chain(site.aliases).map(|name| folded(name)).collect();
    keys.extend(site.hosts.iter().filter_map(|host| Host::read(host).ok()).flat_map(|host| keys_of(&host)));
    let hit = Hit { name: site.name.to_owned(), host, guide: site.guide.is_some() };
    Some(Entry { hit, keys })
}

/// A host as a whole, and without what stands behind its name.
fn keys_of(host: &Host) -> Vec<String> {
    let shown = host.shown();
    let name = shown.split('.').next().unwrap_or_default();
    vec![folded(name), folded(&shown)]
}

/// Letters and digits alone, without case and accents: “Али-Экспресс” is “али экспресс”.
fn folded(text: &str) -> String {
    let plain = text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase);
    plain.filter(|c| c.is_alphanumeric()).collect()
}

fn fit(wanted: &str, letters: &[char], key: &str) -> Option<Fit> {
    if let Some(rest) = key.strip_prefix(wanted) {
        return Some(if rest.is_empty() { Fit::Whole } else { Fit::Start });
    }
    if letters.len() >= INSIDE && key.contains(wanted) {
        return Some(Fit::Inside);
    }
    let near = letters.len() >= FORGIVEN && starts_nearly(letters, key);
    near.then_some(Fit::Nearly)
}

/// Whether the key starts with these letters but for one that is missing, too many, another, or changed places with the
/// next.
fn starts_nearly(letters: &[char], key: &str) -> bool {
    let key: Vec<char> = key.chars().take(letters.len() + 1).collect();
    if key.len() < FORGIVEN {
        return false;
    }
    let same = letters.iter().zip(&key).take_while(|(a, b)| a == b).count();
    let (typed, meant) = (&letters[same..], &key[same..]);
    let swapped = match (typed, meant) {
        ([a, b, typed @ ..], [c, d, meant @ ..]) => a == d && b == c && meant.starts_with(typed),
        _ => false,
    };
    let (typed_after, meant_after) = (typed.get(1..).unwrap_or_default(), meant.get(1..).unwrap_or_default());
    // In this order: one too many, one missing, another.
    swapped
        || meant.starts_with(typed_after)
        || meant_after.starts_with(typed)
        || meant_after.starts_with(typed_after)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nearly(typed: &str, key: &str) -> bool {
        starts_nearly(&typed.chars().collect::<Vec<_>>(), key)
    }

    #[test]
    fn one_wrong_letter_is_forgiven_and_two_are_not() {
        for typed in [
            "aliexpres",
            "allexpress",
            "aliexpresss",
            "alixpress",
            "ailexpress",
            "laiexpress",
            "aliexprses",
            "aliexr",
        ] {
            assert!(nearly(typed, "aliexpress"), "{typed}");
        }
        for typed in ["allexpres5", "aleixpreess", "ebayy", "liexpresz"] {
            assert!(!nearly(typed, "aliexpress"), "{typed}");
        }
        assert!(!nearly("ebayy", "ebay"), "four letters are too few to guess");
        assert!(nearly("сбербнк", "сбербанк"));
    }

    #[test]
    fn folding_leaves_letters_and_digits() {
        assert_eq!(folded(" Али-Экспресс! "), "алиэкспресс");
        assert_eq!(folded("Ёлки Йод"), "елкииод");
        assert_eq!(folded("Crédit Agricole 24"), "creditagricole24");
        assert_eq!(folded("ＡＬＩ"), "ali");
        assert_eq!(folded("?!"), "");
    }

    #[test]
    fn the_better_fit_comes_first() {
        let fit_of = |wanted: &str, key: &str| fit(wanted, &wanted.chars().collect::<Vec<_>>(), key);
        assert_eq!(fit_of("ebay", "ebay"), Some(Fit::Whole));
        assert_eq!(fit_of("eb", "ebay"), Some(Fit::Start));
        assert_eq!(fit_of("bay", "ebay"), Some(Fit::Inside));
        assert_eq!(fit_of("ay", "ebay"), None, "two letters inside of a name are no sign");
        assert_eq!(fit_of("wikipetia", "wikipedia"), Some(Fit::Nearly));
        assert!(Fit::Whole < Fit::Start && Fit::Start < Fit::Inside && Fit::Inside < Fit::Nearly);
    }
}
