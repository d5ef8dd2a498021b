//! Handles and DIDs, as the AT Protocol writes them (atproto.com/specs/handle, atproto.com/specs/did).

use std::net::Ipv4Addr;

use url::Url;

use crate::address;

/// Longest host name, in bytes (RFC 1035, 2.3.4).
const MAX_HANDLE: usize = 253;
/// Longest DID, in bytes (atproto.com/specs/did).
const MAX_DID: usize = 2_048;
/// Top-level domains that no handle may end with (atproto.com/specs/handle).
const RESERVED: [&str; 8] = ["local", "arpa", "invalid", "localhost", "internal", "example", "alt", "onion"];

/// A domain name that stands for an account, in small letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handle(String);

impl Handle {
    /// Reads what was typed, with or without `@` or `at://` before it.
    pub fn parse(typed: &str) -> Option<Self> {
        Self::read(typed, false)
    }

    /// `test` is a top-level domain for tests and nothing else.
    pub(in crate::provider) fn read(typed: &str, test: bool) -> Option<Self> {
        let text = bare(typed).to_ascii_lowercase();
        let labels: Vec<&str> = text.split('.').collect();
        let (top, rest) = labels.split_last()?;
        let sound = text.len() <= MAX_HANDLE
            && !rest.is_empty()
            && labels.iter().all(|label| is_label(label))
            && top.starts_with(|c: char| c.is_ascii_lowercase())
            && !RESERVED.contains(top)
            && (test || *top != "test");
        sound.then_some(Self(text))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The permanent name of an account, of one of the two methods that the AT Protocol blesses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Did {
    /// `did:plc:` and 24 letters of base32, found in a directory.
    Plc(String),
    /// `did:web:` and a host name, found there.
    Web(String),
}

impl Did {
    pub fn parse(typed: &str) -> Option<Self> {
        let text = bare(typed);
        if text.len() > MAX_DID {
            return None;
        }
        if let Some(id) = text.strip_prefix("did:plc:") {
            let sound = id.len() == 24 && id.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'));
            return sound.then(|| Self::Plc(text.to_owned()));
        }
        let did = Self::Web(text.to_owned());
        did.host().map(|_| did)
    }

    pub fn as_str(&self) -> &str {
        match self {
            Self::Plc(text) | Self::Web(text) => text,
        }
    }

    /// Where a `did:web` is described. A port is for this computer only.
    pub(super) fn host(&self) -> Option<Url> {
        let Self::Web(text) = self else { return None };
        let host = text.strip_prefix("did:web:")?;
        let (name, port) = match host.split_once("%3A").or_else(|| host.split_once("%3a")) {
            Some((name, port)) => (name, Some(port.parse::<u16>().ok()?)),
            None => (host, None),
        };
        let labels: Vec<&str> = name.split('.').collect();
        let local = name == "localhost" || name.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback());
        if !labels.iter().all(|label| is_label(&label.to_ascii_lowercase())) {
            return None;
        }
        match port {
            Some(port) if local => Url::parse(&format!("http://{name}:{port}/")).ok(),
            None if local => Url::parse(&format!("http://{name}/")).ok(),
            None if labels.len() > 1 && name.parse::<Ipv4Addr>().is_err() => {
                Url::parse(&format!("https://{name}/")).ok()
            }
            _ => None,
        }
    }
}

/// The address of a PDS in a DID document: an origin and nothing more, https except on this computer.
pub(super) fn origin(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let bare = url.username().is_empty()
        && url.password().is_none()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none();
    let safe = url.scheme() == "https" || (url.scheme() == "http" && address::is_loopback(&url));
    (url.has_host() && bare && safe).then_some(url)
}

fn bare(typed: &str) -> &str {
    let typed = typed.trim();
    let typed = typed.strip_prefix("at://").unwrap_or(typed);
    typed.strip_prefix('@').unwrap_or(typed)
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_are_domain_names_in_small_letters() {
        let long = format!("{}.com", "a".repeat(63));
        for (typed, handle) in [
            ("jay.bsky.social", "jay.bsky.social"),
            (" @Jay.Bsky.Social ", "jay.bsky.social"),
            ("at://8.cn", "8.cn"),
            ("name.t--t", "name.t--t"),
            ("xn--notarealidn.com", "xn--notarealidn.com"),
            ("laptop.test.com", "laptop.test.com"),
            (&long, &long),
        ] {
            assert_eq!(Handle::parse(typed).unwrap().as_str(), handle, "{typed}");
        }
    }

    #[test]
    fn what_is_no_handle_is_refused() {
        let long = format!("{}.com", "a".repeat(64));
        let longer = format!("{}com", "abcdefgh.".repeat(28));
        for typed in [
            "",
            "org",
            "jo@hn.test",
            "💩.test.com",
            "john..com",
            "xn--bcher-.tld",
            "john.0",
            "cn.8",
            "www.mañana.com",
            "name.org.",
            "-a.com",
            "a-.com",
            "a_b.com",
            "jana@mail.com",
            "did:plc:ewvi7nxzyoun6zhxrhs64oiz",
            "127.0.0.1",
            &long,
            &longer,
        ] {
            assert_eq!(Handle::parse(typed), None, "{typed}");
        }
    }

    #[test]
    fn reserved_domains_hold_no_handles_and_test_does_in_tests_alone() {
        for top in RESERVED {
            assert_eq!(Handle::read(&format!("jana.{top}"), true), None, "{top}");
        }
        assert_eq!(Handle::parse("jana.test"), None);
        assert!(Handle::read("jana.test", true).is_some());
    }

    #[test]
    fn dids_are_of_two_methods() {
        let plc = "did:plc:ewvi7nxzyoun6zhxrhs64oiz";
        assert_eq!(Did::parse(plc), Some(Did::Plc(plc.into())));
        for (did, host) in [
            ("did:web:blueskyweb.xyz", "https://blueskyweb.xyz/"),
            ("did:web:localhost%3A1234", "http://localhost:1234/"),
            ("did:web:127.0.0.1%3A1234", "http://127.0.0.1:1234/"),
        ] {
            assert_eq!(Did::parse(did).unwrap().host().unwrap().as_str(), host, "{did}");
        }
    }

    #[test]
    fn what_is_no_did_is_refused() {
        let long = format!("did:web:{}", "a.".repeat(2_000));
        for typed in [
            "did:",
            "did:plc:",
            "did:plc:EWVI7NXZYOUN6ZHXRHS64OIZ",
            "did:plc:ewvi7nxzyoun6zhxrhs64oi",
            "did:plc:ewvi7nxzyoun6zhxrhs64oi1",
            "did:plc:ewvi7nxzyoun6zhxrhs64oiz/../x",
            "DID:plc:ewvi7nxzyoun6zhxrhs64oiz",
            "did:key:zQ3shZc2QzApp2oymGvQbzP8eKheVshBHbU4ZYjeXqwSKEn6N",
            "did:web:",
            "did:web:blueskyweb",
            "did:web:blueskyweb.xyz:path",
            "did:web:blueskyweb.xyz/path",
            "did:web:blueskyweb.xyz%3A8443",
            "did:web:10.0.0.1",
            "did:web:user@host.xyz",
            &long,
        ] {
            assert_eq!(Did::parse(typed), None, "{typed}");
        }
    }

    #[test]
    fn a_pds_is_an_origin_over_https() {
        for (text, url) in [
            ("https://pds.example", "https://pds.example/"),
            ("https://pds.example:8443/", "https://pds.example:8443/"),
            ("http://127.0.0.1:2583", "http://127.0.0.1:2583/"),
            ("http://localhost:2583", "http://localhost:2583/"),
        ] {
            assert_eq!(origin(text).unwrap().as_str(), url);
        }
        for text in [
            "http://pds.example",
            "https://pds.example/path",
            "https://pds.example/?q",
            "https://jana@pds.example",
            "ftp://pds.example",
            "data:text/plain,x",
            "pds.example",
        ] {
            assert_eq!(origin(text), None, "{text}");
        }
    }
}
