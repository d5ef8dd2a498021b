//! A server's process, with a clock that can be moved and a cable that can be cut.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use accounts::provider::conformance::Cable;
use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;
use tokio::time::Instant;

/// How long a server may take to come up, for a loaded machine, and how far apart it is asked whether it is.
const PATIENCE: Duration = Duration::from_secs(120);
const APART: Duration = Duration::from_millis(100);
/// Where it matters how long it takes.
const CLOSE: Duration = Duration::from_millis(5);
/// libfaketime: the process sees the real time plus what stands in a file. Where distributions put it.
const FAKETIME: [&str; 4] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib64/faketime/libfaketimeMT.so.1",
    "/usr/lib/faketime/libfaketimeMT.so.1",
];

/// Its folder is gone when it is dropped, and so is the process.
pub struct Program {
    pub folder: TempDir,
    /// Behind the cable.
    pub port: u16,
    pub cable: Cable,
    start: Box<dyn Fn(&Program) -> Command + Send + Sync>,
    /// A path that answers with 200 once the server is up.
    ready: &'static str,
    /// With the real clock it is as fast as it can be.
    real_clock: bool,
    ahead: Mutex<Duration>,
    child: Mutex<Option<Child>>,
}

impl Program {
    /// A server that is not running yet. `start` says how, given the folder and the port.
    pub async fn new(
        ready: &'static str,
        start: impl Fn(&Program) -> Command + Send + Sync + 'static,
    ) -> Result<Self> {
        let port = free_port()?;
        let cable = Cable::to(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
        let folder = TempDir::with_prefix("regain-server-")?;
        let (ahead, child) = (Mutex::default(), Mutex::default());
        let start = Box::new(start);
        let program = Self { folder, port, cable, start, ready, real_clock: false, ahead, child };
        program.write_clock()?;
        Ok(program)
    }

    /// For a load; its clock cannot be moved.
    pub fn with_the_real_clock(mut self) -> Self {
        self.real_clock = true;
        self
    }

    /// Returns once it answers, with how long that took.
    pub async fn start(&self) -> Result<Duration> {
        let mut command = (self.start)(self);
        let log = File::options().create(true).append(true).open(self.log())?;
        command.process_group(0).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        if !self.real_clock {
            let faketime = FAKETIME.into_iter().find(|path| Path::new(path).is_file());
            let faketime = faketime.context("libfaketime is missing: run `cargo xtask setup`")?;
            command
                .env("LD_PRELOAD", faketime)
                .env("FAKETIME_TIMESTAMP_FILE", self.clock())
                .env("FAKETIME_NO_CACHE", "1")
                .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        }
        let begun = Instant::now();
        *self.child.lock().unwrap() = Some(command.spawn().context("the server cannot be started")?);
        let url = format!("http://127.0.0.1:{}{}", self.port, self.ready);
        let client = reqwest::Client::builder().no_proxy().build()?;
        while begun.elapsed() < PATIENCE {
            if client.get(&url).send().await.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(begun.elapsed());
            }
            if self.has_ended() {
                break;
            }
            // There is no event for "it listens now" to wait for.
            tokio::time::sleep(if self.real_clock { CLOSE } else { APART }).await;
        }
        bail!("the server did not come up:\n{}", fs::read_to_string(self.log())?)
    }

    pub async fn restart(&self) -> Result<Duration> {
        self.stop();
        self.start().await
    }

    /// Lets time pass for the server.
    pub fn advance(&self, by: Duration) {
        *self.ahead.lock().unwrap() += by;
        self.write_clock().unwrap();
    }

    /// How far the server's clock is ahead of the real one.
    pub fn ahead(&self) -> Duration {
        *self.ahead.lock().unwrap()
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Its first process, if it runs.
    pub fn process(&self) -> Option<u32> {
        self.child.lock().unwrap().as_ref().map(Child::id)
    }

    pub fn log(&self) -> PathBuf {
        self.path().join("server.log")
    }

    fn clock(&self) -> PathBuf {
        self.path().join("clock")
    }

    fn write_clock(&self) -> Result<()> {
        // As a whole, or the server could read half of it.
        let next = self.path().join("clock.next");
        fs::write(&next, format!("+{}s", self.ahead().as_secs()))?;
        Ok(fs::rename(next, self.clock())?)
    }

    fn has_ended(&self) -> bool {
        self.child.lock().unwrap().as_mut().is_none_or(|child| !matches!(child.try_wait(), Ok(None)))
    }

    fn stop(&self) {
        if let Some(mut child) = self.child.lock().unwrap().take() {
            // The shell's own `kill` knows process groups.
            let group = format!("kill -s KILL -- -{}", child.id());
            let _ = Command::new("sh").args(["-c", &group]).stderr(Stdio::null()).status();
            let _ = child.wait();
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A program that the kernel ends with the thread that started it, should a test be killed before it can tidy up.
pub fn program(name: impl AsRef<Path>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]).arg(name.as_ref());
    command
}

pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
