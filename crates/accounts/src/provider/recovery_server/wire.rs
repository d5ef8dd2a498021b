//! The words of the recovery server's HTTP API, version 1.

use serde::{Deserialize, Serialize};

use crate::provider::{Way, WeakReason};

#[derive(Deserialize)]
pub struct About {
    pub server: String,
    pub api: u32,
    pub name: String,
    pub practice: bool,
    pub password: PasswordBounds,
    /// Older servers say nothing of it.
    #[serde(default)]
    pub sign_up: bool,
}

#[derive(Deserialize)]
pub struct PasswordBounds {
    pub min_length: u16,
    pub max_length: u16,
}

#[derive(Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum SignIn {
    SignedIn { session: SessionGrant, account: AccountInfo },
    SecondFactor { ticket: String, ways: Vec<String>, expires_in: u64 },
}

#[derive(Deserialize)]
pub struct SessionGrant {
    pub access_token: String,
    pub refresh_token: String,
}

#[derive(Deserialize)]
pub struct AccountInfo {
    pub sent_to: Option<String>,
}

/// What rests in the store as the session's text.
#[derive(Serialize, Deserialize)]
pub struct SessionState {
    pub access: String,
    pub refresh: String,
    /// The key that a session is bound to which a phone gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

#[derive(Deserialize)]
pub struct RecoveryAsk {
    pub ticket: String,
    pub way: String,
    pub sent_to: Option<String>,
    pub code: CodeForm,
    pub expires_in: u64,
    pub resend_in: u64,
    pub ways: Vec<String>,
}

#[derive(Deserialize)]
pub struct CodeForm {
    pub length: Option<u8>,
}

#[derive(Deserialize)]
pub struct Verified {
    pub ticket: String,
    pub password: PasswordBounds,
}

#[derive(Deserialize)]
pub struct SignedUp {
    pub session: SessionGrant,
    pub account: AccountInfo,
    #[serde(default)]
    pub recovery_codes: Vec<String>,
}

#[derive(Deserialize)]
pub struct Changed {
    pub sessions_ended: u32,
    pub session: Option<SessionGrant>,
    pub account: Option<AccountInfo>,
}

#[derive(Deserialize)]
pub struct Sessions {
    pub sessions: Vec<SessionInfo>,
}

#[derive(Deserialize)]
pub struct SessionInfo {
    pub id: String,
    pub device: String,
    pub last_used_at: u64,
    pub current: bool,
    pub network: Option<String>,
}

#[derive(Deserialize)]
pub struct RecoverySettings {
    pub addresses: Vec<AddressInfo>,
    pub most_addresses: usize,
    pub second_factor: bool,
    pub recovery_codes_left: usize,
    pub changes: Vec<ChangeInfo>,
}

#[derive(Deserialize)]
pub struct AddressInfo {
    pub id: String,
    pub address: String,
    pub first: bool,
    pub confirmed: bool,
    pub last_mail_bounced_at: Option<u64>,
}

#[derive(Deserialize)]
pub struct ChangeInfo {
    pub change: String,
    pub changed_at: u64,
    pub revocable_until: u64,
}

#[derive(Deserialize)]
pub struct AuthenticatorAsk {
    pub ticket: String,
    pub otpauth: String,
    pub expires_in: u64,
}

#[derive(Deserialize)]
pub struct NewCodes {
    pub recovery_codes: Vec<String>,
}

#[derive(Deserialize)]
pub struct Ended {
    pub ended: u32,
}

/// RFC 9457 problem details.
#[derive(Deserialize)]
pub struct Problem {
    pub code: String,
    #[serde(default)]
    pub reasons: Vec<Reason>,
    /// Of `weak_session`.
    pub until: Option<u64>,
}

#[derive(Deserialize)]
pub struct Link {
    pub id: String,
    pub url: String,
    pub short_url: String,
    pub user_code: String,
    pub qr_expires_in: u64,
    pub expires_in: u64,
}

#[derive(Deserialize)]
pub struct LinkState {
    pub state: String,
    pub url: Option<String>,
    pub qr_expires_in: Option<u64>,
    pub expires_in: u64,
    pub phone: Option<Phone>,
    pub code: Option<String>,
}

#[derive(Deserialize)]
pub struct Phone {
    pub device: String,
    pub network: Option<String>,
}

#[derive(Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Reason {
    TooShort {
        min: u16,
    },
    TooLong {
        max: u16,
    },
    Common,
    ContainsIdentifier,
    ContainsSite,
    SameAsCurrent,
    /// `guessable`, and whatever a newer server may add.
    #[serde(other)]
    Guessable,
}

impl From<&Reason> for WeakReason {
    fn from(reason: &Reason) -> Self {
        match *reason {
            Reason::TooShort { min } => Self::TooShort { min },
            Reason::TooLong { max } => Self::TooLong { max },
            Reason::Common => Self::Common,
            Reason::ContainsIdentifier => Self::ContainsIdentifier,
            Reason::ContainsSite => Self::ContainsServer,
            Reason::SameAsCurrent => Self::SameAsCurrent,
            Reason::Guessable => Self::Guessable,
        }
    }
}

pub fn way_name(way: Way) -> &'static str {
    match way {
        Way::MailCode => "mail_code",
        Way::MailLink => "mail_link",
        Way::RecoveryCode => "recovery_code",
        Way::Authenticator => "totp",
        // It has no such ways.
        Way::TextCode => "text_code",
        Way::OtherAddress => "other_address",
    }
}

/// The ways that this program knows; one that a newer server adds is not offered.
pub fn ways(names: &[String]) -> Vec<Way> {
    let known = [Way::Authenticator, Way::MailCode, Way::MailLink, Way::RecoveryCode];
    names.iter().filter_map(|name| known.into_iter().find(|way| way_name(*way) == name)).collect()
}
