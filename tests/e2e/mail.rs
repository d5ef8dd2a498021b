//! A mailbox at the end of a real SMTP conversation.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use mail_parser::MessageParser;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

/// Takes every mail for everyone on a port of 127.0.0.1.
pub struct Mailbox {
    pub port: u16,
    mails: UnboundedReceiver<Mail>,
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
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(take(stream, arrived.clone()));
            }
        });
        Ok(Self { port, mails })
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

/// One SMTP conversation (RFC 5321), as far as a sender needs it.
async fn take(stream: TcpStream, arrived: UnboundedSender<Mail>) -> Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read);
    write.write_all(b"220 mailbox.test ready\r\n").await?;
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).await? > 0 {
        let verb = String::from_utf8_lossy(&line[..line.len().min(4)]).to_uppercase();
        let answer: &[u8] = match verb.as_str() {
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                if let Some(mail) = Mail::parse(&body(&mut lines).await?) {
                    // The test may be over.
                    let _ = arrived.send(mail);
                    b"250 taken\r\n"
                } else {
                    b"554 not a mail\r\n"
                }
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
