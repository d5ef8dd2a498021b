//! How often is too often, counted in the database over a sliding window.

use crate::config::Limits;
use crate::pepper::Pepper;

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

/// At most `most` events under `key` in any `window` seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// A keyed hash: the table names nobody.
    pub key: Vec<u8>,
    pub window: i64,
    pub most: u32,
}

/// Builds limits whose keys cannot be read back.
pub(crate) struct Rules<'a> {
    pub(crate) pepper: &'a Pepper,
    pub(crate) limits: &'a Limits,
}

impl Rules<'_> {
    /// Sign-in attempts from one network address.
    pub(crate) fn sign_ins_from(&self, address: &str) -> Limit {
        self.limit("sign-in from", &[address], HOUR, self.limits.sign_ins_per_address_per_hour)
    }

    /// Wrong passwords for one name from one network address.
    pub(crate) fn passwords_from(&self, name: &str, address: &str) -> Limit {
        self.limit("password from", &[name, address], HOUR / 4, 10)
    }

    /// Wrong passwords for one name from anywhere (NIST SP 800-63B-4 section 3.2.2: at most 100);
    /// networks the account has signed in from are spared.
    pub(crate) fn passwords(&self, name: &str) -> Limit {
        self.limit("password", &[name], DAY, 100)
    }

    /// Wrong second factors; only someone with the right password gets here.
    pub(crate) fn second_factors(&self, account: &str) -> Limit {
        self.limit("second factor", &[account], HOUR, 10)
    }

    /// Wrong current passwords when changing it.
    pub(crate) fn current_passwords(&self, account: &str) -> Limit {
        self.limit("current password", &[account], HOUR / 4, 10)
    }

    /// Recoveries and resends from one network address.
    pub(crate) fn recoveries_from(&self, address: &str) -> Limit {
        self.limit("recovery from", &[address], HOUR, self.limits.recoveries_per_address_per_hour)
    }

    /// New codes asked for again.
    pub(crate) fn resends(&self, name: &str) -> Limit {
        self.limit("resend", &[name], HOUR, self.limits.resends_per_hour)
    }

    /// Codes asked for.
    pub(crate) fn codes(&self, name: &str) -> Limit {
        self.limit("code", &[name], DAY, self.limits.codes_per_day)
    }

    /// Codes mailed. Counted apart from [`Rules::codes`] and never shown: an identifier and an
    /// address that share a visible limit would give away that they belong together.
    pub(crate) fn mails(&self, account: &str) -> Limit {
        self.limit("mail", &[account], DAY, self.limits.codes_per_day)
    }

    /// Wrong codes.
    pub(crate) fn wrong_codes(&self, name: &str) -> Limit {
        self.limit("wrong code", &[name], DAY, self.limits.wrong_codes_per_day)
    }

    /// Wrong codes for the account behind the name; never shown, as [`Rules::mails`].
    pub(crate) fn wrong_codes_silent(&self, account: &str) -> Limit {
        self.limit("wrong code of account", &[account], DAY, self.limits.wrong_codes_per_day)
    }

    /// New passwords offered in one recovery.
    pub(crate) fn new_passwords(&self, recovery: &str) -> Limit {
        self.limit("new password", &[recovery], HOUR, 20)
    }

    /// Sign-ups, codes for other addresses, and resends, from one network address.
    pub(crate) fn claims_from(&self, address: &str) -> Limit {
        self.limit("claim from", &[address], HOUR, self.limits.recoveries_per_address_per_hour)
    }

    /// Codes for one address that is to be proven; all of them go to one mailbox.
    pub(crate) fn claims_to(&self, address: &str) -> Limit {
        self.limit("claim to", &[address], DAY, self.limits.codes_per_day)
    }

    /// Addresses that one account tries to add, and resends.
    pub(crate) fn claims_by(&self, account: &str) -> Limit {
        self.limit("claim by", &[account], DAY, self.limits.codes_per_day)
    }

    /// The same again, asked for.
    pub(crate) fn claim_resends(&self, address: &str) -> Limit {
        self.limit("claim resend", &[address], HOUR, self.limits.resends_per_hour)
    }

    /// Wrong codes for one address.
    pub(crate) fn wrong_claims(&self, address: &str) -> Limit {
        self.limit("wrong claim", &[address], DAY, self.limits.wrong_codes_per_day)
    }

    /// New lists of saved codes for one account.
    pub(crate) fn code_lists(&self, account: &str) -> Limit {
        self.limit("code list", &[account], HOUR, 10)
    }

    /// Identifiers that one who has proven an address asks for: what is taken is told to nobody else.
    pub(crate) fn names_tried(&self, claim: &str) -> Limit {
        self.limit("name tried", &[claim], DAY, 10)
    }

    /// Pairings and links asked for from one network address: far more than a person needs who starts over.
    pub(crate) fn pairings_from(&self, address: &str) -> Limit {
        self.limit("pairing from", &[address], HOUR, 600)
    }

    /// Polls from one network address that come too soon or ask for what is not there.
    pub(crate) fn odd_polls_from(&self, address: &str) -> Limit {
        self.limit("odd poll from", &[address], 60, 120)
    }

    /// Wrong letters typed on a phone, from one network address (RFC 8628 section 5.1).
    pub(crate) fn letters_from(&self, address: &str) -> Limit {
        self.limit("letters from", &[address], HOUR, 10)
    }

    /// Wrong letters typed on phones of one account.
    pub(crate) fn letters_by(&self, account: &str) -> Limit {
        self.limit("letters by", &[account], HOUR, 10)
    }

    /// Times a browser is asked for a passkey, from one network address.
    pub(crate) fn passkeys_from(&self, address: &str) -> Limit {
        self.limit("passkey from", &[address], HOUR, self.limits.sign_ins_per_address_per_hour)
    }

    /// Letters about a passkey whose counter went back.
    pub(crate) fn passkey_letters(&self, passkey: &str) -> Limit {
        self.limit("passkey letter", &[passkey], DAY, 3)
    }

    fn limit(&self, kind: &str, parts: &[&str], window: i64, most: u32) -> Limit {
        let parts: Vec<&[u8]> =
            std::iter::once(kind).chain(parts.iter().copied()).map(str::as_bytes).collect();
        Limit { key: self.pepper.mac("limit", &parts)[..16].to_vec(), window, most }
    }
}
