//! The table of what works where: written by the runs against the real servers and checked by them and by their fakes.

use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use accounts::provider::conformance::{Report, Verdict};

const PAGE: &str = "docs/servers.md";
const WRITE: &str = "REGAIN_WRITE_DOCS";

/// Two servers may be done at once.
static PEN: Mutex<()> = Mutex::new(());

/// Whether the page says of this server what its run has shown.
pub fn holds(server: &str, report: &Report) {
    let _pen = PEN.lock().unwrap_or_else(PoisonError::into_inner);
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(PAGE);
    let text = fs::read_to_string(&path).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let head = lines.iter().position(|line| line.starts_with("| What |")).unwrap();
    let column = cells(&lines[head]).iter().position(|cell| cell == server).unwrap();
    for (what, verdict) in report {
        let at = lines.iter().position(|line| cells(line).first().is_some_and(|cell| cell == what));
        let at = at.unwrap_or_else(|| panic!("{PAGE} has no row \"{what}\""));
        let mut row = cells(&lines[at]);
        row[column] = match verdict {
            Verdict::Works => "yes".into(),
            Verdict::NotOffered => "–".into(),
        };
        lines[at] = format!("| {} |", row.join(" | "));
    }
    let now = lines.join("\n") + "\n";
    if std::env::var_os(WRITE).is_some() {
        fs::write(&path, now).unwrap();
    } else {
        assert!(now == text, "{PAGE} says otherwise of {server}: write it with {WRITE}=1");
    }
}

fn cells(line: &str) -> Vec<String> {
    let line = line.trim();
    if !line.starts_with('|') {
        return Vec::new();
    }
    line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}
