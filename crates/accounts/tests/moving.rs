//! Moving from one store to another, looked at by someone who wants to lose a password.

#![expect(clippy::unwrap_used, reason = "a surprise must stop the test")]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use accounts::clock::{ManualClock, SeededRandom};
use accounts::flow::Deps;
use accounts::provider::{Kind, Server};
use accounts::recovery_codes;
use accounts::store::keychain::fake::Fake;
use accounts::store::memory::Memory;
use accounts::store::vault::{Kdf, Vault, VaultKey};
use accounts::store::{Extra, Move, StoreKind, Why, copy, finish_move, move_all};
use accounts::{
    Account, AccountId, AccountState, Accounts, CredentialStore, Error, ErrorKind, Secret, Session,
};
use tempfile::TempDir;
use vault::scratch_disk::{Fault, ScratchDisk};

const CHEAP: Kdf = Kdf { memory_kib: 8, passes: 1, lanes: 1 };
const PASSWORD: &str = "teapot gravel monday owl";

/// In memory where that can be had: every change notes what was seen of the vault, and syncs it.
fn scratch() -> TempDir {
    let shared = Path::new("/dev/shm");
    if shared.is_dir() { tempfile::tempdir_in(shared) } else { tempfile::tempdir() }.unwrap()
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_800_000_000 + seconds)
}

fn now() -> SystemTime {
    at(1_000)
}

fn account(name: &str) -> Account {
    Account::new(
        AccountId::new(name.to_lowercase()),
        Server { kind: Kind::RecoveryServer, base: "https://accounts.example/".parse().unwrap(), key: None },
        name,
        "jana",
    )
}

fn deps(store: Arc<dyn CredentialStore>, accounts: Arc<Accounts>) -> Deps {
    let (clock, random) = (Arc::new(ManualClock::at(1_800_001_000)), Arc::new(SeededRandom::new(9)));
    Deps { accounts, store, clock, random }
}

fn memory() -> Deps {
    deps(Arc::new(Memory::new()), Arc::new(Accounts::in_memory()))
}

fn keychain(fake: &Fake, list: &Arc<Accounts>) -> Deps {
    deps(Arc::new(fake.keychain()), list.clone())
}

fn vault(disk: &ScratchDisk, seen: &Path, seed: u64) -> Vault {
    let clock = Arc::new(ManualClock::at(1_800_001_000));
    let random = Arc::new(SeededRandom::new(seed));
    Vault::on(Arc::new(disk.clone()), Path::new("/v"), &seen.join("vault-seen"), clock, random)
}

async fn opened(disk: &ScratchDisk, seen: &Path, seed: u64) -> Deps {
    let vault = vault(disk, seen, seed);
    if vault.exists().unwrap() {
        vault.open(VaultKey::Password(Secret::new(PASSWORD)), false).await.unwrap();
    } else {
        vault.create(Secret::new(PASSWORD), CHEAP, vault.new_recovery_key()).await.unwrap();
    }
    deps(Arc::new(vault.clone()), Arc::new(Accounts::kept_by(vault.keeper())))
}

async fn set(deps: &Deps, id: &AccountId, password: &str, seconds: u64) {
    let staged = deps.store.stage(id, &Secret::new(password), at(seconds)).await.unwrap();
    deps.store.commit(id, &staged, at(seconds)).await.unwrap();
}

async fn send(deps: &Deps, id: &AccountId, password: &str, seconds: u64) {
    let staged = deps.store.stage(id, &Secret::new(password), at(seconds)).await.unwrap();
    deps.store.mark_sent(id, &staged).await.unwrap();
}

async fn lay_aside(deps: &Deps, id: &AccountId, password: &str, why: Why, seconds: u64) {
    let staged = deps.store.stage(id, &Secret::new(password), at(seconds)).await.unwrap();
    deps.store.discard(id, &staged, why, at(seconds)).await.unwrap();
}

async fn note(deps: &Deps, id: &AccountId, which: Extra, text: &str) {
    deps.store.save_extra(id, which, Some(&Secret::new(text))).await.unwrap();
}

/// Everything, one line each, in the store's order.
async fn lines(deps: &Deps, id: &AccountId) -> Vec<String> {
    let store = &deps.store;
    let mut lines = Vec::new();
    lines.extend(store.current(id).await.unwrap().map(|it| format!("current {}", it.password.expose())));
    for it in store.staged(id).await.unwrap() {
        lines.push(format!("{} {}", if it.sent { "sent" } else { "staged" }, it.password.expose()));
    }
    for it in store.history(id, now()).await.unwrap() {
        lines.push(format!("{:?} {}", it.why, it.password.expose()));
    }
    for which in [Extra::Note, Extra::Draft] {
        lines.extend(store.extra(id, which).await.unwrap().map(|it| format!("{which:?} {}", it.expose())));
    }
    lines.extend(store.session(id).await.unwrap().map(|it| format!("session {}", it.state().expose())));
    let codes = recovery_codes::load(&**store, id).await.unwrap();
    for (set, word) in codes
        .current()
        .map(|set| (set, "code"))
        .into_iter()
        .chain(codes.earlier().map(|set| (set, "earlier")))
    {
        let used = |used: bool| if used { ", used" } else { "" };
        lines.extend(
            set.codes.iter().map(|it| format!("{word} {}{}", it.text.expose(), used(it.used.is_some()))),
        );
    }
    lines
}

async fn save_codes(deps: &Deps, id: &AccountId, codes: &[&str], seconds: u64) {
    let list = codes.iter().map(|code| Secret::new(*code)).collect();
    recovery_codes::change(&*deps.store, id, |codes| codes.replace(list, at(seconds))).await.unwrap();
}

/// The texts of all passwords.
async fn texts(deps: &Deps, id: &AccountId) -> BTreeSet<String> {
    let kinds = ["current", "sent", "staged", "Replaced", "NotAccepted", "NotUsed"];
    let lines = lines(deps, id).await;
    let words = lines.iter().filter_map(|line| line.split_once(' '));
    words.filter(|(kind, _)| kinds.contains(kind)).map(|(_, text)| text.to_owned()).collect()
}

/// What the place that is left holds: every kind of thing, and a password that was current twice.
async fn fill_old(deps: &Deps, id: &AccountId) {
    for (seconds, password) in [(1, "a"), (2, "b"), (3, "a")] {
        set(deps, id, password, seconds).await;
    }
    lay_aside(deps, id, "refused", Why::NotAccepted, 4).await;
    send(deps, id, "sent", 5).await;
    note(deps, id, Extra::Note, "a note").await;
    note(deps, id, Extra::Draft, "a draft").await;
    deps.store.save_session(id, &Session::new(Secret::new("token"), None)).await.unwrap();
    save_codes(deps, id, &["1111", "2222"], 5).await;
    let typed = Secret::new("1111");
    recovery_codes::change(&*deps.store, id, |codes| codes.cross_off_typed(&typed, at(6))).await.unwrap();
}

const OLD: [&str; 10] = [
    "current a",
    "sent sent",
    "NotAccepted refused",
    "Replaced b",
    "Replaced a",
    "Note a note",
    "Draft a draft",
    "session token",
    "code 1111, used",
    "code 2222",
];

/// What the new place holds already: more, others, the same in another state.
async fn fill_new(deps: &Deps, id: &AccountId) {
    for (seconds, password) in [(11, "b"), (12, "theirs before"), (13, "theirs")] {
        set(deps, id, password, seconds).await;
    }
    lay_aside(deps, id, "a", Why::NotUsed, 14).await;
    lay_aside(deps, id, "theirs unused", Why::NotUsed, 15).await;
    send(deps, id, "theirs sent", 16).await;
    deps.store.stage(id, &Secret::new("theirs staged"), at(17)).await.unwrap();
    note(deps, id, Extra::Note, "their note").await;
    deps.store.save_session(id, &Session::new(Secret::new("stale"), None)).await.unwrap();
    save_codes(deps, id, &["2222", "1111"], 4).await;
    save_codes(deps, id, &["3333"], 17).await;
}

const ONLY_NEW: [&str; 5] = ["theirs before", "theirs", "theirs unused", "theirs sent", "theirs staged"];

async fn has_all_of_both(deps: &Deps, id: &AccountId) -> bool {
    let (lines, texts) = (lines(deps, id).await, texts(deps, id).await);
    let has = |line: &str| lines.iter().any(|known| known == line);
    ["a", "b", "refused", "sent"].iter().chain(&ONLY_NEW).all(|text| texts.contains(*text))
        && ["current a", "sent sent", "sent theirs sent", "staged theirs staged", "session token"]
            .iter()
            .all(|line| has(line))
        && ["Replaced theirs", "Replaced theirs before", "Replaced b"].iter().all(|line| has(line))
        && lines.iter().any(|line| line.starts_with("Note ") && line.contains("a note"))
        && lines.iter().any(|line| line.contains("their note"))
        && ["code 1111, used", "code 2222", "earlier 3333"].iter().all(|line| has(line))
}

#[tokio::test]
async fn a_copy_into_nothing_is_the_same_whatever_the_stores() {
    let folder = scratch();
    let (id, fake) = (AccountId::new("a"), Fake::new(usize::MAX));
    let places = [
        memory(),
        keychain(&fake, &Arc::new(Accounts::in_memory())),
        opened(&ScratchDisk::new(), folder.path(), 1).await,
    ];
    fill_old(&places[0], &id).await;
    for pair in places.windows(2) {
        copy(&*pair[0].store, &*pair[1].store, &id, now()).await.unwrap();
        assert_eq!(lines(&pair[1], &id).await, OLD);
        // On top of itself nothing comes twice.
        copy(&*pair[0].store, &*pair[1].store, &id, now()).await.unwrap();
        assert_eq!(lines(&pair[1], &id).await, OLD);
    }
}

#[tokio::test]
async fn what_only_the_new_place_holds_is_kept() {
    let folder = scratch();
    let (jana, fake) = (account("Dorfladen"), Fake::new(usize::MAX));
    let list = Arc::new(Accounts::in_memory());
    let vault = opened(&ScratchDisk::new(), folder.path(), 1).await;
    let keychain = keychain(&fake, &list);
    for (from, to) in [(&vault, &keychain), (&keychain, &vault)] {
        for deps in [from, to] {
            deps.store.remove(&jana.id).await.unwrap();
        }
        from.accounts.put(jana.clone()).unwrap();
        fill_old(from, &jana.id).await;
        fill_new(to, &jana.id).await;
        let mark = Move::new(folder.path());
        let moved = move_all(&mark, from, to, now(), || Ok(())).await.unwrap();
        assert_eq!((moved.accounts, moved.passwords), (1, 5));
        assert!(has_all_of_both(to, &jana.id).await, "{:?}", lines(to, &jana.id).await);
        assert!(lines(from, &jana.id).await.is_empty() && from.accounts.all().is_empty());
        assert_eq!(mark.under_way(), None);
        to.accounts.remove(&jana.id).unwrap();
    }
}

/// To the vault, which the clearing of the keychain survives only in part; a change there; and back.
#[tokio::test]
async fn there_and_back_over_a_place_half_cleared() {
    for lives in 0..40 {
        let folder = scratch();
        let (jana, fake) = (account("Dorfladen"), Fake::new(usize::MAX));
        let list = Arc::new(Accounts::in_memory());
        let (keychain, mark) = (keychain(&fake, &list), Move::new(folder.path()));
        let vault = opened(&ScratchDisk::new(), folder.path(), 1).await;
        keychain.accounts.put(jana.clone()).unwrap();
        fill_old(&keychain, &jana.id).await;
        let choose = || {
            fake.live(Some(lives));
            Ok(())
        };
        move_all(&mark, &keychain, &vault, now(), choose).await.unwrap();
        fake.live(None);
        let left = texts_if_any(&keychain, &jana.id).await;
        // Another copy of the program, or the person, adds to what is left.
        if left.contains("a") {
            lay_aside(&keychain, &jana.id, "only in the keychain", Why::NotUsed, 20).await;
        }
        set(&vault, &jana.id, "changed in the vault", 21).await;

        move_all(&mark, &vault, &keychain, now(), || Ok(())).await.unwrap();
        let (lines, texts) = (lines(&keychain, &jana.id).await, texts(&keychain, &jana.id).await);
        assert_eq!(lines[0], "current changed in the vault", "{lives} writes");
        for text in ["a", "b", "refused", "sent", "changed in the vault"] {
            assert!(texts.contains(text), "{lives} writes: {texts:?} lacks {text}");
        }
        assert_eq!(texts.contains("only in the keychain"), left.contains("a"), "{lives} writes");
        assert_eq!((vault.accounts.all().len(), mark.under_way()), (0, None));
    }
}

async fn texts_if_any(deps: &Deps, id: &AccountId) -> BTreeSet<String> {
    if deps.store.current(id).await.is_ok_and(|current| current.is_some()) {
        texts(deps, id).await
    } else {
        BTreeSet::new()
    }
}

/// Killed at every call to the vault's disk, or after every write to the keychain, with both places full, and again while
/// it is gone on with.
#[tokio::test]
async fn killed_at_any_point_with_both_places_full() {
    let jana = account("Dorfladen");
    for fault in [Fault::CrashBefore, Fault::CrashAfter, Fault::PowerCut] {
        let mut finished = false;
        for call in 1.. {
            let (folder, disk) = (scratch(), ScratchDisk::new());
            let (from, mark) = (memory(), Move::new(folder.path()));
            let to = opened(&disk, folder.path(), 1).await;
            from.accounts.put(jana.clone()).unwrap();
            fill_old(&from, &jana.id).await;
            fill_new(&to, &jana.id).await;
            let mut chosen = false;
            disk.plan(call, fault);
            let first = move_all(&mark, &from, &to, now(), || choose(&mut chosen)).await;
            disk.restart();
            let to = opened(&disk, folder.path(), 2).await;
            let case = format!("{fault:?} at {call}, chosen: {chosen}");
            if chosen {
                assert!(first.is_ok(), "{case}");
            } else {
                assert_eq!(lines(&from, &jana.id).await, OLD, "{case}");
                let kept = texts(&to, &jana.id).await;
                assert!(ONLY_NEW.iter().all(|text| kept.contains(*text)), "{case}: {kept:?}");
                move_all(&mark, &from, &to, now(), || Ok(())).await.unwrap();
            }
            if mark.under_way() == Some((StoreKind::Memory, StoreKind::Vault)) {
                finish_move(&mark, &from, &to, now()).await.unwrap();
            }
            assert!(has_all_of_both(&to, &jana.id).await, "{case}: {:?}", lines(&to, &jana.id).await);
            assert!(from.accounts.all().is_empty() && mark.under_way().is_none(), "{case}");
            if chosen && first.is_ok() {
                finished = true;
                break;
            }
        }
        assert!(finished);
    }
}

fn choose(chosen: &mut bool) -> Result<(), Error> {
    *chosen = true;
    Ok(())
}

#[tokio::test]
async fn killed_at_any_write_to_the_keychain_with_both_places_full() {
    let jana = account("Dorfladen");
    for lives in 0.. {
        assert!(lives < 400);
        let (folder, fake, list) = (scratch(), Fake::new(usize::MAX), Arc::new(Accounts::in_memory()));
        let (from, to, mark) = (memory(), keychain(&fake, &list), Move::new(folder.path()));
        from.accounts.put(jana.clone()).unwrap();
        fill_old(&from, &jana.id).await;
        fill_new(&to, &jana.id).await;
        fake.live(Some(lives));
        let mut chosen = false;
        let first = move_all(&mark, &from, &to, now(), || choose(&mut chosen)).await;
        fake.live(None);
        assert_eq!(first.is_ok(), chosen);
        if !chosen {
            assert_eq!(lines(&from, &jana.id).await, OLD, "{lives} writes");
            let kept = texts(&to, &jana.id).await;
            assert!(ONLY_NEW.iter().all(|text| kept.contains(*text)), "{lives} writes: {kept:?}");
            move_all(&mark, &from, &to, now(), || Ok(())).await.unwrap();
        }
        assert!(has_all_of_both(&to, &jana.id).await, "{lives} writes: {:?}", lines(&to, &jana.id).await);
        if chosen {
            break;
        }
    }
}

/// A list that is in use has finer moments than one that was read.
#[tokio::test]
async fn an_account_that_was_just_signed_in_moves_too() {
    let seen = tempfile::tempdir().unwrap();
    let (from, to) = (memory(), opened(&ScratchDisk::new(), seen.path(), 1).await);
    let since = now() + Duration::from_nanos(123_456_789);
    from.accounts.put(Account { state: AccountState::SignedIn { since }, ..account("Dorfladen") }).unwrap();
    let moved = move_all(&Move::new(seen.path()), &from, &to, now(), || Ok(())).await.unwrap();
    assert_eq!((moved.accounts, from.accounts.all().len(), to.accounts.all().len()), (1, 0, 1));
}

#[tokio::test]
async fn a_place_is_not_moved_into_itself() {
    let (folder, jana) = (scratch(), account("Dorfladen"));
    let (here, mark) = (opened(&ScratchDisk::new(), folder.path(), 1).await, Move::new(folder.path()));
    here.accounts.put(jana.clone()).unwrap();
    fill_old(&here, &jana.id).await;
    let moved = move_all(&mark, &here, &here, now(), || Ok(())).await;
    assert_eq!(moved.unwrap_err().kind(), ErrorKind::Bug);
    std::fs::write(folder.path().join("moving"), "vault vault\n").unwrap();
    assert_eq!(mark.under_way(), None);
    assert_eq!(finish_move(&mark, &here, &here, now()).await.unwrap_err().kind(), ErrorKind::Bug);
    assert_eq!(lines(&here, &jana.id).await, OLD);
}

#[tokio::test]
async fn a_choice_that_fails_leaves_everything_where_it_was() {
    let (folder, jana) = (scratch(), account("Dorfladen"));
    let (from, mark) = (memory(), Move::new(folder.path()));
    let to = opened(&ScratchDisk::new(), folder.path(), 1).await;
    from.accounts.put(jana.clone()).unwrap();
    fill_old(&from, &jana.id).await;
    let failed = move_all(&mark, &from, &to, now(), || Err(ErrorKind::DiskFull.into())).await;
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::DiskFull);
    assert_eq!(lines(&from, &jana.id).await, OLD);
    assert_eq!(mark.under_way(), Some((StoreKind::Memory, StoreKind::Vault)));
}

/// The new place has the password, but only for thirty days more.
#[tokio::test]
async fn what_would_age_away_in_the_new_place_stays_in_the_old_one() {
    let (folder, jana) = (scratch(), account("Dorfladen"));
    let (from, mark) = (memory(), Move::new(folder.path()));
    let to = opened(&ScratchDisk::new(), folder.path(), 1).await;
    from.accounts.put(jana.clone()).unwrap();
    to.accounts.put(jana.clone()).unwrap();
    set(&from, &jana.id, "a", 1).await;
    lay_aside(&to, &jana.id, "a", Why::NotUsed, 2).await;
    finish_move(&mark, &from, &to, now()).await.unwrap();
    assert_eq!(lines(&from, &jana.id).await, ["current a"]);
    set(&to, &jana.id, "a", 3).await;

    note(&from, &jana.id, Extra::Note, "a note").await;
    finish_move(&mark, &from, &to, now()).await.unwrap();
    assert_eq!(lines(&from, &jana.id).await, ["current a", "Note a note"]);
    note(&to, &jana.id, Extra::Note, "a later note").await;
    save_codes(&from, &jana.id, &["1111"], 4).await;
    save_codes(&to, &jana.id, &["2222"], 4).await;
    finish_move(&mark, &from, &to, now()).await.unwrap();
    assert_eq!(lines(&from, &jana.id).await, ["current a", "Note a note", "code 1111"]);
    save_codes(&to, &jana.id, &["1111"], 5).await;
    finish_move(&mark, &from, &to, now()).await.unwrap();
    assert!(lines(&from, &jana.id).await.is_empty());
}

#[tokio::test]
async fn a_current_password_that_was_taken_away_moves_as_the_newest() {
    let (folder, fake) = (scratch(), Fake::new(usize::MAX));
    let (jana, list) = (account("Dorfladen"), Arc::new(Accounts::in_memory()));
    let (from, mark) = (keychain(&fake, &list), Move::new(folder.path()));
    let to = opened(&ScratchDisk::new(), folder.path(), 1).await;
    from.accounts.put(jana.clone()).unwrap();
    for (seconds, password) in [(1, "first"), (2, "second")] {
        set(&from, &jana.id, password, seconds).await;
    }
    fake.take("Test", jana.id.as_str());
    assert_eq!(from.store.current(&jana.id).await.unwrap_err().kind(), ErrorKind::ItemMissing);
    move_all(&mark, &from, &to, now(), || Ok(())).await.unwrap();
    assert_eq!(lines(&to, &jana.id).await, ["current second", "Replaced first"]);
}

#[tokio::test]
async fn an_ambiguous_item_stops_the_move_before_anything_is_chosen() {
    let (folder, fake) = (scratch(), Fake::new(usize::MAX));
    let (jana, list) = (account("Dorfladen"), Arc::new(Accounts::in_memory()));
    let mark = Move::new(folder.path());
    let vault = opened(&ScratchDisk::new(), folder.path(), 1).await;
    for (from, to) in [(&keychain(&fake, &list), &vault), (&vault, &keychain(&fake, &list))] {
        from.accounts.put(jana.clone()).unwrap();
        set(from, &jana.id, "mine", 1).await;
        fake.twin("Test", jana.id.as_str(), b"theirs");
        let mut chosen = false;
        let moved = move_all(&mark, from, to, now(), || choose(&mut chosen)).await;
        assert_eq!((moved.unwrap_err().kind(), chosen), (ErrorKind::Ambiguous, false));
        fake.forget_twins();
        assert_eq!(lines(from, &jana.id).await, ["current mine"]);
    }
}
