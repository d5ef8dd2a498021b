//! A change of recovery settings is revoked from an old address, and the owner is back in.

use crate::common::phone::{Page, Phone};
use crate::common::settings::{addresses, recipients, revoke_link};
use crate::common::{NEW_PASSWORD, PASSWORD, START, World};
use axum::http::Method;
use recovery_server::SentMail;
use serde_json::{Value, json};
use std::sync::Arc;

const THIEF: &str = "thief@evil.example";
const DAY: i64 = 86_400;

/// Jana's account in the hands of somebody who knows her password.
async fn stolen() -> (World, String) {
    let (mut world, _) = World::with_jana().await;
    let access = world.sign_in_on("Thief", "jana", PASSWORD).await.access();
    world.mails().await;
    (world, access)
}

fn link_of(mails: &[SentMail], to: &str) -> String {
    let mail = mails.iter().find(|mail| mail.to == to).unwrap_or_else(|| panic!("no mail to {to}"));
    revoke_link(mail).unwrap_or_else(|| panic!("no link in {}", mail.text))
}

/// Opens the link and presses the button.
async fn put_back(world: &World, link: &str) -> Page {
    let phone = Phone::new(30);
    let page = phone.get(world, link).await;
    assert!(page.says("Put your account back?"), "{}", page.html);
    phone.submit(world, &page, "/revoke", &[]).await
}

async fn set_password(world: &World, page: &Page, code: &str, password: &str) -> Page {
    Phone::new(30).submit(world, page, "/revoke/password", &[("code", code), ("password", password)]).await
}

fn code_in(mails: &[SentMail]) -> String {
    mails.iter().find_map(|mail| mail.code()).unwrap().to_owned()
}

#[tokio::test]
async fn from_the_link_in_the_mail_to_a_new_password() {
    let (mut world, thief) = stolen().await;
    let mails = world.added(&thief, THIEF).await;
    let link = link_of(&mails, "jana@example.org");
    let phone = Phone::new(30);
    let page = phone.get(&world, &link).await;
    assert!(page.says("A recovery address was added") && page.says("j•••@example.org"), "{}", page.html);
    phone.head(&world, &link).await;
    assert_eq!(addresses(&world.settings(&thief).await).len(), 2, "opening it changes nothing");
    assert!(world.mails().await.is_empty());

    let page = put_back(&world, &link).await;
    assert!(page.says("Now set a new password"), "{}", page.html);
    assert_eq!(world.call(Method::GET, "/v1/session", &thief).await.problem(), "401 signed_out");
    assert_eq!(world.sign_in("jana", PASSWORD).await.problem(), "401 wrong_credentials");
    assert_eq!(world.sign_in(THIEF, PASSWORD).await.problem(), "401 wrong_credentials");
    let mails = world.mails().await;
    assert_eq!(recipients(&mails), ["jana@example.org", "jana@example.org"], "a code and a notice");
    assert_eq!(mails[1].subject, "Your account at Dorfladen was put back");
    let code = code_in(&mails);

    let short = set_password(&world, &page, &code, "short").await;
    assert!(short.says("That password is too short."), "{}", short.html);
    let weak = set_password(&world, &short, &code, "passwordpassword").await;
    assert!(weak.says("That password is easily guessed."), "{}", weak.html);
    let wrong = set_password(&world, &weak, "00000000", NEW_PASSWORD).await;
    assert!(wrong.says("Tries left: 4."), "{}", wrong.html);
    let done = set_password(&world, &wrong, &code, NEW_PASSWORD).await;
    assert!(done.says("The new password works"), "{}", done.html);
    let over = set_password(&world, &wrong, &code, "eight purple mountains sing").await;
    assert!(over.says("That code has run out"), "{}", over.html);

    let owner = world.sign_in("jana", NEW_PASSWORD).await.access();
    let settings = world.settings(&owner).await;
    assert_eq!((addresses(&settings), &settings["changes"]), (vec!["jana@example.org"], &json!([])));
    let log = world.app.storage().audit(100).await.unwrap();
    assert_eq!(log.iter().filter(|entry| entry.event == "change_revoked").count(), 1);
}

#[tokio::test]
async fn a_link_works_once_and_for_seven_days() {
    let (mut world, thief) = stolen().await;
    let link = link_of(&world.added(&thief, THIEF).await, "jana@example.org");
    world.clock.advance(7 * DAY - 1);
    let phone = Phone::new(30);
    let page = phone.get(&world, &link).await;
    put_back(&world, &link).await;
    let again = phone.submit(&world, &page, "/revoke", &[]).await;
    assert!(again.says("There is nothing to put back"), "{}", again.html);

    let (mut world, thief) = stolen().await;
    let link = link_of(&world.added(&thief, THIEF).await, "jana@example.org");
    world.clock.advance(7 * DAY);
    assert!(Phone::new(30).get(&world, &link).await.says("There is nothing to put back"));
}

#[tokio::test]
async fn a_link_cannot_be_forged_or_sent_from_elsewhere() {
    let (mut world, thief) = stolen().await;
    let link = link_of(&world.added(&thief, THIEF).await, "jana@example.org");
    let t = link.split_once("?t=").unwrap().1;
    let turned = t.replacen(".0.", ".1.", 1);
    assert_ne!(turned, t);
    let phone = Phone::new(30);
    for odd in [turned.as_str(), &t[..t.len() - 1], "", "a.b.0.c", &format!("{t}A")] {
        assert_eq!(phone.get(&world, &format!("/revoke?t={odd}")).await.status, 404, "{odd}");
        phone.post(&world, "/revoke", &[("t", odd)]).await;
    }
    let foreign = Phone { origin: Some("https://evil.example".to_owned()), ..Phone::new(31) };
    assert_eq!(foreign.post(&world, "/revoke", &[("t", t)]).await.status, 403);
    assert_eq!(addresses(&world.settings(&thief).await).len(), 2);
}

/// The thief adds an address, removes the owner's, makes new codes, turns an authenticator on.
#[tokio::test]
async fn the_first_link_undoes_all_that_came_later() {
    let (mut world, added) = World::with_jana().await;
    let thief = world.sign_in_on("Thief", "jana", PASSWORD).await.access();
    world.mails().await;
    let first = link_of(&world.added(&thief, THIEF).await, "jana@example.org");
    world.clock.advance(60);
    assert_eq!(world.remove_address(&thief, 0).await.status, 200);
    let removed = world.mails().await;
    assert_eq!(recipients(&removed), ["jana@example.org", THIEF]);
    let password = json!({"current_password": PASSWORD});
    let codes = world.post_as("/v1/account/recovery-codes", &thief, password).await;
    let stolen_code = codes.body["recovery_codes"][0].as_str().unwrap();
    let recovery = world.start("jana").await;
    let later = world.mails().await;
    assert!(recipients(&later).contains(&THIEF), "a recovery goes to the thief by now");

    put_back(&world, &first).await;
    let code = code_in(&world.mails().await);
    assert_eq!(world.check(&recovery.text("ticket"), &code).await.problem(), "410 expired");
    for mail in removed.iter().chain(&later).filter(|mail| revoke_link(mail).is_some()) {
        let page = Phone::new(31).get(&world, &revoke_link(mail).unwrap()).await;
        assert!(page.says("There is nothing to put back"), "{} {}", mail.to, page.html);
    }
    world.start("jana").await;
    assert_eq!(recipients(&world.mails().await), ["jana@example.org"]);
    world.start(THIEF).await;
    assert!(world.mails().await.is_empty());
    let recovery = world.start("jana").await.text("ticket");
    assert_eq!(world.check_by("recovery_code", &recovery, stolen_code).await.problem(), "400 wrong_code");
    let own = world.check_by("recovery_code", &recovery, &added.recovery_codes[3]).await;
    assert_eq!(own.status, 200, "the owner's codes work again");
}

/// An address whose own adding can still be revoked is told, but may not revoke: else the thief could.
#[tokio::test]
async fn an_address_that_was_just_added_puts_nothing_back() {
    let (mut world, thief) = stolen().await;
    world.added(&thief, THIEF).await;
    // The owner, signed in, removes it.
    let owner = world.signed_in().await.access();
    world.mails().await;
    assert_eq!(world.remove_address(&owner, 1).await.status, 200);
    let mails = world.mails().await;
    assert_eq!(recipients(&mails), ["jana@example.org", THIEF]);
    assert!(revoke_link(&mails[0]).is_some() && revoke_link(&mails[1]).is_none());
    assert!(mails[1].text.contains("the mail to your other address"), "{}", mails[1].text);
}

#[tokio::test]
async fn an_address_of_a_week_may_put_back() {
    let (mut world, access) = stolen().await;
    world.added(&access, "jana@work.example").await;
    world.clock.advance(7 * DAY);
    let access = world.signed_in().await.access();
    world.mails().await;
    assert_eq!(world.remove_address(&access, 0).await.status, 200);
    let link = link_of(&world.mails().await, "jana@work.example");
    let page = put_back(&world, &link).await;
    let mails = world.mails().await;
    assert_eq!(recipients(&mails), ["jana@work.example", "jana@example.org", "jana@work.example"]);
    assert_eq!(mails[0].code().map(str::len), Some(8), "the code goes where the link went");
    set_password(&world, &page, &code_in(&mails), NEW_PASSWORD).await;
    let access = world.sign_in("jana@example.org", NEW_PASSWORD).await.access();
    assert_eq!(addresses(&world.settings(&access).await), ["jana@example.org", "jana@work.example"]);
}

#[tokio::test]
async fn the_authenticator_is_what_it_was() {
    let mut world = World::new().await;
    let added = world.add_jana(true).await;
    let totp = added.totp.unwrap();
    let second = async |password: &str, at: i64| {
        let ticket = world.sign_in("jana", password).await.text("ticket");
        let ask = json!({"ticket": ticket, "way": "totp", "code": totp.code_at(at)});
        world.post("/v1/sign-in/second-factor", ask).await
    };
    let access = second(PASSWORD, START).await.access();
    let off = json!({"current_password": PASSWORD, "way": "recovery_code", "code": added.recovery_codes[0]});
    assert_eq!(world.send_as(Method::DELETE, "/v1/account/authenticator", &access, off).await.status, 200);
    let mails = world.mails().await;
    let told = mails.iter().find(|mail| revoke_link(mail).is_some()).unwrap();
    let page = put_back(&world, &revoke_link(told).unwrap()).await;
    let code = code_in(&world.mails().await);
    set_password(&world, &page, &code, NEW_PASSWORD).await;
    world.clock.advance(60);
    let ticket = world.sign_in("jana", NEW_PASSWORD).await.text("ticket");
    let ask = json!({"ticket": ticket, "way": "totp", "code": totp.code_at(START + 60)});
    let signed = world.post("/v1/sign-in/second-factor", ask).await;
    assert_eq!(signed.status, 200, "{}", signed.body);
    let left = world.settings(&signed.access()).await;
    assert_eq!(
        (&left["second_factor"], &left["recovery_codes_left"]),
        (&json!(true), &json!(9)),
        "used stays used"
    );
}

#[tokio::test]
async fn a_thief_who_wastes_codes_does_not_keep_the_owner_out() {
    let (mut world, thief) = stolen().await;
    let link = link_of(&world.added(&thief, THIEF).await, "jana@example.org");
    for number in 0..10 {
        world.from.set_ip([198, 51, 100, number].into());
        let ticket = world.start("jana").await.text("ticket");
        world.check(&ticket, "00000000").await;
    }
    world.mails().await;
    let page = put_back(&world, &link).await;
    let mails = world.mails().await;
    let done = set_password(&world, &page, &code_in(&mails), NEW_PASSWORD).await;
    assert!(done.says("The new password works"), "{}", done.html);
}

/// Five tries, and no way around them: the code of a recovery fits nowhere but in its own place.
#[tokio::test]
async fn the_page_guesses_no_code_of_a_recovery() {
    let (mut world, _) = World::with_jana().await;
    let (ticket, code) = world.started().await;
    let phone = Phone::new(30);
    let page = phone.get(&world, &format!("/revoke/password?r={ticket}")).await;
    let answer = set_password(&world, &page, &code, NEW_PASSWORD).await;
    assert!(answer.says("Tries left: 4."), "{}", answer.html);
    for _ in 0..3 {
        set_password(&world, &page, &code, NEW_PASSWORD).await;
    }
    assert!(set_password(&world, &page, &code, NEW_PASSWORD).await.says("That code has run out"));
    assert_eq!(world.check(&ticket, &code).await.problem(), "410 expired");
}

#[tokio::test]
async fn the_pages_are_said_in_four_languages() {
    let (mut world, thief) = stolen().await;
    let link = link_of(&world.added(&thief, THIEF).await, "jana@example.org");
    for (language, says) in [
        ("en", "Put your account back?"),
        ("de", "Die Änderung rückgängig machen?"),
        ("es", "¿Dejar tu cuenta como estaba?"),
        ("ru", "Вернуть аккаунт в прежнее состояние?"),
    ] {
        let phone = Phone { language, ..Phone::new(30) };
        let page = phone.get(&world, &link).await;
        assert!(page.says(says), "{}", page.html);
    }
}

/// Whatever order they come in: afterwards nothing of the thief's is left.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_revokes_wins_over_changes_at_the_same_time() {
    for _ in 0..3 {
        let (mut world, thief) = stolen().await;
        let link = link_of(&world.added(&thief, THIEF).await, "jana@example.org");
        let first = world.address_id(&thief, 0).await;
        let second = world.address_id(&thief, 1).await;
        let page = Phone::new(30).get(&world, &link).await;
        let world = Arc::new(world);
        let password: Value = json!({"current_password": PASSWORD});
        let mut changes = Vec::new();
        for (method, path) in [
            (Method::POST, format!("/v1/account/addresses/{second}/first")),
            (Method::DELETE, format!("/v1/account/addresses/{first}")),
            (Method::POST, "/v1/account/recovery-codes".to_owned()),
        ] {
            let (world, thief, password) = (world.clone(), thief.clone(), password.clone());
            changes.push(tokio::spawn(async move { world.send_as(method, &path, &thief, password).await }));
        }
        let done = Phone::new(30).submit(&world, &page, "/revoke", &[]).await;
        assert!(done.says("Now set a new password"), "{}", done.html);
        for change in changes {
            let answer = change.await.unwrap();
            assert!(matches!(answer.status.as_u16(), 200 | 401 | 403 | 404 | 409), "{}", answer.body);
        }
        let storage = world.app.storage();
        let jana = storage.account_by_name("jana").await.unwrap().unwrap();
        assert_eq!((jana.address.as_str(), jana.second_address), ("jana@example.org", None));
        assert!(storage.changes(&jana.id, START).await.unwrap().is_empty());
        let codes = storage.recovery_codes(&jana.id).await.unwrap();
        assert_eq!(codes.iter().map(|code| code.place).collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_press_the_button_one_puts_back() {
    let (mut world, thief) = stolen().await;
    let link = link_of(&world.added(&thief, THIEF).await, "jana@example.org");
    let page = Phone::new(30).get(&world, &link).await;
    let world = Arc::new(world);
    let pressed: Vec<_> = (0..8)
        .map(|host| {
            let (world, page) = (world.clone(), page.clone());
            tokio::spawn(async move { Phone::new(40 + host).submit(&world, &page, "/revoke", &[]).await })
        })
        .collect();
    let mut done = 0;
    for one in pressed {
        let page = one.await.unwrap();
        let won = page.says("Now set a new password");
        assert!(won || page.says("There is nothing to put back"), "{}", page.html);
        done += u32::from(won);
    }
    assert_eq!(done, 1);
}
