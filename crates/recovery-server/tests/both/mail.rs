//! Mail: queued, sent at once, tried again, and right on the wire.

use crate::common::{NEW_PASSWORD, PASSWORD, START, World, deps};
use async_trait::async_trait;
use mail_parser::{MessageParser, MimeHeaders as _};
use recovery_server::config::{Encryption, Mail as Settings};
use recovery_server::mail::{Mail, MailError};
use recovery_server::{App, Config, Mailer, ManualClock, NewAccount, Outbox, Server, SmtpMailer};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// A mail server that takes everything: one line in, one line out (RFC 5321).
async fn smtp_server() -> (u16, mpsc::UnboundedReceiver<(Vec<String>, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, receiver) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let sender = sender.clone();
            tokio::spawn(async move {
                let (read, mut write) = stream.into_split();
                let mut lines = BufReader::new(read);
                let mut commands = Vec::new();
                write.write_all(b"220 test\r\n").await.unwrap();
                loop {
                    let mut line = String::new();
                    if lines.read_line(&mut line).await.unwrap() == 0 {
                        return;
                    }
                    let command = line.trim_end().to_owned();
                    let answer = match command.split([' ', ':']).next().unwrap() {
                        "EHLO" => "250-test\r\n250 AUTH PLAIN\r\n",
                        "AUTH" => "235 welcome\r\n",
                        "DATA" => "354 go on\r\n",
                        "QUIT" => "221 bye\r\n",
                        _ => "250 ok\r\n",
                    };
                    write.write_all(answer.as_bytes()).await.unwrap();
                    if command == "DATA" {
                        let mut message = Vec::new();
                        loop {
                            let mut line = Vec::new();
                            lines.read_until(b'\n', &mut line).await.unwrap();
                            if line == b".\r\n" {
                                break;
                            }
                            let stuffed = line.starts_with(b"..");
                            message.extend_from_slice(&line[usize::from(stuffed)..]);
                        }
                        sender.send((std::mem::take(&mut commands), message)).unwrap();
                        write.write_all(b"250 taken\r\n").await.unwrap();
                    } else {
                        commands.push(command);
                    }
                }
            });
        }
    });
    (port, receiver)
}

fn settings(port: u16) -> Settings {
    Settings {
        from: "Dorfladen <konto@dorfladen.example>".to_owned(),
        server: "127.0.0.1".to_owned(),
        port: Some(port),
        encryption: Encryption::None,
        dkim: None,
        ca_file: None,
        user: Some("konto".to_owned()),
        password_file: None,
        password: Some("mail secret".to_owned().into()),
    }
}

#[tokio::test]
async fn a_code_arrives_by_smtp_and_gets_in() {
    let (port, mut arrived) = smtp_server().await;
    let mut config = Config::loopback("Dorfladen");
    config.public_url = "https://konto.dorfladen.example".parse().unwrap();
    let (mut deps, _) = deps(config).await;
    deps.clock = Arc::new(ManualClock::at(START));
    deps.mailer = Arc::new(SmtpMailer::new(&settings(port)).unwrap());
    let app = App::new(deps).await.unwrap();
    let world = World { router: recovery_server::router(&app), app, ..World::new().await };
    let jana = NewAccount {
        language: Some(recovery_server::Language::Ru),
        name: "Жанна".to_owned(),
        ..NewAccount::new("jana", "jana@example.org", PASSWORD)
    };
    world.app.add_account(jana).await.unwrap();

    let ticket = world.start("jana").await.text("ticket");
    assert_eq!(world.app.deliver_due().await.unwrap(), 1);
    let (commands, bytes) = arrived.recv().await.unwrap();
    assert!(commands.contains(&"EHLO dorfladen.example".to_owned()), "{commands:?}");
    assert!(commands.iter().any(|command| command.starts_with("MAIL FROM:<konto@dorfladen.example>")));
    assert!(commands.iter().any(|command| command.starts_with("RCPT TO:<jana@example.org>")));

    let message = MessageParser::default().parse(&bytes).unwrap();
    assert_eq!(message.from().unwrap().first().unwrap().address(), Some("konto@dorfladen.example"));
    assert_eq!(message.to().unwrap().first().unwrap().address(), Some("jana@example.org"));
    assert_eq!(message.date().unwrap().to_timestamp(), START);
    assert_eq!(message.message_id(), Some("1800000000.1@dorfladen.example"));
    assert_eq!(message.header_raw("Auto-Submitted").map(str::trim), Some("auto-generated"));
    assert_eq!(message.header_raw("Content-Language").map(str::trim), Some("ru"));
    assert!(
        message
            .content_type()
            .is_some_and(|kind| kind.ctype() == "multipart" && kind.subtype() == Some("alternative"))
    );
    assert_eq!((message.text_body_count(), message.html_body_count()), (1, 1));
    let text = message.body_text(0).unwrap();
    let html = message.body_html(0).unwrap();
    let code = text.trim_end().lines().last().unwrap().strip_prefix("@konto.dorfladen.example #").unwrap();
    assert_eq!(message.subject(), Some(format!("{code} — ваш код для Dorfladen").as_str()));
    for part in ["Здравствуйте, Жанна!", "Это были не вы?", "15 января 2027, 08:00 UTC", "08:10 UTC"]
    {
        assert!(text.contains(part) && html.contains(part), "{part}");
    }
    assert_eq!(world.check(&ticket, code).await.status, 200);
}

#[tokio::test]
async fn a_running_server_mails_without_being_asked() {
    let (mut deps, outbox) = deps(Config::loopback("Dorfladen")).await;
    deps.clock = Arc::new(ManualClock::at(START));
    deps.config.practice = false;
    let server = Server::bind(deps).await.unwrap();
    let jana = NewAccount::new("jana", "jana@example.org", PASSWORD);
    server.app().add_account(jana).await.unwrap();
    let running = server.start();
    let mut inbox = outbox.subscribe();
    let world = World {
        router: recovery_server::router(running.app()),
        app: running.app().clone(),
        ..World::new().await
    };
    let ticket = world.start("jana").await.text("ticket");
    let code = inbox.next().await.code().unwrap().to_owned();
    let ticket = world.check(&ticket, &code).await.text("ticket");
    assert_eq!(world.set_password(&ticket, NEW_PASSWORD).await.status, 200);
    assert_eq!(inbox.next().await.subject, "Your password for Dorfladen was changed");
    running.stop().await;
}

/// Refuses the first `refusals` mails.
struct Moody {
    outbox: Outbox,
    refusals: AtomicU32,
    never: bool,
}

#[async_trait]
impl Mailer for Moody {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let refuse = |left: u32| left.checked_sub(1);
        if self.refusals.fetch_update(Ordering::Relaxed, Ordering::Relaxed, refuse).is_ok() {
            let words = "not now".to_owned();
            return Err(if self.never { MailError::Never(words) } else { MailError::Later(words) });
        }
        self.outbox.send(mail).await
    }
}

async fn moody(refusals: u32, never: bool) -> World {
    let mut world = World::new().await;
    let (mut deps, outbox) = deps(world.app.config().clone()).await;
    deps.clock = Arc::new(world.clock.clone());
    deps.mailer = Arc::new(Moody { outbox: outbox.clone(), refusals: refusals.into(), never });
    world.app = App::new(deps).await.unwrap();
    world.router = recovery_server::router(&world.app);
    world.inbox = outbox.subscribe();
    world.add_jana(false).await;
    world
}

#[tokio::test]
async fn a_refused_mail_is_tried_again_and_the_answer_does_not_wait() {
    let mut world = moody(2, false).await;
    assert_eq!(world.start("jana").await.status, 202);
    for pause in [5, 20] {
        assert_eq!(world.app.deliver_due().await.unwrap(), 0);
        world.clock.advance(pause - 1);
        assert_eq!(world.app.deliver_due().await.unwrap(), 0);
        world.clock.advance(1);
    }
    assert_eq!(world.app.deliver_due().await.unwrap(), 1);
    assert!(world.inbox.try_next().unwrap().code().is_some());
}

#[tokio::test]
async fn a_code_that_has_run_out_is_not_mailed_any_more() {
    let mut world = moody(100, false).await;
    world.start("jana").await;
    for _ in 0..50 {
        world.app.deliver_due().await.unwrap();
        world.clock.advance(60);
    }
    assert!(world.inbox.try_next().is_none());
    assert_eq!(world.app.storage().next_mail_due().await.unwrap(), None);
    let log = world.app.storage().audit(1).await.unwrap();
    assert_eq!((log[0].event.as_str(), log[0].result.as_str()), ("mail_failed", "given up"));
}

#[tokio::test]
async fn a_mail_nobody_will_ever_take_is_given_up_at_once() {
    let world = moody(1, true).await;
    world.start("jana").await;
    assert_eq!(world.app.deliver_due().await.unwrap(), 0);
    assert_eq!(world.app.storage().next_mail_due().await.unwrap(), None);
}

#[tokio::test]
async fn a_mail_server_that_is_down_is_no_reason_to_fail() {
    let mut config = Config::loopback("Dorfladen");
    config.public_url = "https://konto.dorfladen.example".parse().unwrap();
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let (mut deps, _) = deps(config).await;
    deps.mailer = Arc::new(SmtpMailer::new(&settings(closed)).unwrap());
    let app = App::new(deps).await.unwrap();
    let world = World { router: recovery_server::router(&app), app, ..World::new().await };
    world.add_jana(false).await;
    assert_eq!(world.start("jana").await.status, 202);
    assert_eq!(world.app.deliver_due().await.unwrap(), 0);
    assert!(world.app.storage().next_mail_due().await.unwrap().is_some());
}
