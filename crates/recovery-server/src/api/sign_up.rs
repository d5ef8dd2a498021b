//! Making an account, if the operator allows: an address is proven first.

use super::claim::{self, VERIFIED_LIFE, Wanted, read_address};
use super::counted::take;
use super::extract::{Body, Caller};
use super::problem::{Problem, ProblemDetails};
use super::recovery::{RecoveryAsk, Verified};
use super::sessions::Signed;
use super::sign_in::{Start, open};
use crate::audit::Event;
use crate::identifier::Identifier;
use crate::language::Language;
use crate::password::{self, About};
use crate::storage::{Account, Founded, Founding, MadeBy};
use crate::{App, token};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

#[derive(Deserialize, ToSchema)]
pub(super) struct StartSignUp {
    address: String,
    /// How mail greets the person; cut to 80 characters.
    name: Option<String>,
    /// Of the mail; the server's own if absent.
    language: Option<Language>,
    device: String,
}

/// Begin a sign-up; a code is mailed to the address. The same answer if it has an account: then the mail says so.
#[utoipa::path(post, path = "/v1/sign-ups", request_body = StartSignUp, responses(
    (status = 202, body = RecoveryAsk),
    (status = 400, description = "`bad_identifier`: no mail address", body = ProblemDetails),
    (status = 403, description = "`sign_up_closed`, `other_domain`", body = ProblemDetails),
    (status = 429, description = "`rate_limited`", body = ProblemDetails),
))]
pub(super) async fn start(
    State(app): State<App>,
    caller: Caller,
    Body(ask): Body<StartSignUp>,
) -> Result<(StatusCode, Json<RecoveryAsk>), Problem> {
    refuse_closed(&app)?;
    if !app.config().sign_up.takes(read_address(&ask.address)?.as_str()) {
        return Err(Problem::OtherDomain);
    }
    let wanted = Wanted {
        address: &ask.address,
        account: None,
        person: ask.name.as_deref().unwrap_or_default(),
        language: ask.language.unwrap_or(app.config().language),
        device: &ask.device,
    };
    Ok((StatusCode::ACCEPTED, Json(claim::open(&app, &caller, wanted).await?)))
}

#[derive(Deserialize, ToSchema)]
pub(super) struct SendCodeAgain {
    pub(super) ticket: String,
}

/// Mail another code.
#[utoipa::path(post, path = "/v1/sign-ups/send", request_body = SendCodeAgain, responses(
    (status = 200, body = RecoveryAsk),
    (status = 403, description = "`sign_up_closed`", body = ProblemDetails),
    (status = 410, description = "`expired`: begin again", body = ProblemDetails),
    (status = 429, description = "`rate_limited`", body = ProblemDetails),
))]
pub(super) async fn send(
    State(app): State<App>,
    caller: Caller,
    Body(ask): Body<SendCodeAgain>,
) -> Result<Json<RecoveryAsk>, Problem> {
    refuse_closed(&app)?;
    Ok(Json(claim::send(&app, &caller, ask.ticket, None).await?))
}

#[derive(Deserialize, ToSchema)]
pub(super) struct CheckAddress {
    pub(super) ticket: String,
    /// Spaces, dashes and full-width digits do not matter.
    #[schema(value_type = String)]
    pub(super) code: Zeroizing<String>,
}

/// Prove that the address is yours.
#[utoipa::path(post, path = "/v1/sign-ups/check", request_body = CheckAddress, responses(
    (status = 200, body = Verified),
    (status = 400, description = "`wrong_code`", body = ProblemDetails),
    (status = 403, description = "`sign_up_closed`", body = ProblemDetails),
    (status = 410, description = "`expired`, also at the fifth wrong code", body = ProblemDetails),
    (status = 429, description = "`rate_limited`", body = ProblemDetails),
))]
pub(super) async fn check(
    State(app): State<App>,
    caller: Caller,
    Body(ask): Body<CheckAddress>,
) -> Result<Json<Verified>, Problem> {
    refuse_closed(&app)?;
    let proven = claim::check(&app, &caller, &ask.ticket, None, &ask.code).await?;
    Ok(Json(Verified::new(proven.ticket, VERIFIED_LIFE, false)))
}

#[derive(Deserialize, ToSchema)]
pub(super) struct MakeAccount {
    /// The one of `verified`.
    ticket: String,
    /// What to sign in with beside the address; the address alone if absent. No other address.
    identifier: Option<String>,
    #[schema(value_type = String)]
    new_password: Zeroizing<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct SignedUp {
    /// `signed_in`
    state: &'static str,
    #[serde(flatten)]
    signed: Signed,
    /// Ten, each works once; this answer is the only place they appear.
    recovery_codes: Vec<String>,
}

/// Make the account, and open its first session.
#[utoipa::path(post, path = "/v1/sign-ups/account", request_body = MakeAccount, responses(
    (status = 201, body = SignedUp),
    (status = 400, description = "`bad_identifier`", body = ProblemDetails),
    (status = 403, description = "`sign_up_closed`", body = ProblemDetails),
    (status = 409, description = "`name_taken`: the ticket works on, for another identifier; `address_taken`: \
        the address has an account by now", body = ProblemDetails),
    (status = 410, description = "`expired`: begin again", body = ProblemDetails),
    (status = 422, description = "`weak_password`", body = ProblemDetails),
    (status = 429, description = "`rate_limited`", body = ProblemDetails),
    (status = 503, description = "`busy`", body = ProblemDetails),
))]
pub(super) async fn found(
    State(app): State<App>,
    caller: Caller,
    Body(ask): Body<MakeAccount>,
) -> Result<(StatusCode, Json<SignedUp>), Problem> {
    refuse_closed(&app)?;
    let now = app.clock().now();
    let verified_hash = token::hash(&ask.ticket);
    let claim = app.storage().verified_claim(&verified_hash, now).await?.ok_or(Problem::Expired)?;
    let (address, person) = (claim::address(&app, &claim)?, claim::person(&app, &claim)?);
    let address_name = read_address(&address)?;
    let identifier = ask.identifier.as_deref().unwrap_or(&address).trim().to_owned();
    let name = Identifier::read(&identifier).ok_or(Problem::BadIdentifier)?;
    // An address as identifier would keep its owner out, and get the mail of a recovery that is begun by it.
    if name != address_name && name.as_str().contains('@') {
        return Err(Problem::BadIdentifier);
    }
    take(&app, &[app.limits().new_passwords(&claim.id)]).await?;
    let password = password::normal(&ask.new_password);
    let names = vec![name.as_str().to_owned(), address_name.as_str().to_owned(), person.clone()];
    let reasons = password::reasons(&password, &About { second_factor: false, names }, app.config());
    if !reasons.is_empty() {
        return Err(Problem::WeakPassword(reasons));
    }
    if app.storage().is_name_taken(address_name.as_str(), None, now).await? {
        return Err(Problem::AddressTaken);
    }
    if name != address_name {
        take(&app, &[app.limits().names_tried(&claim.id)]).await?;
        if app.storage().is_name_taken(name.as_str(), None, now).await? {
            return Err(Problem::NameTaken);
        }
    }

    let password_hash = app.hasher().hash(&password, crate::rng::bytes(app.random())).await?;
    let (recovery_codes, codes) = saved_codes(&app).await?;
    let account = Account {
        id: token::id(app.random()),
        identifier,
        address,
        second_address: None,
        person,
        language: claim.language,
        password_hash,
        password_version: 0,
        totp_secret: None,
    };
    let (mut opening, signed) = open(&app, &account, Start::new(claim.device, MadeBy::Password), &caller);
    // Who has just made the account need not be told of its first device.
    opening.trace.mail.clear();
    let founding = Founding {
        verified_hash,
        name: name.as_str().to_owned(),
        address_name: address_name.as_str().to_owned(),
        codes,
        opening,
        audit: app.entry(Event::SignedUp, "ok", Some(&account.id), caller.network.as_deref()),
        account,
    };
    match app.storage().found(&founding).await? {
        Founded::Yes => {
            Ok((StatusCode::CREATED, Json(SignedUp { state: "signed_in", signed, recovery_codes })))
        }
        Founded::Expired => Err(Problem::Expired),
        Founded::NameTaken => Err(Problem::NameTaken),
        Founded::AddressTaken => Err(Problem::AddressTaken),
    }
}

/// A new list of saved codes, and their hashes.
pub(super) async fn saved_codes(app: &App) -> Result<(Vec<String>, Vec<String>), Problem> {
    Ok(app.saved_codes().await?)
}

fn refuse_closed(app: &App) -> Result<(), Problem> {
    if app.config().sign_up.open { Ok(()) } else { Err(Problem::SignUpClosed) }
}
