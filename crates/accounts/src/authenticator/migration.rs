//! `otpauth-migration://offline?data=…`, with which Google Authenticator hands over its accounts, up to ten in a code.
//!
//! The data is a protobuf message that nobody has written down; these are its fields as the app writes them.

use zeroize::Zeroizing;

use self::wire::{Field, Message};
use super::otpauth::{after_scheme, decoded};
use super::{Algorithm, Authenticator, LONGEST, NotAnAuthenticator as Not};

mod wire;

/// What one code hands over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    pub authenticators: Vec<Authenticator>,
    /// What Regain cannot take: the other app still has it.
    pub left_out: Vec<LeftOut>,
    pub part: Part,
}

/// Which of several codes it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// From 1.
    pub number: u32,
    pub of: u32,
    /// The same in all parts of one hand-over.
    pub batch: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// As the other app calls it; empty where it has no name that can be shown.
    pub name: String,
    pub why: Not,
}

/// Most entries that are read; the app puts ten into a code.
const MOST: usize = 100;
/// Most codes of one hand-over.
const MOST_PARTS: u64 = 1_000;

impl Migration {
    /// Errors: `Other`, `TooLong`, `Garbled`, `Unsupported` for a version that was never seen.
    pub fn parse(uri: &str) -> Result<Self, Not> {
        let uri = uri.trim();
        if uri.len() > LONGEST {
            return Err(Not::TooLong);
        }
        let rest = after_scheme(uri, "otpauth-migration://").ok_or(Not::Other)?;
        let (place, query) = rest.split_once('?').ok_or(Not::Garbled)?;
        if !place.trim_end_matches('/').eq_ignore_ascii_case("offline") {
            return Err(Not::Unsupported);
        }
        let mut data = query.split('&').filter_map(|pair| pair.strip_prefix("data="));
        let (Some(data), None) = (data.next(), data.next()) else { return Err(Not::Garbled) };
        // A plus is one of the alphabet's letters here, though the app writes it as %2B.
        let data = Zeroizing::new(decoded(data, false)?);
        read(&base64(&data).ok_or(Not::Garbled)?)
    }
}

fn read(bytes: &[u8]) -> Result<Migration, Not> {
    let (mut authenticators, mut left_out) = (Vec::new(), Vec::new());
    let (mut size, mut index, mut batch) = (1, 0, 0);
    for field in Message(bytes) {
        match field.ok_or(Not::Garbled)? {
            (1, Field::Bytes(entry)) => match one(entry)? {
                Ok(it) => authenticators.push(it),
                Err(it) => left_out.push(it),
            },
            (2, Field::Number(0..=2)) => {}
            (2, _) => return Err(Not::Unsupported),
            (3, Field::Number(it)) => size = it.max(1),
            (4, Field::Number(it)) => index = it,
            (5, Field::Number(it)) => batch = it,
            _ => {}
        }
        if authenticators.len() + left_out.len() > MOST {
            return Err(Not::TooLong);
        }
    }
    if size > MOST_PARTS || index >= size || authenticators.len() + left_out.len() == 0 {
        return Err(Not::Garbled);
    }
    let small = |number: u64| u32::try_from(number).map_err(|_| Not::Garbled);
    let part = Part { number: small(index + 1)?, of: small(size)?, batch };
    Ok(Migration { authenticators, left_out, part })
}

/// One account: the outer error is that of the whole.
fn one(bytes: &[u8]) -> Result<Result<Authenticator, LeftOut>, Not> {
    let mut key = Zeroizing::new(Vec::new());
    let (mut name, mut issuer) = (String::new(), String::new());
    let (mut algorithm, mut digits, mut kind) = (0, 0, 0);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| Not::Garbled);
    for field in Message(bytes) {
        match field.ok_or(Not::Garbled)? {
            (1, Field::Bytes(it)) => key = Zeroizing::new(it.to_vec()),
            (2, Field::Bytes(it)) => name = text(it)?,
            (3, Field::Bytes(it)) => issuer = text(it)?,
            (4, Field::Number(it)) => algorithm = it,
            (5, Field::Number(it)) => digits = it,
            (6, Field::Number(it)) => kind = it,
            _ => {}
        }
    }
    let account = match name.split_once(':') {
        Some((prefix, account)) if issuer.is_empty() || prefix.trim() == issuer.trim() => {
            issuer = prefix.to_owned();
            account
        }
        _ => &name,
    };
    let issuer = Some(issuer.trim().to_owned()).filter(|issuer| !issuer.is_empty());
    let digits = match digits {
        0 | 1 => 6,
        2 => 8,
        3 => 7,
        _ => 0,
    };
    let made = match (kind, algorithm) {
        (1, _) => Err(Not::CounterBased),
        (2, 0 | 1) => Ok(Algorithm::Sha1),
        (2, 2) => Ok(Algorithm::Sha256),
        (2, 3) => Ok(Algorithm::Sha512),
        _ => Err(Not::Unsupported),
    };
    let made = made.and_then(|algorithm| {
        Authenticator::new(key, algorithm, (digits, 30), issuer, account.trim().to_owned())
    });
    Ok(made.map_err(|why| LeftOut { name: name.replace(super::misleads, ""), why }))
}

/// Either alphabet, with padding or without.
fn base64(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let text = text.trim_end_matches('=');
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() * 3 / 4 + 1));
    let (mut bits, mut held) = (0_u32, 0);
    for letter in text.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(value)) & 0x3fff;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).ok()?);
        }
    }
    // A letter alone is no byte.
    (held < 6).then_some(bytes)
}

#[cfg(test)]
mod tests;
