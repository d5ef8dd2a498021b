use std::collections::HashMap;

use async_trait::async_trait;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde_json::{Value, json};

use super::*;

const JANA: &str = "did:plc:ewvi7nxzyoun6zhxrhs64oiz";
const OTHER: &str = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa";

/// What a domain says, without a network.
#[derive(Default)]
struct Domain {
    txt: Vec<&'static str>,
    page: Option<&'static str>,
    txt_fails: bool,
    page_fails: Option<ErrorKind>,
}

#[async_trait]
impl Lookup for Domain {
    async fn txt(&self, name: &str) -> Result<Vec<String>> {
        assert_eq!(name, "_atproto.jana.test");
        if self.txt_fails {
            return Err(ErrorKind::Offline.into());
        }
        Ok(self.txt.iter().map(|text| (*text).to_owned()).collect())
    }

    async fn page(&self, url: Url) -> Result<Option<String>> {
        assert_eq!(url.as_str(), "https://jana.test/.well-known/atproto-did");
        match self.page_fails {
            Some(kind) => Err(kind.into()),
            None => Ok(self.page.map(str::to_owned)),
        }
    }
}

fn jana() -> Value {
    json!({
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": JANA,
        "alsoKnownAs": ["at://Jana.test"],
        "verificationMethod": [],
        "service": [
            { "id": "#other", "type": ["Many"], "serviceEndpoint": { "uri": "https://x.example" } },
            { "id": "#atproto_pds", "type": "SomethingElse", "serviceEndpoint": "https://wrong.example" },
            {
                "id": "#atproto_pds",
                "type": "AtprotoPersonalDataServer",
                "serviceEndpoint": "https://pds.dorfladen.example",
            },
        ],
    })
}

/// A directory on loopback that knows these documents, and its address.
async fn directory(documents: Vec<(&str, Value)>) -> Url {
    async fn one(State(known): State<Arc<HashMap<String, Value>>>, Path(did): Path<String>) -> Response {
        match known.get(&did) {
            Some(Value::Null) => StatusCode::GONE.into_response(),
            Some(Value::Number(_)) => StatusCode::BAD_GATEWAY.into_response(),
            Some(document) => document.to_string().into_response(),
            None => StatusCode::NOT_FOUND.into_response(),
        }
    }
    let known: HashMap<String, Value> =
        documents.into_iter().map(|(did, document)| (did.to_owned(), document)).collect();
    let pages = Router::new()
        .route("/{did}", get(one))
        .route("/.well-known/{did}", get(one))
        .with_state(Arc::new(known));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { axum::serve(listener, pages).await });
    url
}

async fn resolver(domain: Domain, document: Value) -> Resolver {
    let plc = directory(vec![(JANA, document)]).await;
    Resolver::with(Http::new().unwrap(), plc, Arc::new(domain))
}

async fn found(domain: Domain) -> Result<Option<String>> {
    let found = resolver(domain, jana()).await.pds_of("@jana.test").await;
    found.map(|url| url.map(String::from))
}

fn pds() -> Option<String> {
    Some("https://pds.dorfladen.example/".into())
}

const IN_DNS: &str = "did=did:plc:ewvi7nxzyoun6zhxrhs64oiz";

#[tokio::test]
async fn either_place_may_answer_alone() {
    let dns = Domain { txt: vec!["v=spf1 -all", IN_DNS], ..Domain::default() };
    assert_eq!(found(dns).await.unwrap(), pds());
    let page = Domain { page: Some("did:plc:ewvi7nxzyoun6zhxrhs64oiz\n"), ..Domain::default() };
    assert_eq!(found(page).await.unwrap(), pds());
    let both = Domain { txt: vec![IN_DNS, IN_DNS], page: Some(JANA), ..Domain::default() };
    assert_eq!(found(both).await.unwrap(), pds());
}

#[tokio::test]
async fn one_place_may_be_out_of_order() {
    let dns = Domain { txt: vec![IN_DNS], page_fails: Some(ErrorKind::ServerTrouble), ..Domain::default() };
    assert_eq!(found(dns).await.unwrap(), pds());
    let page = Domain { page: Some(JANA), txt_fails: true, ..Domain::default() };
    assert_eq!(found(page).await.unwrap(), pds());
}

#[tokio::test]
async fn two_answers_must_be_one() {
    let differ = Domain { txt: vec![IN_DNS], page: Some(OTHER), ..Domain::default() };
    assert_eq!(found(differ).await.unwrap_err().kind(), ErrorKind::Protocol);
    let twice = Domain { txt: vec![IN_DNS, "did=did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"], ..Domain::default() };
    assert_eq!(found(twice).await.unwrap_err().kind(), ErrorKind::Protocol);
}

#[tokio::test]
async fn a_domain_without_an_account_is_no_handle() {
    assert_eq!(found(Domain::default()).await.unwrap(), None);
    // Many servers answer every path with their front page.
    let hotel = Domain { page: Some("<html>Welcome to our hotel</html>"), ..Domain::default() };
    assert_eq!(found(hotel).await.unwrap(), None);
    let no_host = Domain { page_fails: Some(ErrorKind::Offline), ..Domain::default() };
    assert_eq!(found(no_host).await.unwrap(), None);
}

#[tokio::test]
async fn what_could_not_be_asked_is_not_taken_for_no() {
    let offline = Domain { txt_fails: true, page_fails: Some(ErrorKind::Offline), ..Domain::default() };
    assert_eq!(found(offline).await.unwrap_err().kind(), ErrorKind::Offline);
    let half = Domain { txt_fails: true, ..Domain::default() };
    assert_eq!(found(half).await.unwrap_err().kind(), ErrorKind::Offline);
    let trouble = Domain { page_fails: Some(ErrorKind::ServerTrouble), ..Domain::default() };
    assert_eq!(found(trouble).await.unwrap_err().kind(), ErrorKind::ServerTrouble);
}

#[tokio::test]
async fn the_account_must_name_the_handle_too() {
    let mut document = jana();
    document["alsoKnownAs"] = json!(["at://jana.example.com"]);
    let domain = Domain { txt: vec![IN_DNS], ..Domain::default() };
    let stolen = resolver(domain, document.clone()).await.pds_of("jana.test").await;
    assert_eq!(stolen.unwrap_err().kind(), ErrorKind::Protocol);
    // Asked for by its DID, its handle does not matter.
    assert!(resolver(Domain::default(), document).await.pds_of(JANA).await.unwrap().is_some());
}

#[tokio::test]
async fn a_document_that_is_another_ones_is_refused() {
    let mut document = jana();
    document["id"] = json!(OTHER);
    let other = resolver(Domain::default(), document).await.pds_of(JANA).await;
    assert_eq!(other.unwrap_err().kind(), ErrorKind::Protocol);
}

#[tokio::test]
async fn a_pds_in_the_clear_is_refused_and_one_of_this_computer_is_not() {
    for (endpoint, good) in [
        ("http://pds.dorfladen.example", false),
        ("https://pds.dorfladen.example/path", false),
        ("http://127.0.0.1:2583", true),
    ] {
        let mut document = jana();
        document["service"][2]["serviceEndpoint"] = json!(endpoint);
        document["service"][2]["id"] = json!(format!("{JANA}#atproto_pds"));
        let found = resolver(Domain::default(), document).await.pds_of(JANA).await;
        assert_eq!(found.is_ok_and(|url| url.is_some()), good, "{endpoint}");
    }
}

#[tokio::test]
async fn an_account_that_is_not_there_is_none() {
    let plc = directory(vec![(JANA, Value::Null), ("did.json", Value::Null)]).await;
    let resolver = Resolver::with(Http::new().unwrap(), plc, Arc::new(Domain::default()));
    assert_eq!(resolver.pds_of(JANA).await.unwrap(), None, "given up");
    assert_eq!(resolver.pds_of(OTHER).await.unwrap(), None, "never registered");
    let mut without = jana();
    without["service"] = json!([]);
    let resolver = self::resolver(Domain::default(), without).await;
    assert_eq!(resolver.pds_of(JANA).await.unwrap(), None, "no server of this kind");
}

#[tokio::test]
async fn a_directory_in_trouble_is_told() {
    let plc = directory(vec![(JANA, json!(1))]).await;
    let resolver = Resolver::with(Http::new().unwrap(), plc, Arc::new(Domain::default()));
    assert_eq!(resolver.pds_of(JANA).await.unwrap_err().kind(), ErrorKind::ServerTrouble);
}

#[tokio::test]
async fn a_did_of_the_web_is_asked_for_at_its_host() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let did = format!("did:web:127.0.0.1%3A{}", listener.local_addr().unwrap().port());
    let mut document = jana();
    document["id"] = json!(did);
    let page = Router::new().route("/.well-known/did.json", get(async move || document.to_string()));
    tokio::spawn(async move { axum::serve(listener, page).await });
    let nowhere = "http://127.0.0.1:9/".parse().unwrap();
    let resolver = Resolver::with(Http::new().unwrap(), nowhere, Arc::new(Domain::default()));
    assert_eq!(resolver.pds_of(&did).await.unwrap().map(String::from), pds());
}

#[tokio::test]
async fn what_is_neither_handle_nor_did_is_told_apart() {
    let resolver = resolver(Domain::default(), jana()).await;
    for typed in ["jana", "jana.onion", "jana@mail.example", "did:key:abc"] {
        assert_eq!(resolver.pds_of(typed).await.unwrap_err().kind(), ErrorKind::BadIdentifier, "{typed}");
    }
    let live = Resolver::new(Http::new().unwrap()).unwrap();
    assert_eq!(live.pds_of("jana.test").await.unwrap_err().kind(), ErrorKind::BadIdentifier);
}

#[tokio::test]
async fn redirects_of_a_page_are_followed_a_few_times() {
    async fn step(Path(left): Path<u32>) -> Response {
        match left {
            0 => JANA.into_response(),
            left => (StatusCode::FOUND, [("location", format!("/{}", left - 1))]).into_response(),
        }
    }
    let pages = Router::new()
        .route("/{left}", get(step))
        .route("/out", get(async || (StatusCode::FOUND, [("location", "ftp://x.example/")])));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base: Url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { axum::serve(listener, pages).await });
    let network = lookup::Network(Http::new().unwrap());
    assert_eq!(network.page(base.join("3").unwrap()).await.unwrap().as_deref(), Some(JANA));
    assert_eq!(network.page(base.join("4").unwrap()).await.unwrap(), None);
    assert_eq!(network.page(base.join("out").unwrap()).await.unwrap(), None);
    assert_eq!(network.page(base.join("no/such/page").unwrap()).await.unwrap(), None);
}
