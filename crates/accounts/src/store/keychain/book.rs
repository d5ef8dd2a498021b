use std::time::{SystemTime, UNIX_EPOCH};

use super::super::memory::{Kept, State, gone};
use super::super::records;
use super::super::{AuthenticatorChange, Current, Extra, KeptAuthenticator, PastId, Why};
use super::items::{Items, Place};
use crate::error::{Error, ErrorKind, Result};
use crate::provider::Session;
use crate::secret::Secret;

/// What the keychain holds of one account.
pub(super) struct Book {
    items: Items,
    namespace: String,
    account: String,
    name: String,
}

impl Book {
    pub fn new(items: Items, namespace: &str, account: &str, name: &str) -> Self {
        Self { items, namespace: namespace.into(), account: account.into(), name: name.into() }
    }

    /// A broken past password must not keep anyone from the current one: it only fails where it is asked for.
    pub fn current(&self) -> Result<Option<Current>> {
        let plain = self.items.read(&self.password_place())?;
        let kept = self.readable()?;
        let Some(password) = plain else {
            // Becoming current writes the plain item first, and removing an account deletes it last: someone took it.
            let was_there = kept.iter().any(|kept| kept.state == State::Current);
            return if was_there { Err(ErrorKind::ItemMissing.into()) } else { Ok(None) };
        };
        let same = kept.iter().filter(|kept| kept.password == password);
        let since = same
            .max_by_key(|kept| (kept.state == State::Current, kept.at))
            // Someone wrote it there with another program: later than anything of ours.
            .or_else(|| kept.iter().max_by_key(|kept| kept.at))
            .map_or(UNIX_EPOCH, |kept| kept.at);
        Ok(Some(Current { password, since }))
    }

    /// All passwords with their states; one that only calls itself current is a replaced one.
    pub fn kept(&self) -> Result<Vec<Kept>> {
        let plain = self.items.read(&self.password_place())?;
        let mut all = self.read_all()?.into_iter().collect::<Result<Vec<_>>>()?;
        for kept in &mut all {
            if kept.state == State::Current && plain.as_ref() != Some(&kept.password) {
                kept.state = State::Past(Why::Replaced);
            }
        }
        Ok(all)
    }

    pub fn stage(&self, password: &Secret, at: SystemTime) -> Result<PastId> {
        let id = self.keep(password, at, State::Staged { sent: false })?;
        if self.find(&id)?.password != *password {
            return Err(Error::new(ErrorKind::StoreBroken, "it gave back another password"));
        }
        Ok(id)
    }

    pub fn mark_sent(&self, id: &PastId) -> Result<()> {
        let mut kept = self.find(id)?;
        kept.mark_sent()?;
        self.put(&kept)
    }

    pub fn commit(&self, id: &PastId, at: SystemTime) -> Result<()> {
        let mut new = self.find(id)?;
        let others: Vec<_> = self.readable()?.into_iter().filter(|kept| kept.id != *id).collect();
        let place = self.password_place();
        match self.items.read(&place)? {
            Some(plain) if plain == new.password => {}
            Some(plain) => {
                if !others.iter().any(|kept| kept.password == plain && lasts(kept)) {
                    self.keep(&plain, at, State::Past(Why::Replaced))?;
                }
                self.items.write(&place, &new.password)?;
            }
            None => self.items.write(&place, &new.password)?,
        }
        // From here on it is the current one, whatever fails: the states are read by what the plain item says.
        let mended = || -> Result<()> {
            if new.state != State::Current {
                new.commit(at);
                self.put(&new)?;
            }
            for mut kept in others {
                if kept.state == State::Current {
                    kept.replace(at);
                    self.put(&kept)?;
                } else if kept.outlived(at) {
                    self.items.delete(&self.kept_place(&kept.id))?;
                }
            }
            Ok(())
        };
        if let Err(error) = { mended }() {
            tracing::warn!(%error, "the states of kept passwords stay behind");
        }
        Ok(())
    }

    pub fn discard(&self, id: &PastId, why: Why, at: SystemTime) -> Result<()> {
        let mut kept = self.find(id)?;
        if matches!(kept.state, State::Staged { .. }) {
            kept.discard(why, at)?;
            return self.put(&kept);
        }
        if kept.state == State::Current
            && self.items.read(&self.password_place())? != Some(kept.password.clone())
        {
            return Ok(());
        }
        kept.discard(why, at)
    }

    pub fn session(&self) -> Result<Option<Session>> {
        self.items.read(&self.session_place())?.map(|text| records::read_session(&text)).transpose()
    }

    pub fn save_session(&self, session: &Session) -> Result<()> {
        // What cannot be understood is not written over.
        self.session()?;
        self.items.write(&self.session_place(), &records::write_session(session)?)
    }

    pub fn clear_session(&self) -> Result<()> {
        self.items.delete(&self.session_place())
    }

    pub fn extra(&self, which: Extra) -> Result<Option<Secret>> {
        self.items.read(&self.extra_place(which))
    }

    pub fn save_extra(&self, which: Extra, text: Option<&Secret>) -> Result<()> {
        match text {
            Some(text) => self.items.write(&self.extra_place(which), text),
            None => self.items.delete(&self.extra_place(which)),
        }
    }

    pub fn authenticators(&self) -> Result<Vec<KeptAuthenticator>> {
        let text = self.items.read(&self.authenticator_place())?;
        Ok(text.map(|text| records::read_authenticators(&text)).transpose()?.unwrap_or_default())
    }

    pub fn change_authenticators(&self, change: AuthenticatorChange) -> Result<()> {
        let mut all = self.authenticators()?;
        if change.apply(&mut all) {
            self.items.write(&self.authenticator_place(), &records::write_authenticators(&all)?)?;
        }
        Ok(())
    }

    /// The current password last, so that an account half removed still opens. Nothing is deleted when it is not clear
    /// of which item.
    pub fn remove(&self) -> Result<()> {
        let single = [
            self.session_place(),
            self.extra_place(Extra::Draft),
            self.extra_place(Extra::Note),
            self.extra_place(Extra::RecoveryCodes),
            self.authenticator_place(),
        ];
        for place in single.iter().chain([&self.password_place()]) {
            self.items.only_one(place)?;
        }
        self.items.only_ones(&self.kept_service())?;
        self.items.only_ones(&self.part_service())?;
        for place in &single {
            self.items.delete(place)?;
        }
        self.items.delete_all(&self.kept_service())?;
        self.items.delete(&self.password_place())?;
        self.items.delete_all(&self.part_service())
    }

    fn keep(&self, password: &Secret, at: SystemTime, state: State) -> Result<PastId> {
        let beginning = format!("{:015}", records::milliseconds(at));
        let id = PastId(self.items.unused_user(&self.kept_service(), &beginning)?);
        self.put(&Kept { id: id.clone(), password: password.clone(), at, state })?;
        Ok(id)
    }

    fn find(&self, id: &PastId) -> Result<Kept> {
        let text = self.items.read(&self.kept_place(id))?.ok_or_else(gone)?;
        records::read_kept(&text)
    }

    fn put(&self, kept: &Kept) -> Result<()> {
        self.items.write(&self.kept_place(&kept.id), &records::write_kept(kept)?)
    }

    fn read_all(&self) -> Result<Vec<Result<Kept>>> {
        let texts = self.items.read_all(&self.kept_service(), &self.part_service())?;
        Ok(texts.into_iter().map(|text| records::read_kept(&text?)).collect())
    }

    fn readable(&self) -> Result<Vec<Kept>> {
        let broken = |kept: &Result<Kept>| {
            let kind = kept.as_ref().err().map(Error::kind);
            matches!(kind, Some(ErrorKind::StoreBroken | ErrorKind::Ambiguous))
        };
        self.read_all()?.into_iter().filter(|kept| !broken(kept)).collect()
    }

    fn password_place(&self) -> Place {
        self.place(self.namespace.clone(), self.account.clone(), "password", "")
    }

    fn session_place(&self) -> Place {
        let service = format!("{} session", self.namespace);
        self.place(service, self.account.clone(), "session", " (session)")
    }

    fn extra_place(&self, which: Extra) -> Place {
        let word = which.word();
        let service = format!("{} {word}", self.namespace);
        self.place(service, self.account.clone(), word, &format!(" ({word})"))
    }

    fn authenticator_place(&self) -> Place {
        let service = format!("{} authenticator", self.namespace);
        self.place(service, self.account.clone(), "authenticator", " (authenticator)")
    }

    fn kept_place(&self, id: &PastId) -> Place {
        self.place(self.kept_service(), id.0.clone(), &id.0, " (new or earlier password)")
    }

    fn place(&self, service: String, user: String, part: &str, note: &str) -> Place {
        let label = format!("{}: {}{note}", self.namespace, self.name);
        Place { service, user, label, parts: (self.part_service(), part.into()) }
    }

    fn kept_service(&self) -> String {
        format!("{} kept {}", self.namespace, self.account)
    }

    fn part_service(&self) -> String {
        format!("{} part {}", self.namespace, self.account)
    }
}

/// Whether it will be there as long as the account is.
fn lasts(kept: &Kept) -> bool {
    matches!(kept.state, State::Current | State::Past(Why::Replaced))
}
