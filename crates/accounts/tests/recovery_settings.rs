//! What gets a person back in is changed at the real server, and what it makes is kept here before it counts.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a surprise must stop the test")]

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use accounts::clock::{ManualClock, SeededRandom};
use accounts::flow::{Deps, Done, Flow, Given, Purpose, Question};
use accounts::http::Http;
use accounts::provider::conformance::Cable;
use accounts::provider::{
    CodePurpose, Kind, Providers, RecoverySettings, Server as Address, SettingChange, SettingChanged, Way,
};
use accounts::store::memory::Memory;
use accounts::{
    Account, AccountId, Accounts, ErrorKind, Problem, Provider, Secret, recovery_codes, signed_in,
};
use recovery_server::mail::{Inbox, SentMail};
use recovery_server::{Config, NewAccount, Running, Server};

const PASSWORD: &str = "quarry lantern birch nine 41";
const EMAIL: &str = "jana@mail.example";
const OTHER: &str = "jana@office.example";
const START: u64 = 1_800_000_000;

struct Bench {
    deps: Deps,
    provider: Arc<dyn Provider>,
    account: Account,
    clock: Arc<ManualClock>,
    theirs: Arc<recovery_server::ManualClock>,
    inbox: Inbox,
    cable: Cable,
    running: Running,
}

impl Bench {
    async fn start() -> Self {
        let config = Config::loopback("Dorfladen");
        let (mut deps, outbox) = recovery_server::Deps::in_memory(config).await.unwrap();
        let theirs = Arc::new(recovery_server::ManualClock::at(START.cast_signed()));
        deps.clock = theirs.clone();
        let server = Server::bind(deps).await.unwrap();
        let cable = Cable::to(server.address()).await.unwrap();
        let running = server.start();
        running.app().add_account(NewAccount::new("jana", EMAIL, PASSWORD)).await.unwrap();
        let clock = Arc::new(ManualClock::at(START));
        let providers = Providers::new(Http::new().unwrap(), clock.clone(), "Regain on a bench");
        let address =
            Address { kind: Kind::RecoveryServer, base: cable.address().parse().unwrap(), key: None };
        let provider = providers.get(&address).await.unwrap();
        let deps = Deps {
            accounts: Arc::new(Accounts::in_memory()),
            store: Arc::new(Memory::new()),
            clock: clock.clone(),
            random: Arc::new(SeededRandom::new(1)),
        };
        let account = Account::new(AccountId::new("4f2a"), address, "Dorfladen", "jana");
        let mut bench =
            Self { deps, provider, account, clock, theirs, inbox: outbox.subscribe(), cable, running };
        let mut flow = bench.begin(Purpose::SignIn).await.unwrap();
        flow.answer(Given::Password(Secret::new(PASSWORD))).await.unwrap();
        bench.account = flow.account().clone();
        bench
    }

    async fn begin(&self, purpose: Purpose) -> accounts::Result<Flow> {
        Flow::begin(self.deps.clone(), self.provider.clone(), self.account.clone(), purpose).await
    }

    async fn change(&self, change: SettingChange) -> accounts::Result<Flow> {
        self.begin(Purpose::ChangeRecovery(change)).await
    }

    async fn settings(&self) -> RecoverySettings {
        signed_in::recovery_settings(&self.deps, &self.provider, &self.account).await.unwrap()
    }

    /// The next mail to an address; those to others are let by.
    async fn mail(&mut self, to: &str) -> SentMail {
        loop {
            let mail = self.inbox.next().await;
            if mail.to == to {
                return mail;
            }
        }
    }

    async fn code(&mut self, to: &str) -> String {
        self.mail(to).await.code().unwrap().to_owned()
    }

    fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
        self.theirs.advance(seconds.cast_signed());
    }
}

fn done(flow: &Flow) -> SettingChanged {
    match flow.question() {
        Question::Done(finish) => match finish.what {
            Done::RecoveryChanged(what) => what,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}, {:?}", flow.problem()),
    }
}

#[tokio::test]
async fn an_address_proves_itself_and_can_go_first_and_go() {
    let mut bench = Bench::start().await;
    assert!(bench.provider.about().abilities.recovery_settings);
    let before = bench.settings().await;
    assert_eq!((before.addresses.len(), before.most_addresses), (1, 2));
    assert_eq!((before.addresses[0].address.as_str(), before.authenticator), (EMAIL, false));

    let mut flow = bench.change(SettingChange::AddAddress { address: OTHER.into() }).await.unwrap();
    let Question::Code(ask) = flow.question().clone() else { panic!("{:?}", flow.question()) };
    assert_eq!((ask.purpose, ask.way), (CodePurpose::NewAddress, Way::MailCode));
    flow.answer(Given::Code(Secret::new("00000000"))).await.unwrap();
    assert_eq!(flow.problem(), Some(&Problem::WrongCode));
    let first = bench.code(OTHER).await;
    bench.pass(61);
    flow.answer(Given::Resend).await.unwrap();
    let code = bench.code(OTHER).await;
    assert_ne!(first, code);
    flow.answer(Given::Code(Secret::new(code))).await.unwrap();
    assert_eq!(done(&flow), SettingChanged::AddressAdded);
    let told = bench.mail(EMAIL).await;
    assert_eq!(told.code(), None, "a notice");

    let settings = bench.settings().await;
    assert_eq!(settings.addresses.len(), 2);
    let other = settings.addresses[1].clone();
    assert_eq!((other.address.as_str(), other.confirmed, other.bounced_at), (OTHER, true, None));
    assert_eq!(settings.revocable.len(), 1);
    assert_eq!(settings.revocable[0].what, SettingChanged::AddressAdded);
    assert_eq!(settings.revocable[0].at, UNIX_EPOCH + Duration::from_secs(START + 61));
    assert_eq!(settings.revocable[0].until - Duration::from_secs(7 * 86_400), settings.revocable[0].at);

    let flow = bench.change(SettingChange::PutFirst { id: other.id.clone() }).await.unwrap();
    assert_eq!(done(&flow), SettingChanged::AddressFirst);
    assert_eq!(flow.account().mailbox, Some(accounts::identifier::masked(OTHER)));
    assert_eq!(bench.settings().await.addresses[0].address, OTHER);
    let flow = bench.change(SettingChange::RemoveAddress { id: other.id.clone() }).await.unwrap();
    assert_eq!(done(&flow), SettingChanged::AddressRemoved);
    assert_eq!(bench.settings().await.addresses.len(), 1);
    // It was looked at before somebody else removed it.
    let late = bench.change(SettingChange::RemoveAddress { id: other.id }).await;
    assert_eq!(late.err().map(|error| error.kind()), Some(ErrorKind::Overtaken));
    let kept = bench.deps.accounts.get(&bench.account.id).unwrap();
    assert_eq!(kept.mailbox, Some(accounts::identifier::masked(EMAIL)));
    bench.running.stop().await;
}

#[tokio::test]
async fn the_last_address_and_the_same_again_are_overtaken() {
    let bench = Bench::start().await;
    let only = bench.settings().await.addresses[0].id.clone();
    for change in [
        SettingChange::RemoveAddress { id: only.clone() },
        SettingChange::PutFirst { id: only },
        SettingChange::AddAddress { address: EMAIL.to_uppercase() },
        SettingChange::TurnOff,
    ] {
        let mut flow = bench.change(change.clone()).await;
        if let Ok(flow) = &mut flow
            && let Err(error) = flow.answer(Given::Code(Secret::new("123456"))).await
        {
            assert_eq!(error.kind(), ErrorKind::Overtaken, "{change:?}");
            continue;
        }
        assert_eq!(flow.err().map(|error| error.kind()), Some(ErrorKind::Overtaken), "{change:?}");
    }
    bench.running.stop().await;
}

#[tokio::test]
async fn the_authenticator_is_kept_before_it_counts() {
    let mut bench = Bench::start().await;
    // Left before its code was sent: nothing is kept, and nothing was turned on.
    let flow = bench.change(SettingChange::TurnOn).await.unwrap();
    assert!(matches!(flow.question(), Question::SetUpAuthenticator(_)), "{:?}", flow.question());
    flow.cancel().await.unwrap();
    assert!(bench.deps.store.authenticators(&bench.account.id).await.unwrap().is_empty());

    let mut flow = bench.change(SettingChange::TurnOn).await.unwrap();
    flow.answer(Given::Code(Secret::new("000000"))).await.unwrap();
    assert_eq!(flow.problem(), Some(&Problem::WrongCode));
    flow.answer(Given::Keep).await.unwrap();
    assert_eq!(done(&flow), SettingChanged::AuthenticatorOn);
    assert!(bench.settings().await.authenticator);
    let kept = bench.deps.store.authenticator(&bench.account.id).await.unwrap().unwrap();
    let kept = accounts::Authenticator::parse(kept.expose()).unwrap();
    assert_eq!((kept.issuer.as_deref(), kept.account.as_str()), (Some("Dorfladen"), "jana"));
    assert_eq!(bench.mail(EMAIL).await.code(), None);

    // It opens: the second factor is asked for, and its code is taken.
    bench.pass(30);
    let mut flow = bench.begin(Purpose::SignIn).await.unwrap();
    flow.answer(Given::Saved).await.unwrap();
    flow.answer(Given::Code(kept.code(bench.deps.clock.now()).code)).await.unwrap();
    assert!(matches!(flow.question(), Question::Done(_)), "{:?}", flow.problem());

    // Off again, with a code of the next step.
    bench.pass(30);
    let mut flow = bench.change(SettingChange::TurnOff).await.unwrap();
    let Question::Code(ask) = flow.question().clone() else { panic!("{:?}", flow.question()) };
    assert_eq!((ask.purpose, ask.way), (CodePurpose::SecondFactor, Way::Authenticator));
    assert_eq!(ask.other_ways, [Way::RecoveryCode]);
    flow.answer(Given::Code(Secret::new("000000"))).await.unwrap();
    assert_eq!(flow.problem(), Some(&Problem::WrongCode));
    flow.answer(Given::Code(kept.code(bench.deps.clock.now()).code)).await.unwrap();
    assert_eq!(done(&flow), SettingChanged::AuthenticatorOff);
    assert!(!bench.settings().await.authenticator);
    assert_eq!(bench.deps.store.authenticator(&bench.account.id).await.unwrap(), None);
    let earlier = bench.deps.store.past_authenticators(&bench.account.id).await.unwrap();
    assert_eq!(earlier.len(), 1, "it is not lost");
    bench.running.stop().await;
}

#[tokio::test]
async fn one_that_is_kept_and_never_counted_goes_to_the_earlier_ones() {
    let bench = Bench::start().await;
    let mut flow = bench.change(SettingChange::TurnOn).await.unwrap();
    // A clock that is hours off makes codes of another time.
    bench.clock.advance(Duration::from_secs(7_200));
    flow.answer(Given::Keep).await.unwrap();
    assert_eq!(flow.problem(), Some(&Problem::WrongCode));
    assert!(bench.deps.store.authenticator(&bench.account.id).await.unwrap().is_some());
    flow.cancel().await.unwrap();
    assert_eq!(bench.deps.store.authenticator(&bench.account.id).await.unwrap(), None);
    assert_eq!(bench.deps.store.past_authenticators(&bench.account.id).await.unwrap().len(), 1);
    assert!(!bench.settings().await.authenticator);
    bench.running.stop().await;
}

#[tokio::test]
async fn new_codes_are_kept_and_the_old_ones_stay_among_the_earlier() {
    let bench = Bench::start().await;
    for _ in 0..2 {
        let flow = bench.change(SettingChange::RenewCodes).await.unwrap();
        assert_eq!(done(&flow), SettingChanged::CodesRenewed);
        bench.pass(60);
    }
    let codes = recovery_codes::load(&*bench.deps.store, &bench.account.id).await.unwrap();
    assert_eq!((codes.left(), codes.earlier().count()), (10, 1));
    assert_eq!(bench.settings().await.codes_left, 10);
    let (old, new) = (codes.earlier().next().unwrap(), codes.current().unwrap());
    for (code, opens) in [(&old.codes[0], false), (&new.codes[0], true)] {
        let mut flow = bench.begin(Purpose::Recover).await.unwrap();
        flow.answer(Given::OtherWay(Way::RecoveryCode)).await.unwrap();
        flow.answer(Given::Code(code.text.clone())).await.unwrap();
        assert_eq!(matches!(flow.question(), Question::NewPassword { .. }), opens);
    }
    bench.running.stop().await;
}

#[tokio::test]
async fn a_wrong_saved_password_is_asked_for() {
    let bench = Bench::start().await;
    let stranger = Flow::begin(
        Deps { store: Arc::new(Memory::new()), ..bench.deps.clone() },
        bench.provider.clone(),
        bench.account.clone(),
        Purpose::ChangeRecovery(SettingChange::RenewCodes),
    );
    assert_eq!(stranger.await.err().map(|error| error.kind()), Some(ErrorKind::SignedOut));
    let store = &bench.deps.store;
    let staged = store
        .stage(&bench.account.id, &Secret::new("another one, 1965"), bench.deps.clock.now())
        .await
        .unwrap();
    store.commit(&bench.account.id, &staged, bench.deps.clock.now()).await.unwrap();
    let mut flow = bench.change(SettingChange::RenewCodes).await.unwrap();
    assert_eq!(*flow.question(), Question::Password { current: true, saved: true });
    assert_eq!(flow.problem(), Some(&Problem::WrongPassword));
    flow.answer(Given::Password(Secret::new(PASSWORD))).await.unwrap();
    assert_eq!(done(&flow), SettingChanged::CodesRenewed);
    bench.running.stop().await;
}

#[tokio::test]
async fn a_lost_answer_is_looked_for_in_the_settings() {
    let mut bench = Bench::start().await;
    let mut flow = bench.change(SettingChange::AddAddress { address: OTHER.into() }).await.unwrap();
    let code = bench.code(OTHER).await;
    bench.cable.lose_next();
    flow.answer(Given::Code(Secret::new(code))).await.unwrap();
    assert_eq!(done(&flow), SettingChanged::AddressAdded);

    let first = bench.settings().await.addresses[1].id.clone();
    bench.cable.lose_next();
    let flow = bench.change(SettingChange::PutFirst { id: first.clone() }).await.unwrap();
    assert_eq!(done(&flow), SettingChanged::AddressFirst);

    // The network stays away: nobody knows, and what is kept stays.
    let mut flow = bench.change(SettingChange::TurnOn).await.unwrap();
    bench.cable.cut();
    let lost = flow.answer(Given::Keep).await.unwrap_err();
    assert_eq!(lost.kind(), ErrorKind::OutcomeUnknown);
    flow.cancel().await.unwrap();
    bench.cable.mend();
    assert!(bench.settings().await.authenticator);
    assert!(bench.deps.store.authenticator(&bench.account.id).await.unwrap().is_some());
    bench.running.stop().await;
}

#[tokio::test]
async fn new_codes_whose_answer_is_lost_are_made_once_more() {
    let bench = Bench::start().await;
    bench.cable.lose_next();
    let lost = bench.change(SettingChange::RenewCodes).await;
    assert_eq!(lost.err().map(|error| error.kind()), Some(ErrorKind::ServerTrouble));
    let flow = bench.change(SettingChange::RenewCodes).await.unwrap();
    assert_eq!(done(&flow), SettingChanged::CodesRenewed);
    let codes = recovery_codes::load(&*bench.deps.store, &bench.account.id).await.unwrap();
    assert_eq!(codes.left(), 10);
    assert_eq!(bench.settings().await.revocable.len(), 2);
    bench.running.stop().await;
}

/// Where the saving goes wrong, the codes that are shown only once are not lost with it.
#[tokio::test]
async fn a_store_that_fails_is_asked_again() {
    let bench = Bench::start().await;
    let memory = Memory::new();
    for (store, from) in [(&memory as &dyn accounts::store::CredentialStore, &*bench.deps.store)] {
        let session = from.session(&bench.account.id).await.unwrap().unwrap();
        store.save_session(&bench.account.id, &session).await.unwrap();
    }
    memory.fail_next(ErrorKind::DiskFull);
    let deps = Deps { store: Arc::new(memory), ..bench.deps.clone() };
    let purpose = Purpose::ChangeRecovery(SettingChange::RenewCodes);
    let mut flow =
        Flow::begin(deps.clone(), bench.provider.clone(), bench.account.clone(), purpose).await.unwrap();
    let failed = flow.answer(Given::Password(Secret::new(PASSWORD))).await.unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::DiskFull);
    flow.answer(Given::Password(Secret::new("anything"))).await.unwrap();
    assert_eq!(done(&flow), SettingChanged::CodesRenewed);
    let codes = recovery_codes::load(&*deps.store, &bench.account.id).await.unwrap();
    assert_eq!(codes.left(), 10);
    bench.running.stop().await;
}
