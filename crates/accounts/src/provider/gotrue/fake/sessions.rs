//! Tokens for a password and for a refresh token, and signing out.

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::{ADDRESS, Answer, Fake, PHONE, refusal};

type Asked = Query<HashMap<String, String>>;

pub async fn token(State(fake): State<Fake>, Query(asked): Asked, Json(body): Json<Value>) -> Answer {
    match asked.get("grant_type").map(String::as_str) {
        Some("password") => {
            let phone: Option<String> =
                body["phone"].as_str().map(|phone| phone.chars().filter(char::is_ascii_digit).collect());
            let known = body["email"] == ADDRESS || phone.as_deref() == Some(PHONE);
            if !known || body["password"] != *fake.state().password {
                if fake.setup.older {
                    let error =
                        json!({ "error": "invalid_grant", "error_description": "Invalid login credentials" });
                    return (StatusCode::BAD_REQUEST, Json(error));
                }
                return refusal(StatusCode::BAD_REQUEST, "invalid_credentials");
            }
            fake.open()
        }
        Some("refresh_token") => {
            let mut state = fake.state();
            let found = state.sessions.iter().find(|session| body["refresh_token"] == *session.refresh);
            let id = found.map(|session| session.id);
            match id.and_then(|id| fake.renew(&mut state, id)) {
                Some(session) => {
                    drop(state);
                    fake.granted(&session)
                }
                None => refusal(StatusCode::BAD_REQUEST, "refresh_token_not_found"),
            }
        }
        _ => refusal(StatusCode::BAD_REQUEST, "validation_failed"),
    }
}

pub async fn logout(State(fake): State<Fake>, Query(asked): Asked, headers: HeaderMap) -> Response {
    let here = match fake.session(&headers) {
        Ok(session) => session,
        Err(refused) => return refused.into_response(),
    };
    let mut state = fake.state();
    match asked.get("scope").map(String::as_str) {
        Some("local") => state.sessions.retain(|session| session.id != here.id),
        Some("others") => state.sessions.retain(|session| session.id == here.id),
        // Everywhere, unless it is told otherwise.
        None | Some("global") => state.sessions.clear(),
        Some(_) => return refusal(StatusCode::BAD_REQUEST, "validation_failed").into_response(),
    }
    StatusCode::NO_CONTENT.into_response()
}
