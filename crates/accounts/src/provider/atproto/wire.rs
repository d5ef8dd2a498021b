//! The words of XRPC, and of DID documents (W3C DID Core 1.0), as far as they are needed here.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `com.atproto.server.describeServer`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Description {
    pub did: String,
    #[serde(rename = "availableUserDomains")]
    pub _available_user_domains: Vec<String>,
}

/// `createSession` and `refreshSession`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    pub access_jwt: String,
    pub refresh_jwt: String,
    pub email: Option<String>,
}

/// `getSession`
#[derive(Deserialize)]
pub struct Account {
    #[serde(rename = "did")]
    pub _did: String,
    pub email: Option<String>,
}

#[derive(Deserialize)]
pub struct Problem {
    pub error: String,
    #[serde(default)]
    pub message: String,
}

/// What rests in the store as the session's text.
#[derive(Serialize, Deserialize)]
pub struct SessionState {
    pub access: String,
    pub refresh: String,
    /// The refresh token before this one, which holds for two hours more.
    #[serde(default)]
    pub previous: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DidDocument {
    pub id: String,
    #[serde(default)]
    pub also_known_as: Vec<String>,
    #[serde(default)]
    pub service: Vec<Entry>,
}

/// One service of a DID document; those of other programs may hold anything.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    #[serde(default)]
    pub id: String,
    #[serde(rename = "type", default)]
    pub kind: Value,
    #[serde(default)]
    pub service_endpoint: Value,
}
