//! Where the accounts are.

use super::{ConfigError, first_line_of, is_loopback_host};
use serde::{Deserialize, Deserializer};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use std::fmt;
use std::path::{Path, PathBuf};
use url::Url;
use zeroize::Zeroizing;

/// `accounts.sqlite`, or `postgres://recovery@db.example.org/recovery`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Database {
    /// A SQLite file.
    File(PathBuf),
    Postgres(Server),
}

/// A database of a PostgreSQL server. Neither `Debug` nor `Display` tells the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Server {
    host: Host,
    port: u16,
    user: String,
    password: Option<Zeroizing<String>>,
    name: String,
    /// To another machine always; on this machine only if it was asked for.
    tls: bool,
    root_cert: Option<PathBuf>,
    client_cert: Option<(PathBuf, PathBuf)>,
}

#[derive(Clone, PartialEq, Eq)]
enum Host {
    Name(String),
    /// The folder of a Unix socket.
    Socket(PathBuf),
}

impl Database {
    /// A path, or an address that begins with `postgres://`.
    ///
    /// # Errors
    /// Says what is wrong with the address, without repeating it.
    pub fn read(text: &str) -> Result<Self, ConfigError> {
        let scheme = text.split_once("://").map(|(scheme, _)| scheme);
        match scheme {
            Some("postgres" | "postgresql") => Server::read(text).map(Self::Postgres),
            Some(_) => Err(refuse("must be the path of a file, or an address that begins with postgres://")),
            None if text.trim().is_empty() => Err(refuse("must not be empty")),
            None => Ok(Self::File(text.into())),
        }
    }

    pub(super) fn check(&self, password_file: Option<&Path>) -> Result<(), ConfigError> {
        match (self, password_file) {
            (Self::File(_), Some(_)) => Err(ConfigError::Value(
                "database_password_file is of no use with a file: set database to postgres://…".to_owned(),
            )),
            (Self::Postgres(Server { password: Some(_), .. }), Some(_)) => Err(ConfigError::Value(
                "database has a password in it, and database_password_file is set: keep the file".to_owned(),
            )),
            _ => Ok(()),
        }
    }
}

impl Server {
    /// The same with the password that stands in a file, if one is named.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn with_password_from(mut self, file: Option<&Path>) -> Result<Self, ConfigError> {
        if let Some(path) = file {
            self.password = Some(first_line_of("database_password_file", path)?);
        }
        Ok(self)
    }

    pub(crate) fn options(&self) -> PgConnectOptions {
        let mut options = PgConnectOptions::new_without_pgpass()
            .port(self.port)
            .username(&self.user)
            .database(&self.name)
            .application_name("recovery-server")
            .ssl_mode(if self.tls { PgSslMode::VerifyFull } else { PgSslMode::Disable });
        options = match &self.host {
            Host::Name(name) => options.host(name.trim_matches(['[', ']'])),
            Host::Socket(folder) => options.socket(folder),
        };
        if let Some(password) = &self.password {
            options = options.password(password);
        }
        if let Some(file) = &self.root_cert {
            options = options.ssl_root_cert(file);
        }
        if let Some((cert, key)) = &self.client_cert {
            options = options.ssl_client_cert(cert).ssl_client_key(key);
        }
        options
    }

    fn read(text: &str) -> Result<Self, ConfigError> {
        let url = Url::parse(text).map_err(|error| refuse(&format!("is no address: {error}")))?;
        let plain = |encoded: &str| {
            let plain = percent_encoding::percent_decode_str(encoded).decode_utf8();
            plain.map(|text| text.into_owned()).map_err(|_| refuse("is not UTF-8"))
        };
        let host = plain(url.host_str().unwrap_or_default())?;
        let mut server = Self {
            host: if host.starts_with('/') { Host::Socket(host.into()) } else { Host::Name(host) },
            port: url.port().unwrap_or(5432),
            user: plain(url.username())?,
            password: url.password().map(plain).transpose()?.map(Zeroizing::new),
            name: plain(url.path().trim_start_matches('/'))?,
            tls: false,
            root_cert: None,
            client_cert: None,
        };
        let (mut mode, mut cert, mut key) = (None, None, None);
        for (parameter, value) in url.query_pairs() {
            let path = || Some(PathBuf::from(&*value));
            match &*parameter {
                "host" if value.starts_with('/') => server.host = Host::Socket(PathBuf::from(&*value)),
                "user" => server.user = value.into_owned(),
                "sslmode" => mode = Some(value.into_owned()),
                "sslrootcert" => server.root_cert = path(),
                "sslcert" => cert = path(),
                "sslkey" => key = path(),
                "password" => {
                    return Err(refuse("has its password in a parameter: use database_password_file"));
                }
                other => return Err(refuse(&format!("has a parameter that is not known here: {other}"))),
            }
        }
        server.client_cert = match (cert, key) {
            (Some(cert), Some(key)) => Some((cert, key)),
            (None, None) => None,
            _ => return Err(refuse("must have sslcert and sslkey together")),
        };
        server.tls = server.wants_tls(mode.as_deref())?;
        server.checked()
    }

    /// What is asked for must be what happens: no mode that gives way to a plain connection, or to whoever answers.
    fn wants_tls(&self, mode: Option<&str>) -> Result<bool, ConfigError> {
        match mode {
            None => Ok(!self.is_here()),
            Some("verify-full") => Ok(true),
            Some("disable") if self.is_here() => Ok(false),
            Some("disable") => Err(refuse(
                "would send accounts and password in clear to another machine: use sslmode=verify-full",
            )),
            Some(_) => Err(refuse(
                "must have sslmode=verify-full (or disable, on this machine): the others let anybody answer",
            )),
        }
    }

    fn checked(self) -> Result<Self, ConfigError> {
        if self.user.is_empty() || self.name.is_empty() || self.host == Host::Name(String::new()) {
            return Err(refuse("must name user, host and database: postgres://user@host/database"));
        }
        if !self.tls && (self.root_cert.is_some() || self.client_cert.is_some()) {
            return Err(refuse("has certificates, but no TLS: add sslmode=verify-full"));
        }
        Ok(self)
    }

    fn is_here(&self) -> bool {
        match &self.host {
            Host::Socket(_) => true,
            Host::Name(name) => is_loopback_host(name),
        }
    }
}

impl Default for Database {
    fn default() -> Self {
        Self::File("accounts.sqlite".into())
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Postgres(server) => server.fmt(f),
        }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user, port, name, .. } = self;
        match &self.host {
            Host::Name(host) => write!(f, "postgres://{user}@{host}:{port}/{name}"),
            Host::Socket(folder) => write!(f, "postgres://{user}@{}:{port}/{name}", folder.display()),
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<'de> Deserialize<'de> for Database {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        Self::read(&text).map_err(serde::de::Error::custom)
    }
}

fn refuse(words: &str) -> ConfigError {
    ConfigError::Value(format!("database {words}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Server {
        match Database::read(text).unwrap() {
            Database::Postgres(server) => server,
            Database::File(path) => panic!("{}", path.display()),
        }
    }

    #[test]
    fn a_path_stays_a_path() {
        for path in ["accounts.sqlite", "/var/lib/recovery-server/accounts.sqlite", "postgres"] {
            assert_eq!(Database::read(path).unwrap(), Database::File(path.into()));
        }
    }

    #[test]
    fn another_machine_is_asked_for_its_certificate() {
        let far = read("postgres://regain:se%2Fcret@db.example.org/accounts?sslrootcert=/etc/ca.pem");
        assert!(far.tls && far.options().get_port() == 5432);
        assert_eq!(far.password.as_ref().map(|password| password.as_str()), Some("se/cret"));
        assert_eq!(far.root_cert, Some("/etc/ca.pem".into()));
        assert!(matches!(far.options().get_ssl_mode(), PgSslMode::VerifyFull));
        for here in [
            "postgres://regain@localhost:5433/accounts",
            "postgresql://regain@[::1]/accounts",
            "postgres://regain@%2Frun%2Fpostgresql/accounts",
            "postgres://x/accounts?host=/run/postgresql&user=regain",
        ] {
            let server = read(here);
            assert!(!server.tls && server.user == "regain", "{here}");
            assert!(matches!(server.options().get_ssl_mode(), PgSslMode::Disable), "{here}");
        }
        assert!(read("postgres://regain@localhost/accounts?sslmode=verify-full").tls);
    }

    #[test]
    fn what_is_wrong_is_said_without_the_password() {
        for (address, says) in [
            ("postgres://regain:secret@/accounts", "is no address"),
            ("postgres://regain:secret@db.example.org", "must name user, host and database"),
            ("postgres://:secret@db.example.org/accounts", "must name user, host and database"),
            ("postgres://regain:secret@db.example.org/accounts?sslmode=disable", "in clear"),
            ("postgres://regain:secret@db.example.org/accounts?sslmode=prefer", "verify-full"),
            ("postgres://regain:secret@db.example.org/accounts?sslmode=require", "verify-full"),
            ("postgres://regain:secret@db.example.org/accounts?sslcert=/a", "together"),
            ("postgres://regain:secret@localhost/accounts?sslrootcert=/a", "no TLS"),
            ("postgres://regain@db.example.org/accounts?password=secret", "database_password_file"),
            ("postgres://regain:secret@db.example.org/accounts?timeout=3", "timeout"),
            ("mysql://regain:secret@db.example.org/accounts", "postgres://"),
            ("", "empty"),
        ] {
            let error = Database::read(address).unwrap_err().to_string();
            assert!(error.starts_with("database ") && error.contains(says), "{says:?} not in: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn nothing_that_is_printed_has_the_password() {
        let server = read("postgres://regain:secret@db.example.org/accounts");
        for text in [format!("{server}"), format!("{server:?}"), format!("{:?}", Database::Postgres(server))]
        {
            assert_eq!(
                text.replace("Postgres(", "").trim_end_matches(')'),
                "postgres://regain@db.example.org:5432/accounts"
            );
        }
    }
}
