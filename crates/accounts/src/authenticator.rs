//! One-time codes made from a secret and the time (TOTP, RFC 6238), which a server hands out once, as a QR code.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hmac::Hmac;
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use zeroize::Zeroizing;

use crate::secret::Secret;

mod base32;
pub mod migration;
mod otpauth;

/// Longest address that is read, in bytes.
pub const LONGEST: usize = 4_096;

/// What a server and this computer both know, so that both come to the same code at the same time.
#[derive(Clone, PartialEq, Eq)]
pub struct Authenticator {
    key: Zeroizing<Vec<u8>>,
    pub algorithm: Algorithm,
    /// 6 to 8.
    pub digits: u32,
    /// How long one code holds, in seconds: 15 to 300.
    pub period: u32,
    /// Who handed it out, as they call themselves: nobody has checked that.
    pub issuer: Option<String>,
    /// What they call the account; empty where they name only themselves.
    pub account: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    Sha1,
    Sha256,
    Sha512,
}

/// A code of this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneTimeCode {
    pub code: Secret,
    /// Until the next one.
    pub left: Duration,
}

/// Why a text is no authenticator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnAuthenticator {
    #[error("it is another kind of text")]
    Other,
    #[error("it is longer than {LONGEST} bytes")]
    TooLong,
    /// HOTP, which counts uses: two apps that count for themselves lock each other out.
    #[error("its codes count uses, not time")]
    CounterBased,
    #[error("its kind, algorithm, number of digits or period is not supported")]
    Unsupported,
    #[error("it names nobody")]
    NoName,
    #[error("its secret is missing, or is not base32")]
    NoSecret,
    #[error("its secret is shorter than 10 bytes")]
    ShortSecret,
    #[error("it is garbled, or says a thing twice")]
    Garbled,
}

/// Shortest secret, in bytes: what services hand out has 10, 16 or 20 (RFC 4226 asks for 16).
const SHORTEST_KEY: usize = 10;

impl Authenticator {
    /// Reads an `otpauth://totp/…` address (the Key Uri Format).
    pub fn parse(uri: &str) -> Result<Self, NotAnAuthenticator> {
        otpauth::parse(uri)
    }

    /// One whose secret was typed: six digits every 30 seconds, as it is wherever nothing else is said.
    pub fn of_secret(
        secret: &str,
        issuer: Option<String>,
        account: String,
    ) -> Result<Self, NotAnAuthenticator> {
        if secret.len() > LONGEST {
            return Err(NotAnAuthenticator::TooLong);
        }
        let key = base32::decode(secret.trim()).ok_or(NotAnAuthenticator::NoSecret)?;
        Self::new(key, Algorithm::Sha1, (6, 30), issuer, account)
    }

    /// The same as an address, always written in the same way: what a store keeps.
    pub fn to_uri(&self) -> Secret {
        otpauth::write(self)
    }

    /// The secret as people type it into another program.
    pub fn secret(&self) -> Secret {
        base32::encode(&self.key)
    }

    /// The code at a time (RFC 6238). Before 1970 it is that of 1970.
    pub fn code(&self, at: SystemTime) -> OneTimeCode {
        let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
        let period = Duration::from_secs(u64::from(self.period.max(1)));
        let count = since.as_secs() / period.as_secs();
        let begun = Duration::from_secs(count * period.as_secs());
        OneTimeCode { code: self.at_count(count), left: period - (since - begun) }
    }

    /// RFC 4226, section 5.3.
    fn at_count(&self, count: u64) -> Secret {
        let mac = Zeroizing::new(match self.algorithm {
            Algorithm::Sha1 => mac::<Hmac<Sha1>>(&self.key, count),
            Algorithm::Sha256 => mac::<Hmac<Sha256>>(&self.key, count),
            Algorithm::Sha512 => mac::<Hmac<Sha512>>(&self.key, count),
        });
        let offset = usize::from(mac.last().copied().unwrap_or_default() & 0xf);
        let four = mac.get(offset..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default();
        let number = u32::from_be_bytes(four) & 0x7fff_ffff;
        let digits = self.digits as usize;
        Secret::new(format!("{:0digits$}", number % 10_u32.pow(self.digits)))
    }

    fn new(
        key: Zeroizing<Vec<u8>>,
        algorithm: Algorithm,
        (digits, period): (u32, u32),
        issuer: Option<String>,
        account: String,
    ) -> Result<Self, NotAnAuthenticator> {
        if !(6..=8).contains(&digits) || !(15..=300).contains(&period) {
            return Err(NotAnAuthenticator::Unsupported);
        }
        match key.len() {
            0 => return Err(NotAnAuthenticator::NoSecret),
            length if length < SHORTEST_KEY => return Err(NotAnAuthenticator::ShortSecret),
            _ => {}
        }
        if account.is_empty() && issuer.is_none() {
            return Err(NotAnAuthenticator::NoName);
        }
        let names = account.chars().chain(issuer.iter().flat_map(|issuer| issuer.chars()));
        if names.into_iter().any(misleads) {
            return Err(NotAnAuthenticator::Garbled);
        }
        Ok(Self { key, algorithm, digits, period, issuer, account })
    }
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authenticator({:?}, {} digits, {} s)", self.algorithm, self.digits, self.period)
    }
}

/// Characters that break a line or turn its direction: a name that does so is not what it looks like.
fn misleads(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn mac<M: hmac::Mac + hmac::KeyInit>(key: &[u8], count: u64) -> Vec<u8> {
    // HMAC takes a key of any length.
    let Ok(mac) = M::new_from_slice(key) else { return Vec::new() };
    mac.chain_update(count.to_be_bytes()).finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(algorithm: Algorithm, key: &[u8], digits: u32) -> Authenticator {
        let key = Zeroizing::new(key.to_vec());
        Authenticator::new(key, algorithm, (digits, 30), None, "jana".into()).unwrap()
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_secret_alone_makes_the_usual_codes() {
        let typed = |secret: &str| Authenticator::of_secret(secret, Some("A".into()), "jana".into());
        let it = typed(" gezd gnbv-gy3t qojq ").unwrap();
        assert_eq!((it.digits, it.period, it.algorithm), (6, 30, Algorithm::Sha1));
        assert_eq!((it.secret().expose(), it.account.as_str()), ("GEZDGNBVGY3TQOJQ", "jana"));
        assert_eq!(typed("GEZDGNBV").err(), Some(NotAnAuthenticator::ShortSecret));
        for wrong in ["", "hello!", "otpauth://totp/a?secret=GEZDGNBVGY3TQOJQ"] {
            assert_eq!(typed(wrong).err(), Some(NotAnAuthenticator::NoSecret), "{wrong}");
        }
        assert_eq!(typed(&"A".repeat(LONGEST + 1)).err(), Some(NotAnAuthenticator::TooLong));
    }

    /// RFC 6238, appendix B, with the keys of its reference program.
    #[test]
    fn the_vectors_of_rfc_6238() {
        let keys = [
            (Algorithm::Sha1, &b"12345678901234567890"[..]),
            (Algorithm::Sha256, b"12345678901234567890123456789012"),
            (Algorithm::Sha512, b"1234567890123456789012345678901234567890123456789012345678901234"),
        ];
        let vectors = [
            (59, ["94287082", "46119246", "90693936"]),
            (1_111_111_109, ["07081804", "68084774", "25091201"]),
            (1_111_111_111, ["14050471", "67062674", "99943326"]),
            (1_234_567_890, ["89005924", "91819424", "93441116"]),
            (2_000_000_000, ["69279037", "90698825", "38618901"]),
            (20_000_000_000, ["65353130", "77737706", "47863826"]),
        ];
        for (seconds, codes) in vectors {
            for ((algorithm, key), code) in keys.iter().zip(codes) {
                let made = of(*algorithm, key, 8).code(at(seconds));
                assert_eq!(made.code.expose(), code, "{algorithm:?} at {seconds}");
            }
        }
    }

    /// RFC 4226, appendix D.
    #[test]
    fn the_vectors_of_rfc_4226() {
        let codes = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871",
            "520489",
        ];
        for (count, code) in codes.into_iter().enumerate() {
            let made = of(Algorithm::Sha1, b"12345678901234567890", 6).at_count(count as u64);
            assert_eq!(made.expose(), code);
        }
    }

    #[test]
    fn what_is_left_counts_down_to_the_next_code() {
        let one = of(Algorithm::Sha1, b"12345678901234567890", 6);
        assert_eq!(one.code(at(60)).left, Duration::from_secs(30));
        assert_eq!(one.code(at(89) + Duration::from_millis(750)).left, Duration::from_millis(250));
        assert_ne!(one.code(at(89)).code, one.code(at(90)).code);
        assert_eq!(one.code(at(60)).code, one.code(at(89)).code);
        assert_eq!(one.code(UNIX_EPOCH - Duration::from_secs(5)).code, one.code(at(0)).code);
    }

    #[test]
    fn seven_digits_and_another_period() {
        let key = Zeroizing::new(b"12345678901234567890".to_vec());
        let slow = Authenticator::new(key, Algorithm::Sha1, (7, 60), None, "jana".into()).unwrap();
        // 119 / 60 = 1, whose code is 94287082 above.
        let made = slow.code(at(119));
        assert_eq!((made.code.expose(), made.left), ("4287082", Duration::from_secs(1)));
    }

    #[test]
    fn debug_shows_neither_the_secret_nor_whose_it_is() {
        let shown = format!("{:?}", of(Algorithm::Sha1, b"12345678901234567890", 6));
        assert_eq!(shown, "Authenticator(Sha1, 6 digits, 30 s)");
        let code = of(Algorithm::Sha1, b"12345678901234567890", 6).code(at(59));
        assert!(!format!("{code:?}").contains("287082"));
    }
}
