//! The words of the device authorization grant (RFC 8628), with what our own server adds to them.

use serde::Deserialize;

use crate::secret::Secret;

/// RFC 8628, 3.2.
#[derive(Deserialize)]
pub struct Begun {
    pub device_code: String,
    pub user_code: String,
    #[serde(alias = "verification_url")]
    pub verification_uri: String,
    pub verification_uri_complete: Option<String>,
    pub expires_in: u64,
    pub interval: Option<u64>,
    /// Ours: the QR code is renewed before this has passed.
    pub qr_expires_in: Option<u64>,
}

/// RFC 6749, 5.2; RFC 8628, 3.5.
#[derive(Deserialize)]
pub struct Failure {
    pub error: String,
}

/// What a failure may say beside its name; all of it is ours.
#[derive(Deserialize)]
pub struct Pending {
    pub pairing_state: Option<String>,
    pub expires_in: Option<u64>,
    pub verification_uri_complete: Option<String>,
    pub qr_expires_in: Option<u64>,
    pub interval: Option<u64>,
    pub tries_left: Option<u8>,
}

/// RFC 6749, 5.1; the account and the times are ours.
#[derive(Deserialize)]
pub struct Granted {
    pub access_token: String,
    pub token_type: String,
    pub refresh_token: Option<String>,
    pub weak_until: Option<u64>,
    pub account: Option<Account>,
}

#[derive(Deserialize, Clone)]
pub struct Account {
    pub identifier: String,
    pub sent_to: Option<String>,
}

/// The same while it waits to be understood: it works once.
#[derive(Clone)]
pub struct Grant {
    pub access: Secret,
    pub kind: String,
    pub refresh: Option<Secret>,
    pub weak_until: Option<u64>,
    pub account: Option<Account>,
}

impl From<Granted> for Grant {
    fn from(granted: Granted) -> Self {
        Self {
            access: Secret::new(granted.access_token),
            kind: granted.token_type,
            refresh: granted.refresh_token.map(Secret::new),
            weak_until: granted.weak_until,
            account: granted.account,
        }
    }
}
