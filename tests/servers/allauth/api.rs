//! The server asked directly, for accounts to be made and for defects to be shown.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

use super::*;

pub(super) struct Api {
    base: String,
    client: reqwest::Client,
}

pub(super) struct Answered {
    pub status: u16,
    pub body: Value,
}

impl Answered {
    pub fn token(&self) -> Option<String> {
        self.body["meta"]["session_token"].as_str().map(str::to_owned)
    }

    /// Codes of the refused fields, as `field/code`.
    pub fn refusals(&self) -> Vec<String> {
        let errors = self.body["errors"].as_array().into_iter().flatten();
        let line = |error: &Value| {
            let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
            format!("{}/{}", text("param"), text("code"))
        };
        errors.map(line).collect()
    }
}

impl Api {
    pub fn at(address: &str) -> Self {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { base: format!("{address}/_allauth/app/v1/"), client }
    }

    pub async fn ask(&self, method: &str, path: &str, token: Option<&str>, body: Value) -> Result<Answered> {
        self.with(method, path, token, "", body).await
    }

    /// With the code in the header where the documented check looks for it.
    pub async fn with(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        key: &str,
        body: Value,
    ) -> Result<Answered> {
        let mut request = self.client.request(method.parse()?, format!("{}{path}", self.base));
        if let Some(token) = token {
            request = request.header("x-session-token", token);
        }
        if !key.is_empty() {
            request = request.header("x-password-reset-key", key);
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        let reply = request.send().await?;
        let status = reply.status().as_u16();
        Ok(Answered { status, body: reply.json().await.unwrap_or_default() })
    }
}

/// The authenticator's code at a time in seconds since 1970 (RFC 6238: SHA-1, six digits, thirty seconds).
pub(super) fn totp(seed: &str, now: u64) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(&base32(seed)).unwrap();
    mac.update(&(now / 30).to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let from = usize::from(hash[19] & 15);
    let part: [u8; 4] = hash[from..from + 4].try_into().unwrap();
    format!("{:06}", (u32::from_be_bytes(part) & 0x7fff_ffff) % 1_000_000)
}

fn base32(text: &str) -> Vec<u8> {
    let (mut bits, mut held, mut out) = (0_u32, 0, Vec::new());
    for c in text.chars().filter_map(|c| "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(c)) {
        bits = bits << 5 | c as u32;
        held += 5;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    out
}
