//! Answers that get lost: nobody knows whether the password changed, until it is found out.

use serde_json::json;

use crate::bench::{Bench, NEW, PASSWORD};

#[test]
fn a_lost_answer_is_found_out_in_the_same_conversation() {
    let bench = Bench::new();
    bench.sign_in();
    let mut talk = bench.talk_unlocked(&["change-password", "jana"]);
    assert_eq!(talk.hear()["question"], "new_password");
    bench.cable.cut();
    talk.say(json!({ "new_password": NEW }));
    for _ in 0..2 {
        let asked = talk.hear();
        assert_eq!((&asked["question"], &asked["unknown"]), (&json!("new_password"), &json!(true)));
        assert_eq!(asked["answers"], json!(["find_out", "cancel"]));
        assert_eq!(asked["problem"]["kind"], "outcome_unknown");
        talk.say(json!({ "find_out": true }));
    }
    assert_eq!(talk.hear()["unknown"], true);
    bench.cable.mend();
    talk.say(json!({ "find_out": true }));
    assert_eq!(talk.hear()["done"]["what"], "change_confirmed");
    assert_eq!(talk.end(), 0);
    assert_eq!(bench.ask(&["show", "jana", "--reveal"])["current"]["password"], NEW);
}

#[test]
fn one_that_is_left_has_its_own_exit_code_and_the_doctor_finds_it_out() {
    let bench = Bench::new();
    bench.sign_in();
    let mut talk = bench.talk_unlocked(&["change-password", "jana"]);
    talk.hear();
    bench.cable.cut();
    talk.say(json!({ "generate": true }));
    assert_eq!(talk.hear()["unknown"], true);
    talk.say(json!({ "cancel": true }));
    let end = talk.hear();
    assert_eq!((&end["error"]["kind"], &end["exit"]), (&json!("outcome_unknown"), &json!(5)));
    assert_eq!(talk.end(), 5);

    // Both are kept, and nobody can be asked yet.
    let shown = bench.ask(&["show", "jana", "--reveal"]);
    assert_eq!(shown["account"]["state"], "outcome_unknown");
    assert_eq!(shown["current"]["password"], PASSWORD);
    let made = shown["waiting"][0]["password"].as_str().unwrap().to_owned();
    let mut doctor = bench.talk_unlocked(&["doctor"]);
    let report = doctor.hear();
    assert!(report["done"]["checks"].as_array().unwrap().iter().any(|check| check["ok"] == false));
    assert_ne!(doctor.end(), 0);

    bench.cable.mend();
    let mut doctor = bench.talk_unlocked(&["doctor"]);
    let report = doctor.hear().to_string();
    assert_eq!(doctor.end(), 0, "{report}");
    assert!(report.contains("The new password holds."), "{report}");
    let shown = bench.ask(&["show", "jana", "--reveal"]);
    assert_eq!((&shown["current"]["password"], &shown["waiting"]), (&json!(made), &json!([])));
}

#[test]
fn a_server_that_is_away_leaves_the_question_standing() {
    let bench = Bench::new();
    let mut talk = bench.talk_unlocked(&["sign-in", &bench.server, "jana"]);
    talk.hear();
    bench.cable.cut();
    talk.say(json!({ "password": PASSWORD }));
    let asked = talk.hear();
    assert_eq!(asked["question"], "password");
    assert!(["offline", "server_trouble"].contains(&asked["problem"]["kind"].as_str().unwrap()), "{asked}");
    bench.cable.mend();
    talk.say(json!({ "password": PASSWORD }));
    assert_eq!(talk.hear()["done"]["what"], "signed_in");
    assert_eq!(talk.end(), 0);
}
