//! Sign-ins beside what the machine's bare Argon2id allows, reads beside them, ten times too much of it, and whether
//! answers to known and unknown names take the same time.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use hugealloc::HugeAlloc;
use serde_json::{Value, json};

use crate::server::{ANY_PORT, FILE, NAMES, PASSWORD, Server, client, settings};
use crate::wrk;

const SPAN: Duration = Duration::from_secs(15);
/// What is compared is measured in turn, this often: others may share the machine.
const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_secs(8);

pub fn run() {
    let cores = std::thread::available_parallelism().unwrap().get();
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
    let sign_in = format!("{}v1/sign-in", server.url);
    let enter = |span| wrk::sign_ins(&sign_in, clients, span, folder.path());
    // Their devices are known from then on, as most people's are.
    enter(ROUND);
    let (mut full, mut plain, mut best) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        plain.push(bare_hashes(Memory::Library));
        let entered = enter(ROUND);
        println!("  round {round}: sign-ins, {clients} at once              {entered}");
        full.push(entered.rate);
        best.push(bare_hashes(Memory::LargePages));
    }
    let full = median(full);
    println!("sign-ins, {clients} at once                         {full:.1}/s");
    println!("  on large pages                            {} MiB", server.large_pages());
    for (what, bare) in [
        ("bare Argon2id (19 MiB, 2 passes)            ", plain),
        ("  in memory that is kept, on large pages    ", best),
    ] {
        let (least, most) =
            bare.iter().fold((f64::MAX, 0.0_f64), |(low, high), &one| (low.min(one), high.max(one)));
        let bare = median(bare);
        println!("{what}{bare:.1}/s ({least:.1} to {most:.1}); sign-ins are {:.2} of that", full / bare);
    }

    let wanted = full * 0.8;
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
    println!("  in the ten seconds after it               {}", enter(Duration::from_secs(10)));

    for (what, known, unknown) in asker.enumeration() {
        let apart = (known - unknown).abs();
        println!(
            "{what:<10} known {known:.2} ms, unknown {unknown:.2} ms, apart {apart:.2} ms ({:.1} %)",
            apart / known.max(unknown) * 100.0
        );
    }
}

/// What bare hashes fill.
#[derive(Clone, Copy)]
enum Memory {
    /// What the library takes for each.
    Library,
    /// The best that this machine can: kept, and on large pages.
    LargePages,
}

/// Hashes with the server's parameters (OWASP: 19 MiB, t = 2, p = 1), one thread for each core.
fn bare_hashes(memory: Memory) -> f64 {
    let cores = std::thread::available_parallelism().unwrap().get();
    let params = Params::new(19 * 1024, 2, 1, Some(32)).unwrap();
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let done = AtomicU32::new(0);
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                let (password, salt, mut out) = (PASSWORD.as_bytes(), b"sixteen bytes...", [0; 32]);
                let mut kept = allocator_api2::vec::Vec::new_in(HugeAlloc);
                if matches!(memory, Memory::LargePages) {
                    kept.resize(argon.params().block_count(), Block::default());
                }
                while start.elapsed() < ROUND {
                    match memory {
                        Memory::Library => argon.hash_password_into(password, salt, &mut out),
                        Memory::LargePages => {
                            argon.hash_password_into_with_memory(password, salt, &mut out, &mut kept[..])
                        }
                    }
                    .unwrap();
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    f64::from(done.into_inner()) / start.elapsed().as_secs_f64()
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
        let median = |what, known| median(spans.get(&(what, known)).cloned().unwrap_or_default());
        ["sign-in", "recovery", "code"].map(|what| (what, median(what, true), median(what, false))).to_vec()
    }
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}
