//! Journeys at servers whose conversations differ from our own: a code that is checked late, a link, a mailbox that is
//! asked for. The servers are the fakes of their adapters, over HTTP; what is snapshot is what the window would draw.

#![expect(clippy::unwrap_used, reason = "a surprise must stop the test")]

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use accounts::clock::{ManualClock, SeededRandom};
use accounts::flow::Deps;
use accounts::http::Http;
use accounts::provider::{Kind, Providers, Server, atproto, gotrue, kratos, matrix};
use accounts::store::memory::Memory as Store;
use accounts::{Account, AccountId, Accounts, CredentialStore as _, Secret};
use regain_lib::App;
use regain_lib::view::*;

const OLD: &str = "velvet-Otter-crossing-41";
const NEW: &str = "mossy-kettle-Walnut-29";
const MAILBOX: &str = "jana@mail.example";

struct Journey {
    app: App,
    list: Arc<Accounts>,
    store: Store,
    server: ServerView,
    flow: u32,
    told: String,
}

impl Journey {
    async fn to(address: SocketAddr, clock: Arc<ManualClock>) -> Self {
        Self::to_with(address, clock, None).await
    }

    async fn to_with(address: SocketAddr, clock: Arc<ManualClock>, key: Option<&str>) -> Self {
        let store = Store::new();
        let accounts = Arc::new(Accounts::in_memory());
        let list = accounts.clone();
        let random = Arc::new(SeededRandom::new(1));
        let deps = Deps { accounts, store: Arc::new(store.clone()), clock: clock.clone(), random };
        let providers = Providers::new(Http::new().unwrap(), clock, "Regain on a test");
        let folder = tempfile::tempdir().unwrap();
        let app = App::with(folder.path(), Settings::default(), false, Ok(deps), providers);
        let found = app.find_server(&address.to_string(), key).await.unwrap();
        let server = found.servers.into_iter().next().unwrap();
        let told = format!("found: {:?}, {:?}\n", server.kind, server.abilities);
        Self { app, list, store, server, flow: 0, told }
    }

    async fn begin(&mut self, intent: IntentKind, identifier: &str) -> &mut Self {
        let target = Target::Server { address: self.server.address.clone(), server: self.server.kind };
        let result = self
            .app
            .begin(BeginForm { target, intent, identifier: Some(identifier.into()), change: None })
            .await;
        self.tell(&format!("begin {intent:?} as {identifier}"), result)
    }

    /// The same for the account that is in the list.
    async fn begin_again(&mut self, intent: IntentKind, identifier: Option<&str>) -> &mut Self {
        let id = self.list.all()[0].id.as_str().to_owned();
        let form = BeginForm {
            target: Target::Account { id },
            intent,
            identifier: identifier.map(Into::into),
            change: None,
        };
        let result = self.app.begin(form).await;
        self.tell(&format!("begin {intent:?} again, {identifier:?}"), result)
    }

    async fn answer(&mut self, said: &str, answer: AnswerForm) -> &mut Self {
        let result = self.app.answer(self.flow, answer).await;
        self.tell(said, result)
    }

    async fn code(&mut self, said: &str, code: &str) -> &mut Self {
        self.answer(said, AnswerForm::Code { code: code.into() }).await
    }

    async fn new_password(&mut self, password: &str) -> &mut Self {
        let form = AnswerForm::NewPassword { password: password.into(), repeat: password.into() };
        self.answer("a new password, twice", form).await
    }

    fn tell(&mut self, said: &str, result: Result<View, ErrorView>) -> &mut Self {
        writeln!(self.told, "> {said}").unwrap();
        match result {
            Ok(view) => {
                self.flow = view.flow;
                writeln!(self.told, "{:?}", view.question).unwrap();
                if let Some(problem) = view.problem {
                    writeln!(self.told, "  problem: {problem:?}").unwrap();
                }
            }
            Err(error) => writeln!(self.told, "  error: {error:?}").unwrap(),
        }
        self
    }

    /// What is kept at the end.
    async fn told(&mut self) -> String {
        for account in self.list.all() {
            let current = self.store.current(&account.id).await.unwrap();
            let current = current.map(|current| current.password == Secret::new(NEW));
            let Self { told, .. } = self;
            writeln!(told, "---\n{} (recovered as {:?})", account.identifier, account.recover_as).unwrap();
            writeln!(told, "the new password is the current one: {current:?}").unwrap();
        }
        std::mem::take(&mut self.told)
    }
}

#[tokio::test]
async fn a_code_that_is_checked_late_comes_back_and_keeps_the_password() {
    let clock = Arc::new(ManualClock::at(1_800_000_000));
    let (fake, address) = atproto::fake::Fake::start(clock.clone(), Secret::new(OLD)).await.unwrap();
    let mut journey = Journey::to(address, clock).await;
    journey.begin(IntentKind::Recover, "jana.test").await;
    journey.begin(IntentKind::Recover, "nobody@mail.example").await;
    journey.begin(IntentKind::Recover, MAILBOX).await;
    let code = fake.mailed().unwrap();
    journey.code("a wrong code", "AAAAA-AAAAA").await;
    journey.new_password(NEW).await;
    // The password that was typed is sent again by itself, once the code is right.
    journey
        .code("the mailed code, small and without its dash", &code.expose().replace('-', "").to_lowercase())
        .await;
    insta::assert_snapshot!(journey.told().await);
}

#[tokio::test]
async fn a_handle_is_remembered_with_its_mailbox() {
    let clock = Arc::new(ManualClock::at(1_800_000_000));
    let (fake, address) = atproto::fake::Fake::start(clock.clone(), Secret::new(OLD)).await.unwrap();
    let mut journey = Journey::to(address, clock).await;
    journey.begin(IntentKind::SignIn, "jana.test").await;
    journey.answer("the password", AnswerForm::Password { password: OLD.into() }).await;
    journey.begin_again(IntentKind::ChangePassword, None).await;
    let code = fake.mailed().unwrap();
    journey.code("the mailed code", code.expose()).await;
    journey.new_password(NEW).await;
    insta::assert_snapshot!(journey.told().await);
}

#[tokio::test]
async fn a_mailbox_that_was_mistyped_is_not_remembered() {
    let clock = Arc::new(ManualClock::at(1_800_000_000));
    let fake = matrix::fake::Fake::start(clock.clone(), matrix::fake::Setup::default()).await;
    fake.add("jana", MAILBOX, OLD);
    let mut journey = Journey::to(fake.address(), clock).await;
    journey.list.put(listed(&journey.server)).unwrap();
    journey.begin_again(IntentKind::Recover, Some("jnaa@mail.example")).await;
    journey.answer("“I have opened it”", AnswerForm::Opened).await;
    journey.new_password(NEW).await;
    assert_eq!(journey.list.all()[0].recover_as, None, "or nobody could ever mend the slip");
    // That of another account, which then has the new password, and this one has not.
    fake.add("otto", "otto@mail.example", OLD);
    journey.begin_again(IntentKind::Recover, Some("otto@mail.example")).await;
    let link = fake.mailed().unwrap();
    journey.code("the link of another account", &link).await;
    journey.new_password("quiet-harbour-Lantern-58").await;
    assert_eq!(journey.list.all()[0].recover_as, None, "what was not proven is not remembered");
    journey.begin_again(IntentKind::Recover, Some(MAILBOX)).await;
    let link = fake.mailed().unwrap();
    journey.code("the link", &link).await;
    journey.new_password(NEW).await;
    insta::assert_snapshot!(journey.told().await);
}

/// An account of which only its name is known.
fn listed(server: &ServerView) -> Account {
    Account::new(
        AccountId::new("0123456789abcdef"),
        Server { kind: Kind::Matrix, base: server.address.parse().unwrap(), key: None },
        server.name.clone(),
        "jana",
    )
}

#[tokio::test]
async fn a_link_is_opened_or_pasted() {
    let clock = Arc::new(ManualClock::at(1_800_000_000));
    let fake = matrix::fake::Fake::start(clock.clone(), matrix::fake::Setup::default()).await;
    fake.add("jana", MAILBOX, OLD);
    let mut journey = Journey::to(fake.address(), clock).await;
    journey.begin(IntentKind::Recover, MAILBOX).await;
    let link = fake.mailed().unwrap();
    journey.answer("“I have opened it”, but it was not", AnswerForm::Opened).await;
    journey.new_password(NEW).await;
    fake.open(&link);
    journey.answer("“I have opened it”", AnswerForm::Opened).await;
    insta::assert_snapshot!(journey.told().await);
}

#[tokio::test]
async fn the_code_goes_to_the_address_that_is_chosen() {
    let clock = Arc::new(ManualClock::at(1_800_000_000));
    let addresses = vec![MAILBOX.into(), "work@office.example".into(), "+491512345677".into()];
    let setup = kratos::fake::Setup { choose_address: true, addresses, ..Default::default() };
    let (fake, address) = kratos::fake::Fake::start(setup, clock.clone()).await;
    let mut journey = Journey::to(address, clock).await;
    journey.begin(IntentKind::Recover, MAILBOX).await;
    journey.answer("the one that was typed", AnswerForm::Address { place: 0 }).await;
    assert_eq!(fake.mailed().unwrap().0, MAILBOX);
    let other = || AnswerForm::OtherWay { way: Way::OtherAddress };
    journey.answer("another address", other()).await;
    journey.answer("the telephone", AnswerForm::Address { place: 2 }).await;
    journey.answer("another address after all", other()).await;
    journey.answer("the second one", AnswerForm::Address { place: 1 }).await;
    let whole = |address: &str| AnswerForm::WholeAddress { address: address.into() };
    journey.answer("an address that is not behind the mask", whole(MAILBOX)).await;
    journey.answer("the whole address", whole("work@office.example")).await;
    let (to, code) = fake.mailed().unwrap();
    assert_eq!(to, "work@office.example");
    journey.code("a wrong code", "000000").await;
    journey.code("the mailed code", &code).await;
    journey.new_password(NEW).await;
    insta::assert_snapshot!(journey.told().await);
}

#[tokio::test]
async fn a_project_behind_a_gateway_is_found_with_its_key_and_remembers_it() {
    let clock = Arc::new(ManualClock::at(1_800_000_000));
    let key = "sb_publishable_of-the-project";
    let setup = gotrue::fake::Setup { path: "/auth/v1", key: Some(key), ..Default::default() };
    let (_fake, address) = gotrue::fake::Fake::start(setup, clock.clone()).await;
    let mut journey = Journey::to_with(address, clock, Some(key)).await;
    let typed = address.to_string();
    for (given, error) in [
        (None, ErrorView::WantsKey),
        (Some(""), ErrorView::Key { why: KeyProblem::Empty }),
        (Some("two words"), ErrorView::Key { why: KeyProblem::NotAKey }),
        (Some("sb_secret_of-the-project"), ErrorView::Key { why: KeyProblem::Secret }),
        (Some("sb_publishable_of-another"), ErrorView::WrongKey),
    ] {
        assert_eq!(journey.app.find_server(&typed, given).await.unwrap_err(), error, "{given:?}");
    }
    journey.begin(IntentKind::SignIn, gotrue::fake::ADDRESS).await;
    journey.answer("the password", AnswerForm::Password { password: OLD.into() }).await;
    let server = journey.list.all()[0].server.clone();
    assert_eq!(server.key.as_ref().map(|key| key.as_str()), Some(key));

    // The list had an older one: finding the server again puts that right.
    let old = Server { key: None, ..server };
    journey.list.put(Account { server: old, ..journey.list.all()[0].clone() }).unwrap();
    journey.app.find_server(&typed, Some(key)).await.unwrap();
    assert_eq!(journey.list.all()[0].server.key.as_ref().map(|key| key.as_str()), Some(key));
}
