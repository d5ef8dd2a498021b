//! Guides: which site is meant, the page of a step, and the password that is set there.

use accounts::flow::Question;
use accounts::guide::{self, Guide};
use accounts::provider::{Kind, Server};
use accounts::site::{Host, Site};

use crate::app::App;
use crate::view::*;
use crate::view_from::{self, seconds};

/// How many sites are shown for what was typed.
const SHOWN: usize = 5;

impl App {
    /// The sites that are meant by a name, an address, or a sentence such as "I forgot my AliExpress password". Nobody is
    /// asked.
    pub async fn find_sites(&self, text: &str) -> Result<SitesView, ErrorView> {
        let meant = guide::meant(text);
        let known = self.providers.sites();
        let mut hosts: Vec<Host> = known.search(&meant.rest).into_iter().map(|hit| hit.host).collect();
        if let Ok(Site::Host(host)) = Site::read(&meant.rest)
            && !hosts.iter().any(|known| known.is_same_site(&host))
        {
            hosts.push(host);
        }
        let mut sites = Vec::new();
        for host in hosts.into_iter().take(SHOWN) {
            let base = host.at("/").ok_or(ErrorView::Bug)?;
            let server = Server { kind: Kind::Guide, base, key: None };
            let provider = self.providers.get(&server).await?;
            sites.push(SiteView {
                server: view_from::server(&server, provider.about()),
                checked_at: Guide::of_host(host.as_str()).map(|guide| seconds(guide.checked)),
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
