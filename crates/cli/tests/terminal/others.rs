//! Servers that others wrote, by their fakes: a mailbox that is asked for, a code that is checked late, a link.

use std::sync::Arc;

use accounts::Secret;
use accounts::clock::ManualClock;
use accounts::provider::{atproto, matrix};
use serde_json::json;

use crate::bench::{Bench, NEW, PASSWORD};

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
