//! Accounts that leave, and earlier states of the vault that bring them back.

use serde_json::{Value, json};

use crate::bench::{Bench, NEW, PASSWORD};
use crate::program::Place;

fn accounts(bench: &Bench) -> usize {
    bench.ask(&["accounts"])["accounts"].as_array().unwrap().len()
}

fn states(bench: &Bench) -> Vec<Value> {
    bench.ask(&["earlier"])["states"].as_array().unwrap().clone()
}

#[test]
fn an_account_leaves_when_that_was_said_twice() {
    let bench = Bench::new();
    bench.sign_in();
    for no in [json!({ "yes": false }), json!({ "cancel": true })] {
        let mut talk = bench.talk_unlocked(&["remove", "jana"]);
        let asked = talk.hear();
        assert_eq!((&asked["question"], &asked["answers"]), (&json!("remove"), &json!(["yes", "cancel"])));
        assert_eq!(asked["account"]["identifier"], "jana", "{asked}");
        talk.say(no);
        assert_eq!(talk.hear()["error"]["kind"], "cancelled");
        assert_eq!(talk.end(), 1);
        assert_eq!(accounts(&bench), 1);
    }

    let mut talk = bench.talk_unlocked(&["remove", "jana"]);
    talk.hear();
    talk.say(json!({ "yes": true }));
    let done = talk.hear()["done"].clone();
    assert_eq!((&done["removed"], &done["signed_out"]), (&json!(true), &json!(true)), "{done}");
    assert_eq!(done["account"]["identifier"], "jana");
    assert_eq!(talk.end(), 0);
    assert_eq!(accounts(&bench), 0);

    // The server was told, and the account itself stays there.
    bench.sign_in();
    assert_eq!(bench.ask(&["sessions", "jana"])["sessions"].as_array().unwrap().len(), 1);
}

#[test]
fn a_server_that_is_away_keeps_nobody_here() {
    let bench = Bench::new();
    bench.sign_in();
    bench.cable.cut();
    let done = bench.ask(&["remove", "jana", "--yes"]);
    assert_eq!((&done["removed"], &done["signed_out"]), (&json!(true), &json!(false)), "{done}");
    assert_eq!(accounts(&bench), 0);
}

#[test]
fn an_earlier_state_brings_an_account_back_and_can_be_undone() {
    let bench = Bench::new();
    bench.sign_in();
    let kept = states(&bench).len();
    bench.ask(&["remove", "jana", "--yes"]);

    let listed = states(&bench);
    assert!(listed.len() > kept, "the state before is one of them: {listed:?}");
    let state = &listed[0];
    assert_eq!((&state["back"], &state["gone"]), (&json!(["Dorfladen"]), &json!([])), "{state}");
    assert_eq!(state["accounts"], 1);
    assert!(state["saved_at"].as_u64().unwrap() > 1_700_000_000, "{state}");
    let id = state["id"].as_str().unwrap();

    let done = bench.ask(&["earlier", "--restore", id]);
    assert_eq!((&done["restored"], &done["accounts"]), (&json!(id), &json!(1)), "{done}");
    assert_eq!(bench.ask(&["show", "jana", "--reveal"])["current"]["password"], PASSWORD);

    bench.ask(&["earlier", "--restore", done["undo"].as_str().unwrap()]);
    assert_eq!(accounts(&bench), 0, "undone");
}

#[test]
fn an_earlier_password_comes_back_with_its_state() {
    let bench = Bench::new();
    bench.sign_in();
    states(&bench);
    let mut talk = bench.talk_unlocked(&["change-password", "jana"]);
    talk.hear();
    talk.say(json!({ "new_password": NEW }));
    talk.hear();
    assert_eq!(talk.end(), 0);
    let state = states(&bench).remove(0);
    assert_eq!((&state["differ"], &state["back"]), (&json!(["Dorfladen"]), &json!([])), "{state}");
    bench.ask(&["earlier", "--restore", state["id"].as_str().unwrap()]);
    assert_eq!(bench.ask(&["show", "jana", "--reveal"])["current"]["password"], PASSWORD);
}

#[test]
fn there_are_states_in_a_vault_alone_and_only_those_that_are_listed() {
    let bench = Bench::new();
    bench.sign_in();
    for id in ["999999", "yesterday", "-1"] {
        let mut talk = bench.talk_unlocked(&["earlier", "--restore", id]);
        assert_eq!(talk.hear()["error"]["kind"], "no_state", "{id}");
        assert_eq!(talk.end(), 6);
    }
    let other = Place::empty();
    let home = other.home();
    home.choose(accounts::store::StoreKind::Keychain).unwrap();
    let ran = other.run(&["earlier"]);
    assert!(ran.code == 4 && ran.err.contains("Only a vault has earlier states."), "{}", ran.err);
}

#[cfg(target_os = "linux")]
#[test]
fn by_hand_it_is_asked_and_shown_in_words() {
    use crate::program::MASTER;
    use crate::pty::Terminal;

    let bench = Bench::new();
    bench.sign_in();
    for (typed, code) in [("", 1), ("y", 0)] {
        let mut terminal = Terminal::start(&bench.command(&["remove", "jana"]));
        terminal.expect("Vault password: ");
        terminal.type_line(MASTER);
        terminal.expect("Remove Dorfladen (jana) from Regain?");
        terminal.expect("Yes or no (y/N)? ");
        terminal.type_line(typed);
        terminal.expect(if code == 0 { "is removed" } else { "Stopped." });
        assert_eq!(terminal.end(), code, "{}", terminal.screen);
    }
    let mut terminal = Terminal::start(&bench.command(&["earlier"]));
    terminal.expect("Vault password: ");
    terminal.type_line(MASTER);
    terminal.expect("1 account ");
    terminal.expect("brings back Dorfladen");
    assert_eq!(terminal.end(), 0);
}
