//! The conformance list of providers, run against the memory provider and against the real recovery server.

#![expect(clippy::unwrap_used, reason = "a surprise must stop the test")]

use std::sync::Arc;
use std::time::Duration;

use accounts::clock::{Clock, ManualClock};
use accounts::http::Http;
use accounts::provider::conformance::{self, Bench, Cable, Habits, SessionsEnd, Setup};
use accounts::provider::memory::{Fault, Memory};
use accounts::provider::recovery_server::RecoveryServer;
use accounts::provider::{Desk, Way};
use accounts::{Provider, Secret};
use async_trait::async_trait;
use recovery_server::{Config, Deps, NewAccount, Running, Server};
use tokio::sync::Mutex;

const PASSWORD: &str = "velvet-Otter-crossing-41";

/// What our own server does its own way; the memory provider follows it.
const HABITS: Habits = Habits {
    first_way: Way::MailCode,
    checks_early: true,
    tells_unknown: false,
    tries: Some(5),
    code_life: Duration::from_secs(600),
    first_code_lives: true,
    says_weak: true,
    recovery_ends: SessionsEnd::AtOnce,
    second_factor: true,
    second_factor_guards_recovery: false,
    access_life: Some(Duration::from_secs(900)),
    survives_restart: true,
    // It takes every request and mails no more than it should: "wait" would tell strangers who has an account.
    limits_recovery: false,
};

struct MemoryBench {
    clock: Arc<ManualClock>,
    server: Memory,
}

#[async_trait]
impl Bench for MemoryBench {
    fn provider(&self) -> Arc<dyn Provider> {
        Arc::new(self.server.clone())
    }

    fn identifier(&self) -> String {
        "jana".into()
    }

    fn password(&self) -> Secret {
        Secret::new(PASSWORD)
    }

    async fn mailed(&self) -> Secret {
        self.server.mailed().unwrap()
    }

    fn saved_code(&self) -> Option<Secret> {
        self.server.saved_code()
    }

    fn habits(&self) -> Habits {
        Habits { access_life: None, ..HABITS }
    }

    async fn cut(&self) -> bool {
        self.server.fault(Fault::LoseAnswer);
        true
    }

    fn authenticator(&self) -> Option<Secret> {
        Some(Secret::new("314159"))
    }

    async fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }
}

#[tokio::test]
async fn the_memory_provider_conforms() {
    conformance::all(async |setup| {
        let clock = Arc::new(ManualClock::at(1_800_000_000));
        let server = Memory::new(clock.clone(), "jana", Secret::new(PASSWORD));
        let server = if setup.second_factor { server.with_second_factor("314159") } else { server };
        MemoryBench { clock, server }
    })
    .await;
}

/// A real server on loopback, with a clock that we move.
struct ServerBench {
    provider: Arc<RecoveryServer>,
    ours: Arc<ManualClock>,
    theirs: Arc<recovery_server::ManualClock>,
    cable: Cable,
    inbox: Mutex<recovery_server::mail::Inbox>,
    added: recovery_server::Added,
    _running: Running,
}

impl ServerBench {
    async fn start(Setup { second_factor, .. }: Setup) -> Self {
        let theirs = Arc::new(recovery_server::ManualClock::at(1_800_000_000));
        let (mut deps, outbox) = Deps::in_memory(Config::loopback("Dorfladen")).await.unwrap();
        deps.clock = theirs.clone();
        let server = Server::bind(deps).await.unwrap();
        let jana = NewAccount {
            totp: second_factor,
            recovery_codes: true,
            ..NewAccount::new("jana", "jana@mail.example", PASSWORD)
        };
        let added = server.app().add_account(jana).await.unwrap();
        let cable = Cable::to(server.address()).await.unwrap();
        let base = cable.address().parse().unwrap();
        let ours = Arc::new(ManualClock::at(1_800_000_000));
        let running = server.start();
        let device = "Regain on a bench".into();
        let desk = Desk { http: Http::new().unwrap(), clock: ours.clone(), base, device };
        let provider = RecoveryServer::find(desk).await.unwrap();
        let bench = Self {
            provider: Arc::new(provider),
            ours,
            theirs,
            cable,
            inbox: Mutex::new(outbox.subscribe()),
            added,
            _running: running,
        };
        bench.sign_in_elsewhere(second_factor).await;
        bench
    }

    async fn sign_in_elsewhere(&self, second_factor: bool) {
        use accounts::{Answer, Intent};
        if second_factor {
            return;
        }
        let intent = Intent::SignIn { identifier: "jana".into() };
        let (mut exchange, _) = self.provider.begin(intent).await.unwrap();
        exchange.answer(Answer::Password(Secret::new(PASSWORD))).await.unwrap();
    }
}

#[async_trait]
impl Bench for ServerBench {
    fn provider(&self) -> Arc<dyn Provider> {
        self.provider.clone()
    }

    fn identifier(&self) -> String {
        "jana".into()
    }

    fn password(&self) -> Secret {
        Secret::new(PASSWORD)
    }

    async fn mailed(&self) -> Secret {
        let mut inbox = self.inbox.lock().await;
        loop {
            let mail = inbox.next().await;
            if let Some(text) = mail.link().or_else(|| mail.code()) {
                return Secret::new(text.trim());
            }
        }
    }

    fn saved_code(&self) -> Option<Secret> {
        Some(Secret::new(self.added.recovery_codes[0].clone()))
    }

    fn habits(&self) -> Habits {
        HABITS
    }

    async fn cut(&self) -> bool {
        self.cable.cut();
        true
    }

    async fn mend(&self) {
        self.cable.mend();
    }

    fn authenticator(&self) -> Option<Secret> {
        let now = self.ours.now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        self.added.totp.as_ref().map(|totp| Secret::new(totp.code_at(now.try_into().unwrap())))
    }

    async fn advance(&self, by: Duration) {
        self.ours.advance(by);
        self.theirs.advance(by.as_secs().try_into().unwrap());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_recovery_server_and_its_adapter_conform() {
    conformance::all(ServerBench::start).await;
}
