//! TLS of the server's own: which certificate, which versions, and what happens when the files change.

#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod authority;
#[expect(dead_code, reason = "this file uses its own part")]
mod common;

use authority::{Authority, Files, set_mode};
use common::START;
use recovery_server::{Config, Deps, ManualClock, Running, Server, Tls};
use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::rustls::version::{TLS12, TLS13};

async fn server(files: &Files) -> (Running, ManualClock) {
    let mut config = Config::loopback("Dorfladen");
    config.public_url = "https://localhost:0".parse().unwrap();
    config.tls = Some(files.settings());
    let (mut deps, _) = Deps::in_memory(config).await.unwrap();
    let clock = ManualClock::at(START);
    deps.clock = Arc::new(clock.clone());
    (Server::bind(deps).await.unwrap().start(), clock)
}

#[tokio::test]
async fn both_versions_and_both_protocols_are_spoken() {
    let authority = Authority::new();
    let (server, _) = server(&Files::of(&authority.pair("localhost"))).await;
    assert!(server.url().as_str().starts_with("https://localhost:"), "{}", server.url());
    for version in [&TLS12, &TLS13] {
        for (offered, taken) in
            [(&["h2", "http/1.1"][..], "h2"), (&["http/1.1", "h2"], "h2"), (&["http/1.1"], "http/1.1")]
        {
            let stream = authority.connect(server.address(), &[version], offered).await.unwrap();
            let protocol = stream.get_ref().1.alpn_protocol().unwrap();
            assert_eq!(protocol, taken.as_bytes(), "{version:?}");
        }
        let mut stream = authority.connect(server.address(), &[version], &["http/1.1"]).await.unwrap();
        stream
            .write_all(b"GET /v1/about HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
            .await
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");

        let stream = authority.connect(server.address(), &[version], &["h2"]).await.unwrap();
        assert_eq!(over_http2(stream, "https://localhost/v1/about").await, 200);
    }
    let nothing_common = authority.connect(server.address(), &[&TLS13], &["gopher"]).await;
    assert!(nothing_common.is_err());
    server.stop().await;
}

async fn over_http2(
    stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    url: &str,
) -> u16 {
    let (mut client, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    let request = axum::http::Request::get(url).body(()).unwrap();
    let (response, _) = client.send_request(request, true).unwrap();
    response.await.unwrap().status().as_u16()
}

/// Waits until the server shows another certificate than this.
async fn renewed(authority: &Authority, address: SocketAddr, old: &[u8]) -> Vec<u8> {
    let seen = async {
        loop {
            let shown = authority.certificate(address).await;
            if shown != old {
                return shown;
            }
        }
    };
    timeout(Duration::from_secs(20), seen).await.unwrap()
}

#[tokio::test]
async fn a_renewed_certificate_is_taken_up_within_a_minute() {
    let authority = Authority::new();
    let files = Files::of(&authority.pair("localhost"));
    let (server, clock) = server(&files).await;
    let first = authority.certificate(server.address()).await;
    files.write(&authority.pair("localhost"));
    clock.advance(59);
    assert_eq!(authority.certificate(server.address()).await, first, "not before its time");
    clock.advance(1);
    let second = renewed(&authority, server.address(), &first).await;
    files.write(&authority.pair("localhost"));
    clock.advance(60);
    renewed(&authority, server.address(), &second).await;
    server.stop().await;
}

#[tokio::test]
async fn a_new_pair_that_cannot_be_used_changes_nothing_until_it_is_mended() {
    let authority = Authority::new();
    let (own, other) = (authority.pair("localhost"), authority.pair("localhost"));
    let files = Files::of(&own);
    let (server, clock) = server(&files).await;
    let first = authority.certificate(server.address()).await;
    let spoilt: [(&dyn Fn(), &str); 4] = [
        (&|| fs::write(&files.certificate, &other.0).unwrap(), "another key"),
        (&|| fs::write(&files.certificate, "no certificate").unwrap(), "no certificate"),
        (&|| files.write(&authority.pair("elsewhere.example")), "another host"),
        (&|| fs::remove_file(&files.key).unwrap(), "no key"),
    ];
    for (spoil, what) in spoilt {
        spoil();
        clock.advance(60);
        // The look is taken on the same thread as this connection is made on.
        tokio::task::yield_now().await;
        assert_eq!(authority.certificate(server.address()).await, first, "{what}");
    }
    files.write(&other);
    clock.advance(60);
    renewed(&authority, server.address(), &first).await;
    server.stop().await;
}

#[test]
fn what_cannot_be_used_is_refused_at_the_start_with_what_to_do() {
    let authority = Authority::new();
    let own = authority.pair("localhost");
    let files = Files::of(&own);
    let refused = || Tls::load(&files.settings(), "localhost").err().map(|error| error.to_string());
    assert_eq!(refused(), None);

    for mode in [0o640, 0o604, 0o620] {
        set_mode(&files.key, mode);
        // Root's own group is nobody else, so it may read.
        let of_root = fs::metadata(&files.key).is_ok_and(|file| {
            use std::os::unix::fs::MetadataExt as _;
            file.uid() == 0 && file.gid() == 0
        });
        match refused() {
            Some(says) => assert!(says.contains("chmod 600"), "{says}"),
            None => assert!(mode == 0o640 && of_root, "{mode:o}"),
        }
    }
    files.write(&(own.0.clone(), authority.pair("localhost").1));
    assert!(refused().unwrap().contains("does not belong to"));
    files.write(&authority.pair("elsewhere.example"));
    assert!(refused().unwrap().contains("is not for localhost"));
    files.write(&(String::new(), own.1.clone()));
    assert!(refused().unwrap().contains("BEGIN CERTIFICATE"));
    files.write(&(own.0.clone(), String::new()));
    assert!(refused().unwrap().contains("tls.key"));
    fs::remove_file(&files.certificate).unwrap();
    assert!(refused().unwrap().contains("tls.certificate"));
}

#[test]
fn an_address_can_stand_in_the_certificate_as_well_as_a_name() {
    let authority = Authority::new();
    for (named, host, fits) in
        [("127.0.0.1", "127.0.0.1", true), ("::1", "[::1]", true), ("127.0.0.1", "127.0.0.2", false)]
    {
        let files = Files::of(&authority.pair(named));
        assert_eq!(Tls::load(&files.settings(), host).is_ok(), fits, "{named} {host}");
    }
}

#[tokio::test]
async fn a_handshake_that_never_ends_is_given_up() {
    let authority = Authority::new();
    let (server, _) = server(&Files::of(&authority.pair("localhost"))).await;
    for said in [&b""[..], &[22, 3, 1, 2, 0, 1]] {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        stream.write_all(said).await.unwrap();
        let begun = Instant::now();
        tokio::time::pause();
        let mut answer = Vec::new();
        // Cut either way: cleanly or with a reset.
        let _read = stream.read_to_end(&mut answer).await;
        assert!(begun.elapsed().as_secs() >= 9);
        tokio::time::resume();
    }
    server.stop().await;
}

#[tokio::test]
async fn who_speaks_no_tls_is_told_nothing() {
    let authority = Authority::new();
    let (server, _) = server(&Files::of(&authority.pair("localhost"))).await;
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(b"GET /v1/about HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _read = stream.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    server.stop().await;
}

#[tokio::test]
async fn the_program_reads_the_certificate_again_when_it_is_told_to() {
    use std::process::{Command, Stdio};
    use tokio::io::{AsyncBufReadExt as _, BufReader};
    let authority = Authority::new();
    let files = Files::of(&authority.pair("localhost"));
    let settings = "public_url = \"https://localhost:0\"\nlisten = \"127.0.0.1:0\"\n[log]\njson = true\n\
                    [tls]\ncertificate = \"own.pem\"\nkey = \"own.key\"\n";
    fs::write(files.folder.path().join("s.toml"), settings).unwrap();
    let mut child = tokio::process::Command::new(env!("CARGO_BIN_EXE_recovery-server"))
        .args(["serve", "--config", "s.toml"])
        .current_dir(files.folder.path())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    let first: serde_json::Value = serde_json::from_str(&log.next_line().await.unwrap().unwrap()).unwrap();
    let address = first["fields"]["address"].as_str().unwrap().parse().unwrap();
    let shown = authority.certificate(address).await;
    files.write(&authority.pair("localhost"));
    let id = child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-HUP", &id]).status().unwrap().success());
    while !log.next_line().await.unwrap().unwrap().contains("the certificate was read again") {}
    assert_ne!(authority.certificate(address).await, shown);
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert!(child.wait().await.unwrap().success());
}
