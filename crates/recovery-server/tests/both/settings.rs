//! Addresses, authenticator and saved codes, for who is signed in.

use crate::common::settings::{addresses, recipients, revoke_link};
use crate::common::{NEW_PASSWORD, PASSWORD, START, World, other_than};
use axum::http::Method;
use recovery_server::NewAccount;
use serde_json::{Value, json};
use std::sync::Arc;

const WEEK: i64 = 7 * 86_400;

async fn signed_in() -> (World, String) {
    let (mut world, _) = World::with_jana().await;
    let access = world.signed_in().await.access();
    world.mails().await;
    (world, access)
}

fn password(password: &str) -> Value {
    json!({"current_password": password})
}

#[tokio::test]
async fn what_gets_jana_back_in() {
    let (world, added) = World::with_jana().await;
    let access = world.signed_in().await.access();
    assert_eq!(
        world.settings(&access).await,
        json!({
            "addresses": [{"id": added.id, "address": "jana@example.org", "first": true, "added_at": START,
                           "confirmed": false, "last_mail_bounced_at": null}],
            "most_addresses": 2, "second_factor": false, "recovery_codes_left": 10, "changes": [],
        })
    );
    assert_eq!(world.call(Method::GET, "/v1/account/recovery", "x").await.problem(), "401 signed_out");
}

#[tokio::test]
async fn a_second_address_is_confirmed_and_told_to_the_first() {
    let (mut world, access) = signed_in().await;
    let asked = world.add_address(&access, "Jana@Work.example").await;
    assert_eq!((asked.status.as_u16(), &asked.body["sent_to"]), (202, &json!("j•••@work.example")));
    let mail = world.mails().await.pop().unwrap();
    assert_eq!(mail.to, "Jana@Work.example");
    assert!(mail.text.contains("Add a recovery address"), "{}", mail.text);
    assert_eq!(addresses(&world.settings(&access).await), ["jana@example.org"], "not yet");

    let code = mail.code().unwrap();
    let wrong = world.check_address(&access, &asked.text("ticket"), &other_than(code)).await;
    assert_eq!((wrong.problem().as_str(), &wrong.body["tries_left"]), ("400 wrong_code", &json!(4)));
    let settings = world.check_address(&access, &asked.text("ticket"), code).await.body;
    assert_eq!(addresses(&settings), ["jana@example.org", "Jana@Work.example"]);
    assert_eq!(settings["addresses"][1]["confirmed"], true);
    assert_eq!(
        settings["changes"],
        json!([{"change": "address_added", "changed_at": START, "revocable_until": START + WEEK}])
    );
    let mails = world.mails().await;
    assert_eq!(recipients(&mails), ["jana@example.org"], "the new one is no old one");
    assert!(mails[0].text.contains("A recovery address was added"), "{}", mails[0].text);
    assert!(mails[0].text.contains("Address: J•••@Work.example"), "{}", mails[0].text);
    assert!(revoke_link(&mails[0]).is_some());
    assert_eq!(world.sign_in("jana@work.example", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_recovery_goes_to_the_address_it_is_begun_by_else_to_the_first() {
    let (mut world, access) = signed_in().await;
    world.added(&access, "jana@work.example").await;
    for (name, to) in [
        ("jana", "jana@example.org"),
        ("jana@example.org", "jana@example.org"),
        ("JANA@work.example", "jana@work.example"),
    ] {
        let known = world.start(name).await;
        let mails = world.mails().await;
        assert_eq!(recipients(&mails), [to], "{name}");
        let unknown = world.start(&name.replace(['j', 'J'], "k")).await;
        assert_eq!((known.status, known.bytes.len()), (unknown.status, unknown.bytes.len()));
        assert_eq!(known.steady_headers(), unknown.steady_headers());
    }
    let first = format!("/v1/account/addresses/{}/first", world.address_id(&access, 1).await);
    let settings = world.post_as(&first, &access, password(PASSWORD)).await.body;
    assert_eq!(addresses(&settings), ["jana@work.example", "jana@example.org"]);
    assert_eq!(world.post_as(&first, &access, password(PASSWORD)).await.problem(), "409 already");
    world.mails().await;
    world.start("jana").await;
    assert_eq!(recipients(&world.mails().await), ["jana@work.example"]);
    let signed = world.sign_in("jana", PASSWORD).await;
    assert_eq!(signed.body["account"]["sent_to"], "j•••@work.example");
}

#[tokio::test]
async fn notices_go_to_both() {
    let (mut world, access) = signed_in().await;
    world.added(&access, "jana@work.example").await;
    world.sign_in_on("Regain on Windows", "jana", PASSWORD).await;
    assert_eq!(recipients(&world.mails().await), ["jana@example.org", "jana@work.example"]);
    let ask = json!({"current_password": PASSWORD, "new_password": NEW_PASSWORD});
    assert_eq!(world.post_as("/v1/password", &access, ask).await.status, 200);
    let mails = world.mails().await;
    assert_eq!(recipients(&mails), ["jana@example.org", "jana@work.example"]);
    assert!(mails.iter().all(|mail| mail.subject == "Your password for Dorfladen was changed"));
}

#[tokio::test]
async fn at_most_two_and_never_none() {
    let (mut world, access) = signed_in().await;
    assert_eq!(world.add_address(&access, "JANA@example.org").await.problem(), "409 already");
    assert_eq!(world.remove_address(&access, 0).await.problem(), "409 last_address");
    world.added(&access, "jana@work.example").await;
    assert_eq!(world.add_address(&access, "third@example.org").await.problem(), "409 addresses_full");
    let removed = world.remove_address(&access, 0).await;
    assert_eq!(addresses(&removed.body), ["jana@work.example"]);
    assert_eq!(removed.body["changes"][0]["change"], "address_removed");
    assert_eq!(world.remove_address(&access, 0).await.problem(), "409 last_address");
    for id in ["nothing", "a%00b"] {
        let path = format!("/v1/account/addresses/{id}");
        let answer = world.send_as(Method::DELETE, &path, &access, password(PASSWORD)).await;
        assert_eq!(answer.problem(), "404 not_found");
    }
}

#[tokio::test]
async fn a_removed_address_opens_nothing_and_is_kept_for_a_week() {
    let (mut world, access) = signed_in().await;
    world.added(&access, "jana@work.example").await;
    world.remove_address(&access, 0).await;
    world.mails().await;
    assert_eq!(world.sign_in("jana@example.org", PASSWORD).await.status, 401);
    world.start("jana@example.org").await;
    assert!(world.mails().await.is_empty(), "no recovery goes to it");
    let taker = || NewAccount::new("taker", "jana@example.org", "seven quiet lamps burn");
    assert!(world.app.add_account(taker()).await.is_err(), "nor can anybody take it");
    world.clock.advance(WEEK);
    world.app.add_account(taker()).await.unwrap();
}

#[tokio::test]
async fn an_address_that_was_removed_can_be_added_again() {
    let (mut world, access) = signed_in().await;
    world.added(&access, "jana@work.example").await;
    world.remove_address(&access, 1).await;
    world.mails().await;
    world.added(&access, "jana@work.example").await;
    assert_eq!(addresses(&world.settings(&access).await), ["jana@example.org", "jana@work.example"]);
    assert_eq!(world.sign_in("jana@work.example", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn the_identifier_stays_when_the_address_it_is_goes() {
    let mut world = World::open_to_all().await;
    let ticket = world.proven("petra@example.org").await;
    let access = world.found(&ticket, None).await.access();
    let ask = json!({"address": "petra@work.example", "current_password": NEW_PASSWORD});
    let asked = world.post_as("/v1/account/addresses", &access, ask).await;
    let code = world.mailed_code().await;
    world.check_address(&access, &asked.text("ticket"), &code).await;
    let path = format!("/v1/account/addresses/{}", world.address_id(&access, 0).await);
    let removed = world.send_as(Method::DELETE, &path, &access, password(NEW_PASSWORD)).await;
    assert_eq!(addresses(&removed.body), ["petra@work.example"]);
    assert_eq!(world.sign_in("petra@example.org", NEW_PASSWORD).await.status, 200);
}

/// The same answer as for one that nobody has; only that mailbox is told.
#[tokio::test]
async fn whether_another_account_has_an_address_shows_nowhere() {
    let (mut world, access) = signed_in().await;
    let petra = NewAccount::new("petra", "petra@example.org", "seven quiet lamps burn");
    world.app.add_account(petra).await.unwrap();
    let known = world.add_address(&access, "petra@example.org").await;
    let unknown = world.add_address(&access, "petro@example.org").await;
    assert_eq!((known.status, known.bytes.len()), (unknown.status, unknown.bytes.len()));
    assert_eq!(known.steady_headers(), unknown.steady_headers());
    let mails = world.mails().await;
    assert_eq!(mails[0].subject, "This address is in use at Dorfladen");
    assert!(
        !mails[0].text.contains("Account: jana"),
        "whose account it was to be added to is not its business"
    );
    let code = other_than(mails[1].code().unwrap());
    let (known, unknown) = (known.text("ticket"), unknown.text("ticket"));
    let known = world.check_address(&access, &known, &code).await;
    let unknown = world.check_address(&access, &unknown, &code).await;
    assert_eq!((known.status, known.bytes), (unknown.status, unknown.bytes));
}

#[tokio::test]
async fn an_address_that_somebody_takes_meanwhile_is_taken() {
    let (mut world, access) = signed_in().await;
    let ticket = world.add_address(&access, "petra@example.org").await.text("ticket");
    let code = world.mailed_code().await;
    let petra = NewAccount::new("petra", "petra@example.org", "seven quiet lamps burn");
    world.app.add_account(petra).await.unwrap();
    assert_eq!(world.check_address(&access, &ticket, &code).await.problem(), "409 address_taken");
    assert_eq!(world.settings(&access).await["changes"], json!([]));
}

#[tokio::test]
async fn every_change_asks_for_the_password_again() {
    let (mut world, access) = signed_in().await;
    world.added(&access, "jana@work.example").await;
    let id = world.address_id(&access, 1).await;
    let with_way = json!({"current_password": "wrong", "way": "totp", "code": "123456"});
    for (method, path, body) in [
        (
            Method::POST,
            "/v1/account/addresses",
            json!({"address": "a@b.example", "current_password": "wrong"}),
        ),
        (Method::DELETE, &format!("/v1/account/addresses/{id}"), password("wrong")),
        (Method::POST, &format!("/v1/account/addresses/{id}/first"), password("wrong")),
        (Method::POST, "/v1/account/authenticator", password("wrong")),
        (Method::DELETE, "/v1/account/authenticator", with_way),
        (Method::POST, "/v1/account/recovery-codes", password("wrong")),
    ] {
        let answer = world.send_as(method.clone(), path, &access, body.clone()).await;
        assert_eq!(answer.problem(), "403 wrong_password", "{method} {path}");
        let answer = world.send_as(method.clone(), path, "nobody", body).await;
        assert_eq!(answer.problem(), "401 signed_out", "{method} {path}");
    }
}

#[tokio::test]
async fn an_authenticator_is_turned_on_with_its_first_code() {
    let (mut world, access) = signed_in().await;
    let path = "/v1/account/authenticator";
    let asked = world.post_as(path, &access, password(PASSWORD)).await;
    let secret = asked.text("secret");
    assert!(asked.text("otpauth").starts_with("otpauth://totp/Dorfladen:jana?secret="));
    assert_eq!(world.settings(&access).await["second_factor"], false);
    let code = |at| code_of(&secret, at);
    let confirm = async |ticket: &str, code: &str| {
        world.post_as(&format!("{path}/confirm"), &access, json!({"ticket": ticket, "code": code})).await
    };
    let ticket = asked.text("ticket");
    assert_eq!(confirm(&ticket, &other_than(&code(START))).await.body["tries_left"], 4);
    assert_eq!(confirm("other", &code(START)).await.problem(), "410 expired");
    let on = confirm(&ticket, &code(START)).await;
    assert_eq!(
        (&on.body["second_factor"], &on.body["changes"][0]["change"]),
        (&json!(true), &json!("authenticator_on"))
    );
    assert_eq!(confirm(&ticket, &code(START)).await.problem(), "410 expired");
    assert_eq!(world.post_as(path, &access, password(PASSWORD)).await.problem(), "409 already");
    let mails = world.mails().await;
    assert!(mails[0].text.contains("An authenticator app was turned on"), "{}", mails[0].text);

    let signed = world.sign_in("jana", PASSWORD).await;
    let factor = |code: String| json!({"ticket": signed.text("ticket"), "way": "totp", "code": code});
    let replayed = world.post("/v1/sign-in/second-factor", factor(code(START))).await;
    assert_eq!(replayed.problem(), "400 wrong_code", "the code that turned it on is used");
    world.clock.advance(30);
    assert_eq!(world.post("/v1/sign-in/second-factor", factor(code(START + 30))).await.status, 200);

    let off = |way: &str, code: String| json!({"current_password": PASSWORD, "way": way, "code": code});
    let refused = world.send_as(Method::DELETE, path, &access, off("totp", code(START + 30))).await;
    assert_eq!(refused.problem(), "400 wrong_code", "used at the sign-in");
    world.clock.advance(30);
    let gone = world.send_as(Method::DELETE, path, &access, off("totp", code(START + 60))).await;
    assert_eq!((gone.status.as_u16(), &gone.body["second_factor"]), (200, &json!(false)), "{}", gone.body);
    let again = world.send_as(Method::DELETE, path, &access, off("totp", code(START + 60))).await;
    assert_eq!(again.problem(), "409 already");
    assert_eq!(world.sign_in("jana", PASSWORD).await.body["state"], "signed_in");
}

#[tokio::test]
async fn five_wrong_codes_and_the_authenticator_is_begun_again() {
    let (world, access) = signed_in().await;
    let asked = world.post_as("/v1/account/authenticator", &access, password(PASSWORD)).await;
    let confirm = async |code: &str| {
        let ask = json!({"ticket": asked.text("ticket"), "code": code});
        world.post_as("/v1/account/authenticator/confirm", &access, ask).await
    };
    let code = code_of(&asked.text("secret"), START);
    for left in [4, 3, 2, 1] {
        assert_eq!(confirm(&other_than(&code)).await.body["tries_left"], left);
    }
    assert_eq!(confirm(&other_than(&code)).await.problem(), "410 expired");
    assert_eq!(confirm(&code).await.problem(), "410 expired");
}

#[tokio::test]
async fn a_saved_code_turns_the_authenticator_off_once() {
    let mut world = World::new().await;
    let added = world.add_jana(true).await;
    let totp = added.totp.unwrap();
    let ticket = world.sign_in("jana", PASSWORD).await.text("ticket");
    let factor = json!({"ticket": ticket, "way": "totp", "code": totp.code_at(START)});
    let access = world.post("/v1/sign-in/second-factor", factor).await.access();
    world.mails().await;
    let off = async |code: &str| {
        let ask = json!({"current_password": PASSWORD, "way": "recovery_code", "code": code});
        world.send_as(Method::DELETE, "/v1/account/authenticator", &access, ask).await
    };
    assert_eq!(off("ABCD-EFGH-JKMN-PQRS").await.problem(), "400 wrong_code");
    let done = off(&added.recovery_codes[2]).await;
    assert_eq!((&done.body["second_factor"], &done.body["recovery_codes_left"]), (&json!(false), &json!(9)));
    let mails = world.mails().await;
    assert!(mails.iter().any(|mail| mail.subject == "A saved recovery code for Dorfladen was used"));
    assert!(mails.iter().any(|mail| mail.text.contains("The authenticator app was turned off")));
}

#[tokio::test]
async fn a_password_that_is_too_short_to_stand_alone_keeps_the_authenticator() {
    let world = World::new().await;
    let short = "qvzk7plomb";
    let kim = NewAccount { totp: true, ..NewAccount::new("kim", "kim@example.org", short) };
    let totp = world.app.add_account(kim).await.unwrap().totp.unwrap();
    let ticket = world.sign_in("kim", short).await.text("ticket");
    let factor = json!({"ticket": ticket, "way": "totp", "code": totp.code_at(START)});
    let access = world.post("/v1/sign-in/second-factor", factor).await.access();
    let ask = json!({"current_password": short, "way": "totp", "code": totp.code_at(START + 30)});
    let refused = world.send_as(Method::DELETE, "/v1/account/authenticator", &access, ask).await;
    assert_eq!(refused.problem(), "422 weak_password");
    assert_eq!(refused.body["reasons"][0], json!({"code": "too_short", "min": 15}));
}

#[tokio::test]
async fn new_saved_codes_end_the_old_ones() {
    let (mut world, added) = World::with_jana().await;
    let access = world.signed_in().await.access();
    world.mails().await;
    let made = world.post_as("/v1/account/recovery-codes", &access, password(PASSWORD)).await;
    let codes: Vec<&str> =
        made.body["recovery_codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap()).collect();
    assert_eq!(codes.len(), 10);
    let mails = world.mails().await;
    assert!(mails[0].text.contains("New saved recovery codes were made"));
    assert!(codes.iter().all(|code| !mails[0].text.contains(code)));
    let recovery = world.start("jana").await.text("ticket");
    let old = world.check_by("recovery_code", &recovery, &added.recovery_codes[0]).await;
    assert_eq!(old.problem(), "400 wrong_code");
    assert_eq!(world.check_by("recovery_code", &recovery, codes[9]).await.status, 200);
    assert_eq!(world.settings(&access).await["recovery_codes_left"], 9);
}

#[tokio::test]
async fn a_changed_password_ends_what_was_begun_with_the_old_one() {
    let (mut world, access) = signed_in().await;
    let ticket = world.add_address(&access, "jana@work.example").await.text("ticket");
    let code = world.mailed_code().await;
    let asked = world.post_as("/v1/account/authenticator", &access, password(PASSWORD)).await;
    let ask = json!({"current_password": PASSWORD, "new_password": NEW_PASSWORD});
    let access = world.post_as("/v1/password", &access, ask).await.access();
    assert_eq!(world.check_address(&access, &ticket, &code).await.problem(), "410 expired");
    let confirm = json!({"ticket": asked.text("ticket"), "code": code_of(&asked.text("secret"), START)});
    let confirmed = world.post_as("/v1/account/authenticator/confirm", &access, confirm).await;
    assert_eq!(confirmed.problem(), "410 expired");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_confirmations_of_one_code_one_adds_the_address() {
    let (mut world, access) = signed_in().await;
    let ticket = world.add_address(&access, "jana@work.example").await.text("ticket");
    let code = world.mailed_code().await;
    let world = Arc::new(world);
    let tries: Vec<_> = (0..20)
        .map(|_| {
            let (world, access, ticket, code) = (world.clone(), access.clone(), ticket.clone(), code.clone());
            tokio::spawn(async move { world.check_address(&access, &ticket, &code).await })
        })
        .collect();
    let mut added = 0;
    for attempt in tries {
        let answer = attempt.await.unwrap();
        match answer.status.as_u16() {
            200 => added += 1,
            status => assert!(matches!(status, 410 | 429), "{}", answer.body),
        }
    }
    assert_eq!(added, 1);
    let settings = world.settings(&access).await;
    assert_eq!((addresses(&settings).len(), settings["changes"].as_array().unwrap().len()), (2, 1));
}

/// The code that an app shows which was set up with `secret`.
fn code_of(secret: &str, at: i64) -> String {
    let bits: String = secret
        .bytes()
        .map(|letter| {
            let value = if letter.is_ascii_digit() { letter - b'2' + 26 } else { letter - b'A' };
            format!("{value:05b}")
        })
        .collect();
    let bytes: Vec<u8> = bits
        .as_bytes()
        .chunks_exact(8)
        .map(|byte| u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap())
        .collect();
    totp_rs::Builder::new()
        .with_secret(bytes)
        .with_skew(0)
        .with_step_duration(30)
        .build_noncompliant()
        .generate(u64::try_from(at).unwrap())
        .to_string()
}
