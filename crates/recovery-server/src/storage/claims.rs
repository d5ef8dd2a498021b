//! Somebody who says that an address is theirs: to make an account with it, or to add it to one.

use super::{Account, Attempt, Checked, Opening, Result, Secret, Trace};
use crate::audit::Entry;
use crate::language::Language;
use async_trait::async_trait;

#[derive(Debug, Clone)]
pub struct Claim {
    pub id: String,
    /// Whose account it is to be added to; none for a sign-up.
    pub account_id: Option<String>,
    /// The address as typed, sealed.
    pub address_sealed: Vec<u8>,
    /// How mail is to greet the person, sealed.
    pub person_sealed: Vec<u8>,
    /// An account has the address already: nobody got a code, and none passes.
    pub taken: bool,
    pub language: Language,
    pub device: String,
    pub network: Option<String>,
    pub last_sent_at: i64,
    pub until: i64,
}

/// An account about to be made by its owner.
#[derive(Debug, Clone)]
pub struct Founding {
    pub verified_hash: Vec<u8>,
    pub account: Account,
    /// The identifier in the form it is compared in.
    pub name: String,
    /// The address in that form.
    pub address_name: String,
    /// Hashes of its saved codes.
    pub codes: Vec<String>,
    pub opening: Opening,
    pub audit: Entry,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Founded {
    Yes,
    /// The claim was spent before, or has run out.
    Expired,
    NameTaken,
    AddressTaken,
}

#[async_trait]
pub trait Claims: Send + Sync + 'static {
    async fn open_claim(
        &self,
        ticket_hash: &[u8],
        claim: &Claim,
        secret: &Secret,
        trace: &Trace,
    ) -> Result<()>;
    /// A claim under way and not yet verified; `account_id` is whose it must be.
    async fn claim(
        &self,
        ticket_hash: &[u8],
        account_id: Option<&str>,
        most_tries: u32,
        now: i64,
    ) -> Result<Option<Claim>>;
    /// Adds a secret and forgets all but the newest two; `false` if one was sent after `not_since`.
    async fn add_claim_secret(
        &self,
        id: &str,
        secret: &Secret,
        now: i64,
        not_since: i64,
        trace: &Trace,
    ) -> Result<bool>;
    async fn check_claim(&self, attempt: &Attempt) -> Result<Checked>;
    /// A sign-up whose address is proven and whose account is still to be made.
    async fn verified_claim(&self, verified_hash: &[u8], now: i64) -> Result<Option<Claim>>;
    /// Is it anybody's identifier or address, or kept for somebody but `account_id`?
    async fn is_name_taken(&self, name: &str, account_id: Option<&str>, now: i64) -> Result<bool>;
    /// Spends the claim, makes the account and opens its first session.
    async fn found(&self, founding: &Founding) -> Result<Founded>;
}
