//! A computer lets a phone in.

use super::counted::take;
use super::extract::{Body, Caller, SignedIn, line_mac};
use super::password::{check_current, refuse_weak};
use super::problem::{Problem, ProblemDetails};
use crate::audit::{Entry, Event, Step};
use crate::pairing::{self, Pointer};
use crate::storage::{Codes, Direction, Pairing, PairingKey, PairingState};
use crate::{App, token};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

#[derive(Serialize, ToSchema)]
pub(super) struct LinkAsked {
    id: String,
    /// What the QR code says.
    url: String,
    qr_expires_in: i64,
    #[schema(examples("BCDFG-HJKLM"))]
    user_code: String,
    /// Where the letters can be typed instead.
    short_url: String,
    expires_in: i64,
}

/// Begin to let a phone in.
#[utoipa::path(post, path = "/v1/links", security(("session" = [])), responses(
    (status = 200, body = LinkAsked),
    (status = 401, description = "`signed_out`", body = ProblemDetails),
    (status = 403, description = "`weak_session`", body = ProblemDetails),
    (status = 429, description = "`rate_limited`", body = ProblemDetails),
))]
pub(super) async fn start(
    State(app): State<App>,
    caller: Caller,
    signed_in: SignedIn,
) -> Result<Json<LinkAsked>, Problem> {
    let SignedIn { session, account } = signed_in;
    let now = app.clock().now();
    refuse_weak(&session, now)?;
    take(&app, &[app.limits().pairings_from(&caller.line)]).await?;
    let user_code = pairing::user_code(app.random());
    let pairing = Pairing {
        id: token::id(app.random()),
        direction: Direction::Phone,
        state: PairingState::Pending,
        handle: pairing::new_handle(app.random()),
        jkt: None,
        device: session.device,
        network: caller.network.clone(),
        line_mac: line_mac(&app, &caller),
        owner_session: Some(session.id),
        account_id: Some(account.id),
        scan: None,
        created_at: now,
        until: now + pairing::LIFE,
        interval: pairing::INTERVAL,
        session_id: None,
    };
    let mac = pairing::user_code_mac(app.pepper(), &user_code);
    let codes = Codes { device_code_hash: None, user_code_mac: mac };
    let audit = entry(&app, &caller, &pairing, Step::Asked);
    let full = app.storage().add_pairing(&pairing, &codes, pairing::OPEN_PER_LINE, &audit).await?;
    if let Some(retry_after) = full {
        return Err(Problem::RateLimited { retry_after });
    }
    app.meters().pairing(Direction::Phone, Step::Asked);
    let (url, qr_expires_in) = qr(&app, &pairing, now);
    Ok(Json(LinkAsked {
        id: pairing.id,
        url,
        qr_expires_in,
        user_code,
        short_url: format!("{}link", app.config().public_url),
        expires_in: pairing::LIFE,
    }))
}

#[derive(Serialize, ToSchema)]
pub(super) struct Link {
    /// `pending`, `scanned`, `confirmed`, `approved`, `consumed`, `denied`, `cancelled` or `expired`
    state: &'static str,
    /// What the QR code says now; null once it was scanned.
    url: Option<String>,
    qr_expires_in: Option<i64>,
    expires_in: i64,
    phone: Option<Phone>,
    /// To be shown here and typed on the phone; null before the scan.
    #[schema(examples("123456"))]
    code: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct Phone {
    /// Such as "Firefox on Android".
    device: String,
    network: Option<String>,
    scanned_at: i64,
}

/// How far the phone has come.
#[utoipa::path(get, path = "/v1/links/{id}", security(("session" = [])),
    params(("id" = String, Path, description = "from `POST /v1/links`")), responses(
    (status = 200, body = Link),
    (status = 401, description = "`signed_out`", body = ProblemDetails),
    (status = 404, description = "`not_found`", body = ProblemDetails),
))]
pub(super) async fn current(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Json<Link>, Problem> {
    let pairing = own(&app, &signed_in, &id).await?;
    let now = app.clock().now();
    let qr = (pairing.state == PairingState::Pending).then(|| qr(&app, &pairing, now));
    let (url, qr_expires_in) = qr.unzip();
    let shows_code = pairing.scan.is_some() && pairing.state.is_open();
    Ok(Json(Link {
        state: pairing.state.name(),
        url,
        qr_expires_in,
        expires_in: (pairing.until - now).max(0),
        code: shows_code.then(|| pairing::confirmation_code(app.pepper(), &pairing)),
        phone: pairing.scan.map(|scan| Phone {
            device: scan.phone_device,
            network: scan.phone_network,
            scanned_at: scan.at,
        }),
    }))
}

#[derive(Deserialize, ToSchema)]
pub(super) struct Approve {
    #[schema(value_type = String)]
    password: Zeroizing<String>,
}

/// Let the phone in that has typed the code; the password is asked for again.
#[utoipa::path(post, path = "/v1/links/{id}/approve", security(("session" = [])), request_body = Approve,
    params(("id" = String, Path, description = "from `POST /v1/links`")), responses(
    (status = 204),
    (status = 401, description = "`signed_out`", body = ProblemDetails),
    (status = 403, description = "`wrong_password`, `weak_session`", body = ProblemDetails),
    (status = 404, description = "`not_found`", body = ProblemDetails),
    (status = 409, description = "`not_yet`: the phone has not typed the code", body = ProblemDetails),
    (status = 410, description = "`expired`: it has ended", body = ProblemDetails),
    (status = 429, description = "`rate_limited`", body = ProblemDetails),
    (status = 503, description = "`busy`", body = ProblemDetails),
))]
pub(super) async fn approve(
    State(app): State<App>,
    caller: Caller,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Body(ask): Body<Approve>,
) -> Result<StatusCode, Problem> {
    let pairing = own(&app, &signed_in, &id).await?;
    refuse_weak(&signed_in.session, app.clock().now())?;
    match pairing.state {
        PairingState::Pending | PairingState::Scanned => return Err(Problem::NotYet),
        PairingState::Confirmed => {}
        _ => return Err(Problem::Expired),
    }
    check_current(&app, &signed_in.account, &ask.password, Event::Link(Step::Approved), &caller).await?;
    let holder = pairing.scan.as_ref().map_or(&[][..], |scan| &scan.holder);
    let audit = entry(&app, &caller, &pairing, Step::Approved);
    let now = app.clock().now();
    match app.storage().approve(&id, holder, now, now + pairing::APPROVED_LIFE, &audit).await? {
        true => {
            app.meters().pairing(Direction::Phone, Step::Approved);
            Ok(StatusCode::NO_CONTENT)
        }
        false => Err(Problem::Expired),
    }
}

/// Let nobody in.
#[utoipa::path(post, path = "/v1/links/{id}/deny", security(("session" = [])),
    params(("id" = String, Path, description = "from `POST /v1/links`")), responses(
    (status = 204, description = "also if it had ended"),
    (status = 401, description = "`signed_out`", body = ProblemDetails),
    (status = 404, description = "`not_found`", body = ProblemDetails),
))]
pub(super) async fn deny(
    State(app): State<App>,
    caller: Caller,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let pairing = own(&app, &signed_in, &id).await?;
    let audit = entry(&app, &caller, &pairing, Step::Denied);
    if app.storage().close_pairing(&id, PairingState::Denied, app.clock().now(), &audit).await? {
        app.meters().pairing(Direction::Phone, Step::Denied);
    }
    Ok(StatusCode::NO_CONTENT)
}

/// One that this very session has begun.
async fn own(app: &App, signed_in: &SignedIn, id: &str) -> Result<Pairing, Problem> {
    let found = app.storage().pairing(PairingKey::Id(id), app.clock().now()).await?;
    found
        .filter(|pairing| pairing.owner_session.as_deref() == Some(signed_in.session.id.as_str()))
        .ok_or(Problem::NotFound)
}

fn entry(app: &App, caller: &Caller, pairing: &Pairing, step: Step) -> Entry {
    app.entry(Event::Link(step), "ok", pairing.account_id.as_deref(), caller.network.as_deref())
}

fn qr(app: &App, pairing: &Pairing, now: i64) -> (String, i64) {
    let (pointer, works_in) = Pointer::current(pairing, now);
    (format!("{}link?q={}", app.config().public_url, pointer.write(app.pepper())), works_in)
}
