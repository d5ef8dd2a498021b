//! The mail queue: nothing is lost, whoever dies; and what is given up can be looked at.

use crate::common::database::Database;
use crate::common::store::{all, entry, store};
use crate::common::{START, World};
use async_trait::async_trait;
use recovery_server::mail::{Mail, MailError};
use recovery_server::storage::{DEAD_MAIL_LIFE, SealedMail, Trace};
use recovery_server::{Config, Mailer, ManualClock, Storage};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

/// Seconds that a claim lasts.
const CLAIM: i64 = 60;

async fn put(store: &dyn Storage, letter: &[u8], drop_at: i64) {
    let mail = SealedMail { letter: letter.to_vec(), drop_at };
    let trace = Trace { audit: entry("recovery_asked"), mail: vec![mail] };
    let recovery = recovery_server::storage::Recovery {
        id: String::from_utf8(letter.to_vec()).unwrap(),
        account_id: None,
        name_sealed: Vec::new(),
        language: recovery_server::Language::En,
        device: String::new(),
        network: None,
        last_sent_at: START,
        until: START,
    };
    let secret = recovery_server::storage::Secret { way: "mail_code", mac: Vec::new(), until: START };
    store.open_recovery(letter, &recovery, &secret, &trace).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_letter_is_claimed_once() {
    let (store, database) = store().await;
    for number in 0..100 {
        put(store.as_ref(), format!("{number}").as_bytes(), START + 600).await;
    }
    let other = database.open().await;
    let claimed = all((0..8).map(|sender| {
        let store = if sender % 2 == 0 { Arc::clone(&store) } else { Arc::clone(&other) };
        async move {
            let mut letters = Vec::new();
            while let Some(mail) = store.claim_mail(START, START + CLAIM).await.unwrap() {
                letters.push(mail.letter);
                store.mail_taken(mail.id, "jana@example.org").await.unwrap();
            }
            letters
        }
    }))
    .await;
    let letters: Vec<Vec<u8>> = claimed.into_iter().flatten().collect();
    assert_eq!(letters.len(), 100);
    assert_eq!(letters.iter().collect::<BTreeSet<_>>().len(), 100);
    assert_eq!(store.next_mail_due().await.unwrap(), None);
}

#[tokio::test]
async fn a_claim_runs_out_and_who_held_it_can_spoil_nothing() {
    let (store, _database) = store().await;
    put(store.as_ref(), b"letter", START + 600).await;
    let slow = store.claim_mail(START, START + CLAIM).await.unwrap().unwrap();
    assert!(store.claim_mail(START + CLAIM - 1, START + 2 * CLAIM).await.unwrap().is_none());
    let second = store.claim_mail(START + CLAIM, START + 2 * CLAIM).await.unwrap().unwrap();
    assert_eq!((second.id, second.attempts), (slow.id, 2));
    assert!(!store.mail_failed(&slow, START).await.unwrap(), "not a third time while the second is at it");
    assert!(!store.give_mail_up(&slow, "refused", &entry("mail_failed")).await.unwrap());
    assert!(store.claim_mail(START + CLAIM, START + 3 * CLAIM).await.unwrap().is_none());
    store.mail_taken(slow.id, "jana@example.org").await.unwrap();
    assert!(!store.mail_failed(&second, START).await.unwrap(), "it was sent after all");
    assert_eq!(store.next_mail_due().await.unwrap(), None);
}

#[tokio::test]
async fn a_number_is_one_letters_alone() {
    let (store, _database) = store().await;
    let mut numbers = BTreeSet::new();
    for letter in ["one", "two", "three"] {
        put(store.as_ref(), letter.as_bytes(), START + 600).await;
        let mail = store.claim_mail(START, START + CLAIM).await.unwrap().unwrap();
        store.mail_taken(mail.id, "jana@example.org").await.unwrap();
        assert!(numbers.insert(mail.id), "{} twice", mail.id);
    }
}

/// Takes a letter; what then becomes of it can be told.
#[derive(Default)]
struct Post {
    taken: Mutex<Vec<String>>,
    arrived: Notify,
    hangs: AtomicBool,
    refuses: AtomicBool,
}

#[async_trait]
impl Mailer for Post {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        if self.refuses.load(Ordering::Relaxed) {
            return Err(MailError::Never("550 5.1.1".to_owned()));
        }
        self.taken.lock().unwrap().push(mail.message_id.clone());
        self.arrived.notify_one();
        if self.hangs.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

impl Post {
    fn taken(&self) -> Vec<String> {
        self.taken.lock().unwrap().clone()
    }
}

async fn node(number: u64, database: &Database, clock: &ManualClock, post: &Arc<Post>) -> World {
    let mut config = Config::loopback("Dorfladen");
    config.public_url = "https://konto.dorfladen.example".parse().unwrap();
    let storage = database.open().await;
    World::from(config, clock.clone(), |deps| {
        deps.storage = storage;
        deps.pepper = Database::pepper();
        deps.random = Arc::new(recovery_server::SeededRandom::new(number));
        deps.mailer = Arc::clone(post) as Arc<dyn Mailer>;
    })
    .await
}

#[tokio::test]
async fn a_sender_that_dies_after_the_mail_server_took_the_letter_loses_nothing() {
    let (database, clock, post) = (Database::new().await, ManualClock::at(START), Arc::new(Post::default()));
    let dying = node(1, &database, &clock, &post).await;
    let other = node(2, &database, &clock, &post).await;
    dying.add_jana(false).await;
    dying.start("jana").await;
    post.hangs.store(true, Ordering::Relaxed);
    let sending = tokio::spawn({
        let app = dying.app.clone();
        async move { app.deliver_due().await }
    });
    post.arrived.notified().await;
    sending.abort();
    assert!(sending.await.unwrap_err().is_cancelled());
    post.hangs.store(false, Ordering::Relaxed);
    assert_eq!(other.app.deliver_due().await.unwrap(), 0, "it could still be alive");
    clock.advance(CLAIM);
    assert_eq!(other.app.deliver_due().await.unwrap(), 1);
    clock.advance(CLAIM);
    assert_eq!(other.app.deliver_due().await.unwrap(), 0);
    let taken = post.taken();
    assert_eq!(taken.len(), 2);
    assert_eq!(taken[0], taken[1], "a mailbox can tell that it is the same");
}

/// With Jana in it and a code that the mail server refused.
async fn refused() -> (World, Arc<Post>, Database) {
    let (database, clock, post) = (Database::new().await, ManualClock::at(START), Arc::new(Post::default()));
    let world = node(1, &database, &clock, &post).await;
    world.add_jana(false).await;
    post.refuses.store(true, Ordering::Relaxed);
    world.start("jana").await;
    assert_eq!(world.app.deliver_due().await.unwrap(), 0);
    assert_eq!(world.app.storage().next_mail_due().await.unwrap(), None);
    post.refuses.store(false, Ordering::Relaxed);
    (world, post, database)
}

#[tokio::test]
async fn a_letter_that_was_given_up_can_be_sent_after_all() {
    let (world, post, _database) = refused().await;
    let storage = world.app.storage();
    let dead = storage.dead_mail().await.unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].since, dead[0].why.as_str(), dead[0].attempts), (START, "refused", 1));
    assert_eq!((dead[0].drop_at, dead[0].letter.is_some()), (START + 600, true));
    assert_eq!(storage.retry_mail(Some(dead[0].id + 1), START).await.unwrap(), 0);
    assert_eq!(storage.retry_mail(Some(dead[0].id), START).await.unwrap(), 1);
    assert_eq!(world.app.deliver_due().await.unwrap(), 1);
    assert_eq!(post.taken(), [format!("{START}.{}", dead[0].id)], "under its own number");
    assert!(storage.dead_mail().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_letter_that_was_given_up_is_forgotten_in_time() {
    let (world, _post, _database) = refused().await;
    let storage = world.app.storage();
    storage.sweep(START + 599).await.unwrap();
    assert!(storage.dead_mail().await.unwrap()[0].letter.is_some());
    assert_eq!(storage.retry_mail(None, START + 600).await.unwrap(), 0, "the code has run out");
    storage.sweep(START + 600).await.unwrap();
    let dead = storage.dead_mail().await.unwrap();
    assert_eq!((dead.len(), dead[0].letter.is_none()), (1, true), "who and why stays, the code goes");
    assert_eq!(storage.retry_mail(None, START).await.unwrap(), 0);
    storage.sweep(START + DEAD_MAIL_LIFE - 1).await.unwrap();
    assert_eq!(storage.dead_mail().await.unwrap().len(), 1);
    storage.sweep(START + DEAD_MAIL_LIFE).await.unwrap();
    assert!(storage.dead_mail().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_letter_that_was_given_up_can_be_dropped() {
    let (world, post, _database) = refused().await;
    let storage = world.app.storage();
    let id = storage.dead_mail().await.unwrap()[0].id;
    assert_eq!(storage.drop_mail(Some(id + 1)).await.unwrap(), 0);
    assert_eq!(storage.drop_mail(Some(id)).await.unwrap(), 1);
    assert_eq!(storage.retry_mail(None, START).await.unwrap(), 0);
    assert_eq!(world.app.deliver_due().await.unwrap(), 0);
    assert!(post.taken().is_empty());
}

#[tokio::test]
async fn what_ran_out_while_no_node_was_there_is_given_up_and_not_sent() {
    let (database, clock, post) = (Database::new().await, ManualClock::at(START), Arc::new(Post::default()));
    let world = node(1, &database, &clock, &post).await;
    world.add_jana(false).await;
    world.start("jana").await;
    clock.advance(600);
    world.app.storage().sweep(START + 600).await.unwrap();
    assert_eq!(world.app.deliver_due().await.unwrap(), 0);
    assert!(post.taken().is_empty());
    let dead = world.app.storage().dead_mail().await.unwrap();
    assert_eq!((dead[0].why.as_str(), dead[0].letter.is_none()), ("expired", true));
}

#[tokio::test]
async fn what_cannot_be_read_is_given_up() {
    let (world, post, _database) = refused().await;
    put(world.app.storage(), b"not sealed with our pepper", START + 600).await;
    assert_eq!(world.app.deliver_due().await.unwrap(), 0);
    assert!(post.taken().is_empty());
    let why: Vec<String> =
        world.app.storage().dead_mail().await.unwrap().into_iter().map(|dead| dead.why).collect();
    assert_eq!(why, ["unreadable", "refused"]);
}
