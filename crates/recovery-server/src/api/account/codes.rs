use super::addresses::CurrentPassword;
use super::change;
use crate::App;
use crate::api::counted::take;
use crate::api::extract::{Body, Caller, SignedIn};
use crate::api::password::{check_current, refuse_weak};
use crate::api::problem::{Problem, ProblemDetails};
use crate::api::sign_up::saved_codes;
use crate::audit::Event;
use crate::storage::What;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(in crate::api) struct NewCodes {
    /// Ten, each works once; this answer is the only place they appear.
    recovery_codes: Vec<String>,
}

/// Make ten new saved recovery codes; the old ones end.
#[utoipa::path(post, path = "/v1/account/recovery-codes", security(("session" = [])), request_body = CurrentPassword,
    responses(
    (status = 200, body = NewCodes),
    (status = 401, description = "`signed_out`", body = ProblemDetails),
    (status = 403, description = "`wrong_password`, `weak_session`", body = ProblemDetails),
    (status = 429, description = "`rate_limited`", body = ProblemDetails),
    (status = 503, description = "`busy`", body = ProblemDetails),
))]
pub(in crate::api) async fn renew(
    State(app): State<App>,
    caller: Caller,
    signed_in: SignedIn,
    Body(ask): Body<CurrentPassword>,
) -> Result<Json<NewCodes>, Problem> {
    let SignedIn { session, account } = signed_in;
    refuse_weak(&session, app.clock().now())?;
    check_current(&app, &account, &ask.current_password, Event::Settings, &caller).await?;
    // A list costs ten hashes.
    take(&app, &[app.limits().code_lists(&account.id)]).await?;
    let (recovery_codes, hashes) = saved_codes(&app).await?;
    change(&app, &caller, &session, &account, What::NewCodes { hashes }, None).await?;
    Ok(Json(NewCodes { recovery_codes }))
}
