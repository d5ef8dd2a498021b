//! Regain's folder on this computer: which store was chosen, and where list, vault and settings rest. The window and
//! the terminal find the same things here.

use std::fs;
use std::io::ErrorKind as IoKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::account::{AccountId, Accounts, replace};
use crate::clock::{Clock, Random};
use crate::error::{Error, ErrorKind, Result};
use crate::flow::Deps;
use crate::site::list::Kept;
use crate::store::keychain::Keychain;
use crate::store::memory::Memory;
use crate::store::vault::{Opened, Vault, VaultKey};
use crate::store::{CredentialStore, Move, StoreKind};

/// Name under which the keychain shows Regain's items.
const KEYCHAIN: &str = "Regain";

/// The app's folder.
pub struct Home {
    folder: PathBuf,
    vault: Vault,
    /// For the one item that opens the vault without its password.
    keychain: Keychain,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

/// What the settings say that concerns more than the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chosen {
    pub store: StoreKind,
    /// After which a copied secret leaves the clipboard, 10–120 s.
    pub clear_clipboard: Duration,
}

impl Home {
    /// Touches nothing yet.
    pub fn at(folder: &Path, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        // What was last seen of the vault lies beside its folder: whoever brings an old copy does not bring that.
        let (at, seen) = (folder.join("vault"), folder.join("vault-seen"));
        Self {
            folder: folder.to_owned(),
            vault: Vault::at(&at, &seen, clock.clone(), random.clone()),
            keychain: Keychain::open(KEYCHAIN),
            clock,
            random,
        }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The one vault of this computer, whether it is in use or not.
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Where the copy of a site list rests that the person brought.
    pub fn site_list(&self) -> Kept {
        Kept::at(&self.folder)
    }

    /// The mark of a move from one store to another.
    pub fn moving(&self) -> Move {
        Move::new(&self.folder)
    }

    /// Store and list of that kind.
    pub fn deps(&self, kind: StoreKind) -> Result<Deps> {
        let (store, accounts): (Arc<dyn CredentialStore>, Arc<Accounts>) = match kind {
            StoreKind::Keychain => {
                let list = Arc::new(Accounts::open(self.folder.join("accounts.json"))?);
                let known = list.clone();
                let name = move |id: &AccountId| {
                    known.get(id).map(|account| format!("{} ({})", account.name, account.identifier))
                };
                (Arc::new(Keychain::open(KEYCHAIN).naming(Arc::new(name))), list)
            }
            StoreKind::Vault => {
                (Arc::new(self.vault.clone()), Arc::new(Accounts::kept_by(self.vault.keeper())))
            }
            StoreKind::Memory => (Arc::new(Memory::new()), Arc::new(Accounts::in_memory())),
        };
        Ok(Deps { accounts, store, clock: self.clock.clone(), random: self.random.clone() })
    }

    /// What was chosen; `None` before the first start. Errors: `Unreadable`, and nothing is assumed then.
    pub fn chosen(&self) -> Result<Option<Chosen>> {
        let Some(settings) = self.settings()? else { return Ok(None) };
        let store = match settings.get("store") {
            // The window's default, in a file from before there was a choice.
            None => StoreKind::Keychain,
            Some(word) => word.as_str().and_then(StoreKind::named).ok_or(ErrorKind::Unreadable)?,
        };
        let seconds = settings.get("clearClipboardSeconds").and_then(Value::as_u64).unwrap_or(30);
        Ok(Some(Chosen { store, clear_clipboard: Duration::from_secs(seconds.clamp(10, 120)) }))
    }

    /// Notes the first choice of a store; what else the settings say stays. It moves nothing.
    pub fn choose(&self, store: StoreKind) -> Result<()> {
        let mut settings = self.settings()?.unwrap_or_default();
        settings.insert("store".into(), store.as_str().into());
        let broken = |error| Error::new(ErrorKind::StoreBroken, error);
        let text = serde_json::to_string_pretty(&settings).map_err(|error| broken(error.into()))?;
        replace(&self.settings_file(), text.as_bytes()).map_err(broken)
    }

    /// Opens the vault with the key in this computer's keychain, which may ask the person where `ask` says so.
    /// Errors: the keychain's; `ItemMissing` when it has no key, or one that opens nothing.
    pub async fn open_with_keychain(&self, older: bool, ask: bool) -> Result<Opened> {
        if ask {
            self.keychain.unlock().await?;
        }
        let bytes = self.keychain.vault_key().await?.ok_or(ErrorKind::ItemMissing)?;
        match self.vault.open(VaultKey::Keychain(Box::new(bytes)), older).await? {
            // Its slot is gone, or it is another vault's.
            Opened::WrongKey => Err(ErrorKind::ItemMissing.into()),
            opened @ Opened::Open { .. } => Ok(opened),
        }
    }

    /// Lets the keychain open the vault, which must be open, from now on.
    pub async fn let_keychain_open(&self) -> Result<()> {
        self.keychain.unlock().await?;
        let bytes = self.vault.new_keychain_key();
        self.keychain.save_vault_key(&bytes).await?;
        self.vault.set_keychain_key(bytes).await
    }

    /// Ends that. A vault that is shut keeps its slot, to which no key is left.
    pub async fn keep_keychain_out(&self) -> Result<()> {
        if self.vault.is_open() {
            self.vault.remove_keychain_key().await?;
        }
        self.keychain.delete_vault_key().await
    }

    fn settings_file(&self) -> PathBuf {
        self.folder.join("settings.json")
    }

    fn settings(&self) -> Result<Option<Map<String, Value>>> {
        let unreadable = |error| Error::new(ErrorKind::Unreadable, error);
        let text = match fs::read_to_string(self.settings_file()) {
            Ok(text) => text,
            Err(error) if error.kind() == IoKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(error)),
        };
        serde_json::from_str(&text).map(Some).map_err(|error| unreadable(error.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{ManualClock, SeededRandom};

    fn home(folder: &Path) -> Home {
        Home::at(folder, Arc::new(ManualClock::at(1_800_000_000)), Arc::new(SeededRandom::new(1)))
    }

    #[test]
    fn nothing_is_chosen_before_the_first_start() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(home(folder.path()).chosen().unwrap(), None);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "and nothing is made");
    }

    #[test]
    fn a_choice_leaves_the_other_settings_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.json");
        fs::write(&file, r#"{"theme":"dark","clearClipboardSeconds":500}"#).unwrap();
        let chosen = home(folder.path()).chosen().unwrap().unwrap();
        assert_eq!((chosen.store, chosen.clear_clipboard.as_secs()), (StoreKind::Keychain, 120));
        home(folder.path()).choose(StoreKind::Vault).unwrap();
        assert_eq!(home(folder.path()).chosen().unwrap().unwrap().store, StoreKind::Vault);
        assert!(fs::read_to_string(&file).unwrap().contains(r#""theme": "dark""#));
    }

    #[test]
    fn settings_that_make_no_sense_are_believed_in_nothing() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["", "[]", "{", r#"{"store":"cloud"}"#, r#"{"store":7}"#] {
            fs::write(folder.path().join("settings.json"), text).unwrap();
            assert_eq!(home(folder.path()).chosen().unwrap_err().kind(), ErrorKind::Unreadable, "{text}");
        }
    }
}
