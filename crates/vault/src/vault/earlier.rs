//! Earlier states: looked at, and brought back.

use std::time::SystemTime;

use zeroize::Zeroizing;

use super::Vault;
use crate::backup::{self, Backup, Difference};
use crate::container::{self, Header, moment};
use crate::entry::{Entry, secret_aad};
use crate::error::{Error, Result};
use crate::keys::{Cipher, Keys};
use crate::payload::Book;

impl Vault {
    /// Earlier states, newest first.
    pub fn backups(&self) -> Result<Vec<Backup>> {
        backup::list(&self.home)
    }

    /// What an earlier state holds that the present one does not, and the other way round. Two entries differ when one
    /// of the secrets that matter does.
    pub fn compare(&self, backup: &Backup, matters: &dyn Fn(&str) -> bool) -> Result<Difference> {
        let (then, cipher) = self.read_backup(backup)?;
        let mut difference = Difference { entries: then.len(), ..Difference::default() };
        let open = |entry: &Entry<'_>, cipher: &Cipher| -> Result<Vec<(String, Zeroizing<Vec<u8>>)>> {
            let mut secrets = Vec::new();
            for (name, sealed) in entry.sealed().filter(|(name, _)| matters(name)) {
                let text = cipher.open_alone(&secret_aad(entry.id, name), sealed);
                let text = text.ok_or(Error::Damaged("a secret does not open"))?;
                secrets.push((name.to_owned(), text.into_zeroizing()));
            }
            secrets.sort_by(|(a, _), (b, _)| a.cmp(b));
            Ok(secrets)
        };
        for entry in then.entries() {
            match self.book.get(entry.id) {
                None => difference.back.push((entry.id.into(), entry.shown.unwrap_or_default().into())),
                Some(present) if open(&present, &self.keys.secrets)? != open(&entry, &cipher)? => {
                    difference.differ.push(entry.id.into());
                }
                Some(_) => {}
            }
        }
        let gone = self.book.entries().filter(|entry| then.get(entry.id).is_none());
        difference.gone = gone.map(|entry| entry.id.to_owned()).collect();
        Ok(difference)
    }

    /// Brings an earlier state back. The present one becomes a backup, so that this can be undone in the same way; its
    /// name comes back.
    pub fn restore(&mut self, backup: &Backup, now: SystemTime) -> Result<Backup> {
        let lock = self.home.lock()?;
        self.catch_up_under(&lock)?;
        let (mut then, cipher) = self.read_backup(backup)?;
        if then.earlier_keys().len() < self.book.earlier_keys().len() {
            // It stands under a data key of its time: its secrets get the present one, and no key is forgotten.
            then.take_keys_of(&self.book, &cipher, &self.keys.secrets, &*self.dice)?;
        }
        let present = Book::read(self.book.write()?)?;
        self.save_same_keys(&lock, self.header.slots.clone(), present, now)?;
        let undo = Backup { generation: self.header.generation, saved_at: moment(self.header.saved_at) };
        self.save_same_keys(&lock, self.header.slots.clone(), then, now)?;
        Ok(undo)
    }

    fn read_backup(&self, backup: &Backup) -> Result<(Book, Cipher)> {
        let mut file = self.home.open(&backup.path(&self.home))?.ok_or(Error::NotFound)?;
        let (header, body) = Header::read(&mut *file)?;
        if header.vault_id != self.header.vault_id {
            return Error::damaged("a backup of another vault");
        }
        let mut keys = vec![self.keys.data.clone()];
        keys.extend(self.book.earlier_keys());
        let key = keys.into_iter().find(|key| header.is_authentic(key));
        let key = key.ok_or(Error::Damaged("a backup is not what was written"))?;
        let book = Book::read(container::read_body(&mut *file, body, &header, &key)?)?;
        Ok((book, Keys::new(key, &header.vault_id).secrets))
    }
}
