//! Errors as problem details (RFC 9457).

use crate::hash::HashError;
use crate::password::Reason;
use crate::storage::StorageError;
use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What went wrong, as the handlers say it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    BadRequest,
    BadIdentifier,
    WrongCredentials,
    WrongPassword,
    WrongCode { tries_left: u32 },
    WeakPassword(Vec<Reason>),
    SignedOut,
    Expired,
    NotFound,
    MethodNotAllowed,
    NotJson,
    BodyTooLarge,
    Timeout,
    OtherHost,
    RateLimited { retry_after: i64 },
    Busy,
    Internal,
}

/// What a problem looks like on the wire.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct ProblemDetails {
    /// `urn:regain:problem:<code>`
    #[serde(rename = "type")]
    kind: String,
    /// For logs and developers; a client has its own words for `code`.
    title: String,
    status: u16,
    #[schema(examples("wrong_code"))]
    code: String,
    /// Seconds until another try makes sense.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tries_left: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasons: Option<Vec<Reason>>,
}

impl Problem {
    fn parts(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::BadRequest => {
                (StatusCode::BAD_REQUEST, "bad_request", "The request is not what this address expects.")
            }
            Self::BadIdentifier => {
                (StatusCode::BAD_REQUEST, "bad_identifier", "This cannot be an identifier.")
            }
            Self::WrongCredentials => {
                (StatusCode::UNAUTHORIZED, "wrong_credentials", "Identifier and password do not fit.")
            }
            Self::WrongPassword => {
                (StatusCode::FORBIDDEN, "wrong_password", "The current password does not fit.")
            }
            Self::WrongCode { .. } => (StatusCode::BAD_REQUEST, "wrong_code", "The code does not fit."),
            Self::WeakPassword(_) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "weak_password", "The new password is refused.")
            }
            Self::SignedOut => (StatusCode::UNAUTHORIZED, "signed_out", "There is no such session."),
            Self::Expired => (StatusCode::GONE, "expired", "This has run out."),
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found", "There is nothing here."),
            Self::MethodNotAllowed => {
                (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "This method does not work here.")
            }
            Self::NotJson => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", "The body must be application/json.")
            }
            Self::BodyTooLarge => {
                (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "The body may have at most 16 KiB.")
            }
            Self::Timeout => {
                (StatusCode::REQUEST_TIMEOUT, "timeout", "The request took longer than 10 seconds.")
            }
            Self::OtherHost => {
                (StatusCode::MISDIRECTED_REQUEST, "other_host", "This server does not go by that name.")
            }
            Self::RateLimited { .. } => {
                (StatusCode::TOO_MANY_REQUESTS, "rate_limited", "Too often; try again later.")
            }
            Self::Busy => {
                (StatusCode::SERVICE_UNAVAILABLE, "busy", "Too much at once; try again in a moment.")
            }
            Self::Internal => {
                (StatusCode::INTERNAL_SERVER_ERROR, "internal", "The server failed; it has been logged.")
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, code, title) = self.parts();
        let retry_after = match self {
            Self::RateLimited { retry_after } => Some(retry_after),
            Self::Busy => Some(2),
            _ => None,
        };
        let tries_left = match self {
            Self::WrongCode { tries_left } => Some(tries_left),
            _ => None,
        };
        let signed_out = self == Self::SignedOut;
        let reasons = match self {
            Self::WeakPassword(reasons) => Some(reasons),
            _ => None,
        };
        let details = ProblemDetails {
            kind: format!("urn:regain:problem:{code}"),
            title: title.to_owned(),
            status: status.as_u16(),
            code: code.to_owned(),
            retry_after,
            tries_left,
            reasons,
        };
        let mut response = (status, Json(details)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if signed_out {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<StorageError> for Problem {
    fn from(error: StorageError) -> Self {
        tracing::error!(%error, "storage");
        Self::Internal
    }
}

impl From<HashError> for Problem {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::Busy,
            HashError::Failed(reason) => {
                tracing::error!(reason, "hashing");
                Self::Internal
            }
        }
    }
}
