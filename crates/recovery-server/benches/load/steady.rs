//! Sign-ins beside what the machine's bare Argon2id allows, reads beside them, ten times too much of it, and whether
//! answers to known and unknown names take the same time.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use serde_json::{Value, json};

use crate::server::{ANY_PORT, FILE, LARGE_PAGES, NAMES, PASSWORD, Server, client, settings};

const SPAN: Duration = Duration::from_secs(15);

pub fn run() {
    let cores = std::thread::available_parallelism().unwrap().get();
    // Before and after what is compared with it: others may share the machine.
    let bare = || (bare_hashes(false), bare_on_large_pages());
    let before = bare();
    let folder = tempfile::tempdir().unwrap();
    let database = std::env::var("REGAIN_DATABASE").unwrap_or_else(|_| FILE.to_owned());
    let server = Server::with_people(folder.path(), &settings(&database, ANY_PORT));
    println!("started in                                  {:.0} ms", server.started_in.as_secs_f64() * 1e3);
    println!("memory at rest                              {} MiB", server.memory());
    let asker = Asker {
        runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
        client: client(),
        server: &server,
        asked: AtomicU32::new(0),
    };

    let clients = cores * 4;
    let full = server.sign_ins(clients, None, SPAN);
    println!("sign-ins, {clients} at once                         {full}");
    println!("  on large pages                            {} MiB", server.large_pages());
    let after = bare();
    for (what, before, after) in [
        ("bare Argon2id (19 MiB, 2 passes)            ", before.0, after.0),
        ("  in memory that is kept, on large pages    ", before.1, after.1),
    ] {
        let part = full.rate(200) * 2.0 / (before + after);
        println!("{what}{before:.1}/s and {after:.1}/s; sign-ins are {part:.2} of that");
    }

    let wanted = full.rate(200) * 0.8;
    let token = asker.runtime.block_on(server.token(&asker.client));
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

    for (what, known, unknown) in asker.enumeration() {
        let apart = (known - unknown).abs();
        println!(
            "{what:<10} known {known:.2} ms, unknown {unknown:.2} ms, apart {apart:.2} ms ({:.1} %)",
            apart / known.max(unknown) * 100.0
        );
    }
}

/// Hashes with the server's parameters (OWASP: 19 MiB, t = 2, p = 1), one thread for each core; in memory that is `kept`, as
/// the server keeps it, or taken anew for each, as the library does.
pub fn bare_hashes(kept: bool) -> f64 {
    let cores = std::thread::available_parallelism().unwrap().get();
    let params = Params::new(19 * 1024, 2, 1, Some(32)).unwrap();
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let done = AtomicU32::new(0);
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                let (password, salt, mut out) = (PASSWORD.as_bytes(), b"sixteen bytes...", [0; 32]);
                let mut memory = vec![Block::default(); argon.params().block_count()];
                while start.elapsed() < SPAN {
                    match kept {
                        true => argon.hash_password_into_with_memory(password, salt, &mut out, &mut memory),
                        false => argon.hash_password_into(password, salt, &mut out),
                    }
                    .unwrap();
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    f64::from(done.into_inner()) / start.elapsed().as_secs_f64()
}

/// The best that this machine can: in a process that asks for large pages from its start.
fn bare_on_large_pages() -> f64 {
    let own = std::env::current_exe().unwrap();
    let said = Command::new(own).arg("bare").env(LARGE_PAGES.0, LARGE_PAGES.1).output().unwrap();
    String::from_utf8(said.stdout).unwrap().trim().parse().unwrap()
}

/// One caller, each time from another address.
struct Asker<'a> {
    runtime: tokio::runtime::Runtime,
    client: reqwest::Client,
    server: &'a Server,
    asked: AtomicU32,
}

impl Asker<'_> {
    fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.runtime.block_on(async {
            let answer = {
                let number = self.asked.fetch_add(1, Ordering::Relaxed);
                let from = format!("198.18.{}.{}", number >> 8 & 255, number & 255);
                let call =
                    self.client.post(format!("{}{path}", self.server.url)).header("x-forwarded-for", from);
                call.json(body).send().await.unwrap()
            };
            (answer.status().as_u16(), answer.json().await.unwrap_or_default())
        })
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
