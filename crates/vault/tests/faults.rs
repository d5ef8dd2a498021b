//! Every system call of every operation meets every fault: afterwards the vault opens and holds the old state or the
//! new one, and what was said to be saved is there even after a power cut.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a surprise must stop the test")]

mod common;

use std::io::ErrorKind;

use common::*;
use vault::scratch_disk::{Fault, ScratchDisk, Seeded};
use vault::{Change, Error, Key, RecoveryKey, Vault, append_locked};

const FAULTS: [Fault; 13] = [
    Fault::Fails(ErrorKind::StorageFull),
    Fault::Fails(ErrorKind::Other),
    Fault::Fails(ErrorKind::PermissionDenied),
    Fault::StaysFailing(ErrorKind::StorageFull),
    Fault::StaysFailing(ErrorKind::Other),
    Fault::StaysFailing(ErrorKind::PermissionDenied),
    Fault::Interrupted,
    Fault::Short,
    Fault::CrashBefore,
    Fault::CrashAfter,
    Fault::PowerCut,
    Fault::PowerCutKeepsNames,
    Fault::PowerCutTears,
];

const OTHER: &str = "another one of four words";

/// The password that opens it, and what is in it; `None`: no vault yet.
type State = Option<(&'static str, Everything)>;

/// What a person finds who knows the old password and the new one. A vault that does not open is a failure.
fn state(disk: &ScratchDisk) -> State {
    let vault = opened(disk)?;
    let password = if vault.opens_with(&Key::Password(PASSWORD)).unwrap() { PASSWORD } else { OTHER };
    Some((password, everything(&vault)))
}

fn opened(disk: &ScratchDisk) -> Option<Vault> {
    let open = |password| Vault::open(home(disk), &Key::Password(password), None, dice(2));
    match open(PASSWORD)
        .or_else(|error| if matches!(error, Error::WrongKey) { open(OTHER) } else { Err(error) })
    {
        Ok(vault) => Some(vault),
        Err(Error::Missing) => None,
        Err(error) => panic!("the vault does not open: {error}"),
    }
}

/// Runs `work` on copies of the disk with each fault at each call.
fn at_every_call(disk: &ScratchDisk, work: impl Fn(&ScratchDisk) -> vault::Result<()>) -> usize {
    let old = state(disk);
    let clean = disk.copy();
    clean.plan(usize::MAX / 2, Fault::Short);
    work(&clean).unwrap();
    let calls = clean.calls();
    let new = state(&clean);
    assert!(calls > 3, "{calls}");

    for call in 1..=calls {
        for fault in FAULTS {
            let disk = disk.copy();
            disk.plan(call, fault);
            let done = work(&disk);
            let what = format!("{fault:?} at call {call} of {calls}: {done:?}");
            if matches!(fault, Fault::Interrupted | Fault::Short) {
                assert!(done.is_ok(), "{what}");
            }
            disk.restart();
            let found = state(&disk);
            assert!(found == old || found == new, "{what}");
            if done.is_ok() {
                assert!(found == new, "said to be saved, {what}");
                disk.cut_power();
                assert!(state(&disk) == new, "gone after a power cut, {what}");
            }
            // What was found is the base of what comes next: it can be written to, and that lasts.
            if let Some(mut vault) = opened(&disk) {
                vault
                    .change(&[put("next", "after it all")])
                    .unwrap_or_else(|error| panic!("{error}, {what}"));
                disk.cut_power();
                let (password, mut with_next) = found.unwrap();
                with_next.push(("next".into(), "after it all".into(), Vec::new()));
                with_next.sort();
                assert!(state(&disk) == Some((password, with_next)), "{what}");
            }
        }
    }
    calls
}

/// A vault with a snapshot, a journal, a backup and something made while locked.
fn used() -> ScratchDisk {
    let disk = ScratchDisk::new();
    let mut vault = common::create(&disk);
    vault.change(&[put("a", "one"), put_secret("a", "now", "first")]).unwrap();
    vault.compact(at(1)).unwrap();
    vault.change(&[put_secret("a", "now", "second"), put("b", "two")]).unwrap();
    append_locked(&home(&disk), &vault.pin(), b"made", &Seeded::new(3), at(2)).unwrap();
    disk.copy()
}

fn reopened(disk: &ScratchDisk, work: impl FnOnce(&mut Vault) -> vault::Result<()>) -> vault::Result<()> {
    work(&mut open(disk)?)
}

#[test]
fn make() {
    let create = |disk: &ScratchDisk| {
        Vault::create(home(disk), PASSWORD, CHEAP, &recovery(), dice(1), at(0)).map(drop)
    };
    at_every_call(&ScratchDisk::new(), create);
    let left = ScratchDisk::new();
    let journal = std::path::Path::new("/v/regain.journal");
    left.put(journal, used().read(journal).unwrap());
    at_every_call(&left, create);
}

#[test]
fn append() {
    let change = [put_secret("a", "now", "third"), put_secret("a", "then", "second")];
    at_every_call(&used(), |disk| reopened(disk, |vault| vault.change(&change)));
    // The first one makes the journal.
    let fresh = ScratchDisk::new();
    common::create(&fresh);
    at_every_call(&fresh.copy(), |disk| reopened(disk, |vault| vault.change(&change)));
    // By the program that has just made the vault, or saved it.
    at_every_call(&ScratchDisk::new(), |disk| {
        let mut vault = Vault::create(home(disk), PASSWORD, CHEAP, &recovery(), dice(1), at(0))?;
        vault.change(&[])
    });
    let made = ScratchDisk::new();
    let mut vault = common::create(&made);
    vault.change(&change).unwrap();
    made.cut_power();
    assert_eq!(open(&made).unwrap().len(), 1);
    // Behind a torn tail.
    let torn = used();
    let journal = std::path::Path::new("/v/regain.journal");
    let mut bytes = torn.read(journal).unwrap();
    bytes.extend_from_slice(&[200, 0, 0, 0, 1, 2, 3, 4, 1, 9, 9]);
    torn.put(journal, bytes);
    at_every_call(&torn, |disk| reopened(disk, |vault| vault.change(&change)));
}

#[test]
fn append_while_locked() {
    let disk = used();
    let pin = open(&disk).unwrap().pin();
    at_every_call(&disk, |disk| append_locked(&home(disk), &pin, b"more", &Seeded::new(4), at(3)));
}

#[test]
fn compact() {
    at_every_call(&used(), |disk| reopened(disk, |vault| vault.compact(at(9))));
    let copies = used().without_links();
    at_every_call(&copies, |disk| reopened(&disk.clone().without_links(), |vault| vault.compact(at(9))));
}

#[test]
fn change_then_compact_then_change() {
    at_every_call(&used(), |disk| {
        reopened(disk, |vault| {
            vault.change(&[Change::Remove { id: "b".into() }])?;
            vault.compact(at(9))
        })
    });
}

#[test]
fn set_password() {
    at_every_call(&used(), |disk| reopened(disk, |vault| vault.set_password(OTHER, CHEAP, at(9))));
    // The same password again: the states differ in nothing that a person sees, and both open.
    at_every_call(&used(), |disk| reopened(disk, |vault| vault.set_password(PASSWORD, CHEAP, at(9))));
}

#[test]
fn set_the_other_keys() {
    at_every_call(&used(), |disk| reopened(disk, |vault| vault.set_keychain_key(&[5; 32], at(9))));
    let key = RecoveryKey::new(&Seeded::new(8));
    at_every_call(&used(), |disk| reopened(disk, |vault| vault.set_recovery_key(&key, at(9))));
}

#[test]
fn replace_keys() {
    let keep = recovery();
    at_every_call(&used(), |disk| {
        let keep = [Key::Password(PASSWORD), Key::Recovery(&keep)];
        reopened(disk, |vault| vault.replace_keys(&keep, CHEAP, at(9)))
    });
}

#[test]
fn restore() {
    let disk = used();
    at_every_call(&disk, |disk| {
        reopened(disk, |vault| {
            let backup = vault.backups()?.remove(0);
            vault.restore(&backup, at(9)).map(drop)
        })
    });
}

/// The process lives on after a failure: it goes on with what is on the disk.
#[test]
fn a_failure_does_not_end_the_use_of_an_open_vault() {
    let keep = recovery();
    let keys = [Key::Password(PASSWORD), Key::Recovery(&keep)];
    goes_on(&|vault| vault.change(&[put("c", "three")]));
    goes_on(&|vault| vault.compact(at(9)));
    goes_on(&|vault| vault.set_password(OTHER, CHEAP, at(9)));
    goes_on(&|vault| vault.replace_keys(&keys, CHEAP, at(9)));
    goes_on(&|vault| vault.backups().and_then(|all| vault.restore(&all[0], at(9))).map(drop));
}

fn goes_on(work: &dyn Fn(&mut Vault) -> vault::Result<()>) {
    let disk = used();
    let mut vault = open(&disk).unwrap();
    let (before, old) = (disk.calls(), everything(&vault));
    work(&mut vault).unwrap();
    let (calls, new) = (disk.calls() - before, everything(&vault));
    for call in 1..=calls {
        for kind in [ErrorKind::StorageFull, ErrorKind::Other, ErrorKind::PermissionDenied] {
            for fault in [Fault::Fails(kind), Fault::StaysFailing(kind)] {
                let what = format!("{fault:?} at {call} of {calls}");
                let disk = used();
                let mut vault = open(&disk).unwrap();
                disk.plan(call, fault);
                let done = work(&mut vault);
                disk.restart();
                match vault.change(&[put("d", "four")]) {
                    // The keys were replaced although that failed: it says so, and takes the password again.
                    Err(Error::Stale) if done.is_err() => vault = opened(&disk).unwrap(),
                    other => other.unwrap_or_else(|error| panic!("{error}, {what}")),
                }
                disk.cut_power();
                assert_eq!(everything(&opened(&disk).unwrap()), everything(&vault), "{what}");
                let mut found = everything(&vault);
                found.retain(|(id, ..)| id != "d");
                assert!(found == new || (done.is_err() && found == old), "{what}");
            }
        }
    }
}
