//! Two real nodes on one PostgreSQL, of which one is killed while letters wait and are being sent.

use crate::common::database::Database;
use crate::common::postgres::Cluster;
use crate::post::{Door, Post};
use mail_parser::MessageParser;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;

const PROGRAM: &str = env!("CARGO_BIN_EXE_recovery-server");
/// Those who ask at each of the two.
const EACH: usize = 10;
/// Of nobody's password: nobody signs in here.
const HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The program in a folder of its own.
struct Node {
    process: Child,
    url: String,
    client: reqwest::Client,
}

impl Node {
    async fn start(folder: &Path) -> Self {
        let mut process = Command::new(PROGRAM)
            .args(["serve", "--config", "s.toml"])
            .current_dir(folder)
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap()).lines();
        let url = loop {
            let line = log.next_line().await.unwrap().unwrap();
            let said: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
            if let Some(address) = said["fields"]["address"].as_str() {
                break format!("http://{address}/v1/");
            }
        };
        // Whoever speaks must be heard.
        tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
        Self { process, url, client: reqwest::Client::builder().no_proxy().build().unwrap() }
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let answer = self.client.post(format!("{}{path}", self.url)).json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// The ticket of a recovery that it said yes to.
    async fn recover(&self, name: &str) -> String {
        let (status, body) = self.post("recoveries", json!({"identifier": name, "device": "Regain"})).await;
        assert_eq!(status, 202, "{body}");
        body["ticket"].as_str().unwrap().to_owned()
    }
}

/// Settings and the pepper that both know.
fn folder(database: &Database, mail: u16) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let settings = format!(
        "public_url = \"http://127.0.0.1:8321\"\nlisten = \"127.0.0.1:0\"\ndatabase = {:?}\n[log]\njson = true\n\
         [limits]\nrecoveries_per_address_per_hour = 1000\n\
         [mail]\nfrom = \"accounts@example.org\"\nserver = \"127.0.0.1\"\nport = {mail}\nencryption = \"none\"\n",
        database.address(),
    );
    std::fs::write(folder.path().join("s.toml"), settings).unwrap();
    folder
}

async fn import(folder: &Path, names: impl Iterator<Item = String>) {
    let rows = names.map(|name| format!("{name},{name}@example.org,\"{HASH}\"\n"));
    let text: String = std::iter::once("identifier,address,password_hash\n".to_owned()).chain(rows).collect();
    std::fs::write(folder.join("people.csv"), text).unwrap();
    let import = ["account", "import", "--config", "s.toml", "people.csv"];
    let done = Command::new(PROGRAM).args(import).current_dir(folder).output().await.unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// Its Message-ID, whom it is for, and its code.
fn read(letter: &str) -> (String, String, String) {
    let message = MessageParser::default().parse(letter.as_bytes()).unwrap();
    let to = message.to().unwrap().first().unwrap().address().unwrap();
    let text = message.body_text(0).unwrap();
    let code = text.trim_end().lines().last().unwrap().split_once(" #").unwrap().1;
    let name = to.split_once('@').unwrap().0;
    (message.message_id().unwrap().to_owned(), name.to_owned(), code.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_killed_while_it_sends_loses_no_letter_and_doubles_one_at_most() {
    let database = Database::new().await;
    let answers = Arc::new(Semaphore::new(0));
    let post = Post::open(vec![Door { answers: Some(Arc::clone(&answers)), ..Door::default() }]).await;
    let folders = [folder(&database, post.port), folder(&database, post.port)];
    import(folders[0].path(), (0..=2 * EACH).map(|number| format!("mara{number}"))).await;
    std::fs::copy(folders[0].path().join("pepper"), folders[1].path().join("pepper")).unwrap();

    let mut tickets = BTreeMap::new();
    let mut dying = Node::start(folders[0].path()).await;
    for number in 0..EACH {
        let name = format!("mara{number}");
        tickets.insert(name.clone(), dying.recover(&name).await);
    }
    let taken = post.letters(1).await;
    let other = Node::start(folders[1].path()).await;
    for number in EACH..2 * EACH {
        let name = format!("mara{number}");
        tickets.insert(name.clone(), other.recover(&name).await);
    }
    // Each has given one letter away and waits to hear that it was taken; the others wait in the queue.
    post.letters(2).await;
    dying.process.kill().await.unwrap();
    answers.add_permits(1_000);
    let letters: BTreeMap<_, _> = post
        .letters(2 * EACH)
        .await
        .iter()
        .map(|letter| read(letter))
        .map(|(id, name, code)| (name, (id, code)))
        .collect();
    assert_eq!(letters.keys().collect::<BTreeSet<_>>(), tickets.keys().collect(), "each letter has come");

    // Nobody knows that the first one was taken: once its claim has run out, it is sent again.
    let (id, name, _) = read(&taken[0]);
    let row: i64 = id.split(['.', '@']).nth(1).unwrap().parse().unwrap();
    let mut owner = Cluster::shared().connect(&database.user()).await;
    let ran_out = format!("UPDATE mail SET due_at = 0 WHERE id = {row}");
    let ran_out = sqlx::query(AssertSqlSafe(ran_out)).execute(&mut owner).await.unwrap();
    assert_eq!(ran_out.rows_affected(), 1, "it still waits");
    let last = format!("mara{}", 2 * EACH);
    tickets.insert(last.clone(), other.recover(&last).await);
    let all: Vec<_> = post.letters(2 * EACH + 2).await.iter().map(|letter| read(letter)).collect();
    let again: Vec<_> = all.iter().filter(|(known, ..)| *known == id).map(|(_, name, _)| name).collect();
    assert_eq!(again, [&name, &name], "a mailbox can tell that it is the same");
    let distinct: BTreeSet<_> = all.iter().map(|(id, ..)| id).collect();
    assert_eq!((all.len(), distinct.len()), (2 * EACH + 2, 2 * EACH + 1), "one was doubled");

    for (_, name, code) in &all {
        let Some(ticket) = tickets.remove(name) else { continue };
        let check = json!({"ticket": ticket, "way": "mail_code", "code": code});
        assert_eq!(other.post("recoveries/check", check).await.0, 200, "{name}");
    }
    assert!(tickets.is_empty(), "{tickets:?}");
}
