//! A keychain in memory that can be short of room and can die between any two writes.

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use keyring_core::api::{Credential, CredentialApi, CredentialStoreApi};
use keyring_core::{Entry, Error as KeyringError, Result as KeyringResult};

use super::super::{CredentialStore, KEEP_UNPROVEN, Why, conformance};
use super::items::{Habits, Items};
use super::{Keychain, System};
use crate::account::AccountId;
use crate::error::{ErrorKind, Result};
use crate::provider::Session;
use crate::secret::Secret;

#[derive(Clone, Default)]
struct Fake(Arc<Mutex<Drawer>>);

#[derive(Clone, Default)]
struct Drawer {
    items: BTreeMap<(String, String), Vec<u8>>,
    longest: usize,
    /// How many more writes it lives for.
    lives: Option<usize>,
}

struct FakeItem(Fake, String, String);

impl Fake {
    fn new(longest: usize) -> Self {
        Self(Arc::new(Mutex::new(Drawer { longest, ..Drawer::default() })))
    }

    fn keychain(&self) -> Keychain {
        Keychain::over("Test", Arc::new(self.clone()))
    }

    fn drawer(&self) -> std::sync::MutexGuard<'_, Drawer> {
        self.0.lock().unwrap()
    }

    fn live(&self, lives: Option<usize>) {
        self.drawer().lives = lives;
    }

    fn alive(&self) -> KeyringResult<()> {
        self.touch(0)
    }

    fn touch(&self, writes: usize) -> KeyringResult<()> {
        let mut drawer = self.drawer();
        match drawer.lives {
            Some(0) => Err(KeyringError::PlatformFailure("dead".into())),
            lives => {
                drawer.lives = lives.map(|lives| lives - writes);
                Ok(())
            }
        }
    }

    fn put(&self, service: &str, user: &str, content: &[u8]) {
        self.drawer().items.insert((service.into(), user.into()), content.into());
    }

    fn all(&self) -> BTreeMap<(String, String), Vec<u8>> {
        self.drawer().items.clone()
    }
}

impl System for Fake {
    fn open(&self, _namespace: &str) -> Result<Items> {
        let habits = Habits {
            longest: self.drawer().longest,
            search: |service| ("service", service.to_owned()),
            modifier: |_label| None,
        };
        Ok(Items::new(Arc::new(self.clone()), habits, |_| ErrorKind::StoreBroken))
    }

    fn unlock(&self, _namespace: &str) -> Result<()> {
        Ok(())
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
        Ok(Entry::new_with_credential(Arc::new(FakeItem(self.clone(), service.into(), user.into()))))
    }

    fn search(&self, spec: &HashMap<&str, &str>) -> KeyringResult<Vec<Entry>> {
        self.alive()?;
        let all = self.all();
        let found = all.keys().filter(|(service, _)| service == spec["service"]);
        found.map(|(service, user)| self.build(service, user, None)).collect()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn debug_fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fake")
    }
}

impl FakeItem {
    fn key(&self) -> (String, String) {
        (self.1.clone(), self.2.clone())
    }
}

impl CredentialApi for FakeItem {
    fn set_secret(&self, secret: &[u8]) -> KeyringResult<()> {
        let longest = self.0.drawer().longest;
        let text = std::str::from_utf8(secret).unwrap();
        if text.encode_utf16().count() > longest {
            return Err(KeyringError::TooLong("secret".into(), 0));
        }
        self.0.touch(1)?;
        self.0.put(&self.1, &self.2, secret);
        Ok(())
    }

    fn get_secret(&self) -> KeyringResult<Vec<u8>> {
        self.0.alive()?;
        self.0.drawer().items.get(&self.key()).cloned().ok_or(KeyringError::NoEntry)
    }

    fn delete_credential(&self) -> KeyringResult<()> {
        self.0.touch(1)?;
        self.0.drawer().items.remove(&self.key()).map(drop).ok_or(KeyringError::NoEntry)
    }

    fn get_credential(&self) -> KeyringResult<Option<Arc<Credential>>> {
        Ok(None)
    }

    fn get_specifiers(&self) -> Option<(String, String)> {
        Some(self.key())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn debug_fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FakeItem")
    }
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_800_000_000 + seconds)
}

async fn current(store: &Keychain, account: &AccountId) -> Option<String> {
    store.current(account).await.unwrap().map(|current| current.password.expose().to_owned())
}

async fn history(store: &Keychain, account: &AccountId) -> Vec<(String, Why)> {
    let past = store.history(account, at(9)).await.unwrap();
    past.iter().map(|past| (past.password.expose().to_owned(), past.why)).collect()
}

const ROOMY: usize = usize::MAX;
const WINDOWS: usize = 1_280;
/// So little that every record goes in pieces, a header being just as long.
const NARROW: usize = 100;

#[tokio::test]
async fn conforms_whatever_the_room() {
    for longest in [ROOMY, WINDOWS, NARROW] {
        let fake = Fake::new(longest);
        conformance::all(&fake.keychain()).await;
        conformance::shared(&fake.keychain(), &fake.keychain()).await;
        assert_eq!(fake.all(), BTreeMap::new(), "items were left behind");
    }
}

#[tokio::test]
async fn dying_at_any_write_of_a_change_loses_nothing() {
    let account = AccountId::new("a");
    for (longest, length) in [(ROOMY, 12), (WINDOWS, 12), (WINDOWS, 3_000), (NARROW, 12)] {
        let (old, new) = ("old".repeat(length), "new".repeat(length));
        let fake = Fake::new(longest);
        let store = fake.keychain();
        let id = store.stage(&account, &Secret::new(old.clone()), at(1)).await.unwrap();
        store.commit(&account, &id, at(1)).await.unwrap();
        let before = fake.all();

        let mut finished = false;
        for lives in 0.. {
            assert!(lives < 1_000);
            fake.drawer().items = before.clone();
            fake.live(Some(lives));
            let staged = store.stage(&account, &Secret::new(new.clone()), at(2)).await;
            let mut committed = None;
            if let Ok(id) = &staged {
                let _ = store.mark_sent(&account, id).await;
                committed = Some(store.commit(&account, id, at(3)).await);
            }
            let survived = fake.drawer().lives != Some(0);
            fake.live(None);

            let case = format!("room {longest}, length {length}, {lives} writes");
            let now = current(&store, &account).await.unwrap();
            assert!(now == old || now == new, "{case}");
            if now == new {
                assert_eq!(history(&store, &account).await, [(old.clone(), Why::Replaced)], "{case}");
            }
            match (staged, committed) {
                (Ok(id), Some(committed)) => {
                    let still = store.staged(&account).await.unwrap();
                    assert!(now == new || still.iter().any(|staged| staged.id == id), "{case}");
                    assert_eq!(committed.is_ok(), now == new, "{case}");
                    store.commit(&account, &id, at(4)).await.unwrap();
                    assert_eq!(current(&store, &account).await.unwrap(), new, "{case}");
                    assert!(store.staged(&account).await.unwrap().is_empty(), "{case}");
                    assert_eq!(history(&store, &account).await, [(old.clone(), Why::Replaced)], "{case}");
                }
                _ => assert_eq!(now, old, "{case}"),
            }
            store.remove(&account).await.unwrap();
            assert_eq!(fake.all(), BTreeMap::new(), "{case}");
            if survived {
                finished = true;
                break;
            }
        }
        assert!(finished);
    }
}

#[tokio::test]
async fn dying_while_an_account_is_removed_is_mended_by_removing_it_again() {
    let account = AccountId::new("a");
    for lives in 0..40 {
        let fake = Fake::new(NARROW);
        let store = fake.keychain();
        let id = store.stage(&account, &Secret::new("x".repeat(300)), at(1)).await.unwrap();
        store.commit(&account, &id, at(1)).await.unwrap();
        store.save_session(&account, &Session::new(Secret::new("t".repeat(300)), None)).await.unwrap();
        fake.live(Some(lives));
        let _ = store.remove(&account).await;
        fake.live(None);
        store.remove(&account).await.unwrap();
        assert_eq!(fake.all(), BTreeMap::new(), "{lives} writes");
    }
}

#[tokio::test]
async fn what_cannot_be_understood_is_broken_and_stays() {
    let (fake, account) = (Fake::new(ROOMY), AccountId::new("a"));
    let store = fake.keychain();
    let id = store.stage(&account, &Secret::new("old"), at(1)).await.unwrap();
    store.commit(&account, &id, at(1)).await.unwrap();
    let staged = store.stage(&account, &Secret::new("new"), at(2)).await.unwrap();

    let garbage = [
        ("Test kept a", "7", &b"{\"version\":2}"[..]),
        ("Test kept a", "8", &b"\xff\xfe"[..]),
        ("Test kept a", "9", &b"{\"version\":1,\"parts\":{\"name\":\"9-x\",\"count\":2}}"[..]),
        ("Test session", "a", &b"garbled"[..]),
    ];
    for (service, user, content) in garbage {
        fake.put(service, user, content);
    }
    let broken = |result: Result<()>| assert_eq!(result.unwrap_err().kind(), ErrorKind::StoreBroken);
    broken(store.staged(&account).await.map(drop));
    broken(store.history(&account, at(2)).await.map(drop));
    broken(store.session(&account).await.map(drop));
    broken(store.save_session(&account, &Session::new(Secret::new("t"), None)).await);

    // It keeps nobody from the current password, nor from changing it.
    assert_eq!(current(&store, &account).await.as_deref(), Some("old"));
    store.commit(&account, &staged, at(3) + 2 * KEEP_UNPROVEN).await.unwrap();
    assert_eq!(current(&store, &account).await.as_deref(), Some("new"));
    for (service, user, content) in garbage {
        assert_eq!(fake.all()[&(service.to_owned(), user.to_owned())], content);
    }

    fake.put("Test", "a", b"\xff\xfe");
    broken(store.current(&account).await.map(drop));
    broken(store.commit(&account, &id, at(4)).await);
    assert_eq!(fake.all()[&("Test".to_owned(), "a".to_owned())], b"\xff\xfe");
}

#[tokio::test]
async fn a_password_that_another_program_put_there_goes_to_the_history() {
    let (fake, account) = (Fake::new(ROOMY), AccountId::new("a"));
    let store = fake.keychain();
    let id = store.stage(&account, &Secret::new("old"), at(1)).await.unwrap();
    store.commit(&account, &id, at(1)).await.unwrap();
    fake.put("Test", "a", b"by hand");
    assert_eq!(current(&store, &account).await.as_deref(), Some("by hand"));
    assert_eq!(history(&store, &account).await, [("old".to_owned(), Why::Replaced)]);
    let id = store.stage(&account, &Secret::new("new"), at(2)).await.unwrap();
    store.commit(&account, &id, at(3)).await.unwrap();
    let past: Vec<_> = history(&store, &account).await.into_iter().map(|(password, _)| password).collect();
    assert_eq!(past.len(), 2);
    assert!(past.contains(&"by hand".to_owned()) && past.contains(&"old".to_owned()));
}

#[tokio::test]
async fn the_unproven_are_deleted_when_they_have_aged() {
    let (fake, account) = (Fake::new(ROOMY), AccountId::new("a"));
    let store = fake.keychain();
    let id = store.stage(&account, &Secret::new("refused"), at(1)).await.unwrap();
    store.discard(&account, &id, Why::NotAccepted, at(2)).await.unwrap();
    let id = store.stage(&account, &Secret::new("new"), at(3)).await.unwrap();
    store.commit(&account, &id, at(3) + KEEP_UNPROVEN).await.unwrap();
    assert!(!fake.all().values().any(|content| String::from_utf8_lossy(content).contains("refused")));
}
