use super::addresses::CurrentPassword;
use super::{RecoverySettings, change, settings};
use crate::api::counted::{looked_at, take};
use crate::api::extract::{Body, Caller, SignedIn};
use crate::api::password::{about, check_current, refuse_weak};
use crate::api::problem::{Problem, ProblemDetails};
use crate::api::second_factor::{Way, factor};
use crate::audit::Event;
use crate::meters::WrongCode;
use crate::password::{self, About};
use crate::storage::What;
use crate::totp::{self, Totp};
use crate::{App, token};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

/// Seconds to set up the app in.
const LIFE: i64 = 900;
/// Wrong codes before it is begun again.
const TRIES: u32 = 5;

/// What an authenticator app is set up with; this answer is the only place it appears.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct AuthenticatorAsk {
    ticket: String,
    /// Base 32, to be typed.
    secret: String,
    /// `otpauth://totp/…`, for a QR code.
    otpauth: String,
    digits: usize,
    expires_in: i64,
}

/// Begin to set up an authenticator app. Nothing is changed before its first code.
#[utoipa::path(post, path = "/v1/account/authenticator", security(("session" = [])), request_body = CurrentPassword,
    responses(
    (status = 200, body = AuthenticatorAsk),
    (status = 401, description = "`signed_out`", body = ProblemDetails),
    (status = 403, description = "`wrong_password`, `weak_session`", body = ProblemDetails),
    (status = 409, description = "`already`: turn the old one off first", body = ProblemDetails),
    (status = 429, description = "`rate_limited`", body = ProblemDetails),
    (status = 503, description = "`busy`", body = ProblemDetails),
))]
pub(in crate::api) async fn begin(
    State(app): State<App>,
    caller: Caller,
    signed_in: SignedIn,
    Body(ask): Body<CurrentPassword>,
) -> Result<Json<AuthenticatorAsk>, Problem> {
    let SignedIn { session, account } = signed_in;
    let now = app.clock().now();
    refuse_weak(&session, now)?;
    check_current(&app, &account, &ask.current_password, Event::Settings, &caller).await?;
    if account.totp_secret.is_some() {
        return Err(Problem::Already);
    }
    let totp = Totp::new(app.random());
    let sealed = app.pepper().seal(app.random(), totp.as_bytes());
    let ticket = token::opaque(app.random());
    let (hash, version) = (token::hash(&ticket), account.password_version);
    if !app.storage().add_authenticator(&hash, &account.id, version, &sealed, now + LIFE).await? {
        return Err(Problem::SignedOut);
    }
    Ok(Json(AuthenticatorAsk {
        ticket,
        secret: totp.base32(),
        otpauth: totp.url(&app.config().name, &account.identifier),
        digits: totp::DIGITS,
        expires_in: LIFE,
    }))
}

#[derive(Deserialize, ToSchema)]
pub(in crate::api) struct ConfirmAuthenticator {
    ticket: String,
    #[schema(value_type = String)]
    code: Zeroizing<String>,
}

/// Turn the authenticator on, with its first code.
#[utoipa::path(post, path = "/v1/account/authenticator/confirm", security(("session" = [])),
    request_body = ConfirmAuthenticator, responses(
    (status = 200, body = RecoverySettings),
    (status = 400, description = "`wrong_code`", body = ProblemDetails),
    (status = 401, description = "`signed_out`", body = ProblemDetails),
    (status = 403, description = "`weak_session`", body = ProblemDetails),
    (status = 409, description = "`already`", body = ProblemDetails),
    (status = 410, description = "`expired`, also at the fifth wrong code", body = ProblemDetails),
))]
pub(in crate::api) async fn confirm(
    State(app): State<App>,
    caller: Caller,
    signed_in: SignedIn,
    Body(ask): Body<ConfirmAuthenticator>,
) -> Result<Json<RecoverySettings>, Problem> {
    let SignedIn { session, account } = signed_in;
    let now = app.clock().now();
    refuse_weak(&session, now)?;
    let hash = token::hash(&ask.ticket);
    let sealed = app.storage().authenticator(&hash, &account.id, now).await?.ok_or(Problem::Expired)?;
    let totp = Totp::from_bytes(app.pepper().unseal(&sealed).ok_or(Problem::Internal)?);
    let step = token::read_code(&ask.code, totp::DIGITS).and_then(|code| totp.step_of(&code, now));
    let Some(step) = step else {
        app.meters().wrong_code(WrongCode::SecondFactor);
        let missed = app.entry(Event::Settings, "wrong", Some(&account.id), caller.network.as_deref());
        return Err(match app.storage().authenticator_missed(&hash, TRIES, &missed).await? {
            0 => Problem::Expired,
            tries_left => Problem::WrongCode { tries_left },
        });
    };
    change(&app, &caller, &session, &account, What::TurnOn { hash, step }, None).await?;
    Ok(Json(settings(&app, &account.id).await?))
}

#[derive(Deserialize, ToSchema)]
pub(in crate::api) struct TurnOff {
    #[schema(value_type = String)]
    current_password: Zeroizing<String>,
    way: Way,
    #[schema(value_type = String)]
    code: Zeroizing<String>,
}

/// Turn the authenticator off, with one of its codes or a saved one.
#[utoipa::path(delete, path = "/v1/account/authenticator", security(("session" = [])), request_body = TurnOff, responses(
    (status = 200, body = RecoverySettings),
    (status = 400, description = "`wrong_code`", body = ProblemDetails),
    (status = 401, description = "`signed_out`", body = ProblemDetails),
    (status = 403, description = "`wrong_password`, `weak_session`", body = ProblemDetails),
    (status = 409, description = "`already`", body = ProblemDetails),
    (status = 422, description = "`weak_password`: too weak to be the only factor; change it first",
        body = ProblemDetails),
    (status = 429, description = "`rate_limited`", body = ProblemDetails),
    (status = 503, description = "`busy`", body = ProblemDetails),
))]
pub(in crate::api) async fn turn_off(
    State(app): State<App>,
    caller: Caller,
    signed_in: SignedIn,
    Body(ask): Body<TurnOff>,
) -> Result<Json<RecoverySettings>, Problem> {
    let SignedIn { session, account } = signed_in;
    refuse_weak(&session, app.clock().now())?;
    check_current(&app, &account, &ask.current_password, Event::Settings, &caller).await?;
    if account.totp_secret.is_none() {
        return Err(Problem::Already);
    }
    let alone = About { second_factor: false, ..about(&account) };
    let reasons = password::reasons(&password::normal(&ask.current_password), &alone, app.config());
    if !reasons.is_empty() {
        return Err(Problem::WeakPassword(reasons));
    }
    let limit = [app.limits().second_factors(&account.id)];
    take(&app, &limit).await?;
    let factor = factor(&app, &account, &session.device, &caller, ask.way, &ask.code).await;
    let factor = looked_at(&app, &limit, factor).await?;
    let done = match factor {
        Some(factor) => change(&app, &caller, &session, &account, What::TurnOff { factor }, None).await,
        None => Err(Problem::Expired),
    };
    match done {
        Ok(()) => app.storage().forgive(&limit).await?,
        // No code of this account, or one that was used before.
        Err(Problem::Expired) => {
            app.meters().wrong_code(WrongCode::SecondFactor);
            let missed = app.entry(Event::Settings, "wrong", Some(&account.id), caller.network.as_deref());
            app.storage().write_audit(&missed).await?;
            return Err(Problem::WrongFactor);
        }
        Err(other) => return Err(other),
    }
    Ok(Json(settings(&app, &account.id).await?))
}
