//! PostgreSQL as distributions bring it, in a private folder, for as long as the tests run.

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Mutex, OnceLock};
use std::thread;

const PASSWORD: &str = "only for tests";
const READY: &str = "database system is ready to accept connections";

/// A server of its own: one folder, one port of 127.0.0.1.
pub struct Cluster {
    programs: PathBuf,
    owner: Option<(u32, u32)>,
    folder: PathBuf,
    port: u16,
    /// Whether it waits for the disk, as it does outside of tests.
    synced: bool,
    schemas: AtomicU32,
    child: Mutex<Option<Child>>,
}

impl Cluster {
    /// The one that tests share; it ends with the process.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(|| {
            // Beside the tests: there are thousands of files.
            thread::spawn(sweep);
            Self::make("shared")
        })
    }

    /// A new one, running; `name` tells those of one process apart.
    pub fn make(name: &str) -> Self {
        Self::with(name, false)
    }

    /// One that waits for the disk at each change, for figures.
    pub fn make_synced(name: &str) -> Self {
        Self::with(name, true)
    }

    fn with(name: &str, synced: bool) -> Self {
        let programs = programs();
        let folder = tests_folder().join(format!("postgres-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let owner = owner();
        let (schemas, child) = (AtomicU32::new(0), Mutex::default());
        let cluster = Self { programs, owner, folder, port, synced, schemas, child };
        fs::write(cluster.folder.join("password"), PASSWORD).unwrap();
        cluster.give("");
        cluster.give("password");
        let made = cluster
            .program("initdb")
            .args(["--username=postgres", "--auth=scram-sha-256", "--pwfile=password", "--encoding=UTF8"])
            .args(["--locale=C", "--no-sync", "--no-instructions", "--pgdata=data"])
            .output()
            .unwrap();
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        cluster.start();
        cluster
    }

    /// Returns once it answers.
    pub fn start(&self) {
        let port = self.port.to_string();
        let mut command = self.program("postgres");
        command.args(["-D", "data", "-p", &port, "-c", "listen_addresses=127.0.0.1"]);
        command.args(["-cunix_socket_directories=", "-cmax_connections=300"]);
        if !self.synced {
            command.args(["-cfsync=off", "-csynchronous_commit=off", "-cfull_page_writes=off"]);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = spawn(command);
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut log = String::new();
        while !log.contains(READY) {
            assert!(said.read_line(&mut log).unwrap() > 0, "postgres did not come up: {log}");
        }
        let mut file = File::create(self.folder.join("log")).unwrap();
        thread::spawn(move || {
            file.write_all(log.as_bytes())?;
            io::copy(&mut said, &mut file)
        });
        *self.child.lock().unwrap() = Some(child);
    }

    /// Ends every connection and stops, as when the machine is shut down.
    pub fn stop(&self) {
        if let Some(mut child) = self.child.lock().unwrap().take() {
            let asked = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
            assert!(asked.success());
            child.wait().unwrap();
        }
    }

    /// To all of its processes, by number.
    pub fn signal(&self, name: &str) {
        let first = self.child.lock().unwrap().as_ref().unwrap().id().to_string();
        let children = fs::read_to_string(format!("/proc/{first}/task/{first}/children")).unwrap();
        let sent = Command::new("kill")
            .arg(format!("-{name}"))
            .arg(&first)
            .args(children.split_whitespace())
            .status()
            .unwrap();
        assert!(sent.success());
    }

    /// Uses this certificate for TLS from the next start on.
    pub fn certify(&self, certificate: &str, key: &str) {
        for (name, text) in [("server.crt", certificate), ("server.key", key)] {
            let name = format!("data/{name}");
            fs::write(self.folder.join(&name), text).unwrap();
            fs::set_permissions(self.folder.join(&name), fs::Permissions::from_mode(0o600)).unwrap();
            self.give(&name);
        }
        let mut settings =
            File::options().append(true).open(self.folder.join("data/postgresql.conf")).unwrap();
        writeln!(settings, "ssl = on").unwrap();
    }

    /// A schema that belongs to a user of its own: the address for the settings.
    pub async fn schema(&self) -> String {
        let name = format!("t{}", self.schemas.fetch_add(1, Ordering::Relaxed));
        let mut admin = self.connect("postgres").await;
        for sql in [
            format!("CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'"),
            format!("CREATE SCHEMA {name} AUTHORIZATION {name}"),
        ] {
            sqlx::query(AssertSqlSafe(sql)).execute(&mut admin).await.unwrap();
        }
        admin.close().await.unwrap();
        let password = PASSWORD.replace(' ', "%20");
        format!("postgres://{name}:{password}@127.0.0.1:{}/postgres", self.port)
    }

    /// A connection past the server under test.
    pub async fn connect(&self, user: &str) -> PgConnection {
        let options = PgConnectOptions::new_without_pgpass().host("127.0.0.1").port(self.port);
        let options = options.username(user).password(PASSWORD).database("postgres");
        options.ssl_mode(PgSslMode::Disable).connect().await.unwrap()
    }

    /// One of PostgreSQL's programs, which ends with this process; never as root, which it refuses.
    fn program(&self, name: &str) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "INT"]);
        if let Some((user, group)) = self.owner {
            let (user, group) = (user.to_string(), group.to_string());
            command.args(["--reuid", &user, "--regid", &group, "--clear-groups"]);
        }
        command.arg(self.programs.join(name)).current_dir(&self.folder).env("LC_ALL", "C");
        command
    }

    fn give(&self, file: &str) {
        if let Some((user, group)) = self.owner {
            chown(self.folder.join(file), Some(user), Some(group)).unwrap();
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop();
        // What cannot be removed now is swept by the next run.
        let _removed = fs::remove_dir_all(&self.folder);
    }
}

/// Processes end with the *thread* that started them, so one thread starts them all, and outlives every test.
fn spawn(command: Command) -> Child {
    static KEEPER: OnceLock<Sender<(Command, Sender<io::Result<Child>>)>> = OnceLock::new();
    let keeper = KEEPER.get_or_init(|| {
        let (asks, asked) = mpsc::channel::<(Command, Sender<io::Result<Child>>)>();
        thread::spawn(move || {
            for (mut command, answer) in asked {
                answer.send(command.spawn()).unwrap();
            }
        });
        asks
    });
    let (answer, answered) = mpsc::channel();
    keeper.send((command, answer)).unwrap();
    answered.recv().unwrap().unwrap_or_else(|error| panic!("setpriv (util-linux) is not there: {error}"))
}

/// The newest there is.
fn programs() -> PathBuf {
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().filter_map(|version| {
        let folder = version.ok()?.path();
        let number: u32 = folder.file_name()?.to_str()?.parse().ok()?;
        Some((number, folder.join("bin")))
    });
    let path = std::env::var_os("PATH").unwrap_or_default();
    debian
        .max()
        .map(|(_, folder)| folder)
        .into_iter()
        .chain(std::env::split_paths(&path))
        .find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
        .unwrap_or_else(|| {
            panic!("PostgreSQL is not installed: run `cargo xtask setup`, or `apt-get install postgresql`")
        })
}

/// Whom it runs as when the tests are root.
fn owner() -> Option<(u32, u32)> {
    let id = |args: &[&str]| -> Option<u32> {
        let out = Command::new("id").args(args).output().unwrap();
        String::from_utf8_lossy(&out.stdout).trim().parse().ok()
    };
    if id(&["-u"]) != Some(0) {
        return None;
    }
    let user = if id(&["-u", "postgres"]).is_some() { "postgres" } else { "nobody" };
    Some((id(&["-u", user]).unwrap(), id(&["-g", user]).unwrap()))
}

fn tests_folder() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// Removes the folders of processes that are gone.
fn sweep() {
    for entry in fs::read_dir(tests_folder()).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let process = name.strip_prefix("postgres-").and_then(|rest| rest.split('-').next());
        if process.is_some_and(|process| !Path::new("/proc").join(process).exists()) {
            let _removed = fs::remove_dir_all(entry.path());
        }
    }
}
