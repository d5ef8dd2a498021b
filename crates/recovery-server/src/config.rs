//! Settings: one TOML file, each value replaceable from the environment.

mod database;
mod environment;
mod running;

pub use running::{Bounds, Metrics, Tls};

pub use database::{Database, Server};

use crate::language::Language;
pub use crate::network::Network;
use jiff::tz::TimeZone;
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use url::Url;
use zeroize::Zeroizing;

/// A settings file that says everything, with the defaults commented out.
pub const SAMPLE: &str = include_str!("../recovery-server.sample.toml");

/// The server's settings. [`Config::load`] reads them; [`Config::loopback`] is for tests and practice.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The address people reach the server by; links in mail are built from it and nothing else.
    pub public_url: Url,
    /// What the server is called in mail and in Regain.
    #[serde(default = "default_name")]
    pub name: String,
    /// Where to listen.
    #[serde(default = "default_listen")]
    pub listen: SocketAddr,
    /// Where the accounts are: a SQLite file or a PostgreSQL database.
    #[serde(default)]
    pub database: Database,
    /// A file whose first line is the password for PostgreSQL.
    #[serde(default)]
    pub database_password_file: Option<PathBuf>,
    /// Connections to PostgreSQL at once, of this node.
    #[serde(default = "default_connections")]
    pub database_connections: u32,
    /// The file that holds the pepper; made at the first start.
    #[serde(default = "default_pepper")]
    pub pepper_file: PathBuf,
    /// Language of mail to people who chose none.
    #[serde(default)]
    pub language: Language,
    /// IANA name of the zone that times in mail are told in.
    #[serde(default = "default_zone")]
    pub time_zone: String,
    /// Proxies whose `X-Forwarded-For` and `X-Request-Id` are believed: addresses or networks.
    #[serde(default)]
    pub trusted_proxies: Vec<Network>,
    /// Seconds to go on serving once asked to stop, while `/readyz` already says so.
    #[serde(default)]
    pub stop_notice_seconds: i64,
    /// TLS of the server's own; without it a proxy ends TLS.
    #[serde(default)]
    pub tls: Option<Tls>,
    /// Where Prometheus may ask; nowhere without it.
    #[serde(default)]
    pub metrics: Option<Metrics>,
    #[serde(default)]
    pub bounds: Bounds,
    #[serde(default)]
    pub log: Log,
    #[serde(default)]
    pub mail: Option<Mail>,
    #[serde(default)]
    pub codes: Codes,
    #[serde(default)]
    pub limits: Limits,
    #[serde(default)]
    pub sign_up: SignUp,
    /// Marks everything as practice and serves the outbox; never set from a file.
    #[serde(skip)]
    pub practice: bool,
}

/// How the server logs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// `error`, `warn`, `info`, `debug` or `trace`, or a filter in `tracing`'s own language.
    pub level: String,
    /// One JSON object a line instead of text.
    pub json: bool,
}

/// How mail leaves the server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// `Name <address>` or an address.
    pub from: String,
    /// The SMTP server's host name.
    pub server: String,
    #[serde(default)]
    pub port: Option<u16>,
    #[serde(default)]
    pub encryption: Encryption,
    /// PEM file of the authorities that may vouch for the server, in place of the system's.
    /// Signs each mail.
    #[serde(default)]
    pub dkim: Option<Dkim>,
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    #[serde(default)]
    pub user: Option<String>,
    /// A file whose first line is the password.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// Better in `password_file` or `RECOVERY_SERVER_MAIL_PASSWORD`.
    #[serde(default)]
    pub password: Option<Zeroizing<String>>,
}

/// How the way to the SMTP server is protected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encryption {
    /// TLS from the first byte, port 465.
    #[default]
    Tls,
    /// Plain at first, then TLS or nothing is sent, port 587.
    Starttls,
    /// None: only for a mail server on this machine, port 25.
    None,
}

/// The mailed code.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Codes {
    /// Seconds a code works: 600 by default, at most 86 400 (NIST SP 800-63B-4 section 3.1.3.1).
    pub life_seconds: i64,
    /// Seconds before another can be asked for.
    pub resend_seconds: i64,
}

/// How often is too often.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// New codes asked for again, per account and hour.
    pub resends_per_hour: u32,
    /// Codes mailed, per account and day.
    pub codes_per_day: u32,
    /// Recoveries and resends, per network address and hour.
    pub recoveries_per_address_per_hour: u32,
    /// Wrong codes, per account and day.
    pub wrong_codes_per_day: u32,
    /// Sign-ins, per network address and hour.
    pub sign_ins_per_address_per_hour: u32,
}

/// Signing mail (RFC 6376).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dkim {
    /// Names the key in the DNS: `<selector>._domainkey.<domain>`.
    pub selector: String,
    /// PEM file with an RSA or Ed25519 private key.
    pub key_file: PathBuf,
    /// That of `mail.from` if absent.
    #[serde(default)]
    pub domain: Option<String>,
}

/// May people make accounts themselves?
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignUp {
    pub open: bool,
    /// Only with addresses of these domains; any, if there are none.
    pub domains: Vec<String>,
}

/// Settings that cannot be used, in words for the person who wrote them.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read the settings file {path}: {source}")]
    Read { path: String, source: std::io::Error },
    #[error("{place} is not valid: {reason}")]
    Syntax { place: String, reason: String },
    #[error("{0}")]
    Value(String),
}

impl Config {
    /// Reads `path`, applies the process environment, and checks every value.
    ///
    /// # Errors
    /// Says which setting is wrong and what would be right.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Read { path: path.display().to_string(), source })?;
        Self::parse(&text, &path.display().to_string(), std::env::vars())
    }

    /// The same from a text and given variables; `place` names the text in errors.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn parse(
        text: &str,
        place: &str,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        // Not the line itself, as it may have a password in it.
        let syntax = |error: toml::de::Error| match error.span() {
            Some(span) => ConfigError::Syntax {
                place: format!("{place}, line {},", line_of(text, span.start)),
                reason: error.message().trim_end().to_owned(),
            },
            None => ConfigError::Syntax {
                place: place.to_owned(),
                reason: error.to_string().trim_end().to_owned(),
            },
        };
        let mut table: toml::Table = text.parse().map_err(syntax)?;
        environment::apply(&mut table, variables)?;
        if !table.contains_key("public_url") {
            return Err(ConfigError::Value(format!(
                "{place} has no public_url: set it to the address people reach this server by, \
                 such as public_url = \"https://accounts.example.org\""
            )));
        }
        let config = Self::deserialize(toml::Value::Table(table)).map_err(syntax)?;
        config.check()?;
        Ok(config)
    }

    /// Settings for a server on this machine that listens on a free port and keeps nothing.
    #[expect(clippy::expect_used, reason = "constant text")]
    pub fn loopback(name: &str) -> Self {
        Self {
            public_url: "http://127.0.0.1:0".parse().expect("a valid address"),
            name: name.to_owned(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            database: Database::default(),
            database_password_file: None,
            database_connections: default_connections(),
            pepper_file: PathBuf::new(),
            language: Language::En,
            time_zone: default_zone(),
            trusted_proxies: Vec::new(),
            stop_notice_seconds: 0,
            tls: None,
            metrics: None,
            bounds: Bounds::default(),
            log: Log::default(),
            mail: None,
            codes: Codes::default(),
            limits: Limits::default(),
            sign_up: SignUp::default(),
            practice: false,
        }
    }

    /// The host of `public_url`, as mail and the `Host` check use it.
    pub fn host(&self) -> &str {
        self.public_url.host_str().unwrap_or_default()
    }

    /// Is `public_url` an address of this machine only?
    pub fn is_loopback(&self) -> bool {
        is_loopback_host(self.host())
    }

    pub(crate) fn zone(&self) -> TimeZone {
        match self.time_zone.as_str() {
            "system" => TimeZone::system(),
            name => TimeZone::get(name).unwrap_or(TimeZone::UTC),
        }
    }

    fn check(&self) -> Result<(), ConfigError> {
        let refuse = |words: String| Err(ConfigError::Value(words));
        let url = &self.public_url;
        if !matches!(url.scheme(), "https" | "http") || url.host_str().is_none() {
            return refuse(format!("public_url must begin with https://, but is {url}"));
        }
        if url.scheme() == "http" && !self.is_loopback() {
            return refuse(format!(
                "public_url is {url}: passwords would cross the network in clear. Use https:// (a proxy can end TLS)"
            ));
        }
        if url.scheme() == "http" && self.tls.is_some() {
            return refuse(format!(
                "public_url is {url}, but there is a [tls] section: begin it with https://"
            ));
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return refuse(format!("public_url must be a bare address without a path, but is {url}"));
        }
        if self.name.trim().is_empty() || self.name.chars().count() > 60 {
            return refuse("name must have 1 to 60 characters".to_owned());
        }
        if self.time_zone != "system" && TimeZone::get(&self.time_zone).is_err() {
            return refuse(format!(
                "time_zone {:?} is not known: use an IANA name such as \"Europe/Berlin\" or \"UTC\"",
                self.time_zone
            ));
        }
        if !(60..=86_400).contains(&self.codes.life_seconds) {
            return refuse("codes.life_seconds must be between 60 and 86400".to_owned());
        }
        if !(1..=3_600).contains(&self.codes.resend_seconds) {
            return refuse("codes.resend_seconds must be between 1 and 3600".to_owned());
        }
        if !(0..=300).contains(&self.stop_notice_seconds) {
            return refuse("stop_notice_seconds must be between 0 and 300".to_owned());
        }
        if self
            .metrics
            .as_ref()
            .is_some_and(|metrics| metrics.listen == self.listen && self.listen.port() != 0)
        {
            return refuse(format!(
                "metrics.listen must be another address than listen, but both are {}",
                self.listen
            ));
        }
        self.bounds.check()?;
        self.database.check(self.database_password_file.as_deref())?;
        if !(2..=500).contains(&self.database_connections) {
            return refuse("database_connections must be between 2 and 500".to_owned());
        }
        self.sign_up.check(self.mail.is_some())?;
        match &self.mail {
            Some(mail) => mail.check(),
            None => Ok(()),
        }
    }
}

impl SignUp {
    /// May somebody with this address, in the form it is compared in, make an account?
    pub(crate) fn takes(&self, address: &str) -> bool {
        let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
        self.domains.is_empty() || self.domains.iter().any(|one| one.to_lowercase() == domain)
    }

    fn check(&self, has_mail: bool) -> Result<(), ConfigError> {
        let refuse = |words: String| Err(ConfigError::Value(words));
        if self.open && !has_mail {
            return refuse(
                "sign_up.open needs a [mail] section: every address is confirmed by mail".to_owned(),
            );
        }
        let odd = |domain: &&String| {
            domain.is_empty() || domain.contains(['@', '*', ' ']) || domain.starts_with('.')
        };
        match self.domains.iter().find(odd) {
            Some(domain) => refuse(format!(
                "sign_up.domains has {domain:?}: write a domain as it stands after the @, such as \"example.org\""
            )),
            None => Ok(()),
        }
    }
}

impl Mail {
    pub(crate) fn port(&self) -> u16 {
        self.port.unwrap_or(match self.encryption {
            Encryption::Tls => 465,
            Encryption::Starttls => 587,
            Encryption::None => 25,
        })
    }

    /// The password, from wherever it was given.
    pub(crate) fn password(&self) -> Result<Option<Zeroizing<String>>, ConfigError> {
        let Some(path) = &self.password_file else {
            return Ok(self.password.clone());
        };
        first_line_of("mail.password_file", path).map(Some)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let refuse = |words: &str| Err(ConfigError::Value(words.to_owned()));
        if self.from.parse::<lettre::message::Mailbox>().is_err() {
            return refuse("mail.from must be an address, such as \"Example <accounts@example.org>\"");
        }
        if self.server.trim().is_empty() {
            return refuse("mail.server must name the SMTP server");
        }
        if self.password.is_some() && self.password_file.is_some() {
            return refuse("mail.password and mail.password_file are both set: keep one");
        }
        if self.ca_file.is_some() && self.encryption == Encryption::None {
            return refuse(
                "mail.ca_file is of no use with mail.encryption = \"none\": use \"tls\" or \"starttls\"",
            );
        }
        if let Some(dkim) = &self.dkim {
            let is_name = |name: &str| {
                !name.is_empty()
                    && name.bytes().all(|byte| {
                        byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.' || byte == b'_'
                    })
            };
            if !is_name(&dkim.selector) || !dkim.domain.as_deref().is_none_or(is_name) {
                return refuse(
                    "mail.dkim.selector and mail.dkim.domain must be names as in the DNS, such as \"mail2027\"",
                );
            }
        }
        let has_password = self.password.is_some() || self.password_file.is_some();
        if self.user.is_some() != has_password {
            return refuse("mail.user and a password (mail.password_file) belong together");
        }
        if self.encryption == Encryption::None && has_password && !is_loopback_host(&self.server) {
            return refuse(
                "mail.encryption = \"none\" would send the mail password in clear: use \"tls\" or \"starttls\"",
            );
        }
        Ok(())
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".to_owned(), json: false }
    }
}

impl Default for Codes {
    fn default() -> Self {
        Self { life_seconds: 600, resend_seconds: 60 }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            resends_per_hour: 3,
            codes_per_day: 10,
            recoveries_per_address_per_hour: 20,
            wrong_codes_per_day: 10,
            sign_ins_per_address_per_hour: 200,
        }
    }
}

/// The password in a file of its own.
fn first_line_of(setting: &str, path: &Path) -> Result<Zeroizing<String>, ConfigError> {
    let text = std::fs::read_to_string(path).map(Zeroizing::new).map_err(|error| {
        ConfigError::Value(format!("{setting} {} cannot be read: {error}", path.display()))
    })?;
    Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
}

pub(crate) fn is_loopback_host(host: &str) -> bool {
    let bare = host.trim_matches(['[', ']']);
    bare.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

fn default_name() -> String {
    "Recovery server".to_owned()
}

fn default_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8321))
}

fn default_connections() -> u32 {
    16
}

fn default_pepper() -> PathBuf {
    PathBuf::from("pepper")
}

fn default_zone() -> String {
    "UTC".to_owned()
}
