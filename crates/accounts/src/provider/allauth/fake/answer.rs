//! Answers as the server spells them.

use super::*;

pub(super) struct Answer {
    status: u16,
    /// `None`: the page of a crash.
    body: Option<Value>,
}

impl Answer {
    pub fn status(status: u16) -> Self {
        Self { status, body: Some(json!({ "status": status })) }
    }

    /// A body as it is.
    pub fn plain(status: u16, body: Value) -> Self {
        Self { status, body: Some(body) }
    }

    pub fn crash() -> Self {
        Self { status: 500, body: None }
    }

    pub fn data(data: Value) -> Self {
        Self { status: 200, body: Some(json!({ "status": 200, "data": data })) }
    }

    pub fn signed_in(token: Option<String>) -> Self {
        let user = json!({
            "id": 1,
            "display": Fake::USERNAME,
            "email": Fake::EMAIL,
            "username": Fake::USERNAME,
            "has_usable_password": true,
        });
        let data = json!({ "user": user, "methods": [{ "method": "password" }] });
        let meta = meta(true, token);
        Self { status: 200, body: Some(json!({ "status": 200, "data": data, "meta": meta })) }
    }

    pub fn flows(status: u16, flows: Vec<Value>, token: Option<String>) -> Self {
        let meta = meta(false, token);
        Self { status, body: Some(json!({ "status": status, "data": { "flows": flows }, "meta": meta })) }
    }

    /// The same with a token of a session that is new.
    pub fn with_token(mut self, token: String) -> Self {
        if let Some(body) = &mut self.body {
            body["meta"]["session_token"] = token.into();
        }
        self
    }

    /// Code, message, field; several at once.
    pub fn refused(errors: &[(&str, &str, &str)]) -> Self {
        let errors: Vec<Value> = errors
            .iter()
            .map(|(code, message, param)| match *param {
                "" => json!({ "code": code, "message": message }),
                param => json!({ "code": code, "message": message, "param": param }),
            })
            .collect();
        Self { status: 400, body: Some(json!({ "status": 400, "errors": errors })) }
    }

    pub fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).expect("a status");
        match self.body {
            Some(body) => (status, axum::Json(body)).into_response(),
            None => (status, Html("<h1>Server Error (500)</h1>")).into_response(),
        }
    }
}

fn meta(is_authenticated: bool, token: Option<String>) -> Value {
    match token {
        Some(token) => json!({ "is_authenticated": is_authenticated, "session_token": token }),
        None => json!({ "is_authenticated": is_authenticated }),
    }
}
