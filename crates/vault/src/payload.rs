//! The payload in memory: the bytes as they were sealed, an index over them, and what has changed since.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;
use minicbor::Decoder;
use zeroize::Zeroizing;

use crate::change::Step;
use crate::container::{self, PAYLOAD_MOST};
use crate::entry::{
    Entry, Fields, ID, SECRETS, encoded, fields, head, name, secret_aad, secrets_map, skip, with_secret,
};
use crate::error::{Error, Result};
use crate::keys::{Cipher, DataKey, Random};
use crate::search::Haystack;
use crate::walk::Walk;
use crate::wiped::Wiped;

const COUNT: u64 = 0;
const EARLIER_KEYS: u64 = 1;

/// Everything that a vault holds.
pub(crate) struct Book {
    raw: Wiped,
    manifest: Wiped,
    places: Vec<Place>,
    index: HashTable<u32>,
    hasher: RandomState,
    /// Bytes of the entries that are there.
    size: usize,
    live: usize,
    /// Bytes of all texts, as they were read.
    texts: usize,
    haystack: Option<Haystack>,
}

enum Place {
    /// Where it lies in `raw`.
    Read {
        start: u32,
        end: u32,
    },
    Changed(Wiped),
    Gone,
}

impl Book {
    pub fn new() -> Self {
        Self {
            raw: Wiped::default(),
            manifest: encoded(|encoder| drop(encoder.map(0))),
            places: Vec::new(),
            index: HashTable::new(),
            hasher: RandomState::new(),
            size: 0,
            live: 0,
            texts: 0,
            haystack: None,
        }
    }

    /// Walks over a payload once.
    pub fn read(raw: Wiped) -> Result<Self> {
        let size = raw.first_chunk().map(|size| u64::from_le_bytes(*size));
        let size = size.and_then(|size| usize::try_from(size).ok()).and_then(|size| size.checked_add(8));
        let end = size.filter(|end| *end <= raw.len()).ok_or(Error::Damaged("the payload is cut short"))?;
        if raw.len() != container::padded(end) || raw[end..].iter().any(|byte| *byte != 0) {
            return Error::damaged("the padding is wrong");
        }
        let mut decoder = Decoder::new(&raw[..end]);
        decoder.set_position(8);
        skip(&mut decoder, 0)?;
        let manifest = Wiped::copy_of(&raw[8..decoder.position()]);
        let count = fields(&manifest)?
            .find_map(|field| field.ok().filter(|(key, _)| *key == COUNT))
            .and_then(|(_, value)| Decoder::new(value).u64().ok())
            .and_then(|count| usize::try_from(count).ok())
            // An entry has at least three bytes; nothing is allocated for more.
            .filter(|count| *count <= raw.len() / 3)
            .ok_or(Error::Damaged("the number of entries"))?;
        Fields::of(&manifest)?;
        earlier_keys(&manifest)?;

        let hasher = RandomState::new();
        let (mut places, mut hashes) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let mut texts = 0;
        let mut walk = Walk::new(&raw[..end], decoder.position());
        while !walk.ended() {
            let start = walk.at();
            let entry = Entry::take(&mut walk)?;
            hashes.push(hasher.hash_one(entry.id));
            texts += entry.text.len();
            // 256 MiB fit.
            let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            places.push(Place::Read { start: place(start), end: place(walk.at()) });
        }
        if places.len() != count {
            return Error::damaged("the number of entries");
        }
        let mut index = HashTable::with_capacity(count);
        let id = |number: u32| raw_at(&raw, &places, number).map(Entry::id_of);
        for (number, hash) in (0_u32..).zip(&hashes) {
            if index.find(*hash, |other| id(*other) == id(number)).is_some() {
                return Error::damaged("two entries of one id");
            }
            // It has room for all of them: nothing is hashed again.
            index.insert_unique(*hash, number, |_| 0);
        }
        Ok(Self { raw, manifest, places, index, hasher, size: end, live: count, texts, haystack: None })
    }

    /// The payload with all changes, padded.
    pub fn write(&self) -> Result<Wiped> {
        let mut manifest = Fields::of(&self.manifest)?;
        manifest.set(COUNT, encoded(|encoder| drop(encoder.u64(self.live as u64))));
        let manifest = manifest.encode();
        let entries: usize = self.raws().map(<[u8]>::len).sum();
        let end = 8 + manifest.len() + entries;
        let padded = container::padded(end);
        if padded > PAYLOAD_MOST {
            return Err(Error::Limit("the size of the vault"));
        }
        let mut payload = Wiped::with_capacity(padded);
        payload.push(&((end - 8) as u64).to_le_bytes());
        payload.push(&manifest);
        self.raws().for_each(|raw| payload.push(raw));
        payload.push(&vec![0; padded - end]);
        Ok(payload)
    }

    pub fn len(&self) -> usize {
        self.live
    }

    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.raws().filter_map(|raw| Entry::read(raw).ok())
    }

    pub fn get(&self, id: &str) -> Option<Entry<'_>> {
        Entry::read(self.raw_of(self.find(id)?)?).ok()
    }

    /// Whether the vault would stay within its limits with so many bytes more.
    pub fn has_room_for(&self, more: usize) -> bool {
        container::padded(self.size + self.manifest.len() + more + 16) <= PAYLOAD_MOST
    }

    /// Entries in whose text every word of the query stands.
    pub fn search(&mut self, query: &str, most: usize) -> Vec<Entry<'_>> {
        if self.haystack.is_none() {
            let texts = (0..self.places.len()).map(|number| {
                self.raw_of(u32::try_from(number).unwrap_or(u32::MAX)).map_or("", Entry::text_of)
            });
            self.haystack = Some(Haystack::new(texts, self.texts));
        }
        let found = self.haystack.as_ref().map(|haystack| haystack.find(query, most)).unwrap_or_default();
        found.into_iter().filter_map(|number| Entry::read(self.raw_of(number)?).ok()).collect()
    }

    /// Checks a change without making it.
    pub fn check(&self, step: &Step<'_>) -> Result<()> {
        match step {
            Step::Put { id, map } => {
                name(id)?;
                let mut fields = Fields::new(id);
                fields.merge(map, &[ID, SECRETS])?;
                Entry::read(&fields.encode()).map(drop)
            }
            Step::PutSecret { id, name: secret, .. } => name(id).and_then(|_| name(secret)).map(drop),
            Step::RemoveSecret { id, .. } | Step::Remove { id } => name(id).map(drop),
            Step::Manifest { map } => {
                let mut fields = Fields::of(&self.manifest)?;
                fields.merge(map, &[COUNT])?;
                earlier_keys(&fields.encode())
            }
            .map(drop),
        }
    }

    pub fn apply(&mut self, step: &Step<'_>) -> Result<()> {
        self.check(step)?;
        match *step {
            Step::Put { id, map } => {
                let mut fields = self.fields_of(id)?;
                fields.merge(map, &[ID, SECRETS])?;
                let raw = fields.encode();
                self.put(id, raw);
            }
            Step::PutSecret { id, name, sealed } => {
                let raw = self.with_secret(id, name, Some(sealed))?;
                self.put(id, raw);
            }
            Step::RemoveSecret { id, name } => {
                if self.find(id).is_some() {
                    let raw = self.with_secret(id, name, None)?;
                    self.put(id, raw);
                }
            }
            Step::Remove { id } => self.remove(id),
            Step::Manifest { map } => {
                let mut fields = Fields::of(&self.manifest)?;
                fields.merge(map, &[COUNT])?;
                self.manifest = fields.encode();
            }
        }
        Ok(())
    }

    /// Data keys of earlier times, newest first.
    pub fn earlier_keys(&self) -> Vec<DataKey> {
        earlier_keys(&self.manifest).unwrap_or_default()
    }

    /// Seals every secret under another data key, and notes the one before.
    pub fn reseal(&mut self, from: &Cipher, to: &Cipher, before: &DataKey, dice: &dyn Random) -> Result<()> {
        self.reseal_secrets(from, to, dice)?;
        let mut keys = vec![before.clone()];
        keys.extend(self.earlier_keys());
        self.set_earlier_keys(&keys)
    }

    fn reseal_secrets(&mut self, from: &Cipher, to: &Cipher, dice: &dyn Random) -> Result<()> {
        for number in 0..self.places.len() {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            let Some(raw) = self.raw_of(number) else { continue };
            let entry = Entry::read(raw)?;
            let mut sealed = Vec::new();
            for (name, secret) in entry.sealed() {
                let aad = secret_aad(entry.id, name);
                let text = from.open_alone(&aad, secret).ok_or(Error::Damaged("a secret does not open"))?;
                sealed.push((name, to.seal_alone(dice, &aad, &text)));
            }
            if sealed.is_empty() {
                continue;
            }
            let mut fields = Fields::of(raw)?;
            fields.set(SECRETS, secrets_map(&sealed));
            let raw = fields.encode();
            self.places[number as usize] = Place::Changed(raw);
        }
        Ok(())
    }

    /// Makes this book, whose secrets stand under another data key, one under the same as `present`.
    pub fn take_keys_of(
        &mut self,
        present: &Self,
        from: &Cipher,
        to: &Cipher,
        dice: &dyn Random,
    ) -> Result<()> {
        self.reseal_secrets(from, to, dice)?;
        self.set_earlier_keys(&present.earlier_keys())
    }

    fn set_earlier_keys(&mut self, keys: &[DataKey]) -> Result<()> {
        let mut raw = Wiped::with_capacity(keys.len() * 34 + 9);
        head(&mut raw, |encoder| drop(encoder.array(keys.len() as u64)));
        for key in keys {
            head(&mut raw, |encoder| drop(encoder.bytes(key.expose())));
        }
        let mut manifest = Fields::of(&self.manifest)?;
        manifest.set(EARLIER_KEYS, raw);
        let manifest = manifest.encode();
        self.manifest = manifest;
        Ok(())
    }

    fn with_secret(&self, id: &str, name: &str, sealed: Option<&[u8]>) -> Result<Wiped> {
        let mut fields = self.fields_of(id)?;
        let before = self.find(id).and_then(|number| self.raw_of(number));
        let before = before.map(crate::entry::fields).transpose()?;
        let before = before.into_iter().flatten().flatten().find(|(key, _)| *key == SECRETS);
        fields.set(SECRETS, with_secret(before.map(|(_, raw)| raw), name, sealed)?);
        Ok(fields.encode())
    }

    fn fields_of(&self, id: &str) -> Result<Fields<'_>> {
        match self.find(id).and_then(|number| self.raw_of(number)) {
            Some(raw) => Fields::of(raw),
            None => Ok(Fields::new(id)),
        }
    }

    fn put(&mut self, id: &str, raw: Wiped) {
        self.size += raw.len();
        let text = Zeroizing::new(Entry::text_of(&raw).to_owned());
        let number = match self.find(id) {
            Some(number) => {
                self.size -= self.raw_of(number).map_or(0, <[u8]>::len);
                self.places[number as usize] = Place::Changed(raw);
                number
            }
            None => {
                let number = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
                self.places.push(Place::Changed(raw));
                self.live += 1;
                let Self { raw, places, index, hasher, .. } = self;
                let hash =
                    |number: &u32| hasher.hash_one(raw_at(raw, places, *number).map_or("", Entry::id_of));
                index.insert_unique(hasher.hash_one(id), number, hash);
                number
            }
        };
        if let Some(haystack) = &mut self.haystack {
            haystack.replace(number, &text);
        }
    }

    fn remove(&mut self, id: &str) {
        let Some(number) = self.find(id) else { return };
        self.size -= self.raw_of(number).map_or(0, <[u8]>::len);
        if let Ok(found) = self.index.find_entry(self.hasher.hash_one(id), |other| *other == number) {
            found.remove();
        }
        self.places[number as usize] = Place::Gone;
        self.live -= 1;
        if let Some(haystack) = &mut self.haystack {
            haystack.replace(number, "");
        }
    }

    fn find(&self, id: &str) -> Option<u32> {
        let same = |number: &u32| self.raw_of(*number).is_some_and(|raw| Entry::id_of(raw) == id);
        self.index.find(self.hasher.hash_one(id), same).copied()
    }

    fn raw_of(&self, number: u32) -> Option<&[u8]> {
        raw_at(&self.raw, &self.places, number)
    }

    fn raws(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.places.len()).filter_map(|number| self.raw_of(u32::try_from(number).ok()?))
    }
}

fn raw_at<'a>(raw: &'a [u8], places: &'a [Place], number: u32) -> Option<&'a [u8]> {
    match places.get(number as usize)? {
        Place::Read { start, end } => Some(&raw[*start as usize..*end as usize]),
        Place::Changed(raw) => Some(raw),
        Place::Gone => None,
    }
}

fn earlier_keys(manifest: &[u8]) -> Result<Vec<DataKey>> {
    let wrong = || Error::Damaged("the earlier keys");
    let mut keys = Vec::new();
    for field in fields(manifest)? {
        let (key, value) = field?;
        if key != EARLIER_KEYS {
            continue;
        }
        let mut decoder = Decoder::new(value);
        let count = decoder.array().ok().flatten().ok_or_else(wrong)?;
        for _ in 0..count {
            let key = decoder.bytes().ok().and_then(|bytes| <&[u8; 32]>::try_from(bytes).ok());
            keys.push(DataKey::copy_of(key.ok_or_else(wrong)?));
        }
    }
    Ok(keys)
}
