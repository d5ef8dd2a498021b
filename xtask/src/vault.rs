//! The long forms of tests, and the vault's speed beside KeePassXC's.

use anyhow::{Result, bail};

use crate::setup;
use crate::shell::{Shell, which};

/// What `cargo fuzz` is given, one after another: where it is, and its targets.
const TARGETS: [(&str, [&str; 4]); 2] = [
    ("crates/vault/fuzz", ["container", "slots", "journal", "recovery_key"]),
    ("crates/accounts/fuzz", ["image", "migration", "otpauth", "qr_payload"]),
];
const FUZZ_SECONDS: &str = "-max_total_time=300";
const CARGO_FUZZ: &str = "0.13.1";

/// 2,000 times `kill -9`, 100,000 flips, 2,400 pictures, ten times the attacks on the account server and 1,000 made-up
/// requests for each of its calls, and five minutes of fuzzing for each target.
pub fn soak(shell: &Shell) -> Result<()> {
    setup::everything(shell)?;
    let args = ["test", "-p", "vault", "--release", "--", "--include-ignored"];
    shell.run(shell.cargo(&args).env("REGAIN_SOAK", "1"))?;
    let pictures = ["test", "-p", "accounts", "--release", "--test", "qr", "--", "--nocapture"];
    shell.run(shell.cargo(&pictures).env("REGAIN_SOAK", "1"))?;
    let server = ["test", "-p", "recovery-server", "--release", "--"];
    let attacks = [&server[..], &["both::attacks"]].concat();
    shell.run(shell.cargo(&attacks).env("REGAIN_SOAK", "1"))?;
    let contract =
        [&server[..], &["--include-ignored", "--nocapture", "every_answer_is_as_described"]].concat();
    shell.run(shell.cargo(&contract).env("REGAIN_EXAMPLES", "1000"))?;
    let fuzz = cargo_fuzz(shell)?;
    for (folder, targets) in TARGETS {
        for target in targets {
            let args = ["fuzz", "run", "--fuzz-dir", folder, target, "--", FUZZ_SECONDS];
            // The sanitizers are still behind the nightly switch.
            shell.run(shell.command(&fuzz, &args).env("RUSTC_BOOTSTRAP", "1"))?;
        }
    }
    Ok(())
}

pub fn bench(shell: &Shell) -> Result<()> {
    setup::everything(shell)?;
    setup::peers(shell)?;
    shell.run(&mut shell.cargo(&["bench", "-p", "vault"]))
}

fn cargo_fuzz(shell: &Shell) -> Result<String> {
    if which("cargo-fuzz").is_some() {
        return Ok("cargo-fuzz".into());
    }
    if cfg!(windows) {
        bail!("cargo-fuzz does not run on Windows");
    }
    let ours = shell.path("target/tools/bin/cargo-fuzz");
    if !ours.is_file() {
        println!("\ncargo-fuzz is missing: compiling it once into target/tools");
        let root = shell.path("target/tools");
        let args = ["install", "cargo-fuzz", "--version", CARGO_FUZZ, "--locked", "--quiet", "--root"];
        shell.run(shell.cargo(&args).arg(&root))?;
    }
    Ok(ours.to_string_lossy().into_owned())
}
