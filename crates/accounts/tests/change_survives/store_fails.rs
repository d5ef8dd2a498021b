//! The store fails, or ends with the process, at any of its writes; the server answers, or its answer is lost.

use std::cell::Cell;
use std::io::ErrorKind as IoKind;

use accounts::ErrorKind;
use vault::scratch_disk::Fault as DiskFault;

use super::places::{Ground, Kind, Place};
use super::server::{Fault, Plan, Server};
use super::{Intent, Way, check, run};

/// What the server does with the change: it answers, never hears of it, or does it and is not heard.
const MODES: [Option<Fault>; 3] = [None, Some(Fault::ResetBefore), Some(Fault::ResetAfter)];

/// What goes wrong at one write of the store, or one call to its disk.
#[derive(Debug, Clone, Copy)]
enum Trouble {
    FailsOnce,
    /// Before it, the process and its store end.
    Dies,
    Disk(DiskFault),
}

impl Trouble {
    fn all(kind: Kind) -> Vec<Self> {
        let fails = [DiskFault::Fails(IoKind::Other), DiskFault::StaysFailing(IoKind::StorageFull)];
        let ends = [
            DiskFault::CrashBefore,
            DiskFault::CrashAfter,
            DiskFault::PowerCut,
            DiskFault::PowerCutKeepsNames,
            DiskFault::PowerCutTears,
        ];
        match kind {
            Kind::Memory => vec![Self::FailsOnce],
            Kind::Keychain => vec![Self::FailsOnce, Self::Dies],
            Kind::Vault => fails.into_iter().chain(ends).map(Self::Disk).collect(),
        }
    }

    /// A process that has ended answers nothing again.
    fn fits(self, way: Way) -> bool {
        let lives_on =
            matches!(self, Self::FailsOnce | Self::Disk(DiskFault::Fails(_) | DiskFault::StaysFailing(_)));
        lives_on || !way.patient
    }

    /// `at` counts from one.
    fn plan(self, place: &Place, at: usize) {
        match (self, place) {
            (Self::FailsOnce, Place::Memory { store, .. }) => store.fail_at(Some((at, ErrorKind::Locked))),
            (Self::FailsOnce, Place::Keychain { fake, .. }) => fake.fail_at(Some(at)),
            (Self::Dies, Place::Keychain { fake, .. }) => fake.live(Some(at - 1)),
            (Self::Disk(fault), Place::Vault { disk, .. }) => disk.plan(at, fault),
            _ => unreachable!(),
        }
    }
}

/// Writes so far, or calls to the disk.
fn count(place: &Place) -> usize {
    match place {
        Place::Memory { store, .. } => store.writes(),
        Place::Keychain { fake, .. } => fake.writes(),
        Place::Vault { disk, .. } => disk.calls(),
    }
}

fn server(way: Way, mode: Option<Fault>) -> Server {
    let server = Server::new(way.second_factor);
    server.plan(mode.map(|fault| Plan { at: 3, fault, lasting: false }));
    server
}

/// Every trouble at every point of every way; how many cases there were.
async fn store_fails(kind: Kind, intents: &[Intent], modes: &[Option<Fault>]) -> usize {
    let (ground, mut cases, mut points) = (Ground::new(kind).await, 0, 0);
    let ways = Way::all().into_iter().filter(|way| intents.contains(&way.intent));
    for (way, mode) in ways.flat_map(|way| modes.iter().map(move |mode| (way, *mode))) {
        let before = Cell::new(0);
        let ran = run(way, ground.place(), server(way, mode), |place| before.set(count(place))).await;
        let writes = count(&ran.place) - before.get();
        check(way, &ran, &format!("{way:?} {mode:?}, nothing fails")).await;
        let troubles: Vec<_> = Trouble::all(kind).into_iter().filter(|trouble| trouble.fits(way)).collect();
        points += writes * troubles.len();
        for (at, trouble) in (1..=writes).flat_map(|at| troubles.iter().map(move |trouble| (at, *trouble))) {
            let planned = |place: &Place| trouble.plan(place, at);
            let ran = run(way, ground.place(), server(way, mode), planned).await;
            check(way, &ran, &format!("{way:?}, {mode:?}, {trouble:?} at {at} of {writes}")).await;
            cases += 1;
        }
    }
    assert_eq!(cases, points);
    eprintln!("{kind:?}, {intents:?}, {modes:?}: {cases} cases");
    cases
}

#[tokio::test]
async fn memory_fails() {
    assert_eq!(store_fails(Kind::Memory, &Intent::ALL, &MODES).await, 312);
}

#[tokio::test]
async fn the_keychain_fails_and_dies() {
    assert_eq!(store_fails(Kind::Keychain, &Intent::ALL, &MODES).await, 648);
}

// How many calls a vault makes to its disk is its own affair: there are some thousand cases in each of these.

#[tokio::test]
async fn the_vault_dies_where_the_answer_to_a_change_is_lost() {
    let cases = store_fails(Kind::Vault, &[Intent::Change], &[Some(Fault::ResetAfter)]).await;
    assert!(cases > 1_000, "{cases}");
}

#[tokio::test]
#[ignore = "takes a minute: cargo xtask test"]
async fn the_vault_dies_in_any_other_change() {
    let cases = store_fails(Kind::Vault, &[Intent::Change], &[None, Some(Fault::ResetBefore)]).await;
    assert!(cases > 2_000, "{cases}");
}

#[tokio::test]
#[ignore = "takes a minute: cargo xtask test"]
async fn the_vault_dies_in_a_recovery() {
    let cases = store_fails(Kind::Vault, &[Intent::Recover], &MODES).await;
    assert!(cases > 3_000, "{cases}");
}

#[tokio::test]
#[ignore = "takes a minute: cargo xtask test"]
async fn the_vault_dies_in_a_first_recovery() {
    let cases = store_fails(Kind::Vault, &[Intent::RecoverNew], &MODES).await;
    assert!(cases > 3_000, "{cases}");
}
