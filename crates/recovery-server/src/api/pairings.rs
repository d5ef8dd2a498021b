use super::extract::{Caller, SignedIn};
use super::problem::{Problem, ProblemDetails};
use crate::App;
use crate::audit::{Event, Step};
use crate::storage::{Direction, MadeBy, Pairing, PairingKey, PairingState};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(super) struct Pairings {
    pairings: Vec<PairingInfo>,
}

#[derive(Serialize, ToSchema)]
struct PairingInfo {
    id: String,
    /// Who is let in.
    device: String,
    /// `203.0.113.0/24`; null for this machine itself.
    network: Option<String>,
    /// `pending`, `scanned`, `confirmed`, `approved`, or `consumed`: then it is a session.
    state: &'static str,
    created_at: i64,
    /// `pairing`: a phone lets a computer in; `link`: the other way round.
    made_by: MadeBy,
    session_id: Option<String>,
}

impl From<Pairing> for PairingInfo {
    fn from(pairing: Pairing) -> Self {
        let (device, network, made_by) = match (pairing.direction, pairing.scan) {
            (Direction::Computer, _) => (pairing.device, pairing.network, MadeBy::Pairing),
            (Direction::Phone, Some(scan)) => (scan.phone_device, scan.phone_network, MadeBy::Link),
            // Nobody has come yet.
            (Direction::Phone, None) => ("—".to_owned(), None, MadeBy::Link),
        };
        Self {
            id: pairing.id,
            device,
            network,
            state: pairing.state.name(),
            created_at: pairing.created_at,
            made_by,
            session_id: pairing.session_id,
        }
    }
}

/// Devices that are being let in, and those that were and still are.
#[utoipa::path(get, path = "/v1/pairings", security(("session" = [])), responses(
    (status = 200, body = Pairings),
    (status = 401, description = "`signed_out`", body = ProblemDetails),
))]
pub(super) async fn list(State(app): State<App>, signed_in: SignedIn) -> Result<Json<Pairings>, Problem> {
    let pairings = app.storage().pairings(&signed_in.account.id, app.clock().now()).await?;
    Ok(Json(Pairings { pairings: pairings.into_iter().map(Into::into).collect() }))
}

/// Deny one that is under way, or end the session that came of it.
#[utoipa::path(delete, path = "/v1/pairings/{id}", security(("session" = [])),
    params(("id" = String, Path, description = "from the list")), responses(
    (status = 204),
    (status = 401, description = "`signed_out`", body = ProblemDetails),
    (status = 404, description = "`not_found`", body = ProblemDetails),
))]
pub(super) async fn end(
    State(app): State<App>,
    caller: Caller,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let (account_id, now) = (signed_in.account.id.as_str(), app.clock().now());
    let pairing = app.storage().pairing(PairingKey::Id(&id), now).await?;
    let pairing = pairing.filter(|pairing| pairing.account_id.as_deref() == Some(account_id));
    let pairing = pairing.ok_or(Problem::NotFound)?;
    let entry = |event| app.entry(event, "ok", Some(account_id), caller.network.as_deref());
    let denied = entry(denied(pairing.direction));
    let closed = app.storage().close_pairing(&id, PairingState::Denied, now, &denied).await?;
    if closed {
        app.meters().pairing(pairing.direction, Step::Denied);
    }
    let ended = closed || {
        // It may have become one just now.
        let session = app.storage().pairing(PairingKey::Id(&id), now).await?;
        let session = session.and_then(|pairing| pairing.session_id).unwrap_or_default();
        app.storage().end_session(account_id, &session, &entry(Event::SessionEnded)).await?
    };
    if ended { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::NotFound) }
}

fn denied(direction: Direction) -> Event {
    match direction {
        Direction::Computer => Event::Pairing(Step::Denied),
        Direction::Phone => Event::Link(Step::Denied),
    }
}
