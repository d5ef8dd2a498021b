//! The words of better-auth's HTTP API, and what rests in the store.

use serde::{Deserialize, Serialize};

/// `GET /ok`; nothing else says `{"ok":true}` and not a word more there.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alive {
    pub ok: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub enum SignIn {
    #[serde(rename_all = "camelCase")]
    SecondFactor {
        two_factor_redirect: bool,
        #[serde(default)]
        two_factor_methods: Vec<String>,
    },
    SignedIn {
        user: User,
    },
}

#[derive(Deserialize)]
pub struct User {
    pub email: String,
}

/// `GET /get-session` to somebody who is signed in.
#[derive(Deserialize)]
pub struct Here {
    #[serde(rename = "user")]
    pub _user: User,
}

#[derive(Deserialize)]
pub struct Changed {
    pub user: User,
}

/// A step that went well: `success` with some calls, `status` with others.
#[derive(Deserialize)]
pub struct Done {
    #[serde(alias = "status")]
    pub success: bool,
}

/// One line of `GET /list-sessions`, with the token that opens it: it must not leave the adapter.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionInfo {
    pub id: String,
    pub token: String,
    pub updated_at: String,
    pub ip_address: Option<String>,
    pub user_agent: Option<String>,
}

#[derive(Deserialize)]
pub struct Problem {
    pub code: Option<String>,
}

/// What rests in the store as the session's text: the token with its signature.
#[derive(Serialize, Deserialize)]
pub struct SessionState {
    pub token: String,
}
