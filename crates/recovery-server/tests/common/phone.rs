//! A phone's browser: it keeps cookies, reads forms, submits them, and follows redirects.

use super::computer::form;
use super::{PASSWORD, World, page};
use axum::body::Body;
use axum::http::{HeaderMap, Method};
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Mutex;

pub const FIREFOX: &str = "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0";

pub struct Phone {
    pub cookies: Mutex<BTreeMap<String, String>>,
    pub from: SocketAddr,
    pub origin: Option<String>,
    pub language: &'static str,
}

#[derive(Clone, Debug)]
pub struct Page {
    pub status: u16,
    pub path: String,
    pub headers: HeaderMap,
    pub html: String,
}

/// What a browser is asked for, and where its answer goes.
#[derive(Clone, Debug)]
pub struct Question {
    pub action: String,
    pub form: Vec<(String, String)>,
    pub options: Value,
}

impl Phone {
    pub fn new(host: u8) -> Self {
        Self {
            cookies: Mutex::default(),
            from: SocketAddr::from(([192, 0, 2, host], 60_000)),
            origin: Some("https://konto.dorfladen.example".to_owned()),
            language: "en",
        }
    }

    /// A phone that is signed in.
    pub async fn signed_in(world: &World, host: u8, identifier: &str) -> Self {
        let phone = Self::new(host);
        let page = phone.get(world, "/device?letters=x").await;
        let fields = [("identifier", identifier), ("password", PASSWORD)];
        let page = phone.submit(world, &page, "/device/sign-in", &fields).await;
        assert_eq!(page.status, 200, "{}", page.html);
        assert!(page.html.contains("ten letters"), "{}", page.html);
        phone
    }

    /// Posts through a proxy that says where it came from.
    pub async fn post_via(&self, world: &World, path: &str, fields: &[(&str, &str)], from: &str) -> Page {
        self.send_via(world, Method::POST, path, Some(form(fields)), Some(from)).await
    }

    async fn send(&self, world: &World, method: Method, path: &str, body: Option<String>) -> Page {
        self.send_via(world, method, path, body, None).await
    }

    async fn send_via(
        &self,
        world: &World,
        method: Method,
        path: &str,
        body: Option<String>,
        from: Option<&str>,
    ) -> Page {
        let mut request = world
            .request(method, path)
            .header("user-agent", FIREFOX)
            .header("accept-language", self.language);
        let cookies: Vec<String> =
            self.cookies.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        if let Some(from) = from {
            request = request.header("x-forwarded-for", from);
        }
        if body.is_some() {
            request = request.header("content-type", "application/x-www-form-urlencoded");
            if let Some(origin) = &self.origin {
                request = request.header("origin", origin);
            }
        }
        let answer =
            world.send_from(self.from, request.body(Body::from(body.unwrap_or_default())).unwrap()).await;
        for cookie in answer.headers.get_all("set-cookie") {
            let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            let mut cookies = self.cookies.lock().unwrap();
            match value {
                "" => cookies.remove(name),
                value => cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        Page {
            status: answer.status.as_u16(),
            path: path.to_owned(),
            headers: answer.headers,
            html: String::from_utf8(answer.bytes).unwrap(),
        }
    }

    pub async fn get(&self, world: &World, path: &str) -> Page {
        let page = self.send(world, Method::GET, path, None).await;
        self.follow(world, page).await
    }

    pub async fn head(&self, world: &World, path: &str) -> Page {
        self.send(world, Method::HEAD, path, None).await
    }

    /// Posts without following.
    pub async fn post(&self, world: &World, path: &str, fields: &[(&str, &str)]) -> Page {
        self.send(world, Method::POST, path, Some(form(fields))).await
    }

    /// What the page's script does when its form is sent: the question that the browser is put, or why there is none.
    pub async fn ask_for_passkey(
        &self,
        world: &World,
        page: &Page,
        action: &str,
        fields: &[(&str, &str)],
    ) -> Result<Question, Page> {
        let mut all: Vec<(&str, &str)> = fields.to_vec();
        let hidden = page.form(action);
        all.extend(hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let answer = self.post(world, &page.begin(action), &all).await;
        if answer.status != 200 {
            return Err(answer);
        }
        let body: Value = serde_json::from_str(&answer.html).unwrap();
        let mut form: Vec<(String, String)> =
            hidden.into_iter().filter(|(name, _)| name != "ceremony" && name != "credential").collect();
        form.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        form.push(("ceremony".to_owned(), body["ceremony"].as_str().unwrap().to_owned()));
        Ok(Question { action: action.to_owned(), form, options: body["options"].clone() })
    }

    /// And when the browser has answered.
    pub async fn answer(&self, world: &World, question: &Question, credential: &str) -> Page {
        let mut all: Vec<(&str, &str)> =
            question.form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        all.push(("credential", credential));
        let answer = self.post(world, &question.action, &all).await;
        self.follow(world, answer).await
    }

    async fn follow(&self, world: &World, mut page: Page) -> Page {
        for _ in 0..4 {
            let Some(location) = page.headers.get("location") else { return page };
            let location = location.to_str().unwrap().to_owned();
            page = self.send(world, Method::GET, &location, None).await;
        }
        panic!("redirected for ever: {}", page.path);
    }

    /// Fills in the form with this action and submits it.
    pub async fn submit(&self, world: &World, page: &Page, action: &str, fields: &[(&str, &str)]) -> Page {
        let hidden = page.form(action);
        let mut all: Vec<(&str, &str)> =
            hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        all.extend_from_slice(fields);
        let answer = self.post(world, action, &all).await;
        self.follow(world, answer).await
    }

    /// Opens the QR code and scans; the page with the code.
    pub async fn scan(&self, world: &World, qr: &str) -> Page {
        let page = self.get(world, qr).await;
        self.submit(world, &page, "/device/scan", &[]).await
    }

    pub async fn approve(&self, world: &World, path: &str) -> Page {
        let page = self.get(world, path).await;
        self.submit(world, &page, "/device/approve", &[("password", PASSWORD)]).await
    }
}

impl Page {
    pub fn form(&self, action: &str) -> Vec<(String, String)> {
        page::form(&self.html, action)
    }

    pub fn has_form(&self, action: &str) -> bool {
        page::has_form(&self.html, action)
    }

    /// Where the script of this form asks.
    pub fn begin(&self, action: &str) -> String {
        let end = format!("action=\"{action}\">");
        let before = self.html.split_once(&end).unwrap_or_else(|| panic!("no {action} in {}", self.html)).0;
        let start = before.rsplit_once("data-begin=\"").unwrap().1;
        start.split_once('"').unwrap().0.to_owned()
    }

    pub fn code(&self) -> String {
        page::digits(&self.html)
    }

    pub fn says(&self, text: &str) -> bool {
        self.html.contains(text)
    }

    pub fn field(&self, action: &str, name: &str) -> String {
        self.form(action).into_iter().find(|(said, _)| said == name).unwrap().1
    }
}
