//! Two nodes on one PostgreSQL, of which one is killed in the middle of it.

mod mailbox;
mod people;

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use crate::post::{Door, Post};
use crate::postgres::Cluster;
use crate::server::{NAMES, Server, add, settings};
use people::{Crowd, Seen};

/// What both call themselves; no client goes there.
const PUBLIC: &str = "http://127.0.0.1:8321/";
/// People who forgot their password, each once.
const FORGETFUL: usize = 1_500;
/// Of nobody's password: they do not sign in.
const HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const BEFORE: Duration = Duration::from_secs(15);
const WITHOUT: Duration = Duration::from_secs(10);
const AGAIN: Duration = Duration::from_secs(10);
/// Letters a second that the mail server answers for, so that some are always under way.
const LETTERS: u32 = 20;
/// A letter that the dead node had claimed is sent by another after a minute, or a quarter of one later.
const SETTLED: Duration = Duration::from_secs(80);
const LATEST: Duration = Duration::from_secs(150);

pub fn run() {
    println!("\ntwo nodes on one PostgreSQL, one of them killed");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let cluster = Cluster::make_synced("load");
    let database = runtime.block_on(cluster.schema());
    let answers = Arc::new(Semaphore::new(0));
    let post =
        runtime.block_on(Post::open(vec![Door { answers: Some(Arc::clone(&answers)), ..Door::default() }]));
    runtime.spawn(async move {
        let mut ticks = tokio::time::interval(Duration::from_secs(1) / LETTERS);
        loop {
            ticks.tick().await;
            answers.add_permits(1);
        }
    });
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let ports = [(); 2].map(|()| free_port());
    for (folder, port) in folders.iter().zip(ports) {
        let text = settings(&database, &format!("public_url = {PUBLIC:?}"))
            .replace("127.0.0.1:0", &format!("127.0.0.1:{port}"));
        let mail = format!(
            "[mail]\nfrom = \"accounts@mail.example\"\nserver = \"127.0.0.1\"\nport = {}\nencryption = \"none\"\n",
            post.port
        );
        std::fs::write(folder.path().join("s.toml"), text + &mail).unwrap();
    }
    populate(folders[0].path());
    std::fs::copy(folders[0].path().join("pepper"), folders[1].path().join("pepper")).unwrap();
    let [mut one, two] = [0, 1].map(|number: usize| Server::start(folders[number].path()));

    let seen = Arc::new(Mutex::new(Seen::default()));
    let urls = [one.url.clone(), two.url.clone()];
    let crowd = runtime.block_on(Crowd::gather(urls, &seen));
    let begun = Instant::now();
    std::thread::sleep(BEFORE);
    one.kill();
    let killed = Instant::now();
    std::thread::sleep(WITHOUT);
    let one = Server::start(folders[0].path());
    let again = Instant::now();
    std::thread::sleep(AGAIN);
    let stopped = Instant::now();
    runtime.block_on(crowd.leave());

    let seen = std::mem::take(&mut *seen.lock().unwrap());
    println!("sign-ins before                             {}", seen.sign_ins(begun, killed));
    println!(
        "  in the {} s after one was killed           {}",
        WITHOUT.as_secs(),
        seen.sign_ins(killed, again)
    );
    println!("  after it was back                         {}", seen.sign_ins(again, stopped));
    println!("it was back in                              {:.0} ms", one.started_in.as_secs_f64() * 1e3);
    println!("calls cut off by the kill, made again elsewhere  {}", seen.cut_off);
    println!("answers of both nodes compared              {}, different {}", seen.compared, seen.different);
    println!("polls of pairings, at one node and the other  {}", seen.polls);
    println!("wrong answers                               {:?}", seen.wrong);
    runtime.block_on(letters(&seen, &post, killed, [&one, &two]));
}

/// Waits for the letter of each recovery that a node said yes to, and has its code checked by the one or the other node.
async fn letters(seen: &Seen, post: &Post, killed: Instant, nodes: [&Server; 2]) {
    let mut complete = None;
    let mailbox = loop {
        let mailbox = mailbox::Mailbox::read(&post.heard.lock().unwrap().letters);
        let lost = seen.tickets.keys().filter(|name| !mailbox.codes.contains_key(*name)).count();
        let elapsed = killed.elapsed();
        if lost == 0 {
            complete.get_or_insert(elapsed);
        }
        if elapsed > LATEST || (lost == 0 && elapsed > SETTLED) {
            println!("recoveries that were accepted               {}", seen.tickets.len());
            println!("  letters lost                              {lost}");
            println!(
                "  all there, after the kill                 {:.0} s",
                complete.unwrap_or(elapsed).as_secs_f64()
            );
            break mailbox;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    };
    println!("  letters that came twice                   {}", mailbox.doubled);
    let client = crate::server::client();
    let mut wrong = 0;
    for (number, (name, ticket)) in seen.tickets.iter().enumerate() {
        let url = &nodes[number % 2].url;
        let mut fits = false;
        for code in mailbox.codes.get(name).into_iter().flatten() {
            fits |= people::check(&client, url, ticket, code).await;
        }
        wrong += u32::from(!fits);
    }
    println!("  codes that did not fit                    {wrong}");
}

/// People who sign in, and people of another server who have forgotten their password.
fn populate(folder: &Path) {
    (0..NAMES).for_each(|number| add(&format!("jana{number}"), folder));
    let rows = (0..FORGETFUL).map(|number| format!("mara{number},mara{number}@mail.example,\"{HASH}\"\n"));
    let text: String = std::iter::once("identifier,address,password_hash\n".to_owned()).chain(rows).collect();
    std::fs::write(folder.join("people.csv"), text).unwrap();
    let import = ["account", "import", "--config", "s.toml", "people.csv"];
    let done = Command::new(crate::server::PROGRAM).args(import).current_dir(folder).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
