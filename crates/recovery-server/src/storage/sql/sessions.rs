use super::{Connection, Row, Store, ledger, pairings, steps};
use crate::audit::Entry;
use crate::limits::Limit;
use crate::storage::{
    Factor, MadeBy, Opened, Opening, PasswordChange, Result, Rotation, Session, Sessions, SignInTicket,
    StorageError, Tokens,
};
use async_trait::async_trait;
use sqlx::Row as _;

/// By name, so that a statement that is prepared outlives columns that a newer node adds.
macro_rules! selected {
    ($rest:literal $(, $held:expr)?) => {
        concat!(
            "SELECT sessions.id, sessions.account_id, sessions.device, sessions.network, sessions.created_at, \
             sessions.last_used_at, sessions.ends_at, sessions.refresh_until, sessions.made_by, sessions.weak_until, \
             sessions.jkt ",
            $rest
            $(, $held)?
        )
    };
}

#[async_trait]
impl Sessions for Store {
    async fn open_session(&self, opening: &Opening) -> Result<Opened> {
        let mut write = self.write().await?;
        let opened = open(&mut write, opening).await?;
        write.commit().await?;
        Ok(opened)
    }

    async fn add_ticket(
        &self,
        hash: &[u8],
        ticket: &SignInTicket,
        password_version: i64,
        until: i64,
        forgives: &[Limit],
    ) -> Result<bool> {
        let mut write = self.write().await?;
        if steps::hold_account(&mut write, &ticket.account_id).await? != Some(password_version) {
            return Ok(false);
        }
        sqlx::query("INSERT INTO sign_in_tickets (hash, account_id, device, until) VALUES ($1, $2, $3, $4)")
            .bind(hash)
            .bind(&ticket.account_id)
            .bind(&ticket.device)
            .bind(until)
            .execute(&mut *write)
            .await?;
        ledger::forgive(&mut write, forgives).await?;
        write.commit().await?;
        Ok(true)
    }

    async fn ticket(&self, hash: &[u8], now: i64) -> Result<Option<SignInTicket>> {
        sqlx::query("SELECT account_id, device FROM sign_in_tickets WHERE hash = $1 AND until > $2")
            .bind(hash)
            .bind(now)
            .fetch_optional(&self.pool)
            .await?
            .map(|row| {
                Ok(SignInTicket { account_id: row.try_get("account_id")?, device: row.try_get("device")? })
            })
            .transpose()
    }

    async fn ticket_missed(&self, hash: &[u8], most: u32, audit: &Entry) -> Result<u32> {
        let mut write = self.write().await?;
        steps::audit(&mut write, audit).await?;
        let tries: Option<i64> = sqlx::query_scalar(
            "UPDATE sign_in_tickets SET wrong_tries = wrong_tries + 1 WHERE hash = $1 RETURNING wrong_tries",
        )
        .bind(hash)
        .fetch_optional(&mut *write)
        .await?;
        let left = tries.map_or(0, |tries| steps::left(most, tries));
        if left == 0 {
            sqlx::query("DELETE FROM sign_in_tickets WHERE hash = $1")
                .bind(hash)
                .execute(&mut *write)
                .await?;
        }
        write.commit().await?;
        Ok(left)
    }

    async fn pass_ticket(&self, hash: &[u8], factor: &Factor, opening: &Opening) -> Result<bool> {
        let mut write = self.write().await?;
        let now = opening.session.created_at;
        let account_id = &opening.session.account_id;
        // Leaving early drops the transaction, which rolls it back.
        if !steps::may_open(&mut write, opening).await? {
            return Ok(false);
        }
        let ticket =
            sqlx::query("DELETE FROM sign_in_tickets WHERE hash = $1 AND account_id = $2 AND until > $3")
                .bind(hash)
                .bind(account_id)
                .bind(now)
                .execute(&mut *write)
                .await?;
        if ticket.rows_affected() == 0 {
            return Ok(false);
        }
        if !steps::spend_factor(&mut write, account_id, factor, now).await? {
            return Ok(false);
        }
        open(&mut write, opening).await?;
        write.commit().await?;
        Ok(true)
    }

    async fn session(&self, access_hash: &[u8], now: i64) -> Result<Option<Session>> {
        sqlx::query(selected!("FROM sessions WHERE access_hash = $1 AND access_until > $2 AND ends_at > $3"))
            .bind(access_hash)
            .bind(now)
            .bind(now)
            .fetch_optional(&self.pool)
            .await?
            .map(read)
            .transpose()
    }

    async fn touch(&self, id: &str, now: i64, until: i64) -> Result<()> {
        sqlx::query(
            "UPDATE sessions SET last_used_at = $1, \
             access_until = CASE WHEN ends_at < $2 THEN ends_at ELSE $2 END, \
             refresh_until = CASE WHEN ends_at < $2 THEN ends_at ELSE $2 END WHERE id = $3",
        )
        .bind(now)
        .bind(until)
        .bind(id)
        .execute(&mut *self.writer().await?)
        .await?;
        Ok(())
    }

    async fn rotate(
        &self,
        refresh_hash: &[u8],
        jkt: Option<&str>,
        fresh: &Tokens,
        now: i64,
        reused: &Entry,
    ) -> Result<Rotation> {
        let mut write = self.write().await?;
        let id: Option<String> = sqlx::query_scalar("SELECT session_id FROM refresh_tokens WHERE hash = $1")
            .bind(refresh_hash)
            .fetch_optional(&mut *write)
            .await?;
        let Some(id) = id else { return Ok(Rotation::Unknown) };
        // The session first: of many with one token, each sees what the one before it left.
        let row = sqlx::query(selected!("FROM sessions WHERE id = $1", held!()))
            .bind(id)
            .fetch_optional(&mut *write)
            .await?;
        let Some(row) = row else { return Ok(Rotation::Unknown) };
        let refresh_until: i64 = row.try_get("refresh_until")?;
        let session = read(row)?;
        let used_at: Option<i64> = sqlx::query_scalar("SELECT used_at FROM refresh_tokens WHERE hash = $1")
            .bind(refresh_hash)
            .fetch_one(&mut *write)
            .await?;
        // Before anything else: who only saw the token must not be able to end the session with it.
        if session.jkt.is_some() && session.jkt.as_deref() != jkt {
            return Ok(Rotation::Unknown);
        }
        if used_at.is_some() {
            sqlx::query("DELETE FROM sessions WHERE id = $1").bind(&session.id).execute(&mut *write).await?;
            let entry = Entry { account_id: Some(session.account_id), ..reused.clone() };
            steps::audit(&mut write, &entry).await?;
            write.commit().await?;
            return Ok(Rotation::Reused);
        }
        if refresh_until <= now || session.ends_at <= now {
            return Ok(Rotation::Unknown);
        }
        sqlx::query("UPDATE refresh_tokens SET used_at = $1 WHERE hash = $2")
            .bind(now)
            .bind(refresh_hash)
            .execute(&mut *write)
            .await?;
        renew(&mut write, &session.id, fresh, now).await?;
        write.commit().await?;
        Ok(Rotation::Rotated(session))
    }

    async fn sessions(&self, account_id: &str, now: i64) -> Result<Vec<Session>> {
        sqlx::query(selected!(
            "FROM sessions WHERE account_id = $1 AND refresh_until > $2 AND ends_at > $3 \
             ORDER BY last_used_at DESC, created_at DESC, id"
        ))
        .bind(account_id)
        .bind(now)
        .bind(now)
        .fetch_all(&self.pool)
        .await?
        .into_iter()
        .map(read)
        .collect()
    }

    async fn end_session(&self, account_id: &str, id: &str, audit: &Entry) -> Result<bool> {
        if steps::is_no_id(id) {
            return Ok(false);
        }
        let mut write = self.write().await?;
        let ended = sqlx::query("DELETE FROM sessions WHERE account_id = $1 AND id = $2")
            .bind(account_id)
            .bind(id)
            .execute(&mut *write)
            .await?
            .rows_affected();
        if ended == 1 {
            steps::audit(&mut write, audit).await?;
        }
        write.commit().await?;
        Ok(ended == 1)
    }

    async fn end_other_sessions(&self, account_id: &str, keep: &str, audit: &Entry) -> Result<u64> {
        let mut write = self.write().await?;
        steps::hold_account(&mut write, account_id).await?;
        let ended = steps::end_sessions(&mut write, account_id, keep).await?;
        pairings::close_all(&mut write, account_id).await?;
        steps::audit(&mut write, audit).await?;
        write.commit().await?;
        Ok(ended)
    }

    async fn change_password(
        &self,
        change: &PasswordChange,
        keep: &str,
        fresh: &Tokens,
    ) -> Result<Option<u64>> {
        let mut write = self.write().await?;
        let changed = sqlx::query(
            "UPDATE accounts SET password_hash = $1, password_changed_at = $2, \
             password_version = password_version + 1 WHERE id = $3 AND password_hash = $4",
        )
        .bind(&change.new)
        .bind(change.now)
        .bind(&change.account_id)
        .bind(&change.old)
        .execute(&mut *write)
        .await?;
        sqlx::query(concat!("SELECT id FROM sessions WHERE id = $1", held!()))
            .bind(keep)
            .fetch_optional(&mut *write)
            .await?;
        let kept =
            sqlx::query("UPDATE refresh_tokens SET used_at = $1 WHERE session_id = $2 AND used_at IS NULL")
                .bind(change.now)
                .bind(keep)
                .execute(&mut *write)
                .await?;
        if changed.rows_affected() == 0 || kept.rows_affected() == 0 {
            return Ok(None);
        }
        renew(&mut write, keep, fresh, change.now).await?;
        let ended = steps::end_everything(&mut write, &change.account_id, keep).await?;
        steps::record(&mut write, &change.trace).await?;
        write.commit().await?;
        Ok(Some(ended))
    }
}

/// Holds the account as [`steps::may_open`] does; whoever has held it so before is not refused.
pub(super) async fn open(write: &mut Connection, opening: &Opening) -> Result<Opened> {
    let Opening { session, tokens, .. } = opening;
    let opened = sqlx::query(concat!(
        "INSERT INTO sessions (id, account_id, device, network, created_at, last_used_at, ends_at, refresh_until, \
         access_hash, access_until, made_by, weak_until, jkt) \
         SELECT $1, id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 \
         FROM accounts WHERE id = $2 AND password_version = $14 AND disabled_at IS NULL",
        held!()
    ))
    .bind(&session.id)
    .bind(&session.account_id)
    .bind(&session.device)
    .bind(&session.network)
    .bind(session.created_at)
    .bind(session.last_used_at)
    .bind(session.ends_at)
    .bind(tokens.refresh_until)
    .bind(&tokens.access_hash)
    .bind(tokens.access_until)
    .bind(session.made_by.name())
    .bind(session.weak_until)
    .bind(&session.jkt)
    .bind(opening.password_version)
    .execute(&mut *write)
    .await?;
    if opened.rows_affected() == 0 {
        return Ok(Opened::Refused);
    }
    add_refresh_token(write, &session.id, &tokens.refresh_hash).await?;
    ledger::forgive(write, &opening.forgives).await?;
    let is_new = match &opening.marks {
        Some(marks) => steps::mark_device(write, session, marks).await?,
        None => false,
    };
    if is_new {
        steps::record(write, &opening.trace).await?;
        Ok(Opened::New)
    } else {
        steps::audit(write, &opening.trace.audit).await?;
        Ok(Opened::Known)
    }
}

async fn renew(write: &mut Connection, id: &str, fresh: &Tokens, now: i64) -> Result<()> {
    sqlx::query(
        "UPDATE sessions SET access_hash = $1, \
         access_until = CASE WHEN ends_at < $2 THEN ends_at ELSE $2 END, \
         refresh_until = CASE WHEN ends_at < $3 THEN ends_at ELSE $3 END, last_used_at = $4 WHERE id = $5",
    )
    .bind(&fresh.access_hash)
    .bind(fresh.access_until)
    .bind(fresh.refresh_until)
    .bind(now)
    .bind(id)
    .execute(&mut *write)
    .await?;
    add_refresh_token(write, id, &fresh.refresh_hash).await
}

async fn add_refresh_token(write: &mut Connection, session_id: &str, hash: &[u8]) -> Result<()> {
    sqlx::query("INSERT INTO refresh_tokens (hash, session_id) VALUES ($1, $2)")
        .bind(hash)
        .bind(session_id)
        .execute(write)
        .await?;
    Ok(())
}

fn read(row: Row) -> Result<Session> {
    let made_by: String = row.try_get("made_by")?;
    let made_by = [MadeBy::Password, MadeBy::Pairing, MadeBy::Link, MadeBy::Passkey]
        .into_iter()
        .find(|one| one.name() == made_by)
        .ok_or_else(|| StorageError::Failed("a session made in an unknown way".into()))?;
    Ok(Session {
        id: row.try_get("id")?,
        account_id: row.try_get("account_id")?,
        device: row.try_get("device")?,
        network: row.try_get("network")?,
        created_at: row.try_get("created_at")?,
        last_used_at: row.try_get("last_used_at")?,
        ends_at: row.try_get("ends_at")?,
        made_by,
        weak_until: row.try_get("weak_until")?,
        jkt: row.try_get("jkt")?,
    })
}
