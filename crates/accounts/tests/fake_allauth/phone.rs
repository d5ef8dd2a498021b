//! Signing in by phone, which gives an identity and no more.

use std::time::SystemTime;

use accounts::clock::SeededRandom;
use accounts::flow::{Deps, Done, Flow, Given, Purpose, Question};
use accounts::provider::conformance::{PhoneBench, Watched};
use accounts::provider::{Kind, QrAsk, Reach, Server, Which};
use accounts::store::memory::Memory;
use accounts::{Account, AccountId, Accounts, Clock as _, signed_in};

use super::*;

#[async_trait]
impl PhoneBench for FakeBench {
    fn provider(&self) -> Arc<dyn Provider> {
        self.provider.clone()
    }

    fn identifier(&self) -> String {
        Fake::EMAIL.into()
    }

    async fn scan(&self, ask: &QrAsk) -> Option<Secret> {
        assert!(ask.link.ends_with(&ask.letters), "{}", ask.link);
        None
    }

    async fn approve(&self, ask: &QrAsk) {
        assert!(self.fake.decide(&ask.letters, true));
    }

    async fn deny(&self, ask: &QrAsk) {
        assert!(self.fake.decide(&ask.letters, false));
    }

    async fn pass_to(&self, at: SystemTime) {
        self.fake.clock.advance(at.duration_since(self.fake.clock.now()).unwrap_or_default());
    }

    fn clock(&self) -> &Watched {
        &self.watched
    }

    fn cable(&self) -> &Cable {
        &self.cable
    }
}

fn identity() -> Site {
    Site { identity: true, ..Site::default() }
}

/// What a phone gives: a session that says who somebody is.
async fn paired(bench: &FakeBench) -> Session {
    let (mut exchange, challenge) = bench.provider.begin(Intent::Pair).await.unwrap();
    let Challenge::ScanQr(ask) = challenge else { panic!("{challenge:?}") };
    bench.approve(&ask).await;
    let step = answer(&mut *exchange, Answer::Wait).await;
    assert!(matches!(step, Step::Ask(Challenge::ConfirmAccount(_), None)), "{step:?}");
    match answer(&mut *exchange, Answer::Yes).await {
        Step::Done(Outcome::SignedIn(session)) => session,
        other => panic!("paired: {other:?}"),
    }
}

async fn change(bench: &FakeBench, session: &Session, current: &str) -> Box<dyn Exchange> {
    let intent = Intent::ChangePassword { session: session.clone() };
    let (mut exchange, challenge) = bench.provider.begin(intent).await.unwrap();
    assert_eq!(challenge, Challenge::Password { current: true });
    answer(&mut *exchange, Answer::Password(Secret::new(current))).await;
    exchange
}

#[tokio::test]
async fn a_phone_signs_in() {
    conformance::pairing(async || FakeBench::start(identity()).await).await;
}

#[tokio::test]
async fn who_leaves_before_saying_yes_leaves_no_tokens() {
    let bench = FakeBench::start(identity()).await;
    let (mut exchange, challenge) = bench.provider.begin(Intent::Pair).await.unwrap();
    let Challenge::ScanQr(ask) = challenge else { panic!("{challenge:?}") };
    bench.approve(&ask).await;
    answer(&mut *exchange, Answer::Wait).await;
    assert_eq!(bench.fake.tokens(), 2);
    exchange.abandon().await;
    assert_eq!(bench.fake.tokens(), 0);
}

#[tokio::test]
async fn signing_in_by_phone_is_offered_by_a_provider_of_the_sites_own_alone() {
    let offered = async |bench: &FakeBench| {
        let desk = Desk {
            http: Http::new().unwrap(),
            clock: bench.fake.clock.clone(),
            base: bench.cable.address().parse().unwrap(),
            device: String::new(),
        };
        allauth::find(desk).await.unwrap().about().abilities.pair
    };
    let without = FakeBench::start(Site::default()).await;
    assert_eq!(offered(&without).await, None);
    let begun = without.provider.begin(Intent::Pair).await.map(|_| ());
    assert_eq!(begun.unwrap_err().kind(), ErrorKind::Unsupported);
    let bench = FakeBench::start(identity()).await;
    assert_eq!(offered(&bench).await, Some(Reach::IdentityOnly));
    bench.fake.stand_elsewhere("http://elsewhere.example");
    assert_eq!(offered(&bench).await, None, "tokens are sent nowhere else");
}

#[tokio::test]
async fn a_provider_that_was_not_told_about_regain_says_so() {
    let bench = FakeBench::start(Site { knows_nobody: true, ..identity() }).await;
    let begun = bench.provider.begin(Intent::Pair).await.map(|_| ());
    assert_eq!(begun.unwrap_err().kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn what_a_phone_gave_is_renewed_when_it_has_run_out() {
    let bench = FakeBench::start(identity()).await;
    let mut session = paired(&bench).await;
    assert_eq!(session.address.as_deref(), Some(Fake::EMAIL));
    let before = session.clone();
    bench.provider.check(&mut session).await.unwrap();
    assert_eq!(session, before, "it still holds");
    bench.advance(Duration::from_secs(3_601)).await;
    bench.provider.check(&mut session).await.unwrap();
    assert_ne!(session, before);
    assert_eq!(session.address, before.address);
    bench.provider.check(&mut session).await.unwrap();
    // The tokens that were renewed renew nothing any more.
    bench.advance(Duration::from_secs(3_601)).await;
    let dead = bench.provider.check(&mut before.clone()).await;
    assert_eq!(dead.unwrap_err().kind(), ErrorKind::SignedOut);
}

#[tokio::test]
async fn a_network_that_is_away_is_no_end() {
    let bench = FakeBench::start(identity()).await;
    let mut session = paired(&bench).await;
    bench.cut().await;
    let before = session.clone();
    assert!(bench.provider.check(&mut session).await.is_err());
    assert_eq!(session, before, "no answer is no end");
    bench.mend().await;
    bench.provider.check(&mut session).await.unwrap();
}

#[tokio::test]
async fn signing_out_ends_both_tokens() {
    let bench = FakeBench::start(identity()).await;
    let mut session = paired(&bench).await;
    bench.provider.end_session(&mut session, Which::This, None).await.unwrap();
    assert_eq!(bench.fake.tokens(), 0);
    assert_eq!(bench.provider.check(&mut session).await.unwrap_err().kind(), ErrorKind::SignedOut);
    bench.provider.end_session(&mut session, Which::This, None).await.unwrap();
}

#[tokio::test]
async fn what_a_phone_gave_opens_nothing_without_the_password() {
    let bench = FakeBench::start(identity()).await;
    let mut session = paired(&bench).await;
    let before = session.clone();
    assert_eq!(bench.provider.sessions(&mut session).await.unwrap_err().kind(), ErrorKind::ProveAgain);
    for which in [Which::AllOthers, Which::One("1".into())] {
        let ended = bench.provider.end_session(&mut session, which, None).await;
        assert_eq!(ended.unwrap_err().kind(), ErrorKind::ProveAgain);
    }
    assert_eq!(session, before);
}

#[tokio::test]
async fn with_the_current_password_a_change_is_made_in_a_session_of_its_own() {
    let bench = FakeBench::start(identity()).await;
    let session = paired(&bench).await;
    let mut exchange = change(&bench, &session, "not the password").await;
    let step = answer(&mut *exchange, new(NEW)).await;
    assert!(matches!(step, Step::Ask(Challenge::Password { current: true }, Some(Problem::WrongPassword))));
    assert_eq!(exchange.renewed(), None);
    answer(&mut *exchange, Answer::Password(bench.password())).await;
    let step = answer(&mut *exchange, new("12345")).await;
    assert!(matches!(step, Step::Ask(_, Some(Problem::WeakPassword(_)))), "{step:?}");
    let mut entered = exchange.renewed().unwrap().clone();
    bench.provider.sessions(&mut entered).await.unwrap();
    assert_eq!(bench.fake.tokens(), 0, "what the phone gave is not needed any more");
    let step = answer(&mut *exchange, new(NEW)).await;
    let Step::Done(Outcome::PasswordChanged { session: Some(mut session), .. }) = step else {
        panic!("changed: {step:?}")
    };
    bench.provider.check(&mut session).await.unwrap();
    super::signed_in(&bench, NEW).await;
}

#[tokio::test]
async fn a_change_that_needs_more_than_the_password_asks_for_a_sign_in() {
    for site in [Site { second_factor: true, ..identity() }, Site { nameless: true, ..identity() }] {
        let bench = FakeBench::start(site).await;
        let session = paired(&bench).await;
        let mut exchange = change(&bench, &session, Fake::PASSWORD).await;
        let step = exchange.answer(new(NEW)).await;
        assert_eq!(step.unwrap_err().kind(), ErrorKind::ProveAgain);
        assert_eq!(exchange.renewed(), None);
        bench.provider.check(&mut session.clone()).await.unwrap();
    }
}

/// A person whose password is kept here, and who signs in with the phone this time.
async fn kept_and_paired(bench: &FakeBench) -> (Deps, Account) {
    let random = Arc::new(SeededRandom::new(1));
    let account = Account::new(
        AccountId::random(&*random),
        Server { kind: Kind::Allauth, base: bench.cable.address().parse().unwrap(), key: None },
        "Dorfladen",
        Fake::EMAIL,
    );
    let accounts = Arc::new(Accounts::in_memory());
    let deps = Deps { accounts, store: Arc::new(Memory::new()), clock: bench.fake.clock.clone(), random };
    let begin = async |purpose| {
        Flow::begin(deps.clone(), bench.provider.clone(), account.clone(), purpose).await.unwrap()
    };
    let mut flow = begin(Purpose::SignIn).await;
    flow.answer(Given::Password(bench.password())).await.unwrap();
    let mut flow = begin(Purpose::Pair).await;
    let Question::ScanQr(ask) = flow.question().clone() else { panic!("{:?}", flow.question()) };
    bench.approve(&ask).await;
    flow.answer(Given::Wait).await.unwrap();
    flow.answer(Given::Yes).await.unwrap();
    assert_eq!(flow.account().id, account.id);
    let account = flow.account().clone();
    (deps, account)
}

#[tokio::test]
async fn the_saved_password_opens_the_list_of_sessions() {
    let bench = FakeBench::start(identity()).await;
    let (deps, account) = kept_and_paired(&bench).await;
    assert_eq!(bench.fake.tokens(), 2);
    let devices = signed_in::sessions(&deps, &bench.provider, &account).await.unwrap();
    assert_eq!(devices.iter().filter(|device| device.current).count(), 1);
    assert_eq!(bench.fake.tokens(), 0, "a whole session has taken their place");
    signed_in::end(&deps, &bench.provider, &account, Which::AllOthers).await.unwrap();
    assert_eq!(signed_in::sessions(&deps, &bench.provider, &account).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_saved_password_changes_itself() {
    let bench = FakeBench::start(identity()).await;
    let (deps, account) = kept_and_paired(&bench).await;
    let mut flow =
        Flow::begin(deps.clone(), bench.provider.clone(), account.clone(), Purpose::ChangePassword)
            .await
            .unwrap();
    let given = Given::NewPassword { password: Secret::new(NEW), repeat: Secret::new(NEW) };
    flow.answer(given).await.unwrap();
    let Question::Done(finish) = flow.question() else { panic!("{:?}", flow.question()) };
    assert_eq!(finish.what, Done::PasswordChanged);
    signed_in::check(&deps, &bench.provider, &account).await.unwrap();
    super::signed_in(&bench, NEW).await;
}
