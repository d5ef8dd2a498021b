use super::{Connection, Row, Store, sessions, steps};
use crate::audit::Entry;
use crate::storage::{
    Ceremony, Opening, Passkey, PasskeyAdded, PasskeyUse, Passkeys, Result, StorageError, Trace, Used,
};
use async_trait::async_trait;
use sqlx::Row as _;

macro_rules! selected {
    ($rest:literal) => {
        concat!(
            "SELECT id, account_id, credential_hash, name, sealed, created_at, last_used_at FROM passkeys ",
            $rest
        )
    };
}

#[async_trait]
impl Passkeys for Store {
    async fn add_ceremony(&self, ceremony: &Ceremony) -> Result<()> {
        sqlx::query(
            "INSERT INTO passkey_ceremonies (handle, kind, holder, about, state, until) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(&ceremony.handle)
        .bind(ceremony.kind.name())
        .bind(&ceremony.holder)
        .bind(&ceremony.about)
        .bind(&ceremony.state)
        .bind(ceremony.until)
        .execute(&mut *self.writer().await?)
        .await?;
        Ok(())
    }

    async fn take_ceremony(&self, asked: &Ceremony) -> Result<Option<Vec<u8>>> {
        let mut write = self.write().await?;
        let state = sqlx::query_scalar(
            "DELETE FROM passkey_ceremonies WHERE handle = $1 AND kind = $2 AND holder = $3 AND about = $4 \
             AND until > $5 RETURNING state",
        )
        .bind(&asked.handle)
        .bind(asked.kind.name())
        .bind(&asked.holder)
        .bind(&asked.about)
        .bind(asked.until)
        .fetch_optional(&mut *write)
        .await?;
        write.commit().await?;
        Ok(state)
    }

    async fn passkeys(&self, account_id: &str) -> Result<Vec<Passkey>> {
        sqlx::query(selected!("WHERE account_id = $1 ORDER BY created_at, id"))
            .bind(account_id)
            .fetch_all(&self.pool)
            .await?
            .into_iter()
            .map(read)
            .collect()
    }

    async fn passkey(&self, credential_hash: &[u8]) -> Result<Option<Passkey>> {
        sqlx::query(selected!("WHERE credential_hash = $1"))
            .bind(credential_hash)
            .fetch_optional(&self.pool)
            .await?
            .map(read)
            .transpose()
    }

    async fn add_passkey(
        &self,
        passkey: &Passkey,
        session_id: &str,
        password_version: i64,
        most: u32,
        trace: &Trace,
    ) -> Result<PasskeyAdded> {
        let mut write = self.write().await?;
        let version = steps::hold_account(&mut write, &passkey.account_id).await?;
        let session: Option<String> = sqlx::query_scalar(
            "SELECT id FROM sessions WHERE id = $1 AND account_id = $2 AND ends_at > $3 AND refresh_until > $3",
        )
        .bind(session_id)
        .bind(&passkey.account_id)
        .bind(passkey.created_at)
        .fetch_optional(&mut *write)
        .await?;
        if version != Some(password_version) || session.is_none() {
            return Ok(PasskeyAdded::SignedOut);
        }
        let has: i64 = sqlx::query_scalar("SELECT count(*) FROM passkeys WHERE account_id = $1")
            .bind(&passkey.account_id)
            .fetch_one(&mut *write)
            .await?;
        if has >= i64::from(most) {
            return Ok(PasskeyAdded::Full);
        }
        let added = sqlx::query(
            "INSERT INTO passkeys (id, account_id, credential_hash, name, sealed, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        )
        .bind(&passkey.id)
        .bind(&passkey.account_id)
        .bind(&passkey.credential_hash)
        .bind(&passkey.name)
        .bind(&passkey.sealed)
        .bind(passkey.created_at)
        .execute(&mut *write)
        .await?;
        if added.rows_affected() == 0 {
            return Ok(PasskeyAdded::Taken);
        }
        steps::record(&mut write, trace).await?;
        write.commit().await?;
        Ok(PasskeyAdded::Yes)
    }

    async fn use_passkey(&self, used: &PasskeyUse) -> Result<Used> {
        let mut write = self.write().await?;
        if steps::hold_account(&mut write, &used.account_id).await?.is_none() {
            return Ok(Used::Gone);
        }
        let outcome = use_one(&mut write, used).await?;
        write.commit().await?;
        Ok(outcome)
    }

    async fn enter_with_passkey(&self, used: &PasskeyUse, opening: &Opening) -> Result<Used> {
        let mut write = self.write().await?;
        if !steps::may_open(&mut write, opening).await? {
            return Ok(Used::Gone);
        }
        // Leaving early drops the transaction, which rolls it back.
        match use_one(&mut write, used).await? {
            Used::Yes => {}
            other => return Ok(other),
        }
        sessions::open(&mut write, opening).await?;
        sqlx::query("INSERT INTO passkey_sessions (session_id, passkey_id) VALUES ($1, $2)")
            .bind(&opening.session.id)
            .bind(&used.passkey_id)
            .execute(&mut *write)
            .await?;
        write.commit().await?;
        Ok(Used::Yes)
    }

    async fn passkey_refused(&self, trace: &Trace) -> Result<()> {
        let mut write = self.write().await?;
        steps::record(&mut write, trace).await?;
        Ok(write.commit().await?)
    }

    async fn remove_passkey(&self, account_id: &str, id: &str, keep: &str, audit: &Entry) -> Result<bool> {
        if steps::is_no_id(id) {
            return Ok(false);
        }
        let mut write = self.write().await?;
        steps::hold_account(&mut write, account_id).await?;
        sqlx::query(
            "DELETE FROM sessions WHERE account_id = $1 AND id <> $2 AND id IN \
             (SELECT session_id FROM passkey_sessions WHERE passkey_id = $3)",
        )
        .bind(account_id)
        .bind(keep)
        .bind(id)
        .execute(&mut *write)
        .await?;
        let removed = sqlx::query("DELETE FROM passkeys WHERE account_id = $1 AND id = $2")
            .bind(account_id)
            .bind(id)
            .execute(&mut *write)
            .await?;
        if removed.rows_affected() == 0 {
            return Ok(false);
        }
        steps::audit(&mut write, audit).await?;
        write.commit().await?;
        Ok(true)
    }

    async fn disown(&self, account_id: &str, session_id: &str, since: i64, audit: &Entry) -> Result<bool> {
        if steps::is_no_id(account_id) || steps::is_no_id(session_id) {
            return Ok(false);
        }
        let mut write = self.write().await?;
        steps::hold_account(&mut write, account_id).await?;
        let ended = sqlx::query(
            "DELETE FROM sessions WHERE account_id = $1 AND (id = $2 OR id IN \
             (SELECT session_id FROM passkey_sessions JOIN passkeys ON passkeys.id = passkey_id \
             WHERE passkeys.account_id = $1 AND passkeys.created_at >= $3))",
        )
        .bind(account_id)
        .bind(session_id)
        .bind(since)
        .execute(&mut *write)
        .await?;
        let removed = remove_since(&mut write, account_id, since).await?;
        if ended.rows_affected() + removed == 0 {
            return Ok(false);
        }
        steps::audit(&mut write, audit).await?;
        write.commit().await?;
        Ok(true)
    }
}

/// Those that were added since then, of an account that is held; says how many.
pub(super) async fn remove_since(write: &mut Connection, account_id: &str, since: i64) -> Result<u64> {
    let removed = sqlx::query("DELETE FROM passkeys WHERE account_id = $1 AND created_at >= $2")
        .bind(account_id)
        .bind(since)
        .execute(write)
        .await?;
    Ok(removed.rows_affected())
}

/// One statement compares and counts: of two that say the same number, one is behind.
async fn use_one(write: &mut Connection, used: &PasskeyUse) -> Result<Used> {
    let done = sqlx::query(
        "UPDATE passkeys SET counter = $1, sealed = $2, last_used_at = $3 \
         WHERE id = $4 AND account_id = $5 AND (counter < $1 OR (counter = 0 AND $1 = 0))",
    )
    .bind(used.counter)
    .bind(&used.sealed)
    .bind(used.at)
    .bind(&used.passkey_id)
    .bind(&used.account_id)
    .execute(&mut *write)
    .await?;
    if done.rows_affected() == 1 {
        return Ok(Used::Yes);
    }
    let there: Option<String> =
        sqlx::query_scalar("SELECT id FROM passkeys WHERE id = $1 AND account_id = $2")
            .bind(&used.passkey_id)
            .bind(&used.account_id)
            .fetch_optional(write)
            .await?;
    Ok(if there.is_some() { Used::Behind } else { Used::Gone })
}

fn read(row: Row) -> std::result::Result<Passkey, StorageError> {
    Ok(Passkey {
        id: row.try_get("id")?,
        account_id: row.try_get("account_id")?,
        credential_hash: row.try_get("credential_hash")?,
        name: row.try_get("name")?,
        sealed: row.try_get("sealed")?,
        created_at: row.try_get("created_at")?,
        last_used_at: row.try_get("last_used_at")?,
    })
}
