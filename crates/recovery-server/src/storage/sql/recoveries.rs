use super::{Connection, Row, Store, steps};
use crate::storage::{
    Attempt, Checked, PasswordChange, Proof, Recoveries, Recovery, Result, Secret, StorageError, Trace,
};
use async_trait::async_trait;
use sqlx::Row as _;
use subtle::ConstantTimeEq as _;

/// By name, so that a statement that is prepared outlives columns that a newer node adds.
macro_rules! selected {
    ($rest:literal $(, $held:expr)?) => {
        concat!(
            "SELECT recoveries.id, recoveries.account_id, recoveries.name_sealed, recoveries.language, \
             recoveries.device, recoveries.network, recoveries.last_sent_at, recoveries.until ",
            $rest
            $(, $held)?
        )
    };
}

mailed!("recoveries", "recovery_secrets", "recovery_id");

#[async_trait]
impl Recoveries for Store {
    async fn open_recovery(
        &self,
        ticket_hash: &[u8],
        recovery: &Recovery,
        secret: &Secret,
        trace: &Trace,
    ) -> Result<()> {
        let mut write = self.write().await?;
        insert(&mut write, ticket_hash, recovery, secret).await?;
        steps::record(&mut write, trace).await?;
        Ok(write.commit().await?)
    }

    async fn recovery(&self, ticket_hash: &[u8], most_tries: u32, now: i64) -> Result<Option<Recovery>> {
        sqlx::query(selected!("FROM recoveries WHERE ticket_hash = $1 AND until > $2 AND wrong_tries < $3 AND verified_hash IS NULL"))
        .bind(ticket_hash)
        .bind(now)
        .bind(i64::from(most_tries))
        .fetch_optional(&self.pool)
        .await?
        .map(read)
        .transpose()
    }

    async fn add_secret(
        &self,
        id: &str,
        secret: &Secret,
        now: i64,
        not_since: i64,
        trace: &Trace,
    ) -> Result<bool> {
        let mut write = self.write().await?;
        if !may_send(&mut write, id, now, not_since).await? {
            return Ok(false);
        }
        insert_secret(&mut write, id, secret).await?;
        keep_newest(&mut write, id).await?;
        steps::record(&mut write, trace).await?;
        write.commit().await?;
        Ok(true)
    }

    async fn check(&self, attempt: &Attempt) -> Result<Checked> {
        let mut write = self.write().await?;
        let recovery = sqlx::query(concat!(
            "SELECT account_id, wrong_tries FROM recoveries \
             WHERE id = $1 AND until > $2 AND wrong_tries < $3 AND verified_hash IS NULL",
            held!()
        ))
        .bind(&attempt.id)
        .bind(attempt.now)
        .bind(i64::from(attempt.most_tries))
        .fetch_optional(&mut *write)
        .await?;
        let Some(recovery) = recovery else { return Ok(Checked::Over) };
        let account_id: Option<String> = recovery.try_get("account_id")?;
        let wrong_tries: i64 = recovery.try_get("wrong_tries")?;

        let proven = match &attempt.proof {
            Proof::Mailed { way, mac } => match compare(&mut write, attempt, way, mac).await? {
                Some(fits) => fits,
                None => return Ok(Checked::Over),
            },
            Proof::Saved { place, trace } => match (&account_id, place) {
                (Some(account), Some(place)) if attempt.may_pass => {
                    let crossed_off = steps::cross_off(&mut write, account, *place, attempt.now).await?;
                    if let (true, Some(trace)) = (crossed_off, trace) {
                        steps::record(&mut write, trace).await?;
                    }
                    crossed_off
                }
                _ => false,
            },
            Proof::Unreadable => false,
        };

        let passes = proven && attempt.may_pass && account_id.is_some();
        let answer = judge(&mut write, attempt, passes, wrong_tries).await?;
        write.commit().await?;
        Ok(answer)
    }

    async fn verified(&self, verified_hash: &[u8], now: i64) -> Result<Option<Recovery>> {
        sqlx::query(selected!("FROM recoveries WHERE verified_hash = $1 AND verified_until > $2"))
            .bind(verified_hash)
            .bind(now)
            .fetch_optional(&self.pool)
            .await?
            .map(read)
            .transpose()
    }

    async fn reset_password(
        &self,
        verified_hash: &[u8],
        change: &PasswordChange,
        known: &[u8],
    ) -> Result<Option<u64>> {
        let mut write = self.write().await?;
        steps::hold_account(&mut write, &change.account_id).await?;
        let spent = sqlx::query(
            "DELETE FROM recoveries WHERE verified_hash = $1 AND account_id = $2 AND verified_until > $3",
        )
        .bind(verified_hash)
        .bind(&change.account_id)
        .bind(change.now)
        .execute(&mut *write)
        .await?;
        if spent.rows_affected() == 0 {
            return Ok(None);
        }
        sqlx::query(
            "UPDATE accounts SET password_hash = $1, password_changed_at = $2, \
             password_version = password_version + 1 WHERE id = $3",
        )
        .bind(&change.new)
        .bind(change.now)
        .bind(&change.account_id)
        .execute(&mut *write)
        .await?;
        let ended = steps::end_everything(&mut write, &change.account_id, "").await?;
        steps::mark(&mut write, &change.account_id, known, change.now).await?;
        steps::record(&mut write, &change.trace).await?;
        write.commit().await?;
        Ok(Some(ended))
    }
}

pub(super) async fn insert(
    write: &mut Connection,
    ticket_hash: &[u8],
    recovery: &Recovery,
    secret: &Secret,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO recoveries (id, ticket_hash, account_id, name_sealed, language, device, network, \
         last_sent_at, until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(&recovery.id)
    .bind(ticket_hash)
    .bind(&recovery.account_id)
    .bind(&recovery.name_sealed)
    .bind(recovery.language.tag())
    .bind(&recovery.device)
    .bind(&recovery.network)
    .bind(recovery.last_sent_at)
    .bind(recovery.until)
    .execute(&mut *write)
    .await?;
    insert_secret(write, &recovery.id, secret).await
}

/// `None` when no mailed secret is alive; all of them are compared, in constant time.
async fn compare(write: &mut Connection, attempt: &Attempt, way: &str, mac: &[u8]) -> Result<Option<bool>> {
    let alive = sqlx::query("SELECT way, mac FROM recovery_secrets WHERE recovery_id = $1 AND until > $2")
        .bind(&attempt.id)
        .bind(attempt.now)
        .fetch_all(write)
        .await?;
    if alive.is_empty() {
        return Ok(None);
    }
    let mut fits = false;
    for row in alive {
        let stored: Vec<u8> = row.try_get("mac")?;
        let stored_way: String = row.try_get("way")?;
        fits |= bool::from(stored.ct_eq(mac)) && stored_way == way;
    }
    Ok(Some(fits))
}

async fn insert_secret(write: &mut Connection, recovery_id: &str, secret: &Secret) -> Result<()> {
    sqlx::query("INSERT INTO recovery_secrets (recovery_id, way, mac, until) VALUES ($1, $2, $3, $4)")
        .bind(recovery_id)
        .bind(secret.way)
        .bind(&secret.mac)
        .bind(secret.until)
        .execute(write)
        .await?;
    Ok(())
}

fn read(row: Row) -> Result<Recovery> {
    let language: String = row.try_get("language")?;
    Ok(Recovery {
        id: row.try_get("id")?,
        account_id: row.try_get("account_id")?,
        name_sealed: row.try_get("name_sealed")?,
        language: language.parse().map_err(|error: String| StorageError::Failed(error.into()))?,
        device: row.try_get("device")?,
        network: row.try_get("network")?,
        last_sent_at: row.try_get("last_sent_at")?,
        until: row.try_get("until")?,
    })
}
