//! The two places where a domain says which account its name stands for.

use std::time::Duration;

use async_trait::async_trait;
use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::{Name, RData};
use tokio::time::timeout;
use url::Url;

use crate::address;
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Call, Http};

/// How long either place may take.
const LIMIT: Duration = Duration::from_secs(5);
/// Redirects that are followed; the protocol asks for "a reasonable number".
const REDIRECTS: usize = 3;

/// Asks about a handle.
#[async_trait]
pub trait Lookup: Send + Sync {
    /// The TXT records of a name, each as one text; none where the name has none.
    async fn txt(&self, name: &str) -> Result<Vec<String>>;

    /// The body of a page, such as `https://<handle>/.well-known/atproto-did`; `None` where there is no such page.
    async fn page(&self, url: Url) -> Result<Option<String>>;
}

/// Asks the network.
pub(super) struct Network(pub Http);

#[async_trait]
impl Lookup for Network {
    async fn txt(&self, name: &str) -> Result<Vec<String>> {
        // Read each time: a laptop moves from network to network.
        let system = TokioResolver::builder_tokio().and_then(|builder| builder.build());
        txt(&system.map_err(|error| Error::new(ErrorKind::Offline, error))?, name).await
    }

    async fn page(&self, url: Url) -> Result<Option<String>> {
        let late = |late| Error::new(ErrorKind::ServerTrouble, late);
        timeout(LIMIT, page(&self.0, url)).await.map_err(late)?
    }
}

async fn txt(system: &TokioResolver, name: &str) -> Result<Vec<String>> {
    let mut name = Name::from_ascii(name).map_err(|error| Error::new(ErrorKind::BadIdentifier, error))?;
    // With its root, or the domains of the system's own network would be searched as well.
    name.set_fqdn(true);
    let answer = match timeout(LIMIT, system.txt_lookup(name)).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) if error.is_no_records_found() => return Ok(Vec::new()),
        Ok(Err(error)) => return Err(Error::new(ErrorKind::Offline, error)),
        Err(late) => return Err(Error::new(ErrorKind::Offline, late)),
    };
    // A long text comes in pieces of 255 bytes.
    let text = |data: &RData| match data {
        RData::TXT(txt) => String::from_utf8(txt.txt_data.concat()).ok(),
        _ => None,
    };
    Ok(answer.answers().iter().filter_map(|record| text(&record.data)).collect())
}

async fn page(http: &Http, mut url: Url) -> Result<Option<String>> {
    for _ in 0..=REDIRECTS {
        let reply = http.send(Call::get(url.clone()).within(LIMIT)).await?;
        match reply.status {
            200 => return Ok(reply.text().ok().map(str::to_owned)),
            301 | 302 | 303 | 307 | 308 => {
                let Some(next) = reply.header("location").and_then(|next| url.join(next).ok()) else {
                    return Ok(None);
                };
                let local = address::is_loopback(&url) && address::is_loopback(&next);
                if next.scheme() != "https" && !(next.scheme() == "http" && local) {
                    return Ok(None);
                }
                url = next;
            }
            500.. => return Err(reply.broken_promise()),
            _ => return Ok(None),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
    use hickory_resolver::net::runtime::TokioRuntimeProvider;
    use hickory_resolver::proto::op::{Message, OpCode, ResponseCode};
    use hickory_resolver::proto::rr::Record;
    use hickory_resolver::proto::rr::rdata::TXT;
    use tokio::net::UdpSocket;

    use super::*;

    /// A name server on loopback that gives these records, each in its pieces; or this refusal.
    async fn name_server(records: Vec<Vec<&'static str>>, refusal: ResponseCode) -> TokioResolver {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let mut connection = ConnectionConfig::udp();
        connection.port = socket.local_addr().unwrap().port();
        tokio::spawn(async move {
            let mut bytes = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut bytes).await {
                let asked = Message::from_vec(&bytes[..length]).unwrap();
                let mut answer = Message::response(asked.metadata.id, OpCode::Query);
                answer.add_queries(asked.queries.clone());
                answer.metadata.response_code = refusal;
                for pieces in &records {
                    let text = TXT::new(pieces.iter().map(|piece| (*piece).to_owned()).collect());
                    let name = asked.queries[0].name().clone();
                    answer.add_answer(Record::from_rdata(name, 60, RData::TXT(text)));
                }
                socket.send_to(&answer.to_vec().unwrap(), from).await.unwrap();
            }
        });
        let server = NameServerConfig::new(Ipv4Addr::LOCALHOST.into(), true, vec![connection]);
        let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
        TokioResolver::builder_with_config(config, TokioRuntimeProvider::default()).build().unwrap()
    }

    #[tokio::test]
    async fn records_are_read_each_as_one_text() {
        let records = vec![vec!["v=spf1 -all"], vec!["did=did:plc:", "ewvi7nxzyoun6zhxrhs64oiz"]];
        let system = name_server(records, ResponseCode::NoError).await;
        let found = txt(&system, "_atproto.jana.test").await.unwrap();
        assert_eq!(found, ["v=spf1 -all", "did=did:plc:ewvi7nxzyoun6zhxrhs64oiz"]);
    }

    #[tokio::test]
    async fn a_name_that_is_not_there_has_no_records() {
        let system = name_server(Vec::new(), ResponseCode::NXDomain).await;
        assert!(txt(&system, "_atproto.jana.test").await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_name_server_in_trouble_has_not_said_no() {
        let system = name_server(Vec::new(), ResponseCode::ServFail).await;
        assert_eq!(txt(&system, "_atproto.jana.test").await.unwrap_err().kind(), ErrorKind::Offline);
    }
}
