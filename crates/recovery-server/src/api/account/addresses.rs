use super::{RecoverySettings, change, settings};
use crate::App;
use crate::api::claim::{self, Wanted, read_address};
use crate::api::extract::{Body, Caller, SignedIn};
use crate::api::password::{check_current, refuse_weak};
use crate::api::problem::{Problem, ProblemDetails};
use crate::api::recovery::RecoveryAsk;
use crate::api::sign_up::{CheckAddress, SendCodeAgain};
use crate::audit::Event;
use crate::storage::{Address, MOST_ADDRESSES, What};
use crate::token;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

#[derive(Deserialize, ToSchema)]
pub(in crate::api) struct AddAddress {
    address: String,
    #[schema(value_type = String)]
    current_password: Zeroizing<String>,
}

/// Add an address; a code is mailed to it. The same answer if another account has it: then the mail says so.
#[utoipa::path(post, path = "/v1/account/addresses", security(("session" = [])), request_body = AddAddress, responses(
    (status = 202, body = RecoveryAsk),
    (status = 400, description = "`bad_identifier`: no mail address", body = ProblemDetails),
    (status = 401, description = "`signed_out`", body = ProblemDetails),
    (status = 403, description = "`wrong_password`, `weak_session`", body = ProblemDetails),
    (status = 409, description = "`already`: it is one of the account's; `addresses_full`: there are two",
        body = ProblemDetails),
    (status = 429, description = "`rate_limited`", body = ProblemDetails),
    (status = 503, description = "`busy`", body = ProblemDetails),
))]
pub(in crate::api) async fn add(
    State(app): State<App>,
    caller: Caller,
    signed_in: SignedIn,
    Body(ask): Body<AddAddress>,
) -> Result<(StatusCode, Json<RecoveryAsk>), Problem> {
    let SignedIn { session, account } = signed_in;
    refuse_weak(&session, app.clock().now())?;
    let name = read_address(&ask.address)?;
    check_current(&app, &account, &ask.current_password, Event::Settings, &caller).await?;
    let addresses = app.storage().addresses(&account.id).await?;
    if addresses.iter().any(|known| read_address(&known.address).is_ok_and(|known| known == name)) {
        return Err(Problem::Already);
    }
    if addresses.len() >= MOST_ADDRESSES {
        return Err(Problem::AddressesFull);
    }
    let wanted = Wanted {
        address: &ask.address,
        account: Some(&account),
        person: "",
        language: account.language,
        device: &session.device,
    };
    Ok((StatusCode::ACCEPTED, Json(claim::open(&app, &caller, wanted).await?)))
}

/// Mail another code.
#[utoipa::path(post, path = "/v1/account/addresses/send", security(("session" = [])), request_body = SendCodeAgain,
    responses(
    (status = 200, body = RecoveryAsk),
    (status = 401, description = "`signed_out`", body = ProblemDetails),
    (status = 403, description = "`weak_session`", body = ProblemDetails),
    (status = 410, description = "`expired`: begin again", body = ProblemDetails),
    (status = 429, description = "`rate_limited`", body = ProblemDetails),
))]
pub(in crate::api) async fn send(
    State(app): State<App>,
    caller: Caller,
    signed_in: SignedIn,
    Body(ask): Body<SendCodeAgain>,
) -> Result<Json<RecoveryAsk>, Problem> {
    let SignedIn { session, account } = signed_in;
    refuse_weak(&session, app.clock().now())?;
    Ok(Json(claim::send(&app, &caller, ask.ticket, Some(&account)).await?))
}

/// Prove that the address is yours: from here on it is one of the account's.
#[utoipa::path(post, path = "/v1/account/addresses/check", security(("session" = [])), request_body = CheckAddress,
    responses(
    (status = 200, body = RecoverySettings),
    (status = 400, description = "`wrong_code`", body = ProblemDetails),
    (status = 401, description = "`signed_out`", body = ProblemDetails),
    (status = 403, description = "`weak_session`", body = ProblemDetails),
    (status = 409, description = "`already`, `addresses_full`, `address_taken`: it has an account by now",
        body = ProblemDetails),
    (status = 410, description = "`expired`, also at the fifth wrong code", body = ProblemDetails),
    (status = 429, description = "`rate_limited`", body = ProblemDetails),
))]
pub(in crate::api) async fn check(
    State(app): State<App>,
    caller: Caller,
    signed_in: SignedIn,
    Body(ask): Body<CheckAddress>,
) -> Result<Json<RecoverySettings>, Problem> {
    let SignedIn { session, account } = signed_in;
    let now = app.clock().now();
    refuse_weak(&session, now)?;
    let proven = claim::check(&app, &caller, &ask.ticket, Some(&account), &ask.code).await?;
    let address = Address {
        id: token::id(app.random()),
        address: claim::address(&app, &proven.claim)?,
        added_at: now,
        confirmed_at: Some(now),
        bounced_at: None,
    };
    let text = address.address.clone();
    let what = What::AddAddress { verified_hash: token::hash(&proven.ticket), address };
    change(&app, &caller, &session, &account, what, Some(&text)).await?;
    Ok(Json(settings(&app, &account.id).await?))
}

#[derive(Deserialize, ToSchema)]
pub(in crate::api) struct CurrentPassword {
    #[schema(value_type = String)]
    pub(super) current_password: Zeroizing<String>,
}

/// Remove an address. For 7 days nobody else can take it.
#[utoipa::path(delete, path = "/v1/account/addresses/{id}", security(("session" = [])), request_body = CurrentPassword,
    params(("id" = String, Path, description = "from the settings")), responses(
    (status = 200, body = RecoverySettings),
    (status = 401, description = "`signed_out`", body = ProblemDetails),
    (status = 403, description = "`wrong_password`, `weak_session`", body = ProblemDetails),
    (status = 404, description = "`not_found`", body = ProblemDetails),
    (status = 409, description = "`last_address`", body = ProblemDetails),
    (status = 429, description = "`rate_limited`", body = ProblemDetails),
    (status = 503, description = "`busy`", body = ProblemDetails),
))]
pub(in crate::api) async fn remove(
    State(app): State<App>,
    caller: Caller,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Body(ask): Body<CurrentPassword>,
) -> Result<Json<RecoverySettings>, Problem> {
    with_address(&app, &caller, signed_in, &id, &ask, What::RemoveAddress { id: id.clone() }).await
}

/// Put an address first: a recovery that is begun by the identifier goes there.
#[utoipa::path(post, path = "/v1/account/addresses/{id}/first", security(("session" = [])),
    request_body = CurrentPassword, params(("id" = String, Path, description = "from the settings")), responses(
    (status = 200, body = RecoverySettings),
    (status = 401, description = "`signed_out`", body = ProblemDetails),
    (status = 403, description = "`wrong_password`, `weak_session`", body = ProblemDetails),
    (status = 404, description = "`not_found`", body = ProblemDetails),
    (status = 409, description = "`already`", body = ProblemDetails),
    (status = 429, description = "`rate_limited`", body = ProblemDetails),
    (status = 503, description = "`busy`", body = ProblemDetails),
))]
pub(in crate::api) async fn put_first(
    State(app): State<App>,
    caller: Caller,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Body(ask): Body<CurrentPassword>,
) -> Result<Json<RecoverySettings>, Problem> {
    with_address(&app, &caller, signed_in, &id, &ask, What::PutFirst { id: id.clone() }).await
}

async fn with_address(
    app: &App,
    caller: &Caller,
    signed_in: SignedIn,
    id: &str,
    ask: &CurrentPassword,
    what: What,
) -> Result<Json<RecoverySettings>, Problem> {
    let SignedIn { session, account } = signed_in;
    refuse_weak(&session, app.clock().now())?;
    check_current(app, &account, &ask.current_password, Event::Settings, caller).await?;
    let addresses = app.storage().addresses(&account.id).await?;
    let address = addresses.into_iter().find(|address| address.id == id).ok_or(Problem::NotFound)?;
    change(app, caller, &session, &account, what, Some(&address.address)).await?;
    Ok(Json(settings(app, &account.id).await?))
}
