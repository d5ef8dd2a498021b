use super::{Connection, Row, Store, steps};
use crate::audit::Entry;
use crate::storage::{Account, Accounts, Known, Marks, MarksOf, Result, SavedCode, StorageError};
use async_trait::async_trait;
use sqlx::Row as _;

/// By name, so that a statement that is prepared outlives columns that a newer node adds.
macro_rules! selected {
    ($rest:literal $(, $held:expr)?) => {
        concat!(
            "SELECT accounts.id, accounts.identifier, accounts.address, accounts.person, accounts.language, \
             accounts.password_hash, accounts.password_version, accounts.totp_secret, (SELECT addresses.address \
             FROM addresses WHERE addresses.account_id = accounts.id AND addresses.place = 1) AS second_address ",
            $rest
            $(, $held)?
        )
    };
}

#[async_trait]
impl Accounts for Store {
    async fn add_account(
        &self,
        account: &Account,
        names: &[String],
        codes: &[String],
        now: i64,
        audit: &Entry,
    ) -> Result<()> {
        let mut write = self.write().await?;
        insert(&mut write, account, names, codes, now, None).await?;
        steps::audit(&mut write, audit).await?;
        Ok(write.commit().await?)
    }

    async fn account(&self, id: &str) -> Result<Option<Account>> {
        sqlx::query(selected!("FROM accounts WHERE id = $1 AND disabled_at IS NULL"))
            .bind(id)
            .fetch_optional(&self.pool)
            .await?
            .map(read)
            .transpose()
    }

    async fn account_by_name(&self, name: &str) -> Result<Option<Account>> {
        by_name(&mut *self.pool.acquire().await?, name).await
    }

    async fn disable(&self, name: &str, at: Option<i64>, audit: &Entry) -> Result<Option<String>> {
        let mut write = self.write().await?;
        let id: Option<String> =
            sqlx::query_scalar("SELECT account_id FROM names WHERE name = $1 AND kept_until IS NULL")
                .bind(name)
                .fetch_optional(&mut *write)
                .await?;
        let Some(id) = id else { return Ok(None) };
        sqlx::query("UPDATE accounts SET disabled_at = $1 WHERE id = $2")
            .bind(at)
            .bind(&id)
            .execute(&mut *write)
            .await?;
        if at.is_some() {
            steps::end_everything(&mut write, &id, "").await?;
        }
        steps::audit(&mut write, &Entry { account_id: Some(id.clone()), ..audit.clone() }).await?;
        write.commit().await?;
        Ok(Some(id))
    }

    async fn rehash(&self, id: &str, old: &str, new: &str) -> Result<()> {
        sqlx::query("UPDATE accounts SET password_hash = $1 WHERE id = $2 AND password_hash = $3")
            .bind(new)
            .bind(id)
            .bind(old)
            .execute(&mut *self.writer().await?)
            .await?;
        Ok(())
    }

    async fn recovery_codes(&self, id: &str) -> Result<Vec<SavedCode>> {
        let rows = sqlx::query(
            "SELECT place, hash FROM recovery_codes WHERE account_id = $1 AND used_at IS NULL ORDER BY place",
        )
        .bind(id)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|row| Ok(SavedCode { place: row.try_get("place")?, hash: row.try_get("hash")? }))
            .collect()
    }

    async fn account_and_marks(&self, name: &str, marks: &MarksOf<'_>) -> Result<(Option<Account>, Known)> {
        // Where the attempt is counted next, with all of this at hand: another connection would read it from the file.
        let mut connection = self.writer().await?;
        let account = by_name(&mut connection, name).await?;
        let id = account.as_ref().map_or("", |account| account.id.as_str());
        let Marks { device, network } = marks(id);
        let known = sqlx::query(
            "SELECT EXISTS (SELECT 1 FROM known WHERE account_id = $1 AND mark = $2), \
             EXISTS (SELECT 1 FROM known WHERE account_id = $1 AND mark = $3)",
        )
        .bind(id)
        .bind(device)
        .bind(network)
        .fetch_one(&mut *connection)
        .await?;
        let known = Known { device: known.try_get(0)?, network: known.try_get(1)? };
        Ok((account, known))
    }
}

async fn by_name(connection: &mut Connection, name: &str) -> Result<Option<Account>> {
    sqlx::query(selected!(
        "FROM names JOIN accounts ON accounts.id = names.account_id WHERE names.name = $1 AND names.kept_until IS NULL \
         AND accounts.disabled_at IS NULL"
    ))
    .bind(name)
    .fetch_optional(connection)
    .await?
    .map(read)
    .transpose()
}

/// The account with its first address, which was confirmed at `confirmed_at` or is the operator's word.
pub(super) async fn insert(
    write: &mut Connection,
    account: &Account,
    names: &[String],
    codes: &[String],
    now: i64,
    confirmed_at: Option<i64>,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO accounts (id, identifier, address, person, language, password_hash, totp_secret, \
         created_at, password_changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(&account.id)
    .bind(&account.identifier)
    .bind(&account.address)
    .bind(&account.person)
    .bind(account.language.tag())
    .bind(&account.password_hash)
    .bind(&account.totp_secret)
    .bind(now)
    .bind(now)
    .execute(&mut *write)
    .await?;
    // In one order for all: of two who want the same names, the second is refused, and neither waits for the other.
    let mut names: Vec<&String> = names.iter().collect();
    names.sort_unstable();
    for name in names {
        claim_name(write, name, &account.id, now).await?;
    }
    sqlx::query(
        "INSERT INTO addresses (id, account_id, place, address, added_at, confirmed_at) VALUES ($1, $1, 0, $2, $3, $4)",
    )
    .bind(&account.id)
    .bind(&account.address)
    .bind(now)
    .bind(confirmed_at)
    .execute(&mut *write)
    .await?;
    insert_codes(write, &account.id, 0, codes).await
}

/// Makes a name the account's own; a name that somebody has is [`StorageError::NameTaken`].
pub(super) async fn claim_name(write: &mut Connection, name: &str, account_id: &str, now: i64) -> Result<()> {
    sqlx::query(
        "DELETE FROM names WHERE name = $1 AND kept_until IS NOT NULL AND (kept_until <= $2 OR account_id = $3)",
    )
    .bind(name)
    .bind(now)
    .bind(account_id)
    .execute(&mut *write)
    .await?;
    sqlx::query("INSERT INTO names (name, account_id) VALUES ($1, $2)")
        .bind(name)
        .bind(account_id)
        .execute(write)
        .await?;
    Ok(())
}

/// A list of saved codes, from place `first` on.
pub(super) async fn insert_codes(
    write: &mut Connection,
    account_id: &str,
    first: i64,
    codes: &[String],
) -> Result<()> {
    for (place, hash) in (first..).zip(codes) {
        sqlx::query("INSERT INTO recovery_codes (account_id, place, hash) VALUES ($1, $2, $3)")
            .bind(account_id)
            .bind(place)
            .bind(hash)
            .execute(&mut *write)
            .await?;
    }
    Ok(())
}

fn read(row: Row) -> Result<Account> {
    let language: String = row.try_get("language")?;
    Ok(Account {
        id: row.try_get("id")?,
        identifier: row.try_get("identifier")?,
        address: row.try_get("address")?,
        second_address: row.try_get("second_address")?,
        person: row.try_get("person")?,
        language: language.parse().map_err(|error: String| StorageError::Failed(error.into()))?,
        password_hash: row.try_get("password_hash")?,
        password_version: row.try_get("password_version")?,
        totp_secret: row.try_get("totp_secret")?,
    })
}
