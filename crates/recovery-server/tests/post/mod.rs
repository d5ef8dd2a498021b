//! A mail server with a certificate, and an authority of its own to vouch for it.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use std::io::Write;
use std::sync::{Arc, Mutex};
use tempfile::NamedTempFile;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// Who vouches for certificates.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// What `mail.ca_file` names.
    pub fn file(&self) -> NamedTempFile {
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(self.file_text().as_bytes()).unwrap();
        file
    }

    pub fn file_text(&self) -> String {
        self.0.pem()
    }

    /// A certificate for `name` that is valid today.
    pub fn vouches_for(&self, name: &str) -> TlsAcceptor {
        self.vouches_between(name, 2000, 3000)
    }

    /// A certificate that is valid from the first day of one year to that of another.
    pub fn vouches_between(&self, name: &str, from: i32, until: i32) -> TlsAcceptor {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

/// How a mail server receives a connection.
#[derive(Clone, Default)]
pub struct Door {
    pub tls: Option<TlsAcceptor>,
    /// TLS only once the client has asked for it.
    pub starttls: bool,
    /// What it says in place of its usual answer to commands that begin so.
    pub says: Vec<(&'static str, &'static str)>,
    /// After so many letters it says this to whatever comes, and hangs up.
    pub enough: Option<(usize, &'static str)>,
    /// Answers for a letter that it has taken only while there are permits; each is for one letter.
    pub answers: Option<Arc<Semaphore>>,
}

/// Everything the server was told.
#[derive(Default)]
pub struct Heard {
    pub in_clear: Vec<String>,
    pub under_seal: Vec<String>,
    pub letters: Vec<String>,
    arrived: Arc<Notify>,
}

/// A listening mail server.
pub struct Post {
    pub port: u16,
    pub heard: Arc<Mutex<Heard>>,
}

impl Post {
    /// Each connection finds the next door; the last one stays.
    pub async fn open(doors: Vec<Door>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::<Mutex<Heard>>::default();
        let told = heard.clone();
        tokio::spawn(async move {
            let mut next = 0;
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let door = doors[next.min(doors.len() - 1)].clone();
                next += 1;
                let told = told.clone();
                tokio::spawn(async move { door.receive(stream, &told).await });
            }
        });
        Self { port, heard }
    }

    /// All letters, once there are so many; for one who waits at a time.
    pub async fn letters(&self, wanted: usize) -> Vec<String> {
        let arrived = self.heard.lock().unwrap().arrived.clone();
        loop {
            let letters = self.heard.lock().unwrap().letters.clone();
            if letters.len() >= wanted {
                return letters;
            }
            arrived.notified().await;
        }
    }
}

impl Door {
    /// `None` at the end of the connection, whoever ended it.
    async fn receive(&self, stream: tokio::net::TcpStream, heard: &Mutex<Heard>) -> Option<()> {
        let stream = match (&self.tls, self.starttls) {
            (Some(tls), false) => {
                return self
                    .talk(&mut BufReader::new(tls.accept(stream).await.ok()?), true, true, heard)
                    .await;
            }
            (_, true) | (None, false) => stream,
        };
        let mut stream = BufReader::new(stream);
        self.talk(&mut stream, false, true, heard).await?;
        let sealed = self.tls.as_ref()?.accept(stream.into_inner()).await.ok()?;
        self.talk(&mut BufReader::new(sealed), true, false, heard).await
    }

    /// One line in, one line out (RFC 5321), until the client says good-bye (`None`) or wants TLS.
    async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: &mut BufReader<S>,
        sealed: bool,
        greet: bool,
        heard: &Mutex<Heard>,
    ) -> Option<()> {
        if greet {
            stream.write_all(self.answer("", "220 test\r\n").as_bytes()).await.ok()?;
        }
        let mut taken = 0;
        loop {
            let line = read(stream).await?;
            if let Some((_, last_words)) = self.enough.filter(|(most, _)| taken >= *most) {
                return stream.write_all(last_words.as_bytes()).await.ok().filter(|()| false);
            }
            {
                let mut heard = heard.lock().unwrap();
                if sealed { heard.under_seal.push(line.clone()) } else { heard.in_clear.push(line.clone()) }
            }
            let usual = match line.split([' ', ':']).next().unwrap_or_default() {
                "EHLO" if self.starttls && !sealed => "250-test\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n",
                "EHLO" => "250-test\r\n250 AUTH PLAIN\r\n",
                "STARTTLS" => "220 go on\r\n",
                "AUTH" => "235 welcome\r\n",
                "DATA" => "354 go on\r\n",
                "QUIT" => "221 bye\r\n",
                _ => "250 ok\r\n",
            };
            let answer = self.answer(&line, usual);
            stream.write_all(answer.as_bytes()).await.ok()?;
            match (line.as_str(), &answer[..1]) {
                ("QUIT", _) => return None,
                ("STARTTLS", "2") => return Some(()),
                ("DATA", "3") => {
                    let mut letter = String::new();
                    while let Some(line) = read(stream).await.filter(|line| line != ".") {
                        letter += &format!("{line}\n");
                    }
                    {
                        let mut heard = heard.lock().unwrap();
                        heard.letters.push(letter);
                        heard.arrived.notify_one();
                    }
                    if let Some(answers) = &self.answers {
                        answers.acquire().await.ok()?.forget();
                    }
                    stream.write_all(self.answer(".", "250 taken\r\n").as_bytes()).await.ok()?;
                    taken += 1;
                }
                _ => {}
            }
        }
    }

    fn answer<'a>(&'a self, line: &str, usual: &'a str) -> &'a str {
        let own = |(begin, _): &&(&str, &str)| {
            if begin.is_empty() { line.is_empty() } else { line.starts_with(begin) }
        };
        self.says.iter().find(own).map_or(usual, |(_, answer)| answer)
    }
}

async fn read(stream: &mut (impl tokio::io::AsyncBufRead + Unpin)) -> Option<String> {
    let mut line = String::new();
    let length = stream.read_line(&mut line).await.ok()?;
    (length > 0).then(|| line.trim_end().to_owned())
}

/// What the program writes into its log from now on, in this thread.
pub struct Log {
    text: Arc<Mutex<Vec<u8>>>,
    _guard: tracing::subscriber::DefaultGuard,
}

struct Pen(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub fn start() -> Self {
        let text = Arc::<Mutex<Vec<u8>>>::default();
        let shared = text.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::DEBUG)
            .with_ansi(false)
            .with_writer(move || Pen(shared.clone()))
            .finish();
        Self { text, _guard: tracing::subscriber::set_default(subscriber) }
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.text.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Pen {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
