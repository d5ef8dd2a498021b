use super::{Connection, Db, Row, Store, Write, hold_keys, sessions, steps};
use crate::audit::Entry;
use crate::storage::pairings::Poll;
use crate::storage::{
    Codes, Confirmed, Direction, Opening, Pairing, PairingKey, PairingState, Pairings, Polled, Result, Scan,
    Seen, StorageError, Trace,
};
use async_trait::async_trait;
use sqlx::{QueryBuilder, Row as _};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Seconds that an interval grows by, for good (RFC 8628 section 3.5).
const SLOWER: i64 = 5;

/// By name, so that a statement that is prepared outlives columns that a newer node adds.
macro_rules! selected {
    ($rest:literal $(, $held:expr)?) => {
        concat!(
            "SELECT pairings.id, pairings.direction, pairings.state, pairings.handle, pairings.jkt, \
             pairings.device, pairings.network, pairings.line_mac, pairings.owner_session, \
             pairings.account_id, pairings.holder, pairings.phone_device, pairings.phone_network, \
             pairings.scanned_at, pairings.created_at, pairings.until, pairings.poll_interval, \
             pairings.polled_at, pairings.session_id, pairings.device_code_hash ",
            $rest
            $(, $held)?
        )
    };
}

#[async_trait]
impl Pairings for Store {
    async fn see(&self, seen: &Seen) -> Result<bool> {
        let mut write = self.write().await?;
        let fresh = see(&mut write, seen).await?;
        write.commit().await?;
        Ok(fresh)
    }

    async fn add_pairing(
        &self,
        pairing: &Pairing,
        codes: &Codes,
        most: u32,
        audit: &Entry,
    ) -> Result<Option<i64>> {
        let mut write = self.write().await?;
        hold_keys(&mut write, &[&pairing.line_mac]).await?;
        let ends: Vec<i64> = sqlx::query_scalar(
            "SELECT until FROM pairings WHERE line_mac = $1 AND until > $2 AND direction = $3 \
             AND state IN ('pending', 'scanned', 'confirmed', 'approved') ORDER BY until",
        )
        .bind(&pairing.line_mac)
        .bind(pairing.created_at)
        .bind(pairing.direction.name())
        .fetch_all(&mut *write)
        .await?;
        if let (Some(first), true) = (ends.first(), ends.len() >= most as usize) {
            return Ok(Some(first - pairing.created_at));
        }
        sqlx::query(
            "INSERT INTO pairings (id, direction, state, handle, user_code_mac, device_code_hash, jkt, device, network, \
             line_mac, owner_session, account_id, created_at, until, poll_interval) \
             VALUES ($1, $2, 'pending', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        )
        .bind(&pairing.id)
        .bind(pairing.direction.name())
        .bind(&pairing.handle)
        .bind(&codes.user_code_mac)
        .bind(&codes.device_code_hash)
        .bind(&pairing.jkt)
        .bind(&pairing.device)
        .bind(&pairing.network)
        .bind(&pairing.line_mac)
        .bind(&pairing.owner_session)
        .bind(&pairing.account_id)
        .bind(pairing.created_at)
        .bind(pairing.until)
        .bind(pairing.interval)
        .execute(&mut *write)
        .await?;
        steps::audit(&mut write, audit).await?;
        write.commit().await?;
        Ok(None)
    }

    async fn pairing(&self, key: PairingKey<'_>, now: i64) -> Result<Option<Pairing>> {
        let query = match key {
            PairingKey::Id(id) if steps::is_no_id(id) => return Ok(None),
            PairingKey::Id(id) => sqlx::query(selected!("FROM pairings WHERE id = $1")).bind(id),
            PairingKey::Handle(handle) => {
                sqlx::query(selected!("FROM pairings WHERE handle = $1")).bind(handle)
            }
            PairingKey::DeviceCode(hash) => {
                sqlx::query(selected!("FROM pairings WHERE device_code_hash = $1")).bind(hash)
            }
            PairingKey::UserCode(mac) => {
                sqlx::query(selected!("FROM pairings WHERE user_code_mac = $1")).bind(mac)
            }
        };
        query.fetch_optional(&self.pool).await?.map(|row| read(row, now)).transpose()
    }

    async fn pairings(&self, account_id: &str, now: i64) -> Result<Vec<Pairing>> {
        sqlx::query(selected!(
            "FROM pairings LEFT JOIN sessions ON sessions.id = pairings.session_id \
             WHERE pairings.account_id = $1 AND (\
             (pairings.state IN ('pending', 'scanned', 'confirmed', 'approved') AND pairings.until > $2) OR \
             (pairings.state = 'consumed' AND sessions.ends_at > $3 AND sessions.refresh_until > $4)) \
             ORDER BY pairings.created_at DESC, pairings.id"
        ))
        .bind(account_id)
        .bind(now)
        .bind(now)
        .bind(now)
        .fetch_all(&self.pool)
        .await?
        .into_iter()
        .map(|row| read(row, now))
        .collect()
    }

    async fn poll(&self, device_code_hash: &[u8], jkt: &str, seen: &Seen, now: i64) -> Result<Polled> {
        let device_code_hash = device_code_hash.to_vec();
        let poll = Poll { device_code_hash, jkt: jkt.to_owned(), seen: seen.clone(), now };
        let all = |polls: Vec<Poll>| {
            let store = self.clone();
            async move { answer_polls(&store, &polls).await }
        };
        self.polls.write(poll, all).await
    }

    async fn scan(
        &self,
        id: &str,
        account_id: Option<&str>,
        scan: &Scan,
        until: i64,
        audit: &Entry,
    ) -> Result<bool> {
        let mut write = self.write().await?;
        let moved = sqlx::query(
            "UPDATE pairings SET state = 'scanned', account_id = coalesce(account_id, $1), holder = $2, \
             phone_device = $3, phone_network = $4, scanned_at = $5, until = $6 \
             WHERE id = $7 AND state = 'pending' AND until > $8",
        )
        .bind(account_id)
        .bind(&scan.holder)
        .bind(&scan.phone_device)
        .bind(&scan.phone_network)
        .bind(scan.at)
        .bind(until)
        .bind(id)
        .bind(scan.at)
        .execute(&mut *write)
        .await?;
        kept(write, moved.rows_affected(), audit).await
    }

    async fn confirm(
        &self,
        id: &str,
        right: bool,
        most: u32,
        now: i64,
        passed: &Entry,
        missed: &Entry,
    ) -> Result<Confirmed> {
        let mut write = self.write().await?;
        // One statement decides and counts: of many at once, each is compared with what the last left.
        let row = sqlx::query(
            "UPDATE pairings SET wrong_tries = wrong_tries + $1, state = CASE \
             WHEN $1 = 0 THEN 'confirmed' WHEN wrong_tries + 1 >= $2 THEN 'denied' ELSE state END \
             WHERE id = $3 AND state = 'scanned' AND until > $4 RETURNING wrong_tries, until",
        )
        .bind(i64::from(!right))
        .bind(i64::from(most))
        .bind(id)
        .bind(now)
        .fetch_optional(&mut *write)
        .await?;
        let Some(row) = row else {
            let row =
                sqlx::query(selected!("FROM pairings WHERE id = $1")).bind(id).fetch_one(&mut *write).await?;
            return Ok(Confirmed::No(read(row, now)?.state));
        };
        steps::audit(&mut write, if right { passed } else { missed }).await?;
        write.commit().await?;
        if right {
            return Ok(Confirmed::Yes { until: row.try_get("until")? });
        }
        Ok(Confirmed::Wrong { left: steps::left(most, row.try_get("wrong_tries")?) })
    }

    async fn approve(&self, id: &str, holder: &[u8], now: i64, until: i64, audit: &Entry) -> Result<bool> {
        let mut write = self.write().await?;
        let moved = sqlx::query(
            "UPDATE pairings SET state = 'approved', until = CASE WHEN until < $1 THEN $1 ELSE until END \
             WHERE id = $2 AND state = 'confirmed' AND holder = $3 AND until > $4",
        )
        .bind(until)
        .bind(id)
        .bind(holder)
        .bind(now)
        .execute(&mut *write)
        .await?;
        kept(write, moved.rows_affected(), audit).await
    }

    async fn close_pairing(&self, id: &str, to: PairingState, now: i64, audit: &Entry) -> Result<bool> {
        let mut write = self.write().await?;
        let moved = sqlx::query(
            "UPDATE pairings SET state = $1 WHERE id = $2 AND until > $3 \
             AND state IN ('pending', 'scanned', 'confirmed', 'approved')",
        )
        .bind(to.name())
        .bind(id)
        .bind(now)
        .execute(&mut *write)
        .await?;
        kept(write, moved.rows_affected(), audit).await
    }

    async fn consume(&self, id: &str, opening: &Opening, trace: &Trace) -> Result<bool> {
        let mut write = self.write().await?;
        let session = &opening.session;
        if !steps::may_open(&mut write, opening).await? {
            return Ok(false);
        }
        let moved = sqlx::query(
            "UPDATE pairings SET state = 'consumed', session_id = $1 \
             WHERE id = $2 AND state = 'approved' AND account_id = $3 AND until > $4",
        )
        .bind(&session.id)
        .bind(id)
        .bind(&session.account_id)
        .bind(session.created_at)
        .execute(&mut *write)
        .await?;
        if moved.rows_affected() == 0 {
            return Ok(false);
        }
        sessions::open(&mut write, opening).await?;
        steps::record(&mut write, trace).await?;
        write.commit().await?;
        Ok(true)
    }
}

/// Thousands of computers may wait, and each poll is written before it is answered: so those that come at once are written
/// at once.
async fn answer_polls(store: &Store, polls: &[Poll]) -> Vec<Result<Polled>> {
    match write_polls(store, polls).await {
        Ok(polled) => polled.into_iter().map(Ok).collect(),
        Err(StorageError::Unavailable(why)) => {
            let why = why.to_string();
            polls.iter().map(|_| Err(StorageError::Unavailable(why.as_str().into()))).collect()
        }
        Err(error) if polls.len() == 1 => vec![Err(error)],
        // One of them may be at fault, and the others are not.
        Err(_) => {
            let mut each = Vec::new();
            for poll in polls {
                let alone = write_polls(store, std::slice::from_ref(poll)).await;
                each.push(alone.map(|mut only| only.pop().unwrap_or(Polled::Unknown)));
            }
            each
        }
    }
}

/// Each as if those before it had been written already.
async fn write_polls(store: &Store, polls: &[Poll]) -> Result<Vec<Polled>> {
    // Statements as long as there are polls are not worth keeping.
    let keep = polls.len() == 1;
    let mut write = store.write().await?;
    let mut select = QueryBuilder::<Db>::new(selected!("FROM pairings WHERE device_code_hash IN ("));
    let mut hashes = select.separated(", ");
    for poll in polls {
        hashes.push_bind(poll.device_code_hash.clone());
    }
    // In one order, so that nodes never wait for each other in a circle.
    select.push(concat!(") ORDER BY pairings.id", held!()));
    let mut found = HashMap::new();
    for row in select.build().persistent(keep).fetch_all(&mut *write).await? {
        let (hash, polled_at): (Vec<u8>, Option<i64>) =
            (row.try_get("device_code_hash")?, row.try_get("polled_at")?);
        // Whether it has ended is told at each poll's own time.
        found.insert(hash, (read(row, i64::MIN)?, polled_at));
    }
    let is_known = |poll: &&Poll| {
        let pairing = found.get(&poll.device_code_hash);
        pairing.is_some_and(|(pairing, _)| pairing.jkt.as_deref() == Some(poll.jkt.as_str()))
    };
    let known: Vec<&Poll> = polls.iter().filter(is_known).collect();
    if known.is_empty() {
        return Ok(polls.iter().map(|_| Polled::Unknown).collect());
    }
    let mut insert = QueryBuilder::<Db>::new("INSERT INTO dpop_seen (proof, until) ");
    insert.push_values(&known, |mut row, poll| {
        row.push_bind(poll.seen.proof.clone()).push_bind(poll.seen.until);
    });
    insert.push(" ON CONFLICT DO NOTHING RETURNING proof");
    let fresh = insert.build_query_scalar().persistent(keep).fetch_all(&mut *write).await?;
    let mut fresh: HashSet<Vec<u8>> = fresh.into_iter().collect();

    let mut polled = Vec::with_capacity(polls.len());
    let mut counted = BTreeMap::new();
    for poll in polls {
        let pairing = found.get_mut(&poll.device_code_hash);
        let pairing = pairing.filter(|(pairing, _)| pairing.jkt.as_deref() == Some(poll.jkt.as_str()));
        let Some((pairing, polled_at)) = pairing else {
            polled.push(Polled::Unknown);
            continue;
        };
        if !fresh.remove(&poll.seen.proof) {
            polled.push(Polled::Replayed);
            continue;
        }
        let mut now = pairing.clone();
        now.state = state_at(now.state, now.until, poll.now);
        let waits =
            matches!(now.state, PairingState::Pending | PairingState::Scanned | PairingState::Confirmed);
        let too_soon = waits && polled_at.is_some_and(|at| poll.now < at + now.interval);
        if too_soon {
            now.interval += SLOWER;
        }
        (pairing.interval, *polled_at) = (now.interval, Some(poll.now));
        counted.insert(now.id.clone(), (poll.now, now.interval));
        polled.push(Polled::Found { pairing: Box::new(now), too_soon });
    }
    if !counted.is_empty() {
        let mut update = QueryBuilder::<Db>::new(
            "UPDATE pairings SET polled_at = new.column2, poll_interval = new.column3 FROM (",
        );
        update.push_values(counted, |mut row, (id, (at, interval))| {
            row.push_bind(id).push_bind(at).push_bind(interval);
        });
        update.push(") AS new WHERE pairings.id = new.column1");
        update.build().persistent(keep).execute(&mut *write).await?;
    }
    write.commit().await?;
    Ok(polled)
}

fn state_at(state: PairingState, until: i64, now: i64) -> PairingState {
    if state.is_open() && until <= now { PairingState::Expired } else { state }
}

/// Writes down a move that happened; one that did not is rolled back with its transaction.
async fn kept(mut write: Write, moved: u64, audit: &Entry) -> Result<bool> {
    if moved == 0 {
        return Ok(false);
    }
    steps::audit(&mut write, audit).await?;
    write.commit().await?;
    Ok(true)
}

/// Ends what the account has open: its sessions are ending, and these would become new ones.
pub(super) async fn close_all(connection: &mut Connection, account_id: &str) -> Result<()> {
    sqlx::query(
        "UPDATE pairings SET state = 'denied' WHERE account_id = $1 \
         AND state IN ('pending', 'scanned', 'confirmed', 'approved')",
    )
    .bind(account_id)
    .execute(connection)
    .await?;
    Ok(())
}

async fn see(connection: &mut Connection, seen: &Seen) -> Result<bool> {
    let done = sqlx::query("INSERT INTO dpop_seen (proof, until) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(&seen.proof)
        .bind(seen.until)
        .execute(connection)
        .await?;
    Ok(done.rows_affected() == 1)
}

fn read(row: Row, now: i64) -> Result<Pairing> {
    let (direction, state): (String, String) = (row.try_get("direction")?, row.try_get("state")?);
    let odd = |what: &str| StorageError::Failed(format!("a pairing with an unknown {what}").into());
    let direction = [Direction::Computer, Direction::Phone]
        .into_iter()
        .find(|one| one.name() == direction)
        .ok_or_else(|| odd("direction"))?;
    let state = PairingState::ALL.into_iter().find(|one| one.name() == state).ok_or_else(|| odd("state"))?;
    let until: i64 = row.try_get("until")?;
    let holder: Option<Vec<u8>> = row.try_get("holder")?;
    let scan = match holder {
        None => None,
        Some(holder) => Some(Scan {
            holder,
            phone_device: row.try_get("phone_device")?,
            phone_network: row.try_get("phone_network")?,
            at: row.try_get("scanned_at")?,
        }),
    };
    Ok(Pairing {
        id: row.try_get("id")?,
        direction,
        state: state_at(state, until, now),
        handle: row.try_get("handle")?,
        jkt: row.try_get("jkt")?,
        device: row.try_get("device")?,
        network: row.try_get("network")?,
        line_mac: row.try_get("line_mac")?,
        owner_session: row.try_get("owner_session")?,
        account_id: row.try_get("account_id")?,
        scan,
        created_at: row.try_get("created_at")?,
        until,
        interval: row.try_get("poll_interval")?,
        session_id: row.try_get("session_id")?,
    })
}
