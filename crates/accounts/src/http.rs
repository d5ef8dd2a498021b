//! The one HTTP client: time-outs, a size limit, no redirects, `Retry-After` in all its spellings.

pub mod outside;

use std::borrow::Cow;
use std::error::Error as _;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Method};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use crate::clock::{Clock, Random, SystemClock, SystemRandom};
use crate::error::{Error, ErrorKind, Result};
use crate::secret::Secret;

/// Until a connection stands.
const CONNECT: Duration = Duration::from_secs(10);
/// From the request to the last byte of the answer.
const TOTAL: Duration = Duration::from_secs(30);
/// Largest answer that is read, in bytes; the largest honest one is a list of sessions.
const MAX_BODY: usize = 1024 * 1024;
/// Longest wait that is believed; a server that says more is taken at this.
const MAX_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// The client, shared by all providers.
#[derive(Clone)]
pub struct Http {
    client: Client,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    /// Goes along with every request.
    along: Option<(&'static str, HeaderValue)>,
}

/// One request. Without `Debug`: it holds what must not be logged.
pub struct Call<'a> {
    method: Method,
    url: Url,
    body: Body,
    bearer: Option<&'a Secret>,
    headers: Vec<(&'static str, Cow<'a, str>)>,
    limit: Option<Duration>,
    most: usize,
    changes: bool,
}

enum Body {
    None,
    Json(Value),
    /// `application/x-www-form-urlencoded`.
    Form(String),
}

impl<'a> Call<'a> {
    pub fn get(url: Url) -> Self {
        Self::with(Method::GET, url, Body::None)
    }

    pub fn post(url: Url, body: Value) -> Self {
        Self::with(Method::POST, url, Body::Json(body))
    }

    /// A POST without a body.
    pub fn post_empty(url: Url) -> Self {
        Self::with(Method::POST, url, Body::None)
    }

    /// A POST as a web page's form sends it.
    pub fn post_form(url: Url, fields: &[(&str, &str)]) -> Self {
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        Self::with(Method::POST, url, Body::Form(form))
    }

    pub fn put(url: Url, body: Value) -> Self {
        Self::with(Method::PUT, url, Body::Json(body))
    }

    pub fn delete(url: Url) -> Self {
        Self::with(Method::DELETE, url, Body::None)
    }

    pub fn delete_with(url: Url, body: Value) -> Self {
        Self::with(Method::DELETE, url, Body::Json(body))
    }

    fn with(method: Method, url: Url, body: Body) -> Self {
        Self {
            method,
            url,
            body,
            bearer: None,
            headers: Vec::new(),
            limit: None,
            most: MAX_BODY,
            changes: false,
        }
    }

    /// How the call is made, as a proof of possession names it (RFC 9449, `htm`).
    pub fn method(&self) -> &str {
        self.method.as_str()
    }

    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Adds a header; its value is never logged.
    pub fn header(mut self, name: &'static str, value: impl Into<Cow<'a, str>>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Gives up earlier than the client would.
    pub fn within(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Reads up to that many bytes of the answer instead of 1 MiB; with 0, nothing of it.
    pub fn at_most(mut self, bytes: usize) -> Self {
        self.most = bytes;
        self
    }

    pub fn bearer(mut self, token: &'a Secret) -> Self {
        self.bearer = Some(token);
        self
    }

    /// The call may change a password: an answer that is lost means "unknown", never "failed".
    pub fn changes(mut self) -> Self {
        self.changes = true;
        self
    }
}

/// An answer that arrived whole.
pub struct Reply {
    pub status: u16,
    pub retry_after: Option<Duration>,
    headers: HeaderMap,
    body: Vec<u8>,
    changes: bool,
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply({})", self.status)
    }
}

impl Reply {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as `T`. A body that is something else is `Protocol`, or `OutcomeUnknown` where a password may have changed.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        // The source is left out: serde's messages quote the body.
        serde_json::from_slice(&self.body).map_err(|_| self.broken_promise())
    }

    /// The body as text; what is no UTF-8 is no text.
    pub fn text(&self) -> Result<&str> {
        std::str::from_utf8(&self.body).map_err(|_| self.broken_promise())
    }

    pub fn into_body(self) -> Vec<u8> {
        self.body
    }

    /// One header, the first of its name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Value of a cookie that this answer sets (RFC 6265), which may be empty.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let pairs = self.headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut values = pairs.filter_map(|line| {
            let (known, value) = line.split(';').next()?.split_once('=')?;
            (known.trim() == name).then_some(value.trim())
        });
        values.next()
    }

    /// The error for an answer that the server had not promised.
    pub fn broken_promise(&self) -> Error {
        match (self.changes, self.status) {
            (true, _) => Error::new(ErrorKind::OutcomeUnknown, format!("status {}", self.status)),
            (false, 500..) => Error::new(ErrorKind::ServerTrouble, format!("status {}", self.status)),
            (false, _) => Error::new(ErrorKind::Protocol, format!("status {}", self.status)),
        }
    }
}

impl Http {
    pub fn new() -> Result<Self> {
        Self::with(CONNECT, TOTAL, Arc::new(SystemClock))
    }

    /// A client with time-outs and a clock (for dates in `Retry-After`) of its own.
    pub fn with(connect: Duration, total: Duration, clock: Arc<dyn Clock>) -> Result<Self> {
        Self::build(Client::builder().connect_timeout(connect).timeout(total), clock)
    }

    /// A client that also trusts what `authority` (a certificate in DER) vouches for.
    #[cfg(any(test, feature = "testing"))]
    pub fn trusting(authority: &[u8]) -> Result<Self> {
        let authority = reqwest::Certificate::from_der(authority).map_err(bug)?;
        let client = Client::builder().connect_timeout(CONNECT).timeout(TOTAL);
        Self::build(client.tls_certs_merge([authority]), Arc::new(SystemClock))
    }

    fn build(client: ClientBuilder, clock: Arc<dyn Clock>) -> Result<Self> {
        let client = client
            .user_agent(concat!("Regain/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .referer(false)
            .pool_idle_timeout(Duration::from_secs(60))
            .build()
            .map_err(bug)?;
        Ok(Self { client, clock, random: Arc::new(SystemRandom), along: None })
    }

    /// What proofs of possession and their names are drawn from.
    pub fn random(&self) -> &Arc<dyn Random> {
        &self.random
    }

    /// The same client with a header that goes along with every request.
    pub fn along(&self, name: &'static str, value: &str) -> Result<Self> {
        let value = HeaderValue::from_str(value).map_err(|error| Error::new(ErrorKind::Bug, error))?;
        Ok(Self { along: Some((name, value)), ..self.clone() })
    }

    /// Sends a call; reads are tried twice. A status is the caller's to judge: servers lie with them.
    pub async fn send(&self, call: Call<'_>) -> Result<Reply> {
        let first = self.once(&call).await;
        match &first {
            Err(error) if call.method == Method::GET && error.kind() == ErrorKind::ServerTrouble => {
                tracing::debug!(host = call.url.host_str(), "the connection broke; trying once more");
                self.once(&call).await
            }
            _ => first,
        }
    }

    async fn once(&self, call: &Call<'_>) -> Result<Reply> {
        let mut request = self.client.request(call.method.clone(), call.url.clone());
        request = match &call.body {
            Body::None => request,
            Body::Json(body) => request.json(body),
            Body::Form(form) => {
                request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form.clone())
            }
        };
        if let Some((name, value)) = &self.along {
            request = request.header(*name, value.clone());
        }
        for (name, value) in &call.headers {
            let mut value =
                HeaderValue::from_str(value).map_err(|error| Error::new(ErrorKind::Bug, error))?;
            value.set_sensitive(true);
            request = request.header(*name, value);
        }
        if let Some(limit) = call.limit {
            request = request.timeout(limit);
        }
        if let Some(token) = call.bearer {
            request = request.bearer_auth(token.expose());
        }
        let mut response = request.send().await.map_err(|error| failure(error, call.changes))?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let header_wait = self.header_wait(&headers);

        let mut body = Vec::new();
        while call.most > 0
            && let Some(chunk) = response.chunk().await.map_err(|error| failure(error, call.changes))?
        {
            if body.len() + chunk.len() > call.most {
                let kind = if call.changes { ErrorKind::OutcomeUnknown } else { ErrorKind::Protocol };
                return Err(Error::new(kind, "the answer is too large"));
            }
            body.extend_from_slice(&chunk);
        }
        let retry_after = header_wait.or_else(|| body_wait(&body)).map(|wait| wait.min(MAX_WAIT));
        Ok(Reply { status, retry_after, headers, body, changes: call.changes })
    }

    fn header_wait(&self, headers: &HeaderMap) -> Option<Duration> {
        let text = headers.get(RETRY_AFTER).or_else(|| headers.get("x-retry-after"))?.to_str().ok()?.trim();
        if let Ok(seconds) = text.parse::<f64>() {
            return Duration::try_from_secs_f64(seconds.ceil()).ok();
        }
        let date = httpdate::parse_http_date(text).ok()?;
        Some(date.duration_since(self.clock.now()).unwrap_or_default())
    }
}

/// `retry_after` in seconds (RFC 9457 extension of our own server), `retry_after_ms` (Matrix).
fn body_wait(body: &[u8]) -> Option<Duration> {
    let value: Value = serde_json::from_slice(body).ok()?;
    if let Some(milliseconds) = value.get("retry_after_ms").and_then(Value::as_u64) {
        return Some(Duration::from_millis(milliseconds));
    }
    value.get("retry_after").and_then(Value::as_u64).map(Duration::from_secs)
}

fn bug(error: reqwest::Error) -> Error {
    Error::new(ErrorKind::Bug, error)
}

/// What a failed exchange means. Only a connection that never stood is sure to have changed nothing: TLS that breaks
/// later says nothing about the server's identity, which was checked before the request was sent.
fn failure(error: reqwest::Error, changes: bool) -> Error {
    let kind = if error.is_connect() {
        if is_tls(&error) { ErrorKind::NotTrusted } else { ErrorKind::Offline }
    } else if changes {
        ErrorKind::OutcomeUnknown
    } else {
        ErrorKind::ServerTrouble
    };
    Error::new(kind, error.without_url())
}

fn is_tls(error: &reqwest::Error) -> bool {
    let mut source = error.source();
    while let Some(cause) = source {
        if cause.is::<rustls::Error>() {
            return true;
        }
        // An io::Error hides what it holds from `source`: it must be asked for by name.
        let held = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        source = match held {
            Some(held) => Some(held),
            None => cause.source(),
        };
    }
    false
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::clock::ManualClock;

    fn http() -> Http {
        let clock = Arc::new(ManualClock::at(784_111_777)); // Sun, 06 Nov 1994 08:49:37 GMT
        Http::with(Duration::from_secs(5), Duration::from_secs(5), clock).unwrap()
    }

    /// A server that reads one request for each answer and then sends just these bytes.
    async fn server(answers: Vec<Vec<u8>>) -> Url {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move {
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = vec![0; 4096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(&answer).await;
            }
        });
        url
    }

    fn answer(head: &str, body: &str) -> Vec<u8> {
        let length = body.len();
        format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}").into_bytes()
    }

    /// A server that sends just these bytes and then goes on for ever without another.
    async fn stalls(bytes: &'static str) -> Url {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move {
            let mut open = Vec::new();
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let _ = stream.write_all(bytes.as_bytes()).await;
                open.push(stream);
            }
        });
        url
    }

    async fn kind_of(call: Call<'_>) -> ErrorKind {
        http().send(call).await.unwrap_err().kind()
    }

    #[tokio::test]
    async fn a_wait_is_understood_in_every_spelling() {
        for (head, body, seconds) in [
            ("429 x\r\nRetry-After: 60", "", 60),
            ("429 x\r\nX-Retry-After: 7", "", 7),
            ("429 x\r\nRetry-After: 1.2", "", 2),
            ("429 x\r\nRetry-After: Sun, 06 Nov 1994 08:50:37 GMT", "", 60),
            ("429 x", r#"{"retry_after_ms":3000}"#, 3),
            ("429 x", r#"{"retry_after":9}"#, 9),
            ("429 x\r\nRetry-After: 99999999999", "", 86_400),
        ] {
            let url = server(vec![answer(head, body)]).await;
            let reply = http().send(Call::get(url)).await.unwrap();
            assert_eq!(reply.retry_after, Some(Duration::from_secs(seconds)), "{head} {body}");
        }
    }

    #[tokio::test]
    async fn a_date_that_has_passed_means_now() {
        let url = server(vec![answer("429 x\r\nRetry-After: Thu, 01 Jan 1970 00:00:00 GMT", "")]).await;
        assert_eq!(http().send(Call::get(url)).await.unwrap().retry_after, Some(Duration::ZERO));
        assert!(http().clock.now() > UNIX_EPOCH);
    }

    #[tokio::test]
    async fn nobody_listening_is_offline_even_for_a_change() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url: Url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        drop(listener);
        assert_eq!(kind_of(Call::post(url.clone(), Value::Null).changes()).await, ErrorKind::Offline);
        assert_eq!(kind_of(Call::get(url)).await, ErrorKind::Offline);
    }

    #[tokio::test]
    async fn a_lost_answer_to_a_change_is_unknown() {
        let url = server(vec![Vec::new()]).await;
        assert_eq!(kind_of(Call::post(url, Value::Null).changes()).await, ErrorKind::OutcomeUnknown);
        let url = server(vec![Vec::new()]).await;
        assert_eq!(kind_of(Call::post(url, Value::Null)).await, ErrorKind::ServerTrouble);
    }

    #[tokio::test]
    async fn a_read_is_tried_twice() {
        let url = server(vec![Vec::new(), answer("200 OK", "[1]")]).await;
        assert_eq!(http().send(Call::get(url)).await.unwrap().json::<Vec<u8>>().unwrap(), [1]);
    }

    #[tokio::test]
    async fn an_answer_without_end_is_cut_off() {
        let url = server(vec![answer("200 OK", &"x".repeat(MAX_BODY + 1))]).await;
        assert_eq!(kind_of(Call::get(url)).await, ErrorKind::Protocol);
    }

    #[tokio::test]
    async fn an_answer_that_does_not_end_is_given_up() {
        tokio::time::pause();
        for head in ["", "HTTP/1.1 200 OK\r\nContent-", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[1,"] {
            let url = stalls(head).await;
            assert_eq!(kind_of(Call::get(url.clone())).await, ErrorKind::ServerTrouble, "{head}");
            assert_eq!(
                kind_of(Call::post(url.clone(), Value::Null)).await,
                ErrorKind::ServerTrouble,
                "{head}"
            );
            let change = Call::post(url, Value::Null).changes();
            assert_eq!(kind_of(change).await, ErrorKind::OutcomeUnknown, "{head}");
        }
    }

    #[tokio::test]
    async fn html_with_200_is_no_answer() {
        let url = server(vec![answer("200 OK", "<html>Welcome to our hotel</html>")]).await;
        let reply = http().send(Call::get(url)).await.unwrap();
        assert_eq!(reply.json::<Vec<u8>>().unwrap_err().kind(), ErrorKind::Protocol);
        let url = server(vec![answer("200 OK", "<html>")]).await;
        let reply = http().send(Call::post(url, Value::Null).changes()).await.unwrap();
        assert_eq!(reply.json::<Vec<u8>>().unwrap_err().kind(), ErrorKind::OutcomeUnknown);
    }

    #[tokio::test]
    async fn a_redirect_is_not_followed() {
        let url = server(vec![answer("302 x\r\nLocation: https://evil.example/", "")]).await;
        assert_eq!(http().send(Call::get(url)).await.unwrap().status, 302);
    }

    #[tokio::test]
    async fn a_server_that_speaks_no_tls_is_not_trusted() {
        let mut url = server(vec![answer("400 Bad Request", "this is plain http")]).await;
        url.set_scheme("https").unwrap();
        assert_eq!(kind_of(Call::get(url)).await, ErrorKind::NotTrusted);
    }
}
