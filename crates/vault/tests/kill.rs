//! A process that is killed at any moment, on a real disk: what it said was saved is there, and the vault opens.

#![expect(clippy::unwrap_used, reason = "a surprise must stop the test")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use common::*;
use vault::scratch_disk::Seeded;
use vault::{Change, Home, Key, LOCKED, MADE, Random as _, RealDisk, Vault, append_locked};

const FOLDER: &str = "REGAIN_KILLED_FOLDER";
const ROUND: &str = "REGAIN_KILLED_ROUND";
const PASSWORDS: [&str; 2] = [PASSWORD, "another one of four words"];
const KEYS: u64 = 24;

/// What the process said, over all its lives.
#[derive(Default)]
struct Said {
    /// Numbers under each key: said to be saved, and begun at most.
    saved: BTreeMap<u64, u64>,
    begun: BTreeMap<u64, u64>,
    made: BTreeSet<String>,
    /// Places in [`PASSWORDS`].
    password: usize,
    password_begun: Option<usize>,
}

impl Said {
    fn hear(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |place: usize| words[place].parse::<u64>().unwrap();
        match words[0] {
            "put" => drop(self.begun.insert(number(1), number(2))),
            "has-put" => drop(self.saved.insert(number(1), number(2))),
            "password" => self.password_begun = Some(usize::try_from(number(1)).unwrap()),
            "has-password" => {
                self.password = usize::try_from(number(1)).unwrap();
                self.password_begun = None;
            }
            "has-made" => drop(self.made.insert(words[1].to_owned())),
            "takes" => self.made.clear(),
            _ => {}
        }
    }

    /// How many things that were said to be saved are not there; all of them if the vault does not open.
    fn lost(&mut self, folder: &Path) -> Result<usize, String> {
        let open = |password: usize| {
            Vault::open(home_on(RealDisk, folder), &Key::Password(PASSWORDS[password]), None, dice(1))
        };
        let vault = match (open(self.password), self.password_begun.take()) {
            (Ok(vault), _) => vault,
            (Err(error), None) => return Err(error.to_string()),
            (Err(_), Some(begun)) => {
                self.password = begun;
                open(begun).map_err(|error| error.to_string())?
            }
        };
        let mut lost = 0;
        for key in 0..KEYS {
            let numbers = ["left", "right"].map(|side| {
                vault.get(&format!("{side}/{key}")).map_or(0, |entry| entry.text.parse::<u64>().unwrap())
            });
            let most = self.begun.get(&key).copied().unwrap_or(0);
            let least = self.saved.get(&key).copied().unwrap_or(0);
            assert_eq!(numbers[0], numbers[1], "changes of one frame are made together");
            assert!(numbers[0] <= most, "nothing is there that was never begun");
            lost += usize::from(numbers[0] < least);
            // A change that was under way is known now, whichever way it went.
            self.saved.insert(key, numbers[0]);
        }
        let made: BTreeSet<_> = vault.entries().filter_map(|entry| secret(&vault, entry.id, MADE)).collect();
        lost += self.made.difference(&made).count();
        Ok(lost)
    }
}

#[test]
fn nothing_is_lost_however_often_it_is_killed() {
    let rounds = if std::env::var_os("REGAIN_SOAK").is_some() { 2_000 } else { 300 };
    let folder = tempfile::tempdir().unwrap();
    let vault = folder.path().join("vault");
    Vault::create(home_on(RealDisk, &vault), PASSWORD, CHEAP, &recovery(), dice(1), at(0)).unwrap();
    let moments = Seeded::new(20);
    let (mut said, mut lost, mut unopened, mut lines) = (Said::default(), 0, Vec::new(), 0);
    for round in 0..rounds {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["the_process_that_is_killed", "--exact", "--nocapture", "--test-threads=1"])
            .env(FOLDER, &vault)
            .env(ROUND, round.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut moment = [0; 2];
        moments.fill(&mut moment);
        std::thread::sleep(Duration::from_micros(2_000 + u64::from(u16::from_le_bytes(moment))));
        // SIGKILL.
        child.kill().unwrap();
        let mut output = String::new();
        child.stdout.take().unwrap().read_to_string(&mut output).unwrap();
        child.wait().unwrap();
        // What follows the last end of a line was cut off.
        let whole = output.rfind('\n').map_or("", |end| &output[..end]);
        for line in whole.lines() {
            said.hear(line.trim_start_matches("test the_process_that_is_killed ... "));
            lines += usize::from(line.contains("has-"));
        }
        match said.lost(&vault) {
            Ok(number) => lost += number,
            Err(error) => unopened.push(format!("round {round}: {error}")),
        }
    }
    println!("{rounds} kills, {lines} changes said to be saved, {lost} lost, {} do not open", unopened.len());
    assert!(unopened.is_empty(), "{unopened:?}");
    assert_eq!(lost, 0);
    // How many there are says how busy the machine is; that there are some says that there was something to lose.
    assert!(lines > rounds, "it was killed while it worked: {lines}");
    assert!(said.saved.values().all(|number| *number > 0));
}

#[test]
fn the_process_that_is_killed() {
    let (Some(folder), Ok(round)) = (std::env::var_os(FOLDER), std::env::var(ROUND)) else { return };
    work(&home_on(RealDisk, Path::new(&folder)), round.parse().unwrap());
}

fn work(home: &Home, round: u64) {
    let dice = dice(1_000 + round);
    let open = |place: usize| Vault::open(home.clone(), &Key::Password(PASSWORDS[place]), None, dice.clone());
    let mut password = usize::from(open(0).is_err());
    let mut vault = open(password).unwrap();
    let old: Vec<_> =
        vault.entries().map(|entry| entry.id.to_owned()).filter(|id| id.starts_with(LOCKED)).collect();
    if old.len() > 50 {
        say("takes");
        let changes: Vec<_> = old.into_iter().map(|id| Change::Remove { id }).collect();
        vault.change(&changes).unwrap();
    }
    for step in 1_u64.. {
        let mut bytes = [0; 2];
        dice.fill(&mut bytes);
        let (what, key) = (bytes[0], u64::from(bytes[1]) % KEYS);
        match what {
            0..200 => {
                let number = (round + 1) * 100_000 + step;
                say(&format!("put {key} {number}"));
                let text = number.to_string();
                let changes = ["left", "right"].map(|side| put(&format!("{side}/{key}"), &text));
                vault.change(&changes).unwrap();
                say(&format!("has-put {key} {number}"));
            }
            200..225 => vault.compact(at(round)).unwrap(),
            225..240 => {
                password = 1 - password;
                say(&format!("password {password}"));
                vault.set_password(PASSWORDS[password], CHEAP, at(round)).unwrap();
                say(&format!("has-password {password}"));
            }
            _ => {
                let made = format!("{round}-{step}");
                append_locked(home, &vault.pin(), made.as_bytes(), &*dice, at(round)).unwrap();
                say(&format!("has-made {made}"));
            }
        }
    }
}

/// One write: a pipe takes it as a whole or not at all.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}
