use std::collections::{HashMap, HashSet};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use keyring_core::{CredentialStore, Entry, Error as KeyringError};

use super::super::records::Parts;
use crate::error::{Error, ErrorKind, Result};
use crate::secret::Secret;

/// What one system's keychain wants.
pub(super) struct Habits {
    /// Longest secret, in UTF-16 units.
    pub longest: usize,
    /// How to search for all items of a service: key and value.
    pub search: fn(&str) -> (&'static str, String),
    /// What to say when an item is made, given its label: key and value.
    pub modifier: fn(&str) -> Option<(&'static str, String)>,
}

/// Where an item is.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub service: String,
    pub user: String,
    pub label: String,
    /// The service of its pieces, if it has any, and the beginning of their users.
    pub parts: (String, String),
}

/// The items of a keychain, each as long as it needs to be.
pub(super) struct Items {
    store: Arc<CredentialStore>,
    habits: Habits,
    kind: fn(&KeyringError) -> ErrorKind,
}

/// How often a split item is read again that another process replaces meanwhile.
const READS: u32 = 3;

impl Items {
    pub fn new(store: Arc<CredentialStore>, habits: Habits, kind: fn(&KeyringError) -> ErrorKind) -> Self {
        Self { store, habits, kind }
    }

    pub fn read(&self, place: &Place) -> Result<Option<Secret>> {
        self.read_entry(&self.entry(&place.service, &place.user, &place.label)?, &place.parts.0)
    }

    /// Every readable item of a service, and what went wrong with each other one.
    pub fn read_all(&self, service: &str, parts: &str) -> Result<Vec<Result<Secret>>> {
        let all = self.search(service)?;
        Ok(all.iter().filter_map(|entry| self.read_entry(entry, parts).transpose()).collect())
    }

    /// Replaces an item, or makes it. What is too long goes in pieces: new pieces first, then the item that names
    /// them, the old pieces last, so that the item is whole after every call.
    pub fn write(&self, place: &Place, text: &Secret) -> Result<()> {
        let entry = self.entry(&place.service, &place.user, &place.label)?;
        let old = self.get(&entry)?.and_then(|old| Parts::read(old.expose()));
        let fits = text.expose().encode_utf16().count() <= self.habits.longest;
        // A text that looks like the name of pieces is put into one, so that it is never taken for it.
        if fits && Parts::read(text.expose()).is_none() {
            self.set(&entry, text.expose())?;
        } else {
            let generation = unique(&place.parts.1, |name| old.as_ref().is_some_and(|old| old.name == name));
            let pieces = split(text.expose(), self.habits.longest);
            let parts = Parts { name: generation, count: pieces.len() };
            for (number, piece) in pieces.into_iter().enumerate() {
                self.set(&self.part(place, &parts, number)?, piece)?;
            }
            self.set(&entry, parts.write()?.expose())?;
        }
        if let Some(old) = old {
            self.delete_parts(place, &old);
        }
        Ok(())
    }

    pub fn delete(&self, place: &Place) -> Result<()> {
        let entry = self.entry(&place.service, &place.user, &place.label)?;
        // A garbled item is deleted all the same; its pieces, if any, go with the account.
        let old = self.get(&entry).ok().flatten().and_then(|old| Parts::read(old.expose()));
        self.delete_entry(&entry)?;
        if let Some(old) = old {
            self.delete_parts(place, &old);
        }
        Ok(())
    }

    pub fn delete_all(&self, service: &str) -> Result<()> {
        self.only_ones(service)?.iter().try_for_each(|entry| self.delete_entry(entry))
    }

    /// Errors: `Ambiguous` when there are two of that name.
    pub fn only_one(&self, place: &Place) -> Result<()> {
        match self.get(&self.entry(&place.service, &place.user, &place.label)?) {
            Err(error) if error.kind() == ErrorKind::Ambiguous => Err(error),
            _ => Ok(()),
        }
    }

    /// All items of a service. Errors: `Ambiguous` when two have one name.
    pub fn only_ones(&self, service: &str) -> Result<Vec<Entry>> {
        let (all, mut names) = (self.search(service)?, HashSet::new());
        // Windows and macOS cannot hold two; a name that cannot be told is nobody's twin.
        let twins = all.iter().filter_map(Entry::get_specifiers).any(|name| !names.insert(name));
        if twins { Err(self.error(KeyringError::Ambiguous(Vec::new()))) } else { Ok(all) }
    }

    /// A name that begins so and is not taken, without randomness: process and count make it unlike any other's.
    pub fn unused_user(&self, service: &str, beginning: &str) -> Result<String> {
        loop {
            let user = unique(beginning, |_| false);
            if self.get(&self.entry(service, &user, &user)?)?.is_none() {
                return Ok(user);
            }
        }
    }

    fn read_entry(&self, entry: &Entry, parts: &str) -> Result<Option<Secret>> {
        for _ in 0..READS {
            let Some(text) = self.get(entry)? else {
                return Ok(None);
            };
            let Some(names) = Parts::read(text.expose()) else {
                return Ok(Some(text));
            };
            if let Some(whole) = self.join(parts, &names)? {
                return Ok(Some(whole));
            }
        }
        Err(Error::new(ErrorKind::StoreBroken, "a piece of an item is missing"))
    }

    fn join(&self, service: &str, parts: &Parts) -> Result<Option<Secret>> {
        let mut pieces = Vec::new();
        for number in 0..parts.count {
            let Some(piece) = self.get(&self.entry(service, &part_user(parts, number), service)?)? else {
                return Ok(None);
            };
            pieces.push(piece);
        }
        let mut whole = String::with_capacity(pieces.iter().map(|piece| piece.expose().len()).sum());
        pieces.iter().for_each(|piece| whole.push_str(piece.expose()));
        Ok(Some(Secret::new(whole)))
    }

    fn part(&self, place: &Place, parts: &Parts, number: usize) -> Result<Entry> {
        self.entry(&place.parts.0, &part_user(parts, number), &place.label)
    }

    /// What stays behind when this fails is found and deleted with the account.
    fn delete_parts(&self, place: &Place, parts: &Parts) {
        for number in 0..parts.count {
            let deleted = self.part(place, parts, number).and_then(|entry| self.delete_entry(&entry));
            if let Err(error) = deleted {
                tracing::debug!(%error, "an old piece stays");
            }
        }
    }

    fn entry(&self, service: &str, user: &str, label: &str) -> Result<Entry> {
        let modifier = (self.habits.modifier)(label);
        let modifiers = modifier.as_ref().map(|(key, value)| HashMap::from([(*key, value.as_str())]));
        self.store.build(service, user, modifiers.as_ref()).map_err(|error| self.error(error))
    }

    fn search(&self, service: &str) -> Result<Vec<Entry>> {
        let (key, value) = (self.habits.search)(service);
        self.store.search(&HashMap::from([(key, value.as_str())])).map_err(|error| self.error(error))
    }

    fn get(&self, entry: &Entry) -> Result<Option<Secret>> {
        match entry.get_password() {
            Ok(text) => Ok(Some(Secret::new(text))),
            Err(KeyringError::NoEntry) => Ok(None),
            Err(error) => Err(self.error(error)),
        }
    }

    fn set(&self, entry: &Entry, text: &str) -> Result<()> {
        entry.set_password(text).map_err(|error| self.error(error))
    }

    fn delete_entry(&self, entry: &Entry) -> Result<()> {
        match entry.delete_credential() {
            Ok(()) | Err(KeyringError::NoEntry) => Ok(()),
            Err(error) => Err(self.error(error)),
        }
    }

    fn error(&self, error: KeyringError) -> Error {
        let kind = (self.kind)(&error);
        match error {
            // These carry the secret itself.
            KeyringError::BadEncoding(_) | KeyringError::BadDataFormat(..) => kind.into(),
            KeyringError::Ambiguous(_) => {
                Error::new(ErrorKind::Ambiguous, "several items where one should be")
            }
            error => Error::new(kind, error),
        }
    }
}

fn part_user(parts: &Parts, number: usize) -> String {
    format!("{} {number}", parts.name)
}

fn unique(beginning: &str, taken: impl Fn(&str) -> bool) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    loop {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{beginning}-{}-{count:08}", process::id());
        if !taken(&name) {
            return name;
        }
    }
}

/// Pieces of at most that many UTF-16 units, none of them within a character.
fn split(text: &str, longest: usize) -> Vec<&str> {
    let (mut pieces, mut start, mut units) = (Vec::new(), 0, 0);
    for (position, character) in text.char_indices() {
        if units + character.len_utf16() > longest {
            pieces.push(&text[start..position]);
            (start, units) = (position, 0);
        }
        units += character.len_utf16();
    }
    pieces.push(&text[start..]);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_short_enough_and_whole() {
        for (text, count) in [("", 1), ("abcd", 1), ("abcde", 2), ("🔑🔑🔑", 2), ("a🔑🔑", 2), ("aaa🔑", 2)]
        {
            let pieces = split(text, 4);
            assert_eq!(pieces.concat(), text);
            assert_eq!(pieces.len(), count, "{text}");
            assert!(pieces.iter().all(|piece| piece.encode_utf16().count() <= 4), "{pieces:?}");
        }
    }
}
