//! Steps that transactions of several parts share.

use super::{Connection, pairings};
use crate::audit::Entry;
use crate::storage::{Factor, Marks, Opening, Result, Session, Trace};

/// Lets nobody else change what the account is opened with, or what is open for it, until the transaction ends;
/// says which of its passwords holds. Before any other lock, so that nobody waits in a circle.
pub(super) async fn hold_account(write: &mut Connection, id: &str) -> Result<Option<i64>> {
    let held =
        concat!("SELECT password_version FROM accounts WHERE id = $1 AND disabled_at IS NULL", held!());
    Ok(sqlx::query_scalar(held).bind(id).fetch_optional(write).await?)
}

/// Holds the account; `false` if its password is no longer the one that the session is opened with.
pub(super) async fn may_open(write: &mut Connection, opening: &Opening) -> Result<bool> {
    let version = hold_account(write, &opening.session.account_id).await?;
    Ok(version == Some(opening.password_version))
}

/// Uses a second factor of the account, which is held, up; `false` if it was used before.
pub(super) async fn spend_factor(
    write: &mut Connection,
    account_id: &str,
    factor: &Factor,
    now: i64,
) -> Result<bool> {
    match factor {
        Factor::Totp { step } => {
            let spent =
                sqlx::query("UPDATE accounts SET totp_last_step = $1 WHERE id = $2 AND totp_last_step < $1")
                    .bind(step)
                    .bind(account_id)
                    .execute(write)
                    .await?;
            Ok(spent.rows_affected() == 1)
        }
        Factor::SavedCode { place, trace } => {
            if !cross_off(write, account_id, *place, now).await? {
                return Ok(false);
            }
            record(write, trace).await?;
            Ok(true)
        }
    }
}

pub(super) async fn record(write: &mut Connection, trace: &Trace) -> Result<()> {
    audit(write, &trace.audit).await?;
    for mail in &trace.mail {
        sqlx::query("INSERT INTO mail (letter, due_at, drop_at) VALUES ($1, $2, $3)")
            .bind(&mail.letter)
            .bind(trace.audit.at)
            .bind(mail.drop_at)
            .execute(&mut *write)
            .await?;
    }
    Ok(())
}

pub(super) async fn audit(write: &mut Connection, entry: &Entry) -> Result<()> {
    sqlx::query("INSERT INTO audit (at, account_id, event, result, network) VALUES ($1, $2, $3, $4, $5)")
        .bind(entry.at)
        .bind(&entry.account_id)
        .bind(&entry.event)
        .bind(&entry.result)
        .bind(&entry.network)
        .execute(write)
        .await?;
    Ok(())
}

/// Everything that was open for the account, which is held, but for one session; says how many sessions ended.
pub(super) async fn end_everything(write: &mut Connection, account_id: &str, keep: &str) -> Result<u64> {
    let ended = end_sessions(write, account_id, keep).await?;
    sqlx::query("DELETE FROM sign_in_tickets WHERE account_id = $1")
        .bind(account_id)
        .execute(&mut *write)
        .await?;
    sqlx::query("DELETE FROM recoveries WHERE account_id = $1").bind(account_id).execute(&mut *write).await?;
    sqlx::query("DELETE FROM claims WHERE account_id = $1").bind(account_id).execute(&mut *write).await?;
    sqlx::query("DELETE FROM authenticators WHERE account_id = $1")
        .bind(account_id)
        .execute(&mut *write)
        .await?;
    pairings::close_all(write, account_id).await?;
    Ok(ended)
}

pub(super) async fn end_sessions(write: &mut Connection, account_id: &str, keep: &str) -> Result<u64> {
    let ended = sqlx::query("DELETE FROM sessions WHERE account_id = $1 AND id <> $2")
        .bind(account_id)
        .bind(keep)
        .execute(write)
        .await?;
    Ok(ended.rows_affected())
}

/// Remembers a device or network.
pub(super) async fn mark(write: &mut Connection, account_id: &str, mark: &[u8], now: i64) -> Result<()> {
    sqlx::query(
        "INSERT INTO known (account_id, mark, first_seen) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
    )
    .bind(account_id)
    .bind(mark)
    .bind(now)
    .execute(write)
    .await?;
    Ok(())
}

/// Remembers a device and its network; whether the device was not known.
pub(super) async fn mark_device(write: &mut Connection, session: &Session, marks: &Marks) -> Result<bool> {
    let new: Vec<Vec<u8>> = sqlx::query_scalar(
        "INSERT INTO known (account_id, mark, first_seen) VALUES ($1, $2, $3), ($1, $4, $3) \
         ON CONFLICT DO NOTHING RETURNING mark",
    )
    .bind(&session.account_id)
    .bind(&marks.device)
    .bind(session.created_at)
    .bind(&marks.network)
    .fetch_all(write)
    .await?;
    Ok(new.contains(&marks.device))
}

/// Crosses a saved code off; `false` if it was used before.
pub(super) async fn cross_off(
    write: &mut Connection,
    account_id: &str,
    place: i64,
    now: i64,
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE recovery_codes SET used_at = $1 WHERE account_id = $2 AND place = $3 AND used_at IS NULL",
    )
    .bind(now)
    .bind(account_id)
    .bind(place)
    .execute(write)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What is left of `most`.
pub(super) fn left(most: u32, used: i64) -> u32 {
    u32::try_from(i64::from(most) - used).unwrap_or_default()
}

/// Ids come in addresses, too, where anything can stand; PostgreSQL's text cannot hold this one character.
pub(super) fn is_no_id(id: &str) -> bool {
    id.contains('\0')
}
