//! Those who ask: each again as soon as there is an answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::asked::Asked;
use super::servers::load::{Ask, PEOPLE};

pub struct Crowd {
    client: reqwest::Client,
    origin: String,
}

impl Crowd {
    pub fn new(port: u16) -> Self {
        // Shorter than servers wait: nobody looks after the connections between two calls.
        let idle = Duration::from_secs(1);
        let client = reqwest::Client::builder().no_proxy().pool_idle_timeout(idle).build().unwrap();
        Self { client, origin: format!("http://127.0.0.1:{port}") }
    }

    /// `ask` is given a person and a number that comes once.
    pub async fn ask(
        &self,
        clients: usize,
        span: Duration,
        ask: impl Fn(usize, usize) -> Ask + Copy + Send + Sync + 'static,
    ) -> Asked {
        let next = Arc::new(AtomicUsize::new(0));
        let begun = Instant::now();
        let mut asking = JoinSet::new();
        for _ in 0..clients {
            let (client, origin, next) = (self.client.clone(), self.origin.clone(), Arc::clone(&next));
            asking.spawn(async move {
                let mut seen = Vec::new();
                while begun.elapsed() < span {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Ask { path, body } = ask(number % PEOPLE, number);
                    let asked = Instant::now();
                    let answer = client.post(format!("{origin}{path}")).json(&body).send().await;
                    let status = match answer {
                        Ok(answer) => {
                            let status = answer.status().as_u16();
                            answer.bytes().await.map_or(0, |_| status)
                        }
                        // None came.
                        Err(_) => 0,
                    };
                    seen.push((status, asked.elapsed()));
                }
                seen
            });
        }
        let answers = asking.join_all().await.into_iter().flatten();
        // Those who were under way at the end count, and so does their time.
        Asked::of(answers, begun.elapsed())
    }
}
