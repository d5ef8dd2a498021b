//! Who is signed in where.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::{Answer, Fake, Session, refusal, unnamed, written};

impl Fake {
    /// The session whose token was sent, whatever it lacks.
    pub(super) fn session(&self, headers: &HeaderMap) -> Result<Session, Answer> {
        let token = headers.get("X-Session-Token").and_then(|token| token.to_str().ok());
        let found = self.state().sessions.iter().find(|session| Some(&*session.token) == token).cloned();
        found.ok_or_else(|| refusal(StatusCode::UNAUTHORIZED, "session_inactive"))
    }

    /// The same, if it has as many factors as the account.
    pub(super) fn full_session(&self, headers: &HeaderMap) -> Result<Session, Answer> {
        let session = self.session(headers)?;
        if self.setup.second_factor && !session.both_factors {
            let mut answer = refusal(StatusCode::FORBIDDEN, "session_aal2_required");
            answer.1.0["redirect_browser_to"] = json!("http://fake/self-service/login/browser?aal=aal2");
            return Err(answer);
        }
        Ok(session)
    }

    pub(super) fn shown(&self, session: &Session) -> Value {
        json!({
            "id": session.id,
            "active": true,
            "authenticated_at": written(session.authenticated_at),
            "authenticator_assurance_level": if session.both_factors { "aal2" } else { "aal1" },
            "identity": self.identity(),
            "devices": [{ "id": "device", "user_agent": session.agent, "ip_address": "127.0.0.1" }],
        })
    }

    pub(super) fn identity(&self) -> Value {
        let address = |value: &String| json!({ "id": "address", "value": value, "via": "email" });
        let addresses: Vec<Value> = self.setup.addresses.iter().map(address).collect();
        json!({ "id": "identity", "schema_id": "default", "traits": {}, "recovery_addresses": addresses })
    }
}

pub async fn whoami(State(fake): State<Fake>, headers: HeaderMap) -> Answer {
    match fake.full_session(&headers) {
        Ok(session) => (StatusCode::OK, Json(fake.shown(&session))),
        Err(refused) => refused,
    }
}

/// The other ones.
pub async fn list(State(fake): State<Fake>, headers: HeaderMap) -> Answer {
    let here = match fake.full_session(&headers) {
        Ok(session) => session,
        Err(refused) => return refused,
    };
    let all = fake.state().sessions.clone();
    let others = all.iter().filter(|session| session.id != here.id).map(|session| fake.shown(session));
    (StatusCode::OK, Json(others.collect()))
}

pub async fn end_others(State(fake): State<Fake>, headers: HeaderMap) -> Answer {
    let here = match fake.full_session(&headers) {
        Ok(session) => session,
        Err(refused) => return refused,
    };
    let mut state = fake.state();
    let before = state.sessions.len();
    state.sessions.retain(|session| session.id == here.id);
    (StatusCode::OK, Json(json!({ "count": before - state.sessions.len() })))
}

pub async fn end_one(State(fake): State<Fake>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    match fake.full_session(&headers) {
        Ok(here) if here.id == id => unnamed(StatusCode::BAD_REQUEST).into_response(),
        Ok(_) => {
            fake.state().sessions.retain(|session| session.id != id);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(refused) => refused.into_response(),
    }
}

pub async fn sign_out(State(fake): State<Fake>, Json(body): Json<Value>) -> Response {
    let mut state = fake.state();
    let before = state.sessions.len();
    state.sessions.retain(|session| body["session_token"] != *session.token);
    if before == state.sessions.len() {
        return unnamed(StatusCode::FORBIDDEN).into_response();
    }
    StatusCode::NO_CONTENT.into_response()
}
