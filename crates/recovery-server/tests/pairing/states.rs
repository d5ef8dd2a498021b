//! Moves that must not be made: too early, too late, twice, or by the wrong one.

use super::{Scene, error};
use crate::common::phone::Phone;
use crate::common::{NEW_PASSWORD, PASSWORD, World, other_than};
use axum::http::Method;
use recovery_server::NewAccount;
use serde_json::{Value, json};

async fn piet(world: &World) -> Phone {
    world.app.add_account(NewAccount::new("piet", "piet@example.org", PASSWORD)).await.unwrap();
    Phone::signed_in(world, 10, "piet").await
}

#[tokio::test]
async fn three_wrong_codes_end_it() {
    let (scene, page) = Scene::scanned().await;
    let wrong = other_than(&page.code());
    for left in [2, 1] {
        let answer = scene.confirm(&wrong).await;
        assert_eq!((error(&answer).as_str(), &answer.body["tries_left"]), ("wrong_code", &json!(left)));
    }
    assert_eq!(error(&scene.confirm(&wrong).await), "access_denied");
    assert_eq!(error(&scene.confirm(&page.code()).await), "access_denied", "the right one comes too late");
    assert_eq!(scene.state().await, "access_denied");
    assert!(scene.phone.get(&scene.world, &page.path).await.says("Nobody was let in"));
}

#[tokio::test]
async fn two_wrong_codes_do_not_end_it() {
    let (scene, page) = Scene::scanned().await;
    for _ in 0..2 {
        scene.confirm(&other_than(&page.code())).await;
    }
    assert_eq!(scene.confirm(&page.code()).await.status, 200);
}

#[tokio::test]
async fn confirming_before_the_scan() {
    let scene = Scene::new().await;
    for _ in 0..5 {
        assert_eq!(error(&scene.confirm("123456").await), "authorization_pending");
    }
    assert_eq!(scene.state().await, "pending", "and nothing was counted");
}

#[tokio::test]
async fn confirming_twice_says_so_again() {
    let (scene, page) = Scene::scanned().await;
    let code = page.code();
    for _ in 0..2 {
        assert_eq!(scene.confirm(&code).await.body["pairing_state"], "confirmed");
    }
    assert_eq!(error(&scene.confirm(&other_than(&code)).await), "invalid_grant");
}

#[tokio::test]
async fn approving_before_the_code_was_typed() {
    let (scene, page) = Scene::scanned().await;
    let (p, csrf) = (page.field("/device/deny", "p"), page.field("/device/deny", "csrf"));
    let fields = [("p", p.as_str()), ("csrf", &csrf), ("password", PASSWORD)];
    scene.phone.post(&scene.world, "/device/approve", &fields).await;
    assert_eq!(scene.state().await, "scanned");
}

#[tokio::test]
async fn approving_after_denying() {
    let (scene, page) = Scene::confirmed().await;
    let denied = scene.phone.submit(&scene.world, &page, "/device/deny", &[]).await;
    assert!(denied.says("Nobody was let in"), "{}", denied.html);
    scene.phone.submit(&scene.world, &page, "/device/approve", &[("password", PASSWORD)]).await;
    assert_eq!(scene.state().await, "access_denied");
}

#[tokio::test]
async fn approving_twice_makes_one_session() {
    let (scene, page) = Scene::confirmed().await;
    for _ in 0..2 {
        scene.phone.submit(&scene.world, &page, "/device/approve", &[("password", PASSWORD)]).await;
    }
    assert_eq!(scene.poll().await.status, 200);
    scene.phone.submit(&scene.world, &page, "/device/approve", &[("password", PASSWORD)]).await;
    assert_eq!(scene.state().await, "invalid_grant");
}

#[tokio::test]
async fn consuming_twice_leaves_the_session_alone() {
    let (scene, token) = Scene::paired().await;
    assert_eq!(error(&scene.poll().await), "invalid_grant");
    assert_eq!(scene.current(&token.text("access_token")).await.status, 200);
}

#[tokio::test]
async fn denying_after_approving() {
    let (scene, page) = Scene::approved().await;
    scene.phone.submit(&scene.world, &page, "/device/deny", &[]).await;
    assert_eq!(error(&scene.poll().await), "access_denied");
}

#[tokio::test]
async fn denying_after_the_computer_is_in_changes_nothing() {
    let (scene, page) = Scene::approved().await;
    let token = scene.poll().await;
    scene.phone.submit(&scene.world, &page, "/device/deny", &[]).await;
    assert_eq!(scene.current(&token.text("access_token")).await.status, 200, "ending it is another button");
}

#[tokio::test]
async fn denying_before_scanning() {
    let scene = Scene::new().await;
    let page = scene.phone.get(&scene.world, &scene.asked.qr).await;
    let page = scene.phone.submit(&scene.world, &page, "/device/deny", &[]).await;
    assert!(page.says("Nobody was let in"), "{}", page.html);
    assert_eq!(error(&scene.poll().await), "access_denied");
}

#[tokio::test]
async fn approving_after_cancelling() {
    let (scene, page) = Scene::confirmed().await;
    assert_eq!((scene.cancel().await.status.as_u16(), scene.cancel().await.body), (200, json!({})));
    let page = scene.phone.submit(&scene.world, &page, "/device/approve", &[("password", PASSWORD)]).await;
    assert!(page.says("Cancelled on the computer"), "{}", page.html);
    assert_eq!(error(&scene.poll().await), "access_denied");
}

#[tokio::test]
async fn cancelling_an_approved_one_that_was_not_fetched() {
    let (scene, _) = Scene::approved().await;
    assert_eq!(scene.cancel().await.status, 200);
    assert_eq!(error(&scene.poll().await), "access_denied");
}

#[tokio::test]
async fn cancelling_after_the_end_changes_nothing() {
    let (scene, token) = Scene::paired().await;
    assert_eq!(scene.cancel().await.status, 200);
    assert_eq!(scene.current(&token.text("access_token")).await.status, 200);
}

#[tokio::test]
async fn expired_while_pending() {
    let scene = Scene::new().await;
    scene.world.clock.advance(299);
    assert_eq!(scene.poll().await.body["expires_in"], 1);
    scene.world.clock.advance(1);
    assert_eq!(error(&scene.poll().await), "expired_token");
    let page = scene.phone.get(&scene.world, &scene.asked.qr).await;
    assert!(page.says("That took too long") && !page.has_form("/device/scan"), "{}", page.html);
}

#[tokio::test]
async fn expired_while_scanned() {
    let (scene, page) = Scene::scanned().await;
    scene.world.clock.advance(180);
    assert_eq!(error(&scene.confirm(&page.code()).await), "expired_token");
    assert_eq!(error(&scene.poll().await), "expired_token");
    assert!(scene.phone.get(&scene.world, &page.path).await.says("That took too long"));
}

#[tokio::test]
async fn expired_while_confirmed() {
    let (scene, page) = Scene::confirmed().await;
    scene.world.clock.advance(180);
    scene.phone.submit(&scene.world, &page, "/device/approve", &[("password", PASSWORD)]).await;
    assert_eq!(error(&scene.poll().await), "expired_token");
}

#[tokio::test]
async fn expired_while_approved() {
    let (scene, _) = Scene::approved().await;
    scene.world.clock.advance(180);
    assert_eq!(error(&scene.poll().await), "expired_token");
}

#[tokio::test]
async fn approved_in_the_last_second_is_still_fetched() {
    let (scene, page) = Scene::confirmed().await;
    scene.world.clock.advance(179);
    scene.phone.submit(&scene.world, &page, "/device/approve", &[("password", PASSWORD)]).await;
    scene.world.clock.advance(29);
    assert_eq!(scene.poll().await.status, 200);
}

#[tokio::test]
async fn scanned_late_has_its_three_minutes() {
    let scene = Scene::new().await;
    scene.world.clock.advance(290);
    let qr = crate::common::computer::path_of(&scene.poll().await.text("verification_uri_complete"));
    let page = scene.phone.scan(&scene.world, &qr).await;
    scene.world.clock.advance(179);
    assert_eq!(scene.confirm(&page.code()).await.status, 200);
}

#[tokio::test]
async fn another_account_cannot_approve() {
    let (scene, page) = Scene::confirmed().await;
    let piet = piet(&scene.world).await;
    let own = piet.get(&scene.world, &page.path).await;
    assert_eq!(own.status, 404);
    assert!(!own.says("Regain on Linux") && !own.has_form("/device/approve"), "{}", own.html);
    let fields = page.form("/device/approve");
    let mut fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    fields.push(("password", PASSWORD));
    assert_eq!(piet.post(&scene.world, "/device/approve", &fields).await.status, 404);
    assert_eq!(piet.post(&scene.world, "/device/deny", &fields).await.status, 404);
    assert_eq!(scene.state().await, "confirmed");
}

#[tokio::test]
async fn another_phone_of_the_same_account_cannot_approve() {
    let (scene, page) = Scene::confirmed().await;
    let other = Phone::signed_in(&scene.world, 11, "jana").await;
    assert_eq!(other.get(&scene.world, &page.path).await.status, 404);
    let fields = page.form("/device/approve");
    let mut fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    fields.push(("password", PASSWORD));
    assert_eq!(other.post(&scene.world, "/device/approve", &fields).await.status, 404);
    assert_eq!(scene.state().await, "confirmed");
}

#[tokio::test]
async fn another_phone_of_the_same_account_may_deny() {
    let (scene, _) = Scene::confirmed().await;
    let other = Phone::signed_in(&scene.world, 11, "jana").await;
    let list = other.get(&scene.world, "/device/sessions").await;
    let list = other.submit(&scene.world, &list, "/device/deny", &[]).await;
    assert!(list.says("No device was let in that way."), "{}", list.html);
    assert_eq!(scene.state().await, "access_denied");
}

#[tokio::test]
async fn a_wrong_password_does_not_approve_and_is_limited() {
    let (scene, page) = Scene::confirmed().await;
    for _ in 0..10 {
        let page =
            scene.phone.submit(&scene.world, &page, "/device/approve", &[("password", NEW_PASSWORD)]).await;
        assert!(page.status == 403 && page.has_form("/device/approve"), "{}", page.html);
    }
    let page = scene.phone.submit(&scene.world, &page, "/device/approve", &[("password", PASSWORD)]).await;
    assert!(page.status == 429 && page.says("Try again in 15 min."), "{}", page.html);
    assert_eq!(scene.state().await, "confirmed");
}

#[tokio::test]
async fn a_password_reset_ends_what_was_open() {
    let (mut scene, _) = Scene::approved().await;
    scene.world.app.deliver_due().await.unwrap();
    while scene.world.inbox.try_next().is_some() {}
    let ticket = scene.world.verified().await;
    assert_eq!(scene.world.set_password(&ticket, NEW_PASSWORD).await.status, 200);
    assert_eq!(error(&scene.poll().await), "access_denied");
    let page = scene.phone.get(&scene.world, "/device/sessions").await;
    assert!(page.says("Sign in on this phone first"), "the phone is signed out, too");
}

#[tokio::test]
async fn ending_all_other_sessions_ends_what_was_open() {
    let (scene, _) = Scene::approved().await;
    let jana = scene.world.signed_in().await.access();
    scene.world.call(Method::DELETE, "/v1/sessions", &jana).await;
    assert_eq!(error(&scene.poll().await), "access_denied");
}

#[tokio::test]
async fn a_weak_session_does_not_change_the_password() {
    let (scene, token) = Scene::paired().await;
    let body = json!({"current_password": PASSWORD, "new_password": NEW_PASSWORD});
    let path = "/v1/password";
    let access = token.text("access_token");
    let answer = scene.computer.with_token(&scene.world, Method::POST, path, &access, body.clone()).await;
    assert_eq!(
        (answer.problem().as_str(), &answer.body["until"]),
        ("403 weak_session", &token.body["weak_until"])
    );
    scene.world.clock.advance(86_400);
    let renewed = scene.computer.refresh(&scene.world, &token.text("refresh_token")).await;
    assert_eq!(renewed.problem(), "401 use_dpop_nonce");
    let renewed = scene.computer.refresh(&scene.world, &token.text("refresh_token")).await;
    let answer = scene.computer.with_token(&scene.world, Method::POST, path, &renewed.access(), body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn a_weak_session_makes_no_link() {
    let (scene, token) = Scene::paired().await;
    let access = token.text("access_token");
    let answer = scene.computer.with_token(&scene.world, Method::POST, "/v1/links", &access, json!({})).await;
    assert_eq!(answer.problem(), "403 weak_session");
}

#[tokio::test]
async fn a_weak_session_neither_sees_nor_changes_what_gets_the_person_back_in() {
    let (scene, token) = Scene::paired().await;
    let access = token.text("access_token");
    let call = async |method: Method, path: &str, body: Value| {
        scene.computer.with_token(&scene.world, method, path, &access, body).await.problem()
    };
    assert_eq!(call(Method::GET, "/v1/account/recovery", Value::Null).await, "403 weak_session");
    let password = || json!({"current_password": PASSWORD});
    for (method, path, body) in [
        (
            Method::POST,
            "/v1/account/addresses",
            json!({"address": "a@b.example", "current_password": PASSWORD}),
        ),
        (Method::POST, "/v1/account/addresses/send", json!({"ticket": "x"})),
        (Method::POST, "/v1/account/addresses/check", json!({"ticket": "x", "code": "12345678"})),
        (Method::DELETE, "/v1/account/addresses/x", password()),
        (Method::POST, "/v1/account/addresses/x/first", password()),
        (Method::POST, "/v1/account/authenticator", password()),
        (Method::POST, "/v1/account/authenticator/confirm", json!({"ticket": "x", "code": "123456"})),
        (
            Method::DELETE,
            "/v1/account/authenticator",
            json!({"current_password": PASSWORD, "way": "totp", "code": "123456"}),
        ),
        (Method::POST, "/v1/account/recovery-codes", password()),
    ] {
        assert_eq!(call(method, path, body).await, "403 weak_session", "{path}");
    }
}
