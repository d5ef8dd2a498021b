//! Entries and the CBOR (RFC 8949) that they are: maps that are walked where they lie, and rebuilt with all that this
//! version does not know.

use minicbor::data::Type;
use minicbor::{Decoder, Encoder};

use crate::error::{Error, Result};
use crate::walk::Walk;
use crate::wiped::Wiped;

pub(crate) const ID: u64 = 0;
pub(crate) const TEXT: u64 = 1;
pub(crate) const SHOWN: u64 = 2;
pub(crate) const SECRETS: u64 = 3;
pub(crate) const CHANGED_AT: u64 = 4;

/// Bytes of an id or of a secret's name at most.
const NAME_MOST: usize = 128;
const NESTED_MOST: u32 = 16;

/// One entry; its secrets stay sealed.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    pub id: &'a str,
    /// What is searched.
    pub text: &'a str,
    /// Bytes of the owner's own.
    pub shown: Option<&'a [u8]>,
    /// Unix seconds.
    pub changed_at: Option<u64>,
    secrets: Option<&'a [u8]>,
}

impl<'a> Entry<'a> {
    /// Reads a whole entry, and nothing behind it.
    pub(crate) fn read(raw: &'a [u8]) -> Result<Self> {
        let mut walk = Walk::new(raw, 0);
        let entry = Self::take(&mut walk)?;
        if walk.ended() { Ok(entry) } else { Err(MALFORMED) }
    }

    /// Reads the entry at which the walk stands.
    pub(crate) fn take(walk: &mut Walk<'a>) -> Result<Self> {
        let mut entry = Self { id: "", text: "", shown: None, changed_at: None, secrets: None };
        let (mut seen, mut unknown) = (0_u8, Vec::new());
        for _ in 0..walk.map().ok_or(MALFORMED)? {
            let key = walk.unsigned().ok_or(MALFORMED)?;
            if key > CHANGED_AT {
                unknown.push(key);
            } else if seen & 1 << key != 0 {
                return Err(TWICE);
            } else {
                seen |= 1 << key;
            }
            match key {
                ID => entry.id = name(walk.str().ok_or(WRONG_TYPE)?)?,
                TEXT => entry.text = walk.str().ok_or(WRONG_TYPE)?,
                SHOWN => entry.shown = Some(walk.bytes().ok_or(WRONG_TYPE)?),
                SECRETS => {
                    let start = walk.at();
                    walk_over_secrets(walk)?;
                    entry.secrets = walk.since(start);
                }
                CHANGED_AT => entry.changed_at = Some(walk.unsigned().ok_or(WRONG_TYPE)?),
                _ => walk.over(1)?,
            }
        }
        if stands_twice(&mut unknown) {
            return Err(TWICE);
        }
        if entry.id.is_empty() { Error::damaged("an entry without an id") } else { Ok(entry) }
    }

    /// The id alone of an entry that was read before.
    pub(crate) fn id_of(raw: &'a [u8]) -> &'a str {
        text_at(raw, ID).unwrap_or_default()
    }

    /// The text alone of an entry that was read before.
    pub(crate) fn text_of(raw: &'a [u8]) -> &'a str {
        text_at(raw, TEXT).unwrap_or_default()
    }

    /// Names of its secrets.
    pub fn secrets(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.sealed().map(|(name, _)| name)
    }

    pub(crate) fn sealed(&self) -> impl Iterator<Item = (&'a str, &'a [u8])> + use<'a> {
        // It was walked when it was read.
        self.secrets.into_iter().filter_map(|raw| secrets(raw).ok()).flatten().filter_map(Result::ok)
    }
}

/// A text of an entry that was read before.
fn text_at(raw: &[u8], wanted: u64) -> Option<&str> {
    let mut walk = Walk::new(raw, 0);
    for _ in 0..walk.map()? {
        if walk.unsigned()? == wanted {
            return walk.str();
        }
        walk.over_again()?;
    }
    None
}

fn walk_over_secrets(walk: &mut Walk<'_>) -> Result<()> {
    // Most entries have few; more of them are worth a list of its own.
    let (mut few, mut many) = ([""; 8], Vec::new());
    for number in 0..walk.map().ok_or(WRONG_TYPE)? {
        let name = name(walk.str().ok_or(MALFORMED)?)?;
        walk.bytes().ok_or(WRONG_TYPE)?;
        match usize::try_from(number).ok().and_then(|number| few.get_mut(number)) {
            Some(place) => *place = name,
            None => many.push(name),
        }
    }
    // No name is empty: a place that was not taken is like no name.
    let twice = if many.is_empty() {
        (1..few.len()).any(|n| !few[n].is_empty() && few[..n].contains(&few[n]))
    } else {
        many.extend(few);
        stands_twice(&mut many)
    };
    if twice { Error::damaged("a secret stands twice") } else { Ok(()) }
}

const WRONG_TYPE: Error = Error::Damaged("a value of the wrong type");
const TWICE: Error = Error::Damaged("a key stands twice");
const MALFORMED: Error = Error::Damaged("not CBOR as it should be");

fn stands_twice<T: Ord>(all: &mut [T]) -> bool {
    all.sort_unstable();
    all.windows(2).any(|pair| pair[0] == pair[1])
}

/// An id or a secret's name.
pub(crate) fn name(text: &str) -> Result<&str> {
    if (1..=NAME_MOST).contains(&text.len()) { Ok(text) } else { Err(Error::Limit("the size of a name")) }
}

/// What a secret is bound to, so that it opens nowhere else.
pub(crate) fn secret_aad(id: &str, name: &str) -> Vec<u8> {
    // Names have at most 128 bytes.
    let size = u16::try_from(id.len()).unwrap_or(u16::MAX);
    [size.to_le_bytes().as_slice(), id.as_bytes(), name.as_bytes()].concat()
}

/// Keys and raw values of a map that fills the bytes exactly.
pub(crate) fn fields(raw: &[u8]) -> Result<impl Iterator<Item = Result<(u64, &[u8])>>> {
    items(raw, |decoder| decoder.u64().map_err(|_| MALFORMED))
}

/// Names and sealed bytes of a map that fills the bytes exactly.
pub(crate) fn secrets(raw: &[u8]) -> Result<impl Iterator<Item = Result<(&str, &[u8])>>> {
    let items = items(raw, |decoder| name(decoder.str().map_err(|_| MALFORMED)?))?;
    Ok(items.map(|item| {
        let (name, value) = item?;
        Ok((name, Decoder::new(value).bytes().map_err(|_| WRONG_TYPE)?))
    }))
}

fn items<'a, K>(
    raw: &'a [u8],
    mut key: impl FnMut(&mut Decoder<'a>) -> Result<K>,
) -> Result<impl Iterator<Item = Result<(K, &'a [u8])>>> {
    let mut decoder = Decoder::new(raw);
    let mut left = decoder.map().ok().flatten().ok_or(MALFORMED)?;
    Ok(std::iter::from_fn(move || {
        if left == 0 {
            let rest = decoder.position() != raw.len();
            // Said once: the position is then taken for the end.
            decoder.set_position(raw.len());
            return rest.then(|| Err(MALFORMED));
        }
        left -= 1;
        let item = key(&mut decoder).and_then(|key| {
            let start = decoder.position();
            skip(&mut decoder, 0)?;
            Ok((key, &raw[start..decoder.position()]))
        });
        if item.is_err() {
            left = 0;
            decoder.set_position(raw.len());
        }
        Some(item)
    }))
}

/// Walks over one item of definite length; `depth` is the number of arrays, maps and tags around it.
pub(crate) fn skip(decoder: &mut Decoder<'_>, depth: u32) -> Result<()> {
    let step = |done: std::result::Result<(), minicbor::decode::Error>| done.map_err(|_| MALFORMED);
    let kind = decoder.datatype().map_err(|_| MALFORMED)?;
    if matches!(kind, Type::Array | Type::Map | Type::Tag) && depth >= NESTED_MOST {
        return Err(Error::Limit("how deep items nest"));
    }
    match kind {
        Type::Bytes => step(decoder.bytes().map(drop)),
        Type::String => step(decoder.str().map(drop)),
        Type::Array | Type::Map => {
            let length = if kind == Type::Array { decoder.array() } else { decoder.map() };
            let length = length.ok().flatten().ok_or(MALFORMED)?;
            for _ in 0..length {
                skip(decoder, depth + 1)?;
                if kind == Type::Map {
                    skip(decoder, depth + 1)?;
                }
            }
            Ok(())
        }
        Type::Tag => {
            step(decoder.tag().map(drop))?;
            skip(decoder, depth + 1)
        }
        Type::BytesIndef | Type::StringIndef | Type::ArrayIndef | Type::MapIndef | Type::Break => {
            Err(MALFORMED)
        }
        Type::Unknown(_) => Err(MALFORMED),
        _ => step(decoder.skip()),
    }
}

/// A map being changed: what is not touched stays byte for byte.
pub(crate) struct Fields<'a>(Vec<(u64, Value<'a>)>);

enum Value<'a> {
    Kept(&'a [u8]),
    New(Wiped),
}

impl<'a> Fields<'a> {
    pub fn of(raw: &'a [u8]) -> Result<Self> {
        let kept = |field: Result<(u64, &'a [u8])>| field.map(|(key, value)| (key, Value::Kept(value)));
        let all = Self(fields(raw)?.map(kept).collect::<Result<_>>()?);
        let mut keys: Vec<u64> = all.0.iter().map(|(key, _)| *key).collect();
        if stands_twice(&mut keys) { Err(TWICE) } else { Ok(all) }
    }

    /// An entry that has only its id.
    pub fn new(id: &str) -> Self {
        let mut fields = Self(Vec::new());
        fields.set(ID, encoded(|encoder| drop(encoder.str(id))));
        fields
    }

    pub fn set(&mut self, key: u64, value: Wiped) {
        match self.0.iter_mut().find(|(known, _)| *known == key) {
            Some((_, known)) => *known = Value::New(value),
            None => self.0.push((key, Value::New(value))),
        }
    }

    pub fn merge(&mut self, raw: &[u8], never: &[u64]) -> Result<()> {
        let mut keys = Vec::new();
        for field in fields(raw)? {
            let (key, value) = field?;
            if never.contains(&key) {
                return Error::damaged("a change of what cannot change");
            }
            keys.push(key);
            self.set(key, Wiped::copy_of(value));
        }
        if stands_twice(&mut keys) { Err(TWICE) } else { Ok(()) }
    }

    pub fn encode(&self) -> Wiped {
        let size = self.0.iter().map(|(_, value)| value.raw().len() + 9).sum::<usize>() + 9;
        let mut raw = Wiped::with_capacity(size);
        head(&mut raw, |encoder| drop(encoder.map(self.0.len() as u64)));
        for (key, value) in &self.0 {
            head(&mut raw, |encoder| drop(encoder.u64(*key)));
            raw.push(value.raw());
        }
        raw
    }
}

impl Value<'_> {
    fn raw(&self) -> &[u8] {
        match self {
            Self::Kept(raw) => raw,
            Self::New(raw) => raw,
        }
    }
}

/// A map of secrets with one put in, or taken out where `sealed` is `None`.
pub(crate) fn with_secret(raw: Option<&[u8]>, name: &str, sealed: Option<&[u8]>) -> Result<Wiped> {
    let mut kept = Vec::new();
    for secret in raw.map(secrets).transpose()?.into_iter().flatten() {
        kept.push(secret?);
    }
    kept.retain(|(known, _)| *known != name);
    kept.extend(sealed.map(|sealed| (name, sealed)));
    Ok(secrets_map(&kept))
}

pub(crate) fn secrets_map<N: AsRef<str>, S: AsRef<[u8]>>(secrets: &[(N, S)]) -> Wiped {
    let size = secrets.iter().map(|(name, sealed)| name.as_ref().len() + sealed.as_ref().len() + 18);
    let mut raw = Wiped::with_capacity(size.sum::<usize>() + 9);
    head(&mut raw, |encoder| drop(encoder.map(secrets.len() as u64)));
    for (name, sealed) in secrets {
        head(&mut raw, |encoder| drop(encoder.str(name.as_ref())));
        head(&mut raw, |encoder| drop(encoder.bytes(sealed.as_ref())));
    }
    raw
}

pub(crate) fn encoded(write: impl FnOnce(&mut Encoder<&mut Wiped>)) -> Wiped {
    let mut raw = Wiped::default();
    head(&mut raw, write);
    raw
}

/// Writing to memory cannot fail.
pub(crate) fn head(raw: &mut Wiped, write: impl FnOnce(&mut Encoder<&mut Wiped>)) {
    write(&mut Encoder::new(raw));
}
