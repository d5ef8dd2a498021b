//! The vault's door for this computer: open without its password, or not.

use accounts::ErrorKind;
use accounts::store::StoreKind;
use serde_json::json;

use super::Run;
use crate::args::Unlock;
use crate::stop::{Exit, Result, Stop};
use crate::words;

impl Run {
    pub(super) async fn unlock(&mut self, Unlock { yes }: Unlock) -> Result<()> {
        if self.chosen()? == StoreKind::Keychain {
            self.place.home.deps(StoreKind::Keychain)?.store.unlock().await?;
            return self.talk.done(json!({ "store": "keychain", "open": true }), words::KEYCHAIN_OPEN);
        }
        let home = &self.place.home;
        if !home.vault().exists()? {
            return Err(Stop::new(Exit::Store, "no_vault", words::NO_VAULT));
        }
        let done =
            |changed: bool, open: bool| json!({ "store": "vault", "stays_open": open, "changed": changed });
        if home.vault().has_keychain_key() && home.open_with_keychain(false, true).await.is_ok() {
            return self.talk.done(done(false, true), words::UNLOCKED_ALREADY);
        }
        self.place.open_with_password(&mut self.talk).await?;
        if !yes && !self.talk.may_stay_open().await? {
            return self.talk.done(done(false, false), words::RIGHT_PASSWORD);
        }
        self.place.home.let_keychain_open().await?;
        self.talk.done(done(true, true), words::UNLOCKED)
    }

    pub(super) async fn lock(&mut self) -> Result<()> {
        if self.chosen()? == StoreKind::Keychain {
            return Err(Stop::new(Exit::NotDone, "keychain", words::KEYCHAIN_LOCKS_ITSELF));
        }
        let home = &self.place.home;
        let had = home.vault().has_keychain_key();
        if had {
            // With the key itself the slot is taken away, too. Without it the slot is a lock that no key fits.
            if let Err(error) = home.open_with_keychain(false, true).await {
                tracing::info!(%error, "only the keychain's key is taken away");
            }
            home.keep_keychain_out().await?;
        } else if let Err(error) = home.keep_keychain_out().await {
            // There is no slot for it, so what may be left there opens nothing.
            tracing::info!(%error, "the keychain was not asked");
        }
        let text = if had { words::LOCKED } else { words::LOCKED_ALREADY };
        self.talk.done(json!({ "store": "vault", "stays_open": false, "changed": had }), text)
    }

    pub(super) fn chosen(&self) -> Result<StoreKind> {
        match self.place.chosen()?.map(|chosen| chosen.store) {
            Some(StoreKind::Memory) => Err(Stop::new(Exit::Store, "only_window", words::ONLY_WINDOW)),
            Some(kind) => Ok(kind),
            None => Err(Stop::new(Exit::Store, "not_chosen", words::NOT_CHOSEN)),
        }
    }

    /// Opens nothing: whether it could be used now.
    pub(super) async fn keychain_state(&self) -> std::result::Result<(), ErrorKind> {
        let deps = self.place.home.deps(StoreKind::Keychain).map_err(|error| error.kind())?;
        deps.store.check().await.map_err(|error| error.kind())
    }
}
