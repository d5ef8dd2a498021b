//! Proof of possession (RFC 9449): a session that is bound to a key opens nothing without the key.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::json;
use sha2::{Digest, Sha256};
use url::Url;

use super::desk::Desk;
use crate::clock::Random;
use crate::error::{ErrorKind, Result};
use crate::http::{Call, Reply};
use crate::secret::Secret;

/// A key of this computer (ES256), made for one pairing.
#[derive(Clone)]
pub(super) struct ProofKey(Arc<SigningKey>);

impl ProofKey {
    pub fn random(random: &dyn Random) -> Self {
        loop {
            let mut bytes = zeroize::Zeroizing::new([0; 32]);
            random.fill(&mut *bytes);
            // All but one in 2^32 are keys of this curve.
            if let Ok(key) = SigningKey::from_slice(&*bytes) {
                return Self(Arc::new(key));
            }
        }
    }

    /// As it rests in the store.
    pub fn to_secret(&self) -> Secret {
        let bytes = zeroize::Zeroizing::new(self.0.to_bytes());
        Secret::new(URL_SAFE_NO_PAD.encode(&**bytes))
    }

    /// A text that is no key is `SignedOut`: what it was made for cannot be used any more.
    pub fn from_text(text: &str) -> Result<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map(zeroize::Zeroizing::new);
        let bytes = bytes.map_err(|_| ErrorKind::SignedOut)?;
        let key = SigningKey::from_slice(&bytes).map_err(|_| ErrorKind::SignedOut)?;
        Ok(Self(Arc::new(key)))
    }

    fn proof(&self, about: &About<'_>, id: &str, at: SystemTime) -> String {
        let point = self.0.verifying_key().to_sec1_point(false);
        let part = |part: Option<&_>| part.map(|part: &p256::FieldBytes| URL_SAFE_NO_PAD.encode(part));
        let head = json!({
            "typ": "dpop+jwt",
            "alg": "ES256",
            "jwk": { "kty": "EC", "crv": "P-256", "x": part(point.x()), "y": part(point.y()) },
        });
        let mut target = about.url.clone();
        target.set_query(None);
        target.set_fragment(None);
        let mut claims = json!({
            "jti": id,
            "htm": about.method,
            "htu": target.as_str(),
            "iat": at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
        });
        if let Some(nonce) = about.nonce {
            claims["nonce"] = json!(nonce);
        }
        if let Some(token) = about.token {
            claims["ath"] = json!(URL_SAFE_NO_PAD.encode(Sha256::digest(token.expose().as_bytes())));
        }
        let signed = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(head.to_string()),
            URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        let signature: Signature = self.0.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }
}

/// What a proof is about.
struct About<'a> {
    method: &'a str,
    url: &'a Url,
    nonce: Option<&'a str>,
    token: Option<&'a Secret>,
}

/// The last nonce that a server gave (RFC 9449, 8).
#[derive(Clone, Default)]
pub(super) struct Nonce(Arc<Mutex<Option<String>>>);

impl Nonce {
    fn get(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, reply: &Reply) -> bool {
        let Some(fresh) = reply.header("dpop-nonce") else { return false };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = known.as_deref() != Some(fresh);
        *known = Some(fresh.to_owned());
        is_new
    }
}

/// Sends a call with a proof, and once more if the server wants its nonce in it. With a token, the call is that session's.
pub(super) async fn send<'a>(
    desk: &Desk,
    key: &ProofKey,
    nonce: &Nonce,
    token: Option<&Secret>,
    call: impl Fn() -> Call<'a>,
) -> Result<Reply> {
    let once = || async {
        let call = call();
        let known = nonce.get();
        let about = About { method: call.method(), url: call.url(), nonce: known.as_deref(), token };
        let mut id = [0; 16];
        desk.http.random().fill(&mut id);
        let proof = key.proof(&about, &URL_SAFE_NO_PAD.encode(id), desk.clock.now());
        let call = call.header("dpop", proof);
        let call = match token {
            Some(token) => call.header("authorization", format!("DPoP {}", token.expose())),
            None => call,
        };
        desk.http.send(call).await
    };
    let reply = once().await?;
    let is_new = nonce.keep(&reply);
    if is_new && matches!(reply.status, 400 | 401) && wants_nonce(&reply) {
        let reply = once().await?;
        nonce.keep(&reply);
        return Ok(reply);
    }
    Ok(reply)
}

fn wants_nonce(reply: &Reply) -> bool {
    let said = reply.header("www-authenticate").unwrap_or_default();
    said.contains("use_dpop_nonce")
        || reply
            .json::<serde_json::Value>()
            .is_ok_and(|body| body.get("error").is_some_and(|error| error == "use_dpop_nonce"))
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::VerifyingKey;
    use p256::ecdsa::signature::Verifier as _;
    use serde_json::Value;

    use super::*;
    use crate::clock::SeededRandom;

    #[test]
    fn a_proof_says_what_it_is_for_and_is_signed_with_the_key_it_carries() {
        let key = ProofKey::random(&SeededRandom::new(1));
        let url = Url::parse("https://accounts.example/v1/session?a=b#c").unwrap();
        let token = Secret::new("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU");
        let about = About { method: "GET", url: &url, nonce: Some("n"), token: Some(&token) };
        let proof = key.proof(&about, "id", UNIX_EPOCH);
        let parts: Vec<&str> = proof.split('.').collect();
        let read = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
        let head: Value = serde_json::from_slice(&read(parts[0])).unwrap();
        let claims: Value = serde_json::from_slice(&read(parts[1])).unwrap();
        assert_eq!((&head["typ"], &head["alg"]), (&json!("dpop+jwt"), &json!("ES256")));
        assert!(head["jwk"].get("d").is_none());
        // The hash is that of RFC 9449, 4.1 and 7.
        let expected = json!({
            "jti": "id", "htm": "GET", "htu": "https://accounts.example/v1/session", "iat": 0, "nonce": "n",
            "ath": "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo",
        });
        assert_eq!(claims, expected);
        let mut point = vec![4];
        point.extend(read(head["jwk"]["x"].as_str().unwrap()));
        point.extend(read(head["jwk"]["y"].as_str().unwrap()));
        let public = VerifyingKey::from_sec1_bytes(&point).unwrap();
        let signature = Signature::from_slice(&read(parts[2])).unwrap();
        public.verify(format!("{}.{}", parts[0], parts[1]).as_bytes(), &signature).unwrap();
    }

    #[test]
    fn a_key_rests_as_text_and_comes_back() {
        let key = ProofKey::random(&SeededRandom::new(2));
        let again = ProofKey::from_text(key.to_secret().expose()).unwrap();
        assert_eq!(key.to_secret(), again.to_secret());
        for text in ["", "AA", "not base 64!", &"_".repeat(43)] {
            assert_eq!(ProofKey::from_text(text).err().unwrap().kind(), ErrorKind::SignedOut, "{text}");
        }
    }
}
