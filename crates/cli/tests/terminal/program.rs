//! The program to run, a folder of its own with a vault, and what is said to it.

#![allow(dead_code, reason = "what one story needs, another does not")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};
use std::sync::Arc;

use accounts::Secret;
use accounts::clock::{SystemClock, SystemRandom};
use accounts::home::Home;
use accounts::store::StoreKind;
use accounts::store::vault::Kdf;
use serde_json::{Value, json};

pub const MASTER: &str = "teapot gravel monday owl";
const CHEAP: Kdf = Kdf { memory_kib: 8, passes: 1, lanes: 1 };

/// One person's folder of Regain.
pub struct Place {
    pub folder: tempfile::TempDir,
}

impl Place {
    /// Before the first start.
    pub fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// With a vault that holds nothing yet.
    pub async fn with_vault() -> Self {
        let place = Self::empty();
        place.make_vault().await;
        place
    }

    pub async fn make_vault(&self) {
        let home = self.home();
        let vault = home.vault().clone();
        let key = vault.new_recovery_key();
        vault.create(Secret::new(MASTER), CHEAP, key).await.unwrap();
        vault.lock().await;
        home.choose(StoreKind::Vault).unwrap();
    }

    /// The window's, too.
    pub fn home(&self) -> Home {
        Home::at(self.folder.path(), Arc::new(SystemClock), Arc::new(SystemRandom))
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
