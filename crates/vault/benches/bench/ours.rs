use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use vault::scratch_disk::Seeded;
use vault::{Change, Home, Kdf, Key, Random, RealDisk, RecoveryKey, Vault};
use zeroize::Zeroizing;

use crate::{Run, Spread, fastest, peak, process, sample, timed};

/// The word by which this program runs itself: opening is measured as a process, as the peer's is.
pub const OPEN: &str = "open-and-search";

/// The KDF is apart from all of this.
const CHEAP: Kdf = Kdf { memory_kib: 8, passes: 1, lanes: 1 };
const PASSWORD: &str = "teapot gravel monday owl";

pub struct Ours {
    folder: PathBuf,
    count: usize,
}

fn dice(seed: u64) -> Arc<dyn Random> {
    Arc::new(Seeded::new(seed))
}

fn home(folder: &Path) -> Home {
    Home::new(Arc::new(RealDisk), folder)
}

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

fn open(folder: &Path) -> Vault {
    Vault::open(home(folder), &Key::Password(PASSWORD), None, dice(7)).unwrap()
}

/// In a process of its own.
pub fn open_and_search(folder: &Path) {
    let mut vault = open(folder);
    std::hint::black_box(vault.search("garden", 100).len());
}

fn put(number: usize) -> [Change; 3] {
    let sample = sample(number);
    let id = format!("account/{number}");
    let secret = |name: &str, text: &str| Change::PutSecret {
        id: id.clone(),
        name: name.into(),
        secret: Zeroizing::new(text.as_bytes().to_vec()),
    };
    let shown = format!(r#"{{"title":"{}","user":"{}","url":"{}"}}"#, sample.title, sample.user, sample.url);
    let text = format!("{} {} {}", sample.title, sample.user, sample.url);
    let secrets = [secret("password", &sample.password), secret("notes", &sample.notes)];
    let put = Change::Put {
        id: id.clone(),
        text: Some(text),
        shown: Some(shown.into_bytes()),
        changed_at: Some(1_800_000_000),
    };
    let [password, notes] = secrets;
    [put, password, notes]
}

impl Ours {
    pub fn make(folder: &Path, count: usize) -> Self {
        let recovery = RecoveryKey::new(&Seeded::new(3));
        let mut vault = Vault::create(home(folder), PASSWORD, CHEAP, &recovery, dice(1), now()).unwrap();
        let numbers: Vec<usize> = (0..count).collect();
        for some in numbers.chunks(10_000) {
            vault.change(&some.iter().flat_map(|number| put(*number)).collect::<Vec<_>>()).unwrap();
        }
        vault.compact(now()).unwrap();
        Self { folder: folder.into(), count }
    }

    /// Without what a vault with one entry takes, as with the peer: the fastest of each, by turns.
    pub fn open_and_search(&self, one: &Self) -> Run {
        let command = |folder: &Path| {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.arg(OPEN).arg(folder);
            command
        };
        let mut start = Duration::MAX;
        let whole = fastest(20, |_| {
            start = start.min(process(&mut command(&one.folder), ""));
            process(&mut command(&self.folder), "")
        });
        Run { took: whole.saturating_sub(start), kib: peak(&mut command(&self.folder), "") }
    }

    /// Each of them one frame, synced.
    pub fn changes(&self, times: usize) -> Spread {
        let mut vault = open(&self.folder);
        let change = |number: usize| {
            let id = format!("account/{}", number * 7_919 % self.count);
            let user = Change::Put {
                id,
                text: Some(format!("changed {number}")),
                shown: Some(vec![b'x'; 200]),
                changed_at: Some(1_800_000_001),
            };
            timed(|| vault.change(&[user]).unwrap()).0
        };
        Spread::of((0..times).map(change).collect())
    }

    /// Every word as it is typed, letter by letter.
    pub fn keys_pressed(&self) -> Spread {
        let mut vault = open(&self.folder);
        vault.search("a", 1);
        let mut times = Vec::new();
        for words in
            ["garden bank", "größe", "example.org", "library 99999", "nothing like it", "łódź school 7"]
        {
            for (end, _) in words.char_indices().skip(1).chain([(words.len(), ' ')]) {
                times.push(timed(|| vault.search(&words[..end], 100).len()).0);
            }
        }
        Spread::of(times)
    }

    pub fn compaction(&self) -> Duration {
        let mut vault = open(&self.folder);
        let run = |_| timed(|| vault.compact(now()).unwrap()).0;
        Spread::of((0..3).map(run).collect()).median
    }
}
