//! What the server remembers, and which of its doors a request goes to.

use super::*;

pub(super) struct Memory {
    pub site: Site,
    pub clock: Arc<ManualClock>,
    pub random: SeededRandom,
    pub account: account::Account,
    /// By token.
    pub sessions: HashMap<String, Session>,
    pub next_id: u64,
    pub links: Vec<reset::Link>,
    pub mails: Vec<Mail>,
    /// Times of what is limited, by what it is and for whom.
    pub counts: HashMap<String, Vec<f64>>,
    pub asked: Vec<String>,
    pub devices: Vec<identity::Waiting>,
    pub tokens: Vec<identity::Token>,
    pub elsewhere: Option<String>,
}

/// What the server keeps for a token; signed in or not.
#[derive(Clone, Default)]
pub(super) struct Session {
    pub id: u64,
    /// The password that it was opened with: with another one it opens nothing.
    pub signed_in: Option<String>,
    pub agent: String,
    pub created: f64,
    pub seen: f64,
    /// That the address be confirmed is waited for.
    pub unconfirmed: bool,
    /// A second factor is waited for.
    pub second: bool,
    pub reset: Option<reset::Reset>,
}

pub(super) struct Mail {
    pub to: String,
    pub subject: &'static str,
    pub proof: String,
}

impl Memory {
    pub fn new(site: Site, clock: Arc<ManualClock>) -> Self {
        let mut memory = Self {
            site,
            clock,
            random: SeededRandom::new(652_101),
            account: account::Account::new(site),
            sessions: HashMap::new(),
            next_id: 1,
            links: Vec::new(),
            mails: Vec::new(),
            counts: HashMap::new(),
            asked: Vec::new(),
            devices: Vec::new(),
            tokens: Vec::new(),
            elsewhere: None,
        };
        // The account was signed up for somewhere.
        memory.open("Mozilla/5.0");
        memory
    }

    pub fn now(&self) -> f64 {
        self.clock.now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
    }

    pub fn letters(&self, alphabet: &str, length: usize) -> String {
        let alphabet: Vec<char> = alphabet.chars().collect();
        let count = u32::try_from(alphabet.len()).expect("a short alphabet");
        (0..length).map(|_| alphabet[self.random.below(count) as usize]).collect()
    }

    pub fn token(&self) -> String {
        self.letters("abcdefghijklmnopqrstuvwxyz0123456789", 32)
    }

    /// A signed-in session; its token.
    pub fn open(&mut self, agent: &str) -> String {
        let (token, now) = (self.token(), self.now());
        let session = Session {
            id: self.next_id,
            signed_in: Some(self.account.password.clone()),
            agent: agent.to_owned(),
            created: now,
            seen: now,
            ..Session::default()
        };
        self.next_id += 1;
        self.sessions.insert(token.clone(), session);
        token
    }

    /// Whether something may be done once more within a time; it is counted.
    pub fn may(&mut self, what: &str, amount: usize, seconds: f64) -> bool {
        if !self.site.limits {
            return true;
        }
        let now = self.now();
        let times = self.counts.entry(what.to_owned()).or_default();
        times.retain(|at| *at > now - seconds);
        let may = times.len() < amount;
        if may {
            times.push(now);
        }
        may
    }

    pub fn is_signed_in(&self, token: Option<&str>) -> bool {
        let session = token.and_then(|token| self.sessions.get(token));
        session.is_some_and(|session| session.signed_in.as_ref() == Some(&self.account.password))
    }

    pub fn answer(&mut self, ask: &Ask) -> Answer {
        let token = ask.token.as_deref();
        if token.is_some_and(|token| !self.sessions.contains_key(token)) {
            return Answer::flows(410, Vec::new(), None);
        }
        match (ask.method.as_str(), ask.path.as_str()) {
            ("GET", "config") => self.config(),
            ("POST", "auth/login") => self.login(ask),
            ("POST", "auth/2fa/authenticate") => self.second_factor(ask),
            ("POST", "auth/password/request") => self.request_reset(ask),
            ("GET", "auth/password/reset") => self.look_at_reset(ask),
            ("POST", "auth/password/reset") => self.reset(ask),
            _ if !self.is_signed_in(token) => self.state(token),
            ("GET", "auth/session") => self.state(token),
            ("DELETE", "auth/session") => self.sign_out(ask),
            ("GET", "auth/sessions") => self.list(token),
            ("DELETE", "auth/sessions") => self.end(ask),
            ("POST", "account/password/change") => self.change(ask),
            _ => Answer::status(404),
        }
    }

    /// What every step ends with: 200 for who is signed in, else 401 with what could be done.
    pub fn state(&self, token: Option<&str>) -> Answer {
        if self.is_signed_in(token) {
            return Answer::signed_in(None);
        }
        let session = token.and_then(|token| self.sessions.get(token)).cloned().unwrap_or_default();
        let mut flows = vec![json!({ "id": "login" }), json!({ "id": "signup" })];
        if session.unconfirmed {
            flows.push(json!({ "id": "verify_email", "is_pending": true }));
        }
        if session.second {
            let types = ["recovery_codes", "totp"];
            flows.push(json!({ "id": "mfa_authenticate", "is_pending": true, "types": types }));
        }
        if !self.site.by_link {
            let pending = session.reset.is_some_and(|reset| reset.holds(self.now()));
            flows.push(json!({ "id": "password_reset_by_code", "is_pending": pending }));
        }
        Answer::flows(401, flows, None)
    }

    pub fn config(&self) -> Answer {
        Answer::data(json!({
            "account": {
                "login_methods": ["username", "email"],
                "is_open_for_signup": true,
                "email_verification_by_code_enabled": true,
                "login_by_code_enabled": true,
                "password_reset_by_code_enabled": !self.site.by_link,
                "authentication_method": "username_email",
            },
            "mfa": { "supported_types": ["totp", "recovery_codes"], "passkey_login_enabled": false },
            "usersessions": { "track_activity": true },
        }))
    }
}

/// A request, as far as it matters.
pub(super) struct Ask {
    pub method: Method,
    pub path: String,
    pub token: Option<String>,
    pub agent: String,
    pub key: String,
    pub host: String,
    pub bearer: String,
    pub body: Value,
}

impl Ask {
    pub fn text(&self, field: &str) -> Option<&str> {
        self.body[field].as_str().filter(|text| !text.is_empty())
    }
}

pub(super) async fn serve(
    State(memory): State<Arc<Mutex<Memory>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let path = uri.path();
    let headless = path.strip_prefix("/_allauth/app/v1/");
    let body = match headless {
        Some(_) => serde_json::from_slice(&body).unwrap_or_default(),
        None => form(&body),
    };
    let ask = Ask {
        method,
        path: headless.unwrap_or(path.trim_start_matches('/')).to_owned(),
        token: text("x-session-token"),
        agent: text(header::USER_AGENT.as_str()).unwrap_or_default(),
        key: text("x-password-reset-key").unwrap_or_default(),
        host: text(header::HOST.as_str()).unwrap_or_default(),
        bearer: text(header::AUTHORIZATION.as_str())
            .and_then(|value| value.strip_prefix("Bearer ").map(str::to_owned))
            .unwrap_or_default(),
        body,
    };
    let mut memory = lock(&memory);
    let fields: Vec<&str> =
        ask.body.as_object().into_iter().flat_map(|body| body.keys()).map(String::as_str).collect();
    let line = format!("{} {} {}", ask.method, ask.path, fields.join(","));
    memory.asked.push(line.trim_end().to_owned());
    let answer = if headless.is_some() { Some(memory.answer(&ask)) } else { memory.identity(&ask) };
    match answer {
        Some(answer) => answer.into_response(),
        None => (StatusCode::NOT_FOUND, Html("<h1>Not Found</h1>")).into_response(),
    }
}

fn form(body: &[u8]) -> Value {
    let pairs = url::form_urlencoded::parse(body);
    Value::Object(pairs.map(|(name, value)| (name.into_owned(), value.into_owned().into())).collect())
}

pub(super) fn lock(memory: &Mutex<Memory>) -> MutexGuard<'_, Memory> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}
