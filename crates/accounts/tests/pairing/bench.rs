//! The real recovery server behind a cable, and a person with an account there.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use accounts::clock::{Clock, SeededRandom};
use accounts::flow::{Deps, Flow, Given, Purpose, Question};
use accounts::http::Http;
use accounts::provider::conformance::{Cable, Watched};
use accounts::provider::recovery_server::RecoveryServer;
use accounts::provider::{Desk, Kind, Provider, QrAsk, Server};
use accounts::store::memory::Memory;
use accounts::{Account, AccountId, Accounts, Secret};
use async_trait::async_trait;
use recovery_server::{Config, NewAccount, Running};

pub const PASSWORD: &str = "velvet-Otter-crossing-41";

/// One clock for both sides: whoever waits on ours moves theirs. Ours may be wrong by some seconds.
pub struct Both {
    theirs: recovery_server::ManualClock,
    off_by: i64,
}

#[async_trait]
impl Clock for Both {
    fn now(&self) -> SystemTime {
        use recovery_server::Clock as _;
        UNIX_EPOCH + Duration::from_secs(u64::try_from(self.theirs.now() + self.off_by).unwrap())
    }

    async fn wait(&self, span: Duration) {
        self.theirs.advance(i64::try_from(span.as_secs()).unwrap());
        tokio::task::yield_now().await;
    }
}

pub struct Bench {
    pub deps: Deps,
    pub provider: Arc<dyn Provider>,
    pub server: Server,
    pub theirs: recovery_server::ManualClock,
    pub cable: Cable,
    pub watched: Arc<Watched>,
    pub outbox: recovery_server::Outbox,
    _running: Running,
}

impl Bench {
    pub async fn start() -> Self {
        Self::with_our_clock_off_by(0).await
    }

    pub async fn with_our_clock_off_by(off_by: i64) -> Self {
        // Proofs name the address that both sides know: the cable's.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let base: url::Url = format!("http://127.0.0.1:{port}/").parse().unwrap();
        let theirs = recovery_server::ManualClock::at(1_800_000_000);
        let mut config = Config::loopback("Dorfladen");
        config.public_url = base.clone();
        let (mut deps, outbox) = recovery_server::Deps::in_memory(config).await.unwrap();
        deps.clock = Arc::new(theirs.clone());
        let server = recovery_server::Server::bind(deps).await.unwrap();
        server.app().add_account(NewAccount::new("jana", "jana@mail.example", PASSWORD)).await.unwrap();
        let cable = Cable::at(port, server.address()).await.unwrap();
        let running = server.start();

        let clock = Watched::new(Arc::new(Both { theirs: theirs.clone(), off_by }));
        let watched = clock.clone();
        let desk = Desk {
            http: Http::new().unwrap(),
            clock: clock.clone(),
            base: base.clone(),
            device: "Regain on a bench".into(),
        };
        let provider = Arc::new(RecoveryServer::find(desk).await.unwrap());
        let accounts = Arc::new(Accounts::in_memory());
        let random = Arc::new(SeededRandom::new(1));
        let deps = Deps { accounts, store: Arc::new(Memory::new()), clock, random };
        let server = Server { kind: Kind::RecoveryServer, base, key: None };
        Self { deps, provider, server, theirs, cable, watched, outbox, _running: running }
    }

    pub fn account(&self, identifier: &str) -> Account {
        Account::new(AccountId::random(&*self.deps.random), self.server.clone(), "Dorfladen", identifier)
    }

    pub async fn begin(&self, account: Account, purpose: Purpose) -> accounts::Result<Flow> {
        Flow::begin(self.deps.clone(), self.provider.clone(), account, purpose).await
    }

    pub async fn pair(&self) -> Flow {
        self.begin(self.account(""), Purpose::Pair).await.unwrap()
    }

    /// Signed in with the password, as most people are.
    pub async fn signed_in(&self) -> Account {
        let mut flow = self.begin(self.account("jana"), Purpose::SignIn).await.unwrap();
        flow.answer(Given::Password(Secret::new(PASSWORD))).await.unwrap();
        flow.account().clone()
    }
}

pub fn qr(flow: &Flow) -> QrAsk {
    match flow.question() {
        Question::ScanQr(ask) => ask.clone(),
        other => panic!("{other:?}"),
    }
}
