//! Signing mail (RFC 6376; Ed25519 by RFC 8463), so that others can tell that it is ours.

use crate::config::{ConfigError, Dkim};
use lettre::message::dkim::{
    DkimCanonicalization, DkimCanonicalizationType, DkimConfig, DkimSigningAlgorithm, DkimSigningKey,
};
use lettre::message::header::HeaderName;
use pkcs8::der::pem::LineEnding;
use pkcs8::{ObjectIdentifier, PrivateKeyInfo, SecretDocument};
use zeroize::Zeroizing;

/// What is signed (RFC 6376 section 5.4.1). Each is in every letter: one that is listed but was not there must stay away.
const HEADERS: [&str; 10] = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Content-Language",
    "Auto-Submitted",
];
/// RFC 8017, RFC 8410.
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// Reads the key.
///
/// # Errors
/// The file cannot be read, or holds no key that can sign mail.
pub(crate) fn load(settings: &Dkim, own_domain: &str) -> Result<DkimConfig, ConfigError> {
    let refuse = |words: &dyn std::fmt::Display| {
        ConfigError::Value(format!("mail.dkim.key_file {} {words}", settings.key_file.display()))
    };
    let text = std::fs::read_to_string(&settings.key_file)
        .map(Zeroizing::new)
        .map_err(|error| refuse(&format!("cannot be read: {error}")))?;
    let key = read(&text).ok_or_else(|| {
        refuse(
            &"holds no RSA or Ed25519 private key: make one with `openssl genpkey -algorithm ed25519`, or \
                 `openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:2048`",
        )
    })?;
    let domain = settings.domain.as_deref().unwrap_or(own_domain).to_owned();
    let canonicalization = DkimCanonicalization {
        header: DkimCanonicalizationType::Relaxed,
        body: DkimCanonicalizationType::Relaxed,
    };
    let headers = HEADERS.map(HeaderName::new_from_ascii_str).to_vec();
    Ok(DkimConfig::new(settings.selector.clone(), domain, key, headers, canonicalization))
}

/// PEM, as PKCS #8 or as the PKCS #1 of older programs.
fn read(text: &str) -> Option<DkimSigningKey> {
    let (label, document) = SecretDocument::from_pem(text).ok()?;
    if label == "RSA PRIVATE KEY" {
        return DkimSigningKey::new(text, DkimSigningAlgorithm::Rsa).ok();
    }
    let info: PrivateKeyInfo<'_> = document.decode_msg().ok()?;
    match info.algorithm.oid {
        RSA => {
            let inner = SecretDocument::try_from(info.private_key).ok()?;
            let pem = inner.to_pem("RSA PRIVATE KEY", LineEnding::LF).ok()?;
            DkimSigningKey::new(&pem, DkimSigningAlgorithm::Rsa).ok()
        }
        ED25519 => {
            use base64::Engine as _;
            // An octet string of 32 bytes in itself.
            let seed = info.private_key.strip_prefix(&[0x04, 0x20])?;
            let seed = Zeroizing::new(base64::engine::general_purpose::STANDARD.encode(seed));
            DkimSigningKey::new(&seed, DkimSigningAlgorithm::Ed25519).ok()
        }
        _ => None,
    }
}
