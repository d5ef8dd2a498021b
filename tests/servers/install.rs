//! Installing servers, each once, with its version pinned, into a folder of the target folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

/// The folder of one server; `make` fills it the first time, and again when `version` has changed.
pub fn once(name: &str, version: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("servers").join(name);
    let done = folder.join("installed");
    // Two test processes must not fill it at once.
    fs::create_dir_all(folder.parent().context("it stands in a folder")?)?;
    let lock = fs::File::create(folder.with_extension("lock"))?;
    lock.lock()?;
    if fs::read_to_string(&done).is_ok_and(|known| known == version) {
        return Ok(folder);
    }
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    make(&folder).with_context(|| format!("installing {name} {version}"))?;
    fs::write(done, version)?;
    Ok(folder)
}

/// A virtual environment with these packages; its interpreter is `bin/python`.
pub fn python(folder: &Path, packages: &[&str]) -> Result<()> {
    run(Command::new("python3").args(["-m", "venv"]).arg(folder.join("venv")))?;
    let pip = folder.join("venv/bin/pip");
    run(Command::new(pip).args(["install", "--quiet", "--disable-pip-version-check"]).args(packages))
}

/// These packages in `node_modules`, with their own lifecycle scripts only where `scripts` says so.
pub fn npm(folder: &Path, packages: &[&str]) -> Result<Command> {
    fs::write(folder.join("package.json"), r#"{"private":true,"type":"module"}"#)?;
    let mut npm = Command::new("npm");
    npm.current_dir(folder).args(["install", "--no-audit", "--no-fund", "--loglevel=error"]).args(packages);
    Ok(npm)
}

/// Node.js 22, as the npm registry has it: the system's own may be older. Its `bin` folder.
pub fn node22() -> Result<PathBuf> {
    const VERSION: &str = "22.23.3";
    let folder = once("node22", VERSION, |folder| run(&mut npm(folder, &[&format!("node@{VERSION}")])?))?;
    // The package brings the program in one of its own, named after the system.
    let nested = fs::read_dir(folder.join("node_modules/node/node_modules"))?;
    let mut bins = nested.filter_map(Result::ok).map(|entry| entry.path().join("bin"));
    bins.find(|bin| bin.join("node").is_file()).context("npm brought no node")
}

pub fn run(command: &mut Command) -> Result<()> {
    let out = command.output().with_context(|| format!("{} cannot be started", told(command)))?;
    if !out.status.success() {
        bail!("{}: {}", told(command), String::from_utf8_lossy(&out.stderr));
    }
    Ok(())
}

fn told(command: &Command) -> String {
    let args = command.get_args().map(|arg| arg.to_string_lossy().into_owned());
    std::iter::once(command.get_program().to_string_lossy().into_owned())
        .chain(args)
        .collect::<Vec<_>>()
        .join(" ")
}
