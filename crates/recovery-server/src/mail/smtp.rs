//! Mail by SMTP. Letters that are due at once go over one connection.

mod steps;

use super::dkim;
use super::{Mail, MailError, Mailer};
use crate::config::{ConfigError, Encryption, Mail as Settings};
use async_trait::async_trait;
use lettre::Message;
use lettre::message::dkim::DkimConfig;
use lettre::message::header::{
    ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue, MIME_VERSION_1_0,
};
use lettre::message::{Body, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, Certificate, CertificateStore, Tls, TlsParameters, TlsParametersBuilder,
};
use lettre::transport::smtp::extension::ClientId;
use std::error::Error as _;
use std::fmt::{Debug, Formatter};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};
use steps::Trouble;
use tokio::time::timeout;

/// Until one address of the server has answered.
const CONNECT: Duration = Duration::from_secs(15);
/// For a whole letter; shorter than the queue's claim on it, so that no other node sends it as well.
const PATIENCE: Duration = Duration::from_secs(45);
/// For the farewell, which changes nothing any more.
const FAREWELL: Duration = Duration::from_secs(5);
/// "Authentication required", "STARTTLS first" (RFC 4954, RFC 3207): about us, not about the letter.
const NOT_LIKE_THIS: u16 = 530;

/// Sends through one SMTP server.
#[derive(Clone)]
pub struct SmtpMailer {
    server: String,
    port: u16,
    tls: Tls,
    hello: ClientId,
    credentials: Option<Credentials>,
    from: Mailbox,
    dkim: Option<Arc<DkimConfig>>,
    /// The connection that took the letter before.
    kept: Arc<Mutex<Option<AsyncSmtpConnection>>>,
}

impl Debug for SmtpMailer {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmtpMailer")
            .field("server", &self.server)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

impl SmtpMailer {
    /// Reads the password and the trusted certificates, but does not connect yet.
    ///
    /// # Errors
    /// The sender's address, a file or the server's name cannot be used.
    pub fn new(settings: &Settings) -> Result<Self, ConfigError> {
        let value =
            |what: &str, error: &dyn std::fmt::Display| ConfigError::Value(format!("mail.{what}: {error}"));
        let from: Mailbox = settings.from.parse().map_err(|error| value("from", &error))?;
        let tls = match settings.encryption {
            Encryption::None => Tls::None,
            Encryption::Starttls => Tls::Required(tls(settings)?),
            Encryption::Tls => Tls::Wrapper(tls(settings)?),
        };
        let credentials = match (&settings.user, settings.password()?) {
            (Some(user), Some(password)) => Some(Credentials::new(user.clone(), password.to_string())),
            _ => None,
        };
        let dkim = match &settings.dkim {
            Some(wanted) => Some(Arc::new(dkim::load(wanted, from.email.domain())?)),
            None => None,
        };
        Ok(Self {
            server: settings.server.clone(),
            port: settings.port(),
            tls,
            hello: ClientId::Domain(from.email.domain().to_owned()),
            credentials,
            from,
            dkim,
            kept: Arc::default(),
        })
    }

    /// A connection over which letters may go: protected as the settings ask, and signed in.
    ///
    /// Whatever goes wrong here is wrong with the way and not with the letter, so it is never final.
    async fn connect(&self) -> Result<AsyncSmtpConnection, MailError> {
        let later = |what: &str, error: &Error| MailError::Later(format!("{what}: {}", kind(error)));
        let address = (self.server.as_str(), self.port);
        let from_the_first_byte = match &self.tls {
            Tls::Wrapper(parameters) => Some(parameters.clone()),
            _ => None,
        };
        let mut connection = AsyncSmtpConnection::connect_tokio1(
            address,
            Some(CONNECT),
            &self.hello,
            from_the_first_byte,
            None,
        )
        .await
        .map_err(|error| later("no connection to the mail server", &error))?;
        if let Tls::Required(parameters) = &self.tls {
            if !connection.can_starttls() {
                connection.abort().await;
                return Err(MailError::Later("the mail server offers no STARTTLS".to_owned()));
            }
            connection
                .starttls(parameters.clone(), &self.hello)
                .await
                .map_err(|error| later("STARTTLS failed", &error))?;
        }
        if let Some(credentials) = &self.credentials
            && let Err(error) = connection.auth(DEFAULT_MECHANISMS, credentials).await
        {
            connection.abort().await;
            return Err(later("the mail server refuses mail.user", &error));
        }
        Ok(connection)
    }

    async fn hand_over(&self, message: &Message) -> Result<AsyncSmtpConnection, MailError> {
        if let Some(mut connection) = self.kept() {
            match steps::hand_over(&mut connection, message).await {
                Ok(()) => return Ok(connection),
                // It is closed, or the server has had enough of it: nothing was said about this letter.
                Err(Trouble::Refused { about_the_recipient: false, .. }) => connection.abort().await,
                Err(trouble) => return Err(refused(connection, trouble).await),
            }
        }
        let mut connection = self.connect().await?;
        match steps::hand_over(&mut connection, message).await {
            Ok(()) => Ok(connection),
            Err(trouble) => Err(refused(connection, trouble).await),
        }
    }

    fn kept(&self) -> Option<AsyncSmtpConnection> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn message(&self, mail: &Mail) -> Result<Message, MailError> {
        let never = |error: &dyn std::fmt::Display| MailError::Never(error.to_string());
        let to: Mailbox = mail.to.parse().map_err(|error| never(&error))?;
        let seconds = u64::try_from(mail.at).unwrap_or_default();
        let part =
            |content_type, body: &str| SinglePart::builder().header(content_type).body(body.to_owned());
        let parts = MultiPart::alternative()
            .singlepart(part(ContentType::TEXT_PLAIN, &mail.text))
            .singlepart(part(ContentType::TEXT_HTML, &mail.html));
        let (content_type, body) = split(&parts).ok_or_else(|| never(&"it cannot be put into parts"))?;
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(&mail.subject)
            .date(UNIX_EPOCH + Duration::from_secs(seconds))
            .message_id(Some(format!("<{}@{}>", mail.message_id, self.from.email.domain())))
            .header(AutoSubmitted)
            .header(ContentLanguage(mail.language.tag()))
            .header(MIME_VERSION_1_0)
            .header(content_type)
            .body(body)
            .map_err(|error| never(&error))?;
        if let Some(dkim) = &self.dkim {
            message.sign(dkim);
        }
        Ok(message)
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let message = self.message(mail)?;
        let sent = timeout(PATIENCE, self.hand_over(&message)).await;
        let too_slow = |_| MailError::Later("the mail server is too slow".to_owned());
        let connection = sent.map_err(too_slow)??;
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
        Ok(())
    }

    async fn rest(&self) {
        if let Some(mut connection) = self.kept() {
            // The letters are taken: how the connection ends no longer matters.
            let _farewell = timeout(FAREWELL, connection.quit()).await;
        }
    }
}

/// What the trouble says about the letter; the connection is of no use any more.
async fn refused(mut connection: AsyncSmtpConnection, trouble: Trouble) -> MailError {
    connection.abort().await;
    let words = |why: &str| format!("the mail server does not take the letter: {why}");
    let (error, about_the_recipient) = match trouble {
        Trouble::Unable(why) => return MailError::Later(words(why)),
        Trouble::Refused { error, about_the_recipient } => (error, about_the_recipient),
    };
    let about_us = error.status().is_some_and(|code| u16::from(code) == NOT_LIKE_THIS);
    let words = words(&kind(&error));
    match error.is_permanent() && !about_us {
        true if about_the_recipient => MailError::Bounced(words),
        true => MailError::Never(words),
        false => MailError::Later(words),
    }
}

/// Parts as the body of a letter, and the header that goes with them. Else that header would belong to the body, where
/// a signature does not see it. Each part is in ASCII and short lines already.
fn split(parts: &MultiPart) -> Option<(ContentType, Body)> {
    let content_type = parts.headers().get::<ContentType>()?;
    let whole = parts.formatted();
    let head = whole.windows(4).position(|end| end == b"\r\n\r\n")?;
    let body = whole.get(head + 4..)?.to_vec();
    Some((content_type, Body::dangerous_pre_encoded(body, ContentTransferEncoding::SevenBit)))
}

fn tls(settings: &Settings) -> Result<TlsParameters, ConfigError> {
    let mut builder = TlsParametersBuilder::new(settings.server.clone());
    if let Some(path) = &settings.ca_file {
        builder = builder.certificate_store(CertificateStore::None).add_root_certificate(authorities(path)?);
    }
    let culprit = if settings.ca_file.is_some() { "ca_file" } else { "server" };
    builder.build().map_err(|error| ConfigError::Value(format!("mail.{culprit}: {error}")))
}

fn authorities(path: &Path) -> Result<Certificate, ConfigError> {
    let refuse = |words: &dyn std::fmt::Display| {
        ConfigError::Value(format!("mail.ca_file {} {words}", path.display()))
    };
    let text = std::fs::read(path).map_err(|error| refuse(&format!("cannot be read: {error}")))?;
    let none = "holds no certificate: it must have \"-----BEGIN CERTIFICATE-----\" in it";
    if !String::from_utf8_lossy(&text).contains("-----BEGIN CERTIFICATE-----") {
        return Err(refuse(&none));
    }
    Certificate::from_pem(&text).map_err(|error| refuse(&format!("cannot be used: {error}")))
}

/// What kind of trouble it is. Of an answer only its numbers are kept: servers like to repeat addresses and subjects,
/// and ours have codes in them.
fn kind(error: &Error) -> String {
    if let Some(code) = error.status() {
        let words = error.source().map(ToString::to_string).unwrap_or_default();
        let enhanced = words.split(' ').next().filter(|word| is_enhanced(word));
        return match enhanced {
            Some(enhanced) => format!("{code} {enhanced}"),
            None => code.to_string(),
        };
    }
    if error.is_response() {
        return "its answer is not SMTP".to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

/// `5.7.1` (RFC 3463)
fn is_enhanced(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    parts.len() == 3
        && parts
            .iter()
            .all(|part| (1..=3).contains(&part.len()) && part.bytes().all(|digit| digit.is_ascii_digit()))
}

/// Keeps out-of-office answers away (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[derive(Clone)]
struct ContentLanguage(&'static str);

impl Header for ContentLanguage {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Content-Language")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Err("never read".into())
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.to_owned())
    }
}
