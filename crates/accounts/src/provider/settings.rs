//! What an account server knows that gets a person back in, and what they can change of it while signed in.

use std::fmt;
use std::time::SystemTime;

use crate::authenticator::Authenticator;

/// What gets the person back in at the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoverySettings {
    /// The first one gets the code of a recovery that is begun by the identifier.
    pub addresses: Vec<RecoveryAddress>,
    /// There may not be more.
    pub most_addresses: usize,
    pub authenticator: bool,
    /// Saved recovery codes that were not used yet.
    pub codes_left: usize,
    /// What can still be revoked by the mail that told of it; the newest first.
    pub revocable: Vec<Revocable>,
}

/// A mailbox of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoveryAddress {
    pub id: String,
    /// In full: the person is signed in.
    pub address: String,
    /// It has proven itself by a code; else it is the operator's word.
    pub confirmed: bool,
    /// The last mail to it came back.
    pub bounced_at: Option<SystemTime>,
}

/// A change that can still be taken back (NIST SP 800-63B-4 section 4.6 has every address told).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocable {
    pub what: SettingChanged,
    pub at: SystemTime,
    pub until: SystemTime,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingChanged {
    AddressAdded,
    AddressRemoved,
    AddressFirst,
    AuthenticatorOn,
    AuthenticatorOff,
    CodesRenewed,
}

/// A change of the recovery settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingChange {
    AddAddress {
        address: String,
    },
    /// By its name in [`RecoveryAddress`].
    RemoveAddress {
        id: String,
    },
    PutFirst {
        id: String,
    },
    TurnOn,
    TurnOff,
    /// Ten new codes; those before them end.
    RenewCodes,
}

impl SettingChange {
    /// What it is called once it has happened.
    pub fn done(&self) -> SettingChanged {
        match self {
            Self::AddAddress { .. } => SettingChanged::AddressAdded,
            Self::RemoveAddress { .. } => SettingChanged::AddressRemoved,
            Self::PutFirst { .. } => SettingChanged::AddressFirst,
            Self::TurnOn => SettingChanged::AuthenticatorOn,
            Self::TurnOff => SettingChanged::AuthenticatorOff,
            Self::RenewCodes => SettingChanged::CodesRenewed,
        }
    }

    /// Whether it shows in the settings; `None` where they cannot tell.
    pub fn shows_in(&self, settings: &RecoverySettings) -> Option<bool> {
        let addresses = &settings.addresses;
        match self {
            Self::AddAddress { address } => {
                Some(addresses.iter().any(|known| known.address.eq_ignore_ascii_case(address.trim())))
            }
            Self::RemoveAddress { id } => Some(addresses.iter().all(|known| known.id != *id)),
            Self::PutFirst { id } => Some(addresses.first().is_some_and(|known| known.id == *id)),
            Self::TurnOn => Some(settings.authenticator),
            Self::TurnOff => Some(!settings.authenticator),
            // A new list is as long as the old one.
            Self::RenewCodes => None,
        }
    }
}

/// An authenticator that the server hands out; it counts once its first code was taken.
#[derive(Clone, PartialEq, Eq)]
pub struct SetUpAsk {
    pub authenticator: Authenticator,
    pub valid_until: SystemTime,
}

impl fmt::Debug for SetUpAsk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetUpAsk").field("valid_until", &self.valid_until).finish_non_exhaustive()
    }
}
