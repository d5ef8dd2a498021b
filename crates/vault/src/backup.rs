//! Earlier snapshots: the last ten saves, and one a day for two weeks.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::time::SystemTime;

use crate::container::{moment, unix};
use crate::disk::{How, again};
use crate::error::{Error, Result};
use crate::home::Home;

const LAST: usize = 10;
const DAYS: u64 = 14;
const DAY: u64 = 24 * 60 * 60;

/// An earlier state of a vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    pub generation: u64,
    pub saved_at: SystemTime,
}

/// What an earlier state holds, seen from the present one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// Entries in all.
    pub entries: usize,
    /// Ids and shown bytes of entries that would come back.
    pub back: Vec<(String, Vec<u8>)>,
    /// Ids of entries that would leave.
    pub gone: Vec<String>,
    /// Ids of entries that are in both and not the same.
    pub differ: Vec<String>,
}

impl Backup {
    fn name(&self) -> String {
        format!("regain-{:010}-{}.vault", self.generation, unix(self.saved_at))
    }

    fn parse(name: &str) -> Option<Self> {
        let (generation, saved_at) = name.strip_prefix("regain-")?.strip_suffix(".vault")?.split_once('-')?;
        Some(Self { generation: generation.parse().ok()?, saved_at: moment(saved_at.parse().ok()?) })
    }

    pub(crate) fn path(&self, home: &Home) -> std::path::PathBuf {
        home.backups().join(self.name())
    }
}

/// All of them, newest first.
pub(crate) fn list(home: &Home) -> Result<Vec<Backup>> {
    let names = again(|| home.disk.list(&home.backups()))?;
    let mut backups: Vec<Backup> = names.iter().filter_map(|name| Backup::parse(name)).collect();
    backups.sort_by_key(|backup| std::cmp::Reverse(backup.generation));
    Ok(backups)
}

/// Keeps the present snapshot as a backup: under a second name, or as a copy where there are no second names.
pub(crate) fn keep(home: &Home, present: &Backup, most: usize) -> Result<()> {
    again(|| home.disk.create_folder(&home.backups()))?;
    let path = present.path(home);
    match again(|| home.disk.link(&home.vault(), &path)) {
        Ok(()) => {}
        // Of a save that went no further.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) if matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::PermissionDenied) => {
            let bytes = home.read(&home.vault(), most)?.ok_or(Error::Missing)?;
            let mut file = again(|| home.disk.open(&path, How::Write))?;
            crate::disk::write_all(&mut *file, &bytes)?;
            again(|| file.sync())?;
        }
        Err(error) => return Err(error.into()),
    }
    Ok(again(|| home.disk.sync_folder(&home.backups()))?)
}

/// Removes what is neither one of the last nor the newest of its day; best effort.
pub(crate) fn prune(home: &Home, now: SystemTime) {
    let Ok(all) = list(home) else { return };
    for backup in outlived(&all, now) {
        let _ = again(|| home.disk.remove(&backup.path(home)));
    }
}

/// `all` is newest first.
fn outlived(all: &[Backup], now: SystemTime) -> Vec<&Backup> {
    let mut days = BTreeSet::new();
    let keeps = |(place, backup): &(usize, &Backup)| {
        let day = unix(backup.saved_at) / DAY;
        let first_of_day = days.insert(day);
        *place < LAST || (first_of_day && day + DAYS > unix(now) / DAY)
    };
    let mut keeps = keeps;
    all.iter().enumerate().filter(|it| !keeps(it)).map(|(_, backup)| backup).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        let backup = Backup { generation: 12, saved_at: moment(1_800_000_000) };
        assert_eq!(backup.name(), "regain-0000000012-1800000000.vault");
        assert_eq!(Backup::parse(&backup.name()), Some(backup));
        for name in ["regain-1.vault", "regain-x-1.vault", "other", "regain-0000000012-1800000000.vault.next"]
        {
            assert_eq!(Backup::parse(name), None);
        }
    }

    #[test]
    fn ten_stay_and_one_a_day_for_two_weeks() {
        let now = 20_000 * DAY + 1_000;
        // Thirty days, three saves a day, newest first.
        let all: Vec<Backup> = (0..90_u64)
            .map(|n| Backup { generation: 90 - n, saved_at: moment(now - n / 3 * DAY - n % 3 * 60) })
            .collect();
        let gone: BTreeSet<u64> =
            outlived(&all, moment(now)).iter().map(|backup| backup.generation).collect();
        let kept: Vec<u64> = (1..=90).rev().filter(|generation| !gone.contains(generation)).collect();
        let mut expected: Vec<u64> = (0..10).map(|n| 90 - n).collect();
        // The tenth is the newest of its day already; the days after it have one each.
        expected.extend((4..14).map(|day| 90 - day * 3));
        assert_eq!(kept, expected);
    }
}
