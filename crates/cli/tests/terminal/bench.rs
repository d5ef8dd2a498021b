//! A server with an account, a folder with a vault, and the program to run on them.

use std::ops::Deref;

use accounts::provider::conformance::Cable;
use recovery_server::{Config, Deps, Inbox, NewAccount, Running, Server};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::program::Place;

pub const PASSWORD: &str = "velvet-Otter-crossing-41";
pub const NEW: &str = "mossy-Kettle-walnut-29";

pub struct Bench {
    place: Place,
    pub runtime: Runtime,
    pub server: String,
    /// Between the program and the server.
    pub cable: Cable,
    inbox: Inbox,
    _running: Running,
}

impl Deref for Bench {
    type Target = Place;

    fn deref(&self) -> &Place {
        &self.place
    }
}

impl Bench {
    /// With a vault that holds nothing yet.
    pub fn new() -> Self {
        let bench = Self::without_store();
        bench.runtime.block_on(bench.make_vault());
        bench
    }

    /// Before the first start.
    pub fn without_store() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (running, inbox, cable) = runtime.block_on(async {
            let mut config = Config::loopback("Dorfladen");
            config.sign_up.open = true;
            let (deps, outbox) = Deps::in_memory(config).await.unwrap();
            let server = Server::bind(deps).await.unwrap();
            for (name, totp) in [("jana", false), ("otto", true)] {
                let address = format!("{name}@mail.example");
                let new =
                    NewAccount { totp, recovery_codes: true, ..NewAccount::new(name, &address, PASSWORD) };
                server.app().add_account(new).await.unwrap();
            }
            let cable = Cable::to(server.address()).await.unwrap();
            (server.start(), outbox.subscribe(), cable)
        });
        let server = cable.address().trim_start_matches("http://").to_owned();
        Self { place: Place::empty(), runtime, server, cable, inbox, _running: running }
    }

    /// The code of the next mail.
    pub fn mailed(&mut self) -> String {
        loop {
            let mail = self.runtime.block_on(self.inbox.next());
            if let Some(code) = mail.code() {
                return code.to_owned();
            }
        }
    }

    /// Signs jana in.
    pub fn sign_in(&self) {
        let mut talk = self.talk_unlocked(&["sign-in", &self.server, "jana"]);
        assert_eq!(talk.hear()["question"], "password");
        talk.say(json!({ "password": PASSWORD }));
        assert_eq!(talk.hear()["done"]["what"], "signed_in");
        assert_eq!(talk.end(), 0);
    }
}
