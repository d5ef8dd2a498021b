//! What is put into a store without going through the door: there, a password hash would part those who race.

use super::START;
use super::database::Database;
use recovery_server::audit::Entry;
use recovery_server::storage::{
    Account, MadeBy, Marks, Opening, PasswordChange, Recovery, Secret, Session, Tokens, Trace,
};
use recovery_server::{Language, Storage};
use std::sync::Arc;
use tokio::task::JoinSet;

/// Rounds of each race; `REGAIN_SOAK=1` for many.
pub fn rounds(usual: u32) -> u32 {
    if std::env::var_os("REGAIN_SOAK").is_some() { 5 * usual } else { usual }
}

pub async fn all<T: 'static + Send>(
    tasks: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    tasks.into_iter().collect::<JoinSet<T>>().join_all().await
}

/// A store with eight connections and Jana in it.
pub async fn store() -> (Arc<dyn Storage>, Database) {
    let database = Database::new().await;
    let store = database.open().await;
    add(store.as_ref(), "jana").await;
    (store, database)
}

pub async fn add(store: &dyn Storage, id: &str) {
    let account = Account {
        id: id.to_owned(),
        identifier: id.to_owned(),
        address: format!("{id}@example.org"),
        second_address: None,
        person: String::new(),
        language: Language::En,
        password_hash: String::new(),
        password_version: 0,
        totp_secret: None,
    };
    let codes: Vec<String> = (0..10).map(|place| format!("code {place}")).collect();
    store.add_account(&account, &[id.to_owned()], &codes, START, &entry("account_added")).await.unwrap();
}

pub fn entry(event: &str) -> Entry {
    Entry { at: START, account_id: None, event: event.to_owned(), result: "ok".to_owned(), network: None }
}

pub fn trace(event: &str) -> Trace {
    Trace { audit: entry(event), mail: Vec::new() }
}

pub fn tokens(name: &str) -> Tokens {
    Tokens {
        access_hash: format!("access {name}").into_bytes(),
        access_until: START + 100,
        refresh_hash: format!("refresh {name}").into_bytes(),
        refresh_until: START + 100,
    }
}

/// A session of Jana's, about to be opened.
pub fn opening(name: &str, password_version: i64) -> Opening {
    let session = Session {
        id: format!("session of {name}"),
        account_id: "jana".to_owned(),
        device: "Regain".to_owned(),
        network: None,
        created_at: START,
        last_used_at: START,
        ends_at: START + 1_000,
        made_by: MadeBy::Pairing,
        weak_until: 0,
        jkt: None,
    };
    Opening {
        session,
        tokens: tokens(name),
        password_version,
        marks: Some(Marks { device: b"mark".to_vec(), network: b"network".to_vec() }),
        forgives: Vec::new(),
        trace: trace("sign_in"),
    }
}

/// A recovery of Jana's, with a code in the mail.
pub async fn recovery(store: &dyn Storage, name: &str) {
    let recovery = Recovery {
        id: name.to_owned(),
        account_id: Some("jana".to_owned()),
        name_sealed: Vec::new(),
        language: Language::En,
        device: "Regain".to_owned(),
        network: None,
        last_sent_at: START,
        until: START + 1_000,
    };
    let secret = Secret { way: "mail_code", mac: b"right".to_vec(), until: START + 600 };
    store
        .open_recovery(format!("ticket of {name}").as_bytes(), &recovery, &secret, &trace("recovery_asked"))
        .await
        .unwrap();
}

pub fn change(old: &str, new: &str) -> PasswordChange {
    PasswordChange {
        account_id: "jana".to_owned(),
        old: old.to_owned(),
        new: new.to_owned(),
        now: START,
        trace: trace("password_change"),
    }
}

pub async fn version(store: &dyn Storage) -> i64 {
    store.account("jana").await.unwrap().unwrap().password_version
}
