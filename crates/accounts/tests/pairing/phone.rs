//! A phone's browser at the recovery server: it keeps cookies, fills in forms and follows redirects.

use std::collections::BTreeMap;

use reqwest::header::{COOKIE, LOCATION, ORIGIN, SET_COOKIE, USER_AGENT};
use reqwest::redirect::Policy;
use reqwest::{Client, Method};
use url::Url;

use super::bench::PASSWORD;
use super::page;

const FIREFOX: &str = "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0";

pub struct Phone {
    client: Client,
    cookies: BTreeMap<String, String>,
}

pub struct Page {
    pub url: Url,
    pub html: String,
}

impl Phone {
    pub fn new() -> Self {
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        Self { client, cookies: BTreeMap::new() }
    }

    /// Opens the link of a QR code; signs in first where the phone is not.
    pub async fn open(&mut self, link: &str) -> Page {
        let page = self.load(Method::GET, link.parse().unwrap(), None).await;
        if !page.has("/device/sign-in") {
            return page;
        }
        self.submit(&page, "/device/sign-in", &[("identifier", "jana"), ("password", PASSWORD)]).await
    }

    /// As far as the six digits.
    pub async fn scan(&mut self, link: &str) -> Page {
        let page = self.open(link).await;
        self.submit(&page, "/device/scan", &[]).await
    }

    pub async fn again(&mut self, page: &Page) -> Page {
        self.load(Method::GET, page.url.clone(), None).await
    }

    pub async fn submit(&mut self, page: &Page, action: &str, fields: &[(&str, &str)]) -> Page {
        let hidden = page::form(&page.html, action);
        let form = {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            form.extend_pairs(hidden).extend_pairs(fields).finish()
        };
        self.load(Method::POST, page.url.join(action).unwrap(), Some(form)).await
    }

    async fn load(&mut self, method: Method, url: Url, body: Option<String>) -> Page {
        let (mut method, mut url, mut body) = (method, url, body);
        for _ in 0..4 {
            let cookies: Vec<String> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let mut request = self.client.request(method, url.clone()).header(USER_AGENT, FIREFOX);
            if !cookies.is_empty() {
                request = request.header(COOKIE, cookies.join("; "));
            }
            if let Some(body) = body.take() {
                request = request
                    .header("content-type", "application/x-www-form-urlencoded")
                    .header(ORIGIN, url.origin().ascii_serialization())
                    .body(body);
            }
            let answer = request.send().await.unwrap();
            for cookie in answer.headers().get_all(SET_COOKIE) {
                let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
                let value = rest.split(';').next().unwrap();
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
            match answer.headers().get(LOCATION) {
                Some(next) => {
                    url = url.join(next.to_str().unwrap()).unwrap();
                    method = Method::GET;
                }
                None => return Page { url, html: answer.text().await.unwrap() },
            }
        }
        panic!("redirected for ever: {url}");
    }
}

impl Page {
    pub fn has(&self, action: &str) -> bool {
        page::has_form(&self.html, action)
    }

    pub fn digits(&self) -> String {
        page::digits(&self.html)
    }
}
