//! What is mailed: codes for a recovery, and codes that go along with a new password.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::{ADDRESS, Answer, Fake, Mailed, hash, refusal};
use crate::clock::Clock as _;
use crate::provider::gotrue::{CODE_LIFE, RESEND};

pub async fn recover(State(fake): State<Fake>, Json(body): Json<Value>) -> Answer {
    let Some(address) = body["email"].as_str().filter(|address| address.contains('@')) else {
        return refusal(StatusCode::BAD_REQUEST, "validation_failed");
    };
    let nothing = (StatusCode::OK, Json(json!({})));
    if address != ADDRESS {
        return nothing;
    }
    let now = fake.clock.now();
    let mut state = fake.state();
    let since = state.recovery.as_ref().and_then(|mailed| now.duration_since(mailed.at).ok());
    if fake.setup.limits && since.is_some_and(|since| since < RESEND) {
        // Without Retry-After: the seconds stand in the words for people.
        return refusal(StatusCode::TOO_MANY_REQUESTS, "over_email_send_rate_limit");
    }
    state.made += 1;
    let code = format!("{:06}", 314_000 + state.made * 7);
    state.mailed.push(code.clone());
    state.recovery = Some(Mailed { code, at: now });
    nothing
}

pub async fn verify(State(fake): State<Fake>, Json(body): Json<Value>) -> Answer {
    if body["type"] != "recovery" {
        return refusal(StatusCode::BAD_REQUEST, "validation_failed");
    }
    let mut state = fake.state();
    let known = state.recovery.as_ref().filter(|mailed| {
        let age = fake.clock.now().duration_since(mailed.at).unwrap_or(Duration::MAX);
        let by_hash = body["token_hash"] == *hash(&mailed.code) && body["email"].is_null();
        let by_code = body["token"] == *mailed.code && body["email"] == ADDRESS;
        age <= CODE_LIFE && (by_code || by_hash)
    });
    if known.is_none() {
        // Wrong, used and too old are one.
        return refusal(StatusCode::FORBIDDEN, "otp_expired");
    }
    state.recovery = None;
    drop(state);
    fake.open()
}

pub async fn reauthenticate(State(fake): State<Fake>, headers: HeaderMap) -> Answer {
    if let Err(refused) = fake.session(&headers) {
        return refused;
    }
    let mut state = fake.state();
    state.made += 1;
    let code = format!("{:06}", 271_000 + state.made * 7);
    state.mailed.push(code.clone());
    state.nonce = Some(code);
    (StatusCode::OK, Json(json!({})))
}
