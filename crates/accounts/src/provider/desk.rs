//! What every conversation with one server needs.

use std::sync::Arc;

use serde_json::Value;
use url::Url;

use crate::clock::Clock;
use crate::error::Result;
use crate::http::{Call, Http, Reply};

/// One server, and how it is spoken to.
#[derive(Clone)]
pub struct Desk {
    pub http: Http,
    pub clock: Arc<dyn Clock>,
    /// Ends with a slash: paths are joined to it.
    pub base: Url,
    /// How this computer calls itself to servers, for their lists of sessions.
    pub device: String,
}

impl Desk {
    /// An address of the server; `path` has no leading slash.
    pub fn url(&self, path: &str) -> Result<Url> {
        Ok(self.base.join(path)?)
    }

    pub async fn get(&self, path: &str) -> Result<Reply> {
        self.http.send(Call::get(self.url(path)?)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Result<Reply> {
        self.http.send(Call::post(self.url(path)?, body)).await
    }
}
