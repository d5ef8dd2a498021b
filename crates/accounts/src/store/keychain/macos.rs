//! The login keychain.

use apple_native_keyring_store::keychain::Store;
use keyring_core::Error as KeyringError;
use security_framework::base::Error as SecurityError;
use security_framework::os::macos::keychain::SecKeychain;

use super::System;
use super::items::{Habits, Items};
use crate::error::{Error, ErrorKind, Result};

const HABITS: Habits = Habits {
    longest: usize::MAX,
    search: |service| ("service", service.to_owned()),
    modifier: |_label| None,
};

pub(super) struct Platform;

impl Platform {
    pub fn new() -> Self {
        Self
    }
}

impl System for Platform {
    fn open(&self, _namespace: &str) -> Result<Items> {
        {
            // Unlocking what is open asks nothing; what is locked says so instead of asking.
            let _silence = SecKeychain::disable_user_interaction().map_err(security_error)?;
            unlock_login()?;
        }
        let store = Store::new().map_err(|error| Error::new(kind(&error), error))?;
        Ok(Items::new(store, HABITS, kind))
    }

    fn unlock(&self, _namespace: &str) -> Result<()> {
        unlock_login()
    }
}

fn kind(error: &KeyringError) -> ErrorKind {
    match error {
        KeyringError::PlatformFailure(source) | KeyringError::NoStorageAccess(source) => {
            source.downcast_ref().map_or(ErrorKind::StoreBroken, security_kind)
        }
        KeyringError::Invalid(..) | KeyringError::TooLong(..) | KeyringError::NotSupportedByStore(_) => {
            ErrorKind::Bug
        }
        _ => ErrorKind::StoreBroken,
    }
}

fn unlock_login() -> Result<()> {
    SecKeychain::default().and_then(|mut keychain| keychain.unlock(None)).map_err(security_error)
}

fn security_error(error: SecurityError) -> Error {
    Error::new(security_kind(&error), error)
}

/// By the codes of `SecBase.h`.
fn security_kind(error: &SecurityError) -> ErrorKind {
    match error.code() {
        // errSecAuthFailed, errSecInteractionNotAllowed
        -25_293 | -25_308 => ErrorKind::Locked,
        // errSecUserCanceled
        -128 => ErrorKind::Dismissed,
        // errSecNotAvailable, errSecNoSuchKeychain, errSecInvalidKeychain, errSecNoDefaultKeychain
        -25_291 | -25_294 | -25_295 | -25_307 => ErrorKind::NoKeychain,
        _ => ErrorKind::StoreBroken,
    }
}
