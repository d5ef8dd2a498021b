//! The list of sessions, and ending them.

use std::time::{SystemTime, UNIX_EPOCH};

use super::sign_in::{Entry, enter};
use super::*;

pub(super) async fn list(desk: &Desk, session: &Session) -> Result<Vec<Device>> {
    let own = token(session)?;
    // The list has tokens without their signature.
    let own = own.expose().split('.').next().unwrap_or_default();
    let devices = lines(desk, session).await?.into_iter().map(|line| {
        Ok(Device {
            current: line.token == own,
            id: line.id,
            name: line.user_agent.unwrap_or_default(),
            last_used: Some(moment(&line.updated_at).ok_or(ErrorKind::Protocol)?),
            network: line.ip_address.filter(|address| !address.is_empty()),
        })
    });
    devices.collect()
}

pub(super) async fn end(
    desk: &Desk,
    session: &mut Session,
    which: Which,
    proof: Option<&Secret>,
) -> Result<Option<u32>> {
    match which {
        // It says yes to everyone: a session that has ended is out as well.
        Which::This => settled(post(desk, "sign-out", json!({}), session).await?).map(|()| None),
        Which::AllOthers => {
            settled(post(desk, "revoke-other-sessions", json!({}), session).await?).map(|()| None)
        }
        Which::One(id) => {
            let lines = match lines(desk, session).await {
                Err(error) if error.kind() == ErrorKind::ProveAgain => {
                    renew(desk, session, proof.ok_or(error)?).await?;
                    lines(desk, session).await?
                }
                lines => lines?,
            };
            let Some(line) = lines.into_iter().find(|line| line.id == id) else { return Ok(Some(0)) };
            settled(post(desk, "revoke-session", json!({ "token": line.token }), session).await?)?;
            Ok(Some(1))
        }
    }
}

async fn lines(desk: &Desk, session: &Session) -> Result<Vec<wire::SessionInfo>> {
    let reply = get(desk, "list-sessions", session).await?;
    success(&reply)?.json()
}

fn settled(reply: Reply) -> Result<()> {
    if success(&reply)?.json::<wire::Done>()?.success { Ok(()) } else { Err(reply.broken_promise()) }
}

/// Puts a new session in the place of one that is too old to be shown the list: a day after signing in, by default.
async fn renew(desk: &Desk, session: &mut Session, password: &Secret) -> Result<()> {
    let address = session.address.clone().ok_or(ErrorKind::ProveAgain)?;
    match enter(desk, &address, password).await? {
        Entry::In(fresh) => {
            let old = std::mem::replace(session, fresh);
            settled(post(desk, "sign-out", json!({}), &old).await?)
        }
        Entry::WrongPassword => Err(ErrorKind::ProveAgain.into()),
        // Here is nobody to type a code: signing in anew is the way.
        Entry::Second(_) => Err(ErrorKind::Unsupported.into()),
    }
}

/// A moment as JavaScript writes it: `2026-11-24T17:42:50.253Z`.
fn moment(text: &str) -> Option<SystemTime> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let (hms, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(hms, ':')?;
    let sound = (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    if !sound {
        return None;
    }
    // Days of the proleptic Gregorian calendar, with years that begin in March.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468;
    let milliseconds: u64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second;
    Some(UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_millis(milliseconds))
}

fn numbers(text: &str, between: char) -> Option<[u64; 3]> {
    let numbers: Option<Vec<u64>> = text.split(between).map(|number| number.parse().ok()).collect();
    numbers?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read() {
        for (text, milliseconds) in [
            ("1970-01-01T00:00:00.000Z", 0),
            ("2000-02-29T12:00:00.000Z", 951_825_600_000),
            ("2026-11-24T17:42:50.253Z", 1_795_542_170_253),
            ("2026-11-24T17:42:50Z", 1_795_542_170_000),
            ("2026-11-24T17:42:50.2Z", 1_795_542_170_200),
        ] {
            let read = moment(text).map(|at| at.duration_since(UNIX_EPOCH).unwrap().as_millis());
            assert_eq!(read, Some(milliseconds), "{text}");
        }
        for text in
            ["", "2026-11-24", "2026-13-24T17:42:50Z", "2026-11-24T17:42:50+01:00", "0000-01-01T00:00:00Z"]
        {
            assert_eq!(moment(text), None, "{text}");
        }
    }
}
