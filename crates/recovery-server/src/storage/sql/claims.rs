use super::{Connection, Row, Store, accounts, sessions, steps};
use crate::storage::{
    Attempt, Checked, Claim, Claims, Founded, Founding, Proof, Result, Secret, StorageError, Trace,
};
use async_trait::async_trait;
use sqlx::Row as _;
use subtle::ConstantTimeEq as _;

/// By name, so that a statement that is prepared outlives columns that a newer node adds.
macro_rules! selected {
    ($rest:literal) => {
        concat!(
            "SELECT id, account_id, address_sealed, person_sealed, taken, language, device, network, last_sent_at, \
             until FROM claims ",
            $rest
        )
    };
}

mailed!("claims", "claim_secrets", "claim_id");

#[async_trait]
impl Claims for Store {
    async fn open_claim(
        &self,
        ticket_hash: &[u8],
        claim: &Claim,
        secret: &Secret,
        trace: &Trace,
    ) -> Result<()> {
        let mut write = self.write().await?;
        sqlx::query(
            "INSERT INTO claims (id, ticket_hash, account_id, address_sealed, person_sealed, taken, language, device, \
             network, last_sent_at, until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(&claim.id)
        .bind(ticket_hash)
        .bind(&claim.account_id)
        .bind(&claim.address_sealed)
        .bind(&claim.person_sealed)
        .bind(i64::from(claim.taken))
        .bind(claim.language.tag())
        .bind(&claim.device)
        .bind(&claim.network)
        .bind(claim.last_sent_at)
        .bind(claim.until)
        .execute(&mut *write)
        .await?;
        insert_secret(&mut write, &claim.id, secret).await?;
        steps::record(&mut write, trace).await?;
        Ok(write.commit().await?)
    }

    async fn claim(
        &self,
        ticket_hash: &[u8],
        account_id: Option<&str>,
        most_tries: u32,
        now: i64,
    ) -> Result<Option<Claim>> {
        sqlx::query(selected!(
            "WHERE ticket_hash = $1 AND until > $2 AND wrong_tries < $3 AND verified_hash IS NULL \
             AND coalesce(account_id, '') = $4"
        ))
        .bind(ticket_hash)
        .bind(now)
        .bind(i64::from(most_tries))
        .bind(account_id.unwrap_or_default())
        .fetch_optional(&self.pool)
        .await?
        .map(read)
        .transpose()
    }

    async fn add_claim_secret(
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

    async fn check_claim(&self, attempt: &Attempt) -> Result<Checked> {
        let mut write = self.write().await?;
        let claim = sqlx::query(concat!(
            "SELECT taken, wrong_tries FROM claims \
             WHERE id = $1 AND until > $2 AND wrong_tries < $3 AND verified_hash IS NULL",
            held!()
        ))
        .bind(&attempt.id)
        .bind(attempt.now)
        .bind(i64::from(attempt.most_tries))
        .fetch_optional(&mut *write)
        .await?;
        let Some(claim) = claim else { return Ok(Checked::Over) };
        let taken: i64 = claim.try_get("taken")?;
        let wrong_tries: i64 = claim.try_get("wrong_tries")?;
        let fits = match &attempt.proof {
            Proof::Saved { .. } | Proof::Unreadable => false,
            Proof::Mailed { mac, .. } => match compare(&mut write, attempt, mac).await? {
                Some(fits) => fits,
                None => return Ok(Checked::Over),
            },
        };
        let passes = fits && attempt.may_pass && taken == 0;
        let answer = judge(&mut write, attempt, passes, wrong_tries).await?;
        write.commit().await?;
        Ok(answer)
    }

    async fn verified_claim(&self, verified_hash: &[u8], now: i64) -> Result<Option<Claim>> {
        sqlx::query(selected!("WHERE verified_hash = $1 AND verified_until > $2 AND account_id IS NULL"))
            .bind(verified_hash)
            .bind(now)
            .fetch_optional(&self.pool)
            .await?
            .map(read)
            .transpose()
    }

    async fn is_name_taken(&self, name: &str, account_id: Option<&str>, now: i64) -> Result<bool> {
        let taken = "SELECT 1 FROM names WHERE name = $1 AND \
                     (kept_until IS NULL OR (kept_until > $2 AND account_id <> $3))";
        let row = sqlx::query(taken)
            .bind(name)
            .bind(now)
            .bind(account_id.unwrap_or_default())
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.is_some())
    }

    async fn found(&self, founding: &Founding) -> Result<Founded> {
        let Founding { account, opening, .. } = founding;
        let now = opening.session.created_at;
        let mut write = self.write().await?;
        let spent = sqlx::query(
            "DELETE FROM claims WHERE verified_hash = $1 AND account_id IS NULL AND verified_until > $2",
        )
        .bind(&founding.verified_hash)
        .bind(now)
        .execute(&mut *write)
        .await?;
        if spent.rows_affected() == 0 {
            return Ok(Founded::Expired);
        }
        let mut names = vec![founding.name.clone(), founding.address_name.clone()];
        names.dedup();
        match accounts::insert(&mut write, account, &names, &founding.codes, now, Some(now)).await {
            Ok(()) => {}
            // What failed is rolled back with the rest; the claim lives on, for another name.
            Err(StorageError::NameTaken) => {
                write.rollback().await?;
                let address = self.is_name_taken(&founding.address_name, None, now).await?;
                return Ok(if address { Founded::AddressTaken } else { Founded::NameTaken });
            }
            Err(error) => return Err(error),
        }
        steps::audit(&mut write, &founding.audit).await?;
        sessions::open(&mut write, opening).await?;
        write.commit().await?;
        Ok(Founded::Yes)
    }
}

/// Spends a claim of the account, which is held, whose code was right; `false` if it was spent before.
pub(super) async fn spend(
    write: &mut Connection,
    verified_hash: &[u8],
    account_id: &str,
    now: i64,
) -> Result<bool> {
    let spent = sqlx::query(
        "DELETE FROM claims WHERE verified_hash = $1 AND account_id = $2 AND verified_until > $3",
    )
    .bind(verified_hash)
    .bind(account_id)
    .bind(now)
    .execute(write)
    .await?;
    Ok(spent.rows_affected() == 1)
}

/// `None` when no code is alive; all of them are compared, in constant time.
async fn compare(write: &mut Connection, attempt: &Attempt, mac: &[u8]) -> Result<Option<bool>> {
    let alive: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT mac FROM claim_secrets WHERE claim_id = $1 AND until > $2")
            .bind(&attempt.id)
            .bind(attempt.now)
            .fetch_all(write)
            .await?;
    let compared = alive.iter().map(|stored| bool::from(stored.ct_eq(mac)));
    Ok(compared.reduce(|one, other| one | other))
}

async fn insert_secret(write: &mut Connection, claim_id: &str, secret: &Secret) -> Result<()> {
    sqlx::query("INSERT INTO claim_secrets (claim_id, mac, until) VALUES ($1, $2, $3)")
        .bind(claim_id)
        .bind(&secret.mac)
        .bind(secret.until)
        .execute(write)
        .await?;
    Ok(())
}

fn read(row: Row) -> Result<Claim> {
    let language: String = row.try_get("language")?;
    let taken: i64 = row.try_get("taken")?;
    Ok(Claim {
        id: row.try_get("id")?,
        account_id: row.try_get("account_id")?,
        address_sealed: row.try_get("address_sealed")?,
        person_sealed: row.try_get("person_sealed")?,
        taken: taken != 0,
        language: language.parse().map_err(|error: String| StorageError::Failed(error.into()))?,
        device: row.try_get("device")?,
        network: row.try_get("network")?,
        last_sent_at: row.try_get("last_sent_at")?,
        until: row.try_get("until")?,
    })
}
