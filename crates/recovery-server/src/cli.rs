//! The command line.

mod account;
mod data;
mod health;
mod import;
mod mail;
mod serve;

use crate::config::{Database, SAMPLE};
use crate::in_use::InUse;
use crate::mail::{MailError, Mailer};
use crate::practice::{self, PracticeOptions};
use crate::{App, Config, Deps, Language, Pepper, SmtpMailer, SystemClock, SystemRandom, Tls, log, storage};
use anyhow::Context as _;
use async_trait::async_trait;
use clap::{Args, CommandFactory as _, Parser, Subcommand};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// A small account server with a dependable way back in.
#[derive(Parser)]
#[command(
    name = "recovery-server",
    version,
    about,
    after_help = "Start with:\n  \
    recovery-server sample-config > recovery-server.toml\n  \
    recovery-server check-config --config recovery-server.toml\n  \
    recovery-server account add --config recovery-server.toml --identifier jana --address jana@example.org\n  \
    recovery-server serve --config recovery-server.toml\n\n\
    Every setting can also come from the environment: RECOVERY_SERVER_MAIL_PORT replaces port under [mail]."
)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Answer requests until SIGTERM or Ctrl-C; SIGHUP has the certificate read again
    Serve(Settings),
    /// Write a copy of the database to a new file, while the server runs
    Backup(data::Backup),
    /// Put a backup in the database's place, while the server does not run
    Restore(data::Restore),
    /// Bring the tables of the database up to date, and say from which version to which
    Migrate(Settings),
    /// Ask the server on this machine whether it lives, or with --ready whether it can take requests
    Health(health::Health),
    /// Add people, import them, and shut their accounts
    #[command(subcommand)]
    Account(AccountCommand),
    /// Look after letters that were given up
    #[command(subcommand)]
    Mail(mail::MailCommand),
    /// Run a server to rehearse with: made-up account, mail in an outbox, forgotten at the end
    Practice {
        /// Language of mail: en, ru, de or es
        #[arg(long, default_value = "en")]
        language: Language,
    },
    /// Read the settings, say whether they can be used, and stop
    CheckConfig(Settings),
    /// Print a settings file with every setting explained
    SampleConfig,
    /// Print the manual page
    #[command(hide = true)]
    Man,
}

#[derive(Subcommand)]
enum AccountCommand {
    /// Add an account; its password is asked for, or read from standard input
    Add(Box<account::Add>),
    /// Add the people of another server with the passwords that it has hashed: Argon2, bcrypt, scrypt or PBKDF2
    Import(import::Import),
    /// Let nobody into an account any more, and end all its sessions
    Disable(account::Named),
    /// Let the owner of a disabled account in again
    Enable(account::Named),
    /// End every session of an account
    EndSessions(account::Named),
    /// Make ten new saved recovery codes for an account and print them; the old ones end, and its owner is told
    RecoveryCodes(account::Named),
}

#[derive(Args)]
struct Settings {
    /// The settings file
    #[arg(long, short, env = "RECOVERY_SERVER_CONFIG", value_name = "FILE")]
    config: PathBuf,
}

/// Does what the process's arguments say.
///
/// # Errors
/// In words for the person at the terminal.
pub fn run() -> anyhow::Result<ExitCode> {
    let line = Line::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match line.command {
            Command::Serve(settings) => return serve::serve(&settings.config).await,
            Command::Backup(backup) => return data::backup(backup).await,
            Command::Restore(restore) => return data::restore(restore).await,
            Command::Health(health) => return health::ask(health).await,
            Command::Migrate(settings) => data::migrate(&settings.config).await,
            Command::Account(AccountCommand::Add(add)) => account::add(*add).await,
            Command::Account(AccountCommand::Import(import)) => import::import(import).await,
            Command::Account(AccountCommand::Disable(named)) => account::disable(named, true).await,
            Command::Account(AccountCommand::Enable(named)) => account::disable(named, false).await,
            Command::Account(AccountCommand::EndSessions(named)) => account::end_sessions(named).await,
            Command::Account(AccountCommand::RecoveryCodes(named)) => account::recovery_codes(named).await,
            Command::Mail(command) => {
                let config = Config::load(&command.settings().config)?;
                let _in_use = use_database(&config)?;
                command.run(&App::new(deps(config).await?).await?).await
            }
            Command::Practice { language } => rehearse(language).await,
            Command::CheckConfig(settings) => check_config(&settings.config),
            Command::SampleConfig => say(SAMPLE.trim_end()),
            Command::Man => manual(),
        }?;
        Ok(ExitCode::SUCCESS)
    })
}

async fn rehearse(language: Language) -> anyhow::Result<()> {
    let practice = practice::start(PracticeOptions { language, ..PracticeOptions::default() }).await?;
    say(&format!("Server      {}", practice.base_url))?;
    say(&format!("Mail        {}", practice.outbox_url))?;
    say(&format!("Identifier  {} (the password is forgotten)", practice.identifier))?;
    for code in &practice.recovery_codes {
        say(&format!("Saved code  {code}"))?;
    }
    serve::Signals::listen()?.stop().await;
    practice.stop().await;
    Ok(())
}

fn check_config(path: &Path) -> anyhow::Result<()> {
    let config = Config::load(path)?;
    if let Some(tls) = &config.tls {
        Tls::load(tls, config.host())?;
    }
    match &config.mail {
        Some(mail) => {
            SmtpMailer::new(mail)?;
        }
        None => anyhow::bail!("there is no [mail] section: codes could not be mailed"),
    }
    say(&format!(
        "{} is fine: {} at {}, listening on {}.",
        path.display(),
        config.name,
        config.public_url,
        config.listen
    ))
}

fn manual() -> anyhow::Result<()> {
    let page = clap_mangen::Man::new(Line::command()).section("8");
    page.render(&mut io::stdout().lock()).map_err(Into::into)
}

/// The SQLite file, if that is where the accounts are.
fn file_of(config: &Config) -> Option<&Path> {
    match &config.database {
        Database::File(path) => Some(path),
        Database::Postgres(_) => None,
    }
}

/// Keeps the database from being replaced; nothing to do for one that is no file.
fn use_database(config: &Config) -> anyhow::Result<Option<InUse>> {
    let Some(path) = file_of(config) else { return Ok(None) };
    let held = InUse::shared(path).with_context(|| format!("{} cannot be used", path.display()))?;
    match held {
        Some(held) => Ok(Some(held)),
        None => anyhow::bail!("{} is being restored: wait until that is done", path.display()),
    }
}

async fn deps(config: Config) -> anyhow::Result<Deps> {
    let mailer: Arc<dyn Mailer> = match &config.mail {
        Some(mail) => Arc::new(SmtpMailer::new(mail)?),
        None => Arc::new(NoMail),
    };
    let pepper = Pepper::load_or_create(&config.pepper_file, &SystemRandom)?;
    let storage = storage::open(&config)
        .await
        .with_context(|| format!("the database {} cannot be opened", config.database))?;
    Ok(Deps {
        config,
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        mailer,
        storage,
        pepper,
        outbox: None,
    })
}

/// Without a `[mail]` section people can sign in and use saved codes, but get no mail.
struct NoMail;

#[async_trait]
impl Mailer for NoMail {
    async fn send(&self, _mail: &crate::mail::Mail) -> Result<(), MailError> {
        Err(MailError::Never("there is no [mail] section in the settings".to_owned()))
    }
}

fn log(config: &Config) -> anyhow::Result<()> {
    tracing::subscriber::set_global_default(log::subscriber(&config.log, io::stderr)?)?;
    Ok(())
}

fn say(text: &str) -> anyhow::Result<()> {
    writeln!(io::stdout().lock(), "{text}").map_err(Into::into)
}
