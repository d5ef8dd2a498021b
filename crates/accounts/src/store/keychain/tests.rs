//! What only a keychain does: dying between two writes, its six troubles, what other programs put there.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::super::{CredentialStore, Extra, KEEP_UNPROVEN, PastId, Why, conformance};
use super::Keychain;
use super::fake::Fake;
use crate::account::AccountId;
use crate::error::{ErrorKind, Result};
use crate::provider::Session;
use crate::secret::Secret;

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
            fake.reset(before.clone());
            fake.live(Some(lives));
            let staged = store.stage(&account, &Secret::new(new.clone()), at(2)).await;
            let mut committed = None;
            if let Ok(id) = &staged {
                let _ = store.mark_sent(&account, id).await;
                committed = Some(store.commit(&account, id, at(3)).await);
            }
            let survived = fake.is_alive();
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

/// Every call with what it comes to.
async fn everywhere(store: &Keychain, account: &AccountId) -> Vec<(&'static str, Result<()>)> {
    let (new, session) = (Secret::new("new"), Session::new(Secret::new("token"), None));
    let nobody = PastId("nobody".into());
    vec![
        ("check", store.check().await),
        ("unlock", store.unlock().await),
        ("current", store.current(account).await.map(drop)),
        ("stage", store.stage(account, &new, at(5)).await.map(drop)),
        ("staged", store.staged(account).await.map(drop)),
        ("mark_sent", store.mark_sent(account, &nobody).await),
        ("commit", store.commit(account, &nobody, at(5)).await),
        ("discard", store.discard(account, &nobody, Why::NotUsed, at(5)).await),
        ("history", store.history(account, at(9)).await.map(drop)),
        ("session", store.session(account).await.map(drop)),
        ("save_session", store.save_session(account, &session).await),
        ("clear_session", store.clear_session(account).await),
        ("extra", store.extra(account, Extra::Note).await.map(drop)),
        ("save_extra", store.save_extra(account, Extra::Note, Some(&new)).await),
        ("authenticator", store.authenticator(account).await.map(drop)),
        ("save_authenticator", store.save_authenticator(account, &new, at(5)).await),
        ("remove_authenticator", store.remove_authenticator(account, at(5)).await),
        ("past_authenticators", store.past_authenticators(account).await.map(drop)),
        ("remove", store.remove(account).await),
    ]
}

async fn set(store: &Keychain, account: &AccountId, password: &str, seconds: u64) {
    let id = store.stage(account, &Secret::new(password), at(seconds)).await.unwrap();
    store.commit(account, &id, at(seconds)).await.unwrap();
}

fn kind<T>(outcome: Result<T>) -> std::result::Result<(), ErrorKind> {
    outcome.map(drop).map_err(|error| error.kind())
}

#[tokio::test]
async fn no_service_locked_dismissed_and_broken_are_said_by_every_call() {
    let (fake, account) = (Fake::new(ROOMY), AccountId::new("a"));
    let store = fake.keychain();
    set(&store, &account, "kept", 1).await;
    let before = fake.all();
    for trouble in [ErrorKind::NoKeychain, ErrorKind::Locked, ErrorKind::Dismissed, ErrorKind::StoreBroken] {
        fake.trouble(Some(trouble));
        for (call, outcome) in everywhere(&store, &account).await {
            assert_eq!(kind(outcome), Err(trouble), "{call}");
        }
        fake.trouble(None);
        assert_eq!(fake.all(), before);
        assert_eq!(current(&store, &account).await.as_deref(), Some("kept"));
    }
}

#[tokio::test]
async fn an_item_that_was_taken_away_is_missing_until_the_next_change() {
    let (fake, account) = (Fake::new(ROOMY), AccountId::new("a"));
    let store = fake.keychain();
    // Nothing was ever promised.
    assert_eq!(current(&store, &account).await, None);
    store.stage(&account, &Secret::new("staged"), at(1)).await.unwrap();
    assert_eq!(current(&store, &account).await, None);

    set(&store, &account, "first", 2).await;
    set(&store, &account, "second", 3).await;
    fake.take("Test", "a");
    assert_eq!(kind(store.current(&account).await), Err(ErrorKind::ItemMissing));
    // It is not lost: Regain's own item has it.
    assert!(history(&store, &account).await.contains(&("second".into(), Why::Replaced)));
    assert_eq!(store.staged(&account).await.unwrap().len(), 1);

    set(&store, &account, "third", 4).await;
    assert_eq!(current(&store, &account).await.as_deref(), Some("third"));
    let past: Vec<_> = history(&store, &account).await.into_iter().map(|(password, _)| password).collect();
    assert_eq!(past, ["second", "first"]);

    fake.take("Test", "a");
    store.remove(&account).await.unwrap();
    assert_eq!(fake.all(), BTreeMap::new());
}

#[tokio::test]
async fn of_two_items_none_is_taken_written_over_or_deleted() {
    let account = AccountId::new("a");
    let session = Session::new(Secret::new("token"), None);
    let services = ["Test", "Test session", "Test note", "Test draft", "Test recovery-codes"];
    for (service, user) in services.map(|service| (service, "a")) {
        let fake = Fake::new(ROOMY);
        let store = fake.keychain();
        set(&store, &account, "old", 1).await;
        let staged = store.stage(&account, &Secret::new("new"), at(2)).await.unwrap();
        store.save_session(&account, &session).await.unwrap();
        for which in Extra::ALL {
            store.save_extra(&account, which, Some(&Secret::new("text"))).await.unwrap();
        }
        fake.twin(service, user, b"theirs");
        let before = fake.all();
        let ambiguous = |outcome| assert_eq!(outcome, Err(ErrorKind::Ambiguous), "{service}");
        match service {
            "Test" => {
                ambiguous(kind(store.current(&account).await));
                ambiguous(kind(store.commit(&account, &staged, at(3)).await));
            }
            "Test session" => {
                ambiguous(kind(store.session(&account).await));
                ambiguous(kind(store.save_session(&account, &session).await));
                ambiguous(kind(store.clear_session(&account).await));
            }
            _ => {
                let which = Extra::ALL.into_iter().find(|which| service.ends_with(which.word())).unwrap();
                ambiguous(kind(store.extra(&account, which).await));
                ambiguous(kind(store.save_extra(&account, which, Some(&Secret::new("mine"))).await));
                ambiguous(kind(store.save_extra(&account, which, None).await));
            }
        }
        ambiguous(kind(store.remove(&account).await));
        assert_eq!(fake.all(), before, "{service}");

        fake.forget_twins();
        store.remove(&account).await.unwrap();
        assert_eq!(fake.all(), BTreeMap::new());
    }
}

#[tokio::test]
async fn a_doubled_earlier_password_keeps_nobody_from_the_current_one() {
    for longest in [ROOMY, NARROW] {
        let (fake, account) = (Fake::new(longest), AccountId::new("a"));
        let store = fake.keychain();
        let long = "x".repeat(300);
        set(&store, &account, &long, 1).await;
        set(&store, &account, "now", 2).await;
        let of = |service: &str| {
            let all = fake.all();
            all.into_keys().find(|(known, _)| known == service).unwrap()
        };
        let (service, user) = of(if longest == NARROW { "Test part a" } else { "Test kept a" });
        fake.twin(&service, &user, b"theirs");
        let before = fake.all();
        assert_eq!(current(&store, &account).await.as_deref(), Some("now"));
        assert_eq!(kind(store.remove(&account).await), Err(ErrorKind::Ambiguous));
        assert_eq!(fake.all(), before);
        set(&store, &account, "later", 3).await;
        assert_eq!(current(&store, &account).await.as_deref(), Some("later"));
    }
}
