//! Somebody with a script: telling accounts apart, guessing, and text that wants to be more than text.
//!
//! `REGAIN_SOAK=1` asks ten times as often.

use crate::common::phone::Phone;
use crate::common::{Answer, PASSWORD, World, other_than};
use axum::http::Method;
use recovery_server::{NewAccount, Server};
use serde_json::json;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Ten in a long run.
fn times() -> usize {
    if std::env::var_os("REGAIN_SOAK").is_some() { 10 } else { 1 }
}

fn line(number: usize) -> SocketAddr {
    let [.., b, c] = u32::try_from(number).unwrap().to_be_bytes();
    SocketAddr::from(([198, 18, b, c], 40_000))
}

/// All that an answer shows, without what is random in it, and without what it is called in the log.
fn shown(answer: &Answer) -> (u16, String, usize, String) {
    let mut body = answer.body.clone();
    if let Some(fields) = body.as_object_mut() {
        fields.remove("ticket");
    }
    let mut headers: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| *name != "x-request-id")
        .map(|(name, value)| format!("{name}: {value:?}"))
        .collect();
    headers.sort();
    (answer.status.as_u16(), headers.join("\n"), answer.bytes.len(), body.to_string())
}

/// Known and unknown names in turn, each from an address of its own.
#[tokio::test]
async fn accounts_cannot_be_told_from_names_that_nobody_has() {
    let mut world = World::new().await;
    world.add_jana(false).await;
    let mut lines = 0;
    let mut next = || {
        lines += 1;
        line(lines)
    };
    let rounds = 100 * times();
    let mut seen = std::collections::BTreeMap::<&str, std::collections::HashSet<_>>::new();
    for round in 0..rounds {
        // The same number of letters, so that the length of what is sent back can be compared.
        for name in ["jana", "jano"] {
            world.from = next();
            // The limits of a name would end it; a day later they are fresh, for both.
            if round % 5 == 0 && name == "jana" {
                world.clock.advance(86_401);
            }
            let begun = world.start(name).await;
            assert_eq!(begun.status, 202, "{}", begun.body);
            let ticket = begun.text("ticket");
            world.app.deliver_due().await.unwrap();
            let mailed = world.inbox.try_next().and_then(|mail| mail.code().map(str::to_owned));
            assert_eq!(mailed.is_some(), name == "jana");
            let wrong = other_than(&mailed.unwrap_or_else(|| "00000000".to_owned()));
            seen.entry("recovery").or_default().insert(shown(&begun));
            seen.entry("code").or_default().insert(shown(&world.check(&ticket, &wrong).await));
            seen.entry("resend").or_default().insert(shown(&world.resend(&ticket, "mail_code").await));
            if round % 5 == 0 {
                seen.entry("sign-in").or_default().insert(shown(&world.sign_in(name, "guess").await));
            }
        }
    }
    for (what, answers) in seen {
        assert_eq!(answers.len(), 1, "{what}: {answers:#?}");
    }
}

/// 1,000 guesses over 10 accounts from 5 addresses; in a long run 10,000 over 100 from 50.
#[tokio::test]
async fn guessing_passwords_gets_nowhere_and_locks_nobody_out() {
    let (accounts, lines) = (10 * times(), 5 * times());
    let world = World::new().await;
    for number in 0..accounts {
        let name = format!("person{number}");
        let account = NewAccount::new(&name, &format!("{name}@example.org"), &format!("{PASSWORD} {number}"));
        world.app.add_account(account).await.unwrap();
    }
    let home = |number: usize| SocketAddr::from(([203, 0, u8::try_from(number).unwrap(), 7], 40_000));
    let sign_in = async |from: SocketAddr, name: &str, password: &str| {
        let request = world
            .request(Method::POST, "/v1/sign-in")
            .header("content-type", "application/json")
            .body(json!({"identifier": name, "password": password, "device": "script"}).to_string().into());
        world.send_from(from, request.unwrap()).await
    };
    for number in 0..accounts {
        let answer = sign_in(home(number), &format!("person{number}"), &format!("{PASSWORD} {number}")).await;
        assert_eq!(answer.status, 200);
    }
    let mut looked_at = vec![0; accounts];
    for from in 0..lines {
        // 20 guesses at each of ten accounts: within what an address may, and twice what it may at one name.
        for guess in 0..200 {
            let number = (from * 2 + guess / 20) % accounts;
            let answer = sign_in(line(from), &format!("person{number}"), &format!("guess {guess}")).await;
            match answer.status.as_u16() {
                401 => looked_at[number] += 1,
                429 => assert!(answer.retry_after() > 0),
                other => panic!("{other}: {}", answer.body),
            }
        }
    }
    // NIST SP 800-63B-4 section 3.2.2: at most 100 in a row; from one address far fewer.
    assert!(looked_at.iter().all(|looked| *looked <= 100), "{looked_at:?}");
    assert_eq!(looked_at.iter().sum::<usize>(), lines * 100, "half of them were not even looked at");
    for number in 0..accounts {
        let answer = sign_in(home(number), &format!("person{number}"), &format!("{PASSWORD} {number}")).await;
        assert_eq!(answer.status, 200, "the owner is let in at home");
    }
}

/// Guesses at mailed codes, with as many recoveries as the limits give.
#[tokio::test]
async fn guessing_codes_gets_nowhere_and_the_right_code_still_works() {
    let mut world = World::new().await;
    world.add_jana(false).await;
    let (mut looked_at, mut refused) = (0, 0);
    for number in 0..100 * times() {
        world.from = line(number % 50);
        let begun = world.start("jana").await;
        let Some(ticket) = begun.body["ticket"].as_str() else {
            assert_eq!(begun.problem(), "429 rate_limited");
            refused += 10;
            continue;
        };
        world.app.deliver_due().await.unwrap();
        let right = world.inbox.try_next().and_then(|mail| mail.code().map(str::to_owned));
        let wrong = other_than(&right.unwrap_or_else(|| "00000000".to_owned()));
        for _ in 0..10 {
            match world.check(ticket, &wrong).await.problem().as_str() {
                "400 wrong_code" => looked_at += 1,
                "410 expired" | "429 rate_limited" => refused += 1,
                other => panic!("{other}"),
            }
        }
    }
    assert!((1..=10).contains(&looked_at), "{looked_at} of {}", looked_at + refused);
    // The next day the owner asks for a code and has it.
    world.clock.advance(86_401);
    world.from = line(60);
    world.verified().await;
}

const HOSTILE: [&str; 6] = [
    "Jana\r\nBcc: thief@example.net\r\n\r\n<b>Hello</b>",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "{{7*7}} ${7*7} <%= 7*7 %>",
    "Jana\u{202e}gpj.exe\u{0}\u{1b}[31m",
    "</title></style><meta http-equiv=refresh content=0>",
];

#[tokio::test]
async fn names_and_devices_stay_text_in_mail_and_on_pages() {
    for (number, hostile) in HOSTILE.into_iter().enumerate() {
        let mut world = World::new().await;
        let name = format!("person{number}");
        let account = NewAccount {
            name: hostile.to_owned(),
            ..NewAccount::new(&name, &format!("{name}@example.org"), PASSWORD)
        };
        if world.app.add_account(account.clone()).await.is_err() {
            // Refused is fine; what it does must be seen all the same.
            world.app.add_account(NewAccount { name: "Jana".to_owned(), ..account }).await.unwrap();
        }
        let signed_in = world.sign_in_on(hostile, &name, PASSWORD).await;
        assert_eq!(signed_in.status, 200, "{hostile:?}: {}", signed_in.body);
        world.start(&name).await;
        world.app.deliver_due().await.unwrap();
        let mut mails = 0;
        while let Some(mail) = world.inbox.try_next() {
            mails += 1;
            assert_eq!(mail.to, format!("{name}@example.org"));
            assert!(!mail.subject.contains(['\r', '\n']), "{:?}", mail.subject);
            for tag in ["<script", "<img", "<b>Hello", "<meta http-equiv=refresh"] {
                assert!(!mail.html.contains(tag), "{tag} in {}", mail.html);
            }
            assert!(!mail.text.contains(['\u{0}', '\u{1b}', '\u{202e}']), "{:?}", mail.text);
        }
        assert!(mails >= 1, "{hostile:?}");
        let phone = Phone::signed_in(&world, 9, &name).await;
        let page = phone.get(&world, "/device/sessions").await;
        for tag in ["<script", "<img", "<b>Hello", "<meta http-equiv=refresh"] {
            assert!(!page.says(tag), "{tag} on the phone's page");
        }
    }
}

#[tokio::test]
async fn addresses_with_line_breaks_are_no_addresses() {
    let world = World::new().await;
    for address in [
        "jana@example.org\r\nBcc: thief@example.net",
        "jana@example.org, thief@example.net",
        "jana@example.org\u{0}",
        "<jana@example.org>",
    ] {
        let added = world.app.add_account(NewAccount::new("jana", address, PASSWORD)).await;
        assert!(added.is_err(), "{address:?}");
    }
    // Nor does a recovery for one of them write a header.
    let answer = world.start("jana@example.org\r\nBcc: thief@example.net").await;
    assert_eq!(answer.problem(), "400 bad_identifier");
}

/// Requests that two programs in a row could read differently (RFC 9112 section 11.2): none may be answered twice.
#[tokio::test]
async fn requests_are_read_in_one_way_only() {
    let (deps, _) =
        recovery_server::Deps::in_memory(recovery_server::Config::loopback("Edge")).await.unwrap();
    let running = Server::bind(deps).await.unwrap().start();
    let address = running.address();
    let second = format!("GET /v1/about HTTP/1.1\r\nhost: {address}\r\n\r\n");
    for (what, head) in [
        ("both lengths", "content-length: 4\r\ntransfer-encoding: chunked\r\n"),
        ("two lengths", "content-length: 0\r\ncontent-length: 5\r\n"),
        ("a list of lengths", "content-length: 0, 5\r\n"),
        ("a signed length", "content-length: +5\r\n"),
        ("a length in hex", "content-length: 0x5\r\n"),
        ("another coding", "transfer-encoding: xchunked\r\n"),
        ("chunked is not last", "transfer-encoding: chunked, identity\r\n"),
        ("a space before the colon", "content-length : 5\r\n"),
        ("a folded line", "x-a: b\r\n content-length: 5\r\n"),
        ("a bare return", "x-a: b\rcontent-length: 5\r\n"),
        ("a name with a zero", "x\0: b\r\n"),
    ] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("POST /v1/sign-in HTTP/1.1\r\nhost: {address}\r\n{head}\r\n0\r\n\r\n{second}");
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answers = String::new();
        // A connection that is cut off is an answer, too.
        let _cut = stream.read_to_string(&mut answers).await;
        let ok = answers.matches("HTTP/1.1 200").count();
        assert_eq!(ok, 0, "{what}: what followed was taken for a request of its own:\n{answers}");
        assert!(answers.is_empty() || answers.starts_with("HTTP/1.1 4"), "{what}: {answers}");
    }
    running.stop().await;
}
