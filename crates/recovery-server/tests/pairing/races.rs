//! Many at once: of each race there is one winner.

use super::Scene;
use crate::common::phone::Phone;
use crate::common::store::{all, entry, opening, rounds, store, trace};
use crate::common::{Answer, START, World};
use recovery_server::Storage;
use recovery_server::storage::{Codes, Direction, Pairing, PairingKey, PairingState, Polled, Scan, Seen};
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_polls_of_one_approval_make_one_session() {
    let (scene, _) = Scene::approved().await;
    let scene = Arc::new(scene);
    let answers = all((0..200).map(|_| {
        let scene = Arc::clone(&scene);
        async move { scene.poll().await }
    }))
    .await;
    let won: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(won.len(), 1);
    assert!(answers.iter().all(|answer| [200, 400, 429].contains(&answer.status.as_u16())));
    assert_eq!(scene.current(&won[0].text("access_token")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_phones_that_scan_at_once_one_wins() {
    let (world, _) = World::with_jana().await;
    let (one, two) = (Phone::signed_in(&world, 9, "jana").await, Phone::signed_in(&world, 10, "jana").await);
    let computer = crate::common::computer::Computer::new(1);
    for round in 0..rounds(200) {
        let asked = computer.ask(&world).await;
        let (a, b) = (one.get(&world, &asked.qr).await, two.get(&world, &asked.qr).await);
        let (a, b) = tokio::join!(
            one.submit(&world, &a, "/device/scan", &[]),
            two.submit(&world, &b, "/device/scan", &[])
        );
        let codes = [&a, &b].iter().filter(|page| page.says("<p class=\"digits\"")).count();
        let taken = [&a, &b].iter().filter(|page| page.says("Already scanned")).count();
        assert_eq!((codes, taken), (1, 1), "round {round}");
        computer.cancel(&world, &asked.device_code).await;
        world.clock.advance(10);
    }
}

/// A confirmed one, until `START + 180`.
async fn confirmed(store: &dyn Storage, id: &str) {
    let pairing = Pairing {
        id: id.to_owned(),
        direction: Direction::Computer,
        state: PairingState::Pending,
        handle: id.as_bytes().to_vec(),
        jkt: Some("key".to_owned()),
        device: "Regain".to_owned(),
        network: None,
        line_mac: id.as_bytes().to_vec(),
        owner_session: None,
        account_id: None,
        scan: None,
        created_at: START,
        until: START + 300,
        interval: 5,
        session_id: None,
    };
    let codes =
        Codes { device_code_hash: Some(id.as_bytes().to_vec()), user_code_mac: id.as_bytes().to_vec() };
    store.add_pairing(&pairing, &codes, 5, &entry("asked")).await.unwrap();
    let scan =
        Scan { holder: b"phone".to_vec(), phone_device: String::new(), phone_network: None, at: START };
    assert!(store.scan(id, Some("jana"), &scan, START + 180, &entry("scanned")).await.unwrap());
    store.confirm(id, true, 3, START, &entry("confirmed"), &entry("wrong")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_polls_with_one_proof_one_counts_whoever_else_polls() {
    let (store, database) = store().await;
    let nodes = [Arc::clone(&store), database.open().await];
    for round in 0..rounds(20) {
        let ids: Vec<String> = (0..8).map(|number| format!("{round}.{number}")).collect();
        for id in &ids {
            confirmed(store.as_ref(), id).await;
        }
        let polled = all((0..10).flat_map(|_| &ids).enumerate().map(|(number, id)| {
            let (node, id) = (Arc::clone(&nodes[number % 2]), id.clone());
            async move {
                let seen = Seen { proof: id.as_bytes().to_vec(), until: START + 300 };
                match node.poll(id.as_bytes(), "key", &seen, START).await.unwrap() {
                    Polled::Found { pairing, too_soon: false } => Some((pairing.id == id).then_some(id)),
                    Polled::Replayed => None,
                    other => panic!("{other:?}"),
                }
            }
        }))
        .await;
        let mut counted: Vec<String> =
            polled.into_iter().flatten().map(|own| own.expect("its own pairing")).collect();
        counted.sort_unstable();
        assert_eq!(counted, ids, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fetching_cancelling_and_denying_at_once_one_wins() {
    let (store, _database) = store().await;
    let (mut fetched, mut closed) = (0, 0);
    for round in 0..rounds(200) {
        let id = format!("{round}");
        confirmed(store.as_ref(), &id).await;
        assert!(store.approve(&id, b"phone", START, START + 30, &entry("approved")).await.unwrap());
        let tasks = (0..4).map(|which| {
            let (store, id) = (Arc::clone(&store), id.clone());
            async move {
                let to = if which == 2 { PairingState::Cancelled } else { PairingState::Denied };
                match (which + round) % 4 {
                    0 | 1 => (store.consume(&id, &opening(&id, 0), &trace("consumed")).await.unwrap(), true),
                    _ => (store.close_pairing(&id, to, START, &entry("closed")).await.unwrap(), false),
                }
            }
        });
        let won: Vec<bool> =
            all(tasks).await.into_iter().filter(|(won, _)| *won).map(|(_, fetch)| fetch).collect();
        assert_eq!(won.len(), 1, "round {round}");
        let state = store.pairing(PairingKey::Id(&id), START).await.unwrap().unwrap().state;
        assert_eq!(state == PairingState::Consumed, won[0], "round {round}");
        let sessions = store.sessions("jana", START).await.unwrap();
        fetched += usize::from(won[0]);
        closed += usize::from(!won[0]);
        assert_eq!(sessions.len(), fetched, "a session only where it was fetched");
    }
    assert!(fetched > 0 && closed > 0, "both happen: {fetched} {closed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_against_cancelling_and_the_end() {
    let (store, _database) = store().await;
    for round in 0..rounds(200) {
        let id = format!("{round}");
        confirmed(store.as_ref(), &id).await;
        let tasks = (0..3).map(|which| {
            let (store, id) = (Arc::clone(&store), id.clone());
            async move {
                match (which + round) % 3 {
                    0 => store
                        .approve(&id, b"phone", START + 179, START + 209, &entry("approved"))
                        .await
                        .unwrap(),
                    1 => store
                        .approve(&id, b"phone", START + 180, START + 210, &entry("too late"))
                        .await
                        .unwrap(),
                    _ => store
                        .close_pairing(&id, PairingState::Cancelled, START + 179, &entry("cancelled"))
                        .await
                        .unwrap(),
                }
            }
        });
        all(tasks).await;
        assert!(
            !store.consume(&id, &opening(&id, 0), &trace("consumed")).await.unwrap(),
            "cancelled, whoever was first"
        );
    }
    assert!(store.audit(10_000).await.unwrap().iter().all(|entry| entry.event != "too late"));
}
