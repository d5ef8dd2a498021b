//! The database as a file: backup, restore, migrate.

use super::{Settings, deps, file_of, say, use_database};
use crate::config::Database;
use crate::storage::{postgres, sqlite};
use crate::{Clock as _, Config, Pepper, SystemClock, SystemRandom, backup};
use anyhow::Context as _;
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What this program leaves to others.
const NOT_HERE: u8 = 2;

#[derive(Args)]
pub(super) struct Backup {
    #[command(flatten)]
    settings: Settings,
    /// The file to write; it must not be there yet
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

#[derive(Args)]
pub(super) struct Restore {
    #[command(flatten)]
    settings: Settings,
    /// Lay the database that is there aside, accounts and all
    #[arg(long)]
    replace: bool,
    /// The backup
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub(super) async fn backup(ask: Backup) -> anyhow::Result<ExitCode> {
    let config = Config::load(&ask.settings.config)?;
    let Some(database) = file_of(&config) else {
        return elsewhere("pg_dump --format=custom --file=FILE DATABASE");
    };
    let _in_use = use_database(&config)?;
    let look = backup::backup(database, &ask.file).await?;
    say(&format!("{} is sound: {}.", ask.file.display(), told(&look)))?;
    say(&format!(
        "Without the pepper it is of no use: keep a copy of {}, in another place than this file.",
        config.pepper_file.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn restore(ask: Restore) -> anyhow::Result<ExitCode> {
    let config = Config::load(&ask.settings.config)?;
    let Some(database) = file_of(&config) else {
        return elsewhere("pg_restore --clean --if-exists --dbname=DATABASE FILE");
    };
    if !config.pepper_file.exists() {
        anyhow::bail!(
            "there is no pepper file {}: put the one there first that was kept with this backup",
            config.pepper_file.display()
        );
    }
    let pepper = Pepper::load_or_create(&config.pepper_file, &SystemRandom)?;
    let restored = backup::restore(database, &ask.file, &pepper, ask.replace, SystemClock.now()).await?;
    say(&format!("{} is in place: {}.", database.display(), told(&restored.look)))?;
    if let Some(aside) = restored.laid_aside {
        say(&format!("The database that was there before is {} now.", aside.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn migrate(path: &Path) -> anyhow::Result<()> {
    let config = Config::load(path)?;
    let shown = config.database.to_string();
    let (before, newest) = match &config.database {
        Database::File(file) => (backup::look(file).await?.map(|look| look.version), sqlite::newest()),
        Database::Postgres(server) => {
            let server = server.clone().with_password_from(config.database_password_file.as_deref())?;
            let before = postgres::version(&server).await;
            (before.with_context(|| format!("the database {shown} cannot be opened"))?, postgres::newest())
        }
    };
    if let Some(before) = before.filter(|before| *before > newest) {
        anyhow::bail!(
            "the tables are version {before}, but this program only knows version {newest}: install the newer one again"
        );
    }
    let _in_use = use_database(&config)?;
    deps(config).await.context("the tables are as they were")?;
    say(&match before {
        Some(before) if before == newest => {
            format!("{shown} is up to date: its tables are version {newest}.")
        }
        Some(before) => format!("{shown}: its tables were version {before} and are version {newest} now."),
        None => format!("{shown} is new: its tables are version {newest}."),
    })
}

fn told(look: &backup::Look) -> String {
    let accounts = if look.accounts == 1 { "account" } else { "accounts" };
    format!("{} {accounts}, tables of version {}", look.accounts, look.version)
}

fn elsewhere(command: &str) -> anyhow::Result<ExitCode> {
    say(&format!("The accounts are in PostgreSQL, which has its own tools for this:\n\n  {command}"))?;
    Ok(ExitCode::from(NOT_HERE))
}
