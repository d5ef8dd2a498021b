use super::SqliteStorage;
use crate::audit::Entry;
use crate::limits::Limit;
use crate::storage::{Ledger, Result, StorageError, WaitingMail};
use async_trait::async_trait;
use sqlx::Row as _;

#[async_trait]
impl Ledger for SqliteStorage {
    async fn take(&self, limits: &[Limit], now: i64) -> Result<Option<i64>> {
        let mut write = self.write().await?;
        let mut wait: Option<i64> = None;
        for limit in limits {
            // The event that must leave the window before there is room again.
            let blocking: Option<i64> =
                match limit.most {
                    0 => Some(now),
                    most => sqlx::query_scalar(
                        "SELECT at FROM events WHERE key = ? AND at > ? ORDER BY at DESC LIMIT 1 OFFSET ?",
                    )
                    .bind(&limit.key)
                    .bind(now - limit.window)
                    .bind(most - 1)
                    .fetch_optional(&mut *write)
                    .await?,
                };
            if let Some(at) = blocking {
                wait = wait.max(Some((at + limit.window - now).max(1)));
            }
        }
        if wait.is_some() {
            return Ok(wait);
        }
        for limit in limits {
            sqlx::query("INSERT INTO events (key, at, until) VALUES (?, ?, ?)")
                .bind(&limit.key)
                .bind(now)
                .bind(now + limit.window)
                .execute(&mut *write)
                .await?;
        }
        write.commit().await?;
        Ok(None)
    }

    async fn give_back(&self, limits: &[Limit]) -> Result<()> {
        let mut write = self.write().await?;
        for limit in limits {
            sqlx::query("DELETE FROM events WHERE id = (SELECT max(id) FROM events WHERE key = ?)")
                .bind(&limit.key)
                .execute(&mut *write)
                .await?;
        }
        Ok(write.commit().await?)
    }

    async fn forgive(&self, limits: &[Limit]) -> Result<()> {
        let mut write = self.write().await?;
        for limit in limits {
            sqlx::query("DELETE FROM events WHERE key = ?").bind(&limit.key).execute(&mut *write).await?;
        }
        Ok(write.commit().await?)
    }

    async fn claim_mail(&self, now: i64, claimed_until: i64) -> Result<Option<WaitingMail>> {
        let row = sqlx::query(
            "UPDATE mail SET due_at = ?, attempts = attempts + 1 \
             WHERE id = (SELECT id FROM mail WHERE due_at <= ? ORDER BY due_at, id LIMIT 1) \
             RETURNING id, letter, attempts, drop_at",
        )
        .bind(claimed_until)
        .bind(now)
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| {
            Ok(WaitingMail {
                id: row.try_get("id")?,
                letter: row.try_get("letter")?,
                attempts: row.try_get("attempts")?,
                drop_at: row.try_get("drop_at")?,
            })
        })
        .transpose()
    }

    async fn next_mail_due(&self) -> Result<Option<i64>> {
        Ok(sqlx::query_scalar("SELECT min(due_at) FROM mail").fetch_one(&self.pool).await?)
    }

    async fn mail_done(&self, id: i64) -> Result<()> {
        sqlx::query("DELETE FROM mail WHERE id = ?").bind(id).execute(&self.pool).await?;
        Ok(())
    }

    async fn mail_failed(&self, id: i64, due_at: i64) -> Result<()> {
        sqlx::query("UPDATE mail SET due_at = ? WHERE id = ?")
            .bind(due_at)
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    async fn write_audit(&self, entry: &Entry) -> Result<()> {
        let mut write = self.write().await?;
        super::audit(&mut write, entry).await?;
        Ok(write.commit().await?)
    }

    async fn audit(&self, most: u32) -> Result<Vec<Entry>> {
        let rows = sqlx::query("SELECT * FROM audit ORDER BY id DESC LIMIT ?")
            .bind(most)
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
        sqlx::query("INSERT INTO settings (key, value) VALUES ('pepper', ?) ON CONFLICT DO NOTHING")
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
            "DELETE FROM events WHERE until <= ?",
            "DELETE FROM sign_in_tickets WHERE until <= ?",
            "DELETE FROM recoveries WHERE until <= ?1 AND coalesce(verified_until, 0) <= ?1",
            "DELETE FROM recovery_secrets WHERE until <= ?",
            "DELETE FROM sessions WHERE min(ends_at, refresh_until) <= ?",
            "DELETE FROM mail WHERE drop_at <= ?",
            "DELETE FROM dpop_seen WHERE until <= ?",
            // A computer that slept is told for an hour what became of its pairing.
            "DELETE FROM pairings WHERE until <= ? - 3600 AND NOT EXISTS \
             (SELECT 1 FROM sessions WHERE sessions.id = pairings.session_id)",
        ] {
            sqlx::query(forget).bind(now).execute(&self.pool).await?;
        }
        Ok(())
    }
}
