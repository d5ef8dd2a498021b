//! A whole server to rehearse with: on this machine only, forgotten when it stops, with a made-up
//! account whose password nobody knows.

use crate::config::{Config, Limits};
use crate::server::{Running, Server};
use crate::{
    AddError, Clock, Deps, Language, Mailer, NewAccount, Outbox, Random, StartError, SystemClock,
    SystemRandom, token,
};
use std::sync::Arc;

/// What can be chosen about a practice server.
#[derive(Default)]
pub struct PracticeOptions {
    /// Language of the mail.
    pub language: Language,
    pub clock: Option<Arc<dyn Clock>>,
    pub random: Option<Arc<dyn Random>>,
    /// In place of the outbox, whose page then stays empty.
    pub mailer: Option<Arc<dyn Mailer>>,
}

/// A running practice server.
pub struct Practice {
    /// `http://127.0.0.1:<port>/`
    pub base_url: String,
    /// The page with the mail.
    pub outbox_url: String,
    pub outbox: Outbox,
    pub identifier: String,
    pub address: String,
    /// Ten unused ones.
    pub recovery_codes: Vec<String>,
    running: Running,
}

/// Starts one on a free port of 127.0.0.1, on the caller's runtime.
///
/// # Errors
/// There is no free port, or SQLite cannot start.
pub async fn start(options: PracticeOptions) -> Result<Practice, StartError> {
    let mut config = Config::loopback("Practice");
    config.practice = true;
    config.language = options.language;
    config.time_zone = "system".to_owned();
    // A rehearsal is repeated more often in an hour than a real loss in a year.
    config.limits = Limits {
        resends_per_hour: 30,
        codes_per_day: 200,
        recoveries_per_address_per_hour: 200,
        wrong_codes_per_day: 50,
        ..Limits::default()
    };
    let (mut deps, outbox) = Deps::in_memory(config).await?;
    deps.clock = options.clock.unwrap_or_else(|| Arc::new(SystemClock));
    deps.random = options.random.unwrap_or_else(|| Arc::new(SystemRandom));
    deps.mailer = options.mailer.unwrap_or_else(|| Arc::new(outbox.clone()));

    let forgotten = token::opaque(deps.random.as_ref());
    let server = Server::bind(deps).await?;
    let jana = NewAccount {
        name: "Jana".to_owned(),
        language: Some(options.language),
        recovery_codes: true,
        ..NewAccount::new("jana", "jana@practice.invalid", &forgotten)
    };
    let (identifier, address) = (jana.identifier.clone(), jana.address.clone());
    let added = server.app().add_account(jana).await.map_err(|error| match error {
        AddError::Storage(error) => StartError::Storage(error),
        other => StartError::Other(other.to_string()),
    })?;
    let base_url = server.url().to_string();
    Ok(Practice {
        outbox_url: format!("{base_url}practice/outbox"),
        base_url,
        outbox,
        identifier,
        address,
        recovery_codes: added.recovery_codes,
        running: server.start(),
    })
}

impl Practice {
    /// The server itself, to add accounts or look into its storage.
    pub fn app(&self) -> &crate::App {
        self.running.app()
    }

    /// Stops it; everything in it is forgotten.
    pub async fn stop(self) {
        self.running.stop().await;
    }
}
