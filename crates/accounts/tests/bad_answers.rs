//! The adapter and a real account server, when one answer is not what was promised and when people type as people do.
//! Nothing is lost by it: what was asked can be asked again.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a surprise must stop the test")]

use std::net::TcpListener as Listener;
use std::sync::{Arc, Mutex};

use accounts::clock::SystemClock;
use accounts::http::Http;
use accounts::provider::recovery_server::RecoveryServer;
use accounts::provider::{Desk, Way, WeakReason};
use accounts::{
    Answer, Challenge, ErrorKind, Exchange, Intent, Outcome, Problem, Provider, Secret, Session, Step,
};
use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Redirect, Response};
use recovery_server::mail::Inbox;
use recovery_server::{Added, App, Config, Deps, NewAccount};
use tokio::net::TcpListener;
use url::Url;

const PASSWORD: &str = "quarry lantern birch nine 41";
const NEW: &str = "violet tundra kettle anchor 57";

/// An answer that takes the place of the next one to a path.
type Swap = Arc<Mutex<Option<(&'static str, Response)>>>;

struct Bench {
    app: App,
    provider: Arc<dyn Provider>,
    base: Url,
    inbox: Inbox,
    added: Added,
    swap: Swap,
    /// Where redirects lead; nobody must come.
    elsewhere: Listener,
}

impl Bench {
    async fn open(totp: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base: Url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        let mut config = Config::loopback("Dorfladen");
        config.public_url = base.clone();
        config.limits.codes_per_day = 1_000;
        config.limits.recoveries_per_address_per_hour = 1_000;
        let (deps, outbox) = Deps::in_memory(config).await.unwrap();
        let app = App::new(deps).await.unwrap();
        let jana = NewAccount {
            totp,
            recovery_codes: true,
            ..NewAccount::new("jana", "jana@mail.example", PASSWORD)
        };
        let added = app.add_account(jana).await.unwrap();
        let swap = Swap::default();
        let router = with_swaps(recovery_server::router(&app), swap.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let elsewhere = Listener::bind("127.0.0.1:0").unwrap();
        elsewhere.set_nonblocking(true).unwrap();
        let provider = Arc::new(find(&base).await.unwrap());
        Self { app, provider, base, inbox: outbox.subscribe(), added, swap, elsewhere }
    }

    /// Everything that a server should not say, with its name.
    fn bad_answers(&self) -> Vec<(&'static str, Response)> {
        let elsewhere = format!("http://{}/v1/about", self.elsewhere.local_addr().unwrap());
        vec![
            ("text", "so far, so good".into_response()),
            ("a hotel", Html("<html>Welcome to our hotel</html>").into_response()),
            ("half an answer", r#"{"state":"signed_in","session":{"#.into_response()),
            ("another answer", r#"{"state":"sunny"}"#.into_response()),
            ("a list", "[]".into_response()),
            ("nothing", "".into_response()),
            ("not even text", vec![0xff, 0xfe, 0x00].into_response()),
            ("too much", format!("[{}]", " ".repeat(2 * 1024 * 1024)).into_response()),
            ("302", (axum::http::StatusCode::FOUND, [("location", elsewhere.clone())]).into_response()),
            ("307", Redirect::temporary(&elsewhere).into_response()),
            ("308", Redirect::permanent(&elsewhere).into_response()),
        ]
    }

    fn swap(&self, path: &'static str, answer: Response) {
        *self.swap.lock().unwrap() = Some((path, answer));
    }

    async fn mailed_code(&mut self) -> String {
        self.app.deliver_due().await.unwrap();
        loop {
            if let Some(code) = self.inbox.try_next().unwrap().code() {
                return code.to_owned();
            }
        }
    }

    async fn begin_sign_in(&self) -> Box<dyn Exchange> {
        let intent = Intent::SignIn { identifier: "jana".into() };
        self.provider.begin(intent).await.unwrap().0
    }

    async fn sign_in(&self, password: &str) -> Result<Session, Step> {
        match self.begin_sign_in().await.answer(Answer::Password(Secret::new(password))).await.unwrap() {
            Step::Done(Outcome::SignedIn(session)) => Ok(session),
            other => Err(other),
        }
    }

    /// A recovery, and the code that was mailed for it.
    async fn begin_recover(&mut self) -> (Box<dyn Exchange>, String) {
        let intent = Intent::Recover { identifier: "jana".into() };
        let (exchange, _) = self.provider.begin(intent).await.unwrap();
        (exchange, self.mailed_code().await)
    }

    /// A recovery that asks for the new password.
    async fn verified(&mut self) -> Box<dyn Exchange> {
        let (mut exchange, code) = self.begin_recover().await;
        new_password_asked(exchange.answer(Answer::Code(Secret::new(code))).await.unwrap());
        exchange
    }

    fn assert_nobody_went_elsewhere(&self) {
        assert_eq!(self.elsewhere.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    }
}

fn with_swaps(router: Router, swap: Swap) -> Router {
    router.layer(middleware::from_fn(move |request: Request, next: Next| {
        let swapped = swap.lock().unwrap().take_if(|(path, _)| *path == request.uri().path());
        async move {
            match swapped {
                Some((_, answer)) => answer,
                None => next.run(request).await,
            }
        }
    }))
}

async fn find(base: &Url) -> accounts::Result<RecoveryServer> {
    RecoveryServer::find(Desk {
        http: Http::new().unwrap(),
        clock: Arc::new(SystemClock),
        base: base.clone(),
        device: "Regain on a test".into(),
    })
    .await
}

fn kind<T>(result: accounts::Result<T>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

fn new_password_asked(step: Step) -> Option<Problem> {
    match step {
        Step::Ask(Challenge::NewPassword(_), problem) => problem,
        other => panic!("{other:?}"),
    }
}

fn set(password: &str) -> Answer {
    Answer::NewPassword(Secret::new(password))
}

#[tokio::test]
async fn what_answers_otherwise_is_no_account_server() {
    let bench = Bench::open(false).await;
    for (name, bad) in bench.bad_answers() {
        bench.swap("/v1/about", bad);
        assert_eq!(kind(find(&bench.base).await), Some(ErrorKind::Protocol), "{name}");
    }
    assert_eq!(kind(find(&bench.base).await), None);
    bench.assert_nobody_went_elsewhere();
}

#[tokio::test]
async fn a_sign_in_survives_a_bad_answer() {
    let bench = Bench::open(false).await;
    for (name, bad) in bench.bad_answers() {
        let mut exchange = bench.begin_sign_in().await;
        let password = || Answer::Password(Secret::new(PASSWORD));
        bench.swap("/v1/sign-in", bad);
        assert_eq!(kind(exchange.answer(password()).await), Some(ErrorKind::Protocol), "{name}");
        let again = exchange.answer(password()).await.unwrap();
        assert!(matches!(again, Step::Done(Outcome::SignedIn(_))), "{name}: {again:?}");
    }
    bench.assert_nobody_went_elsewhere();
}

#[tokio::test]
async fn a_recovery_survives_a_bad_answer_at_every_step() {
    let mut bench = Bench::open(false).await;
    let answers = bench.bad_answers().len();
    for n in 0..answers {
        let bad = |bench: &Bench| bench.bad_answers().swap_remove(n);
        let (name, answer) = bad(&bench);
        bench.swap("/v1/recoveries", answer);
        let intent = Intent::Recover { identifier: "jana".into() };
        assert_eq!(kind(bench.provider.begin(intent).await), Some(ErrorKind::Protocol), "{name}");

        let (mut exchange, code) = bench.begin_recover().await;
        let code = || Answer::Code(Secret::new(code.clone()));
        bench.swap("/v1/recoveries/send", bad(&bench).1);
        assert_eq!(kind(exchange.answer(Answer::Resend).await), Some(ErrorKind::Protocol), "{name}");
        bench.swap("/v1/recoveries/check", bad(&bench).1);
        assert_eq!(kind(exchange.answer(code()).await), Some(ErrorKind::Protocol), "{name}");
        assert_eq!(new_password_asked(exchange.answer(code()).await.unwrap()), None, "{name}");

        // From here on the password may have changed: what is not understood is not taken for a no.
        let new = format!("{NEW} {n}");
        bench.swap("/v1/recoveries/password", bad(&bench).1);
        assert_eq!(kind(exchange.answer(set(&new)).await), Some(ErrorKind::OutcomeUnknown), "{name}");
        let done = exchange.answer(set(&new)).await.unwrap();
        assert!(matches!(done, Step::Done(Outcome::PasswordChanged { .. })), "{name}: {done:?}");
        assert!(bench.sign_in(&new).await.is_ok(), "{name}");
    }
    bench.assert_nobody_went_elsewhere();
}

#[tokio::test]
async fn a_change_and_the_list_of_sessions_survive_a_bad_answer() {
    let bench = Bench::open(false).await;
    let mut current = PASSWORD.to_owned();
    for (n, (name, bad)) in bench.bad_answers().into_iter().enumerate() {
        let mut session = bench.sign_in(&current).await.unwrap();
        let again = bench.bad_answers().swap_remove(n).1;
        bench.swap("/v1/sessions", again);
        assert_eq!(kind(bench.provider.sessions(&mut session).await), Some(ErrorKind::Protocol), "{name}");
        assert_eq!(kind(bench.provider.sessions(&mut session).await), None, "{name}");

        let (mut exchange, _) = bench.provider.begin(Intent::ChangePassword { session }).await.unwrap();
        exchange.answer(Answer::Password(Secret::new(current.clone()))).await.unwrap();
        let new = format!("{NEW} {n}");
        bench.swap("/v1/password", bad);
        assert_eq!(kind(exchange.answer(set(&new)).await), Some(ErrorKind::OutcomeUnknown), "{name}");
        let done = exchange.answer(set(&new)).await.unwrap();
        assert!(matches!(done, Step::Done(Outcome::PasswordChanged { .. })), "{name}: {done:?}");
        current = new;
    }
    bench.assert_nobody_went_elsewhere();
}

/// A code as people type and paste it: grouped, with dashes of both kinds, full-width from a Japanese keyboard.
fn spellings(code: &str) -> [String; 5] {
    let (a, b) = code.split_at(code.len() / 2);
    let wide = |c: char| if c.is_ascii_graphic() { char::from_u32(c as u32 + 0xfee0).unwrap() } else { c };
    [
        format!("{a} {b}"),
        format!("  {a}-{b}\n"),
        format!("{a}\u{2013}{b}"),
        code.chars().map(wide).collect(),
        format!("{}\u{3000}{}", a.chars().map(wide).collect::<String>(), b.to_lowercase()),
    ]
}

#[tokio::test]
async fn codes_are_read_as_people_type_them() {
    let mut bench = Bench::open(false).await;
    for n in 0..5 {
        let (mut exchange, code) = bench.begin_recover().await;
        let typed = &spellings(&code)[n];
        let step = exchange.answer(Answer::Code(Secret::new(typed.clone()))).await.unwrap();
        assert_eq!(new_password_asked(step), None, "{typed}");

        let (mut exchange, _) = bench.begin_recover().await;
        exchange.answer(Answer::OtherWay(Way::RecoveryCode)).await.unwrap();
        let typed = &spellings(&bench.added.recovery_codes[n])[n];
        let step = exchange.answer(Answer::Code(Secret::new(typed.clone()))).await.unwrap();
        assert_eq!(new_password_asked(step), None, "{typed}");
    }
    for typed in ["", " ", "1", "１２３", "not a code", "🔑", &"4".repeat(10_000)] {
        let (mut exchange, code) = bench.begin_recover().await;
        let step = exchange.answer(Answer::Code(Secret::new(typed))).await.unwrap();
        assert!(matches!(step, Step::Ask(Challenge::Code(_), Some(Problem::WrongCode))), "{typed}: {step:?}");
        assert_eq!(new_password_asked(exchange.answer(Answer::Code(Secret::new(code))).await.unwrap()), None);
    }
}

#[tokio::test]
async fn passwords_are_taken_as_they_are_typed() {
    let mut bench = Bench::open(false).await;
    for password in
        ["  tundra kettle around 41 ", "🦀🔑🌙🚪🪟🕯🧵🪴🦊🐝🍋🎈🎲🧊🪁", "\u{3000}жёлтый чайник 41 у окна"]
    {
        let done = bench.verified().await.answer(set(password)).await.unwrap();
        assert!(matches!(done, Step::Done(Outcome::PasswordChanged { .. })), "{password}: {done:?}");
        assert!(bench.sign_in(password).await.is_ok(), "{password}");
        let longer = format!("{password} ");
        for other in [password.trim(), longer.as_str()].into_iter().filter(|other| *other != password) {
            let refused = bench.sign_in(other).await.unwrap_err();
            assert!(matches!(refused, Step::Ask(_, Some(Problem::WrongPassword))), "{other:?}: {refused:?}");
        }
    }
}

#[tokio::test]
async fn a_password_of_ten_thousand_characters_costs_nothing() {
    let mut bench = Bench::open(false).await;
    let mut exchange = bench.verified().await;
    let refused = exchange.answer(set(&"x".repeat(10_000))).await.unwrap();
    let too_long = Problem::WeakPassword(vec![WeakReason::TooLong { max: 256 }]);
    assert_eq!(new_password_asked(refused), Some(too_long));
    // 40 kB: more than the server reads at all.
    assert!(exchange.answer(set(&"🦀".repeat(10_000))).await.is_err());
    let done = exchange.answer(set(NEW)).await.unwrap();
    assert!(matches!(done, Step::Done(Outcome::PasswordChanged { .. })), "{done:?}");

    let mut exchange = bench.begin_sign_in().await;
    let step = exchange.answer(Answer::Password(Secret::new("x".repeat(10_000)))).await.unwrap();
    assert!(matches!(step, Step::Ask(_, Some(Problem::WrongPassword))), "{step:?}");
    assert!(exchange.answer(Answer::Password(Secret::new("🦀".repeat(10_000)))).await.is_err());
    let step = exchange.answer(Answer::Password(Secret::new(NEW))).await.unwrap();
    assert!(matches!(step, Step::Done(Outcome::SignedIn(_))), "{step:?}");
}

#[tokio::test]
async fn what_can_be_no_identifier_is_said_and_nothing_is_mailed() {
    let mut bench = Bench::open(false).await;
    let long = "x".repeat(255);
    for typed in ["", "  ", &long, "ja\u{0}na", "ja\u{202e}na", "jana\u{feff}", &"🦀".repeat(255)] {
        let intent = Intent::Recover { identifier: typed.to_owned() };
        assert_eq!(kind(bench.provider.begin(intent).await), Some(ErrorKind::BadIdentifier), "{typed:?}");
        let intent = Intent::SignIn { identifier: typed.to_owned() };
        let (mut exchange, _) = bench.provider.begin(intent).await.unwrap();
        let step = exchange.answer(Answer::Password(Secret::new(PASSWORD))).await.unwrap();
        assert!(matches!(step, Step::Ask(_, Some(Problem::WrongPassword))), "{typed:?}: {step:?}");
    }
    bench.app.deliver_due().await.unwrap();
    assert!(bench.inbox.try_next().is_none());
    // The same person, however the name was typed.
    for typed in [" JANA ", "ｊａｎａ"] {
        let intent = Intent::SignIn { identifier: typed.to_owned() };
        let (mut exchange, _) = bench.provider.begin(intent).await.unwrap();
        let step = exchange.answer(Answer::Password(Secret::new(PASSWORD))).await.unwrap();
        assert!(matches!(step, Step::Done(Outcome::SignedIn(_))), "{typed:?}: {step:?}");
    }
}
