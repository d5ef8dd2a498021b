//! Servers whose identity cannot be checked are not talked to: neither a request nor a second try without TLS.

#![expect(clippy::unwrap_used, reason = "a surprise must stop the test")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use accounts::ErrorKind;
use accounts::Provider as _;
use accounts::clock::{Clock as _, SystemClock};
use accounts::http::{Call, Http};
use accounts::provider::Desk;
use accounts::provider::recovery_server::RecoveryServer;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// The first byte of every TLS connection (RFC 8446, 5.1: a handshake record).
const HANDSHAKE: u8 = 22;
const ABOUT: &str = r#"{"server":"regain-recovery-server","api":1,"version":"1","name":"Dorfladen","practice":false,"password":{"min_length":15,"max_length":256}}"#;

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// For a name, valid from yesterday until tomorrow.
fn leaf(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.not_before = (SystemClock.now() - DAY).into();
    params.not_after = (SystemClock.now() + DAY).into();
    params
}

fn signed(params: CertificateParams, by: &CertifiedIssuer<'static, KeyPair>) -> TlsAcceptor {
    let key = KeyPair::generate().unwrap();
    acceptor(params.signed_by(&key, by).unwrap().der().clone(), &key)
}

fn acceptor(certificate: CertificateDer<'static>, key: &KeyPair) -> TlsAcceptor {
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// What a server does with a connection on which TLS stands.
#[derive(Clone, Copy)]
enum Then {
    Answers,
    /// Takes the request and sends bytes that are no TLS.
    BreaksTheSeal,
}

/// A listening server, and what it saw.
struct Site {
    address: String,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug, Default, Clone, PartialEq)]
struct Seen {
    /// The first byte of each connection.
    first_bytes: Vec<u8>,
    requests: usize,
}

impl Site {
    async fn open(tls: TlsAcceptor, then: Then) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let seen = Arc::<Mutex<Seen>>::default();
        let shared = seen.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                // A client that hangs up is what most of these tests are about.
                let _ = receive(stream, &tls, then, &shared).await;
            }
        });
        Self { address, seen }
    }

    /// Asks for what is there, as finding a server does for each kind.
    async fn find(&self, http: Http) -> Result<String, ErrorKind> {
        let found = RecoveryServer::find(desk(http, &self.address)).await;
        found.map(|found| found.about().name.clone()).map_err(|error| error.kind())
    }

    async fn kind_of(&self, http: &Http, changes: bool) -> ErrorKind {
        let call = Call::post(self.address.parse().unwrap(), Value::from("a secret"));
        let call = if changes { call.changes() } else { call };
        http.send(call).await.map(|_| ()).unwrap_err().kind()
    }

    fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }
}

async fn receive(
    stream: TcpStream,
    tls: &TlsAcceptor,
    then: Then,
    seen: &Mutex<Seen>,
) -> std::io::Result<()> {
    let mut first = [0];
    stream.peek(&mut first).await?;
    seen.lock().unwrap().first_bytes.push(first[0]);
    let mut sealed = tls.accept(stream).await?;
    let mut request = vec![0; 4096];
    let _ = sealed.read(&mut request).await?;
    seen.lock().unwrap().requests += 1;
    match then {
        Then::Answers => {
            let length = ABOUT.len();
            let answer =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{ABOUT}");
            sealed.write_all(answer.as_bytes()).await?;
            sealed.shutdown().await
        }
        Then::BreaksTheSeal => sealed.get_mut().0.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await,
    }
}

fn trusting(authority: &CertifiedIssuer<'static, KeyPair>) -> Http {
    Http::trusting(authority.der()).unwrap()
}

#[tokio::test]
async fn a_certificate_that_holds_is_taken() {
    let authority = authority("ours");
    let site = Site::open(signed(leaf("localhost"), &authority), Then::Answers).await;
    assert_eq!(site.find(trusting(&authority)).await, Ok("Dorfladen".to_owned()));
    assert_eq!(site.seen(), Seen { first_bytes: vec![HANDSHAKE], requests: 1 });
}

#[tokio::test]
async fn whom_nobody_vouches_for_is_told_nothing() {
    let (ours, theirs) = (authority("ours"), authority("theirs"));
    let tomorrow = {
        let mut params = leaf("localhost");
        (params.not_before, params.not_after) =
            ((SystemClock.now() + DAY).into(), (SystemClock.now() + 2 * DAY).into());
        params
    };
    let yesterday = {
        let mut params = leaf("localhost");
        (params.not_before, params.not_after) =
            ((SystemClock.now() - 2 * DAY).into(), (SystemClock.now() - DAY).into());
        params
    };
    let own_key = KeyPair::generate().unwrap();
    let self_signed = leaf("localhost").self_signed(&own_key).unwrap().der().clone();
    for (tls, what) in [
        (signed(tomorrow, &ours), "valid from tomorrow"),
        (signed(yesterday, &ours), "valid until yesterday"),
        (signed(leaf("localhost"), &theirs), "unknown issuer"),
        (acceptor(self_signed, &own_key), "self-signed"),
        (signed(leaf("accounts.elsewhere.example"), &ours), "another name"),
    ] {
        let site = Site::open(tls, Then::Answers).await;
        let http = trusting(&ours);
        assert_eq!(site.find(http.clone()).await, Err(ErrorKind::NotTrusted), "{what}");
        // Nothing was sent, so nothing can have changed.
        for changes in [false, true] {
            assert_eq!(site.kind_of(&http, changes).await, ErrorKind::NotTrusted, "{what}");
        }
        assert_eq!(site.seen(), Seen { first_bytes: vec![HANDSHAKE; 3], requests: 0 }, "{what}");
    }
}

#[tokio::test]
async fn only_the_test_trusts_the_test() {
    let site = Site::open(signed(leaf("localhost"), &authority("ours")), Then::Answers).await;
    assert_eq!(site.find(Http::new().unwrap()).await, Err(ErrorKind::NotTrusted));
    assert_eq!(site.seen().requests, 0);
}

/// A server without TLS that sends `answer` and hangs up, or (`None`) says nothing; and what it was sent.
async fn without_tls(answer: Option<&'static str>) -> (String, Arc<Mutex<Vec<Vec<u8>>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("https://{}", listener.local_addr().unwrap());
    let heard = Arc::<Mutex<Vec<Vec<u8>>>>::default();
    let shared = heard.clone();
    tokio::spawn(async move {
        let mut open = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut bytes = vec![0; 4096];
            let length = stream.read(&mut bytes).await.unwrap_or_default();
            bytes.truncate(length);
            shared.lock().unwrap().push(bytes);
            match answer {
                // Hanging up early may be too early for the client to read what was said.
                Some(answer) => {
                    let _ = stream.write_all(answer.as_bytes()).await;
                }
                None => open.push(stream),
            }
        }
    });
    (address, heard)
}

#[tokio::test]
async fn a_server_without_tls_is_not_asked_in_clear() {
    for (answer, kind) in [
        ("HTTP/1.1 400 Bad Request\r\n\r\nThis is not TLS", ErrorKind::NotTrusted),
        ("220 smtp.example ESMTP\r\n", ErrorKind::NotTrusted),
        // Hung up without a word: as good as nobody there.
        ("", ErrorKind::Offline),
    ] {
        let (address, heard) = without_tls(Some(answer)).await;
        let error = RecoveryServer::find(desk(Http::new().unwrap(), &address)).await.map(|_| ()).unwrap_err();
        assert_eq!(error.kind(), kind, "{answer}");
        let change = Call::post(address.parse().unwrap(), Value::from("a secret")).changes();
        assert_eq!(Http::new().unwrap().send(change).await.map(|_| ()).unwrap_err().kind(), kind, "{answer}");
        let heard = heard.lock().unwrap();
        assert_eq!(heard.iter().map(|bytes| bytes[0]).collect::<Vec<_>>(), [HANDSHAKE; 2], "{answer}");
    }
}

#[tokio::test]
async fn a_handshake_that_never_ends_is_given_up() {
    let (address, heard) = without_tls(None).await;
    let http = Http::new().unwrap();
    tokio::time::pause();
    let change = Call::post(address.parse().unwrap(), Value::from("a secret")).changes();
    assert_eq!(http.send(change).await.map(|_| ()).unwrap_err().kind(), ErrorKind::Offline);
    assert_eq!(heard.lock().unwrap()[0][0], HANDSHAKE);
}

#[tokio::test]
async fn tls_that_breaks_after_the_request_leaves_the_outcome_open() {
    let authority = authority("ours");
    let site = Site::open(signed(leaf("localhost"), &authority), Then::BreaksTheSeal).await;
    let http = trusting(&authority);
    assert_eq!(site.kind_of(&http, true).await, ErrorKind::OutcomeUnknown);
    assert_eq!(site.kind_of(&http, false).await, ErrorKind::ServerTrouble);
    assert_eq!(site.seen(), Seen { first_bytes: vec![HANDSHAKE; 2], requests: 2 });
}

fn desk(http: Http, address: &str) -> Desk {
    Desk {
        http,
        clock: Arc::new(SystemClock),
        base: address.parse().unwrap(),
        device: "Regain on a test".into(),
    }
}
