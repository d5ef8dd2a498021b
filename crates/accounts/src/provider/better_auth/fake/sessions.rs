//! Signing in and out, the list of sessions, changing a password.

use super::second_factor::COOKIE;
use super::*;

/// What every signature looks like here.
const SIGNATURE: &str = ".S1gn/+ature=";
/// Whoever signed in longer ago is shown no list (`session.freshAge`).
const FRESH: Duration = Duration::from_secs(24 * 60 * 60);

impl World {
    pub fn sign_in(&mut self, asked: &Asked<'_>, field: &str) -> Answer {
        let name = asked.text(field).to_lowercase();
        let refused = match field {
            "email" if !is_address(&name) => return Answer::error(400, "INVALID_EMAIL"),
            "email" => "INVALID_EMAIL_OR_PASSWORD",
            _ if !is_username(&name) => return Answer::error(422, "INVALID_USERNAME"),
            _ => "INVALID_USERNAME_OR_PASSWORD",
        };
        let found = self.accounts.iter().find(|account| {
            let known = if field == "email" { &account.email } else { &account.username };
            known.to_lowercase() == name && account.password == asked.text("password")
        });
        let Some(account) = found.cloned() else { return Answer::error(401, refused) };
        match account.second {
            None => self.enter(asked, &account.email, json!({ "redirect": false })),
            Some(_) => {
                let step = self.begin_second(&account.email);
                let methods = json!({ "twoFactorRedirect": true, "twoFactorMethods": ["totp", "otp"] });
                // The session that was made and ended again has left its token in the header.
                let dead = format!("{}{SIGNATURE}", self.text(32));
                let cookie = format!("{COOKIE}={step}; Max-Age=600; Path=/; HttpOnly; SameSite=Lax");
                let answer = Answer::of(200, methods).without_cookie("better-auth.session_token");
                answer.header("set-auth-token", dead).header("set-cookie", cookie)
            }
        }
    }

    /// Makes a session and tells its token, in `body` and in the header.
    pub fn enter(&mut self, asked: &Asked<'_>, email: &str, mut body: Value) -> Answer {
        let (id, token) = (self.text(32), self.text(32));
        let agent = asked.header("user-agent").to_owned();
        let created = self.now();
        self.sessions.push(Line { id, token: token.clone(), email: email.to_owned(), agent, created });
        body["token"] = json!(token);
        body["user"] = json!({ "email": email });
        let answer = Answer::of(200, body);
        if self.left_out.contains(&"bearer") {
            return answer;
        }
        answer.header("set-auth-token", format!("{token}{SIGNATURE}"))
    }

    pub fn get_session(&mut self, asked: &Asked<'_>) -> Answer {
        let here = self.here(asked);
        Answer::of(
            200,
            here.map_or(
                Value::Null,
                |line| json!({ "session": shown(&line), "user": { "email": line.email } }),
            ),
        )
    }

    pub fn list_sessions(&mut self, asked: &Asked<'_>) -> Answer {
        let Some(here) = self.here(asked) else { return Answer::error(401, "UNAUTHORIZED") };
        if self.now().duration_since(here.created).unwrap_or_default() >= FRESH {
            return Answer::error(403, "SESSION_NOT_FRESH");
        }
        let lines = self.sessions.iter().filter(|line| line.email == here.email);
        Answer::of(200, lines.map(shown).collect())
    }

    pub fn sign_out(&mut self, asked: &Asked<'_>) -> Answer {
        let here = self.here(asked);
        self.sessions.retain(|line| here.as_ref().is_none_or(|here| here.token != line.token));
        Answer::of(200, json!({ "success": true }))
    }

    pub fn revoke_session(&mut self, asked: &Asked<'_>) -> Answer {
        let Some(here) = self.here(asked) else { return Answer::error(401, "UNAUTHORIZED") };
        self.sessions.retain(|line| line.email != here.email || line.token != asked.text("token"));
        Answer::of(200, json!({ "status": true }))
    }

    pub fn revoke_other_sessions(&mut self, asked: &Asked<'_>) -> Answer {
        let Some(here) = self.here(asked) else { return Answer::error(401, "UNAUTHORIZED") };
        self.sessions.retain(|line| line.email != here.email || line.token == here.token);
        Answer::of(200, json!({ "status": true }))
    }

    pub fn change_password(&mut self, asked: &Asked<'_>) -> Answer {
        let Some(here) = self.here(asked) else { return Answer::error(401, "UNAUTHORIZED") };
        let new = asked.text("newPassword").to_owned();
        if let Some(weak) = weak(&new) {
            return weak;
        }
        match self.account(&here.email) {
            Some(account) if account.password == asked.text("currentPassword") => account.password = new,
            _ => return Answer::error(400, "INVALID_PASSWORD"),
        }
        if asked.body["revokeOtherSessions"] != json!(true) {
            return Answer::of(200, json!({ "token": null, "user": { "email": here.email } }));
        }
        // All of them, the one that asked as well.
        self.sessions.retain(|line| line.email != here.email);
        self.enter(asked, &here.email, json!({}))
    }

    /// The session whose token came along, with its signature or without.
    fn here(&self, asked: &Asked<'_>) -> Option<Line> {
        if self.left_out.contains(&"bearer") {
            return None;
        }
        let token = asked.header("authorization").strip_prefix("Bearer ")?;
        let token = token.strip_suffix(SIGNATURE).unwrap_or(token);
        self.sessions.iter().find(|line| line.token == token).cloned()
    }
}

/// What is wrong with a password: its length is all that is looked at.
pub fn weak(password: &str) -> Option<Answer> {
    match password.encode_utf16().count() {
        ..8 => Some(Answer::error(400, "PASSWORD_TOO_SHORT")),
        129.. => Some(Answer::error(400, "PASSWORD_TOO_LONG")),
        _ => None,
    }
}

/// An address that zod would take: a domain without a dot is none.
pub fn is_address(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'))
}

fn is_username(text: &str) -> bool {
    (3..=30).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))
}

fn shown(line: &Line) -> Value {
    json!({
        "id": line.id,
        "token": line.token,
        "createdAt": moment(line.created),
        "updatedAt": moment(line.created),
        "ipAddress": "",
        "userAgent": line.agent,
    })
}

/// As JavaScript writes it; from the other way to write it, `Sun, 06 Nov 1994 08:49:37 GMT`.
fn moment(at: SystemTime) -> String {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let text = httpdate::fmt_http_date(at);
    let parts: Vec<&str> = text.split([' ', ',']).filter(|part| !part.is_empty()).collect();
    let [_, day, month, year, time, _] = parts[..] else { return text };
    let month = months.iter().position(|name| *name == month).unwrap_or_default() + 1;
    format!("{year}-{month:02}-{day}T{time}.000Z")
}
