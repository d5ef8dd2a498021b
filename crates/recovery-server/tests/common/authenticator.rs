//! An authenticator with its browser: it makes passkeys and signs with them (WebAuthn level 3, ES256, no attestation).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::sync::atomic::{AtomicU32, Ordering};

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const ATTESTED: u8 = 0x40;

/// One passkey on a device. What is not as it should be is set by the test.
pub struct Authenticator {
    key: SigningKey,
    id: Vec<u8>,
    pub user: Vec<u8>,
    pub counter: AtomicU32,
    pub origin: String,
    pub rp: String,
    pub verifies: bool,
    /// What the browser says about finding it without a name.
    pub discoverable: bool,
}

impl Authenticator {
    pub fn new(seed: u8) -> Self {
        Self {
            key: SigningKey::from_slice(&[seed; 32]).unwrap(),
            id: vec![seed; 32],
            user: Vec::new(),
            counter: AtomicU32::new(0),
            origin: "https://konto.dorfladen.example".to_owned(),
            rp: "konto.dorfladen.example".to_owned(),
            verifies: true,
            discoverable: true,
        }
    }

    /// Has the same key as another one, and counts for itself.
    pub fn copied(&self) -> Self {
        let user = self.user.clone();
        let counter = AtomicU32::new(self.counter.load(Ordering::Relaxed));
        let (origin, rp) = (self.origin.clone(), self.rp.clone());
        Self { key: self.key.clone(), id: self.id.clone(), user, counter, origin, rp, ..Self::new(1) }
    }

    /// `navigator.credentials.create`
    pub fn create(&mut self, options: &Value) -> String {
        self.user = bytes(&options["user"]["id"]);
        let point = self.key.verifying_key().to_sec1_point(false);
        // RFC 9053: kty 2 (EC2), alg -7 (ES256), crv 1 (P-256), x, y.
        let mut cose = vec![0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21];
        cose.extend(cbor_bytes(point.x().unwrap()));
        cose.push(0x22);
        cose.extend(cbor_bytes(point.y().unwrap()));
        let mut data = self.data(ATTESTED);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(&self.id);
        data.extend(cose);
        let mut object = vec![0xa3];
        object.extend([cbor_text("fmt"), cbor_text("none"), cbor_text("attStmt"), vec![0xa0]].concat());
        object.extend(cbor_text("authData"));
        object.extend(cbor_bytes(&data));
        json!({
            "id": encode(&self.id), "rawId": encode(&self.id), "type": "public-key",
            "response": {
                "attestationObject": encode(&object),
                "clientDataJSON": encode(&self.client("webauthn.create", options)),
            },
            "extensions": {"credProps": {"rk": self.discoverable}},
        })
        .to_string()
    }

    /// `navigator.credentials.get`
    pub fn get(&self, options: &Value) -> String {
        self.counter.fetch_add(1, Ordering::Relaxed);
        let client = self.client("webauthn.get", options);
        let data = self.data(0);
        let signature: Signature = self.key.sign(&[data.as_slice(), &Sha256::digest(&client)].concat());
        json!({
            "id": encode(&self.id), "rawId": encode(&self.id), "type": "public-key",
            "response": {
                "authenticatorData": encode(&data),
                "clientDataJSON": encode(&client),
                "signature": encode(signature.to_der().as_bytes()),
                "userHandle": encode(&self.user),
            },
        })
        .to_string()
    }

    /// The id as `allowCredentials` and `excludeCredentials` have it.
    pub fn id(&self) -> String {
        encode(&self.id)
    }

    fn client(&self, kind: &str, options: &Value) -> Vec<u8> {
        let challenge = &options["challenge"];
        json!({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false})
            .to_string()
            .into_bytes()
    }

    fn data(&self, more: u8) -> Vec<u8> {
        let mut data = Sha256::digest(&self.rp).to_vec();
        data.push(USER_PRESENT | more | if self.verifies { USER_VERIFIED } else { 0 });
        data.extend(self.counter.load(Ordering::Relaxed).to_be_bytes());
        data
    }
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn bytes(text: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text.as_str().unwrap()).unwrap()
}

/// CBOR (RFC 8949) for up to 65,535 bytes.
fn cbor_bytes(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap();
    [&[0x59][..], &length.to_be_bytes(), bytes].concat()
}

/// For up to 23 letters.
fn cbor_text(text: &str) -> Vec<u8> {
    [&[0x60 + u8::try_from(text.len()).unwrap()][..], text.as_bytes()].concat()
}
