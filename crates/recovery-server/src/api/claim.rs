//! Proving an address by a mailed code: for a sign-up, and for an address that is to be added. Whether an account has
//! the address already shows nowhere: the answers are the same, and only that mailbox is told.

use super::counted::take;
use super::extract::{Caller, device};
use super::problem::Problem;
use super::recovery::{Mailed, RecoveryAsk, Way, asked};
use crate::account::NAME_LENGTH;
use crate::audit::Event;
use crate::identifier::Identifier;
use crate::language::Language;
use crate::mail::{Access, Letter, Matter};
use crate::meters::WrongCode;
use crate::storage::{Account, Attempt, Checked, Claim, Proof, Secret, Trace};
use crate::{App, plain, token};

/// Wrong codes in one claim; a new code does not reset them.
const TRIES: u32 = 5;
/// Seconds a claim waits for its code beyond the life of one code, so that new ones can be asked for.
const CLAIM_LIFE: i64 = 3_600;
/// Seconds to choose identifier and password in.
pub(super) const VERIFIED_LIFE: i64 = 900;
const WAYS: [Way; 1] = [Way::MailCode];
/// As it is stored.
const WAY: &str = "mail_code";

/// Whose address it is said to be.
pub(super) struct Wanted<'a> {
    pub(super) address: &'a str,
    /// Whose account it is to be added to; none for a sign-up.
    pub(super) account: Option<&'a Account>,
    pub(super) person: &'a str,
    pub(super) language: Language,
    pub(super) device: &'a str,
}

/// An address in the form it is compared in.
pub(super) fn read_address(typed: &str) -> Result<Identifier, Problem> {
    let name = Identifier::read(typed).filter(|_| typed.trim().parse::<lettre::Address>().is_ok());
    name.ok_or(Problem::BadIdentifier)
}

/// Opens a claim and mails its code.
pub(super) async fn open(app: &App, caller: &Caller, wanted: Wanted<'_>) -> Result<RecoveryAsk, Problem> {
    let name = read_address(wanted.address)?;
    let now = app.clock().now();
    let limits = app.limits();
    let mut rules = vec![limits.claims_from(&caller.line), limits.claims_to(name.as_str())];
    rules.extend(wanted.account.map(|account| limits.claims_by(&account.id)));
    take(app, &rules).await?;

    let account_id = wanted.account.map(|account| account.id.clone());
    let taken = app.storage().is_name_taken(name.as_str(), account_id.as_deref(), now).await?;
    let seal = |text: &str| app.pepper().seal(app.random(), text.as_bytes());
    let claim = Claim {
        id: token::id(app.random()),
        account_id,
        address_sealed: seal(wanted.address.trim()),
        person_sealed: seal(&plain::line(wanted.person, NAME_LENGTH)),
        taken,
        language: wanted.language,
        device: device(wanted.device),
        network: caller.network.clone(),
        last_sent_at: now,
        until: now + app.config().codes.life_seconds + CLAIM_LIFE,
    };
    let (secret, trace) = secret(app, &claim, wanted.address.trim(), wanted.account, false);
    let ticket = token::opaque(app.random());
    app.storage().open_claim(&token::hash(&ticket), &claim, &secret, &trace).await?;
    app.bell().ring();
    Ok(asked(app, ticket, &name, Mailed::MailCode, &WAYS))
}

/// Mails another code.
pub(super) async fn send(
    app: &App,
    caller: &Caller,
    ticket: String,
    account: Option<&Account>,
) -> Result<RecoveryAsk, Problem> {
    let now = app.clock().now();
    let claim = under_way(app, &ticket, account).await?;
    let address = address(app, &claim)?;
    let name = read_address(&address)?;
    let pause = app.config().codes.resend_seconds;
    let wait = claim.last_sent_at + pause - now;
    if wait > 0 {
        return Err(Problem::RateLimited { retry_after: wait });
    }
    let limits = app.limits();
    let mut rules = vec![
        limits.claims_from(&caller.line),
        limits.claim_resends(name.as_str()),
        limits.claims_to(name.as_str()),
    ];
    rules.extend(account.map(|account| limits.claims_by(&account.id)));
    take(app, &rules).await?;
    let (secret, trace) = secret(app, &claim, &address, account, true);
    if !app.storage().add_claim_secret(&claim.id, &secret, now, now - pause, &trace).await? {
        return Err(Problem::RateLimited { retry_after: pause });
    }
    app.bell().ring();
    Ok(asked(app, ticket, &name, Mailed::MailCode, &WAYS))
}

/// What was proven, and the ticket that says so.
pub(super) struct Proven {
    pub(super) claim: Claim,
    pub(super) ticket: String,
}

pub(super) async fn check(
    app: &App,
    caller: &Caller,
    ticket: &str,
    account: Option<&Account>,
    typed: &str,
) -> Result<Proven, Problem> {
    let now = app.clock().now();
    let claim = under_way(app, ticket, account).await?;
    let name = read_address(&address(app, &claim)?)?;
    let limit = [app.limits().wrong_claims(name.as_str())];
    take(app, &limit).await?;

    let ticket = token::opaque(app.random());
    let event = if account.is_some() { Event::AddressCheck } else { Event::SignUpCheck };
    let entry = |result| app.entry(event, result, claim.account_id.as_deref(), caller.network.as_deref());
    let code = token::read_code(typed, token::CODE_DIGITS);
    let attempt = Attempt {
        id: claim.id.clone(),
        proof: code
            .map_or(Proof::Unreadable, |code| Proof::Mailed { way: WAY, mac: mac(app, &claim.id, &code) }),
        may_pass: !claim.taken,
        most_tries: TRIES,
        now,
        verified_hash: token::hash(&ticket),
        verified_until: now + VERIFIED_LIFE,
        passed: entry("ok"),
        missed: entry("wrong"),
    };
    let checked = app.storage().check_claim(&attempt).await?;
    if let Checked::Wrong { left } = checked {
        app.meters().wrong_code(WrongCode::Address);
        return Err(if left == 0 { Problem::Expired } else { Problem::WrongCode { tries_left: left } });
    }
    // Nothing was guessed, so nothing counts.
    app.storage().give_back(&limit).await?;
    match checked {
        Checked::Verified => Ok(Proven { claim, ticket }),
        _ => Err(Problem::Expired),
    }
}

/// The address as it was typed.
pub(super) fn address(app: &App, claim: &Claim) -> Result<String, Problem> {
    unseal(app, &claim.address_sealed)
}

/// How mail is to greet the person; may be empty.
pub(super) fn person(app: &App, claim: &Claim) -> Result<String, Problem> {
    unseal(app, &claim.person_sealed)
}

fn unseal(app: &App, sealed: &[u8]) -> Result<String, Problem> {
    let plain = app.pepper().unseal(sealed).ok_or(Problem::Internal)?;
    String::from_utf8(plain.to_vec()).map_err(|_| Problem::Internal)
}

async fn under_way(app: &App, ticket: &str, account: Option<&Account>) -> Result<Claim, Problem> {
    let now = app.clock().now();
    let account_id = account.map(|account| account.id.as_str());
    let claim = app.storage().claim(&token::hash(ticket), account_id, TRIES, now).await?;
    claim.ok_or(Problem::Expired)
}

/// A fresh code: what is stored of it, and the letter that brings it, or says that the address has an account.
fn secret(
    app: &App,
    claim: &Claim,
    address: &str,
    account: Option<&Account>,
    again: bool,
) -> (Secret, Trace) {
    let now = app.clock().now();
    let until = now + app.config().codes.life_seconds;
    let code = token::code(app.random());
    let secret = Secret { way: WAY, mac: mac(app, &claim.id, &code), until };
    let (about, event) = match (account, claim.taken) {
        (None, false) => (Access::SignUpCode { code, until }, [Event::SignUpAsked, Event::SignUpSent]),
        (None, true) => (Access::SignUpTaken, [Event::SignUpAsked, Event::SignUpSent]),
        (Some(_), false) => (Access::AddressCode { code, until }, [Event::AddressAsked, Event::AddressSent]),
        (Some(_), true) => (Access::AddressTaken, [Event::AddressAsked, Event::AddressSent]),
    };
    let letter = Letter {
        to: address.to_owned(),
        // Whoever reads this mailbox may not have asked: what a stranger typed is not said to them.
        person: String::new(),
        identifier: account
            .filter(|_| !claim.taken)
            .map_or(address, |account| &account.identifier)
            .to_owned(),
        language: claim.language,
        at: now,
        device: without_links(&claim.device),
        network: claim.network.clone(),
        matter: Matter::Access(about),
    };
    let event = if again { event[1] } else { event[0] };
    let audit = app.entry(event, "ok", claim.account_id.as_deref(), claim.network.as_deref());
    (secret, Trace { audit, mail: vec![app.seal(&letter, until)] })
}

/// Mail programs make links of what looks like one.
fn without_links(device: &str) -> String {
    device.replace(['.', '/', ':', '@'], " ")
}

fn mac(app: &App, claim_id: &str, code: &str) -> Vec<u8> {
    app.pepper().mac("claim", &[claim_id.as_bytes(), code.as_bytes()]).to_vec()
}
