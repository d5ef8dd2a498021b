//! Login flows: a password, then the second factor in a flow of its own.

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::{AUTHENTICATOR, Answer, Fake, Flow, USERNAME, error, input, refusal, text, unnamed};

type Asked = Query<HashMap<String, String>>;

pub async fn begin(State(fake): State<Fake>, Query(asked): Asked, headers: HeaderMap) -> Answer {
    let session = fake.session(&headers);
    let is = |name: &str, value: &str| asked.get(name).is_some_and(|asked| asked == value);
    if is("aal", "aal2") {
        return match session {
            Ok(_) => fake.begin("self-service/login", true, nodes(&fake, true, Value::Null)),
            Err(_) => refusal(StatusCode::UNAUTHORIZED, "session_aal1_required"),
        };
    }
    match session {
        Ok(_) if !is("refresh", "true") => refusal(StatusCode::BAD_REQUEST, "session_already_available"),
        Ok(_) => fake.begin("self-service/login", false, nodes(&fake, false, json!(USERNAME))),
        Err(_) => fake.begin("self-service/login", false, nodes(&fake, false, json!(""))),
    }
}

pub async fn submit(
    State(fake): State<Fake>,
    Query(asked): Asked,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Answer {
    let flow = match fake.flow(asked.get("flow")) {
        Ok(flow) => flow,
        Err(refused) => return refused,
    };
    let now = super::Clock::now(&*fake.clock);
    let here = fake.session(&headers).ok();
    let mut state = fake.state();
    let wrong = match (flow.aal2, body["method"].as_str(), &here) {
        (false, Some("password"), _) => {
            let known = body["identifier"] == USERNAME
                || fake.setup.addresses.iter().any(|address| body["identifier"] == **address);
            (!known || body["password"] != *state.password).then_some(text::WRONG_PASSWORD)
        }
        (true, Some("totp"), Some(_)) => (body["totp_code"] != AUTHENTICATOR).then_some(4_000_008),
        (true, Some("lookup_secret"), Some(_)) => {
            let fits = state.saved_code.as_ref().is_some_and(|saved| body["lookup_secret"] == **saved);
            if fits {
                state.saved_code = None;
            }
            (!fits).then_some(4_000_016)
        }
        _ => return unnamed(StatusCode::BAD_REQUEST),
    };
    if let Some(wrong) = wrong {
        drop(state);
        return refused(&fake, &flow, wrong);
    }
    let session = match here {
        // A session that is refreshed or gets its second factor stays the same one.
        Some(here) => {
            let session = state.sessions.iter_mut().find(|session| session.id == here.id);
            let Some(session) = session else { return refusal(StatusCode::UNAUTHORIZED, "session_inactive") };
            session.authenticated_at = now;
            session.both_factors |= flow.aal2;
            session.clone()
        }
        None => {
            let agent = headers.get("User-Agent").and_then(|agent| agent.to_str().ok()).unwrap_or_default();
            state.open(now, agent)
        }
    };
    drop(state);
    let mut shown = fake.shown(&session);
    if fake.setup.second_factor && !session.both_factors {
        // Who has not proven the second factor is not told whose account it is.
        shown["identity"] = Value::Null;
    }
    (StatusCode::OK, Json(json!({ "session": shown, "session_token": session.token })))
}

fn refused(fake: &Fake, flow: &Flow, id: u32) -> Answer {
    let nodes = nodes(fake, flow.aal2, Value::Null);
    fake.told(StatusCode::BAD_REQUEST, flow, nodes, json!([error(id, json!({}))]))
}

fn nodes(fake: &Fake, aal2: bool, identifier: Value) -> Value {
    if !aal2 {
        return json!([
            input("default", "identifier", identifier),
            input("password", "password", Value::Null),
            input("password", "method", json!("password")),
        ]);
    }
    let mut nodes = vec![input("totp", "totp_code", Value::Null), input("totp", "method", json!("totp"))];
    if fake.state().saved_code.is_some() {
        nodes.push(input("lookup_secret", "lookup_secret", Value::Null));
        nodes.push(input("lookup_secret", "method", json!("lookup_secret")));
    }
    json!(nodes)
}
