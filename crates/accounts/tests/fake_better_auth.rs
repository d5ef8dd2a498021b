//! The adapter to better-auth against the fake that speaks as the real server does; `tests/servers` has the same list.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a surprise must stop the test")]

use std::sync::Arc;
use std::time::Duration;

use accounts::clock::ManualClock;
use accounts::http::Http;
use accounts::provider::better_auth::{self, fake};
use accounts::provider::conformance::{self, Bench, Cable, Habits, PhoneBench, Setup, Watched};
use accounts::provider::{
    CodeAsk, CodeShape, Desk, Outcome, Problem, QrAsk, Session, Way, WeakReason, Which,
};
use accounts::{Answer, Challenge, ErrorKind, Exchange, Intent, Provider, Secret, Step};
use async_trait::async_trait;

#[path = "../../../tests/servers/table.rs"]
mod table;

const EMAIL: &str = "jana@mail.example";
const PASSWORD: &str = "velvet-Otter-crossing-41";
const NEW: &str = "mossy-kettle-Walnut-29";
const SAVED: &str = "S89IE-Aar1l";

struct FakeBench {
    clock: Arc<ManualClock>,
    fake: fake::Fake,
    cable: Cable,
    watched: Arc<Watched>,
    provider: Arc<dyn Provider>,
}

impl FakeBench {
    async fn start(setup: Setup) -> Self {
        let clock = Arc::new(ManualClock::at(1_800_000_000));
        let fake = fake::Fake::start(clock.clone(), setup.limits).await.unwrap();
        let cable = Cable::to(fake.address).await.unwrap();
        fake.called(cable.address());
        fake.sign_up(EMAIL, "jana", PASSWORD);
        if setup.second_factor {
            fake.add_second_factor(EMAIL, &[SAVED]);
        }
        let base = cable.address().parse().unwrap();
        let http = Http::new().unwrap();
        let device = "Regain on a bench".into();
        let watched = Watched::new(clock.clone());
        let provider = better_auth::find(Desk { http, clock: watched.clone(), base, device }).await.unwrap();
        let bench = Self { clock, fake, cable, watched, provider };
        if !setup.second_factor {
            bench.sign_in().await;
        }
        bench
    }

    async fn begin_sign_in(&self) -> (Box<dyn Exchange>, Step) {
        let intent = Intent::SignIn { identifier: EMAIL.into() };
        let (mut exchange, _) = self.provider.begin(intent).await.unwrap();
        let step = exchange.answer(Answer::Password(Secret::new(PASSWORD))).await.unwrap();
        (exchange, step)
    }

    async fn sign_in(&self) -> Session {
        match self.begin_sign_in().await.1 {
            Step::Done(Outcome::SignedIn(session)) => session,
            other => panic!("signed in: {other:?}"),
        }
    }

    async fn recover(&self) -> (Box<dyn Exchange>, CodeAsk) {
        let (exchange, challenge) =
            self.provider.begin(Intent::Recover { identifier: EMAIL.into() }).await.unwrap();
        let Challenge::Code(ask) = challenge else { panic!("a proof is asked for: {challenge:?}") };
        (exchange, ask)
    }
}

#[async_trait]
impl Bench for FakeBench {
    fn provider(&self) -> Arc<dyn Provider> {
        self.provider.clone()
    }

    fn habits(&self) -> Habits {
        fake::HABITS
    }

    fn identifier(&self) -> String {
        EMAIL.into()
    }

    fn password(&self) -> Secret {
        Secret::new(PASSWORD)
    }

    fn other_identifiers(&self) -> Vec<String> {
        vec!["jana".into()]
    }

    fn nobody(&self) -> String {
        "nobody-here@mail.example".into()
    }

    async fn mailed(&self) -> Secret {
        Secret::new(self.fake.mailed(EMAIL).unwrap())
    }

    fn saved_code(&self) -> Option<Secret> {
        Some(Secret::new(SAVED))
    }

    fn authenticator(&self) -> Option<Secret> {
        self.fake.authenticator(EMAIL).map(Secret::new)
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
async fn the_fake_and_the_adapter_conform() {
    let report = conformance::all(FakeBench::start).await;
    table::holds("better-auth", &report);
}

fn wrong_code(step: &Step) -> bool {
    matches!(step, Step::Ask(Challenge::Code(_), Some(Problem::WrongCode)))
}

async fn new_password(exchange: &mut dyn Exchange) -> Step {
    exchange.answer(Answer::NewPassword(Secret::new(NEW))).await.unwrap()
}

#[tokio::test]
async fn signing_in_by_mailed_code_is_never_used() {
    // It would skip the second factor, and make an account for every address it is given.
    let bench = FakeBench::start(Setup { second_factor: true, limits: false }).await;
    bench.recover().await;
    bench.begin_sign_in().await;
    let asked = bench.fake.asked();
    assert!(asked.iter().all(|path| path != "sign-in/email-otp" && !path.contains("send-verification-otp")));
}

#[tokio::test]
async fn a_code_that_ran_out_is_over_even_when_the_server_has_forgotten_it() {
    let bench = FakeBench::start(Setup::default()).await;
    let (mut mine, _) = bench.recover().await;
    let code = bench.mailed().await;
    bench.advance(Duration::from_secs(302)).await;
    // Somebody else's code is looked at: the server clears away what has run out, and calls it "invalid" from then on.
    let nobody = Intent::Recover { identifier: bench.nobody() };
    let (mut other, _) = bench.provider.begin(nobody).await.unwrap();
    assert!(wrong_code(&other.answer(Answer::Code(Secret::new("000000"))).await.unwrap()));
    assert_eq!(mine.answer(Answer::Code(code)).await.unwrap_err().kind(), ErrorKind::Expired);
}

#[tokio::test]
async fn a_link_that_opens_nothing_comes_back_to_the_question() {
    let bench = FakeBench::start(Setup::default()).await;
    let (mut exchange, _) = bench.recover().await;
    let code = bench.mailed().await;
    let step = exchange.answer(Answer::OtherWay(Way::MailLink)).await.unwrap();
    let Step::Ask(Challenge::Code(ask), None) = step else { panic!("a link is asked for: {step:?}") };
    assert_eq!((ask.shape, ask.other_ways), (CodeShape::Link, vec![Way::MailCode]));
    let link = bench.mailed().await;
    exchange.answer(Answer::Code(Secret::new("https://a.example/?token=no"))).await.unwrap();
    assert!(wrong_code(&new_password(&mut *exchange).await));
    // Back to the code, which is still good: nothing new is sent.
    let asked = bench.fake.asked().len();
    exchange.answer(Answer::OtherWay(Way::MailCode)).await.unwrap();
    assert_eq!(bench.fake.asked().len(), asked);
    assert!(matches!(
        exchange.answer(Answer::Code(code)).await.unwrap(),
        Step::Ask(Challenge::NewPassword(_), None)
    ));
    drop(exchange);

    let (mut late, _) = bench.recover().await;
    late.answer(Answer::OtherWay(Way::MailLink)).await.unwrap();
    late.answer(Answer::Code(link)).await.unwrap();
    bench.advance(Duration::from_secs(3_601)).await;
    let end = late.answer(Answer::NewPassword(Secret::new(NEW))).await;
    assert_eq!(end.unwrap_err().kind(), ErrorKind::Expired);
}

#[tokio::test]
async fn a_server_without_codes_recovers_by_link() {
    let bench = FakeBench::start(Setup::default()).await;
    bench.fake.leave_out("email-otp/");
    let (mut exchange, ask) = bench.recover().await;
    assert_eq!((ask.way, ask.other_ways), (Way::MailLink, vec![]));
    let link = bench.mailed().await;
    exchange.answer(Answer::Code(link)).await.unwrap();
    let step = new_password(&mut *exchange).await;
    assert!(matches!(step, Step::Done(Outcome::PasswordChanged { session: Some(_), .. })), "{step:?}");

    bench.fake.leave_out("request-password-reset");
    let begun = bench.provider.begin(Intent::Recover { identifier: EMAIL.into() }).await;
    assert_eq!(begun.map(|_| ()).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn recovery_wants_an_address_and_names_only_sign_in_where_they_can() {
    let bench = FakeBench::start(Setup::default()).await;
    let begun = bench.provider.begin(Intent::Recover { identifier: "jana".into() }).await;
    assert_eq!(begun.map(|_| ()).unwrap_err().kind(), ErrorKind::NeedsMailbox);

    bench.fake.leave_out("sign-in/username");
    let (mut exchange, _) = bench.provider.begin(Intent::SignIn { identifier: "jana".into() }).await.unwrap();
    let refused = exchange.answer(Answer::Password(Secret::new(PASSWORD))).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::BadIdentifier);
}

#[tokio::test]
async fn a_server_that_takes_no_tokens_is_not_signed_in_to() {
    let bench = FakeBench::start(Setup::default()).await;
    bench.fake.leave_out("bearer");
    let (mut exchange, _) = bench.provider.begin(Intent::SignIn { identifier: EMAIL.into() }).await.unwrap();
    let refused = exchange.answer(Answer::Password(Secret::new(PASSWORD))).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn the_bounds_of_a_password_are_told() {
    let bench = FakeBench::start(Setup::default()).await;
    let session = bench.sign_in().await;
    let (mut exchange, _) = bench.provider.begin(Intent::ChangePassword { session }).await.unwrap();
    exchange.answer(Answer::Password(Secret::new(PASSWORD))).await.unwrap();
    // The server counts as JavaScript does: such a letter is two.
    for (password, reason) in [
        ("short".to_owned(), WeakReason::TooShort { min: 8 }),
        ("\u{1f511}".repeat(100), WeakReason::TooLong { max: 99 }),
    ] {
        let step = exchange.answer(Answer::NewPassword(Secret::new(password))).await.unwrap();
        let Step::Ask(Challenge::NewPassword(_), Some(Problem::WeakPassword(reasons))) = step else {
            panic!("asked again, with the reason: {step:?}");
        };
        assert_eq!(reasons, [reason]);
    }
    assert!(matches!(new_password(&mut *exchange).await, Step::Done(Outcome::PasswordChanged { .. })));
}

#[tokio::test]
async fn changing_the_password_replaces_the_session_and_ends_the_others() {
    let bench = FakeBench::start(Setup::default()).await;
    let (mut here, mut there) = (bench.sign_in().await, bench.sign_in().await);
    let intent = Intent::ChangePassword { session: here.clone() };
    let (mut exchange, _) = bench.provider.begin(intent).await.unwrap();
    exchange.answer(Answer::Password(Secret::new(PASSWORD))).await.unwrap();
    let step = new_password(&mut *exchange).await;
    let Step::Done(Outcome::PasswordChanged { session: Some(mut new), .. }) = step else {
        panic!("another session is given: {step:?}");
    };
    bench.provider.check(&mut new).await.unwrap();
    assert_eq!(new.address.as_deref(), Some(EMAIL));
    for old in [&mut here, &mut there] {
        assert_eq!(bench.provider.check(old).await.unwrap_err().kind(), ErrorKind::SignedOut);
    }
}

#[tokio::test]
async fn a_session_of_yesterday_is_shown_no_list_without_the_password() {
    let bench = FakeBench::start(Setup::default()).await;
    let (mut old, mut there) = (bench.sign_in().await, bench.sign_in().await);
    let list = bench.provider.sessions(&mut there).await.unwrap();
    let id = list.iter().find(|device| device.current).unwrap().id.clone();
    bench.advance(Duration::from_secs(86_401)).await;
    assert_eq!(bench.provider.sessions(&mut old).await.unwrap_err().kind(), ErrorKind::ProveAgain);
    let before = old.clone();
    let password = Secret::new(PASSWORD);
    let ended = bench.provider.end_session(&mut old, Which::One(id), Some(&password)).await;
    assert_eq!(ended.unwrap(), Some(1));
    assert!(old != before, "a young session has taken its place");
    assert_eq!(bench.provider.check(&mut there).await.unwrap_err().kind(), ErrorKind::SignedOut);
    let list = bench.provider.sessions(&mut old).await.unwrap();
    assert_eq!(list.iter().filter(|device| device.current).count(), 1);
    assert!(list.iter().all(|device| device.name == "Regain on a bench"), "{list:?}");
}

#[tokio::test]
async fn an_address_that_was_changed_elsewhere_is_noticed() {
    let bench = FakeBench::start(Setup::default()).await;
    let mut session = bench.sign_in().await;
    bench.fake.move_mailbox(EMAIL, "jana@new.example");
    bench.provider.check(&mut session).await.unwrap();
    assert_eq!(session.address.as_deref(), Some("jana@new.example"));
    bench.provider.check(&mut session).await.unwrap();
}

#[tokio::test]
async fn a_second_step_goes_on_until_it_is_over() {
    let second = Setup { second_factor: true, limits: false };
    let bench = FakeBench::start(second).await;
    let (mut exchange, step) = bench.begin_sign_in().await;
    let Step::Ask(Challenge::Code(ask), None) = step else { panic!("a code is asked for: {step:?}") };
    assert_eq!(ask.other_ways, [Way::MailCode, Way::RecoveryCode]);
    exchange.answer(Answer::OtherWay(Way::MailCode)).await.unwrap();
    let first = bench.mailed().await;
    // It runs out before the step does: a new one is to be had.
    bench.advance(Duration::from_secs(181)).await;
    assert!(wrong_code(&exchange.answer(Answer::Code(first)).await.unwrap()));
    exchange.answer(Answer::Resend).await.unwrap();
    let code = bench.mailed().await;
    let step = exchange.answer(Answer::Code(code)).await.unwrap();
    assert!(matches!(step, Step::Done(Outcome::SignedIn(_))), "{step:?}");

    let (mut exchange, _) = bench.begin_sign_in().await;
    for _ in 0..5 {
        assert!(wrong_code(&exchange.answer(Answer::Code(Secret::new("x"))).await.unwrap()));
    }
    let end = exchange.answer(Answer::Code(Secret::new("x"))).await;
    assert_eq!(end.unwrap_err().kind(), ErrorKind::Expired);
    let (mut exchange, _) = bench.begin_sign_in().await;
    bench.advance(Duration::from_secs(601)).await;
    let end = exchange.answer(Answer::Code(bench.authenticator().unwrap())).await;
    assert_eq!(end.unwrap_err().kind(), ErrorKind::Expired);
}

#[tokio::test]
async fn too_many_wrong_second_codes_mean_waiting() {
    let bench = FakeBench::start(Setup { second_factor: true, limits: false }).await;
    for _ in 0..2 {
        let (mut exchange, _) = bench.begin_sign_in().await;
        for _ in 0..5 {
            exchange.answer(Answer::Code(Secret::new("x"))).await.unwrap();
        }
    }
    let (mut exchange, _) = bench.begin_sign_in().await;
    let end = exchange.answer(Answer::Code(bench.authenticator().unwrap())).await;
    assert_eq!(end.unwrap_err().kind(), ErrorKind::RateLimited { wait: None });
    bench.advance(Duration::from_secs(901)).await;
    let (mut exchange, _) = bench.begin_sign_in().await;
    let step = exchange.answer(Answer::Code(bench.authenticator().unwrap())).await.unwrap();
    assert!(matches!(step, Step::Done(Outcome::SignedIn(_))), "{step:?}");
}

#[tokio::test]
async fn a_limit_on_a_new_code_moves_the_time_for_it() {
    let bench = FakeBench::start(Setup { limits: true, second_factor: false }).await;
    let (mut exchange, _) = bench.recover().await;
    for _ in 0..2 {
        exchange.answer(Answer::Resend).await.unwrap();
    }
    let step = exchange.answer(Answer::Resend).await.unwrap();
    let wait = Duration::from_secs(60);
    assert!(
        matches!(&step, Step::Ask(Challenge::Code(_), Some(Problem::TooSoon { wait: told })) if *told == wait),
        "{step:?}"
    );
}

#[tokio::test]
async fn another_server_is_none_of_this_kind() {
    let bench = FakeBench::start(Setup::default()).await;
    bench.fake.leave_out("ok");
    let clock = bench.clock.clone();
    let base = bench.cable.address().parse().unwrap();
    let desk = Desk { http: Http::new().unwrap(), clock, base, device: String::new() };
    assert_eq!(better_auth::find(desk).await.map(|_| ()).unwrap_err().kind(), ErrorKind::Protocol);
}

#[async_trait]
impl PhoneBench for FakeBench {
    fn provider(&self) -> Arc<dyn Provider> {
        self.provider.clone()
    }

    fn identifier(&self) -> String {
        EMAIL.into()
    }

    async fn scan(&self, _: &QrAsk) -> Option<Secret> {
        None
    }

    async fn approve(&self, ask: &QrAsk) {
        assert!(self.fake.decide(&ask.letters, Some(EMAIL)));
    }

    async fn deny(&self, ask: &QrAsk) {
        assert!(self.fake.decide(&ask.letters, None));
    }

    async fn pass_to(&self, at: std::time::SystemTime) {
        use accounts::Clock as _;
        self.clock.advance(at.duration_since(self.clock.now()).unwrap_or_default());
    }

    fn clock(&self) -> &Watched {
        &self.watched
    }

    fn cable(&self) -> &Cable {
        &self.cable
    }
}

#[tokio::test]
async fn a_phone_signs_in() {
    conformance::pairing(async || FakeBench::start(Setup::default()).await).await;
}

#[tokio::test]
async fn without_its_plugin_there_is_no_signing_in_by_phone() {
    let clock = Arc::new(ManualClock::at(1_800_000_000));
    let fake = fake::Fake::start(clock.clone(), false).await.unwrap();
    fake.leave_out("device");
    let base = format!("http://{}/", fake.address).parse().unwrap();
    let desk = Desk { http: Http::new().unwrap(), clock, base, device: String::new() };
    assert_eq!(better_auth::find(desk).await.unwrap().about().abilities.pair, None);
}

#[tokio::test]
async fn who_asks_too_soon_asks_five_seconds_later_for_good() {
    let bench = FakeBench::start(Setup::default()).await;
    let (mut exchange, challenge) = bench.provider.begin(Intent::Pair).await.unwrap();
    let Challenge::ScanQr(ask) = challenge else { panic!("{challenge:?}") };
    let polls = || bench.fake.asked().iter().filter(|path| *path == "device/token").count();
    // Waiting is what moves this clock: until the code has run out.
    let before = polls();
    assert_eq!(exchange.answer(Answer::Wait).await.unwrap_err().kind(), ErrorKind::Expired);
    let polite = polls() - before;
    let life = ask.valid_until.duration_since(ask.shown_at).unwrap().as_secs();
    assert!((polite as u64).abs_diff(life / 5) <= 2, "{polite}");
}
