//! Its OpenID Connect provider: a computer waits, a phone that is signed in says yes or no, and tokens say who it was.

use std::time::SystemTime;

use super::*;

/// The provider's defaults, in seconds.
const LIFE: u64 = 300;
const INTERVAL: u64 = 5;
const ACCESS_LIFE: u64 = 3_600;
const CLIENT: &str = "regain-desktop";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

pub(super) struct Waiting {
    device_code: String,
    user_code: String,
    until: SystemTime,
    polled: Option<SystemTime>,
    says: Option<bool>,
}

/// One token of either kind, by itself: ending one leaves the other.
pub(super) struct Token {
    text: String,
    /// `None`: it renews, and does not run out.
    until: Option<SystemTime>,
}

impl Fake {
    /// The phone says yes or no. Whether there was such a code.
    pub fn decide(&self, user_code: &str, yes: bool) -> bool {
        let mut memory = self.memory();
        let now = memory.clock.now();
        let mut waiting = memory.devices.iter_mut();
        let waiting = waiting.find(|waiting| waiting.user_code == user_code && now < waiting.until);
        waiting.is_some_and(|waiting| waiting.says.replace(yes).is_none())
    }

    /// Tokens that still stand, of both kinds.
    pub fn tokens(&self) -> usize {
        let memory = self.memory();
        let now = memory.clock.now();
        memory.tokens.iter().filter(|token| token.until.is_none_or(|until| now < until)).count()
    }
}

impl Memory {
    /// `None`: there is no such page.
    pub fn identity(&mut self, ask: &Ask) -> Option<Answer> {
        if !self.site.identity {
            return None;
        }
        match (ask.method.as_str(), ask.path.as_str()) {
            ("GET", ".well-known/openid-configuration") => Some(self.discovery(ask)),
            ("POST", "identity/o/api/device/code") => Some(self.begin_device(ask)),
            ("POST", "identity/o/api/token") => Some(self.grant(ask)),
            ("GET", "identity/o/api/userinfo") => Some(self.userinfo(ask)),
            ("POST", "identity/o/api/revoke") => Some(self.revoke(ask)),
            _ => None,
        }
    }

    fn discovery(&self, ask: &Ask) -> Answer {
        // As the real one does, it believes whatever name it is asked by.
        let origin = self.elsewhere.clone().unwrap_or_else(|| format!("http://{}", ask.host));
        Answer::plain(
            200,
            json!({
                "issuer": origin,
                "device_authorization_endpoint": format!("{origin}/identity/o/api/device/code"),
                "token_endpoint": format!("{origin}/identity/o/api/token"),
                "userinfo_endpoint": format!("{origin}/identity/o/api/userinfo"),
                "revocation_endpoint": format!("{origin}/identity/o/api/revoke"),
            }),
        )
    }

    fn begin_device(&mut self, ask: &Ask) -> Answer {
        if ask.text("client_id") != Some(CLIENT) || self.site.knows_nobody {
            // Not `invalid_client`.
            return refuse("invalid_request");
        }
        let scopes = ask.text("scope").unwrap_or_default();
        if scopes.split(' ').any(|scope| !["openid", "email"].contains(&scope)) {
            return refuse("invalid_scope");
        }
        let letters = "BCDFGHJKLMNPQRSTVWXZ";
        let user_code = format!("{}-{}", self.letters(letters, 4), self.letters(letters, 4));
        let device_code = self.token();
        let page = format!("http://{}/identity/o/device", ask.host);
        let answer = json!({
            "device_code": device_code,
            "user_code": user_code,
            "verification_uri": page,
            "verification_uri_complete": format!("{page}?code={user_code}"),
            "expires_in": LIFE,
            "interval": INTERVAL,
        });
        let until = self.clock.now() + Duration::from_secs(LIFE);
        self.devices.push(Waiting { device_code, user_code, until, polled: None, says: None });
        Answer::plain(200, answer)
    }

    fn grant(&mut self, ask: &Ask) -> Answer {
        match ask.text("grant_type") {
            _ if ask.text("client_id") != Some(CLIENT) => refuse("invalid_client"),
            Some(GRANT) => self.poll(ask),
            Some("refresh_token") => {
                let text = ask.text("refresh_token").unwrap_or_default();
                let known = |token: &Token| token.text == text && token.until.is_none();
                match self.tokens.iter().position(known) {
                    Some(place) => {
                        self.tokens.remove(place);
                        self.granted()
                    }
                    None => refuse("invalid_grant"),
                }
            }
            _ => refuse("unsupported_grant_type"),
        }
    }

    fn poll(&mut self, ask: &Ask) -> Answer {
        let now = self.clock.now();
        // What has run out is forgotten: it sounds like what never was.
        self.devices.retain(|waiting| now < waiting.until);
        let code = ask.text("device_code").unwrap_or_default();
        let Some(place) = self.devices.iter().position(|waiting| waiting.device_code == code) else {
            return refuse("invalid_grant");
        };
        let waiting = &mut self.devices[place];
        let since = waiting.polled.map(|polled| now.duration_since(polled).unwrap_or_default());
        if since.is_some_and(|since| since < Duration::from_secs(INTERVAL)) {
            return refuse("slow_down");
        }
        waiting.polled = Some(now);
        match waiting.says {
            None => refuse("authorization_pending"),
            Some(false) => refuse("access_denied"),
            Some(true) => {
                self.devices.remove(place);
                self.granted()
            }
        }
    }

    fn granted(&mut self) -> Answer {
        let (access, refresh) = (self.token(), self.token());
        let until = self.clock.now() + Duration::from_secs(ACCESS_LIFE);
        self.tokens.push(Token { text: access.clone(), until: Some(until) });
        self.tokens.push(Token { text: refresh.clone(), until: None });
        Answer::plain(
            200,
            json!({
                "access_token": access,
                "refresh_token": refresh,
                "token_type": "Bearer",
                "expires_in": ACCESS_LIFE,
                "scope": "openid email",
            }),
        )
    }

    fn userinfo(&self, ask: &Ask) -> Answer {
        let now = self.clock.now();
        let holds = |token: &Token| token.text == ask.bearer && token.until.is_some_and(|until| now < until);
        if !self.tokens.iter().any(holds) {
            return Answer::plain(401, json!({ "error": "invalid_token" }));
        }
        let mut person = json!({ "sub": "1" });
        if !self.site.nameless {
            person["email"] = Fake::EMAIL.into();
            person["email_verified"] = true.into();
        }
        Answer::plain(200, person)
    }

    fn revoke(&mut self, ask: &Ask) -> Answer {
        if ask.text("client_id") != Some(CLIENT) {
            return Answer::plain(401, json!({ "error": "invalid_client" }));
        }
        let text = ask.text("token").unwrap_or_default().to_owned();
        self.tokens.retain(|token| token.text != text);
        Answer::plain(200, Value::Null)
    }
}

fn refuse(error: &str) -> Answer {
    Answer::plain(400, json!({ "error": error }))
}
