//! The vault as a store: the list of what every store must do, and what only a vault does.

#![expect(clippy::unwrap_used, reason = "a surprise must stop the test")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use accounts::clock::{ManualClock, SeededRandom};
use accounts::flow::Deps;
use accounts::provider::{Kind, Server};
use accounts::store::memory::Memory;
use accounts::store::vault::{Kdf, Opened, RecoveryKey, Vault, VaultKey};
use accounts::store::{Extra, Move, StoreKind, Why, conformance, finish_move, move_all};
use accounts::{Account, AccountId, Accounts, CredentialStore, ErrorKind, Secret};
use vault::scratch_disk::{Fault, ScratchDisk};

const CHEAP: Kdf = Kdf { memory_kib: 8, passes: 1, lanes: 1 };
const PASSWORD: &str = "teapot gravel monday owl";

/// In memory where that can be had: every change notes what was seen, and syncs it.
fn scratch() -> tempfile::TempDir {
    let shared = Path::new("/dev/shm");
    if shared.is_dir() { tempfile::tempdir_in(shared) } else { tempfile::tempdir() }.unwrap()
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(1_800_000_000))
}

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

fn on(disk: &ScratchDisk, seen: &Path, seed: u64) -> Vault {
    let seen = seen.join("vault-seen");
    Vault::on(Arc::new(disk.clone()), Path::new("/v"), &seen, clock(), Arc::new(SeededRandom::new(seed)))
}

async fn made(disk: &ScratchDisk, seen: &Path) -> Vault {
    let vault = on(disk, seen, 1);
    let recovery = vault.new_recovery_key();
    vault.create(Secret::new(PASSWORD), CHEAP, recovery).await.unwrap();
    vault
}

async fn opened(disk: &ScratchDisk, seen: &Path, seed: u64) -> Vault {
    let vault = on(disk, seen, seed);
    assert_eq!(vault.open(password(), false).await.unwrap(), Opened::Open { torn: false });
    vault
}

fn password() -> VaultKey {
    VaultKey::Password(Secret::new(PASSWORD))
}

fn deps(vault: &Vault) -> Deps {
    Deps {
        accounts: Arc::new(Accounts::kept_by(vault.keeper())),
        store: Arc::new(vault.clone()),
        clock: clock(),
        random: Arc::new(SeededRandom::new(9)),
    }
}

fn in_memory() -> Deps {
    Deps {
        accounts: Arc::new(Accounts::in_memory()),
        store: Arc::new(Memory::new()),
        clock: clock(),
        random: Arc::new(SeededRandom::new(9)),
    }
}

fn account(name: &str) -> Account {
    Account::new(
        AccountId::new(name.to_lowercase()),
        Server { kind: Kind::RecoveryServer, base: "https://accounts.example/".parse().unwrap(), key: None },
        name,
        "jana",
    )
}

async fn set(store: &dyn CredentialStore, id: &AccountId, password: &str) {
    let staged = store.stage(id, &Secret::new(password), now()).await.unwrap();
    store.commit(id, &staged, now()).await.unwrap();
}

#[tokio::test]
async fn conforms() {
    let (disk, seen) = (ScratchDisk::new(), tempfile::tempdir().unwrap());
    let vault = made(&disk, seen.path()).await;
    conformance::all(&vault).await;
    let other = opened(&disk, seen.path(), 2).await;
    conformance::shared(&vault, &other).await;
    assert!(vault.changed_elsewhere() && other.changed_elsewhere() && !other.changed_elsewhere());
}

#[tokio::test]
async fn conforms_on_a_real_disk() {
    let folder = tempfile::tempdir().unwrap();
    let (seen, at) = (folder.path().join("seen"), folder.path().join("vault"));
    let vault = Vault::at(&at, &seen, clock(), Arc::new(SeededRandom::new(1)));
    assert!(!vault.exists().unwrap());
    vault.create(Secret::new(PASSWORD), CHEAP, vault.new_recovery_key()).await.unwrap();
    conformance::all(&vault).await;
    vault.lock().await;
    assert!(vault.exists().unwrap());
    assert_eq!(vault.open(password(), false).await.unwrap(), Opened::Open { torn: false });
    conformance::all(&vault).await;
}

#[tokio::test]
async fn a_locked_vault_says_so_and_shows_nothing() {
    let (disk, seen) = (ScratchDisk::new(), tempfile::tempdir().unwrap());
    let vault = made(&disk, seen.path()).await;
    let (held, jana) = (deps(&vault), account("Dorfladen"));
    held.accounts.put(jana.clone()).unwrap();
    set(&vault, &jana.id, "kept").await;
    assert_eq!(held.accounts.all(), std::slice::from_ref(&jana));

    vault.lock().await;
    assert!(!vault.is_open());
    assert!(held.accounts.all().is_empty() && held.accounts.get(&jana.id).is_none());
    assert_eq!(held.accounts.put(jana.clone()).unwrap_err().kind(), ErrorKind::Locked);
    assert_eq!(vault.current(&jana.id).await.unwrap_err().kind(), ErrorKind::Locked);
    assert_eq!(vault.unlock().await.unwrap_err().kind(), ErrorKind::Locked);
    assert_eq!(vault.authenticator(&jana.id).await.unwrap_err().kind(), ErrorKind::Locked);
    let save = vault.save_authenticator(&jana.id, &Secret::new("otpauth://a"), SystemTime::UNIX_EPOCH).await;
    assert_eq!(save.unwrap_err().kind(), ErrorKind::Locked);
    let wrong = VaultKey::Password(Secret::new("teapot gravel monday"));
    assert_eq!(vault.open(wrong, false).await.unwrap(), Opened::WrongKey);

    assert_eq!(vault.open(password(), false).await.unwrap(), Opened::Open { torn: false });
    assert_eq!(held.accounts.find(&jana.server, "JANA"), Some(jana.clone()));
    assert_eq!(vault.current(&jana.id).await.unwrap().unwrap().password, Secret::new("kept"));
    held.accounts.remove(&jana.id).unwrap();
    assert_eq!(vault.current(&jana.id).await.unwrap().map(|_| ()), None);
}

#[tokio::test]
async fn every_key_opens_and_can_be_replaced() {
    let (disk, seen) = (ScratchDisk::new(), tempfile::tempdir().unwrap());
    let vault = on(&disk, seen.path(), 1);
    let recovery = vault.new_recovery_key();
    vault.create(Secret::new(PASSWORD), CHEAP, recovery.clone()).await.unwrap();
    assert!(!vault.has_keychain_key());
    let in_keychain = vault.new_keychain_key();
    vault.set_keychain_key(in_keychain.clone()).await.unwrap();
    assert!(vault.has_keychain_key());

    let typed = RecoveryKey::parse(&recovery.groups().join(" ").to_lowercase()).unwrap();
    let open = async |key: VaultKey| on(&disk, seen.path(), 5).open(key, false).await.unwrap();
    let fine = Opened::Open { torn: false };
    assert_eq!(open(VaultKey::Recovery(typed.clone())).await, fine);
    assert_eq!(open(VaultKey::Keychain(Box::new(in_keychain.clone()))).await, fine);

    vault.remove_keychain_key().await.unwrap();
    assert!(!vault.has_keychain_key());
    assert_eq!(open(VaultKey::Keychain(Box::new(in_keychain.clone()))).await, Opened::WrongKey);
    assert_eq!(open(VaultKey::Recovery(typed.clone())).await, fine);
    assert_eq!(open(password()).await, fine);
    vault.remove_keychain_key().await.unwrap();
    let in_keychain = vault.new_keychain_key();
    vault.set_keychain_key(in_keychain.clone()).await.unwrap();
    assert_eq!(open(VaultKey::Keychain(Box::new(in_keychain.clone()))).await, fine);

    vault.set_password(Secret::new("four other odd words"), CHEAP).await.unwrap();
    assert_eq!(open(password()).await, Opened::WrongKey);
    vault.keep_only(Secret::new("four other odd words"), None, CHEAP).await.unwrap();
    assert_eq!(open(VaultKey::Recovery(typed)).await, Opened::WrongKey);
    assert_eq!(open(VaultKey::Keychain(Box::new(in_keychain))).await, Opened::WrongKey);
    assert_eq!(open(VaultKey::Password(Secret::new("four other odd words"))).await, fine);
}

#[tokio::test]
async fn a_password_made_while_locked_is_kept_and_offered() {
    let (disk, seen) = (ScratchDisk::new(), tempfile::tempdir().unwrap());
    let vault = made(&disk, seen.path()).await;
    let (held, jana) = (deps(&vault), account("Dorfladen"));
    held.accounts.put(jana.clone()).unwrap();
    vault.lock().await;

    // Another process, which never had it open.
    let locked = on(&disk, seen.path(), 7);
    locked.make_locked(&Secret::new("made \"one\" 🔑"), Some("the market")).await.unwrap();
    locked.make_locked(&Secret::new("made two"), None).await.unwrap();
    disk.cut_power();
    assert_eq!(locked.waiting_outside(), 2);
    assert_eq!(locked.made().await.unwrap_err().kind(), ErrorKind::Locked);

    let vault = opened(&disk, seen.path(), 8).await;
    let waiting = vault.made().await.unwrap();
    let mut texts: Vec<_> =
        waiting.iter().map(|made| (made.password.expose(), made.purpose.as_deref(), made.at)).collect();
    texts.sort();
    assert_eq!(texts, [("made \"one\" 🔑", Some("the market"), now()), ("made two", None, now())]);

    let one = waiting.iter().find(|made| made.purpose.is_some()).unwrap();
    vault.keep_made(&one.id, &jana.id).await.unwrap();
    let staged = vault.staged(&jana.id).await.unwrap();
    assert_eq!((staged.len(), staged[0].sent), (1, false));
    assert_eq!(staged[0].password.expose(), "made \"one\" 🔑");
    let two = waiting.iter().find(|made| made.purpose.is_none()).unwrap();
    vault.drop_made(&two.id).await.unwrap();
    assert!(vault.made().await.unwrap().is_empty());
    assert_eq!(vault.drop_made("account/dorfladen").await.unwrap_err().kind(), ErrorKind::Bug);
}

#[tokio::test]
async fn nothing_is_made_for_a_vault_that_was_never_open_here() {
    let (disk, seen) = (ScratchDisk::new(), tempfile::tempdir().unwrap());
    made(&disk, seen.path()).await;
    let elsewhere = tempfile::tempdir().unwrap();
    let stranger = on(&disk, elsewhere.path(), 3);
    let refused = stranger.make_locked(&Secret::new("made"), None).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Locked);
}

#[tokio::test]
async fn an_old_copy_is_opened_only_when_asked_for() {
    let (disk, seen) = (ScratchDisk::new(), tempfile::tempdir().unwrap());
    let vault = made(&disk, seen.path()).await;
    set(&vault, &AccountId::new("a"), "first").await;
    let old = disk.copy();
    set(&vault, &AccountId::new("a"), "second").await;

    let vault = on(&old, seen.path(), 4);
    assert_eq!(vault.open(password(), false).await.unwrap_err().kind(), ErrorKind::RolledBack);
    assert_eq!(vault.open(password(), true).await.unwrap(), Opened::Open { torn: false });
    let current = vault.current(&AccountId::new("a")).await.unwrap().unwrap();
    assert_eq!(current.password, Secret::new("first"));
    assert_eq!(opened(&old, seen.path(), 5).await.check().await.map_err(|it| it.kind()), Ok(()));
}

#[tokio::test]
async fn an_earlier_state_says_what_it_would_do_and_can_be_undone() {
    let (disk, seen) = (ScratchDisk::new(), tempfile::tempdir().unwrap());
    let vault = made(&disk, seen.path()).await;
    let held = deps(&vault);
    for name in ["Dorfladen", "Market"] {
        held.accounts.put(account(name)).unwrap();
        set(&vault, &account(name).id, "first").await;
    }
    vault.lock().await;
    vault.open(password(), false).await.unwrap();
    set(&vault, &account("Market").id, "second").await;
    held.accounts.remove(&account("Dorfladen").id).unwrap();
    held.accounts.put(account("Photos")).unwrap();
    vault.lock().await;
    vault.open(password(), false).await.unwrap();

    let states = vault.earlier_states().await.unwrap();
    let state = states.first().unwrap();
    assert_eq!((state.accounts, state.saved_at), (2, now()));
    assert_eq!(state.back, ["Dorfladen"]);
    assert_eq!(state.gone, ["Photos"]);
    assert_eq!(state.differ, ["Market"]);

    let undo = vault.restore(&state.id).await.unwrap();
    let names: Vec<_> = held.accounts.all().into_iter().map(|account| account.name).collect();
    assert_eq!(names, ["Dorfladen", "Market"]);
    vault.restore(&undo).await.unwrap();
    let current = vault.current(&account("Market").id).await.unwrap().unwrap();
    assert_eq!(current.password, Secret::new("second"));
    let names: Vec<_> = held.accounts.all().into_iter().map(|account| account.name).collect();
    assert_eq!(names, ["Market", "Photos"]);
}

/// Two accounts with everything that an account can have.
async fn filled() -> Deps {
    let held = in_memory();
    for name in ["Dorfladen", "Market"] {
        let id = account(name).id;
        held.accounts.put(account(name)).unwrap();
        set(&*held.store, &id, "first").await;
        set(&*held.store, &id, "second").await;
        let refused = held.store.stage(&id, &Secret::new("refused"), now()).await.unwrap();
        held.store.discard(&id, &refused, Why::NotAccepted, now()).await.unwrap();
        let sent = held.store.stage(&id, &Secret::new("sent"), now()).await.unwrap();
        held.store.mark_sent(&id, &sent).await.unwrap();
        held.store.save_extra(&id, Extra::Note, Some(&Secret::new("a note"))).await.unwrap();
    }
    held
}

async fn has_everything(deps: &Deps, name: &str) -> bool {
    let id = account(name).id;
    let Ok(current) = deps.store.current(&id).await else { return false };
    let history = deps.store.history(&id, now()).await.unwrap();
    let staged = deps.store.staged(&id).await.unwrap();
    deps.accounts.get(&id).is_some()
        && current.is_some_and(|current| current.password == Secret::new("second"))
        && history.len() == 2
        && staged.len() == 1
        && staged[0].sent
}

#[tokio::test]
async fn a_move_writes_reads_back_and_then_deletes() {
    let (disk, seen) = (ScratchDisk::new(), tempfile::tempdir().unwrap());
    let vault = made(&disk, seen.path()).await;
    let (from, to, mark) = (filled().await, deps(&vault), Move::new(seen.path()));
    let moved = move_all(&mark, &from, &to, now(), || Ok(())).await.unwrap();
    assert_eq!(
        (moved.from, moved.to, moved.accounts, moved.passwords),
        (StoreKind::Memory, StoreKind::Vault, 2, 8)
    );
    assert_eq!(mark.under_way(), None);
    assert!(from.accounts.all().is_empty());
    for name in ["Dorfladen", "Market"] {
        assert!(has_everything(&to, name).await);
        assert_eq!(from.store.current(&account(name).id).await.unwrap().map(|_| ()), None);
    }
    // And back.
    let moved = move_all(&mark, &to, &from, now(), || Ok(())).await.unwrap();
    assert_eq!((moved.accounts, to.accounts.all().len()), (2, 0));
    assert!(has_everything(&from, "Market").await);
}

/// Killed at every call that the vault makes to its disk: before the choice the old place has everything, after it the
/// new one does, and going on ends the move.
#[tokio::test]
async fn a_move_survives_being_killed_at_any_point() {
    let (fresh, seen) = (ScratchDisk::new(), tempfile::tempdir().unwrap());
    made(&fresh, seen.path()).await;
    let calls = {
        let disk = fresh.copy();
        let vault = opened(&disk, seen.path(), 2).await;
        let before = disk.calls();
        move_all(&Move::new(seen.path()), &filled().await, &deps(&vault), now(), || Ok(())).await.unwrap();
        disk.calls() - before
    };
    // A call or two for each step are enough to meet every step; all of them take minutes.
    for call in (1..=calls + 20).step_by(7) {
        for fault in [Fault::CrashBefore, Fault::CrashAfter, Fault::PowerCut] {
            let seen = scratch();
            let disk = ScratchDisk::new();
            let vault = made(&disk, seen.path()).await;
            let (from, mark) = (filled().await, Move::new(seen.path()));
            let (mut chosen, to) = (false, deps(&vault));
            disk.plan(call, fault);
            let choose = || {
                chosen = true;
                Ok(())
            };
            let moved = move_all(&mark, &from, &to, now(), choose).await;
            disk.restart();

            let vault = on(&disk, seen.path(), 6);
            vault.open(password(), false).await.unwrap();
            let to = deps(&vault);
            if chosen {
                assert!(moved.is_ok());
                if mark.under_way() == Some((StoreKind::Memory, StoreKind::Vault)) {
                    finish_move(&mark, &from, &to, now()).await.unwrap();
                }
            } else {
                assert!(moved.is_err());
                for name in ["Dorfladen", "Market"] {
                    assert!(has_everything(&from, name).await, "{fault:?} at {call}");
                }
                move_all(&mark, &from, &to, now(), || Ok(())).await.unwrap();
            }
            for name in ["Dorfladen", "Market"] {
                assert!(has_everything(&to, name).await, "{fault:?} at {call}");
            }
            let left = from.accounts.all().len();
            assert_eq!(
                (left, mark.under_way()),
                (0, None),
                "{fault:?} at {call} of {calls}, chosen: {chosen}"
            );
        }
    }
}

#[tokio::test]
async fn what_the_new_place_lacks_stays_in_the_old_one() {
    let (disk, seen) = (ScratchDisk::new(), tempfile::tempdir().unwrap());
    let vault = made(&disk, seen.path()).await;
    let (from, to, mark) = (filled().await, deps(&vault), Move::new(seen.path()));
    to.accounts.put(account("Market")).unwrap();
    set(&vault, &account("Market").id, "second").await;
    finish_move(&mark, &from, &to, now()).await.unwrap();
    assert!(has_everything(&from, "Market").await && has_everything(&from, "Dorfladen").await);
}

#[tokio::test]
async fn a_full_disk_is_said_and_changes_nothing() {
    let (disk, seen) = (ScratchDisk::new(), tempfile::tempdir().unwrap());
    let vault = made(&disk, seen.path()).await;
    let id = AccountId::new("a");
    set(&vault, &id, "first").await;
    for (io, kind) in [
        (std::io::ErrorKind::StorageFull, ErrorKind::DiskFull),
        (std::io::ErrorKind::ReadOnlyFilesystem, ErrorKind::ReadOnly),
        (std::io::ErrorKind::Other, ErrorKind::StoreBroken),
    ] {
        disk.plan(6, Fault::StaysFailing(io));
        let failed = vault.stage(&id, &Secret::new("second"), now()).await;
        assert_eq!(failed.unwrap_err().kind(), kind);
        disk.restart();
        assert_eq!(vault.current(&id).await.unwrap().unwrap().password, Secret::new("first"));
        assert!(vault.staged(&id).await.unwrap().is_empty());
    }
    vault.stage(&id, &Secret::new("second"), now()).await.unwrap();
}

#[tokio::test]
async fn what_was_removed_can_be_brought_back() {
    let (disk, seen) = (ScratchDisk::new(), tempfile::tempdir().unwrap());
    let vault = made(&disk, seen.path()).await;
    let (held, jana) = (deps(&vault), account("Dorfladen"));
    held.accounts.put(jana.clone()).unwrap();
    set(&vault, &jana.id, "kept").await;
    vault.make_locked(&Secret::new("made"), None).await.unwrap();
    vault.remove(&jana.id).await.unwrap();
    held.accounts.remove(&jana.id).unwrap();

    let states = vault.earlier_states().await.unwrap();
    assert_eq!((&states[0].back[..], states[0].accounts), (&["Dorfladen".to_owned()][..], 1), "{states:?}");
    let undo = vault.restore(&states[0].id).await.unwrap();
    assert_eq!(vault.current(&jana.id).await.unwrap().unwrap().password, Secret::new("kept"));
    assert_eq!(held.accounts.all(), std::slice::from_ref(&jana));
    vault.restore(&undo).await.unwrap();
    assert!(held.accounts.all().is_empty());
}
