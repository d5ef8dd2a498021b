//! What handlers take from a request.

use super::problem::Problem;
use super::proof::Unspent;
use crate::storage::{Account, Session};
use crate::{App, network, plain, token};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use std::convert::Infallible;
use std::net::SocketAddr;

/// Longest device description kept, characters.
const DEVICE_LENGTH: usize = 80;

/// A JSON body.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        match Json::<T>::from_request(request, app).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(JsonRejection::MissingJsonContentType(_)) => Err(Problem::NotJson),
            Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Err(Problem::BodyTooLarge)
            }
            // What it says quotes the body, and the body has secrets.
            Err(_) => Err(Problem::BadRequest),
        }
    }
}

/// Where the request came from.
pub(super) struct Caller {
    /// What limits count by.
    pub(super) line: String,
    /// What is kept and shown.
    pub(super) network: Option<String>,
}

impl FromRequestParts<App> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        let address = network::caller(peer, &parts.headers, &app.config().trusted_proxies);
        Ok(Self { line: network::line(address), network: address.and_then(network::prefix) })
    }
}

/// What tells two lines apart without naming them.
pub(super) fn line_mac(app: &App, caller: &Caller) -> Vec<u8> {
    app.pepper().mac("line", &[caller.line.as_bytes()])[..16].to_vec()
}

/// The session behind the token, and whose it is. A session bound to a key needs its proof (RFC 9449
/// section 7.1), and no other session takes one.
pub(super) struct SignedIn {
    pub(super) session: Session,
    pub(super) account: Account,
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let (scheme, token) = parts
            .headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .map(|(scheme, token)| (scheme, token.trim()))
            .ok_or(Problem::SignedOut)?;
        let session = app.storage().session(&token::hash(token), app.clock().now()).await?;
        let session = if scheme.eq_ignore_ascii_case("dpop") {
            let proof = Unspent::check(app, parts, Some(token))?;
            let session = session.filter(|session| session.jkt.as_deref() == Some(proof.jkt.as_str()));
            let session = session.ok_or(Problem::OtherKey)?;
            if !proof.spend(app).await? {
                return Err(Problem::BadProof);
            }
            session
        } else if scheme.eq_ignore_ascii_case("bearer") {
            let session = session.ok_or(Problem::SignedOut)?;
            if session.jkt.is_some() {
                return Err(Problem::OtherKey);
            }
            session
        } else {
            return Err(Problem::SignedOut);
        };
        let account = app.storage().account(&session.account_id).await?.ok_or(Problem::SignedOut)?;
        Ok(Self { session, account })
    }
}

/// What a device calls itself, cut to size.
pub(super) fn device(said: &str) -> String {
    let device = plain::line(said, DEVICE_LENGTH);
    if device.is_empty() { "—".to_owned() } else { device }
}
