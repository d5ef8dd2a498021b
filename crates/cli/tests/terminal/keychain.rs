//! The system's keychain: a real gnome-keyring in a private session. Nobody's own keychain is touched.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::bench::{Bench, NEW, PASSWORD};
use crate::program::{MASTER, Ran, Talk, command};

/// A bus and a keyring of their own; they end with it.
struct Session {
    folder: tempfile::TempDir,
    children: Vec<Child>,
}

impl Session {
    fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("regain").tempdir().unwrap();
        for name in ["run", "data", "config", "cache"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        fs::set_permissions(folder.path().join("run"), fs::Permissions::from_mode(0o700)).unwrap();
        let mut session = Self { folder, children: Vec::new() };
        let config = session.folder.path().join("bus.conf");
        let text = format!(
            "<busconfig><type>session</type><listen>{}</listen><policy context=\"default\">\
             <allow send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/><allow own=\"*\"/>\
             </policy></busconfig>",
            session.address()
        );
        fs::write(&config, text).unwrap();
        let mut bus = session.within(&mut Command::new("dbus-daemon"));
        bus.arg(format!("--config-file={}", config.display())).args(["--nofork", "--print-address"]);
        let mut bus = bus.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut address = String::new();
        // It says its address when it listens.
        BufReader::new(bus.stdout.take().unwrap()).read_line(&mut address).unwrap();
        session.children.push(bus);

        let mut keyring = session.within(&mut Command::new("gnome-keyring-daemon"));
        keyring.args(["--foreground", "--unlock", "--components=secrets"]);
        let mut keyring =
            keyring.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        keyring.stdin.take().unwrap().write_all(b"test password").unwrap();
        session.children.push(keyring);
        for _ in 0..200 {
            let looked =
                session.within(Command::new("secret-tool").args(["search", "service", "nothing"])).output();
            if looked.unwrap().stderr.is_empty() {
                return session;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("the keyring does not answer");
    }

    fn address(&self) -> String {
        format!("unix:path={}", self.folder.path().join("bus").display())
    }

    fn within(&self, command: &mut Command) -> Command {
        let mut inside = Command::new(command.get_program());
        inside.args(command.get_args()).env("NO_COLOR", "1").env("DBUS_SESSION_BUS_ADDRESS", self.address());
        for (name, place) in [
            ("XDG_RUNTIME_DIR", "run"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_CACHE_HOME", "cache"),
            ("HOME", ""),
        ] {
            inside.env(name, self.folder.path().join(place));
        }
        for name in ["DISPLAY", "WAYLAND_DISPLAY", "GNOME_KEYRING_CONTROL"] {
            inside.env_remove(name);
        }
        inside
    }

    fn run(&self, folder: &Path, arguments: &[&str]) -> Ran {
        Ran::of(self.within(&mut command(folder, arguments)).stdin(Stdio::null()).output().unwrap())
    }

    fn talk(&self, folder: &Path, arguments: &[&str]) -> Talk {
        Talk::start(&mut self.within(&mut command(folder, &[&["--json"], arguments].concat())))
    }

    fn ask(&self, folder: &Path, arguments: &[&str]) -> Value {
        let mut talk = self.talk(folder, arguments);
        let done = talk.hear();
        assert_eq!(talk.end(), 0, "{done}");
        done["done"].clone()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        for child in self.children.iter_mut().rev() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[test]
#[ignore = "needs a keychain"]
fn a_forgotten_password_into_the_keychain() {
    let (mut bench, session) = (Bench::without_store(), Session::start());
    let folder = bench.folder.path().to_owned();
    let mut talk = session.talk(&folder, &["--store", "keychain", "recover", &bench.server, "jana"]);
    assert_eq!(talk.hear()["question"], "code");
    talk.say(json!({ "code": bench.mailed() }));
    assert_eq!(talk.hear()["question"], "new_password");
    talk.say(json!({ "new_password": NEW }));
    assert_eq!(talk.hear()["done"]["store"], "keychain");
    assert_eq!(talk.end(), 0);

    assert_eq!(session.ask(&folder, &["accounts"])["accounts"][0]["state"], "signed_in");
    let shown = session.run(&folder, &["show", "jana", "--reveal"]);
    assert_eq!((shown.code, shown.out.as_str(), shown.err.as_str()), (0, format!("{NEW}\n").as_str(), ""));
    // Where the window looks, and the system's own program.
    let id = session.ask(&folder, &["accounts"])["accounts"][0]["id"].as_str().unwrap().to_owned();
    let found =
        session.within(Command::new("secret-tool").args(["lookup", "service", "Regain", "username", &id]));
    let mut found = found;
    assert_eq!(String::from_utf8(found.output().unwrap().stdout).unwrap(), NEW);
    let doctor = session.run(&folder, &["doctor"]);
    assert!(doctor.code == 0 && doctor.out.contains("keychain answers"), "{}{}", doctor.out, doctor.err);
    assert_eq!(session.run(&folder, &["lock"]).code, 1, "the keychain has a lock of its own");
    assert_eq!(session.run(&folder, &["unlock"]).code, 0);
}

#[test]
#[ignore = "needs a keychain"]
fn a_vault_that_this_computer_opens_until_it_is_locked_again() {
    let (bench, session) = (Bench::new(), Session::start());
    let folder = bench.folder.path().to_owned();
    let mut talk = session.talk(&folder, &["unlock"]);
    assert_eq!(talk.hear()["question"], "vault_password");
    talk.say(json!({ "password": MASTER }));
    assert_eq!(talk.hear()["question"], "stay_open");
    talk.say(json!({ "yes": true }));
    assert_eq!(talk.hear()["done"], json!({ "store": "vault", "stays_open": true, "changed": true }));
    assert_eq!(talk.end(), 0);

    // No password of the vault from now on, and the window finds the same key.
    let mut talk = session.talk(&folder, &["sign-in", &bench.server, "jana"]);
    assert_eq!(talk.hear()["question"], "password");
    talk.say(json!({ "password": PASSWORD }));
    assert_eq!(talk.hear()["done"]["what"], "signed_in");
    assert_eq!(talk.end(), 0);
    let shown = session.run(&folder, &["show", "jana", "--reveal"]);
    assert_eq!(shown.out, format!("{PASSWORD}\n"));
    assert!(bench.home().vault().has_keychain_key());
    assert_eq!(session.ask(&folder, &["unlock"])["changed"], false);

    assert_eq!(session.ask(&folder, &["lock"])["changed"], true);
    assert!(!bench.home().vault().has_keychain_key());
    let mut talk = session.talk(&folder, &["accounts"]);
    assert_eq!(talk.hear()["question"], "vault_password");
    talk.say(json!({ "password": MASTER }));
    assert_eq!(talk.hear()["done"]["accounts"][0]["identifier"], "jana");
    assert_eq!(talk.end(), 0);
    assert_eq!(session.ask(&folder, &["lock"])["changed"], false);
}

#[test]
#[ignore = "needs a keychain"]
fn two_terminals_at_once_on_one_keychain_lose_no_account() {
    let (bench, session) = (Bench::without_store(), Session::start());
    let folder = bench.folder.path().to_owned();
    session.ask(&folder, &["--store", "keychain", "add", &bench.server, "first"]);
    thread::scope(|scope| {
        for number in 0..6 {
            let (session, folder, server) = (&session, &folder, &bench.server);
            scope.spawn(move || session.ask(folder, &["add", server, &format!("person{number}")]));
        }
    });
    assert_eq!(session.ask(&folder, &["accounts"])["accounts"].as_array().unwrap().len(), 7);
}
