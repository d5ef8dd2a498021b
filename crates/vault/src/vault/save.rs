//! A new snapshot takes the place of the one before.

use std::time::SystemTime;

use super::Vault;
use super::replay::Tail;
use crate::backup::{self, Backup};
use crate::container::{self, FILE_MOST, Header, moment, unix};
use crate::disk::{How, again};
use crate::error::Result;
use crate::home::{Lock, read_whole};
use crate::journal;
use crate::keys::{DataKey, Keys, random};
use crate::payload::Book;
use crate::slots::Slot;

impl Vault {
    /// Folds the journal into a new snapshot; the one before becomes a backup.
    pub fn compact(&mut self, now: SystemTime) -> Result<()> {
        let lock = self.home.lock()?;
        self.catch_up_under(&lock)?;
        let book = Book::read(self.book.write()?)?;
        self.save_same_keys(&lock, self.header.slots.clone(), book, now)
    }

    pub(super) fn save_same_keys(
        &mut self,
        lock: &Lock,
        slots: Vec<Slot>,
        book: Book,
        now: SystemTime,
    ) -> Result<()> {
        let (public, data) = (self.header.public_key, self.keys.data.clone());
        self.save(lock, slots, public, data, book, now)
    }

    /// Writes a snapshot of the next generation and makes it the present one. Until the rename nothing has happened;
    /// after it everything has.
    pub(super) fn save(
        &mut self,
        _lock: &Lock,
        slots: Vec<Slot>,
        public_key: [u8; 32],
        data: DataKey,
        book: Book,
        now: SystemTime,
    ) -> Result<()> {
        let home = self.home.clone();
        let mut header = Header {
            generation: self.header.generation + 1,
            saved_at: unix(now),
            save_salt: random(&*self.dice),
            public_key,
            slots,
            ..self.header.clone()
        };
        header.authenticate(&data);
        let payload = book.write()?;
        let next = home.next();
        let written = (|| {
            let mut file = again(|| home.disk.open(&next, How::Write))?;
            container::write(&mut *file, &header, &payload, &data)?;
            again(|| file.sync())?;
            let mut file = again(|| home.disk.open(&next, How::Read))?;
            container::verify(&mut *file, &header, &payload, &data)?;
            if self.header.generation > 0 {
                let present =
                    Backup { generation: self.header.generation, saved_at: moment(self.header.saved_at) };
                backup::keep(&home, &present, FILE_MOST)?;
            }
            Ok(())
        })();
        if let Err(error) = written {
            let _ = home.disk.remove(&next);
            return Err(error);
        }
        self.unsure = true;
        again(|| home.disk.rename(&next, &home.vault()))?;
        // Before the journal is emptied the new name must be durable, or a power cut would leave neither.
        home.sync_folder()?;
        let mut journal = again(|| home.disk.open(&home.journal(), How::Append))?;
        let rest = self.tail.unreadable > 0 || self.tail.torn;
        if rest {
            // What could not be read is not destroyed.
            let all = read_whole(&mut *journal, journal::FILE_MOST)?;
            home.write(&home.torn(), &all)?;
        }
        // Should it fail: its frames are of an earlier generation, and are passed over.
        let end = match again(|| journal.cut(0)).and_then(|()| again(|| journal.sync())) {
            Ok(()) => 0,
            Err(_) => again(|| journal.size())?,
        };
        let changed_keys = data.expose() != self.keys.data.expose();
        if changed_keys {
            self.keys = Keys::new(data, &header.vault_id);
        }
        self.header = header;
        self.book = book;
        self.tail = Tail { end, ..Tail::at_start(&self.header) };
        self.unsure = false;
        // The journal may have been made just now: its name is not durable yet.
        self.settled = false;
        backup::prune(&home, now);
        Ok(())
    }
}
