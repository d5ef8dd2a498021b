//! Forms in, errors out, as RFC 6749 has them.

use crate::App;
use crate::api::problem::BUSY_FOR;
use crate::storage::StorageError;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A form body. No parameter may come twice, and an empty one counts as left out (RFC 6749 section 3.2).
pub(in crate::api) struct Form<T>(pub(in crate::api) T);

impl<T: DeserializeOwned> FromRequest<App> for Form<T> {
    type Rejection = OAuthError;

    async fn from_request(request: Request, app: &App) -> Result<Self, OAuthError> {
        let refuse = || OAuthError::new("invalid_request");
        let kind =
            request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(refuse());
        }
        let bytes = Bytes::from_request(request, app).await.map_err(|_| refuse())?;
        let mut fields = Map::new();
        for (name, value) in url::form_urlencoded::parse(&bytes) {
            if fields.insert(name.into_owned(), Value::String(value.into_owned())).is_some() {
                return Err(refuse());
            }
        }
        fields.retain(|_, value| value != "");
        serde_json::from_value(Value::Object(fields)).map(Self).map_err(|_| refuse())
    }
}

/// An error of RFC 6749 section 5.2, with members of our own where the page that waits needs them.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(in crate::api) struct OAuthError {
    #[schema(examples("authorization_pending"))]
    pub(super) error: &'static str,
    /// `pending`, `scanned` or `confirmed`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pairing_state: Option<&'static str>,
    /// Seconds this state has left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expires_in: Option<i64>,
    /// With `slow_down`: seconds between polls from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) interval: Option<i64>,
    /// While pending: what the QR code says now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) verification_uri_complete: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) qr_expires_in: Option<i64>,
    /// With `wrong_code`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tries_left: Option<u32>,
    #[serde(skip)]
    pub(super) status: StatusCode,
    #[serde(skip)]
    pub(super) retry_after: Option<i64>,
}

impl OAuthError {
    pub(super) fn new(error: &'static str) -> Self {
        Self { error, status: StatusCode::BAD_REQUEST, ..Self::default() }
    }

    pub(super) fn invalid_client() -> Self {
        Self { status: StatusCode::UNAUTHORIZED, ..Self::new("invalid_client") }
    }

    pub(super) fn too_often(retry_after: i64) -> Self {
        Self {
            status: StatusCode::TOO_MANY_REQUESTS,
            retry_after: Some(retry_after),
            ..Self::new("temporarily_unavailable")
        }
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let retry_after = self.retry_after;
        let mut response = (self.status, Json(self)).into_response();
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<StorageError> for OAuthError {
    fn from(error: StorageError) -> Self {
        tracing::error!(%error, "storage");
        if matches!(error, StorageError::Unavailable(_)) {
            return Self {
                status: StatusCode::SERVICE_UNAVAILABLE,
                retry_after: Some(BUSY_FOR),
                ..Self::new("temporarily_unavailable")
            };
        }
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, ..Self::new("server_error") }
    }
}
