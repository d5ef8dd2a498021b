//! Calls about signing up and about what gets a person back in.

use super::computer::path_of;
use super::{Answer, NEW_PASSWORD, PASSWORD, World};
use axum::body::Body;
use axum::http::Method;
use recovery_server::SentMail;
use serde_json::{Value, json};

impl World {
    /// With sign-up allowed.
    pub async fn open_to_all() -> Self {
        Self::with(|config| config.sign_up.open = true).await
    }

    /// A call that has a body and is signed in.
    pub async fn send_as(&self, method: Method, path: &str, access: &str, body: Value) -> Answer {
        let request = self
            .request(method, path)
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {access}"));
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// Every mail that went out since.
    pub async fn mails(&mut self) -> Vec<SentMail> {
        self.app.deliver_due().await.unwrap();
        std::iter::from_fn(|| self.inbox.try_next()).collect()
    }

    pub async fn sign_up(&self, address: &str) -> Answer {
        let ask = json!({"address": address, "name": "Petra", "language": "en", "device": "Regain on Linux"});
        self.post("/v1/sign-ups", ask).await
    }

    pub async fn check_sign_up(&self, ticket: &str, code: &str) -> Answer {
        self.post("/v1/sign-ups/check", json!({"ticket": ticket, "code": code})).await
    }

    /// The ticket of a sign-up whose address is proven.
    pub async fn proven(&mut self, address: &str) -> String {
        let ticket = self.sign_up(address).await.text("ticket");
        let code = self.mailed_code().await;
        self.check_sign_up(&ticket, &code).await.text("ticket")
    }

    pub async fn found(&self, ticket: &str, identifier: Option<&str>) -> Answer {
        let ask = json!({"ticket": ticket, "identifier": identifier, "new_password": NEW_PASSWORD});
        self.post("/v1/sign-ups/account", ask).await
    }

    pub async fn settings(&self, access: &str) -> Value {
        let answer = self.call(Method::GET, "/v1/account/recovery", access).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }

    pub async fn add_address(&self, access: &str, address: &str) -> Answer {
        let ask = json!({"address": address, "current_password": PASSWORD});
        self.post_as("/v1/account/addresses", access, ask).await
    }

    pub async fn check_address(&self, access: &str, ticket: &str, code: &str) -> Answer {
        self.post_as("/v1/account/addresses/check", access, json!({"ticket": ticket, "code": code})).await
    }

    /// Adds an address to Jana's account and gives the letters that tell of it.
    pub async fn added(&mut self, access: &str, address: &str) -> Vec<SentMail> {
        let asked = self.add_address(access, address).await;
        assert_eq!(asked.status, 202, "{}", asked.body);
        let code = self.mails().await.pop().unwrap().code().unwrap().to_owned();
        let added = self.check_address(access, &asked.text("ticket"), &code).await;
        assert_eq!(added.status, 200, "{}", added.body);
        self.mails().await
    }

    /// One of the account's addresses by its place.
    pub async fn address_id(&self, access: &str, place: usize) -> String {
        self.settings(access).await["addresses"][place]["id"].as_str().unwrap().to_owned()
    }

    pub async fn remove_address(&self, access: &str, place: usize) -> Answer {
        let path = format!("/v1/account/addresses/{}", self.address_id(access, place).await);
        self.send_as(Method::DELETE, &path, access, json!({"current_password": PASSWORD})).await
    }
}

/// The addresses in an answer, in order.
pub fn addresses(settings: &Value) -> Vec<&str> {
    let addresses = settings["addresses"].as_array().unwrap();
    addresses.iter().map(|address| address["address"].as_str().unwrap()).collect()
}

/// The path of the link that puts back, if the mail has one.
pub fn revoke_link(mail: &SentMail) -> Option<String> {
    mail.text.lines().find(|line| line.contains("/revoke?t=")).map(path_of)
}

/// Whom the mails went to.
pub fn recipients(mails: &[SentMail]) -> Vec<&str> {
    mails.iter().map(|mail| mail.to.as_str()).collect()
}
