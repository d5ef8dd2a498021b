//! The program itself, in a folder of its own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::asked::Asked;
use crate::hey::{both, hey};

pub const PASSWORD: &str = "velvet-Otter-crossing-41";
pub const JSON: &str = "application/json";
/// Sign-ins at one name at once are limited, as guesses are: so there are many names.
pub const PER_NAME: usize = 5;
pub const NAMES: usize = 64;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_recovery-server");
/// Ticks of a second in `/proc/PID/stat`: the same wherever Linux runs.
const TICKS: f64 = 100.0;

/// A running server; it is killed when it is dropped.
pub struct Server {
    process: Child,
    /// With a `/` at its end.
    pub url: String,
    pub started_in: Duration,
}

/// Settings for a load on loopback: what one address may do an hour is out of the way, and the callers' addresses are what
/// they say. `more` stands before the first section.
pub fn settings(database: &str, more: &str) -> String {
    format!(
        "listen = \"127.0.0.1:0\"\ndatabase = {database:?}\ntrusted_proxies = [\"127.0.0.1\"]\n{more}\n\
         [log]\nlevel = \"warn,recovery_server::cli=info\"\njson = true\n\
         [limits]\nsign_ins_per_address_per_hour = 1000000\nrecoveries_per_address_per_hour = 1000000\n\
         codes_per_day = 1000000\nresends_per_hour = 1000000\nwrong_codes_per_day = 1000000\n"
    )
}

/// What a database is named when it is a file in the server's folder.
pub const FILE: &str = "accounts.sqlite";
/// The address comes with the port.
pub const ANY_PORT: &str = "public_url = \"http://127.0.0.1:0\"";

impl Server {
    /// With `jana` and [`NAMES`] more in it.
    pub fn with_people(folder: &Path, settings: &str) -> Self {
        std::fs::write(folder.join("s.toml"), settings).unwrap();
        add("jana", folder);
        (0..NAMES).for_each(|number| add(&format!("jana{number}"), folder));
        Self::start(folder)
    }

    /// As `s.toml` in `folder` says.
    pub fn start(folder: &Path) -> Self {
        let begun = Instant::now();
        let mut process = Command::new(PROGRAM)
            .args(["serve", "--config", "s.toml"])
            .current_dir(folder)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap());
        let mut first = String::new();
        log.read_line(&mut first).unwrap();
        let started_in = begun.elapsed();
        // Under too much load it warns a lot.
        std::thread::spawn(move || log.lines().map_while(Result::ok).for_each(drop));
        let said: Value = serde_json::from_str(&first).unwrap_or_else(|_| panic!("{first}"));
        let address = said["fields"]["address"].as_str().unwrap_or_else(|| panic!("{first}"));
        Self { process, url: format!("http://{address}/"), started_in }
    }

    /// MiB that it really has.
    pub fn memory(&self) -> u64 {
        self.mib("status", "VmRSS:")
    }

    /// MiB of them on large pages; the system has them to give or not.
    pub fn large_pages(&self) -> u64 {
        self.mib("smaps_rollup", "AnonHugePages:")
    }

    fn mib(&self, file: &str, what: &str) -> u64 {
        let said = std::fs::read_to_string(format!("/proc/{}/{file}", self.process.id())).unwrap();
        let line = said.lines().find(|line| line.starts_with(what)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
    }

    /// Seconds that it has had a processor for.
    pub fn cpu(&self) -> f64 {
        cpu(self.process.id())
    }

    /// As when the power goes: `SIGKILL`.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    pub fn sign_ins(&self, clients: usize, rate: Option<f64>, span: Duration) -> Asked {
        let names = clients.div_ceil(PER_NAME);
        let each = clients / names;
        let one = |number: usize| {
            let name = format!("jana{number}");
            let body = json!({"identifier": name, "password": PASSWORD, "device": "bench"}).to_string();
            let from = format!("X-Forwarded-For: 198.18.255.{number}");
            let mut args = ["-m", "POST", "-T", JSON, "-d", &body, "-H", &from].map(str::to_owned).to_vec();
            if let Some(rate) = rate {
                args.extend(["-q".to_owned(), format!("{:.3}", rate / (names * each) as f64)]);
            }
            hey(&format!("{}v1/sign-in", self.url), each, span, &args)
        };
        std::thread::scope(|scope| {
            let all: Vec<_> = (0..names)
                .map(|number| {
                    scope.spawn({
                        let one = &one;
                        move || one(number)
                    })
                })
                .collect();
            all.into_iter().map(|one| one.join().unwrap()).reduce(both).unwrap()
        })
    }

    /// 50 a second.
    pub fn reads(&self, token: &str, span: Duration) -> Asked {
        let args = ["-q", "10", "-H", &format!("Authorization: Bearer {token}")].map(str::to_owned);
        hey(&format!("{}v1/session", self.url), 5, span, &args)
    }

    /// An access token of `jana`'s.
    pub async fn token(&self, client: &reqwest::Client) -> String {
        let body = json!({"identifier": "jana", "password": PASSWORD, "device": "bench"});
        let answer = client.post(format!("{}v1/sign-in", self.url)).json(&body).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        answer["session"]["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ended = (self.process.kill(), self.process.wait());
    }
}

/// Seconds that a process has had a processor for.
pub fn cpu(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // After the name, which may have spaces in it: utime and stime are the 14th and 15th field.
    let (_, rest) = stat.rsplit_once(") ").unwrap();
    let ticks: f64 = rest.split(' ').skip(11).take(2).map(|ticks| ticks.parse::<f64>().unwrap()).sum();
    ticks / TICKS
}

/// Adds a person with a mailbox of that name.
pub fn add(name: &str, folder: &Path) {
    let mut add = Command::new(PROGRAM)
        .args(["account", "add", "--config", "s.toml", "--identifier", name, "--password-stdin"])
        .args(["--address", &format!("{name}@mail.example")])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    add.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
    assert!(add.wait().unwrap().success());
}

/// Shorter than the server waits: nobody looks after the connections between two calls.
pub fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().pool_idle_timeout(Duration::from_secs(2)).build().unwrap()
}
