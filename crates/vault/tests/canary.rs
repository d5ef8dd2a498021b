//! A vault that was locked leaves nothing in the memory of its process: read from outside, as a debugger reads it.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a surprise must stop the test")]

mod common;
mod forge;

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use common::*;
use vault::scratch_disk::Seeded;
use vault::{Change, Key, Random, RealDisk, Vault};
use zeroize::Zeroizing;

const FOLDER: &str = "REGAIN_CANARY_FOLDER";
/// Dice that throw what is looked for.
const KEPT: u64 = 901;
const SHOWN: u64 = 902;
const CHANGED: u64 = 903;
const DATA: u64 = 904;
const SIZE: usize = 48;

fn canary(seed: u64) -> Vec<u8> {
    let mut bytes = vec![0; SIZE];
    Seeded::new(seed).fill(&mut bytes);
    bytes
}

#[test]
fn nothing_is_left_when_it_is_locked() {
    let folder = tempfile::tempdir().unwrap();
    let home = home_on(RealDisk, folder.path());
    let mut vault = Vault::create(home, PASSWORD, CHEAP, &recovery(), dice(DATA), at(0)).unwrap();
    let kept = Change::PutSecret { id: "a".into(), name: "now".into(), secret: Zeroizing::new(canary(KEPT)) };
    let shown =
        Change::Put { id: "a".into(), text: Some("a".into()), shown: Some(canary(SHOWN)), changed_at: None };
    // So large that another thread opens its chunks.
    let filler = Change::Put { id: "b".into(), text: None, shown: Some(vec![7; 2 << 20]), changed_at: None };
    vault.change(&[shown, kept, filler]).unwrap();
    vault.compact(at(1)).unwrap();
    let save_salt = fs::read(folder.path().join("regain.vault")).unwrap()[46..78].to_vec();
    let id = vault.anchor().vault_id;
    drop(vault);
    let data = forge::data_key(DATA);
    let from = |label| forge::hkdf(&data, &id, label).to_vec();
    let sought = [
        ("a secret that was read", canary(KEPT)),
        ("a secret that was written", canary(CHANGED)),
        ("what is shown", canary(SHOWN)),
        ("the data key", data.to_vec()),
        ("the key of the secrets", from("regain vault secrets")),
        ("the key of the journal", from("regain vault journal")),
        ("the key of what is locked", from("regain vault locked")),
        ("the key of the header", from("regain vault header")),
        ("the key of the snapshot", forge::hkdf(&data, &save_salt, "regain vault snapshot").to_vec()),
    ];

    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["the_process_that_is_read", "--exact", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut next = |word: &str| {
        assert!(said.by_ref().any(|line| line.ends_with(word)), "the process says that it is {word}");
        let found = found(child.id(), &sought);
        writeln!(child.stdin.as_ref().unwrap()).unwrap();
        found
    };
    // The control: what is in use is found, so that the search is one that finds.
    let open = match next("open") {
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            child.kill().and_then(|()| child.wait()).unwrap();
            return not_run("canaries in memory", "a process may not read that of its children here");
        }
        open => open.unwrap(),
    };
    for (what, _) in [&sought[0], &sought[2], &sought[3]] {
        assert!(open.contains(what), "{what} is not found while it is in use: {open:?}");
    }
    let changed = next("changed").unwrap();
    assert!(changed.contains(&sought[1].0), "{changed:?}");
    assert_eq!(next("locked").unwrap(), Vec::<&str>::new(), "left behind");
    assert!(child.wait().unwrap().success());
}

/// What of it stands anywhere in the memory of a process, in whole or in half.
fn found<'a>(process: u32, sought: &[(&'a str, Vec<u8>)]) -> std::io::Result<Vec<&'a str>> {
    let maps = fs::read_to_string(format!("/proc/{process}/maps"))?;
    let memory = File::open(format!("/proc/{process}/mem"))?;
    let halves = sought.iter().flat_map(|(what, bytes)| {
        let (first, second) = bytes.split_at(bytes.len() / 2);
        [(*what, memchr::memmem::Finder::new(first)), (*what, memchr::memmem::Finder::new(second))]
    });
    let halves: Vec<_> = halves.collect();
    let (mut found, mut size) = (Vec::new(), 0);
    for line in maps.lines().filter(|line| line.split(' ').nth(1).unwrap().starts_with('r')) {
        let (start, end) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let [start, end] = [start, end].map(|number| u64::from_str_radix(number, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(end - start).unwrap()];
        // The kernel's own pages cannot be read in this way.
        if memory.read_exact_at(&mut bytes, start).is_err() {
            continue;
        }
        size += bytes.len();
        found.extend(halves.iter().filter(|(_, half)| half.find(&bytes).is_some()).map(|(what, _)| *what));
    }
    assert!(size > 1 << 20, "the memory was read");
    found.dedup();
    Ok(found)
}

#[test]
fn the_process_that_is_read() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let home = home_on(RealDisk, Path::new(&folder));
    let mut vault = Vault::open(home, &Key::Password(PASSWORD), None, dice(5)).unwrap();
    let read = vault.secret("a", "now").unwrap().unwrap();
    assert_eq!(vault.search("a", 9).len(), 1);
    pause("open");
    drop(read);

    let mut secret = Zeroizing::new(vec![0; SIZE]);
    Seeded::new(CHANGED).fill(&mut secret);
    vault.change(&[Change::PutSecret { id: "a".into(), name: "now".into(), secret }]).unwrap();
    vault.compact(at(2)).unwrap();
    let read = vault.secret("a", "now").unwrap().unwrap();
    pause("changed");
    drop(read);
    drop(vault);
    pause("locked");
}

fn pause(word: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{word}").unwrap();
    out.flush().unwrap();
    std::io::stdin().lock().read_line(&mut String::new()).unwrap();
}
