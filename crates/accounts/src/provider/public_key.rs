//! The key that says which project a caller means, to a gateway in front of many: public, as every page of that project
//! carries it. It opens nothing by itself; those that do are refused.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;

/// Longest key that is looked at, in bytes; one in the form of a JWT has about 200.
const MAX_LENGTH: usize = 4_096;

/// A key that anybody may see.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(String);

/// Why a typed key is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyProblem {
    Empty,
    NotAKey,
    /// It is one of those that must stay on a server, or somebody's session.
    Secret,
}

impl PublicKey {
    /// Reads what was typed or pasted, quotes around it included.
    pub fn read(typed: &str) -> Result<Self, KeyProblem> {
        let key = typed.trim().trim_matches(['"', '\'']);
        if key.is_empty() {
            return Err(KeyProblem::Empty);
        }
        if key.len() > MAX_LENGTH || !key.chars().all(|c| c.is_ascii_graphic()) {
            return Err(KeyProblem::NotAKey);
        }
        if is_secret(key) { Err(KeyProblem::Secret) } else { Ok(Self(key.to_owned())) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey")
    }
}

/// Supabase's newer keys say what they are in front; the older ones are JWTs with a role.
fn is_secret(key: &str) -> bool {
    key.starts_with("sb_secret_") || role(key).is_some_and(|role| role != "anon")
}

fn role(key: &str) -> Option<String> {
    let payload = key.split('.').nth(1)?;
    let payload = BASE64URL_NOPAD.decode(payload.trim_end_matches('=').as_bytes()).ok()?;
    let payload: Value = serde_json::from_slice(&payload).ok()?;
    payload.get("role")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jwt(payload: &str) -> String {
        let part = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
        format!("{}.{}.{}", part(r#"{"alg":"HS256","typ":"JWT"}"#), part(payload), part("signature"))
    }

    #[test]
    fn public_keys_are_read_with_what_stands_around_them() {
        let anon = jwt(r#"{"iss":"supabase","ref":"project","role":"anon"}"#);
        for key in ["sb_publishable_abc-DEF_123", &anon, &jwt(r#"{"iss":"own"}"#), "own-gateway-key"] {
            for typed in [key.to_owned(), format!("  {key}\n"), format!("\"{key}\"")] {
                assert_eq!(PublicKey::read(&typed).unwrap().as_str(), key);
            }
        }
    }

    #[test]
    fn secret_keys_and_sessions_are_refused() {
        let service = jwt(r#"{"iss":"supabase","role":"service_role"}"#);
        let session = jwt(r#"{"sub":"jana","role":"authenticated"}"#);
        for typed in ["sb_secret_abc-DEF_123", " 'sb_secret_abc' ", &service, &session] {
            assert_eq!(PublicKey::read(typed).unwrap_err(), KeyProblem::Secret, "{typed}");
        }
    }

    #[test]
    fn what_no_header_could_carry_is_no_key() {
        assert_eq!(PublicKey::read(" \n").unwrap_err(), KeyProblem::Empty);
        for typed in ["two words", "ключ", "a\nb", &"x".repeat(4_097)] {
            assert_eq!(PublicKey::read(typed).unwrap_err(), KeyProblem::NotAKey, "{typed}");
        }
    }
}
