//! What opens a vault, and how that is changed.

use ::vault::{Kdf, Key, RecoveryKey, SlotKind, look};
use zeroize::Zeroizing;

use super::Vault;
use crate::error::Result;
use crate::secret::Secret;

/// What opens a vault.
pub enum VaultKey {
    Password(Secret),
    Recovery(RecoveryKey),
    /// The key in this computer's keychain.
    Keychain(Box<Zeroizing<[u8; 32]>>),
}

impl VaultKey {
    pub(super) fn borrow(&self) -> Key<'_> {
        match self {
            Self::Password(password) => Key::Password(password.expose()),
            Self::Recovery(key) => Key::Recovery(key),
            Self::Keychain(bytes) => Key::Keychain(bytes),
        }
    }
}

impl Vault {
    /// Whether the keychain's key opens it.
    pub fn has_keychain_key(&self) -> bool {
        look(&self.0.home).is_ok_and(|outside| outside.slots.contains(&SlotKind::Keychain))
    }

    /// Whether that key opens it now.
    pub async fn opens_with(&self, key: VaultKey) -> Result<bool> {
        self.with(move |vault, _| Ok(vault.opens_with(&key.borrow())?)).await
    }

    pub async fn set_password(&self, password: Secret, kdf: Kdf) -> Result<()> {
        self.with(move |vault, now| Ok(vault.set_password(password.expose(), kdf, now)?)).await
    }

    /// The password's key costs less than it should: set the password again.
    pub async fn has_weak_password(&self) -> Result<bool> {
        self.with(|vault, _| Ok(vault.has_weak_password_slot())).await
    }

    pub async fn set_recovery_key(&self, key: RecoveryKey) -> Result<()> {
        self.with(move |vault, now| Ok(vault.set_recovery_key(&key, now)?)).await
    }

    /// Lets 32 random bytes open it, which the caller puts into the keychain first.
    pub async fn set_keychain_key(&self, bytes: Zeroizing<[u8; 32]>) -> Result<()> {
        self.with(move |vault, now| Ok(vault.set_keychain_key(&bytes, now)?)).await
    }

    /// Ends the way in that the keychain's key is, under the same data key: the caller deletes the key from the keychain
    /// next. A copy of the file from before still opens with that key; [`keep_only`](Self::keep_only) ends that, too.
    pub async fn remove_keychain_key(&self) -> Result<()> {
        self.with(|vault, now| Ok(vault.remove_keychain_key(now)?)).await
    }

    /// Ends every way in but the password and, if it is given, the recovery key: everything gets a new data key.
    pub async fn keep_only(&self, password: Secret, recovery: Option<RecoveryKey>, kdf: Kdf) -> Result<()> {
        let work = move |vault: &mut ::vault::Vault, now| {
            let mut keep = vec![Key::Password(password.expose())];
            keep.extend(recovery.as_ref().map(Key::Recovery));
            Ok(vault.replace_keys(&keep, kdf, now)?)
        };
        self.with(work).await?;
        // The public key has changed with it.
        self.blocking(|inner| inner.lock().as_ref().map_or(Ok(()), |vault| inner.seen.pin(vault))).await
    }

    /// A new recovery key's random bits.
    pub fn new_recovery_key(&self) -> RecoveryKey {
        RecoveryKey::new(&*self.0.dice)
    }

    pub fn new_keychain_key(&self) -> Zeroizing<[u8; 32]> {
        let mut bytes = Zeroizing::new([0; 32]);
        self.0.dice.0.fill(&mut *bytes);
        bytes
    }
}
