//! A computer that asks to be let in: it has a key of its own and signs every call (RFC 9449).

use super::{Answer, World};
use axum::body::Body;
use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

pub const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
pub const CLIENT: &str = "regain-desktop";

pub struct Computer {
    key: SigningKey,
    count: AtomicU64,
    pub nonce: Mutex<Option<String>>,
    pub from: SocketAddr,
    /// Seconds its clock is off.
    pub skew: i64,
}

/// What a computer was answered.
#[derive(Clone, Debug)]
pub struct Asked {
    pub device_code: String,
    pub user_code: String,
    /// The path of the QR code.
    pub qr: String,
}

/// A proof before it is signed, to be spoilt.
pub struct Draft {
    pub header: Value,
    pub claims: Value,
}

impl Computer {
    pub fn new(seed: u8) -> Self {
        Self {
            key: SigningKey::from_slice(&[seed; 32]).unwrap(),
            count: AtomicU64::new(0),
            nonce: Mutex::new(None),
            from: SocketAddr::from(([198, 51, 100, seed], 50_000)),
            skew: 0,
        }
    }

    pub fn jwk(&self) -> Value {
        let point = self.key.verifying_key().to_sec1_point(false);
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({"kty": "EC", "crv": "P-256", "x": encode(point.x().unwrap()), "y": encode(point.y().unwrap())})
    }

    pub fn draft(&self, world: &World, method: &str, path: &str, token: Option<&str>) -> Draft {
        use recovery_server::Clock as _;
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let url = world.app.config().public_url.join(path).unwrap();
        let mut claims = json!({
            "jti": format!("call {count}"), "htm": method, "htu": url.as_str(),
            "iat": world.clock.now() + self.skew,
        });
        if let Some(nonce) = self.nonce.lock().unwrap().clone() {
            claims["nonce"] = nonce.into();
        }
        if let Some(token) = token {
            claims["ath"] = URL_SAFE_NO_PAD.encode(Sha256::digest(token)).into();
        }
        Draft { header: json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk()}), claims }
    }

    pub fn sign(&self, draft: &Draft) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&draft.header), part(&draft.claims));
        let signature: Signature = self.key.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    pub fn proof(&self, world: &World, method: &str, path: &str, token: Option<&str>) -> String {
        self.sign(&self.draft(world, method, path, token))
    }

    /// One form, with the proof that is given, or without one.
    pub async fn send(&self, world: &World, path: &str, proof: Option<&str>, body: &str) -> Answer {
        let kind = "application/x-www-form-urlencoded";
        let mut request = world.request(Method::POST, path).header("content-type", kind);
        if let Some(proof) = proof {
            request = request.header("dpop", proof);
        }
        let answer = world.send_from(self.from, request.body(Body::from(body.to_owned())).unwrap()).await;
        self.learn(&answer);
        answer
    }

    fn learn(&self, answer: &Answer) {
        if let Some(nonce) = answer.headers.get("dpop-nonce") {
            *self.nonce.lock().unwrap() = Some(nonce.to_str().unwrap().to_owned());
        }
    }

    /// A signed form, sent once more if it needs a newer nonce.
    pub async fn call(&self, world: &World, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = form(fields);
        let answer = self.send(world, path, Some(&self.proof(world, "POST", path, None)), &body).await;
        if answer.body["error"] != "use_dpop_nonce" {
            return answer;
        }
        self.send(world, path, Some(&self.proof(world, "POST", path, None)), &body).await
    }

    pub async fn ask_as(&self, world: &World, device: &str) -> Answer {
        let fields = [("client_id", CLIENT), ("scope", "account"), ("device", device)];
        self.call(world, "/oauth/device_authorization", &fields).await
    }

    pub async fn ask(&self, world: &World) -> Asked {
        let answer = self.ask_as(world, "Regain on Linux").await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        Asked {
            device_code: answer.text("device_code"),
            user_code: answer.text("user_code"),
            qr: path_of(&answer.text("verification_uri_complete")),
        }
    }

    pub async fn poll(&self, world: &World, device_code: &str) -> Answer {
        let fields = [("grant_type", GRANT), ("device_code", device_code), ("client_id", CLIENT)];
        self.call(world, "/oauth/token", &fields).await
    }

    pub async fn confirm(&self, world: &World, device_code: &str, code: &str) -> Answer {
        let fields = [("device_code", device_code), ("client_id", CLIENT), ("code", code)];
        self.call(world, "/oauth/device/confirm", &fields).await
    }

    pub async fn cancel(&self, world: &World, device_code: &str) -> Answer {
        self.call(world, "/oauth/device/cancel", &[("device_code", device_code), ("client_id", CLIENT)]).await
    }

    /// A call with a token that is bound to this key.
    pub async fn with_token(
        &self,
        world: &World,
        method: Method,
        path: &str,
        token: &str,
        body: Value,
    ) -> Answer {
        for _ in 0..2 {
            let proof = self.proof(world, method.as_str(), path, Some(token));
            let answer = self.with_proof(world, method.clone(), path, token, &proof, body.clone()).await;
            if answer.body["code"] != "use_dpop_nonce" {
                return answer;
            }
        }
        panic!("a nonce is asked for twice");
    }

    pub async fn with_proof(
        &self,
        world: &World,
        method: Method,
        path: &str,
        token: &str,
        proof: &str,
        body: Value,
    ) -> Answer {
        let request = world
            .request(method, path)
            .header("content-type", "application/json")
            .header("authorization", format!("DPoP {token}"))
            .header("dpop", proof);
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let answer = world.send_from(self.from, request.body(body).unwrap()).await;
        self.learn(&answer);
        answer
    }

    pub async fn refresh(&self, world: &World, token: &str) -> Answer {
        let path = "/v1/session/refresh";
        let proof = self.proof(world, "POST", path, None);
        let request = world
            .request(Method::POST, path)
            .header("content-type", "application/json")
            .header("dpop", proof);
        let body = Body::from(json!({"refresh_token": token}).to_string());
        let answer = world.send_from(self.from, request.body(body).unwrap()).await;
        self.learn(&answer);
        answer
    }
}

pub fn form(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// Path and query of an address of the server.
pub fn path_of(url: &str) -> String {
    let url = url::Url::parse(url).unwrap();
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}
