//! The words every developer and CI use: `cargo xtask <word>`.

#![expect(clippy::print_stdout, reason = "a command-line tool speaks on standard output")]

mod build;
mod check;
mod demo;
mod measure;
mod packages;
mod processes;
mod report;
#[cfg(unix)]
mod server_package;
mod setup;
mod shell;
mod terminal;
mod test;
mod vault;

use std::process::ExitCode;

use anyhow::{Result, bail};
use shell::Shell;

const HELP: &str = "\
cargo xtask <word>

  setup              Install what is missing: system packages, npm modules
  dev                Run the app with live reload
  demo [--headless]  Set up, build and play the practice story in the real window;
                     without a display it is played in a virtual one and told in target/demo/transcript.md
  test               Set up, then run every check and every test, the slow ones too
  test servers [NAME]
                     Only the real account servers, asked by Regain and by regain-cli:
                     allauth, better_auth, atproto, matrix, or all of them
  check [--advisories]
                     Formatting, lints, types, licences, bindings; with --advisories also the RustSec database
  bindings           Write ui/src/bindings.ts from the Rust commands
  soak               The long forms of tests: kills, flips, pictures and fuzzing, an hour of them
  bench vault        The vault's speed and memory beside KeePassXC's
  bench servers      The recovery server's beside that of account servers that others wrote (Linux)
  bundle             Build the installers of this system (on Linux: .deb and .rpm), regain-cli in them
  server-package     Build the recovery server's own .deb (Debian)
  measure            Start-up time and idle memory of the release window (Linux, after bundle)

CI=true makes `test` fail when anything could not be run.";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match run(&words.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> Result<()> {
    let shell = Shell::new()?;
    match words {
        [] | ["-h" | "--help" | "help"] => {
            println!("{HELP}");
            Ok(())
        }
        ["setup"] => setup::everything(&shell),
        ["dev"] => build::dev(&shell),
        ["demo"] => demo::play(&shell, demo::Where::Display),
        ["demo", "--headless"] => demo::play(&shell, demo::Where::Headless),
        ["test"] => test::everything(&shell),
        ["test", "servers"] => test::servers(&shell, None),
        ["test", "servers", name] => test::servers(&shell, Some(name)),
        ["check"] => check::alone(&shell, check::Advisories::No),
        ["check", "--advisories"] => check::alone(&shell, check::Advisories::Yes),
        ["bindings"] => build::bindings(&shell),
        ["soak"] => vault::soak(&shell),
        ["bench", "vault"] => vault::bench(&shell),
        ["bench", "servers"] => test::bench_servers(&shell),
        ["measure"] => measure::window(&shell, false),
        ["measure", "--inside"] => measure::window(&shell, true),
        ["bundle"] => build::bundle(&shell),
        #[cfg(unix)]
        ["server-package"] => server_package::build(&shell),
        _ => bail!("no such word: {}\n\n{HELP}", words.join(" ")),
    }
}
