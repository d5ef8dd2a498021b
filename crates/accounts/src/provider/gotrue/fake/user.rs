//! Whose session it is, and a new password for it.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::{Answer, Fake, MIN_LENGTH, refusal};

pub async fn show(State(fake): State<Fake>, headers: HeaderMap) -> Answer {
    match fake.session(&headers) {
        Ok(_) => (StatusCode::OK, Json(fake.user())),
        Err(refused) => refused,
    }
}

pub async fn update(State(fake): State<Fake>, headers: HeaderMap, Json(body): Json<Value>) -> Answer {
    let here = match fake.session(&headers) {
        Ok(session) => session,
        Err(refused) => return refused,
    };
    let Some(password) = body["password"].as_str() else {
        return refusal(StatusCode::BAD_REQUEST, "validation_failed");
    };
    let reasons = weaknesses(&fake, password);
    if !reasons.is_empty() {
        let mut answer = refusal(StatusCode::UNPROCESSABLE_ENTITY, "weak_password");
        answer.1.0["weak_password"] = json!({ "reasons": reasons });
        return answer;
    }
    if fake.setup.second_factor && !here.both_factors {
        return refusal(StatusCode::UNAUTHORIZED, "insufficient_aal");
    }
    let mut state = fake.state();
    if fake.setup.wants_code {
        let Some(nonce) = body["nonce"].as_str() else {
            return refusal(StatusCode::BAD_REQUEST, "reauthentication_needed");
        };
        if state.nonce.as_deref() != Some(nonce) {
            return refusal(StatusCode::UNPROCESSABLE_ENTITY, "reauthentication_not_valid");
        }
        state.nonce = None;
    }
    if state.password == password {
        return refusal(StatusCode::UNPROCESSABLE_ENTITY, "same_password");
    }
    // bcrypt fails on more, and the server has no words for it.
    if password.len() > 72 {
        return refusal(StatusCode::INTERNAL_SERVER_ERROR, "unexpected_failure");
    }
    state.password = password.into();
    state.recovery = None;
    state.sessions.retain(|session| session.id == here.id);
    drop(state);
    (StatusCode::OK, Json(fake.user()))
}

fn weaknesses(fake: &Fake, password: &str) -> Vec<&'static str> {
    let has = |kind: fn(&char) -> bool| password.chars().any(|c| kind(&c));
    let kinds = has(char::is_ascii_lowercase) && has(char::is_ascii_uppercase) && has(char::is_ascii_digit);
    let mut reasons = Vec::new();
    if password.len() < MIN_LENGTH {
        reasons.push("length");
    }
    if fake.setup.wants_kinds && !kinds {
        reasons.push("characters");
    }
    reasons
}
