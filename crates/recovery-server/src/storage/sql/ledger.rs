use super::{Connection, Db, Store, hold_keys, steps, written};
use crate::audit::Entry;
use crate::limits::Limit;
use crate::storage::{DEAD_MAIL_LIFE, Ledger, Result, StorageError};
use async_trait::async_trait;
use sqlx::{QueryBuilder, Row as _};

/// Deletes what nobody is holding at the moment; the rest is for the next sweep.
macro_rules! forget {
    ($table:literal, $key:literal, $when:literal) => {
        concat!(
            "DELETE FROM ",
            $table,
            " WHERE ",
            $key,
            " IN (SELECT ",
            $key,
            " FROM ",
            $table,
            " WHERE ",
            $when,
            held_by_nobody!(),
            ")"
        )
    };
}

#[async_trait]
impl Ledger for Store {
    async fn take(&self, limits: &[Limit], now: i64) -> Result<Option<i64>> {
        if limits.is_empty() {
            return Ok(None);
        }
        let mut write = self.write_once(&keys(limits)).await?;
        if count(&mut write, limits, now).await? {
            written(write).await?;
            return Ok(None);
        }
        let blocking = blocking(&mut write, limits, now).await?;
        let waits = limits.iter().zip(blocking).filter_map(|(limit, at)| Some(at? + limit.window - now));
        Ok(Some(waits.max().unwrap_or_default().max(1)))
    }

    async fn give_back(&self, limits: &[Limit]) -> Result<()> {
        let mut write = self.write().await?;
        hold_keys(&mut write, &keys(limits)).await?;
        for limit in limits {
            sqlx::query("DELETE FROM events WHERE id = (SELECT max(id) FROM events WHERE key = $1)")
                .bind(&limit.key)
                .execute(&mut *write)
                .await?;
        }
        Ok(write.commit().await?)
    }

    async fn forgive(&self, limits: &[Limit]) -> Result<()> {
        let mut write = self.write().await?;
        forgive(&mut write, limits).await?;
        Ok(write.commit().await?)
    }

    async fn write_audit(&self, entry: &Entry) -> Result<()> {
        let mut write = self.write().await?;
        steps::audit(&mut write, entry).await?;
        Ok(write.commit().await?)
    }

    async fn audit(&self, most: u32) -> Result<Vec<Entry>> {
        let rows =
            sqlx::query("SELECT at, account_id, event, result, network FROM audit ORDER BY id DESC LIMIT $1")
                .bind(i64::from(most))
                .fetch_all(&self.pool)
                .await?;
        rows.into_iter()
            .map(|row| {
                Ok(Entry {
                    at: row.try_get("at")?,
                    account_id: row.try_get("account_id")?,
                    event: row.try_get("event")?,
                    result: row.try_get("result")?,
                    network: row.try_get("network")?,
                })
            })
            .collect()
    }

    async fn check_pepper(&self, check: &[u8]) -> Result<()> {
        let mut write = self.write().await?;
        sqlx::query("INSERT INTO settings (key, value) VALUES ('pepper', $1) ON CONFLICT DO NOTHING")
            .bind(check)
            .execute(&mut *write)
            .await?;
        let stored: Vec<u8> = sqlx::query_scalar("SELECT value FROM settings WHERE key = 'pepper'")
            .fetch_one(&mut *write)
            .await?;
        write.commit().await?;
        if stored == check { Ok(()) } else { Err(StorageError::OtherPepper) }
    }

    async fn sweep(&self, now: i64) -> Result<()> {
        for forget in [
            forget!("events", "id", "until <= $1"),
            forget!("sign_in_tickets", "hash", "until <= $1"),
            forget!("recoveries", "id", "until <= $1 AND coalesce(verified_until, 0) <= $1"),
            forget!("recovery_secrets", "id", "until <= $1"),
            forget!("claims", "id", "until <= $1 AND coalesce(verified_until, 0) <= $1"),
            forget!("claim_secrets", "id", "until <= $1"),
            forget!("authenticators", "hash", "until <= $1"),
            forget!("changes", "seq", "until <= $1"),
            forget!("names", "name", "kept_until <= $1"),
            forget!("sessions", "id", "ends_at <= $1 OR refresh_until <= $1"),
            forget!("dpop_seen", "proof", "until <= $1"),
            forget!("passkey_ceremonies", "handle", "until <= $1"),
            // A computer that slept is told for an hour what became of its pairing.
            forget!(
                "pairings",
                "id",
                "until <= $1 - 3600 AND NOT EXISTS (SELECT 1 FROM sessions WHERE sessions.id = pairings.session_id)"
            ),
            concat!(
                "UPDATE mail_dead SET letter = NULL WHERE id IN \
                 (SELECT id FROM mail_dead WHERE drop_at <= $1 AND letter IS NOT NULL",
                held_by_nobody!(),
                ")"
            ),
        ] {
            sqlx::query(forget).bind(now).execute(&mut *self.writer().await?).await?;
        }
        sqlx::query(forget!("mail_dead", "id", "since <= $1"))
            .bind(now - DEAD_MAIL_LIFE)
            .execute(&mut *self.writer().await?)
            .await?;
        Ok(())
    }
}

/// Counts an event under each limit if there is room under all of them; in one statement, for every guess is counted.
async fn count(write: &mut Connection, limits: &[Limit], now: i64) -> Result<bool> {
    let mut query = QueryBuilder::<Db>::new(
        "INSERT INTO events (key, at, until) SELECT column1, column2, column3 FROM (",
    );
    query.push_values(limits, |mut row, limit| {
        row.push_bind(limit.key.as_slice()).push_bind(now).push_bind(now + limit.window);
    });
    query.push(") AS rows WHERE true");
    for limit in limits {
        match limit.most {
            0 => {
                query.push(" AND false");
            }
            _ => push_blocking(query.push(" AND NOT EXISTS "), limit, now),
        }
    }
    Ok(query.build().execute(write).await?.rows_affected() > 0)
}

/// For each limit the event that must leave its window before there is room again, if there is none.
async fn blocking(write: &mut Connection, limits: &[Limit], now: i64) -> Result<Vec<Option<i64>>> {
    let mut query = QueryBuilder::<Db>::new("SELECT NULL");
    for limit in limits {
        match limit.most {
            0 => {
                query.push(", ").push_bind(now);
            }
            _ => push_blocking(query.push(", "), limit, now),
        }
    }
    let row = query.build().fetch_one(write).await?;
    Ok((1..=limits.len()).map(|place| row.try_get(place)).collect::<sqlx::Result<_>>()?)
}

fn push_blocking(query: &mut QueryBuilder<Db>, limit: &Limit, now: i64) {
    query
        .push("(SELECT at FROM events WHERE key = ")
        .push_bind(limit.key.clone())
        .push(" AND at > ")
        .push_bind(now - limit.window)
        .push(" ORDER BY at DESC LIMIT 1 OFFSET ")
        .push_bind(i64::from(limit.most) - 1)
        .push(")");
}

pub(super) async fn forgive(write: &mut Connection, limits: &[Limit]) -> Result<()> {
    hold_keys(write, &keys(limits)).await?;
    for limit in limits {
        sqlx::query("DELETE FROM events WHERE key = $1").bind(&limit.key).execute(&mut *write).await?;
    }
    Ok(())
}

fn keys(limits: &[Limit]) -> Vec<&[u8]> {
    limits.iter().map(|limit| limit.key.as_slice()).collect()
}
