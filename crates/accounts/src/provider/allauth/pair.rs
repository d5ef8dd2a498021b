//! Signing in by a phone: its OpenID Connect provider, whose tokens say who somebody is and open nothing else.

use url::Url;

use super::*;
use crate::provider::Paired;
use crate::provider::dpop::ProofKey;
use crate::provider::pairing::{Arrival, CLIENT, Grant, Pair, Places};

const SCOPE: &str = "openid email";

/// Where its calls are.
#[derive(Clone)]
pub(super) struct Oidc {
    api: Api,
    authorization: Url,
    token: Url,
    userinfo: Url,
    /// A site of its own making may have none.
    revocation: Option<Url>,
}

/// Asks for the provider; `None` where there is none that pairs, or none of this site's own.
pub(super) async fn discover(api: &Api) -> Result<Option<Oidc>> {
    let url = api.desk.url(".well-known/openid-configuration")?;
    let reply = api.send(Call::get(url).within(FIND), None).await?;
    match reply.status {
        200 => Ok(reply.json().ok().and_then(|discovered| oidc(api, discovered))),
        500.. => Err(reply.broken_promise()),
        _ => Ok(None),
    }
}

/// Tokens are sent to these addresses: none may be at another origin than the one that the person chose.
fn oidc(api: &Api, discovered: wire::Discovered) -> Option<Oidc> {
    let own = |url: String| {
        let url = Url::parse(&url).ok()?;
        (url.origin() == api.desk.base.origin()).then_some(url)
    };
    Some(Oidc {
        api: api.clone(),
        authorization: own(discovered.device_authorization_endpoint?)?,
        token: own(discovered.token_endpoint)?,
        userinfo: own(discovered.userinfo_endpoint)?,
        revocation: match discovered.revocation_endpoint {
            Some(url) => Some(own(url)?),
            None => None,
        },
    })
}

impl Oidc {
    pub async fn pair(self) -> Result<(Box<dyn Exchange>, Challenge)> {
        let places = Places {
            authorization: self.authorization.clone(),
            token: self.token.clone(),
            confirmation: None,
            cancellation: None,
            scope: SCOPE,
            bound: None,
            json: false,
            agent: None,
        };
        let (pair, challenge) = Pair::begin(self.api.desk.clone(), places, Arc::new(self)).await?;
        Ok((Box::new(pair), challenge))
    }

    /// Whether the session still says who somebody is; renewed where it had run out.
    pub async fn check(&self, session: &mut Session, identity: wire::Identity) -> Result<()> {
        let mut reply = self.ask(&identity).await?;
        if reply.status == 401 {
            let renewed = self.renew(identity).await?;
            // The old ones are dead: these are kept whatever comes next.
            *session = api::session_of_phone(renewed.clone(), session.address.clone())?;
            reply = self.ask(&renewed).await?;
        }
        match reply.status {
            401 => Err(ErrorKind::SignedOut.into()),
            200 => {
                let person: wire::Person = reply.json()?;
                if let Some(address) = person.address()
                    && session.address.as_ref() != Some(&address)
                {
                    *session = Session::of(session.state().clone(), Some(address));
                }
                Ok(())
            }
            _ => Err(failure(&reply)),
        }
    }

    /// Ends both tokens: each stands for itself there.
    pub async fn revoke(&self, identity: &wire::Identity) -> Result<()> {
        let Some(url) = &self.revocation else { return Ok(()) };
        // The one that lasts first.
        for token in identity.refresh.iter().chain([&identity.access]) {
            let fields = [("token", token.as_str()), ("client_id", CLIENT)];
            let reply = self.api.send(Call::post_form(url.clone(), &fields), None).await?;
            if !reply.is_success() {
                return Err(failure(&reply));
            }
        }
        Ok(())
    }

    async fn ask(&self, identity: &wire::Identity) -> Result<Reply> {
        let access = Secret::new(identity.access.as_str());
        self.api.send(Call::get(self.userinfo.clone()).bearer(&access), None).await
    }

    async fn renew(&self, identity: wire::Identity) -> Result<wire::Identity> {
        let Some(old) = identity.refresh else { return Err(ErrorKind::SignedOut.into()) };
        let fields =
            [("grant_type", "refresh_token"), ("refresh_token", old.as_str()), ("client_id", CLIENT)];
        let reply = self.api.send(Call::post_form(self.token.clone(), &fields), None).await?;
        match reply.status {
            200 => {
                let renewed: wire::Renewed = reply.json()?;
                let refresh = renewed.refresh_token.or(Some(old));
                Ok(wire::Identity { access: renewed.access_token, refresh })
            }
            // The token has gone, or this site renews none.
            400 | 401 => Err(ErrorKind::SignedOut.into()),
            _ => Err(failure(&reply)),
        }
    }
}

#[async_trait]
impl Arrival for Oidc {
    async fn arrive(&self, grant: &Grant, _: Option<&ProofKey>) -> Result<(Session, Paired)> {
        let identity = wire::Identity {
            access: grant.access.expose().to_owned(),
            refresh: grant.refresh.as_ref().map(|refresh| refresh.expose().to_owned()),
        };
        let reply = self.ask(&identity).await?;
        let person: wire::Person = match reply.status {
            200 => reply.json()?,
            429 => return Err(failure(&reply)),
            _ => return Err(reply.broken_promise()),
        };
        let address = person.address();
        let session = api::session_of_phone(identity, address.clone())?;
        let paired = Paired {
            identifier: address.or(person.preferred_username).unwrap_or(person.sub),
            mailbox: session.mailbox.clone(),
            reach: Reach::IdentityOnly,
            weak_until: None,
        };
        Ok((session, paired))
    }

    async fn leave(&self, session: Session) {
        let Some(identity) = api::identity(&session) else { return };
        if let Err(error) = self.revoke(&identity).await {
            tracing::warn!(%error, "what a phone gave and nobody wanted could not be ended");
        }
    }
}
