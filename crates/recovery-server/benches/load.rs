//! A server under load, asked over loopback by `hey`: sign-ins beside what the machine's bare Argon2id allows, reads beside
//! them, ten times too much of it, and whether answers to known and unknown names take the same time.
//!
//! `cargo bench -p recovery-server --bench load`; `REGAIN_DATABASE=postgres://…` takes another database than SQLite.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a benchmark measures with the real clock, prints, and stops at a surprise"
)]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Params, Version};
use serde_json::{Value, json};

const PASSWORD: &str = "velvet-Otter-crossing-41";
const SPAN: Duration = Duration::from_secs(15);
/// Sign-ins at one name at once are limited, as guesses are: so there are many names.
const PER_NAME: usize = 5;
const NAMES: usize = 64;
const JSON: &str = "application/json";

fn main() {
    let cores = std::thread::available_parallelism().unwrap().get();
    let bare = bare_hashes(cores);
    println!("bare Argon2id (19 MiB, 2 passes), {cores} cores    {bare:.1}/s");
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    println!("started in                                  {:.0} ms", server.started_in.as_secs_f64() * 1e3);
    println!("memory at rest                              {} MiB", server.memory());

    let clients = cores * 4;
    let full = server.sign_ins(clients, None, SPAN);
    println!("sign-ins, {clients} at once                         {full}");
    println!("  of the bare rate                          {:.2}", full.rate(200) / bare);

    let wanted = full.rate(200) * 0.8;
    let token = server.token();
    let (eighty, reads) = std::thread::scope(|scope| {
        let reads = scope.spawn(|| server.reads(&token, SPAN));
        (server.sign_ins(clients * 2, Some(wanted), SPAN), reads.join().unwrap())
    });
    println!("sign-ins at 80 % of that                    {eighty}");
    println!("  reads beside them, 50/s                   {reads}");

    let before = server.memory();
    let flood = server.sign_ins(clients * 40, None, SPAN);
    println!("ten times too many                          {flood}");
    println!("  memory                                    {before} → {} MiB", server.memory());
    let after = server.sign_ins(clients, None, Duration::from_secs(10));
    println!("  in the ten seconds after it               {after}");

    for (what, known, unknown) in server.enumeration() {
        let apart = (known - unknown).abs();
        println!(
            "{what:<10} known {known:.2} ms, unknown {unknown:.2} ms, apart {apart:.2} ms ({:.1} %)",
            apart / known.max(unknown) * 100.0
        );
    }
}

/// Hashes with the server's parameters (OWASP: 19 MiB, t = 2, p = 1), one thread for each core.
fn bare_hashes(cores: usize) -> f64 {
    let params = Params::new(19 * 1024, 2, 1, Some(32)).unwrap();
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let done = AtomicU32::new(0);
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                let mut out = [0; 32];
                while start.elapsed() < SPAN {
                    argon.hash_password_into(PASSWORD.as_bytes(), b"sixteen bytes...", &mut out).unwrap();
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    f64::from(done.into_inner()) / start.elapsed().as_secs_f64()
}

struct Server {
    process: Child,
    url: String,
    started_in: Duration,
    runtime: tokio::runtime::Runtime,
    client: reqwest::Client,
    asked: AtomicU32,
}

impl Server {
    fn start(folder: &Path) -> Self {
        let database = std::env::var("REGAIN_DATABASE").unwrap_or_else(|_| "accounts.sqlite".to_owned());
        let settings = format!(
            "public_url = \"http://127.0.0.1:0\"\nlisten = \"127.0.0.1:0\"\ndatabase = {database:?}\n\
             trusted_proxies = [\"127.0.0.1\"]\n[log]\nlevel = \"warn,recovery_server::cli=info\"\njson = true\n\
             [limits]\nsign_ins_per_address_per_hour = 1000000\nrecoveries_per_address_per_hour = 1000000\n\
             codes_per_day = 1000000\nresends_per_hour = 1000000\nwrong_codes_per_day = 1000000\n"
        );
        std::fs::write(folder.join("s.toml"), settings).unwrap();
        let program = env!("CARGO_BIN_EXE_recovery-server");
        for name in std::iter::once("jana".to_owned()).chain((0..NAMES).map(|number| format!("jana{number}")))
        {
            let mut add = Command::new(program)
                .args(["account", "add", "--config", "s.toml", "--identifier", &name, "--password-stdin"])
                .args(["--address", &format!("{name}@mail.example")])
                .current_dir(folder)
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .spawn()
                .unwrap();
            add.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
            assert!(add.wait().unwrap().success());
        }
        let begun = Instant::now();
        let mut process = Command::new(program)
            .args(["serve", "--config", "s.toml"])
            .current_dir(folder)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap());
        let mut first = String::new();
        log.read_line(&mut first).unwrap();
        let started_in = begun.elapsed();
        std::thread::spawn(move || log.lines().map_while(Result::ok).for_each(drop));
        let said: Value = serde_json::from_str(&first).unwrap_or_else(|_| panic!("{first}"));
        let url = said["fields"]["url"].as_str().unwrap_or_else(|| panic!("{first}")).to_owned();
        // Shorter than the server waits: nobody looks after the connections between two calls.
        let client = reqwest::Client::builder().pool_idle_timeout(Duration::from_secs(2)).build().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { process, url, started_in, runtime, client, asked: AtomicU32::new(0) }
    }

    /// MiB that it really has (`VmRSS`).
    fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
    }

    fn sign_ins(&self, clients: usize, rate: Option<f64>, span: Duration) -> Asked {
        let names = clients.div_ceil(PER_NAME);
        let each = clients / names;
        let one = |number: usize| {
            let name = format!("jana{number}");
            let body = json!({"identifier": name, "password": PASSWORD, "device": "bench"}).to_string();
            let mut args = ["-m", "POST", "-T", JSON, "-d", &body].map(str::to_owned).to_vec();
            if let Some(rate) = rate {
                args.extend(["-q".to_owned(), format!("{:.3}", rate / (names * each) as f64)]);
            }
            self.hey(each, span, args, "v1/sign-in")
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
            all.into_iter().map(|one| one.join().unwrap()).reduce(Asked::and).unwrap()
        })
    }

    fn reads(&self, token: &str, span: Duration) -> Asked {
        let args = ["-q", "10", "-H", &format!("Authorization: Bearer {token}")];
        self.hey(5, span, args.map(str::to_owned).to_vec(), "v1/session")
    }

    fn hey(&self, clients: usize, span: Duration, args: Vec<String>, path: &str) -> Asked {
        let out = Command::new("hey")
            .args([
                "-o",
                "csv",
                "-t",
                "30",
                "-z",
                &format!("{}s", span.as_secs()),
                "-c",
                &clients.to_string(),
            ])
            .args(args)
            .arg(format!("{}{path}", self.url))
            .output()
            .unwrap_or_else(|error| panic!("hey: {error}; Debian's package hey brings it"));
        Asked::read(&String::from_utf8_lossy(&out.stdout), span)
    }

    fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.runtime.block_on(async {
            let answer = {
                let number = self.asked.fetch_add(1, Ordering::Relaxed);
                let from = format!("198.18.{}.{}", number >> 8 & 255, number & 255);
                let call = self.client.post(format!("{}{path}", self.url)).header("x-forwarded-for", from);
                call.json(body).send().await.unwrap()
            };
            (answer.status().as_u16(), answer.json().await.unwrap_or_default())
        })
    }

    fn token(&self) -> String {
        let body = json!({"identifier": "jana", "password": PASSWORD, "device": "bench"});
        let (_, answer) = self.post("v1/sign-in", &body);
        answer["session"]["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// Medians in ms, 1,000 of each, known and unknown names in turn.
    fn enumeration(&self) -> Vec<(&'static str, f64, f64)> {
        let mut spans = BTreeMap::<(&str, bool), Vec<f64>>::new();
        let mut note = |what, known, begun: Instant| {
            spans.entry((what, known)).or_default().push(begun.elapsed().as_secs_f64() * 1e3);
        };
        for round in 0..1_000 {
            // A name and an address may guess ten times each: so there are many.
            let names = [format!("jana{}", round % NAMES), format!("jano{}", round % NAMES)];
            for known in if round % 2 == 0 { [true, false] } else { [false, true] } {
                let name = &names[usize::from(!known)];
                let begun = Instant::now();
                let (status, answer) =
                    self.post("v1/recoveries", &json!({"identifier": name, "device": "bench"}));
                note("recovery", known, begun);
                assert_eq!(status, 202, "{answer}");
                let check = json!({"ticket": answer["ticket"], "way": "mail_code", "code": "00000001"});
                let begun = Instant::now();
                let (status, answer) = self.post("v1/recoveries/check", &check);
                note("code", known, begun);
                assert_eq!(status, 400, "{answer}");
                let guess = json!({"identifier": name, "password": "guess", "device": "bench"});
                let begun = Instant::now();
                let (status, _) = self.post("v1/sign-in", &guess);
                assert_eq!(status, 401);
                note("sign-in", known, begun);
            }
        }
        let median = |what, known| {
            let mut all = spans.get(&(what, known)).cloned().unwrap_or_default();
            all.sort_by(f64::total_cmp);
            all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
        };
        ["sign-in", "recovery", "code"].map(|what| (what, median(what, true), median(what, false))).to_vec()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ended = (self.process.kill(), self.process.wait());
    }
}

/// What `hey` has seen: seconds of each answer by status.
struct Asked {
    by_status: BTreeMap<u16, Vec<f64>>,
    span: Duration,
}

impl Asked {
    fn read(csv: &str, span: Duration) -> Self {
        let mut by_status = BTreeMap::<u16, Vec<f64>>::new();
        for line in csv.lines().skip(1) {
            let fields: Vec<&str> = line.split(',').collect();
            if let (Ok(seconds), Some(Ok(status))) = (fields[0].parse(), fields.get(6).map(|it| it.parse())) {
                by_status.entry(status).or_default().push(seconds);
            }
        }
        by_status.values_mut().for_each(|all| all.sort_by(f64::total_cmp));
        Self { by_status, span }
    }

    fn and(mut self, other: Self) -> Self {
        for (status, all) in other.by_status {
            let mine = self.by_status.entry(status).or_default();
            mine.extend(all);
            mine.sort_by(f64::total_cmp);
        }
        self
    }

    fn rate(&self, status: u16) -> f64 {
        self.by_status.get(&status).map_or(0.0, |all| all.len() as f64) / self.span.as_secs_f64()
    }
}

impl std::fmt::Display for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (status, all) in &self.by_status {
            let at = |part: f64| all[((all.len() - 1) as f64 * part) as usize] * 1e3;
            write!(
                f,
                "{status}: {:.1}/s, median {:.0} ms, p99 {:.0} ms  ",
                self.rate(*status),
                at(0.5),
                at(0.99)
            )?;
        }
        Ok(())
    }
}
