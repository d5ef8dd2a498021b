//! The account, and what its signed-in owner does.

use super::*;

/// How long a code of the authenticator is shown, in seconds.
const PERIOD: f64 = 30.0;

pub(super) struct Account {
    pub password: String,
    pub second_factor: bool,
    pub confirmed: bool,
    pub saved: Vec<String>,
    /// The authenticator's codes that were used; each is taken once.
    pub used: Vec<String>,
}

impl Account {
    pub fn new(site: Site) -> Self {
        let saved = if site.second_factor { &["48213905", "07731246"][..] } else { &[] };
        Self {
            password: Fake::PASSWORD.to_owned(),
            second_factor: site.second_factor,
            confirmed: !site.unconfirmed,
            saved: saved.iter().map(|&code| code.to_owned()).collect(),
            used: Vec::new(),
        }
    }

    /// Whether the login names it; addresses and names know no case.
    pub fn is(&self, field: &str, login: &str) -> bool {
        let own = if field == "email" { Fake::EMAIL } else { Fake::USERNAME };
        login.eq_ignore_ascii_case(own)
    }

    /// What is wrong with a password, as Django's four validators see it.
    pub fn weak(&self, password: &str) -> Vec<(&'static str, &'static str)> {
        let lower = password.to_lowercase();
        let mut weak = Vec::new();
        if lower.contains(Fake::USERNAME) {
            weak.push(("password_too_similar", "The password is too similar to the username."));
        }
        if password.chars().count() < 8 {
            weak.push((
                "password_too_short",
                "This password is too short. It must contain at least 8 characters.",
            ));
        }
        if ["password", "12345678", "short"].contains(&lower.as_str()) {
            weak.push(("password_too_common", "This password is too common."));
        }
        if password.chars().all(|c| c.is_ascii_digit()) {
            weak.push(("password_entirely_numeric", "This password is entirely numeric."));
        }
        weak
    }
}

/// The code at a time; not a real one, but like it another one every 30 seconds.
pub(super) fn authenticator(now: f64) -> String {
    format!("{:06}", ((now / PERIOD).floor() * 7_919.0 + 314_159.0) % 1_000_000.0)
}

impl Memory {
    pub(super) fn sign_out(&mut self, ask: &Ask) -> Answer {
        self.sessions.remove(ask.token.as_deref().unwrap_or_default());
        // Which is how it says that all went well.
        self.state(None)
    }

    pub(super) fn list(&mut self, token: Option<&str>) -> Answer {
        let password = self.account.password.clone();
        // Those of an earlier password open nothing, and go with the next look at the list.
        self.sessions.retain(|_, session| session.signed_in.as_ref().is_none_or(|known| *known == password));
        let mut signed_in: Vec<_> =
            self.sessions.iter().filter(|(_, session)| session.signed_in.is_some()).collect();
        signed_in.sort_by_key(|(_, session)| session.id);
        let info = |(known, session): (&String, &Session)| {
            json!({
                "id": session.id,
                "user_agent": session.agent,
                "ip": "127.0.0.1",
                "created_at": session.created,
                "is_current": token == Some(known.as_str()),
                "last_seen_at": session.seen,
            })
        };
        Answer::data(signed_in.into_iter().map(info).collect())
    }

    pub(super) fn end(&mut self, ask: &Ask) -> Answer {
        // Numbers may come as texts.
        let id = |value: &Value| value.as_u64().or_else(|| value.as_str()?.parse().ok());
        let ids: Option<Vec<u64>> = ask.body["sessions"].as_array().into_iter().flatten().map(id).collect();
        let known =
            |id: &u64| self.sessions.values().any(|session| session.signed_in.is_some() && session.id == *id);
        let Some(ids) = ids.filter(|ids| !ids.is_empty() && ids.iter().all(known)) else {
            let message = "Select a valid choice. That is not one of the available choices.";
            return Answer::refused(&[("invalid_choice", message, "sessions")]);
        };
        self.sessions.retain(|_, session| !ids.contains(&session.id) || session.signed_in.is_none());
        let token = ask.token.as_deref();
        if self.is_signed_in(token) { self.list(token) } else { self.state(None) }
    }

    pub(super) fn change(&mut self, ask: &Ask) -> Answer {
        if !self.may("change_password", 5, 60.0) {
            return Answer::status(429);
        }
        let new = ask.text("new_password").unwrap_or_default();
        let mut errors = Vec::new();
        match ask.text("current_password") {
            None => errors.push(("required", "This field is required.", "current_password")),
            Some(current) if current != self.account.password => {
                let message = "Please type your current password.";
                errors.push(("enter_current_password", message, "current_password"));
            }
            Some(_) => {}
        }
        errors.extend(
            self.account.weak(new).into_iter().map(|(code, message)| (code, message, "new_password")),
        );
        if !errors.is_empty() {
            return Answer::refused(&errors);
        }
        self.account.password = new.to_owned();
        let mut session = self
            .sessions
            .remove(ask.token.as_deref().unwrap_or_default())
            .expect("whoever asks is signed in");
        if self.site.signs_out_on_change {
            return self.state(None);
        }
        session.signed_in = Some(new.to_owned());
        let token = self.token();
        self.sessions.insert(token.clone(), session);
        Answer::signed_in(Some(token))
    }
}
