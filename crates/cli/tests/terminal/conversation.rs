//! Whole conversations as JSON lines.

use serde_json::json;

use crate::bench::{Bench, NEW, PASSWORD};
use crate::program::MASTER;

#[test]
fn a_forgotten_password_from_the_first_line_to_the_last() {
    let mut bench = Bench::new();
    let mut talk = bench.talk_unlocked(&["recover", &bench.server, "jana"]);
    let asked = talk.hear();
    assert_eq!(
        (&asked["question"], &asked["for"], &asked["way"]),
        (&json!("code"), &json!("recovery"), &json!("mail_code"))
    );
    assert_eq!(asked["shape"], json!({ "digits": 8 }));
    assert_eq!(asked["server"]["name"], "Dorfladen");
    assert_eq!(asked["answers"], json!(["code", "resend", "other_way", "cancel"]));
    assert!(asked["problem"].is_null() && asked["resend_at"].is_u64(), "{asked}");

    talk.say(json!({ "code": "00000000" }));
    let asked = talk.hear();
    assert_eq!((&asked["question"], &asked["problem"]["kind"]), (&json!("code"), &json!("wrong_code")));

    talk.say(json!({ "resend": true }));
    let asked = talk.hear();
    assert_eq!(asked["problem"]["kind"], "too_soon");
    assert!(asked["problem"]["wait"].as_u64().unwrap() <= 60);

    talk.say(json!({ "code": bench.mailed() }));
    let asked = talk.hear();
    assert_eq!(asked["question"], "new_password");
    assert!(asked["min_length"].as_u64().unwrap() >= 8);

    talk.say(json!({ "new_password": "short" }));
    let asked = talk.hear();
    assert_eq!(asked["problem"]["kind"], "weak_password");
    assert!(asked["problem"]["reasons"].as_array().unwrap().contains(&json!("too_short")));

    talk.say(json!({ "new_password": NEW }));
    let done = talk.hear();
    assert_eq!(
        (&done["done"]["what"], &done["done"]["store"]),
        (&json!("password_changed"), &json!("vault"))
    );
    for secret in [NEW, MASTER] {
        assert!(!talk.heard.contains(secret), "no secret is said");
    }
    assert_eq!(talk.end(), 0);

    let listed = bench.ask(&["accounts"]);
    assert_eq!(listed["accounts"][0]["state"], "signed_in");
    assert_eq!(listed["accounts"][0]["identifier"], "jana");
    assert_eq!(bench.ask(&["show", "jana", "--reveal"])["current"]["password"], NEW);
    assert!(bench.ask(&["show", "jana"])["current"]["password"].is_null());
}

#[test]
fn an_account_is_made_with_an_address() {
    let mut bench = Bench::new();
    let mut talk = bench.talk_unlocked(&["sign-up", &bench.server, "ada@mail.example"]);
    let asked = talk.hear();
    assert_eq!((&asked["question"], &asked["for"]), (&json!("code"), &json!("sign_up")));
    assert_eq!(asked["intent"], "sign_up");
    talk.say(json!({ "code": bench.mailed() }));
    assert_eq!(talk.hear()["question"], "new_password");
    talk.say(json!({ "generate": true }));
    let done = talk.hear();
    assert_eq!((&done["done"]["what"], &done["done"]["old_kept"]), (&json!("signed_up"), &json!(false)));
    assert_eq!(talk.end(), 0);
    let listed = bench.ask(&["accounts"]);
    assert_eq!(listed["accounts"][0]["state"], "signed_in");
    assert_eq!(listed["accounts"][0]["identifier"], "ada@mail.example");
}

#[test]
fn a_generated_password_is_kept_before_it_is_sent_and_never_said() {
    let mut bench = Bench::new();
    let mut talk = bench.talk_unlocked(&["recover", &bench.server, "jana"]);
    talk.hear();
    talk.say(json!({ "code": bench.mailed() }));
    assert_eq!(talk.hear()["question"], "new_password");
    talk.say(json!({ "generate": true, "characters": 24 }));
    assert_eq!(talk.hear()["done"]["what"], "password_changed");
    let said = talk.heard.clone();
    assert_eq!(talk.end(), 0);
    let shown = bench.ask(&["show", "jana", "--reveal"]);
    let made = shown["current"]["password"].as_str().unwrap();
    assert_eq!(made.chars().count(), 24);
    assert!(!said.contains(made));

    // And the one who asks to see it sees it once it is kept.
    let mut talk = bench.talk_unlocked(&["change-password", "jana"]);
    assert_eq!(talk.hear()["question"], "new_password", "the current one is in the vault");
    talk.say(json!({ "generate": true, "reveal": true }));
    let made = talk.hear()["made"].clone();
    assert_eq!(made["store"], "vault");
    assert_eq!(talk.hear()["done"]["what"], "password_changed");
    assert_eq!(talk.end(), 0);
    let shown = bench.ask(&["show", "jana", "--reveal", "--history"]);
    assert_eq!(shown["current"]["password"], made["password"]);
    assert_eq!(shown["history"].as_array().unwrap().len(), 1, "{shown}");
}

#[test]
fn signing_in_with_a_wrong_password_a_right_one_and_the_saved_one() {
    let bench = Bench::new();
    let mut talk = bench.talk_unlocked(&["sign-in", &bench.server, "jana"]);
    let asked = talk.hear();
    assert_eq!((&asked["question"], &asked["saved"]), (&json!("password"), &json!(false)));
    talk.say(json!({ "password": "not-this-one" }));
    assert_eq!(talk.hear()["problem"]["kind"], "wrong_password");
    talk.say(json!({ "password": PASSWORD }));
    assert_eq!(talk.hear()["done"]["what"], "signed_in");
    assert_eq!(talk.end(), 0);

    let sessions = bench.ask(&["sessions", "jana"]);
    assert_eq!(sessions["sessions"].as_array().unwrap().len(), 1);
    assert!(sessions["sessions"][0]["name"].as_str().unwrap().contains("terminal"));

    let mut talk = bench.talk_unlocked(&["sign-in", "jana"]);
    assert_eq!(talk.hear()["saved"], true);
    talk.say(json!({ "saved": true }));
    assert_eq!(talk.hear()["done"]["what"], "signed_in");
    assert_eq!(talk.end(), 0);
    let sessions = bench.ask(&["sessions", "jana"]);
    assert_eq!(sessions["sessions"].as_array().unwrap().len(), 2);
    let other = sessions["sessions"].as_array().unwrap().iter().find(|one| one["current"] == false).unwrap();
    bench.ask(&["sessions", "jana", "--end", other["id"].as_str().unwrap()]);
    assert_eq!(bench.ask(&["sessions", "jana"])["sessions"].as_array().unwrap().len(), 1);
    bench.ask(&["sessions", "jana", "--end-others"]);

    assert_eq!(bench.ask(&["sign-out", "jana"])["signed_out"], true);
    assert_eq!(bench.ask(&["accounts"])["accounts"][0]["state"], "signed_out");
    let mut talk = bench.talk_unlocked(&["sessions", "jana"]);
    assert_eq!(talk.hear()["error"]["kind"], "signed_out");
    assert_eq!(talk.end(), 1);
}

#[test]
fn another_way_and_a_second_factor() {
    let bench = Bench::new();
    let mut talk = bench.talk_unlocked(&["sign-in", &bench.server, "otto"]);
    talk.hear();
    talk.say(json!({ "password": PASSWORD }));
    let asked = talk.hear();
    assert_eq!((&asked["for"], &asked["way"]), (&json!("second_factor"), &json!("authenticator")));
    assert!(asked["other_ways"].as_array().unwrap().contains(&json!("recovery_code")), "{asked}");
    talk.say(json!({ "other_way": "recovery_code" }));
    assert_eq!(talk.hear()["way"], "recovery_code");
    talk.say(json!({ "cancel": true }));
    let end = talk.hear();
    assert_eq!((&end["error"]["kind"], &end["exit"]), (&json!("cancelled"), &json!(1)));
    assert_eq!(talk.end(), 1);
}

#[test]
fn an_account_is_added_once_and_then_signed_in() {
    let bench = Bench::new();
    let added = bench.ask(&["add", &bench.server, "jana"]);
    assert_eq!(added["new"], true);
    assert_eq!(bench.ask(&["add", &bench.server, "JANA"])["new"], false);
    let id = added["account"]["id"].as_str().unwrap();
    let mut talk = bench.talk_unlocked(&["sign-in", &id[..8]]);
    assert_eq!(talk.hear()["account"]["id"], id);
    talk.say(json!({ "password": PASSWORD }));
    assert_eq!(talk.hear()["done"]["account"]["id"], id);
    assert_eq!(talk.end(), 0);
    assert_eq!(bench.ask(&["accounts"])["accounts"].as_array().unwrap().len(), 1);
}

#[test]
fn who_you_are_is_asked_where_nothing_says_it() {
    let bench = Bench::new();
    let mut talk = bench.talk_unlocked(&["sign-in", &bench.server]);
    let asked = talk.hear();
    assert_eq!((&asked["question"], &asked["server"]["name"]), (&json!("identifier"), &json!("Dorfladen")));
    talk.say(json!({ "identifier": "jana" }));
    assert_eq!(talk.hear()["account"]["identifier"], "jana");
    talk.say(json!({ "cancel": true }));
    talk.hear();
    assert_eq!(talk.end(), 1);
}
