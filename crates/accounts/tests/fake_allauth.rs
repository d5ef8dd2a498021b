//! The conformance list and the known defects, run against django-allauth's fake.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a surprise must stop the test")]

use std::sync::Arc;
use std::time::Duration;

use accounts::http::Http;
use accounts::provider::allauth::fake::{Fake, HABITS, Site};
use accounts::provider::conformance::{self, Bench, Cable, Habits, Setup, Watched};
use accounts::provider::{CodePurpose, CodeShape, Desk, Way, WeakReason, allauth};
use accounts::{
    Answer, Challenge, ErrorKind, Exchange, Intent, Outcome, Problem, Provider, Secret, Session, Step,
};
use async_trait::async_trait;

#[path = "fake_allauth/phone.rs"]
mod phone;
#[path = "../../../tests/servers/table.rs"]
mod table;

const NEW: &str = "mossy-kettle-Walnut-29";

struct FakeBench {
    fake: Fake,
    cable: Cable,
    watched: Arc<Watched>,
    provider: Arc<dyn Provider>,
}

impl FakeBench {
    async fn start(site: Site) -> Self {
        let fake = Fake::start(site).await.unwrap();
        let cable = Cable::to(fake.address).await.unwrap();
        let watched = Watched::new(fake.clock.clone());
        let desk = Desk {
            http: Http::new().unwrap(),
            clock: watched.clone(),
            base: cable.address().parse().unwrap(),
            device: "Regain on a bench".into(),
        };
        let provider = allauth::find(desk).await.unwrap();
        Self { fake, cable, watched, provider }
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
        Fake::EMAIL.into()
    }

    fn other_identifiers(&self) -> Vec<String> {
        vec![Fake::USERNAME.into()]
    }

    fn nobody(&self) -> String {
        "nobody-here@mail.example".into()
    }

    fn password(&self) -> Secret {
        Secret::new(Fake::PASSWORD)
    }

    async fn mailed(&self) -> Secret {
        loop {
            let (_, proof) = self.fake.mailed(Fake::EMAIL).expect("a mail has come");
            if !proof.is_empty() {
                return Secret::new(proof);
            }
        }
    }

    fn saved_code(&self) -> Option<Secret> {
        self.fake.saved_code().map(Secret::new)
    }

    fn authenticator(&self) -> Option<Secret> {
        Some(Secret::new(self.fake.authenticator()))
    }

    async fn advance(&self, by: Duration) {
        self.fake.clock.advance(by);
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_fake_conforms() {
    let report = conformance::all(async |Setup { second_factor, limits }| {
        FakeBench::start(Site { second_factor, limits, ..Site::default() }).await
    })
    .await;
    table::holds("django-allauth", &report);
}

async fn recover(bench: &FakeBench, address: &str) -> Box<dyn Exchange> {
    let intent = Intent::Recover { identifier: address.into() };
    bench.provider.begin(intent).await.unwrap().0
}

async fn answer(exchange: &mut dyn Exchange, answer: Answer) -> Step {
    exchange.answer(answer).await.unwrap()
}

fn code(text: &str) -> Answer {
    Answer::Code(Secret::new(text))
}

fn new(text: &str) -> Answer {
    Answer::NewPassword(Secret::new(text))
}

async fn sign_in(bench: &FakeBench, password: &str) -> Result<Step, ErrorKind> {
    let intent = Intent::SignIn { identifier: Fake::USERNAME.into() };
    let (mut exchange, _) = bench.provider.begin(intent).await.unwrap();
    exchange.answer(Answer::Password(Secret::new(password))).await.map_err(|error| error.kind())
}

async fn signed_in(bench: &FakeBench, password: &str) -> Session {
    match sign_in(bench, password).await {
        Ok(Step::Done(Outcome::SignedIn(session))) => session,
        other => panic!("signed in: {other:?}"),
    }
}

/// Its documented check crashes for an address that no account has; and it judges a password that comes with a wrong code
/// for accounts alone. Neither may ever be asked for.
#[tokio::test]
async fn a_code_is_checked_with_a_post_and_without_a_password() {
    let bench = FakeBench::start(Site::default()).await;
    for address in [Fake::EMAIL, "nobody-here@mail.example"] {
        let mut exchange = recover(&bench, address).await;
        let step = answer(&mut *exchange, code("BBBB-BBBB")).await;
        assert!(
            matches!(step, Step::Ask(Challenge::Code(_), Some(Problem::WrongCode))),
            "{address}: {step:?}"
        );
    }
    let asked = bench.fake.asked();
    let resets: Vec<&String> = asked.iter().filter(|line| line.contains("password/reset")).collect();
    assert_eq!(resets, ["POST auth/password/reset key", "POST auth/password/reset key"]);
}

#[tokio::test]
async fn recovery_wants_an_address_and_tells_nobody_whether_it_is_known() {
    let bench = FakeBench::start(Site::default()).await;
    let begun = bench.provider.begin(Intent::Recover { identifier: Fake::USERNAME.into() }).await;
    assert_eq!(begun.map(|_| ()).unwrap_err().kind(), ErrorKind::NeedsMailbox);
    let mut asks = Vec::new();
    for address in [Fake::EMAIL, "nobody-here@mail.example"] {
        let intent = Intent::Recover { identifier: address.into() };
        asks.push(bench.provider.begin(intent).await.unwrap().1);
    }
    assert_eq!(asks[0], asks[1]);
}

/// 401 is the answer of a recovery that went well, and a session that was there before is dead.
#[tokio::test]
async fn a_recovery_is_run_without_the_session() {
    let bench = FakeBench::start(Site::default()).await;
    let mut session = signed_in(&bench, Fake::PASSWORD).await;
    assert_eq!(session.address.as_deref(), Some(Fake::EMAIL));
    let mut exchange = recover(&bench, session.address.as_deref().unwrap()).await;
    answer(&mut *exchange, code(bench.mailed().await.expose())).await;
    let step = answer(&mut *exchange, new(NEW)).await;
    assert!(matches!(step, Step::Done(Outcome::PasswordChanged { session: None, .. })), "{step:?}");
    assert_eq!(bench.provider.check(&mut session).await.unwrap_err().kind(), ErrorKind::SignedOut);
    signed_in(&bench, NEW).await;
}

#[tokio::test]
async fn a_site_may_sign_in_with_a_recovery() {
    for second_factor in [false, true] {
        let site = Site { signs_in_on_reset: true, second_factor, ..Site::default() };
        let bench = FakeBench::start(site).await;
        let mut exchange = recover(&bench, Fake::EMAIL).await;
        answer(&mut *exchange, code(bench.mailed().await.expose())).await;
        let step = answer(&mut *exchange, new(NEW)).await;
        let Step::Done(Outcome::PasswordChanged { session, .. }) = step else { panic!("changed: {step:?}") };
        assert_eq!(session.is_none(), second_factor, "with a second factor the sign-in asks for it");
        if let Some(mut session) = session {
            bench.provider.check(&mut session).await.unwrap();
        }
    }
}

/// The lock-out is 400, for the right password too; it must not sound like a wrong password.
#[tokio::test]
async fn a_lock_out_is_no_wrong_password() {
    let bench = FakeBench::start(Site { limits: true, ..Site::default() }).await;
    for _ in 0..5 {
        let step = sign_in(&bench, "not the password").await.unwrap();
        assert!(matches!(step, Step::Ask(Challenge::Password { .. }, Some(Problem::WrongPassword))));
    }
    let locked = sign_in(&bench, Fake::PASSWORD).await.unwrap_err();
    assert_eq!(locked, ErrorKind::RateLimited { wait: None });
    bench.advance(Duration::from_secs(301)).await;
    signed_in(&bench, Fake::PASSWORD).await;
}

#[tokio::test]
async fn too_many_codes_of_the_second_factor_are_no_wrong_code() {
    let bench = FakeBench::start(Site { limits: true, second_factor: true, ..Site::default() }).await;
    let intent = Intent::SignIn { identifier: Fake::EMAIL.into() };
    let (mut exchange, _) = bench.provider.begin(intent).await.unwrap();
    answer(&mut *exchange, Answer::Password(bench.password())).await;
    for _ in 0..5 {
        let step = answer(&mut *exchange, code("000000")).await;
        assert!(matches!(step, Step::Ask(Challenge::Code(_), Some(Problem::WrongCode))), "{step:?}");
    }
    let end = exchange.answer(code("000000")).await.unwrap_err();
    assert_eq!(end.kind(), ErrorKind::RateLimited { wait: None });
}

/// There is no call for a new code and no cool-down: the minute is ours.
#[tokio::test]
async fn a_new_code_is_asked_for_in_the_same_session_and_not_too_soon() {
    let bench = FakeBench::start(Site { limits: true, ..Site::default() }).await;
    let mut exchange = recover(&bench, Fake::EMAIL).await;
    let step = answer(&mut *exchange, Answer::Resend).await;
    assert!(matches!(step, Step::Ask(_, Some(Problem::TooSoon { .. }))), "{step:?}");
    bench.advance(Duration::from_secs(61)).await;
    for _ in 0..5 {
        // Asked for by others meanwhile: five a minute for one address.
        recover(&bench, Fake::EMAIL).await;
    }
    let step = answer(&mut *exchange, Answer::Resend).await;
    let Step::Ask(Challenge::Code(ask), Some(Problem::TooSoon { wait })) = step else { panic!("{step:?}") };
    assert_eq!(wait, Duration::from_secs(60), "the server does not say how long");
    assert!(ask.resend_at.is_some());
}

#[tokio::test]
async fn a_changed_password_gives_a_new_token_and_the_old_one_is_dead() {
    let bench = FakeBench::start(Site::default()).await;
    let session = signed_in(&bench, Fake::PASSWORD).await;
    let mut old = session.clone();
    let (mut exchange, _) = bench.provider.begin(Intent::ChangePassword { session }).await.unwrap();
    answer(&mut *exchange, Answer::Password(bench.password())).await;
    let step = answer(&mut *exchange, new("12345")).await;
    let Step::Ask(_, Some(Problem::WeakPassword(reasons))) = step else { panic!("refused: {step:?}") };
    assert_eq!(reasons, [WeakReason::TooShort { min: 8 }, WeakReason::Guessable], "all of them at once");
    let step = answer(&mut *exchange, new(NEW)).await;
    let Step::Done(Outcome::PasswordChanged { session: Some(mut session), .. }) = step else {
        panic!("changed: {step:?}")
    };
    assert_eq!(exchange.renewed(), Some(&session));
    bench.provider.check(&mut session).await.unwrap();
    assert_eq!(session.address.as_deref(), Some(Fake::EMAIL));
    assert_eq!(bench.provider.check(&mut old).await.unwrap_err().kind(), ErrorKind::SignedOut);
}

/// The answer to a change that signs out is that of a session that was dead before.
#[tokio::test]
async fn a_change_that_signs_out_is_unknown_and_never_failed() {
    let bench = FakeBench::start(Site { signs_out_on_change: true, ..Site::default() }).await;
    let session = signed_in(&bench, Fake::PASSWORD).await;
    let dead = signed_in(&bench, Fake::PASSWORD).await;
    let (mut exchange, _) = bench.provider.begin(Intent::ChangePassword { session }).await.unwrap();
    answer(&mut *exchange, Answer::Password(bench.password())).await;
    assert_eq!(exchange.answer(new(NEW)).await.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
    signed_in(&bench, NEW).await;

    let (mut exchange, _) = bench.provider.begin(Intent::ChangePassword { session: dead }).await.unwrap();
    answer(&mut *exchange, Answer::Password(Secret::new(NEW))).await;
    assert_eq!(exchange.answer(new("another-Walnut-31")).await.unwrap_err().kind(), ErrorKind::SignedOut);
}

#[tokio::test]
async fn a_mailed_link_is_pasted() {
    let bench = FakeBench::start(Site { by_link: true, ..Site::default() }).await;
    let intent = Intent::Recover { identifier: Fake::EMAIL.into() };
    let (mut exchange, challenge) = bench.provider.begin(intent).await.unwrap();
    let Challenge::Code(ask) = challenge else { panic!("{challenge:?}") };
    assert_eq!((ask.purpose, ask.way, ask.shape), (CodePurpose::Recovery, Way::MailLink, CodeShape::Link));
    let link = bench.mailed().await;
    let step = answer(&mut *exchange, code("http://127.0.0.1/accounts/password/reset/key/1-no/")).await;
    assert!(matches!(step, Step::Ask(Challenge::Code(_), Some(Problem::WrongCode))), "{step:?}");
    let step = answer(&mut *exchange, code(link.expose())).await;
    assert!(matches!(step, Step::Ask(Challenge::NewPassword(_), None)), "{step:?}");
    let step = answer(&mut *exchange, new(NEW)).await;
    assert!(matches!(step, Step::Done(Outcome::PasswordChanged { session: None, .. })), "{step:?}");
    signed_in(&bench, NEW).await;
}

/// Sessions are told apart by what the browser says of itself: there is no other field.
#[tokio::test]
async fn the_list_of_sessions_knows_this_computer_by_its_name() {
    let bench = FakeBench::start(Site::default()).await;
    let mut session = signed_in(&bench, Fake::PASSWORD).await;
    let list = bench.provider.sessions(&mut session).await.unwrap();
    let here = list.iter().find(|device| device.current).unwrap();
    assert_eq!((here.name.as_str(), here.network.as_deref()), ("Regain on a bench", Some("127.0.0.1")));
}

#[tokio::test]
async fn whoever_does_not_speak_like_it_is_something_else() {
    use axum::http::StatusCode;
    for (status, body, kind) in [
        (StatusCode::NOT_FOUND, "<h1>Not Found</h1>", ErrorKind::Protocol),
        (StatusCode::OK, "<h1>Welcome</h1>", ErrorKind::Protocol),
        (StatusCode::OK, r#"{"data":{"account":{}}}"#, ErrorKind::Protocol),
        (StatusCode::INTERNAL_SERVER_ERROR, "<h1>Server Error (500)</h1>", ErrorKind::ServerTrouble),
    ] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        let router = axum::Router::new().fallback(move || async move { (status, body) });
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let clock = Arc::new(accounts::clock::SystemClock);
        let desk = Desk { http: Http::new().unwrap(), clock, base, device: String::new() };
        assert_eq!(allauth::find(desk).await.map(|_| ()).unwrap_err().kind(), kind, "{status} {body}");
    }
}

/// Three wrong codes are all there are: what cannot be one is not sent.
#[tokio::test]
async fn an_empty_code_costs_no_try() {
    let bench = FakeBench::start(Site::default()).await;
    let mut exchange = recover(&bench, Fake::EMAIL).await;
    for _ in 0..5 {
        let step = answer(&mut *exchange, code(" - ")).await;
        assert!(matches!(step, Step::Ask(Challenge::Code(_), Some(Problem::WrongCode))), "{step:?}");
    }
    let step = answer(&mut *exchange, code(bench.mailed().await.expose())).await;
    assert!(matches!(step, Step::Ask(Challenge::NewPassword(_), None)), "{step:?}");
}

/// The server waits for the address to be confirmed, which a recovery does by the way.
#[tokio::test]
async fn an_address_that_was_never_confirmed_is_confirmed_by_a_recovery() {
    let bench = FakeBench::start(Site { unconfirmed: true, ..Site::default() }).await;
    assert_eq!(sign_in(&bench, Fake::PASSWORD).await.unwrap_err(), ErrorKind::Unsupported);
    let mut exchange = recover(&bench, Fake::EMAIL).await;
    answer(&mut *exchange, code(bench.mailed().await.expose())).await;
    answer(&mut *exchange, new(NEW)).await;
    signed_in(&bench, NEW).await;
}
