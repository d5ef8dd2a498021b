//! Regain in a terminal: the same conversations, stores and lock as the window, for people and for programs.

use std::io::{self, IsTerminal as _};
use std::process::ExitCode;

use clap::Parser as _;
use tracing_subscriber::EnvFilter;

use crate::args::{Command, Line};
use crate::commands::Run;
use crate::interrupt::{Interrupt, PATIENCE};
use crate::place::Place;
use crate::stop::{Result, Stop};
use crate::talk::Talk;

mod args;
mod clipboard;
mod commands;
mod converse;
mod find;
mod interrupt;
mod memory;
mod new_vault;
mod out;
mod place;
mod stop;
mod talk;
mod words;

fn main() -> ExitCode {
    let filter = EnvFilter::try_from_env("REGAIN_LOG").unwrap_or_else(|_| EnvFilter::new("off"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .init();
    memory::keep_off_the_disk();
    let line = Line::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return code(&Err(Stop::bug(error))),
    };
    let done = runtime.block_on(run(line));
    // A thread may still wait for a line that nobody types.
    runtime.shutdown_background();
    code(&done)
}

async fn run(line: Line) -> Result<()> {
    let interrupt = Interrupt::listen();
    let mut talk = Talk::new(line.json, interrupt.clone());
    let hurry = interrupt.clone();
    let work = async {
        match line.command {
            Command::Completions { shell } => commands::completions(shell),
            Command::Man { command } => commands::man(command.as_deref()),
            command => {
                let place = Place::new(line.folder, line.store.map(Into::into))?;
                let mut run = Run { place, talk: Talk::new(line.json, interrupt.clone()), interrupt };
                let done = run.run(command).await;
                talk = run.talk;
                done
            }
        }
    };
    let done = tokio::select! {
        done = work => done,
        () = async { hurry.pressed().await; tokio::time::sleep(2 * PATIENCE).await } => Err(Stop::interrupted()),
    };
    if let Err(stop) = &done {
        talk.failed(stop);
    }
    done
}

fn code(done: &Result<()>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => ExitCode::from(stop.exit as u8),
    }
}
