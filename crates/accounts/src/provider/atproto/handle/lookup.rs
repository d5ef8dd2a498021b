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
        let offline = |error| Error::new(ErrorKind::Offline, error);
        let system = TokioResolver::builder_tokio().and_then(|builder| builder.build()).map_err(offline)?;
        let mut name = Name::from_ascii(name).map_err(|error| Error::new(ErrorKind::BadIdentifier, error))?;
        // With its root, or the domains of the system's own network would be searched as well.
        name.set_fqdn(true);
        let answer = match timeout(LIMIT, system.txt_lookup(name)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) if error.is_no_records_found() => return Ok(Vec::new()),
            Ok(Err(error)) => return Err(Error::new(ErrorKind::Offline, error)),
            Err(late) => return Err(Error::new(ErrorKind::Offline, late)),
        };
        let text = |data: &RData| match data {
            RData::TXT(txt) => String::from_utf8(txt.txt_data.concat()).ok(),
            _ => None,
        };
        Ok(answer.answers().iter().filter_map(|record| text(&record.data)).collect())
    }

    async fn page(&self, url: Url) -> Result<Option<String>> {
        let late = |late| Error::new(ErrorKind::ServerTrouble, late);
        timeout(LIMIT, page(&self.0, url)).await.map_err(late)?
    }
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
