//! Child processes that never outlive their test.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};

/// A program that the kernel ends with the thread that started it, should a test be killed before it can tidy up.
pub fn program(name: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", name]);
    command
}

/// A process and all its descendants, killed when this is dropped, also by a panic.
pub struct Process {
    child: Child,
}

impl Process {
    pub fn start(command: &mut Command) -> Result<Self> {
        let name = told(command);
        let child = command
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {name}: run `cargo xtask setup`"))?;
        Ok(Self { child })
    }

    /// Starts it and waits for the first line it prints.
    pub fn start_and_hear(command: &mut Command) -> Result<(Self, String)> {
        let mut process = Self::start(command.stdout(Stdio::piped()))?;
        let out = process.child.stdout.take().context("its output is piped")?;
        let mut line = String::new();
        let mut out = BufReader::new(out);
        out.read_line(&mut line)?;
        if line.trim().is_empty() {
            bail!("{} ended without a word", told(command));
        }
        // Whatever else it says must not fill the pipe.
        std::thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
        Ok((process, line.trim().to_owned()))
    }

    /// Writes this to its standard input, which must be piped, and closes it.
    pub fn tell(&mut self, words: &str) -> Result<()> {
        let mut input = self.child.stdin.take().context("its input is piped")?;
        Ok(input.write_all(words.as_bytes())?)
    }

    pub fn take_stderr(&mut self) -> Option<impl Read + Send + use<>> {
        self.child.stderr.take()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The shell's own `kill` knows process groups and is on every system.
        let group = format!("kill -s KILL -- -{}", self.child.id());
        let _ = Command::new("sh").args(["-c", &group]).stderr(Stdio::null()).status();
        let _ = self.child.wait();
    }
}

fn told(command: &Command) -> String {
    command.get_args().nth(2).unwrap_or(command.get_program()).to_string_lossy().into_owned()
}
