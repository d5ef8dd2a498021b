//! A shop without an API, behind TLS: forgotten password → who → code → new password twice, as AliExpress has it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, Result};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

pub const CUSTOMER: &str = "jana@mail.example";
const CODE: &str = "728164";

pub struct Shop {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

struct State {
    password: String,
    /// Mails that were sent, oldest first.
    mails: Vec<String>,
    knows: bool,
}

impl Shop {
    pub async fn open() -> Result<Self> {
        let name = rcgen::generate_simple_self_signed(["login.aliexpress.com".to_owned()])?;
        let key = PrivatePkcs8KeyDer::from(name.signing_key.serialize_der());
        let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![name.cert.der().clone()], key.into())?;
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let state = Arc::new(Mutex::new(State {
            password: "made up on the spot 7".into(),
            mails: Vec::new(),
            knows: false,
        }));
        let shared = state.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, state) = (acceptor.clone(), shared.clone());
                // A browser opens connections that it never uses.
                tokio::spawn(async move { drop(serve(acceptor, stream, &state).await) });
            }
        });
        Ok(Self { address, state })
    }

    /// For a browser's resolver: the shop's names lead here.
    pub fn hosts(&self) -> String {
        format!("MAP *.aliexpress.com {0}, MAP aliexpress.com {0}", self.address)
    }

    pub fn password(&self) -> String {
        self.state.lock().unwrap().password.clone()
    }

    /// The code of the newest mail.
    pub fn mailed(&self) -> Result<String> {
        self.state.lock().unwrap().mails.last().cloned().context("a mail")
    }
}

async fn serve(acceptor: TlsAcceptor, stream: TcpStream, state: &Mutex<State>) -> Result<()> {
    let mut stream = acceptor.accept(stream).await?;
    let mut request = Vec::new();
    let (head, body) = loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
            });
            if body.len() >= length.unwrap_or(0) {
                break (head.to_owned(), body.to_owned());
            }
        }
        if stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    };
    let path = head.split(' ').nth(1).unwrap_or("/");
    let form = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let page = answer(path, &form, &mut state.lock().unwrap());
    let html = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Shop</title>\
         <style>body{{font:18px sans-serif;max-width:24rem;margin:4rem auto}}input,button{{font:inherit;display:block;\
         margin:.6rem 0;padding:.5rem;width:100%;box-sizing:border-box}}</style><main>{page}</main></html>"
    );
    let reply = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{html}",
        html.len()
    );
    stream.write_all(reply.as_bytes()).await?;
    Ok(stream.shutdown().await?)
}

fn answer(path: &str, form: &HashMap<String, String>, shop: &mut State) -> String {
    let typed = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let takes = |password: &str| {
        (6..=20).contains(&password.len()) && password.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    match path {
        "/forgot" => form_to("/code", "Which account?", &["identifier"], "Continue"),
        "/code" if typed("identifier") == CUSTOMER => {
            shop.mails.push(CODE.into());
            form_to("/new", "A code is on its way", &["code"], "Continue")
        }
        "/new" if typed("code") == CODE && !shop.mails.is_empty() => {
            shop.knows = true;
            form_to("/done", "Your new password", &["password", "again"], "Update password")
        }
        "/done" if shop.knows && takes(typed("password")) && typed("password") == typed("again") => {
            shop.password = typed("password").into();
            "<h1>Everything was successful</h1>".into()
        }
        "/done" => {
            form_to("/done", "6 to 20 letters and digits, twice", &["password", "again"], "Update password")
        }
        "/sign-in" if typed("identifier") == CUSTOMER && typed("password") == shop.password => {
            "<h1>Hello, Jana</h1>".into()
        }
        _ => {
            let sign_in = form_to("/sign-in", "Sign in", &["identifier", "password"], "Sign in");
            format!("{sign_in}<form action='/forgot' method=post><button>Forgot password?</button></form>")
        }
    }
}

fn form_to(action: &str, title: &str, fields: &[&str], button: &str) -> String {
    let fields: String =
        fields.iter().map(|name| format!("<label>{name}<input name='{name}'></label>")).collect();
    format!("<h1>{title}</h1><form action='{action}' method=post>{fields}<button>{button}</button></form>")
}
