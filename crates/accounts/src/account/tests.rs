use super::*;
use crate::clock::SeededRandom;

fn account(name: &str) -> Account {
    Account {
        state: AccountState::SignedIn { since: UNIX_EPOCH + Duration::from_secs(1_800_000_000) },
        mailbox: Some("j•••@mail.example".into()),
        ..Account::new(
            AccountId::random(&SeededRandom::new(name.len() as u64)),
            Server {
                kind: Kind::RecoveryServer,
                base: Url::parse("https://accounts.example/").unwrap(),
                key: None,
            },
            name,
            "jana",
        )
    }
}

#[test]
fn a_list_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/accounts.json");
    let accounts = Accounts::open(&path).unwrap();
    accounts.put(account("Weekly market")).unwrap();
    accounts.put(account("Dorfladen")).unwrap();

    let again = Accounts::open(&path).unwrap();
    assert_eq!(again.all(), vec![account("Dorfladen"), account("Weekly market")]);
    again.remove(&account("Dorfladen").id).unwrap();
    assert_eq!(Accounts::open(&path).unwrap().all(), vec![account("Weekly market")]);
}

#[test]
fn an_account_is_found_by_server_and_identifier() {
    let folder = tempfile::tempdir().unwrap();
    let accounts = Accounts::open(folder.path().join("accounts.json")).unwrap();
    accounts.put(account("Dorfladen")).unwrap();
    let known = account("Dorfladen");
    assert_eq!(accounts.find(&known.server, " JANA "), Some(known.clone()));
    assert_eq!(accounts.find(&known.server, "jan"), None);
}

#[test]
fn a_servers_key_is_kept_and_learned_by_all_of_its_accounts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("accounts.json");
    let accounts = Accounts::open(&path).unwrap();
    accounts.put(account("Dorfladen")).unwrap();
    accounts.put(account("Weekly market")).unwrap();
    assert!(!fs::read_to_string(&path).unwrap().contains("key"), "as it was before there were keys");
    let key = Some(PublicKey::read("sb_publishable_1").unwrap());
    let server = Server { key: key.clone(), ..account("Dorfladen").server };
    assert!(accounts.find(&server, "jana").is_some(), "it is the same server");
    accounts.learn_key(&server).unwrap();
    let again = Accounts::open(&path).unwrap();
    assert!(again.all().iter().all(|account| account.server.key == key));
    assert_eq!(again.all().len(), 2);
}

#[test]
fn a_secret_in_the_place_of_a_key_is_not_used() {
    let mut file = AccountFile::from(&account("Dorfladen"));
    file.key = Some("sb_secret_1".into());
    assert_eq!(Account::from(file).server.key, None);
}

#[test]
fn what_cannot_be_read_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("accounts.json");
    for text in ["", "{", "[]", r#"{"version":2,"accounts":[]}"#] {
        fs::write(&path, text).unwrap();
        assert_eq!(Accounts::open(&path).unwrap_err().kind(), ErrorKind::Unreadable, "{text}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn two_processes_with_one_list_lose_nothing_of_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("accounts.json");
    let (window, terminal) = (Accounts::open(&path).unwrap(), Accounts::open(&path).unwrap());
    window.put(account("Dorfladen")).unwrap();
    terminal.put(account("Weekly market")).unwrap();
    for list in [&window, &terminal] {
        assert_eq!(list.all(), vec![account("Dorfladen"), account("Weekly market")]);
    }
    terminal.remove(&account("Dorfladen").id).unwrap();
    assert_eq!(window.all(), vec![account("Weekly market")]);
    fs::write(&path, "{").unwrap();
    assert_eq!(window.list().unwrap_err().kind(), ErrorKind::Unreadable);
    assert_eq!(window.put(account("Dorfladen")).unwrap_err().kind(), ErrorKind::Unreadable);
    assert_eq!(fs::read_to_string(&path).unwrap(), "{");
}

#[test]
fn twenty_changes_at_once_are_all_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("accounts.json");
    std::thread::scope(|scope| {
        for number in 0..20_usize {
            let path = &path;
            scope.spawn(move || {
                Accounts::open(path).unwrap().put(account(&"x".repeat(number + 1))).unwrap();
            });
        }
    });
    assert_eq!(Accounts::open(&path).unwrap().all().len(), 20);
}

#[test]
fn a_file_is_replaced_by_many_at_once_and_nothing_is_left_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seen");
    std::thread::scope(|scope| {
        for number in 0..8_u8 {
            let path = &path;
            scope.spawn(move || (0..20).for_each(|_| replace(path, &[number; 64]).unwrap()));
        }
    });
    let bytes = fs::read(&path).unwrap();
    assert!(bytes.len() == 64 && bytes.iter().all(|byte| *byte == bytes[0]));
    fs::remove_file(&path).unwrap();
    fs::create_dir_all(path.join("in the way")).unwrap();
    assert!(replace(&path, b"text").is_err());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_list_that_cannot_be_written_stays_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("accounts.json");
    let accounts = Accounts::open(&path).unwrap();
    // The lock file's name is taken by a folder: the change fails on every system, for root too.
    fs::create_dir(path.with_extension("lock")).unwrap();
    assert_eq!(accounts.put(account("Dorfladen")).unwrap_err().kind(), ErrorKind::StoreBroken);
    assert_eq!(accounts.all(), vec![]);
}
