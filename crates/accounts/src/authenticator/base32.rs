//! RFC 4648's base32, read as other authenticator apps read it.

use zeroize::Zeroizing;

use crate::secret::Secret;

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// In either case, with spaces and hyphens between and padding behind. Bits that make no whole byte are dropped, as
/// every app does: services hand out secrets of any number of characters.
pub(super) fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    // Sized first: a buffer that grows would leave copies of the secret behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() * 5 / 8 + 1));
    let (mut bits, mut held) = (0_u32, 0);
    for byte in text.trim_end_matches(['=', ' ']).bytes() {
        if matches!(byte, b' ' | b'-') {
            continue;
        }
        let value = ALPHABET.iter().position(|letter| *letter == byte.to_ascii_uppercase())?;
        bits = (bits << 5 | u32::try_from(value).ok()?) & 0xfff;
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).ok()?);
        }
    }
    Some(bytes)
}

/// Upper case, without padding.
pub(super) fn encode(bytes: &[u8]) -> Secret {
    let mut text = String::with_capacity(bytes.len() * 8 / 5 + 1);
    let (mut bits, mut held) = (0_u32, 0);
    let letter = |bits: u32| char::from(ALPHABET[(bits & 31) as usize]);
    for byte in bytes {
        bits = (bits << 8 | u32::from(*byte)) & 0xfff;
        held += 8;
        while held >= 5 {
            held -= 5;
            text.push(letter(bits >> held));
        }
    }
    if held > 0 {
        text.push(letter(bits << (5 - held)));
    }
    Secret::new(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_rfc_4648() {
        let vectors = [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ];
        for (plain, encoded) in vectors {
            assert_eq!(encode(plain.as_bytes()).expose(), encoded);
            assert_eq!(&**decode(encoded).unwrap(), plain.as_bytes());
        }
    }

    #[test]
    fn as_people_write_it() {
        for text in ["mzxw6ytboi======", "MZXW 6YTB OI", " mzxw-6ytb-oi == ", "MZXW6YTBOI"] {
            assert_eq!(&**decode(text).unwrap(), b"foobar", "{text}");
        }
        for text in ["MZXW6YTB0I", "MZXW6YTB1I", "MZ=XW6", "MZXW6YTBÖ", "MZXW\n6YTB"] {
            assert!(decode(text).is_none(), "{text}");
        }
    }

    #[test]
    fn bits_that_make_no_byte_are_dropped() {
        // The same with the last five bits all zero, all one, and with a letter that adds nothing.
        for text in ["MZXW6YQ", "MZXW6YR", "MZXW6YQA"].map(|text| &text[..7]) {
            assert_eq!(&**decode(text).unwrap(), b"foob", "{text}");
        }
        assert_eq!(&**decode("MZXW6A").unwrap(), b"foo");
    }
}
