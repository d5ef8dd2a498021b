//! Recovery flows by code: with one address, and with the choice among all of them.

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::{Answer, Fake, Flow, Screen, TRIES, error, input, refusal, shown_again, text, unnamed};
use crate::clock::Clock as _;

pub async fn begin(State(fake): State<Fake>, headers: HeaderMap) -> Answer {
    if fake.session(&headers).is_ok() {
        return refusal(StatusCode::BAD_REQUEST, "session_already_available");
    }
    let name = if fake.setup.choose_address { "recovery_address" } else { "email" };
    let nodes = json!([input("code", name, Value::Null), input("code", "method", json!("code"))]);
    fake.begin("self-service/recovery", false, nodes)
}

pub async fn submit(
    State(fake): State<Fake>,
    Query(asked): Query<HashMap<String, String>>,
    Json(body): Json<Value>,
) -> Response {
    let flow = match fake.flow(asked.get("flow")) {
        Ok(flow) => flow,
        Err((_, expired)) if !fake.setup.transitions => {
            let next = expired.0["use_flow_id"].as_str().unwrap_or_default();
            return elsewhere(next);
        }
        Err(refused) => return refused.into_response(),
    };
    let given = |name: &str| body[name].as_str().filter(|value| !value.is_empty());
    if body["method"] != "code" {
        return unnamed(StatusCode::BAD_REQUEST).into_response();
    }
    if let Some(code) = given("code") {
        if fake.setup.choose_address && flow.screen != Screen::Code {
            return wanting(&fake, &flow).into_response();
        }
        return check(&fake, &flow, code);
    }
    let answer = match (fake.setup.choose_address, given("recovery_address"), given("email")) {
        (false, None, Some(email)) => mail(&fake, &flow, email, "email"),
        (true, Some(typed), None) => on_screen(&fake, &flow, typed, &given),
        // What the screen asks for is missing.
        (true, None, None) => wanting(&fake, &flow),
        _ => unnamed(StatusCode::BAD_REQUEST),
    };
    answer.into_response()
}

/// The newer flows know which screen they show, and take no other one's answer.
fn on_screen<'a>(fake: &Fake, flow: &Flow, typed: &str, given: &impl Fn(&str) -> Option<&'a str>) -> Answer {
    let all = &fake.setup.addresses;
    let known = all.iter().any(|address| address == typed);
    let back = given("screen") == Some("previous");
    match flow.screen {
        Screen::Address if !known || (all.len() == 1 && !fake.setup.always_choose) => {
            mail(fake, flow, typed, "recovery_confirm_address")
        }
        Screen::Address => ask_choice(fake, flow, typed),
        // There is nothing before it to go back to.
        Screen::Choice if back => unnamed(StatusCode::INTERNAL_SERVER_ERROR),
        Screen::Choice => match given("recovery_select_address") {
            Some(chosen) if chosen == opaque(typed) => mail(fake, flow, typed, "recovery_confirm_address"),
            Some(chosen) if all.iter().any(|address| opaque(address) == chosen) => {
                ask_whole(fake, flow, typed)
            }
            Some(_) => unnamed(StatusCode::BAD_REQUEST),
            None => wanting(fake, flow),
        },
        Screen::Whole | Screen::Code if back => ask_choice(fake, flow, typed),
        Screen::Whole | Screen::Code => match given("recovery_confirm_address") {
            Some(whole) => mail(fake, flow, whole, "recovery_confirm_address"),
            None => wanting(fake, flow),
        },
    }
}

/// The screen once more, with the message that a property is missing.
fn wanting(fake: &Fake, flow: &Flow) -> Answer {
    fake.told(StatusCode::BAD_REQUEST, flow, json!([]), json!([error(4_000_002, json!({}))]))
}

/// Codes of this flow that were sent before are gone. Whoever has no account is told the same.
fn mail(fake: &Fake, flow: &Flow, address: &str, resend: &str) -> Answer {
    let mut state = fake.state();
    state.made += 1;
    let code = format!("{:06}", 241_860 + state.made * 7);
    let known = fake.setup.addresses.iter().any(|known| known == address);
    if let Some(flow) = state.flows.iter_mut().find(|known| known.id == flow.id) {
        flow.code = known.then(|| code.clone());
        flow.screen = Screen::Code;
    }
    if known {
        state.mailed.push((address.into(), code));
    }
    drop(state);
    fake.told(StatusCode::OK, flow, code_nodes(resend, address), json!([]))
}

fn ask_choice(fake: &Fake, flow: &Flow, typed: &str) -> Answer {
    fake.shows(flow, Screen::Choice);
    let choice = |address: &String| {
        let mut node = input("code", "recovery_select_address", json!(opaque(address)));
        node["meta"] = json!({ "label": { "id": 1_070_000, "type": "info", "text": masked(address) } });
        node
    };
    let mut nodes: Vec<Value> = fake.setup.addresses.iter().map(choice).collect();
    nodes.push(input("code", "recovery_address", json!(typed)));
    fake.told(StatusCode::OK, flow, json!(nodes), json!([]))
}

fn ask_whole(fake: &Fake, flow: &Flow, typed: &str) -> Answer {
    fake.shows(flow, Screen::Whole);
    let nodes = json!([
        input("code", "recovery_confirm_address", Value::Null),
        input("code", "recovery_address", json!(typed)),
        input("code", "screen", json!("previous")),
    ]);
    fake.told(StatusCode::OK, flow, nodes, json!([]))
}

fn check(fake: &Fake, flow: &Flow, code: &str) -> Response {
    let mut state = fake.state();
    let Some(known) = state.flows.iter_mut().find(|known| known.id == flow.id) else {
        return unnamed(StatusCode::NOT_FOUND).into_response();
    };
    known.tries += 1;
    if known.tries > TRIES {
        drop(state);
        let next = fake.successor(flow);
        if !fake.setup.transitions {
            return elsewhere(&next);
        }
        let mut answer = unnamed(StatusCode::BAD_REQUEST);
        answer.1.0["error"]["details"] = shown_again(&next);
        return answer.into_response();
    }
    if known.code.as_deref() != Some(code) {
        drop(state);
        let nodes = code_nodes("email", "");
        // Not 400: the flow is as well as before.
        let wrong = json!([error(text::WRONG_CODE, json!({}))]);
        return fake.told(StatusCode::OK, flow, nodes, wrong).into_response();
    }
    known.code = None;
    let session = state.open(fake.clock.now(), "recovery");
    drop(state);
    let settings = fake.begin("self-service/settings", false, json!([])).1.0["id"].clone();
    if !fake.setup.transitions {
        let mut answer = refusal(StatusCode::UNPROCESSABLE_ENTITY, "browser_location_change_required");
        answer.1.0["redirect_browser_to"] = json!("http://fake/settings");
        return answer.into_response();
    }
    let (status, mut told) = fake.told(StatusCode::OK, flow, json!([]), json!([]));
    told.0["state"] = json!("passed_challenge");
    told.0["continue_with"] = json!([
        { "action": "set_ory_session_token", "ory_session_token": session.token },
        { "action": "show_settings_ui", "flow": { "id": settings } },
    ]);
    (status, told).into_response()
}

/// The old answer, before `continue_with`: look at the new flow.
fn elsewhere(flow: &str) -> Response {
    let to = format!("http://fake/self-service/recovery/flows?id={flow}");
    (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response()
}

fn code_nodes(resend: &str, address: &str) -> Value {
    let mut code = input("code", "code", Value::Null);
    code["attributes"]["maxlength"] = json!(6);
    json!([code, input("code", "method", json!("code")), input("code", resend, json!(address))])
}

fn opaque(address: &str) -> String {
    let sum = address.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    format!("hash-{sum:08x}")
}

fn masked(address: &str) -> String {
    let Some((local, domain)) = address.split_once('@') else {
        return format!("{}****{}", &address[..3], &address[address.len() - 2..]);
    };
    format!("{}****@{domain}", local.chars().take(2).collect::<String>())
}
