//! Its device authorization plugin: a computer waits, a phone that is signed in says yes or no.

use super::*;

/// The plugin's own numbers, in seconds.
const LIFE: u64 = 30 * 60;
const INTERVAL: u64 = 5;

pub struct Waiting {
    device_code: String,
    user_code: String,
    until: SystemTime,
    polled: Option<SystemTime>,
    answer: Option<Option<String>>,
}

impl Fake {
    /// The phone of `email` says yes; `None` says no. Whether there was such a code.
    pub fn decide(&self, user_code: &str, email: Option<&str>) -> bool {
        let mut world = lock(&self.world);
        let waiting = world.devices.iter_mut().find(|waiting| waiting.user_code == user_code);
        waiting.is_some_and(|waiting| {
            waiting.answer = Some(email.map(str::to_owned));
            true
        })
    }
}

impl World {
    pub fn begin_device(&mut self, asked: &Asked<'_>) -> Answer {
        if asked.text("client_id").is_empty() {
            return Answer::of(400, json!({ "error": "invalid_request" }));
        }
        let number = self.number();
        let (device_code, user_code) = (self.text(40), format!("{number:08X}"));
        let page = format!("{}/api/auth/device", self.origin);
        let answer = json!({
            "device_code": device_code,
            "user_code": user_code,
            "verification_uri": page,
            "verification_uri_complete": format!("{page}?user_code={user_code}"),
            "expires_in": LIFE,
            "interval": INTERVAL,
        });
        let until = self.now() + Duration::from_secs(LIFE);
        self.devices.push(Waiting { device_code, user_code, until, polled: None, answer: None });
        Answer::of(200, answer)
    }

    pub fn device_token(&mut self, asked: &Asked<'_>) -> Answer {
        let refuse = |error: &str| Answer::of(400, json!({ "error": error }));
        if asked.text("grant_type") != "urn:ietf:params:oauth:grant-type:device_code" {
            return refuse("invalid_request");
        }
        let now = self.now();
        let place = self.devices.iter().position(|waiting| waiting.device_code == asked.text("device_code"));
        let Some(place) = place else { return refuse("invalid_grant") };
        let waiting = &mut self.devices[place];
        let since = waiting.polled.map(|polled| now.duration_since(polled).unwrap_or_default());
        if since.is_some_and(|since| since < Duration::from_secs(INTERVAL)) {
            return refuse("slow_down");
        }
        waiting.polled = Some(now);
        if waiting.until < now {
            self.devices.remove(place);
            return refuse("expired_token");
        }
        match waiting.answer.clone() {
            None => refuse("authorization_pending"),
            Some(None) => {
                self.devices.remove(place);
                refuse("access_denied")
            }
            Some(Some(email)) => {
                self.devices.remove(place);
                self.enter(asked, &email, json!({}));
                let token = self.sessions.last().map(|line| line.token.clone());
                let life = 7 * 24 * 3_600;
                Answer::of(200, json!({ "access_token": token, "token_type": "Bearer", "expires_in": life }))
            }
        }
    }
}
