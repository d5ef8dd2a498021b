//! The keychain store against a real gnome-keyring in a private session. Nobody's own keychain is touched.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::future::Future;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use accounts::store::keychain::Keychain;
use accounts::store::{Why, conformance};
use accounts::{AccountId, CredentialStore, ErrorKind, Result, Secret, Session};

use self::session::{await_absence, count, in_session, lock, start_keyring, unlock_with_password};

mod scripted;
mod session;

const NAMESPACE: &str = "Regain test";

#[test]
fn unlocked() {
    in_session("unlocked", true, |_| {
        let _keyring = start_keyring();
        let store = Keychain::open(NAMESPACE);
        wait(conformance::all(&store));
        wait(conformance::shared(&store, &Keychain::open(NAMESPACE)));
        wait(store.unlock()).unwrap();
    });
}

#[test]
fn found_by_secret_tool() {
    in_session("found_by_secret_tool", true, |_| {
        let _keyring = start_keyring();
        let (account, password) = (AccountId::new("4f2a"), " пароль 🔑\"'");
        let named = Arc::new(|_: &AccountId| Some("jana · accounts.example".to_owned()));
        let store = Keychain::open(NAMESPACE).naming(named);
        set(&store, &account, "old", 1);
        set(&store, &account, password, 2);

        let lookup = ["lookup", "service", NAMESPACE, "username", "4f2a"];
        let looked_up = Command::new("secret-tool").args(lookup).output().unwrap();
        assert_eq!(String::from_utf8(looked_up.stdout).unwrap(), password);

        let search = Command::new("secret-tool").args(["search", "--all", "service", NAMESPACE]).output();
        let search = String::from_utf8(search.unwrap().stdout).unwrap();
        assert_eq!(search.matches("secret = ").count(), 1, "{search}");
        assert!(search.contains("label = Regain test: jana · accounts.example\n"), "{search}");
        assert!(search.contains(&format!("secret = {password}\n")), "{search}");

        let kept = [("service", "Regain test kept 4f2a")];
        assert_eq!(count(&kept), 2);
        wait(store.remove(&account)).unwrap();
        assert_eq!(count(&kept) + count(&[("service", NAMESPACE)]), 0);
    });
}

#[test]
fn locked() {
    in_session("locked", true, |_| {
        let _keyring = start_keyring();
        let (store, account) = (Keychain::open(NAMESPACE), AccountId::new("a"));
        set(&store, &account, "old", 1);
        let staged = wait(store.stage(&account, &Secret::new("new"), at(2))).unwrap();

        lock();
        for store in [&store, &Keychain::open(NAMESPACE)] {
            expect_everywhere(store, &account, ErrorKind::Locked);
            // There is no program that could ask.
            assert_eq!(kind(wait(store.unlock())), Err(ErrorKind::Locked));
            assert_eq!(kind(wait(store.commit(&account, &staged, at(3)))), Err(ErrorKind::Locked));
        }

        unlock_with_password();
        wait(store.check()).unwrap();
        expect(&store, &account, "old", &["new"], &[]);
        wait(store.commit(&account, &staged, at(3))).unwrap();
        expect(&store, &account, "new", &[], &["old"]);
    });
}

#[test]
fn no_bus() {
    in_session("no_bus", false, |_| {
        let store = Keychain::open(NAMESPACE);
        expect_everywhere(&store, &AccountId::new("a"), ErrorKind::NoKeychain);
        assert_eq!(kind(wait(store.unlock())), Err(ErrorKind::NoKeychain));
    });
}

#[test]
fn no_service() {
    in_session("no_service", true, |_| {
        let (store, account) = (Keychain::open(NAMESPACE), AccountId::new("a"));
        expect_everywhere(&store, &account, ErrorKind::NoKeychain);
        assert_eq!(kind(wait(store.unlock())), Err(ErrorKind::NoKeychain));

        // A failed start is not remembered.
        let _keyring = start_keyring();
        set(&store, &account, "first", 1);
        expect(&store, &account, "first", &[], &[]);
    });
}

#[test]
fn keyring_killed_in_mid_flow() {
    in_session("keyring_killed_in_mid_flow", true, |_| {
        let mut keyring = start_keyring();
        let (store, account) = (Keychain::open(NAMESPACE), AccountId::new("a"));
        set(&store, &account, "old", 1);
        let staged = wait(store.stage(&account, &Secret::new("new"), at(2))).unwrap();
        wait(store.mark_sent(&account, &staged)).unwrap();

        keyring.kill();
        await_absence();
        expect_everywhere(&store, &account, ErrorKind::NoKeychain);

        let mut keyring = start_keyring();
        expect(&store, &account, "old", &["new"], &[]);
        assert!(wait(store.staged(&account)).unwrap()[0].sent);
        wait(store.commit(&account, &staged, at(3))).unwrap();
        keyring.kill();
        await_absence();

        let _keyring = start_keyring();
        expect(&store, &account, "new", &[], &["old"]);
    });
}

/// What the process that is killed says when it may be.
const STAGED: &str = "staged, and waiting to be killed";

#[test]
fn own_process_killed_after_staging() {
    let test = "own_process_killed_after_staging";
    in_session(test, true, |folder| {
        let (store, account) = (Keychain::open(NAMESPACE), AccountId::new("a"));
        if std::env::var_os("REGAIN_TEST_VICTIM").is_some() {
            wait(store.stage(&account, &Secret::new("new"), at(2))).unwrap();
            println!("{STAGED}");
            loop {
                std::thread::park();
            }
        }
        let _keyring = start_keyring();
        set(&store, &account, "old", 1);
        let mut victim = session::again(test, folder);
        let mut victim = victim.env("REGAIN_TEST_VICTIM", "1").stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().contains(STAGED)), "it did not come so far");
        session::Ended(victim).kill();

        expect(&store, &account, "old", &["new"], &[]);
        let staged = wait(store.staged(&account)).unwrap().remove(0);
        wait(store.commit(&account, &staged.id, at(3))).unwrap();
        expect(&store, &account, "new", &[], &["old"]);
    });
}

#[test]
fn of_two_items_none_is_taken_written_over_or_deleted() {
    in_session("of_two_items_none_is_taken_written_over_or_deleted", true, |_| {
        let _keyring = start_keyring();
        let (store, account) = (Keychain::open(NAMESPACE), AccountId::new("a"));
        set(&store, &account, "mine", 1);
        // Another program's item that answers to the same attributes.
        twin(&["service", NAMESPACE, "username", "a"]);

        let staged = wait(store.stage(&account, &Secret::new("new"), at(2))).unwrap();
        assert_eq!(kind(wait(store.current(&account)).map(drop)), Err(ErrorKind::Ambiguous));
        assert_eq!(kind(wait(store.commit(&account, &staged, at(3)))), Err(ErrorKind::Ambiguous));
        assert_eq!(kind(wait(store.remove(&account))), Err(ErrorKind::Ambiguous));
        assert_eq!(count(&[("service", NAMESPACE), ("username", "a")]), 2);
        assert_eq!(count(&[("service", "Regain test kept a")]), 2);

        clear(&["service", NAMESPACE, "username", "a", "twin", "1"]);
        wait(store.commit(&account, &staged, at(3))).unwrap();
        expect(&store, &account, "new", &[], &["mine"]);
    });
}

#[test]
fn an_item_that_was_taken_away_is_missing() {
    in_session("an_item_that_was_taken_away_is_missing", true, |_| {
        let _keyring = start_keyring();
        let (store, account) = (Keychain::open(NAMESPACE), AccountId::new("a"));
        assert!(wait(store.current(&account)).unwrap().is_none());
        set(&store, &account, "old", 1);
        clear(&["service", NAMESPACE, "username", "a"]);
        assert_eq!(kind(wait(store.current(&account)).map(drop)), Err(ErrorKind::ItemMissing));
        assert_eq!(wait(store.history(&account, at(9))).unwrap()[0].password.expose(), "old");
        set(&store, &account, "new", 2);
        expect(&store, &account, "new", &[], &["old"]);
    });
}

#[test]
fn the_key_of_the_vault() {
    in_session("the_key_of_the_vault", true, |_| {
        let _keyring = start_keyring();
        let store = Keychain::open(NAMESPACE);
        assert_eq!(wait(store.vault_key()).unwrap(), None);
        for key in [[7; 32], [255; 32]] {
            wait(store.save_vault_key(&key)).unwrap();
            assert_eq!(*wait(Keychain::open(NAMESPACE).vault_key()).unwrap().unwrap(), key);
        }
        let item = ["service", "Regain test vault key", "username", "vault"];
        assert_eq!(count(&[(item[0], item[1]), (item[2], item[3])]), 1);
        twin(&item);
        assert_eq!(kind(wait(store.vault_key()).map(drop)), Err(ErrorKind::Ambiguous));
        assert_eq!(kind(wait(store.delete_vault_key())), Err(ErrorKind::Ambiguous));
        clear(&["twin", "1"]);

        lock();
        assert_eq!(kind(wait(store.vault_key()).map(drop)), Err(ErrorKind::Locked));
        unlock_with_password();
        wait(store.delete_vault_key()).unwrap();
        assert_eq!(wait(store.vault_key()).unwrap(), None);
        wait(store.delete_vault_key()).unwrap();
    });
}

#[test]
fn dismissed() {
    in_session("dismissed", true, |_| {
        let _service = scripted::dismissing();
        let store = Keychain::open(NAMESPACE);
        expect_everywhere(&store, &AccountId::new("a"), ErrorKind::Locked);
        assert_eq!(kind(wait(store.unlock())), Err(ErrorKind::Dismissed));
    });
}

#[test]
fn a_service_that_is_none_is_broken() {
    in_session("a_service_that_is_none_is_broken", true, |_| {
        let _service = scripted::foreign();
        expect_everywhere(&Keychain::open(NAMESPACE), &AccountId::new("a"), ErrorKind::StoreBroken);
    });
}

#[test]
fn a_service_that_hangs_is_broken() {
    in_session("a_service_that_hangs_is_broken", true, |_| {
        let _service = scripted::hanging();
        let store = Keychain::open(NAMESPACE);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let late = runtime.unwrap().block_on(store.check());
        assert_eq!(kind(late), Err(ErrorKind::StoreBroken));
    });
}

/// Makes a second item with these attributes, as another program would.
fn twin(attributes: &[&str]) {
    let mut tool = Command::new("secret-tool");
    tool.args(["store", "--label=twin"]).args(attributes).args(["twin", "1"]);
    let mut tool = tool.stdin(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut tool.stdin.take().unwrap(), b"theirs").unwrap();
    assert!(tool.wait().unwrap().success());
}

/// Deletes what has these attributes, as another program would.
fn clear(attributes: &[&str]) {
    assert!(Command::new("secret-tool").arg("clear").args(attributes).status().unwrap().success());
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(work)
}

fn kind(outcome: Result<()>) -> std::result::Result<(), ErrorKind> {
    outcome.map_err(|error| error.kind())
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_800_000_000 + seconds)
}

fn set(store: &Keychain, account: &AccountId, password: &str, seconds: u64) {
    let id = wait(store.stage(account, &Secret::new(password), at(seconds))).unwrap();
    wait(store.commit(account, &id, at(seconds))).unwrap();
}

fn expect(store: &Keychain, account: &AccountId, current: &str, staged: &[&str], past: &[&str]) {
    let is = wait(store.current(account)).unwrap().unwrap();
    assert_eq!(is.password.expose(), current);
    let all = wait(store.staged(account)).unwrap();
    assert_eq!(all.iter().map(|staged| staged.password.expose()).collect::<Vec<_>>(), staged);
    let all = wait(store.history(account, at(9))).unwrap();
    assert_eq!(all.iter().map(|past| past.password.expose()).collect::<Vec<_>>(), past);
    assert!(all.iter().all(|past| past.why == Why::Replaced));
}

fn expect_everywhere(store: &Keychain, account: &AccountId, expected: ErrorKind) {
    let session = Session::new(Secret::new("token"), None);
    for (call, outcome) in [
        ("check", wait(store.check())),
        ("current", wait(store.current(account)).map(drop)),
        ("staged", wait(store.staged(account)).map(drop)),
        ("history", wait(store.history(account, at(9))).map(drop)),
        ("stage", wait(store.stage(account, &Secret::new("lost"), at(5))).map(drop)),
        ("session", wait(store.session(account)).map(drop)),
        ("save_session", wait(store.save_session(account, &session))),
        ("clear_session", wait(store.clear_session(account))),
        ("remove", wait(store.remove(account))),
    ] {
        assert_eq!(kind(outcome), Err(expected), "{call}");
    }
}
