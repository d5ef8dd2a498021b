//! One vault of the vectors: its files, its key, and what is in it or why it is refused.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use vault::scratch_disk::ScratchDisk;
use vault::{Error, Key, Vault};

use crate::common::*;

pub struct Vector {
    pub name: &'static str,
    pub vault: Vec<u8>,
    pub journal: Option<Vec<u8>>,
    /// As it stands in `vectors.json`.
    pub said: Value,
}

/// Snapshot and journal.
pub fn files(disk: &ScratchDisk) -> (Vec<u8>, Option<Vec<u8>>) {
    let read = |name| disk.read(&Path::new("/v").join(name));
    (read("regain.vault").unwrap(), read("regain.journal").filter(|journal| !journal.is_empty()))
}

impl Vector {
    /// What the program wrote on this disk.
    pub fn good(name: &'static str, what: &str, disk: &ScratchDisk, entries: Value) -> Self {
        let (vault, journal) = files(disk);
        let generation = u64::from_le_bytes(vault[30..38].try_into().unwrap());
        Self::forged(name, what, vault, journal, generation, 0, entries)
    }

    pub fn forged(
        name: &'static str,
        what: &str,
        vault: Vec<u8>,
        journal: Option<Vec<u8>>,
        generation: u64,
        frames: u64,
        entries: Value,
    ) -> Self {
        let id: String = vault[14..30].iter().map(|byte| format!("{byte:02x}")).collect();
        let expect = json!({"vault_id": id, "generation": generation, "frames": frames, "torn": false,
            "unreadable": 0, "entries": entries});
        let said = json!({"what": what, "key": {"password": PASSWORD}, "expect": expect});
        Self { name, vault, journal, said }
    }

    pub fn bad(
        name: &'static str,
        what: &str,
        vault: Vec<u8>,
        journal: Option<Vec<u8>>,
        refused: &str,
    ) -> Self {
        let said = json!({"what": what, "key": {"password": PASSWORD}, "refused": refused});
        Self { name, vault, journal, said }
    }

    #[must_use]
    pub fn with_key(mut self, kind: &str, text: &str) -> Self {
        self.said["key"] = json!({ kind: text });
        self
    }

    #[must_use]
    pub fn frames(mut self, frames: u64) -> Self {
        self.said["expect"]["frames"] = json!(frames);
        self
    }

    #[must_use]
    pub fn unreadable(mut self, frames: u64) -> Self {
        self.said["expect"]["unreadable"] = json!(frames);
        self
    }

    #[must_use]
    pub fn torn(mut self) -> Self {
        self.said["expect"]["torn"] = json!(true);
        self
    }

    pub fn disk(&self) -> ScratchDisk {
        let disk = ScratchDisk::new();
        disk.put(Path::new("/v/regain.vault"), self.vault.clone());
        if let Some(journal) = &self.journal {
            disk.put(Path::new("/v/regain.journal"), journal.clone());
        }
        disk
    }

    /// What the program finds, in the words of `vectors.json`; fields that it does not know, it does not show.
    pub fn found(&self) -> Value {
        let (kind, text) = self.said["key"].as_object().unwrap().iter().next().unwrap();
        let text = text.as_str().unwrap();
        let recovery = vault::RecoveryKey::parse(text);
        let mut keychain = [0; 32];
        let key = match kind.as_str() {
            "password" => Key::Password(text),
            "recovery_key" => match &recovery {
                Ok(key) => Key::Recovery(key),
                Err(_) => return json!({"refused": "WrongKey"}),
            },
            _ => {
                for (byte, digits) in keychain.iter_mut().zip(text.as_bytes().chunks(2)) {
                    *byte = u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap();
                }
                Key::Keychain(&keychain)
            }
        };
        let opened = Vault::open(home(&self.disk()), &key, None, dice(2));
        match opened.and_then(|vault| content(&vault)) {
            Ok(content) => content,
            Err(error) => json!({"refused": word(&error)}),
        }
    }
}

fn content(vault: &Vault) -> vault::Result<Value> {
    let mut entries = BTreeMap::new();
    for entry in vault.entries() {
        let mut secrets = serde_json::Map::new();
        for name in entry.secrets() {
            let secret = vault.secret(entry.id, name)?.unwrap();
            let text = match std::str::from_utf8(&secret) {
                Ok(text) => text.to_owned(),
                Err(_) => format!("hex:{}", hex(&secret)),
            };
            secrets.insert(name.into(), json!(text));
        }
        let value = json!({"id": entry.id, "text": entry.text, "shown": entry.shown.map(hex),
            "secrets": secrets, "changed_at": entry.changed_at});
        entries.insert(entry.id.to_owned(), value);
    }
    let anchor = vault.anchor();
    Ok(json!({"vault_id": hex(&anchor.vault_id), "generation": anchor.generation, "frames": anchor.number,
        "torn": vault.was_torn(), "unreadable": vault.unreadable(), "entries": entries.values().collect::<Vec<_>>()}))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The name of the error.
pub fn word(error: &Error) -> &'static str {
    match error {
        Error::Damaged(_) => "Damaged",
        Error::Newer => "Newer",
        Error::Limit(_) => "Limit",
        Error::WrongKey => "WrongKey",
        Error::OnlyKeychain => "OnlyKeychain",
        Error::RolledBack => "RolledBack",
        Error::Missing => "Missing",
        _ => "another",
    }
}
