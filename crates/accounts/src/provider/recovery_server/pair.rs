//! Signing in by a phone: the device authorization grant, with a code that is typed here.

use std::sync::Arc;

use super::*;
use crate::provider::pairing::{Arrival, Grant, Pair, Places};
use crate::provider::{Paired, Reach};

pub(super) async fn begin(line: Line) -> Result<(Box<dyn Exchange>, Challenge)> {
    let url = |path: &str| line.desk.url(path);
    let places = Places {
        authorization: url("oauth/device_authorization")?,
        token: url("oauth/token")?,
        confirmation: Some(url("oauth/device/confirm")?),
        cancellation: Some(url("oauth/device/cancel")?),
        scope: "account",
        bound: Some(line.nonce.clone()),
        json: false,
        agent: None,
    };
    let (pair, challenge) = Pair::begin(line.desk.clone(), places, Arc::new(line)).await?;
    Ok((Box::new(pair), challenge))
}

#[async_trait]
impl Arrival for Line {
    async fn arrive(&self, grant: &Grant, key: Option<&ProofKey>) -> Result<(Session, Paired)> {
        let (Some(account), Some(refresh), Some(key)) = (&grant.account, &grant.refresh, key) else {
            return Err(ErrorKind::Protocol.into());
        };
        // A token that is not bound to the key would open everything to whoever reads it.
        if !grant.kind.eq_ignore_ascii_case("dpop") {
            return Err(ErrorKind::Protocol.into());
        }
        let tokens = wire::SessionGrant {
            access_token: grant.access.expose().to_owned(),
            refresh_token: refresh.expose().to_owned(),
        };
        let info = wire::AccountInfo { sent_to: account.sent_to.clone() };
        let paired = Paired {
            identifier: account.identifier.clone(),
            mailbox: account.sent_to.clone(),
            reach: Reach::Full,
            weak_until: grant
                .weak_until
                .map(|until| UNIX_EPOCH + Duration::from_secs(until.min(u64::from(u32::MAX)))),
        };
        Ok((session_of(tokens, info, Some(key))?, paired))
    }

    async fn leave(&self, mut session: Session) {
        let Ok(url) = self.desk.url("v1/session") else { return };
        if let Err(error) = signed_in(self, &mut session, || Call::delete(url.clone())).await {
            tracing::warn!(%error, "a session that was not wanted could not be ended");
        }
    }
}
