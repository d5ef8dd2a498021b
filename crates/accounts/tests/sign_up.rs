//! An account is made at the real server: its password is kept before it exists, and its codes are kept with it.

#![expect(clippy::unwrap_used, reason = "a surprise must stop the test")]

use std::sync::Arc;

use accounts::clock::{ManualClock, SeededRandom};
use accounts::flow::{Deps, Done, Flow, Given, Purpose, Question};
use accounts::generate::Recipe;
use accounts::http::Http;
use accounts::provider::{CodePurpose, Kind, Providers, Server as Address, Way};
use accounts::store::memory::Memory;
use accounts::{
    Account, AccountId, AccountState, Accounts, ErrorKind, Problem, Provider, Secret, recovery_codes,
};
use recovery_server::mail::Inbox;
use recovery_server::{Config, NewAccount, Running, Server};

struct Bench {
    deps: Deps,
    provider: Arc<dyn Provider>,
    address: Address,
    inbox: Inbox,
    running: Running,
}

impl Bench {
    async fn start(open: bool) -> Self {
        let mut config = Config::loopback("Dorfladen");
        config.sign_up.open = open;
        let (mut deps, outbox) = recovery_server::Deps::in_memory(config).await.unwrap();
        deps.clock = Arc::new(recovery_server::ManualClock::at(1_800_000_000));
        let server = Server::bind(deps).await.unwrap();
        let base = server.url().clone();
        let running = server.start();
        let clock = Arc::new(ManualClock::at(1_800_000_000));
        let providers = Providers::new(Http::new().unwrap(), clock.clone(), "Regain on a bench");
        let address = Address { kind: Kind::RecoveryServer, base, key: None };
        let provider = providers.get(&address).await.unwrap();
        let deps = Deps {
            accounts: Arc::new(Accounts::in_memory()),
            store: Arc::new(Memory::new()),
            clock,
            random: Arc::new(SeededRandom::new(1)),
        };
        Self { deps, provider, address, inbox: outbox.subscribe(), running }
    }

    fn account(&self) -> Account {
        Account::new(AccountId::new("4f2a"), self.address.clone(), "Dorfladen", "jana@mail.example")
    }

    async fn begin(&self) -> accounts::Result<Flow> {
        Flow::begin(self.deps.clone(), self.provider.clone(), self.account(), Purpose::SignUp).await
    }

    async fn code(&mut self) -> Secret {
        Secret::new(self.inbox.next().await.code().unwrap())
    }
}

#[tokio::test]
async fn address_code_password_and_the_account_is_there() {
    let mut bench = Bench::start(true).await;
    assert!(bench.provider.about().abilities.sign_up);
    let mut flow = bench.begin().await.unwrap();
    let Question::Code(ask) = flow.question() else { panic!("{:?}", flow.question()) };
    assert_eq!((ask.purpose, ask.way), (CodePurpose::SignUp, Way::MailCode));
    assert!(ask.other_ways.is_empty());
    assert!(bench.deps.accounts.all().is_empty(), "nothing is kept before something was done");
    let code = bench.code().await;
    flow.answer(Given::Code(Secret::new("00000000"))).await.unwrap();
    assert_eq!(flow.problem(), Some(&Problem::WrongCode));
    flow.answer(Given::Code(code)).await.unwrap();
    assert!(matches!(flow.question(), Question::NewPassword { .. }));
    let made = flow.generate(Recipe::Words(5)).await.unwrap();
    assert_eq!(
        bench.deps.store.staged(&bench.account().id).await.unwrap().len(),
        1,
        "kept before it is sent"
    );
    flow.answer(Given::Generated).await.unwrap();
    let Question::Done(finish) = flow.question() else { panic!("{:?}", flow.question()) };
    assert_eq!((finish.what, finish.old_kept), (Done::SignedUp, false));

    let account = bench.deps.accounts.get(&bench.account().id).unwrap();
    assert!(matches!(account.state, AccountState::SignedIn { .. }));
    let current = bench.deps.store.current(&account.id).await.unwrap().unwrap();
    assert_eq!(current.password, made);
    let codes = recovery_codes::load(&*bench.deps.store, &account.id).await.unwrap();
    assert_eq!(codes.left(), 10);

    // It opens, and one of its codes gets back in.
    let (deps, provider) = (bench.deps.clone(), bench.provider.clone());
    let mut flow =
        Flow::begin(deps.clone(), provider.clone(), account.clone(), Purpose::SignIn).await.unwrap();
    flow.answer(Given::Saved).await.unwrap();
    assert!(matches!(flow.question(), Question::Done(finish) if finish.what == Done::SignedIn));
    let mut flow = Flow::begin(deps, provider, account.clone(), Purpose::Recover).await.unwrap();
    flow.answer(Given::OtherWay(Way::RecoveryCode)).await.unwrap();
    let saved = codes.current().unwrap().codes[0].text.clone();
    flow.answer(Given::Code(saved)).await.unwrap();
    assert!(matches!(flow.question(), Question::NewPassword { .. }), "{:?}", flow.question());
    let codes = recovery_codes::load(&*bench.deps.store, &account.id).await.unwrap();
    assert_eq!(codes.left(), 9);
    bench.running.stop().await;
}

#[tokio::test]
async fn who_has_an_account_is_told_so_by_mail_alone() {
    let mut bench = Bench::start(true).await;
    let jana = NewAccount::new("jana", "jana@mail.example", "quarry lantern birch nine 41");
    bench.running.app().add_account(jana).await.unwrap();
    let mut flow = bench.begin().await.unwrap();
    assert!(matches!(flow.question(), Question::Code(_)), "the window cannot tell");
    let mail = bench.inbox.next().await;
    assert_eq!(mail.code(), None, "{}", mail.text);
    flow.answer(Given::Code(Secret::new("12345678"))).await.unwrap();
    assert_eq!(flow.problem(), Some(&Problem::WrongCode));
    bench.running.stop().await;
}

#[tokio::test]
async fn a_server_that_is_closed_offers_nothing() {
    let bench = Bench::start(false).await;
    assert!(!bench.provider.about().abilities.sign_up);
    assert_eq!(bench.begin().await.err().map(|error| error.kind()), Some(ErrorKind::Refused));
    bench.running.stop().await;
}
