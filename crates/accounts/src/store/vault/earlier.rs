//! Earlier states, and the way back to them.

use std::time::SystemTime;

use ::vault::Backup;

use super::super::Extra;
use super::super::memory::gone;
use super::credentials::AUTHENTICATOR;
use super::list::shown;
use super::{KEPT, Vault};
use crate::account;
use crate::error::{Error, ErrorKind, Result};

/// An earlier state, seen from the present one; accounts by their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierState {
    pub id: String,
    pub saved_at: SystemTime,
    pub accounts: usize,
    pub back: Vec<String>,
    pub gone: Vec<String>,
    pub differ: Vec<String>,
}

impl Vault {
    /// Earlier states, newest first. One that cannot be read is left out and said in the log.
    pub async fn earlier_states(&self) -> Result<Vec<EarlierState>> {
        self.with(|vault, now| {
            if vault.changes_since_snapshot() > 0 {
                // The snapshot beneath the changes becomes one of them. On a disk that takes nothing, the others are there.
                if let Err(error) = vault.compact(now) {
                    tracing::warn!(%error, "the journal could not be folded in");
                }
            }
            let mut states = Vec::new();
            for backup in vault.backups()? {
                let counts = |name: &str| {
                    let texts = [Extra::Note.word(), Extra::RecoveryCodes.word(), AUTHENTICATOR];
                    name.starts_with(KEPT) || texts.contains(&name)
                };
                match vault.compare(&backup, &counts) {
                    Ok(difference) => states.push(earlier(vault, &backup, difference)),
                    Err(error) => tracing::warn!(%error, "an earlier state cannot be read"),
                }
            }
            Ok(states)
        })
        .await
    }

    /// Brings an earlier state back; the name of the present one, which can be brought back in the same way.
    pub async fn restore(&self, id: &str) -> Result<String> {
        let generation: u64 = id.parse().map_err(|error| Error::new(ErrorKind::Bug, error))?;
        self.with(move |vault, now| {
            let backup = vault.backups()?.into_iter().find(|backup| backup.generation == generation);
            let undo = vault.restore(&backup.ok_or_else(gone)?, now)?;
            Ok(undo.generation.to_string())
        })
        .await
    }
}

fn earlier(vault: &::vault::Vault, backup: &Backup, difference: ::vault::Difference) -> EarlierState {
    let names = |ids: Vec<String>| -> Vec<String> {
        let accounts = ids.iter().filter_map(|id| vault.get(id)).filter_map(|entry| shown(&entry));
        accounts.map(|account| account.name).collect()
    };
    let back = difference.back.iter().filter_map(|(_, bytes)| account::from_bytes(bytes).ok());
    let back: Vec<String> = back.map(|account| account.name).collect();
    let gone = names(difference.gone);
    let present = vault.entries().filter(|entry| shown(entry).is_some()).count();
    EarlierState {
        id: backup.generation.to_string(),
        saved_at: backup.saved_at,
        accounts: (present + back.len()).saturating_sub(gone.len()),
        back,
        gone,
        differ: names(difference.differ),
    }
}
