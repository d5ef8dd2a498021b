//! The computer's side of pairing: a device grant (RFC 8628) whose every call is signed (RFC 9449).

pub(super) mod device;
pub(super) mod token;
mod wire;

pub(super) use wire::{Form, OAuthError};

use super::proof::{Refused, Unspent};
use crate::storage::{Pairing, PairingKey};
use crate::{App, token as tokens};
use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use serde::Serialize;
use utoipa::ToSchema;

/// The one client: it is public, so this is its name and no secret.
const CLIENT: &str = "regain-desktop";
const SCOPE: &str = "account";
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Authorization server metadata (RFC 8414 section 2), with two members of our own.
#[derive(Serialize, ToSchema)]
pub(super) struct Metadata {
    issuer: String,
    token_endpoint: String,
    device_authorization_endpoint: String,
    response_types_supported: [&'static str; 0],
    grant_types_supported: [&'static str; 1],
    token_endpoint_auth_methods_supported: [&'static str; 1],
    dpop_signing_alg_values_supported: [&'static str; 1],
    scopes_supported: [&'static str; 1],
    /// The code from the phone goes here.
    pairing_confirmation_endpoint: String,
    pairing_cancellation_endpoint: String,
}

/// What this server can do for clients that know OAuth.
#[utoipa::path(get, path = "/.well-known/oauth-authorization-server", responses((status = 200, body = Metadata)))]
pub(super) async fn metadata(State(app): State<App>) -> Json<Metadata> {
    let at = |path: &str| format!("{}{path}", app.config().public_url);
    Json(Metadata {
        issuer: at("").trim_end_matches('/').to_owned(),
        token_endpoint: at("oauth/token"),
        device_authorization_endpoint: at("oauth/device_authorization"),
        response_types_supported: [],
        grant_types_supported: [DEVICE_CODE],
        token_endpoint_auth_methods_supported: ["none"],
        dpop_signing_alg_values_supported: ["ES256"],
        scopes_supported: [SCOPE],
        pairing_confirmation_endpoint: at("oauth/device/confirm"),
        pairing_cancellation_endpoint: at("oauth/device/cancel"),
    })
}

/// The proof that every one of these calls needs.
pub(super) struct Proved(Unspent);

impl FromRequestParts<App> for Proved {
    type Rejection = OAuthError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, OAuthError> {
        match Unspent::check(app, parts, None) {
            Ok(proof) => Ok(Self(proof)),
            Err(Refused::Bad) => Err(OAuthError::new("invalid_dpop_proof")),
            Err(Refused::Nonce) => Err(OAuthError::new("use_dpop_nonce")),
        }
    }
}

impl Proved {
    async fn spend(&self, app: &App) -> Result<(), OAuthError> {
        match self.0.spend(app).await? {
            true => Ok(()),
            false => Err(OAuthError::new("invalid_dpop_proof")),
        }
    }

    /// The pairing behind the code, for the key that began it; only then is the proof spent.
    async fn pairing(&self, app: &App, device_code: &str) -> Result<Pairing, OAuthError> {
        let hash = tokens::hash(device_code);
        let pairing = app.storage().pairing(PairingKey::DeviceCode(&hash), app.clock().now()).await?;
        let pairing = pairing
            .filter(|pairing| pairing.jkt.as_deref() == Some(self.0.jkt.as_str()))
            .ok_or_else(|| OAuthError::new("invalid_grant"))?;
        self.spend(app).await?;
        Ok(pairing)
    }
}

fn is_known(client: &str) -> bool {
    client == CLIENT
}
