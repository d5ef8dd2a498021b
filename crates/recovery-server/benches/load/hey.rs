//! `hey`, Debian's load generator, and what it has seen.

use std::process::Command;
use std::time::Duration;

use crate::asked::Asked;

/// Asks `url` from `clients` at once, for `span`; `args` are `hey`'s own.
pub fn hey(url: &str, clients: usize, span: Duration, args: &[String]) -> Asked {
    let out = Command::new("hey")
        .args(["-o", "csv", "-t", "30", "-z", &format!("{}s", span.as_secs()), "-c", &clients.to_string()])
        .args(args)
        .arg(url)
        .output()
        .unwrap_or_else(|error| panic!("hey: {error}; Debian's package hey brings it"));
    read(&String::from_utf8_lossy(&out.stdout), span)
}

fn read(csv: &str, span: Duration) -> Asked {
    let answers = csv.lines().skip(1).filter_map(|line| {
        let fields: Vec<&str> = line.split(',').collect();
        let took = Duration::try_from_secs_f64(fields.first()?.parse().ok()?).ok()?;
        Some((fields.get(6)?.parse().ok()?, took))
    });
    Asked::of(answers, span)
}

/// What two have seen in the same span.
pub fn both(mut one: Asked, other: Asked) -> Asked {
    for (status, all) in other.by_status {
        let mine = one.by_status.entry(status).or_default();
        mine.extend(all);
        mine.sort_by(f64::total_cmp);
    }
    one
}
