//! The forgotten password, by a mailed code or a mailed link.

use super::sessions::{is_address, weak};
use super::*;

/// `allowedAttempts` of the plugin for codes.
const TRIES: u32 = 3;

impl World {
    pub fn request_code(&mut self, asked: &Asked<'_>) -> Answer {
        let email = asked.text("email").to_lowercase();
        if !is_address(&email) {
            return Answer::error(400, "INVALID_EMAIL");
        }
        let code = self.digits();
        if self.account(&email).is_some() {
            self.record(for_code(&email), code.clone(), 300);
            self.mail(&email, code);
        }
        Answer::of(200, json!({ "success": true }))
    }

    pub fn check_code(&mut self, asked: &Asked<'_>) -> Answer {
        match self.verify_code(&asked.text("email").to_lowercase(), asked.text("otp"), false) {
            Ok(()) => Answer::of(200, json!({ "success": true })),
            Err(answer) => answer,
        }
    }

    pub fn reset_by_code(&mut self, asked: &Asked<'_>) -> Answer {
        let (email, password) = (asked.text("email").to_lowercase(), asked.text("password").to_owned());
        if let Some(weak) = weak(&password) {
            return weak;
        }
        if let Err(answer) = self.verify_code(&email, asked.text("otp"), true) {
            return answer;
        }
        self.reset(&email, password);
        Answer::of(200, json!({ "success": true }))
    }

    pub fn request_link(&mut self, asked: &Asked<'_>) -> Answer {
        let email = asked.text("email").to_lowercase();
        if !is_address(&email) {
            return Answer::error(400, "VALIDATION_ERROR");
        }
        let token = self.text(24);
        if self.account(&email).is_some() {
            self.record(for_link(&token), email.clone(), 3600);
            let back = asked.text("redirectTo").replace('/', "%2F");
            let link = format!("{}/api/auth/reset-password/{token}?callbackURL={back}", self.origin);
            self.mail(&email, link);
        }
        let message = "If this email exists in our system, check your email for the reset link";
        Answer::of(200, json!({ "status": true, "message": message }))
    }

    pub fn reset_by_link(&mut self, asked: &Asked<'_>) -> Answer {
        let password = asked.text("newPassword").to_owned();
        if let Some(weak) = weak(&password) {
            return weak;
        }
        let (name, now) = (for_link(asked.text("token")), self.now());
        match self.find(&name) {
            Some(record) if record.until >= now => {
                self.records.remove(&name);
                self.reset(&record.value, password);
                Answer::of(200, json!({ "status": true }))
            }
            // Wrong, run out and used sound the same.
            _ => Answer::error(400, "INVALID_TOKEN"),
        }
    }

    /// The sessions of before live on: `revokeSessionsOnPasswordReset` is off unless its host was told otherwise.
    fn reset(&mut self, email: &str, password: String) {
        if let Some(account) = self.account(email) {
            account.password = password;
        }
    }

    /// "Expired" and "too many" are said once: the record goes with them, and from then on it is "invalid".
    fn verify_code(&mut self, email: &str, code: &str, spend: bool) -> Result<(), Answer> {
        let (name, now) = (for_code(email), self.now());
        let Some(mut record) = self.find(&name) else { return Err(Answer::error(400, "INVALID_OTP")) };
        self.records.remove(&name);
        if record.until < now {
            return Err(Answer::error(400, "OTP_EXPIRED"));
        }
        if record.tries >= TRIES {
            return Err(Answer::error(403, "TOO_MANY_ATTEMPTS"));
        }
        let right = record.value == code;
        if !right {
            record.tries += 1;
        }
        if !(right && spend) {
            self.records.insert(name, record);
        }
        if right { Ok(()) } else { Err(Answer::error(400, "INVALID_OTP")) }
    }
}

fn for_code(email: &str) -> String {
    format!("forget-password-otp-{email}")
}

fn for_link(token: &str) -> String {
    format!("reset-password:{token}")
}
