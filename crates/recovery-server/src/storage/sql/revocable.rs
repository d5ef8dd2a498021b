//! The steps of a change of recovery settings, and of its way back. The account is held throughout.

use super::{Connection, accounts, claims, settings, steps};
use crate::identifier::Identifier;
use crate::storage::{Address, Changed, MOST_ADDRESSES, REVOCABLE, Result, SettingsChange, Told, What};
use sqlx::Row as _;

/// What holds of an account that is held.
pub(super) struct Held {
    pub(super) password_version: i64,
    pub(super) totp_secret: Option<Vec<u8>>,
    /// In the form it is compared in.
    identifier: Option<Identifier>,
}

pub(super) async fn hold(write: &mut Connection, account_id: &str) -> Result<Option<Held>> {
    let row = sqlx::query(concat!(
        "SELECT password_version, totp_secret, identifier FROM accounts WHERE id = $1 AND disabled_at IS NULL",
        held!()
    ))
    .bind(account_id)
    .fetch_optional(write)
    .await?;
    row.map(|row| {
        let identifier: String = row.try_get("identifier")?;
        Ok(Held {
            password_version: row.try_get("password_version")?,
            totp_secret: row.try_get("totp_secret")?,
            identifier: Identifier::read(&identifier),
        })
    })
    .transpose()
}

pub(super) async fn addresses_before(connection: &mut Connection, seq: i64) -> Result<Vec<Address>> {
    sqlx::query(
        "SELECT id, address, added_at, confirmed_at, bounced_at FROM change_addresses WHERE change_seq = $1 \
         ORDER BY place",
    )
    .bind(seq)
    .fetch_all(connection)
    .await?
    .into_iter()
    .map(settings::read_address)
    .collect()
}

/// Those that were there before the oldest change that can still be revoked may revoke.
pub(super) async fn told(
    write: &mut Connection,
    account_id: &str,
    addresses: &[Address],
    now: i64,
) -> Result<Vec<Told>> {
    let oldest: Option<i64> =
        sqlx::query_scalar("SELECT min(seq) FROM changes WHERE account_id = $1 AND until > $2")
            .bind(account_id)
            .bind(now)
            .fetch_one(&mut *write)
            .await?;
    let old = match oldest {
        Some(seq) => addresses_before(write, seq).await?,
        None => addresses.to_vec(),
    };
    let told = addresses.iter().enumerate().map(|(place, told)| Told {
        place,
        address: told.address.clone(),
        may_revoke: old.iter().any(|old| old.address == told.address),
    });
    Ok(told.collect())
}

/// Writes down what was before the change, and gives it its number.
pub(super) async fn remember(
    write: &mut Connection,
    change: &SettingsChange,
    before: &[Address],
    totp_secret: Option<&[u8]>,
) -> Result<i64> {
    let seq: i64 = sqlx::query_scalar(
        "INSERT INTO changes (id, account_id, kind, at, until, totp_secret) VALUES ($1, $2, $3, $4, $5, $6) \
         RETURNING seq",
    )
    .bind(&change.id)
    .bind(&change.account_id)
    .bind(change.what.kind().name())
    .bind(change.now)
    .bind(change.now + REVOCABLE)
    .bind(totp_secret)
    .fetch_one(&mut *write)
    .await?;
    for (place, address) in (0_i64..).zip(before) {
        sqlx::query(
            "INSERT INTO change_addresses (change_seq, place, id, address, added_at, confirmed_at, bounced_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(seq)
        .bind(place)
        .bind(&address.id)
        .bind(&address.address)
        .bind(address.added_at)
        .bind(address.confirmed_at)
        .bind(address.bounced_at)
        .execute(&mut *write)
        .await?;
    }
    Ok(seq)
}

pub(super) async fn apply(
    write: &mut Connection,
    change: &SettingsChange,
    held: &Held,
    mut addresses: Vec<Address>,
    seq: i64,
) -> Result<Changed> {
    let (account_id, now) = (change.account_id.as_str(), change.now);
    let place_of = |addresses: &[Address], id: &str| addresses.iter().position(|address| address.id == id);
    match &change.what {
        What::AddAddress { verified_hash, address } => {
            if !claims::spend(write, verified_hash, account_id, now).await? {
                return Ok(Changed::Expired);
            }
            if addresses.iter().any(|known| name_of(known) == name_of(address)) {
                return Ok(Changed::Already);
            }
            if addresses.len() >= MOST_ADDRESSES {
                return Ok(Changed::Full);
            }
            take_name(write, account_id, held, address, now).await?;
            addresses.push(address.clone());
            put_addresses(write, account_id, &addresses).await?;
        }
        What::RemoveAddress { id } => {
            let Some(place) = place_of(&addresses, id) else { return Ok(Changed::NotFound) };
            if addresses.len() == 1 {
                return Ok(Changed::Last);
            }
            let removed = addresses.remove(place);
            if name_of(&removed) != held.identifier {
                keep_name(write, account_id, &removed, now + REVOCABLE).await?;
            }
            put_addresses(write, account_id, &addresses).await?;
        }
        What::PutFirst { id } => {
            match place_of(&addresses, id) {
                None => return Ok(Changed::NotFound),
                Some(0) => return Ok(Changed::Already),
                Some(place) => addresses.swap(0, place),
            }
            put_addresses(write, account_id, &addresses).await?;
        }
        What::TurnOn { hash, step } => {
            if held.totp_secret.is_some() {
                return Ok(Changed::Already);
            }
            let secret: Option<Vec<u8>> = sqlx::query_scalar(
                "DELETE FROM authenticators WHERE hash = $1 AND account_id = $2 AND until > $3 RETURNING secret",
            )
            .bind(hash)
            .bind(account_id)
            .bind(now)
            .fetch_optional(&mut *write)
            .await?;
            let Some(secret) = secret else { return Ok(Changed::Expired) };
            sqlx::query("UPDATE accounts SET totp_secret = $1, totp_last_step = $2 WHERE id = $3")
                .bind(secret)
                .bind(step)
                .bind(account_id)
                .execute(write)
                .await?;
        }
        What::TurnOff { factor } => {
            if held.totp_secret.is_none() {
                return Ok(Changed::Already);
            }
            if !steps::spend_factor(write, account_id, factor, now).await? {
                return Ok(Changed::Expired);
            }
            sqlx::query("UPDATE accounts SET totp_secret = NULL WHERE id = $1")
                .bind(account_id)
                .execute(write)
                .await?;
        }
        What::NewCodes { hashes } => replace_codes(write, account_id, hashes, seq).await?,
    }
    Ok(Changed::Yes)
}

pub(super) async fn put_back_addresses(
    write: &mut Connection,
    account_id: &str,
    held: &Held,
    before: &[Address],
    now: i64,
) -> Result<()> {
    let current = settings::addresses(write, account_id).await?;
    for gone in current.iter().filter(|address| !has(before, address)) {
        if name_of(gone) != held.identifier {
            sqlx::query("DELETE FROM names WHERE name = $1 AND account_id = $2")
                .bind(text_of(gone))
                .bind(account_id)
                .execute(&mut *write)
                .await?;
        }
    }
    for back in before.iter().filter(|address| !has(&current, address)) {
        take_name(write, account_id, held, back, now).await?;
    }
    put_addresses(write, account_id, before).await
}

/// The list of saved codes as the first of the changes from `seq` on found it, if one of them replaced it.
pub(super) async fn put_back_codes(write: &mut Connection, account_id: &str, seq: i64) -> Result<()> {
    let first: Option<i64> = sqlx::query_scalar(
        "SELECT min(seq) FROM changes WHERE account_id = $1 AND seq >= $2 AND kind = 'recovery_codes'",
    )
    .bind(account_id)
    .bind(seq)
    .fetch_one(&mut *write)
    .await?;
    let Some(first) = first else { return Ok(()) };
    sqlx::query("DELETE FROM recovery_codes WHERE account_id = $1")
        .bind(account_id)
        .execute(&mut *write)
        .await?;
    sqlx::query(
        "INSERT INTO recovery_codes (account_id, place, hash, used_at) \
         SELECT $1, place, hash, used_at FROM change_codes WHERE change_seq = $2",
    )
    .bind(account_id)
    .bind(first)
    .execute(write)
    .await?;
    Ok(())
}

async fn replace_codes(write: &mut Connection, account_id: &str, hashes: &[String], seq: i64) -> Result<()> {
    sqlx::query(
        "INSERT INTO change_codes (change_seq, place, hash, used_at) \
         SELECT $1, place, hash, used_at FROM recovery_codes WHERE account_id = $2",
    )
    .bind(seq)
    .bind(account_id)
    .execute(&mut *write)
    .await?;
    // Places are not given again: a code of the old list that is being compared finds nothing to cross off.
    let first: i64 =
        sqlx::query_scalar("SELECT coalesce(max(place), -1) + 1 FROM recovery_codes WHERE account_id = $1")
            .bind(account_id)
            .fetch_one(&mut *write)
            .await?;
    sqlx::query("DELETE FROM recovery_codes WHERE account_id = $1")
        .bind(account_id)
        .execute(&mut *write)
        .await?;
    accounts::insert_codes(write, account_id, first, hashes).await
}

/// Addresses and their order; the first is the account's own column, too.
async fn put_addresses(write: &mut Connection, account_id: &str, addresses: &[Address]) -> Result<()> {
    sqlx::query("DELETE FROM addresses WHERE account_id = $1").bind(account_id).execute(&mut *write).await?;
    for (place, address) in (0_i64..).zip(addresses) {
        sqlx::query(
            "INSERT INTO addresses (id, account_id, place, address, added_at, confirmed_at, bounced_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(&address.id)
        .bind(account_id)
        .bind(place)
        .bind(&address.address)
        .bind(address.added_at)
        .bind(address.confirmed_at)
        .bind(address.bounced_at)
        .execute(&mut *write)
        .await?;
    }
    if let Some(first) = addresses.first() {
        sqlx::query("UPDATE accounts SET address = $1 WHERE id = $2")
            .bind(&first.address)
            .bind(account_id)
            .execute(write)
            .await?;
    }
    Ok(())
}

async fn take_name(
    write: &mut Connection,
    account_id: &str,
    held: &Held,
    address: &Address,
    now: i64,
) -> Result<()> {
    if name_of(address) == held.identifier {
        return Ok(());
    }
    accounts::claim_name(write, &text_of(address), account_id, now).await
}

async fn keep_name(write: &mut Connection, account_id: &str, address: &Address, until: i64) -> Result<()> {
    sqlx::query("UPDATE names SET kept_until = $1 WHERE name = $2 AND account_id = $3")
        .bind(until)
        .bind(text_of(address))
        .bind(account_id)
        .execute(write)
        .await?;
    Ok(())
}

fn has(addresses: &[Address], wanted: &Address) -> bool {
    addresses.iter().any(|address| address.address == wanted.address)
}

fn name_of(address: &Address) -> Option<Identifier> {
    Identifier::read(&address.address)
}

fn text_of(address: &Address) -> String {
    name_of(address).map_or_else(String::new, |name| name.as_str().to_owned())
}
