//! Speaking to sites that a person named, or that others lead to: by https to the public internet, and nowhere else.

use std::error::Error as StdError;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::Client;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::{CONNECT, Http, TOTAL};
use crate::clock::SystemClock;
use crate::error::{Error, Result};

impl Http {
    /// A client that connects to public addresses only. The name is looked up once for a connection, and that very answer
    /// is checked and used, so that no second answer can lead elsewhere; a proxy would look it up itself, and is passed by.
    pub fn outside() -> Result<Self> {
        let client = Client::builder().connect_timeout(CONNECT).timeout(TOTAL).no_proxy().https_only(true);
        Self::build(client.dns_resolver(Arc::new(Names::OfTheSystem)), Arc::new(SystemClock))
    }

    /// The same in a world of a test's own: its authority, and its names, of which one without addresses does not exist.
    /// Loopback, where that world is, counts as outside.
    #[cfg(any(test, feature = "testing"))]
    pub fn outside_of(
        authority: &[u8],
        names: impl Fn(&str) -> Vec<SocketAddr> + Send + Sync + 'static,
    ) -> Result<Self> {
        let authority = reqwest::Certificate::from_der(authority).map_err(super::bug)?;
        let client = Client::builder().connect_timeout(CONNECT).timeout(TOTAL).no_proxy().https_only(true);
        let client = client.dns_resolver(Arc::new(Names::OfATest(Arc::new(names))));
        Self::build(client.tls_certs_merge([authority]), Arc::new(SystemClock))
    }
}

/// Whether a call was not made because its host is inside a network, not on the internet.
pub fn was_inside(error: &Error) -> bool {
    let mut source = error.source();
    while let Some(cause) = source {
        if cause.is::<Inside>() {
            return true;
        }
        source = cause.source();
    }
    false
}

/// Whether an address is one of the public internet, by the IANA special-purpose registries (RFC 6890, RFC 8190).
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let special = match ip.octets() {
        [0 | 10 | 127, ..] | [224..=255, ..] => true,
        // Carrier-grade NAT (RFC 6598).
        [100, 64..=127, ..] => true,
        [169, 254, ..] | [172, 16..=31, ..] | [192, 168, ..] => true,
        [192, 0, 0 | 2, _] | [192, 88, 99, _] => true,
        [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => true,
        _ => false,
    };
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    if let Some(inner) = ip.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    match ip.segments() {
        // What a network with IPv6 alone makes of an IPv4 address (RFC 6052).
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            is_public_v4(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)))
        }
        // Protocol assignments, Teredo, documentation, 6to4.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x2002, ..] | [0x3fff, 0..=0xfff, ..] => false,
        // Global unicast is all that was ever given out (RFC 4291).
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[derive(Debug)]
struct Inside;

impl fmt::Display for Inside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an address of the internet")
    }
}

impl StdError for Inside {}

#[cfg(any(test, feature = "testing"))]
type LookUp = dyn Fn(&str) -> Vec<SocketAddr> + Send + Sync;

#[derive(Clone)]
enum Names {
    OfTheSystem,
    #[cfg(any(test, feature = "testing"))]
    OfATest(Arc<LookUp>),
}

impl Names {
    async fn look_up(&self, name: &str) -> std::io::Result<Vec<SocketAddr>> {
        match self {
            Self::OfTheSystem => Ok(tokio::net::lookup_host((name, 0)).await?.collect()),
            #[cfg(any(test, feature = "testing"))]
            Self::OfATest(names) => {
                let found = names(name);
                if found.is_empty() { Err(std::io::ErrorKind::NotFound.into()) } else { Ok(found) }
            }
        }
    }

    fn is_outside(&self, ip: IpAddr) -> bool {
        is_public(ip) || !matches!(self, Self::OfTheSystem) && ip.is_loopback()
    }
}

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let names = self.clone();
        Box::pin(async move {
            let found = names.look_up(name.as_str()).await?;
            // One that is inside is a reason to trust none of them.
            if !found.iter().all(|at| names.is_outside(at.ip())) {
                return Err(Inside.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::http::Call;

    #[test]
    fn public_addresses_are_told_from_all_others() {
        for public in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
            "2001:4860::8888",
            "::ffff:1.1.1.1",
            "64:ff9b::808:808",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for inside in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "3fff::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(inside.parse().unwrap()), "{inside}");
        }
    }

    #[tokio::test]
    async fn a_name_with_one_address_inside_leads_nowhere() {
        let names = Names::OfATest(Arc::new(|name| {
            let second = if name == "a.example" { "10.0.0.1" } else { "::1" };
            ["1.1.1.1", second].iter().map(|ip| SocketAddr::new(ip.parse().unwrap(), 1)).collect()
        }));
        let Err(error) = names.resolve("a.example".parse().unwrap()).await else {
            panic!("it leads somewhere")
        };
        assert!(error.is::<Inside>());
        let found =
            names.resolve("b.example".parse().unwrap()).await.unwrap_or_else(|_| panic!("it leads nowhere"));
        assert_eq!(found.count(), 2, "loopback is where the test's world is");
        assert!(!Names::OfTheSystem.is_outside("::1".parse().unwrap()));
    }

    #[tokio::test]
    async fn the_real_client_asks_nobody_in_this_computer() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let call = Call::get(format!("https://localhost:{port}/").parse().unwrap());
        let error = Http::outside().unwrap().send(call).await.unwrap_err();
        assert!(was_inside(&error));
        assert_eq!(error.kind(), ErrorKind::Offline);
        assert!(listener.accept().is_err(), "nobody knocked");
        let plain = Call::get(format!("http://localhost:{port}/").parse().unwrap());
        assert!(Http::outside().unwrap().send(plain).await.is_err());
        assert!(listener.accept().is_err(), "nobody knocked");
    }
}
