//! The words of the Matrix client-server API, as far as accounts need them.

use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
pub struct Versions {
    pub versions: Vec<String>,
}

#[derive(Deserialize)]
pub struct LoginFlows {
    pub flows: Vec<LoginFlow>,
}

#[derive(Deserialize)]
pub struct LoginFlow {
    #[serde(rename = "type")]
    pub kind: String,
}

/// MSC2000, which Synapse has under the stable path.
#[derive(Deserialize)]
pub struct PasswordPolicy {
    #[serde(rename = "m.minimum_length")]
    pub min_length: Option<u16>,
    #[serde(rename = "m.require_digit", default)]
    pub digit: bool,
    #[serde(rename = "m.require_lowercase", default)]
    pub lowercase: bool,
    #[serde(rename = "m.require_uppercase", default)]
    pub uppercase: bool,
    #[serde(rename = "m.require_symbol", default)]
    pub symbol: bool,
}

#[derive(Deserialize)]
pub struct Login {
    pub user_id: String,
    pub device_id: String,
    pub access_token: String,
    pub refresh_token: Option<String>,
}

#[derive(Deserialize)]
pub struct Renewed {
    pub access_token: String,
    /// Without one, the old one stays.
    pub refresh_token: Option<String>,
}

/// What rests in the store as the session's text.
#[derive(Clone, Serialize, Deserialize)]
pub struct SessionState {
    pub user: String,
    pub device: String,
    pub access: String,
    pub refresh: Option<String>,
}

#[derive(Deserialize)]
pub struct Addresses {
    pub threepids: Vec<Address>,
}

#[derive(Deserialize)]
pub struct Address {
    pub medium: String,
    pub address: String,
}

#[derive(Deserialize)]
pub struct Devices {
    pub devices: Vec<Device>,
}

#[derive(Deserialize)]
pub struct Device {
    pub device_id: String,
    pub display_name: Option<String>,
    /// Milliseconds since 1970; `null` until the device was used after its sign-in.
    pub last_seen_ts: Option<u64>,
    pub last_seen_ip: Option<String>,
}

#[derive(Deserialize)]
pub struct Mailed {
    pub sid: String,
}

/// An error, a stage of the user-interactive authentication, or both in one.
#[derive(Deserialize)]
pub struct Refusal {
    pub errcode: Option<String>,
    pub session: Option<String>,
    pub flows: Option<Vec<Stages>>,
}

#[derive(Deserialize)]
pub struct Stages {
    pub stages: Vec<String>,
}

#[derive(Deserialize)]
pub struct WellKnown {
    #[serde(rename = "m.homeserver")]
    pub homeserver: Homeserver,
}

#[derive(Deserialize)]
pub struct Homeserver {
    pub base_url: String,
}
