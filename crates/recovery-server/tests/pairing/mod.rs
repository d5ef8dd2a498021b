//! Pairing: the way it goes, and every way it must not.

mod attacks;
mod guessing;
mod links;
mod proofs;
mod races;
mod states;
mod walk;

use crate::common::computer::{Asked, Computer};
use crate::common::phone::{Page, Phone};
use crate::common::{Answer, World};
use axum::http::Method;
use serde_json::Value;

/// A server with Jana, her signed-in phone, and a computer that asks.
struct Scene {
    world: World,
    phone: Phone,
    computer: Computer,
    asked: Asked,
}

impl Scene {
    async fn new() -> Self {
        let (world, _) = World::with_jana().await;
        let phone = Phone::signed_in(&world, 9, "jana").await;
        let computer = Computer::new(1);
        let asked = computer.ask(&world).await;
        Self { world, phone, computer, asked }
    }

    async fn scanned() -> (Self, Page) {
        let scene = Self::new().await;
        let page = scene.phone.scan(&scene.world, &scene.asked.qr).await;
        (scene, page)
    }

    async fn confirmed() -> (Self, Page) {
        let (scene, page) = Self::scanned().await;
        let answer = scene.confirm(&page.code()).await;
        assert_eq!(answer.body["pairing_state"], "confirmed", "{}", answer.body);
        let page = scene.phone.get(&scene.world, &page.path).await;
        (scene, page)
    }

    async fn approved() -> (Self, Page) {
        let (scene, page) = Self::confirmed().await;
        let page = scene.phone.approve(&scene.world, &page.path).await;
        assert!(page.says("Almost done"), "{}", page.html);
        (scene, page)
    }

    /// Through to the end: the token answer.
    async fn paired() -> (Self, Answer) {
        let (scene, _) = Self::approved().await;
        let answer = scene.poll().await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        (scene, answer)
    }

    async fn poll(&self) -> Answer {
        self.computer.poll(&self.world, &self.asked.device_code).await
    }

    async fn confirm(&self, code: &str) -> Answer {
        self.computer.confirm(&self.world, &self.asked.device_code, code).await
    }

    async fn cancel(&self) -> Answer {
        self.computer.cancel(&self.world, &self.asked.device_code).await
    }

    /// What the next poll says, however soon.
    async fn state(&self) -> String {
        self.world.clock.advance(60);
        self.state_now().await
    }

    async fn state_now(&self) -> String {
        let answer = self.poll().await;
        let state = answer.body["pairing_state"].as_str().or(answer.body["error"].as_str());
        state.unwrap_or("token").to_owned()
    }

    async fn current(&self, token: &str) -> Answer {
        self.computer.with_token(&self.world, Method::GET, "/v1/session", token, Value::Null).await
    }
}

/// The problem's word.
fn error(answer: &Answer) -> String {
    answer.body["error"].as_str().unwrap_or("?").to_owned()
}
