//! Whether this computer has a network at all.

use std::net::UdpSocket;

/// Addresses for documentation (RFC 5737, RFC 3849): "connecting" a UDP socket asks the routing table and sends nothing.
const NOWHERE: [(&str, &str); 2] = [("0.0.0.0:0", "192.0.2.1:9"), ("[::]:0", "[2001:db8::1]:9")];

/// Whether there is a way out. It says nothing of a single server.
pub fn has_route() -> bool {
    NOWHERE.iter().any(|(from, to)| UdpSocket::bind(from).and_then(|socket| socket.connect(to)).is_ok())
}

/// Whether a name leads to any computer; asks the system's resolver.
pub async fn resolves(host: &str) -> bool {
    tokio::net::lookup_host((host, 443)).await.is_ok_and(|mut found| found.next().is_some())
}
