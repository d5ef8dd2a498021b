//! The adapter to Ory Kratos against a fake that was built from the published API description.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a surprise must stop the test")]

use std::sync::Arc;
use std::time::Duration;

use accounts::clock::ManualClock;
use accounts::http::Http;
use accounts::provider::conformance::Verdict::{NotOffered, Works};
use accounts::provider::conformance::{self, Bench, Cable, Habits, Setup};
use accounts::provider::kratos::fake::{self, ADDRESS, Fake, HABITS, PASSWORD, USERNAME};
use accounts::provider::{CodeAsk, Desk, Way, Which, kratos};
use accounts::{
    Answer, Challenge, ErrorKind, Exchange, Intent, Outcome, Problem, Provider, Secret, Session, Step,
};
use async_trait::async_trait;
use axum::Router;
use axum::http::StatusCode;
use tokio::net::TcpListener;

#[path = "fake_kratos/addresses.rs"]
mod addresses;

const NEW: &str = "mossy-kettle-Walnut-29";

struct FakeBench {
    provider: Arc<dyn Provider>,
    clock: Arc<ManualClock>,
    fake: Fake,
    cable: Cable,
}

impl FakeBench {
    async fn start(setup: fake::Setup) -> Self {
        let clock = Arc::new(ManualClock::at(1_800_000_000));
        let (fake, address) = Fake::start(setup, clock.clone()).await;
        let cable = Cable::to(address).await.unwrap();
        let base = cable.address().parse().unwrap();
        let desk = Desk { http: Http::new().unwrap(), clock: clock.clone(), base, device: "Regain".into() };
        let bench = Self { provider: kratos::find(desk).await.unwrap(), clock, fake, cable };
        bench.sign_in(USERNAME, PASSWORD).await;
        bench
    }

    async fn sign_in(&self, identifier: &str, password: &str) -> Step {
        let (mut exchange, _) =
            self.provider.begin(Intent::SignIn { identifier: identifier.into() }).await.unwrap();
        exchange.answer(Answer::Password(Secret::new(password))).await.unwrap()
    }

    async fn session(&self) -> Session {
        match self.sign_in(USERNAME, PASSWORD).await {
            Step::Done(Outcome::SignedIn(session)) => session,
            other => panic!("signed in: {other:?}"),
        }
    }

    async fn recover(&self, identifier: &str) -> (Box<dyn Exchange>, CodeAsk) {
        let intent = Intent::Recover { identifier: identifier.into() };
        match self.provider.begin(intent).await.unwrap() {
            (exchange, Challenge::Code(ask)) => (exchange, ask),
            (_, other) => panic!("a code is asked for: {other:?}"),
        }
    }

    fn code(&self) -> Secret {
        Secret::new(self.fake.mailed().unwrap().1)
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
        USERNAME.into()
    }

    fn password(&self) -> Secret {
        Secret::new(PASSWORD)
    }

    fn other_identifiers(&self) -> Vec<String> {
        vec![ADDRESS.into()]
    }

    fn recover_as(&self) -> String {
        ADDRESS.into()
    }

    fn nobody(&self) -> String {
        "nobody@mail.example".into()
    }

    async fn mailed(&self) -> Secret {
        self.code()
    }

    fn saved_code(&self) -> Option<Secret> {
        Some(Secret::new(fake::SAVED_CODE))
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_adapter_conforms() {
    let bench =
        async |Setup { second_factor, .. }| FakeBench::start(fake::Setup { second_factor, ..plain() }).await;
    let report = conformance::all(bench).await;
    let expected = [
        ("Sign in", Works),
        ("Second factor", Works),
        ("Recovery by mailed code", Works),
        ("Recovery by mailed link", NotOffered),
        ("Recovery by saved code", NotOffered),
        ("Change with the current password", Works),
        ("Change by mail while signed in", Works),
        ("List and end sessions", Works),
        ("Sign out", Works),
        ("Renews a session", NotOffered),
        ("A lost answer is found", Works),
        ("A restart in mid-flow is survived", NotOffered),
        ("A limit is met and waited out", NotOffered),
    ];
    assert_eq!(report, expected);
}

/// `feature_flags.choose_recovery_address`, with one address: neither choice nor confirmation is asked for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_adapter_conforms_to_the_newer_recovery() {
    conformance::all(async |Setup { second_factor, .. }| {
        FakeBench::start(fake::Setup { second_factor, choose_address: true, ..plain() }).await
    })
    .await;
}

/// Without `feature_flags.use_continue_with_transitions`, recovery ends on a web page.
#[tokio::test]
async fn a_recovery_that_needs_a_browser_says_so() {
    let bench = FakeBench::start(fake::Setup { transitions: false, ..plain() }).await;
    let (mut exchange, _) = bench.recover(ADDRESS).await;
    let wrong = exchange.answer(Answer::Code(Secret::new("000000"))).await.unwrap();
    assert!(matches!(wrong, Step::Ask(Challenge::Code(_), Some(Problem::WrongCode))), "{wrong:?}");
    let error = exchange.answer(Answer::Code(bench.code())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);

    // There, a flow that has run out is a redirection.
    let (mut exchange, _) = bench.recover(ADDRESS).await;
    bench.clock.advance(Duration::from_secs(3601));
    let error = exchange.answer(Answer::Code(bench.code())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Expired);
}

#[tokio::test]
async fn a_recovery_asks_for_an_address() {
    let bench = FakeBench::start(plain()).await;
    let error = bench.provider.begin(Intent::Recover { identifier: USERNAME.into() }).await.map(|_| ());
    assert_eq!(error.unwrap_err().kind(), ErrorKind::NeedsMailbox);
}

/// The server leaves other sessions standing when a password is set; a recovery is for driving others out.
#[tokio::test]
async fn a_recovery_ends_the_other_sessions_and_keeps_its_own() {
    let bench = FakeBench::start(plain()).await;
    let before = bench.fake.sessions();
    let (mut exchange, _) = bench.recover(ADDRESS).await;
    exchange.answer(Answer::Code(bench.code())).await.unwrap();
    let step = exchange.answer(Answer::NewPassword(Secret::new(NEW))).await.unwrap();
    let Step::Done(Outcome::PasswordChanged { session: Some(mut session), sessions_ended }) = step else {
        panic!("changed, and signed in: {step:?}");
    };
    assert_eq!(sessions_ended, Some(u32::try_from(before).unwrap()));
    assert_eq!(session.address.as_deref(), Some(ADDRESS));
    bench.provider.check(&mut session).await.unwrap();
}

#[tokio::test]
async fn a_recovered_session_that_waited_too_long_starts_again() {
    let bench = FakeBench::start(plain()).await;
    let before = bench.fake.sessions();
    let (mut exchange, _) = bench.recover(ADDRESS).await;
    exchange.answer(Answer::Code(bench.code())).await.unwrap();
    bench.clock.advance(Duration::from_secs(3601));
    let error = exchange.answer(Answer::NewPassword(Secret::new(NEW))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Expired);
    assert_eq!(bench.fake.sessions(), before, "the session that led nowhere is ended");
}

/// A session of yesterday may not set a password: the current one makes it fresh.
#[tokio::test]
async fn an_old_session_changes_the_password_after_all() {
    let bench = FakeBench::start(plain()).await;
    let session = bench.session().await;
    bench.clock.advance(Duration::from_secs(7200));
    let (mut exchange, _) = bench.provider.begin(Intent::ChangePassword { session }).await.unwrap();
    exchange.answer(Answer::Password(Secret::new(PASSWORD))).await.unwrap();
    let step = exchange.answer(Answer::NewPassword(Secret::new("short"))).await.unwrap();
    assert!(matches!(step, Step::Ask(Challenge::NewPassword(_), Some(Problem::WeakPassword(_)))), "{step:?}");
    let step = exchange.answer(Answer::NewPassword(Secret::new(NEW))).await.unwrap();
    assert!(matches!(step, Step::Done(Outcome::PasswordChanged { session: Some(_), .. })), "{step:?}");
}

#[tokio::test]
async fn a_saved_code_opens_once() {
    let bench = FakeBench::start(fake::Setup { second_factor: true, ..plain() }).await;
    for opens in [true, false] {
        let intent = Intent::SignIn { identifier: USERNAME.into() };
        let (mut exchange, _) = bench.provider.begin(intent).await.unwrap();
        let step = exchange.answer(Answer::Password(Secret::new(PASSWORD))).await.unwrap();
        let Step::Ask(Challenge::Code(ask), None) = step else { panic!("a second factor: {step:?}") };
        assert_eq!(ask.other_ways.contains(&Way::RecoveryCode), opens);
        if opens {
            exchange.answer(Answer::OtherWay(Way::RecoveryCode)).await.unwrap();
            let step = exchange.answer(Answer::Code(Secret::new(fake::SAVED_CODE))).await.unwrap();
            assert!(matches!(step, Step::Done(Outcome::SignedIn(_))), "{step:?}");
        }
    }
}

#[tokio::test]
async fn this_session_may_be_ended_from_the_list() {
    let bench = FakeBench::start(plain()).await;
    let mut session = bench.session().await;
    let list = bench.provider.sessions(&mut session).await.unwrap();
    let here = list.into_iter().find(|device| device.current).unwrap();
    assert!(here.name.starts_with("Regain/"), "{}", here.name);
    assert_eq!(bench.provider.end_session(&mut session, Which::One(here.id), None).await.unwrap(), Some(1));
    assert_eq!(bench.provider.check(&mut session).await.unwrap_err().kind(), ErrorKind::SignedOut);
    // Twice is no harm.
    bench.provider.end_session(&mut session, Which::This, None).await.unwrap();
}

/// Strangers are turned away in these very words, or it is another server.
#[tokio::test]
async fn another_server_is_told_apart() {
    for (status, body, kind) in [
        (401, r#"{"error":{"id":"session_inactive"}}"#, None),
        (401, r#"{"error":"unauthorized"}"#, Some(ErrorKind::Protocol)),
        (200, "<html>", Some(ErrorKind::Protocol)),
        (404, "", Some(ErrorKind::Protocol)),
        (502, "<html>", Some(ErrorKind::ServerTrouble)),
    ] {
        let answer = (StatusCode::from_u16(status).unwrap(), body);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        let router = Router::new().fallback(move || async move { answer });
        tokio::spawn(async move { axum::serve(listener, router).await });
        let clock = Arc::new(ManualClock::at(1_800_000_000));
        let desk = Desk { http: Http::new().unwrap(), clock, base, device: "Regain".into() };
        let found = kratos::find(desk).await.map(|_| ());
        assert_eq!(found.err().map(|error| error.kind()), kind, "{status} {body}");
    }
}
