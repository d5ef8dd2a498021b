//! People, at the terminal.

use super::{Settings, deps, say, use_database};
use crate::{App, Config, Language, NewAccount};
use clap::Args;
use std::io::{self, BufRead as _, IsTerminal as _};
use zeroize::Zeroizing;

#[derive(Args)]
pub(super) struct Add {
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

pub(super) async fn add(add: Add) -> anyhow::Result<()> {
    let config = Config::load(&add.settings.config)?;
    let name = config.name.clone();
    let password = if add.password_stdin { first_line()? } else { ask_twice()? };
    let _in_use = use_database(&config)?;
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
        say("")?;
        say_codes(&added.recovery_codes)?;
    }
    Ok(())
}

#[derive(Args)]
pub(super) struct Named {
    #[command(flatten)]
    settings: Settings,
    /// The account's identifier or address
    name: String,
}

pub(super) async fn disable(named: Named, disabled: bool) -> anyhow::Result<()> {
    let config = Config::load(&named.settings.config)?;
    let _in_use = use_database(&config)?;
    if !App::new(deps(config).await?).await?.disable(&named.name, disabled).await? {
        anyhow::bail!("nobody is called {:?}", named.name);
    }
    say(&match disabled {
        true => format!("Nobody gets into the account of {} any more; its sessions have ended.", named.name),
        false => format!("{} gets in again.", named.name),
    })
}

pub(super) async fn end_sessions(named: Named) -> anyhow::Result<()> {
    let config = Config::load(&named.settings.config)?;
    let _in_use = use_database(&config)?;
    match App::new(deps(config).await?).await?.end_sessions(&named.name).await? {
        Some(ended) => say(&format!("Sessions of {} that have ended: {ended}.", named.name)),
        None => anyhow::bail!("nobody is called {:?}", named.name),
    }
}

pub(super) async fn recovery_codes(named: Named) -> anyhow::Result<()> {
    let config = Config::load(&named.settings.config)?;
    let _in_use = use_database(&config)?;
    let Some(codes) = App::new(deps(config).await?).await?.renew_codes(&named.name).await? else {
        anyhow::bail!("nobody is called {:?}", named.name);
    };
    say_codes(&codes)?;
    say(&format!(
        "\nThe old ones of {} have ended. A mail tells so, and can put them back for 7 days.",
        named.name
    ))
}

fn say_codes(codes: &[String]) -> anyhow::Result<()> {
    say("Saved recovery codes, each works once (shown only now):")?;
    codes.iter().try_for_each(|code| say(&format!("  {code}")))
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
