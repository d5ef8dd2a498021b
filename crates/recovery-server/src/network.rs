//! Where a request came from, no more precisely than needed.

use axum::http::HeaderMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The caller's address, seen through the proxies we trust.
pub(crate) fn caller(peer: Option<IpAddr>, headers: &HeaderMap, trusted: &[IpAddr]) -> Option<IpAddr> {
    let mut address = peer?.to_canonical();
    let mut hops: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    // From the nearest hop outwards, and only while the one who vouches for it is trusted.
    while trusted.contains(&address) {
        let Some(hop) = hops.pop() else { break };
        let Ok(next) = hop.trim().parse::<IpAddr>() else { break };
        address = next.to_canonical();
    }
    Some(address)
}

/// What is kept and shown: `203.0.113.0/24`, `2001:db8:12::/48`; nothing for this machine itself.
pub(crate) fn prefix(address: IpAddr) -> Option<String> {
    match address {
        own if own.is_loopback() => None,
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            Some(format!("{}/24", Ipv4Addr::new(a, b, c, 0)))
        }
        IpAddr::V6(v6) => {
            let [a, b, c, ..] = v6.segments();
            Some(format!("{}/48", Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0)))
        }
    }
}

/// What limits count by: one IPv4 address, or the /64 that one IPv6 line is given.
pub(crate) fn line(address: Option<IpAddr>) -> String {
    match address {
        None => "unknown".to_owned(),
        Some(IpAddr::V4(v4)) => v4.to_string(),
        Some(IpAddr::V6(v6)) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn seen(peer: &str, forwarded: &str, trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_str(forwarded).unwrap());
        let trusted: Vec<IpAddr> = trusted.iter().map(|text| text.parse().unwrap()).collect();
        caller(Some(peer.parse().unwrap()), &headers, &trusted).unwrap().to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(seen("198.51.100.7", "203.0.113.9", &[]), "198.51.100.7");
        assert_eq!(seen("127.0.0.1", "203.0.113.9", &["127.0.0.1"]), "203.0.113.9");
        assert_eq!(seen("127.0.0.1", "6.6.6.6, 203.0.113.9", &["127.0.0.1"]), "203.0.113.9");
        assert_eq!(seen("127.0.0.1", "203.0.113.9, 10.0.0.2", &["127.0.0.1", "10.0.0.2"]), "203.0.113.9");
        assert_eq!(seen("127.0.0.1", "nonsense", &["127.0.0.1"]), "127.0.0.1");
    }

    #[test]
    fn prefixes_say_no_more_than_needed() {
        let of = |text: &str| prefix(text.parse().unwrap());
        assert_eq!(of("203.0.113.77").as_deref(), Some("203.0.113.0/24"));
        assert_eq!(of("2001:db8:12:34::5").as_deref(), Some("2001:db8:12::/48"));
        assert_eq!(of("127.0.0.1"), None);
        assert_eq!(line(Some("2001:db8:12:34::5".parse().unwrap())), "2001:db8:12:34::/64");
    }
}
