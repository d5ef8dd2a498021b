//! Every check and every test.

use std::fs;

use anyhow::{Result, bail};

use crate::report::Report;
use crate::shell::Shell;
use crate::{build, check, setup};

/// A test that finds that it cannot run on this machine adds a line `name: why` to the file this names.
const NOT_RUN: &str = "REGAIN_NOT_RUN";

pub fn everything(shell: &Shell) -> Result<()> {
    setup::everything(shell)?;
    let mut report = Report::default();
    check::steps(shell, &mut report);
    report.step("UI tests", |_| shell.run(&mut shell.npm(&["test"])));
    rust(shell, &mut report)?;
    report.finish()
}

/// The account servers that others wrote, installed into `target/servers` and started on loopback: for the adapters,
/// and for the terminal.
pub fn servers(shell: &Shell, name: Option<&str>) -> Result<()> {
    setup::everything(shell)?;
    let mut args =
        build::test_args(&["--test", "servers", "--test", "real_servers", "--", "--include-ignored"]);
    args.extend(name);
    shell.run(&mut shell.cargo(&args))
}

/// The recovery server beside the others, which the tests install.
pub fn bench_servers(shell: &Shell) -> Result<()> {
    setup::everything(shell)?;
    shell.run(&mut shell.cargo(&["build", "--release", "-p", "recovery-server"]))?;
    shell.run(&mut shell.cargo(&["bench", "-p", "accounts", "--bench", "servers"]))
}

/// Tests marked `#[ignore]` are those that need what `setup` brings: a display, a keychain, the app's binary.
fn rust(shell: &Shell, report: &mut Report) -> Result<()> {
    let notes = shell.path("target/not-run.txt");
    if notes.exists() {
        fs::remove_file(&notes)?;
    }
    let why_not = if cfg!(target_os = "linux") {
        let missing = setup::missing_for_tests(shell);
        (!missing.is_empty()).then(|| format!("missing: {}", missing.join(", ")))
    } else {
        Some("they drive WebKitWebDriver and gnome-keyring, which are Linux's".to_owned())
    };
    let mut args = build::test_args(&["--no-fail-fast"]);
    match &why_not {
        None => args.extend(["--", "--include-ignored"]),
        Some(why) => report.not_run("window and keychain tests", why),
    }
    report.step("Rust tests", |report| {
        let ran =
            shell.run_watching(shell.cargo(&args).env(NOT_RUN, &notes), |line| report.count_tests(line));
        if why_not.is_none() && report.ignored() > 0 {
            bail!("{} tests were left out", report.ignored());
        }
        ran
    });
    for note in fs::read_to_string(&notes).unwrap_or_default().lines() {
        let (name, why) = note.split_once(": ").unwrap_or((note, "no reason given"));
        report.not_run(name, why);
    }
    Ok(())
}
