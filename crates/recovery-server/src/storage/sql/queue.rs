use super::{Row, Store, steps};
use crate::audit::Entry;
use crate::storage::{DeadMail, Queue, Result, StorageError, WaitingMail};
use async_trait::async_trait;
use sqlx::Row as _;

#[async_trait]
impl Queue for Store {
    async fn claim_mail(&self, now: i64, claimed_until: i64) -> Result<Option<WaitingMail>> {
        sqlx::query(concat!(
            "UPDATE mail SET due_at = $1, attempts = attempts + 1 \
             WHERE id = (SELECT id FROM mail WHERE due_at <= $2 ORDER BY due_at, id LIMIT 1",
            held_by_nobody!(),
            ") RETURNING id, letter, attempts, drop_at"
        ))
        .bind(claimed_until)
        .bind(now)
        .fetch_optional(&mut *self.writer().await?)
        .await?
        .map(|row| {
            Ok(WaitingMail {
                id: row.try_get("id")?,
                letter: row.try_get("letter")?,
                attempts: attempts(&row)?,
                drop_at: row.try_get("drop_at")?,
            })
        })
        .transpose()
    }

    async fn next_mail_due(&self) -> Result<Option<i64>> {
        Ok(sqlx::query_scalar("SELECT min(due_at) FROM mail").fetch_one(&self.pool).await?)
    }

    async fn mail_taken(&self, id: i64, address: &str) -> Result<()> {
        let mut write = self.write().await?;
        sqlx::query("DELETE FROM mail WHERE id = $1").bind(id).execute(&mut *write).await?;
        sqlx::query("UPDATE addresses SET bounced_at = NULL WHERE address = $1 AND bounced_at IS NOT NULL")
            .bind(address)
            .execute(&mut *write)
            .await?;
        Ok(write.commit().await?)
    }

    async fn drop_waiting(&self, id: i64) -> Result<()> {
        sqlx::query("DELETE FROM mail WHERE id = $1").bind(id).execute(&mut *self.writer().await?).await?;
        Ok(())
    }

    async fn mail_failed(&self, mail: &WaitingMail, due_at: i64) -> Result<bool> {
        let done = sqlx::query("UPDATE mail SET due_at = $1 WHERE id = $2 AND attempts = $3")
            .bind(due_at)
            .bind(mail.id)
            .bind(i64::from(mail.attempts))
            .execute(&mut *self.writer().await?)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    async fn give_mail_up(&self, mail: &WaitingMail, why: &str, audit: &Entry) -> Result<bool> {
        let mut write = self.write().await?;
        let mine = sqlx::query("DELETE FROM mail WHERE id = $1 AND attempts = $2")
            .bind(mail.id)
            .bind(i64::from(mail.attempts))
            .execute(&mut *write)
            .await?;
        if mine.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query(
            "INSERT INTO mail_dead (id, since, why, attempts, letter, drop_at) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(mail.id)
        .bind(audit.at)
        .bind(why)
        .bind(i64::from(mail.attempts))
        .bind((mail.drop_at > audit.at).then_some(&mail.letter))
        .bind(mail.drop_at)
        .execute(&mut *write)
        .await?;
        steps::audit(&mut write, audit).await?;
        write.commit().await?;
        Ok(true)
    }

    async fn dead_mail(&self) -> Result<Vec<DeadMail>> {
        let rows = sqlx::query(
            "SELECT id, since, why, attempts, letter, drop_at FROM mail_dead ORDER BY since DESC, id DESC",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(DeadMail {
                    id: row.try_get("id")?,
                    since: row.try_get("since")?,
                    why: row.try_get("why")?,
                    attempts: attempts(&row)?,
                    letter: row.try_get("letter")?,
                    drop_at: row.try_get("drop_at")?,
                })
            })
            .collect()
    }

    async fn retry_mail(&self, id: Option<i64>, now: i64) -> Result<u64> {
        let mut write = self.write().await?;
        let back = sqlx::query(
            "DELETE FROM mail_dead WHERE ($1 IS NULL OR id = $1) AND letter IS NOT NULL AND drop_at > $2 \
             RETURNING id, letter, drop_at",
        )
        .bind(id)
        .bind(now)
        .fetch_all(&mut *write)
        .await?;
        for row in &back {
            let letter: Vec<u8> = row.try_get("letter")?;
            // Under its old number, and so under its old Message-ID.
            sqlx::query("INSERT INTO mail (id, letter, due_at, drop_at) VALUES ($1, $2, $3, $4)")
                .bind(row.try_get::<i64, _>("id")?)
                .bind(letter)
                .bind(now)
                .bind(row.try_get::<i64, _>("drop_at")?)
                .execute(&mut *write)
                .await?;
        }
        write.commit().await?;
        Ok(back.len() as u64)
    }

    async fn drop_mail(&self, id: Option<i64>) -> Result<u64> {
        let dropped = sqlx::query("DELETE FROM mail_dead WHERE $1 IS NULL OR id = $1")
            .bind(id)
            .execute(&mut *self.writer().await?)
            .await?;
        Ok(dropped.rows_affected())
    }
}

fn attempts(row: &Row) -> Result<u32> {
    let attempts: i64 = row.try_get("attempts")?;
    u32::try_from(attempts).map_err(|error| StorageError::Failed(error.into()))
}
