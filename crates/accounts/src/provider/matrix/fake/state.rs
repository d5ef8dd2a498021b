//! What stands in the homeserver's database.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use url::form_urlencoded;

use super::*;
use crate::clock::Clock as _;

/// How long an access token that can be renewed holds (Synapse's default).
pub const ACCESS_LIFE: Duration = Duration::from_secs(300);
/// Mails at once, and how many more a second brings (Synapse's defaults).
const MAILS: (f64, f64) = (5.0, 0.003);

pub struct State {
    clock: Arc<ManualClock>,
    pub setup: Setup,
    address: SocketAddr,
    made: u64,
    pub accounts: Vec<Account>,
    pub devices: Vec<Device>,
    pub access: HashMap<String, Access>,
    pub refresh: HashMap<String, Refresh>,
    /// Links of mails that nobody has looked at.
    pub mails: Vec<String>,
    pub validations: HashMap<String, Validation>,
    /// What a conversation about a proof has proven so far: an e-mail address.
    pub ui_sessions: HashMap<String, Option<String>>,
    pub fails: bool,
    asked: (f64, SystemTime),
}

pub struct Account {
    pub user: String,
    pub mail: String,
    pub password: String,
}

#[derive(Clone)]
pub struct Device {
    pub id: String,
    pub user: String,
    pub name: String,
    pub seen: Option<u64>,
}

pub struct Access {
    pub device: String,
    until: SystemTime,
    /// The refresh token that it came from.
    from: Option<String>,
}

pub struct Refresh {
    pub device: String,
    from: Option<String>,
    /// What it was changed into was used: it fits no more.
    spent: bool,
}

pub struct Validation {
    pub client_secret: String,
    pub mail: String,
    pub attempt: u64,
    pub tokens: Vec<(String, SystemTime)>,
    pub validated: bool,
}

impl State {
    pub fn new(clock: Arc<ManualClock>, setup: Setup, address: SocketAddr) -> Self {
        let asked = (0.0, clock.now());
        Self {
            clock,
            setup,
            address,
            made: 0,
            accounts: Vec::new(),
            devices: Vec::new(),
            access: HashMap::new(),
            refresh: HashMap::new(),
            mails: Vec::new(),
            validations: HashMap::new(),
            ui_sessions: HashMap::new(),
            fails: false,
            asked,
        }
    }

    pub fn add(&mut self, user: &str, mail: &str, password: &str) {
        let user = format!("@{user}:localhost");
        self.accounts.push(Account { user, mail: mail.into(), password: password.into() });
    }

    pub fn now(&self) -> SystemTime {
        self.clock.now()
    }

    /// A name that was never given before.
    pub fn fresh(&mut self, prefix: &str) -> String {
        self.made += 1;
        format!("{prefix}{:06}", self.made)
    }

    /// A mail more, or how long to wait for the right to one.
    pub fn count(&mut self) -> Result<(), Duration> {
        let (burst, rate) = MAILS;
        let now = self.now();
        let passed = now.duration_since(self.asked.1).unwrap_or_default().as_secs_f64();
        let count = (self.asked.0 - passed * rate).max(0.0);
        if count + 1.0 > burst {
            return Err(Duration::from_secs_f64((count + 1.0 - burst) / rate));
        }
        self.asked = (count + 1.0, now);
        Ok(())
    }

    pub fn forget_limits(&mut self) {
        self.asked.0 = 0.0;
    }

    pub fn grant(&mut self, device: &str, from: Option<String>) -> Value {
        let (access, refresh) = (self.fresh("syt_"), self.fresh("syr_"));
        let until = self.now() + ACCESS_LIFE;
        self.access.insert(access.clone(), Access { device: device.into(), until, from: from.clone() });
        self.refresh.insert(refresh.clone(), Refresh { device: device.into(), from, spent: false });
        let life = ACCESS_LIFE.as_secs() * 1000;
        json!({ "access_token": access, "refresh_token": refresh, "expires_in_ms": life })
    }

    /// The device that a token belongs to.
    pub fn authorise(&mut self, bearer: Option<&str>) -> Result<Device, Answer> {
        let Some(bearer) = bearer else {
            return Err(refused(401, "M_MISSING_TOKEN", "Missing access token"));
        };
        let dead = |error: &str, soft: bool| {
            Err((401, json!({ "errcode": "M_UNKNOWN_TOKEN", "error": error, "soft_logout": soft })))
        };
        let now = self.now();
        let Some(access) = self.access.get(bearer) else {
            return dead("Invalid access token passed.", false);
        };
        if access.until <= now {
            return dead("Access token has expired", true);
        }
        let (id, from) = (access.device.clone(), access.from.clone());
        if let Some(old) = from.and_then(|from| self.refresh.get_mut(&from)) {
            old.spent = true;
        }
        let milliseconds = now.duration_since(UNIX_EPOCH).unwrap().as_millis().try_into().unwrap();
        let device = self.devices.iter_mut().find(|device| device.id == id).unwrap();
        device.seen = Some(milliseconds);
        Ok(device.clone())
    }

    /// The device of a refresh token. What had been changed into it is spent now.
    pub fn renew(&mut self, token: &str) -> Result<String, Answer> {
        let Some(known) = self.refresh.get(token) else {
            return Err(refused(401, "M_UNKNOWN_TOKEN", "refresh token does not exist"));
        };
        if known.spent {
            return Err(refused(403, "M_FORBIDDEN", "refresh token isn't valid anymore"));
        }
        let (device, from) = (known.device.clone(), known.from.clone());
        if let Some(old) = from.and_then(|from| self.refresh.get_mut(&from)) {
            old.spent = true;
        }
        Ok(device)
    }

    pub fn end(&mut self, ends: impl Fn(&Device) -> bool) {
        self.devices.retain(|device| !ends(device));
        let lives = |id: &String| self.devices.iter().any(|device| device.id == *id);
        self.access.retain(|_, access| lives(&access.device));
        self.refresh.retain(|_, refresh| lives(&refresh.device));
    }

    /// Mails a link; the answer is the session of the mail.
    pub fn mail(&mut self, client_secret: &str, mail: &str, attempt: u64) -> String {
        let open = self.validations.iter().find(|(_, known)| {
            !known.validated && known.client_secret == client_secret && known.mail == mail
        });
        let open = open.map(|(sid, known)| (sid.clone(), known.attempt));
        let sid = match open {
            Some((sid, last)) if attempt <= last => return sid,
            Some((sid, _)) => sid,
            None => self.fresh("sid"),
        };
        let (token, until) = (self.fresh("token"), self.now() + HABITS.code_life);
        let address = self.address;
        self.mails.push(format!(
            "http://{address}/_synapse/client/password_reset/email/submit_token?token={token}&client_secret={client_secret}&sid={sid}"
        ));
        let validation = self.validations.entry(sid.clone()).or_insert_with(|| Validation {
            client_secret: client_secret.into(),
            mail: mail.into(),
            attempt,
            tokens: Vec::new(),
            validated: false,
        });
        validation.attempt = attempt;
        validation.tokens.push((token, until));
        sid
    }

    /// The button on the page behind a mailed link.
    pub fn submit(&mut self, fields: &str) -> u16 {
        let fields: HashMap<String, String> =
            form_urlencoded::parse(fields.as_bytes()).into_owned().collect();
        let now = self.now();
        let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
        let Some(known) = self.validations.get_mut(field("sid")) else { return 400 };
        let Some((_, until)) = known.tokens.iter().find(|(token, _)| token == field("token")) else {
            return 400;
        };
        if known.client_secret != field("client_secret") || !known.validated && *until <= now {
            return 400;
        }
        known.validated = true;
        200
    }
}
