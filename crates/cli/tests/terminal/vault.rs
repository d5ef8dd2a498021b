//! One vault, several processes: the window's and ours.

use std::sync::Arc;
use std::thread;

use accounts::store::vault::VaultKey;
use accounts::{AccountState, Secret};
use serde_json::json;

use crate::bench::{Bench, NEW, PASSWORD};
use crate::program::{MASTER, Talk};

/// What the window holds while the terminal works.
#[test]
fn the_window_and_the_terminal_see_what_the_other_writes() {
    let bench = Bench::new();
    let home = bench.home();
    let key = VaultKey::Password(Secret::new(MASTER));
    bench.runtime.block_on(home.vault().open(key, false)).unwrap();
    let deps = home.deps(accounts::store::StoreKind::Vault).unwrap();
    assert!(deps.accounts.all().is_empty());

    bench.sign_in();
    let jana = deps.accounts.all().pop().unwrap();
    assert!(matches!(jana.state, AccountState::SignedIn { .. }));
    assert!(home.vault().changed_elsewhere(), "the window is told");
    let current = bench.runtime.block_on(deps.store.current(&jana.id)).unwrap().unwrap();
    assert_eq!(current.password.expose(), PASSWORD);

    // And the other way round, while a conversation of the terminal is under way.
    let mut talk = bench.talk_unlocked(&["change-password", "jana"]);
    assert_eq!(talk.hear()["question"], "new_password");
    deps.accounts.put(accounts::Account { name: "The village shop".into(), ..jana.clone() }).unwrap();
    let theirs = Secret::new("made in the window");
    let staged = deps.store.stage(&jana.id, &theirs, deps.clock.now());
    bench.runtime.block_on(staged).unwrap();
    talk.say(json!({ "new_password": NEW }));
    assert_eq!(talk.hear()["done"]["what"], "password_changed");
    assert_eq!(talk.end(), 0);

    let current = bench.runtime.block_on(deps.store.current(&jana.id)).unwrap().unwrap();
    assert_eq!(current.password.expose(), NEW);
    let past = bench.runtime.block_on(deps.store.history(&jana.id, deps.clock.now())).unwrap();
    let past: Vec<_> = past.iter().map(|past| past.password.expose()).collect();
    assert!(past.contains(&PASSWORD) && past.contains(&"made in the window"), "nothing is lost");
}

#[test]
fn eight_commands_at_once_lose_nothing_of_each_other() {
    let bench = Arc::new(Bench::new());
    let names: Vec<String> = (0..8).map(|number| format!("person{number}")).collect();
    let threads: Vec<_> = names
        .iter()
        .map(|name| {
            let (bench, name) = (bench.clone(), name.clone());
            thread::spawn(move || assert_eq!(bench.ask(&["add", &bench.server, &name])["new"], true))
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let listed = bench.ask(&["accounts"]);
    let mut listed: Vec<_> = listed["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["identifier"].as_str().unwrap())
        .collect();
    listed.sort_unstable();
    assert_eq!(listed, names);
}

#[test]
fn killed_between_sending_and_hearing_it_finds_out_which_password_holds() {
    let mut bench = Bench::new();
    bench.sign_in();
    // The change reaches the server, and the program is killed while it has not written that down.
    let mut talk = bench.talk_unlocked(&["recover", "jana"]);
    talk.hear();
    talk.say(json!({ "code": bench.mailed() }));
    talk.hear();
    let home = bench.home();
    bench.runtime.block_on(home.vault().open(VaultKey::Password(Secret::new(MASTER)), false)).unwrap();
    let deps = home.deps(accounts::store::StoreKind::Vault).unwrap();
    let jana = deps.accounts.all().pop().unwrap();
    bench.runtime.block_on(async {
        let staged = deps.store.stage(&jana.id, &Secret::new(NEW), deps.clock.now()).await.unwrap();
        deps.store.mark_sent(&jana.id, &staged).await.unwrap();
    });
    talk.kill();

    assert_eq!(bench.ask(&["accounts"])["accounts"][0]["state"], "outcome_unknown");
    let mut doctor = bench.talk_unlocked(&["doctor"]);
    let report = doctor.hear();
    assert_eq!(doctor.end(), 0, "{report}");
    let found =
        report["done"]["checks"].as_array().unwrap().iter().find(|check| check["about"] == "change").unwrap();
    assert!(found["what"].as_str().unwrap().contains("The old password still holds."), "{report}");
    let shown = bench.ask(&["show", "jana", "--reveal", "--history"]);
    assert_eq!(shown["account"]["state"], "signed_in");
    assert_eq!(shown["current"]["password"], PASSWORD);
    assert_eq!(shown["history"][0]["password"], NEW);
}

// Elsewhere there is always a keychain: the person's own.
#[cfg(target_os = "linux")]
#[test]
fn without_a_keychain_a_vault_is_unlocked_for_one_command_alone() {
    let bench = Bench::new();
    let mut talk = bench.talk_unlocked(&["unlock"]);
    assert_eq!(talk.hear()["question"], "stay_open");
    talk.say(json!({ "yes": false }));
    assert_eq!(talk.hear()["done"]["stays_open"], false);
    assert_eq!(talk.end(), 0);
    let mut talk = bench.talk_unlocked(&["unlock", "--yes"]);
    assert_eq!(talk.hear()["error"]["kind"], "no_keychain");
    assert_eq!(talk.end(), 4);
    let locked = bench.run(&["lock"]);
    assert_eq!(locked.code, 0, "{}", locked.err);
    assert!(locked.out.contains("already"));
}

/// A vault made by a program that has no window.
#[test]
fn a_new_vault_is_made_when_its_key_was_typed_back() {
    let bench = Bench::without_store();
    let mut talk = Talk::start(&mut bench.command(&["--json", "sign-in", &bench.server, "jana"]));
    let asked = talk.hear();
    assert_eq!((&asked["question"], &asked["stores"]), (&json!("store"), &json!(["keychain", "vault"])));
    talk.say(json!({ "store": "vault" }));
    assert_eq!(talk.hear()["question"], "new_vault_password");
    talk.say(json!({ "new_password": "password1234" }));
    let asked = talk.hear();
    assert_eq!(
        (&asked["question"], &asked["problem"]["kind"]),
        (&json!("new_vault_password"), &json!("weak_password"))
    );
    talk.say(json!({ "new_password": MASTER }));
    let asked = talk.hear();
    assert_eq!(asked["question"], "recovery_key");
    talk.say(json!({ "group": "nonsense" }));
    let again = talk.hear();
    assert_eq!(
        (&again["problem"]["kind"], &again["recovery_key"]),
        (&json!("wrong_group"), &asked["recovery_key"])
    );
    assert!(!bench.home().vault().exists().unwrap(), "nothing is made yet");
    let number = usize::try_from(asked["group"].as_u64().unwrap()).unwrap();
    let group = asked["recovery_key"].as_str().unwrap().split('-').nth(number - 1).unwrap();
    talk.say(json!({ "group": group.to_lowercase() }));
    let asked = talk.hear();
    assert_eq!(asked["question"], "password");
    talk.say(json!({ "password": PASSWORD }));
    assert_eq!(talk.hear()["done"]["store"], "vault");
    assert_eq!(talk.end(), 0);
    assert_eq!(bench.ask(&["accounts"])["accounts"][0]["identifier"], "jana");
}
