//! What recoveries and claims have in common: secrets that were mailed, of which the newest two are alive, and tries that are
//! counted.

/// The steps for such a table: its name, that of its secrets, and the column there that names its row.
macro_rules! mailed {
    ($table:literal, $secrets:literal, $row:literal) => {
        /// Notes that another secret is sent; `false` if one was sent after `not_since`, or none is needed any more.
        async fn may_send(write: &mut Connection, id: &str, now: i64, not_since: i64) -> Result<bool> {
            let mine = sqlx::query(concat!(
                "UPDATE ",
                $table,
                " SET last_sent_at = $1 WHERE id = $2 AND verified_hash IS NULL AND last_sent_at <= $3"
            ))
            .bind(now)
            .bind(id)
            .bind(not_since)
            .execute(write)
            .await?;
            Ok(mine.rows_affected() == 1)
        }

        /// Forgets all secrets but the newest two.
        async fn keep_newest(write: &mut Connection, id: &str) -> Result<()> {
            sqlx::query(concat!(
                "DELETE FROM ",
                $secrets,
                " WHERE ",
                $row,
                " = $1 AND id NOT IN (SELECT id FROM ",
                $secrets,
                " WHERE ",
                $row,
                " = $1 ORDER BY id DESC LIMIT 2)"
            ))
            .bind(id)
            .execute(write)
            .await?;
            Ok(())
        }

        /// Verifies the row, which is held, and forgets its secrets; or counts a wrong try.
        async fn judge(
            write: &mut Connection,
            attempt: &Attempt,
            passes: bool,
            wrong_tries: i64,
        ) -> Result<Checked> {
            if !passes {
                sqlx::query(concat!("UPDATE ", $table, " SET wrong_tries = wrong_tries + 1 WHERE id = $1"))
                    .bind(&attempt.id)
                    .execute(&mut *write)
                    .await?;
                steps::audit(write, &attempt.missed).await?;
                return Ok(Checked::Wrong { left: steps::left(attempt.most_tries, wrong_tries + 1) });
            }
            sqlx::query(concat!(
                "UPDATE ",
                $table,
                " SET verified_hash = $1, verified_until = $2 WHERE id = $3"
            ))
            .bind(&attempt.verified_hash)
            .bind(attempt.verified_until)
            .bind(&attempt.id)
            .execute(&mut *write)
            .await?;
            sqlx::query(concat!("DELETE FROM ", $secrets, " WHERE ", $row, " = $1"))
                .bind(&attempt.id)
                .execute(&mut *write)
                .await?;
            steps::audit(write, &attempt.passed).await?;
            Ok(Checked::Verified)
        }
    };
}
