//! Finding out what is missing, and installing it where we may.

use std::fs;
use std::time::SystemTime;

use anyhow::{Context as _, Result, bail};

use crate::packages::{LINUX, Need, PEERS, PackageManager, Purpose};
use crate::shell::{Shell, which};

/// What every other word needs.
pub fn everything(shell: &Shell) -> Result<()> {
    system(shell, LINUX)?;
    npm_modules(shell)?;
    println!("Everything is here.");
    Ok(())
}

/// What speed is compared with.
pub fn peers(shell: &Shell) -> Result<()> {
    system(shell, PEERS)
}

/// Needs of the window tests that are still not met, in words.
pub fn missing_for_tests(shell: &Shell) -> Vec<&'static str> {
    missing(shell, LINUX)
        .into_iter()
        .filter(|need| need.purpose == Purpose::Test)
        .map(|need| need.what)
        .collect()
}

/// `cargo deny`, compiled on first use: the only tool we have that cargo does not bring.
pub fn cargo_deny(shell: &Shell) -> Result<String> {
    if which("cargo-deny").is_some() {
        return Ok("cargo-deny".into());
    }
    let ours = shell.path(if cfg!(windows) {
        "target/tools/bin/cargo-deny.exe"
    } else {
        "target/tools/bin/cargo-deny"
    });
    if !ours.is_file() {
        println!("\ncargo-deny is missing: compiling it once into target/tools (a minute or two)");
        let root = shell.path("target/tools");
        // Without optimisation: it runs for seconds.
        let args =
            ["install", "cargo-deny", "--version", CARGO_DENY, "--locked", "--quiet", "--debug", "--root"];
        shell.run(shell.cargo(&args).arg(&root))?;
    }
    Ok(ours.to_string_lossy().into_owned())
}

const CARGO_DENY: &str = "0.20.2";

fn system(shell: &Shell, needs: &'static [Need]) -> Result<()> {
    if which("npm").is_none() {
        bail!(
            "Node.js is missing: install version 20.19 or newer from https://nodejs.org or with {}",
            node_hint()
        );
    }
    if !cfg!(target_os = "linux") {
        // macOS and Windows bring their web view and keychain, and rustup has asked for their compilers.
        return Ok(());
    }
    let missing = missing(shell, needs);
    if missing.is_empty() {
        return Ok(());
    }
    let words = missing.iter().map(|need| need.what).collect::<Vec<_>>().join(", ");
    println!("Missing: {words}");
    let Some(manager) = PackageManager::of_this_system() else {
        bail!("no package manager that we know; please install: {words}");
    };
    let unknown: Vec<_> =
        missing.iter().filter(|need| need.packages(manager).is_none()).map(|need| need.what).collect();
    let packages: Vec<_> = missing.iter().filter_map(|need| need.packages(manager)).flatten().collect();
    if !packages.is_empty() {
        install(shell, manager, &packages)?;
    }
    if !unknown.is_empty() {
        bail!("we don't know what {manager:?} calls these; please install them: {}", unknown.join(", "));
    }
    let still: Vec<_> = self::missing(shell, needs).iter().map(|need| need.what).collect();
    if !still.is_empty() {
        bail!("installed, and yet not found: {}", still.join(", "));
    }
    Ok(())
}

fn missing(shell: &Shell, needs: &'static [Need]) -> Vec<&'static Need> {
    needs.iter().filter(|need| !need.is_met(shell)).collect()
}

fn install(shell: &Shell, manager: PackageManager, packages: &[&str]) -> Result<()> {
    let commands = manager.install(packages);
    let prefix: &[&str] = if shell.ask("id", &["-u"]).as_deref() == Some("0") {
        &[]
    } else if shell.ask("sudo", &["-n", "true"]).is_some() {
        &["sudo", "-n"]
    } else {
        let told: Vec<_> = commands.iter().map(|command| format!("sudo {}", command.join(" "))).collect();
        bail!("we may not install packages; please run\n\n  {}\n", told.join(" && "));
    };
    for command in &commands {
        let words: Vec<&str> = prefix.iter().copied().chain(command.iter().map(String::as_str)).collect();
        let (program, args) = words.split_first().context("a command has a first word")?;
        shell.run(shell.command(program, args).env("DEBIAN_FRONTEND", "noninteractive"))?;
    }
    Ok(())
}

fn npm_modules(shell: &Shell) -> Result<()> {
    // npm writes this file at the end of every install.
    let installed = shell.path("ui/node_modules/.package-lock.json");
    let wanted = shell.path("ui/package-lock.json");
    if changed(&installed).is_some_and(|installed| changed(&wanted).is_some_and(|wanted| wanted <= installed))
    {
        return Ok(());
    }
    shell.run(&mut shell.npm(&["ci", "--no-audit", "--no-fund"]))
}

fn changed(path: &std::path::Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}

fn node_hint() -> &'static str {
    if cfg!(windows) {
        "`winget install OpenJS.NodeJS.LTS`"
    } else if cfg!(target_os = "macos") {
        "`brew install node`"
    } else {
        "your package manager"
    }
}
