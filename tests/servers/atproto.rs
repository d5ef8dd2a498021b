//! `@atproto/pds`, the reference server of the AT Protocol, with a `did:plc` directory of its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use accounts::clock::ManualClock;
use accounts::http::Http;
use accounts::provider::atproto::fake::HABITS;
use accounts::provider::atproto::find;
use accounts::provider::atproto::handle::{Lookup, Resolver};
use accounts::provider::conformance::{self, Bench, Habits, Report, Setup};
use accounts::provider::{Desk, Which};
use accounts::{Answer, ErrorKind, Intent, Outcome, Provider, Secret, Step};
use anyhow::{Context as _, Result, ensure};
use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::install;
use super::mail::PostOffice;
use super::program::{Program, program};

const VERSION: &str = "0.5.35";
const SCRIPTS: [(&str, &str); 4] = [
    ("loopback.cjs", include_str!("atproto/loopback.cjs")),
    ("clock.cjs", include_str!("atproto/clock.cjs")),
    ("pds.mjs", include_str!("atproto/pds.mjs")),
    ("plc.mjs", include_str!("atproto/plc.mjs")),
];
const PASSWORD: &str = "velvet-Otter-crossing-41";

/// The processes, shared by the checks.
struct Host {
    modules: PathBuf,
    bin: PathBuf,
    post: PostOffice,
    plc: Program,
    plain: Arc<Program>,
    /// With the limits of a server that was installed and left alone.
    limited: OnceCell<Arc<Program>>,
    accounts: AtomicU32,
}

impl Host {
    async fn start() -> Result<Self> {
        let bin = install::node22()?;
        let folder = install::once("atproto", VERSION, |folder| fill(folder, &bin))?;
        for (name, text) in SCRIPTS {
            std::fs::write(folder.join(name), text)?;
        }
        let modules = folder.join("node_modules");
        let post = PostOffice::open().await?;
        let (node, known) = (bin.join("node"), modules.clone());
        let plc = Program::new("/_health", move |plc| {
            let mut command = script(&node, &known, "plc.mjs");
            command.env("PORT", plc.port.to_string());
            command
        })
        .await?;
        plc.start().await?;
        let plain = pds(&bin, &modules, &plc, &post, false).await?;
        let (limited, accounts) = (OnceCell::new(), AtomicU32::new(0));
        Ok(Self { modules, bin, post, plc, plain, limited, accounts })
    }

    async fn pds(&self, limits: bool) -> Result<Arc<Program>> {
        if !limits {
            return Ok(self.plain.clone());
        }
        let start = || pds(&self.bin, &self.modules, &self.plc, &self.post, true);
        self.limited.get_or_try_init(start).await.cloned()
    }

    /// A fresh account, signed in where it was made.
    async fn bench(&self, setup: Setup) -> Result<PdsBench> {
        let pds = self.pds(setup.limits).await?;
        let number = self.accounts.fetch_add(1, Ordering::SeqCst);
        let (handle, email) = (format!("jana{number}.test"), format!("jana{number}@mail.example"));
        let body = json!({ "handle": handle, "email": email, "password": PASSWORD });
        let (status, made) = call(&pds, "createAccount", None, Some(body)).await?;
        ensure!(status == 200, "createAccount: {status} {made}");
        let did = made["did"].as_str().context("a DID")?.to_owned();
        let clock = Arc::new(ManualClock::at(1_800_000_000));
        let base = pds.cable.address().parse()?;
        let desk = Desk { http: Http::new()?, clock: clock.clone(), base, device: "a bench".into() };
        let provider = find(desk).await?;
        Ok(PdsBench { provider, clock, pds, post: self.post.clone(), handle, email, did })
    }
}

fn fill(folder: &Path, bin: &Path) -> Result<()> {
    let packages = [format!("@atproto/pds@{VERSION}"), "@did-plc/server@0.0.1".into()];
    let mut npm = install::npm(folder, &packages.each_ref().map(String::as_str))?;
    // better-sqlite3 is compiled, for this node and not for the system's.
    let headers = bin.parent().context("node's folder")?;
    let path = format!("{}:{}", bin.display(), std::env::var("PATH")?);
    install::run(npm.env("PATH", path).env("npm_config_nodedir", headers))
}

fn script(node: &Path, modules: &Path, name: &str) -> std::process::Command {
    // Beside the packages that they name.
    let scripts = modules.parent().unwrap_or(modules);
    let mut command = program(node);
    for first in ["loopback.cjs", "clock.cjs"] {
        command.arg("--require").arg(scripts.join(first));
    }
    command.arg(scripts.join(name));
    command.env("MODULES", modules);
    command
}

async fn pds(
    bin: &Path,
    modules: &Path,
    plc: &Program,
    post: &PostOffice,
    limits: bool,
) -> Result<Arc<Program>> {
    let (node, modules, plc, smtp) = (bin.join("node"), modules.to_owned(), plc.port, post.port);
    let start = move |pds: &Program| {
        let mut command = script(&node, &modules, "pds.mjs");
        command
            .env("PDS_PORT", pds.port.to_string())
            .env("PDS_HOSTNAME", "localhost")
            .env("PDS_DEV_MODE", "true")
            .env("PDS_DATA_DIRECTORY", pds.path().join("data"))
            .env("PDS_BLOBSTORE_DISK_LOCATION", pds.path().join("blobs"))
            .env("PDS_DID_PLC_URL", format!("http://127.0.0.1:{plc}"))
            .env("PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX", "3b".repeat(32))
            .env("PDS_JWT_SECRET", "a secret of these tests")
            .env("PDS_ADMIN_PASSWORD", "another one of these tests")
            .env("PDS_DPOP_SECRET", "5c".repeat(32))
            .env("PDS_INVITE_REQUIRED", "0")
            .env("PDS_SERVICE_HANDLE_DOMAINS", ".test")
            .env("PDS_EMAIL_SMTP_URL", format!("smtp://127.0.0.1:{smtp}?ignoreTLS=true"))
            .env("PDS_EMAIL_FROM_ADDRESS", "pds@dorfladen.example")
            .env("PDS_DISABLE_SSRF_PROTECTION", "1")
            .env("PDS_CRAWLERS", "")
            .env("PDS_BSKY_APP_VIEW_URL", "")
            .env("PDS_RATE_LIMITS_ENABLED", if limits { "1" } else { "0" });
        command
    };
    let pds = Program::new("/xrpc/_health", start).await?;
    std::fs::create_dir_all(pds.path().join("data"))?;
    pds.start().await?;
    Ok(Arc::new(pds))
}

/// One call past the adapter: with a body it is a POST, else with a token for it to be a GET.
async fn call(pds: &Program, name: &str, token: Option<&str>, body: Option<Value>) -> Result<(u16, Value)> {
    let url = format!("http://127.0.0.1:{}/xrpc/com.atproto.server.{name}", pds.port);
    let client = reqwest::Client::builder().no_proxy().build()?;
    let mut request = match (&body, name) {
        (Some(body), _) => client.post(url).json(body),
        (None, "refreshSession" | "deleteSession") => client.post(url),
        (None, _) => client.get(url),
    };
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let answer = request.send().await?;
    let status = answer.status().as_u16();
    let text = answer.text().await?;
    let value = if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? };
    Ok((status, value))
}

struct PdsBench {
    provider: Arc<dyn Provider>,
    clock: Arc<ManualClock>,
    pds: Arc<Program>,
    post: PostOffice,
    handle: String,
    email: String,
    did: String,
}

#[async_trait]
impl Bench for PdsBench {
    fn provider(&self) -> Arc<dyn Provider> {
        self.provider.clone()
    }

    fn habits(&self) -> Habits {
        HABITS
    }

    fn identifier(&self) -> String {
        self.handle.clone()
    }

    fn password(&self) -> Secret {
        Secret::new(PASSWORD)
    }

    fn other_identifiers(&self) -> Vec<String> {
        let small = &self.email;
        vec![small.clone(), self.did.clone(), format!("@{}", self.handle), small.replace("jana", "Jana")]
    }

    fn recover_as(&self) -> String {
        self.email.clone()
    }

    fn nobody(&self) -> String {
        "nobody-here@mail.example".into()
    }

    async fn mailed(&self) -> Secret {
        let code = self.post.next(&self.email, |mail| {
            let mut words = mail.text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
            words.find(|word| is_code(word)).map(Secret::new)
        });
        code.await.unwrap()
    }

    fn saved_code(&self) -> Option<Secret> {
        None
    }

    fn authenticator(&self) -> Option<Secret> {
        None
    }

    async fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.pds.advance(by);
    }

    async fn cut(&self) -> bool {
        self.pds.cable.cut();
        true
    }

    async fn mend(&self) {
        self.pds.cable.mend();
    }

    async fn restart(&self) -> bool {
        self.pds.restart().await.unwrap();
        true
    }
}

/// A domain that says by its page alone whose it is; a PDS has that page for the handles it gives.
struct Page(Arc<Program>);

#[async_trait]
impl Lookup for Page {
    async fn txt(&self, _: &str) -> accounts::Result<Vec<String>> {
        Ok(Vec::new())
    }

    async fn page(&self, url: url::Url) -> accounts::Result<Option<String>> {
        let here = format!("http://127.0.0.1:{}{}", self.0.port, url.path());
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.get(here).header("host", url.host_str().unwrap()).send().await.unwrap();
        Ok(if answer.status().is_success() { Some(answer.text().await.unwrap()) } else { None })
    }
}

async fn a_handle_leads_to_its_server(host: &Host, bench: &PdsBench) {
    let plc = format!("http://127.0.0.1:{}/", host.plc.port).parse().unwrap();
    let resolver = Resolver::with(Http::new().unwrap(), plc, Arc::new(Page(bench.pds.clone())));
    for typed in [&bench.handle, &format!("@{}", bench.handle.to_uppercase()), &bench.did] {
        let found = resolver.pds_of(typed).await.unwrap().unwrap();
        assert_eq!(found.as_str(), format!("http://localhost:{}/", bench.pds.port), "{typed}");
    }
    for nobody in ["nobody-here.test", "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"] {
        assert_eq!(resolver.pds_of(nobody).await.unwrap(), None, "{nobody}");
    }
}

fn is_code(word: &str) -> bool {
    let base32 = |part: &str| part.len() == 5 && part.bytes().all(|c| matches!(c, b'A'..=b'Z' | b'2'..=b'7'));
    word.split_once('-').is_some_and(|(a, b)| base32(a) && base32(b))
}

/// What the adapter steps around is still there: once it is not, the step can go.
mod defects {
    use super::*;

    pub async fn the_dash_is_not_optional_and_an_empty_password_is_taken(bench: &PdsBench) {
        let ask = async || {
            let body = json!({ "email": bench.email });
            assert_eq!(call(&bench.pds, "requestPasswordReset", None, Some(body)).await.unwrap().0, 200);
            bench.mailed().await.expose().to_owned()
        };
        let reset = async |token: &str, password: &str| {
            let body = json!({ "token": token, "password": password });
            call(&bench.pds, "resetPassword", None, Some(body)).await.unwrap()
        };
        let code = ask().await;
        let (status, error) = reset(&code.replace('-', ""), "mossy-kettle-Walnut-29").await;
        assert_eq!((status, error["error"].as_str()), (400, Some("InvalidToken")));
        let (status, error) = reset(&code, &"x".repeat(257)).await;
        assert_eq!((status, error["message"].as_str()), (400, Some("Invalid password length.")));
        assert_eq!(reset(&code.to_lowercase(), "").await.0, 200);
        let body = json!({ "identifier": bench.handle, "password": "" });
        assert_eq!(call(&bench.pds, "createSession", None, Some(body)).await.unwrap().0, 200);
    }

    pub async fn a_handle_with_its_at_sign_is_taken_for_an_address(bench: &PdsBench) {
        let body = json!({ "identifier": format!("@{}", bench.handle), "password": PASSWORD });
        assert_eq!(call(&bench.pds, "createSession", None, Some(body)).await.unwrap().0, 401);
    }

    pub async fn the_token_before_the_last_outlives_a_sign_out(bench: &PdsBench) {
        let body = json!({ "identifier": bench.handle, "password": PASSWORD });
        let (_, first) = call(&bench.pds, "createSession", None, Some(body)).await.unwrap();
        let first = first["refreshJwt"].as_str().unwrap();
        let (_, second) = call(&bench.pds, "refreshSession", Some(first), None).await.unwrap();
        let second = second["refreshJwt"].as_str().unwrap();
        assert_eq!(call(&bench.pds, "deleteSession", Some(second), None).await.unwrap().0, 200);
        assert_eq!(call(&bench.pds, "refreshSession", Some(second), None).await.unwrap().0, 400);
        assert_eq!(call(&bench.pds, "refreshSession", Some(first), None).await.unwrap().0, 200, "alive");
    }

    /// The step around it, on the real server.
    pub async fn signing_out_ends_both(bench: &PdsBench) {
        let (mut exchange, _) =
            bench.provider.begin(Intent::SignIn { identifier: bench.did.clone() }).await.unwrap();
        let step = exchange.answer(Answer::Password(Secret::new(PASSWORD))).await.unwrap();
        let Step::Done(Outcome::SignedIn(mut session)) = step else { panic!("signed in: {step:?}") };
        let mut kept = session.clone();
        bench.advance(HABITS.access_life.unwrap() + Duration::from_secs(1)).await;
        bench.provider.check(&mut session).await.unwrap();
        bench.provider.end_session(&mut session, Which::This, None).await.unwrap();
        assert_eq!(bench.provider.check(&mut kept).await.unwrap_err().kind(), ErrorKind::SignedOut);
    }
}

/// Runs the list against the real server, and what its fake was told to do wrong.
pub async fn conforms() -> Report {
    let host = Host::start().await.unwrap();

    let bench = async || host.bench(Setup::default()).await.unwrap();
    defects::the_dash_is_not_optional_and_an_empty_password_is_taken(&bench().await).await;
    defects::a_handle_with_its_at_sign_is_taken_for_an_address(&bench().await).await;
    defects::the_token_before_the_last_outlives_a_sign_out(&bench().await).await;
    defects::signing_out_ends_both(&bench().await).await;
    a_handle_leads_to_its_server(&host, &bench().await).await;

    conformance::all(async |setup| host.bench(setup).await.unwrap()).await
}

/// A fresh account at a server of its own, for a story in the window; the server ends with the directory it needs.
pub async fn open() -> Result<(impl Bench, impl Send)> {
    let host = Host::start().await?;
    Ok((host.bench(Setup::default()).await?, host))
}
