use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;
use url::Url;

use super::follow::{End, Stop, follow};
use super::host::Host;
use super::list::SiteList;
use crate::error::ErrorKind;
use crate::http::Http;

/// W3C "A Well-Known URL for Changing Passwords".
const WELL_KNOWN: &str = "/.well-known/change-password";
/// Whoever answers "ok" here answers so to everything ("Detecting the reliability of HTTP status codes").
const PROBE: &str = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200";
/// How long one answer may take, and all of them.
const EACH: Duration = Duration::from_secs(5);
const ALL: Duration = Duration::from_secs(10);

/// Where a person changes the password of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// What the browser is to open. Of a well-known address it is that one: what it leads to may hold for one visit only.
    pub url: Url,
    pub by: By,
    /// Where the well-known address led when it was asked.
    pub ends_at: Option<Url>,
    pub looked: Looked,
    /// Other pages of the site, the likelier first.
    pub also: Vec<(By, Url)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    WellKnown,
    List,
    FrontPage,
}

/// What came of asking the site itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looked {
    Answered,
    /// No network, no such host, no answer in time, or one that broke off.
    Unreached,
    /// Its identity could not be checked (TLS).
    NotTrusted,
    /// It led to where Regain does not go: without encryption, into a private network, or on and on.
    LedAstray,
}

/// The host where a page ends, when it is not the one that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere {
    pub host: Host,
    /// Whether one owner registered both.
    pub same_site: bool,
}

impl Page {
    /// Whether the page leads away from the host that was asked.
    pub fn elsewhere(&self, asked: &Host) -> Option<Elsewhere> {
        let host = Host::of(self.ends_at.as_ref().unwrap_or(&self.url))?;
        let same_site = host.is_same_site(asked);
        (host != *asked).then_some(Elsewhere { host, same_site })
    }
}

/// Looks for that page.
#[derive(Clone)]
pub struct Finder {
    http: Http,
    list: Arc<SiteList>,
}

impl Finder {
    /// `http` should be one that speaks to the [outside](Http::outside) only.
    pub fn new(http: Http, list: Arc<SiteList>) -> Self {
        Self { http, list }
    }

    /// Asks the site, then the list, and ends at the front page; it sends two requests that tell nothing of the person.
    /// `None` for a host of which no address can be made.
    pub async fn find(&self, host: &Host) -> Option<Page> {
        let (ends_at, looked) = self.ask(host).await;
        let well_known = ends_at.as_ref().and_then(|_| host.at(WELL_KNOWN));
        let mut pages = [
            (By::WellKnown, well_known),
            (By::List, self.list.change_page(host).cloned()),
            (By::FrontPage, host.at("/")),
        ]
        .into_iter()
        .filter_map(|(by, url)| Some((by, url?)));
        let (by, url) = pages.next()?;
        Some(Page { url, by, ends_at, looked, also: pages.collect() })
    }

    /// Where the well-known address leads, if it can be believed.
    async fn ask(&self, host: &Host) -> (Option<Url>, Looked) {
        let (Some(well_known), Some(probe)) = (host.at(WELL_KNOWN), host.at(PROBE)) else {
            return (None, Looked::LedAstray);
        };
        let asked = async {
            tokio::join!(follow(&self.http, well_known, 0, EACH), follow(&self.http, probe, 0, EACH))
        };
        match timeout(ALL, asked).await {
            Err(_) => (None, Looked::Unreached),
            Ok((Err(stop), _)) => (None, why(&stop)),
            Ok((Ok(end), _)) if !is_page(&end) => (None, Looked::Answered),
            // Without an honest "no" to what cannot be there, a "yes" says nothing.
            Ok((Ok(_), Err(stop))) => (None, why(&stop)),
            Ok((Ok(_), Ok(probe))) if probe.reply.is_success() => (None, Looked::Answered),
            Ok((Ok(end), Ok(_))) => (Some(end.url), Looked::Answered),
        }
    }
}

/// Whether it is an answer, and not just the front page to which some sites send whatever they do not know.
fn is_page(end: &End) -> bool {
    let front = end.url.path() == "/" && end.url.query().is_none() && end.url.fragment().is_none();
    end.reply.is_success() && !front
}

fn why(stop: &Stop) -> Looked {
    match stop.kind() {
        None => Looked::LedAstray,
        Some(ErrorKind::NotTrusted) => Looked::NotTrusted,
        Some(_) => Looked::Unreached,
    }
}
