//! Running other programs, from the top of the repository.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

pub struct Shell {
    root: PathBuf,
}

impl Shell {
    pub fn new() -> Result<Self> {
        let root =
            Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask stands in the repository")?;
        Ok(Self { root: root.to_owned() })
    }

    /// A path inside the repository, `/` between its parts.
    pub fn path(&self, inside: &str) -> PathBuf {
        inside.split('/').fold(self.root.clone(), |path, part| path.join(part))
    }

    /// Where cargo puts what it makes.
    pub fn target(&self) -> PathBuf {
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| self.path("target"), Into::into)
    }

    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(args).current_dir(&self.root);
        command
    }

    /// The cargo that runs us, so that a `+toolchain` holds for everything.
    pub fn cargo(&self, args: &[&str]) -> Command {
        self.command(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()), args)
    }

    /// npm, in `ui/`.
    pub fn npm(&self, args: &[&str]) -> Command {
        let mut command = self.command(if cfg!(windows) { "npm.cmd" } else { "npm" }, args);
        command.current_dir(self.path("ui"));
        command
    }

    /// Runs it with our own terminal and fails when it fails.
    pub fn run(&self, command: &mut Command) -> Result<()> {
        println!("\n$ {}", told(command));
        let status = command.status().with_context(|| format!("cannot start {}", told(command)))?;
        if !status.success() {
            bail!("`{}` ended with {status}", told(command));
        }
        Ok(())
    }

    /// Like [`Shell::run`], and hands each line of its standard output on before printing it.
    pub fn run_watching(&self, command: &mut Command, mut watch: impl FnMut(&str)) -> Result<()> {
        println!("\n$ {}", told(command));
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", told(command)))?;
        if let Some(out) = child.stdout.take() {
            for line in BufReader::new(out).split(b'\n') {
                let line = line?;
                let line = String::from_utf8_lossy(&line);
                watch(&line);
                println!("{line}");
            }
        }
        let status = child.wait()?;
        if !status.success() {
            bail!("`{}` ended with {status}", told(command));
        }
        Ok(())
    }

    /// Its standard output, if it can be started and succeeds.
    pub fn ask(&self, program: &str, args: &[&str]) -> Option<String> {
        let out = self.command(program, args).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
        out.status.success().then(|| String::from_utf8_lossy(&out.stdout).trim().to_owned())
    }
}

/// Where a program stands in `PATH`.
pub fn which(program: &str) -> Option<PathBuf> {
    let names = if cfg!(windows) {
        vec![format!("{program}.exe"), format!("{program}.cmd")]
    } else {
        vec![program.to_owned()]
    };
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .flat_map(|folder| names.iter().map(move |name| folder.join(name)))
        .find(|p| p.is_file())
}

/// `CI=true`, as every CI sets it.
pub fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true" || value == "1")
}

fn told(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_stem().unwrap_or(command.get_program());
    std::iter::once(program)
        .chain(command.get_args())
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}
