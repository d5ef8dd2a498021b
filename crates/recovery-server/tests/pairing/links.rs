//! A computer lets a phone in.

use crate::common::computer::path_of;
use crate::common::phone::{Page, Phone};
use crate::common::{Answer, PASSWORD, World, other_than};
use axum::http::Method;
use serde_json::{Value, json};

struct Linking {
    world: World,
    access: String,
    link: Answer,
    phone: Phone,
}

impl Linking {
    async fn new() -> Self {
        let (world, _) = World::with_jana().await;
        let access = world.signed_in().await.access();
        let link = world.post_as("/v1/links", &access, json!({})).await;
        assert_eq!(link.status, 200, "{}", link.body);
        Self { world, access, link, phone: Phone::new(5) }
    }

    fn at(&self, more: &str) -> String {
        format!("/v1/links/{}{more}", self.link.text("id"))
    }

    async fn state(&self) -> Value {
        self.world.call(Method::GET, &self.at(""), &self.access).await.body
    }

    async fn approve(&self, password: &str) -> Answer {
        self.world.post_as(&self.at("/approve"), &self.access, json!({"password": password})).await
    }

    async fn scan(&self) -> Page {
        let page = self.phone.get(&self.world, &path_of(&self.link.text("url"))).await;
        self.phone.submit(&self.world, &page, "/link/scan", &[]).await
    }

    async fn confirmed(&self) -> Page {
        let page = self.scan().await;
        let code = self.state().await["code"].as_str().unwrap().to_owned();
        self.phone.submit(&self.world, &page, "/link/confirm", &[("digits", &code)]).await
    }
}

#[tokio::test]
async fn a_computer_lets_a_phone_in() {
    let scene = Linking::new().await;
    let page = scene.scan().await;
    let state = scene.state().await;
    assert_eq!(
        (&state["state"], &state["phone"]["device"], &state["url"]),
        (&json!("scanned"), &json!("Firefox on Android"), &Value::Null)
    );
    let code = state["code"].as_str().unwrap();
    assert!(!page.says(code) && page.says("inputmode=\"numeric\""), "{}", page.html);
    let page = scene.phone.submit(&scene.world, &page, "/link/confirm", &[("digits", code)]).await;
    assert!(
        page.says("Now approve it on the computer") && page.says("http-equiv=\"refresh\""),
        "{}",
        page.html
    );
    assert!(!page.says("jana"), "nothing about the person yet");
    assert_eq!(scene.approve("wrong password 123").await.problem(), "403 wrong_password");
    assert_eq!(scene.approve(PASSWORD).await.status, 204);
    let page = scene.phone.get(&scene.world, &page.path).await;
    let page = scene.phone.submit(&scene.world, &page, "/link/finish", &[]).await;
    assert!(page.says("You are signed in on this phone") && page.says("jana"), "{}", page.html);
    assert_eq!(scene.state().await["state"], "consumed");
    scene.world.app.deliver_due().await.unwrap();
    let mail = scene.world.outbox.mails().pop().unwrap();
    assert_eq!(mail.subject, "A new phone is signed in to Dorfladen");
    let list = scene.world.call(Method::GET, "/v1/sessions", &scene.access).await;
    let sessions = list.body["sessions"].as_array().unwrap();
    assert!(
        sessions.iter().any(|one| one["made_by"] == "link" && one["weak_until"].is_i64()),
        "{sessions:?}"
    );
}

#[tokio::test]
async fn a_phone_that_was_linked_today_approves_nothing() {
    let scene = Linking::new().await;
    scene.confirmed().await;
    scene.approve(PASSWORD).await;
    let page = scene.phone.get(&scene.world, &path_of(&scene.link.text("url"))).await;
    scene.phone.submit(&scene.world, &page, "/link/finish", &[]).await;
    let computer = crate::common::computer::Computer::new(1);
    let asked = computer.ask(&scene.world).await;
    let page = scene.phone.get(&scene.world, &asked.qr).await;
    assert!(
        page.says("This phone cannot let others in yet") && !page.has_form("/device/scan"),
        "{}",
        page.html
    );
    scene.world.clock.advance(86_400);
    let asked = computer.ask(&scene.world).await;
    assert!(scene.phone.get(&scene.world, &asked.qr).await.has_form("/device/scan"));
}

#[tokio::test]
async fn three_wrong_digits_end_a_link() {
    let scene = Linking::new().await;
    let page = scene.scan().await;
    let wrong = other_than(scene.state().await["code"].as_str().unwrap());
    for left in ["Tries left: 2", "Tries left: 1", "This phone was not let in"] {
        let page = scene.phone.submit(&scene.world, &page, "/link/confirm", &[("digits", &wrong)]).await;
        assert!(page.says(left), "{left}: {}", page.html);
    }
    assert_eq!(scene.state().await["state"], "denied");
    assert_eq!(scene.approve(PASSWORD).await.problem(), "410 expired");
}

#[tokio::test]
async fn a_link_is_not_approved_before_the_digits_were_typed() {
    let scene = Linking::new().await;
    assert_eq!(scene.approve(PASSWORD).await.problem(), "409 not_yet");
    scene.scan().await;
    assert_eq!(scene.approve(PASSWORD).await.problem(), "409 not_yet");
}

#[tokio::test]
async fn a_link_is_not_finished_before_it_was_approved() {
    let scene = Linking::new().await;
    let page = scene.confirmed().await;
    let (p, csrf) = (page.field("/link/deny", "p"), page.field("/link/deny", "csrf"));
    let page = scene.phone.post(&scene.world, "/link/finish", &[("p", &p), ("csrf", &csrf)]).await;
    assert!(!page.headers.contains_key("set-cookie"));
    assert_eq!(scene.state().await["state"], "confirmed");
}

#[tokio::test]
async fn another_browser_cannot_finish_a_link() {
    let scene = Linking::new().await;
    let page = scene.confirmed().await;
    scene.approve(PASSWORD).await;
    let thief = Phone::new(6);
    assert_eq!(thief.get(&scene.world, &page.path).await.status, 404);
    let shown = thief.get(&scene.world, &path_of(&scene.link.text("url"))).await;
    assert!(shown.says("Already scanned by another device"), "{}", shown.html);
    let (p, csrf) = (page.field("/link/deny", "p"), page.field("/link/deny", "csrf"));
    assert_eq!(thief.post(&scene.world, "/link/finish", &[("p", &p), ("csrf", &csrf)]).await.status, 404);
    assert_eq!(scene.state().await["state"], "approved");
}

#[tokio::test]
async fn another_session_sees_and_approves_no_link_of_this_one() {
    let scene = Linking::new().await;
    let other = scene.world.signed_in().await.access();
    assert_eq!(scene.world.call(Method::GET, &scene.at(""), &other).await.problem(), "404 not_found");
    let answer = scene.world.post_as(&scene.at("/approve"), &other, json!({"password": PASSWORD})).await;
    assert_eq!(answer.problem(), "404 not_found");
    assert_eq!(scene.world.post_as(&scene.at("/deny"), &other, json!({})).await.problem(), "404 not_found");
}

#[tokio::test]
async fn a_denied_link_is_over_on_the_phone() {
    let scene = Linking::new().await;
    let page = scene.confirmed().await;
    assert_eq!(scene.world.post_as(&scene.at("/deny"), &scene.access, json!({})).await.status, 204);
    assert!(scene.phone.get(&scene.world, &page.path).await.says("This phone was not let in"));
    assert_eq!(scene.approve(PASSWORD).await.problem(), "410 expired");
}

#[tokio::test]
async fn a_link_is_typed_in_place_of_the_qr_code_and_guessing_is_limited() {
    let scene = Linking::new().await;
    assert_eq!(path_of(&scene.link.text("short_url")), "/link");
    let page = scene.phone.get(&scene.world, "/link").await;
    let code = scene.link.text("user_code");
    let found = scene.phone.submit(&scene.world, &page, "/link", &[("letters", &code)]).await;
    assert!(found.has_form("/link/scan"), "{}", found.html);
    for n in 1..=11 {
        let missed = scene.phone.submit(&scene.world, &page, "/link", &[("letters", "BCDFGHJKLM")]).await;
        assert_eq!(missed.status, if n <= 10 { 400 } else { 429 });
    }
}

#[tokio::test]
async fn a_qr_code_of_one_direction_is_none_of_the_other() {
    let scene = Linking::new().await;
    let q = path_of(&scene.link.text("url")).split_once("?q=").unwrap().1.to_owned();
    assert!(scene.phone.get(&scene.world, &format!("/device?q={q}")).await.says("There is nothing here"));
    let asked = crate::common::computer::Computer::new(1).ask(&scene.world).await;
    let q = asked.qr.split_once("?q=").unwrap().1;
    assert!(scene.phone.get(&scene.world, &format!("/link?q={q}")).await.says("There is nothing here"));
}
