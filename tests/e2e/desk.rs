//! A whole desktop for one test: display, message bus, keychain, home folder, and the app in its window.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use tempfile::TempDir;
use thirtyfour::prelude::*;
use tokio::time::timeout;

use crate::process::{Process, program};
use crate::window::Window;

/// Only the services that a test starts: nothing is activated behind its back, no portal, no second keychain.
const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;

/// One window at a time: two cores draw one well, and pictures of a starved window are of no use.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// What people type in these stories, and no log may hold.
const SECRETS: [&str; 4] =
    [crate::server::FORGOTTEN, crate::vault::MASTER, crate::vault::NEW_MASTER, "@example.com"];

/// Far above what any story takes; a story that hangs must still be cleaned up.
const STORY: Duration = Duration::from_secs(600);

/// Where the desk's browser writes down what it is told to open.
const OPENED: &str = "opened";

pub struct Desk {
    pub window: Window,
    parts: Parts,
}

/// In the order in which they are taken down.
struct Parts {
    driver: Option<Process>,
    keychain: Option<Process>,
    _bus: Process,
    _display: Process,
    home: TempDir,
    bus_address: String,
    display: String,
    variables: Vec<(&'static str, OsString)>,
    said: Arc<Mutex<Vec<String>>>,
}

impl Desk {
    /// Plays a story at a fresh desk; if it goes wrong, leaves a picture, the page and the app's log in `target/e2e/`.
    pub async fn play(name: &str, story: impl AsyncFnOnce(&mut Self) -> Result<()>) {
        Self::play_with(name, Vec::new(), story).await;
    }

    /// The same on a machine where programs find these variables.
    pub async fn play_with(
        name: &str,
        variables: Vec<(&'static str, OsString)>,
        story: impl AsyncFnOnce(&mut Self) -> Result<()>,
    ) {
        let _turn = TURN.lock().await;
        let mut desk = match Self::open(variables).await {
            Ok(desk) => desk,
            Err(error) => panic!("{name}: the desk did not open: {error:#}"),
        };
        let told = timeout(STORY, story(&mut desk))
            .await
            .unwrap_or_else(|_| Err(anyhow!("not told to its end in time")));
        if let Err(error) = told {
            let evidence = desk.evidence(name).await;
            panic!("{name}: {error:#}\n{evidence}");
        }
        desk.window.close().await;
        let said = desk.parts.said().join("\n");
        for secret in SECRETS {
            assert!(!said.contains(secret), "{name}: a secret stands in the log");
        }
    }

    async fn open(variables: Vec<(&'static str, OsString)>) -> Result<Self> {
        let mut parts = Parts::open(variables)?;
        let window = parts.start_app().await?;
        Ok(Self { window, parts })
    }

    /// Ends the app and starts it again in the same home: what is there afterwards was really kept.
    pub async fn start_again(&mut self) -> Result<()> {
        self.window.close().await;
        self.parts.driver = None;
        self.window = self.parts.start_app().await?;
        Ok(())
    }

    /// Ends the app at once, as a crash or a power cut would; it has ended when this returns.
    pub fn kill_app(&mut self) -> Result<()> {
        self.parts.driver = None;
        let question = ["--session", "--print-reply", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus"];
        until("the app has left the bus", || {
            let mut ask = self.parts.command("dbus-send");
            let names = ask.args(question).arg("org.freedesktop.DBus.ListNames").output();
            names.is_ok_and(|out| !String::from_utf8_lossy(&out.stdout).contains("SingleInstance"))
        })
    }

    pub fn bus_address(&self) -> &str {
        &self.parts.bus_address
    }

    /// The address that the app has opened in the browser last, once it has.
    pub async fn opened(&self) -> Result<String> {
        let file = self.parts.home.path().join(OPENED);
        for _ in 0..200 {
            let said = fs::read_to_string(&file).unwrap_or_default();
            if let (true, Some(last)) = (said.ends_with('\n'), said.lines().last()) {
                fs::remove_file(&file)?;
                return Ok(last.to_owned());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("nothing was opened in the browser")
    }

    /// Chooses a file in the system's own dialog, once it is there, by typing its path.
    pub fn choose_in_dialog(&self, path: &Path) -> Result<()> {
        let mut dialog = String::new();
        until("the dialog is there", || {
            let search = ["search", "--onlyvisible", "--name", "^Open File$"];
            let found = self.command("xdotool").args(search).output();
            dialog =
                found.map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned()).unwrap_or_default();
            !dialog.is_empty()
        })?;
        for args in [
            vec!["windowfocus", "--sync", &dialog],
            vec!["type", &path.to_string_lossy()],
            vec!["key", "Return"],
        ] {
            let done = self.command("xdotool").args(&args).status()?;
            ensure!(done.success(), "xdotool {args:?}: {done}");
        }
        Ok(())
    }

    /// A program of this desk: its display, bus and home, and nothing of the machine's own.
    pub fn command(&self, name: &str) -> Command {
        self.parts.command(name)
    }

    pub fn start_keychain(&mut self) -> Result<()> {
        self.parts.start_keychain()
    }

    /// Ends the keychain, as a crash of it would.
    pub fn kill_keychain(&mut self) {
        self.parts.keychain = None;
    }

    async fn evidence(&self, name: &str) -> String {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/e2e");
        let saved = async {
            fs::create_dir_all(&folder)?;
            fs::write(folder.join(format!("{name}.log")), self.parts.said().join("\n"))?;
            fs::write(folder.join(format!("{name}.html")), self.window.source().await?)?;
            fs::write(folder.join(format!("{name}.png")), self.window.picture().await?)?;
            anyhow::Ok(())
        };
        match timeout(Duration::from_secs(20), saved).await {
            Ok(Ok(())) => format!("see target/e2e/{name}.png, .html and .log"),
            Ok(Err(error)) => {
                format!("no picture: {error:#}; the app said:\n{}", self.parts.said().join("\n"))
            }
            Err(_) => format!(
                "no picture: the window does not answer; the app said:\n{}",
                self.parts.said().join("\n")
            ),
        }
    }
}

impl Parts {
    fn open(variables: Vec<(&'static str, OsString)>) -> Result<Self> {
        let home = tempfile::Builder::new().prefix("regain-desk-").tempdir()?;
        for folder in ["run", "data", "config", "cache", "config/gtk-3.0"] {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(home.path().join(folder))?;
        }
        // Motion would only make pictures differ: this is how a person asks GTK for none.
        fs::write(home.path().join("config/gtk-3.0/settings.ini"), "[Settings]\ngtk-enable-animations=0\n")?;
        // The browser of this desk: what it is told to open is written down, for a browser that the test drives.
        let programs = home.path().join("programs");
        fs::create_dir(&programs)?;
        let browser = programs.join("xdg-open");
        fs::write(
            &browser,
            format!("#!/bin/sh\nprintf '%s\\n' \"$1\" >> '{}'\n", home.path().join(OPENED).display()),
        )?;
        fs::set_permissions(&browser, fs::Permissions::from_mode(0o700))?;
        let bus_config = home.path().join("bus.conf");
        fs::write(&bus_config, BUS)?;

        let screen = ["-displayfd", "1", "-screen", "0", "1400x1000x24", "-nolisten", "tcp", "-noreset"];
        let (display_server, number) =
            Process::start_and_hear(program("Xvfb").args(screen).stderr(Stdio::null()))?;
        let (bus, bus_address) = Process::start_and_hear(
            program("dbus-daemon")
                .args(["--nofork", "--nopidfile", "--print-address=1"])
                .arg(format!("--config-file={}", bus_config.display())),
        )?;
        let mut parts = Self {
            driver: None,
            keychain: None,
            _bus: bus,
            _display: display_server,
            home,
            bus_address,
            display: format!(":{number}"),
            variables,
            said: Arc::default(),
        };
        parts.start_keychain()?;
        Ok(parts)
    }

    fn start_keychain(&mut self) -> Result<()> {
        let mut daemon = Process::start(
            self.command("gnome-keyring-daemon")
                .args(["--foreground", "--unlock", "--components=secrets"])
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::null()),
        )?;
        daemon.tell("password of the test keychain")?;
        self.keychain = Some(daemon);
        let owner = ["--session", "--print-reply", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus"];
        let question = ["org.freedesktop.DBus.GetNameOwner", "string:org.freedesktop.secrets"];
        until("the keychain answers", || {
            let mut ask = self.command("dbus-send");
            let out = ask.args(owner).args(question).stdout(Stdio::null()).stderr(Stdio::null()).status();
            out.is_ok_and(|status| status.success())
        })
    }

    async fn start_app(&mut self) -> Result<Window> {
        let app = app();
        if !app.is_file() {
            bail!("there is no app at {}", app.display());
        }
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let mut driver = Process::start(
            self.command("WebKitWebDriver")
                .args(["--host=127.0.0.1", &format!("--port={port}")])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::piped()),
        )?;
        if let Some(stderr) = driver.take_stderr() {
            let said = Arc::clone(&self.said);
            std::thread::spawn(move || {
                for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                    said.lock().unwrap().push(line);
                }
            });
        }
        self.driver = Some(driver);
        until("WebKitWebDriver listens", || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok())?;

        let mut wanted = Capabilities::new();
        wanted.set("webkitgtk:browserOptions", serde_json::json!({ "binary": app, "args": app_args() }))?;
        let address = format!("http://127.0.0.1:{port}");
        let started =
            WebDriver::builder(address, wanted).request_timeout(Duration::from_secs(60)).connect().await;
        let session = started
            .with_context(|| format!("the app did not start; it said:\n{}", self.said().join("\n")))?;
        let window = Window::new(session);
        window.await_shown().await?;
        Ok(window)
    }

    fn command(&self, name: &str) -> Command {
        let home = self.home.path();
        let mut command = program(name);
        command
            .env_clear()
            .env("PATH", self.path())
            .env("HOME", home)
            .env("XDG_RUNTIME_DIR", home.join("run"))
            .env("XDG_DATA_HOME", home.join("data"))
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("DISPLAY", &self.display)
            .env("GDK_BACKEND", "x11")
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus_address)
            .env("DBUS_SYSTEM_BUS_ADDRESS", &self.bus_address)
            .env("LANG", "C.UTF-8")
            .env("TZ", "UTC")
            .env("NO_AT_BRIDGE", "1")
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .envs(self.variables.iter().cloned())
            .current_dir(home);
        command
    }

    /// The desk's own programs first.
    fn path(&self) -> OsString {
        let mut path = self.home.path().join("programs").into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        path
    }

    fn said(&self) -> Vec<String> {
        self.said.lock().unwrap().clone()
    }
}

/// The app under test: the binary that cargo built beside these tests, or the one that `REGAIN_APP` names.
fn app() -> PathBuf {
    std::env::var_os("REGAIN_APP").map_or_else(|| env!("CARGO_BIN_EXE_regain").into(), PathBuf::from)
}

fn app_args() -> Vec<String> {
    std::env::var("REGAIN_APP_ARGS")
        .map(|args| args.split(' ').map(str::to_owned).collect())
        .unwrap_or_default()
}

/// Asks again and again, for at most ten seconds.
fn until(what: &str, mut holds: impl FnMut() -> bool) -> Result<()> {
    for _ in 0..400 {
        if holds() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    bail!("not within ten seconds: {what}")
}
