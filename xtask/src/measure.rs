//! Start-up time and idle memory of the release window, in a virtual display (Linux).

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::processes::{pss_kib, tree};
use crate::shell::Shell;

const RUNS: usize = 5;
/// What the app says once its window is shown.
const SHOWN: &str = "the window is shown";
/// Until everything that starts late has started.
const SETTLE: Duration = Duration::from_secs(5);

/// Starts itself again inside a virtual display and a message bus of its own, and measures there.
pub fn window(shell: &Shell, inside: bool) -> Result<()> {
    let app = shell.path("target/release/regain");
    if !app.is_file() {
        bail!("there is no release build: run `cargo xtask bundle` first");
    }
    if !inside {
        let own = std::env::current_exe()?.display().to_string();
        let wrap =
            ["-a", "-s", "-screen 0 1280x900x24", "dbus-run-session", "--", &own, "measure", "--inside"];
        return shell.run(&mut shell.command("xvfb-run", &wrap));
    }
    let mut times = Vec::new();
    let mut memory = Vec::new();
    for _ in 0..RUNS {
        let (time, pss) = once(&app)?;
        times.push(time.as_millis());
        memory.push(pss);
    }
    times.sort_unstable();
    memory.sort_unstable();
    println!("runs                             {RUNS}");
    println!("start to shown, min/median/max   {} / {} / {} ms", times[0], times[RUNS / 2], times[RUNS - 1]);
    println!("idle memory (PSS, all processes) {} MiB (median)", memory[RUNS / 2] / 1024);
    for file in fs::read_dir(shell.path("target/release/bundle/deb")).into_iter().flatten().flatten() {
        if file.path().extension().is_some_and(|extension| extension == "deb") {
            println!("{:32} {:.1} MB", ".deb", file.metadata()?.len() as f64 / 1e6);
        }
    }
    println!("{:32} {:.1} MB", "binary", app.metadata()?.len() as f64 / 1e6);
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a measurement reads the real clock")]
fn once(app: &Path) -> Result<(Duration, u64)> {
    let home = std::env::temp_dir().join(format!("regain-measure-{}", std::process::id()));
    let mut command = Command::new(app);
    for name in ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"] {
        command.env(name, home.join(name));
    }
    let start = Instant::now();
    let child =
        command.env("NO_AT_BRIDGE", "1").stderr(Stdio::piped()).spawn().context("cannot start the app")?;
    let mut child = Stopped(child);
    let lines = BufReader::new(child.0.stderr.take().context("no standard error")?).lines();
    let mut shown = None;
    for line in lines {
        if line?.contains(SHOWN) {
            shown = Some(start.elapsed());
            break;
        }
    }
    let shown = shown.context("the window was never shown")?;
    std::thread::sleep(SETTLE);
    let pss = tree(child.0.id()).into_iter().filter_map(pss_kib).sum();
    drop(child);
    fs::remove_dir_all(&home)?;
    Ok((shown, pss))
}

struct Stopped(Child);

impl Drop for Stopped {
    fn drop(&mut self) {
        // It may have ended by itself; there is nobody to tell.
        let _ended = self.0.kill().and_then(|()| self.0.wait());
    }
}
