//! A real account server on this machine, with one account in it and a real way for its mail.

use anyhow::{Context as _, Result};
use recovery_server::config::{Encryption, Mail as MailSettings};
use recovery_server::{Added, Config, Deps, NewAccount, Running, Server, SmtpMailer};
use serde_json::{Value, json};
use std::sync::Arc;

use crate::mail::Mailbox;

/// What the person signs in with.
pub const IDENTIFIER: &str = "jana";
/// The password nobody remembers.
pub const FORGOTTEN: &str = "tangerine-lorry-41-upstream";

pub struct AccountServer {
    pub running: Running,
    pub mailbox: Mailbox,
    pub account: Added,
}

impl AccountServer {
    pub async fn open() -> Result<Self> {
        Self::open_with(|_| {}).await
    }

    /// The same with an account that differs in something.
    pub async fn open_with(change: impl FnOnce(&mut NewAccount)) -> Result<Self> {
        Self::open_as("Dorfladen", change).await
    }

    /// The same under another name.
    pub async fn open_as(name: &str, change: impl FnOnce(&mut NewAccount)) -> Result<Self> {
        Self::serve(Config::loopback(name), change).await
    }

    /// Anybody may make an account there.
    pub async fn open_to_all() -> Result<Self> {
        let mut config = Config::loopback("Dorfladen");
        config.sign_up.open = true;
        Self::serve(config, |_| {}).await
    }

    /// The same with settings of its own.
    pub async fn serve(config: Config, change: impl FnOnce(&mut NewAccount)) -> Result<Self> {
        let mailbox = Mailbox::open().await?;
        let (mut deps, _outbox) = Deps::in_memory(config).await?;
        deps.mailer = Arc::new(SmtpMailer::new(&MailSettings {
            from: "Dorfladen <door@dorfladen.example>".into(),
            server: "127.0.0.1".into(),
            port: Some(mailbox.port),
            encryption: Encryption::None,
            user: None,
            password_file: None,
            password: None,
            dkim: None,
            ca_file: None,
        })?);
        let server = Server::bind(deps).await?;
        let mut jana =
            NewAccount { name: "Jana".into(), ..NewAccount::new(IDENTIFIER, "jana@example.com", FORGOTTEN) };
        change(&mut jana);
        let account = server.app().add_account(jana).await?;
        Ok(Self { running: server.start(), mailbox, account })
    }

    /// What the person types as its address.
    pub fn address(&self) -> String {
        format!("http://{}", self.running.address())
    }

    /// Signs in over HTTP as another device would; what the server answers.
    async fn sign_in_as(&self, identifier: &str, password: &str) -> Result<Value> {
        let body = json!({ "identifier": identifier, "password": password, "device": "A phone" });
        let url = format!("{}/v1/sign-in", self.address());
        let client = reqwest::Client::builder().no_proxy().build()?;
        let answer = client.post(url).json(&body).send().await?;
        answer.json().await.context("the server answers in JSON")
    }

    /// Whether this password opens the account now.
    pub async fn opens(&self, password: &str) -> Result<bool> {
        self.opens_for(IDENTIFIER, password).await
    }

    pub async fn opens_for(&self, identifier: &str, password: &str) -> Result<bool> {
        Ok(self.sign_in_as(identifier, password).await?["state"] == "signed_in")
    }
}
