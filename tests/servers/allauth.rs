//! django-allauth 65.21.1 (headless, "app" client) on Django and gunicorn.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use accounts::clock::{Clock, ManualClock, SystemClock};
use accounts::http::Http;
use accounts::provider::allauth::fake::HABITS;
use accounts::provider::conformance::{self, Bench, Habits, Report, Setup};
use accounts::provider::{Desk, allauth};
use accounts::{Provider, Secret};
use anyhow::{Context as _, Result};
use async_trait::async_trait;
use serde_json::{Value, json};

use super::install;
use super::load::{self, Ask, Loaded};
use super::mail::{Mail, PostOffice};
use super::program::{Program, program};

mod api;
mod defects;
mod phone;

use api::{Api, totp};

/// Not by the extra `idp-oidc`: it brings oauthlib 4, with which a device that was let in gets a 500.
const PACKAGES: [&str; 5] = [
    "django-allauth[headless,mfa]==65.21.1",
    "django==5.2.19",
    "gunicorn==27.0.0",
    "oauthlib==3.3.1",
    "requests==2.34.2",
];
const PASSWORD: &str = "velvet-Otter-crossing-41";

/// A site that runs, and its mail.
struct Site {
    program: Program,
    post: PostOffice,
    /// Ours, as far ahead as the server's.
    clock: Arc<ManualClock>,
    accounts: AtomicU32,
}

impl Site {
    /// `settings` are switches of `settings.py`.
    async fn start(settings: &'static [&'static str]) -> Result<Self> {
        let folder = install()?;
        let post = PostOffice::open().await?;
        let port = post.port;
        let python = folder.join("venv/bin/python");
        let program = Program::new("/_allauth/app/v1/config", move |site| {
            // With a monotonic clock of its own, libfaketime breaks Python's `sleep`.
            let mut gunicorn = program("env");
            gunicorn.args(["-u", "FAKETIME_DONT_FAKE_MONOTONIC"]).arg(folder.join("venv/bin/gunicorn"));
            // Counts of limits rest in the process: one worker, or each would have its own. A connection that is kept
            // would be old, and closed, whenever the clock is moved.
            gunicorn.args(["--no-control-socket", "--workers", "1", "--threads", "4", "--timeout", "0"]);
            gunicorn.args(["--keep-alive", "0", "--bind", &format!("127.0.0.1:{}", site.port)]);
            gunicorn.arg("wsgi:application");
            environment(&mut gunicorn, site, port, settings);
            gunicorn
        })
        .await?;
        let mut prepare = Command::new(python);
        prepare.arg("prepare.py");
        environment(&mut prepare, &program, port, settings);
        install::run(&mut prepare)?;
        program.start().await?;
        let now = SystemClock.now().duration_since(UNIX_EPOCH)?.as_secs();
        let clock = Arc::new(ManualClock::at(now));
        Ok(Self { program, post, clock, accounts: AtomicU32::new(0) })
    }

    async fn provider(&self) -> Result<Arc<dyn Provider>> {
        self.provider_with(self.clock.clone()).await
    }

    async fn provider_with(&self, clock: Arc<dyn Clock>) -> Result<Arc<dyn Provider>> {
        Ok(allauth::find(Desk {
            http: Http::new()?,
            clock,
            base: self.program.cable.address().parse()?,
            device: "Regain on a bench".into(),
        })
        .await?)
    }

    fn api(&self) -> Api {
        // Not past the cable: a lock-out counts for the host that was asked, port and all.
        Api::at(&self.program.cable.address())
    }

    /// Signs up; whoever did is signed in from then on.
    async fn sign_up(&self) -> Result<Account> {
        let (account, token) = self.begin_sign_up().await?;
        let code = self.mailed(&account.email).await?;
        let reply = self.api().ask("POST", "auth/email/verify", Some(&token), json!({ "key": code })).await?;
        assert_eq!(reply.status, 200, "{:?}", reply.body);
        Ok(Account { token: reply.token().context("a session")?, ..account })
    }

    /// Up to the code that confirms the address; with the session that waits for it.
    async fn begin_sign_up(&self) -> Result<(Account, String)> {
        let username = format!("mara{}", self.accounts.fetch_add(1, Ordering::Relaxed));
        let account = Account { email: format!("{username}@mail.example"), username, ..Account::default() };
        let body = json!({ "email": account.email, "username": account.username, "password": PASSWORD });
        let reply = self.api().ask("POST", "auth/signup", None, body).await?;
        Ok((account, reply.token().context("a session")?))
    }

    /// The code or the link of the next mail that has one.
    async fn mailed(&self, to: &str) -> Result<String> {
        self.post
            .next(to, |mail: &Mail| {
                mail.text.split_whitespace().find(|word| is_proof(word)).map(str::to_owned)
            })
            .await
    }

    /// Gives an account an authenticator and saved codes.
    async fn add_second_factor(&self, account: &mut Account) -> Result<()> {
        let api = self.api();
        let token = account.token.clone();
        let token = Some(token.as_str());
        let reply = api.ask("POST", "auth/reauthenticate", token, json!({ "password": PASSWORD })).await?;
        assert_eq!(reply.status, 200, "{:?}", reply.body);
        let reply = api.ask("GET", "account/authenticators/totp", token, Value::Null).await?;
        account.seed = reply.body["meta"]["secret"].as_str().context("a secret")?.to_owned();
        let code = totp(&account.seed, self.now());
        let reply = api.ask("POST", "account/authenticators/totp", token, json!({ "code": code })).await?;
        assert_eq!(reply.status, 200, "{:?}", reply.body);
        let reply = api.ask("GET", "account/authenticators/recovery-codes", token, Value::Null).await?;
        let codes = reply.body["data"]["unused_codes"].as_array().context("saved codes")?;
        account.saved = codes.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        Ok(())
    }

    /// The server's time, in seconds since 1970.
    fn now(&self) -> u64 {
        let now = SystemClock.now() + self.program.ahead();
        now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
    }

    fn advance(&self, by: Duration) {
        self.program.advance(by);
        self.clock.advance(by);
    }
}

#[derive(Default, Clone)]
struct Account {
    email: String,
    username: String,
    token: String,
    seed: String,
    saved: Vec<String>,
}

struct SiteBench {
    site: Arc<Site>,
    provider: Arc<dyn Provider>,
    account: Account,
}

impl SiteBench {
    async fn start(site: Arc<Site>, second_factor: bool) -> Result<Self> {
        let mut account = site.sign_up().await?;
        if second_factor {
            site.add_second_factor(&mut account).await?;
        }
        Ok(Self { provider: site.provider().await?, site, account })
    }
}

#[async_trait]
impl Bench for SiteBench {
    fn provider(&self) -> Arc<dyn Provider> {
        self.provider.clone()
    }

    fn habits(&self) -> Habits {
        HABITS
    }

    fn identifier(&self) -> String {
        self.account.email.clone()
    }

    fn other_identifiers(&self) -> Vec<String> {
        vec![self.account.username.clone()]
    }

    fn nobody(&self) -> String {
        "nobody-here@mail.example".into()
    }

    fn password(&self) -> Secret {
        Secret::new(PASSWORD)
    }

    async fn mailed(&self) -> Secret {
        Secret::new(self.site.mailed(&self.account.email).await.unwrap())
    }

    fn saved_code(&self) -> Option<Secret> {
        self.account.saved.first().map(Secret::new)
    }

    fn authenticator(&self) -> Option<Secret> {
        (!self.account.seed.is_empty()).then(|| Secret::new(totp(&self.account.seed, self.site.now())))
    }

    async fn advance(&self, by: Duration) {
        self.site.advance(by);
    }

    async fn cut(&self) -> bool {
        self.site.program.cable.cut();
        true
    }

    async fn mend(&self) {
        self.site.program.cable.mend();
    }

    async fn restart(&self) -> bool {
        self.site.program.restart().await.unwrap();
        true
    }
}

/// Runs the list against the real server, and what its fake was told to do wrong.
pub async fn conforms() -> Report {
    let free = Arc::new(Site::start(&[]).await.unwrap());
    let limited = Arc::new(Site::start(&["SITE_LIMITS"]).await.unwrap());
    let report = conformance::all(async |Setup { second_factor, limits }| {
        let site = if limits { &limited } else { &free };
        SiteBench::start(site.clone(), second_factor).await.unwrap()
    })
    .await;
    defects::all(&free, &limited).await.unwrap();
    phone::all(&free).await.unwrap();
    report
}

/// For a load: as many processes as gunicorn's documentation says, and Django's own hash.
pub async fn loaded(mail: u16) -> Result<Loaded> {
    const SETTINGS: [&str; 1] = ["SITE_LOADED"];
    let folder = install()?;
    let python = folder.join("venv/bin/python");
    let program = Program::new("/_allauth/app/v1/config", move |site| {
        let mut gunicorn = program(folder.join("venv/bin/gunicorn"));
        gunicorn.args(["--no-control-socket", "--workers", &load::workers().to_string()]);
        gunicorn.args(["--bind", &format!("127.0.0.1:{}", site.port), "wsgi:application"]);
        environment(&mut gunicorn, site, mail, &SETTINGS);
        gunicorn
    })
    .await?
    .with_the_real_clock();
    let mut prepare = Command::new(python);
    prepare.arg("prepare.py").env("SITE_PEOPLE", load::PEOPLE.to_string());
    environment(&mut prepare, &program, mail, &SETTINGS);
    install::run(&mut prepare)?;
    Ok(Loaded {
        name: "django-allauth",
        way: format!("gunicorn, {} workers", load::workers()),
        hash: "PBKDF2-SHA256, 1,000,000",
        program,
        sign_in: |person| Ask {
            path: "/_allauth/app/v1/auth/login",
            body: json!({ "email": load::mailbox(person), "password": load::PASSWORD }),
        },
        recover: |person, _| Ask {
            path: "/_allauth/app/v1/auth/password/request",
            body: json!({ "email": load::mailbox(person) }),
        },
        // A step that went well.
        accepted: 401,
    })
}

/// A fresh account at a server of its own, for a story in the window.
pub async fn open() -> Result<impl Bench> {
    SiteBench::start(Arc::new(Site::start(&[]).await?), false).await
}

/// The same with a second factor.
pub async fn open_with_second_factor() -> Result<impl Bench> {
    SiteBench::start(Arc::new(Site::start(&[]).await?), true).await
}

fn install() -> Result<PathBuf> {
    install::once("allauth", &PACKAGES.join(" "), |folder| install::python(folder, &PACKAGES))
}

fn environment(command: &mut Command, site: &Program, mail: u16, settings: &[&str]) {
    for (name, text) in [
        ("settings.py", include_str!("allauth/settings.py")),
        ("urls.py", include_str!("allauth/urls.py")),
        ("wsgi.py", include_str!("allauth/wsgi.py")),
        ("prepare.py", include_str!("allauth/prepare.py")),
    ] {
        fs::write(site.path().join(name), text).unwrap();
    }
    command
        .current_dir(site.path())
        .env("PYTHONPATH", site.path())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("DJANGO_SETTINGS_MODULE", "settings")
        .env("SITE_FOLDER", site.path())
        .env("SITE_MAIL_PORT", mail.to_string());
    for name in settings {
        command.env(name, "1");
    }
}

/// `XXXX-XXXX` of twenty consonants, or a link that sets a password.
fn is_proof(word: &str) -> bool {
    let is_code = word.len() == 9
        && word
            .char_indices()
            .all(|(at, c)| if at == 4 { c == '-' } else { "BCDFGHJKLMNPQRSTVWXZ".contains(c) });
    is_code || word.contains("/password/reset/key/")
}
