//! The address of an account server, as people type it.

use std::net::IpAddr;

use url::{Host, Url};

/// Why a typed address cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressProblem {
    Empty,
    NotAnAddress,
    /// http to another computer: everyone on the way could read along.
    NotEncrypted,
    /// It answers, but it is no account server that Regain knows.
    NoAccountServer,
}

/// Longest address that is looked at, in bytes (a DNS name has 253 at most).
const MAX_LENGTH: usize = 2_048;

/// Reads what was typed: a scheme may be missing, a path is dropped, http is for this computer only.
pub fn parse(typed: &str) -> Result<Url, AddressProblem> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err(AddressProblem::Empty);
    }
    if typed.len() > MAX_LENGTH || typed.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(AddressProblem::NotAnAddress);
    }
    let url = match typed.split_once("://") {
        Some(("http" | "https", _)) => Url::parse(typed),
        Some(_) => return Err(AddressProblem::NotAnAddress),
        None => with_scheme(typed),
    }
    .map_err(|_| AddressProblem::NotAnAddress)?;

    let plausible = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || is_dotted(name),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        None => false,
    };
    if !plausible || !url.username().is_empty() || url.password().is_some() {
        return Err(AddressProblem::NotAnAddress);
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err(AddressProblem::NotEncrypted);
    }
    url.join("/").map_err(|_| AddressProblem::NotAnAddress)
}

/// Whether the address can only lead to this computer.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
        None => false,
    }
}

/// Host, with its port where it is not the scheme's own.
pub fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

fn with_scheme(typed: &str) -> Result<Url, url::ParseError> {
    let secure = Url::parse(&format!("https://{typed}"))?;
    if is_loopback(&secure) { Url::parse(&format!("http://{typed}")) } else { Ok(secure) }
}

fn is_dotted(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name.contains('.')
        && name.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ok(typed: &str) -> String {
        parse(typed).unwrap().to_string()
    }

    #[test]
    fn a_missing_scheme_is_https() {
        assert_eq!(ok("accounts.dorfladen.example"), "https://accounts.dorfladen.example/");
        assert_eq!(ok("accounts.dorfladen.example:8443"), "https://accounts.dorfladen.example:8443/");
    }

    #[test]
    fn this_computer_may_be_spoken_to_without_encryption() {
        assert_eq!(ok("127.0.0.1:8080"), "http://127.0.0.1:8080/");
        assert_eq!(ok("localhost:8080"), "http://localhost:8080/");
        assert_eq!(ok("http://[::1]:8080"), "http://[::1]:8080/");
    }

    #[test]
    fn a_path_a_query_and_spaces_around_are_dropped() {
        assert_eq!(ok("  https://a.example/sign-in?next=/#x "), "https://a.example/");
        assert_eq!(ok("a.example/forgot"), "https://a.example/");
    }

    #[test]
    fn an_international_name_becomes_punycode() {
        assert_eq!(ok("почта.рф"), "https://xn--80a1acny.xn--p1ai/");
    }

    #[test]
    fn http_to_another_computer_is_refused() {
        assert_eq!(parse("http://a.example"), Err(AddressProblem::NotEncrypted));
        assert_eq!(parse("http://127.0.0.1.example"), Err(AddressProblem::NotEncrypted));
    }

    #[test]
    fn slips_of_the_finger_are_no_addresses() {
        assert_eq!(parse(""), Err(AddressProblem::Empty));
        assert_eq!(parse("   "), Err(AddressProblem::Empty));
        for typed in [
            "dorfladen",
            "htps://a.example",
            "ftp://a.example",
            "a,example",
            "a..example",
            "-a.example",
            "a example",
            "https://",
            "jana:secret@a.example",
            "jana@a.example",
            "file:///etc/passwd",
            "javascript:alert(1)",
        ] {
            assert_eq!(parse(typed), Err(AddressProblem::NotAnAddress), "{typed}");
        }
        assert_eq!(parse(&"a.".repeat(2_000)), Err(AddressProblem::NotAnAddress));
    }

    #[test]
    fn only_a_port_of_its_own_is_shown() {
        assert_eq!(host(&parse("a.example:443").unwrap()), "a.example");
        assert_eq!(host(&parse("a.example:8443").unwrap()), "a.example:8443");
    }
}
