//! The command line.

mod mail;

use crate::config::SAMPLE;
use crate::mail::{MailError, Mailer};
use crate::practice::{self, PracticeOptions};
use crate::{
    App, Config, ConfigError, Deps, Language, NewAccount, Pepper, Server, SmtpMailer, SystemClock,
    SystemRandom, storage,
};
use anyhow::Context as _;
use async_trait::async_trait;
use clap::{Args, Parser, Subcommand};
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tracing_subscriber::EnvFilter;
use zeroize::Zeroizing;

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
    /// Answer requests until SIGTERM or Ctrl-C
    Serve(Settings),
    /// Add people
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
}

#[derive(Subcommand)]
enum AccountCommand {
    /// Add an account; its password is asked for, or read from standard input
    Add(Box<Add>),
}

#[derive(Args)]
struct Settings {
    /// The settings file
    #[arg(long, short, env = "RECOVERY_SERVER_CONFIG", value_name = "FILE")]
    config: PathBuf,
}

#[derive(Args)]
struct Add {
    #[command(flatten)]
    settings: Settings,
    /// What the person signs in with
    #[arg(long)]
    identifier: String,
    /// Where mail goes; the person can sign in with it, too
    #[arg(long)]
    address: String,
    /// How mail greets the person
    #[arg(long, default_value = "")]
    name: String,
    /// Language of mail: en, ru, de or es
    #[arg(long)]
    language: Option<Language>,
    /// Ask for a code from an authenticator app at sign-in; prints the app's secret
    #[arg(long)]
    totp: bool,
    /// Make ten saved recovery codes and print them
    #[arg(long)]
    recovery_codes: bool,
    /// Read the password from the first line of standard input instead of asking
    #[arg(long)]
    password_stdin: bool,
}

/// Does what the process's arguments say.
///
/// # Errors
/// In words for the person at the terminal.
pub fn run() -> anyhow::Result<()> {
    let line = Line::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match line.command {
            Command::Serve(settings) => serve(&settings.config).await,
            Command::Account(AccountCommand::Add(add)) => add_account(*add).await,
            Command::Mail(command) => {
                let config = Config::load(&command.settings().config)?;
                command.run(&App::new(deps(config).await?).await?).await
            }
            Command::Practice { language } => rehearse(language).await,
            Command::CheckConfig(settings) => check_config(&settings.config),
            Command::SampleConfig => say(SAMPLE.trim_end()),
        }
    })
}

async fn serve(path: &Path) -> anyhow::Result<()> {
    let config = Config::load(path)?;
    log(&config)?;
    let server = Server::bind(deps(config).await?).await?;
    tracing::info!(address = %server.address(), url = %server.url(), "serving");
    server.serve(asked_to_stop()).await;
    tracing::info!("stopped");
    Ok(())
}

async fn rehearse(language: Language) -> anyhow::Result<()> {
    let practice = practice::start(PracticeOptions { language, ..PracticeOptions::default() }).await?;
    say(&format!("Server      {}", practice.base_url))?;
    say(&format!("Mail        {}", practice.outbox_url))?;
    say(&format!("Identifier  {} (the password is forgotten)", practice.identifier))?;
    for code in &practice.recovery_codes {
        say(&format!("Saved code  {code}"))?;
    }
    asked_to_stop().await;
    practice.stop().await;
    Ok(())
}

async fn add_account(add: Add) -> anyhow::Result<()> {
    let config = Config::load(&add.settings.config)?;
    let name = config.name.clone();
    let password = if add.password_stdin { first_line()? } else { ask_twice()? };
    let app = App::new(deps(config).await?).await?;
    let added = app
        .add_account(NewAccount {
            identifier: add.identifier.clone(),
            address: add.address,
            name: add.name,
            language: add.language,
            password,
            totp: add.totp,
            recovery_codes: add.recovery_codes,
        })
        .await?;
    say(&format!("Added {}.", add.identifier))?;
    if let Some(totp) = added.totp {
        say(&format!(
            "\nAuthenticator app (shown only now):\n  secret   {}\n  address  {}",
            totp.base32(),
            totp.url(&name, &add.identifier)
        ))?;
    }
    if !added.recovery_codes.is_empty() {
        say("\nSaved recovery codes, each works once (shown only now):")?;
        for code in &added.recovery_codes {
            say(&format!("  {code}"))?;
        }
    }
    Ok(())
}

fn check_config(path: &Path) -> anyhow::Result<()> {
    let config = Config::load(path)?;
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
    let filter = EnvFilter::try_new(&config.log.level)
        .map_err(|error| ConfigError::Value(format!("log.level {:?}: {error}", config.log.level)))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    if config.log.json {
        log.json().init();
    } else {
        log.init();
    }
    Ok(())
}

async fn asked_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminated.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    // Without a handler there is nothing to wait for but the end of the process.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn first_line() -> anyhow::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::new());
    io::stdin().lock().read_line(&mut line)?;
    // Only the end of the line goes: spaces belong to the password.
    let end = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(end);
    Ok(line)
}

fn ask_twice() -> anyhow::Result<Zeroizing<String>> {
    if !io::stdin().is_terminal() {
        anyhow::bail!("there is no terminal to ask for the password: pass it with --password-stdin");
    }
    let first = Zeroizing::new(rpassword::prompt_password("Password: ")?);
    let second = Zeroizing::new(rpassword::prompt_password("The same again: ")?);
    if first != second {
        anyhow::bail!("the two passwords differ; nothing was added");
    }
    Ok(first)
}

fn say(text: &str) -> anyhow::Result<()> {
    writeln!(io::stdout().lock(), "{text}").map_err(Into::into)
}
