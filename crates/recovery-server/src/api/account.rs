//! What gets a person back in, for who is signed in: addresses, authenticator, saved codes. Each change asks for the
//! password again, is told to every address there was before (NIST SP 800-63B-4 section 4.6), and can be revoked
//! from there.

pub(super) mod addresses;
pub(super) mod authenticator;
pub(super) mod codes;

use super::extract::{Caller, SignedIn};
use super::password::refuse_weak;
use super::problem::{Problem, ProblemDetails};
use super::revoke;
use super::sign_in::{NOTICE_LIFE, letter};
use crate::audit::Event;
use crate::mail::{Access, Letter, Matter};
use crate::storage::{
    Account, ChangeKind, Changed, MOST_ADDRESSES, SealedMail, Session, SettingsChange, Told, What,
};
use crate::{App, token};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(super) struct RecoverySettings {
    /// The first one first.
    addresses: Vec<AddressInfo>,
    most_addresses: usize,
    second_factor: bool,
    recovery_codes_left: usize,
    /// The newest first.
    changes: Vec<ChangeInfo>,
}

#[derive(Serialize, ToSchema)]
struct AddressInfo {
    id: String,
    /// In full.
    address: String,
    /// Where a recovery goes that is begun by the identifier.
    first: bool,
    added_at: i64,
    /// Proven by a code; else it is the operator's word.
    confirmed: bool,
    /// Null once a mail was taken again.
    last_mail_bounced_at: Option<i64>,
}

/// A change that can still be revoked, by the link in the mail that told of it.
#[derive(Serialize, ToSchema)]
struct ChangeInfo {
    change: ChangeKind,
    changed_at: i64,
    revocable_until: i64,
}

/// What gets the person back in.
#[utoipa::path(get, path = "/v1/account/recovery", security(("session" = [])), responses(
    (status = 200, body = RecoverySettings),
    (status = 401, description = "`signed_out`", body = ProblemDetails),
    (status = 403, description = "`weak_session` in the first day of a session that another device let in",
        body = ProblemDetails),
))]
pub(super) async fn current(
    State(app): State<App>,
    signed_in: SignedIn,
) -> Result<Json<RecoverySettings>, Problem> {
    let SignedIn { session, account } = signed_in;
    refuse_weak(&session, app.clock().now())?;
    Ok(Json(settings(&app, &account.id).await?))
}

async fn settings(app: &App, account_id: &str) -> Result<RecoverySettings, Problem> {
    let now = app.clock().now();
    let account = app.storage().account(account_id).await?.ok_or(Problem::SignedOut)?;
    let addresses = app.storage().addresses(account_id).await?;
    let changes = app.storage().changes(account_id, now).await?;
    Ok(RecoverySettings {
        addresses: addresses
            .into_iter()
            .enumerate()
            .map(|(place, address)| AddressInfo {
                id: address.id,
                address: address.address,
                first: place == 0,
                added_at: address.added_at,
                confirmed: address.confirmed_at.is_some(),
                last_mail_bounced_at: address.bounced_at,
            })
            .collect(),
        most_addresses: MOST_ADDRESSES,
        second_factor: account.totp_secret.is_some(),
        recovery_codes_left: app.storage().recovery_codes(account_id).await?.len(),
        changes: changes
            .into_iter()
            .map(|change| ChangeInfo {
                change: change.kind,
                changed_at: change.at,
                revocable_until: change.until,
            })
            .collect(),
    })
}

/// Makes the change; `address` is whose it is about.
async fn change(
    app: &App,
    caller: &Caller,
    session: &Session,
    account: &Account,
    what: What,
    address: Option<&str>,
) -> Result<(), Problem> {
    let now = app.clock().now();
    let kind = what.kind();
    let network = caller.network.as_deref();
    let change = SettingsChange {
        id: token::id(app.random()),
        account_id: account.id.clone(),
        password_version: account.password_version,
        what,
        now,
        audit: app.entry(Event::Changed(kind), "ok", Some(&account.id), network),
    };
    let address = address.and_then(crate::mask::address);
    let letters = |told: &[Told]| -> Vec<SealedMail> {
        let each = told.iter().map(|told| {
            let token = told.may_revoke.then(|| revoke::token(app, &account.id, &change.id, told.place));
            let matter = Matter::Access(Access::Changed { kind, address: address.clone(), token });
            let letter = letter(account, now, &session.device, network, matter);
            app.seal(&Letter { to: told.address.clone(), ..letter }, now + NOTICE_LIFE)
        });
        each.collect()
    };
    let changed = app.storage().change_settings(&change, &letters).await?;
    app.bell().ring();
    match changed {
        Changed::Yes => Ok(()),
        Changed::SignedOut => Err(Problem::SignedOut),
        Changed::NotFound => Err(Problem::NotFound),
        Changed::Expired => Err(Problem::Expired),
        Changed::Taken => Err(Problem::AddressTaken),
        Changed::Already => Err(Problem::Already),
        Changed::Full => Err(Problem::AddressesFull),
        Changed::Last => Err(Problem::LastAddress),
    }
}
