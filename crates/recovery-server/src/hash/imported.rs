//! Passwords that another server has hashed: they are checked as it did, and hashed anew at the first sign-in.
//!
//! What is taken: Argon2id, scrypt and PBKDF2 as PHC strings, bcrypt (`$2a$`, `$2b$`, `$2y$`), and Django's
//! `pbkdf2_sha256$…`.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::Hmac;
use sha2::{Sha256, Sha512};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// What stands before such a hash in the database: one of ours has a pepper, and these have none.
const MARK: &str = "imported:";
/// Above these, checking one password would take more than a few seconds.
const BCRYPT_COST: u32 = 15;
const PBKDF2_ROUNDS: u32 = 5_000_000;
const SCRYPT_LOG_N: u8 = 18;
const ARGON2_KIB: u32 = 256 * 1024;

/// Why a hash cannot be taken over, in words for whoever brings it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(&'static str);

/// A hash of another server, read.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Imported {
    Argon2 { algorithm: Algorithm, params: Params, salt: Vec<u8>, hash: Vec<u8> },
    Bcrypt(String),
    Scrypt { log_n: u8, r: u32, p: u32, salt: Vec<u8>, hash: Vec<u8> },
    Pbkdf2 { sha512: bool, rounds: u32, salt: Vec<u8>, hash: Vec<u8> },
}

/// The hash as it is stored.
///
/// # Errors
/// It is of no known kind, or so costly that checking it would stop the server.
pub fn stored(text: &str) -> Result<String, Unreadable> {
    Imported::read(text.trim())?;
    Ok(format!("{MARK}{}", text.trim()))
}

/// The hash behind the mark, if it is one of these.
pub(super) fn of(stored: &str) -> Option<&str> {
    stored.strip_prefix(MARK)
}

/// Whether that is the password.
pub(super) fn fits(secret: &str, text: &str) -> Result<bool, Unreadable> {
    let failed = |_| Unreadable("it cannot be computed");
    let (computed, hash) = match Imported::read(text)? {
        Imported::Bcrypt(text) => {
            return bcrypt::verify(secret, &text).map_err(|_| Unreadable("it cannot be computed"));
        }
        Imported::Argon2 { algorithm, params, salt, hash } => {
            let mut computed = Zeroizing::new(vec![0; hash.len()]);
            let argon2 = Argon2::new(algorithm, Version::V0x13, params);
            argon2.hash_password_into(secret.as_bytes(), &salt, &mut computed).map_err(failed)?;
            (computed, hash)
        }
        Imported::Scrypt { log_n, r, p, salt, hash } => {
            let mut computed = Zeroizing::new(vec![0; hash.len()]);
            let params = scrypt::Params::new(log_n, r, p).map_err(|_| Unreadable("it cannot be computed"))?;
            scrypt::scrypt(secret.as_bytes(), &salt, &params, &mut computed)
                .map_err(|_| Unreadable("it cannot be computed"))?;
            (computed, hash)
        }
        Imported::Pbkdf2 { sha512, rounds, salt, hash } => {
            let mut computed = Zeroizing::new(vec![0; hash.len()]);
            let done = match sha512 {
                true => pbkdf2::pbkdf2::<Hmac<Sha512>>(secret.as_bytes(), &salt, rounds, &mut computed),
                false => pbkdf2::pbkdf2::<Hmac<Sha256>>(secret.as_bytes(), &salt, rounds, &mut computed),
            };
            done.map_err(|_| Unreadable("it cannot be computed"))?;
            (computed, hash)
        }
    };
    Ok(computed.ct_eq(&hash).into())
}

impl Imported {
    fn read(text: &str) -> Result<Self, Unreadable> {
        let kind = text.trim_start_matches('$').split('$').next().unwrap_or_default();
        match kind {
            "argon2id" | "argon2i" | "scrypt" | "pbkdf2" | "pbkdf2-sha256" | "pbkdf2-sha512" => {
                Self::phc(text)
            }
            "2a" | "2b" | "2y" | "2x" => Self::bcrypt(text),
            "pbkdf2_sha256" => Self::django(text),
            _ => Err(Unreadable("it is no hash of a kind that can be taken over")),
        }
    }

    fn phc(text: &str) -> Result<Self, Unreadable> {
        let parsed = PasswordHash::new(text).map_err(|_| Unreadable("it is no PHC string"))?;
        let (Some(salt), Some(hash)) = (&parsed.salt, &parsed.hash) else {
            return Err(Unreadable("it has no salt, or no hash"));
        };
        let (salt, hash) = (salt.as_ref().to_vec(), hash.as_ref().to_vec());
        let number = |name: &str| parsed.params.get_decimal(name);
        match parsed.algorithm.as_str() {
            kind @ ("argon2id" | "argon2i") => {
                if parsed.version != Some(19) {
                    return Err(Unreadable("only version 19 of Argon2 is known"));
                }
                let params =
                    Params::try_from(&parsed).map_err(|_| Unreadable("its parameters are not possible"))?;
                if params.m_cost() > ARGON2_KIB || params.t_cost() > 16 {
                    return Err(Unreadable("it takes too much memory or time to check"));
                }
                let algorithm = if kind == "argon2id" { Algorithm::Argon2id } else { Algorithm::Argon2i };
                Ok(Self::Argon2 { algorithm, params, salt, hash })
            }
            "scrypt" => {
                let (Some(log_n), Some(r), Some(p)) = (number("ln"), number("r"), number("p")) else {
                    return Err(Unreadable("its parameters are not possible"));
                };
                let log_n = u8::try_from(log_n).unwrap_or(u8::MAX);
                if log_n > SCRYPT_LOG_N || r > 16 || p > 4 {
                    return Err(Unreadable("it takes too much memory or time to check"));
                }
                Ok(Self::Scrypt { log_n, r, p, salt, hash })
            }
            kind => {
                let rounds = number("i").ok_or(Unreadable("its parameters are not possible"))?;
                Self::pbkdf2(kind == "pbkdf2-sha512", rounds, salt, hash)
            }
        }
    }

    /// `pbkdf2_sha256$<rounds>$<salt>$<hash, base64>`
    fn django(text: &str) -> Result<Self, Unreadable> {
        let parts: Vec<&str> = text.split('$').collect();
        let [_, rounds, salt, hash] = parts[..] else {
            return Err(Unreadable("it is not as Django writes it"));
        };
        let rounds = rounds.parse().map_err(|_| Unreadable("it is not as Django writes it"))?;
        let hash = STANDARD.decode(hash).map_err(|_| Unreadable("it is not as Django writes it"))?;
        Self::pbkdf2(false, rounds, salt.as_bytes().to_vec(), hash)
    }

    fn pbkdf2(sha512: bool, rounds: u32, salt: Vec<u8>, hash: Vec<u8>) -> Result<Self, Unreadable> {
        if rounds == 0 || hash.len() < 16 || hash.len() > 64 {
            return Err(Unreadable("its parameters are not possible"));
        }
        if rounds > PBKDF2_ROUNDS {
            return Err(Unreadable("it takes too much memory or time to check"));
        }
        Ok(Self::Pbkdf2 { sha512, rounds, salt, hash })
    }

    fn bcrypt(text: &str) -> Result<Self, Unreadable> {
        let parts: bcrypt::HashParts = text.parse().map_err(|_| Unreadable("it is no hash of bcrypt"))?;
        if parts.get_cost() > BCRYPT_COST {
            return Err(Unreadable("it takes too much memory or time to check"));
        }
        Ok(Self::Bcrypt(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the servers' own libraries have written them, all of the same password.
    const PASSWORD: &str = "correct horse";
    const MADE: [&str; 6] = include!("imported/made.in");

    #[test]
    fn each_kind_is_checked_as_it_was_made() {
        for text in MADE {
            assert_eq!(stored(text).unwrap(), format!("imported:{text}"));
            assert_eq!(of(&stored(text).unwrap()), Some(text));
            assert!(fits(PASSWORD, text).unwrap(), "{text}");
            assert!(!fits("correct horsE", text).unwrap(), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_taken_over_says_why() {
        for (text, why) in [
            ("", "no hash"),
            ("5f4dcc3b5aa765d61d8327deb882cf99", "no hash"),
            ("{SSHA}abc", "no hash"),
            ("$argon2id$v=16$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA", "version 19"),
            ("$argon2id$v=19$m=4194304,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA", "too much"),
            ("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ", "no salt, or no hash"),
            ("$scrypt$ln=30,r=8,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA", "too much"),
            ("$pbkdf2-sha256$i=900000000$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA", "too much"),
            ("pbkdf2_sha256$x$salt$aGFzaA==", "Django"),
            ("pbkdf2_sha256$1000$salt", "Django"),
            ("$2b$12$short", "bcrypt"),
            ("$2b$31$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkY8jIucDrjc8deX1s.", "bcrypt"),
        ] {
            let error = stored(text).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn ours_are_not_taken_for_one() {
        assert_eq!(of("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA"), None);
    }
}
