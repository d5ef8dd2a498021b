//! Many at once, at the store itself: of each race there is one winner, and the rest are told properly.

use crate::common::START;
use crate::common::store::{
    add, all, change, entry, opening, recovery, rounds, store, tokens, trace, version,
};
use recovery_server::limits::Limit;
use recovery_server::storage::{
    Attempt, Checked, Factor, Opened, Opening, PasswordChange, Proof, Rotation, SignInTicket, StorageError,
};
use std::sync::Arc;

fn attempt(name: &str, number: u32, proof: Proof) -> Attempt {
    Attempt {
        id: name.to_owned(),
        proof,
        may_pass: true,
        most_tries: 5,
        now: START,
        verified_hash: format!("verified {name} {number}").into_bytes(),
        verified_until: START + 900,
        passed: entry("passed"),
        missed: entry("missed"),
    }
}

fn mailed(mac: &str) -> Proof {
    Proof::Mailed { way: "mail_code", mac: mac.as_bytes().to_vec() }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_submissions_of_one_right_code_one_wins() {
    let (store, _database) = store().await;
    for round in 0..rounds(5) {
        let name = format!("{round}");
        recovery(store.as_ref(), &name).await;
        let answers = all((0..50).map(|number| {
            let (store, name) = (Arc::clone(&store), name.clone());
            async move { store.check(&attempt(&name, number, mailed("right"))).await.unwrap() }
        }))
        .await;
        assert_eq!(answers.iter().filter(|answer| **answer == Checked::Verified).count(), 1);
        assert_eq!(answers.iter().filter(|answer| **answer == Checked::Over).count(), 49, "{answers:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_wrong_codes_five_are_compared() {
    let (store, _database) = store().await;
    recovery(store.as_ref(), "one").await;
    let answers = all((0..50).map(|number| {
        let store = Arc::clone(&store);
        async move { store.check(&attempt("one", number, mailed("wrong"))).await.unwrap() }
    }))
    .await;
    let mut left: Vec<u32> = answers
        .iter()
        .filter_map(|answer| match answer {
            Checked::Wrong { left } => Some(*left),
            _ => None,
        })
        .collect();
    left.sort_unstable();
    assert_eq!(left, [0, 1, 2, 3, 4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_code_proves_one_of_two_recoveries_or_signs_in() {
    let (store, _database) = store().await;
    for round in 0..10 {
        let (one, two) = (format!("one {round}"), format!("two {round}"));
        recovery(store.as_ref(), &one).await;
        recovery(store.as_ref(), &two).await;
        let ticket = SignInTicket { account_id: "jana".to_owned(), device: String::new() };
        let hash = format!("ticket {round}").into_bytes();
        assert!(store.add_ticket(&hash, &ticket, 0, START + 300, &[]).await.unwrap());
        let saved = |name: &str| {
            let (store, proof) =
                (Arc::clone(&store), Proof::Saved { place: Some(round), trace: Some(trace("code_used")) });
            let attempt = attempt(name, 0, proof);
            async move { store.check(&attempt).await.unwrap() == Checked::Verified }
        };
        let factor = Factor::SavedCode { place: round, trace: trace("code_used") };
        let opening = opening(&format!("{round}"), 0);
        let (one, two, three) =
            tokio::join!(saved(&one), saved(&two), store.pass_ticket(&hash, &factor, &opening));
        assert_eq!([one, two, three.unwrap()].iter().filter(|won| **won).count(), 1);
    }
}

/// RFC 9700 section 4.14.2: the token is used twice, so the session ends, whoever came first.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_hundred_uses_of_one_refresh_token_one_wins_and_the_session_ends() {
    let (store, _database) = store().await;
    for round in 0..rounds(2) {
        let name = format!("{round}");
        assert_ne!(store.open_session(&opening(&name, 0)).await.unwrap(), Opened::Refused);
        let used = format!("refresh {name}").into_bytes();
        let answers = all((0..200).map(|number| {
            let (store, used) = (Arc::clone(&store), used.clone());
            let fresh = tokens(&format!("{round}/{number}"));
            async move { store.rotate(&used, None, &fresh, START, &entry("reused")).await.unwrap() }
        }))
        .await;
        let count = |is: fn(&Rotation) -> bool| answers.iter().filter(|answer| is(answer)).count();
        assert_eq!(count(|answer| matches!(answer, Rotation::Rotated(_))), 1);
        assert_eq!(count(|answer| matches!(answer, Rotation::Reused)), 1, "the first that came again");
        assert_eq!(count(|answer| matches!(answer, Rotation::Unknown)), 198);
        assert!(store.sessions("jana", START).await.unwrap().is_empty());
        let reused = store.audit(1_000).await.unwrap();
        assert_eq!(reused.iter().filter(|entry| entry.event == "reused").count(), round as usize + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signs_in_while_the_password_is_reset_is_out_afterwards() {
    let (store, _database) = store().await;
    for round in 0..rounds(20) {
        let name = format!("{round}");
        let version = version(store.as_ref()).await;
        recovery(store.as_ref(), &name).await;
        store.check(&attempt(&name, 0, mailed("right"))).await.unwrap();
        let ticket = SignInTicket { account_id: "jana".to_owned(), device: String::new() };
        let (verified, hash) = (format!("verified {name} 0"), format!("ticket {name}"));
        let (change, one, two) =
            (change("", &name), opening(&name, version), opening("with ticket", version));
        let (reset, entered, ticketed) = tokio::join!(
            store.reset_password(verified.as_bytes(), &change, b"device"),
            store.open_session(&one),
            store.add_ticket(hash.as_bytes(), &ticket, version, START + 300, &[]),
        );
        let (ended, entered) = (reset.unwrap().unwrap(), entered.unwrap() != Opened::Refused);
        assert_eq!(ended, u64::from(entered), "who came first was ended, who came later was refused");
        assert!(store.sessions("jana", START).await.unwrap().is_empty());
        let _either = ticketed.unwrap();
        assert!(store.ticket(hash.as_bytes(), START).await.unwrap().is_none());
        let factor = Factor::Totp { step: i64::from(round) + 1 };
        assert!(!store.pass_ticket(hash.as_bytes(), &factor, &two).await.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_verified_recovery_sets_one_password() {
    let (store, _database) = store().await;
    recovery(store.as_ref(), "one").await;
    store.check(&attempt("one", 0, mailed("right"))).await.unwrap();
    let answers = all((0..20).map(|number| {
        let store = Arc::clone(&store);
        let change = change("", &format!("password {number}"));
        async move { store.reset_password(b"verified one 0", &change, b"device").await.unwrap() }
    }))
    .await;
    assert_eq!(answers.iter().filter(|answer| answer.is_some()).count(), 1);
    assert_eq!(version(store.as_ref()).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_changes_of_one_password_one_wins() {
    let (store, _database) = store().await;
    let mut old = String::new();
    for round in 0..rounds(10) {
        let version = version(store.as_ref()).await;
        let names = [format!("a {round}"), format!("b {round}")];
        for name in &names {
            assert_ne!(store.open_session(&opening(name, version)).await.unwrap(), Opened::Refused);
        }
        let changed = all(names.clone().map(|name| {
            let (store, change) = (Arc::clone(&store), change(&old, &name));
            async move {
                let fresh = tokens(&format!("fresh {name}"));
                store
                    .change_password(&change, &format!("session of {name}"), &fresh)
                    .await
                    .unwrap()
                    .map(|_| name)
            }
        }))
        .await;
        let won: Vec<String> = changed.into_iter().flatten().collect();
        assert_eq!(won.len(), 1);
        let sessions = store.sessions("jana", START).await.unwrap();
        assert_eq!(sessions.len(), 1);
        assert_eq!(sessions[0].id, format!("session of {}", won[0]));
        old = won[0].clone();
        store.end_other_sessions("jana", "", &entry("ended")).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_at_once_get_no_more_than_the_limit() {
    let (store, _database) = store().await;
    // The first round also opens the connections that race in the others.
    for round in 0..rounds(5) {
        let limit =
            move |key: &str, most| Limit { key: format!("{key}{round}").into_bytes(), window: 60, most };
        let taken = all((0..100).map(|number| {
            let store = Arc::clone(&store);
            // In both orders: nobody may wait in a circle.
            let mut limits = [limit("address", 10), limit("account", 100)];
            if number % 2 == 0 {
                limits.reverse();
            }
            async move { store.take(&limits, START).await.unwrap().is_none() }
        }))
        .await;
        assert_eq!(taken.iter().filter(|taken| **taken).count(), 10);
        // What was refused counted nowhere.
        let left = limit("account", 11);
        assert_eq!(store.take(std::slice::from_ref(&left), START).await.unwrap(), None);
        assert_eq!(store.take(&[left], START).await.unwrap(), Some(60));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_back_at_once_is_given_back_once_each() {
    let (store, _database) = store().await;
    let limit = [Limit { key: b"key".to_vec(), window: 60, most: 40 }];
    for _ in 0..40 {
        assert_eq!(store.take(&limit, START).await.unwrap(), None);
    }
    all((0..20).map(|_| {
        let (store, limit) = (Arc::clone(&store), limit.clone());
        async move { store.give_back(&limit).await.unwrap() }
    }))
    .await;
    for _ in 0..20 {
        assert_eq!(store.take(&limit, START).await.unwrap(), None);
    }
    assert!(store.take(&limit, START).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_want_one_name_one_gets_it() {
    let (store, _database) = store().await;
    let added = all((0..10).map(|number| {
        let store = Arc::clone(&store);
        async move {
            let mut account = store.account("jana").await.unwrap().unwrap();
            account.id = format!("{number}");
            let mut names = ["petra".to_owned(), "petra@example.org".to_owned()];
            if number % 2 == 0 {
                names.reverse();
            }
            store.add_account(&account, &names, &[], START, &entry("account_added")).await
        }
    }))
    .await;
    assert_eq!(added.iter().filter(|added| added.is_ok()).count(), 1);
    assert_eq!(added.iter().filter(|added| matches!(added, Err(StorageError::NameTaken))).count(), 9);
}

/// Everything that locks, at once, over two accounts: some of it is refused, none of it fails.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_in_a_circle() {
    let (store, _database) = store().await;
    add(store.as_ref(), "petra").await;
    for round in 0..rounds(10) {
        let version = version(store.as_ref()).await;
        for number in 0..6 {
            store.open_session(&opening(&format!("{round}/{number}"), version)).await.unwrap();
        }
        recovery(store.as_ref(), &format!("{round}")).await;
        store.check(&attempt(&format!("{round}"), 0, mailed("right"))).await.unwrap();
        all((0..48).map(|number| {
            let store = Arc::clone(&store);
            async move {
                let session = format!("session of {round}/{}", number % 6);
                let fresh = tokens(&format!("{round}/{number} fresh"));
                match number % 8 {
                    0 => drop(store.end_other_sessions("jana", &session, &entry("ended")).await.unwrap()),
                    1 => drop(store.end_session("jana", &session, &entry("ended")).await.unwrap()),
                    2 => {
                        let change = PasswordChange { now: START, ..change("", "new") };
                        store.change_password(&change, &session, &fresh).await.unwrap();
                    }
                    3 => {
                        let verified = format!("verified {round} 0");
                        store.reset_password(verified.as_bytes(), &change("", ""), b"x").await.unwrap();
                    }
                    4 => store.sweep(START + 101).await.unwrap(),
                    5 => store.touch(&session, START, START + 90).await.unwrap(),
                    6 => drop(
                        store.open_session(&opening(&format!("{round} {number}"), version)).await.unwrap(),
                    ),
                    _ => {
                        let used = format!("refresh {round}/{}", number % 6);
                        store.rotate(used.as_bytes(), None, &fresh, START, &entry("reused")).await.unwrap();
                    }
                }
            }
        }))
        .await;
    }
    assert!(store.account("petra").await.unwrap().is_some());
}

#[tokio::test]
async fn what_was_counted_is_forgiven_with_the_session_that_is_opened_or_not_at_all() {
    let (store, _database) = store().await;
    let limit = vec![Limit { key: b"key".to_vec(), window: 60, most: 1 }];
    assert!(store.take(&limit, START).await.unwrap().is_none());
    let late = Opening { forgives: limit.clone(), ..opening("late", 1) };
    assert_eq!(
        store.open_session(&late).await.unwrap(),
        Opened::Refused,
        "the password is another one by now"
    );
    assert!(store.take(&limit, START).await.unwrap().is_some());
    let right = Opening { forgives: limit.clone(), ..opening("right", 0) };
    assert_ne!(store.open_session(&right).await.unwrap(), Opened::Refused);
    assert!(store.take(&limit, START).await.unwrap().is_none());
    let ticket = SignInTicket { account_id: "jana".to_owned(), device: String::new() };
    assert!(!store.add_ticket(b"late", &ticket, 1, START + 300, &limit).await.unwrap());
    assert!(store.take(&limit, START).await.unwrap().is_some());
    assert!(store.add_ticket(b"right", &ticket, 0, START + 300, &limit).await.unwrap());
    assert!(store.take(&limit, START).await.unwrap().is_none());
}
