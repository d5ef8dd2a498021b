//! Answers as they go over the wire.

use axum::body::Body;
use axum::http::Response;
use axum::response::IntoResponse;
use serde_json::{Value, json};

pub struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Option<Value>,
}

impl Answer {
    pub fn of(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: Some(body) }
    }

    pub fn nothing_there() -> Self {
        Self { status: 404, headers: Vec::new(), body: None }
    }

    pub fn error(status: u16, code: &str) -> Self {
        Self::of(status, json!({ "message": code.to_lowercase().replace('_', " "), "code": code }))
    }

    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The same cookie, empty: it is over.
    pub fn without_cookie(self, name: &str) -> Self {
        self.header("set-cookie", format!("{name}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"))
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response<Body> {
        let mut response = Response::builder().status(self.status);
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        let body = match self.body {
            Some(body) => {
                response = response.header("content-type", "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        response.body(body).unwrap_or_default()
    }
}
