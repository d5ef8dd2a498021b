//! 5,000 computers that wait to be let in, and ask every five seconds whether they are, while others read and sign in.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::asked::Asked;
use crate::computer::{Computer, nonce};
use crate::server::{ANY_PORT, Server, client, settings};

const WAITING: usize = 5_000;
/// At once, while they come.
const COMING: usize = 64;
/// RFC 8628 section 3.2.
const INTERVAL: Duration = Duration::from_secs(5);
const SPAN: Duration = Duration::from_secs(30);
/// Sign-ins a second beside them.
const SIGN_INS: f64 = 10.0;

/// On this database.
pub fn run(name: &str, database: &str) {
    println!("\n{WAITING} waiting computers, {name}");
    let folder = tempfile::tempdir().unwrap();
    let server = Server::with_people(folder.path(), &settings(database, ANY_PORT));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let client = client();
    let token = runtime.block_on(server.token(&client));
    let alone = server.reads(&token, Duration::from_secs(5));
    println!("reads with nobody waiting, 50/s             {alone}");
    let before = server.memory();
    let (begun, cpu) = (Instant::now(), server.cpu());
    let computers = runtime.block_on(come(&client, &server.url));
    let took = begun.elapsed().as_secs_f64();
    println!(
        "came                                        {:.0}/s, {:.2} ms of processor each",
        WAITING as f64 / took,
        (server.cpu() - cpu) * 1e3 / WAITING as f64
    );

    let seen = Arc::new(Seen::default());
    let waiting = runtime.block_on(async { wait(computers, &client, &server.url, &seen) });
    std::thread::sleep(INTERVAL);
    seen.forget();
    let (begun, cpu, own) = (Instant::now(), server.cpu(), own_cpu());
    let (sign_ins, reads) = std::thread::scope(|scope| {
        let reads = scope.spawn(|| server.reads(&token, SPAN));
        (server.sign_ins(5, Some(SIGN_INS), SPAN), reads.join().unwrap())
    });
    let took = begun.elapsed();
    let (cpu, own) = ((server.cpu() - cpu) / took.as_secs_f64(), (own_cpu() - own) / took.as_secs_f64());
    let (polls, odd) = seen.take(took);
    drop((waiting, runtime));
    println!("polls                                       {polls}");
    println!("  anything else than \"pending\"               {odd:?}");
    println!("reads beside them, 50/s                     {reads}");
    println!("sign-ins beside them, {SIGN_INS}/s                   {sign_ins}");
    println!("memory                                      {before} → {} MiB", server.memory());
    println!("processors busy: the server                 {cpu:.2}");
    println!("  the computers (they sign)                 {own:.2}");
}

/// All of them ask, some at once.
async fn come(client: &reqwest::Client, url: &str) -> Vec<Computer> {
    let nonce = nonce(client, url, url).await;
    let next = Arc::new(Mutex::new(0..WAITING));
    let mut coming = JoinSet::new();
    for _ in 0..COMING {
        let (client, url, nonce, next) = (client.clone(), url.to_owned(), nonce.clone(), Arc::clone(&next));
        coming.spawn(async move {
            let mut mine = Vec::new();
            loop {
                let Some(number) = next.lock().unwrap().next() else { return mine };
                let mut computer = Computer::new(number, nonce.clone());
                let reply = computer.ask(&client, &url, &url).await.unwrap();
                assert_eq!(reply.status, 200, "{}", reply.body);
                mine.push(computer);
            }
        });
    }
    coming.join_all().await.into_iter().flatten().collect()
}

/// Each asks, and again five seconds after its answer, until the set is dropped.
fn wait(computers: Vec<Computer>, client: &reqwest::Client, url: &str, seen: &Arc<Seen>) -> JoinSet<()> {
    let mut waiting = JoinSet::new();
    for (number, mut computer) in computers.into_iter().enumerate() {
        let (client, url, seen) = (client.clone(), url.to_owned(), Arc::clone(seen));
        waiting.spawn(async move {
            tokio::time::sleep(INTERVAL * u32::try_from(number).unwrap() / WAITING as u32).await;
            loop {
                let begun = Instant::now();
                let reply = computer.poll(&client, &url, &url).await;
                let odd = match reply {
                    Ok(reply) if reply.error() == "authorization_pending" => None,
                    Ok(reply) => Some(format!("{} {}", reply.status, reply.error())),
                    Err(error) => Some(error.to_string()),
                };
                seen.note(begun.elapsed(), odd);
                tokio::time::sleep(INTERVAL).await;
            }
        });
    }
    waiting
}

#[derive(Default)]
struct Seen(Mutex<(Vec<Duration>, BTreeMap<String, u32>)>);

impl Seen {
    fn note(&self, took: Duration, odd: Option<String>) {
        let mut seen = self.0.lock().unwrap();
        match odd {
            None => seen.0.push(took),
            Some(odd) => *seen.1.entry(odd).or_default() += 1,
        }
    }

    fn forget(&self) {
        *self.0.lock().unwrap() = Default::default();
    }

    fn take(&self, span: Duration) -> (Asked, BTreeMap<String, u32>) {
        let (polls, odd) = std::mem::take(&mut *self.0.lock().unwrap());
        (Asked::of(polls.into_iter().map(|took| (400, took)), span), odd)
    }
}

/// Seconds that this process has had a processor for.
fn own_cpu() -> f64 {
    crate::server::cpu(std::process::id())
}
