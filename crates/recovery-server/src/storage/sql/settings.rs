use super::{Connection, Row, Store, passkeys, recoveries, revocable, steps};
use crate::audit::Entry;
use crate::storage::{
    Address, Change, ChangeKind, Changed, Letters, Result, Revocation, Settings, SettingsChange,
    StorageError, Trace,
};
use async_trait::async_trait;
use sqlx::Row as _;

#[async_trait]
impl Settings for Store {
    async fn addresses(&self, account_id: &str) -> Result<Vec<Address>> {
        addresses(&mut *self.pool.acquire().await?, account_id).await
    }

    async fn changes(&self, account_id: &str, now: i64) -> Result<Vec<Change>> {
        sqlx::query(
            "SELECT id, kind, at, until FROM changes WHERE account_id = $1 AND until > $2 ORDER BY seq DESC",
        )
        .bind(account_id)
        .bind(now)
        .fetch_all(&self.pool)
        .await?
        .into_iter()
        .map(read_change)
        .collect()
    }

    async fn change(&self, account_id: &str, id: &str, now: i64) -> Result<Option<(Change, Vec<Address>)>> {
        let row = sqlx::query(
            "SELECT seq, id, kind, at, until FROM changes WHERE account_id = $1 AND id = $2 AND until > $3",
        )
        .bind(account_id)
        .bind(id)
        .bind(now)
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let seq: i64 = row.try_get("seq")?;
        let before = revocable::addresses_before(&mut *self.pool.acquire().await?, seq).await?;
        Ok(Some((read_change(row)?, before)))
    }

    async fn add_authenticator(
        &self,
        hash: &[u8],
        account_id: &str,
        password_version: i64,
        secret: &[u8],
        until: i64,
    ) -> Result<bool> {
        let mut write = self.write().await?;
        if steps::hold_account(&mut write, account_id).await? != Some(password_version) {
            return Ok(false);
        }
        sqlx::query("INSERT INTO authenticators (hash, account_id, secret, until) VALUES ($1, $2, $3, $4)")
            .bind(hash)
            .bind(account_id)
            .bind(secret)
            .bind(until)
            .execute(&mut *write)
            .await?;
        write.commit().await?;
        Ok(true)
    }

    async fn authenticator(&self, hash: &[u8], account_id: &str, now: i64) -> Result<Option<Vec<u8>>> {
        let found = "SELECT secret FROM authenticators WHERE hash = $1 AND account_id = $2 AND until > $3";
        Ok(sqlx::query_scalar(found).bind(hash).bind(account_id).bind(now).fetch_optional(&self.pool).await?)
    }

    async fn authenticator_missed(&self, hash: &[u8], most: u32, audit: &Entry) -> Result<u32> {
        let mut write = self.write().await?;
        steps::audit(&mut write, audit).await?;
        let tries: Option<i64> = sqlx::query_scalar(
            "UPDATE authenticators SET wrong_tries = wrong_tries + 1 WHERE hash = $1 RETURNING wrong_tries",
        )
        .bind(hash)
        .fetch_optional(&mut *write)
        .await?;
        let left = tries.map_or(0, |tries| steps::left(most, tries));
        if left == 0 {
            sqlx::query("DELETE FROM authenticators WHERE hash = $1").bind(hash).execute(&mut *write).await?;
        }
        write.commit().await?;
        Ok(left)
    }

    async fn change_settings(&self, change: &SettingsChange, letters: Letters<'_>) -> Result<Changed> {
        let mut write = self.write().await?;
        let Some(held) = revocable::hold(&mut write, &change.account_id).await? else {
            return Ok(Changed::SignedOut);
        };
        if held.password_version != change.password_version {
            return Ok(Changed::SignedOut);
        }
        let before = addresses(&mut write, &change.account_id).await?;
        let told = revocable::told(&mut write, &change.account_id, &before, change.now).await?;
        // Before anything is changed; leaving early drops the transaction, which rolls it back.
        let seq = revocable::remember(&mut write, change, &before, held.totp_secret.as_deref()).await?;
        let changed = match revocable::apply(&mut write, change, &held, before, seq).await {
            Err(StorageError::NameTaken) => Changed::Taken,
            other => other?,
        };
        if changed != Changed::Yes {
            return Ok(changed);
        }
        let trace = Trace { audit: change.audit.clone(), mail: letters(&told) };
        steps::record(&mut write, &trace).await?;
        write.commit().await?;
        Ok(Changed::Yes)
    }

    async fn revoke(&self, revocation: &Revocation, letters: Letters<'_>) -> Result<bool> {
        let Revocation { account_id, recovery, now, .. } = revocation;
        let mut write = self.write().await?;
        let Some(held) = revocable::hold(&mut write, account_id).await? else { return Ok(false) };
        let row = sqlx::query(
            "SELECT seq, at, totp_secret FROM changes WHERE account_id = $1 AND id = $2 AND until > $3",
        )
        .bind(account_id)
        .bind(&revocation.change_id)
        .bind(now)
        .fetch_optional(&mut *write)
        .await?;
        let Some(row) = row else { return Ok(false) };
        let (seq, at): (i64, i64) = (row.try_get("seq")?, row.try_get("at")?);
        let totp_secret: Option<Vec<u8>> = row.try_get("totp_secret")?;

        let before = revocable::addresses_before(&mut write, seq).await?;
        revocable::put_back_addresses(&mut write, account_id, &held, &before, *now).await?;
        revocable::put_back_codes(&mut write, account_id, seq).await?;
        sqlx::query(
            "UPDATE accounts SET totp_secret = $1, password_hash = $2, password_changed_at = $3, \
             password_version = password_version + 1 WHERE id = $4",
        )
        .bind(totp_secret)
        .bind(&revocation.password_hash)
        .bind(now)
        .bind(account_id)
        .execute(&mut *write)
        .await?;
        sqlx::query("DELETE FROM changes WHERE account_id = $1 AND seq >= $2")
            .bind(account_id)
            .bind(seq)
            .execute(&mut *write)
            .await?;
        // Devices that came with the change are strangers again.
        sqlx::query("DELETE FROM known WHERE account_id = $1 AND first_seen >= $2")
            .bind(account_id)
            .bind(at)
            .execute(&mut *write)
            .await?;
        steps::end_everything(&mut write, account_id, "").await?;
        passkeys::remove_since(&mut write, account_id, at).await?;
        recoveries::insert(&mut write, &revocation.ticket_hash, recovery, &revocation.secret).await?;
        let told = revocable::told(&mut write, account_id, &before, *now).await?;
        let trace = Trace { audit: revocation.audit.clone(), mail: letters(&told) };
        steps::record(&mut write, &trace).await?;
        write.commit().await?;
        Ok(true)
    }

    async fn note_bounce(&self, address: &str, at: i64) -> Result<u64> {
        let noted = sqlx::query("UPDATE addresses SET bounced_at = $1 WHERE address = $2")
            .bind(at)
            .bind(address)
            .execute(&mut *self.writer().await?)
            .await?;
        Ok(noted.rows_affected())
    }
}

pub(super) async fn addresses(connection: &mut Connection, account_id: &str) -> Result<Vec<Address>> {
    let rows = sqlx::query(
        "SELECT id, address, added_at, confirmed_at, bounced_at FROM addresses WHERE account_id = $1 ORDER BY place",
    )
    .bind(account_id)
    .fetch_all(&mut *connection)
    .await?;
    if rows.is_empty() {
        // A node of the version before has added the account.
        let row = sqlx::query("SELECT id, address, created_at AS added_at FROM accounts WHERE id = $1")
            .bind(account_id)
            .fetch_optional(connection)
            .await?;
        let made_up = |row: Row| {
            let (id, address) = (row.try_get("id")?, row.try_get("address")?);
            let added_at = row.try_get("added_at")?;
            Ok(Address { id, address, added_at, confirmed_at: None, bounced_at: None })
        };
        return row.into_iter().map(made_up).collect();
    }
    rows.into_iter().map(read_address).collect()
}

pub(super) fn read_address(row: Row) -> Result<Address> {
    Ok(Address {
        id: row.try_get("id")?,
        address: row.try_get("address")?,
        added_at: row.try_get("added_at")?,
        confirmed_at: row.try_get("confirmed_at")?,
        bounced_at: row.try_get("bounced_at")?,
    })
}

fn read_change(row: Row) -> Result<Change> {
    let kind: String = row.try_get("kind")?;
    let kind = ChangeKind::ALL
        .into_iter()
        .find(|one| one.name() == kind)
        .ok_or_else(|| StorageError::Failed("a change of an unknown kind".into()))?;
    Ok(Change { id: row.try_get("id")?, kind, at: row.try_get("at")?, until: row.try_get("until")? })
}
