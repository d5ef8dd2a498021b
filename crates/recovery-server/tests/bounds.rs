//! Too much, too slow, and the end: what a server turns away, cuts, and finishes.

#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "this file uses its own part")]
mod common;
mod wire;

use async_trait::async_trait;
use axum::body::Bytes;
use axum::http::Request;
use common::{PASSWORD, START};
use recovery_server::config::Bounds;
use recovery_server::mail::{Mail, MailError};
use recovery_server::{Deps, Mailer};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpStream, UnixDatagram};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};
use wire::{bind, get, rest};

/// A sign-in that is under way: the server has begun to read its body, which `finish` sends.
struct Begun {
    stream: TcpStream,
    body: String,
}

impl Begun {
    async fn at(address: SocketAddr) -> Self {
        let body =
            serde_json::json!({"identifier": "jana", "password": PASSWORD, "device": "Regain"}).to_string();
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "POST /v1/sign-in HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nexpect: 100-continue\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut go_on = [0; 25];
        stream.read_exact(&mut go_on).await.unwrap();
        assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
        Self { stream, body }
    }

    /// The answer, and whether the connection ended with it.
    async fn finish(mut self) -> (u16, String) {
        self.stream.write_all(self.body.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let mut chunk = [0; 4_096];
        loop {
            let read = self.stream.read(&mut chunk).await.unwrap();
            answer.extend_from_slice(&chunk[..read]);
            let text = String::from_utf8_lossy(&answer);
            if read == 0 || text.ends_with('}') {
                return (text[9..12].parse().unwrap(), text.into_owned());
            }
        }
    }
}

fn bounds(change: impl FnOnce(&mut Bounds)) -> impl FnOnce(&mut Deps) {
    |deps| change(&mut deps.config.bounds)
}

#[tokio::test]
async fn connections_beyond_the_bound_are_told_so_at_once() {
    let (server, _, _) = bind(bounds(|bounds| bounds.connections = 2)).await;
    let server = server.start();
    let mut kept = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
        let mut status = [0; 12];
        stream.read_exact(&mut status).await.unwrap();
        assert_eq!(&status, b"HTTP/1.1 200");
        kept.push(stream);
    }
    let (status, answer) = get(server.address(), "/v1/about").await;
    assert_eq!(status, 503, "{answer}");
    assert!(answer.contains("retry-after: 2\r\n") && answer.contains("\"code\":\"busy\""), "{answer}");
    assert!(answer.contains("connection: close\r\n"), "{answer}");

    kept.pop();
    let room = async { while get(server.address(), "/v1/about").await.0 != 200 {} };
    timeout(Duration::from_secs(20), room).await.unwrap();
    let (_, metrics) = get(server.metrics_address().unwrap(), "/metrics").await;
    assert!(!metrics.contains("connections_refused_total 0\n"), "{metrics}");
    server.stop().await;
}

#[tokio::test]
async fn requests_beyond_the_bound_are_told_so_at_once() {
    let (server, _, _) = bind(bounds(|bounds| bounds.requests = 1)).await;
    let server = server.start();
    let begun = Begun::at(server.address()).await;
    let (status, answer) = get(server.address(), "/v1/about").await;
    assert_eq!(status, 503, "{answer}");
    assert!(answer.contains("retry-after: 2\r\n") && answer.contains("cache-control: no-store"), "{answer}");
    assert_eq!(get(server.address(), "/healthz").await.0, 200, "the process lives");
    assert_eq!(get(server.metrics_address().unwrap(), "/readyz").await.0, 200);
    let (_, metrics) = get(server.metrics_address().unwrap(), "/metrics").await;
    assert!(metrics.contains("recovery_server_requests_refused_total 1\n"), "{metrics}");

    assert_eq!(begun.finish().await.0, 200);
    let room = async { while get(server.address(), "/v1/about").await.0 != 200 {} };
    timeout(Duration::from_secs(20), room).await.unwrap();
    server.stop().await;
}

#[tokio::test]
async fn an_answer_that_is_not_read_is_given_up_and_its_place_is_free_again() {
    let (server, _, _) = bind(bounds(|bounds| bounds.requests = 1)).await;
    let server = server.start();
    let stream = TcpStream::connect(server.address()).await.unwrap();
    // A window of nothing: the server may not send a byte of any body (RFC 9113 section 5.2).
    let (mut client, connection) =
        h2::client::Builder::new().initial_window_size(0).handshake::<_, Bytes>(stream).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = Request::get(format!("http://{}/openapi.json", server.address())).body(()).unwrap();
    let (response, _) = client.send_request(request, true).unwrap();
    let response = response.await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(get(server.address(), "/v1/about").await.0, 503);

    let begun = Instant::now();
    tokio::time::pause();
    let _ended = connection.await.unwrap();
    assert!(begun.elapsed().as_secs() >= 9);
    tokio::time::resume();
    drop(response);
    let room = async { while get(server.address(), "/v1/about").await.0 != 200 {} };
    timeout(Duration::from_secs(20), room).await.unwrap();
    server.stop().await;
}

#[tokio::test]
async fn who_connects_and_says_nothing_is_cut_after_ten_seconds() {
    let (server, _, _) = bind(|_| {}).await;
    let server = server.start();
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    // The connection is taken before the time is stopped.
    assert_eq!(get(server.address(), "/healthz").await.0, 200);
    let begun = Instant::now();
    tokio::time::pause();
    let mut answer = Vec::new();
    let _cut = stream.read_to_end(&mut answer).await;
    assert!(answer.is_empty() && begun.elapsed().as_secs() >= 9, "{answer:?}");
    tokio::time::resume();
    server.stop().await;
}

#[tokio::test]
async fn a_connection_that_is_kept_for_another_request_is_cut_after_ten_seconds() {
    let (server, _, _) = bind(|_| {}).await;
    let server = server.start();
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut status = [0; 12];
    stream.read_exact(&mut status).await.unwrap();
    let begun = Instant::now();
    tokio::time::pause();
    let _cut = stream.read_to_end(&mut Vec::new()).await;
    assert!(begun.elapsed().as_secs() >= 9);
    tokio::time::resume();
    server.stop().await;
}

#[tokio::test]
async fn a_body_that_never_ends_is_answered_after_ten_seconds() {
    let (server, _, _) = bind(|_| {}).await;
    let server = server.start();
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let head = "POST /v1/sign-in HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
                content-length: 500\r\n\r\n{\"identifier\"";
    stream.write_all(head.as_bytes()).await.unwrap();
    let begun = Instant::now();
    tokio::time::pause();
    let (status, answer) = rest(&mut stream).await;
    assert_eq!(status, 408, "{answer}");
    assert!(begun.elapsed().as_secs() >= 9);
    tokio::time::resume();
    server.stop().await;
}

#[tokio::test]
async fn a_request_under_way_is_finished_after_the_stop() {
    let (server, _, _) = bind(|_| {}).await;
    let server = server.start();
    let address = server.address();
    let begun = Begun::at(address).await;
    let stopped = tokio::spawn(server.stop());
    let refused = async { while TcpStream::connect(address).await.is_ok() {} };
    timeout(Duration::from_secs(20), refused).await.unwrap();
    assert!(!stopped.is_finished());
    let (status, answer) = begun.finish().await;
    assert_eq!(status, 200, "{answer}");
    assert!(answer.contains("connection: close\r\n"), "{answer}");
    stopped.await.unwrap();
}

#[tokio::test]
async fn http_2_is_told_to_go_and_its_request_under_way_is_finished() {
    let (server, _, _) = bind(|_| {}).await;
    let server = server.start();
    let address = server.address();
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut client, mut connection) = h2::client::handshake(stream).await.unwrap();
    let mut pings = connection.ping_pong().unwrap();
    let connection = tokio::spawn(connection);
    let request = Request::post(format!("http://{address}/v1/sign-in"))
        .header("content-type", "application/json")
        .body(())
        .unwrap();
    let (response, mut body) = client.send_request(request, false).unwrap();
    // What comes back was read after the request.
    pings.ping(h2::Ping::opaque()).await.unwrap();

    let stopped = tokio::spawn(server.stop());
    let refused = async { while TcpStream::connect(address).await.is_ok() {} };
    timeout(Duration::from_secs(20), refused).await.unwrap();
    body.send_data(Bytes::from_static(b"{\"identifier\":\"jana\"}"), true).unwrap();
    assert_eq!(response.await.unwrap().status(), 400);
    stopped.await.unwrap();
    // GOAWAY without an error (RFC 9113 section 6.8): nothing more can be asked, and nothing was lost.
    connection.await.unwrap().unwrap();
    assert!(client.ready().await.is_err());
}

/// A mailer that takes its time: it says when it has begun, and ends when it may.
#[derive(Clone, Default)]
struct Slow {
    begun: Arc<Notify>,
    may_end: Arc<Notify>,
    sent: Arc<AtomicU32>,
}

#[async_trait]
impl Mailer for Slow {
    async fn send(&self, _: &Mail) -> Result<(), MailError> {
        self.begun.notify_one();
        self.may_end.notified().await;
        self.sent.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

#[tokio::test]
async fn the_letter_that_is_being_sent_is_finished_and_no_other_is_begun() {
    let slow = Slow::default();
    let (server, _, _) = bind(|deps| deps.mailer = Arc::new(slow.clone())).await;
    let server = server.start();
    let (app, address) = (server.app().clone(), server.address());
    for _ in 0..2 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let body = r#"{"identifier":"jana","device":"x"}"#;
        let request = format!(
            "POST /v1/recoveries HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        assert_eq!(rest(&mut stream).await.0, 202);
    }
    slow.begun.notified().await;
    let stopped = tokio::spawn(server.stop());
    let refused = async { while TcpStream::connect(address).await.is_ok() {} };
    timeout(Duration::from_secs(20), refused).await.unwrap();
    assert!(!stopped.is_finished());
    slow.may_end.notify_one();
    stopped.await.unwrap();
    assert_eq!(slow.sent.load(Ordering::SeqCst), 1);
    // The second one waits, untouched, for the next start or another node.
    assert_eq!(app.storage().next_mail_due().await.unwrap(), Some(START));
}

struct Program {
    child: tokio::process::Child,
    log: tokio::io::Lines<BufReader<tokio::process::ChildStderr>>,
    told: UnixDatagram,
    address: SocketAddr,
    metrics: SocketAddr,
    folder: tempfile::TempDir,
}

impl Program {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = "public_url = \"http://127.0.0.1:0\"\nlisten = \"127.0.0.1:0\"\n[log]\njson = true\n\
                        [metrics]\nlisten = \"127.0.0.1:0\"\n";
        std::fs::write(folder.path().join("s.toml"), settings).unwrap();
        let told = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        let mut child = tokio::process::Command::new(env!("CARGO_BIN_EXE_recovery-server"))
            .args(["serve", "--config", "s.toml"])
            .current_dir(folder.path())
            .env("NOTIFY_SOCKET", folder.path().join("notify"))
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let first: serde_json::Value =
            serde_json::from_str(&log.next_line().await.unwrap().unwrap()).unwrap();
        let named = |field: &str| first["fields"][field].as_str().unwrap().parse().unwrap();
        let (address, metrics) = (named("address"), named("metrics"));
        Self { child, log, told, address, metrics, folder }
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    /// What systemd hears next.
    async fn tells(&self) -> String {
        let mut heard = [0; 64];
        let length = self.told.recv(&mut heard).await.unwrap();
        String::from_utf8(heard[..length].to_vec()).unwrap()
    }

    /// The next line that says this.
    async fn says(&mut self, text: &str) {
        loop {
            let line = self.log.next_line().await.unwrap().unwrap_or_else(|| panic!("never said {text}"));
            if line.contains(text) {
                return;
            }
        }
    }
}

#[tokio::test]
async fn the_first_signal_lets_requests_end_and_the_exit_code_is_0() {
    let mut program = Program::start().await;
    assert_eq!(program.tells().await, "READY=1");
    let begun = Begun::at(program.address).await;
    program.signal("-HUP");
    program.says("nothing is read again").await;
    program.signal("-TERM");
    program.says("stopping once").await;
    assert_eq!(program.tells().await, "STOPPING=1");
    assert_eq!(begun.finish().await.0, 401);
    program.says("stopped").await;
    assert_eq!(program.child.wait().await.unwrap().code(), Some(0));
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let mut program = Program::start().await;
    let _begun = Begun::at(program.address).await;
    program.signal("-TERM");
    program.says("stopping once").await;
    program.signal("-INT");
    program.says("ended at once").await;
    assert_eq!(program.child.wait().await.unwrap().code(), Some(1));
}

#[tokio::test]
async fn the_program_asks_a_server_how_it_is() {
    let mut program = Program::start().await;
    let settings =
        |listen: SocketAddr| format!("public_url = \"http://127.0.0.1\"\n[metrics]\nlisten = \"{listen}\"\n");
    std::fs::write(program.folder.path().join("asked.toml"), settings(program.metrics)).unwrap();
    let folder = program.folder.path().to_owned();
    let ask = async |words: &[&str]| {
        let asked = tokio::process::Command::new(env!("CARGO_BIN_EXE_recovery-server"))
            .args(["health", "--config", "asked.toml"])
            .args(words)
            .current_dir(&folder)
            .output()
            .await
            .unwrap();
        let says = String::from_utf8(asked.stdout).unwrap() + &String::from_utf8(asked.stderr).unwrap();
        (asked.status.code(), says)
    };
    for words in [&[][..], &["--ready"]] {
        assert_eq!(ask(words).await, (Some(0), "ok\n".to_owned()));
    }
    let _begun = Begun::at(program.address).await;
    program.signal("-TERM");
    program.says("stopping once").await;
    assert_eq!(ask(&[]).await, (Some(0), "ok\n".to_owned()));
    assert_eq!(ask(&["--ready"]).await, (Some(1), "stopping\n".to_owned()));
    program.signal("-TERM");
    program.child.wait().await.unwrap();
    let (code, says) = ask(&[]).await;
    assert!(code == Some(1) && says.contains("nobody answers at"), "{says}");
}
