//! A computer that waits to be let in: a key of its own, and a proof with each call (RFC 9449).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

pub const CLIENT: &str = "client_id=regain-desktop";
const GRANT: &str = "grant_type=urn:ietf:params:oauth:grant-type:device_code";
const FORM: &str = "application/x-www-form-urlencoded";

pub struct Computer {
    key: SigningKey,
    /// Of every proof, as it is sent.
    header: String,
    from: String,
    calls: u64,
    /// The server's newest.
    pub nonce: String,
    device_code: String,
}

pub struct Reply {
    pub status: u16,
    pub body: Value,
}

impl Reply {
    pub fn error(&self) -> &str {
        self.body["error"].as_str().unwrap_or_default()
    }
}

impl Computer {
    /// Five of them share an address: as many as may wait there.
    pub fn new(number: usize, nonce: String) -> Self {
        let key = SigningKey::from_slice(&Sha256::digest(number.to_be_bytes())).unwrap();
        let point = key.verifying_key().to_sec1_point(false);
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let jwk = json!({
            "kty": "EC", "crv": "P-256", "x": encode(point.x().unwrap()), "y": encode(point.y().unwrap()),
        });
        let header = encode(json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk}).to_string().as_bytes());
        let line = number / 5;
        let from = format!("198.18.{}.{}", line / 250, line % 250 + 1);
        Self { key, header, from, calls: 0, nonce, device_code: String::new() }
    }

    fn proof(&mut self, address: &str) -> String {
        self.calls += 1;
        let claims = json!({
            "jti": format!("call {}", self.calls), "htm": "POST", "htu": address, "iat": 0, "nonce": self.nonce,
        });
        let signed = format!("{}.{}", self.header, URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature: Signature = self.key.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    /// One call of the node at `url`; `public` is what the server calls itself.
    async fn call(
        &mut self,
        client: &reqwest::Client,
        url: &str,
        public: &str,
        path: &str,
        body: String,
    ) -> reqwest::Result<Reply> {
        let proof = self.proof(&format!("{public}{path}"));
        let call = client.post(format!("{url}{path}")).header("x-forwarded-for", &self.from);
        let answer = call.header("content-type", FORM).header("dpop", proof).body(body).send().await?;
        if let Some(nonce) = answer.headers().get("dpop-nonce") {
            nonce.to_str().unwrap().clone_into(&mut self.nonce);
        }
        Ok(Reply { status: answer.status().as_u16(), body: answer.json().await? })
    }

    pub async fn ask(&mut self, client: &reqwest::Client, url: &str, public: &str) -> reqwest::Result<Reply> {
        let body = format!("{CLIENT}&scope=account&device=bench");
        let reply = self.call(client, url, public, "oauth/device_authorization", body).await?;
        if let Some(code) = reply.body["device_code"].as_str() {
            code.clone_into(&mut self.device_code);
        }
        Ok(reply)
    }

    pub async fn poll(
        &mut self,
        client: &reqwest::Client,
        url: &str,
        public: &str,
    ) -> reqwest::Result<Reply> {
        let body = format!("{GRANT}&device_code={}&{CLIENT}", self.device_code);
        self.call(client, url, public, "oauth/token", body).await
    }

    pub async fn cancel(
        &mut self,
        client: &reqwest::Client,
        url: &str,
        public: &str,
    ) -> reqwest::Result<Reply> {
        let body = format!("device_code={}&{CLIENT}", self.device_code);
        self.call(client, url, public, "oauth/device/cancel", body).await
    }
}

/// The server's nonce, from an answer that asks for one.
pub async fn nonce(client: &reqwest::Client, url: &str, public: &str) -> String {
    let mut first = Computer::new(0, String::new());
    let reply = first.ask(client, url, public).await.unwrap();
    assert_eq!(reply.error(), "use_dpop_nonce", "{}", reply.body);
    first.nonce
}
