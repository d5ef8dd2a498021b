use super::device::qr;
use super::{DEVICE_CODE, Form, OAuthError, Proved, SCOPE, is_known};
use crate::api::extract::Caller;
use crate::api::not_me;
use crate::api::sessions::ACCESS_LIFE;
use crate::api::sign_in::{AccountInfo, Start, open};
use crate::audit::{Event, Step};
use crate::storage::{Direction, MadeBy, Pairing, PairingState, Polled};
use crate::{App, token};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

#[derive(Deserialize, ToSchema)]
pub(in crate::api) struct TokenAsk {
    /// `urn:ietf:params:oauth:grant-type:device_code`
    grant_type: String,
    client_id: Option<String>,
    #[schema(value_type = Option<String>)]
    device_code: Option<Zeroizing<String>>,
}

/// RFC 6749 section 5.1 and RFC 9449 section 5, and who it is.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct TokenAnswer {
    access_token: String,
    /// `DPoP`
    token_type: &'static str,
    expires_in: i64,
    /// Works once; using it again ends the session.
    refresh_token: String,
    scope: &'static str,
    refresh_expires_in: i64,
    session_id: String,
    /// Until then (Unix seconds) this session may not change the password.
    weak_until: i64,
    account: AccountInfo,
}

/// Ask whether the phone has let this computer in.
#[utoipa::path(post, path = "/oauth/token",
    params(("DPoP" = String, Header, description = "a proof by the key that began the pairing")),
    request_body(content = TokenAsk, content_type = "application/x-www-form-urlencoded"), responses(
    (status = 200, body = TokenAnswer),
    (status = 400, description = "`authorization_pending`, `slow_down`, `access_denied`, `expired_token`, `invalid_grant`, …",
        body = OAuthError),
    (status = 401, description = "`invalid_client`", body = OAuthError),
    (status = 429, description = "`temporarily_unavailable`", body = OAuthError),
))]
pub(in crate::api) async fn token(
    State(app): State<App>,
    caller: Caller,
    proof: Proved,
    Form(ask): Form<TokenAsk>,
) -> Result<Json<TokenAnswer>, OAuthError> {
    if ask.grant_type != DEVICE_CODE {
        return Err(OAuthError::new("unsupported_grant_type"));
    }
    let missing = || OAuthError::new("invalid_request");
    if !is_known(&ask.client_id.ok_or_else(missing)?) {
        return Err(OAuthError::invalid_client());
    }
    let hash = token::hash(&ask.device_code.ok_or_else(missing)?);
    let now = app.clock().now();
    let pairing = match app.storage().poll(&hash, &proof.0.jkt, &proof.0.seen, now).await? {
        Polled::Replayed => return Err(OAuthError::new("invalid_dpop_proof")),
        Polled::Unknown => return Err(counted(&app, &caller, OAuthError::new("invalid_grant")).await?),
        Polled::Found { pairing, too_soon: true } => {
            let slower =
                OAuthError { interval: Some(pairing.interval), ..waiting(&app, &pairing, "slow_down", now) };
            return Err(counted(&app, &caller, slower).await?);
        }
        Polled::Found { pairing, too_soon: false } => *pairing,
    };
    match pairing.state {
        PairingState::Pending | PairingState::Scanned | PairingState::Confirmed => {
            Err(waiting(&app, &pairing, "authorization_pending", now))
        }
        PairingState::Denied | PairingState::Cancelled => Err(OAuthError::new("access_denied")),
        PairingState::Expired => Err(OAuthError::new("expired_token")),
        PairingState::Consumed => Err(counted(&app, &caller, OAuthError::new("invalid_grant")).await?),
        PairingState::Approved => consume(&app, &caller, &pairing).await.map(Json),
    }
}

fn waiting(app: &App, pairing: &Pairing, error: &'static str, now: i64) -> OAuthError {
    let qr = (pairing.state == PairingState::Pending).then(|| qr(app, pairing, now));
    let (verification_uri_complete, qr_expires_in) = qr.unzip();
    OAuthError {
        pairing_state: Some(pairing.state.name()),
        expires_in: Some(pairing.until - now),
        verification_uri_complete,
        qr_expires_in,
        ..OAuthError::new(error)
    }
}

/// Only what a well-behaved computer does not do is counted: its polls cost one write each.
async fn counted(app: &App, caller: &Caller, error: OAuthError) -> Result<OAuthError, OAuthError> {
    let limit = [app.limits().odd_polls_from(&caller.line)];
    Ok(app.storage().take(&limit, app.clock().now()).await?.map_or(error, OAuthError::too_often))
}

async fn consume(app: &App, caller: &Caller, pairing: &Pairing) -> Result<TokenAnswer, OAuthError> {
    let gone = || OAuthError::new("invalid_grant");
    let account_id = pairing.account_id.as_deref().ok_or_else(gone)?;
    let account = app.storage().account(account_id).await?.ok_or_else(gone)?;
    let start = Start { jkt: pairing.jkt.clone(), ..Start::new(pairing.device.clone(), MadeBy::Pairing) };
    let (opening, signed) = open(app, &account, start, caller);
    let audit = app.entry(Event::Pairing(Step::Consumed), "ok", Some(account_id), caller.network.as_deref());
    let trace = not_me::notice(app, &account, &opening.session, audit);
    if !app.storage().consume(&pairing.id, &opening, &trace).await? {
        // Cancelled, denied or fetched at the same moment: the next poll says which.
        return Err(gone());
    }
    app.meters().pairing(Direction::Computer, Step::Consumed);
    app.bell().ring();
    let tokens = signed.session;
    Ok(TokenAnswer {
        access_token: tokens.access_token,
        token_type: "DPoP",
        expires_in: ACCESS_LIFE,
        refresh_token: tokens.refresh_token,
        scope: SCOPE,
        refresh_expires_in: tokens.refresh_expires_in,
        session_id: tokens.id,
        weak_until: opening.session.weak_until,
        account: signed.account,
    })
}
