//! What a vault does, on a disk that works.

mod common;

use common::*;
use vault::scratch_disk::{ScratchDisk, Seeded};
use vault::{
    Change, Error, Key, LOCKED, MADE, Pin, RealDisk, RecoveryKey, SlotKind, Vault, append_locked, look,
};

#[test]
fn what_is_put_in_is_there_after_opening() {
    let disk = ScratchDisk::new();
    let mut vault = create(&disk);
    assert!(vault.is_empty() && !vault.was_torn());
    vault.change(&[put("a", "Weekly market"), put_secret("a", "now", "first")]).unwrap();
    vault.change(&[put_secret("a", "now", "second"), put_secret("a", "then", "first")]).unwrap();
    vault.change(&[put("b", "Dorfladen")]).unwrap();
    vault.change(&[Change::RemoveSecret { id: "a".into(), name: "then".into() }]).unwrap();
    let expected = everything(&vault);
    assert_eq!(expected.len(), 2);

    for round in 0..3 {
        let mut vault = open(&disk).unwrap();
        assert_eq!(everything(&vault), expected, "{round}");
        assert_eq!(secret(&vault, "a", "now").as_deref(), Some("second"));
        assert_eq!(vault.secret("a", "then").unwrap(), None);
        assert_eq!(vault.get("a").unwrap().changed_at, Some(7));
        let found: Vec<_> = vault.search("MARKET", 9).iter().map(|entry| entry.id.to_owned()).collect();
        assert_eq!(found, ["a"]);
        vault.compact(at(round)).unwrap();
        assert_eq!(everything(&vault), expected);
    }
    let mut vault = open(&disk).unwrap();
    vault.change(&[Change::Remove { id: "a".into() }]).unwrap();
    vault.change(&[Change::Remove { id: "a".into() }]).unwrap();
    assert_eq!(open(&disk).unwrap().len(), 1);
}

#[test]
fn it_works_on_a_real_disk() {
    let folder = tempfile::tempdir().unwrap();
    let home = || home_on(RealDisk, &folder.path().join("deep/vault"));
    let mut vault = Vault::create(home(), PASSWORD, CHEAP, &recovery(), dice(1), at(0)).unwrap();
    vault.change(&[put("a", "one"), put_secret("a", "now", "kept")]).unwrap();
    vault.compact(at(1)).unwrap();
    vault.change(&[put("b", "two")]).unwrap();
    append_locked(&home(), &vault.pin(), b"made", &Seeded::new(9), at(2)).unwrap();
    let again = Vault::open(home(), &Key::Password(PASSWORD), Some(&vault.anchor()), dice(2)).unwrap();
    assert_eq!((again.len(), secret(&again, "a", "now").as_deref()), (3, Some("kept")));
    assert_eq!(again.backups().unwrap().len(), 1);
    #[cfg(unix)]
    for name in ["regain.vault", "regain.journal", "regain.lock"] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(home().folder().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name} is nobody else's");
    }
}

#[test]
fn each_key_opens_and_no_other() {
    let disk = ScratchDisk::new();
    let mut vault = create(&disk);
    vault.change(&[put("a", "one")]).unwrap();
    vault.set_keychain_key(&[5; 32], at(1)).unwrap();
    let kinds: Vec<_> = vault.slots().into_iter().map(|(_, kind)| kind).collect();
    assert_eq!(kinds, [SlotKind::Password, SlotKind::RecoveryKey, SlotKind::Keychain]);
    let opens = |key: Key<'_>| Vault::open(home(&disk), &key, None, dice(3)).map(|vault| vault.len());
    assert_eq!(opens(Key::Password(PASSWORD)).unwrap(), 1);
    assert_eq!(opens(Key::Recovery(&recovery())).unwrap(), 1);
    assert_eq!(opens(Key::Keychain(&[5; 32])).unwrap(), 1);
    for wrong in [
        Key::Password("teapot gravel monday owls"),
        Key::Password(""),
        Key::Recovery(&RecoveryKey::new(&Seeded::new(1))),
        Key::Keychain(&[6; 32]),
    ] {
        assert!(matches!(opens(wrong), Err(Error::WrongKey)));
    }
}

#[test]
fn a_password_is_the_same_however_its_letters_are_composed() {
    let disk = ScratchDisk::new();
    Vault::create(home(&disk), "Pa\u{308}sswort ﬁ", CHEAP, &recovery(), dice(1), at(0)).unwrap();
    let open = |text| Vault::open(home(&disk), &Key::Password(text), None, dice(2));
    assert!(open("Pässwort fi").is_ok());
    assert!(open("Passwort fi").is_err());
}

#[test]
fn keys_are_replaced_one_by_one() {
    let disk = ScratchDisk::new();
    let mut vault = create(&disk);
    vault.change(&[put_secret("a", "now", "kept")]).unwrap();
    vault.set_password("other words for it", CHEAP, at(1)).unwrap();
    let key = RecoveryKey::new(&Seeded::new(12));
    vault.set_recovery_key(&key, at(2)).unwrap();
    let open = |key: Key<'_>| Vault::open(home(&disk), &key, None, dice(3));
    assert!(matches!(open(Key::Password(PASSWORD)), Err(Error::WrongKey)));
    assert!(matches!(open(Key::Recovery(&recovery())), Err(Error::WrongKey)));
    for key in [Key::Password("other words for it"), Key::Recovery(&key)] {
        assert_eq!(secret(&open(key).unwrap(), "a", "now").as_deref(), Some("kept"));
    }
}

#[test]
fn after_new_keys_the_old_ones_open_nothing_and_nothing_is_lost() {
    let disk = ScratchDisk::new();
    let mut vault = create(&disk);
    vault.set_keychain_key(&[5; 32], at(1)).unwrap();
    vault.change(&[put("a", "one"), put_secret("a", "now", "kept")]).unwrap();
    let (pin, stranger) = (vault.pin(), open(&disk));
    vault.replace_keys(&[Key::Password(PASSWORD), Key::Recovery(&recovery())], CHEAP, at(2)).unwrap();
    assert_ne!(vault.pin(), pin);
    // Written by someone who had the pin of before.
    append_locked(&home(&disk), &pin, b"made meanwhile", &Seeded::new(8), at(3)).unwrap();

    let keychain = Vault::open(home(&disk), &Key::Keychain(&[5; 32]), None, dice(3));
    assert!(matches!(keychain, Err(Error::WrongKey)));
    let again = open(&disk).unwrap();
    assert_eq!(secret(&again, "a", "now").as_deref(), Some("kept"));
    let made = again.entries().find(|entry| entry.id.starts_with(LOCKED)).unwrap().id.to_owned();
    assert_eq!(secret(&again, &made, MADE).as_deref(), Some("made meanwhile"));
    // A program that had it open must ask for the password again.
    assert!(matches!(stranger.unwrap().change(&[put("b", "two")]), Err(Error::Stale)));

    let mut vault = again;
    assert!(matches!(vault.replace_keys(&[Key::Password("no")], CHEAP, at(4)), Err(Error::WrongKey)));
    vault.set_keychain_key(&[6; 32], at(4)).unwrap();
    assert!(matches!(vault.replace_keys(&[Key::Keychain(&[6; 32])], CHEAP, at(5)), Err(Error::OnlyKeychain)));
    assert_eq!(secret(&open(&disk).unwrap(), "a", "now").as_deref(), Some("kept"));
}

#[test]
fn what_is_made_while_locked_is_offered_and_changes_nothing() {
    let disk = ScratchDisk::new();
    let mut vault = create(&disk);
    vault.change(&[put("a", "one"), put_secret("a", "now", "kept")]).unwrap();
    let pin = Pin::from_bytes(&vault.pin().to_bytes());
    drop(vault);
    for n in 0..3_u8 {
        append_locked(&home(&disk), &pin, format!("made {n}").as_bytes(), &Seeded::new(u64::from(n)), at(10))
            .unwrap();
    }
    assert_eq!(look(&home(&disk)).unwrap().made_while_locked, 3);

    let mut vault = open(&disk).unwrap();
    let made = |vault: &Vault| -> Vec<(String, String)> {
        let ids = vault.entries().filter(|entry| entry.id.starts_with(LOCKED));
        ids.map(|entry| (entry.id.to_owned(), secret(vault, entry.id, MADE).unwrap())).collect()
    };
    let all = made(&vault);
    assert_eq!(all.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(), ["made 0", "made 1", "made 2"]);
    assert_eq!(vault.get(&all[0].0).unwrap().changed_at, Some(1_800_000_010));
    assert_eq!(secret(&vault, "a", "now").as_deref(), Some("kept"));

    // Taken up, it stays away; the others stay through compactions.
    vault.change(&[Change::Remove { id: all[1].0.clone() }]).unwrap();
    assert_eq!(made(&open(&disk).unwrap()).len(), 2);
    vault.compact(at(20)).unwrap();
    assert_eq!(made(&open(&disk).unwrap()).len(), 2);
    assert_eq!(look(&home(&disk)).unwrap().made_while_locked, 0);
}

#[test]
fn the_locked_writer_trusts_only_its_pin() {
    let (disk, other) = (ScratchDisk::new(), ScratchDisk::new());
    let vault = create(&disk);
    let stranger = Vault::create(home(&other), PASSWORD, CHEAP, &recovery(), dice(77), at(0)).unwrap();
    let refused = append_locked(&home(&disk), &stranger.pin(), b"made", &Seeded::new(1), at(1));
    assert!(matches!(refused, Err(Error::RolledBack)));
    // A key that is not the vault's: it is kept, it does not open, and it is counted.
    let wrong = Pin { public_key: stranger.pin().public_key, ..vault.pin() };
    append_locked(&home(&disk), &wrong, b"made", &Seeded::new(1), at(1)).unwrap();
    let mut vault = open(&disk).unwrap();
    assert_eq!((vault.len(), vault.unreadable()), (0, 1));
    vault.compact(at(2)).unwrap();
    let kept = disk.read(std::path::Path::new("/v/regain.journal.torn")).unwrap();
    assert!(!kept.is_empty(), "what does not open is laid aside, not destroyed");
}

#[test]
fn no_more_than_a_thousand_are_made_while_locked() {
    let disk = ScratchDisk::new();
    let pin = create(&disk).pin();
    for n in 0..1_000 {
        append_locked(&home(&disk), &pin, b"x", &Seeded::new(n), at(1)).unwrap();
    }
    let more = append_locked(&home(&disk), &pin, b"x", &Seeded::new(5_000), at(1));
    assert!(matches!(more, Err(Error::Limit(_))));
    assert_eq!(open(&disk).unwrap().len(), 1_000);
}

#[test]
fn two_programs_on_one_vault_lose_nothing_of_each_other() {
    let disk = ScratchDisk::new();
    let mut one = create(&disk);
    let mut other = open(&disk).unwrap();
    for round in 0..20_u64 {
        let (mine, theirs) = (format!("mine {round}"), format!("theirs {round}"));
        one.change(&[put(&mine, "m"), put_secret("both", &mine, "x")]).unwrap();
        other.change(&[put(&theirs, "t"), put_secret("both", &theirs, "y")]).unwrap();
        if round % 5 == 1 {
            one.compact(at(round)).unwrap();
        }
        if round % 7 == 1 {
            other.set_password(PASSWORD, CHEAP, at(round)).unwrap();
        }
    }
    assert!(other.changed_elsewhere() && !other.changed_elsewhere());
    one.catch_up().unwrap();
    assert!(one.changed_elsewhere());
    assert_eq!(one.len(), 41);
    assert_eq!(everything(&one), everything(&other));
    assert_eq!(everything(&one), everything(&open(&disk).unwrap()));
    assert_eq!(one.get("both").unwrap().secrets().count(), 40);
}

#[test]
fn an_old_copy_is_told_from_the_present_one() {
    let disk = ScratchDisk::new();
    let mut vault = create(&disk);
    vault.change(&[put("a", "one")]).unwrap();
    let (early, seen_early) = (disk.copy(), vault.anchor());
    vault.change(&[put("b", "two")]).unwrap();
    let (later, seen) = (disk.copy(), vault.anchor());
    vault.compact(at(1)).unwrap();
    let seen_last = vault.anchor();

    for (disk, seen, fine) in [
        (&early, &seen_early, true),
        (&later, &seen_early, true),
        (&disk, &seen_early, true),
        (&disk, &seen, true),
        (&disk, &seen_last, true),
        (&early, &seen, false),
        (&early, &seen_last, false),
        (&later, &seen_last, false),
    ] {
        let opened = open_seen(disk, Some(seen));
        assert_eq!(opened.is_ok(), fine);
        assert!(fine || matches!(opened, Err(Error::RolledBack)));
    }
    // As far, but not the same way.
    let mut fork = Vault::open(home(&early), &Key::Password(PASSWORD), None, dice(50)).unwrap();
    fork.change(&[put("c", "three")]).unwrap();
    assert!(matches!(open_seen(&early, Some(&seen)), Err(Error::RolledBack)));
    assert!(open(&early).is_ok(), "a person who wants the older one can have it");
    let anchor = vault::Anchor::from_bytes(&seen.to_bytes());
    assert_eq!(anchor, seen);
}

#[test]
fn an_old_copy_put_there_while_it_is_open_is_not_written_to() {
    let disk = ScratchDisk::new();
    let mut vault = create(&disk);
    let before = disk.copy();
    vault.change(&[put("a", "one")]).unwrap();
    let journal = std::path::Path::new("/v/regain.journal");
    disk.put(journal, before.read(journal).unwrap());
    assert!(matches!(vault.change(&[put("b", "two")]), Err(Error::RolledBack)));
}

#[test]
fn an_earlier_state_comes_back_and_that_can_be_undone() {
    let disk = ScratchDisk::new();
    let mut vault = create(&disk);
    vault.change(&[put("a", "one"), put_secret("a", "now", "first"), put("gone", "x")]).unwrap();
    vault.compact(at(1)).unwrap();
    let then = everything(&vault);
    vault.replace_keys(&[Key::Password(PASSWORD), Key::Recovery(&recovery())], CHEAP, at(2)).unwrap();
    vault.change(&[put_secret("a", "now", "second"), put("b", "two")]).unwrap();
    vault.change(&[Change::Remove { id: "gone".into() }]).unwrap();
    let present = everything(&vault);

    let backups = vault.backups().unwrap();
    assert_eq!(backups.iter().map(|it| it.generation).collect::<Vec<_>>(), [2, 1]);
    let difference = vault.compare(&backups[0], &|_| true).unwrap();
    assert_eq!(difference.entries, 2);
    assert_eq!(difference.back, [("gone".to_owned(), b"x".to_vec())]);
    assert_eq!((difference.gone, difference.differ), (vec!["b".to_owned()], vec!["a".to_owned()]));
    assert!(vault.compare(&backups[0], &|name| name != "now").unwrap().differ.is_empty());

    let undo = vault.restore(&backups[0], at(3)).unwrap();
    assert_eq!(everything(&vault), then);
    assert_eq!(everything(&open(&disk).unwrap()), then);
    vault.restore(&undo, at(4)).unwrap();
    assert_eq!(everything(&open(&disk).unwrap()), present);
}

#[test]
fn backups_are_copies_where_a_file_has_one_name_only() {
    let disk = ScratchDisk::new().without_links();
    let mut vault = create(&disk);
    vault.change(&[put("a", "one")]).unwrap();
    vault.compact(at(1)).unwrap();
    vault.change(&[put("b", "two")]).unwrap();
    vault.compact(at(2)).unwrap();
    let backups = vault.backups().unwrap();
    vault.restore(&backups[0], at(3)).unwrap();
    assert_eq!(open(&disk).unwrap().len(), 1);
}

#[test]
fn a_vault_is_never_made_over_another() {
    let disk = ScratchDisk::new();
    create(&disk).change(&[put("a", "one")]).unwrap();
    let again = Vault::create(home(&disk), "x", CHEAP, &recovery(), dice(5), at(1));
    assert!(matches!(again, Err(Error::Exists)));
    assert_eq!(open(&disk).unwrap().len(), 1);
}

#[test]
fn a_journal_left_behind_is_laid_aside() {
    let disk = ScratchDisk::new();
    create(&disk).change(&[put("a", "one")]).unwrap();
    let journal = disk.read(std::path::Path::new("/v/regain.journal")).unwrap();
    let fresh = ScratchDisk::new();
    fresh.put(std::path::Path::new("/v/regain.journal"), journal.clone());
    Vault::create(home(&fresh), PASSWORD, CHEAP, &recovery(), dice(5), at(1)).unwrap();
    assert!(open(&fresh).unwrap().is_empty());
    assert_eq!(fresh.read(std::path::Path::new("/v/regain.journal.left")).unwrap(), journal);
}

#[test]
fn weak_passwords_keys_are_noticed() {
    let disk = ScratchDisk::new();
    assert!(create(&disk).has_weak_password_slot());
}

#[test]
fn names_have_limits_and_a_refused_change_changes_nothing() {
    let disk = ScratchDisk::new();
    let mut vault = create(&disk);
    for id in [String::new(), "x".repeat(129)] {
        let change = [put("fine", "fine"), put(&id, "x")];
        assert!(matches!(vault.change(&change), Err(Error::Limit(_))));
    }
    vault.change(&[put(&"x".repeat(128), "x")]).unwrap();
    assert_eq!((vault.len(), open(&disk).unwrap().len()), (1, 1));
}
