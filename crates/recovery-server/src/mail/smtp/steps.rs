//! The steps of handing a letter over (RFC 5321 section 3.3), so that it is known which of them was refused.

use lettre::Message;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{Extension, MailBodyParameter, MailParameter};
use std::fmt::{Display, Formatter};

/// Why the letter was not taken.
pub(super) enum Trouble {
    /// The server does not know what it would need.
    Unable(&'static str),
    Refused {
        error: Error,
        /// At RCPT or DATA; before that it is about us.
        about_the_recipient: bool,
    },
}

pub(super) async fn hand_over(
    connection: &mut AsyncSmtpConnection,
    message: &Message,
) -> Result<(), Trouble> {
    let letter = message.formatted();
    let envelope = message.envelope();
    let knows = |extension| connection.server_info().supports_feature(extension);
    let mut parameters = Vec::new();
    if envelope.to().iter().chain(envelope.from()).any(|address| !AsRef::<str>::as_ref(address).is_ascii()) {
        if !knows(Extension::SmtpUtfEight) {
            return Err(Trouble::Unable("it knows no SMTPUTF8, which the address needs"));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !letter.is_ascii() {
        if !knows(Extension::EightBitMime) {
            return Err(Trouble::Unable("it knows no 8BITMIME, which the letter needs"));
        }
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let about_us = |error| Trouble::Refused { error, about_the_recipient: false };
    let about_the_recipient = |error| Trouble::Refused { error, about_the_recipient: true };
    let content = Content::new(&letter)?;
    connection.command(Mail::new(envelope.from().cloned(), parameters)).await.map_err(about_us)?;
    for to in envelope.to() {
        connection.command(Rcpt::new(to.clone(), Vec::new())).await.map_err(about_the_recipient)?;
    }
    connection.command(Data).await.map_err(about_the_recipient)?;
    connection.command(content).await.map_err(about_the_recipient)?;
    Ok(())
}

/// A letter and its end (RFC 5321 section 4.5.2) as one command, which is written in one piece: sent apart, the end would
/// wait until the other side has confirmed the letter, and that takes its time (RFC 1122 section 4.2.3.2: up to half a second).
struct Content(String);

impl Content {
    fn new(letter: &[u8]) -> Result<Self, Trouble> {
        let letter = std::str::from_utf8(letter).map_err(|_| Trouble::Unable("it is not in UTF-8"))?;
        Ok(Self(letter.replace("\r\n.", "\r\n..")))
    }
}

impl Display for Content {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}\r\n.\r\n", self.0)
    }
}
