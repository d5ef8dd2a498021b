//! TLS of the server's own: a certificate and its key, read again when their files change.

use crate::clock::Clock;
use crate::config::Tls as Settings;
use crate::private_file;
use rustls::client::verify_server_name;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{Error, InconsistentKeys, ServerConfig};
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;
use tokio::sync::Notify;
use tokio_rustls::{TlsAcceptor, rustls};

/// The files are looked at this often, seconds.
const ROUND: i64 = 60;

/// A certificate that is in use, and the files it came from. Clones are the same one.
#[derive(Clone)]
pub struct Tls(Arc<Inner>);

struct Inner {
    settings: Settings,
    /// Whom the certificate must be for.
    host: String,
    provider: CryptoProvider,
    pair: Arc<Pair>,
    stamps: RwLock<Stamps>,
    asked: Notify,
}

/// Why a certificate cannot be used, in words for whoever put it there.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{what} {path} cannot be read: {reason}")]
    Read { what: &'static str, path: String, reason: String },
    #[error("tls.key {path} can be read by others: run `chmod 600 {path}`")]
    Open { path: String },
    #[error(
        "tls.certificate {path} has no certificate in it: a line `-----BEGIN CERTIFICATE-----` is expected"
    )]
    Empty { path: String },
    #[error(
        "tls.key {key} does not belong to tls.certificate {certificate}: name the pair that was made together, \
             and put the server's own certificate first"
    )]
    OtherKey { certificate: String, key: String },
    #[error("tls.certificate {path} is not for {host}, the host of public_url")]
    OtherHost { path: String, host: String },
    #[error("tls.certificate {path} and its key cannot be used: {reason}")]
    Unusable { path: String, reason: String },
}

impl Tls {
    /// Reads both files; `host` is the name that clients will look for in the certificate.
    ///
    /// # Errors
    /// A file is missing, damaged or readable by others, or the two do not fit each other or `host`.
    pub fn load(settings: &Settings, host: &str) -> Result<Self, TlsError> {
        let provider = aws_lc_rs::default_provider();
        let stamps = Stamps::of(settings);
        let first = read(settings, host, &provider)?;
        let pair = Arc::new(Pair(RwLock::new(Arc::new(first))));
        Ok(Self(Arc::new(Inner {
            settings: settings.clone(),
            host: host.to_owned(),
            provider,
            pair,
            stamps: RwLock::new(stamps),
            asked: Notify::new(),
        })))
    }

    /// TLS 1.2 and 1.3, HTTP/2 before HTTP/1.1 (RFC 7301), always with the newest certificate.
    ///
    /// # Errors
    /// The cryptography library knows neither version.
    pub(crate) fn acceptor(&self) -> Result<TlsAcceptor, TlsError> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(self.0.provider.clone()))
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(|error| unusable(&self.0.settings, &error))?
            .with_no_client_auth()
            .with_cert_resolver(self.0.pair.clone());
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// Has the files read again, whether they have changed or not.
    pub fn reload(&self) {
        self.0.asked.notify_one();
    }

    /// Takes new files up for as long as it is polled; a pair that cannot be used changes nothing.
    pub(crate) async fn watch(&self, clock: &dyn Clock) {
        loop {
            let asked = tokio::select! {
                () = self.0.asked.notified() => true,
                () = clock.sleep_until(clock.now() + ROUND) => false,
            };
            self.look(asked);
        }
    }

    fn look(&self, asked: bool) {
        // Before the files themselves: what changes while they are read is seen the next time.
        let stamps = Stamps::of(&self.0.settings);
        if !asked && stamps == *self.0.stamps.read().unwrap_or_else(PoisonError::into_inner) {
            return;
        }
        *self.0.stamps.write().unwrap_or_else(PoisonError::into_inner) = stamps;
        match read(&self.0.settings, &self.0.host, &self.0.provider) {
            Ok(pair) => {
                *self.0.pair.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(pair);
                tracing::info!("the certificate was read again");
            }
            Err(error) => tracing::error!(%error, "the new certificate is not used, the old one stays"),
        }
    }
}

/// The certificate that handshakes get.
#[derive(Debug)]
struct Pair(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Pair {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

/// When the files were changed, and how long they are; `None` for one that is not there.
#[derive(Debug, PartialEq, Eq)]
struct Stamps([Option<(SystemTime, u64)>; 2]);

impl Stamps {
    fn of(settings: &Settings) -> Self {
        Self([&settings.certificate, &settings.key].map(|path| {
            let file = std::fs::metadata(path).ok()?;
            Some((file.modified().ok()?, file.len()))
        }))
    }
}

fn read(settings: &Settings, host: &str, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
    let shown = |path: &Path| path.display().to_string();
    let unread = |what, path: &Path, reason: &dyn std::fmt::Display| TlsError::Read {
        what,
        path: path.display().to_string(),
        reason: reason.to_string(),
    };
    let path = settings.certificate.as_path();
    let pem = std::fs::read(path).map_err(|error| unread("tls.certificate", path, &error))?;
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<_, _>>()
        .map_err(|error| unread("tls.certificate", path, &error))?;
    let Some(own) = chain.first() else { return Err(TlsError::Empty { path: shown(path) }) };
    refuse_other_host(own, path, host)?;

    let path = settings.key.as_path();
    if private_file::is_shared(path).map_err(|error| unread("tls.key", path, &error))? {
        return Err(TlsError::Open { path: shown(path) });
    }
    let key = PrivateKeyDer::from_pem_file(path).map_err(|error| unread("tls.key", path, &error))?;
    CertifiedKey::from_der(chain, key, provider).map_err(|error| match error {
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            TlsError::OtherKey { certificate: shown(&settings.certificate), key: shown(path) }
        }
        error => unusable(settings, &error),
    })
}

fn refuse_other_host(own: &CertificateDer<'_>, path: &Path, host: &str) -> Result<(), TlsError> {
    let other = || TlsError::OtherHost { path: path.display().to_string(), host: host.to_owned() };
    let parsed = ParsedCertificate::try_from(own).map_err(|error| TlsError::Unusable {
        path: path.display().to_string(),
        reason: error.to_string(),
    })?;
    let name = ServerName::try_from(host.trim_matches(['[', ']'])).map_err(|_| other())?;
    verify_server_name(&parsed, &name).map_err(|_| other())
}

fn unusable(settings: &Settings, error: &Error) -> TlsError {
    TlsError::Unusable { path: settings.certificate.display().to_string(), reason: error.to_string() }
}
