//! What every request passes through.

use super::health::PATHS;
use super::problem::Problem;
use super::proof::{DPOP, DPOP_NONCE};
use crate::config::is_loopback_host;
use crate::dpop::nonce;
use crate::{App, network, request_id};
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, HeaderMap, HeaderName, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::SocketAddr;
use std::time::Duration;
use tracing::Instrument as _;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// How long one request may take, from its head to its answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Refuses foreign hosts, ends what takes too long, marks every answer as not to be kept, and tells the log and the
/// meters of it.
pub(super) async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let begun = app.clock().ticks();
    let method = request.method().clone();
    // The route, not the path: what is logged has no names in it.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "(none)".to_owned(), |path| path.as_str().to_owned());
    let health = PATHS.contains(&route.as_str());
    let id = id_of(&app, &request);

    // Every answer to who signs calls, or has to, brings the newest nonce (RFC 9449 section 8.2).
    let signs = route.starts_with("/oauth/")
        || request.headers().contains_key(DPOP)
        || request.headers().get(AUTHORIZATION).is_some_and(|value| {
            value.as_bytes().get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"dpop "))
        });

    let mut response = if health || is_ours(&app, request.uri(), request.headers()) {
        let span = tracing::error_span!("request", id);
        match tokio::time::timeout(PATIENCE, next.run(request)).instrument(span).await {
            Ok(response) => response,
            Err(_) => Problem::Timeout.into_response(),
        }
    } else {
        Problem::OtherHost.into_response()
    };

    mark(response.headers_mut());
    if signs && let Ok(nonce) = nonce::make(app.pepper(), app.clock().now()).parse() {
        response.headers_mut().insert(DPOP_NONCE, nonce);
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    let (status, took) = (response.status().as_u16(), app.clock().ticks().saturating_sub(begun));
    app.meters().answered(&route, method.as_str(), status, took);
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    if health {
        tracing::debug!(id, %method, route, status, ms, "answered");
    } else {
        tracing::info!(id, %method, route, status, ms, "answered");
    }
    response
}

/// The marks alone.
pub(super) async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    mark(response.headers_mut());
    response
}

/// There is no room for this request.
pub(crate) fn busy() -> Response {
    let mut response = Problem::Busy.into_response();
    mark(response.headers_mut());
    response
}

fn mark(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(REFERRER_POLICY).or_insert(HeaderValue::from_static("no-referrer"));
    headers
        .entry(CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
}

/// The name that a trusted proxy gave the request, or one of our own.
fn id_of(app: &App, request: &Request) -> String {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let trusted = peer.is_some_and(|ConnectInfo(peer)| {
        network::is_trusted(peer.ip().to_canonical(), &app.config().trusted_proxies)
    });
    let said = request.headers().get(REQUEST_ID).filter(|_| trusted);
    said.and_then(|said| request_id::read(said.to_str().ok()?))
        .unwrap_or_else(|| app.request_ids().next(app.pepper()))
}

pub(super) async fn not_found() -> Problem {
    Problem::NotFound
}

pub(super) async fn method_not_allowed() -> Problem {
    Problem::MethodNotAllowed
}

/// Names other than our own are refused, so that no link, cookie or cache can be made for them.
fn is_ours(app: &App, uri: &Uri, headers: &HeaderMap) -> bool {
    let named = headers
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .or_else(|| uri.authority().map(|authority| authority.as_str()));
    let Some(host) = named.map(without_port) else {
        return false;
    };
    host.eq_ignore_ascii_case(app.config().host()) || (app.config().is_loopback() && is_loopback_host(host))
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::without_port;

    #[test]
    fn ports_are_left_out() {
        for (host, name) in [
            ("a.example", "a.example"),
            ("a.example:443", "a.example"),
            ("[::1]:80", "[::1]"),
            ("[::1]", "[::1]"),
        ] {
            assert_eq!(without_port(host), name);
        }
    }
}
