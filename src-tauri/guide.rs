//! Guides: which site is meant, the page of a step, and the password that is set there.

use accounts::address;
use accounts::flow::Question;
use accounts::guide::{self, Guide};
use accounts::provider::{Kind, Server};

use crate::app::App;
use crate::view::*;
use crate::view_from::{self, seconds};

impl App {
    /// The sites that are meant by a name, an address, or a sentence such as "I forgot my AliExpress password". Nobody is
    /// asked.
    pub async fn find_sites(&self, text: &str) -> Result<SitesView, ErrorView> {
        let meant = guide::meant(text);
        let mut hosts: Vec<String> = Guide::all()
            .filter(|guide| guide.is_called(&meant.rest))
            .filter_map(|guide| guide.hosts.first().cloned())
            .collect();
        if let Some(host) = host(&meant.rest)
            && !hosts.iter().any(|known| host == *known || host.ends_with(&format!(".{known}")))
        {
            hosts.push(host);
        }
        let mut sites = Vec::new();
        for host in hosts {
            let base = format!("https://{host}/").parse().map_err(|_| ErrorView::Bug)?;
            let server = Server { kind: Kind::Guide, base, key: None };
            let provider = self.providers.get(&server).await?;
            sites.push(SiteView {
                server: view_from::server(&server, provider.about()),
                checked_at: Guide::of_host(&host).map(|guide| seconds(guide.checked)),
            });
        }
        Ok(SitesView { sites, meant: meant.rest, lost: meant.lost })
    }

    /// The page that a step is done on.
    pub async fn guide_page(&self, number: u32) -> Result<String, ErrorView> {
        self.deps()?;
        let page = self.in_conversation(number, |flow| match flow.question() {
            Question::Guide(ask) | Question::SetPassword(ask) => ask.page.clone(),
            _ => None,
        });
        page.await?.map(String::from).ok_or(ErrorView::Gone)
    }

    /// The password that is set or typed on the page; durable since before it was made known.
    pub async fn guide_password(&self, number: u32) -> Result<Revealed, ErrorView> {
        self.deps()?;
        let password = self.in_conversation(number, |flow| flow.candidate().cloned()).await?;
        password.map(|password| self.revealed(&password)).ok_or(ErrorView::Gone)
    }
}

/// A public site's host, where an address was typed.
fn host(text: &str) -> Option<String> {
    let url = address::parse(text).ok().filter(|url| url.scheme() == "https" && url.port().is_none())?;
    let host = url.domain()?.trim_start_matches("www.").to_owned();
    host.contains('.').then_some(host)
}
