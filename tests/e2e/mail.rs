//! A mailbox at the end of a real SMTP conversation.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use mail_parser::MessageParser;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

use crate::servers::mail::take;

/// Takes every mail for everyone on a port of 127.0.0.1.
pub struct Mailbox {
    pub port: u16,
    mails: UnboundedReceiver<Mail>,
    full: Arc<AtomicBool>,
}

pub struct Mail {
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl Mailbox {
    pub async fn open() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let (arrived, mails) = unbounded_channel();
        let full = Arc::<AtomicBool>::default();
        let refuses = Arc::clone(&full);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (arrived, refuses) = (arrived.clone(), Arc::clone(&refuses));
                // The test may be over when a mail comes.
                let put = move |raw: &[u8]| {
                    !refuses.load(Ordering::Relaxed)
                        && Mail::parse(raw).is_some_and(|mail| arrived.send(mail).is_ok())
                };
                tokio::spawn(take(stream, put));
            }
        });
        Ok(Self { port, mails, full })
    }

    /// From now on every mail is refused for good.
    pub fn fill(&self) {
        self.full.store(true, Ordering::Relaxed);
    }

    /// The next mail, once it is there.
    pub async fn next(&mut self) -> Result<Mail> {
        let next = timeout(Duration::from_secs(30), self.mails.recv())
            .await
            .context("no mail came in half a minute")?;
        next.context("the mailbox is closed")
    }

    /// The next mail whose subject contains these words; others are passed over.
    pub async fn next_about(&mut self, words: &str) -> Result<Mail> {
        loop {
            let mail = self.next().await?;
            if mail.subject.contains(words) {
                return Ok(mail);
            }
        }
    }

    /// The next mail to this address; others are passed over.
    pub async fn next_to(&mut self, address: &str) -> Result<Mail> {
        loop {
            let mail = self.next().await?;
            if mail.to == address {
                return Ok(mail);
            }
        }
    }
}

impl Mail {
    fn parse(raw: &[u8]) -> Option<Self> {
        let message = MessageParser::default().parse(raw)?;
        Some(Self {
            to: message.to()?.first()?.address()?.to_owned(),
            subject: message.subject()?.to_owned(),
            text: message.body_text(0)?.into_owned(),
            html: message.body_html(0)?.into_owned(),
        })
    }

    /// The code, as the mail's last line binds it to the server: `@host #12345678`. Subject and HTML must say the same.
    pub fn code(&self) -> Result<String> {
        let bound = self
            .text
            .lines()
            .rev()
            .find_map(|line| line.strip_prefix('@'))
            .context("the mail ends with @host #code")?;
        let code = bound.split_once('#').context("the last line holds a code")?.1.trim().to_owned();
        ensure!(code.len() == 8 && code.bytes().all(|byte| byte.is_ascii_digit()), "not a code: {code}");
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        ensure!(digits(&self.subject).contains(&code), "the subject says {}", self.subject);
        ensure!(digits(&self.html).contains(&code), "the code is not in the HTML");
        Ok(code)
    }
}
