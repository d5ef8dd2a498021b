//! Mail that never leaves the process: for practice and tests.

use super::{Mail, MailError, Mailer};
use async_trait::async_trait;
use serde::Serialize;
use std::sync::Arc;
use tokio::sync::watch;
use utoipa::ToSchema;

/// How many mails are kept; older ones are forgotten.
const KEPT: usize = 200;

/// Keeps what is sent, and lets others wait for it. Clones share the same mails.
#[derive(Debug, Clone)]
pub struct Outbox(Arc<watch::Sender<Vec<SentMail>>>);

/// A mail in the outbox.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SentMail {
    /// Counts from 1.
    pub id: u64,
    /// Unix seconds.
    pub at: i64,
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// Receives the mails of an [`Outbox`] one by one.
#[derive(Debug)]
pub struct Inbox {
    mails: watch::Receiver<Vec<SentMail>>,
    seen: u64,
}

impl Outbox {
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(Vec::new())))
    }

    /// All mails, oldest first.
    pub fn mails(&self) -> Vec<SentMail> {
        self.0.borrow().clone()
    }

    /// Receives what is sent from now on.
    pub fn subscribe(&self) -> Inbox {
        let mails = self.0.subscribe();
        let seen = mails.borrow().last().map_or(0, |mail| mail.id);
        Inbox { mails, seen }
    }
}

impl Default for Outbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Inbox {
    /// The next mail, as soon as there is one; waits for ever once the outbox is gone.
    pub async fn next(&mut self) -> SentMail {
        let seen = self.seen;
        let newer = |mails: &Vec<SentMail>| mails.iter().find(|mail| mail.id > seen).cloned();
        let found = match self.mails.wait_for(|mails| newer(mails).is_some()).await {
            Ok(mails) => newer(&mails),
            Err(_) => None,
        };
        match found {
            Some(mail) => {
                self.seen = mail.id;
                mail
            }
            None => std::future::pending().await,
        }
    }

    /// A mail that is already there.
    pub fn try_next(&mut self) -> Option<SentMail> {
        let mail = self.mails.borrow().iter().find(|mail| mail.id > self.seen).cloned()?;
        self.seen = mail.id;
        Some(mail)
    }
}

impl SentMail {
    /// The code in it, if it brings one: read from the last line, `@host #12345678`.
    pub fn code(&self) -> Option<&str> {
        let (host, code) = self.text.trim_end().lines().last()?.split_once(" #")?;
        host.starts_with('@').then_some(code)
    }

    /// The link in it, if it brings one.
    pub fn link(&self) -> Option<&str> {
        self.text.lines().find(|line| line.contains("/recover#"))
    }
}

#[async_trait]
impl Mailer for Outbox {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        self.0.send_modify(|mails| {
            let id = mails.last().map_or(0, |mail| mail.id) + 1;
            mails.push(SentMail {
                id,
                at: mail.at,
                to: mail.to.clone(),
                subject: mail.subject.clone(),
                text: mail.text.clone(),
                html: mail.html.clone(),
            });
            if mails.len() > KEPT {
                mails.remove(0);
            }
        });
        Ok(())
    }
}
