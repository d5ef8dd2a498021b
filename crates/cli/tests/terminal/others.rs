//! Servers that others wrote, by their fakes: a mailbox that is asked for, a code that is checked late, a link.

use std::sync::Arc;

use accounts::Secret;
use accounts::clock::ManualClock;
use accounts::provider::{atproto, gotrue, kratos, matrix};
use serde_json::json;

use crate::bench::{Bench, NEW, PASSWORD};
use crate::program::MASTER;
use crate::pty::Terminal;

#[test]
fn a_handle_is_asked_for_its_mailbox_and_a_wrong_code_comes_back() {
    let bench = Bench::new();
    let clock = Arc::new(ManualClock::at(1_800_000_000));
    let start = atproto::fake::Fake::start(clock, Secret::new(PASSWORD));
    let (fake, address) = bench.runtime.block_on(start).unwrap();

    let mut talk = bench.talk_unlocked(&["recover", &address.to_string(), atproto::fake::HANDLE]);
    assert_eq!(talk.hear()["question"], "mailbox");
    talk.say(json!({ "mailbox": atproto::fake::EMAIL }));
    assert_eq!(talk.hear()["question"], "code");
    let code = fake.mailed().unwrap();
    talk.say(json!({ "code": "AAAAA-AAAAA" }));
    assert_eq!(talk.hear()["question"], "new_password");
    talk.say(json!({ "new_password": NEW }));
    let again = talk.hear();
    assert_eq!(
        (&again["question"], &again["problem"]["kind"]),
        (&json!("code"), &json!("wrong_code")),
        "{again}"
    );
    talk.say(json!({ "code": code.expose() }));
    let done = talk.hear();
    assert_eq!(done["done"]["what"], "password_changed", "{done}");
    assert_eq!(talk.end(), 0);

    // The handle is what the account is called, and its mailbox is not asked for again.
    let shown = bench.run(&["recover", atproto::fake::HANDLE]);
    assert_ne!(shown.code, 0, "without an answer nothing happens");
    let mut talk = bench.talk_unlocked(&["recover", atproto::fake::HANDLE]);
    assert_eq!(talk.hear()["question"], "code");
    talk.say(json!({ "cancel": true }));
}

#[test]
fn a_link_is_opened_too_early_and_then_pasted() {
    let bench = Bench::new();
    let clock = Arc::new(ManualClock::at(1_800_000_000));
    let fake = bench.runtime.block_on(matrix::fake::Fake::start(clock, matrix::fake::Setup::default()));
    fake.add("jana", "jana@mail.example", PASSWORD);

    let address = format!("matrix:{}", fake.address());
    let mut talk = bench.talk_unlocked(&["recover", &address, "jana@mail.example"]);
    assert_eq!(talk.hear()["question"], "code");
    let link = fake.mailed().unwrap();
    talk.say(json!({ "opened": true }));
    assert_eq!(talk.hear()["question"], "new_password");
    talk.say(json!({ "new_password": NEW }));
    let again = talk.hear();
    assert_eq!(
        (&again["question"], &again["problem"]["kind"]),
        (&json!("code"), &json!("not_opened")),
        "{again}"
    );
    talk.say(json!({ "code": link }));
    let done = talk.hear();
    assert_eq!(done["done"]["what"], "password_changed", "{done}");
    assert_eq!(talk.end(), 0);
}

fn several() -> kratos::fake::Setup {
    let addresses = vec![kratos::fake::ADDRESS.into(), "work@office.example".into()];
    kratos::fake::Setup { choose_address: true, addresses, ..Default::default() }
}

#[test]
fn an_address_is_chosen_and_typed_in_full() {
    let bench = Bench::new();
    let clock = Arc::new(ManualClock::at(1_800_000_000));
    let (fake, address) = bench.runtime.block_on(kratos::fake::Fake::start(several(), clock));

    let mut talk = bench.talk_unlocked(&["recover", &address.to_string(), kratos::fake::ADDRESS]);
    let asked = talk.hear();
    assert_eq!(asked["question"], "choose_address");
    assert_eq!(asked["addresses"], json!(["ja****@mail.example", "wo****@office.example"]));
    assert_eq!((&asked["typed"], &asked["answers"]), (&json!(1), &json!(["address", "cancel"])));
    talk.say(json!({ "address": 2 }));
    let asked = talk.hear();
    assert_eq!(
        (&asked["question"], &asked["masked"]),
        (&json!("confirm_address"), &json!("wo****@office.example"))
    );
    talk.say(json!({ "whole_address": "jana@mail.example" }));
    assert_eq!(talk.hear()["problem"]["kind"], "not_that_address");
    talk.say(json!({ "other_way": "other_address" }));
    assert_eq!(talk.hear()["question"], "choose_address");
    talk.say(json!({ "address": 2 }));
    talk.hear();
    talk.say(json!({ "whole_address": "work@office.example" }));
    let asked = talk.hear();
    assert_eq!((&asked["question"], &asked["sent_to"]), (&json!("code"), &json!("wo****@office.example")));
    assert_eq!(asked["other_ways"], json!(["other_address"]));
    let (to, code) = fake.mailed().unwrap();
    assert_eq!(to, "work@office.example");
    talk.say(json!({ "code": code }));
    assert_eq!(talk.hear()["question"], "new_password");
    talk.say(json!({ "new_password": NEW }));
    assert_eq!(talk.hear()["done"]["what"], "password_changed");
    assert_eq!(talk.end(), 0);
}

#[test]
fn there_is_no_third_of_two_addresses() {
    let bench = Bench::new();
    let clock = Arc::new(ManualClock::at(1_800_000_000));
    let (_fake, address) = bench.runtime.block_on(kratos::fake::Fake::start(several(), clock));
    for answer in [json!({ "address": 0 }), json!({ "address": 3 }), json!({ "address": "1" })] {
        let mut talk = bench.talk_unlocked(&["recover", &address.to_string(), kratos::fake::ADDRESS]);
        talk.hear();
        talk.say(answer);
        assert_eq!(talk.hear()["error"]["kind"], "bad_answer");
        assert_eq!(talk.end(), 2);
    }
}

#[test]
fn an_address_is_chosen_by_hand() {
    let bench = Bench::new();
    let clock = Arc::new(ManualClock::at(1_800_000_000));
    let (fake, address) = bench.runtime.block_on(kratos::fake::Fake::start(several(), clock));
    let command = bench.command(&["recover", &address.to_string(), kratos::fake::ADDRESS]);
    let mut terminal = Terminal::start(&command);
    terminal.expect("Vault password: ");
    terminal.type_line(MASTER);
    terminal.expect("Where should the code go?");
    terminal.expect("1  ja****@mail.example  (the one you typed)");
    terminal.expect("2  wo****@office.example");
    terminal.expect("Which (1-2; Enter = 1)? ");
    terminal.type_line("3");
    terminal.expect("Which (1-2; Enter = 1)? ");
    terminal.type_line("2");
    terminal.expect("once you have typed that address in full");
    terminal.expect("The whole address (o = another one): ");
    terminal.type_line("wolf@mail.example");
    terminal.expect("That is another address.");
    terminal.expect("The whole address (o = another one): ");
    terminal.type_line("o");
    terminal.expect("Which (1-2; Enter = 1)? ");
    terminal.type_line("");
    terminal.expect("A code was mailed to ja****@mail.example.");
    terminal.expect("o = another way");
    terminal.type_line("o");
    terminal.expect("a code to another address of the account");
    terminal.expect("Which (1-1; Enter = stay)? ");
    terminal.type_line("");
    terminal.expect("Code, 6 digits");
    terminal.type_line(&fake.mailed().unwrap().1);
    terminal.expect("New password");
    terminal.type_line(NEW);
    terminal.expect("The same once more: ");
    terminal.type_line(NEW);
    terminal.expect("You're back in");
    assert_eq!(terminal.end(), 0);
}

#[test]
fn a_gateways_key_is_asked_for_until_it_fits_and_then_kept() {
    let bench = Bench::new();
    let clock = Arc::new(ManualClock::at(1_800_000_000));
    let setup = gotrue::fake::Setup { path: "/auth/v1", key: Some("sb_publishable_1"), ..Default::default() };
    let (_fake, address) = bench.runtime.block_on(gotrue::fake::Fake::start(setup, clock));
    let address = address.to_string();

    let mut talk = bench.talk_unlocked(&["add", &address, gotrue::fake::ADDRESS]);
    for (key, problem) in [
        ("sb_secret_1", "wants_key"),
        ("two words", "secret_key"),
        ("sb_publishable_old", "not_a_key"),
        ("sb_publishable_1", "wrong_key"),
    ] {
        let asked = talk.hear();
        assert_eq!(
            (&asked["question"], &asked["problem"]["kind"]),
            (&json!("public_key"), &json!(problem)),
            "{asked}"
        );
        talk.say(json!({ "public_key": key }));
    }
    assert_eq!(talk.hear()["done"]["new"], true);
    assert_eq!(talk.end(), 0);

    let mut talk = bench.talk_unlocked(&["sign-in", gotrue::fake::ADDRESS]);
    assert_eq!(talk.hear()["question"], "password", "the key is not asked for again");
    talk.say(json!({ "password": PASSWORD }));
    assert_eq!(talk.hear()["done"]["what"], "signed_in");
    assert_eq!(talk.end(), 0);
}
