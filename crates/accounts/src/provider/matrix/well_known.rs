//! From a Matrix ID to the homeserver of its domain (Matrix specification, "Server Discovery").

use url::{Host, Url};

use super::{FINDING, wire};
use crate::address;
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Call, Http, Reply};

/// Longest Matrix ID with its sigil and domain, in bytes (Matrix specification, "User Identifiers").
const MAX_LENGTH: usize = 255;
/// How often a domain may point elsewhere.
const MAX_REDIRECTS: usize = 3;

/// `@user:domain`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatrixId {
    pub user: String,
    /// With its port, where it has one.
    pub domain: String,
}

/// Reads a Matrix ID, with the letters of historical ones in the user's name.
pub fn parse_id(text: &str) -> Option<MatrixId> {
    let text = text.trim();
    let (user, domain) = text.strip_prefix('@')?.split_once(':')?;
    let sound = text.len() <= MAX_LENGTH && !user.is_empty() && user.chars().all(|c| c.is_ascii_graphic());
    (sound && is_server_name(domain)).then(|| MatrixId { user: user.into(), domain: domain.into() })
}

/// Asks a domain, which may be that of a Matrix ID, for its homeserver. `None`: it says nothing about one.
///
/// Its port is that of servers among themselves and of no use here, except on this computer, for tests. Errors:
/// `BadIdentifier` for no domain at all, `Protocol` for an answer that cannot be followed.
pub async fn homeserver_of(http: &Http, domain: &str) -> Result<Option<Url>> {
    let mut origin = address::parse(domain).map_err(|_| Error::from(ErrorKind::BadIdentifier))?;
    let here = address::is_loopback(&origin);
    if !here && (origin.scheme() != "https" || origin.set_port(None).is_err()) {
        return Err(ErrorKind::BadIdentifier.into());
    }
    let mut url = origin.join(".well-known/matrix/client")?;
    for _ in 0..=MAX_REDIRECTS {
        let reply = http.send(Call::get(url.clone()).within(FINDING)).await?;
        match reply.status {
            404 => return Ok(None),
            200 => return told(&reply, here).map(Some),
            301 | 302 | 303 | 307 | 308 => {
                let target = reply.header("location").and_then(|target| url.join(target).ok());
                url = target.filter(|target| may_be_used(target, here)).ok_or(ErrorKind::Protocol)?;
            }
            _ => return Err(ErrorKind::Protocol.into()),
        }
    }
    Err(ErrorKind::Protocol.into())
}

fn told(reply: &Reply, here: bool) -> Result<Url> {
    let told: wire::WellKnown = reply.json()?;
    let mut base = Url::parse(&told.homeserver.base_url).map_err(|_| Error::from(ErrorKind::Protocol))?;
    let bare = base.query().is_none() && base.fragment().is_none();
    if !bare || !may_be_used(&base, here) {
        return Err(ErrorKind::Protocol.into());
    }
    if !base.path().ends_with('/') {
        base.set_path(&format!("{}/", base.path()));
    }
    Ok(base)
}

/// Nobody far away points to this computer, and nobody points to where everyone could read along.
fn may_be_used(url: &Url, here: bool) -> bool {
    let anonymous = url.username().is_empty() && url.password().is_none();
    let loopback = address::is_loopback(url);
    anonymous && (!loopback || here) && (url.scheme() == "https" || url.scheme() == "http" && loopback)
}

/// A host name, an IPv4 address or an IPv6 address in brackets, then perhaps a port.
fn is_server_name(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let is_port = |port: &str| {
        !port.is_empty() && port.chars().all(|c| c.is_ascii_digit()) && port.parse::<u16>().is_ok()
    };
    let is_name = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))
    };
    let is_host = match Host::parse(host) {
        Ok(Host::Domain(_)) => is_name(host),
        Ok(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        Err(_) => false,
    };
    is_host && port.is_none_or(is_port)
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::http::{StatusCode, header};
    use axum::response::IntoResponse as _;
    use axum::routing::get;
    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn matrix_ids_are_told_from_all_else() {
        for (text, user, domain) in [
            ("@jana:matrix.example", "jana", "matrix.example"),
            (" @jana:matrix.example:8448 ", "jana", "matrix.example:8448"),
            ("@Jana=40/x:1.2.3.4", "Jana=40/x", "1.2.3.4"),
            ("@jana:[::1]:8008", "jana", "[::1]:8008"),
            ("@jana:[::1]", "jana", "[::1]"),
            ("@jana:localhost", "jana", "localhost"),
        ] {
            let id = parse_id(text).unwrap();
            assert_eq!((&*id.user, &*id.domain), (user, domain), "{text}");
        }
        let (fits, long) =
            (format!("@{}:b.example", "a".repeat(244)), format!("@{}:b.example", "a".repeat(245)));
        assert!(parse_id(&fits).is_some() && parse_id(&long).is_none());
        for text in [
            "",
            "jana",
            "@jana",
            "@:b.example",
            "@jana:",
            "@jana@social.example",
            "jana:b.example",
            "@jana:b example",
            "@jana:b.example:",
            "@jana:b.example:99999",
            "@jana:b.example:+80",
            "@яна:b.example",
            "@jana:b_c.example/x",
            "@jana:[::1",
        ] {
            assert!(parse_id(text).is_none(), "{text}");
        }
    }

    /// A domain that answers with this; `{here}` stands for its own address.
    async fn domain(status: u16, location: &'static str, body: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let here = listener.local_addr().unwrap().to_string();
        let (target, body) = (location.replace("{here}", &here), body.replace("{here}", &here));
        let answer = move |status: u16, target: String, body: String| {
            (StatusCode::from_u16(status).unwrap(), [(header::LOCATION, target)], body).into_response()
        };
        let (first, last) = (answer, body.clone());
        let router = Router::new()
            .route("/.well-known/matrix/client", get(async move || first(status, target, body)))
            .route("/elsewhere", get(async move || last));
        tokio::spawn(async move { axum::serve(listener, router).await });
        here
    }

    async fn found(status: u16, location: &'static str, body: &'static str) -> Result<Option<String>> {
        let domain = domain(status, location, body).await;
        let base = homeserver_of(&Http::new().unwrap(), &domain).await?;
        Ok(base.map(|base| base.to_string().replace(&domain, "{here}")))
    }

    #[tokio::test]
    async fn a_domain_says_where_its_homeserver_is() {
        let told = found(200, "", r#"{"m.homeserver":{"base_url":"https://m.example/x"},"z":1}"#).await;
        assert_eq!(told.unwrap().as_deref(), Some("https://m.example/x/"));
        let told = found(200, "", r#"{"m.homeserver":{"base_url":"http://{here}"}}"#).await;
        assert_eq!(told.unwrap().as_deref(), Some("http://{here}/"));
        assert_eq!(found(404, "", "").await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_domain_may_point_elsewhere_but_not_for_ever() {
        let body = r#"{"m.homeserver":{"base_url":"https://m.example"}}"#;
        for target in ["/elsewhere", "http://{here}/elsewhere"] {
            assert_eq!(found(308, target, body).await.unwrap().as_deref(), Some("https://m.example/"));
        }
        for target in ["", "/.well-known/matrix/client", "http://far.example/", "ftp://{here}/"] {
            assert_eq!(found(302, target, body).await.unwrap_err().kind(), ErrorKind::Protocol, "{target}");
        }
    }

    #[tokio::test]
    async fn what_cannot_be_followed_is_no_answer() {
        for (status, body) in [
            (200, ""),
            (200, "<html>"),
            (200, "{}"),
            (200, r#"{"m.homeserver":{"base_url":7}}"#),
            (200, r#"{"m.homeserver":{"base_url":"m.example"}}"#),
            (200, r#"{"m.homeserver":{"base_url":"http://m.example"}}"#),
            (200, r#"{"m.homeserver":{"base_url":"https://me:it@m.example"}}"#),
            (200, r#"{"m.homeserver":{"base_url":"https://m.example/?x"}}"#),
            (403, ""),
            (500, ""),
        ] {
            assert_eq!(found(status, "", body).await.unwrap_err().kind(), ErrorKind::Protocol, "{body}");
        }
    }

    #[test]
    fn nobody_far_away_points_to_this_computer() {
        assert!(!may_be_used(&"http://127.0.0.1/".parse().unwrap(), false));
        assert!(!may_be_used(&"https://localhost/".parse().unwrap(), false));
        assert!(may_be_used(&"https://m.example/".parse().unwrap(), false));
    }

    #[tokio::test]
    async fn what_is_no_domain_is_not_asked() {
        let http = Http::new().unwrap();
        for text in ["", "a b", "matrix", "http://far.example", "me@far.example"] {
            assert_eq!(
                homeserver_of(&http, text).await.unwrap_err().kind(),
                ErrorKind::BadIdentifier,
                "{text}"
            );
        }
    }
}
