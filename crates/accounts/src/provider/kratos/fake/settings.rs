//! Settings flows: a new password for a session that is fresh.

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::{Answer, Fake, MIN_LENGTH, PRIVILEGED, error, input, refusal, text, unnamed};
use crate::clock::Clock as _;

pub async fn begin(State(fake): State<Fake>, headers: HeaderMap) -> Answer {
    match fake.full_session(&headers) {
        Ok(_) => with_identity(&fake, fake.begin("self-service/settings", false, nodes())),
        Err(refused) => refused,
    }
}

pub async fn submit(
    State(fake): State<Fake>,
    Query(asked): Query<HashMap<String, String>>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Answer {
    let session = match fake.full_session(&headers) {
        Ok(session) => session,
        Err(refused) => return refused,
    };
    let flow = match fake.flow(asked.get("flow")) {
        Ok(flow) => flow,
        Err(refused) => return refused,
    };
    if fake.clock.now() > session.authenticated_at + PRIVILEGED {
        let mut answer = refusal(StatusCode::FORBIDDEN, "session_refresh_required");
        answer.1.0["redirect_browser_to"] = json!("http://fake/self-service/login/browser?refresh=true");
        return answer;
    }
    let Some(password) = body["password"].as_str().filter(|_| body["method"] == "password") else {
        return unnamed(StatusCode::BAD_REQUEST);
    };
    let length = password.chars().count();
    if length < MIN_LENGTH {
        let mut nodes = nodes();
        let context = json!({ "min_length": MIN_LENGTH, "actual_length": length });
        nodes[0]["messages"] = json!([error(text::TOO_SHORT, context)]);
        return with_identity(&fake, fake.told(StatusCode::BAD_REQUEST, &flow, nodes, json!([])));
    }
    fake.state().password = password.into();
    let (status, mut told) = fake.told(StatusCode::OK, &flow, nodes(), json!([]));
    told.0["state"] = json!("success");
    with_identity(&fake, (status, told))
}

fn with_identity(fake: &Fake, (status, mut told): Answer) -> Answer {
    told.0["identity"] = fake.identity();
    (status, told)
}

fn nodes() -> Value {
    json!([input("password", "password", Value::Null), input("password", "method", json!("password"))])
}
