//! Synapse's own API, as its administrators and other clients use it.

use anyhow::{Context as _, Result, bail};
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::Method;
use serde_json::{Value, json};
use sha1::Sha1;

pub const SHARED_SECRET: &str = "shared by these tests alone";

pub struct Api {
    client: reqwest::Client,
    origin: String,
}

pub struct Reply {
    pub status: u16,
    /// `Null` where it is no JSON.
    pub body: Value,
}

impl Reply {
    pub fn well(self) -> Result<Value> {
        match self.status {
            200..300 => Ok(self.body),
            status => bail!("{status} {}", self.body),
        }
    }

    pub fn errcode(&self) -> &str {
        self.body["errcode"].as_str().unwrap_or_default()
    }
}

impl Api {
    pub fn at(port: u16) -> Self {
        // A connection that is kept would be old, and closed, whenever the clock is moved.
        let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
        Self { client, origin: format!("http://127.0.0.1:{port}") }
    }

    pub async fn ask(&self, method: &str, path: &str, token: Option<&str>, body: Value) -> Result<Reply> {
        let method = Method::from_bytes(method.as_bytes())?;
        let mut request = self.client.request(method, format!("{}{path}", self.origin));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        let reply = request.send().await?;
        let status = reply.status().as_u16();
        let body = serde_json::from_str(&reply.text().await?).unwrap_or(Value::Null);
        Ok(Reply { status, body })
    }

    /// Registers the administrator with the secret of the configuration.
    pub async fn make_admin(&self) -> Result<String> {
        let path = "/_synapse/admin/v1/register";
        let reply = self.ask("GET", path, None, Value::Null).await?.well()?;
        let nonce = reply["nonce"].as_str().context("a nonce")?;
        let mut mac = Hmac::<Sha1>::new_from_slice(SHARED_SECRET.as_bytes())?;
        mac.update([nonce, "root", "for these tests 1", "admin"].join("\0").as_bytes());
        let mac: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        let body = json!({
            "nonce": nonce, "username": "root", "password": "for these tests 1", "admin": true, "mac": mac,
        });
        let reply = self.ask("POST", path, None, body).await?.well()?;
        Ok(reply["access_token"].as_str().context("a token")?.to_owned())
    }

    pub async fn sign_in(&self, user: &str, password: &str) -> Result<Value> {
        let body = json!({
            "type": "m.login.password",
            "identifier": { "type": "m.id.user", "user": user },
            "password": password,
        });
        self.ask("POST", "/_matrix/client/v3/login", None, body).await?.well()
    }

    /// Has a link mailed; the session of the mail.
    pub async fn mail(&self, secret: &str, address: &str, attempt: u32) -> Result<String> {
        let body = json!({ "client_secret": secret, "email": address, "send_attempt": attempt });
        let path = "/_matrix/client/v3/account/password/email/requestToken";
        let reply = self.ask("POST", path, None, body).await?.well()?;
        Ok(reply["sid"].as_str().context("a session")?.to_owned())
    }

    /// What a browser does: the page behind the link, and its button.
    pub async fn open(&self, link: &str) -> Result<u16> {
        let page = self.client.get(link).send().await?;
        if !page.status().is_success() {
            bail!("the page does not open: {}", page.status());
        }
        let (path, query) = link.split_once('?').context("a query")?;
        let form = self.client.post(path).header("content-type", "application/x-www-form-urlencoded");
        Ok(form.body(query.to_owned()).send().await?.status().as_u16())
    }
}
