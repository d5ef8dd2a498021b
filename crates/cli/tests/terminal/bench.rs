//! A server with an account, a folder with a vault, and the program to run on them.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};
use std::sync::Arc;

use accounts::Secret;
use accounts::clock::{SystemClock, SystemRandom};
use accounts::home::Home;
use accounts::provider::conformance::Cable;
use accounts::store::StoreKind;
use accounts::store::vault::Kdf;
use recovery_server::{Config, Deps, Inbox, NewAccount, Running, Server};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

pub const PASSWORD: &str = "velvet-Otter-crossing-41";
pub const NEW: &str = "mossy-Kettle-walnut-29";
pub const MASTER: &str = "teapot gravel monday owl";
const CHEAP: Kdf = Kdf { memory_kib: 8, passes: 1, lanes: 1 };

pub struct Bench {
    pub folder: tempfile::TempDir,
    pub runtime: Runtime,
    pub server: String,
    /// Between the program and the server.
    pub cable: Cable,
    inbox: Inbox,
    _running: Running,
}

impl Bench {
    /// With a vault that holds nothing yet.
    pub fn new() -> Self {
        let bench = Self::without_store();
        let home = bench.home();
        let vault = home.vault().clone();
        let key = vault.new_recovery_key();
        bench.runtime.block_on(vault.create(Secret::new(MASTER), CHEAP, key)).unwrap();
        bench.runtime.block_on(vault.lock());
        home.choose(StoreKind::Vault).unwrap();
        bench
    }

    /// Before the first start.
    pub fn without_store() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (running, inbox, cable) = runtime.block_on(async {
            let (deps, outbox) = Deps::in_memory(Config::loopback("Dorfladen")).await.unwrap();
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
        Self { folder: tempfile::tempdir().unwrap(), runtime, server, cable, inbox, _running: running }
    }

    /// The window's, too.
    pub fn home(&self) -> Home {
        Home::at(self.folder.path(), Arc::new(SystemClock), Arc::new(SystemRandom))
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

    pub fn command(&self, arguments: &[&str]) -> Command {
        command(self.folder.path(), arguments)
    }

    /// Runs it without anything on standard input, and without a terminal.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).stdin(Stdio::null()).output().unwrap())
    }

    /// Holds a conversation that the caller answers.
    pub fn talk(&self, arguments: &[&str]) -> Talk {
        Talk::start(&mut self.command(&[&["--json"], arguments].concat()))
    }

    /// One that is expected to want the vault's password first, and was given it.
    pub fn talk_unlocked(&self, arguments: &[&str]) -> Talk {
        let mut talk = self.talk(arguments);
        assert_eq!(talk.hear()["question"], "vault_password");
        talk.say(json!({ "password": MASTER }));
        talk
    }

    /// Runs a command of one answer, as JSON, and takes its result.
    pub fn ask(&self, arguments: &[&str]) -> Value {
        let mut talk = self.talk_unlocked(arguments);
        let done = talk.hear();
        assert_eq!(talk.end(), 0, "{done}");
        done["done"].clone()
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

pub fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_regain-cli"));
    command.arg("--folder").arg(folder).args(arguments).env("NO_COLOR", "1");
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere").env_remove("DISPLAY");
    command.env_remove("WAYLAND_DISPLAY").env_remove("REGAIN_LOG");
    command
}

pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    pub fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// A program that speaks JSON lines.
pub struct Talk {
    child: Child,
    answers: Option<ChildStdin>,
    questions: BufReader<ChildStdout>,
    pub heard: String,
}

impl Talk {
    pub fn start(command: &mut Command) -> Self {
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        let (answers, questions) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, answers, questions, heard: String::new() }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn hear(&mut self) -> Value {
        let mut line = String::new();
        self.questions.read_line(&mut line).unwrap();
        self.heard.push_str(&line);
        serde_json::from_str(&line).unwrap_or_else(|_| {
            let mut beside = String::new();
            self.close();
            std::io::Read::read_to_string(&mut self.child.stderr.take().unwrap(), &mut beside).unwrap();
            let status = self.child.wait().unwrap();
            panic!("no JSON but {line:?}, {beside:?} and {status} after {:?}", self.heard)
        })
    }

    pub fn say(&mut self, answer: Value) {
        writeln!(self.answers.as_mut().unwrap(), "{answer}").unwrap();
    }

    /// No more answers.
    pub fn close(&mut self) {
        self.answers = None;
    }

    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// No more answers; the exit code. Nothing else was said, and nothing at all beside it.
    pub fn end(&mut self) -> i32 {
        self.close();
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut self.questions, &mut rest).unwrap();
        assert_eq!(rest, "", "after {}", self.heard);
        let mut beside = String::new();
        std::io::Read::read_to_string(&mut self.child.stderr.take().unwrap(), &mut beside).unwrap();
        assert_eq!(beside, "", "a program is told everything on standard output");
        self.child.wait().unwrap().code().unwrap()
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
