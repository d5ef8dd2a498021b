//! Slots are replaced one by one, or all at once under a new data key.

use std::time::SystemTime;

use super::Vault;
use crate::error::{Error, Result};
use crate::keys::{DataKey, Keys, Random};
use crate::payload::Book;
use crate::recovery_key::RecoveryKey;
use crate::slots::{self, Kdf, Key, Slot, SlotKind};

impl Vault {
    /// Kinds of its slots, with their numbers.
    pub fn slots(&self) -> Vec<(u8, SlotKind)> {
        self.header.slots.iter().map(|slot| (slot.number, slot.kind)).collect()
    }

    /// A password's key costs less than it should by now: set the password again.
    pub fn has_weak_password_slot(&self) -> bool {
        self.header.slots.iter().any(Slot::is_weak)
    }

    /// Whether that key opens it now.
    pub fn opens_with(&self, key: &Key<'_>) -> Result<bool> {
        for slot in &self.header.slots {
            if slot.open(key, &self.header.vault_id)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Replaces the password. Backups still open with the one that held when they were made.
    pub fn set_password(&mut self, password: &str, kdf: Kdf, now: SystemTime) -> Result<()> {
        let make = |number, keys: &Keys, vault_id: &[u8; 16], dice: &dyn Random| {
            Slot::password(number, password, kdf, &keys.data, vault_id, dice)
        };
        self.set_slot(SlotKind::Password, make, now)
    }

    /// Replaces the recovery key.
    pub fn set_recovery_key(&mut self, recovery: &RecoveryKey, now: SystemTime) -> Result<()> {
        let make = |number, keys: &Keys, vault_id: &[u8; 16], dice: &dyn Random| {
            Ok(Slot::recovery(number, recovery, &keys.data, vault_id, dice))
        };
        self.set_slot(SlotKind::RecoveryKey, make, now)
    }

    /// Lets these 32 bytes, which rest in a keychain, open it.
    pub fn set_keychain_key(&mut self, bytes: &[u8; 32], now: SystemTime) -> Result<()> {
        let make = |number, keys: &Keys, vault_id: &[u8; 16], dice: &dyn Random| {
            Ok(Slot::keychain(number, bytes, &keys.data, vault_id, dice))
        };
        self.set_slot(SlotKind::Keychain, make, now)
    }

    /// Takes the keychain's slot away under the same data key, so that no other key is needed. Backups still open with
    /// its bytes: they must be forgotten, or the keys replaced.
    pub fn remove_keychain_key(&mut self, now: SystemTime) -> Result<()> {
        let lock = self.home.lock()?;
        self.catch_up_under(&lock)?;
        let mut slots = self.header.slots.clone();
        slots.retain(|slot| slot.kind != SlotKind::Keychain);
        if slots.len() == self.header.slots.len() {
            return Ok(());
        }
        slots::check(&slots)?;
        let book = Book::read(self.book.write()?)?;
        self.save_same_keys(&lock, slots, book, now)
    }

    fn set_slot(
        &mut self,
        kind: SlotKind,
        make: impl FnOnce(u8, &Keys, &[u8; 16], &dyn Random) -> Result<Slot>,
        now: SystemTime,
    ) -> Result<()> {
        let lock = self.home.lock()?;
        self.catch_up_under(&lock)?;
        let mut slots = self.header.slots.clone();
        let number = slots::free_number(&slots);
        slots.retain(|slot| slot.kind != kind);
        slots.push(make(number, &self.keys, &self.header.vault_id, &*self.dice)?);
        slots::check(&slots)?;
        let book = Book::read(self.book.write()?)?;
        self.save_same_keys(&lock, slots, book, now)
    }

    /// Takes a slot away, and everything gets a new data key: whoever had the old one opens nothing written from now on.
    /// The other slots must be made again, so their keys are needed: a password, and what else is to stay.
    /// Errors: `WrongKey` when one of the keys opens no slot of the present vault.
    pub fn replace_keys(&mut self, keep: &[Key<'_>], kdf: Kdf, now: SystemTime) -> Result<()> {
        let lock = self.home.lock()?;
        self.catch_up_under(&lock)?;
        let vault_id = self.header.vault_id;
        let keys = Keys::new(DataKey::new(&*self.dice), &vault_id);
        let mut slots = Vec::new();
        for key in keep {
            if !self.opens_with(key)? {
                return Err(Error::WrongKey);
            }
            let number = slots::free_number(&slots);
            slots.push(match key {
                Key::Password(password) => {
                    Slot::password(number, password, kdf, &keys.data, &vault_id, &*self.dice)?
                }
                Key::Recovery(recovery) => {
                    Slot::recovery(number, recovery, &keys.data, &vault_id, &*self.dice)
                }
                Key::Keychain(bytes) => Slot::keychain(number, bytes, &keys.data, &vault_id, &*self.dice),
            });
        }
        slots::check(&slots)?;
        let mut book = Book::read(self.book.write()?)?;
        book.reseal(&self.keys.secrets, &keys.secrets, &self.keys.data, &*self.dice)?;
        self.save(&lock, slots, keys.locked.public(), keys.data.clone(), book, now)
    }
}
