//! Passwords that are made here, and shown only where that is asked for.

use serde_json::json;

use crate::bench::{Bench, PASSWORD};

#[test]
fn a_password_is_made_of_words_or_characters() {
    let bench = Bench::new();
    let words = bench.run(&["generate", "--words", "6"]);
    assert_eq!((words.code, words.err.as_str()), (0, ""));
    assert_eq!(words.out.trim_end().split('-').count(), 7, "six words and a number: {}", words.out);
    let characters = bench.run(&["generate", "--characters", "20"]).out;
    assert_eq!(characters.trim_end().chars().count(), 20);
    assert_ne!(words.out, bench.run(&["generate", "--words", "6"]).out);
    assert_eq!(bench.run(&["generate", "--words", "3"]).code, 2);
    assert_eq!(bench.run(&["generate", "--words", "5", "--characters", "20"]).code, 2);
}

#[test]
fn one_that_is_kept_while_the_vault_is_locked_is_offered_when_it_opens() {
    let bench = Bench::new();
    let made = bench.run(&["generate", "--keep", "--purpose", "the market"]);
    assert_eq!(made.code, 0, "no password of the vault is needed: {}", made.err);
    let home = bench.home();
    let key = accounts::store::vault::VaultKey::Password(accounts::Secret::new(crate::program::MASTER));
    bench.runtime.block_on(home.vault().open(key, false)).unwrap();
    let waiting = bench.runtime.block_on(home.vault().made()).unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].password.expose(), made.out.trim_end());
    assert_eq!(waiting[0].purpose.as_deref(), Some("the market"));

    let other = Bench::without_store();
    let refused = other.run(&["generate", "--keep"]);
    assert_eq!((refused.code, refused.out.as_str()), (4, ""), "what was not kept is not shown");
}

#[test]
fn nothing_is_chosen_and_memory_shows_what_it_makes_before_it_is_sent() {
    let mut bench = Bench::without_store();
    let mut talk = bench.talk(&["--store", "memory", "recover", &bench.server, "jana"]);
    talk.hear();
    talk.say(json!({ "code": bench.mailed() }));
    assert_eq!(talk.hear()["question"], "new_password");
    talk.say(json!({ "generate": true, "reveal": true }));
    let made = talk.hear()["made"]["password"].as_str().unwrap().to_owned();
    assert_eq!(talk.hear()["done"]["store"], "memory");
    assert_eq!(talk.end(), 0);
    assert_eq!(std::fs::read_dir(bench.folder.path()).unwrap().count(), 0, "nothing is written");

    let mut talk = bench.talk(&["--store", "memory", "sign-in", &bench.server, "jana"]);
    talk.hear();
    talk.say(json!({ "password": PASSWORD }));
    assert_eq!(talk.hear()["problem"]["kind"], "wrong_password");
    talk.say(json!({ "password": made }));
    assert_eq!(talk.hear()["done"]["what"], "signed_in");
    assert_eq!(talk.end(), 0);
}

#[test]
fn memory_makes_nothing_that_nobody_sees() {
    let mut bench = Bench::without_store();
    let mut talk = bench.talk(&["--store", "memory", "recover", &bench.server, "jana"]);
    talk.hear();
    talk.say(json!({ "code": bench.mailed() }));
    talk.hear();
    talk.say(json!({ "generate": true }));
    assert_eq!(talk.hear()["error"]["kind"], "must_reveal");
    assert_eq!(talk.end(), 2);
}
