//! Two nodes on one database: whoever answers, the answer is the same.

use crate::common::computer::Computer;
use crate::common::database::Database;
use crate::common::phone::Phone;
use crate::common::{NEW_PASSWORD, PASSWORD, START, World, other_than};
use axum::http::Method;
use recovery_server::ManualClock;

async fn two() -> (World, World, Database) {
    let (database, clock) = (Database::new().await, ManualClock::at(START));
    let one = World::node(1, &database, &clock).await;
    let two = World::node(2, &database, &clock).await;
    one.add_jana(false).await;
    (one, two, database)
}

#[tokio::test]
async fn a_session_of_one_is_a_session_of_the_other() {
    let (one, two, _database) = two().await;
    let access = one.signed_in().await.access();
    let (here, there) = (
        one.call(Method::GET, "/v1/session", &access).await,
        two.call(Method::GET, "/v1/session", &access).await,
    );
    assert_eq!((here.status, &here.body), (there.status, &there.body));
    assert_eq!(two.call(Method::DELETE, "/v1/session", &access).await.status, 204);
    assert_eq!(one.call(Method::GET, "/v1/session", &access).await.problem(), "401 signed_out");
}

#[tokio::test]
async fn a_recovery_goes_from_node_to_node() {
    let (mut one, two, _database) = two().await;
    let (ticket, code) = one.started().await;
    assert_eq!(two.check(&ticket, &other_than(&code)).await.body["tries_left"], 4);
    assert_eq!(one.check(&ticket, &other_than(&code)).await.body["tries_left"], 3);
    let verified = two.check(&ticket, &code).await.text("ticket");
    assert_eq!(one.check(&ticket, &code).await.problem(), "410 expired");
    assert_eq!(one.set_password(&verified, NEW_PASSWORD).await.status, 200);
    assert_eq!(two.set_password(&verified, NEW_PASSWORD).await.problem(), "410 expired");
    assert_eq!(two.sign_in("jana", NEW_PASSWORD).await.status, 200);
}

#[tokio::test]
async fn limits_are_counted_together() {
    let (one, two, _database) = two().await;
    for round in 0..5 {
        for node in [&one, &two] {
            assert_eq!(node.sign_in("jana", "a wrong password").await.status, 401, "{round}");
        }
    }
    for node in [&one, &two] {
        assert_eq!(node.sign_in("jana", PASSWORD).await.problem(), "429 rate_limited");
    }
}

#[tokio::test]
async fn a_pairing_goes_from_node_to_node() {
    let (one, two, _database) = two().await;
    let phone = Phone::signed_in(&two, 9, "jana").await;
    let computer = Computer::new(1);
    let asked = computer.ask(&one).await;
    let page = phone.scan(&two, &asked.qr).await;
    let answer = computer.confirm(&one, &asked.device_code, &page.code()).await;
    assert_eq!(answer.body["pairing_state"], "confirmed", "{}", answer.body);
    let page = phone.get(&two, &page.path).await;
    phone.approve(&one, &page.path).await;
    let answer = computer.poll(&two, &asked.device_code).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    one.clock.advance(10);
    assert_eq!(computer.poll(&one, &asked.device_code).await.body["error"], "invalid_grant");
}

#[tokio::test]
async fn a_letter_of_one_is_sent_by_the_other() {
    let (one, mut two, _database) = two().await;
    let ticket = one.start("jana").await.text("ticket");
    assert_eq!(two.app.deliver_due().await.unwrap(), 1);
    assert_eq!(one.app.deliver_due().await.unwrap(), 0);
    let code = two.inbox.try_next().unwrap().code().unwrap().to_owned();
    assert_eq!(one.check(&ticket, &code).await.status, 200);
}

/// A newer program was started beside it and has changed the tables.
#[tokio::test]
async fn a_node_that_is_outdated_says_so_and_leaves_the_mail_to_newer_ones() {
    let (one, mut two, database) = two().await;
    let ready = async |node: &World| {
        let answer = node.get("/readyz").await;
        (answer.status.as_u16(), String::from_utf8(answer.bytes).unwrap())
    };
    one.app.deliver_due().await.unwrap();
    assert_eq!(ready(&one).await, (200, "ok".to_owned()));
    let ticket = one.start("jana").await.text("ticket");
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (9999, 'newer', true, '', 0)";
    database.run(newer).await;
    assert_eq!(ready(&one).await, (503, "outdated".to_owned()));
    assert_eq!(one.get("/healthz").await.status, 200, "it need not be killed");
    assert_eq!(one.app.deliver_due().await.unwrap(), 0);
    assert_eq!(one.sign_in("jana", PASSWORD).await.status, 200, "until nobody asks it any more");

    // As the newer one sees it.
    database.run("DELETE FROM _sqlx_migrations WHERE version = 9999").await;
    assert!(two.app.deliver_due().await.unwrap() > 0);
    let code = two.inbox.try_next().unwrap().code().unwrap().to_owned();
    assert_eq!(two.check(&ticket, &code).await.status, 200);
    assert_eq!(ready(&one).await, (200, "ok".to_owned()));
}

#[tokio::test]
async fn a_node_with_another_pepper_does_not_start() {
    let (_one, _two, database) = two().await;
    let storage = database.open().await;
    let config = recovery_server::Config::loopback("Dorfladen");
    let (mut deps, _) = recovery_server::Deps::in_memory(config).await.unwrap();
    deps.storage = storage;
    let refused = recovery_server::App::new(deps).await.err().unwrap().to_string();
    assert!(refused.contains("another pepper"), "{refused}");
}

/// Where an id stands in the address, anything can.
#[tokio::test]
async fn an_id_that_can_be_none_is_not_found() {
    let (world, _) = World::with_jana().await;
    let access = world.signed_in().await.access();
    for (method, path) in [
        (Method::DELETE, "/v1/sessions/a%00b"),
        (Method::DELETE, "/v1/pairings/a%00b"),
        (Method::GET, "/v1/links/a%00b"),
        (Method::POST, "/v1/links/a%00b/deny"),
    ] {
        let (odd, unknown) = (
            world.call(method.clone(), path, &access).await,
            world.call(method, &path.replace("a%00b", "ab"), &access).await,
        );
        assert_eq!((odd.status, &odd.body), (unknown.status, &unknown.body), "{path}");
        assert!(odd.status.is_client_error(), "{path}: {}", odd.status);
    }
}
