//! A change of password survives anything: the server failing at any call in any way, the store failing or ending at
//! any write, our process being killed at any of them. Every case there is, counted.
//!
//! Whatever happens, after the next start the store's current password is the one that the server takes, where it was
//! ever kept here; while the server cannot be asked, both are kept; and nothing that was shown or sent is ever missing.

#![expect(clippy::unwrap_used, reason = "a surprise must stop the test")]

use std::sync::Arc;

use accounts::flow::{Deps, Given, Purpose, Question};
use accounts::generate::Recipe;
use accounts::provider::{CodePurpose, Kind as ServerKind, Server as Address};
use accounts::signed_in::{Resolution, notice_the_unanswered, resolve};
use accounts::{Account, AccountId, AccountState, Flow, Secret};

use self::places::{Ground, Kind, Place, current, kept};
use self::server::{Fault, OLD, Plan, RECOVERY_CODE, SECOND_FACTOR, Server, session};

mod places;
mod server;
mod store_fails;

const TYPED: &str = "violet tundra kettle anchor 57";
/// Answers a person gives at most, and how often an error is answered again.
const ANSWERS: usize = 12;
const PATIENCE: usize = 3;

/// One way to a new password.
#[derive(Debug, Clone, Copy)]
pub struct Way {
    intent: Intent,
    second_factor: bool,
    typed: bool,
    /// Answers again after an error, instead of giving up.
    patient: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Intent {
    /// With the old password kept here.
    Recover,
    /// With nothing kept here, and an account that is new to the list.
    RecoverNew,
    Change,
}

impl Intent {
    const ALL: [Self; 3] = [Self::Recover, Self::RecoverNew, Self::Change];
}

impl Way {
    fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for intent in Intent::ALL {
            for bits in 0..8 {
                let [second_factor, typed, patient] = [1, 2, 4].map(|bit| bits & bit != 0);
                all.push(Self { intent, second_factor, typed, patient });
            }
        }
        all
    }

    /// Calls of the server when nothing fails: begin, code or current password, new password; then, without a session
    /// from it, begin and password; then the second factor.
    fn calls(self) -> usize {
        match (self.intent, self.second_factor) {
            (Intent::Change, false) => 3,
            (_, false) => 5,
            (_, true) => 6,
        }
    }

    async fn set_up(self, place: &Place) {
        if self.intent == Intent::RecoverNew {
            return;
        }
        let deps = place.open(1).await;
        deps.accounts.put(jana()).unwrap();
        let id = deps.store.stage(&jana().id, &Secret::new(OLD), deps.clock.now()).await.unwrap();
        deps.store.commit(&jana().id, &id, deps.clock.now()).await.unwrap();
        deps.store.save_session(&jana().id, &session()).await.unwrap();
    }
}

fn jana() -> Account {
    Account::new(
        AccountId::new("4f2a"),
        Address {
            kind: ServerKind::RecoveryServer,
            base: "https://accounts.dorfladen.example/".parse().unwrap(),
            key: None,
        },
        "Dorfladen",
        "jana",
    )
}

/// What came of one case.
struct Ran {
    place: Place,
    server: Server,
    /// Generated, and given out to be drawn.
    shown: Vec<Secret>,
    finished: bool,
}

/// Lets a person walk the way until the end, an error that is too much, or the death of the process. `plan` is for what
/// the store does from then on.
async fn run(way: Way, place: Place, server: Server, plan: impl FnOnce(&Place)) -> Ran {
    way.set_up(&place).await;
    let deps = place.open(2).await;
    plan(&place);
    let mut shown = Vec::new();
    let finished = tokio::select! {
        biased;
        () = server.killed() => false,
        finished = walk(way, deps, &server, &mut shown) => finished,
    };
    Ran { place, server, shown, finished }
}

async fn walk(way: Way, deps: Deps, server: &Server, shown: &mut Vec<Secret>) -> bool {
    let purpose = if way.intent == Intent::Change { Purpose::ChangePassword } else { Purpose::Recover };
    let mut patience = if way.patient { PATIENCE } else { 0 };
    let mut flow = loop {
        match Flow::begin(deps.clone(), Arc::new(server.clone()), jana(), purpose.clone()).await {
            Ok(flow) => break flow,
            Err(_) if patience == 0 => return false,
            Err(_) => patience -= 1,
        }
    };
    for _ in 0..ANSWERS {
        let answered = match answer(way, &mut flow, shown).await {
            Ok(Some(given)) => flow.answer(given).await,
            Ok(None) => return true,
            Err(error) => Err(error),
        };
        match answered {
            Ok(()) => {}
            Err(_) if patience == 0 => return false,
            Err(_) => patience -= 1,
        }
    }
    false
}

async fn answer(way: Way, flow: &mut Flow, shown: &mut Vec<Secret>) -> accounts::Result<Option<Given>> {
    Ok(Some(match flow.question() {
        Question::ChooseAddress(_) | Question::ConfirmAddress { .. } => {
            return Err(accounts::ErrorKind::Bug.into());
        }
        Question::Done(_) => return Ok(None),
        Question::Password { .. } => Given::Password(Secret::new(OLD)),
        Question::Code(ask) if ask.purpose == CodePurpose::Recovery => {
            Given::Code(Secret::new(RECOVERY_CODE))
        }
        Question::Code(_) => Given::Code(Secret::new(SECOND_FACTOR)),
        Question::NewPassword { .. } if way.typed => {
            Given::NewPassword { password: Secret::new(TYPED), repeat: Secret::new(TYPED) }
        }
        Question::NewPassword { .. } => {
            if flow.candidate().is_none() {
                shown.push(flow.generate(Recipe::Characters(20)).await?);
            }
            Given::Generated
        }
        other => unreachable!("no change asks {other:?}"),
    }))
}

/// Starts again, twice: while nobody answers, and when the server does.
async fn check(way: Way, ran: &Ran, case: &str) {
    let (server, id) = (&ran.server, jana().id);
    server.do_what_is_late();
    let known_here = way.intent != Intent::RecoverNew;
    let mut must: Vec<String> =
        server.sent().iter().chain(&ran.shown).map(|secret| secret.expose().to_owned()).collect();
    must.extend(known_here.then(|| OLD.to_owned()));
    let nothing_is_missing = async |deps: &Deps| {
        let kept = kept(deps, &id).await;
        assert!(must.iter().all(|text| kept.contains(text)), "{case}: {kept:?} lacks one of {must:?}");
    };

    server.go_down();
    let deps = ran.place.open(3).await;
    notice_the_unanswered(&deps).await.unwrap();
    nothing_is_missing(&deps).await;
    let account = deps.accounts.get(&id);
    assert!(account.is_some() || must.is_empty(), "{case}: a password that no line of the list leads to");
    let in_the_air = account.filter(|account| account.state == AccountState::InTheAir);
    if let Some(account) = &in_the_air {
        let asked = resolve(&deps, Arc::new(server.clone()), account).await.unwrap();
        assert_eq!(asked, Resolution::NotAsked, "{case}");
        nothing_is_missing(&deps).await;
    }

    server.plan(None);
    let deps = ran.place.open(4).await;
    let holds = server.password().expose().to_owned();
    if in_the_air.is_some() {
        let account = deps.accounts.get(&id).unwrap();
        let expected = match (must.contains(&holds), holds == OLD) {
            (false, _) => Resolution::NeitherFits,
            _ if way.second_factor => Resolution::NeedsCode,
            (_, true) => Resolution::OldHolds,
            (_, false) => Resolution::NewHolds,
        };
        let resolved = resolve(&deps, Arc::new(server.clone()), &account).await.unwrap();
        assert_eq!(resolved, expected, "{case}");
        if resolved != Resolution::NeitherFits {
            notice_the_unanswered(&deps).await.unwrap();
            assert_ne!(deps.accounts.get(&id).unwrap().state, AccountState::InTheAir, "{case}");
        }
    }
    let deps = ran.place.open(5).await;
    let expected = must.contains(&holds).then_some(holds);
    assert_eq!(current(&deps, &id).await, expected, "{case}");
    nothing_is_missing(&deps).await;
}

/// Every fault at every call of the server.
async fn server_fails(kind: Kind) {
    let (ground, mut cases) = (Ground::new(kind).await, 0);
    for way in Way::all() {
        let clean = Server::new(way.second_factor);
        let ran = run(way, ground.place(), clean.clone(), |_| {}).await;
        assert!(ran.finished);
        assert_eq!((clean.calls(), clean.changes_at()), (way.calls(), vec![3]), "{way:?}");
        check(way, &ran, "nothing fails").await;

        for at in 1..=way.calls() {
            let mut plans = Vec::new();
            for lasting in [false, true] {
                plans.extend(Fault::TROUBLES.map(|fault| Plan { at, fault, lasting }));
                plans.extend((at == 3).then_some(Plan { at, fault: Fault::Late, lasting }));
            }
            plans.extend(Fault::KILLS.map(|fault| Plan { at, fault, lasting: false }));
            for plan in plans {
                let server = Server::new(way.second_factor);
                server.plan(Some(plan));
                let ran = run(way, ground.place(), server, |_| {}).await;
                assert!(ran.server.calls() >= at, "{way:?} {plan:?} was not met");
                check(way, &ran, &format!("{kind:?} {way:?} {plan:?}")).await;
                cases += 1;
            }
        }
    }
    // Two ways to recover of 5 and 6 calls, one to change of 3 and 6; each with a typed or a made password, by someone
    // patient or not. At each call five troubles, once or from there on, and two kills; at the change, being late, too.
    assert_eq!(cases, 4 * ((2 * (5 + 6) + (3 + 6)) * (5 * 2 + 2) + 6 * 2));
    assert_eq!(cases, 1_536);
}

#[tokio::test]
async fn the_server_fails_and_memory_keeps() {
    server_fails(Kind::Memory).await;
}

#[tokio::test]
async fn the_server_fails_and_the_keychain_keeps() {
    server_fails(Kind::Keychain).await;
}

#[tokio::test]
async fn the_server_fails_and_the_vault_keeps() {
    server_fails(Kind::Vault).await;
}
