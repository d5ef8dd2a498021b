//! The conformance list against the fake homeserver, and Synapse's defects one by one.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a surprise must stop the test")]

use std::sync::Arc;
use std::time::Duration;

use accounts::clock::ManualClock;
use accounts::http::Http;
use accounts::provider::conformance::{self, Bench, Cable, Habits};
use accounts::provider::matrix::fake::{Fake, HABITS, Setup};
use accounts::provider::{Abilities, CodeAsk, Desk, PasswordRules, WeakReason, Which};
use accounts::{
    Answer, Challenge, ErrorKind, Exchange, Intent, Outcome, Problem, Provider, Secret, Session, Step,
};
use async_trait::async_trait;
use tokio::sync::Mutex;

#[path = "../../../tests/servers/table.rs"]
mod table;

const PASSWORD: &str = "velvet-Otter-crossing-41";
const NEW: &str = "mossy-kettle-Walnut-29";
const MAIL: &str = "jana@mail.example";

struct FakeBench {
    provider: Arc<dyn Provider>,
    clock: Arc<ManualClock>,
    cable: Cable,
    fake: Mutex<Fake>,
}

impl FakeBench {
    async fn start(setup: Setup) -> Self {
        let clock = Arc::new(ManualClock::at(1_800_000_000));
        let fake = Fake::start(clock.clone(), setup).await;
        fake.add("jana", MAIL, PASSWORD);
        let cable = Cable::to(fake.address()).await.unwrap();
        let desk = Desk {
            http: Http::new().unwrap(),
            clock: clock.clone(),
            base: cable.address().parse().unwrap(),
            device: "Regain on a bench".into(),
        };
        let provider = accounts::provider::matrix::find(desk).await.unwrap();
        Self { provider, clock, cable, fake: Mutex::new(fake) }
    }

    async fn sign_in(&self, password: &str) -> Option<Session> {
        let intent = Intent::SignIn { identifier: "jana".into() };
        let (mut exchange, _) = self.provider.begin(intent).await.unwrap();
        match exchange.answer(Answer::Password(Secret::new(password))).await.unwrap() {
            Step::Done(Outcome::SignedIn(session)) => Some(session),
            _ => None,
        }
    }

    async fn recover(&self) -> (Box<dyn Exchange>, CodeAsk) {
        let intent = Intent::Recover { identifier: MAIL.into() };
        match self.provider.begin(intent).await.unwrap() {
            (exchange, Challenge::Code(ask)) => (exchange, ask),
            (_, other) => panic!("a link is asked for: {other:?}"),
        }
    }

    async fn link(&self) -> String {
        self.fake.lock().await.mailed().unwrap()
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
        "jana".into()
    }

    fn password(&self) -> Secret {
        Secret::new(PASSWORD)
    }

    fn other_identifiers(&self) -> Vec<String> {
        vec!["@jana:localhost".into(), MAIL.into()]
    }

    fn recover_as(&self) -> String {
        MAIL.into()
    }

    fn nobody(&self) -> String {
        "nobody-here@mail.example".into()
    }

    async fn mailed(&self) -> Secret {
        Secret::new(self.link().await)
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
        self.fake.lock().await.restart().await;
        true
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_fake_and_its_adapter_conform() {
    let report = conformance::all(async |setup| {
        let bench = FakeBench::start(Setup { limits: setup.limits, ..Setup::default() }).await;
        bench.sign_in(PASSWORD).await.unwrap();
        bench
    })
    .await;
    table::holds("Matrix", &report);
}

#[tokio::test]
async fn it_says_what_it_can_do_and_asks_for() {
    let bench = FakeBench::start(Setup::default()).await;
    let about = bench.provider.about();
    assert_eq!(
        about.abilities,
        Abilities {
            recover_by_mailbox: true,
            pair: None,
            link_phone: false,
            recovery_settings: false,
            ..Abilities::ALL
        }
    );
    assert_eq!(about.rules.min_length, PasswordRules::FLOOR.min_length);
    assert!(about.rules.needs.digit && !about.rules.needs.symbol);
    assert_eq!(about.name, about.host);
    bench.provider.reach().await.unwrap();
    let session = bench.sign_in(PASSWORD).await.unwrap();
    assert_eq!(
        (session.address.as_deref(), session.mailbox.as_deref()),
        (Some(MAIL), Some("j•••@mail.example"))
    );
}

#[tokio::test]
async fn without_passwords_it_is_found_and_can_do_nothing() {
    let bench = FakeBench::start(Setup { without_passwords: true, ..Setup::default() }).await;
    let abilities = bench.provider.about().abilities;
    assert!(!abilities.recover && !abilities.change_with_current && !abilities.sessions);
    let intent = Intent::SignIn { identifier: "jana".into() };
    let begun = bench.provider.begin(intent).await.map(|_| ());
    assert_eq!(begun.unwrap_err().kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn a_server_that_tells_is_believed_and_no_mailbox_is_not_asked() {
    let bench = FakeBench::start(Setup { tells_unknown: true, ..Setup::default() }).await;
    for (identifier, kind) in [
        ("nobody@mail.example", ErrorKind::UnknownAccount),
        ("jana", ErrorKind::NeedsMailbox),
        ("@jana:localhost", ErrorKind::NeedsMailbox),
    ] {
        let begun = bench.provider.begin(Intent::Recover { identifier: identifier.into() }).await;
        assert_eq!(begun.map(|_| ()).unwrap_err().kind(), kind, "{identifier}");
    }
}

/// Without the conversation of an earlier question, the proof that is taken before the trouble is lost.
#[tokio::test]
async fn a_proof_outlives_trouble_at_the_server() {
    let bench = FakeBench::start(Setup::default()).await;
    let (mut exchange, _) = bench.recover().await;
    exchange.answer(Answer::Code(bench.mailed().await)).await.unwrap();
    bench.fake.lock().await.fail_once();
    let lost = exchange.answer(Answer::NewPassword(Secret::new(NEW))).await;
    assert_eq!(lost.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
    assert!(bench.sign_in(PASSWORD).await.is_some(), "it was not done");
    let step = exchange.answer(Answer::NewPassword(Secret::new(NEW))).await.unwrap();
    assert!(matches!(step, Step::Done(Outcome::PasswordChanged { .. })), "{step:?}");
    assert!(bench.sign_in(NEW).await.is_some());
}

#[tokio::test]
async fn a_link_may_be_opened_in_a_browser() {
    let bench = FakeBench::start(Setup::default()).await;
    let (mut exchange, ask) = bench.recover().await;
    assert!(ask.may_be_opened);
    let link = bench.link().await;
    for _ in 0..2 {
        let step = exchange.answer(Answer::Opened).await.unwrap();
        assert!(matches!(step, Step::Ask(Challenge::NewPassword(_), None)), "{step:?}");
        let step = exchange.answer(Answer::NewPassword(Secret::new(NEW))).await.unwrap();
        assert!(matches!(step, Step::Ask(Challenge::Code(_), Some(Problem::NotOpened))), "{step:?}");
    }
    bench.fake.lock().await.open(&link);
    exchange.answer(Answer::Opened).await.unwrap();
    let step = exchange.answer(Answer::NewPassword(Secret::new(NEW))).await.unwrap();
    assert!(matches!(step, Step::Done(Outcome::PasswordChanged { .. })), "{step:?}");
}

#[tokio::test]
async fn a_link_that_is_never_opened_runs_out() {
    let bench = FakeBench::start(Setup::default()).await;
    let (mut exchange, _) = bench.recover().await;
    bench.clock.advance(HABITS.code_life);
    exchange.answer(Answer::Opened).await.unwrap();
    let end = exchange.answer(Answer::NewPassword(Secret::new(NEW))).await;
    assert_eq!(end.unwrap_err().kind(), ErrorKind::Expired);
}

/// Asking for another mail after the first link was opened begins another session at the server.
#[tokio::test]
async fn a_link_that_was_opened_before_another_was_asked_for_still_counts() {
    let bench = FakeBench::start(Setup::default()).await;
    let (mut exchange, _) = bench.recover().await;
    let link = bench.link().await;
    bench.fake.lock().await.open(&link);
    let step = exchange.answer(Answer::Resend).await.unwrap();
    assert!(matches!(step, Step::Ask(_, Some(Problem::TooSoon { wait })) if wait == Duration::from_secs(60)));
    bench.clock.advance(Duration::from_secs(60));
    exchange.answer(Answer::Resend).await.unwrap();
    assert_ne!(bench.link().await, link);
    exchange.answer(Answer::Opened).await.unwrap();
    let step = exchange.answer(Answer::NewPassword(Secret::new(NEW))).await.unwrap();
    assert!(matches!(step, Step::Done(Outcome::PasswordChanged { .. })), "{step:?}");
}

#[tokio::test]
async fn a_limit_on_mails_moves_the_clock_of_the_next_one() {
    let bench = FakeBench::start(Setup { limits: true, ..Setup::default() }).await;
    let (mut exchange, _) = bench.recover().await;
    for _ in 0..4 {
        bench.recover().await;
    }
    bench.clock.advance(Duration::from_secs(60));
    let step = exchange.answer(Answer::Resend).await.unwrap();
    let Step::Ask(Challenge::Code(ask), Some(Problem::TooSoon { wait })) = step else {
        panic!("too soon: {step:?}");
    };
    assert!(wait > Duration::from_secs(200), "{wait:?}");
    assert_eq!(
        ask.resend_at.unwrap().duration_since(ask.sent_at.unwrap()).unwrap(),
        wait + Duration::from_secs(60)
    );
    bench.clock.advance(wait);
    let step = exchange.answer(Answer::Resend).await.unwrap();
    assert!(matches!(step, Step::Ask(Challenge::Code(_), None)), "{step:?}");
}

#[tokio::test]
async fn a_link_of_somewhere_else_is_wrong_and_right_ones_may_follow() {
    let bench = FakeBench::start(Setup::default()).await;
    let (mut exchange, _) = bench.recover().await;
    let right = bench.link().await;
    let token = right.split("token=").nth(1).unwrap().split('&').next().unwrap();
    for wrong in [
        "https://elsewhere.example/recover#T0ken".to_owned(),
        "T0ken".to_owned(),
        right.replace(token, "other"),
        right.replace("client_secret=", "client_secret=0"),
        right.replace("sid=", "sid=0"),
    ] {
        let step = exchange.answer(Answer::Code(Secret::new(wrong))).await.unwrap();
        assert!(matches!(step, Step::Ask(Challenge::Code(_), Some(Problem::WrongCode))), "{step:?}");
    }
    let step = exchange.answer(Answer::Code(Secret::new(right))).await.unwrap();
    assert!(matches!(step, Step::Ask(Challenge::NewPassword(_), None)), "{step:?}");
    let step = exchange.answer(Answer::NewPassword(Secret::new("no-digits-in-here"))).await.unwrap();
    let Step::Ask(_, Some(Problem::WeakPassword(reasons))) = step else { panic!("weak: {step:?}") };
    assert_eq!(reasons, [WeakReason::NeedsDigit]);
}

#[tokio::test]
async fn ending_sessions_takes_the_password_and_changing_ends_none() {
    let bench = FakeBench::start(Setup::default()).await;
    let (mut here, mut there) =
        (bench.sign_in(PASSWORD).await.unwrap(), bench.sign_in(PASSWORD).await.unwrap());
    for which in [Which::AllOthers, Which::One("DEVICE000001".into())] {
        let refused = bench.provider.end_session(&mut here, which, None).await;
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::ProveAgain);
    }
    let intent = Intent::ChangePassword { session: here.clone() };
    let (mut exchange, _) = bench.provider.begin(intent).await.unwrap();
    bench.clock.advance(Duration::from_secs(301));
    exchange.answer(Answer::Password(Secret::new(PASSWORD))).await.unwrap();
    exchange.answer(Answer::NewPassword(Secret::new(NEW))).await.unwrap();
    here = exchange.renewed().expect("its token had run out").clone();
    bench.provider.check(&mut there).await.unwrap();
    let proof = Secret::new(NEW);
    let ended = bench.provider.end_session(&mut here, Which::AllOthers, Some(&proof)).await.unwrap();
    assert_eq!(ended, Some(1));
    assert_eq!(bench.provider.check(&mut there).await.unwrap_err().kind(), ErrorKind::SignedOut);
}
