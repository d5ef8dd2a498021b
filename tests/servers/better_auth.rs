//! better-auth, behind the smallest host that its documentation shows.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use accounts::clock::{Clock as _, ManualClock, SystemClock};
use accounts::http::Http;
use accounts::provider::better_auth::{self, fake};
use accounts::provider::conformance::{self, Bench, Cable, Habits, PhoneBench, Report, Setup, Watched};
use accounts::provider::{Desk, Outcome, Problem, QrAsk, Session, Way, Which};
use accounts::{Answer, Challenge, ErrorKind, Exchange, Intent, Provider, Secret, Step};
use anyhow::{Context as _, Result};
use async_trait::async_trait;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha1::Sha1;

use super::install;
use super::load::{self, Ask, Loaded};
use super::mail::{Mail, PostOffice};
use super::program::{Program, program};

const VERSION: &str = "1.7.25";
const MAILER: &str = "10.6.1";
const PASSWORD: &str = "velvet-Otter-crossing-41";
const NEW: &str = "mossy-kettle-Walnut-29";

/// A running server, which many benches share.
struct Host {
    program: Program,
    post: PostOffice,
    people: AtomicU32,
}

impl Host {
    async fn start(limits: bool) -> Result<Arc<Self>> {
        let post = PostOffice::open().await?;
        let program = at(post.port, limits).await?;
        program.start().await?;
        Ok(Arc::new(Self { program, post, people: AtomicU32::new(0) }))
    }

    /// A call of the server's own API, without the adapter.
    async fn call(
        &self,
        path: &str,
        body: Value,
        token: Option<&str>,
    ) -> Result<(reqwest::StatusCode, Reply)> {
        let url = format!("http://127.0.0.1:{}/api/auth/{path}", self.program.port);
        let mut request = reqwest::Client::builder().no_proxy().build()?.post(url).json(&body);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await?;
        let header = answer.headers().get("set-auth-token").map(|value| value.to_str().map(str::to_owned));
        Ok((answer.status(), Reply { token: header.transpose()?, body: answer.json().await? }))
    }
}

/// A host that does not run yet.
async fn at(smtp: u16, limits: bool) -> Result<Program> {
    let node = install::node22()?.join("node");
    let folder = install::once("better_auth", VERSION, |folder| {
        let (library, mailer) = (format!("better-auth@{VERSION}"), format!("nodemailer@{MAILER}"));
        install::run(&mut install::npm(folder, &[&library, &mailer])?)
    })?;
    // Node looks for packages beside the file that names them.
    std::fs::write(folder.join("server.mjs"), include_str!("better_auth/server.mjs"))?;
    Program::new("/api/auth/ok", move |it| {
        let mut command = program(&node);
        command
            .arg(folder.join("server.mjs"))
            .current_dir(it.path())
            .env("PORT", it.port.to_string())
            .env("SMTP_PORT", smtp.to_string())
            .env("DATABASE", it.path().join("accounts.sqlite"))
            .env("BASE_URL", it.cable.address())
            .env("LIMITS", if limits { "on" } else { "off" });
        command
    })
    .await
}

struct Reply {
    token: Option<String>,
    body: Value,
}

/// One account of a server.
struct ServerBench {
    host: Arc<Host>,
    provider: Arc<dyn Provider>,
    clock: Arc<ManualClock>,
    watched: Arc<Watched>,
    name: String,
    second: Option<Second>,
}

struct Second {
    key: Vec<u8>,
    saved: Vec<String>,
}

impl ServerBench {
    async fn of(host: Arc<Host>, setup: Setup) -> Self {
        Self::made(host, setup).await.unwrap()
    }

    async fn made(host: Arc<Host>, setup: Setup) -> Result<Self> {
        let now = SystemClock.now() + host.program.ahead();
        let clock = Arc::new(ManualClock::at(now.duration_since(UNIX_EPOCH)?.as_secs()));
        let name = format!("jana{}", host.people.fetch_add(1, Ordering::Relaxed));
        let base = host.program.cable.address().parse()?;
        let device = "Regain on a bench".into();
        let watched = Watched::new(clock.clone());
        let desk = Desk { http: Http::new()?, clock: watched.clone(), base, device };
        let provider = better_auth::find(desk).await?;
        let mut bench = Self { host, provider, clock, watched, name, second: None };
        let person = json!({
            "email": bench.identifier(),
            "username": bench.name,
            "name": "Jana",
            "password": PASSWORD,
        });
        let (_, reply) = bench.host.call("sign-up/email", person, None).await?;
        let token = reply.token.context("signing up signs in")?;
        if setup.second_factor {
            bench.second = Some(bench.add_second_factor(&token).await?);
        }
        Ok(bench)
    }

    async fn add_second_factor(&self, token: &str) -> Result<Second> {
        let password = json!({ "password": PASSWORD });
        let (_, reply) = self.host.call("two-factor/enable", password, Some(token)).await?;
        let uri: url::Url = reply.body["totpURI"].as_str().context("an address for the app")?.parse()?;
        let secret = uri.query_pairs().find(|(name, _)| name == "secret").context("with a secret")?.1;
        let saved = serde_json::from_value(reply.body["backupCodes"].clone())?;
        let second = Second { key: base32(&secret), saved };
        let code = json!({ "code": second.code_at(self.server_time()) });
        let (status, _) = self.host.call("two-factor/verify-totp", code, Some(token)).await?;
        anyhow::ensure!(status.is_success(), "the authenticator is taken: {status}");
        Ok(second)
    }

    fn server_time(&self) -> u64 {
        let now = SystemClock.now() + self.host.program.ahead();
        now.duration_since(UNIX_EPOCH).unwrap().as_secs()
    }

    async fn sign_in(&self) -> Session {
        let intent = Intent::SignIn { identifier: self.identifier() };
        let (mut exchange, _) = self.provider.begin(intent).await.unwrap();
        match exchange.answer(Answer::Password(self.password())).await.unwrap() {
            Step::Done(Outcome::SignedIn(session)) => session,
            other => panic!("signed in: {other:?}"),
        }
    }

    async fn recover(&self) -> Box<dyn Exchange> {
        self.provider.begin(Intent::Recover { identifier: self.identifier() }).await.unwrap().0
    }
}

impl Second {
    /// RFC 6238 with SHA-1, 6 digits and 30 seconds.
    fn code_at(&self, seconds: u64) -> String {
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.key).unwrap();
        mac.update(&(seconds / 30).to_be_bytes());
        let hash = mac.finalize().into_bytes();
        let at = usize::from(hash[19] & 15);
        let number = u32::from_be_bytes(hash[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
        format!("{:06}", number % 1_000_000)
    }
}

/// RFC 4648, section 6, without padding.
fn base32(text: &str) -> Vec<u8> {
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0_u32, 0);
    for letter in text.chars() {
        held = held << 5 | u32::try_from(letters.find(letter).unwrap()).unwrap();
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).unwrap());
        }
    }
    bytes
}

fn code_or_link(mail: &Mail) -> Option<Secret> {
    mail.text.split_whitespace().last().map(Secret::new)
}

#[async_trait]
impl Bench for ServerBench {
    fn provider(&self) -> Arc<dyn Provider> {
        self.provider.clone()
    }

    fn habits(&self) -> Habits {
        fake::HABITS
    }

    fn identifier(&self) -> String {
        format!("{}@mail.example", self.name)
    }

    fn password(&self) -> Secret {
        Secret::new(PASSWORD)
    }

    fn other_identifiers(&self) -> Vec<String> {
        vec![self.name.clone()]
    }

    fn nobody(&self) -> String {
        "nobody-here@mail.example".into()
    }

    async fn mailed(&self) -> Secret {
        self.host.post.next(&self.identifier(), code_or_link).await.unwrap()
    }

    fn saved_code(&self) -> Option<Secret> {
        self.second.as_ref().and_then(|second| second.saved.first()).map(Secret::new)
    }

    fn authenticator(&self) -> Option<Secret> {
        self.second.as_ref().map(|second| Secret::new(second.code_at(self.server_time())))
    }

    async fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.host.program.advance(by);
    }

    async fn cut(&self) -> bool {
        self.host.program.cable.cut();
        true
    }

    async fn mend(&self) {
        self.host.program.cable.mend();
    }

    async fn restart(&self) -> bool {
        self.host.program.restart().await.unwrap();
        true
    }
}

/// Runs the list against the real server, and what its fake was told to do wrong.
pub async fn conforms() -> Report {
    let open = Host::start(false).await.unwrap();
    let limited = Host::start(true).await.unwrap();
    let report = conformance::all(async |setup| {
        let host = if setup.limits { limited.clone() } else { open.clone() };
        ServerBench::of(host, setup).await
    })
    .await;

    let bench =
        async |second_factor| ServerBench::of(open.clone(), Setup { second_factor, limits: false }).await;
    a_wrong_link_comes_back(&bench(false).await).await;
    a_code_that_ran_out_unseen_is_over(&bench(false).await).await;
    a_list_wants_a_young_session(&bench(false).await).await;
    a_second_step_by_mail_works(&bench(true).await).await;
    conformance::pairing(async || Phone(bench(false).await)).await;
    report
}

/// For a load; it runs already, or nobody could sign up.
pub async fn loaded(mail: u16) -> Result<Loaded> {
    let program = at(mail, false).await?.with_the_real_clock();
    program.start().await?;
    let client = reqwest::Client::builder().no_proxy().build()?;
    let url = format!("http://127.0.0.1:{}/api/auth/sign-up/email", program.port);
    for person in 0..load::PEOPLE {
        let (email, name) = (load::mailbox(person), load::user(person));
        let body = json!({ "email": email, "username": name, "name": name, "password": load::PASSWORD });
        client.post(&url).json(&body).send().await?.error_for_status()?;
    }
    Ok(Loaded {
        name: "better-auth",
        way: "Node.js, one process".into(),
        hash: "scrypt, N = 16,384, r = 16",
        program,
        sign_in: |person| Ask {
            path: "/api/auth/sign-in/email",
            body: json!({ "email": load::mailbox(person), "password": load::PASSWORD }),
        },
        recover: |person, _| Ask {
            path: "/api/auth/email-otp/send-verification-otp",
            body: json!({ "email": load::mailbox(person), "type": "forget-password" }),
        },
        accepted: 200,
    })
}

/// A fresh account at a server of its own, for a story in the window.
pub async fn open() -> Result<impl Bench> {
    ServerBench::made(Host::start(false).await?, Setup::default()).await
}

/// The same with a second factor.
pub async fn open_with_second_factor() -> Result<impl Bench> {
    let setup = Setup { second_factor: true, ..Setup::default() };
    ServerBench::made(Host::start(false).await?, setup).await
}

/// The phone is played with the server's own API, as its page would speak it.
impl ServerBench {
    async fn decide(&self, ask: &QrAsk, path: &str) -> Result<()> {
        let person = json!({ "email": self.identifier(), "password": PASSWORD });
        let (_, reply) = self.host.call("sign-in/email", person, None).await?;
        let token = reply.token.context("signed in")?;
        let looked = reqwest::Client::builder().no_proxy().build()?;
        // Looking at the code is what claims it.
        let url =
            format!("http://127.0.0.1:{}/api/auth/device?user_code={}", self.host.program.port, ask.letters);
        let looked = looked.get(url).bearer_auth(&token).send().await?;
        anyhow::ensure!(looked.status().is_success(), "the code is known: {}", looked.status());
        let (status, reply) = self.host.call(path, json!({ "userCode": ask.letters }), Some(&token)).await?;
        anyhow::ensure!(status.is_success(), "{path}: {status} {:?}", reply.body);
        Ok(())
    }
}

struct Phone(ServerBench);

#[async_trait]
impl PhoneBench for Phone {
    fn provider(&self) -> Arc<dyn Provider> {
        self.0.provider.clone()
    }

    fn identifier(&self) -> String {
        self.0.identifier()
    }

    async fn scan(&self, ask: &QrAsk) -> Option<Secret> {
        assert!(ask.link.contains(&ask.letters), "{}", ask.link);
        None
    }

    async fn approve(&self, ask: &QrAsk) {
        self.0.decide(ask, "device/approve").await.unwrap();
    }

    async fn deny(&self, ask: &QrAsk) {
        self.0.decide(ask, "device/deny").await.unwrap();
    }

    async fn pass_to(&self, at: std::time::SystemTime) {
        self.0.advance(at.duration_since(self.0.clock.now()).unwrap_or_default()).await;
    }

    fn clock(&self) -> &Watched {
        &self.0.watched
    }

    fn cable(&self) -> &Cable {
        &self.0.host.program.cable
    }
}

async fn a_wrong_link_comes_back(bench: &ServerBench) {
    let mut exchange = bench.recover().await;
    bench.mailed().await;
    exchange.answer(Answer::OtherWay(Way::MailLink)).await.unwrap();
    let link = bench.mailed().await;
    let wrong = link.expose().replace("/reset-password/", "/reset-password/not");
    exchange.answer(Answer::Code(Secret::new(wrong))).await.unwrap();
    let step = exchange.answer(Answer::NewPassword(Secret::new(NEW))).await.unwrap();
    assert!(matches!(step, Step::Ask(Challenge::Code(_), Some(Problem::WrongCode))), "{step:?}");
    exchange.answer(Answer::Code(link)).await.unwrap();
    let step = exchange.answer(Answer::NewPassword(Secret::new(NEW))).await.unwrap();
    assert!(matches!(step, Step::Done(Outcome::PasswordChanged { .. })), "{step:?}");
}

/// Somebody else's code is looked at in between: the server forgets then what this one was.
async fn a_code_that_ran_out_unseen_is_over(bench: &ServerBench) {
    let mut exchange = bench.recover().await;
    let code = bench.mailed().await;
    bench.advance(Duration::from_secs(302)).await;
    let other = json!({ "email": "nobody-here@mail.example", "type": "forget-password", "otp": "000000" });
    bench.host.call("email-otp/check-verification-otp", other, None).await.unwrap();
    let late = exchange.answer(Answer::Code(code)).await;
    assert_eq!(late.unwrap_err().kind(), ErrorKind::Expired);
}

/// A day after signing in the list is not shown any more; the session itself goes on.
async fn a_list_wants_a_young_session(bench: &ServerBench) {
    let (mut old, mut there) = (bench.sign_in().await, bench.sign_in().await);
    let id = bench.provider.sessions(&mut there).await.unwrap().into_iter().find(|device| device.current);
    let which = Which::One(id.unwrap().id);
    bench.advance(Duration::from_secs(86_401)).await;
    bench.provider.check(&mut old).await.unwrap();
    assert_eq!(bench.provider.sessions(&mut old).await.unwrap_err().kind(), ErrorKind::ProveAgain);
    let refused = bench.provider.end_session(&mut old, which.clone(), None).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::ProveAgain);
    let ended = bench.provider.end_session(&mut old, which, Some(&bench.password())).await;
    assert_eq!(ended.unwrap(), Some(1));
    let list = bench.provider.sessions(&mut old).await.unwrap();
    assert!(list.iter().any(|device| device.current && device.name == "Regain on a bench"), "{list:?}");
}

async fn a_second_step_by_mail_works(bench: &ServerBench) {
    let intent = Intent::SignIn { identifier: bench.identifier() };
    let (mut exchange, _) = bench.provider.begin(intent).await.unwrap();
    exchange.answer(Answer::Password(bench.password())).await.unwrap();
    exchange.answer(Answer::OtherWay(Way::MailCode)).await.unwrap();
    let first = bench.mailed().await;
    exchange.answer(Answer::Resend).await.unwrap();
    let second = bench.mailed().await;
    let step = exchange.answer(Answer::Code(first)).await.unwrap();
    assert!(matches!(step, Step::Ask(Challenge::Code(_), Some(Problem::WrongCode))), "{step:?}");
    let step = exchange.answer(Answer::Code(second)).await.unwrap();
    assert!(matches!(step, Step::Done(Outcome::SignedIn(_))), "{step:?}");
}
