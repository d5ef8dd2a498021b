use super::counted::{looked_at, take};
use super::extract::{Body, Caller};
use super::problem::{Problem, ProblemDetails};
use super::sessions::Signed;
use super::sign_in::{SignInAnswer, Start, notices, open};
use crate::audit::Event;
use crate::mail::Matter;
use crate::meters::WrongCode;
use crate::storage::{Account, Factor, MadeBy, Opening, Trace};
use crate::totp::{self, Totp};
use crate::{App, token};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

/// Wrong tries before the password is asked for again.
const TRIES: u32 = 5;

#[derive(Deserialize, ToSchema)]
pub(super) struct SecondFactor {
    ticket: String,
    way: Way,
    #[schema(value_type = String)]
    code: Zeroizing<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SecondFactorWay)]
pub(super) enum Way {
    Totp,
    RecoveryCode,
}

/// Answer the question for the second factor.
#[utoipa::path(post, path = "/v1/sign-in/second-factor", request_body = SecondFactor, responses(
    (status = 200, body = SignInAnswer),
    (status = 400, description = "`wrong_code`", body = ProblemDetails),
    (status = 410, description = "`expired`: sign in again", body = ProblemDetails),
    (status = 429, description = "`rate_limited`", body = ProblemDetails),
    (status = 503, description = "`busy`", body = ProblemDetails),
))]
pub(super) async fn second_factor(
    State(app): State<App>,
    caller: Caller,
    Body(ask): Body<SecondFactor>,
) -> Result<Json<SignInAnswer>, Problem> {
    let signed = pass(&app, &caller, &ask.ticket, ask.way, &ask.code, |_| ()).await?;
    Ok(Json(SignInAnswer::SignedIn { signed }))
}

/// Spends ticket and factor and opens the session, which `change` may alter first.
pub(super) async fn pass(
    app: &App,
    caller: &Caller,
    ticket: &str,
    way: Way,
    typed: &str,
    change: impl FnOnce(&mut Opening),
) -> Result<Signed, Problem> {
    let now = app.clock().now();
    let hash = token::hash(ticket);
    let ticket = app.storage().ticket(&hash, now).await?.ok_or(Problem::Expired)?;
    let account = app.storage().account(&ticket.account_id).await?.ok_or(Problem::Expired)?;
    let limit = [app.limits().second_factors(&account.id)];
    take(app, &limit).await?;

    let factor = factor(app, &account, &ticket.device, caller, way, typed).await;
    if let Some(factor) = looked_at(app, &limit, factor).await? {
        let start = Start { forgives: limit.to_vec(), ..Start::new(ticket.device, MadeBy::Password) };
        let (mut opening, signed) = open(app, &account, start, caller);
        change(&mut opening);
        if app.storage().pass_ticket(&hash, &factor, &opening).await? {
            app.bell().ring();
            return Ok(signed);
        }
    }
    app.meters().wrong_code(WrongCode::SecondFactor);
    let missed = app.entry(Event::SecondFactor, "wrong", Some(&account.id), caller.network.as_deref());
    match app.storage().ticket_missed(&hash, TRIES, &missed).await? {
        0 => Err(Problem::Expired),
        tries_left => Err(Problem::WrongCode { tries_left }),
    }
}

/// The account's factor that was typed, if it fits; it is still to be spent.
pub(super) async fn factor(
    app: &App,
    account: &Account,
    device: &str,
    caller: &Caller,
    way: Way,
    typed: &str,
) -> Result<Option<Factor>, Problem> {
    match way {
        Way::Totp => Ok(authenticator(app, account, typed)),
        Way::RecoveryCode => saved_code(app, account, device, caller, typed).await,
    }
}

fn authenticator(app: &App, account: &Account, typed: &str) -> Option<Factor> {
    let secret = app.pepper().unseal(account.totp_secret.as_deref()?)?;
    let code = token::read_code(typed, totp::DIGITS)?;
    let step = Totp::from_bytes(secret).step_of(&code, app.clock().now())?;
    Some(Factor::Totp { step })
}

async fn saved_code(
    app: &App,
    account: &Account,
    device: &str,
    caller: &Caller,
    typed: &str,
) -> Result<Option<Factor>, Problem> {
    let Some(code) = token::read_recovery_code(typed) else {
        return Ok(None);
    };
    let (place, left) = find_saved_code(app, Some(&account.id), &code).await?;
    let now = app.clock().now();
    Ok(place.map(|place| {
        let matter = Matter::RecoveryCodeUsed { left };
        Factor::SavedCode {
            place,
            trace: Trace {
                audit: app.entry(Event::RecoveryCodeUsed, "ok", Some(&account.id), caller.network.as_deref()),
                mail: notices(app, account, now, device, caller.network.as_deref(), &matter),
            },
        }
    }))
}

/// Where the code stands in the account's list, and how many will be left; the same work for nobody.
pub(super) async fn find_saved_code(
    app: &App,
    account_id: Option<&str>,
    code: &str,
) -> Result<(Option<i64>, usize), Problem> {
    let saved = app.storage().recovery_codes(account_id.unwrap_or_default()).await?;
    let hashes: Vec<String> = saved.iter().map(|code| code.hash.clone()).collect();
    let found = app.hasher().find(code, &hashes).await?;
    let place = found.and_then(|found| saved.get(found)).map(|code| code.place);
    Ok((place, saved.len().saturating_sub(1)))
}
