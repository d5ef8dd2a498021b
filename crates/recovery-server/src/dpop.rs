//! Proof of possession (RFC 9449): which key signed a call, read as strictly as the RFC allows.

pub(crate) mod nonce;

use crate::storage::Seen;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use url::Url;

/// Longest proof, bytes.
const LONGEST: usize = 4_096;
/// Longest `jti`, bytes.
const LONGEST_JTI: usize = 256;
/// Members that only a private or symmetric key has (RFC 7518 section 6).
const PRIVATE: [&str; 9] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "r"];

/// A proof whose signature holds. What it was made for is still to be compared.
#[derive(Debug)]
pub(crate) struct Proof {
    /// The key's thumbprint (RFC 7638).
    pub(crate) jkt: String,
    jti: String,
    method: String,
    address: String,
    pub(crate) nonce: Option<String>,
    ath: Option<String>,
}

#[derive(Deserialize)]
struct Header {
    typ: String,
    alg: String,
    jwk: serde_json::Map<String, serde_json::Value>,
    crit: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    /// Must be there; which time it tells does not matter, since the nonce is ours.
    #[serde(rename = "iat")]
    _iat: serde_json::Number,
    nonce: Option<String>,
    ath: Option<String>,
}

impl Proof {
    /// `None` for anything but a well-formed proof that its own key has signed.
    pub(crate) fn read(jwt: &str) -> Option<Self> {
        if jwt.len() > LONGEST {
            return None;
        }
        let (signed, signature) = jwt.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let header: Header = part(header)?;
        if header.typ != "dpop+jwt" || header.alg != "ES256" || header.crit.is_some() {
            return None;
        }
        let (x, y) = coordinates(&header.jwk)?;
        let point = [&[4], x.as_slice(), y.as_slice()].concat();
        let key = VerifyingKey::from_sec1_bytes(&point).ok()?;
        let signature = Signature::from_slice(&URL_SAFE_NO_PAD.decode(signature).ok()?).ok()?;
        key.verify(signed.as_bytes(), &signature).ok()?;
        let claims: Claims = part(claims)?;
        (!claims.jti.is_empty() && claims.jti.len() <= LONGEST_JTI).then(|| Self {
            jkt: thumbprint(&x, &y),
            jti: claims.jti,
            method: claims.htm,
            address: claims.htu,
            nonce: claims.nonce,
            ath: claims.ath,
        })
    }

    /// Was it made for this call? Query and fragment do not count (RFC 9449 section 4.3).
    pub(crate) fn is_for(&self, method: &str, address: &Url, token: Option<&str>) -> bool {
        let Ok(mut said) = Url::parse(&self.address) else {
            return false;
        };
        said.set_query(None);
        said.set_fragment(None);
        let ath = token.map(|token| URL_SAFE_NO_PAD.encode(Sha256::digest(token.as_bytes())));
        // A proof made for a call with a token is no proof for one without.
        self.method == method && said == *address && self.ath == ath
    }

    /// What remembers that this proof was used.
    pub(crate) fn seen(&self, until: i64) -> Seen {
        let proof = Sha256::new()
            .chain_update(self.jkt.as_bytes())
            .chain_update([0])
            .chain_update(self.jti.as_bytes())
            .finalize();
        Seen { proof: proof.to_vec(), until }
    }
}

fn part<T: for<'de> Deserialize<'de>>(encoded: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(encoded).ok()?).ok()
}

fn coordinates(jwk: &serde_json::Map<String, serde_json::Value>) -> Option<([u8; 32], [u8; 32])> {
    let text = |name: &str| jwk.get(name)?.as_str();
    let number = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).ok()?.try_into().ok();
    if text("kty")? != "EC" || text("crv")? != "P-256" || PRIVATE.iter().any(|name| jwk.contains_key(*name)) {
        return None;
    }
    Some((number("x")?, number("y")?))
}

/// RFC 7638 section 3: the members in this order, without spaces.
fn thumbprint(x: &[u8; 32], y: &[u8; 32]) -> String {
    let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
    let json = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
    URL_SAFE_NO_PAD.encode(Sha256::digest(json.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9449 section 4.1, figure 2.
    const TOKEN_CALL: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
    /// RFC 9449 section 7.1, figure 13, with the token of section 6.1.
    const RESOURCE_CALL: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA";
    const TOKEN: &str = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn the_proofs_of_rfc_9449() {
        let proof = Proof::read(TOKEN_CALL).unwrap();
        // Section 6.1 binds the token to this thumbprint.
        assert_eq!(proof.jkt, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
        assert!(proof.is_for("POST", &url("https://server.example.com/token"), None));
        let proof = Proof::read(RESOURCE_CALL).unwrap();
        assert!(proof.is_for("GET", &url("https://resource.example.org/protectedresource"), Some(TOKEN)));
    }

    #[test]
    fn a_proof_is_for_one_call_only() {
        let proof = Proof::read(RESOURCE_CALL).unwrap();
        let right = url("https://resource.example.org/protectedresource");
        assert!(!proof.is_for("POST", &right, Some(TOKEN)));
        assert!(!proof.is_for("GET", &url("https://resource.example.org/other"), Some(TOKEN)));
        assert!(!proof.is_for("GET", &url("http://resource.example.org/protectedresource"), Some(TOKEN)));
        assert!(!proof.is_for("GET", &right, Some("another")));
        assert!(!proof.is_for("GET", &right, None), "made with a token");
    }

    #[test]
    fn a_changed_proof_is_none() {
        let (signed, signature) = TOKEN_CALL.rsplit_once('.').unwrap();
        let (header, claims) = signed.split_once('.').unwrap();
        let other = RESOURCE_CALL.split('.').nth(1).unwrap();
        for odd in [
            String::new(),
            "..".to_owned(),
            format!("{header}.{other}.{signature}"),
            format!("{header}.{claims}."),
            format!("{header}.{claims}.{}", &signature[..80]),
            format!("{TOKEN_CALL}."),
            format!("{header}=.{claims}.{signature}"),
        ] {
            assert!(Proof::read(&odd).is_none(), "{odd}");
        }
    }

    #[test]
    fn the_same_proof_is_recognised_and_another_is_not() {
        let (one, other) = (Proof::read(TOKEN_CALL).unwrap(), Proof::read(RESOURCE_CALL).unwrap());
        assert_eq!(one.seen(5).proof, Proof::read(TOKEN_CALL).unwrap().seen(9).proof);
        assert_ne!(one.seen(5).proof, other.seen(5).proof);
    }
}
