//! One device letting another in.

use super::{Opening, Result, Trace};
use crate::audit::Entry;
use async_trait::async_trait;

/// Which side of a pairing signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// A phone lets a computer in (RFC 8628).
    Computer,
    /// A computer lets a phone in.
    Phone,
}

/// Where a pairing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PairingState {
    Pending,
    Scanned,
    Confirmed,
    Approved,
    Consumed,
    Denied,
    Cancelled,
    /// Open, and past its end; never stored.
    Expired,
}

#[derive(Debug, Clone)]
pub struct Pairing {
    pub id: String,
    pub direction: Direction,
    pub state: PairingState,
    pub handle: Vec<u8>,
    /// The key a computer is bound to (RFC 7638).
    pub jkt: Option<String>,
    /// Who asks.
    pub device: String,
    pub network: Option<String>,
    pub line_mac: Vec<u8>,
    /// The session that asks for a phone to be let in.
    pub owner_session: Option<String>,
    pub account_id: Option<String>,
    pub scan: Option<Scan>,
    pub created_at: i64,
    pub until: i64,
    /// Seconds between two polls.
    pub interval: i64,
    /// The session that came of it.
    pub session_id: Option<String>,
}

/// Who scanned, and may go on alone.
#[derive(Debug, Clone)]
pub struct Scan {
    pub holder: Vec<u8>,
    pub phone_device: String,
    pub phone_network: Option<String>,
    pub at: i64,
}

/// The codes of a fresh pairing.
#[derive(Debug, Clone)]
pub struct Codes {
    pub device_code_hash: Option<Vec<u8>>,
    pub user_code_mac: Vec<u8>,
}

/// How a pairing is named.
#[derive(Debug, Clone, Copy)]
pub enum PairingKey<'a> {
    Id(&'a str),
    Handle(&'a [u8]),
    DeviceCode(&'a [u8]),
    UserCode(&'a [u8]),
}

/// A proof that may be used once (RFC 9449 section 11.1).
#[derive(Debug, Clone)]
pub struct Seen {
    pub proof: Vec<u8>,
    pub until: i64,
}

/// A computer asks how far it is.
#[derive(Debug)]
pub(super) struct Poll {
    pub(super) device_code_hash: Vec<u8>,
    pub(super) jkt: String,
    pub(super) seen: Seen,
    pub(super) now: i64,
}

#[derive(Debug)]
pub enum Polled {
    /// The proof had been used before; nothing was counted.
    Replayed,
    Unknown,
    /// Still open, or at its end; `too_soon` has already lengthened the interval.
    Found {
        pairing: Box<Pairing>,
        too_soon: bool,
    },
}

#[derive(Debug, PartialEq, Eq)]
pub enum Confirmed {
    Yes {
        until: i64,
    },
    /// Counted; at 0 the pairing is denied.
    Wrong {
        left: u32,
    },
    /// It is not waiting for a code.
    No(PairingState),
}

#[async_trait]
pub trait Pairings: Send + Sync + 'static {
    /// Remembers a proof; `false` if it was used before.
    async fn see(&self, seen: &Seen) -> Result<bool>;
    /// Adds one, or says in how many seconds one of the `most` open ones of this line ends.
    async fn add_pairing(
        &self,
        pairing: &Pairing,
        codes: &Codes,
        most: u32,
        audit: &Entry,
    ) -> Result<Option<i64>>;
    async fn pairing(&self, key: PairingKey<'_>, now: i64) -> Result<Option<Pairing>>;
    /// Open ones that this account scanned or asked for, and those whose session lives; newest first.
    async fn pairings(&self, account_id: &str, now: i64) -> Result<Vec<Pairing>>;
    /// Spends the proof and counts a poll of the pairing behind code and key.
    async fn poll(&self, device_code_hash: &[u8], jkt: &str, seen: &Seen, now: i64) -> Result<Polled>;
    /// Pending → scanned, for one holder; from here on it ends at `until`.
    async fn scan(
        &self,
        id: &str,
        account_id: Option<&str>,
        scan: &Scan,
        until: i64,
        audit: &Entry,
    ) -> Result<bool>;
    /// Scanned → confirmed if the code was `right`; else counts, and denies at `most`.
    async fn confirm(
        &self,
        id: &str,
        right: bool,
        most: u32,
        now: i64,
        passed: &Entry,
        missed: &Entry,
    ) -> Result<Confirmed>;
    /// Confirmed → approved, for the same holder; it can then be consumed until `until` at least.
    async fn approve(&self, id: &str, holder: &[u8], now: i64, until: i64, audit: &Entry) -> Result<bool>;
    /// Any open state → denied or cancelled.
    async fn close_pairing(&self, id: &str, to: PairingState, now: i64, audit: &Entry) -> Result<bool>;
    /// Approved → consumed, and opens the session.
    async fn consume(&self, id: &str, opening: &Opening, trace: &Trace) -> Result<bool>;
}

impl Direction {
    pub fn name(self) -> &'static str {
        match self {
            Self::Computer => "computer",
            Self::Phone => "phone",
        }
    }
}

impl PairingState {
    pub const ALL: [Self; 8] = [
        Self::Pending,
        Self::Scanned,
        Self::Confirmed,
        Self::Approved,
        Self::Consumed,
        Self::Denied,
        Self::Cancelled,
        Self::Expired,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Scanned => "scanned",
            Self::Confirmed => "confirmed",
            Self::Approved => "approved",
            Self::Consumed => "consumed",
            Self::Denied => "denied",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    pub fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Scanned | Self::Confirmed | Self::Approved)
    }
}

impl Pairing {
    /// Is it in the hands of this phone?
    pub fn is_held_by(&self, holder: &[u8]) -> bool {
        self.scan.as_ref().is_some_and(|scan| scan.holder == holder)
    }
}
