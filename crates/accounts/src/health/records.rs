//! The queue in a file.

use std::io::ErrorKind as IoKind;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::Queue;
use crate::account::{AccountId, replace};
use crate::error::{Error, ErrorKind, Result};

/// A higher version means that this program must not touch the file.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct QueueRecord {
    version: u32,
    /// Unix time in milliseconds.
    made_at: u64,
    entries: Vec<EntryRecord>,
}

#[derive(Serialize, Deserialize)]
struct EntryRecord {
    account: String,
    /// Unix time in milliseconds.
    since: u64,
}

pub(super) fn save(queue: &Queue, path: &Path) -> Result<()> {
    let entries = queue.entries.iter();
    let entries =
        entries.map(|(id, since)| EntryRecord { account: id.as_str().into(), since: milliseconds(*since) });
    let record =
        QueueRecord { version: VERSION, made_at: milliseconds(queue.made_at), entries: entries.collect() };
    let bytes = serde_json::to_vec(&record).map_err(|error| Error::new(ErrorKind::Bug, error))?;
    replace(path, &bytes).map_err(|error| Error::new(ErrorKind::StoreBroken, error))
}

pub(super) fn load(path: &Path) -> Result<Option<Queue>> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == IoKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    let record: QueueRecord = serde_json::from_slice(&bytes).map_err(unreadable)?;
    if record.version != VERSION {
        return Err(unreadable(format!("version {}", record.version)));
    }
    let entries = record.entries.into_iter();
    let entries = entries.map(|entry| Ok((AccountId::new(entry.account), moment(entry.since)?)));
    Ok(Some(Queue { made_at: moment(record.made_at)?, entries: entries.collect::<Result<_>>()? }))
}

fn unreadable(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(ErrorKind::Unreadable, source)
}

fn milliseconds(moment: SystemTime) -> u64 {
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn moment(milliseconds: u64) -> Result<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds)).ok_or_else(|| unreadable("no such time"))
}
