//! A site that only the person can talk to.

use serde_json::json;

use crate::program::{MASTER, Place};
use crate::pty::Terminal;

#[tokio::test]
async fn a_guide_is_walked_left_and_taken_up_again() {
    let place = Place::with_vault().await;
    let walk = ["recover", "guide:aliexpress.com", "jana@mail.example"];
    let mut talk = place.talk_unlocked(&walk);
    let asked = talk.hear();
    assert_eq!(
        (&asked["question"], &asked["step"], &asked["general"]),
        (&json!("guide"), &json!(1), &json!(false))
    );
    assert_eq!(asked["page"], "https://login.aliexpress.com/");
    assert_eq!(asked["steps"].as_array().unwrap().len(), 3);
    assert!(asked["todo"][2].as_str().unwrap().contains("jana@mail.example"), "{asked}");
    talk.say(json!({ "yes": true }));
    let asked = talk.hear();
    assert_eq!((&asked["step"], asked["hints"].as_array().unwrap().len()), (&json!(2), 4));
    assert!(asked["resend_at"].is_u64());
    talk.say(json!({ "cancel": true }));
    talk.hear();
    assert_ne!(talk.end(), 0);

    let mut talk = place.talk_unlocked(&walk);
    let asked = talk.hear();
    assert_eq!(asked["step"], 2, "where it was left: {asked}");
    assert!(asked["left_at"].is_u64());
    talk.say(json!({ "yes": true }));
    assert_eq!(talk.hear()["question"], "new_password");
    talk.say(json!({ "generate": true }));
    let asked = talk.hear();
    assert_eq!(asked["question"], "set_password");
    assert_eq!(asked["answers"], json!(["yes", "no", "reveal", "cancel"]));
    talk.say(json!({ "reveal": true }));
    let made = talk.hear()["made"]["password"].as_str().unwrap().to_owned();
    assert!((6..=20).contains(&made.len()), "{made}");
    assert_eq!(talk.hear()["question"], "set_password");
    talk.say(json!({ "yes": true }));
    assert_eq!(talk.hear()["done"]["what"], "password_changed");
    assert_eq!(talk.end(), 0);
    assert_eq!(place.ask(&["show", "aliexpress", "--reveal"])["current"]["password"], made);
}

#[tokio::test]
async fn by_hand_and_by_name() {
    let place = Place::with_vault().await;
    let mut terminal =
        Terminal::start(&place.command(&["recover", "guide:алиэкспресс", "jana@mail.example"]));
    terminal.expect("Vault password: ");
    terminal.type_line(MASTER);
    terminal.expect("Page: https://login.aliexpress.com/");
    terminal.expect("Then you should see:");
    terminal.expect("Enter when that is done (b = back): ");
    terminal.type_line("");
    terminal.expect("Nothing comes?");
    terminal.type_line("");
    terminal.expect("New password (Enter = let Regain make one): ");
    terminal.type_line("");
    terminal.expect("Did the site take it? y = yes, n = no, s = show the password: ");
    terminal.type_line("n");
    terminal.expect("The site didn't take that password.");
    terminal.expect("New password (Enter = let Regain make one): ");
    terminal.type_line("");
    terminal.expect("Did the site take it?");
    terminal.type_line("s");
    terminal.expect("Did the site take it?");
    terminal.type_line("y");
    terminal.expect("AliExpress has the new password.");
    assert_eq!(terminal.end(), 0);
}
