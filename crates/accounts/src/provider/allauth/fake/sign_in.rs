//! Signing in.

use super::*;

/// Wrong passwords for one login within five minutes.
const WRONG: usize = 5;
const TOO_MANY: (&str, &str, &str) =
    ("too_many_login_attempts", "Too many failed login attempts. Try again later.", "");

impl Memory {
    pub(super) fn login(&mut self, ask: &Ask) -> Answer {
        if self.is_signed_in(ask.token.as_deref()) {
            return Answer::status(409);
        }
        let Some((field, login)) =
            ["email", "username"].into_iter().find_map(|field| Some((field, ask.text(field)?)))
        else {
            return Answer::refused(&[("invalid_login", "Invalid login.", "")]);
        };
        if field == "email" && !crate::identifier::is_mailbox(login) {
            return Answer::refused(&[("invalid", "Enter a valid email address.", "email")]);
        }
        let key = format!("login_failed {}", login.to_lowercase());
        if !self.may(&key, WRONG, 300.0) {
            // 400, and the right password makes no difference.
            return Answer::refused(&[TOO_MANY]);
        }
        if !self.account.is(field, login) || ask.text("password") != Some(&self.account.password) {
            let code =
                if field == "email" { "email_password_mismatch" } else { "username_password_mismatch" };
            let message = "The email address and/or password you specified are not correct.";
            return Answer::refused(&[(code, message, "password")]);
        }
        // What went well does not count.
        self.counts.entry(key).or_default().pop();
        self.enter(ask)
    }

    /// The password was right: signed in, or a second factor is asked for.
    pub(super) fn enter(&mut self, ask: &Ask) -> Answer {
        if !self.account.confirmed {
            let token = self.token();
            self.sessions.insert(token.clone(), Session { unconfirmed: true, ..Session::default() });
            return self.state(Some(&token)).with_token(token);
        }
        if !self.account.second_factor {
            return Answer::signed_in(Some(self.open(&ask.agent)));
        }
        let token = self.token();
        self.sessions.insert(token.clone(), Session { second: true, ..Session::default() });
        self.state(Some(&token)).with_token(token)
    }

    pub(super) fn second_factor(&mut self, ask: &Ask) -> Answer {
        let token = ask.token.as_deref().unwrap_or_default();
        if !self.sessions.get(token).is_some_and(|session| session.second) {
            return self.state(None);
        }
        if !self.may("mfa", WRONG, 300.0) {
            return Answer::refused(&[("too_many_login_attempts", TOO_MANY.1, "code")]);
        }
        let code = ask.text("code").unwrap_or_default().to_owned();
        let now = self.now();
        // A code of the authenticator is taken once; a little early or late does not matter.
        let is_shown = [-30.0, 0.0, 30.0].into_iter().any(|off| account::authenticator(now + off) == code);
        if is_shown && !self.account.used.contains(&code) {
            self.account.used.push(code);
        } else if let Some(saved) = self.account.saved.iter().position(|saved| *saved == code) {
            self.account.saved.remove(saved);
        } else {
            return Answer::refused(&[("incorrect_code", "Incorrect code.", "code")]);
        }
        self.counts.remove("mfa");
        self.sessions.remove(token);
        Answer::signed_in(Some(self.open(&ask.agent)))
    }
}
