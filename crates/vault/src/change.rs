//! Changes, and how they stand in a frame of the journal.

use minicbor::Decoder;
use zeroize::Zeroizing;

use crate::entry::{CHANGED_AT, SHOWN, TEXT, head, secret_aad, skip};
use crate::error::{Error, Result};
use crate::keys::{Cipher, Random};
use crate::wiped::Wiped;

/// A change that the owner of a vault makes.
pub enum Change {
    /// Sets what is given and leaves the rest; makes the entry if there is none.
    Put {
        id: String,
        text: Option<String>,
        shown: Option<Vec<u8>>,
        changed_at: Option<u64>,
    },
    PutSecret {
        id: String,
        name: String,
        secret: Zeroizing<Vec<u8>>,
    },
    RemoveSecret {
        id: String,
        name: String,
    },
    Remove {
        id: String,
    },
}

/// A change as it stands in a frame.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step<'a> {
    Put { id: &'a str, map: &'a [u8] },
    PutSecret { id: &'a str, name: &'a str, sealed: &'a [u8] },
    RemoveSecret { id: &'a str, name: &'a str },
    Remove { id: &'a str },
    Manifest { map: &'a [u8] },
}

/// The text of a frame that makes these changes.
pub(crate) fn encode_changes(changes: &[Change], secrets: &Cipher, dice: &dyn Random) -> Wiped {
    let mut text = Wiped::default();
    head(&mut text, |encoder| drop(encoder.array(changes.len() as u64)));
    for change in changes {
        head(&mut text, |encoder| match change {
            Change::Put { id, text, shown, changed_at } => {
                let fields =
                    u64::from(text.is_some()) + u64::from(shown.is_some()) + u64::from(changed_at.is_some());
                let _ = encoder.array(3).and_then(|it| it.u64(1)?.str(id)?.map(fields));
                if let Some(text) = text {
                    let _ = encoder.u64(TEXT).and_then(|it| it.str(text));
                }
                if let Some(shown) = shown {
                    let _ = encoder.u64(SHOWN).and_then(|it| it.bytes(shown));
                }
                if let Some(at) = changed_at {
                    let _ = encoder.u64(CHANGED_AT).and_then(|it| it.u64(*at));
                }
            }
            Change::PutSecret { id, name, secret } => {
                let sealed = secrets.seal_alone(dice, &secret_aad(id, name), secret);
                let _ = encoder.array(4).and_then(|it| it.u64(2)?.str(id)?.str(name)?.bytes(&sealed));
            }
            Change::RemoveSecret { id, name } => {
                let _ = encoder.array(3).and_then(|it| it.u64(3)?.str(id)?.str(name));
            }
            Change::Remove { id } => {
                let _ = encoder.array(2).and_then(|it| it.u64(4)?.str(id));
            }
        });
    }
    text
}

/// Reads the changes of a frame.
pub(crate) fn decode_changes(text: &[u8]) -> Result<Vec<Step<'_>>> {
    let mut decoder = Decoder::new(text);
    let malformed = |_| Error::Damaged("a frame is not what it should be");
    let count = decoder.array().map_err(malformed)?.ok_or(Error::Damaged("a frame without an end"))?;
    let mut steps = Vec::new();
    for _ in 0..count {
        let parts = decoder.array().map_err(malformed)?;
        let code = decoder.u64().map_err(malformed)?;
        let expected = match code {
            1 | 3 => 3,
            2 => 4,
            4 | 5 => 2,
            _ => return Err(Error::Newer),
        };
        if parts != Some(expected) {
            return Error::damaged("a change of the wrong size");
        }
        let map = |decoder: &mut Decoder<'_>| {
            let start = decoder.position();
            skip(decoder, 2).map(|()| start..decoder.position())
        };
        steps.push(match code {
            1 => Step::Put { id: decoder.str().map_err(malformed)?, map: &text[map(&mut decoder)?] },
            2 => Step::PutSecret {
                id: decoder.str().map_err(malformed)?,
                name: decoder.str().map_err(malformed)?,
                sealed: decoder.bytes().map_err(malformed)?,
            },
            3 => Step::RemoveSecret {
                id: decoder.str().map_err(malformed)?,
                name: decoder.str().map_err(malformed)?,
            },
            4 => Step::Remove { id: decoder.str().map_err(malformed)? },
            _ => Step::Manifest { map: &text[map(&mut decoder)?] },
        });
    }
    if decoder.position() == text.len() { Ok(steps) } else { Error::damaged("something behind the changes") }
}
