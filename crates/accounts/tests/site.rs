//! Finding the page where a site changes passwords, in a small internet of its own: its names, its authority, on loopback.

#![expect(clippy::unwrap_used, reason = "a surprise must stop the test")]

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use accounts::ErrorKind;
use accounts::clock::{Clock as _, SystemClock};
use accounts::http::Http;
use accounts::site::list::{Import, ImportProblem, Kind, Origin, Part, Refusal};
use accounts::site::{By, Finder, Host, Looked, Page, SiteList};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::server::TlsStream;

const PAGE: &str = "/.well-known/change-password";
const PROBE: &str = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Hosts that the authority vouches for.
const HOSTS: [&str; 4] = ["shop.example", "login.shop.example", "other.example", "lists.example"];

#[derive(Debug, Clone)]
enum Answer {
    Is(u16),
    To(u16, &'static str),
    Says(Vec<u8>),
    /// A body that goes on until nobody reads it any more.
    Endless,
    /// Hangs up without a word.
    Reset,
    /// Says nothing, and stays.
    Stalls,
}

use Answer::{Endless, Is, Reset, Says, Stalls, To};

fn html() -> Answer {
    Says(b"<!DOCTYPE html><title>Sorry, we could not find that</title>".to_vec())
}

/// What each host answers to a path.
type Site = fn(&str, &str) -> Answer;

struct World {
    at: SocketAddr,
    authority: Vec<u8>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl World {
    async fn open(site: impl Fn(&str, &str) -> Answer + Send + Sync + 'static) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let mut leaf = CertificateParams::new(HOSTS.map(str::to_owned).to_vec()).unwrap();
        leaf.not_before = (SystemClock.now() - DAY).into();
        leaf.not_after = (SystemClock.now() + DAY).into();
        let key = KeyPair::generate().unwrap();
        let certificate = leaf.signed_by(&key, &authority).unwrap().der().clone();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        let tls = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let (heard, site) = (requests.clone(), Arc::new(site));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (tls, site, heard) = (tls.clone(), site.clone(), heard.clone());
                tokio::spawn(async move {
                    // A client that hangs up is what some of these tests are about.
                    let _ = receive(stream, &tls, &*site, &heard).await;
                });
            }
        });
        Self { at, authority: authority.der().to_vec(), requests }
    }

    /// A client in this world, where every host is but those inside, and those that do not exist.
    fn http(&self) -> Http {
        let at = self.at;
        Http::outside_of(&self.authority, move |name| match name {
            "gone.example" => Vec::new(),
            "inside.example" => vec![SocketAddr::from(([10, 0, 0, 1], at.port()))],
            _ => vec![at],
        })
        .unwrap()
    }

    async fn find(&self, host: &str) -> Page {
        find(self.http(), host, SiteList::built_in()).await
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn find(http: Http, host: &str, list: SiteList) -> Page {
    Finder::new(http, Arc::new(list)).find(&Host::read(host).unwrap()).await.unwrap()
}

async fn receive(
    stream: TcpStream,
    tls: &TlsAcceptor,
    site: &(dyn Fn(&str, &str) -> Answer + Send + Sync),
    heard: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut sealed = tls.accept(stream).await?;
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        sealed.read_exact(&mut byte).await?;
        request.push(byte[0]);
    }
    let request = String::from_utf8(request).unwrap();
    heard.lock().unwrap().push(request.clone());
    let path = request.split(' ').nth(1).unwrap();
    let host = request.lines().find_map(|line| line.to_lowercase().strip_prefix("host: ").map(str::to_owned));
    let answer = site(host.unwrap().trim(), path);
    say(&mut sealed, answer).await
}

async fn say(to: &mut TlsStream<TcpStream>, answer: Answer) -> std::io::Result<()> {
    let (head, body) = match answer {
        Is(status) => (format!("{status} x"), Vec::new()),
        To(status, location) => (format!("{status} x\r\nLocation: {location}"), Vec::new()),
        Says(body) => ("200 x".to_owned(), body),
        Endless => {
            to.write_all(b"HTTP/1.1 200 x\r\n\r\n").await?;
            loop {
                to.write_all(&[b'x'; 16 * 1024]).await?;
            }
        }
        Reset => return Ok(()),
        Stalls => return std::future::pending().await,
    };
    let length = body.len();
    let head = format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    to.write_all(head.as_bytes()).await?;
    to.write_all(&body).await?;
    to.shutdown().await
}

/// Honest about what is not there; the page as given.
macro_rules! honest {
    ($($path:pat => $answer:expr),* $(,)?) => {
        |_, path| match path { $($path => $answer,)* _ => Is(404) }
    };
}

struct Row {
    what: &'static str,
    site: Site,
    by: By,
    looked: Looked,
    ends_at: Option<&'static str>,
}

const fn found(what: &'static str, ends_at: &'static str, site: Site) -> Row {
    Row { what, site, by: By::WellKnown, looked: Looked::Answered, ends_at: Some(ends_at) }
}

const fn nothing(what: &'static str, looked: Looked, site: Site) -> Row {
    Row { what, site, by: By::FrontPage, looked, ends_at: None }
}

fn hop(path: &str, of: usize) -> Answer {
    const HOPS: [&str; 7] = ["/1", "/2", "/3", "/4", "/5", "/6", "/7"];
    let reached = HOPS.iter().position(|hop| *hop == path).map_or(0, |at| at + 1);
    if reached == of { Is(200) } else { To(302, HOPS[reached]) }
}

const MATRIX: &[Row] = &[
    found("the page is there", "https://shop.example/.well-known/change-password", honest!(PAGE => html())),
    found(
        "no content is ok, too",
        "https://shop.example/.well-known/change-password",
        honest!(PAGE => Is(204)),
    ),
    nothing("404 to both", Looked::Answered, honest!()),
    nothing("200 to everything", Looked::Answered, |_, _| Is(200)),
    nothing("a page of its own for what is not there, with 200", Looked::Answered, |_, _| html()),
    nothing("201 to everything", Looked::Answered, |_, _| Is(201)),
    nothing("sign-in for everything", Looked::Answered, |_, path| match path {
        "/sign-in" => Is(200),
        _ => To(302, "/sign-in"),
    }),
    nothing("everything to the front page", Looked::Answered, |_, path| match path {
        "/" => Is(200),
        _ => To(301, "/"),
    }),
    nothing(
        "only the page to the front page",
        Looked::Answered,
        honest!(PAGE => To(302, "/"), "/" => Is(200)),
    ),
    nothing("401", Looked::Answered, honest!(PAGE => Is(401))),
    nothing("500 to everything", Looked::Answered, |_, _| Is(500)),
    nothing("the page, but no honest no", Looked::Unreached, honest!(PAGE => Is(200), PROBE => Reset)),
    nothing(
        "the page, but the no leads inside",
        Looked::LedAstray,
        honest!(
            PAGE => Is(200), PROBE => To(302, "https://10.0.0.1/")
        ),
    ),
    found(
        "a redirect",
        "https://shop.example/account/password?x=1",
        honest!(
            PAGE => To(302, "/account/password?x=1"), "/account/password?x=1" => Is(200)
        ),
    ),
    found(
        "a part of the front page",
        "https://shop.example/#/password",
        honest!(
            PAGE => To(302, "/#/password"), "/" => Is(200)
        ),
    ),
    found(
        "301, 303, 307 and 308",
        "https://shop.example/4",
        honest!(
            PAGE => To(301, "/1"), "/1" => To(303, "/2"), "/2" => To(307, "/3"), "/3" => To(308, "/4"), "/4" => Is(200)
        ),
    ),
    nothing("a redirect to what is not there", Looked::Answered, honest!(PAGE => To(302, "/gone"))),
    nothing("a redirect to nowhere", Looked::Answered, honest!(PAGE => Is(302))),
    nothing("a loop", Looked::LedAstray, honest!(PAGE => To(302, "/back"), "/back" => To(302, PAGE))),
    found(
        "five hops",
        "https://shop.example/5",
        |_, path| if path == PROBE { Is(404) } else { hop(path, 5) },
    ),
    nothing("six hops", Looked::LedAstray, |_, path| if path == PROBE { Is(404) } else { hop(path, 6) }),
    found("another host of the same site", "https://login.shop.example/password", |host, path| {
        match (host, path) {
            ("shop.example", PAGE) => To(302, "https://login.shop.example/password"),
            ("login.shop.example", "/password") => Is(200),
            _ => Is(404),
        }
    }),
    found("another site", "https://other.example/password", |host, path| match (host, path) {
        ("shop.example", PAGE) => To(302, "//other.example/password"),
        ("other.example", "/password") => Is(200),
        _ => Is(404),
    }),
    nothing("to http", Looked::LedAstray, honest!(PAGE => To(302, "http://shop.example/password"))),
    nothing(
        "to http and back",
        Looked::LedAstray,
        honest!(
            PAGE => To(302, "http://shop.example/password"), "/password" => Is(200)
        ),
    ),
    nothing("to another port", Looked::LedAstray, honest!(PAGE => To(302, "https://shop.example:8443/"))),
    nothing("to another scheme", Looked::LedAstray, honest!(PAGE => To(302, "javascript:alert(1)"))),
    nothing(
        "with a person's name",
        Looked::LedAstray,
        honest!(PAGE => To(302, "https://jana@shop.example/x")),
    ),
    nothing("to this computer", Looked::LedAstray, honest!(PAGE => To(302, "https://127.0.0.1/password"))),
    nothing(
        "to this computer by name",
        Looked::LedAstray,
        honest!(PAGE => To(302, "https://localhost/password")),
    ),
    nothing("to the router", Looked::LedAstray, honest!(PAGE => To(302, "https://192.168.0.1/password"))),
    nothing(
        "to the cloud's own data",
        Looked::LedAstray,
        honest!(PAGE => To(302, "https://169.254.169.254/")),
    ),
    nothing("to an address of the internet", Looked::LedAstray, honest!(PAGE => To(302, "https://1.1.1.1/"))),
    nothing("to a unique local address", Looked::LedAstray, honest!(PAGE => To(302, "https://[fd00::1]/"))),
    nothing(
        "to a name that leads inside",
        Looked::LedAstray,
        honest!(PAGE => To(302, "https://inside.example/")),
    ),
    nothing(
        "to a name that does not exist",
        Looked::Unreached,
        honest!(PAGE => To(302, "https://gone.example/")),
    ),
    nothing(
        "to whom nobody vouches for",
        Looked::NotTrusted,
        honest!(PAGE => To(302, "https://evil.example/")),
    ),
    found(
        "a body without end, which is not read",
        "https://shop.example/.well-known/change-password",
        honest!(
            PAGE => Endless
        ),
    ),
    nothing("a no without end", Looked::Answered, |_, _| Endless),
    nothing("hung up", Looked::Unreached, |_, _| Reset),
    nothing("the page hung up", Looked::Unreached, honest!(PAGE => Reset)),
];

#[tokio::test]
async fn each_answer_of_a_site_means_what_it_should() {
    for row in MATRIX {
        let page = World::open(row.site).await.find("shop.example").await;
        let seen = (page.by, page.looked, page.ends_at.as_ref().map(|url| url.as_str()));
        assert_eq!(seen, (row.by, row.looked, row.ends_at), "{}", row.what);
        let opens = match row.by {
            By::WellKnown => "https://shop.example/.well-known/change-password",
            _ => "https://shop.example/",
        };
        assert_eq!(page.url.as_str(), opens, "{}", row.what);
    }
}

#[tokio::test]
async fn where_it_ends_is_said_when_it_is_elsewhere() {
    let shop = Host::read("shop.example").unwrap();
    for (to, elsewhere) in [
        ("https://shop.example/p", None),
        ("https://login.shop.example/p", Some(("login.shop.example", true))),
        ("https://other.example/p", Some(("other.example", false))),
    ] {
        let world = World::open(move |host, path| match (host, path) {
            ("shop.example", PAGE) => To(302, to),
            (_, "/p") => Is(200),
            _ => Is(404),
        });
        let page = world.await.find("shop.example").await;
        let seen = page.elsewhere(&shop).map(|there| (there.host.as_str().to_owned(), there.same_site));
        assert_eq!(seen, elsewhere.map(|(host, same)| (host.to_owned(), same)), "{to}");
    }
}

#[tokio::test]
async fn a_site_that_does_not_answer_is_given_up() {
    for site in [(|_, _| Stalls) as Site, honest!(PAGE => Stalls), honest!(PAGE => Is(200), PROBE => Stalls)]
    {
        let world = World::open(site).await;
        let http = world.http();
        tokio::time::pause();
        let page = find(http, "shop.example", SiteList::built_in()).await;
        tokio::time::resume();
        assert_eq!((page.by, page.looked), (By::FrontPage, Looked::Unreached));
    }
}

#[tokio::test]
async fn two_requests_are_sent_and_nothing_of_the_person() {
    let world = World::open(honest!(PAGE => To(302, "/p"), "/p" => Is(200))).await;
    let page = world.find("shop.example").await;
    assert_eq!(page.by, By::WellKnown);
    let mut lines: Vec<String> =
        world.requests().iter().map(|one| one.lines().next().unwrap().to_owned()).collect();
    lines.sort();
    assert_eq!(lines, [PAGE, PROBE, "/p"].map(|path| format!("GET {path} HTTP/1.1")));
    for request in world.requests() {
        let names: Vec<String> =
            request.lines().skip(1).filter_map(|line| Some(line.split_once(':')?.0.to_lowercase())).collect();
        for name in &names {
            assert!(["host", "user-agent", "accept"].contains(&name.as_str()), "{name}");
        }
    }
}

#[tokio::test]
async fn the_list_comes_before_the_front_page_and_behind_the_site_itself() {
    let list = || {
        let text = br#"{"shop.example": "https://shop.example/from-the-list"}"#;
        SiteList::with(&[Import::read(text, "change-password-URLs.json", UNIX_EPOCH).unwrap()])
    };
    let urls = |page: &Page| -> Vec<(By, String)> {
        let first = (page.by, page.url.to_string());
        [first].into_iter().chain(page.also.iter().map(|(by, url)| (*by, url.to_string()))).collect()
    };
    let front = (By::FrontPage, "https://shop.example/".to_owned());
    let listed = (By::List, "https://shop.example/from-the-list".to_owned());
    let well_known = (By::WellKnown, format!("https://shop.example{PAGE}"));
    let world = World::open(honest!(PAGE => Is(200))).await;
    let page = find(world.http(), "shop.example", list()).await;
    assert_eq!(urls(&page), [well_known, listed.clone(), front.clone()]);
    let world = World::open(honest!()).await;
    let page = find(world.http(), "shop.example", list()).await;
    assert_eq!(urls(&page), [listed.clone(), front.clone()]);
    assert_eq!(page.looked, Looked::Answered);
    let away = Http::outside_of(&world.authority, |_| Vec::new()).unwrap();
    let page = find(away.clone(), "shop.example", list()).await;
    assert_eq!((urls(&page), page.looked), (vec![listed, front], Looked::Unreached));
    let page = find(away, "www.aliexpress.com", list()).await;
    assert_eq!(page.url.as_str(), "https://login.aliexpress.com/");
    assert_eq!(
        page.elsewhere(&Host::read("www.aliexpress.com").unwrap()).map(|there| there.same_site),
        Some(true)
    );
}

#[tokio::test]
async fn a_name_that_leads_inside_is_not_asked() {
    for name in ["inside.example", "shop.example"] {
        let world = World::open(|_, _| Is(200)).await;
        // The second answer of the name's owner leads inside: neither connection may use what the other was told.
        let (count, at) = (AtomicUsize::new(0), world.at);
        let http = Http::outside_of(&world.authority, move |name| {
            let first = count.fetch_add(1, Ordering::SeqCst) == 0 && name == "shop.example";
            vec![if first { at } else { SocketAddr::from(([192, 168, 0, 1], at.port())) }]
        });
        let page = find(http.unwrap(), name, SiteList::built_in()).await;
        assert_eq!((page.by, page.looked), (By::FrontPage, Looked::LedAstray), "{name}");
        assert!(world.requests().len() <= 1, "{name}");
    }
}

async fn fetch(site: Site, address: &str) -> Result<Result<Part, ImportProblem>, ErrorKind> {
    let http = World::open(site).await.http();
    Import::fetch(&http, address, UNIX_EPOCH + DAY).await.map_err(|error| error.kind())
}

fn pages() -> Answer {
    Says(br#"{"shop.example": "https://shop.example/p", "other.example": "http://other.example/"}"#.to_vec())
}

#[tokio::test]
async fn a_list_is_fetched_from_an_address() {
    let site: Site = |host, path| match (host, path) {
        ("lists.example", "/a.json") => To(302, "https://other.example/raw/a.json"),
        ("other.example", "/raw/a.json") | ("lists.example", "/b/shared-credentials-historical.json") => {
            pages()
        }
        _ => Is(404),
    };
    let part = fetch(site, "lists.example/a.json").await.unwrap().unwrap();
    assert_eq!(
        (part.kind, part.at, part.counts.taken, part.counts.refused),
        (Kind::ChangePages, UNIX_EPOCH + DAY, 1, 1)
    );
    assert_eq!(
        part.from,
        Origin::Address("https://lists.example/a.json".parse().unwrap()),
        "as it was asked for"
    );
    let group = |_: &str, _: &str| Says(br#"[["a.example", "b.example"]]"#.to_vec());
    let part =
        fetch(group, "https://lists.example/b/shared-credentials-historical.json").await.unwrap().unwrap();
    assert_eq!(part.kind, Kind::OnceShared);
}

#[tokio::test]
async fn what_is_no_list_at_an_address_is_said() {
    let large: Site = |_, _| Says(vec![b' '; 20 * 1024 * 1024 + 1]);
    for (site, address, is) in [
        ((|_, _| Is(404)) as Site, "lists.example/a.json", Ok(ImportProblem::NotThere)),
        (|_, _| html(), "lists.example/a.json", Ok(ImportProblem::Refused(Refusal::NotAList))),
        (large, "lists.example/a.json", Ok(ImportProblem::Refused(Refusal::TooLarge))),
        (|_, _| To(302, "http://lists.example/"), "lists.example/a.json", Ok(ImportProblem::LedAstray)),
        (|_, _| pages(), "inside.example/a.json", Ok(ImportProblem::LedAstray)),
        (|_, _| pages(), "gone.example/a.json", Err(ErrorKind::Offline)),
        (|_, _| pages(), "evil.example/a.json", Err(ErrorKind::NotTrusted)),
        (|_, _| Is(503), "lists.example/a.json", Err(ErrorKind::ServerTrouble)),
        (|_, _| Reset, "lists.example/a.json", Err(ErrorKind::ServerTrouble)),
    ] {
        let seen = match fetch(site, address).await {
            Ok(Ok(part)) => panic!("{address}: {part:?}"),
            Ok(Err(problem)) => Ok(problem),
            Err(kind) => Err(kind),
        };
        assert_eq!(seen, is, "{address}");
    }
}
