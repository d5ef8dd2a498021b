//! Credential Manager. It is never locked while the person is signed in to Windows.

use std::sync::Arc;

use keyring_core::{CredentialStore, Error as KeyringError};
use windows_native_keyring_store::Store;

use super::System;
use super::items::{Habits, Items};
use crate::error::{Error, ErrorKind, Result};

const HABITS: Habits = Habits {
    // CRED_MAX_CREDENTIAL_BLOB_SIZE, 2,560 bytes of UTF-16.
    longest: 1_280,
    // The store's target names are `user.service`; it searches them with a regular expression.
    search: |service| ("pattern", format!(r"^[^.]*\.{}$", escape(service))),
    // Not `Enterprise`, which would carry passwords to other computers.
    modifier: |_label| Some(("persistence", "Local".to_owned())),
};

pub(super) struct Platform;

impl Platform {
    pub fn new() -> Self {
        Self
    }
}

impl System for Platform {
    fn open(&self, namespace: &str) -> Result<Items> {
        let store: Arc<CredentialStore> = Store::new().map_err(error)?;
        // The store itself opens nothing: reading an item that is not there tells whether it could.
        let probe = store.build(&format!("{namespace} probe"), "probe", None);
        match probe.and_then(|entry| entry.get_password()) {
            Ok(_) | Err(KeyringError::NoEntry) => Ok(Items::new(store, HABITS, kind)),
            Err(failed) => Err(error(failed)),
        }
    }

    fn unlock(&self, namespace: &str) -> Result<()> {
        self.open(namespace).map(drop)
    }
}

fn kind(error: &KeyringError) -> ErrorKind {
    match error {
        // ERROR_NO_SUCH_LOGON_SESSION: a network logon has no credential set.
        KeyringError::NoStorageAccess(_) => ErrorKind::NoKeychain,
        KeyringError::Invalid(..) | KeyringError::TooLong(..) | KeyringError::NotSupportedByStore(_) => {
            ErrorKind::Bug
        }
        _ => ErrorKind::StoreBroken,
    }
}

fn error(error: KeyringError) -> Error {
    Error::new(kind(&error), error)
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() * 2);
    for character in text.chars() {
        if character.is_ascii_punctuation() {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}
