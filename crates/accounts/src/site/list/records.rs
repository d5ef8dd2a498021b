//! The copy as a file: our own form, whatever was brought. Fields may be added; a higher version is left alone.

use std::time::{Duration, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use url::Url;

use super::reading::{Entries, Group, Kind, Rule};
use super::{Brought, Counts, Origin, Part};
use crate::error::{Error, ErrorKind, Result};
use crate::site::Host;

const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct CopyFile {
    version: u32,
    parts: Vec<PartFile>,
}

#[derive(Deserialize)]
struct VersionFile {
    version: u32,
}

#[derive(Serialize, Deserialize)]
struct PartFile {
    from: OriginFile,
    at: u64,
    #[serde(default)]
    skipped: usize,
    #[serde(default)]
    refused: usize,
    entries: EntriesFile,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OriginFile {
    File(String),
    Address(Url),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum EntriesFile {
    ChangePages(Vec<(String, Url)>),
    Rules(Vec<RuleFile>),
    Shared(Vec<GroupFile>),
    OnceShared(Vec<GroupFile>),
}

#[derive(Serialize, Deserialize)]
struct RuleFile {
    host: String,
    rules: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    exact: bool,
}

#[derive(Serialize, Deserialize)]
struct GroupFile {
    hosts: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    from: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    obsolete: bool,
}

/// Errors: `Newer`; `Unreadable`.
pub(super) fn read(bytes: &[u8]) -> Result<Brought> {
    let unreadable = |error| Error::new(ErrorKind::Unreadable, error);
    let VersionFile { version } = serde_json::from_slice(bytes).map_err(unreadable)?;
    if version > VERSION {
        return Err(ErrorKind::Newer.into());
    }
    let file: CopyFile = serde_json::from_slice(bytes).map_err(unreadable)?;
    Ok(file.parts.into_iter().map(Part::from).collect())
}

pub(super) fn write(copy: &[Part]) -> Result<Vec<u8>> {
    let file = CopyFile { version: VERSION, parts: copy.iter().map(PartFile::from).collect() };
    serde_json::to_vec(&file).map_err(|error| Error::new(ErrorKind::Bug, error))
}

impl From<PartFile> for Part {
    fn from(file: PartFile) -> Self {
        let (kind, entries, taken) = match file.entries {
            EntriesFile::ChangePages(mut pages) => {
                // Whoever changes the file does not make Regain open something else.
                pages.retain(|(_, url)| Host::of(url).is_some());
                let taken = pages.len();
                (Kind::ChangePages, Entries::ChangePages(pages), taken)
            }
            EntriesFile::Rules(rules) => {
                let taken = rules.len();
                let rule = |file: RuleFile| (file.host, Rule { text: file.rules, exact: file.exact });
                (Kind::Rules, Entries::Rules(rules.into_iter().map(rule).collect()), taken)
            }
            EntriesFile::Shared(groups) => {
                let taken = groups.len();
                (Kind::Shared, Entries::Shared(groups.into_iter().map(Group::from).collect()), taken)
            }
            EntriesFile::OnceShared(groups) => {
                let taken = groups.len();
                (Kind::OnceShared, Entries::OnceShared(groups.into_iter().map(Group::from).collect()), taken)
            }
        };
        Self {
            kind,
            from: match file.from {
                OriginFile::File(name) => Origin::File(name),
                OriginFile::Address(url) => Origin::Address(url),
            },
            at: UNIX_EPOCH.checked_add(Duration::from_secs(file.at)).unwrap_or(UNIX_EPOCH),
            counts: Counts { taken, skipped: file.skipped, refused: file.refused },
            entries,
        }
    }
}

impl From<&Part> for PartFile {
    fn from(part: &Part) -> Self {
        Self {
            from: match &part.from {
                Origin::File(name) => OriginFile::File(name.clone()),
                Origin::Address(url) => OriginFile::Address(url.clone()),
            },
            at: part.at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
            skipped: part.counts.skipped,
            refused: part.counts.refused,
            entries: match &part.entries {
                Entries::ChangePages(pages) => EntriesFile::ChangePages(pages.clone()),
                Entries::Rules(rules) => {
                    let file = |(host, rule): &(String, Rule)| RuleFile {
                        host: host.clone(),
                        rules: rule.text.clone(),
                        exact: rule.exact,
                    };
                    EntriesFile::Rules(rules.iter().map(file).collect())
                }
                Entries::Shared(groups) => EntriesFile::Shared(groups.iter().map(GroupFile::from).collect()),
                Entries::OnceShared(groups) => {
                    EntriesFile::OnceShared(groups.iter().map(GroupFile::from).collect())
                }
            },
        }
    }
}

impl From<GroupFile> for Group {
    fn from(file: GroupFile) -> Self {
        Self { hosts: file.hosts, from: file.from, obsolete: file.obsolete }
    }
}

impl From<&Group> for GroupFile {
    fn from(group: &Group) -> Self {
        Self { hosts: group.hosts.clone(), from: group.from.clone(), obsolete: group.obsolete }
    }
}
