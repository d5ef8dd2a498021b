//! Mail to a server with a certificate: over TLS that is trusted, or not at all.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "this file uses its own part")]
mod common;
#[expect(dead_code, reason = "this file uses its own part")]
mod post;

use common::{PASSWORD, START, World};
use post::{Authority, Door, Log, Post};
use recovery_server::config::{Encryption, Mail as Settings};
use recovery_server::mail::{Mail, MailError};
use recovery_server::{App, Config, Deps, Language, Mailer, ManualClock, NewAccount, SmtpMailer};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

const MAIL_SECRET: &str = "mail secret";
/// The answer to `AUTH PLAIN`: user and password, as they would cross the network.
const AUTH_PLAIN: &str = "AUTH PLAIN AGtvbnRvAG1haWwgc2VjcmV0";
/// When each repetition is due, seconds after the one before.
const PAUSE: i64 = 5;

fn settings(port: u16, encryption: Encryption, ca_file: Option<&Path>) -> Settings {
    Settings {
        from: "Dorfladen <konto@dorfladen.example>".to_owned(),
        server: "localhost".to_owned(),
        port: Some(port),
        encryption,
        dkim: None,
        ca_file: ca_file.map(PathBuf::from),
        user: Some("konto".to_owned()),
        password_file: None,
        password: Some(MAIL_SECRET.to_owned().into()),
    }
}

/// A server with Jana in it, whose mail goes where `settings` say; a code for her is waiting.
async fn waiting(settings: &Settings) -> (App, ManualClock) {
    let mut config = Config::loopback("Dorfladen");
    config.public_url = "https://konto.dorfladen.example".parse().unwrap();
    let (mut deps, _) = Deps::in_memory(config).await.unwrap();
    let clock = ManualClock::at(START);
    deps.clock = Arc::new(clock.clone());
    deps.mailer = Arc::new(SmtpMailer::new(settings).unwrap());
    let app = App::new(deps).await.unwrap();
    app.add_account(NewAccount::new("jana", "jana@example.org", PASSWORD)).await.unwrap();
    let world = World { router: recovery_server::router(&app), app: app.clone(), ..World::new().await };
    assert_eq!(world.start("jana").await.status, 202);
    (app, clock)
}

fn door(tls: TlsAcceptor, encryption: Encryption) -> Door {
    Door { tls: Some(tls), starttls: encryption == Encryption::Starttls, ..Door::default() }
}

/// The code in a letter as it crossed the network.
fn code_of(letter: &str) -> String {
    let line = letter.lines().find(|line| line.starts_with("@konto.dorfladen.example #"));
    line.unwrap_or_else(|| panic!("no code in {letter}")).rsplit('#').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_letter_goes_out_over_both_kinds_of_tls() {
    let authority = Authority::new("ours");
    let ca_file = authority.file();
    for encryption in [Encryption::Tls, Encryption::Starttls] {
        let post = Post::open(vec![door(authority.vouches_for("localhost"), encryption)]).await;
        let (app, _) = waiting(&settings(post.port, encryption, Some(ca_file.path()))).await;
        assert_eq!(app.deliver_due().await.unwrap(), 1, "{encryption:?}");
        assert_eq!(app.storage().next_mail_due().await.unwrap(), None);
        let heard = post.heard.lock().unwrap();
        assert!(heard.letters[0].contains("To: jana@example.org"), "{}", heard.letters[0]);
        assert!(heard.under_seal.iter().any(|line| line == AUTH_PLAIN), "{:?}", heard.under_seal);
        let in_clear: &[&str] = match encryption {
            Encryption::Starttls => &["EHLO dorfladen.example", "STARTTLS"],
            _ => &[],
        };
        assert_eq!(heard.in_clear, in_clear);
    }
}

#[tokio::test]
async fn without_a_trusted_certificate_the_letter_waits_and_goes_out_once_there_is_one() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let ca_file = ours.file();
    let doubtful = [
        (theirs.vouches_for("localhost"), "UnknownIssuer"),
        (ours.vouches_for("mail.elsewhere.example"), "not valid for name"),
        (ours.vouches_between("localhost", 2000, 2001), "certificate expired"),
        (ours.vouches_between("localhost", 2900, 3000), "certificate not valid yet"),
    ];
    for encryption in [Encryption::Tls, Encryption::Starttls] {
        for (tls, says) in &doubtful {
            let doors = vec![door(tls.clone(), encryption), door(ours.vouches_for("localhost"), encryption)];
            let post = Post::open(doors).await;
            let (app, clock) = waiting(&settings(post.port, encryption, Some(ca_file.path()))).await;
            let log = Log::start();
            assert_eq!(app.deliver_due().await.unwrap(), 0, "{says}");
            assert_eq!(app.storage().next_mail_due().await.unwrap(), Some(START + PAUSE));
            assert!(log.text().contains("mail not taken, will be tried again"), "{}", log.text());
            assert!(log.text().contains(says), "{says:?} not in {}", log.text());
            {
                let heard = post.heard.lock().unwrap();
                let sent =
                    heard.in_clear.iter().filter(|line| !line.starts_with("EHLO") && *line != "STARTTLS");
                assert_eq!(sent.count() + heard.under_seal.len(), 0, "{:?}", heard.in_clear);
            }

            clock.advance(PAUSE);
            assert_eq!(app.deliver_due().await.unwrap(), 1, "{}", log.text());
            let code = code_of(&post.heard.lock().unwrap().letters[0]);
            for secret in [code.as_str(), "jana", MAIL_SECRET, &AUTH_PLAIN["AUTH PLAIN ".len()..]] {
                assert!(!log.text().contains(secret), "{secret} in {}", log.text());
            }
        }
    }
}

#[tokio::test]
async fn an_authority_is_trusted_only_where_the_settings_name_it() {
    let authority = Authority::new("ours");
    let post = Post::open(vec![door(authority.vouches_for("localhost"), Encryption::Tls)]).await;
    let (app, _) = waiting(&settings(post.port, Encryption::Tls, None)).await;
    let log = Log::start();
    assert_eq!(app.deliver_due().await.unwrap(), 0);
    assert!(log.text().contains("UnknownIssuer"), "{}", log.text());
    assert!(app.storage().next_mail_due().await.unwrap().is_some());
}

#[tokio::test]
async fn a_way_without_tls_is_never_taken() {
    let tls = Authority::new("ours");
    let ca_file = tls.file();
    let stripped = Door::default();
    let refused = |answer| Door {
        says: vec![("STARTTLS", answer)],
        ..door(tls.vouches_for("localhost"), Encryption::Starttls)
    };
    for (door, encryption, says) in [
        (stripped.clone(), Encryption::Starttls, "the mail server offers no STARTTLS"),
        (refused("454 4.7.0 not now\r\n"), Encryption::Starttls, "STARTTLS failed: 454 4.7.0"),
        (refused("502 never heard of it\r\n"), Encryption::Starttls, "STARTTLS failed: 502"),
        (stripped, Encryption::Tls, "no connection to the mail server: received corrupt message"),
    ] {
        let post = Post::open(vec![door]).await;
        let (app, _) = waiting(&settings(post.port, encryption, Some(ca_file.path()))).await;
        let log = Log::start();
        assert_eq!(app.deliver_due().await.unwrap(), 0);
        assert!(app.storage().next_mail_due().await.unwrap().is_some(), "{says}: {}", log.text());
        assert!(log.text().contains(says), "{says:?} not in {}", log.text());
        let heard = post.heard.lock().unwrap();
        let told = |line: &&String| ["MAIL", "RCPT", "DATA", "AUTH"].iter().any(|word| line.contains(word));
        assert_eq!(heard.in_clear.iter().find(told), None);
        assert!(heard.letters.is_empty() && heard.under_seal.is_empty());
    }
}

#[tokio::test]
async fn only_what_is_wrong_with_the_letter_itself_is_final() {
    let authority = Authority::new("ours");
    let ca_file = authority.file();
    for (command, answer, says, waits) in [
        ("", "554 no service for you\r\n", "no connection to the mail server: 554", true),
        ("EHLO", "550 5.7.1 who are you\r\n", "no connection to the mail server: 550 5.7.1", true),
        ("AUTH", "535 5.7.8 AGtvbnRvAG1haWwgc2VjcmV0?\r\n", "refuses mail.user: 535 5.7.8", true),
        ("MAIL", "530 5.7.0 sign in first\r\n", "does not take the letter: 530 5.7.0", true),
        ("RCPT", "451 4.7.1 later, JANA@EXAMPLE.ORG\r\n", "does not take the letter: 451 4.7.1", true),
        ("RCPT", "550 no JANA@EXAMPLE.ORG here\r\n", "does not take the letter: 550", false),
        (".", "554 5.7.1 looks like spam, jana\r\n", "does not take the letter: 554 5.7.1", false),
        ("DATA", "jana, what?\r\n", "its answer is not SMTP", true),
    ] {
        let door = Door {
            says: vec![(command, answer)],
            ..door(authority.vouches_for("localhost"), Encryption::Tls)
        };
        let post = Post::open(vec![door]).await;
        let (app, _) = waiting(&settings(post.port, Encryption::Tls, Some(ca_file.path()))).await;
        let log = Log::start();
        assert_eq!(app.deliver_due().await.unwrap(), 0);
        assert_eq!(app.storage().next_mail_due().await.unwrap().is_some(), waits, "{answer}: {}", log.text());
        let log = log.text();
        assert!(log.contains(says), "{says:?} not in {log}");
        assert!(!log.to_lowercase().contains("jana") && !log.contains("AGtvbnRv"), "{log}");
    }
}

#[tokio::test]
async fn a_mail_server_that_says_nothing_is_given_up() {
    let authority = Authority::new("ours");
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let ca_file = authority.file();
    let port = silent.local_addr().unwrap().port();
    let mail = Mail {
        at: START,
        message_id: "1".to_owned(),
        to: "jana@example.org".to_owned(),
        language: Language::En,
        subject: "x".to_owned(),
        text: "x".to_owned(),
        html: "x".to_owned(),
    };
    tokio::time::pause();
    for encryption in [Encryption::Tls, Encryption::Starttls] {
        // An address and no name: looking a name up takes a thread, for which a clock that stands still does not wait.
        let settings =
            Settings { server: "127.0.0.1".to_owned(), ..settings(port, encryption, Some(ca_file.path())) };
        let mailer = SmtpMailer::new(&settings).unwrap();
        match mailer.send(&mail).await {
            Err(MailError::Later(words)) => assert_eq!(words, "the mail server is too slow"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_file_without_authorities_is_refused_before_the_first_letter() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    let refused = || {
        let settings = settings(465, Encryption::Tls, Some(&file));
        SmtpMailer::new(&settings).map(|_| ()).unwrap_err().to_string()
    };
    assert!(refused().contains("mail.ca_file") && refused().contains("cannot be read"), "{}", refused());
    for (text, says) in [
        ("", "holds no certificate"),
        ("not a certificate at all", "holds no certificate"),
        ("-----BEGIN CERTIFICATE-----\nMIIB", "cannot be used"),
        ("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "mail.ca_file"),
    ] {
        std::fs::write(&file, text).unwrap();
        assert!(refused().contains(says) && refused().contains("mail.ca_file"), "{text:?}: {}", refused());
    }
    std::fs::write(&file, Authority::new("ours").file_text()).unwrap();
    assert!(SmtpMailer::new(&settings(465, Encryption::Tls, Some(&file))).is_ok());
}
