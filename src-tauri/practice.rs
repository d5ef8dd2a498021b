//! The practice server: the recovery server in this process, with a made-up account and an outbox for its mail.

use recovery_server::Language as MailLanguage;
use recovery_server::practice::{self, PracticeOptions};

use crate::app::App;
use crate::view::*;

/// A practice server that runs.
pub struct Practice {
    running: practice::Practice,
    server: ServerView,
}

impl Practice {
    pub async fn stop(self) {
        self.running.stop().await;
    }
}

impl App {
    /// Starts the practice server, or says where the running one is.
    pub async fn start_practice(&self) -> Result<PracticeView, ErrorView> {
        let mut slot = self.practice.lock().await;
        let practice = match slot.take() {
            Some(practice) => practice,
            None => {
                let options =
                    PracticeOptions { language: self.mail_language(), ..PracticeOptions::default() };
                let running = practice::start(options).await.map_err(|error| {
                    tracing::error!(%error, "the practice server did not start");
                    ErrorView::Bug
                })?;
                let found = self.find_server(&running.base_url, None).await?;
                let server = found.servers.into_iter().next().ok_or(ErrorView::Bug)?;
                Practice { running, server }
            }
        };
        let view = PracticeView {
            server: practice.server.clone(),
            identifier: practice.running.identifier.clone(),
            recovery_codes: practice.running.recovery_codes.clone(),
        };
        *slot = Some(practice);
        Ok(view)
    }

    /// The mails of the practice outbox, newest first.
    pub async fn practice_mails(&self) -> Result<Vec<PracticeMail>, ErrorView> {
        let slot = self.practice.lock().await;
        let practice = slot.as_ref().ok_or(ErrorView::Gone)?;
        let mails = practice.running.outbox.mails().into_iter().rev().map(|mail| PracticeMail {
            id: mail.id.to_string(),
            at: u32::try_from(mail.at).unwrap_or_default(),
            subject: mail.subject,
            text: mail.text,
        });
        Ok(mails.collect())
    }

    /// Address of the outbox's own page.
    pub async fn practice_outbox(&self) -> Result<String, ErrorView> {
        let slot = self.practice.lock().await;
        slot.as_ref().map(|practice| practice.running.outbox_url.clone()).ok_or(ErrorView::Gone)
    }

    fn mail_language(&self) -> MailLanguage {
        match self.settings().language {
            Language::System | Language::En => MailLanguage::En,
            Language::Ru => MailLanguage::Ru,
            Language::De => MailLanguage::De,
            Language::Es => MailLanguage::Es,
        }
    }
}
