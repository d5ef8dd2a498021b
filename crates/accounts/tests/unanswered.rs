//! What became of a change whose answer was lost, and what the list promises that the store should have.

#![expect(clippy::unwrap_used, reason = "a surprise must stop the test")]

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use accounts::clock::{ManualClock, SeededRandom};
use accounts::flow::{Deps, Given, Purpose, Question};
use accounts::provider::memory::{Fault, Memory as Server};
use accounts::provider::{Kind, Server as Address};
use accounts::signed_in::{Resolution, check_kept, notice_the_unanswered, resolve};
use accounts::store::memory::Memory;
use accounts::store::vault::{Kdf, Vault};
use accounts::store::{PastId, Why};
use accounts::{
    Account, AccountId, AccountState, Accounts, CredentialStore, ErrorKind, Flow, Problem, Secret,
};

const OLD: &str = "quarry lantern birch nine 41";
const NEW: &str = "violet tundra kettle anchor 57";

fn jana() -> Account {
    Account::new(
        AccountId::new("4f2a"),
        Address {
            kind: Kind::RecoveryServer,
            base: "https://accounts.dorfladen.example/".parse().unwrap(),
            key: None,
        },
        "Dorfladen",
        "jana",
    )
}

struct Bench {
    deps: Deps,
    store: Memory,
    server: Server,
    clock: Arc<ManualClock>,
}

impl Bench {
    /// The server takes `password`; the store has OLD as the current one.
    async fn new(password: &str) -> Self {
        let (clock, store) = (Arc::new(ManualClock::at(1_800_000_000)), Memory::new());
        let server = Server::new(clock.clone(), "jana", Secret::new(password));
        let deps = Deps {
            accounts: Arc::new(Accounts::in_memory()),
            store: Arc::new(store.clone()),
            clock: clock.clone(),
            random: Arc::new(SeededRandom::new(1)),
        };
        deps.accounts.put(jana()).unwrap();
        let bench = Self { deps, store, server, clock };
        let id = bench.stage(OLD, 0).await;
        bench.store.commit(&jana().id, &id, bench.deps.clock.now()).await.unwrap();
        bench.clock.advance(Duration::from_secs(60));
        bench
    }

    async fn stage(&self, password: &str, seconds: u64) -> PastId {
        let at = self.deps.clock.now() + Duration::from_secs(seconds);
        self.store.stage(&jana().id, &Secret::new(password), at).await.unwrap()
    }

    async fn send(&self, password: &str, seconds: u64) {
        let id = self.stage(password, seconds).await;
        self.store.mark_sent(&jana().id, &id).await.unwrap();
    }

    /// What a start does.
    async fn start(&self) -> Result<Resolution, ErrorKind> {
        notice_the_unanswered(&self.deps).await.unwrap();
        let resolved = resolve(&self.deps, Arc::new(self.server.clone()), &self.account()).await;
        resolved.map_err(|error| error.kind())
    }

    fn account(&self) -> Account {
        self.deps.accounts.get(&jana().id).unwrap()
    }

    /// Current, staged, history.
    async fn holds(&self) -> (Option<String>, Vec<String>, Vec<(String, Why)>) {
        let text = |secret: &Secret| secret.expose().to_owned();
        let id = jana().id;
        let current = self.store.current(&id).await.unwrap().map(|it| text(&it.password));
        let staged = self.store.staged(&id).await.unwrap();
        let past = self.store.history(&id, self.deps.clock.now()).await.unwrap();
        let staged = staged.iter().map(|it| text(&it.password)).collect();
        (current, staged, past.iter().map(|it| (text(&it.password), it.why)).collect())
    }

    async fn expect(&self, current: &str, staged: &[&str], past: &[(&str, Why)]) {
        let (is, waiting, earlier) = self.holds().await;
        assert_eq!(is.as_deref(), Some(current));
        assert_eq!(waiting, staged);
        assert_eq!(earlier.iter().map(|(text, why)| (text.as_str(), *why)).collect::<Vec<_>>(), past);
    }
}

#[tokio::test]
async fn the_new_one_holds() {
    let bench = Bench::new(NEW).await;
    bench.send(NEW, 1).await;
    assert_eq!(bench.start().await, Ok(Resolution::NewHolds));
    assert!(matches!(bench.account().state, AccountState::SignedIn { .. }));
    bench.expect(NEW, &[], &[(OLD, Why::Replaced)]).await;
}

#[tokio::test]
async fn the_old_one_holds() {
    let bench = Bench::new(OLD).await;
    bench.send(NEW, 1).await;
    assert_eq!(bench.start().await, Ok(Resolution::OldHolds));
    assert!(matches!(bench.account().state, AccountState::SignedIn { .. }));
    bench.expect(OLD, &[], &[(NEW, Why::NotAccepted)]).await;
}

#[tokio::test]
async fn of_several_the_one_that_opens_holds() {
    let bench = Bench::new(NEW).await;
    bench.send(NEW, 1).await;
    bench.send("granite pillow orbit 73 lemon", 2).await;
    bench.stage("never sent anywhere at all", 3).await;
    assert_eq!(bench.start().await, Ok(Resolution::NewHolds));
    let (current, staged, past) = bench.holds().await;
    assert_eq!((current.as_deref(), staged.len(), past.len()), (Some(NEW), 0, 3));
}

#[tokio::test]
async fn neither_fits_keeps_both() {
    let bench = Bench::new("somewhere else entirely 12").await;
    bench.send(NEW, 1).await;
    for _ in 0..2 {
        assert_eq!(bench.start().await, Ok(Resolution::NeitherFits));
        bench.expect(OLD, &[NEW], &[]).await;
    }
    assert_eq!(bench.account().state, AccountState::NoPasswordFits);
}

#[tokio::test]
async fn while_nobody_answers_both_are_kept() {
    let bench = Bench::new(NEW).await;
    bench.send(NEW, 1).await;
    let kinds = [
        ErrorKind::Offline,
        ErrorKind::ServerTrouble,
        ErrorKind::RateLimited { wait: None },
        ErrorKind::Protocol,
        ErrorKind::NotTrusted,
        ErrorKind::Refused,
        ErrorKind::Expired,
    ];
    for kind in kinds {
        bench.server.fault(Fault::Fail(kind));
        assert_eq!(bench.start().await, Ok(Resolution::NotAsked), "{kind:?}");
        bench.expect(OLD, &[NEW], &[]).await;
        assert_eq!(bench.account().state, AccountState::InTheAir);
    }
    // Refused the new one, and gone before it was asked about the old one.
    bench.server.change_elsewhere(Secret::new(OLD));
    bench.server.fault(Fault::None);
    bench.server.fault(Fault::Fail(ErrorKind::Offline));
    assert_eq!(bench.start().await, Ok(Resolution::NotAsked));
    bench.expect(OLD, &[NEW], &[]).await;
    assert_eq!(bench.start().await, Ok(Resolution::OldHolds));
}

#[tokio::test]
async fn where_a_code_is_asked_for_it_is_known_all_the_same() {
    for (holds, past) in [(NEW, (OLD, Why::Replaced)), (OLD, (NEW, Why::NotAccepted))] {
        let mut bench = Bench::new(holds).await;
        bench.server = bench.server.clone().with_second_factor("314159");
        bench.send(NEW, 1).await;
        for _ in 0..2 {
            assert_eq!(bench.start().await, Ok(Resolution::NeedsCode));
            bench.expect(holds, &[], &[past]).await;
            assert_eq!(bench.account().state, AccountState::SignedOut);
        }
    }
}

#[tokio::test]
async fn asking_again_changes_nothing() {
    for (holds, first) in [(NEW, Resolution::NewHolds), (OLD, Resolution::OldHolds)] {
        let bench = Bench::new(holds).await;
        bench.send(NEW, 1).await;
        assert_eq!(bench.start().await, Ok(first));
        let before = bench.holds().await;
        for _ in 0..2 {
            assert_eq!(bench.start().await, Ok(first));
            assert_eq!(bench.holds().await, before);
        }
    }
}

#[tokio::test]
async fn a_store_in_trouble_is_an_error_and_nothing_changes() {
    let writes = {
        let bench = Bench::new(NEW).await;
        bench.send(NEW, 1).await;
        let before = bench.store.writes();
        bench.start().await.unwrap();
        bench.store.writes() - before
    };
    assert!(writes >= 2);
    for at in 1..=writes {
        let bench = Bench::new(NEW).await;
        bench.send(NEW, 1).await;
        bench.store.fail_at(Some((at, ErrorKind::Locked)));
        assert_eq!(bench.start().await, Err(ErrorKind::Locked), "write {at} of {writes}");
        let (current, staged, past) = bench.holds().await;
        let all: Vec<_> = current.into_iter().chain(staged).chain(past.into_iter().map(|it| it.0)).collect();
        assert!([OLD, NEW].iter().all(|text| all.iter().any(|kept| kept == text)), "{all:?}");
        bench.start().await.unwrap();
        bench.expect(NEW, &[], &[(OLD, Why::Replaced)]).await;
    }
}

#[tokio::test]
async fn a_locked_vault_is_an_error_and_asks_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let (clock, random) = (Arc::new(ManualClock::at(1_800_000_000)), Arc::new(SeededRandom::new(1)));
    let vault =
        Vault::at(&folder.path().join("vault"), &folder.path().join("seen"), clock.clone(), random.clone());
    let kdf = Kdf { memory_kib: 8, passes: 1, lanes: 1 };
    vault.create(Secret::new(OLD), kdf, vault.new_recovery_key()).await.unwrap();
    let accounts = Arc::new(Accounts::kept_by(vault.keeper()));
    let deps = Deps { accounts, store: Arc::new(vault.clone()), clock: clock.clone(), random };
    let server = Server::new(clock, "jana", Secret::new(NEW));
    deps.accounts.put(jana()).unwrap();
    let sent = vault.stage(&jana().id, &Secret::new(NEW), UNIX_EPOCH).await.unwrap();
    vault.mark_sent(&jana().id, &sent).await.unwrap();

    vault.lock().await;
    let resolved = resolve(&deps, Arc::new(server), &jana()).await;
    assert_eq!(resolved.unwrap_err().kind(), ErrorKind::Locked);
    assert_eq!(check_kept(&deps, &jana()).await.unwrap_err().kind(), ErrorKind::Locked);
}

#[tokio::test]
async fn what_was_promised_and_is_not_there_is_missing() {
    let bench = Bench::new(NEW).await;
    let check =
        async |account: &Account| check_kept(&bench.deps, account).await.map_err(|error| error.kind());
    let since = bench.deps.clock.now();
    let states = [
        AccountState::SignedIn { since },
        AccountState::SignedOut,
        AccountState::NoPasswordFits,
        AccountState::InTheAir,
    ];
    for state in states {
        assert_eq!(check(&Account { state, ..jana() }).await, Ok(()));
    }

    bench.store.remove(&jana().id).await.unwrap();
    for state in states {
        // Signed out may mean that nobody was ever signed in, unless the server has told something since.
        let expected = if state == AccountState::SignedOut { Ok(()) } else { Err(ErrorKind::ItemMissing) };
        assert_eq!(check(&Account { state, ..jana() }).await, expected, "{state:?}");
        let mailbox = Some("j•••@mail.example".into());
        let known = Account { state, mailbox, ..jana() };
        assert_eq!(check(&known).await, Err(ErrorKind::ItemMissing), "{state:?}");
        let resolved = resolve(&bench.deps, Arc::new(bench.server.clone()), &known).await;
        assert_eq!(resolved.unwrap_err().kind(), ErrorKind::ItemMissing);
    }
    bench.send(NEW, 1).await;
    assert_eq!(check(&Account { state: AccountState::InTheAir, ..jana() }).await, Ok(()));
}

/// The server has gone on to the code, and takes the password no second time.
#[tokio::test]
async fn a_store_in_trouble_while_a_code_is_asked_for_does_not_end_the_conversation() {
    let mut bench = Bench::new(NEW).await;
    bench.server = bench.server.clone().with_second_factor("314159");
    let server = Arc::new(bench.server.clone());
    let mut flow = Flow::begin(bench.deps.clone(), server, jana(), Purpose::SignIn).await.unwrap();
    bench.store.fail_at(Some((1, ErrorKind::Locked)));
    flow.answer(Given::Password(Secret::new(NEW))).await.unwrap();
    bench.expect(OLD, &[], &[]).await;
    assert!(matches!(flow.question(), Question::Code(_)));

    bench.store.fail_at(Some((1, ErrorKind::Locked)));
    let late = flow.answer(Given::Code(Secret::new("314159"))).await;
    assert_eq!(late.unwrap_err().kind(), ErrorKind::Locked);
    // The code is used up, and is not asked for again.
    flow.answer(Given::Code(Secret::new("314159"))).await.unwrap();
    assert!(matches!(flow.question(), Question::Done(_)));
    bench.expect(NEW, &[], &[(OLD, Why::Replaced)]).await;
}

/// Signing in has shown that it was not changed, the person has given up, and then the server does it after all.
#[tokio::test]
async fn a_change_that_comes_late_is_found_though_it_was_given_up() {
    for again in [false, true] {
        let bench = Bench::new(OLD).await;
        let server = Arc::new(bench.server.clone());
        let mut flow = Flow::begin(bench.deps.clone(), server, jana(), Purpose::Recover).await.unwrap();
        flow.answer(Given::Code(bench.server.mailed().unwrap())).await.unwrap();
        let new = |text| Given::NewPassword { password: Secret::new(text), repeat: Secret::new(text) };
        bench.server.fault(Fault::Fail(ErrorKind::OutcomeUnknown));
        flow.answer(new(NEW)).await.unwrap();
        assert_eq!(flow.problem(), Some(&Problem::NotChanged));
        if again {
            bench.server.fault(Fault::Fail(ErrorKind::Offline));
            flow.answer(new("granite pillow orbit 73 lemon")).await.unwrap_err();
        }
        flow.cancel().await.unwrap();

        bench.server.change_elsewhere(Secret::new(NEW));
        assert_eq!(bench.start().await, Ok(Resolution::NewHolds));
        let (current, staged, _) = bench.holds().await;
        assert_eq!((current.as_deref(), staged.len()), (Some(NEW), 0));
    }
}
