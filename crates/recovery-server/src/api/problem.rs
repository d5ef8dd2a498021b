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

/// Seconds after which another try makes sense when there is too much at once, or no database.
pub(crate) const BUSY_FOR: i64 = 2;

/// What went wrong, as the handlers say it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    BadRequest,
    BadIdentifier,
    WrongCredentials,
    WrongPassword,
    WrongCode {
        tries_left: u32,
    },
    WeakPassword(Vec<Reason>),
    SignedOut,
    Expired,
    NotFound,
    MethodNotAllowed,
    NotJson,
    BodyTooLarge,
    Timeout,
    OtherHost,
    RateLimited {
        retry_after: i64,
    },
    /// A young session that another device let in asks for more than it may.
    WeakSession {
        until: i64,
    },
    /// A form that none of our pages has sent.
    Foreign,
    /// The other side has not come that far.
    NotYet,
    /// The proof of possession is missing, malformed, or was used before.
    BadProof,
    /// The proof needs the nonce that this answer brings.
    UseNonce,
    /// The token belongs to another key, or to any key and comes without one.
    OtherKey,
    /// Whoever runs the server adds people.
    SignUpClosed,
    /// Not of a domain that may sign up.
    OtherDomain,
    /// Somebody has this identifier.
    NameTaken,
    /// The address was proven, and has an account by now.
    AddressTaken,
    /// It is as asked for already.
    Already,
    /// The account has as many addresses as it may.
    AddressesFull,
    LastAddress,
    /// A code without a ticket does not fit.
    WrongFactor,
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
    /// With `weak_session`: Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<i64>,
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
            Self::WeakSession { .. } => {
                (StatusCode::FORBIDDEN, "weak_session", "This session is too young for that.")
            }
            Self::Foreign => {
                (StatusCode::FORBIDDEN, "foreign", "This did not come from a page of this server.")
            }
            Self::NotYet => (StatusCode::CONFLICT, "not_yet", "The other device has not come that far."),
            Self::BadProof => (StatusCode::UNAUTHORIZED, "bad_proof", "The DPoP proof is not valid."),
            Self::UseNonce => {
                (StatusCode::UNAUTHORIZED, "use_dpop_nonce", "Sign the nonce that comes with this answer.")
            }
            Self::OtherKey => (StatusCode::UNAUTHORIZED, "signed_out", "There is no such session."),
            Self::SignUpClosed => {
                (StatusCode::FORBIDDEN, "sign_up_closed", "Accounts are made by who runs this server.")
            }
            Self::OtherDomain => {
                (StatusCode::FORBIDDEN, "other_domain", "Addresses of this domain cannot sign up here.")
            }
            Self::NameTaken => (StatusCode::CONFLICT, "name_taken", "Somebody has this identifier."),
            Self::AddressTaken => {
                (StatusCode::CONFLICT, "address_taken", "This address has an account by now.")
            }
            Self::Already => (StatusCode::CONFLICT, "already", "It is so already."),
            Self::AddressesFull => {
                (StatusCode::CONFLICT, "addresses_full", "There is no room for another address.")
            }
            Self::LastAddress => {
                (StatusCode::CONFLICT, "last_address", "The last address cannot be removed.")
            }
            Self::WrongFactor => (StatusCode::BAD_REQUEST, "wrong_code", "The code does not fit."),
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
            Self::Busy => Some(BUSY_FOR),
            _ => None,
        };
        let tries_left = match self {
            Self::WrongCode { tries_left } => Some(tries_left),
            _ => None,
        };
        let until = match self {
            Self::WeakSession { until } => Some(until),
            _ => None,
        };
        let challenge = match self {
            Self::SignedOut => Some("Bearer"),
            Self::OtherKey => Some(r#"DPoP error="invalid_token", algs="ES256""#),
            Self::BadProof => Some(r#"DPoP error="invalid_dpop_proof", algs="ES256""#),
            Self::UseNonce => Some(r#"DPoP error="use_dpop_nonce", algs="ES256""#),
            _ => None,
        };
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
            until,
            reasons,
        };
        let mut response = (status, Json(details)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(challenge) = challenge {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }
}

impl From<StorageError> for Problem {
    fn from(error: StorageError) -> Self {
        tracing::error!(%error, "storage");
        match error {
            StorageError::Unavailable(_) => Self::Busy,
            _ => Self::Internal,
        }
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
