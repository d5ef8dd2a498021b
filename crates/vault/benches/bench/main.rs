//! The vault beside what people use today, on this computer and in one run: `cargo bench -p vault`.
//!
//! Its peers are Debian's `keepassxc-cli` and `argon2`; what is missing is said, and the rest is measured.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a program that prints figures, or stops")]

mod ours;
mod peer;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let Some(at) = args.iter().position(|arg| arg == ours::OPEN) {
        return ours::open_and_search(Path::new(&args[at + 1]));
    }
    let folder = tempfile::tempdir().unwrap();
    let mut table = Table(Vec::new());
    let one = ours::Ours::make(&folder.path().join("ours-1"), 1);
    let keepassxc = peer::version();
    if keepassxc.is_none() {
        println!("keepassxc-cli is missing (Debian: keepassxc): only our own figures follow");
    }
    for count in [10_000, 100_000] {
        println!("{count} entries: writing them …");
        let ours = ours::Ours::make(&folder.path().join(format!("ours-{count}")), count);
        let opened = ours.open_and_search(&one);
        let theirs =
            keepassxc.as_ref().map(|_| peer::Peer::make(&folder.path().join(format!("peer-{count}")), count));

        let read = theirs.as_ref().map(peer::Peer::open_and_search);
        let row = |name: &str| format!("{name}, {count}");
        let opening = row("open and search once");
        table.against(&opening, opened.took, read.as_ref().map(|run| run.took), "≤ 1/40");
        let memory = |kib: u64| kib as f64 / 1_024.0;
        let of_peer = read.map(|run| memory(run.kib));
        table.row(&row("peak memory of it, MiB"), memory(opened.kib), of_peer, "≤ 1/4");

        let changes = ours.changes(1_000);
        let saved = theirs.as_ref().map(peer::Peer::change);
        table.against(&row("change one and save, median"), changes.median, saved, "≤ 2 ms");
        table.against(&row("change one and save, p99"), changes.p99, saved, "≤ 15 ms");
        let wanted = if count == 10_000 { "≤ 1 ms" } else { "≤ 5 ms" };
        let keys = ours.keys_pressed();
        table.against(&row("search, a key pressed, median"), keys.median, None, wanted);
        table.against(&row("search, a key pressed, worst"), keys.worst, None, wanted);
        table.against(&row("compaction"), ours.compaction(), None, "–");
    }
    argon2(&mut table);
    println!(
        "\nOurs beside {}, the fastest runs, start of the program and KDF apart:",
        keepassxc.as_deref().unwrap_or("nothing")
    );
    table.print();
}

/// Argon2id at what calibration starts with, ours and the C library's, by turns.
fn argon2(table: &mut Table) {
    let kdf = vault::Kdf::START;
    let run = || {
        let (memory, passes, lanes) = (kdf.memory_kib, kdf.passes, kdf.lanes);
        let args = format!("0123456789abcdef -id -t {passes} -k {memory} -p {lanes} -l 32 -r");
        let mut child = Command::new("argon2")
            .args(args.split(' '))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .ok()?;
        std::io::Write::write_all(&mut child.stdin.take()?, b"calibration").ok()?;
        child.wait().ok()?.success().then_some(())
    };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        ours.push(timed(|| kdf.try_out().unwrap()).0);
        let (took, ran) = timed(run);
        if ran.is_none() {
            println!("argon2 is missing (Debian: argon2): its row has no ratio");
            break;
        }
        theirs.push(took);
    }
    let theirs = (!theirs.is_empty()).then(|| Spread::of(theirs).median);
    table.against("Argon2id 256 MiB, t=3, p=4; argon2", Spread::of(ours).median, theirs, "about 1");
}

#[expect(clippy::disallowed_methods, reason = "time is what is measured")]
fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let done = work();
    (start.elapsed(), done)
}

struct Spread {
    median: Duration,
    p99: Duration,
    worst: Duration,
}

impl Spread {
    fn of(mut all: Vec<Duration>) -> Self {
        all.sort_unstable();
        let last = all.len() - 1;
        Self { median: all[last / 2], p99: all[last * 99 / 100], worst: all[last] }
    }
}

/// What opening costs: time, and the memory that the process held at most.
struct Run {
    took: Duration,
    kib: u64,
}

/// The fastest of several, ours and the peer's: what else the computer does only adds to it.
fn fastest(times: usize, run: impl FnMut(usize) -> Duration) -> Duration {
    (0..times).map(run).min().unwrap()
}

fn start(command: &mut Command, input: &str) -> Child {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes()).unwrap();
    child
}

/// How long a process takes to its end, with that on its standard input; nothing looks at it meanwhile.
fn process(command: &mut Command, input: &str) -> Duration {
    let (took, ended) = timed(|| start(command, input).wait().unwrap());
    assert!(ended.success(), "{ended}");
    took
}

/// The memory that a process holds at most, in KiB: a run of its own, for reading it costs the process time.
fn peak(command: &mut Command, input: &str) -> u64 {
    let mut child = start(command, input);
    let (status, mut kib) = (format!("/proc/{}/status", child.id()), 0);
    // The peak is the kernel's own; it is read until the process is gone.
    loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let peak = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        kib = peak.and_then(|it| it.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(kib);
        if let Some(ended) = child.try_wait().unwrap() {
            assert!(ended.success(), "{ended}");
            return kib;
        }
        std::thread::sleep(Duration::from_micros(100));
    }
}

struct Table(Vec<[String; 5]>);

impl Table {
    fn against(&mut self, what: &str, ours: Duration, theirs: Option<Duration>, wanted: &str) {
        let milliseconds = |time: Duration| time.as_secs_f64() * 1_000.0;
        self.row(&format!("{what}, ms"), milliseconds(ours), theirs.map(milliseconds), wanted);
    }

    fn row(&mut self, what: &str, ours: f64, theirs: Option<f64>, wanted: &str) {
        let shown = |figure: f64| if figure < 10.0 { format!("{figure:.3}") } else { format!("{figure:.0}") };
        let ratio = theirs.map_or("–".into(), |theirs| {
            let ratio = ours / theirs;
            if ratio < 0.5 { format!("1/{:.0}", 1.0 / ratio) } else { format!("{ratio:.2}") }
        });
        let theirs = theirs.map_or("–".into(), shown);
        self.0.push([what.into(), shown(ours), theirs, ratio, wanted.into()]);
    }

    fn print(&self) {
        let print = |[what, ours, theirs, ratio, wanted]: [&str; 5]| {
            println!("{what:<46} {ours:>10} {theirs:>10} {ratio:>8}  {wanted}");
        };
        print(["", "ours", "peer's", "ratio", "wanted"]);
        for row in &self.0 {
            print(row.each_ref().map(String::as_str));
        }
    }
}

/// The entries that both hold.
struct Sample {
    title: String,
    user: String,
    url: String,
    password: String,
    notes: String,
}

fn sample(number: usize) -> Sample {
    const WORDS: [&str; 16] = [
        "market", "garden", "Größe", "bank", "photo", "village", "radio", "letter", "train", "school",
        "museum", "forum", "mail", "Łódź", "library", "clinic",
    ];
    let word = |shift: usize| WORDS[number.wrapping_mul(2_654_435_761) >> shift & 15];
    Sample {
        title: format!("{} {} {number}", word(4), word(8)),
        user: format!("{}.{}{}@example.org", word(12), word(16), number % 977),
        url: format!("https://{}-{}.example.org/account", word(20), number % 10_007),
        password: format!("{:032x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
        notes: format!("The {} of the {}, asked for in the {}. ", word(4), word(24), word(28)).repeat(3),
    }
}
