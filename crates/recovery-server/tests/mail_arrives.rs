//! Signed mail, mail that is refused, and mail that comes back.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod dkim;
#[expect(dead_code, reason = "this file uses its own part")]
mod post;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dkim::Key;
use post::{Door, Post};
use recovery_server::config::{Dkim, Encryption, Mail as Settings};
use recovery_server::mail::{Mail, MailError};
use recovery_server::{Config, Language, Mailer, SmtpMailer};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::NamedTempFile;

/// RFC 6376 section 5.4.1, and what else a letter of ours says about itself.
const HEADERS: [&str; 10] = [
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "content-language",
    "auto-submitted",
];

fn settings(port: u16, dkim: Option<Dkim>) -> Settings {
    Settings {
        from: "Dorfladen <konto@dorfladen.example>".to_owned(),
        server: "127.0.0.1".to_owned(),
        port: Some(port),
        encryption: Encryption::None,
        dkim,
        ca_file: None,
        user: None,
        password_file: None,
        password: None,
    }
}

fn mail() -> Mail {
    Mail {
        at: 1_800_000_000,
        message_id: "1.1".to_owned(),
        to: "jana@example.org".to_owned(),
        language: Language::De,
        subject: "Ein  Betreff — länger, als eine Zeile einer E-Mail sein darf, und mit Umlauten: äöüß"
            .to_owned(),
        text: ".Punkt am Anfang\n..zwei\nUmlaute äöü  und Leerzeichen   \n\n\n-- \nFuß\n\n\n".to_owned(),
        html: "<p>.Punkt</p>\n".to_owned(),
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn dkim(key_file: &Path) -> Dkim {
    Dkim { selector: "mail2027".to_owned(), key_file: key_file.to_owned(), domain: None }
}

/// RFC 8410: a key of 32 bytes with a frame that is always the same.
fn ed25519(seed: [u8; 32]) -> (String, Key) {
    let frame =
        [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    let pair = Ed25519KeyPair::from_seed_unchecked(&seed).unwrap();
    (pem("PRIVATE KEY", &[&frame[..], &seed].concat()), Key::Ed25519(pair.public_key().as_ref().to_vec()))
}

#[tokio::test]
async fn each_letter_is_signed_so_that_others_can_check_it() {
    let rsa = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der = rsa.as_der().unwrap();
    // The older form is the newer one's inside: it begins after a frame of 26 bytes.
    let (pkcs8, pkcs1) = (pem("PRIVATE KEY", der.as_ref()), pem("RSA PRIVATE KEY", &der.as_ref()[26..]));
    let public = || Key::Rsa(rsa.public_key().as_ref().to_vec());
    let (edwards, edwards_public) = ed25519([7; 32]);
    for (text, key) in [(pkcs8, public()), (pkcs1, public()), (edwards, edwards_public)] {
        let key_file = file(&text);
        let post = Post::open(vec![Door::default()]).await;
        let mailer = SmtpMailer::new(&settings(post.port, Some(dkim(key_file.path())))).unwrap();
        mailer.send(&mail()).await.unwrap();
        let letter = post.heard.lock().unwrap().letters[0].clone();
        let signature = dkim::verify(&letter, &key).unwrap();
        assert_eq!(
            (signature.domain.as_str(), signature.selector.as_str()),
            ("dorfladen.example", "mail2027")
        );
        let unsigned = |header: &&str| !signature.headers.iter().any(|signed| signed == header);
        let left: Vec<&str> = HEADERS.into_iter().filter(unsigned).collect();
        assert_eq!(left, [""; 0], "are not signed");
        let (head, _) = letter.split_once("\n\n").unwrap();
        for header in HEADERS {
            let there = head.lines().filter(|line| line.to_lowercase().starts_with(&format!("{header}:")));
            assert_eq!(there.count(), 1, "{header}: {head}");
        }
        for (was, is) in [
            ("jana@example.org", "jane@example.org"),
            ("Punkt", "punkt"),
            ("Message-ID: <1", "Message-ID: <2"),
            ("multipart/alternative", "multipart/mixed"),
            ("MIME-Version: 1.0", "MIME-Version: 1.1"),
            ("Transfer-Encoding: 7bit", "Transfer-Encoding: 8bit"),
        ] {
            let altered = letter.replacen(was, is, 1);
            assert_ne!(altered, letter);
            assert!(dkim::verify(&altered, &key).is_err(), "{was} may not become {is}");
        }
        let (_, other) = ed25519([8; 32]);
        assert!(dkim::verify(&letter, &other).is_err(), "by another key");
    }
}

#[tokio::test]
async fn without_a_key_nothing_is_signed() {
    let post = Post::open(vec![Door::default()]).await;
    SmtpMailer::new(&settings(post.port, None)).unwrap().send(&mail()).await.unwrap();
    assert!(!post.heard.lock().unwrap().letters[0].to_lowercase().contains("dkim"));
}

#[test]
fn a_key_that_cannot_sign_is_said_in_words() {
    let missing = SmtpMailer::new(&settings(25, Some(dkim(Path::new("/nowhere/key.pem"))))).unwrap_err();
    assert!(
        missing.to_string().starts_with("mail.dkim.key_file /nowhere/key.pem cannot be read"),
        "{missing}"
    );
    for odd in [
        "",
        "no key",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        &pem("CERTIFICATE", b"x"),
    ] {
        let key_file = file(odd);
        let refused = SmtpMailer::new(&settings(25, Some(dkim(key_file.path())))).unwrap_err();
        assert!(refused.to_string().contains("openssl genpkey -algorithm ed25519"), "{refused}");
    }
}

#[test]
fn settings_for_signatures() {
    let with = |dkim: &str| {
        let text = format!(
            "public_url = \"https://a.example\"\n[mail]\nfrom = \"a@a.example\"\nserver = \"smtp.a.example\"\n{dkim}"
        );
        Config::parse(&text, "test.toml", [])
    };
    let dkim = with("[mail.dkim]\nselector = \"s1\"\nkey_file = \"k\"\ndomain = \"b.example\"\n")
        .unwrap()
        .mail
        .unwrap()
        .dkim;
    assert_eq!(dkim.unwrap().domain.as_deref(), Some("b.example"));
    for odd in [
        "[mail.dkim]\nselector = \"a b\"\nkey_file = \"k\"\n",
        "[mail.dkim]\nselector = \"s\"\nkey_file = \"k\"\ndomain = \"a;b\"\n",
        "[mail.dkim]\nkey_file = \"k\"\n",
    ] {
        assert!(with(odd).is_err(), "{odd}");
    }
    let variables = [
        ("MAIL_DKIM_SELECTOR", "s2"),
        ("MAIL_DKIM_KEY_FILE", "k"),
        ("SIGN_UP_OPEN", "true"),
        ("SIGN_UP_DOMAINS", "a.example, b.example"),
    ];
    let variables = variables.map(|(name, value)| (format!("RECOVERY_SERVER_{name}"), value.to_owned()));
    let text =
        "public_url = \"https://a.example\"\n[mail]\nfrom = \"a@a.example\"\nserver = \"smtp.a.example\"\n";
    let config = Config::parse(text, "test.toml", variables).unwrap();
    assert_eq!(config.mail.unwrap().dkim.unwrap().selector, "s2");
    assert!(config.sign_up.open);
    assert_eq!(config.sign_up.domains, ["a.example", "b.example"]);
}

#[test]
fn settings_for_sign_up() {
    let with = |sign_up: &str| {
        let text = format!("public_url = \"https://a.example\"\n[sign_up]\n{sign_up}");
        Config::parse(&text, "test.toml", []).map(|_| ()).map_err(|error| error.to_string())
    };
    assert!(with("open = true").unwrap_err().contains("[mail]"));
    for odd in ["@a.example", "*.a.example", ".a.example", ""] {
        assert!(with(&format!("domains = [\"{odd}\"]")).unwrap_err().contains("sign_up.domains"), "{odd}");
    }
    assert!(with("open = false\ndomains = [\"a.example\"]").is_ok());
}

#[tokio::test]
async fn only_a_refusal_of_the_recipient_or_the_letter_is_a_bounce() {
    for (says, bounces) in [
        (("RCPT", "550 5.1.1 no such user\r\n"), Some(true)),
        (("DATA", "554 5.6.0 not this one\r\n"), Some(true)),
        ((".", "552 5.2.2 mailbox full\r\n"), Some(true)),
        (("MAIL", "550 5.7.1 you may not\r\n"), Some(false)),
        (("RCPT", "530 5.7.0 authentication required\r\n"), None),
        (("RCPT", "451 4.7.1 later\r\n"), None),
        ((".", "452 4.2.2 full for now\r\n"), None),
    ] {
        let post = Post::open(vec![Door { says: vec![says], ..Door::default() }]).await;
        let refused = SmtpMailer::new(&settings(post.port, None)).unwrap().send(&mail()).await.unwrap_err();
        let as_expected = match bounces {
            Some(true) => matches!(refused, MailError::Bounced(_)),
            Some(false) => matches!(refused, MailError::Never(_)),
            None => matches!(refused, MailError::Later(_)),
        };
        assert!(as_expected, "{says:?}: {refused:?}");
    }
}

fn to(address: &str) -> Mail {
    Mail { to: address.to_owned(), ..mail() }
}

fn begins(post: &Post) -> Vec<String> {
    let heard = post.heard.lock().unwrap();
    heard.in_clear.iter().filter_map(|line| line.split(' ').next().map(str::to_owned)).collect()
}

#[tokio::test]
async fn letters_that_are_due_at_once_go_over_one_connection() {
    let post = Post::open(vec![Door::default()]).await;
    let mailer = SmtpMailer::new(&settings(post.port, None)).unwrap();
    mailer.send(&mail()).await.unwrap();
    mailer.send(&mail()).await.unwrap();
    mailer.rest().await;
    mailer.send(&mail()).await.unwrap();
    assert_eq!(
        begins(&post),
        ["EHLO", "MAIL", "RCPT", "DATA", "MAIL", "RCPT", "DATA", "QUIT", "EHLO", "MAIL", "RCPT", "DATA"]
    );
    let heard = post.heard.lock().unwrap();
    assert_eq!(heard.letters.len(), 3);
    for letter in &heard.letters {
        assert!(letter.contains("\n..Punkt am Anfang\n...zwei\n"), "{letter}");
    }
}

#[tokio::test]
async fn a_connection_that_the_mail_server_has_had_enough_of_costs_no_letter() {
    for last_words in ["421 4.7.0 too many\r\n", "550 5.7.1 too many\r\n", ""] {
        let door = Door { enough: Some((2, last_words)), ..Door::default() };
        let post = Post::open(vec![door]).await;
        let mailer = SmtpMailer::new(&settings(post.port, None)).unwrap();
        for _ in 0..5 {
            mailer.send(&mail()).await.unwrap();
        }
        assert_eq!(post.heard.lock().unwrap().letters.len(), 5);
        assert_eq!(begins(&post).iter().filter(|word| *word == "EHLO").count(), 3);
    }
}

#[tokio::test]
async fn a_recipient_who_is_refused_is_not_asked_for_again_over_another_connection() {
    let door = Door { says: vec![("RCPT TO:<gone@", "550 5.1.1 no such user\r\n")], ..Door::default() };
    let post = Post::open(vec![door]).await;
    let mailer = SmtpMailer::new(&settings(post.port, None)).unwrap();
    mailer.send(&mail()).await.unwrap();
    let refused = mailer.send(&to("gone@example.org")).await.unwrap_err();
    assert!(matches!(refused, MailError::Bounced(_)), "{refused:?}");
    mailer.send(&mail()).await.unwrap();
    let rcpt = begins(&post).iter().filter(|word| *word == "RCPT").count();
    assert_eq!((rcpt, post.heard.lock().unwrap().letters.len()), (3, 2));
}

/// A person at the terminal, and a mail server that pipes what came back.
#[tokio::test]
async fn bounces_are_noted_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let program = |arguments: &[&str], input: &str| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_recovery-server"))
            .args(arguments)
            .args(["--config", "settings.toml"])
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let done = child.wait_with_output().unwrap();
        (done.status.success(), String::from_utf8([done.stdout, done.stderr].concat()).unwrap())
    };
    std::fs::write(folder.path().join("settings.toml"), "public_url = \"https://a.example\"\n").unwrap();
    let add = ["account", "add", "--identifier", "jana", "--address", "jana@example.org", "--password-stdin"];
    assert!(program(&add, "quiet lamp behind the door\n").0);
    assert_eq!(program(&["mail", "bounced", "JANA@example.org"], ""), (true, "Noted.\n".to_owned()));
    let (done, said) = program(&["mail", "bounced", "nobody@example.org"], "");
    assert!(!done && said.contains("no account has the address nobody@example.org"), "{said}");
    let report = "Content-Type: multipart/report; report-type=delivery-status; boundary=B\n\n--B\n\
                  Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n\
                  Final-Recipient: rfc822; jana@example.org\nAction: failed\nStatus: 5.1.1\n\n--B--\n";
    assert_eq!(program(&["mail", "bounce"], report), (true, "1 noted.\n".to_owned()));
    // A mail server that is told of a failure would send it back.
    assert_eq!(program(&["mail", "bounce"], "no notification\n"), (true, "0 noted.\n".to_owned()));
}
