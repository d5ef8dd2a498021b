//! What a text from a QR code is. A kind is told by its scheme alone, so that nothing is taken for another kind.

use std::fmt;
use std::net::IpAddr;

use url::{Host, Url};

use crate::authenticator::migration::Migration;
use crate::authenticator::{Authenticator, LONGEST, NotAnAuthenticator};
use crate::secret::Secret;

/// What a text is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// One authenticator.
    Otpauth(Box<Authenticator>),
    /// Several, as Google Authenticator hands them over.
    Migration(Migration),
    /// An address at which a device that signs in is let in.
    Pairing(Pairing),
    /// Anything else, addresses of other sites included: it is shown, never opened.
    Text(Secret),
}

/// A link of the device flow (RFC 8628): whoever opens it and agrees lets the device in that shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Pairing {
    /// Host, and port if it is named: what the person decides by.
    pub host: String,
    pub address: Secret,
    pub code: Secret,
}

impl Payload {
    /// Errors: it says that it is an authenticator, but cannot be used as one.
    pub fn of(text: &Secret) -> Result<Self, NotAnAuthenticator> {
        match Authenticator::parse(text.expose()) {
            Err(NotAnAuthenticator::Other) => {}
            read => return read.map(|it| Self::Otpauth(Box::new(it))),
        }
        match Migration::parse(text.expose()) {
            Err(NotAnAuthenticator::Other) => {}
            read => return read.map(Self::Migration),
        }
        Ok(Pairing::parse(text.expose()).map_or_else(|| Self::Text(text.clone()), Self::Pairing))
    }
}

impl Pairing {
    /// `None`: it is no such link, or one that could be read on the way (`http`, but to this computer).
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > LONGEST || text.contains(|c: char| c.is_control() || c.is_whitespace() || c == '\\') {
            return None;
        }
        let url = Url::parse(text).ok()?;
        let safe = match (url.scheme(), url.host()?) {
            ("https", _) => true,
            ("http", Host::Domain(name)) => name == "localhost",
            ("http", Host::Ipv4(ip)) => IpAddr::from(ip).is_loopback(),
            ("http", Host::Ipv6(ip)) => IpAddr::from(ip).is_loopback(),
            _ => false,
        };
        let nameless = url.username().is_empty() && url.password().is_none();
        let page = url.path_segments()?.rfind(|segment| !segment.is_empty())?;
        if !safe || !nameless || !matches!(page, "device" | "link") {
            return None;
        }
        let mut codes = url.query_pairs().filter(|(name, _)| matches!(&**name, "q" | "user_code"));
        let (Some((_, code)), None) = (codes.next(), codes.next()) else { return None };
        let code = code.trim();
        if code.is_empty() {
            return None;
        }
        let host = url.host_str()?;
        let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        Some(Self { host, address: Secret::new(url.as_str()), code: Secret::new(code) })
    }
}

impl fmt::Debug for Pairing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pairing({})", self.host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OTPAUTH: &str = "otpauth://totp/jana?secret=GEZDGNBVGY3TQOJQ";

    fn of(text: &str) -> Result<Payload, NotAnAuthenticator> {
        Payload::of(&Secret::new(text))
    }

    #[test]
    fn each_kind_is_told() {
        assert!(matches!(of(OTPAUTH), Ok(Payload::Otpauth(_))));
        assert!(matches!(of(&format!(" {OTPAUTH}\n")), Ok(Payload::Otpauth(_))));
        let export = "otpauth-migration://offline?data=CjEKCkhlbGxvId6tvu8SGEV4YW1wbGU6YWxpY2VAZ29vZ2xlLmNvbRoHRXhhbXBsZTAC";
        assert!(matches!(of(export), Ok(Payload::Migration(_))));
        assert!(matches!(of("https://a.example/device?user_code=BCDF-GHJK"), Ok(Payload::Pairing(_))));
        for text in ["", "hello", "https://a.example/", "WIFI:S:net;T:WPA;P:pass;;", "javascript:alert(1)"] {
            assert_eq!(of(text), Ok(Payload::Text(Secret::new(text))));
        }
    }

    #[test]
    fn a_broken_authenticator_is_no_text() {
        assert_eq!(of("otpauth://hotp/a?secret=GEZDGNBVGY3TQOJQ"), Err(NotAnAuthenticator::CounterBased));
        assert_eq!(of("otpauth://totp/a"), Err(NotAnAuthenticator::NoSecret));
        assert_eq!(of("otpauth-migration://offline?data=!"), Err(NotAnAuthenticator::Garbled));
    }

    #[test]
    fn links_that_let_a_device_in() {
        let links = [
            ("https://a.example/device?user_code=BCDF-GHJK", "a.example", "BCDF-GHJK"),
            ("https://a.example:8443/link?q=x", "a.example:8443", "x"),
            ("https://a.example/realms/r/device/?user_code=AB%20CD&x=1", "a.example", "AB CD"),
            ("HTTPS://A.EXAMPLE/device?q=x", "a.example", "x"),
            ("http://localhost:8080/link?q=x", "localhost:8080", "x"),
            ("http://127.0.0.1/device?q=x", "127.0.0.1", "x"),
            ("http://[::1]:1/device?q=x", "[::1]:1", "x"),
            // As it is asked for by the resolver: a name that looks like another one shows that it is not.
            ("https://аpple.example/device?q=x", "xn--pple-43d.example", "x"),
        ];
        for (link, host, code) in links {
            let it = Pairing::parse(link).unwrap_or_else(|| panic!("{link}"));
            assert_eq!((it.host.as_str(), it.code.expose()), (host, code), "{link}");
        }
    }

    #[test]
    fn links_that_do_not() {
        let links = [
            "http://a.example/device?q=x",
            "http://localhost.a.example/device?q=x",
            "http://10.0.0.1/device?q=x",
            "https://a.example/other?q=x",
            "https://a.example/device",
            "https://a.example/device?q=",
            "https://a.example/device?q=x&user_code=y",
            "https://a.example/device/../other?q=x",
            "https://a.example@b.example/device?q=x",
            "https://:p@b.example/device?q=x",
            "https://a.example\\@b.example/device?q=x",
            "https://a.exa\tmple/device?q=x",
            "ftp://a.example/device?q=x",
            "regain://device?q=x",
            "file:///device?q=x",
            OTPAUTH,
        ];
        for link in links {
            assert_eq!(Pairing::parse(link), None, "{link}");
        }
        assert_eq!(Pairing::parse(&format!("https://a.example/device?q={}", "x".repeat(LONGEST))), None);
    }

    #[test]
    fn debug_shows_no_code() {
        let it = Pairing::parse("https://a.example/device?user_code=BCDF").unwrap();
        assert_eq!(format!("{it:?}"), "Pairing(a.example)");
    }
}
