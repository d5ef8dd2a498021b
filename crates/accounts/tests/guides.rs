//! A guide walked to its end, left and taken up again: what was shown is never lost.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a surprise must stop the test")]

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use accounts::clock::{ManualClock, SeededRandom};
use accounts::flow::{Deps, Done, Flow, Given, Purpose, Question};
use accounts::generate::Recipe;
use accounts::guide::{Route, StepKind};
use accounts::http::Http;
use accounts::provider::{GuideAsk, Kind, Providers, Reach, Server};
use accounts::signed_in::{self, Resolution};
use accounts::site::list::Import;
use accounts::site::{By, Looked, SiteList};
use accounts::store::Why;
use accounts::store::memory::Memory;
use accounts::{Account, AccountId, AccountState, Accounts, ErrorKind, Problem, Provider, Secret};

struct Bench {
    deps: Deps,
    clock: Arc<ManualClock>,
    provider: Arc<dyn Provider>,
    account: Account,
}

impl Bench {
    async fn at(address: &str) -> Self {
        Self::with(address, SiteList::built_in()).await
    }

    async fn with(address: &str, sites: SiteList) -> Self {
        let clock = Arc::new(ManualClock::at(1_800_000_000));
        // A world in which no site exists.
        let authority = rcgen::generate_simple_self_signed(["nobody.example".to_owned()]).unwrap();
        let outside = Http::outside_of(authority.cert.der(), |_| Vec::new()).unwrap();
        let providers =
            Providers::new(Http::new().unwrap(), clock.clone(), "Regain on a bench").with_outside(outside);
        providers.know(sites);
        let server = Server { kind: Kind::Guide, base: address.parse().unwrap(), key: None };
        let provider = providers.get(&server).await.unwrap();
        let random = Arc::new(SeededRandom::new(1));
        let account = Account::new(
            AccountId::random(&*random),
            server,
            provider.about().name.clone(),
            "jana@mail.example",
        );
        let accounts = Arc::new(Accounts::in_memory());
        let deps = Deps { accounts, store: Arc::new(Memory::new()), clock: clock.clone(), random };
        Self { deps, clock, provider, account }
    }

    async fn aliexpress() -> Self {
        Self::at("https://aliexpress.com/").await
    }

    fn listed(&self) -> Option<Account> {
        self.deps.accounts.get(&self.account.id)
    }

    async fn begin(&self, purpose: Purpose) -> Flow {
        let account = self.listed().unwrap_or_else(|| self.account.clone());
        Flow::begin(self.deps.clone(), self.provider.clone(), account, purpose).await.unwrap()
    }

    /// As a killed process leaves it.
    async fn killed_after_the_password_was_shown(&self) -> Secret {
        let mut flow = self.begin(Purpose::Recover).await;
        flow.answer(Given::Yes).await.unwrap();
        flow.answer(Given::Yes).await.unwrap();
        let password = flow.generate(Recipe::Words(4)).await.unwrap();
        flow.answer(Given::Generated).await.unwrap();
        assert!(matches!(flow.question(), Question::SetPassword(_)), "{:?}", flow.question());
        password
    }

    async fn current(&self) -> Option<Secret> {
        self.deps.store.current(&self.account.id).await.unwrap().map(|current| current.password)
    }
}

fn step(flow: &Flow) -> &GuideAsk {
    match flow.question() {
        Question::Guide(ask) | Question::SetPassword(ask) => ask,
        other => panic!("a step: {other:?}"),
    }
}

#[tokio::test]
async fn from_forgotten_to_saved() {
    let bench = Bench::aliexpress().await;
    let mut flow = bench.begin(Purpose::Recover).await;
    let first = step(&flow);
    assert_eq!((first.at, first.steps.len(), first.general), (0, 3, false));
    assert_eq!(first.page.as_ref().unwrap().as_str(), "https://login.aliexpress.com/");
    assert!(bench.listed().is_none(), "nothing is kept before something was done");

    flow.answer(Given::Yes).await.unwrap();
    assert!(bench.listed().is_some());
    let code = step(&flow).clone();
    assert!(matches!(code.kind, StepKind::Code { .. }));
    assert_eq!(code.hints.len(), 4);
    assert_eq!(code.page, step(&flow).page, "the page of the step before");
    let waits = code.resend_at.unwrap().duration_since(accounts::Clock::now(&*bench.clock)).unwrap();
    assert_eq!(waits, Duration::from_secs(60));
    bench.clock.advance(Duration::from_secs(70));
    flow.answer(Given::Resend).await.unwrap();
    assert!(step(&flow).resend_at > code.resend_at, "the clock of the new code");

    flow.answer(Given::Yes).await.unwrap();
    let Question::NewPassword { rules, .. } = flow.question() else { panic!("{:?}", flow.question()) };
    assert_eq!((rules.min_length, rules.max_length), (8, 20));
    let password = flow.generate(Recipe::Words(4)).await.unwrap();
    let fits = |c: char| c.is_ascii_alphanumeric();
    assert!(
        password.expose().chars().all(fits) && (6..=20).contains(&password.expose().len()),
        "AliExpress takes it"
    );
    flow.answer(Given::Generated).await.unwrap();
    assert_eq!(flow.candidate(), Some(&password), "to be copied");
    assert_eq!(bench.listed().unwrap().state, AccountState::InTheAir);
    flow.answer(Given::Yes).await.unwrap();
    let Question::Done(finish) = flow.question() else { panic!("{:?}", flow.question()) };
    assert_eq!(finish.what, Done::PasswordChanged);
    assert_eq!(bench.current().await, Some(password));
    let listed = bench.listed().unwrap();
    assert_eq!((listed.state, listed.guide), (AccountState::SignedOut, None));
}

#[tokio::test]
async fn a_password_that_was_shown_is_there_after_a_crash() {
    let bench = Bench::aliexpress().await;
    let password = bench.killed_after_the_password_was_shown().await;

    signed_in::notice_the_unanswered(&bench.deps).await.unwrap();
    let account = bench.listed().unwrap();
    assert_eq!(account.state, AccountState::InTheAir);
    let found = signed_in::resolve(&bench.deps, bench.provider.clone(), &account).await.unwrap();
    assert_eq!(found, Resolution::NotAsked, "only the person knows");
    assert_eq!(bench.deps.store.staged(&account.id).await.unwrap().len(), 1);

    // Days later, by whatever way they come.
    bench.clock.advance(Duration::from_secs(5 * 86_400));
    for purpose in [Purpose::Recover, Purpose::ChangePassword] {
        let flow = bench.begin(purpose).await;
        assert!(matches!(flow.question(), Question::SetPassword(_)), "{:?}", flow.question());
        assert!(step(&flow).left_at.is_some());
        assert_eq!(flow.candidate(), Some(&password));
        flow.cancel().await.unwrap();
        assert_eq!(bench.deps.store.staged(&account.id).await.unwrap().len(), 1, "leaving says nothing");
    }
    let mut flow = bench.begin(Purpose::Recover).await;
    flow.answer(Given::Yes).await.unwrap();
    assert_eq!(bench.current().await, Some(password));
}

#[tokio::test]
async fn a_password_that_the_site_refused_stays_in_the_history() {
    let bench = Bench::aliexpress().await;
    let refused = bench.killed_after_the_password_was_shown().await;
    let mut flow = bench.begin(Purpose::Recover).await;
    flow.answer(Given::No).await.unwrap();
    assert_eq!(flow.problem(), Some(&Problem::NotTaken));
    assert!(matches!(flow.question(), Question::NewPassword { .. }));
    assert_eq!(bench.listed().unwrap().state, AccountState::SignedOut);
    let second = flow.generate(Recipe::Words(4)).await.unwrap();
    assert_ne!(second, refused);
    flow.answer(Given::Generated).await.unwrap();
    flow.answer(Given::Yes).await.unwrap();
    assert_eq!(bench.current().await, Some(second));
    let now = accounts::Clock::now(&*bench.clock);
    let history = bench.deps.store.history(&bench.account.id, now).await.unwrap();
    assert!(history.iter().any(|past| past.password == refused && past.why == Why::NotAccepted));
}

#[tokio::test]
async fn a_step_is_taken_up_days_later() {
    let bench = Bench::aliexpress().await;
    let mut flow = bench.begin(Purpose::Recover).await;
    flow.answer(Given::Yes).await.unwrap();
    flow.cancel().await.unwrap();
    bench.clock.advance(Duration::from_secs(3 * 86_400));

    // A sign-in that is tried in between does not take the place away.
    let mut flow = bench.begin(Purpose::SignIn).await;
    flow.answer(Given::Password(Secret::new("made up"))).await.unwrap();
    flow.answer(Given::No).await.unwrap();
    flow.cancel().await.unwrap();

    let mut flow = bench.begin(Purpose::Recover).await;
    assert_eq!(step(&flow).at, 1);
    assert!(step(&flow).left_at.is_some());
    flow.answer(Given::StepBack).await.unwrap();
    assert_eq!((step(&flow).at, step(&flow).left_at), (0, None));
    flow.answer(Given::Yes).await.unwrap();
    flow.answer(Given::StartOver).await.unwrap();
    assert_eq!(step(&flow).at, 0);
    assert_eq!(flow.answer(Given::StepBack).await.unwrap_err().kind(), ErrorKind::Unsupported);
    // Another way begins at its own beginning.
    assert_eq!(step(&bench.begin(Purpose::ChangePassword).await).at, 0);
}

#[tokio::test]
async fn signing_in_tries_what_is_kept_and_asks_the_person() {
    let bench = Bench::aliexpress().await;
    let mut flow = bench.begin(Purpose::SignIn).await;
    assert!(matches!(flow.question(), Question::Password { current: false, saved: false }));
    flow.answer(Given::Password(Secret::new("wrong one"))).await.unwrap();
    assert_eq!(step(&flow).route, Route::SignIn);
    assert!(flow.candidate().is_some(), "to be copied");
    flow.answer(Given::No).await.unwrap();
    assert_eq!(flow.problem(), Some(&Problem::WrongPassword));
    flow.answer(Given::Password(Secret::new("right one"))).await.unwrap();
    flow.answer(Given::Yes).await.unwrap();
    assert!(matches!(flow.question(), Question::Done(finish) if finish.what == Done::SignedIn));
    assert_eq!(bench.current().await, Some(Secret::new("right one")));

    let mut flow = bench.begin(Purpose::SignIn).await;
    assert!(matches!(flow.question(), Question::Password { saved: true, .. }));
    flow.answer(Given::Saved).await.unwrap();
    flow.answer(Given::No).await.unwrap();
    flow.answer(Given::Saved).await.unwrap();
    assert_eq!(flow.problem(), Some(&Problem::NoPasswordFits));
    assert_eq!(bench.current().await, Some(Secret::new("right one")), "it is kept all the same");
}

#[tokio::test]
async fn a_phone_signs_the_browser_in_and_nothing_here() {
    let bench = Bench::aliexpress().await;
    assert_eq!(bench.provider.about().abilities.pair, Some(Reach::Browser));
    let mut flow = bench.begin(Purpose::Pair).await;
    flow.answer(Given::Yes).await.unwrap();
    assert_eq!(step(&flow).kind, StepKind::Check);
    flow.answer(Given::No).await.unwrap();
    assert_eq!(step(&flow).at, 0, "once more from the QR code");
    flow.answer(Given::Yes).await.unwrap();
    flow.answer(Given::Yes).await.unwrap();
    assert!(matches!(flow.question(), Question::Done(finish) if finish.what == Done::Paired));
    assert!(bench.listed().unwrap().without_password);
    assert_eq!(bench.current().await, None);
}

#[tokio::test]
async fn the_way_by_a_phone_is_taken_up_days_later() {
    let bench = Bench::aliexpress().await;
    let mut flow = bench.begin(Purpose::Pair).await;
    flow.answer(Given::Yes).await.unwrap();
    drop(flow);
    bench.clock.advance(Duration::from_secs(3 * 86_400));
    let left = bench.listed().unwrap().guide.unwrap();
    assert_eq!((left.route, left.at), (Route::Phone, 1));

    let mut flow = bench.begin(Purpose::Pair).await;
    assert_eq!(step(&flow).at, 1);
    assert!(step(&flow).left_at.is_some());
    flow.answer(Given::Yes).await.unwrap();
    assert_eq!(bench.listed().unwrap().guide, None, "it is over");
}

#[tokio::test]
async fn a_phone_that_is_tried_leaves_the_place_on_the_way_to_a_password() {
    let bench = Bench::aliexpress().await;
    bench.begin(Purpose::Recover).await.answer(Given::Yes).await.unwrap();
    let mut flow = bench.begin(Purpose::Pair).await;
    flow.answer(Given::Yes).await.unwrap();
    flow.answer(Given::Yes).await.unwrap();
    let left = bench.listed().unwrap().guide.unwrap();
    assert_eq!((left.route, left.at), (Route::Recover, 1));
    // The other way round, the password is what matters more.
    let bench = Bench::aliexpress().await;
    bench.begin(Purpose::Pair).await.answer(Given::Yes).await.unwrap();
    bench.begin(Purpose::Recover).await.answer(Given::Yes).await.unwrap();
    assert_eq!(bench.listed().unwrap().guide.unwrap().route, Route::Recover);
}

#[tokio::test]
async fn a_site_without_a_guide_has_the_general_one() {
    let bench = Bench::at("https://shop.example/").await;
    assert_eq!(bench.provider.about().name, "shop.example");
    assert_eq!(bench.provider.about().abilities.pair, None);
    let flow = bench.begin(Purpose::Recover).await;
    assert!(step(&flow).general);
    assert_eq!(step(&flow).page.as_ref().unwrap().as_str(), "https://shop.example/");
    let found = step(&flow).found.as_ref().unwrap();
    assert_eq!((found.by, found.looked), (By::FrontPage, Looked::Unreached));
}

#[tokio::test]
async fn a_list_names_the_page_and_the_rules() {
    let (shop, at) = ("https://shop.example/", UNIX_EPOCH);
    let pages = Import::read(
        br#"{"shop.example": "https://shop.example/account/password"}"#,
        "change-password-URLs.json",
        at,
    );
    let rules = br#"{"shop.example": {"password-rules": "minlength: 5; maxlength: 9; allowed: digit;"}}"#;
    let rules = Import::read(rules, "password-rules.json", at);
    let bench = Bench::with(shop, SiteList::with(&[pages.unwrap(), rules.unwrap()])).await;
    let mut flow = bench.begin(Purpose::ChangePassword).await;
    assert_eq!(step(&flow).page.as_ref().unwrap().as_str(), "https://shop.example/account/password");
    assert_eq!(step(&flow).found.as_ref().unwrap().by, By::List);
    flow.answer(Given::Yes).await.unwrap();
    let made = flow.generate(Recipe::Words(4)).await.unwrap();
    assert!(
        made.expose().len() <= 9 && made.expose().bytes().all(|byte| byte.is_ascii_digit()),
        "as the list has it"
    );
}

#[tokio::test]
async fn progress_survives_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("accounts.json");
    let mut bench = Bench::aliexpress().await;
    bench.deps.accounts = Arc::new(Accounts::open(&path).unwrap());
    bench.begin(Purpose::Recover).await.answer(Given::Yes).await.unwrap();
    let kept = Accounts::open(&path).unwrap().get(&bench.account.id).unwrap().guide.unwrap();
    assert_eq!((kept.route, kept.at, kept.setting), (Route::Recover, 1, false));
    assert!(kept.code_asked_at.is_some());
}
