//! Known leaks: in one file, in a folder, and asked for over the network.

#![expect(clippy::unwrap_used, reason = "a surprise must stop the test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use accounts::exposed::Leaks;
use accounts::http::Http;
use accounts::{ErrorKind, Secret};

use axum::Router;
use axum::extract::{Path as Asked, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use sha1::{Digest, Sha1};

const LEAKED: [&str; 4] = ["password", "123456", "qwertz", "пароль"];

fn hash(text: &str) -> String {
    Sha1::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02X}")).collect()
}

fn secret(text: &str) -> Secret {
    Secret::new(text)
}

/// Hashes of every start in `0..=FFFFF` at a distance, with those that leaked among them.
fn list(others: u32) -> Vec<(String, u64)> {
    let mut all: Vec<(String, u64)> = (0..others)
        .map(|n| {
            (format!("{:05X}{}", n * (0xF_FFFF / (others - 1)), &hash(&n.to_string())[5..]), u64::from(n + 1))
        })
        .collect();
    all.last_mut().unwrap().0.replace_range(..5, "FFFFF");
    all.extend(LEAKED.iter().zip(7..).map(|(text, times)| (hash(text), times * 1_000)));
    all.sort();
    all
}

fn lines(all: &[(String, u64)], end: &str) -> String {
    all.iter().map(|(hash, times)| format!("{hash}:{times}{end}")).collect()
}

fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pwned.txt");
    fs::write(&path, text).unwrap();
    (folder, path)
}

fn range(start: &str, suffixes: &[(String, u64)]) -> String {
    let mut all = suffixes.to_vec();
    all.extend([(format!("0{}", &hash(start)[6..]), 3), (format!("F{}", &hash(start)[6..]), 4)]);
    all.sort();
    lines(&all, "\r\n").trim_end().to_owned()
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let starts = LEAKED.iter().map(|text| hash(text)[..5].to_owned());
    for start in starts.chain(["00000".into(), "FFFFF".into()]) {
        let leaked = LEAKED.iter().zip(7..).map(|(text, times)| (hash(text), times * 1_000));
        let leaked = leaked.filter(|(hash, _)| hash.starts_with(&start));
        let leaked: Vec<_> = leaked.map(|(hash, times)| (hash[5..].to_owned(), times)).collect();
        fs::write(folder.path().join(format!("{start}.txt")), range(&start, &leaked)).unwrap();
    }
    folder
}

async fn kind(leaks: &Leaks, text: &str) -> ErrorKind {
    leaks.times(&secret(text)).await.unwrap_err().kind()
}

fn refused(path: &Path) -> ErrorKind {
    Leaks::at(path).unwrap_err().kind()
}

#[tokio::test]
async fn every_line_of_a_sorted_file_is_found_and_nothing_else() {
    for end in ["\n", "\r\n"] {
        let all = list(2_000);
        let text = lines(&all, end);
        for text in [text.as_str(), text.trim_end()] {
            let (_folder, path) = file(text);
            let leaks = Leaks::at(&path).unwrap();
            for (text, times) in LEAKED.iter().zip(7..) {
                assert_eq!(leaks.times(&secret(text)).await.unwrap(), times * 1_000, "{text}");
            }
            for n in 0..200 {
                assert_eq!(leaks.times(&secret(&format!("never-leaked-{n}"))).await.unwrap(), 0);
            }
        }
    }
}

#[tokio::test]
async fn a_file_that_is_cut_off_broken_or_in_another_order_is_an_error() {
    let all = list(500);
    let whole = lines(&all, "\r\n");
    let mut by_count = all.clone();
    by_count.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
    let ntlm: String = all.iter().map(|(hash, times)| format!("{}:{times}\n", &hash[..32])).collect();
    for text in [
        "",
        "\n",
        "no list at all",
        &whole[..whole.len() / 2],
        &whole[..whole.len() - 30],
        &whole[10..],
        &lines(&by_count, "\n"),
        &ntlm,
        &whole.to_lowercase(),
        &"0".repeat(100_000),
    ] {
        let (_folder, path) = file(text);
        assert_eq!(refused(&path), ErrorKind::Unreadable, "{}", text.get(..40).unwrap_or(text));
    }
    assert_eq!(refused(Path::new("no/such/file")), ErrorKind::Unreadable);
}

#[tokio::test]
async fn a_break_in_the_middle_is_an_error_when_it_is_met_and_never_a_no() {
    let all = list(500);
    let mut mixed = all.clone();
    let end = mixed.len() - 1;
    mixed[1..end].reverse();
    let mut holed = lines(&all, "\r\n").into_bytes();
    let end = holed.len() - 60;
    holed[60..end].fill(0);
    for bytes in [lines(&mixed, "\r\n").into_bytes(), holed] {
        let (_folder, path) = file("");
        fs::write(&path, bytes).unwrap();
        let leaks = Leaks::at(&path).unwrap();
        for text in LEAKED {
            assert_eq!(kind(&leaks, text).await, ErrorKind::Unreadable, "{text}");
        }
    }
}

#[tokio::test]
async fn a_file_that_went_away_is_an_error() {
    let (_folder, path) = file(&lines(&list(50), "\n"));
    let leaks = Leaks::at(&path).unwrap();
    fs::remove_file(&path).unwrap();
    assert_eq!(kind(&leaks, "password").await, ErrorKind::Unreadable);
}

#[tokio::test]
async fn a_folder_is_looked_up_by_its_file() {
    let folder = folder();
    let leaks = Leaks::at(folder.path()).unwrap();
    for (text, times) in LEAKED.iter().zip(7..) {
        assert_eq!(leaks.times(&secret(text)).await.unwrap(), times * 1_000);
    }
    fs::write(folder.path().join(format!("{}.txt", &hash("mossy")[..5])), range("x", &[])).unwrap();
    assert_eq!(leaks.times(&secret("mossy")).await.unwrap(), 0);
}

#[tokio::test]
async fn a_range_that_is_missing_or_broken_is_an_error() {
    let folder = folder();
    let leaks = Leaks::at(folder.path()).unwrap();
    assert_eq!(kind(&leaks, "mossy").await, ErrorKind::Unreadable, "missing");
    let path = folder.path().join(format!("{}.txt", &hash("password")[..5]));
    let whole = fs::read(&path).unwrap();
    for broken in [&b""[..], &whole[..whole.len() / 2], b"\xff\xfe", b"<html></html>"] {
        fs::write(&path, broken).unwrap();
        assert_eq!(kind(&leaks, "password").await, ErrorKind::Unreadable);
    }
    assert_eq!(refused(tempfile::tempdir().unwrap().path()), ErrorKind::Unreadable, "another folder");
}

/// What a server was asked for: paths and whether padding was wanted.
type Seen = Arc<Mutex<Vec<(String, bool)>>>;

async fn server(answer: fn(&str) -> (StatusCode, String)) -> (Leaks, Seen) {
    let seen = Seen::default();
    let reply = move |State(seen): State<Seen>, Asked(start): Asked<String>, headers: HeaderMap| async move {
        let padded = headers.get("add-padding").is_some_and(|value| value == "true");
        let answer = answer(&start);
        seen.lock().unwrap().push((start, padded));
        answer
    };
    let app = Router::new().route("/range/{start}", get(reply)).with_state(seen.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    (Leaks::asked(Http::new().unwrap(), base), seen)
}

#[tokio::test]
async fn only_five_characters_leave_and_padding_is_asked_for() {
    let (leaks, seen) = server(|start| {
        let padding = (hash("never")[5..].to_owned(), 0);
        (StatusCode::OK, range(start, &[(hash("password")[5..].to_owned(), 42), padding]))
    })
    .await;
    assert_eq!(leaks.times(&secret("password")).await.unwrap(), 42);
    assert_eq!(leaks.times(&secret("never")).await.unwrap(), 0, "padding is no leak");
    let expected = vec![(hash("password")[..5].to_owned(), true), (hash("never")[..5].to_owned(), true)];
    assert_eq!(*seen.lock().unwrap(), expected);
}

#[tokio::test]
async fn what_the_server_should_not_say_is_an_error() {
    type Answer = fn(&str) -> (StatusCode, String);
    let answers: [(Answer, ErrorKind); 6] = [
        (|_| (StatusCode::OK, String::new()), ErrorKind::Protocol),
        (|_| (StatusCode::OK, "<html>log in to this network</html>".into()), ErrorKind::Protocol),
        (|start| (StatusCode::OK, range(start, &[])[..50].to_owned()), ErrorKind::Protocol),
        (|start| (StatusCode::FOUND, range(start, &[])), ErrorKind::Protocol),
        (|_| (StatusCode::BAD_GATEWAY, String::new()), ErrorKind::ServerTrouble),
        (|_| (StatusCode::TOO_MANY_REQUESTS, String::new()), ErrorKind::RateLimited { wait: None }),
    ];
    for (answer, expected) in answers {
        let (leaks, _) = server(answer).await;
        assert_eq!(kind(&leaks, "password").await, expected);
    }
    let nobody = Leaks::asked(Http::new().unwrap(), "http://127.0.0.1:9/".parse().unwrap());
    assert_eq!(kind(&nobody, "password").await, ErrorKind::Offline);
}
