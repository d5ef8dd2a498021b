//! Codes from an authenticator app (RFC 6238): SHA-1, 6 digits, 30 seconds, as every app knows them.

use crate::rng::{self, Random};
use totp_rs::{Builder, Secret};
use zeroize::Zeroizing;

/// Digits of a code.
pub(crate) const DIGITS: usize = 6;

/// An authenticator secret of 160 bits (RFC 4226 section 4).
#[derive(Clone)]
pub struct Totp(Zeroizing<Vec<u8>>);

impl Totp {
    pub(crate) fn new(random: &dyn Random) -> Self {
        Self(Zeroizing::new(rng::bytes::<20>(random).to_vec()))
    }

    pub(crate) fn from_bytes(secret: Zeroizing<Vec<u8>>) -> Self {
        Self(secret)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The code an authenticator app shows at `unix_seconds`.
    pub fn code_at(&self, unix_seconds: i64) -> String {
        let time = u64::try_from(unix_seconds).unwrap_or_default();
        self.rule().generate(time).to_string()
    }

    /// The secret as people type it into an app.
    pub fn base32(&self) -> String {
        Secret::from(self.0.to_vec()).to_base32()
    }

    /// The address behind the QR code that apps scan.
    pub fn url(&self, server: &str, identifier: &str) -> String {
        format!(
            "otpauth://totp/{issuer}:{}?secret={}&issuer={issuer}",
            encode(identifier),
            self.base32(),
            issuer = encode(server),
        )
    }

    /// The time step `code` belongs to: this one, or one beside it for clocks that are a little off.
    pub(crate) fn step_of(&self, code: &str, now: i64) -> Option<i64> {
        let time = u64::try_from(now).ok()?;
        let step = self.rule().check(code, time)?;
        i64::try_from(step).ok()
    }

    fn rule(&self) -> totp_rs::Totp {
        Builder::new().with_secret(self.0.to_vec()).with_skew(1).with_step_duration(30).build_noncompliant()
    }
}

fn encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rfc_secret() -> Totp {
        Totp::from_bytes(Zeroizing::new(b"12345678901234567890".to_vec()))
    }

    #[test]
    fn the_vectors_of_rfc_6238() {
        // Appendix B, the last six of its eight digits.
        for (time, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]
        {
            assert_eq!(rfc_secret().code_at(time), code);
        }
    }

    #[test]
    fn a_clock_may_be_one_step_off() {
        let totp = rfc_secret();
        let now = 1_800_000_015;
        for (off, step) in [(-30, -1), (0, 0), (30, 1)] {
            assert_eq!(totp.step_of(&totp.code_at(now + off), now), Some(now / 30 + step));
        }
        assert_eq!(totp.step_of(&totp.code_at(now - 60), now), None);
        assert_eq!(totp.step_of(&totp.code_at(now + 60), now), None);
    }

    #[test]
    fn the_address_for_apps() {
        assert_eq!(
            rfc_secret().url("Dorfladen & Co", "jana"),
            "otpauth://totp/Dorfladen%20%26%20Co:jana?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Dorfladen%20%26%20Co"
        );
    }
}
