//! Regain's folder as this command finds it: which store holds the passwords, and the way into it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use accounts::clock::{Clock, SystemClock, SystemRandom};
use accounts::flow::Deps;
use accounts::home::{Chosen, Home};
use accounts::http::Http;
use accounts::provider::Providers;
use accounts::store::StoreKind;
use accounts::store::vault::{Opened, VaultKey};
use accounts::{AccountState, ErrorKind, signed_in};

use crate::new_vault;
use crate::stop::{Exit, Result, Stop};
use crate::talk::Talk;
use crate::words;

/// The window's, in tauri.conf.json: its folder is found by this name.
const IDENTIFIER: &str = "org.regain.desktop";

/// Wrong passwords that one command takes.
const TRIES: usize = 3;

pub struct Place {
    pub home: Home,
    pub providers: Providers,
    wanted: Option<StoreKind>,
}

/// What the command does with the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Only the list of accounts, which a keychain that is locked does not hide.
    List,
    Read,
    Write,
    /// The same, and the store is chosen where none was.
    Begin,
}

impl Place {
    pub fn new(folder: Option<PathBuf>, wanted: Option<StoreKind>) -> Result<Self> {
        let folder = folder
            .or_else(|| dirs::data_dir().map(|data| data.join(IDENTIFIER)))
            .ok_or_else(|| Stop::new(Exit::Store, "no_folder", words::error(ErrorKind::Unreadable)))?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let device = format!("Regain on {} (terminal)", system());
        Ok(Self {
            home: Home::at(&folder, clock.clone(), Arc::new(SystemRandom)),
            providers: Providers::new(Http::new()?, clock, device),
            wanted,
        })
    }

    /// What was chosen, if it may be used: never a second store beside it.
    pub fn chosen(&self) -> Result<Option<Chosen>> {
        let chosen = self.home.chosen()?;
        match (chosen, self.wanted) {
            (Some(chosen), Some(wanted)) if chosen.store != wanted => {
                Err(Stop::new(Exit::Usage, "other_store", words::OTHER_STORE))
            }
            _ => Ok(chosen),
        }
    }

    /// How long a copied secret stays.
    pub fn clear_after(&self) -> Duration {
        self.home.chosen().ok().flatten().map_or(Duration::from_secs(30), |chosen| chosen.clear_clipboard)
    }

    /// The store, open, and the list of accounts.
    pub async fn open(&self, need: Need, talk: &mut Talk) -> Result<Deps> {
        let kind = match self.wanted {
            Some(StoreKind::Memory) if need == Need::Begin => {
                talk.note(words::MEMORY);
                return Ok(self.home.deps(StoreKind::Memory)?);
            }
            Some(StoreKind::Memory) => {
                return Err(Stop::new(Exit::Usage, "nothing_kept", words::NOTHING_KEPT));
            }
            _ => match self.chosen()? {
                Some(Chosen { store: StoreKind::Memory, .. }) => {
                    return Err(Stop::new(Exit::Store, "only_window", words::ONLY_WINDOW));
                }
                Some(chosen) => chosen.store,
                None if need == Need::Begin => return self.begin(talk).await,
                None => return Err(Stop::new(Exit::Store, "not_chosen", words::NOT_CHOSEN)),
            },
        };
        if self.home.moving().under_way().is_some() {
            let moving = Stop::new(Exit::Store, "moving", words::MOVING);
            if matches!(need, Need::Write | Need::Begin) {
                return Err(moving);
            }
            talk.note(&moving.what);
        }
        let deps = self.home.deps(kind)?;
        match kind {
            StoreKind::Vault => self.open_vault(talk).await?,
            _ if need == Need::List => return Ok(deps),
            _ => self.open_keychain(&deps, talk).await?,
        }
        // As the window does at its start: a change that broke off is not taken for one that went well.
        signed_in::notice_the_unanswered(&deps).await?;
        let open = deps.accounts.list()?.iter().filter(|a| a.state == AccountState::InTheAir).count();
        if open > 0 {
            talk.note(&words::in_the_air(open));
        }
        Ok(deps)
    }

    /// The first choice. It is noted when the store has shown that it works.
    async fn begin(&self, talk: &mut Talk) -> Result<Deps> {
        let kind = match self.wanted {
            Some(kind) => kind,
            None => talk.store().await?,
        };
        let deps = self.home.deps(kind)?;
        match kind {
            StoreKind::Vault if self.home.vault().exists()? => self.open_vault(talk).await?,
            StoreKind::Vault => new_vault::make(self, talk).await?,
            _ => self.open_keychain(&deps, talk).await?,
        }
        self.home.choose(kind)?;
        Ok(deps)
    }

    async fn open_keychain(&self, deps: &Deps, talk: &Talk) -> Result<()> {
        match deps.store.check().await {
            Err(error) if error.kind() == ErrorKind::Locked && talk.is_attended() => {
                talk.note(words::ASKING_SYSTEM);
                Ok(deps.store.unlock().await?)
            }
            checked => Ok(checked?),
        }
    }

    /// By the keychain's key where there is one, else by its password.
    pub async fn open_vault(&self, talk: &mut Talk) -> Result<()> {
        let vault = self.home.vault();
        if !vault.exists()? {
            return Err(Stop::new(Exit::Store, "no_vault", words::NO_VAULT));
        }
        if vault.has_keychain_key() {
            let mut opened = self.home.open_with_keychain(false, false).await;
            let locked = opened.as_ref().is_err_and(|error| error.kind() == ErrorKind::Locked);
            if locked && talk.is_attended() {
                talk.note(words::ASKING_SYSTEM);
                opened = self.home.open_with_keychain(false, true).await;
            }
            match opened {
                Ok(opened) => return note_torn(opened, talk),
                Err(error) if is_of_the_vault(error.kind()) => return Err(error.into()),
                Err(error) => {
                    tracing::info!(%error, "the keychain did not open the vault");
                    talk.note(words::KEYCHAIN_SILENT);
                }
            }
        }
        self.open_with_password(talk).await
    }

    pub async fn open_with_password(&self, talk: &mut Talk) -> Result<()> {
        for tries in 0..TRIES {
            let password = talk.vault_password(tries > 0).await?;
            talk.note(words::OPENING);
            match self.home.vault().open(VaultKey::Password(password), false).await? {
                Opened::WrongKey => {}
                opened @ Opened::Open { .. } => return note_torn(opened, talk),
            }
        }
        Err(Stop::new(Exit::NotDone, "wrong_vault_password", words::WRONG_VAULT_PASSWORD))
    }
}

fn note_torn(opened: Opened, talk: &Talk) -> Result<()> {
    if opened == (Opened::Open { torn: true }) {
        talk.note(words::TORN);
    }
    Ok(())
}

/// Troubles that the password would not mend.
fn is_of_the_vault(kind: ErrorKind) -> bool {
    use ErrorKind::{Damaged, DiskFull, Newer, ReadOnly, RolledBack, Unreadable};
    matches!(kind, Damaged | Newer | RolledBack | Unreadable | DiskFull | ReadOnly)
}

fn system() -> &'static str {
    if cfg!(target_os = "windows") {
        "Windows"
    } else if cfg!(target_os = "macos") {
        "macOS"
    } else {
        "Linux"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_the_windows() {
        let window: serde_json::Value =
            serde_json::from_str(include_str!("../../../tauri.conf.json")).unwrap();
        assert_eq!(window["identifier"], IDENTIFIER);
    }
}
