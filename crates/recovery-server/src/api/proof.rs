//! The proof of possession that comes with a call (RFC 9449).

use super::problem::Problem;
use crate::App;
use crate::dpop::{Proof, nonce};
use crate::storage::{Seen, StorageError};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;

/// The header a proof comes in.
pub(super) const DPOP: &str = "dpop";
/// The header a nonce goes out in.
pub(super) const DPOP_NONCE: &str = "dpop-nonce";

/// Why a proof was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// Missing, malformed, wrongly signed, or made for another call.
    Bad,
    /// Its nonce is missing, not ours, or stale.
    Nonce,
}

/// A proof that fits its call. It counts once it is spent.
pub(super) struct Unspent {
    pub(super) jkt: String,
    pub(super) seen: Seen,
}

impl Unspent {
    /// Reads the proof of this call; `token` is the access token it comes with.
    pub(super) fn check(app: &App, parts: &Parts, token: Option<&str>) -> Result<Self, Refused> {
        let mut sent = parts.headers.get_all(DPOP).iter();
        let (Some(only), None) = (sent.next(), sent.next()) else {
            return Err(Refused::Bad);
        };
        let proof = only.to_str().ok().and_then(Proof::read).ok_or(Refused::Bad)?;
        let mut address = app.config().public_url.clone();
        address.set_path(parts.uri.path());
        if !proof.is_for(parts.method.as_str(), &address, token) {
            return Err(Refused::Bad);
        }
        let now = app.clock().now();
        let made = proof.nonce.as_deref().and_then(|said| nonce::check(app.pepper(), said, now));
        let made = made.ok_or(Refused::Nonce)?;
        let seen = proof.seen(made + nonce::STALE);
        Ok(Self { jkt: proof.jkt, seen })
    }

    /// `false` if this very proof was used before.
    pub(super) async fn spend(&self, app: &App) -> Result<bool, StorageError> {
        app.storage().see(&self.seen).await
    }
}

/// A proof where one is needed for some callers only.
pub(super) struct MaybeProof(pub(super) Option<Unspent>);

impl FromRequestParts<App> for MaybeProof {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        if !parts.headers.contains_key(DPOP) {
            return Ok(Self(None));
        }
        Ok(Self(Some(Unspent::check(app, parts, None)?)))
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Bad => Self::BadProof,
            Refused::Nonce => Self::UseNonce,
        }
    }
}
