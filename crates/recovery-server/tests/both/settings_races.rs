//! Changes of recovery settings at the store itself, many at once: nobody waits in a circle, and what is read fits together.

use crate::common::START;
use crate::common::store::{add, all, change, entry, opening, rounds, store, tokens, trace, version};
use recovery_server::storage::{
    Address, Attempt, Changed, Claim, Letters, Proof, Recovery, Revocation, Secret, SettingsChange, Told,
    What,
};
use recovery_server::{Language, Storage};
use std::sync::{Arc, Mutex};

const NO_LETTERS: Letters<'static> = &|_| Vec::new();

fn wanted(id: &str, version: i64, what: What) -> SettingsChange {
    SettingsChange {
        id: id.to_owned(),
        account_id: "jana".to_owned(),
        password_version: version,
        what,
        now: START,
        audit: entry("changed"),
    }
}

fn codes(name: &str) -> What {
    What::NewCodes { hashes: (0..10).map(|place| format!("{name} {place}")).collect() }
}

fn revocation(change_id: &str, name: &str) -> Revocation {
    let recovery = Recovery {
        id: name.to_owned(),
        account_id: Some("jana".to_owned()),
        name_sealed: Vec::new(),
        language: Language::En,
        device: String::new(),
        network: None,
        last_sent_at: START,
        until: START + 600,
    };
    Revocation {
        account_id: "jana".to_owned(),
        change_id: change_id.to_owned(),
        password_hash: String::new(),
        ticket_hash: name.as_bytes().to_vec(),
        recovery,
        secret: Secret { way: "put_back", mac: Vec::new(), until: START + 600 },
        now: START,
        audit: entry("revoked"),
    }
}

/// A claim of Jana's to `address` whose code was right.
async fn proven(store: &dyn Storage, id: &str) -> What {
    let claim = Claim {
        id: id.to_owned(),
        account_id: Some("jana".to_owned()),
        address_sealed: Vec::new(),
        person_sealed: Vec::new(),
        taken: false,
        language: Language::En,
        device: String::new(),
        network: None,
        last_sent_at: START,
        until: START + 600,
    };
    let secret = Secret { way: "mail_code", mac: b"right".to_vec(), until: START + 600 };
    let ticket = format!("ticket {id}");
    store.open_claim(ticket.as_bytes(), &claim, &secret, &trace("asked")).await.unwrap();
    let attempt = Attempt {
        id: id.to_owned(),
        proof: Proof::Mailed { way: "mail_code", mac: b"right".to_vec() },
        may_pass: true,
        most_tries: 5,
        now: START,
        verified_hash: id.as_bytes().to_vec(),
        verified_until: START + 900,
        passed: entry("passed"),
        missed: entry("missed"),
    };
    store.check_claim(&attempt).await.unwrap();
    let address = Address {
        id: format!("address {id}"),
        address: format!("{id}@work.example"),
        added_at: START,
        confirmed_at: Some(START),
        bounced_at: None,
    };
    What::AddAddress { verified_hash: id.as_bytes().to_vec(), address }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_addresses_at_once_one_finds_room() {
    let (store, _database) = store().await;
    for round in 0..rounds(3) {
        let mut wishes = Vec::new();
        for number in 0..10 {
            wishes.push(proven(store.as_ref(), &format!("a{round}-{number}")).await);
        }
        let changed = all(wishes.into_iter().enumerate().map(|(number, what)| {
            let store = Arc::clone(&store);
            async move {
                let wanted = wanted(&format!("{round}/{number}"), 0, what);
                store.change_settings(&wanted, NO_LETTERS).await.unwrap()
            }
        }))
        .await;
        assert_eq!(changed.iter().filter(|changed| **changed == Changed::Yes).count(), 1);
        assert_eq!(changed.iter().filter(|changed| **changed == Changed::Full).count(), 9, "{changed:?}");
        let addresses = store.addresses("jana").await.unwrap();
        let remove = wanted(&format!("{round} off"), 0, What::RemoveAddress { id: addresses[1].id.clone() });
        assert_eq!(store.change_settings(&remove, NO_LETTERS).await.unwrap(), Changed::Yes);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_removals_at_once_one_address_is_left() {
    let (store, _database) = store().await;
    for round in 0..rounds(5) {
        let what = proven(store.as_ref(), &format!("b{round}")).await;
        store.change_settings(&wanted(&format!("{round} on"), 0, what), NO_LETTERS).await.unwrap();
        let both = store.addresses("jana").await.unwrap();
        assert_eq!(both.len(), 2);
        let removed = all(both.into_iter().enumerate().map(|(number, address)| {
            let store = Arc::clone(&store);
            let wanted = wanted(&format!("{round} off {number}"), 0, What::RemoveAddress { id: address.id });
            async move { store.change_settings(&wanted, NO_LETTERS).await.unwrap() }
        }))
        .await;
        assert!(removed.contains(&Changed::Yes) && removed.contains(&Changed::Last), "{removed:?}");
        let left = store.addresses("jana").await.unwrap();
        let account = store.account("jana").await.unwrap().unwrap();
        assert_eq!((left.len(), &left[0].address), (1, &account.address));
    }
}

/// The letters go to whom the account had at that very moment.
#[tokio::test(flavor = "multi_thread")]
async fn each_change_tells_those_who_were_there_before_it() {
    let (store, _database) = store().await;
    let what = proven(store.as_ref(), "c").await;
    let seen = Mutex::new(Vec::<Vec<Told>>::new());
    let letters = |told: &[Told]| {
        seen.lock().unwrap().push(told.to_vec());
        Vec::new()
    };
    store.change_settings(&wanted("one", 0, what), &letters).await.unwrap();
    store.change_settings(&wanted("two", 0, codes("new")), &letters).await.unwrap();
    let late = wanted("three", 7, codes("newer"));
    assert_eq!(store.change_settings(&late, &letters).await.unwrap(), Changed::SignedOut);
    let told = |place, address: &str, may_revoke| Told { place, address: address.to_owned(), may_revoke };
    assert_eq!(
        *seen.lock().unwrap(),
        [
            vec![told(0, "jana@example.org", true)],
            vec![told(0, "jana@example.org", true), told(1, "c@work.example", false)],
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_in_a_circle() {
    let (store, _database) = store().await;
    add(store.as_ref(), "petra").await;
    for round in 0..rounds(6) {
        let version = version(store.as_ref()).await;
        let first = format!("{round} first");
        store.change_settings(&wanted(&first, version, codes(&first)), NO_LETTERS).await.unwrap();
        let mut added = Vec::new();
        for number in 0..4 {
            added.push(proven(store.as_ref(), &format!("d{round}-{number}")).await);
            store.open_session(&opening(&format!("{round}/{number}"), version)).await.unwrap();
        }
        let added = Arc::new(added);
        all((0..40).map(|number: usize| {
            let (store, added, first) = (Arc::clone(&store), Arc::clone(&added), first.clone());
            async move {
                let name = format!("{round}/{number}");
                let session = format!("session of {round}/{}", number % 4);
                match number % 8 {
                    0 | 1 => {
                        let wanted = wanted(&name, version, codes(&name));
                        store.change_settings(&wanted, NO_LETTERS).await.unwrap();
                    }
                    2 | 3 => {
                        let wanted = wanted(&name, version, added[number % 4].clone());
                        store.change_settings(&wanted, NO_LETTERS).await.unwrap();
                    }
                    4 => drop(store.revoke(&revocation(&first, &name), NO_LETTERS).await.unwrap()),
                    5 => {
                        let fresh = tokens(&format!("{name} fresh"));
                        store.change_password(&change("", ""), &session, &fresh).await.unwrap();
                    }
                    6 => store.sweep(START + 601).await.unwrap(),
                    _ => drop(store.end_other_sessions("jana", &session, &entry("ended")).await.unwrap()),
                }
            }
        }))
        .await;
        let account = store.account("jana").await.unwrap().unwrap();
        let addresses = store.addresses("jana").await.unwrap();
        assert_eq!(account.address, addresses[0].address);
        assert_eq!(account.second_address.as_ref(), addresses.get(1).map(|address| &address.address));
        assert_eq!(store.recovery_codes("jana").await.unwrap().len(), 10);
        if let Some(second) = addresses.get(1) {
            let off = What::RemoveAddress { id: second.id.clone() };
            let version = self::version(store.as_ref()).await;
            store.change_settings(&wanted(&format!("{round} off"), version, off), NO_LETTERS).await.unwrap();
        }
    }
}
