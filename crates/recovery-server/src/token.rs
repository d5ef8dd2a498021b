//! The secrets the server hands out: how they are made, and how what was typed is read.

use crate::rng::{self, Random};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization as _;

/// Digits of a mailed code (NIST SP 800-63B-4 asks for at least 6).
pub const CODE_DIGITS: usize = 8;

/// Saved recovery codes made for an account.
pub const RECOVERY_CODES: usize = 10;

/// Crockford's base 32: no I, L, O, U.
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// An opaque token of 256 bits, 43 characters of URL-safe base 64.
pub(crate) fn opaque(random: &dyn Random) -> String {
    URL_SAFE_NO_PAD.encode(rng::bytes::<32>(random))
}

/// A name for a row, 128 bits.
pub(crate) fn id(random: &dyn Random) -> String {
    URL_SAFE_NO_PAD.encode(rng::bytes::<16>(random))
}

/// What is stored in place of an opaque token. A plain hash is enough for 256 random bits.
pub(crate) fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// A code of [`CODE_DIGITS`] digits, every one equally likely, leading zeros kept.
pub(crate) fn code(random: &dyn Random) -> String {
    const CODES: u32 = 10_u32.pow(CODE_DIGITS as u32);
    const FAIR: u32 = u32::MAX - u32::MAX % CODES;
    loop {
        let drawn = u32::from_le_bytes(rng::bytes(random));
        if drawn < FAIR {
            return format!("{:0width$}", drawn % CODES, width = CODE_DIGITS);
        }
    }
}

/// A saved recovery code: 80 bits as `XXXX-XXXX-XXXX-XXXX`.
pub(crate) fn recovery_code(random: &dyn Random) -> String {
    let bits = rng::bytes::<16>(random);
    let mut code = String::with_capacity(19);
    for (place, byte) in bits.iter().enumerate() {
        if place > 0 && place % 4 == 0 {
            code.push('-');
        }
        code.push(char::from(CROCKFORD[usize::from(byte & 31)]));
    }
    code
}

/// The digits of a typed code, however they were spaced or drawn; `None` if it cannot be one.
pub(crate) fn read_code(typed: &str, digits: usize) -> Option<String> {
    let read: String = plain(typed).collect();
    (read.len() == digits && read.bytes().all(|byte| byte.is_ascii_digit())).then_some(read)
}

/// A typed recovery code without its dashes; look-alike letters are read as Crockford says.
pub(crate) fn read_recovery_code(typed: &str) -> Option<String> {
    let read: String = plain(typed)
        .map(|letter| match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect();
    (read.len() == 16 && read.bytes().all(|byte| CROCKFORD.contains(&byte))).then_some(read)
}

/// The token of a pasted link, or of its last part alone.
pub(crate) fn read_link(typed: &str) -> Option<String> {
    let typed = typed.trim().trim_matches(['<', '>']);
    let token = typed.rsplit('#').next().unwrap_or(typed);
    let fits = token.len() == 43
        && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    fits.then(|| token.to_owned())
}

fn plain(typed: &str) -> impl Iterator<Item = char> + '_ {
    typed.chars().take(100).nfkc().filter(|letter| {
        !letter.is_whitespace() && !matches!(letter, '-' | '\u{2010}'..='\u{2015}' | '\u{200b}')
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SeededRandom;

    #[test]
    fn codes_are_uniform_enough_and_keep_leading_zeros() {
        let random = SeededRandom::new(1);
        let codes: Vec<String> = (0..4_000).map(|_| code(&random)).collect();
        assert!(codes.iter().all(|code| code.len() == 8));
        let led_by_zero = codes.iter().filter(|code| code.starts_with('0')).count();
        assert!((300..500).contains(&led_by_zero), "{led_by_zero}");
    }

    #[test]
    fn recovery_codes_have_sixteen_crockford_characters() {
        let code = recovery_code(&SeededRandom::new(2));
        assert_eq!(code.len(), 19);
        assert_eq!(read_recovery_code(&code).unwrap().len(), 16);
        let sloppy =
            format!(" {} ", code.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l"));
        assert_eq!(read_recovery_code(&sloppy), read_recovery_code(&code));
    }

    #[test]
    fn typed_codes_are_read_kindly() {
        for typed in ["12345678", "1234 5678", " 1234-5678\n", "１２３４５６７８", "1234\u{2013}5678"]
        {
            assert_eq!(read_code(typed, 8).as_deref(), Some("12345678"), "{typed}");
        }
        for typed in ["", "1234567", "123456789", "1234567a", "🔑"] {
            assert_eq!(read_code(typed, 8), None, "{typed}");
        }
    }

    #[test]
    fn links_are_read_whole_or_by_their_last_part() {
        let token = opaque(&SeededRandom::new(3));
        let link = format!(" <https://example.org/recover#{token}> ");
        assert_eq!(read_link(&link).as_deref(), Some(token.as_str()));
        assert_eq!(read_link(&token).as_deref(), Some(token.as_str()));
        assert_eq!(read_link("https://example.org/recover"), None);
    }
}
