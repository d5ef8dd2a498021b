use super::extract::{Body, Caller, SignedIn};
use super::problem::{Problem, ProblemDetails};
use super::proof::MaybeProof;
use super::sign_in::{AccountInfo, SignInAnswer};
use crate::audit::Event;
use crate::storage::{Account, MadeBy, Rotation, Session, Tokens};
use crate::{App, token};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

/// Seconds an access token works.
pub(super) const ACCESS_LIFE: i64 = 900;
/// Seconds a session lives without being used (30 days).
pub(super) const IDLE_LIFE: i64 = 30 * 86_400;
/// Seconds after which the password is asked for again, used or not (90 days).
pub(super) const SESSION_LIFE: i64 = 90 * 86_400;

/// A session's tokens; this answer is the only place they appear.
#[derive(Serialize, ToSchema)]
pub(super) struct SessionTokens {
    pub(super) id: String,
    pub(super) access_token: String,
    access_expires_in: i64,
    /// Works once; using it again ends the session.
    pub(super) refresh_token: String,
    pub(super) refresh_expires_in: i64,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Signed {
    pub(super) session: SessionTokens,
    pub(super) account: AccountInfo,
}

impl Signed {
    pub(super) fn new(account: &Account, session: SessionTokens) -> Self {
        Self { session, account: account.into() }
    }
}

/// Tokens on their way to the client.
pub(super) struct Secrets {
    access: String,
    refresh: String,
    refresh_expires_in: i64,
}

impl Secrets {
    pub(super) fn of(self, session_id: &str) -> SessionTokens {
        SessionTokens {
            id: session_id.to_owned(),
            access_token: self.access,
            access_expires_in: ACCESS_LIFE,
            refresh_token: self.refresh,
            refresh_expires_in: self.refresh_expires_in,
        }
    }

    /// Says no more than the session's own end allows.
    pub(super) fn until(mut self, ends_at: i64, now: i64) -> Self {
        self.refresh_expires_in = self.refresh_expires_in.min(ends_at - now);
        self
    }
}

/// A pair of tokens: what is stored, and what is handed out.
pub(super) fn fresh_tokens(app: &App) -> (Tokens, Secrets) {
    let now = app.clock().now();
    let (access, refresh) = (token::opaque(app.random()), token::opaque(app.random()));
    let stored = Tokens {
        access_hash: token::hash(&access),
        access_until: now + ACCESS_LIFE,
        refresh_hash: token::hash(&refresh),
        refresh_until: now + IDLE_LIFE,
    };
    let secrets = Secrets { access, refresh, refresh_expires_in: IDLE_LIFE };
    (stored, secrets)
}

#[derive(Deserialize, ToSchema)]
pub(super) struct Refresh {
    #[schema(value_type = String)]
    refresh_token: Zeroizing<String>,
}

/// Trade a refresh token for a new pair. A session that is bound to a key needs a proof by it (RFC 9449).
#[utoipa::path(post, path = "/v1/session/refresh", request_body = Refresh, responses(
    (status = 200, body = SignInAnswer),
    (status = 401, description = "`signed_out`", body = ProblemDetails),
))]
pub(super) async fn refresh(
    State(app): State<App>,
    caller: Caller,
    MaybeProof(proof): MaybeProof,
    Body(ask): Body<Refresh>,
) -> Result<Json<SignInAnswer>, Problem> {
    let now = app.clock().now();
    let (stored, secrets) = fresh_tokens(&app);
    let reused = app.entry(Event::RefreshReused, "session ended", None, caller.network.as_deref());
    let old = token::hash(&ask.refresh_token);
    if let Some(proof) = &proof
        && !proof.spend(&app).await?
    {
        return Err(Problem::BadProof);
    }
    let jkt = proof.as_ref().map(|proof| proof.jkt.as_str());
    match app.storage().rotate(&old, jkt, &stored, now, &reused).await? {
        Rotation::Rotated(session) => {
            let account = app.storage().account(&session.account_id).await?.ok_or(Problem::SignedOut)?;
            let tokens = secrets.until(session.ends_at, now).of(&session.id);
            Ok(Json(SignInAnswer::SignedIn { signed: Signed::new(&account, tokens) }))
        }
        Rotation::Reused | Rotation::Unknown => Err(Problem::SignedOut),
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct Current {
    account: AccountInfo,
    session_id: String,
    made_by: MadeBy,
    /// Until then (Unix seconds) this session may not change the password; null if it always may.
    weak_until: Option<i64>,
}

/// Whose session this is.
#[utoipa::path(get, path = "/v1/session", security(("session" = [])), responses(
    (status = 200, body = Current),
    (status = 401, description = "`signed_out`", body = ProblemDetails),
))]
pub(super) async fn current(signed_in: SignedIn) -> Json<Current> {
    let SignedIn { session, account } = signed_in;
    Json(Current {
        account: (&account).into(),
        weak_until: weak_until(&session),
        session_id: session.id,
        made_by: session.made_by,
    })
}

/// Sign out.
#[utoipa::path(delete, path = "/v1/session", security(("session" = [])), responses(
    (status = 204),
    (status = 401, description = "`signed_out`", body = ProblemDetails),
))]
pub(super) async fn end_current(
    State(app): State<App>,
    caller: Caller,
    signed_in: SignedIn,
) -> Result<StatusCode, Problem> {
    let id = signed_in.session.id.clone();
    match end(&app, &caller, &signed_in, &id).await {
        // Another call ended it while this one was under way.
        Err(Problem::NotFound) => Err(Problem::SignedOut),
        ended => ended,
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct Sessions {
    sessions: Vec<SessionInfo>,
}

#[derive(Serialize, ToSchema)]
struct SessionInfo {
    id: String,
    device: String,
    created_at: i64,
    last_used_at: i64,
    current: bool,
    /// `203.0.113.0/24`; null for this machine itself.
    network: Option<String>,
    made_by: MadeBy,
    /// Until then (Unix seconds) it may not change the password; null if it always may.
    weak_until: Option<i64>,
}

fn weak_until(session: &Session) -> Option<i64> {
    (session.weak_until > 0).then_some(session.weak_until)
}

/// Where the account is signed in, the last used first.
#[utoipa::path(get, path = "/v1/sessions", security(("session" = [])), responses(
    (status = 200, body = Sessions),
    (status = 401, description = "`signed_out`", body = ProblemDetails),
))]
pub(super) async fn list(State(app): State<App>, signed_in: SignedIn) -> Result<Json<Sessions>, Problem> {
    let sessions = app
        .storage()
        .sessions(&signed_in.account.id, app.clock().now())
        .await?
        .into_iter()
        .map(|session| SessionInfo {
            current: session.id == signed_in.session.id,
            weak_until: weak_until(&session),
            made_by: session.made_by,
            id: session.id,
            device: session.device,
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            network: session.network,
        })
        .collect();
    Ok(Json(Sessions { sessions }))
}

/// End one session.
#[utoipa::path(delete, path = "/v1/sessions/{id}", security(("session" = [])),
    params(("id" = String, Path, description = "from the list")), responses(
    (status = 204),
    (status = 401, description = "`signed_out`", body = ProblemDetails),
    (status = 404, description = "`not_found`", body = ProblemDetails),
))]
pub(super) async fn end_one(
    State(app): State<App>,
    caller: Caller,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    end(&app, &caller, &signed_in, &id).await
}

#[derive(Serialize, ToSchema)]
pub(super) struct Ended {
    ended: u64,
}

/// End all sessions but this one.
#[utoipa::path(delete, path = "/v1/sessions", security(("session" = [])), responses(
    (status = 200, body = Ended),
    (status = 401, description = "`signed_out`", body = ProblemDetails),
))]
pub(super) async fn end_others(
    State(app): State<App>,
    caller: Caller,
    signed_in: SignedIn,
) -> Result<Json<Ended>, Problem> {
    let account_id = &signed_in.account.id;
    let audit = app.entry(Event::OtherSessionsEnded, "ok", Some(account_id), caller.network.as_deref());
    let ended = app.storage().end_other_sessions(account_id, &signed_in.session.id, &audit).await?;
    Ok(Json(Ended { ended }))
}

async fn end(app: &App, caller: &Caller, signed_in: &SignedIn, id: &str) -> Result<StatusCode, Problem> {
    let account_id = &signed_in.account.id;
    let audit = app.entry(Event::SessionEnded, "ok", Some(account_id), caller.network.as_deref());
    if app.storage().end_session(account_id, id, &audit).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::NotFound)
    }
}
