//! A mailbox at the end of a real SMTP conversation, for everyone a server writes to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, Result};
use mail_parser::MessageParser;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::time::timeout;

/// How long a mail may take on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Takes every mail for everyone on a port of 127.0.0.1.
#[derive(Clone)]
pub struct PostOffice {
    pub port: u16,
    boxes: Arc<Boxes>,
}

#[derive(Default)]
struct Boxes {
    mails: Mutex<HashMap<String, Vec<Mail>>>,
    arrived: Notify,
}

#[derive(Clone)]
pub struct Mail {
    pub subject: String,
    pub text: String,
}

impl PostOffice {
    pub async fn open() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let boxes = Arc::new(Boxes::default());
        let all = boxes.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let boxes = all.clone();
                tokio::spawn(take(stream, move |raw: &[u8]| boxes.put(raw)));
            }
        });
        Ok(Self { port, boxes })
    }

    /// The next mail to that address in which `find` finds something; those before it are passed over.
    pub async fn next<T>(&self, to: &str, find: impl Fn(&Mail) -> Option<T>) -> Result<T> {
        let next = async {
            loop {
                let arrived = self.boxes.arrived.notified();
                {
                    let mut boxes = self.boxes.mails.lock().unwrap();
                    let mails = boxes.entry(to.to_lowercase()).or_default();
                    while !mails.is_empty() {
                        if let Some(found) = find(&mails.remove(0)) {
                            return found;
                        }
                    }
                }
                arrived.await;
            }
        };
        timeout(PATIENCE, next).await.with_context(|| format!("no such mail came to {to} in a minute"))
    }
}

impl Boxes {
    /// Whether it was a mail.
    fn put(&self, raw: &[u8]) -> bool {
        let Some((to, mail)) = Mail::parse(raw) else { return false };
        self.mails.lock().unwrap().entry(to).or_default().push(mail);
        self.arrived.notify_waiters();
        true
    }
}

impl Mail {
    fn parse(raw: &[u8]) -> Option<(String, Self)> {
        let message = MessageParser::default().parse(raw)?;
        let to = message.to()?.first()?.address()?.to_lowercase();
        let text = message.body_text(0)?.into_owned();
        Some((to, Self { subject: message.subject()?.to_owned(), text }))
    }
}

/// One SMTP conversation (RFC 5321), as far as a sender needs it; `put` says whether that was a mail.
pub async fn take(stream: TcpStream, put: impl Fn(&[u8]) -> bool) -> Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read);
    write.write_all(b"220 mailbox.test ready\r\n").await?;
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).await? > 0 {
        let verb = String::from_utf8_lossy(&line[..line.len().min(4)]).to_uppercase();
        let answer: &[u8] = match verb.as_str() {
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                if put(&body(&mut lines).await?) { b"250 taken\r\n" } else { b"554 not a mail\r\n" }
            }
            "EHLO" => b"250-mailbox.test\r\n250 8BITMIME\r\n",
            "QUIT" => b"221 bye\r\n",
            _ => b"250 fine\r\n",
        };
        write.write_all(answer).await?;
        line.clear();
    }
    Ok(())
}

async fn body(lines: &mut (impl AsyncBufRead + Unpin)) -> Result<Vec<u8>> {
    let (mut body, mut line) = (Vec::new(), Vec::new());
    while lines.read_until(b'\n', &mut line).await? > 0 && line != b".\r\n" {
        body.extend_from_slice(if line.starts_with(b".") { &line[1..] } else { &line });
        line.clear();
    }
    Ok(body)
}
