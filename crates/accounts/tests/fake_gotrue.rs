//! The adapter to Supabase Auth against a fake that was built from its published client.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a surprise must stop the test")]

use std::sync::Arc;
use std::time::Duration;

use accounts::clock::ManualClock;
use accounts::http::Http;
use accounts::provider::conformance::Verdict::{NotOffered, Works};
use accounts::provider::conformance::{self, Bench, Cable, Habits, Setup};
use accounts::provider::gotrue::fake::{self, ADDRESS, Fake, HABITS, PASSWORD, PHONE};
use accounts::provider::{CodePurpose, Desk, Kind, Providers, PublicKey, Server, WeakReason, Which, gotrue};
use accounts::{
    Answer, Challenge, ErrorKind, Exchange, Intent, Outcome, Problem, Provider, Secret, Session, Step,
};
use async_trait::async_trait;
use axum::Router;
use axum::http::StatusCode;
use tokio::net::TcpListener;

const NEW: &str = "mossy-kettle-Walnut-29";

struct FakeBench {
    provider: Arc<dyn Provider>,
    clock: Arc<ManualClock>,
    fake: Fake,
    cable: Cable,
}

impl FakeBench {
    async fn start(setup: fake::Setup) -> Self {
        let key = setup.key.map(|key| PublicKey::read(key).unwrap());
        let clock = Arc::new(ManualClock::at(1_800_000_000));
        let (fake, address) = Fake::start(setup, clock.clone()).await;
        let cable = Cable::to(address).await.unwrap();
        let base = cable.address().parse().unwrap();
        let desk = Desk { http: Http::new().unwrap(), clock: clock.clone(), base, device: "Regain".into() };
        let provider = gotrue::find(desk, key.as_ref()).await.unwrap();
        let bench = Self { provider, clock, fake, cable };
        bench.sign_in(ADDRESS, PASSWORD).await;
        bench
    }

    async fn sign_in(&self, identifier: &str, password: &str) -> Step {
        let (mut exchange, _) =
            self.provider.begin(Intent::SignIn { identifier: identifier.into() }).await.unwrap();
        exchange.answer(Answer::Password(Secret::new(password))).await.unwrap()
    }

    async fn session(&self) -> Session {
        match self.sign_in(ADDRESS, PASSWORD).await {
            Step::Done(Outcome::SignedIn(session)) => session,
            other => panic!("signed in: {other:?}"),
        }
    }

    async fn recover(&self) -> Box<dyn Exchange> {
        self.provider.begin(Intent::Recover { identifier: ADDRESS.into() }).await.unwrap().0
    }

    async fn change(&self) -> Box<dyn Exchange> {
        let session = self.session().await;
        let (mut exchange, _) = self.provider.begin(Intent::ChangePassword { session }).await.unwrap();
        exchange.answer(Answer::Password(Secret::new(PASSWORD))).await.unwrap();
        exchange
    }

    fn code(&self) -> Secret {
        Secret::new(self.fake.mailed().unwrap())
    }
}

#[async_trait]
impl Bench for FakeBench {
    fn provider(&self) -> Arc<dyn Provider> {
        self.provider.clone()
    }

    fn habits(&self) -> Habits {
        HABITS
    }

    fn identifier(&self) -> String {
        ADDRESS.into()
    }

    fn password(&self) -> Secret {
        Secret::new(PASSWORD)
    }

    fn other_identifiers(&self) -> Vec<String> {
        vec!["+49 151 2345678".into(), PHONE.into()]
    }

    fn nobody(&self) -> String {
        "nobody@mail.example".into()
    }

    async fn mailed(&self) -> Secret {
        self.code()
    }

    fn saved_code(&self) -> Option<Secret> {
        None
    }

    fn authenticator(&self) -> Option<Secret> {
        Some(Secret::new(fake::AUTHENTICATOR))
    }

    async fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    async fn cut(&self) -> bool {
        self.cable.cut();
        true
    }

    async fn mend(&self) {
        self.cable.mend();
    }
}

fn plain() -> fake::Setup {
    fake::Setup::default()
}

async fn set(exchange: &mut dyn Exchange, password: &str) -> Step {
    exchange.answer(Answer::NewPassword(Secret::new(password))).await.unwrap()
}

fn reasons(step: Step) -> Vec<WeakReason> {
    match step {
        Step::Ask(Challenge::NewPassword(_), Some(Problem::WeakPassword(reasons))) => reasons,
        other => panic!("refused with reasons: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_adapter_conforms() {
    let report = conformance::all(async |Setup { second_factor, limits }| {
        FakeBench::start(fake::Setup { second_factor, limits, ..plain() }).await
    })
    .await;
    let expected = [
        ("Sign in", Works),
        ("Second factor", Works),
        ("Recovery by mailed code", Works),
        ("Recovery by mailed link", NotOffered),
        ("Recovery by saved code", NotOffered),
        ("Change with the current password", Works),
        ("Change by mail while signed in", Works),
        ("List and end sessions", NotOffered),
        ("Sign out", Works),
        ("Renews a session", Works),
        ("A lost answer is found", Works),
        ("A restart in mid-flow is survived", NotOffered),
        ("A limit is met and waited out", Works),
    ];
    assert_eq!(report, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_adapter_conforms_behind_the_gateway_and_with_the_older_errors() {
    conformance::all(async |Setup { second_factor, limits }| {
        let setup = fake::Setup { path: "/auth/v1", older: true, second_factor, limits, ..plain() };
        FakeBench::start(setup).await
    })
    .await;
}

const KEY: &str = "sb_publishable_of-the-project";

/// As Supabase hosts it: the key goes along with every request.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_adapter_conforms_behind_a_gateway_that_wants_a_key() {
    conformance::all(async |Setup { second_factor, limits }| {
        let setup = fake::Setup { path: "/auth/v1", key: Some(KEY), second_factor, limits, ..plain() };
        FakeBench::start(setup).await
    })
    .await;
}

#[tokio::test]
async fn a_gateway_that_wants_a_key_is_told_from_an_empty_address() {
    let clock = Arc::new(ManualClock::at(1_800_000_000));
    let setup = fake::Setup { path: "/auth/v1", key: Some(KEY), ..plain() };
    let (_fake, address) = Fake::start(setup, clock.clone()).await;
    let (typed, key) = (address.to_string(), |key: &str| PublicKey::read(key).unwrap());
    let providers = Providers::new(Http::new().unwrap(), clock.clone(), "Regain");
    let error = providers.find(&typed).await.map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WantsKey);
    let error = providers.find_with(&typed, Some(&key("sb_publishable_old"))).await.map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongKey);
    let found = providers.find_with(&typed, Some(&key(KEY))).await.unwrap().unwrap();
    let server = found[0].server.clone();
    assert_eq!((found.len(), server.kind, server.key.clone()), (1, Kind::GoTrue, Some(key(KEY))));

    // What was spoken to with one key is not taken for another one's.
    let other = Server { key: Some(key("sb_publishable_old")), ..server.clone() };
    let error = providers.get(&other).await.map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongKey);
    providers.get(&Server { key: None, ..server.clone() }).await.map(|_| ()).unwrap();

    // The list of accounts has the key, or had another one.
    let later = Providers::new(Http::new().unwrap(), clock.clone(), "Regain");
    later.get(&server).await.map(|_| ()).unwrap();
    for (known, kind) in [(None, ErrorKind::WantsKey), (Some(key("old")), ErrorKind::WrongKey)] {
        let later = Providers::new(Http::new().unwrap(), clock.clone(), "Regain");
        let error = later.get(&Server { key: known, ..server.clone() }).await.map(|_| ()).unwrap_err();
        assert_eq!(error.kind(), kind);
    }
}

/// The mail has a link instead of a code, unless the server's owner has changed it: it may be pasted.
#[tokio::test]
async fn a_pasted_link_does_for_a_code() {
    let bench = FakeBench::start(plain()).await;
    let mut exchange = bench.recover().await;
    let link = bench.fake.link().unwrap();
    let wrong = link.replace("token=hash", "token=other");
    let step = exchange.answer(Answer::Code(Secret::new(wrong))).await.unwrap();
    assert!(matches!(step, Step::Ask(Challenge::Code(_), Some(Problem::WrongCode))), "{step:?}");
    let step = exchange.answer(Answer::Code(Secret::new(format!(" {link}\n")))).await.unwrap();
    assert!(matches!(step, Step::Ask(Challenge::NewPassword(_), None)), "{step:?}");
    let step = set(&mut *exchange, NEW).await;
    let Step::Done(Outcome::PasswordChanged { session: Some(mut session), .. }) = step else {
        panic!("changed, and signed in: {step:?}");
    };
    assert_eq!(bench.fake.sessions(), 1, "the server has ended the others");
    bench.provider.check(&mut session).await.unwrap();
}

#[tokio::test]
async fn a_code_may_be_typed_in_groups() {
    let bench = FakeBench::start(plain()).await;
    let mut exchange = bench.recover().await;
    let code = bench.fake.mailed().unwrap();
    let grouped = format!("{} {}", &code[..3], &code[3..]);
    let step = exchange.answer(Answer::Code(Secret::new(grouped))).await.unwrap();
    assert!(matches!(step, Step::Ask(Challenge::NewPassword(_), None)), "{step:?}");
}

#[tokio::test]
async fn a_second_mail_within_the_minute_is_put_off() {
    let bench = FakeBench::start(fake::Setup { limits: true, ..plain() }).await;
    let mut exchange = bench.recover().await;
    let step = exchange.answer(Answer::Resend).await.unwrap();
    assert!(matches!(step, Step::Ask(Challenge::Code(_), Some(Problem::TooSoon { .. }))), "{step:?}");
    // The first code is as good as before.
    let step = exchange.answer(Answer::Code(bench.code())).await.unwrap();
    assert!(matches!(step, Step::Ask(Challenge::NewPassword(_), None)), "{step:?}");
}

/// bcrypt takes 72 bytes, and the server fails on more without saying why.
#[tokio::test]
async fn a_password_of_too_many_bytes_is_not_sent() {
    let bench = FakeBench::start(plain()).await;
    let mut exchange = bench.recover().await;
    exchange.answer(Answer::Code(bench.code())).await.unwrap();
    let step = set(&mut *exchange, &"Длинный-пароль ".repeat(3)).await;
    assert_eq!(reasons(step), [WeakReason::TooLong { max: 38 }]);
    let step = set(&mut *exchange, NEW).await;
    assert!(matches!(step, Step::Done(Outcome::PasswordChanged { .. })), "{step:?}");
}

#[tokio::test]
async fn a_refused_password_is_told_what_it_lacks() {
    let bench = FakeBench::start(fake::Setup { wants_kinds: true, ..plain() }).await;
    let mut exchange = bench.change().await;
    let before = bench.fake.sessions();
    let step = set(&mut *exchange, "only-small-letters").await;
    assert_eq!(reasons(step), [WeakReason::NeedsUppercase, WeakReason::NeedsDigit]);
    let step = set(&mut *exchange, PASSWORD).await;
    assert_eq!(reasons(step), [WeakReason::SameAsCurrent]);
    assert_eq!(bench.fake.sessions(), before, "what was opened for a proof is ended");
    let step = set(&mut *exchange, NEW).await;
    assert!(matches!(step, Step::Done(Outcome::PasswordChanged { session: Some(_), .. })), "{step:?}");
}

/// "Secure password change": a mailed code goes along with the new password.
#[tokio::test]
async fn a_server_that_wants_a_mailed_code_gets_it() {
    let bench = FakeBench::start(fake::Setup { wants_code: true, ..plain() }).await;
    let mut exchange = bench.change().await;
    let step = set(&mut *exchange, NEW).await;
    assert!(matches!(step, Step::Ask(Challenge::Code(_), None)), "{step:?}");
    exchange.answer(Answer::Code(Secret::new("000000"))).await.unwrap();
    let step = set(&mut *exchange, NEW).await;
    assert!(matches!(step, Step::Ask(Challenge::Code(_), Some(Problem::WrongCode))), "{step:?}");
    let first = bench.code();
    exchange.answer(Answer::Resend).await.unwrap();
    assert_ne!(bench.code(), first);
    exchange.answer(Answer::Code(bench.code())).await.unwrap();
    let step = set(&mut *exchange, NEW).await;
    assert!(matches!(step, Step::Done(Outcome::PasswordChanged { session: Some(_), .. })), "{step:?}");
}

#[tokio::test]
async fn a_change_asks_for_the_authenticator() {
    let bench = FakeBench::start(fake::Setup { second_factor: true, ..plain() }).await;
    let intent = Intent::SignIn { identifier: ADDRESS.into() };
    let (mut exchange, _) = bench.provider.begin(intent).await.unwrap();
    exchange.answer(Answer::Password(Secret::new(PASSWORD))).await.unwrap();
    let step = exchange.answer(Answer::Code(Secret::new(fake::AUTHENTICATOR))).await.unwrap();
    let Step::Done(Outcome::SignedIn(session)) = step else { panic!("signed in: {step:?}") };

    let (mut exchange, _) = bench.provider.begin(Intent::ChangePassword { session }).await.unwrap();
    exchange.answer(Answer::Password(Secret::new(PASSWORD))).await.unwrap();
    let step = set(&mut *exchange, NEW).await;
    let Step::Ask(Challenge::Code(ask), None) = step else { panic!("the authenticator: {step:?}") };
    assert_eq!(ask.purpose, CodePurpose::SecondFactor);
    let step = exchange.answer(Answer::Code(Secret::new("000000"))).await.unwrap();
    assert!(matches!(step, Step::Ask(Challenge::Code(_), Some(Problem::WrongCode))), "{step:?}");
    exchange.answer(Answer::Code(Secret::new(fake::AUTHENTICATOR))).await.unwrap();
    let step = set(&mut *exchange, NEW).await;
    assert!(matches!(step, Step::Done(Outcome::PasswordChanged { session: Some(_), .. })), "{step:?}");
}

#[tokio::test]
async fn only_addresses_and_numbers_sign_in_and_only_addresses_recover() {
    let bench = FakeBench::start(plain()).await;
    for (intent, kind) in [
        (Intent::SignIn { identifier: "jana".into() }, ErrorKind::BadIdentifier),
        (Intent::Recover { identifier: PHONE.into() }, ErrorKind::NeedsMailbox),
    ] {
        let error = bench.provider.begin(intent).await.map(|_| ()).unwrap_err();
        assert_eq!(error.kind(), kind);
    }
}

/// There is no list, and others can be ended all the same. A logout without a scope would end them all.
#[tokio::test]
async fn others_are_ended_and_this_one_alone() {
    let bench = FakeBench::start(plain()).await;
    let (mut here, mut there) = (bench.session().await, bench.session().await);
    assert_eq!(bench.provider.sessions(&mut here).await.unwrap_err().kind(), ErrorKind::Unsupported);
    bench.provider.end_session(&mut here, Which::AllOthers, None).await.unwrap();
    bench.provider.check(&mut here).await.unwrap();
    assert_eq!(bench.provider.check(&mut there).await.unwrap_err().kind(), ErrorKind::SignedOut);

    let mut there = bench.session().await;
    bench.provider.end_session(&mut here, Which::This, None).await.unwrap();
    bench.provider.check(&mut there).await.unwrap();
    bench.provider.end_session(&mut here, Which::This, None).await.unwrap();
}

/// A telephone is a second factor that this program cannot ask for.
#[tokio::test]
async fn a_recovery_that_cannot_go_on_leaves_no_session_behind() {
    let bench = FakeBench::start(fake::Setup { second_factor: true, by_phone: true, ..plain() }).await;
    let before = bench.fake.sessions();
    let mut exchange = bench.recover().await;
    exchange.answer(Answer::Code(bench.code())).await.unwrap();
    let error = exchange.answer(Answer::NewPassword(Secret::new(NEW))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(bench.fake.sessions(), before);
}

#[tokio::test]
async fn another_server_is_told_apart() {
    for (status, body, kind) in [
        (200, r#"{"name":"GoTrue"}"#, None),
        (200, r#"{"name":"another"}"#, Some(ErrorKind::Protocol)),
        (200, "<html>", Some(ErrorKind::Protocol)),
        // The gateway of a hosted project, without its public key.
        (401, r#"{"message":"No API key found in request"}"#, Some(ErrorKind::WantsKey)),
        // Somebody else's refusal, where no key was given.
        (401, r#"{"message":"Unauthorized"}"#, Some(ErrorKind::Protocol)),
        (401, r#"{"error_code":"x","message":"No API key found in request"}"#, Some(ErrorKind::Protocol)),
        (502, "<html>", Some(ErrorKind::ServerTrouble)),
    ] {
        let answer = (StatusCode::from_u16(status).unwrap(), body);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        let router = Router::new().fallback(move || async move { answer });
        tokio::spawn(async move { axum::serve(listener, router).await });
        let clock = Arc::new(ManualClock::at(1_800_000_000));
        let desk = Desk { http: Http::new().unwrap(), clock, base, device: "Regain".into() };
        let found = gotrue::find(desk, None).await.map(|_| ());
        assert_eq!(found.err().map(|error| error.kind()), kind, "{status} {body}");
    }
}
