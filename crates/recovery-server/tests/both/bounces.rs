//! Mail that comes back is noted at its address, until one is taken again.

use crate::common::{START, World, deps};
use async_trait::async_trait;
use recovery_server::mail::{Mail, MailError};
use recovery_server::{App, Config, Mailer, Outbox};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// Takes mail, or lets it bounce.
struct Post {
    outbox: Outbox,
    full: Arc<AtomicBool>,
    says: Mutex<fn(String) -> MailError>,
}

#[async_trait]
impl Mailer for Post {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        if self.full.load(Ordering::Relaxed) {
            return Err((self.says.lock().unwrap())("550 5.2.2".to_owned()));
        }
        self.outbox.send(mail).await
    }
}

async fn world(says: fn(String) -> MailError) -> (World, Arc<AtomicBool>) {
    let mut config = Config::loopback("Dorfladen");
    config.public_url = "https://konto.dorfladen.example".parse().unwrap();
    let (mut deps, outbox) = deps(config).await;
    let mut world = World::new().await;
    let full = Arc::new(AtomicBool::new(false));
    deps.clock = Arc::new(world.clock.clone());
    deps.mailer = Arc::new(Post { outbox: outbox.clone(), full: full.clone(), says: Mutex::new(says) });
    world.app = App::new(deps).await.unwrap();
    world.router = recovery_server::router(&world.app);
    world.inbox = outbox.subscribe();
    world.add_jana(false).await;
    (world, full)
}

async fn bounced_at(world: &World, access: &str) -> Value {
    world.settings(access).await["addresses"][0]["last_mail_bounced_at"].clone()
}

#[tokio::test]
async fn noted_when_refused_for_good_and_cleared_when_taken() {
    let (world, full) = world(MailError::Bounced).await;
    let access = world.signed_in().await.access();
    full.store(true, Ordering::Relaxed);
    world.clock.advance(60);
    world.start("jana").await;
    assert_eq!(world.app.deliver_due().await.unwrap(), 0);
    assert_eq!(bounced_at(&world, &access).await, json!(START + 60));
    full.store(false, Ordering::Relaxed);
    world.start("jana").await;
    assert_eq!(world.app.deliver_due().await.unwrap(), 1);
    assert_eq!(bounced_at(&world, &access).await, Value::Null);
}

#[tokio::test]
async fn what_is_no_bounce_is_not_noted() {
    for says in [MailError::Never, MailError::Later] {
        let (world, full) = world(says).await;
        let access = world.signed_in().await.access();
        full.store(true, Ordering::Relaxed);
        world.start("jana").await;
        world.app.deliver_due().await.unwrap();
        assert_eq!(bounced_at(&world, &access).await, Value::Null);
    }
}

/// It would tell accounts apart.
#[tokio::test]
async fn a_recovery_does_not_say_that_mail_comes_back() {
    let (world, _) = world(MailError::Bounced).await;
    let before = world.start("jana@example.org").await;
    assert!(world.app.mail_bounced("Jana@Example.org").await.unwrap());
    let after = world.start("jana@example.org").await;
    let unknown = world.start("jano@example.org").await;
    assert_eq!((before.status, before.bytes.len()), (after.status, after.bytes.len()));
    assert_eq!(
        (unknown.status, unknown.bytes.len(), unknown.steady_headers()),
        (after.status, after.bytes.len(), after.steady_headers())
    );
}

#[tokio::test]
async fn an_operator_notes_a_bounce_by_the_address_alone() {
    let (mut world, _) = World::with_jana().await;
    let access = world.signed_in().await.access();
    world.mails().await;
    world.added(&access, "jana@work.example").await;
    world.clock.advance(5);
    assert!(world.app.mail_bounced(" JANA@work.example ").await.unwrap());
    for odd in ["jana", "nobody@example.org", "", "a\u{0}b"] {
        assert!(!world.app.mail_bounced(odd).await.unwrap(), "{odd:?}");
    }
    let settings = world.settings(&access).await;
    assert_eq!(settings["addresses"][0]["last_mail_bounced_at"], Value::Null);
    assert_eq!(settings["addresses"][1]["last_mail_bounced_at"], START + 5);
    let log = world.app.storage().audit(1).await.unwrap();
    assert_eq!((log[0].event.as_str(), log[0].result.as_str()), ("mail_bounced", "noted"));
}
