//! A session of its own: a bus without activation, a home without anyone's items, a keyring that can be killed.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Write, stdout};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio, exit};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use zbus::blocking::Connection;
use zbus::blocking::fdo::DBusProxy;
use zbus::names::BusName;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};

pub const PASSWORD: &str = "test password";
pub const SECRETS: &str = "org.freedesktop.secrets";
const PATH: &str = "/org/freedesktop/secrets";
const SERVICE: &str = "org.freedesktop.Secret.Service";
const GUILT_RIDDEN: &str = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface";

const INSIDE: &str = "REGAIN_TEST_SESSION";
/// Nothing here takes more than a few seconds: what takes so long will never end.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs the test again, as a process of its own in a session of its own: the address of the bus is taken from the
/// environment, and no safe code can change that of a process.
pub fn in_session(test: &str, bus: bool, body: impl FnOnce(&Path)) {
    if let Ok(folder) = std::env::var(INSIDE) {
        let (done, watch) = channel::<()>();
        thread::spawn(move || {
            if watch.recv_timeout(PATIENCE) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                eprintln!("still running after {PATIENCE:?}");
                exit(1);
            }
        });
        body(Path::new(&folder));
        drop(done);
        return;
    }
    let missing: Vec<_> = ["dbus-daemon", "gnome-keyring-daemon", "secret-tool"]
        .into_iter()
        .filter(|tool| !found(tool))
        .collect();
    if !missing.is_empty() {
        // Not `println!`, which is kept from whoever runs the tests.
        let skipped = format!("skipped: {test} needs {}\n", missing.join(", "));
        stdout().write_all(skipped.as_bytes()).unwrap();
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "nothing is skipped under CI");
        return;
    }
    let folder = tempfile::Builder::new().prefix("regain").tempdir().unwrap();
    for name in ["run", "data", "config", "cache"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    fs::set_permissions(folder.path().join("run"), fs::Permissions::from_mode(0o700)).unwrap();
    let _bus = bus.then(|| Ended(start_bus(folder.path())));
    // A file rather than a pipe, which a keyring that was left behind would keep open.
    let said = folder.path().join("said");
    let file = fs::File::create(&said).unwrap();
    let mut inside = again(test, folder.path());
    let status = inside.stdout(file.try_clone().unwrap()).stderr(file).status().unwrap();
    assert!(status.success(), "in its session:\n{}", fs::read_to_string(&said).unwrap());
}

/// This test program, to run one test in a session.
pub fn again(test: &str, folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]);
    command.env(INSIDE, folder);
    command.env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", folder.join("bus").display()));
    for (name, place) in [
        ("XDG_RUNTIME_DIR", "run"),
        ("XDG_DATA_HOME", "data"),
        ("XDG_CONFIG_HOME", "config"),
        ("XDG_CACHE_HOME", "cache"),
        ("HOME", ""),
    ] {
        command.env(name, folder.join(place));
    }
    for name in ["DISPLAY", "WAYLAND_DISPLAY", "GNOME_KEYRING_CONTROL", "SSH_AUTH_SOCK"] {
        command.env_remove(name);
    }
    command
}

/// A process that ends with the test.
pub struct Ended(pub Child);

impl Ended {
    pub fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the keyring, opened with the password, and waits until it answers.
pub fn start_keyring() -> Ended {
    let bus = Connection::session().unwrap();
    let names = DBusProxy::new(&bus).unwrap();
    let mut changes = names.receive_name_owner_changed_with_args(&[(0, SECRETS)]).unwrap();
    let mut command = Command::new("gnome-keyring-daemon");
    command.args(["--foreground", "--unlock", "--components=secrets"]);
    let mut daemon = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    daemon.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
    let daemon = Ended(daemon);
    changes.find(|change| change.args().unwrap().new_owner().is_some()).unwrap();
    daemon
}

/// Waits until nobody owns the name any more.
pub fn await_absence() {
    let bus = Connection::session().unwrap();
    let names = DBusProxy::new(&bus).unwrap();
    let mut changes = names.receive_name_owner_changed_with_args(&[(0, SECRETS)]).unwrap();
    if names.name_has_owner(BusName::from_static_str(SECRETS).unwrap()).unwrap() {
        changes.find(|change| change.args().unwrap().new_owner().is_none()).unwrap();
    }
}

pub fn lock() {
    let bus = connect();
    let lock = (vec![collection(&bus)],);
    bus.call_method(Some(SECRETS), PATH, Some(SERVICE), "Lock", &lock).unwrap();
}

/// What the prompt does after it has asked for the password.
pub fn unlock_with_password() {
    let bus = connect();
    let plain = ("plain", Value::from(""));
    let reply = bus.call_method(Some(SECRETS), PATH, Some(SERVICE), "OpenSession", &plain).unwrap();
    let (_, session): (OwnedValue, OwnedObjectPath) = reply.body().deserialize().unwrap();
    let master = (collection(&bus), (session, Vec::<u8>::new(), PASSWORD.as_bytes(), "text/plain"));
    bus.call_method(Some(SECRETS), PATH, Some(GUILT_RIDDEN), "UnlockWithMasterPassword", &master).unwrap();
}

/// How many items have these attributes.
pub fn count(attributes: &[(&str, &str)]) -> usize {
    let bus = connect();
    let attributes: HashMap<_, _> = attributes.iter().copied().collect();
    let reply = bus.call_method(Some(SECRETS), PATH, Some(SERVICE), "SearchItems", &(attributes,)).unwrap();
    let (open, locked): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) = reply.body().deserialize().unwrap();
    open.len() + locked.len()
}

/// A connection that the keyring has noted: it may mishandle the very first message of one.
fn connect() -> Connection {
    let bus = Connection::session().unwrap();
    let property = (SERVICE, "Collections");
    bus.call_method(Some(SECRETS), PATH, Some("org.freedesktop.DBus.Properties"), "Get", &property).unwrap();
    bus
}

fn collection(bus: &Connection) -> OwnedObjectPath {
    let reply = bus.call_method(Some(SECRETS), PATH, Some(SERVICE), "ReadAlias", &("default",)).unwrap();
    reply.body().deserialize().unwrap()
}

fn start_bus(folder: &Path) -> Child {
    let config = folder.join("bus.conf");
    let text = format!(
        r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path={}</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>"#,
        folder.join("bus").display()
    );
    fs::write(&config, text).unwrap();
    let mut command = Command::new("dbus-daemon");
    command.arg(format!("--config-file={}", config.display())).args(["--nofork", "--print-address"]);
    let log = fs::File::create(folder.join("bus.log")).unwrap();
    let mut daemon = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
    // It says its address when it listens.
    let mut address = String::new();
    BufReader::new(daemon.stdout.take().unwrap()).read_line(&mut address).unwrap();
    assert!(address.starts_with("unix:"), "{address}");
    daemon
}

fn found(tool: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder: PathBuf| folder.join(tool)).any(|file| file.is_file())
}
