//! The practice story, for a person or for a machine.

use anyhow::{Result, bail};

use crate::shell::Shell;
use crate::{build, setup};

#[derive(PartialEq, Eq)]
pub enum Where {
    /// A window the person sees; headless where there is no display.
    Display,
    Headless,
}

pub fn play(shell: &Shell, place: Where) -> Result<()> {
    setup::everything(shell)?;
    build::ui(shell)?;
    if place == Where::Display && has_display() {
        shell.run(&mut shell.cargo(&[
            "build",
            "--workspace",
            "--features",
            build::FEATURES,
            "--bin",
            "regain",
        ]))?;
        let app = shell.target().join("debug").join(if cfg!(windows) { "regain.exe" } else { "regain" });
        return shell.run(&mut shell.command(app, &["--practice"]));
    }
    if !cfg!(target_os = "linux") {
        bail!(
            "the headless demo drives WebKitWebDriver, which is Linux's; run `cargo xtask demo` with a display"
        );
    }
    let args = build::test_args(&["--test", "e2e", "--", "--include-ignored", "--nocapture", "demo::"]);
    let played = shell.run(&mut shell.cargo(&args));
    println!("\nThe story is told in target/demo/transcript.md, with a picture of every screen beside it.");
    played
}

fn has_display() -> bool {
    !cfg!(target_os = "linux")
        || ["WAYLAND_DISPLAY", "DISPLAY"]
            .iter()
            .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}
