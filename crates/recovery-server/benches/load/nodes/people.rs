//! Those who come: some sign in, some have forgotten their password, some wait to be let in. Whoever is cut off goes to
//! the other node.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::Client;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{FORGETFUL, PUBLIC};
use crate::asked::Asked;
use crate::computer::{Computer, nonce};
use crate::server::{NAMES, PASSWORD};

const SIGNING_IN: usize = 8;
/// Recoveries a second, all in all: three quarters of what two nodes get rid of at the mail server's pace.
const RECOVERIES: u32 = 15;
const WAITING: usize = 200;
/// Of those who wait, so many give up at half of the time before the kill.
const GIVE_UP: usize = 50;
const INTERVAL: Duration = Duration::from_secs(5);
/// How long a node that cut somebody off is left alone.
const LOOK_AWAY: Duration = Duration::from_secs(1);

#[derive(Default)]
pub struct Seen {
    /// When each sign-in was done, and how long it took with whatever was cut off.
    done: Vec<(Instant, Duration)>,
    pub cut_off: u32,
    pub compared: u32,
    pub different: u32,
    pub polls: u32,
    pub wrong: BTreeMap<String, u32>,
    /// Of those whose recovery was accepted.
    pub tickets: BTreeMap<String, String>,
}

impl Seen {
    pub fn sign_ins(&self, from: Instant, until: Instant) -> Asked {
        let within = self.done.iter().filter(|(at, _)| (from..until).contains(at));
        Asked::of(within.map(|(_, took)| (200, *took)), until - from)
    }
}

/// Both nodes, as one who may go to either sees them.
struct Nodes {
    client: Client,
    urls: [String; 2],
    /// When each has cut somebody off.
    cut: [Mutex<Option<Instant>>; 2],
    seen: Arc<Mutex<Seen>>,
}

pub struct Crowd {
    enough: Arc<AtomicBool>,
    people: JoinSet<()>,
}

impl Crowd {
    pub async fn gather(urls: [String; 2], seen: &Arc<Mutex<Seen>>) -> Self {
        let nodes =
            Nodes { client: crate::server::client(), urls, cut: Default::default(), seen: Arc::clone(seen) };
        let (nodes, enough) = (Arc::new(nodes), Arc::new(AtomicBool::new(false)));
        let mut people = JoinSet::new();
        let nonce = nonce(&nodes.client, &nodes.urls[0], PUBLIC).await;
        for number in 0..WAITING {
            let mut computer = Computer::new(number, nonce.clone());
            let reply = computer.ask(&nodes.client, &nodes.urls[number % 2], PUBLIC).await.unwrap();
            assert_eq!(reply.status, 200, "{}", reply.body);
            people.spawn(Arc::clone(&nodes).wait(computer, number, Arc::clone(&enough)));
        }
        for number in 0..SIGNING_IN {
            people.spawn(Arc::clone(&nodes).sign_in(number, Arc::clone(&enough)));
        }
        people.spawn(Arc::clone(&nodes).forget(Arc::clone(&enough)));
        Self { enough, people }
    }

    /// What is under way is finished.
    pub async fn leave(self) {
        self.enough.store(true, Ordering::Relaxed);
        self.people.join_all().await;
    }
}

impl Nodes {
    /// Asks until a node answers, the preferred one first unless it has just cut somebody off.
    async fn ask(&self, preferred: usize, path: &str, body: &Value) -> (u16, Value) {
        let mut node = preferred;
        if self.cut[node].lock().unwrap().is_some_and(|at| at.elapsed() < LOOK_AWAY) {
            node = 1 - node;
        }
        loop {
            let call = self.client.post(format!("{}{path}", self.urls[node])).json(body);
            match read(call).await {
                Ok(answer) => return answer,
                Err(_) => {
                    *self.cut[node].lock().unwrap() = Some(Instant::now());
                    self.seen.lock().unwrap().cut_off += 1;
                    node = 1 - node;
                }
            }
        }
    }

    fn wrong(&self, what: &str, status: u16, body: &Value) {
        let code = body["code"].as_str().or(body["error"].as_str()).unwrap_or_default();
        *self.seen.lock().unwrap().wrong.entry(format!("{what}: {status} {code}")).or_default() += 1;
    }

    /// Signs in again and again, and has both nodes say who it is.
    async fn sign_in(self: Arc<Self>, number: usize, enough: Arc<AtomicBool>) {
        let mut round = number;
        while !enough.load(Ordering::Relaxed) {
            round += SIGNING_IN;
            let name = format!("jana{}", round % NAMES);
            let body = json!({"identifier": name, "password": PASSWORD, "device": "bench"});
            let begun = Instant::now();
            let (status, body) = self.ask(number % 2, "v1/sign-in", &body).await;
            self.seen.lock().unwrap().done.push((Instant::now(), begun.elapsed()));
            match body["session"]["access_token"].as_str() {
                Some(token) if status == 200 => self.compare(token).await,
                _ => self.wrong("sign-in", status, &body),
            }
        }
    }

    async fn compare(&self, token: &str) {
        let mut answers = Vec::new();
        for url in &self.urls {
            let call = self.client.get(format!("{url}v1/session")).bearer_auth(token);
            answers.extend(read(call).await.ok());
        }
        for (status, body) in answers.iter().filter(|(status, _)| *status != 200) {
            self.wrong("session", *status, body);
        }
        if let [one, other] = &answers[..] {
            let mut seen = self.seen.lock().unwrap();
            seen.compared += 1;
            seen.different += u32::from(one != other);
        }
    }

    /// One person after the other has forgotten a password, once.
    async fn forget(self: Arc<Self>, enough: Arc<AtomicBool>) {
        let next = AtomicUsize::new(0);
        let mut asking = JoinSet::new();
        let mut ticks = tokio::time::interval(Duration::from_secs(1) / RECOVERIES);
        while !enough.load(Ordering::Relaxed) {
            ticks.tick().await;
            let number = next.fetch_add(1, Ordering::Relaxed);
            assert!(number < FORGETFUL, "nobody is left");
            let nodes = Arc::clone(&self);
            asking.spawn(async move {
                let name = format!("mara{number}");
                let body = json!({"identifier": name, "device": "bench"});
                let (status, body) = nodes.ask(number % 2, "v1/recoveries", &body).await;
                match body["ticket"].as_str() {
                    Some(ticket) if status == 202 => {
                        nodes.seen.lock().unwrap().tickets.insert(name, ticket.to_owned());
                    }
                    _ => nodes.wrong("recovery", status, &body),
                }
            });
        }
        asking.join_all().await;
    }

    /// Asks the one node and the other in turn whether it is let in; some give up, at one of them.
    async fn wait(self: Arc<Self>, mut computer: Computer, number: usize, enough: Arc<AtomicBool>) {
        let mut node = number % 2;
        let mut expected = "authorization_pending";
        for round in 0.. {
            tokio::time::sleep(INTERVAL).await;
            if enough.load(Ordering::Relaxed) {
                return;
            }
            if round == 1 && number < GIVE_UP {
                let reply = computer.cancel(&self.client, &self.urls[node], PUBLIC).await.unwrap();
                assert_eq!(reply.status, 200, "{}", reply.body);
                expected = "access_denied";
            }
            node = 1 - node;
            match computer.poll(&self.client, &self.urls[node], PUBLIC).await {
                Ok(reply) => {
                    self.seen.lock().unwrap().polls += 1;
                    if reply.error() != expected {
                        self.wrong("poll", reply.status, &reply.body);
                    }
                }
                Err(_) => self.seen.lock().unwrap().cut_off += 1,
            }
        }
    }
}

async fn read(call: reqwest::RequestBuilder) -> reqwest::Result<(u16, Value)> {
    let answer = call.send().await?;
    Ok((answer.status().as_u16(), answer.json().await?))
}

/// Does the code prove the recovery?
pub async fn check(client: &Client, url: &str, ticket: &str, code: &str) -> bool {
    let body = json!({"ticket": ticket, "way": "mail_code", "code": code});
    let call = client.post(format!("{url}v1/recoveries/check")).json(&body);
    read(call).await.is_ok_and(|(status, _)| status == 200)
}
