//! The Key Uri Format: `otpauth://totp/ISSUER:ACCOUNT?secret=…&issuer=…&algorithm=…&digits=…&period=…`.

use zeroize::{Zeroize as _, Zeroizing};

use super::{Algorithm, Authenticator, LONGEST, NotAnAuthenticator as Not, base32};
use crate::secret::Secret;

pub(super) fn parse(uri: &str) -> Result<Authenticator, Not> {
    let uri = uri.trim();
    if uri.len() > LONGEST {
        return Err(Not::TooLong);
    }
    let rest = after_scheme(uri, "otpauth://").ok_or(Not::Other)?;
    let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (kind, label) = path.split_once('/').ok_or(Not::Garbled)?;
    if kind.eq_ignore_ascii_case("hotp") {
        return Err(Not::CounterBased);
    }
    if !kind.eq_ignore_ascii_case("totp") {
        return Err(Not::Unsupported);
    }
    let fields = Fields::read(query)?;
    let text = decoded(label, false)?;
    let (prefix, account) = text.split_once(':').map_or((None, text.as_str()), |(a, b)| (Some(a), b));
    // Where both are there they should be equal; where they are not, the parameter is the newer of the two forms.
    let issuer =
        [fields.issuer.as_deref(), prefix].into_iter().flatten().map(str::trim).find(|name| !name.is_empty());
    let secret = fields.secret.as_ref().ok_or(Not::NoSecret)?;
    let key = base32::decode(secret).ok_or(Not::NoSecret)?;
    let numbers = (fields.digits.unwrap_or(6), fields.period.unwrap_or(30));
    let algorithm = fields.algorithm.unwrap_or(Algorithm::Sha1);
    Authenticator::new(key, algorithm, numbers, issuer.map(str::to_owned), account.trim().to_owned())
}

pub(super) fn write(from: &Authenticator) -> Secret {
    let secret = from.secret();
    let label = encoded(&from.account);
    let issuer = from.issuer.as_deref().map(encoded);
    let algorithm = match from.algorithm {
        Algorithm::Sha1 => "SHA1",
        Algorithm::Sha256 => "SHA256",
        Algorithm::Sha512 => "SHA512",
    };
    let longest = label.len() + 2 * issuer.as_ref().map_or(0, String::len) + secret.expose().len() + 128;
    // Sized first: a buffer that grows would leave copies of the secret behind.
    let mut uri = String::with_capacity(longest);
    uri.push_str("otpauth://totp/");
    // A label is split at its first colon, however that is written.
    match &issuer {
        Some(issuer) if !issuer.contains("%3A") => uri.push_str(issuer),
        _ => {}
    }
    if issuer.is_some() || label.contains("%3A") {
        uri.push(':');
    }
    [&label, "?secret=", secret.expose()].into_iter().for_each(|part| uri.push_str(part));
    if let Some(issuer) = &issuer {
        ["&issuer=", issuer].into_iter().for_each(|part| uri.push_str(part));
    }
    uri.push_str(&format!("&algorithm={algorithm}&digits={}&period={}", from.digits, from.period));
    Secret::new(uri)
}

/// What follows a scheme, in either case.
pub(super) fn after_scheme<'a>(uri: &'a str, scheme: &str) -> Option<&'a str> {
    let (beginning, rest) = uri.split_at_checked(scheme.len())?;
    beginning.eq_ignore_ascii_case(scheme).then_some(rest)
}

#[derive(Default)]
struct Fields {
    secret: Option<Zeroizing<String>>,
    issuer: Option<String>,
    algorithm: Option<Algorithm>,
    digits: Option<u32>,
    period: Option<u32>,
}

impl Fields {
    /// What no app agrees on, as a picture or a colour, is passed over; what changes the codes is not.
    fn read(query: &str) -> Result<Self, Not> {
        let mut fields = Self::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match name.to_ascii_lowercase().as_str() {
                "secret" => once(&mut fields.secret, Zeroizing::new(decoded(value, true)?))?,
                "issuer" => once(&mut fields.issuer, decoded(value, true)?)?,
                "algorithm" => once(&mut fields.algorithm, algorithm(&decoded(value, true)?)?)?,
                "digits" => once(&mut fields.digits, number(&decoded(value, true)?)?)?,
                "period" => once(&mut fields.period, number(&decoded(value, true)?)?)?,
                // Steam's codes are letters.
                "encoder" => return Err(Not::Unsupported),
                _ => {}
            }
        }
        Ok(fields)
    }
}

fn once<T>(field: &mut Option<T>, value: T) -> Result<(), Not> {
    if field.replace(value).is_some() { Err(Not::Garbled) } else { Ok(()) }
}

fn algorithm(name: &str) -> Result<Algorithm, Not> {
    match name.to_ascii_uppercase().as_str() {
        "SHA1" => Ok(Algorithm::Sha1),
        "SHA256" => Ok(Algorithm::Sha256),
        "SHA512" => Ok(Algorithm::Sha512),
        _ => Err(Not::Unsupported),
    }
}

fn number(text: &str) -> Result<u32, Not> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().map_err(|_| Not::Unsupported) } else { Err(Not::Garbled) }
}

/// Percent-decoding, strictly: what follows a `%` is two hexadecimal digits, and the whole is UTF-8. In a query, many
/// programs write a space as `+`.
pub(super) fn decoded(text: &str, plus_is_space: bool) -> Result<String, Not> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = rest.next().zip(rest.next()).ok_or(Not::Garbled)?;
                let value = |digit: u8| char::from(digit).to_digit(16).ok_or(Not::Garbled);
                u8::try_from(value(digits.0)? * 16 + value(digits.1)?).map_err(|_| Not::Garbled)?
            }
            b'+' if plus_is_space => b' ',
            byte => byte,
        });
    }
    String::from_utf8(bytes).map_err(|error| {
        error.into_bytes().zeroize();
        Not::Garbled
    })
}

fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'@' => {
                out.push(char::from(byte))
            }
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    fn parsed(uri: &str) -> Authenticator {
        parse(uri).unwrap_or_else(|error| panic!("{uri}: {error}"))
    }

    fn refused(uri: &str) -> Not {
        parse(uri).map(|it| it.to_uri().expose().to_owned()).expect_err(uri)
    }

    #[test]
    fn the_example_of_the_format() {
        let it = parsed(
            "otpauth://totp/ACME%20Co:john.doe@email.com?secret=HXDMVJECJJWSRB3HWIZR4IFUGFTMXBOZ\
             &issuer=ACME%20Co&algorithm=SHA1&digits=6&period=30",
        );
        assert_eq!((it.issuer.as_deref(), it.account.as_str()), (Some("ACME Co"), "john.doe@email.com"));
        assert_eq!((it.algorithm, it.digits, it.period), (Algorithm::Sha1, 6, 30));
        assert_eq!(it.secret().expose(), "HXDMVJECJJWSRB3HWIZR4IFUGFTMXBOZ");
    }

    #[test]
    fn what_is_not_said_is_the_usual() {
        let it = parsed(&format!("otpauth://totp/jana?secret={SECRET}"));
        assert_eq!((it.algorithm, it.digits, it.period, it.issuer), (Algorithm::Sha1, 6, 30, None));
        let it = parsed(&format!("OTPAUTH://TOTP/jana?SECRET={SECRET}&Digits=8&PERIOD=60&algorithm=sha512"));
        assert_eq!((it.algorithm, it.digits, it.period), (Algorithm::Sha512, 8, 60));
    }

    #[test]
    fn names_in_all_their_forms() {
        let names = [
            ("Big%20Corp%3A%20alice%40bigco.com", "", Some("Big Corp"), "alice@bigco.com"),
            ("Big%20Corp:alice", "", Some("Big Corp"), "alice"),
            ("alice", "&issuer=Big+Corp", Some("Big Corp"), "alice"),
            ("Old:alice", "&issuer=New", Some("New"), "alice"),
            ("Old:alice", "&issuer=", Some("Old"), "alice"),
            (":alice", "", None, "alice"),
            ("", "&issuer=Big", Some("Big"), ""),
            ("a+b@c", "", None, "a+b@c"),
            ("a:b:c", "", Some("a"), "b:c"),
            ("%D0%9F%D0%BE%D1%87%D1%82%D0%B0:%F0%9F%94%91", "", Some("Почта"), "🔑"),
            ("alice", "&image=https%3A%2F%2Fx&color=%ZZ#frag", None, "alice"),
        ];
        for (label, more, issuer, account) in names {
            let it = parsed(&format!("otpauth://totp/{label}?secret={SECRET}{more}"));
            assert_eq!((it.issuer.as_deref(), it.account.as_str()), (issuer, account), "{label}");
        }
    }

    #[test]
    fn a_secret_as_people_copy_it() {
        for secret in
            ["gezdgnbvgy3tqojqgezdgnbvgy3tqojq", "GEZD+GNBV%20GY3TQOJQ-GEZDGNBVGY3TQOJQ%3D%3D", SECRET]
        {
            let it = parsed(&format!("otpauth://totp/a?secret={secret}"));
            assert_eq!(it.secret().expose(), SECRET, "{secret}");
        }
        let ten_bytes = "GEZDGNBVGY3TQOJQ";
        assert_eq!(parsed(&format!("otpauth://totp/a?secret={ten_bytes}")).secret().expose(), ten_bytes);
    }

    #[test]
    fn what_is_refused_and_why() {
        let with = |more: &str| format!("otpauth://totp/a?secret={SECRET}{more}");
        let cases = [
            (format!("otpauth://hotp/a?secret={SECRET}&counter=1"), Not::CounterBased),
            (format!("otpauth://steam/a?secret={SECRET}"), Not::Unsupported),
            (with("&encoder=steam"), Not::Unsupported),
            (with("&algorithm=MD5"), Not::Unsupported),
            (with("&digits=5"), Not::Unsupported),
            (with("&digits=9"), Not::Unsupported),
            (with("&digits=99999999999"), Not::Unsupported),
            (with("&period=14"), Not::Unsupported),
            (with("&period=301"), Not::Unsupported),
            (with("&period=0"), Not::Unsupported),
            (with("&digits=%2B6"), Not::Garbled),
            (with("&period=-30"), Not::Garbled),
            (with("&period="), Not::Garbled),
            (with("&issuer=%ff"), Not::Garbled),
            (with("&issuer=%4"), Not::Garbled),
            (with("&issuer=%+41"), Not::Garbled),
            (with("&issuer=a%0Ab"), Not::Garbled),
            (with("&issuer=a%E2%80%AEb"), Not::Garbled),
            (with(&format!("&secret={SECRET}")), Not::Garbled),
            (with("&digits=6&digits=6"), Not::Garbled),
            ("otpauth://totp/a".into(), Not::NoSecret),
            ("otpauth://totp/a?secret=".into(), Not::NoSecret),
            ("otpauth://totp/a?secret=0189".into(), Not::NoSecret),
            ("otpauth://totp/a?secret=GEZDGNBVGY3TQOI".into(), Not::ShortSecret),
            (format!("otpauth://totp/?secret={SECRET}"), Not::NoName),
            ("otpauth://totp".into(), Not::Garbled),
            ("otpauth:".into(), Not::Other),
            (String::new(), Not::Other),
            ("https://accounts.example/device?user_code=BCDF".into(), Not::Other),
            ("otpauth-migration://offline?data=AAAA".into(), Not::Other),
            (with(&"a".repeat(LONGEST)), Not::TooLong),
        ];
        for (uri, why) in cases {
            assert_eq!(refused(&uri), why, "{uri}");
        }
    }

    #[test]
    fn colons_in_names_stay_where_they_are() {
        for (issuer, account) in
            [(None, "a:b"), (Some("a:b"), "c"), (Some("a:b"), "c:d"), (Some("a"), ":"), (Some(":"), "")]
        {
            let key = Zeroizing::new(vec![7; 20]);
            let issuer = issuer.map(str::to_owned);
            let it = Authenticator::new(key, Algorithm::Sha1, (6, 30), issuer, account.into()).unwrap();
            assert!(parsed(it.to_uri().expose()) == it, "{}", it.to_uri().expose());
        }
    }

    #[test]
    fn what_is_written_is_read_again_and_is_written_in_the_same_way() {
        let uris = [
            format!("otpauth://totp/jana?secret={SECRET}"),
            format!(
                "otpauth://totp/Ein%20Dienst%3A%20jana%3Aa?secret={SECRET}&issuer=%26%3D%3F%25%2B+%23&digits=8"
            ),
            format!("otpauth://totp/?issuer=%F0%9F%94%91&secret=mfrgg{SECRET}&period=15&algorithm=SHA256"),
        ];
        for uri in uris {
            let it = parsed(&uri);
            let written = it.to_uri();
            let again = parsed(written.expose());
            assert!(again == it, "{uri}");
            assert_eq!(again.to_uri(), written, "{uri}");
        }
        let written = parsed(&format!("otpauth://totp/A%20B:j@x?secret={SECRET}")).to_uri();
        let expected = format!(
            "otpauth://totp/A%20B:j@x?secret={SECRET}&issuer=A%20B&algorithm=SHA1&digits=6&period=30"
        );
        assert_eq!(written.expose(), expected);
    }
}
