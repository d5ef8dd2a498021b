//! The site list in the settings: taking a list from a file or an address, removing it, and putting it back.

use std::sync::{Mutex, PoisonError};

use accounts::address::AddressProblem as Address;
use accounts::http::Http;
use accounts::site::list::{Brought, Import, ImportProblem, Kept, Kind, Origin, Part, Refusal};
use accounts::site::{Host, SiteList};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::app::App;
use crate::view::*;
use crate::view_from::seconds;

/// The copy that was removed last, until the window closes or another list comes.
#[derive(Default)]
pub struct Removed(Mutex<Option<Brought>>);

impl Removed {
    fn take(&self) -> Option<Brought> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn keep(&self, copy: Option<Brought>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = copy;
    }

    fn is_there(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

impl App {
    /// Takes the copy of the list into use; one that cannot be read is said so in the settings.
    pub(crate) async fn know_sites(&self) {
        let kept = self.home.site_list();
        match tokio::task::spawn_blocking(move || kept.load()).await {
            Ok(Ok(copy)) => self.providers.know(SiteList::with(&copy)),
            Ok(Err(error)) => tracing::info!(%error, "the copy of the site list is not used"),
            Err(error) => tracing::warn!(%error, "the copy of the site list was not looked at"),
        }
    }

    pub async fn site_list(&self) -> Result<SiteListView, ErrorView> {
        self.with_list(|kept| kept.load()).await
    }

    /// `bytes`: the file's, in base64.
    pub async fn take_list_file(&self, name: String, bytes: String) -> Result<SiteListView, ErrorView> {
        let at = self.clock.now();
        let read = move || {
            let bytes = STANDARD.decode(bytes).map_err(|_| Refusal::NotAList)?;
            Import::read(&bytes, &name, at)
        };
        let part = tokio::task::spawn_blocking(read).await.map_err(|_| ErrorView::Bug)??;
        self.take_part(part).await
    }

    pub async fn fetch_list(&self, address: &str) -> Result<SiteListView, ErrorView> {
        let part = Import::fetch(&Http::outside()?, address, self.clock.now()).await??;
        self.take_part(part).await
    }

    pub async fn remove_list(&self) -> Result<SiteListView, ErrorView> {
        let removed = self.with_kept(|kept| {
            // One that cannot be read is removed as well, and for good.
            let copy = kept.load().ok().filter(|copy| !copy.is_empty());
            kept.remove().map(|()| copy)
        });
        self.list_removed.keep(removed.await?);
        self.site_list().await
    }

    pub async fn restore_list(&self) -> Result<SiteListView, ErrorView> {
        let copy = self.list_removed.take().ok_or(ErrorView::Gone)?;
        self.with_list(move |kept| kept.put_back(copy)).await
    }

    async fn take_part(&self, part: Part) -> Result<SiteListView, ErrorView> {
        let taken = self.with_kept(move |kept| kept.take(part)).await?;
        self.list_removed.keep(None);
        Ok(self.list_view(Ok(taken)))
    }

    async fn with_list(
        &self,
        work: impl FnOnce(Kept) -> accounts::Result<Brought> + Send + 'static,
    ) -> Result<SiteListView, ErrorView> {
        match self.with_kept(work).await {
            Err(trouble @ (ErrorView::Unreadable | ErrorView::Newer)) => Ok(self.list_view(Err(trouble))),
            other => Ok(self.list_view(Ok(other?))),
        }
    }

    /// Files of this size are read and written beside the window's own work.
    async fn with_kept<T: Send + 'static>(
        &self,
        work: impl FnOnce(Kept) -> accounts::Result<T> + Send + 'static,
    ) -> Result<T, ErrorView> {
        self.deps()?;
        let kept = self.home.site_list();
        let done = tokio::task::spawn_blocking(move || work(kept)).await.map_err(|_| ErrorView::Bug)?;
        done.map_err(ErrorView::from)
    }

    fn list_view(&self, copy: Result<Brought, ErrorView>) -> SiteListView {
        if let Ok(copy) = &copy {
            self.providers.know(SiteList::with(copy));
        }
        let (parts, trouble) = match copy {
            Ok(copy) => (copy.iter().map(part_view).collect(), None),
            Err(trouble) => (Vec::new(), Some(trouble)),
        };
        let built_in = count(SiteList::built_in_count());
        SiteListView { built_in, parts, trouble, removed: self.list_removed.is_there() }
    }
}

fn part_view(part: &Part) -> ListPart {
    let (from, from_address) = match &part.from {
        Origin::File(name) => (name.clone(), false),
        Origin::Address(url) => {
            let host = Host::of(url).map(|host| host.shown()).unwrap_or_default();
            (format!("{host}{}", url.path()), true)
        }
    };
    ListPart {
        about: match part.kind {
            Kind::ChangePages => ListKind::ChangePages,
            Kind::Rules => ListKind::Rules,
            Kind::Shared => ListKind::Shared,
            Kind::OnceShared => ListKind::OnceShared,
        },
        from,
        from_address,
        at: seconds(part.at),
        taken: count(part.counts.taken),
        skipped: count(part.counts.skipped),
        refused: count(part.counts.refused),
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl From<Refusal> for ErrorView {
    fn from(refusal: Refusal) -> Self {
        let why = match refusal {
            Refusal::TooLarge => ListProblem::TooLarge,
            Refusal::TooMany => ListProblem::TooMany,
            Refusal::NotAList => ListProblem::NotAList,
        };
        Self::List { why }
    }
}

impl From<ImportProblem> for ErrorView {
    fn from(problem: ImportProblem) -> Self {
        let why = match problem {
            ImportProblem::Refused(refusal) => return refusal.into(),
            ImportProblem::Address(Address::Empty) => ListProblem::NoAddress,
            ImportProblem::Address(Address::NotEncrypted) => ListProblem::NotEncrypted,
            ImportProblem::Address(_) => ListProblem::NotAnAddress,
            ImportProblem::LedAstray => ListProblem::LedAstray,
            ImportProblem::NotThere => ListProblem::NotThere,
        };
        Self::List { why }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use accounts::clock::{ManualClock, SeededRandom};
    use accounts::flow::Deps;
    use accounts::provider::Providers;
    use accounts::store::memory::Memory;
    use accounts::{Accounts, ErrorKind};

    use super::*;

    const PAGES: &str = r#"{"a.example":"https://a.example/p","b.example":"http://b.example/","c.example":"https://c.example/p"}"#;

    fn app(folder: &std::path::Path) -> App {
        let clock = Arc::new(ManualClock::at(1_800_000_000));
        let deps = Deps {
            accounts: Arc::new(Accounts::in_memory()),
            store: Arc::new(Memory::new()),
            clock: clock.clone(),
            random: Arc::new(SeededRandom::new(1)),
        };
        let providers = Providers::new(Http::new().unwrap(), clock, "Regain on a test");
        App::with(folder, Settings::default(), false, Ok(deps), providers)
    }

    async fn take(app: &App, text: &str) -> Result<SiteListView, ErrorView> {
        app.take_list_file("change-password-URLs.json".into(), STANDARD.encode(text)).await
    }

    #[tokio::test]
    async fn a_list_is_taken_removed_and_put_back() {
        let folder = tempfile::tempdir().unwrap();
        let app = app(folder.path());
        let empty = app.site_list().await.unwrap();
        assert!(empty.built_in > 10 && empty.parts.is_empty() && !empty.removed && empty.trouble.is_none());
        let taken = take(&app, PAGES).await.unwrap();
        let part = ListPart {
            about: ListKind::ChangePages,
            from: "change-password-URLs.json".into(),
            from_address: false,
            at: 1_800_000_000,
            taken: 2,
            skipped: 0,
            refused: 1,
        };
        assert_eq!(taken.parts, [part]);
        let removed = app.remove_list().await.unwrap();
        assert!(removed.parts.is_empty() && removed.removed);
        let back = app.restore_list().await.unwrap();
        assert_eq!((back.parts, back.removed), (taken.parts, false));
        assert_eq!(app.restore_list().await.unwrap_err(), ErrorView::Gone);
    }

    #[tokio::test]
    async fn a_new_list_ends_the_way_back_to_the_removed_one() {
        let folder = tempfile::tempdir().unwrap();
        let app = app(folder.path());
        take(&app, PAGES).await.unwrap();
        app.remove_list().await.unwrap();
        assert!(!take(&app, PAGES).await.unwrap().removed);
        assert_eq!(app.restore_list().await.unwrap_err(), ErrorView::Gone);
    }

    #[tokio::test]
    async fn what_is_no_list_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let app = app(folder.path());
        take(&app, PAGES).await.unwrap();
        let why = |why| ErrorView::List { why };
        assert_eq!(take(&app, "<html>").await.unwrap_err(), why(ListProblem::NotAList));
        let not_base64 = app.take_list_file("x".into(), "?".into()).await.unwrap_err();
        assert_eq!(not_base64, why(ListProblem::NotAList));
        for (address, problem) in [
            ("", ListProblem::NoAddress),
            ("lists", ListProblem::NotAnAddress),
            ("http://lists.example/a.json", ListProblem::NotEncrypted),
        ] {
            assert_eq!(app.fetch_list(address).await.unwrap_err(), why(problem), "{address}");
        }
        assert_eq!(app.site_list().await.unwrap().parts.len(), 1);
    }

    #[tokio::test]
    async fn a_copy_that_cannot_be_read_is_shown_and_can_be_removed() {
        let folder = tempfile::tempdir().unwrap();
        let app = app(folder.path());
        for (text, trouble) in [("{", ErrorView::Unreadable), (r#"{"version":9}"#, ErrorKind::Newer.into())] {
            std::fs::write(folder.path().join("site-list.json"), text).unwrap();
            let seen = app.site_list().await.unwrap();
            assert_eq!(seen.trouble, Some(trouble.clone()));
            assert_eq!(take(&app, PAGES).await.unwrap_err(), trouble, "and nothing is written over it");
            let removed = app.remove_list().await.unwrap();
            assert!(removed.trouble.is_none() && !removed.removed);
        }
    }

    #[tokio::test]
    async fn nothing_is_changed_while_it_is_locked() {
        let folder = tempfile::tempdir().unwrap();
        let app = app(folder.path());
        app.lock().await;
        assert_eq!(take(&app, PAGES).await.unwrap_err(), ErrorView::Locked);
        assert_eq!(app.remove_list().await.unwrap_err(), ErrorView::Locked);
    }
}
