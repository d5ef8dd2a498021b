//! The state of the running app: settings, stores, the list of accounts, the conversations under way.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use accounts::clock::{SystemClock, SystemRandom};
use accounts::flow::Deps;
use accounts::http::Http;
use accounts::provider::Providers;
use accounts::store::keychain::Keychain;
use accounts::store::memory::Memory;
use accounts::{Account, AccountId, Accounts, CredentialStore, ErrorKind, signed_in, store};
use tokio::sync::Mutex as AsyncMutex;

use crate::clipboard::Clipboard;
use crate::conversation::Conversations;
use crate::practice::Practice;
use crate::settings::{SettingsFile, clamp};
use crate::view::{ErrorView, Settings, Start, StoreKind, StoreState, StoreView, System};

/// Name under which the keychain shows Regain's items.
const KEYCHAIN: &str = "Regain";

pub struct App {
    folder: PathBuf,
    file: SettingsFile,
    settings: Mutex<Settings>,
    first_start: AtomicBool,
    locked: AtomicBool,
    /// `Err` while the list of accounts cannot be read: it is left as it is, and nothing is built on it.
    deps: RwLock<Result<Deps, ErrorKind>>,
    pub(crate) providers: Providers,
    pub(crate) conversations: Conversations,
    pub(crate) clipboard: Clipboard,
    pub(crate) practice: AsyncMutex<Option<Practice>>,
}

impl App {
    /// Reads what rests in `folder`; neither the keychain nor the network is asked yet.
    pub fn open(folder: &Path) -> Result<Self, accounts::Error> {
        let known = SettingsFile::new(folder).load();
        let settings = known.unwrap_or_default();
        let device = format!("Regain on {}", system_name());
        let providers = Providers::new(Http::new()?, Arc::new(SystemClock), device);
        Ok(Self::with(folder, settings, known.is_none(), deps(folder, settings.store), providers))
    }

    /// The app on a store, a list and providers of the caller's own.
    pub fn with(
        folder: &Path,
        settings: Settings,
        first_start: bool,
        deps: Result<Deps, ErrorKind>,
        providers: Providers,
    ) -> Self {
        Self {
            folder: folder.to_owned(),
            file: SettingsFile::new(folder),
            settings: Mutex::new(settings),
            first_start: AtomicBool::new(first_start),
            locked: AtomicBool::new(false),
            deps: RwLock::new(deps),
            providers,
            conversations: Conversations::default(),
            clipboard: Clipboard::start(),
            practice: AsyncMutex::new(None),
        }
    }

    pub async fn start(&self) -> Start {
        let store = self.store_state().await;
        if store.state == StoreState::Ready {
            self.tidy_up().await;
        }
        Start {
            first_start: self.first_start.load(Ordering::Acquire),
            settings: self.settings(),
            store,
            system: system(),
            version: env!("CARGO_PKG_VERSION").into(),
            practice: std::env::args_os().any(|argument| argument == "--practice"),
        }
    }

    /// After a crash: practice accounts whose server is gone leave, changes without an answer are marked.
    async fn tidy_up(&self) {
        let Ok(deps) = self.deps() else { return };
        let left = deps.accounts.all().into_iter().filter(|account| account.practice);
        for account in left {
            if let Err(error) = signed_in::remove(&deps, &account).await {
                tracing::warn!(%error, "a practice account could not be removed");
            }
        }
        if let Err(error) = signed_in::notice_the_unanswered(&deps).await {
            tracing::warn!(%error, "the store could not be searched for unanswered changes");
        }
    }

    /// Before the process ends: nothing of ours stays in the clipboard, practice leaves no trace.
    pub async fn close(&self) {
        self.clipboard.clear().await;
        if let Some(practice) = self.practice.lock().await.take() {
            practice.stop().await;
            self.tidy_up().await;
        }
    }

    pub fn settings(&self) -> Settings {
        *self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn save_settings(&self, settings: Settings) -> Result<Settings, ErrorView> {
        // The store is chosen by `choose_store` alone, which knows what that means.
        let settings = clamp(Settings { store: self.settings().store, ..settings });
        self.keep(settings)
    }

    fn keep(&self, settings: Settings) -> Result<Settings, ErrorView> {
        self.file.save(&settings).map_err(|error| {
            tracing::warn!(%error, "the settings could not be saved");
            ErrorView::StoreBroken
        })?;
        *self.settings.lock().unwrap_or_else(PoisonError::into_inner) = settings;
        Ok(settings)
    }

    /// Chooses where credentials rest from now on. What was only in memory is copied; a keychain keeps its own.
    pub async fn choose_store(&self, kind: StoreKind) -> Result<StoreView, ErrorView> {
        let next = deps(&self.folder, kind)?;
        if kind == StoreKind::Keychain {
            next.store.unlock().await?;
        }
        let before = self.settings().store;
        if before == StoreKind::Memory && kind == StoreKind::Keychain {
            let held = self.deps()?;
            for account in held.accounts.all() {
                store::copy(&*held.store, &*next.store, &account.id, next.clock.now()).await?;
                next.accounts.put(account)?;
            }
        }
        self.keep(Settings { store: kind, ..self.settings() })?;
        if before != kind || self.deps().is_err() {
            *self.deps.write().unwrap_or_else(PoisonError::into_inner) = Ok(next);
        }
        self.first_start.store(false, Ordering::Release);
        Ok(self.store_state().await)
    }

    pub async fn store_state(&self) -> StoreView {
        let kind = self.settings().store;
        let state = match self.held() {
            Ok(deps) => match deps.store.check().await {
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

    /// Hides everything until [`unlock`](Self::unlock): no command that shows or uses a credential works meanwhile.
    pub async fn lock(&self) {
        self.locked.store(true, Ordering::Release);
        self.clipboard.clear().await;
    }

    pub async fn unlock(&self) -> Result<StoreView, ErrorView> {
        if let Ok(deps) = self.held() {
            deps.store.unlock().await?;
        }
        self.locked.store(false, Ordering::Release);
        Ok(self.store_state().await)
    }

    pub(crate) fn deps(&self) -> Result<Deps, ErrorView> {
        if self.locked.load(Ordering::Acquire) {
            return Err(ErrorView::Locked);
        }
        self.held().map_err(ErrorView::from)
    }

    fn held(&self) -> Result<Deps, ErrorKind> {
        self.deps.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn known(&self, id: &str) -> Result<(Deps, Account), ErrorView> {
        let deps = self.deps()?;
        let account = deps.accounts.get(&AccountId::new(id)).ok_or(ErrorView::Gone)?;
        Ok((deps, account))
    }
}

fn deps(folder: &Path, kind: StoreKind) -> Result<Deps, ErrorKind> {
    let (store, accounts): (Arc<dyn CredentialStore>, Arc<Accounts>) = match kind {
        StoreKind::Keychain => {
            let accounts = Accounts::open(folder.join("accounts.json")).map_err(|error| error.kind())?;
            let accounts = Arc::new(accounts);
            let known = accounts.clone();
            let name = move |id: &AccountId| {
                known.get(id).map(|account| format!("{} ({})", account.name, account.identifier))
            };
            (Arc::new(Keychain::open(KEYCHAIN).naming(Arc::new(name))), accounts)
        }
        StoreKind::Memory => (Arc::new(Memory::new()), Arc::new(Accounts::in_memory())),
    };
    Ok(Deps { accounts, store, clock: Arc::new(SystemClock), random: Arc::new(SystemRandom) })
}

fn state_of(kind: ErrorKind) -> StoreState {
    match kind {
        ErrorKind::Locked => StoreState::Locked,
        ErrorKind::Dismissed => StoreState::Dismissed,
        ErrorKind::NoKeychain => StoreState::Missing,
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
