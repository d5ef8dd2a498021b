//! The words of the headless API, as far as they are needed.

use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
pub struct Found {
    pub data: Config,
}

#[derive(Deserialize)]
pub struct Config {
    pub account: AccountConfig,
    /// There where sessions are listed.
    pub usersessions: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
pub struct AccountConfig {
    pub login_methods: Vec<String>,
}

/// The answer of every step of a conversation, whatever its status.
#[derive(Deserialize)]
pub struct Authentication {
    #[serde(default)]
    pub data: State,
    #[serde(default)]
    pub meta: Meta,
}

#[derive(Deserialize, Default)]
pub struct State {
    pub user: Option<User>,
    #[serde(default)]
    pub flows: Vec<Flow>,
}

#[derive(Deserialize)]
pub struct User {
    pub email: Option<String>,
}

#[derive(Deserialize)]
pub struct Flow {
    pub id: String,
    #[serde(default)]
    pub is_pending: bool,
    #[serde(default)]
    pub types: Vec<String>,
}

#[derive(Deserialize, Default)]
pub struct Meta {
    pub is_authenticated: Option<bool>,
    pub session_token: Option<String>,
}

/// Of any answer: a new token may come with each.
#[derive(Deserialize)]
pub struct WithMeta {
    #[serde(default)]
    pub meta: Meta,
}

#[derive(Deserialize)]
pub struct Refusals {
    #[serde(default)]
    pub errors: Vec<Refusal>,
}

#[derive(Deserialize)]
pub struct Refusal {
    pub code: String,
    /// The field that it is about.
    pub param: Option<String>,
    #[serde(default)]
    pub message: String,
}

#[derive(Deserialize)]
pub struct Sessions {
    pub data: Vec<SessionInfo>,
}

/// Times are seconds since 1970, with a fraction.
#[derive(Deserialize)]
pub struct SessionInfo {
    pub id: u64,
    pub user_agent: String,
    pub ip: Option<String>,
    pub created_at: f64,
    pub last_seen_at: Option<f64>,
    pub is_current: bool,
}

/// What rests in the store as the session's text.
#[derive(Serialize, Deserialize, Default)]
pub struct SessionState {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// What a phone gave, in the place of a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
}

/// Tokens of the OpenID Connect provider: they say who somebody is, and open nothing in this API.
#[derive(Serialize, Deserialize, Clone)]
pub struct Identity {
    pub access: String,
    pub refresh: Option<String>,
}

/// OpenID Connect Discovery 1.0, section 3; RFC 8414.
#[derive(Deserialize)]
pub struct Discovered {
    pub device_authorization_endpoint: Option<String>,
    pub token_endpoint: String,
    pub userinfo_endpoint: String,
    pub revocation_endpoint: Option<String>,
}

/// OpenID Connect Core 1.0, section 5.1.
#[derive(Deserialize)]
pub struct Person {
    pub sub: String,
    pub email: Option<String>,
    pub preferred_username: Option<String>,
}

/// RFC 6749, 5.1. Without a new refresh token the old one goes on.
#[derive(Deserialize)]
pub struct Renewed {
    pub access_token: String,
    pub refresh_token: Option<String>,
}

impl Person {
    pub fn address(&self) -> Option<String> {
        self.email.clone().filter(|email| crate::identifier::is_mailbox(email))
    }
}

impl Authentication {
    /// The step of that name, if the server waits for it.
    pub fn pending(&self, id: &str) -> Option<&Flow> {
        self.data.flows.iter().find(|flow| flow.is_pending && flow.id == id)
    }

    pub fn is_signed_in(&self) -> bool {
        self.meta.is_authenticated == Some(true)
    }

    /// Address of the signed-in person, where there is one.
    pub fn address(&self) -> Option<String> {
        self.data.user.as_ref()?.email.clone().filter(|email| crate::identifier::is_mailbox(email))
    }
}
