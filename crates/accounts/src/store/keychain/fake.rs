//! A keychain in memory that can be short of room, be in trouble, hold twins, and die between any two writes.

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use keyring_core::api::{Credential, CredentialApi, CredentialStoreApi};
use keyring_core::{Entry, Error as KeyringError, Result as KeyringResult};

use super::items::{Habits, Items};
use super::{Keychain, System};
use crate::error::{ErrorKind, Result};

/// The keychain; clones are the same one.
#[derive(Clone, Default)]
pub struct Fake(Arc<Mutex<Drawer>>);

type Name = (String, String);

#[derive(Default)]
struct Drawer {
    items: BTreeMap<Name, Vec<u8>>,
    /// Second items of the same name.
    twins: BTreeMap<Name, Vec<u8>>,
    longest: usize,
    writes: usize,
    /// How many more writes it lives for.
    lives: Option<usize>,
    /// Which of the next writes fails, once.
    fails: Option<usize>,
    trouble: Option<ErrorKind>,
}

impl Fake {
    /// Secrets of at most that many UTF-16 units.
    pub fn new(longest: usize) -> Self {
        Self(Arc::new(Mutex::new(Drawer { longest, ..Drawer::default() })))
    }

    /// A process's view of it, in the namespace `Test`.
    pub fn keychain(&self) -> Keychain {
        Keychain::over("Test", Arc::new(self.clone()))
    }

    /// Dies after so many more writes; `None` brings it back to life.
    pub fn live(&self, lives: Option<usize>) {
        self.drawer().lives = lives;
    }

    /// Makes one of the next writes fail, counted from one, changing nothing.
    pub fn fail_at(&self, write: Option<usize>) {
        self.drawer().fails = write;
    }

    pub fn is_alive(&self) -> bool {
        self.drawer().lives != Some(0)
    }

    /// Writes so far.
    pub fn writes(&self) -> usize {
        self.drawer().writes
    }

    /// Cannot be opened, for this reason.
    pub fn trouble(&self, kind: Option<ErrorKind>) {
        self.drawer().trouble = kind;
    }

    /// Puts an item there as another program would.
    pub fn put(&self, service: &str, user: &str, content: &[u8]) {
        self.drawer().items.insert((service.into(), user.into()), content.into());
    }

    /// Takes an item away as another program would.
    pub fn take(&self, service: &str, user: &str) {
        self.drawer().items.remove(&(service.into(), user.into()));
    }

    /// Puts a second item of the same name there.
    pub fn twin(&self, service: &str, user: &str, content: &[u8]) {
        self.drawer().twins.insert((service.into(), user.into()), content.into());
    }

    pub fn forget_twins(&self) {
        self.drawer().twins.clear();
    }

    /// Everything but the twins.
    pub fn all(&self) -> BTreeMap<Name, Vec<u8>> {
        self.drawer().items.clone()
    }

    pub fn reset(&self, items: BTreeMap<Name, Vec<u8>>) {
        self.drawer().items = items;
    }

    fn drawer(&self) -> MutexGuard<'_, Drawer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn touch(&self, writes: usize) -> KeyringResult<()> {
        let mut drawer = self.drawer();
        if drawer.lives == Some(0) {
            return Err(KeyringError::PlatformFailure("dead".into()));
        }
        drawer.lives = drawer.lives.map(|lives| lives - writes);
        drawer.writes += writes;
        if writes > 0 {
            let fails = drawer.fails == Some(1);
            drawer.fails = drawer.fails.and_then(|left| left.checked_sub(1)).filter(|left| *left > 0);
            if fails {
                return Err(KeyringError::PlatformFailure("once".into()));
            }
        }
        Ok(())
    }
}

impl System for Fake {
    fn open(&self, _namespace: &str) -> Result<Items> {
        if let Some(kind) = self.drawer().trouble {
            return Err(kind.into());
        }
        let habits = Habits {
            longest: self.drawer().longest,
            search: |service| ("service", service.to_owned()),
            modifier: |_label| None,
        };
        Ok(Items::new(Arc::new(self.clone()), habits, |_| ErrorKind::StoreBroken))
    }

    fn unlock(&self, namespace: &str) -> Result<()> {
        self.open(namespace).map(drop)
    }
}

impl CredentialStoreApi for Fake {
    fn vendor(&self) -> String {
        "fake".into()
    }

    fn id(&self) -> String {
        "fake".into()
    }

    fn build(&self, service: &str, user: &str, _: Option<&HashMap<&str, &str>>) -> KeyringResult<Entry> {
        Ok(self.entry(&(service.into(), user.into()), Which::Only))
    }

    fn search(&self, spec: &HashMap<&str, &str>) -> KeyringResult<Vec<Entry>> {
        self.touch(0)?;
        let drawer = self.drawer();
        let wanted = |name: &&Name| spec.get("service") == Some(&name.0.as_str());
        let items = drawer.items.keys().filter(wanted).map(|name| self.entry(name, Which::First));
        let twins = drawer.twins.keys().filter(wanted).map(|name| self.entry(name, Which::Twin));
        Ok(items.chain(twins).collect())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn debug_fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fake")
    }
}

struct FakeItem {
    fake: Fake,
    name: Name,
    which: Which,
}

/// The one of that name, or one of two that a search has found.
#[derive(Clone, Copy, PartialEq)]
enum Which {
    Only,
    First,
    Twin,
}

impl Fake {
    fn entry(&self, name: &Name, which: Which) -> Entry {
        Entry::new_with_credential(Arc::new(FakeItem { fake: self.clone(), name: name.clone(), which }))
    }
}

impl FakeItem {
    fn sole(&self) -> KeyringResult<()> {
        if self.which == Which::Only && self.fake.drawer().twins.contains_key(&self.name) {
            let both = [Which::First, Which::Twin].map(|which| self.fake.entry(&self.name, which));
            return Err(KeyringError::Ambiguous(both.into()));
        }
        Ok(())
    }

    fn on_shelf<T>(&self, work: impl FnOnce(&mut BTreeMap<Name, Vec<u8>>) -> T) -> T {
        let mut drawer = self.fake.drawer();
        work(if self.which == Which::Twin { &mut drawer.twins } else { &mut drawer.items })
    }
}

impl CredentialApi for FakeItem {
    fn set_secret(&self, secret: &[u8]) -> KeyringResult<()> {
        let units = std::str::from_utf8(secret).map_or(usize::MAX, |text| text.encode_utf16().count());
        if units > self.fake.drawer().longest {
            return Err(KeyringError::TooLong("secret".into(), 0));
        }
        self.sole()?;
        self.fake.touch(1)?;
        self.on_shelf(|shelf| shelf.insert(self.name.clone(), secret.into()));
        Ok(())
    }

    fn get_secret(&self) -> KeyringResult<Vec<u8>> {
        self.fake.touch(0)?;
        self.sole()?;
        self.on_shelf(|shelf| shelf.get(&self.name).cloned()).ok_or(KeyringError::NoEntry)
    }

    fn delete_credential(&self) -> KeyringResult<()> {
        self.sole()?;
        self.fake.touch(1)?;
        self.on_shelf(|shelf| shelf.remove(&self.name)).map(drop).ok_or(KeyringError::NoEntry)
    }

    fn get_credential(&self) -> KeyringResult<Option<Arc<Credential>>> {
        Ok(None)
    }

    fn get_specifiers(&self) -> Option<(String, String)> {
        Some(self.name.clone())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn debug_fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FakeItem")
    }
}
