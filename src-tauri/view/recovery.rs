//! What the window sees of what gets a person back in at the server.

use serde::{Deserialize, Serialize};
use specta::Type;

#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RecoverySettingsView {
    /// The first one gets the code of a recovery that is begun by the identifier.
    pub addresses: Vec<RecoveryAddressView>,
    pub most_addresses: u32,
    pub authenticator: bool,
    pub codes_left: u32,
    /// Codes that are kept here and not crossed off.
    pub codes_kept: u32,
    /// The codes that are kept here were replaced at the server since.
    pub codes_replaced: bool,
    /// The newest first.
    pub revocable: Vec<RevocableView>,
}

#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RecoveryAddressView {
    pub id: String,
    /// In full.
    pub address: String,
    pub confirmed: bool,
    /// The last mail to it came back then.
    pub bounced_at: Option<u32>,
}

/// A change that can still be revoked by the mail that told of it.
#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RevocableView {
    pub what: SettingChanged,
    pub at: u32,
    pub until: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum SettingChanged {
    AddressAdded,
    AddressRemoved,
    AddressFirst,
    AuthenticatorOn,
    AuthenticatorOff,
    CodesRenewed,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum SettingChange {
    AddAddress { address: String },
    RemoveAddress { id: String },
    PutFirst { id: String },
    TurnOn,
    TurnOff,
    RenewCodes,
}

/// An authenticator is handed out. Its secret comes to the window only where another app is to have it.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SetUpView {
    pub digits: u8,
    pub valid_until: u32,
}

/// What another app takes the authenticator from.
#[derive(Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SetUpCode {
    /// Black on white, one unit for each module, the white around it included.
    pub svg: String,
    /// Smallest side at which it may be shown, CSS pixels.
    pub smallest_side: u16,
    /// To be typed where nothing can be scanned, in groups of four.
    pub secret: String,
}
