//! The link in the mail about a device that another one let in.

use super::sign_in::notices;
use crate::App;
use crate::audit::Entry;
use crate::mail::Matter;
use crate::storage::{Account, MadeBy, Session, Trace};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;

/// Seconds the link works (7 days).
const LIFE: i64 = 7 * 86_400;

/// The letters to the owner of `account` about `session`, in one trace with `audit`.
pub(super) fn notice(app: &App, account: &Account, session: &Session, audit: Entry) -> Trace {
    let now = session.created_at;
    let token = write(app, LABEL, &account.id, &session.id, now);
    let matter = match session.made_by {
        MadeBy::Link => Matter::NewPhone { token },
        _ => Matter::NewComputer { token },
    };
    let mail = notices(app, account, now, &session.device, session.network.as_deref(), &matter);
    Trace { audit, mail }
}

/// Apart from other links.
const LABEL: &str = "not me";

/// What the link would end, and whose it is.
pub(super) struct Target {
    pub(super) account_id: String,
    /// Of the session, or of what else the link is about.
    pub(super) id: String,
    /// When it began.
    pub(super) at: i64,
}

/// `None` for a link that is not ours, or older than it may be.
pub(super) fn read(app: &App, token: &str) -> Option<Target> {
    read_as(app, LABEL, token)
}

/// Account and what it is about by name, the time, and a keyed hash over them: nothing has to be stored.
pub(super) fn write(app: &App, label: &str, account_id: &str, id: &str, now: i64) -> String {
    let said = format!("{account_id}.{id}.{now}");
    format!("{said}.{}", URL_SAFE_NO_PAD.encode(mac(app, label, &said)))
}

/// As [`read`], of links that are written with `label`.
pub(super) fn read_as(app: &App, label: &str, token: &str) -> Option<Target> {
    let (said, hash) = token.rsplit_once('.')?;
    let hash = URL_SAFE_NO_PAD.decode(hash).ok()?;
    if !bool::from(hash.as_slice().ct_eq(&mac(app, label, said))) {
        return None;
    }
    let mut parts = said.split('.');
    let (account_id, id, at) = (parts.next()?, parts.next()?, parts.next()?.parse::<i64>().ok()?);
    (app.clock().now() < at + LIFE).then(|| Target {
        account_id: account_id.to_owned(),
        id: id.to_owned(),
        at,
    })
}

fn mac(app: &App, label: &str, said: &str) -> [u8; 16] {
    let mut short = [0; 16];
    short.copy_from_slice(&app.pepper().mac(label, &[said.as_bytes()])[..16]);
    short
}
