use super::{Form, OAuthError, Proved, SCOPE, is_known};
use crate::api::extract::{Caller, device, line_mac};
use crate::audit::{Event, Step};
use crate::meters::WrongCode;
use crate::pairing::{self, Pointer};
use crate::storage::{Codes, Confirmed, Direction, Pairing, PairingState};
use crate::{App, token};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use utoipa::ToSchema;
use zeroize::Zeroizing;

#[derive(Deserialize, ToSchema)]
pub(in crate::api) struct DeviceAsk {
    client_id: String,
    /// `account`, or nothing.
    scope: Option<String>,
    /// What the computer calls itself, such as "Regain on Linux"; cut to 80 characters.
    device: Option<String>,
}

/// RFC 8628 section 3.2.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct DeviceAnswer {
    #[schema(value_type = String)]
    device_code: Zeroizing<String>,
    #[schema(examples("BCDFG-HJKLM"))]
    user_code: String,
    verification_uri: String,
    /// What the QR code says; each poll brings the newest one.
    verification_uri_complete: String,
    expires_in: i64,
    interval: i64,
    qr_expires_in: i64,
}

/// A computer asks to be let in by a phone.
#[utoipa::path(post, path = "/oauth/device_authorization",
    params(("DPoP" = String, Header, description = "a proof (RFC 9449)")),
    request_body(content = DeviceAsk, content_type = "application/x-www-form-urlencoded"), responses(
    (status = 200, body = DeviceAnswer),
    (status = 400, body = OAuthError),
    (status = 401, description = "`invalid_client`", body = OAuthError),
    (status = 429, description = "`temporarily_unavailable`: five are open from this address", body = OAuthError),
))]
pub(in crate::api) async fn authorize(
    State(app): State<App>,
    caller: Caller,
    proof: Proved,
    Form(ask): Form<DeviceAsk>,
) -> Result<Json<DeviceAnswer>, OAuthError> {
    if !is_known(&ask.client_id) {
        return Err(OAuthError::invalid_client());
    }
    if ask.scope.is_some_and(|scope| scope != SCOPE) {
        return Err(OAuthError::new("invalid_scope"));
    }
    let now = app.clock().now();
    if let Some(wait) = app.storage().take(&[app.limits().pairings_from(&caller.line)], now).await? {
        return Err(OAuthError::too_often(wait));
    }
    proof.spend(&app).await?;

    let device_code = Zeroizing::new(token::opaque(app.random()));
    let user_code = pairing::user_code(app.random());
    let pairing = Pairing {
        id: token::id(app.random()),
        direction: Direction::Computer,
        state: PairingState::Pending,
        handle: pairing::new_handle(app.random()),
        jkt: Some(proof.0.jkt),
        device: device(ask.device.as_deref().unwrap_or_default()),
        network: caller.network.clone(),
        line_mac: line_mac(&app, &caller),
        owner_session: None,
        account_id: None,
        scan: None,
        created_at: now,
        until: now + pairing::LIFE,
        interval: pairing::INTERVAL,
        session_id: None,
    };
    let codes = Codes {
        device_code_hash: Some(token::hash(&device_code)),
        user_code_mac: pairing::user_code_mac(app.pepper(), &user_code),
    };
    let audit = app.entry(Event::Pairing(Step::Asked), "ok", None, caller.network.as_deref());
    if let Some(wait) = app.storage().add_pairing(&pairing, &codes, pairing::OPEN_PER_LINE, &audit).await? {
        return Err(OAuthError::too_often(wait));
    }
    app.meters().pairing(Direction::Computer, Step::Asked);
    let (verification_uri_complete, qr_expires_in) = qr(&app, &pairing, now);
    Ok(Json(DeviceAnswer {
        device_code,
        user_code,
        verification_uri: format!("{}device", app.config().public_url),
        verification_uri_complete,
        expires_in: pairing::LIFE,
        interval: pairing::INTERVAL,
        qr_expires_in,
    }))
}

/// What the QR code says now, and for how many seconds it works.
pub(super) fn qr(app: &App, pairing: &Pairing, now: i64) -> (String, i64) {
    let (pointer, works_in) = Pointer::current(pairing, now);
    (format!("{}device?q={}", app.config().public_url, pointer.write(app.pepper())), works_in)
}

#[derive(Deserialize, ToSchema)]
pub(in crate::api) struct ConfirmAsk {
    client_id: String,
    #[schema(value_type = String)]
    device_code: Zeroizing<String>,
    /// The six digits that the phone shows, typed by the person at the computer.
    #[schema(value_type = String)]
    code: Zeroizing<String>,
}

#[derive(Serialize, ToSchema)]
pub(in crate::api) struct ConfirmAnswer {
    /// `confirmed`
    pairing_state: &'static str,
    expires_in: i64,
}

/// Show that phone and computer are in the same hands.
#[utoipa::path(post, path = "/oauth/device/confirm",
    params(("DPoP" = String, Header, description = "a proof by the key that began the pairing")),
    request_body(content = ConfirmAsk, content_type = "application/x-www-form-urlencoded"), responses(
    (status = 200, body = ConfirmAnswer),
    (status = 400, description = "`wrong_code`, `access_denied` at the third, `authorization_pending` before the scan, \
        `expired_token`, `invalid_grant`", body = OAuthError),
    (status = 401, description = "`invalid_client`", body = OAuthError),
))]
pub(in crate::api) async fn confirm(
    State(app): State<App>,
    caller: Caller,
    proof: Proved,
    Form(ask): Form<ConfirmAsk>,
) -> Result<Json<ConfirmAnswer>, OAuthError> {
    if !is_known(&ask.client_id) {
        return Err(OAuthError::invalid_client());
    }
    let typed =
        token::read_code(&ask.code, pairing::DIGITS).ok_or_else(|| OAuthError::new("invalid_request"))?;
    let pairing = proof.pairing(&app, &ask.device_code).await?;
    let now = app.clock().now();
    let right = match pairing.scan {
        Some(_) => {
            bool::from(typed.as_bytes().ct_eq(pairing::confirmation_code(app.pepper(), &pairing).as_bytes()))
        }
        None => false,
    };
    let entry = |step, result| {
        app.entry(Event::Pairing(step), result, pairing.account_id.as_deref(), caller.network.as_deref())
    };
    let (passed, missed) = (entry(Step::Confirmed, "ok"), entry(Step::WrongCode, "wrong"));
    let confirmed = app.storage().confirm(&pairing.id, right, pairing::TRIES, now, &passed, &missed).await?;
    if matches!(confirmed, Confirmed::Wrong { .. }) {
        app.meters().pairing(Direction::Computer, Step::WrongCode);
        app.meters().wrong_code(WrongCode::Pairing);
    }
    match confirmed {
        Confirmed::Yes { until } => {
            app.meters().pairing(Direction::Computer, Step::Confirmed);
            Ok(Json(ConfirmAnswer { pairing_state: PairingState::Confirmed.name(), expires_in: until - now }))
        }
        Confirmed::Wrong { left: 0 } => Err(OAuthError::new("access_denied")),
        Confirmed::Wrong { left } => {
            Err(OAuthError { tries_left: Some(left), ..OAuthError::new("wrong_code") })
        }
        // The answer to the first time may have been lost.
        Confirmed::No(PairingState::Confirmed | PairingState::Approved) if right => Ok(Json(ConfirmAnswer {
            pairing_state: PairingState::Confirmed.name(),
            expires_in: pairing.until - now,
        })),
        Confirmed::No(state) => Err(OAuthError::new(match state {
            PairingState::Pending => "authorization_pending",
            PairingState::Denied | PairingState::Cancelled => "access_denied",
            PairingState::Expired => "expired_token",
            _ => "invalid_grant",
        })),
    }
}

#[derive(Deserialize, ToSchema)]
pub(in crate::api) struct CancelAsk {
    client_id: String,
    #[schema(value_type = String)]
    device_code: Zeroizing<String>,
}

#[derive(Serialize, ToSchema)]
pub(in crate::api) struct CancelAnswer {}

/// Give up, whatever the state; what has become a session stays one.
#[utoipa::path(post, path = "/oauth/device/cancel",
    params(("DPoP" = String, Header, description = "a proof by the key that began the pairing")),
    request_body(content = CancelAsk, content_type = "application/x-www-form-urlencoded"), responses(
    (status = 200, body = CancelAnswer),
    (status = 400, description = "`invalid_grant`", body = OAuthError),
    (status = 401, description = "`invalid_client`", body = OAuthError),
))]
pub(in crate::api) async fn cancel(
    State(app): State<App>,
    caller: Caller,
    proof: Proved,
    Form(ask): Form<CancelAsk>,
) -> Result<Json<CancelAnswer>, OAuthError> {
    if !is_known(&ask.client_id) {
        return Err(OAuthError::invalid_client());
    }
    let pairing = proof.pairing(&app, &ask.device_code).await?;
    let account_id = pairing.account_id.as_deref();
    let audit = app.entry(Event::Pairing(Step::Cancelled), "ok", account_id, caller.network.as_deref());
    let now = app.clock().now();
    if app.storage().close_pairing(&pairing.id, PairingState::Cancelled, now, &audit).await? {
        app.meters().pairing(Direction::Computer, Step::Cancelled);
    }
    Ok(Json(CancelAnswer {}))
}
