//! The second factor.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::{AUTHENTICATOR, Answer, FACTOR, Fake, refusal};

pub async fn challenge(State(fake): State<Fake>, Path(id): Path<String>, headers: HeaderMap) -> Answer {
    if let Err(refused) = fake.session(&headers) {
        return refused;
    }
    if id != FACTOR {
        return refusal(StatusCode::NOT_FOUND, "mfa_factor_not_found");
    }
    let mut state = fake.state();
    state.made += 1;
    let id = format!("challenge-{}", state.made);
    state.challenges.push(id.clone());
    (StatusCode::OK, Json(json!({ "id": id, "type": "totp", "expires_at": 0 })))
}

pub async fn verify(
    State(fake): State<Fake>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Answer {
    let here = match fake.session(&headers) {
        Ok(session) => session,
        Err(refused) => return refused,
    };
    let mut state = fake.state();
    let challenge = state.challenges.iter().position(|known| body["challenge_id"] == **known);
    let Some(challenge) = challenge.filter(|_| id == FACTOR) else {
        return refusal(StatusCode::UNPROCESSABLE_ENTITY, "mfa_factor_not_found");
    };
    if body["code"] != AUTHENTICATOR {
        return refusal(StatusCode::UNPROCESSABLE_ENTITY, "mfa_verification_failed");
    }
    state.challenges.remove(challenge);
    if let Some(session) = state.sessions.iter_mut().find(|session| session.id == here.id) {
        session.both_factors = true;
    }
    match fake.renew(&mut state, here.id) {
        Some(session) => {
            drop(state);
            fake.granted(&session)
        }
        None => refusal(StatusCode::FORBIDDEN, "session_not_found"),
    }
}
