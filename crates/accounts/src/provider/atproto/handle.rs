//! From a handle to the server where its account lives (atproto.com/specs/handle, atproto.com/specs/did).

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::wire::DidDocument;
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Call, Http, Reply};

mod lookup;
mod names;

pub use lookup::Lookup;
pub use names::{Did, Handle};

/// Where the documents of every `did:plc` rest.
const DIRECTORY: &str = "https://plc.directory/";
/// How long a DID document may take.
const LIMIT: Duration = Duration::from_secs(5);

/// Finds the PDS of an account.
pub struct Resolver {
    http: Http,
    plc: Url,
    lookup: Arc<dyn Lookup>,
    /// Handles under `.test` are looked up, too.
    test: bool,
}

impl Resolver {
    pub fn new(http: Http) -> Result<Self> {
        let lookup = Arc::new(lookup::Network(http.clone()));
        Ok(Self { http, plc: Url::parse(DIRECTORY)?, lookup, test: false })
    }

    /// One with a directory and with handles of its own.
    #[cfg(any(test, feature = "testing"))]
    pub fn with(http: Http, plc: Url, lookup: Arc<dyn Lookup>) -> Self {
        Self { http, plc, lookup, test: true }
    }

    /// The origin of the PDS of a handle or a DID; `None`: there is no such account.
    ///
    /// `BadIdentifier` for what is neither; `Protocol` where the handle and the account do not name each other.
    pub async fn pds_of(&self, handle_or_did: &str) -> Result<Option<Url>> {
        if let Some(did) = Did::parse(handle_or_did) {
            let Some(document) = self.document(&did).await? else { return Ok(None) };
            return pds(&document);
        }
        let handle = Handle::read(handle_or_did, self.test).ok_or(ErrorKind::BadIdentifier)?;
        let Some(did) = self.did_of(&handle).await? else { return Ok(None) };
        let Some(document) = self.document(&did).await? else { return Ok(None) };
        // Anybody can point their own domain at somebody else's account: the account must say yes.
        let name = format!("at://{}", handle.as_str());
        if !document.also_known_as.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
            return Err(Error::new(ErrorKind::Protocol, "the account has another handle"));
        }
        pds(&document)
    }

    /// Asks both places at once; either may answer, and two answers must be one.
    async fn did_of(&self, handle: &Handle) -> Result<Option<Did>> {
        let name = format!("_atproto.{}", handle.as_str());
        let page = Url::parse(&format!("https://{}/.well-known/atproto-did", handle.as_str()))?;
        let (records, page) = tokio::join!(self.lookup.txt(&name), self.lookup.page(page));
        let in_dns = match &records {
            Ok(records) => only_did(records)?,
            Err(_) => None,
        };
        let on_page = page.as_ref().ok().and_then(Option::as_ref).and_then(|text| Did::parse(text));
        match (in_dns, on_page) {
            (Some(a), Some(b)) if a != b => {
                Err(Error::new(ErrorKind::Protocol, "two accounts for one handle"))
            }
            (Some(did), _) | (None, Some(did)) => Ok(Some(did)),
            (None, None) => match (records, page) {
                // A name without any records has no page either: that no page was reached says nothing new.
                (Ok(_), Err(error)) if error.kind() == ErrorKind::Offline => Ok(None),
                (Err(error), _) | (_, Err(error)) => Err(error),
                (Ok(_), Ok(_)) => Ok(None),
            },
        }
    }

    async fn document(&self, did: &Did) -> Result<Option<DidDocument>> {
        let url = match did.host() {
            Some(host) => host.join(".well-known/did.json")?,
            None => {
                let mut url = self.plc.clone();
                let bug = |()| Error::from(ErrorKind::Bug);
                url.path_segments_mut().map_err(bug)?.pop_if_empty().push(did.as_str());
                url
            }
        };
        let reply = self.http.send(Call::get(url).within(LIMIT)).await?;
        match reply.status {
            // 410: the account was given up (did:plc "tombstone").
            404 | 410 => Ok(None),
            200 => document(&reply, did).map(Some),
            429 => Err(ErrorKind::RateLimited { wait: reply.retry_after }.into()),
            _ => Err(reply.broken_promise()),
        }
    }
}

fn document(reply: &Reply, did: &Did) -> Result<DidDocument> {
    let document: DidDocument = reply.json()?;
    if document.id == did.as_str() { Ok(document) } else { Err(reply.broken_promise()) }
}

/// The one account that the TXT records name, if any does. Two are a mistake that only their owner can mend.
fn only_did(records: &[String]) -> Result<Option<Did>> {
    let mut dids: Vec<Did> =
        records.iter().filter_map(|text| Did::parse(text.trim().strip_prefix("did=")?)).collect();
    dids.dedup();
    match dids.len() {
        0 | 1 => Ok(dids.pop()),
        _ => Err(Error::new(ErrorKind::Protocol, "two accounts for one handle")),
    }
}

/// The first service of the right name, of the right type and with an address that can be one.
fn pds(document: &DidDocument) -> Result<Option<Url>> {
    let full = format!("{}#atproto_pds", document.id);
    let services = &document.service;
    let Some(entry) = services.iter().find(|entry| {
        (entry.id == "#atproto_pds" || entry.id == full) && entry.kind == "AtprotoPersonalDataServer"
    }) else {
        return Ok(None);
    };
    let url = entry.service_endpoint.as_str().and_then(names::origin);
    url.map(Some).ok_or_else(|| Error::new(ErrorKind::Protocol, "an address that is none"))
}

#[cfg(test)]
mod tests;
