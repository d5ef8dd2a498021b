//! What gets a person back in, how they change it, and how a change is revoked.

use super::{Factor, Recovery, Result, SealedMail, Secret};
use crate::audit::Entry;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Seconds in which a change can be revoked from an old address (7 days).
pub const REVOCABLE: i64 = 7 * 86_400;
/// Addresses that an account may have.
pub const MOST_ADDRESSES: usize = 2;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub id: String,
    pub address: String,
    pub added_at: i64,
    /// `None` for one that only the operator vouches for.
    pub confirmed_at: Option<i64>,
    /// The last mail to it came back.
    pub bounced_at: Option<i64>,
}

/// What a change was about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    AddressAdded,
    AddressRemoved,
    AddressFirst,
    AuthenticatorOn,
    AuthenticatorOff,
    RecoveryCodes,
}

/// A change that can still be revoked.
#[derive(Debug, Clone)]
pub struct Change {
    pub id: String,
    pub kind: ChangeKind,
    pub at: i64,
    pub until: i64,
}

/// What is to be changed.
#[derive(Debug, Clone)]
pub enum What {
    /// The address of a claim whose code was right.
    AddAddress {
        verified_hash: Vec<u8>,
        address: Address,
    },
    RemoveAddress {
        id: String,
    },
    PutFirst {
        id: String,
    },
    /// The authenticator behind this ticket has shown the code of `step`.
    TurnOn {
        hash: Vec<u8>,
        step: i64,
    },
    TurnOff {
        factor: Factor,
    },
    /// Hashes of a new list.
    NewCodes {
        hashes: Vec<String>,
    },
}

/// A change by somebody who is signed in and has typed the password.
#[derive(Debug, Clone)]
pub struct SettingsChange {
    pub id: String,
    pub account_id: String,
    /// The password that was typed: with another one since, nothing is changed.
    pub password_version: i64,
    pub what: What,
    pub now: i64,
    pub audit: Entry,
}

/// An address that is told of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Its place before the change.
    pub place: usize,
    pub address: String,
    /// Not one that was itself added by a change that can still be revoked: whoever added it could take the account
    /// back with it.
    pub may_revoke: bool,
}

/// Writes the letters, once it is certain who gets them.
pub type Letters<'a> = &'a (dyn Fn(&[Told]) -> Vec<SealedMail> + Send + Sync);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    Yes,
    /// The password was changed, or the account put back, since it was typed.
    SignedOut,
    /// There is no such address.
    NotFound,
    /// What proves it was spent before, or has run out.
    Expired,
    /// The address belongs to an account.
    Taken,
    /// It is so already.
    Already,
    /// There is no room for another address.
    Full,
    /// It is the only address.
    Last,
}

/// How an account is put back, and the way in that is opened for its owner.
#[derive(Debug, Clone)]
pub struct Revocation {
    pub account_id: String,
    pub change_id: String,
    /// In place of the password, which whoever made the change knew: nobody has it.
    pub password_hash: String,
    pub ticket_hash: Vec<u8>,
    pub recovery: Recovery,
    pub secret: Secret,
    pub now: i64,
    pub audit: Entry,
}

#[async_trait]
pub trait Settings: Send + Sync + 'static {
    /// The first one first.
    async fn addresses(&self, account_id: &str) -> Result<Vec<Address>>;
    /// Changes that can still be revoked, the newest first.
    async fn changes(&self, account_id: &str, now: i64) -> Result<Vec<Change>>;
    /// One of them, and the addresses before it.
    async fn change(&self, account_id: &str, id: &str, now: i64) -> Result<Option<(Change, Vec<Address>)>>;
    /// An authenticator that has yet to show a code; `false` if the password was changed meanwhile.
    async fn add_authenticator(
        &self,
        hash: &[u8],
        account_id: &str,
        password_version: i64,
        secret: &[u8],
        until: i64,
    ) -> Result<bool>;
    /// Its secret, sealed.
    async fn authenticator(&self, hash: &[u8], account_id: &str, now: i64) -> Result<Option<Vec<u8>>>;
    /// Counts a wrong code, and says how many tries are left; at none it is gone.
    async fn authenticator_missed(&self, hash: &[u8], most: u32, audit: &Entry) -> Result<u32>;
    async fn change_settings(&self, change: &SettingsChange, letters: Letters<'_>) -> Result<Changed>;
    /// Puts back what was before the change, and with it before all later ones; ends everything that is open, and
    /// opens a recovery. `false` if the change was revoked before, or is too old.
    async fn revoke(&self, revocation: &Revocation, letters: Letters<'_>) -> Result<bool>;
    /// A mail came back; says how many addresses that are.
    async fn note_bounce(&self, address: &str, at: i64) -> Result<u64>;
}

impl ChangeKind {
    pub const ALL: [Self; 6] = [
        Self::AddressAdded,
        Self::AddressRemoved,
        Self::AddressFirst,
        Self::AuthenticatorOn,
        Self::AuthenticatorOff,
        Self::RecoveryCodes,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::AddressAdded => "address_added",
            Self::AddressRemoved => "address_removed",
            Self::AddressFirst => "address_first",
            Self::AuthenticatorOn => "authenticator_on",
            Self::AuthenticatorOff => "authenticator_off",
            Self::RecoveryCodes => "recovery_codes",
        }
    }
}

impl What {
    pub fn kind(&self) -> ChangeKind {
        match self {
            Self::AddAddress { .. } => ChangeKind::AddressAdded,
            Self::RemoveAddress { .. } => ChangeKind::AddressRemoved,
            Self::PutFirst { .. } => ChangeKind::AddressFirst,
            Self::TurnOn { .. } => ChangeKind::AuthenticatorOn,
            Self::TurnOff { .. } => ChangeKind::AuthenticatorOff,
            Self::NewCodes { .. } => ChangeKind::RecoveryCodes,
        }
    }
}
