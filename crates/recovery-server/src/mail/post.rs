//! The way from the queue in the database to the mailer.

use super::{Letter, MailError};
use crate::App;
use crate::audit::Event;
use crate::meters::Letters;
use crate::storage::{SealedMail, StorageError, WaitingMail};
use tokio::sync::Notify;

/// Nobody else may take a letter for this long while one node is sending it, seconds.
const CLAIM: i64 = 60;
/// Other nodes' letters are looked for this often, seconds.
const ROUND: i64 = 15;
/// Expired rows are removed this often, seconds.
const SWEEP: i64 = 600;
/// Waits between attempts, seconds; the last one repeats.
const PAUSES: [i64; 6] = [5, 20, 60, 300, 900, 1_800];

/// Wakes the sender as soon as a request has put something into the queue.
#[derive(Debug, Default)]
pub(crate) struct Bell(Notify);

impl Bell {
    pub(crate) fn ring(&self) {
        self.0.notify_one();
    }
}

impl App {
    /// Encrypts a letter for the queue.
    pub(crate) fn seal(&self, letter: &Letter, drop_at: i64) -> SealedMail {
        let plain = serde_json::to_vec(letter).unwrap_or_default();
        SealedMail { letter: self.pepper().seal(self.random(), &plain), drop_at }
    }

    /// Sends mail until the server halts, and finishes the letter that is being sent then. One such task for each node is enough.
    pub async fn deliver(&self) {
        let mut sweep_at = 0;
        while !self.condition().is_halted() {
            let due = self.deliver_if_due().await.unwrap_or_else(|error| {
                tracing::error!(%error, "the mail queue cannot be read");
                None
            });
            let now = self.clock().now();
            if now >= sweep_at && matches!(self.outdated().await, Ok(false)) {
                sweep_at = now + SWEEP;
                if let Err(error) = self.storage().sweep(now).await {
                    tracing::error!(%error, "expired rows cannot be removed");
                }
            }
            let next = due.map_or(now + ROUND, |due| due.clamp(now + 1, now + ROUND));
            tokio::select! {
                () = self.bell().0.notified() => {}
                () = self.condition().halted() => {}
                () = self.clock().sleep_until(next) => {}
            }
        }
    }

    /// Sends what is due, if anything is. Says when the next letter is due.
    async fn deliver_if_due(&self) -> Result<Option<i64>, StorageError> {
        let now = self.clock().now();
        self.condition().delivering(now);
        let due = self.storage().next_mail_due().await?;
        if due.is_none_or(|due| due > now) {
            return Ok(due);
        }
        self.deliver_due().await?;
        self.storage().next_mail_due().await
    }

    /// Sends everything that is due, and says how many mails went out.
    ///
    /// Nothing, if a newer program has changed the tables: its letters are for nodes that know what they say.
    ///
    /// # Errors
    /// The queue cannot be read; a mail that is not taken is no error, it is tried again.
    pub async fn deliver_due(&self) -> Result<usize, StorageError> {
        let sent = self.deliver_all_due().await;
        self.mailer().rest().await;
        sent
    }

    async fn deliver_all_due(&self) -> Result<usize, StorageError> {
        let mut sent = 0;
        loop {
            let now = self.clock().now();
            self.condition().delivering(now);
            if self.condition().is_halted() || self.outdated().await? {
                return Ok(sent);
            }
            let Some(waiting) = self.storage().claim_mail(now, now + CLAIM).await? else {
                return Ok(sent);
            };
            sent += usize::from(self.deliver_one(waiting, now).await?);
        }
    }

    async fn deliver_one(&self, waiting: WaitingMail, now: i64) -> Result<bool, StorageError> {
        let Some(plain) = self.pepper().unseal(&waiting.letter) else {
            tracing::error!(mail = waiting.id, "a letter in the queue cannot be read and is given up");
            self.give_up(&waiting, "unreadable").await?;
            return Ok(false);
        };
        let due_at = now + PAUSES[0];
        let letter: Letter = match serde_json::from_slice(&plain) {
            Ok(letter) => letter,
            Err(_) if due_at < waiting.drop_at => {
                tracing::warn!(
                    mail = waiting.id,
                    "a letter of another version is left to nodes that know it"
                );
                self.storage().mail_failed(&waiting, due_at).await?;
                return Ok(false);
            }
            Err(_) => {
                tracing::error!(mail = waiting.id, "no node knew what this letter says");
                self.give_up(&waiting, "unreadable").await?;
                return Ok(false);
            }
        };
        if letter.to.is_empty() {
            self.storage().drop_waiting(waiting.id).await?;
            return Ok(false);
        }
        if now >= waiting.drop_at {
            tracing::error!(
                mail = waiting.id,
                attempts = waiting.attempts - 1,
                "mail ran out before it was sent"
            );
            self.give_up(&waiting, "expired").await?;
            return Ok(false);
        }
        // The same however often it is sent: a mailbox can tell a repetition.
        let message_id = format!("{}.{}", letter.at, waiting.id);
        let failed = match self.mailer().send(&letter.write(self.config(), message_id)).await {
            Ok(()) => {
                tracing::info!(mail = waiting.id, attempts = waiting.attempts, "mail sent");
                self.meters().mail(Letters::Sent);
                self.storage().mail_taken(waiting.id, &letter.to).await?;
                return Ok(true);
            }
            Err(failed) => failed,
        };
        // SMTP servers like to repeat the address in what they say.
        let reason = failed.to_string().replace(&letter.to, "(address)");
        let pause = usize::try_from(waiting.attempts.saturating_sub(1)).unwrap_or_default();
        let due_at = now + PAUSES[pause.min(PAUSES.len() - 1)];
        let refused = matches!(failed, MailError::Never(_) | MailError::Bounced(_));
        if matches!(failed, MailError::Bounced(_)) {
            self.storage().note_bounce(&letter.to, now).await?;
        }
        if refused || due_at >= waiting.drop_at {
            tracing::error!(mail = waiting.id, attempts = waiting.attempts, reason, "mail given up");
            self.give_up(&waiting, if refused { "refused" } else { "expired" }).await?;
        } else {
            self.meters().mail(Letters::Later);
            tracing::warn!(
                mail = waiting.id,
                attempts = waiting.attempts,
                reason,
                "mail not taken, will be tried again"
            );
            self.storage().mail_failed(&waiting, due_at).await?;
        }
        Ok(false)
    }

    async fn give_up(&self, mail: &WaitingMail, why: &str) -> Result<(), StorageError> {
        self.meters().mail(Letters::Dead);
        let entry = self.entry(Event::MailFailed, "given up", None, None);
        self.storage().give_mail_up(mail, why, &entry).await?;
        Ok(())
    }

    pub(crate) fn unseal(&self, sealed: &[u8]) -> Option<Letter> {
        self.pepper().unseal(sealed).and_then(|plain| serde_json::from_slice(&plain).ok())
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::Event;
    use crate::storage::{Recovery, SealedMail, Secret, Trace};
    use crate::{App, Config, Deps, Language, ManualClock};
    use std::sync::Arc;

    /// It was written by a newer program, and not everything that is new needs other tables.
    #[tokio::test]
    async fn a_letter_of_a_kind_that_is_not_known_waits_for_a_node_that_knows_it() {
        let clock = ManualClock::at(1_000);
        let (mut deps, outbox) = Deps::in_memory(Config::loopback("Dorfladen")).await.unwrap();
        deps.clock = Arc::new(clock.clone());
        let app = App::new(deps).await.unwrap();
        let letter = app.pepper().seal(app.random(), br#"{"matter":"Unheard"}"#);
        let recovery = Recovery {
            id: "1".to_owned(),
            account_id: None,
            name_sealed: Vec::new(),
            language: Language::En,
            device: String::new(),
            network: None,
            last_sent_at: 1_000,
            until: 1_600,
        };
        let secret = Secret { way: "mail_code", mac: Vec::new(), until: 1_600 };
        let audit = app.entry(Event::RecoveryAsked, "ok", None, None);
        let trace = Trace { audit, mail: vec![SealedMail { letter, drop_at: 1_600 }] };
        app.storage().open_recovery(b"ticket", &recovery, &secret, &trace).await.unwrap();

        let dead = async || app.storage().dead_mail().await.unwrap();
        for _ in 0..3 {
            let due = app.storage().next_mail_due().await.unwrap();
            assert_eq!(app.deliver_due().await.unwrap(), 0);
            assert!(dead().await.is_empty());
            assert_eq!(app.storage().next_mail_due().await.unwrap(), due.map(|_| app.clock().now() + 5));
            clock.advance(5);
        }
        clock.advance(580);
        app.deliver_due().await.unwrap();
        assert_eq!(dead().await[0].why, "unreadable");
        assert!(outbox.subscribe().try_next().is_none());
    }
}
