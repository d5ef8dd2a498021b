//! What the operator does with accounts.

use crate::common::{NEW_PASSWORD, PASSWORD, World};
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
