//! The conformance list, and what the adapter steps around, run against the fake PDS.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a surprise must stop the test")]

use std::sync::Arc;
use std::time::Duration;

use accounts::clock::ManualClock;
use accounts::http::Http;
use accounts::provider::atproto::fake::{DID, EMAIL, Fake, HABITS, HANDLE};
use accounts::provider::atproto::find;
use accounts::provider::conformance::{self, Bench, Cable, Habits, Setup};
use accounts::provider::{CodeAsk, CodePurpose, CodeShape, Desk, PasswordRules, WeakReason, Which};
use accounts::{
    Answer, Challenge, ErrorKind, Exchange, Intent, Outcome, Problem, Provider, Secret, Session, Step,
};
use async_trait::async_trait;

#[path = "../../../tests/servers/table.rs"]
mod table;

const PASSWORD: &str = "velvet-Otter-crossing-41";
const NEW: &str = "mossy-kettle-Walnut-29";

struct FakeBench {
    provider: Arc<dyn Provider>,
    clock: Arc<ManualClock>,
    cable: Cable,
    fake: Fake,
}

impl FakeBench {
    async fn start(setup: Setup) -> Self {
        let clock = Arc::new(ManualClock::at(1_800_000_000));
        let (fake, address) = Fake::start(clock.clone(), Secret::new(PASSWORD)).await.unwrap();
        if setup.limits {
            fake.limit();
        }
        let cable = Cable::to(address).await.unwrap();
        let base = cable.address().parse().unwrap();
        let desk = Desk { http: Http::new().unwrap(), clock: clock.clone(), base, device: "a bench".into() };
        let provider = find(desk).await.unwrap();
        let bench = Self { provider, clock, cable, fake };
        bench.sign_in(PASSWORD).await;
        bench
    }

    async fn new() -> Self {
        Self::start(Setup::default()).await
    }

    async fn begin(&self, intent: Intent) -> (Box<dyn Exchange>, Challenge) {
        self.provider.begin(intent).await.unwrap()
    }

    async fn sign_in(&self, password: &str) -> Session {
        let (mut exchange, _) = self.begin(Intent::SignIn { identifier: HANDLE.into() }).await;
        let step = exchange.answer(Answer::Password(Secret::new(password))).await.unwrap();
        let Step::Done(Outcome::SignedIn(session)) = step else { panic!("signed in: {step:?}") };
        session
    }

    async fn recover(&self) -> (Box<dyn Exchange>, CodeAsk) {
        let (exchange, challenge) = self.begin(Intent::Recover { identifier: EMAIL.into() }).await;
        let Challenge::Code(ask) = challenge else { panic!("a code is asked for: {challenge:?}") };
        (exchange, ask)
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
        HANDLE.into()
    }

    fn password(&self) -> Secret {
        Secret::new(PASSWORD)
    }

    fn other_identifiers(&self) -> Vec<String> {
        vec![EMAIL.into(), DID.into(), format!("@{HANDLE}"), "Jana@mail.example".into()]
    }

    fn recover_as(&self) -> String {
        EMAIL.into()
    }

    fn nobody(&self) -> String {
        "nobody-here@mail.example".into()
    }

    async fn mailed(&self) -> Secret {
        self.fake.mailed().unwrap()
    }

    fn saved_code(&self) -> Option<Secret> {
        None
    }

    fn authenticator(&self) -> Option<Secret> {
        None
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

    async fn restart(&self) -> bool {
        self.fake.restart();
        true
    }
}

#[tokio::test]
async fn the_fake_pds_and_its_adapter_conform() {
    let report = conformance::all(FakeBench::start).await;
    table::holds("AT Protocol", &report);
}

#[tokio::test]
async fn a_code_may_be_typed_small_and_without_its_dash() {
    let bench = FakeBench::new().await;
    let (mut exchange, ask) = bench.recover().await;
    assert_eq!(ask.shape, CodeShape::Groups { groups: 2, size: 5 });
    assert_eq!(ask.sent_to.as_deref(), Some("j•••@mail.example"));
    let code = bench.mailed().await.expose().to_lowercase().replace('-', " ");
    exchange.answer(Answer::Code(Secret::new(code))).await.unwrap();
    let step = exchange.answer(Answer::NewPassword(Secret::new(NEW))).await.unwrap();
    assert!(matches!(step, Step::Done(Outcome::PasswordChanged { session: None, .. })), "{step:?}");
    bench.sign_in(NEW).await;
}

#[tokio::test]
async fn half_a_code_is_wrong_before_a_password_is_asked_for() {
    let bench = FakeBench::new().await;
    let (mut exchange, _) = bench.recover().await;
    for half in ["", "VJXFA", "VJXFA-KGQS"] {
        let step = exchange.answer(Answer::Code(Secret::new(half))).await.unwrap();
        assert!(matches!(step, Step::Ask(Challenge::Code(_), Some(Problem::WrongCode))), "{step:?}");
    }
}

#[tokio::test]
async fn a_password_that_the_server_would_take_is_refused_here() {
    let bench = FakeBench::new().await;
    let (mut exchange, _) = bench.recover().await;
    exchange.answer(Answer::Code(bench.mailed().await)).await.unwrap();
    for weak in ["", "1", "1234567"] {
        let step = exchange.answer(Answer::NewPassword(Secret::new(weak))).await.unwrap();
        assert_eq!(reasons(step), [WeakReason::TooShort { min: PasswordRules::FLOOR.min_length }]);
    }
    let long = "x".repeat(257);
    let step = exchange.answer(Answer::NewPassword(Secret::new(long))).await.unwrap();
    assert_eq!(reasons(step), [WeakReason::TooLong { max: 256 }]);
    let step = exchange.answer(Answer::NewPassword(Secret::new(NEW))).await.unwrap();
    assert!(matches!(step, Step::Done(_)), "{step:?}");
}

fn reasons(step: Step) -> Vec<WeakReason> {
    match step {
        Step::Ask(Challenge::NewPassword(_), Some(Problem::WeakPassword(reasons))) => reasons,
        other => panic!("a weak password: {other:?}"),
    }
}

#[tokio::test]
async fn recovery_wants_a_mailbox() {
    let bench = FakeBench::new().await;
    for identifier in [HANDLE, DID, "@jana.test"] {
        let begun = bench.provider.begin(Intent::Recover { identifier: identifier.into() }).await;
        assert_eq!(begun.map(|_| ()).unwrap_err().kind(), ErrorKind::NeedsMailbox, "{identifier}");
    }
}

#[tokio::test]
async fn a_new_mail_is_asked_for_once_a_minute_and_when_the_server_allows_it() {
    let bench = FakeBench::start(Setup { limits: true, ..Setup::default() }).await;
    let (mut exchange, _) = bench.recover().await;
    let step = exchange.answer(Answer::Resend).await.unwrap();
    assert_eq!(told_to_wait(step), Duration::from_secs(60));
    bench.advance(Duration::from_secs(45)).await;
    let step = exchange.answer(Answer::Resend).await.unwrap();
    assert_eq!(told_to_wait(step), Duration::from_secs(15));
    for _ in 0..14 {
        bench.advance(Duration::from_secs(60)).await;
        let step = exchange.answer(Answer::Resend).await.unwrap();
        assert!(matches!(step, Step::Ask(Challenge::Code(_), None)), "{step:?}");
    }
    bench.advance(Duration::from_secs(60)).await;
    let step = exchange.answer(Answer::Resend).await.unwrap();
    // Of the hour, 45 s and fifteen minutes have gone.
    assert_eq!(told_to_wait(step), Duration::from_secs(3600 - 45 - 900));
    bench.advance(Duration::from_secs(3600 - 45 - 900)).await;
    let step = exchange.answer(Answer::Resend).await.unwrap();
    assert!(matches!(step, Step::Ask(Challenge::Code(_), None)), "{step:?}");
}

fn told_to_wait(step: Step) -> Duration {
    match step {
        Step::Ask(Challenge::Code(_), Some(Problem::TooSoon { wait })) => wait,
        other => panic!("too soon: {other:?}"),
    }
}

/// After a renewal the token before it could be renewed again for two hours, signed out or not.
#[tokio::test]
async fn signing_out_ends_the_token_before_the_last_one_too() {
    let bench = FakeBench::new().await;
    let mut session = bench.sign_in(PASSWORD).await;
    let mut kept = session.clone();
    bench.advance(Duration::from_secs(2 * 60 * 60 + 1)).await;
    bench.provider.check(&mut session).await.unwrap();
    bench.provider.end_session(&mut session, Which::This, None).await.unwrap();
    assert_eq!(bench.provider.check(&mut kept).await.unwrap_err().kind(), ErrorKind::SignedOut);
    bench.provider.end_session(&mut session, Which::This, None).await.expect("it is done already");
}

#[tokio::test]
async fn a_change_goes_by_mail_to_the_accounts_own_address() {
    let bench = FakeBench::new().await;
    let session = bench.sign_in(PASSWORD).await;
    assert_eq!(session.address.as_deref(), Some(EMAIL));
    // Run out, and with its address unknown as in a store of long ago: it must be renewed.
    bench.advance(Duration::from_secs(2 * 60 * 60 + 1)).await;
    let old = Session::of(session.state().clone(), None);
    let (exchange, _) = bench.begin(Intent::ChangePassword { session: old.clone() }).await;
    let mut renewed = exchange.renewed().expect("to be saved").clone();
    assert!(renewed != old && renewed.address.as_deref() == Some(EMAIL));
    bench.provider.check(&mut renewed).await.unwrap();
    // With its address known, no token need be spent before the mail is on its way.
    let (exchange, _) = bench.begin(Intent::ChangePassword { session }).await;
    assert!(exchange.renewed().is_none());
}

#[tokio::test]
async fn sessions_are_not_listed_and_others_not_ended() {
    let bench = FakeBench::new().await;
    let mut session = bench.sign_in(PASSWORD).await;
    let list = bench.provider.sessions(&mut session).await;
    assert_eq!(list.unwrap_err().kind(), ErrorKind::Unsupported);
    for which in [Which::AllOthers, Which::One("1".into())] {
        let ended = bench.provider.end_session(&mut session, which, None).await;
        assert_eq!(ended.unwrap_err().kind(), ErrorKind::Unsupported);
    }
}

/// The reference server never asks; this follows the lexicon's `authFactorToken` alone.
#[tokio::test]
async fn a_mailed_code_at_sign_in_is_asked_for_where_the_server_wants_one() {
    let bench = FakeBench::new().await;
    bench.fake.want_factor();
    let (mut exchange, _) = bench.begin(Intent::SignIn { identifier: EMAIL.into() }).await;
    let step = exchange.answer(Answer::Password(Secret::new(PASSWORD))).await.unwrap();
    let Step::Ask(Challenge::Code(ask), None) = step else { panic!("a code is asked for: {step:?}") };
    assert_eq!(ask.purpose, CodePurpose::SecondFactor);
    bench.mailed().await;
    for wrong in ["AAAAA-AAAAA", "AAA"] {
        let step = exchange.answer(Answer::Code(Secret::new(wrong))).await.unwrap();
        assert!(matches!(step, Step::Ask(Challenge::Code(_), Some(Problem::WrongCode))), "{step:?}");
    }
    let step = exchange.answer(Answer::Resend).await.unwrap();
    assert_eq!(told_to_wait(step), Duration::from_secs(60));
    bench.advance(Duration::from_secs(61)).await;
    let step = exchange.answer(Answer::Resend).await.unwrap();
    assert!(matches!(step, Step::Ask(Challenge::Code(_), None)), "{step:?}");
    let code = bench.mailed().await.expose().to_lowercase().replace('-', "");
    let step = exchange.answer(Answer::Code(Secret::new(code))).await.unwrap();
    assert!(matches!(step, Step::Done(Outcome::SignedIn(_))), "{step:?}");
}

#[tokio::test]
async fn another_server_is_no_pds() {
    use axum::Router;
    use axum::http::StatusCode;
    use axum::routing::any;
    for (status, body, kind) in [
        (200, "<html>Welcome to our hotel</html>", ErrorKind::Protocol),
        (200, r#"{"did":"x","availableUserDomains":[]}"#, ErrorKind::Protocol),
        (200, r#"{"did":"did:web:x"}"#, ErrorKind::Protocol),
        (404, r#"{"error":"NotFound"}"#, ErrorKind::Protocol),
        (429, "slow down", ErrorKind::Protocol),
        (429, r#"{"error":"RateLimitExceeded"}"#, ErrorKind::RateLimited { wait: None }),
        (502, "bad gateway", ErrorKind::ServerTrouble),
    ] {
        let status = StatusCode::from_u16(status).unwrap();
        let pages = Router::new().fallback(any(async move || (status, body)));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move { axum::serve(listener, pages).await });
        let clock = Arc::new(ManualClock::at(1_800_000_000));
        let desk = Desk { http: Http::new().unwrap(), clock, base, device: "a bench".into() };
        assert_eq!(find(desk).await.map(|_| ()).unwrap_err().kind(), kind, "{status} {body}");
    }
}
