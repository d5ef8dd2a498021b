//! Signing in by a phone, and signing a phone in.

use std::fmt;

use serde::Serialize;
use specta::Type;

use super::Reaches;

/// A QR code with its clocks.
#[derive(Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct QrView {
    /// Black on white, one unit for each module, the white around it included.
    pub svg: String,
    /// Smallest side at which it may be shown, CSS pixels.
    pub smallest_side: u16,
    /// The page for those who cannot scan, to be typed.
    pub address: String,
    /// What is typed there.
    pub letters: String,
    pub shown_at: u32,
    /// When a new one is asked for; `None`: this one lasts.
    pub renews_at: Option<u32>,
    pub valid_until: u32,
    /// A code is typed after the scan, so that nobody can pass off a QR code of their own.
    pub guarded: bool,
    /// What the session will be good for.
    pub reach: Option<Reaches>,
}

#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ConfirmView {
    pub digits: u8,
    pub scanned_at: u32,
    pub valid_until: u32,
    /// Known once a try was wrong.
    pub tries_left: Option<u8>,
}

#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PairedView {
    pub identifier: String,
    /// Masked address of its mailbox.
    pub mailbox: Option<String>,
    pub reach: Reaches,
    /// Until then it may not change the password.
    pub weak_until: Option<u32>,
    /// It is in the list already, and goes on there.
    pub listed: bool,
}

/// Digits to be typed on the phone.
#[derive(Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ShowCodeView {
    pub code: String,
    pub phone: String,
    pub network: Option<String>,
    pub valid_until: u32,
}

#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AllowPhoneView {
    pub phone: String,
    pub network: Option<String>,
    /// The store holds a password that can be used without typing it.
    pub saved: bool,
}

impl fmt::Debug for QrView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Whoever has picture or letters can answer them.
        f.debug_struct("QrView").field("address", &self.address).finish_non_exhaustive()
    }
}

impl fmt::Debug for ShowCodeView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShowCodeView").field("phone", &self.phone).finish_non_exhaustive()
    }
}
