//! KeePassXC's own command-line program, on the same entries.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::{Run, fastest, peak, process, sample};

const PASSWORD: &str = "teapot gravel monday owl";
const INPUT: &str = "teapot gravel monday owl\n";

/// Its name and version, if it is there.
pub fn version() -> Option<String> {
    let out = cli().arg("--version").output().ok().filter(|out| out.status.success())?;
    Some(format!("keepassxc-cli {}", String::from_utf8(out.stdout).ok()?.trim()))
}

fn cli() -> Command {
    let mut command = Command::new("keepassxc-cli");
    command.env("QT_QPA_PLATFORM", "offscreen");
    command
}

pub struct Peer {
    database: PathBuf,
    count: usize,
    /// What a database with one entry takes: the key's derivation and the start of the program are not its storage.
    start: Duration,
}

/// KeePass's own XML.
fn xml(count: usize) -> String {
    let id = |number: usize| {
        // 16 bytes in base64, of digits that are their own bytes.
        let digits = format!("{number:016}");
        base64(digits.as_bytes())
    };
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><KeePassFile><Meta><Generator>Regain</Generator></Meta>\
         <Root><Group><UUID>{}</UUID><Name>Root</Name>",
        id(9_999_999)
    );
    for number in 0..count {
        let sample = sample(number);
        write!(xml, "<Entry><UUID>{}</UUID>", id(number)).unwrap();
        for (key, value) in [
            ("Title", &sample.title),
            ("UserName", &sample.user),
            ("URL", &sample.url),
            ("Password", &sample.password),
            ("Notes", &sample.notes),
        ] {
            write!(xml, "<String><Key>{key}</Key><Value>{value}</Value></String>").unwrap();
        }
        xml.push_str("</Entry>");
    }
    xml.push_str("</Group></Root></KeePassFile>");
    xml
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |three: &[u8]| {
        let bits =
            three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        let letter = |place: usize| match place <= three.len() {
            true => char::from(ALPHABET[(bits >> (18 - 6 * place) & 63) as usize]),
            false => '=',
        };
        (0..4).map(letter).collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}

fn import(folder: &Path, count: usize) -> PathBuf {
    let (list, database) = (folder.join(format!("{count}.xml")), folder.join(format!("{count}.kdbx")));
    fs::write(&list, xml(count)).unwrap();
    // 100 ms for the key is the least that it takes.
    let mut command = cli();
    command.args(["import", "-q", "-p", "-t", "100"]).arg(&list).arg(&database);
    process(&mut command, &format!("{PASSWORD}\n{PASSWORD}\n"));
    fs::remove_file(list).unwrap();
    database
}

impl Peer {
    pub fn make(folder: &Path, count: usize) -> Self {
        fs::create_dir_all(folder).unwrap();
        let one = import(folder, 1);
        let mut small = Self { database: one, count: 1, start: Duration::ZERO };
        small.start = fastest(10, |_| process(&mut small.search(&sample(0).user), INPUT));
        Self { database: import(folder, count), count, start: small.start }
    }

    /// The database is read whole, whatever is asked of it. How often: a hundred thousand take it long enough.
    fn times(&self) -> usize {
        if self.count > 10_000 { 1 } else { 5 }
    }

    fn search(&self, word: &str) -> Command {
        let mut command = cli();
        command.args(["search", "-q"]).arg(&self.database).arg(word);
        command
    }

    pub fn open_and_search(&self) -> Run {
        let search = || self.search("garden");
        let whole = fastest(self.times(), |_| process(&mut search(), INPUT));
        Run { took: whole.saturating_sub(self.start), kib: peak(&mut search(), INPUT) }
    }

    pub fn change(&self) -> Duration {
        let edit = |number: usize| {
            let title = sample(number * 1_000).title;
            let user = format!("changed {number}");
            let mut command = cli();
            command.args(["edit", "-q", "-u", &user]).arg(&self.database).arg(title);
            process(&mut command, INPUT)
        };
        fastest(self.times(), |run| edit(run + 1)).saturating_sub(self.start)
    }
}
