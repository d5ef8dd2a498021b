//! Making an account, if the operator allows.

use crate::common::{Answer, NEW_PASSWORD, START, World, other_than};
use axum::http::Method;
use recovery_server::{Language, NewAccount};
use serde_json::json;
use std::sync::Arc;

#[tokio::test]
async fn from_an_address_to_an_account() {
    let mut world = World::open_to_all().await;
    let asked = world.sign_up("Petra@Example.org").await;
    assert_eq!(asked.status, 202);
    assert_eq!((&asked.body["way"], &asked.body["ways"]), (&json!("mail_code"), &json!(["mail_code"])));
    assert_eq!(asked.body["sent_to"], "p•••@example.org");
    assert_eq!(asked.body["code"], json!({"shape": "digits", "length": 8}));
    let mail = world.mails().await.pop().unwrap();
    assert_eq!((mail.to.as_str(), mail.subject.contains("is your code for")), ("Petra@Example.org", true));
    assert!(mail.text.contains("Make an account") && !mail.text.contains("Petra,"), "{}", mail.text);

    let code = mail.code().unwrap();
    let verified = world.check_sign_up(&asked.text("ticket"), code).await;
    assert_eq!((&verified.body["state"], &verified.body["expires_in"]), (&json!("verified"), &json!(900)));
    assert_eq!(verified.body["password"], json!({"min_length": 15, "max_length": 256}));
    let made = world.found(&verified.text("ticket"), Some("petra")).await;
    assert_eq!((made.status.as_u16(), &made.body["state"]), (201, &json!("signed_in")), "{}", made.body);
    assert_eq!(made.body["recovery_codes"].as_array().unwrap().len(), 10);
    assert_eq!(made.body["account"]["identifier"], "petra");
    assert!(world.mails().await.is_empty(), "who has just made the account need not be told of its device");

    let settings = world.settings(&made.access()).await;
    assert_eq!(
        settings["addresses"][0],
        json!({"id": made.body["account"]["id"], "address": "Petra@Example.org", "first": true, "added_at": START,
               "confirmed": true, "last_mail_bounced_at": null})
    );
    assert_eq!((&settings["recovery_codes_left"], &settings["changes"]), (&json!(10), &json!([])));
    for name in ["petra", "petra@example.org"] {
        assert_eq!(world.sign_in(name, NEW_PASSWORD).await.status, 200, "{name}");
    }
    assert!(world.mails().await.is_empty(), "the device is known");
    let recovery = world.start("petra").await.text("ticket");
    let saved = made.body["recovery_codes"][4].as_str().unwrap();
    assert_eq!(world.check_by("recovery_code", &recovery, saved).await.status, 200);
}

#[tokio::test]
async fn the_identifier_is_the_address_if_none_is_wished_for() {
    let mut world = World::open_to_all().await;
    let ticket = world.proven("petra@example.org").await;
    let made = world.found(&ticket, None).await;
    assert_eq!(made.body["account"]["identifier"], "petra@example.org");
    assert_eq!(world.found(&ticket, None).await.problem(), "410 expired", "a ticket makes one account");
}

#[tokio::test]
async fn closed_unless_the_operator_opens_it() {
    let world = World::new().await;
    assert_eq!(world.sign_up("petra@example.org").await.problem(), "403 sign_up_closed");
    for path in ["send", "check", "account"] {
        let ask = json!({"ticket": "x", "code": "x", "new_password": "x"});
        assert_eq!(world.post(&format!("/v1/sign-ups/{path}"), ask).await.problem(), "403 sign_up_closed");
    }
    assert_eq!(world.get("/v1/about").await.body["sign_up"], false);
}

#[tokio::test]
async fn only_with_addresses_of_the_domains_that_may() {
    let world = World::with(|config| {
        config.sign_up.open = true;
        config.sign_up.domains = vec!["Example.org".to_owned(), "schule.example".to_owned()];
    })
    .await;
    for address in ["a@example.org", "a@EXAMPLE.ORG", "a@schule.example"] {
        assert_eq!(world.sign_up(address).await.status, 202, "{address}");
    }
    for address in
        ["a@example.com", "a@sub.example.org", "a@notexample.org", "\"a@example.org\"@evil.example"]
    {
        assert_eq!(world.sign_up(address).await.problem(), "403 other_domain", "{address}");
    }
    let about = world.get("/v1/about").await.body;
    assert_eq!(
        (&about["sign_up"], &about["sign_up_domains"]),
        (&json!(true), &json!(["Example.org", "schule.example"]))
    );
}

#[tokio::test]
async fn what_can_be_no_address() {
    let world = World::open_to_all().await;
    for odd in ["", "petra", "petra@", "@example.org", "a b@example.org", "a@example.org\nBcc: b@example.org"]
    {
        assert_eq!(world.sign_up(odd).await.problem(), "400 bad_identifier", "{odd:?}");
    }
    assert_eq!(world.app.storage().next_mail_due().await.unwrap(), None);
}

/// Whether an address has an account shows nowhere: only its mailbox is told.
#[tokio::test]
async fn an_address_that_has_an_account_looks_like_any_other() {
    let mut world = World::open_to_all().await;
    world.add_jana(false).await;
    let same = |known: &Answer, unknown: &Answer, what: &str| {
        assert_eq!(
            (known.status, known.steady_headers()),
            (unknown.status, unknown.steady_headers()),
            "{what}"
        );
        assert_eq!(known.bytes.len(), unknown.bytes.len(), "{what}: {} {}", known.body, unknown.body);
        let mut shape = [known.body.clone(), unknown.body.clone()];
        for body in &mut shape {
            body.as_object_mut().unwrap().remove("ticket");
        }
        assert_eq!(shape[0], shape[1], "{what}");
    };
    let known = world.sign_up("jana@example.org").await;
    let unknown = world.sign_up("jano@example.org").await;
    same(&known, &unknown, "start");
    let mails = world.mails().await;
    assert_eq!(mails[0].subject, "You have an account at Dorfladen");
    assert!(mails[0].code().is_none() && mails[0].text.contains("Forgot your password?"));
    let code = other_than(mails[1].code().unwrap());
    let (known, unknown) = (known.text("ticket"), unknown.text("ticket"));
    let send = async |ticket: &str| world.post("/v1/sign-ups/send", json!({"ticket": ticket})).await;
    same(&send(&known).await, &send(&unknown).await, "resend too early");
    for round in 0..5 {
        let what = format!("wrong code {round}");
        same(&world.check_sign_up(&known, &code).await, &world.check_sign_up(&unknown, &code).await, &what);
    }
    same(&send(&known).await, &send(&unknown).await, "over");
    assert_eq!(send(&known).await.problem(), "410 expired");
}

#[tokio::test]
async fn five_tries_ten_minutes_and_resends() {
    let mut world = World::open_to_all().await;
    let ticket = world.sign_up("petra@example.org").await.text("ticket");
    let first = world.mailed_code().await;
    let send = json!({"ticket": ticket});
    let early = world.post("/v1/sign-ups/send", send.clone()).await;
    assert_eq!((early.problem().as_str(), early.retry_after()), ("429 rate_limited", 60));
    world.clock.advance(600);
    assert_eq!(world.check_sign_up(&ticket, &first).await.problem(), "410 expired", "after ten minutes");
    assert_eq!(world.post("/v1/sign-ups/send", send.clone()).await.status, 200);
    let second = world.mailed_code().await;
    for left in [4, 3, 2, 1] {
        let wrong = world.check_sign_up(&ticket, &other_than(&second)).await;
        assert_eq!((wrong.problem().as_str(), &wrong.body["tries_left"]), ("400 wrong_code", &json!(left)));
    }
    assert_eq!(world.check_sign_up(&ticket, "no digits").await.problem(), "410 expired");
    assert_eq!(world.check_sign_up(&ticket, &second).await.problem(), "410 expired");
    let again = world.sign_up("petra@example.org").await.text("ticket");
    let code = world.mailed_code().await;
    assert_eq!(world.check_sign_up(&ticket, &code).await.problem(), "410 expired", "bound to its sign-up");
    assert_eq!(world.check_sign_up(&again, &code).await.status, 200);
    assert_eq!(world.check_sign_up(&again, &code).await.problem(), "410 expired", "one use");
}

#[tokio::test]
async fn ten_codes_a_day_reach_one_mailbox() {
    let mut world = World::open_to_all().await;
    for number in 0..10 {
        world.from.set_ip([203, 0, 113, number].into());
        assert_eq!(world.sign_up("Petra@example.org").await.status, 202);
    }
    let refused = world.sign_up("petra@example.org").await;
    assert_eq!((refused.problem().as_str(), refused.retry_after()), ("429 rate_limited", 86_400));
    assert_eq!(world.mails().await.len(), 10);
}

#[tokio::test]
async fn an_identifier_that_somebody_has_is_told_to_who_has_proven_an_address() {
    let mut world = World::open_to_all().await;
    world.add_jana(false).await;
    let ticket = world.proven("petra@example.org").await;
    for taken in ["jana", " JANA "] {
        assert_eq!(world.found(&ticket, Some(taken)).await.problem(), "409 name_taken", "{taken}");
    }
    for _ in 0..8 {
        world.found(&ticket, Some("jana")).await;
    }
    assert_eq!(world.found(&ticket, Some("petra")).await.problem(), "429 rate_limited", "ten a ticket");
    assert_eq!(world.found(&ticket, None).await.status, 201, "the proven address is no guess");
}

#[tokio::test]
async fn nobody_takes_an_address_that_they_have_not_proven() {
    let mut world = World::open_to_all().await;
    let ticket = world.proven("petra@example.org").await;
    for odd in ["victim@example.org", "petra@example.org.evil.example", "", "a\u{0}b", "ja\u{202e}na"] {
        assert_eq!(world.found(&ticket, Some(odd)).await.problem(), "400 bad_identifier", "{odd:?}");
    }
    assert_eq!(world.found(&ticket, Some("PETRA@example.org")).await.status, 201);
}

#[tokio::test]
async fn passwords_as_everywhere() {
    let mut world = World::open_to_all().await;
    let ticket = world.proven("petra@example.org").await;
    let with = async |password: &str| {
        let ask = json!({"ticket": ticket, "identifier": "petra", "new_password": password});
        world.post("/v1/sign-ups/account", ask).await
    };
    for (password, code) in [
        ("short", "too_short"),
        ("passwordpassword", "common"),
        ("petra@example.org", "contains_identifier"),
        ("Dorfladen dorfladen", "contains_site"),
    ] {
        let refused = with(password).await;
        assert_eq!(refused.problem(), "422 weak_password", "{password}");
        let reasons = refused.body["reasons"].as_array().unwrap();
        assert!(reasons.iter().any(|reason| reason["code"] == code), "{password}: {reasons:?}");
    }
    assert_eq!(with(NEW_PASSWORD).await.status, 201);
}

#[tokio::test]
async fn a_proven_address_waits_for_a_quarter_of_an_hour() {
    let mut world = World::open_to_all().await;
    let ticket = world.proven("petra@example.org").await;
    world.clock.advance(900);
    assert_eq!(world.found(&ticket, None).await.problem(), "410 expired");
}

#[tokio::test]
async fn tickets_of_one_kind_are_of_no_use_for_another() {
    let mut world = World::open_to_all().await;
    world.add_jana(false).await;
    let access = world.signed_in().await.access();
    world.mails().await;
    let sign_up = world.sign_up("petra@example.org").await.text("ticket");
    let code = world.mailed_code().await;
    assert_eq!(world.check(&sign_up, &code).await.problem(), "410 expired");
    assert_eq!(world.check_address(&access, &sign_up, &code).await.problem(), "410 expired");
    assert_eq!(world.found(&sign_up, None).await.problem(), "410 expired", "not proven");
    let added = world.add_address(&access, "second@example.org").await.text("ticket");
    let code = world.mailed_code().await;
    assert_eq!(world.check_sign_up(&added, &code).await.problem(), "410 expired");
    assert_eq!(world.check_address(&access, &added, &code).await.status, 200);
}

#[tokio::test]
async fn mail_to_a_stranger_has_nothing_of_the_senders_making() {
    let mut world = World::open_to_all().await;
    let ask = json!({"address": "stranger@example.org", "name": "Win at http://evil.example",
                     "device": "see www.evil.example/x or mail a@evil.example"});
    world.post("/v1/sign-ups", ask).await;
    let mail = world.mails().await.pop().unwrap();
    for bad in ["evil.example", "http:", "Win at"] {
        assert!(!mail.text.contains(bad) && !mail.html.contains(bad), "{bad}: {}", mail.text);
    }
}

#[tokio::test]
async fn letters_speak_the_language_that_was_asked_for() {
    let mut world = World::open_to_all().await;
    for (language, says) in [
        (Language::En, "Confirm your address"),
        (Language::De, "Bestätige deine Adresse"),
        (Language::Es, "Confirma tu dirección"),
        (Language::Ru, "Подтвердите свой адрес"),
    ] {
        let ask = json!({"address": format!("p@{}.example", language.tag()), "language": language.tag(), "device": "x"});
        assert_eq!(world.post("/v1/sign-ups", ask).await.status, 202);
        let mail = world.mails().await.pop().unwrap();
        assert!(mail.text.contains(says), "{}", mail.text);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_who_sign_up_with_one_address_one_wins() {
    let mut world = World::open_to_all().await;
    let tickets = [world.proven("petra@example.org").await, world.proven("petra@example.org").await];
    let world = Arc::new(world);
    let both: Vec<_> = tickets
        .into_iter()
        .zip(["petra", "petronella"])
        .map(|(ticket, name)| {
            let world = Arc::clone(&world);
            tokio::spawn(async move { world.found(&ticket, Some(name)).await })
        })
        .collect();
    let mut answers = Vec::new();
    for one in both {
        let answer = one.await.unwrap();
        answers.push(if answer.status == 201 { "201".to_owned() } else { answer.problem() });
    }
    answers.sort_unstable();
    assert_eq!(answers, ["201", "409 address_taken"]);
}

#[tokio::test]
async fn an_account_that_the_operator_added_meanwhile_wins() {
    let mut world = World::open_to_all().await;
    let ticket = world.proven("petra@example.org").await;
    let added = NewAccount::new("p", "petra@example.org", "seven quiet lamps burn");
    world.app.add_account(added).await.unwrap();
    assert_eq!(world.found(&ticket, Some("petra")).await.problem(), "409 address_taken");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_thirty_submissions_of_one_code_one_proves_the_address() {
    let mut world = World::open_to_all().await;
    let ticket = world.sign_up("petra@example.org").await.text("ticket");
    let code = world.mailed_code().await;
    let world = Arc::new(world);
    let tries: Vec<_> = (0..30)
        .map(|_| {
            let (world, ticket, code) = (Arc::clone(&world), ticket.clone(), code.clone());
            tokio::spawn(async move { world.check_sign_up(&ticket, &code).await })
        })
        .collect();
    let mut won = 0;
    for attempt in tries {
        let answer = attempt.await.unwrap();
        match answer.status.as_u16() {
            200 => won += 1,
            status => assert!(matches!(status, 410 | 429), "{}", answer.body),
        }
    }
    assert_eq!(won, 1);
}

#[tokio::test]
async fn the_log_knows_what_happened_and_no_secrets() {
    let mut world = World::open_to_all().await;
    let ticket = world.sign_up("petra@example.org").await.text("ticket");
    let code = world.mailed_code().await;
    world.check_sign_up(&ticket, &other_than(&code)).await;
    let verified = world.check_sign_up(&ticket, &code).await.text("ticket");
    let made = world.found(&verified, Some("petra")).await;
    let log = world.app.storage().audit(100).await.unwrap();
    let events: Vec<&str> = log.iter().rev().map(|entry| entry.event.as_str()).collect();
    assert_eq!(events, ["sign_up_asked", "sign_up_check", "sign_up_check", "signed_up", "sign_in"]);
    let text = format!("{log:?}");
    for secret in [&code, &ticket, &verified, "petra", &made.access()] {
        assert!(!text.contains(secret), "{secret}");
    }
    let current = world.call(Method::GET, "/v1/session", &made.access()).await;
    assert_eq!(current.status, 200);
}
