//! What the operator does with accounts.

use crate::common::phone::Phone;
use crate::common::settings::{recipients, revoke_link};
use crate::common::{NEW_PASSWORD, PASSWORD, START, World};
use recovery_server::{NewAccount, hash};

#[tokio::test]
async fn a_disabled_account_is_as_if_there_were_none() {
    let (mut world, _) = World::with_jana().await;
    let (ticket, code) = world.started().await;
    let access = world.signed_in().await.access();
    while world.inbox.try_next().is_some() {}
    assert!(world.app.disable("Jana@example.org", true).await.unwrap());
    assert_eq!(world.sign_in("jana", PASSWORD).await.problem(), "401 wrong_credentials");
    assert_eq!(world.call(axum::http::Method::GET, "/v1/session", &access).await.problem(), "401 signed_out");
    assert_eq!(world.check(&ticket, &code).await.problem(), "410 expired");
    world.clock.advance(61);
    assert_eq!(world.start("jana").await.status, 202, "nobody can tell");
    world.app.deliver_due().await.unwrap();
    assert!(world.inbox.try_next().is_none());
    let taken = world.app.add_account(NewAccount::new("jana", "other@example.org", PASSWORD)).await;
    assert!(taken.is_err(), "its names stay its own");

    assert!(world.app.disable("jana", false).await.unwrap());
    assert_eq!(world.sign_in("jana", PASSWORD).await.status, 200);
    assert!(!world.app.disable("nobody", true).await.unwrap());
}

#[tokio::test]
async fn the_operator_ends_every_session() {
    let (world, _) = World::with_jana().await;
    let access = world.signed_in().await.access();
    assert_eq!(world.app.end_sessions("jana").await.unwrap(), Some(1));
    assert_eq!(world.call(axum::http::Method::GET, "/v1/session", &access).await.problem(), "401 signed_out");
    assert_eq!(world.app.end_sessions("nobody").await.unwrap(), None);
}

async fn opens(world: &World, code: &str) -> bool {
    let ticket = world.start("jana").await.text("ticket");
    world.clock.advance(61);
    world.check_by("recovery_code", &ticket, code).await.status == 200
}

#[tokio::test]
async fn the_operator_makes_new_saved_codes_and_both_addresses_are_told() {
    let (mut world, old) = World::with_jana().await;
    let access = world.signed_in().await.access();
    world.added(&access, "jana@work.example").await;
    world.clock.advance(8 * 86_400);
    let new = world.app.renew_codes("JANA@work.example").await.unwrap().unwrap();
    assert_eq!(new.len(), 10);
    let mails = world.mails().await;
    assert_eq!(recipients(&mails), ["jana@example.org", "jana@work.example"]);
    for mail in &mails {
        assert!(
            mail.text.contains("Whoever runs Dorfladen has made new saved recovery codes"),
            "{}",
            mail.text
        );
        assert!(!mail.text.contains("Device:") && !mail.text.contains("Network:"), "{}", mail.text);
        assert!(revoke_link(mail).is_some(), "{}", mail.text);
    }
    assert!(!opens(&world, &old.recovery_codes[0]).await, "the old ones have ended");
    assert!(opens(&world, &new[0]).await);
    let log = world.app.storage().audit(100).await.unwrap();
    let entry = log.iter().find(|entry| entry.event == "recovery_codes").unwrap();
    assert_eq!((entry.result.as_str(), entry.at), ("operator", START + 8 * 86_400));
    assert_eq!(world.app.renew_codes("nobody").await.unwrap(), None);
    world.app.disable("jana", true).await.unwrap();
    assert_eq!(world.app.renew_codes("jana").await.unwrap(), None);
}

/// Somebody has talked the operator into it.
#[tokio::test]
async fn new_codes_that_the_owner_did_not_ask_for_are_put_back() {
    let (mut world, old) = World::with_jana().await;
    let access = world.signed_in().await.access();
    let new = world.app.renew_codes("jana").await.unwrap().unwrap();
    let link = world.mails().await.iter().find_map(revoke_link).unwrap();
    let phone = Phone::new(30);
    let page = phone.get(&world, &link).await;
    assert!(page.says("New saved recovery codes were made"), "{}", page.html);
    phone.submit(&world, &page, "/revoke", &[]).await;
    assert_eq!(world.call(axum::http::Method::GET, "/v1/session", &access).await.problem(), "401 signed_out");
    assert!(!opens(&world, &new[0]).await);
    assert!(opens(&world, &old.recovery_codes[0]).await);
}

#[tokio::test]
async fn an_imported_password_opens_and_is_hashed_anew() {
    let mut world = World::new().await;
    // bcrypt, as many servers have it; of "correct horse".
    let stored = hash::imported("$2b$06$1Gs6DQadDYcmyndDe/Tj7eXOYHu5feYCEkRg5RBeLPVj5rus6/Ily").unwrap();
    let otto = || NewAccount { name: "Otto".to_owned(), ..NewAccount::new("otto", "otto@example.org", "") };
    world.app.import_account(otto(), stored.clone()).await.unwrap();
    assert!(world.app.import_account(otto(), stored).await.is_err(), "twice");
    assert_eq!(world.sign_in("otto", "correct horsE").await.problem(), "401 wrong_credentials");
    let hash_now = async || world.app.storage().account_by_name("otto").await.unwrap().unwrap().password_hash;
    assert!(hash_now().await.starts_with("imported:$2b$"));
    assert_eq!(world.sign_in("otto", "correct horse").await.status, 200);
    assert!(hash_now().await.starts_with("$argon2id$"), "{}", hash_now().await);
    assert_eq!(world.sign_in("otto", "correct horse").await.status, 200);

    // Whoever never signs in before forgetting it gets back in as everybody does.
    let stored =
        hash::imported("pbkdf2_sha256$20000$saltsaltsalt$9tcL4IGWNgpvVxKBUeJ29FE74WoOxmbWbdaKfZkU33U=");
    let ada = NewAccount::new("ada", "ada@example.org", "");
    world.app.import_account(ada, stored.unwrap()).await.unwrap();
    world.app.deliver_due().await.unwrap();
    while world.inbox.try_next().is_some() {}
    let ticket = world.start("ada").await.text("ticket");
    let code = world.mailed_code().await;
    let ticket = world.check(&ticket, &code).await.text("ticket");
    assert_eq!(world.set_password(&ticket, NEW_PASSWORD).await.status, 200);
    assert_eq!(world.sign_in("ada", NEW_PASSWORD).await.status, 200);
}
