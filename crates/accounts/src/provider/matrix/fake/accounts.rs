//! Signing in and what a signed-in person does.

use super::state::Device;
use super::*;

pub fn flows(state: &State) -> Answer {
    let flows = if state.setup.without_passwords {
        json!([{ "type": "m.login.sso", "identity_providers": [] }, { "type": "m.login.token" }])
    } else {
        json!([{ "type": "m.login.password" }, { "type": "m.login.application_service" }])
    };
    (200, json!({ "flows": flows }))
}

pub fn login(state: &mut State, body: &Value) -> Answer {
    let user = account(state, &body["identifier"], body["password"].as_str());
    let Some(user) = user else { return refused(403, "M_FORBIDDEN", "Invalid username or password") };
    let id = state.fresh("DEVICE");
    let name = body["initial_device_display_name"].as_str().unwrap_or_default().to_owned();
    state.devices.push(Device { id: id.clone(), user: user.clone(), name, seen: None });
    let mut granted = state.grant(&id, None);
    granted["user_id"] = user.into();
    granted["device_id"] = id.into();
    (200, granted)
}

/// The account of an identifier, if that is its password.
fn account(state: &State, identifier: &Value, password: Option<&str>) -> Option<String> {
    let account = match identifier["type"].as_str()? {
        "m.id.user" => {
            let user = identifier["user"].as_str()?.to_lowercase();
            let user = if user.starts_with('@') { user } else { format!("@{user}:localhost") };
            state.accounts.iter().find(|account| account.user == user)?
        }
        "m.id.thirdparty" => {
            let mail = identifier["address"].as_str()?;
            state.accounts.iter().find(|account| account.mail.eq_ignore_ascii_case(mail))?
        }
        _ => return None,
    };
    (Some(account.password.as_str()) == password).then(|| account.user.clone())
}

pub fn refresh(state: &mut State, body: &Value) -> Answer {
    let token = body["refresh_token"].as_str().unwrap_or_default().to_owned();
    match state.renew(&token) {
        Ok(device) => (200, state.grant(&device, Some(token))),
        Err(answer) => answer,
    }
}

pub fn signed_in(state: &mut State, method: &str, path: &str, bearer: Option<&str>, body: &Value) -> Answer {
    let here = match state.authorise(bearer) {
        Ok(device) => device,
        Err(answer) => return answer,
    };
    match (method, path) {
        ("GET", "account/whoami") => {
            (200, json!({ "user_id": here.user, "is_guest": false, "device_id": here.id }))
        }
        ("GET", "account/3pid") => {
            let mail = &state.accounts.iter().find(|account| account.user == here.user).unwrap().mail;
            (200, json!({ "threepids": [{ "medium": "email", "address": mail }] }))
        }
        ("GET", "devices") => (200, json!({ "devices": devices(state, &here) })),
        ("POST", "delete_devices") => {
            let ids = body["devices"].as_array().cloned().unwrap_or_default();
            end(state, &here, body, |id| ids.iter().any(|known| known == id))
        }
        ("POST", "logout") => {
            state.end(|device| device.id == here.id);
            (200, json!({}))
        }
        ("DELETE", _) => match path.strip_prefix("devices/") {
            Some(wanted) => end(state, &here, body, |id| id == wanted),
            None => unrecognized(),
        },
        _ => unrecognized(),
    }
}

fn devices(state: &State, here: &Device) -> Vec<Value> {
    let own = state.devices.iter().filter(|device| device.user == here.user);
    let shown = |device: &Device| {
        json!({
            "user_id": device.user,
            "device_id": device.id,
            "display_name": device.name,
            "last_seen_ts": device.seen,
            "last_seen_ip": device.seen.map(|_| "127.0.0.1"),
        })
    };
    own.map(shown).collect()
}

fn end(state: &mut State, here: &Device, body: &Value, ends: impl Fn(&str) -> bool) -> Answer {
    if let Some(answer) = asks_for_password(state, here, body) {
        return answer;
    }
    let user = here.user.clone();
    state.end(|device| device.user == user && ends(&device.id));
    (200, json!({}))
}

/// The stage that a password opens; `None` once it is passed.
pub fn asks_for_password(state: &mut State, here: &Device, body: &Value) -> Option<Answer> {
    let auth = &body["auth"];
    let password = auth["password"].as_str();
    if account(state, &auth["identifier"], password).is_some_and(|user| user == here.user) {
        return None;
    }
    let session = state.fresh("ui");
    let mut answer =
        json!({ "session": session, "flows": [{ "stages": ["m.login.password"] }], "params": {} });
    if !auth.is_null() {
        answer["completed"] = json!([]);
        answer["errcode"] = "M_FORBIDDEN".into();
        answer["error"] = "Invalid username or password".into();
    }
    Some((401, answer))
}
