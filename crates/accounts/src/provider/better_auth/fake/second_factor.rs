//! The second step of signing in, which a cookie carries.

use super::*;

pub const COOKIE: &str = "better-auth.two_factor";
/// Wrong codes in one step (`TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE` is the answer to the next one).
const TRIES: u32 = 5;
/// Wrong codes in a row, in however many steps, after which the account takes none for a while.
const FAILURES: u32 = 10;
const LOCKED: Duration = Duration::from_secs(900);

/// What an authenticator shows at that time; not by the real rule, which needs more than is at hand here.
pub fn shown(seed: u64, at: SystemTime) -> String {
    let step = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs() / 30;
    let mixed = seed.wrapping_add(step).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    format!("{:06}", mixed % 1_000_000)
}

impl World {
    /// The value of the cookie for a new second step.
    pub fn begin_second(&mut self, email: &str) -> String {
        let step = format!("2fa-{}.sign%2Bature%3D", self.text(20));
        self.record(step.clone(), email.to_owned(), 600);
        step
    }

    pub fn send_second(&mut self, asked: &Asked<'_>) -> Answer {
        let Some((step, email)) = self.step(asked) else { return over() };
        let code = self.digits();
        self.record(for_mailed(&step), code.clone(), 180);
        self.mail(&email, code);
        Answer::of(200, json!({ "status": true }))
    }

    pub fn verify_authenticator(&mut self, asked: &Asked<'_>) -> Answer {
        let now = self.now();
        self.verify(asked, "INVALID_CODE", |second, code| {
            let near = [now - Duration::from_secs(30), now, now + Duration::from_secs(30)];
            near.into_iter().any(|at| shown(second.seed, at) == code)
        })
    }

    pub fn verify_saved(&mut self, asked: &Asked<'_>) -> Answer {
        self.verify(asked, "INVALID_BACKUP_CODE", |second, code| {
            let known = second.saved.len();
            second.saved.retain(|saved| saved != code);
            second.saved.len() < known
        })
    }

    pub fn verify_mailed(&mut self, asked: &Asked<'_>) -> Answer {
        let Some((step, _)) = self.step(asked) else { return over() };
        let name = for_mailed(&step);
        let Some(record) = self.find(&name).filter(|record| record.until >= self.now()) else {
            return Answer::error(400, "OTP_HAS_EXPIRED");
        };
        let answer = self.verify(asked, "INVALID_CODE", |_, code| code == record.value);
        if !self.records.contains_key(&step) {
            self.records.remove(&name);
        }
        answer
    }

    fn verify(
        &mut self,
        asked: &Asked<'_>,
        wrong: &str,
        fits: impl FnOnce(&mut Second, &str) -> bool,
    ) -> Answer {
        let Some((step, email)) = self.step(asked) else { return over() };
        let now = self.now();
        let tries = self.records.get(&step).map_or(0, |record| record.tries);
        let Some(second) = self.account(&email).and_then(|account| account.second.as_mut()) else {
            return over();
        };
        match second.locked_until {
            Some(until) if until > now => return Answer::error(429, "ACCOUNT_TEMPORARILY_LOCKED"),
            Some(_) => second.failures = 0,
            None => {}
        }
        if tries >= TRIES {
            self.records.remove(&step);
            return Answer::error(400, "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE").without_cookie(COOKIE);
        }
        let right = fits(second, asked.text("code"));
        second.failures = if right { 0 } else { second.failures + 1 };
        second.locked_until = (second.failures >= FAILURES).then_some(now + LOCKED);
        if right {
            self.records.remove(&step);
            return self.enter(asked, &email, json!({})).without_cookie(COOKIE);
        }
        if let Some(record) = self.records.get_mut(&step) {
            record.tries += 1;
        }
        Answer::error(401, wrong)
    }

    /// The second step that the cookie carries, and whose it is.
    fn step(&mut self, asked: &Asked<'_>) -> Option<(String, String)> {
        let step = asked.header("cookie").strip_prefix(COOKIE)?.strip_prefix('=')?.to_owned();
        let now = self.now();
        let record = self.find(&step).filter(|record| record.until >= now)?;
        Some((step, record.value))
    }
}

fn over() -> Answer {
    Answer::error(401, "INVALID_TWO_FACTOR_COOKIE")
}

fn for_mailed(step: &str) -> String {
    format!("2fa-otp-{step}")
}
