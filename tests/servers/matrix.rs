//! Synapse 1.163.2, the Matrix homeserver most people's accounts are on, with SQLite.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use accounts::clock::{Clock as _, ManualClock, SystemClock};
use accounts::http::Http;
use accounts::provider::conformance::{self, Bench, Habits, Report, Setup};
use accounts::provider::matrix::fake::HABITS;
use accounts::provider::{Desk, matrix};
use accounts::{Provider, Secret};
use anyhow::Result;
use async_trait::async_trait;
use serde_json::json;

use super::install;
use super::load::{self, Ask, Loaded};
use super::mail::PostOffice;
use super::program::{Program, program};

mod api;
mod defects;

use api::Api;

const VERSION: &str = "1.163.2";
const PASSWORD: &str = "velvet-Otter-crossing-41";

/// A homeserver that runs, and its mail.
struct Home {
    program: Program,
    post: PostOffice,
    /// Ours, as far ahead as the server's.
    clock: Arc<ManualClock>,
    accounts: AtomicU32,
    /// An administrator's token: it makes accounts whose addresses are theirs already.
    admin: String,
}

impl Home {
    /// `settings` stand beside those that every homeserver here has.
    async fn start(settings: &str) -> Result<Self> {
        let post = PostOffice::open().await?;
        let program = at(post.port, settings).await?;
        program.start().await?;
        let now = SystemClock.now().duration_since(UNIX_EPOCH)?.as_secs();
        let clock = Arc::new(ManualClock::at(now));
        let admin = Api::at(program.port).make_admin().await?;
        Ok(Self { program, post, clock, accounts: AtomicU32::new(0), admin })
    }

    /// Past the cable.
    fn api(&self) -> Api {
        Api::at(self.program.port)
    }

    async fn provider(&self) -> Result<Arc<dyn Provider>> {
        Ok(matrix::find(Desk {
            http: Http::new()?,
            clock: self.clock.clone(),
            base: self.program.cable.address().parse()?,
            device: "Regain on a bench".into(),
        })
        .await?)
    }

    /// Makes an account; its user name.
    async fn add(&self) -> Result<String> {
        let user = format!("mara{}", self.accounts.fetch_add(1, Ordering::Relaxed));
        let path = format!("/_synapse/admin/v2/users/@{user}:localhost");
        let mail = json!({ "medium": "email", "address": mailbox(&user) });
        let body = json!({ "password": PASSWORD, "threepids": [mail] });
        self.api().ask("PUT", &path, Some(&self.admin), body).await?.well()?;
        Ok(user)
    }

    /// The link in the next mail.
    async fn link(&self, user: &str) -> Result<String> {
        let is_link = |word: &&str| word.contains("/password_reset/email/submit_token?");
        self.post
            .next(&mailbox(user), |mail| mail.text.split_whitespace().find(is_link).map(str::to_owned))
            .await
    }

    fn advance(&self, by: Duration) {
        self.program.advance(by);
        self.clock.advance(by);
    }
}

/// A homeserver that does not run yet.
async fn at(mail: u16, settings: &str) -> Result<Program> {
    let name = format!("matrix-synapse=={VERSION}");
    let folder = install::once("matrix", VERSION, |folder| install::python(folder, &[&name]))?;
    let python = folder.join("venv/bin/python");
    let program = Program::new("/_matrix/client/versions", move |home| {
        // With a monotonic clock of its own, libfaketime makes Python's threads wait for each other in a busy loop.
        let mut synapse = program("env");
        synapse.args(["-u", "FAKETIME_DONT_FAKE_MONOTONIC"]).arg(&python);
        synapse.args(["-m", "synapse.app.homeserver", "-c"]).arg(home.path().join("homeserver.yaml"));
        synapse
    })
    .await?;
    configure(&program, mail, settings)?;
    let key = program.path().join("signing.key");
    install::run(Command::new(folder.join("venv/bin/generate_signing_key")).arg("-o").arg(key))?;
    Ok(program)
}

fn mailbox(user: &str) -> String {
    format!("{user}@mail.example")
}

fn configure(program: &Program, mail: u16, settings: &str) -> Result<()> {
    let shown = |path: &Path| path.display().to_string();
    let text = include_str!("matrix/homeserver.yaml")
        .replace("{folder}", &shown(program.path()))
        .replace("{port}", &program.port.to_string())
        .replace("{mail}", &mail.to_string())
        .replace("{secret}", api::SHARED_SECRET);
    Ok(fs::write(program.path().join("homeserver.yaml"), format!("{text}{settings}"))?)
}

/// Its own limits are out of the way, and it does not tell who has an account.
const OPEN: &str = include_str!("matrix/open.yaml");

/// What tests set lower than it is by default.
const CHEAP: &str = "bcrypt_rounds: 4";

/// For a load; it runs already, or nobody could be added.
pub async fn loaded(mail: u16) -> Result<Loaded> {
    let program = at(mail, OPEN).await?.with_the_real_clock();
    let file = program.path().join("homeserver.yaml");
    let text = fs::read_to_string(&file)?;
    anyhow::ensure!(text.contains(CHEAP), "{CHEAP} is set no more");
    fs::write(&file, text.replace(CHEAP, ""))?;
    program.start().await?;
    let api = Api::at(program.port);
    let admin = api.make_admin().await?;
    for person in 0..load::PEOPLE {
        let path = format!("/_synapse/admin/v2/users/@{}:localhost", load::user(person));
        let mail = json!({ "medium": "email", "address": load::mailbox(person) });
        let body = json!({ "password": load::PASSWORD, "threepids": [mail] });
        api.ask("PUT", &path, Some(&admin), body).await?.well()?;
    }
    Ok(Loaded {
        name: "Synapse",
        way: "one process".into(),
        hash: "bcrypt, 12",
        program,
        sign_in: |person| Ask {
            path: "/_matrix/client/v3/login",
            body: json!({
                "type": "m.login.password",
                "identifier": { "type": "m.id.user", "user": load::user(person) },
                "password": load::PASSWORD,
            }),
        },
        recover: |person, number| Ask {
            path: "/_matrix/client/v3/account/password/email/requestToken",
            body: json!({
                "client_secret": format!("load{number}"), "email": load::mailbox(person), "send_attempt": 1,
            }),
        },
        accepted: 200,
    })
}

struct HomeBench {
    home: Arc<Home>,
    provider: Arc<dyn Provider>,
    user: String,
}

impl HomeBench {
    async fn start(home: Arc<Home>) -> Result<Self> {
        let user = home.add().await?;
        // A session somewhere else.
        home.api().sign_in(&user, PASSWORD).await?;
        Ok(Self { provider: home.provider().await?, home, user })
    }
}

#[async_trait]
impl Bench for HomeBench {
    fn provider(&self) -> Arc<dyn Provider> {
        self.provider.clone()
    }

    fn habits(&self) -> Habits {
        HABITS
    }

    fn identifier(&self) -> String {
        self.user.clone()
    }

    fn password(&self) -> Secret {
        Secret::new(PASSWORD)
    }

    fn other_identifiers(&self) -> Vec<String> {
        vec![format!("@{}:localhost", self.user), mailbox(&self.user)]
    }

    fn recover_as(&self) -> String {
        mailbox(&self.user)
    }

    fn nobody(&self) -> String {
        "nobody-here@mail.example".into()
    }

    async fn mailed(&self) -> Secret {
        Secret::new(self.home.link(&self.user).await.unwrap())
    }

    fn saved_code(&self) -> Option<Secret> {
        None
    }

    fn authenticator(&self) -> Option<Secret> {
        None
    }

    async fn advance(&self, by: Duration) {
        self.home.advance(by);
    }

    async fn cut(&self) -> bool {
        self.home.program.cable.cut();
        true
    }

    async fn mend(&self) {
        self.home.program.cable.mend();
    }

    async fn restart(&self) -> bool {
        self.home.program.restart().await.unwrap();
        true
    }
}

/// Runs the list against the real server, and what its fake was told to do wrong.
pub async fn conforms() -> Report {
    // By default it limits, and says to everyone who asks that there is no such account.
    let limited = Arc::new(Home::start("").await.unwrap());
    defects::it_tells_who_has_no_account(&limited).await;
    let open = Arc::new(Home::start(OPEN).await.unwrap());
    defects::all(&open).await;

    conformance::all(async |Setup { limits, .. }| {
        let home = if limits { &limited } else { &open };
        HomeBench::start(home.clone()).await.unwrap()
    })
    .await
}

/// A fresh account at a server of its own, for a story in the window.
pub async fn open() -> Result<impl Bench> {
    HomeBench::start(Arc::new(Home::start(OPEN).await?)).await
}
