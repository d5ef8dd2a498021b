//! Making things: the UI, the app, the bindings, the installers.

use std::process::Command;

use anyhow::{Result, bail};

use crate::shell::Shell;
use crate::{setup, terminal};

/// One set of features for every debug build of the workspace, so that no step compiles the tree again.
pub const FEATURES: &str = "regain/custom-protocol,regain/window-tests";

/// `cargo test` over the whole workspace: a package picked by `-p` would get other features, and new artefacts.
pub fn test_args<'a>(rest: &[&'a str]) -> Vec<&'a str> {
    ["test", "--workspace", "--features", FEATURES].iter().chain(rest).copied().collect()
}

/// Writes `ui/dist`, which the app embeds.
pub fn ui(shell: &Shell) -> Result<()> {
    shell.run(&mut shell.npm(&["run", "build"]))
}

pub fn bindings(shell: &Shell) -> Result<()> {
    setup::everything(shell)?;
    if !shell.path("ui/dist/index.html").is_file() {
        ui(shell)?;
    }
    shell.run(shell.cargo(&test_args(&["--test", "bindings"])).env("REGAIN_WRITE_BINDINGS", "1"))
}

pub fn dev(shell: &Shell) -> Result<()> {
    setup::everything(shell)?;
    shell.run(&mut tauri(shell, &["dev"])?)
}

pub fn bundle(shell: &Shell) -> Result<()> {
    setup::everything(shell)?;
    let kinds = if cfg!(windows) {
        "msi,nsis"
    } else if cfg!(target_os = "macos") {
        "app,dmg"
    } else {
        "deb,rpm"
    };
    terminal::build(shell)?;
    let mut build = tauri(shell, &["build", "--ci", "--bundles", kinds])?;
    if cfg!(windows) {
        build.args(["--config", &terminal::windows_config()]);
    }
    shell.run(&mut build)?;
    println!("The installers stand in target/release/bundle.");
    Ok(())
}

fn tauri(shell: &Shell, args: &[&str]) -> Result<Command> {
    let name = if cfg!(windows) { "tauri.cmd" } else { "tauri" };
    let program = shell.path("ui/node_modules/.bin").join(name);
    if !program.is_file() {
        bail!("@tauri-apps/cli is not among the npm modules of ui/");
    }
    Ok(shell.command(program, args))
}
