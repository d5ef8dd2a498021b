//! Where a request came from, no more precisely than needed.

use axum::http::HeaderMap;
use ipnet::IpNet;
use serde::Deserialize;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// One address or a whole network: `127.0.0.1`, `10.0.0.0/8`, `2001:db8::/32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network(IpNet);

impl Network {
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(said: &str) -> Result<Self, String> {
        let said = said.trim();
        let read = match said.parse::<IpAddr>() {
            Ok(address) => Some(IpNet::from(address.to_canonical())),
            Err(_) => said.parse().ok(),
        };
        let Some(network) = read else {
            return Err(format!("{said:?} is neither an address nor a network such as \"10.0.0.0/8\""));
        };
        if network.prefix_len() == 0 {
            return Err(format!("{said:?} is everybody: name the proxies' own addresses or networks"));
        }
        Ok(Self(network.trunc()))
    }
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(said: String) -> Result<Self, String> {
        said.parse()
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Is this one of the proxies whose word is taken?
pub(crate) fn is_trusted(address: IpAddr, trusted: &[Network]) -> bool {
    trusted.iter().any(|network| network.contains(address))
}

/// The caller's address, seen through the proxies we trust.
pub(crate) fn caller(peer: Option<IpAddr>, headers: &HeaderMap, trusted: &[Network]) -> Option<IpAddr> {
    let mut address = peer?.to_canonical();
    let mut hops: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    // From the nearest hop outwards, and only while the one who vouches for it is trusted.
    while is_trusted(address, trusted) {
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
        let trusted: Vec<Network> = trusted.iter().map(|text| text.parse().unwrap()).collect();
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
    fn a_whole_network_of_proxies_can_be_trusted() {
        let inside = ["10.0.0.0/8", "2001:db8::/32"];
        assert_eq!(seen("10.9.8.7", "203.0.113.9", &inside), "203.0.113.9");
        assert_eq!(seen("::ffff:10.9.8.7", "203.0.113.9", &inside), "203.0.113.9");
        assert_eq!(seen("2001:db8:5::1", "203.0.113.9, 10.1.1.1", &inside), "203.0.113.9");
        assert_eq!(seen("11.0.0.1", "203.0.113.9", &inside), "11.0.0.1");
        assert_eq!(seen("2001:db9::1", "203.0.113.9", &inside), "2001:db9::1");
    }

    #[test]
    fn networks_are_read_as_people_write_them() {
        let read = |said: &str| said.parse::<Network>().map(|network| network.to_string());
        assert_eq!(read("10.1.2.3/8").as_deref(), Ok("10.0.0.0/8"));
        assert_eq!(read(" 127.0.0.1 ").as_deref(), Ok("127.0.0.1/32"));
        assert_eq!(read("::1").as_deref(), Ok("::1/128"));
        for (said, says) in [
            ("10.0.0.0/33", "neither an address nor a network"),
            ("proxy.example", "neither an address nor a network"),
            ("", "neither an address nor a network"),
            ("0.0.0.0/0", "is everybody"),
            ("::/0", "is everybody"),
        ] {
            assert!(read(said).unwrap_err().contains(says), "{said}");
        }
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
