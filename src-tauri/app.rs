//! The state of the running app: settings, stores, the list of accounts, the conversations under way.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use accounts::clock::{Clock, Random, SystemClock, SystemRandom};
use accounts::flow::Deps;
use accounts::home::Home;
use accounts::http::Http;
use accounts::provider::{Kind, Providers};
use accounts::store::StoreKind as Kept;
use accounts::store::vault::Vault;
use accounts::{Account, AccountId, AccountState, ErrorKind, signed_in};
use tokio::sync::{Mutex as AsyncMutex, Notify};

use crate::clipboard::Clipboard;
use crate::conversation::Conversations;
use crate::practice::Practice;
use crate::scan::Scans;
use crate::settings::{SettingsFile, clamp};
use crate::sites::Removed;
use crate::vault::Door;
use crate::view::{ErrorView, Settings, Start, StoreKind, StoreState, StoreView, System};
use crate::ways::Seen;

pub struct App {
    pub(crate) home: Home,
    file: SettingsFile,
    settings: Mutex<Settings>,
    first_start: AtomicBool,
    locked: AtomicBool,
    /// `Err` while the list of accounts cannot be read: it is left as it is, and nothing is built on it.
    deps: RwLock<Result<Deps, ErrorKind>>,
    /// The one vault of this computer, whether it is in use or not.
    pub(crate) vault: Vault,
    door: Mutex<Door>,
    seen: Mutex<Seen>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) providers: Providers,
    pub(crate) conversations: Conversations,
    pub(crate) clipboard: Clipboard,
    pub(crate) scans: Scans,
    pub(crate) list_removed: Removed,
    pub(crate) practice: AsyncMutex<Option<Practice>>,
    /// The computer was locked or is about to sleep; and: the window has locked.
    pub(crate) away: Notify,
    pub(crate) shut: Notify,
}

impl App {
    /// Reads what rests in `folder`; neither the keychain nor the network is asked yet.
    pub fn open(folder: &Path) -> Result<Self, accounts::Error> {
        let known = SettingsFile::new(folder).load();
        let settings = known.unwrap_or_default();
        let device = format!("Regain on {}", system_name());
        let providers = Providers::new(Http::new()?, Arc::new(SystemClock), device);
        let app = Self::with(folder, settings, known.is_none(), Err(ErrorKind::Locked), providers);
        let deps = app.deps_of(settings.store);
        app.use_from_now_on(deps);
        Ok(app)
    }

    /// The app on a store, a list and providers of the caller's own.
    pub fn with(
        folder: &Path,
        settings: Settings,
        first_start: bool,
        deps: Result<Deps, ErrorKind>,
        providers: Providers,
    ) -> Self {
        let clock: Arc<dyn Clock> = match &deps {
            Ok(deps) => deps.clock.clone(),
            Err(_) => Arc::new(SystemClock),
        };
        let home = Home::at(folder, clock.clone(), Arc::new(SystemRandom));
        Self {
            vault: home.vault().clone(),
            home,
            file: SettingsFile::new(folder),
            settings: Mutex::new(settings),
            first_start: AtomicBool::new(first_start),
            locked: AtomicBool::new(false),
            deps: RwLock::new(deps),
            door: Mutex::default(),
            seen: Mutex::default(),
            clock,
            providers,
            conversations: Conversations::default(),
            clipboard: Clipboard::start(),
            scans: Scans::default(),
            list_removed: Removed::default(),
            practice: AsyncMutex::new(None),
            away: Notify::new(),
            shut: Notify::new(),
        }
    }

    pub async fn start(&self) -> Start {
        let store = self.store_state().await;
        self.know_sites().await;
        if store.state == StoreState::Ready {
            self.tidy_up().await;
        }
        let vault = self.vault_state().await;
        Start {
            first_start: self.is_first_start(),
            settings: self.settings(),
            store,
            system: system(),
            version: env!("CARGO_PKG_VERSION").into(),
            practice: std::env::args_os().any(|argument| argument == "--practice"),
            vault,
            in_the_air: self.in_the_air(),
        }
    }

    /// After a crash: a move that broke off is ended, practice accounts whose server is gone leave, changes without an
    /// answer are marked.
    pub(crate) async fn tidy_up(&self) {
        let Ok(deps) = self.deps() else { return };
        self.finish_move(&deps).await;
        if self.practice.lock().await.is_none() {
            self.drop_practice(&deps).await;
        }
        if let Err(error) = signed_in::notice_the_unanswered(&deps).await {
            tracing::warn!(%error, "the store could not be searched for unanswered changes");
        }
    }

    async fn drop_practice(&self, deps: &Deps) {
        for account in deps.accounts.all().into_iter().filter(|account| account.practice) {
            if let Err(error) = signed_in::remove(deps, &account).await {
                tracing::warn!(%error, "a practice account could not be removed");
            }
        }
    }

    /// Before the process ends: nothing of ours stays in the clipboard, practice leaves no trace, the vault is shut.
    pub async fn close(&self) {
        self.clipboard.clear().await;
        if let Some(practice) = self.practice.lock().await.take() {
            practice.stop().await;
            if let Ok(deps) = self.held() {
                self.drop_practice(&deps).await;
            }
        }
        self.vault.lock().await;
    }

    pub fn settings(&self) -> Settings {
        *self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn save_settings(&self, settings: Settings) -> Result<Settings, ErrorView> {
        // The store is chosen by `choose_store` alone, which knows what that means.
        let settings = clamp(Settings { store: self.settings().store, ..settings });
        self.keep(settings)
    }

    pub(crate) fn keep(&self, settings: Settings) -> Result<Settings, ErrorView> {
        self.file.save(&settings).map_err(|error| {
            tracing::warn!(%error, "the settings could not be saved");
            ErrorView::StoreBroken
        })?;
        *self.settings.lock().unwrap_or_else(PoisonError::into_inner) = settings;
        Ok(settings)
    }

    pub(crate) fn is_first_start(&self) -> bool {
        self.first_start.load(Ordering::Acquire)
    }

    pub(crate) fn begun(&self) {
        self.first_start.store(false, Ordering::Release);
    }

    pub async fn store_state(&self) -> StoreView {
        let kind = self.settings().store;
        let state = match self.held() {
            Ok(deps) => match examine(&deps).await {
                Ok(()) => StoreState::Ready,
                Err(error) => state_of(error.kind()),
            },
            // The list is the trouble, not the store; `accounts` says so.
            Err(_) => StoreState::Ready,
        };
        StoreView { kind, state }
    }

    pub async fn unlock_store(&self) -> Result<StoreView, ErrorView> {
        self.deps()?.store.unlock().await?;
        self.tidy_up().await;
        Ok(self.store_state().await)
    }

    /// Whether another copy of Regain has changed the vault since this was asked last; what is shown is up to date.
    pub fn changed_elsewhere(&self) -> bool {
        self.vault.changed_elsewhere()
    }

    /// Hides everything until [`unlock`](Self::unlock): no command that shows or uses a credential works meanwhile. A
    /// vault is shut, and what was decrypted of it is wiped.
    pub async fn lock(&self) {
        self.locked.store(true, Ordering::Release);
        self.door().forget();
        self.house_seen().forget();
        self.scans.forget();
        self.clipboard.clear().await;
        if self.vault.is_open() {
            self.conversations.end_all().await;
            self.vault.lock().await;
            self.door().locked_at = Some(self.clock.now());
        }
        self.shut.notify_waiters();
    }

    /// Shows everything again. A vault has its own way in, [`unlock_vault`](Self::unlock_vault).
    pub async fn unlock(&self) -> Result<StoreView, ErrorView> {
        if let Ok(deps) = self.held() {
            deps.store.unlock().await?;
        }
        self.let_in();
        Ok(self.store_state().await)
    }

    pub(crate) fn let_in(&self) {
        self.locked.store(false, Ordering::Release);
    }

    pub(crate) fn is_locked(&self) -> bool {
        self.locked.load(Ordering::Acquire)
    }

    pub(crate) fn door(&self) -> MutexGuard<'_, Door> {
        self.door.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn house_seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn deps(&self) -> Result<Deps, ErrorView> {
        if self.is_locked() {
            return Err(ErrorView::Locked);
        }
        self.held().map_err(ErrorView::from)
    }

    pub(crate) fn held(&self) -> Result<Deps, ErrorKind> {
        self.deps.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn use_from_now_on(&self, deps: Result<Deps, ErrorKind>) {
        *self.deps.write().unwrap_or_else(PoisonError::into_inner) = deps;
    }

    pub(crate) fn known(&self, id: &str) -> Result<(Deps, Account), ErrorView> {
        let deps = self.deps()?;
        let account = deps.accounts.look_up(&AccountId::new(id))?.ok_or(ErrorView::Gone)?;
        Ok((deps, account))
    }

    /// Accounts of which nobody knows whether their last change went through.
    pub(crate) fn unanswered(&self) -> Vec<Account> {
        let Ok(deps) = self.deps() else { return Vec::new() };
        // Of a site that is walked by a guide only the person knows: it asks when they come back to it.
        let can_be_asked = |account: &Account| account.server.kind != Kind::Guide;
        let all = deps.accounts.all().into_iter();
        all.filter(|account| account.state == AccountState::InTheAir && can_be_asked(account)).collect()
    }

    pub(crate) fn in_the_air(&self) -> u32 {
        u32::try_from(self.unanswered().len()).unwrap_or(u32::MAX)
    }

    #[expect(clippy::unused_self, reason = "what the app draws its chances from")]
    pub(crate) fn random(&self) -> &'static dyn Random {
        &SystemRandom
    }

    /// Store and list of that kind.
    pub(crate) fn deps_of(&self, kind: StoreKind) -> Result<Deps, ErrorKind> {
        self.home.deps(kind.into()).map_err(|error| error.kind())
    }
}

/// Whether the store works, and holds what the list of accounts says.
async fn examine(deps: &Deps) -> accounts::Result<()> {
    deps.store.check().await?;
    if deps.store.kind() == Kept::Keychain {
        for account in deps.accounts.list()? {
            signed_in::check_kept(deps, &account).await?;
        }
    }
    Ok(())
}

fn state_of(kind: ErrorKind) -> StoreState {
    match kind {
        ErrorKind::Locked => StoreState::Locked,
        ErrorKind::Dismissed => StoreState::Dismissed,
        ErrorKind::NoKeychain => StoreState::Missing,
        ErrorKind::ItemMissing => StoreState::ItemMissing,
        ErrorKind::Ambiguous => StoreState::Ambiguous,
        _ => StoreState::Broken,
    }
}

fn system() -> System {
    if cfg!(target_os = "windows") {
        System::Windows
    } else if cfg!(target_os = "macos") {
        System::MacOs
    } else {
        System::Linux
    }
}

fn system_name() -> &'static str {
    match system() {
        System::Linux => "Linux",
        System::Windows => "Windows",
        System::MacOs => "macOS",
    }
}
