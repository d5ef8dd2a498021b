//! Signing in by a phone: its device authorization plugin, whose token is a whole session.

use super::*;
use crate::provider::Paired;
use crate::provider::dpop::ProofKey;
use crate::provider::pairing::{Arrival, Grant, Pair, Places};

/// Whether its host has put the plugin in.
pub(super) async fn offered(desk: &Desk) -> bool {
    let Ok(url) = url(desk, "device/token") else { return false };
    // A question that can only be refused: where the plugin is, it says so in its own words.
    let reply = desk.http.send(Call::post(url, json!({})).within(PATIENCE)).await;
    reply.is_ok_and(|reply| reply.status == 400)
}

pub(super) async fn begin(desk: Desk) -> Result<(Box<dyn Exchange>, Challenge)> {
    let places = Places {
        authorization: url(&desk, "device/code")?,
        token: url(&desk, "device/token")?,
        confirmation: None,
        cancellation: None,
        scope: "",
        bound: None,
        json: true,
        agent: Some(desk.device.clone()).filter(|name| is_sound(name)),
    };
    let (pair, challenge) = Pair::begin(desk.clone(), places, Arc::new(Counter(desk))).await?;
    Ok((Box::new(pair), challenge))
}

struct Counter(Desk);

#[async_trait]
impl Arrival for Counter {
    async fn arrive(&self, grant: &Grant, _: Option<&ProofKey>) -> Result<(Session, Paired)> {
        let state = wire::SessionState { token: grant.access.expose().to_owned() };
        let state = serde_json::to_string(&state).map_err(|_| Error::from(ErrorKind::Bug))?;
        let session = Session::of(Secret::new(state), None);
        let reply = get(&self.0, "get-session", &session).await?;
        // Without its bearer plugin the token opens nothing.
        let here = success(&reply)?.json::<Option<wire::Here>>()?.ok_or(ErrorKind::Unsupported)?;
        let session = Session::of(session.state().clone(), Some(here.user.email.clone()));
        let paired = Paired {
            mailbox: session.mailbox.clone(),
            identifier: here.user.email,
            reach: Reach::Full,
            weak_until: None,
        };
        Ok((session, paired))
    }

    async fn leave(&self, session: Session) {
        if let Err(error) = post(&self.0, "sign-out", json!({}), &session).await {
            tracing::warn!(%error, "a session that was not wanted could not be ended");
        }
    }
}
