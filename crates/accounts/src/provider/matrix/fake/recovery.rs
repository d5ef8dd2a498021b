//! The forgotten password, and the change of one that is known: one path for both.

use super::*;

pub fn request(state: &mut State, body: &Value) -> Answer {
    let field = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let (mail, client_secret) = (field("email"), field("client_secret"));
    if !mail.contains('@') {
        return refused(400, "M_INVALID_PARAM", "Value error, Unable to parse email address");
    }
    if state.setup.limits
        && let Err(wait) = state.count()
    {
        let wait = u64::try_from(wait.as_millis()).unwrap();
        return (
            429,
            json!({ "errcode": "M_LIMIT_EXCEEDED", "error": "Too Many Requests", "retry_after_ms": wait }),
        );
    }
    if !state.accounts.iter().any(|account| account.mail == mail) {
        return if state.setup.tells_unknown {
            refused(400, "M_THREEPID_NOT_FOUND", "Email not found")
        } else {
            (200, json!({ "sid": state.fresh("sid") }))
        };
    }
    let attempt = body["send_attempt"].as_u64().unwrap_or(1);
    (200, json!({ "sid": state.mail(&client_secret, &mail, attempt) }))
}

pub fn password(state: &mut State, bearer: Option<&str>, body: &Value) -> Answer {
    let new = body["new_password"].as_str();
    if let Some(answer) = new.and_then(weak) {
        return answer;
    }
    let user = match bearer {
        Some(_) => {
            let here = match state.authorise(bearer) {
                Ok(device) => device,
                Err(answer) => return answer,
            };
            if let Some(answer) = super::accounts::asks_for_password(state, &here, body) {
                return answer;
            }
            (here.user, Some(here.id))
        }
        None => match prove(state, &body["auth"]) {
            Ok(mail) => match state.accounts.iter().find(|account| account.mail == mail) {
                Some(account) => (account.user.clone(), None),
                None => return refused(404, "M_NOT_FOUND", "Email address not found"),
            },
            Err(answer) => return answer,
        },
    };
    // Without a new password the proof is taken all the same: an exception on the way to the answer.
    let (Some(new), false) = (new, std::mem::take(&mut state.fails)) else {
        return refused(500, "M_UNKNOWN", "Internal server error");
    };
    let (user, here) = user;
    state.accounts.iter_mut().find(|account| account.user == user).unwrap().password = new.into();
    if body["logout_devices"].as_bool().unwrap_or(true) {
        state.end(|device| device.user == user && Some(&device.id) != here.as_ref());
    }
    (200, json!({}))
}

fn weak(new: &str) -> Option<Answer> {
    if new.chars().count() < 8 {
        let error = "The password must be at least 8 characters long";
        return Some(refused(400, "M_PASSWORD_TOO_SHORT", error));
    }
    let has_digit = new.chars().any(|c| c.is_ascii_digit());
    (!has_digit).then(|| refused(400, "M_PASSWORD_NO_DIGIT", "The password must include at least one digit"))
}

/// The address that a mailed link has proven. The proof is spent by it: only the conversation remembers it.
fn prove(state: &mut State, auth: &Value) -> Result<String, Answer> {
    let session = match auth["session"].as_str() {
        Some(known) if state.ui_sessions.contains_key(known) => known.to_owned(),
        Some(_) => return Err(refused(400, "M_UNKNOWN", "Unknown session ID")),
        None => {
            let session = state.fresh("ui");
            state.ui_sessions.insert(session.clone(), None);
            session
        }
    };
    let creds = &auth["threepid_creds"];
    let sid = creds["sid"].as_str().unwrap_or_default();
    let opened = state.validations.get(sid).filter(|known| {
        known.validated && creds["client_secret"].as_str() == Some(known.client_secret.as_str())
    });
    if let Some(mail) = opened.map(|known| known.mail.clone()) {
        state.validations.remove(sid);
        state.ui_sessions.insert(session.clone(), Some(mail));
    }
    if let Some(Some(mail)) = state.ui_sessions.get(&session) {
        return Ok(mail.clone());
    }
    let mut answer =
        json!({ "session": session, "flows": [{ "stages": ["m.login.email.identity"] }], "params": {} });
    if !auth.is_null() {
        answer["completed"] = json!([]);
        answer["errcode"] = "M_UNAUTHORIZED".into();
        answer["error"] = "Unable to get validated threepid".into();
    }
    Err((401, answer))
}
