//! How long the picture of what would be lost takes: `cargo bench -p accounts --bench readiness`.
//!
//! Wanted: everything about 10,000 accounts in under 50 ms.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark measures with the real clock, prints, and stops at a surprise"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use accounts::account::{Account, AccountId, Means, Plan};
use accounts::provider::{Kind, Server};
use accounts::readiness::{Graph, House, Known, Place, Sketch, Thing};
use accounts::store::StoreKind;

const ACCOUNTS: usize = 10_000;
const WANTED: Duration = Duration::from_millis(50);

fn main() {
    println!("{ACCOUNTS} accounts, the fastest of 9 runs   draw    lose  points    step     all   of 50 ms");
    row("a person's: 40 mailboxes, 5 devices", person);
    row("everyone recovers by everyone else", tangle);
    row("a chain as long as the list", chain);
    row("one circle as long as the list", circle);
    let (accounts, known) = list();
    let place = Place { store: StoreKind::Keychain, keychain_opens_vault: false };
    let times: Vec<Duration> = (0..9)
        .map(|_| {
            let (accounts, known) = (accounts.clone(), known.clone());
            timed(|| House::draw(accounts, known, place)).0
        })
        .collect();
    println!("drawing it from the list                     {}", shown(fastest(times)));
}

fn row(name: &str, sketch: fn() -> (Sketch, Thing)) {
    let mut best = [Duration::MAX; 5];
    for _ in 0..9 {
        let (sketch, first) = sketch();
        let (drawing, graph): (_, Graph) = timed(|| sketch.finish());
        let (losing, outlook) = timed(|| graph.lose(&[first]));
        black_box(outlook);
        let (pointing, points) = timed(|| graph.single_points());
        let lost: Vec<Thing> = points.first().map(|point| point.thing).into_iter().collect();
        let (stepping, step) = timed(|| graph.next_step(&lost));
        black_box(step);
        let all = drawing + losing + pointing + stepping;
        for (best, took) in best.iter_mut().zip([drawing, losing, pointing, stepping, all]) {
            *best = took.min(*best);
        }
    }
    let ratio = best[4].as_secs_f64() / WANTED.as_secs_f64();
    let columns: Vec<String> = best.iter().map(|took| shown(*took)).collect();
    println!("{name:42} {}   {ratio:.2}", columns.join(" "));
}

fn person() -> (Sketch, Thing) {
    let (mut sketch, mut dice) = (Sketch::new(), Dice(1));
    let accounts: Vec<Thing> = (0..ACCOUNTS).map(|_| sketch.account()).collect();
    let outside: Vec<Thing> = (0..6).map(|_| sketch.outside()).collect();
    for (at, account) in accounts.iter().enumerate() {
        if dice.below(3) > 0 {
            sketch.way(*account, &[outside[0]]);
        }
        if at >= 40 || dice.below(2) > 0 {
            sketch.way(*account, &[accounts[dice.below(40)]]);
        }
        if dice.below(4) == 0 {
            sketch.way(*account, &[outside[dice.below(6)], outside[0]]);
        }
    }
    (sketch, outside[0])
}

fn tangle() -> (Sketch, Thing) {
    let (mut sketch, mut dice) = (Sketch::new(), Dice(2));
    let accounts: Vec<Thing> = (0..ACCOUNTS).map(|_| sketch.account()).collect();
    let outside = sketch.outside();
    for account in &accounts {
        for _ in 0..3 {
            sketch.way(*account, &[accounts[dice.below(ACCOUNTS)], accounts[dice.below(ACCOUNTS)]]);
        }
        if dice.below(10) == 0 {
            sketch.way(*account, &[outside]);
        }
    }
    (sketch, outside)
}

fn chain() -> (Sketch, Thing) {
    let mut sketch = Sketch::new();
    let first = sketch.outside();
    let mut last = first;
    for _ in 0..ACCOUNTS {
        let next = sketch.account();
        sketch.way(next, &[last]);
        last = next;
    }
    (sketch, first)
}

fn circle() -> (Sketch, Thing) {
    let mut sketch = Sketch::new();
    let accounts: Vec<Thing> = (0..ACCOUNTS).map(|_| sketch.account()).collect();
    for (at, account) in accounts.iter().enumerate() {
        sketch.way(*account, &[accounts[(at + 1) % ACCOUNTS]]);
        sketch.way(*account, &[accounts[(at + ACCOUNTS - 1) % ACCOUNTS]]);
    }
    let outside = sketch.outside();
    sketch.way(accounts[0], &[outside]);
    (sketch, outside)
}

fn list() -> (Vec<Account>, Vec<Known>) {
    let mut dice = Dice(3);
    let base = |host: String| Server { kind: Kind::Allauth, base: host.parse().unwrap(), key: None };
    let account = |at: usize, dice: &mut Dice| {
        let id = AccountId::new(format!("{at:032x}"));
        let server = base(format!("https://site-{}.example/", dice.below(ACCOUNTS)));
        let identifier = format!("jana{}@mail.example", dice.below(40));
        let added = vec![Means::Phone(format!("phone {}", dice.below(3)))];
        Account {
            plan: Plan { added, ..Plan::default() },
            ..Account::new(id, server, format!("Site {at}"), identifier)
        }
    };
    let accounts = (0..ACCOUNTS).map(|at| account(at, &mut dice)).collect();
    (accounts, vec![Known { password: true, ..Known::default() }; ACCOUNTS])
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let done = black_box(work());
    (start.elapsed(), done)
}

fn fastest(times: Vec<Duration>) -> Duration {
    times.into_iter().min().unwrap_or_default()
}

fn shown(took: Duration) -> String {
    format!("{:7.2}", took.as_secs_f64() * 1_000.0)
}

/// Numbers that are the same in every run (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % below as u64) as usize
    }
}
