use super::counted::{looked_at, take};
use super::extract::{Body, Caller, SignedIn};
use super::problem::{Problem, ProblemDetails};
use super::sessions::{Signed, fresh_tokens};
use super::sign_in::notices;
use crate::App;
use crate::audit::Event;
use crate::mail::{Matter, PasskeyMatter};
use crate::password::{self, About, Reason};
use crate::storage::{Account, PasswordChange, Session, Trace};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

#[derive(Deserialize, ToSchema)]
pub(super) struct ChangePassword {
    #[schema(value_type = String)]
    current_password: Zeroizing<String>,
    #[schema(value_type = String)]
    new_password: Zeroizing<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct PasswordChanged {
    /// `password_changed`
    state: &'static str,
    /// Other sessions that were ended.
    sessions_ended: u64,
    #[serde(flatten)]
    signed: Signed,
}

/// Change the password, knowing the current one. This session is renewed, every other one ends.
#[utoipa::path(post, path = "/v1/password", security(("session" = [])), request_body = ChangePassword, responses(
    (status = 200, body = PasswordChanged),
    (status = 401, description = "`signed_out`", body = ProblemDetails),
    (status = 403, description = "`wrong_password`; `weak_session` in the first day of a session that another \
        device let in", body = ProblemDetails),
    (status = 422, description = "`weak_password`", body = ProblemDetails),
    (status = 429, description = "`rate_limited`", body = ProblemDetails),
    (status = 503, description = "`busy`", body = ProblemDetails),
))]
pub(super) async fn change(
    State(app): State<App>,
    caller: Caller,
    signed_in: SignedIn,
    Body(ask): Body<ChangePassword>,
) -> Result<Json<PasswordChanged>, Problem> {
    let SignedIn { session, account } = signed_in;
    let now = app.clock().now();
    refuse_weak(&session, now)?;
    check_current(&app, &account, &ask.current_password, Event::PasswordChange, &caller).await?;
    let current = password::normal(&ask.current_password);

    let new = password::normal(&ask.new_password);
    let mut reasons = password::reasons(&new, &about(&account), app.config());
    if new == current {
        reasons.push(Reason::SameAsCurrent);
    }
    if !reasons.is_empty() {
        return Err(Problem::WeakPassword(reasons));
    }
    let new = app.hasher().hash(&new, crate::rng::bytes(app.random())).await?;
    let change =
        changed(&app, &account, new, Event::PasswordChange, &session.device, caller.network.as_deref())
            .await?;
    let (tokens, secrets) = fresh_tokens(&app);
    let ended = app.storage().change_password(&change, &session.id, &tokens).await?;
    // Somebody else changed it in the meantime, and that ended this session.
    let sessions_ended = ended.ok_or(Problem::SignedOut)?;
    app.bell().ring();
    Ok(Json(PasswordChanged {
        state: "password_changed",
        sessions_ended,
        signed: Signed::new(&account, secrets.until(session.ends_at, now).of(&session.id)),
    }))
}

/// A session that another device let in waits for a day before it may change what the account is opened with.
pub(super) fn refuse_weak(session: &Session, now: i64) -> Result<(), Problem> {
    match session.weak_until {
        until if now < until => Err(Problem::WeakSession { until }),
        _ => Ok(()),
    }
}

/// The current password, typed again by somebody who is signed in.
pub(super) async fn check_current(
    app: &App,
    account: &Account,
    typed: &str,
    event: Event,
    caller: &Caller,
) -> Result<(), Problem> {
    let limit = [app.limits().current_passwords(&account.id)];
    take(app, &limit).await?;
    let current = password::normal(typed);
    let verdict = match password::is_plausible(&current) {
        true => app.hasher().verify(&current, Some(&account.password_hash)).await,
        false => app.hasher().verify("", None).await,
    };
    let verdict = looked_at(app, &limit, verdict.map_err(Problem::from)).await?;
    if !verdict.fits {
        let entry = app.entry(event, "wrong", Some(&account.id), caller.network.as_deref());
        app.storage().write_audit(&entry).await?;
        return Err(Problem::WrongPassword);
    }
    Ok(app.storage().forgive(&limit).await?)
}

pub(super) fn about(account: &Account) -> About {
    About {
        second_factor: account.totp_secret.is_some(),
        names: [&account.identifier, &account.address, &account.person]
            .into_iter()
            .chain(&account.second_address)
            .cloned()
            .collect(),
    }
}

/// The change with its notice, which tells of the passkeys, too: they stay.
pub(super) async fn changed(
    app: &App,
    account: &Account,
    new: String,
    event: Event,
    device: &str,
    network: Option<&str>,
) -> Result<PasswordChange, Problem> {
    let now = app.clock().now();
    let matter = match app.storage().passkeys(&account.id).await?.len() {
        0 => Matter::PasswordChanged,
        passkeys => Matter::Passkey(PasskeyMatter::PasswordChanged { passkeys }),
    };
    Ok(PasswordChange {
        account_id: account.id.clone(),
        old: account.password_hash.clone(),
        new,
        now,
        trace: Trace {
            audit: app.entry(event, "ok", Some(&account.id), network),
            mail: notices(app, account, now, device, network, &matter),
        },
    })
}
