//! How the server is: for balancers, for whoever looks after it, and for Prometheus.

use super::guard;
use crate::App;
use crate::meters::Asked;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Router, middleware};
use std::time::Duration;
use tokio::time::timeout;

/// What balancers ask, by whatever name they know the server; it is not logged beside what people do.
pub(super) const PATHS: [&str; 3] = ["/health", "/healthz", "/readyz"];
/// The database has this long to give its figures.
const FIGURES: Duration = Duration::from_secs(2);

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/health", get(async || "ok"))
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(ready))
}

/// What is answered at `metrics.listen`, and nowhere else.
pub fn watchers(app: &App) -> Router {
    router()
        .route("/metrics", get(metrics))
        .fallback(guard::not_found)
        .layer(middleware::from_fn(guard::headers))
        .with_state(app.clone())
}

/// `ok`, or the word for what is missing.
async fn ready(State(app): State<App>) -> (StatusCode, &'static str) {
    match app.ready().await {
        Ok(()) => (StatusCode::OK, "ok"),
        Err(unready) => (StatusCode::SERVICE_UNAVAILABLE, unready.word()),
    }
}

async fn metrics(State(app): State<App>) -> impl IntoResponse {
    let now = app.clock().now();
    let figures = timeout(FIGURES, app.storage().figures(now)).await.ok().and_then(Result::ok);
    let oldest = figures.as_ref().and_then(|figures| figures.oldest_mail.as_deref());
    let letter = oldest.and_then(|sealed| app.unseal(sealed));
    let asked = Asked {
        oldest_mail: letter.map_or(0, |letter| (now - letter.at).max(0)),
        hashes: app.hasher().load(),
        ready: app.ready().await.is_ok(),
        figures,
    };
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], app.meters().page(&asked))
}
