//! Letters that were given up: who looks after the server decides.

use super::{Settings, say};
use crate::mail::bounce::failed_recipients;
use crate::mail::{Letter, moment};
use crate::storage::DeadMail;
use crate::{App, Config, Language, mask};
use anyhow::bail;
use clap::{Args, Subcommand};
use std::io::{self, Read as _};

#[derive(Subcommand)]
pub(super) enum MailCommand {
    /// List the letters that were given up in the last 30 days
    List(Settings),
    /// Send one again, or all that are still of use
    Retry(Which),
    /// Forget one, or all
    Drop(Which),
    /// Note that mail to an address comes back: its owner sees it in Regain until a mail is taken again
    Bounced(Bounced),
    /// The same for whoever a notification from a mail server names (RFC 3464), read from standard input
    Bounce(Settings),
}

#[derive(Args)]
pub(super) struct Bounced {
    #[command(flatten)]
    settings: Settings,
    /// The address as its owner writes it; capitals do not matter
    address: String,
}

#[derive(Args)]
pub(super) struct Which {
    #[command(flatten)]
    settings: Settings,
    /// The number that `mail list` shows
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    id: Option<i64>,
    /// Every one
    #[arg(long)]
    all: bool,
}

impl MailCommand {
    pub(super) fn settings(&self) -> &Settings {
        match self {
            Self::List(settings) | Self::Bounce(settings) => settings,
            Self::Bounced(bounced) => &bounced.settings,
            Self::Retry(which) | Self::Drop(which) => &which.settings,
        }
    }

    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        match self {
            Self::List(_) => list(app).await,
            Self::Retry(which) => {
                let retried = app.storage().retry_mail(which.id, app.clock().now()).await?;
                if let (Some(id), 0) = (which.id, retried) {
                    bail!(
                        "there is no letter {id} that could still be sent: see `recovery-server mail list`"
                    );
                }
                say(&format!(
                    "{retried} queued again; the running server sends within a quarter of a minute."
                ))
            }
            Self::Drop(which) => {
                let dropped = app.storage().drop_mail(which.id).await?;
                if let (Some(id), 0) = (which.id, dropped) {
                    bail!("there is no letter {id}: see `recovery-server mail list`");
                }
                say(&format!("{dropped} forgotten."))
            }
            Self::Bounced(Bounced { address, .. }) => match app.mail_bounced(address).await? {
                true => say("Noted."),
                false => bail!("no account has the address {address}"),
            },
            Self::Bounce(_) => bounce(app).await,
        }
    }
}

/// Longest notification that is read, bytes; they quote the letter, and ours are small.
const LONGEST: u64 = 1 << 20;

/// Ends well whatever it was: a mail server that is told of a failure would send the notification back.
async fn bounce(app: &App) -> anyhow::Result<()> {
    let mut notification = Vec::new();
    io::stdin().lock().take(LONGEST).read_to_end(&mut notification)?;
    let mut noted = 0;
    for address in failed_recipients(&notification) {
        noted += u32::from(app.mail_bounced(&address).await?);
    }
    say(&format!("{noted} noted."))
}

async fn list(app: &App) -> anyhow::Result<()> {
    let dead = app.storage().dead_mail().await?;
    if dead.is_empty() {
        return say("No letter was given up in the last 30 days.");
    }
    for mail in &dead {
        say(&line(app, mail))?;
    }
    Ok(())
}

fn line(app: &App, mail: &DeadMail) -> String {
    let config: &Config = app.config();
    let since = moment(Language::En, mail.since, &config.zone());
    let letter: Option<Letter> = mail.letter.as_deref().and_then(|sealed| app.unseal(sealed));
    let to = match letter {
        Some(letter) => mask::address(&letter.to).unwrap_or_default(),
        None => "(of no use any more)".to_owned(),
    };
    format!("{:>6}  {since}  {}  {} attempts  {to}", mail.id, mail.why, mail.attempts)
}
