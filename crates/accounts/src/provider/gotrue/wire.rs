//! The words of Supabase Auth, as `@supabase/auth-js` 2.109.0 has them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Deserialize)]
pub struct Health {
    pub name: String,
}

/// A session as it is given at sign-in, at renewal and for a right code.
#[derive(Deserialize)]
pub struct Grant {
    pub access_token: String,
    pub refresh_token: String,
    pub user: User,
}

#[derive(Deserialize, Clone)]
pub struct User {
    pub email: Option<String>,
    pub phone: Option<String>,
    #[serde(default)]
    pub factors: Vec<Factor>,
}

#[derive(Deserialize, Clone)]
pub struct Factor {
    pub id: String,
    pub factor_type: String,
    pub status: String,
}

#[derive(Deserialize)]
pub struct Challenge {
    pub id: String,
}

/// A refusal in each of its spellings: the older one has a number as `code`, the oldest has `error` alone.
#[derive(Deserialize)]
pub struct Failure {
    pub error_code: Option<String>,
    pub code: Option<Value>,
    pub error: Option<String>,
    pub weak_password: Option<Weak>,
}

/// What the gateway in front of the server says.
#[derive(Deserialize)]
pub struct Gateway {
    pub message: String,
}

#[derive(Deserialize)]
pub struct Weak {
    #[serde(default)]
    pub reasons: Vec<String>,
}

/// What rests in the store as the session's text.
#[derive(Serialize, Deserialize)]
pub struct SessionState {
    pub access: String,
    pub refresh: String,
    /// What the account signs in with: a change proves the current password with it.
    pub identifier: String,
}

impl Failure {
    pub fn code(self) -> Option<String> {
        let code = self.code.as_ref().and_then(Value::as_str).map(str::to_owned);
        self.error_code.or(code).or(self.error)
    }
}

impl User {
    /// The authenticator that the account asks for.
    pub fn authenticator(&self) -> Option<&Factor> {
        self.factors.iter().find(|factor| factor.factor_type == "totp" && factor.status == "verified")
    }

    pub fn address(&self) -> Option<&str> {
        self.email.as_deref().filter(|email| !email.is_empty())
    }

    pub fn identifier(&self) -> Option<&str> {
        self.address().or(self.phone.as_deref().filter(|phone| !phone.is_empty()))
    }
}
