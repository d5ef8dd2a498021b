//! Who looks at a page: the web session behind the cookie, the language, and where a form came from.

use super::layout::trouble;
use super::words::{self, Words};
use crate::App;
use crate::api::extract::Caller;
use crate::api::oauth::Form;
use crate::api::problem::Problem;
use crate::api::sessions::IDLE_LIFE;
use crate::config::is_loopback_host;
use crate::language::Language;
use crate::storage::{Account, Opening, Session};
use crate::{rng, token};
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE, HeaderMap, ORIGIN, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use std::convert::Infallible;
use subtle::ConstantTimeEq as _;
use url::Url;

/// A web session's use is noted this often at most, seconds.
const TOUCH: i64 = 3_600;
/// Seconds a browser keeps the cookie of a link that is under way.
const LINK_COOKIE_LIFE: i64 = 900;

pub(super) struct Visitor {
    pub(super) caller: Caller,
    pub(super) language: Language,
    /// What the browser is, coarsely, such as "Firefox on Android".
    pub(super) device: String,
    pub(super) signed: Option<Signed>,
    /// What a link under way is held by.
    pub(super) link_holder: Option<Vec<u8>>,
    /// What a question for a passkey is held by before anybody has signed in.
    pub(super) passkey_holder: Option<Vec<u8>>,
}

/// A web session, and whose it is.
pub(super) struct Signed {
    pub(super) session: Session,
    pub(super) account: Account,
}

impl Visitor {
    pub(super) fn words(&self) -> &'static Words {
        words::of(self.language)
    }

    async fn of(app: &App, parts: &mut Parts) -> Result<Self, Problem> {
        let Ok(caller) = Caller::from_request_parts(parts, app).await;
        let headers = &parts.headers;
        let signed = match cookie(headers, &name(app, "phone")) {
            Some(secret) => signed(app, secret, parts.method == Method::POST).await?,
            None => None,
        };
        let text =
            |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or_default();
        let wished = words::accepted(text(ACCEPT_LANGUAGE)).unwrap_or(app.config().language);
        Ok(Self {
            language: signed.as_ref().map_or(wished, |signed| signed.account.language),
            device: browser(text(USER_AGENT)),
            link_holder: cookie(headers, &name(app, "link")).map(|secret| link_mac(app, secret)),
            passkey_holder: cookie(headers, &name(app, "passkey")).map(|secret| passkey_mac(app, secret)),
            caller,
            signed,
        })
    }
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        match Self::of(app, parts).await {
            Ok(visitor) => Ok(visitor),
            // Storage has failed and said so in the log; what the page itself asks for will fail, too.
            Err(_) => Ok(Self {
                caller: Caller::from_request_parts(parts, app).await?,
                language: app.config().language,
                device: String::new(),
                signed: None,
                link_holder: None,
                passkey_holder: None,
            }),
        }
    }
}

/// What the address of a page says; nothing, where that cannot be read.
pub(super) struct Asked<T>(pub(super) T);

impl<T: DeserializeOwned + Default> FromRequestParts<App> for Asked<T> {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Infallible> {
        Ok(Query::try_from_uri(&parts.uri).map_or_else(|_| Self(T::default()), |Query(asked)| Self(asked)))
    }
}

/// A form that one of our own pages has sent.
pub(super) struct Sent<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<App> for Sent<T> {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let Ok(visitor) = Visitor::from_request_parts(&mut parts, app).await;
        if !is_own(app, &parts.headers) {
            return Err(trouble(app, &visitor, &Problem::Foreign));
        }
        match Form::<T>::from_request(Request::from_parts(parts, body), app).await {
            Ok(Form(form)) => Ok(Self(form)),
            Err(_) => Err(trouble(app, &visitor, &Problem::BadRequest)),
        }
    }
}

/// Did the form come from this server? A browser says so in one header or the other; one that says
/// nothing is refused.
fn is_own(app: &App, headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    let origin =
        headers.get(ORIGIN).map(|origin| origin.to_str().ok().and_then(|text| Url::parse(text).ok()));
    let public = &app.config().public_url;
    let fits = |origin: Option<Url>| {
        origin.is_some_and(|origin| {
            origin.origin() == public.origin()
                || (app.config().is_loopback()
                    && origin.port() == public.port()
                    && origin.host_str().is_some_and(is_loopback_host))
        })
    };
    match (site, origin) {
        (None, None) => false,
        (site, origin) => site.is_none_or(|site| site == b"same-origin") && origin.is_none_or(fits),
    }
}

/// Binds a form to a session and what it is about; 128 bits.
pub(super) fn csrf(app: &App, holder: &[u8], about: &str) -> String {
    URL_SAFE_NO_PAD.encode(&app.pepper().mac("form", &[holder, about.as_bytes()])[..16])
}

pub(super) fn check_csrf(app: &App, holder: &[u8], about: &str, said: &str) -> Result<(), Problem> {
    let right = csrf(app, holder, about);
    if bool::from(right.as_bytes().ct_eq(said.as_bytes())) { Ok(()) } else { Err(Problem::Foreign) }
}

/// Turns a session about to be opened into one of this browser, and gives its cookie. Its tokens are
/// drawn and thrown away: nothing but the cookie opens it.
pub(super) fn keep_in_cookie(app: &App, opening: &mut Opening) -> String {
    let secret = token::opaque(app.random());
    opening.tokens.access_hash = session_mac(app, &secret);
    opening.tokens.access_until = opening.session.created_at + IDLE_LIFE;
    // The browser keeps it for as long as the session can last; how long it may idle is ours to say.
    set_cookie(app, "phone", &secret, opening.session.ends_at - opening.session.created_at)
}

pub(super) fn forget_cookie(app: &App) -> String {
    set_cookie(app, "phone", "", 0)
}

/// A cookie for a link under way, and what the link is held by.
pub(super) fn new_link_cookie(app: &App) -> (String, Vec<u8>) {
    let secret = URL_SAFE_NO_PAD.encode(rng::bytes::<32>(app.random()));
    (set_cookie(app, "link", &secret, LINK_COOKIE_LIFE), link_mac(app, &secret))
}

/// The same for a question for a passkey.
pub(super) fn new_passkey_cookie(app: &App) -> (String, Vec<u8>) {
    let secret = URL_SAFE_NO_PAD.encode(rng::bytes::<32>(app.random()));
    (set_cookie(app, "passkey", &secret, crate::passkeys::LIFE), passkey_mac(app, &secret))
}

fn set_cookie(app: &App, base: &str, secret: &str, life: i64) -> String {
    let secure = if is_https(app) { "; Secure" } else { "" };
    format!("{}={secret}; Path=/; Max-Age={life}; HttpOnly; SameSite=Lax{secure}", name(app, base))
}

/// `__Host-`: set by this host alone, for this host alone, over TLS.
fn name(app: &App, base: &str) -> String {
    if is_https(app) { format!("__Host-{base}") } else { base.to_owned() }
}

fn is_https(app: &App) -> bool {
    app.config().public_url.scheme() == "https"
}

fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(said, _)| *said == name)
        .map(|(_, value)| value)
}

/// Not the hash of a token: a cookie is no bearer token, and a bearer token is no cookie.
fn session_mac(app: &App, secret: &str) -> Vec<u8> {
    app.pepper().mac("web session", &[secret.as_bytes()]).to_vec()
}

fn link_mac(app: &App, secret: &str) -> Vec<u8> {
    app.pepper().mac("link holder", &[secret.as_bytes()]).to_vec()
}

fn passkey_mac(app: &App, secret: &str) -> Vec<u8> {
    app.pepper().mac("passkey holder", &[secret.as_bytes()]).to_vec()
}

async fn signed(app: &App, secret: &str, acts: bool) -> Result<Option<Signed>, Problem> {
    let now = app.clock().now();
    let Some(session) = app.storage().session(&session_mac(app, secret), now).await? else {
        return Ok(None);
    };
    let account = app.storage().account(&session.account_id).await?;
    if acts && session.last_used_at + TOUCH <= now {
        app.storage().touch(&session.id, now, now + IDLE_LIFE).await?;
    }
    Ok(account.map(|account| Signed { session, account }))
}

/// `Firefox on Android`: enough to recognise it by, and no more.
fn browser(agent: &str) -> String {
    // The first that fits: later ones name themselves inside of earlier ones.
    let named = |list: &[(&str, &'static str)]| {
        list.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    let browser = named(&[
        ("SamsungBrowser/", "Samsung Internet"),
        ("EdgA/", "Edge"),
        ("EdgiOS/", "Edge"),
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = named(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => "Browser".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::browser;

    #[test]
    fn browsers_are_named_coarsely() {
        for (agent, name) in [
            ("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "Firefox on Android"),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/18.5 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 \
                 Chrome/130.0.0.0 Mobile Safari/537.36",
                "Samsung Internet on Android",
            ),
            ("curl/8", "Browser"),
            ("<script>", "Browser"),
        ] {
            assert_eq!(browser(agent), name);
        }
    }
}
