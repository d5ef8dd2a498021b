//! Real servers: practice, the program itself, files that outlive it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "this file uses its own part")]
mod common;

use common::{PASSWORD, START};
use recovery_server::practice::{self, PracticeOptions};
use recovery_server::{
    App, Config, ConfigError, Deps, Language, ManualClock, NewAccount, Pepper, SeededRandom, SqliteStorage,
    SystemRandom,
};
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// One HTTP/1.1 request over a real socket.
async fn http(base_url: &str, method: &str, path: &str, body: Option<Value>) -> (u16, String) {
    let address = base_url.trim_start_matches("http://").trim_end_matches('/');
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let status = answer[9..12].parse().unwrap();
    let body = answer.split_once("\r\n\r\n").unwrap().1.to_owned();
    (status, body)
}

async fn post(base_url: &str, path: &str, body: Value) -> Value {
    let (_, answer) = http(base_url, "POST", path, Some(body)).await;
    serde_json::from_str(&answer).unwrap()
}

#[tokio::test]
async fn a_rehearsal_from_start_to_end() {
    let practice = practice::start(PracticeOptions {
        language: Language::De,
        clock: Some(Arc::new(ManualClock::at(START))),
        random: Some(Arc::new(SeededRandom::new(3))),
        mailer: None,
    })
    .await
    .unwrap();
    let url = practice.base_url.as_str();
    assert!(url.starts_with("http://127.0.0.1:") && url.ends_with('/'), "{url}");
    assert_eq!((practice.identifier.as_str(), practice.address.as_str()), ("jana", "jana@practice.invalid"));
    assert_eq!(practice.recovery_codes.len(), 10);
    let (_, about) = http(url, "GET", "/v1/about", None).await;
    let about: Value = serde_json::from_str(&about).unwrap();
    assert_eq!((&about["practice"], &about["name"]), (&json!(true), &json!("Practice")));

    let mut inbox = practice.outbox.subscribe();
    let asked = post(url, "/v1/recoveries", json!({"identifier": "jana", "device": "Regain"})).await;
    let mail = inbox.next().await;
    assert!(mail.text.starts_with("Übung: Nichts hiervon ist echt."), "{}", mail.text);
    let code = mail.code().unwrap();
    let (_, listed) = http(url, "GET", "/practice/outbox.json", None).await;
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!((&listed[0]["id"], &listed[0]["to"]), (&json!(1), &json!("jana@practice.invalid")));
    let (status, page) = http(url, "GET", "/practice/outbox", None).await;
    assert!(status == 200 && page.contains(code) && page.contains("srcdoc="));

    let check = json!({"ticket": asked["ticket"], "way": "mail_code", "code": code});
    let verified = post(url, "/v1/recoveries/check", check).await;
    let change = json!({"ticket": verified["ticket"], "new_password": PASSWORD});
    assert_eq!(post(url, "/v1/recoveries/password", change).await["state"], "password_changed");
    let sign_in = json!({"identifier": "jana", "password": PASSWORD, "device": "Regain"});
    assert_eq!(post(url, "/v1/sign-in", sign_in).await["state"], "signed_in");

    let address = practice.base_url.trim_start_matches("http://").trim_end_matches('/').to_owned();
    practice.stop().await;
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn a_head_that_never_ends_is_given_up() {
    let practice = practice::start(PracticeOptions {
        clock: Some(Arc::new(ManualClock::at(START))),
        ..PracticeOptions::default()
    })
    .await
    .unwrap();
    let address = practice.base_url.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /v1/about HTTP/1.1\r\nhost: ").await.unwrap();
    let begun = tokio::time::Instant::now();
    tokio::time::pause();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(!answer.contains("200 OK"), "{answer}");
    assert!(begun.elapsed().as_secs() >= 9);
    tokio::time::resume();
    practice.stop().await;
}

#[tokio::test]
async fn stopping_does_not_wait_for_idle_connections() {
    let practice = practice::start(PracticeOptions::default()).await.unwrap();
    let address = practice.base_url.trim_start_matches("http://").trim_end_matches('/');
    let mut used = TcpStream::connect(address).await.unwrap();
    let unused = TcpStream::connect(address).await.unwrap();
    let request = format!("GET /health HTTP/1.1\r\nhost: {address}\r\n\r\n");
    used.write_all(request.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    used.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    tokio::time::timeout(std::time::Duration::from_secs(5), practice.stop()).await.unwrap();
    drop(unused);
}

#[tokio::test]
async fn two_rehearsals_do_not_meet() {
    let one = practice::start(PracticeOptions::default()).await.unwrap();
    let two = practice::start(PracticeOptions::default()).await.unwrap();
    assert_ne!(one.base_url, two.base_url);
    assert_ne!(one.recovery_codes, two.recovery_codes);
    let mut inbox = one.outbox.subscribe();
    post(&one.base_url, "/v1/recoveries", json!({"identifier": "jana", "device": "x"})).await;
    inbox.next().await;
    assert_eq!(two.outbox.mails().len(), 0);
    one.stop().await;
    two.stop().await;
}

async fn on_disk(folder: &Path) -> Result<App, String> {
    let pepper =
        Pepper::load_or_create(&folder.join("pepper"), &SystemRandom).map_err(|error| error.to_string())?;
    let (mut deps, _) = Deps::in_memory(Config::loopback("Dorfladen")).await.unwrap();
    deps.pepper = pepper;
    deps.storage = Arc::new(SqliteStorage::open(&folder.join("accounts.sqlite")).await.unwrap());
    App::new(deps).await.map_err(|error| error.to_string())
}

#[tokio::test]
async fn accounts_outlive_the_server_but_not_a_lost_pepper() {
    let folder = tempfile::tempdir().unwrap();
    let app = on_disk(folder.path()).await.unwrap();
    app.add_account(NewAccount::new("jana", "jana@example.org", PASSWORD)).await.unwrap();
    drop(app);
    let app = on_disk(folder.path()).await.unwrap();
    assert!(app.storage().account_by_name("jana").await.unwrap().is_some());
    drop(app);
    std::fs::remove_file(folder.path().join("pepper")).unwrap();
    let Err(refused) = on_disk(folder.path()).await else { panic!("started with another pepper") };
    assert!(refused.contains("another pepper"), "{refused}");
}

/// Even if an administrator, as root, is the first to use them.
#[cfg(unix)]
#[tokio::test]
async fn new_files_belong_to_whom_their_folder_belongs_to_and_are_for_nobody_else() {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let folder = tempfile::tempdir().unwrap();
    // Only root can give folders away; else it stays with who runs this.
    let _given = chown(folder.path(), Some(65_534), Some(65_534));
    let owner = std::fs::metadata(folder.path()).unwrap().uid();
    let _app = on_disk(folder.path()).await.unwrap();
    let mut names = Vec::new();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let (name, file) = file.map(|file| (file.file_name(), file.metadata().unwrap())).unwrap();
        assert_eq!((file.uid(), file.mode() & 0o777), (owner, 0o600), "{name:?}");
        names.push(name.into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["accounts.sqlite", "accounts.sqlite-shm", "accounts.sqlite-wal", "pepper"]);
}

#[tokio::test]
async fn what_has_run_out_is_swept_away() {
    let folder = tempfile::tempdir().unwrap();
    let app = on_disk(folder.path()).await.unwrap();
    app.add_account(NewAccount::new("jana", "jana@example.org", PASSWORD)).await.unwrap();
    app.storage().sweep(i64::MAX).await.unwrap();
    assert!(app.storage().account_by_name("jana").await.unwrap().is_some());
    assert_eq!(app.storage().audit(10).await.unwrap().len(), 1, "the log stays");
}

const WHOLE: &str = r#"
public_url = "https://accounts.example.org"
[mail]
from = "Example <accounts@example.org>"
server = "smtp.example.org"
"#;

fn parse(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::parse(text, "test.toml", variables)
}

#[test]
fn the_sample_is_a_whole_settings_file() {
    let config = parse(recovery_server::config::SAMPLE, &[]).unwrap();
    assert_eq!(config.codes.life_seconds, 600);
    // What is commented out is the default: taken in, it must change nothing.
    let defaults: String = recovery_server::config::SAMPLE
        .lines()
        .filter(|line| !line.contains("user =") && !line.contains(" = \"/etc/") && !line.contains(":8322"))
        .map(|line| match line.strip_prefix("# ") {
            Some(setting) if setting.contains(" = ") && !setting.starts_with(char::is_uppercase) => {
                format!("{setting}\n")
            }
            _ => format!("{line}\n"),
        })
        .collect();
    let mut spelt_out = parse(&defaults, &[]).unwrap();
    assert_eq!(spelt_out.trusted_proxies.len(), 1);
    spelt_out.trusted_proxies.clear();
    let mail = spelt_out.mail.as_mut().unwrap();
    assert_eq!(mail.port, Some(465));
    mail.port = None;
    assert_eq!(format!("{spelt_out:?}"), format!("{config:?}"));
}

#[test]
fn the_environment_has_the_last_word() {
    let config = parse(
        WHOLE,
        &[
            ("RECOVERY_SERVER_NAME", "Dorfladen"),
            ("RECOVERY_SERVER_MAIL_PORT", "2525"),
            ("RECOVERY_SERVER_MAIL_CA_FILE", "/etc/our-ca.pem"),
            ("RECOVERY_SERVER_LOG_JSON", "true"),
            ("RECOVERY_SERVER_TRUSTED_PROXIES", "127.0.0.1, ::1 10.0.0.0/8"),
            ("RECOVERY_SERVER_CODES_LIFE_SECONDS", "900"),
            ("RECOVERY_SERVER_TLS_CERTIFICATE", "/etc/own.pem"),
            ("RECOVERY_SERVER_TLS_KEY", "/etc/own.key"),
            ("RECOVERY_SERVER_METRICS_LISTEN", "127.0.0.1:9000"),
            ("RECOVERY_SERVER_BOUNDS_REQUESTS", "9"),
            ("RECOVERY_SERVER_STOP_NOTICE_SECONDS", "20"),
            ("UNRELATED", "x"),
        ],
    )
    .unwrap();
    assert_eq!(config.name, "Dorfladen");
    let mail = config.mail.unwrap();
    assert_eq!((mail.port, mail.ca_file), (Some(2525), Some("/etc/our-ca.pem".into())));
    assert!(config.log.json);
    assert_eq!(config.trusted_proxies.len(), 3);
    assert_eq!(config.tls.unwrap().key, Path::new("/etc/own.key"));
    assert_eq!(config.metrics.unwrap().listen.port(), 9000);
    assert_eq!((config.bounds.requests, config.stop_notice_seconds), (9, 20));
    assert_eq!(config.codes.life_seconds, 900);
    let only_environment = parse("", &[("RECOVERY_SERVER_PUBLIC_URL", "https://a.example")]).unwrap();
    assert_eq!(only_environment.host(), "a.example");
}

#[test]
fn wrong_settings_are_named_with_what_would_be_right() {
    let with = |line: &str| format!("{line}\n{WHOLE}");
    let without_url = WHOLE.replace("public_url", "# public_url");
    let url = |address: &str| WHOLE.replace("https://accounts.example.org", address);
    let mail = |line: &str| format!("{WHOLE}{line}\n");
    for (text, says) in [
        (without_url, "has no public_url"),
        (url("http://accounts.example.org"), "Use https://"),
        (url("https://accounts.example.org/path"), "without a path"),
        (url("ftp://accounts.example.org"), "must begin with https://"),
        (url("accounts"), "public_url"),
        (with("nmae = \"x\""), "nmae"),
        (with("name = \"\""), "1 to 60"),
        (with("language = \"fr\""), "language"),
        (with("time_zone = \"Mars\""), "Europe/Berlin"),
        (with("listen = \"somewhere\""), "listen"),
        (with("trusted_proxies = [\"10.0.0.0/40\"]"), "neither an address nor a network"),
        (with("trusted_proxies = [\"0.0.0.0/0\"]"), "is everybody"),
        (with("stop_notice_seconds = 301"), "between 0 and 300"),
        (with("bounds = { requests = 0 }"), "bounds.requests must be between"),
        (with("metrics = { listen = \"127.0.0.1:8321\" }"), "another address than listen"),
        (with("tls = { certificate = \"a\" }"), "key"),
        (with("codes = { life_seconds = 90000 }"), "between 60 and 86400"),
        (
            format!("{}[tls]\ncertificate = \"a\"\nkey = \"b\"\n", url("http://127.0.0.1")),
            "begin it with https://",
        ),
        (mail("user = \"x\""), "belong together"),
        (mail("password = \"x\""), "belong together"),
        (mail("encryption = \"ssl\""), "encryption"),
        (mail("encryption = \"none\"\nuser = \"x\"\npassword = \"x\""), "in clear"),
        (mail("encryption = \"none\"\nca_file = \"x\""), "of no use"),
        (WHOLE.replace("Example <accounts@example.org>", "nobody"), "mail.from"),
        ("public_url = ".to_owned(), "test.toml, line 1, is not valid"),
    ] {
        let error = parse(&text, &[]).unwrap_err().to_string();
        assert!(error.contains(says), "{says:?} not in: {error}");
    }
    for (name, value, says) in [
        ("RECOVERY_SERVER_MAIL_PORT", "many", "whole number"),
        ("RECOVERY_SERVER_PUBIC_URL", "x", "not a setting"),
        ("RECOVERY_SERVER_LOG_JSON", "yes", "true or false"),
    ] {
        let error = parse(WHOLE, &[(name, value)]).unwrap_err().to_string();
        assert!(error.contains(says) && error.contains(name), "{error}");
    }
    assert!(parse(&url("http://localhost:8321"), &[]).is_ok());
}

fn program(arguments: &[&str], folder: &Path, stdin: &str) -> (bool, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_recovery-server"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_program_explains_itself() {
    let folder = tempfile::tempdir().unwrap();
    let (ok, help, _) = program(&["--help"], folder.path(), "");
    assert!(
        ok && help.contains("serve") && help.contains("check-config") && help.contains("Start with:"),
        "{help}"
    );
    let (ok, sample, _) = program(&["sample-config"], folder.path(), "");
    assert!(ok);
    std::fs::write(folder.path().join("s.toml"), sample).unwrap();
    let (ok, says, _) = program(&["check-config", "--config", "s.toml"], folder.path(), "");
    assert!(ok && says.contains("s.toml is fine"), "{says}");
    let (ok, _, error) = program(&["check-config", "--config", "none.toml"], folder.path(), "");
    assert!(!ok && error.contains("cannot read the settings file none.toml"), "{error}");
}

#[test]
fn the_program_adds_accounts() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("s.toml"), WHOLE).unwrap();
    let add = [
        "account",
        "add",
        "--config",
        "s.toml",
        "--identifier",
        "jana",
        "--address",
        "jana@example.org",
        "--language",
        "ru",
        "--totp",
        "--recovery-codes",
        "--password-stdin",
    ];
    let (ok, says, error) = program(&add, folder.path(), "  spaces kept at both ends  \n");
    assert!(ok, "{error}");
    assert!(
        says.contains("Added jana.") && says.contains("otpauth://totp/") && says.matches('-').count() >= 30,
        "{says}"
    );
    assert!(!says.contains("spaces kept"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(folder.path().join("pepper")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let (ok, _, error) = program(&add, folder.path(), "another long password\n");
    assert!(!ok && error.contains("already has this identifier"), "{error}");
    let (ok, _, error) = program(&add, folder.path(), "short\n");
    assert!(!ok && error.contains("at least 8 characters"), "{error}");
    let (ok, _, error) = program(&add[..add.len() - 1], folder.path(), "");
    assert!(!ok && error.contains("--password-stdin"), "{error}");
}

#[tokio::test]
async fn the_program_makes_new_saved_codes() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("s.toml"), WHOLE).unwrap();
    let program = |words: &[&str], stdin: &str| {
        program(&[words, &["--config", "s.toml"]].concat(), folder.path(), stdin)
    };
    let person = ["--identifier", "jana", "--address", "jana@example.org"];
    let add = [&["account", "add", "--recovery-codes", "--password-stdin"], &person[..]].concat();
    let codes = |said: &str| -> Vec<String> {
        said.lines().filter_map(|line| line.strip_prefix("  ")).map(str::to_owned).collect()
    };
    let (ok, old, error) = program(&add, PASSWORD);
    assert!(ok, "{error}");
    let (ok, says, error) = program(&["account", "recovery-codes", "JANA@example.org"], "");
    assert!(ok, "{error}");
    let (old, new) = (codes(&old), codes(&says));
    assert_eq!((old.len(), new.len()), (10, 10), "{says}");
    assert!(new.iter().all(|code| code.len() == 19 && !old.contains(code)), "{says}");
    assert!(says.contains("for 7 days"), "{says}");
    let app = on_disk(folder.path()).await.unwrap();
    assert!(app.storage().next_mail_due().await.unwrap().is_some(), "a mail tells of it");
    drop(app);
    let (ok, _, error) = program(&["account", "recovery-codes", "nobody"], "");
    assert!(!ok && error.contains("nobody is called \"nobody\""), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn the_program_serves_and_stops_when_asked() {
    use tokio::io::{AsyncBufReadExt as _, BufReader};
    let folder = tempfile::tempdir().unwrap();
    let settings = "public_url = \"http://127.0.0.1:0\"\nlisten = \"127.0.0.1:0\"\n[log]\njson = true\n";
    std::fs::write(folder.path().join("s.toml"), settings).unwrap();
    let mut child = tokio::process::Command::new(env!("CARGO_BIN_EXE_recovery-server"))
        .args(["serve", "--config", "s.toml"])
        .current_dir(folder.path())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    let first: Value = serde_json::from_str(&log.next_line().await.unwrap().unwrap()).unwrap();
    let url = first["fields"]["url"].as_str().unwrap().to_owned();
    assert_eq!(http(&url, "GET", "/v1/about", None).await.0, 200);
    let secret = json!({"identifier": "jana@example.org", "password": "a secret password", "device": "x"});
    http(&url, "POST", "/v1/sign-in", Some(secret)).await;
    let id = child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert!(child.wait().await.unwrap().success());
    let mut rest = String::new();
    while let Some(line) = log.next_line().await.unwrap() {
        rest.push_str(&line);
    }
    assert!(rest.contains("/v1/sign-in") && rest.contains("stopped"), "{rest}");
    assert!(!rest.contains("jana") && !rest.contains("secret"), "{rest}");
}
