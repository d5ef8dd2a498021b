//! Saved recovery codes as a store keeps them, as JSON.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{CodeId, CodeSet, RecoveryCodes, SavedCode};
use crate::error::{Error, ErrorKind, Result};
use crate::secret::Secret;

/// A higher version was written by a later Regain, whose fields this one would lose.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct CodesRecord {
    version: u32,
    /// Oldest first; the last one holds.
    sets: Vec<SetRecord>,
}

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct SetRecord {
    /// Unix time in milliseconds, as all times here.
    at: u64,
    codes: Vec<CodeRecord>,
}

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct CodeRecord {
    id: u32,
    text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    used: Option<u64>,
}

pub(super) fn read(text: &Secret) -> Result<RecoveryCodes> {
    // Without the parser's error as source: it may quote what it read.
    let unreadable = |_| Error::new(ErrorKind::StoreBroken, "saved codes cannot be understood");
    let record: CodesRecord = serde_json::from_str(text.expose()).map_err(unreadable)?;
    if record.version != VERSION {
        return Err(Error::new(ErrorKind::StoreBroken, format!("saved codes of version {}", record.version)));
    }
    let code = |code: &CodeRecord| {
        let used = code.used.map(moment).transpose()?;
        Ok(SavedCode { id: CodeId(code.id), text: Secret::new(code.text.clone()), used })
    };
    let set = |set: &SetRecord| {
        let codes = set.codes.iter().map(code).collect::<Result<_>>()?;
        Ok(CodeSet { at: moment(set.at)?, codes })
    };
    Ok(RecoveryCodes { sets: record.sets.iter().map(set).collect::<Result<_>>()? })
}

pub(super) fn write(codes: &RecoveryCodes) -> Result<Secret> {
    let code = |code: &SavedCode| CodeRecord {
        id: code.id.0,
        text: code.text.expose().to_owned(),
        used: code.used.map(milliseconds),
    };
    let set =
        |set: &CodeSet| SetRecord { at: milliseconds(set.at), codes: set.codes.iter().map(code).collect() };
    let record = CodesRecord { version: VERSION, sets: codes.sets.iter().map(set).collect() };
    crate::store::written(&record)
}

fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn moment(milliseconds: u64) -> Result<SystemTime> {
    let moment = UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds));
    moment.ok_or_else(|| Error::new(ErrorKind::StoreBroken, "no such time"))
}
