//! The forgotten password, with what is wrong with it in 65.21.1.

use super::*;

/// How long a code is good for, in seconds.
const LIFE: f64 = 180.0;
/// How long a link is good for, in seconds.
const LINK_LIFE: f64 = 3.0 * 24.0 * 3600.0;
const TRIES: u32 = 3;
const CONSONANTS: &str = "BCDFGHJKLMNPQRSTVWXZ";

#[derive(Clone)]
pub(super) struct Reset {
    /// `None`: no account has that address.
    code: Option<String>,
    at: f64,
    wrong: u32,
}

/// A link that was mailed, and the password that it was mailed for: with another one it opens nothing.
#[derive(Clone)]
pub(super) struct Link {
    key: String,
    at: f64,
    password: String,
}

impl Reset {
    pub fn holds(&self, now: f64) -> bool {
        now - self.at <= LIFE
    }

    fn fits(&self, key: &str) -> bool {
        let plain = |text: &str| text.replace('-', "").to_lowercase();
        self.code.as_deref().is_some_and(|code| plain(code) == plain(key))
    }
}

impl Memory {
    pub(super) fn request_reset(&mut self, ask: &Ask) -> Answer {
        let Some(email) = ask.text("email") else {
            return Answer::refused(&[("required", "This field is required.", "email")]);
        };
        if !crate::identifier::is_mailbox(email) {
            return Answer::refused(&[("invalid", "Enter a valid email address.", "email")]);
        }
        if !self.may("reset_password", 20, 60.0) || !self.may(&format!("reset_password {email}"), 5, 60.0) {
            return Answer::status(429);
        }
        let known = self.account.is("email", email);
        if self.site.by_link {
            self.mail_link(email, known);
            return Answer::status(200);
        }
        let code = known.then(|| format!("{}-{}", self.letters(CONSONANTS, 4), self.letters(CONSONANTS, 4)));
        let subject = if known { "Password Reset Code" } else { "Unknown Account" };
        self.mail(email, subject, code.clone().unwrap_or_default());
        let reset = Some(Reset { code, at: self.now(), wrong: 0 });
        match ask.token.as_deref() {
            // The new code is written over the old one; the token stays, and is not said again.
            Some(token) => {
                self.sessions.entry(token.to_owned()).or_default().reset = reset;
                self.state(Some(token))
            }
            None => {
                let token = self.token();
                self.sessions.insert(token.clone(), Session { reset, ..Session::default() });
                self.state(Some(&token)).with_token(token)
            }
        }
    }

    fn mail_link(&mut self, email: &str, known: bool) {
        if !known {
            return self.mail(email, "Unknown Account", String::new());
        }
        let key = format!("1-{}", self.token());
        let link = format!("http://127.0.0.1/accounts/password/reset/key/{key}/");
        self.mail(email, "Password Reset Email", link);
        let (at, password) = (self.now(), self.account.password.clone());
        self.links.push(Link { key, at, password });
    }

    fn mail(&mut self, to: &str, subject: &'static str, proof: String) {
        self.mails.push(Mail { to: to.to_owned(), subject, proof });
    }

    /// The documented check, which falls over where there is no account.
    pub(super) fn look_at_reset(&mut self, ask: &Ask) -> Answer {
        let Some(reset) = self.pending(ask) else { return Answer::status(409) };
        if reset.code.is_none() {
            return Answer::crash();
        }
        if !reset.fits(&ask.key) {
            self.count_wrong(ask);
            return Answer::refused(&[WRONG_CODE]);
        }
        Answer::data(json!({ "user": { "id": 1 } }))
    }

    pub(super) fn reset(&mut self, ask: &Ask) -> Answer {
        if !self.may("reset_password_from_key", 20, 60.0) {
            return Answer::status(429);
        }
        let key = ask.text("key").unwrap_or_default().to_owned();
        let mut errors = Vec::new();
        let is_known = if self.site.by_link {
            let fits = self.link_fits(&key);
            if !fits {
                errors.push(("invalid_password_reset", "The password reset token was invalid.", "key"));
            }
            fits
        } else {
            let Some(reset) = self.pending(ask) else { return Answer::status(409) };
            if !reset.fits(&key) {
                errors.push(WRONG_CODE);
                self.count_wrong(ask);
            }
            reset.code.is_some()
        };
        match ask.text("password") {
            None => errors.push(("required", "This field is required.", "password")),
            // Judged for accounts that exist alone: with a code that is wrong it tells who has one.
            Some(password) if is_known => {
                let weak = self.account.weak(password);
                errors.extend(weak.into_iter().map(|(code, message)| (code, message, "password")));
            }
            Some(_) => {}
        }
        if !errors.is_empty() {
            return Answer::refused(&errors);
        }
        self.account.password = ask.text("password").unwrap_or_default().to_owned();
        self.mail(Fake::EMAIL, "Password Reset", String::new());
        // Whoever reads the mail has confirmed the address, if it was by a code; and is no longer locked out.
        self.account.confirmed |= !self.site.by_link;
        self.counts.retain(|what, _| *what != format!("login_failed {}", Fake::EMAIL));
        if let Some(session) = ask.token.as_deref().and_then(|token| self.sessions.get_mut(token)) {
            session.reset = None;
        }
        if self.site.signs_in_on_reset { self.enter(ask) } else { self.state(ask.token.as_deref()) }
    }

    fn pending(&self, ask: &Ask) -> Option<Reset> {
        let reset = self.sessions.get(ask.token.as_deref()?)?.reset.clone()?;
        reset.holds(self.now()).then_some(reset)
    }

    /// The last one that is wrong still says so; everything after it is 409.
    fn count_wrong(&mut self, ask: &Ask) {
        let session = ask.token.as_deref().and_then(|token| self.sessions.get_mut(token));
        let Some(Session { reset, .. }) = session else { return };
        if let Some(pending) = reset {
            pending.wrong += 1;
        }
        if reset.as_ref().is_some_and(|pending| pending.wrong >= TRIES) {
            *reset = None;
        }
    }

    fn link_fits(&self, key: &str) -> bool {
        let now = self.now();
        let holds = |link: &Link| now - link.at <= LINK_LIFE && link.password == self.account.password;
        self.links.iter().any(|link| link.key == key && holds(link))
    }
}

const WRONG_CODE: (&str, &str, &str) = ("incorrect_code", "Incorrect code.", "key");
