//! `hey`, Debian's load generator, and what it has seen.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

/// Asks `url` from `clients` at once, for `span`; `args` are `hey`'s own.
pub fn hey(url: &str, clients: usize, span: Duration, args: &[String]) -> Asked {
    let out = Command::new("hey")
        .args(["-o", "csv", "-t", "30", "-z", &format!("{}s", span.as_secs()), "-c", &clients.to_string()])
        .args(args)
        .arg(url)
        .output()
        .unwrap_or_else(|error| panic!("hey: {error}; Debian's package hey brings it"));
    Asked::read(&String::from_utf8_lossy(&out.stdout), span)
}

/// Seconds of each answer, by status.
pub struct Asked {
    by_status: BTreeMap<u16, Vec<f64>>,
    span: Duration,
}

impl Asked {
    pub fn of(answers: impl IntoIterator<Item = (u16, Duration)>, span: Duration) -> Self {
        let mut by_status = BTreeMap::<u16, Vec<f64>>::new();
        for (status, took) in answers {
            by_status.entry(status).or_default().push(took.as_secs_f64());
        }
        by_status.values_mut().for_each(|all| all.sort_by(f64::total_cmp));
        Self { by_status, span }
    }

    fn read(csv: &str, span: Duration) -> Self {
        let answers = csv.lines().skip(1).filter_map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let took = Duration::try_from_secs_f64(fields.first()?.parse().ok()?).ok()?;
            Some((fields.get(6)?.parse().ok()?, took))
        });
        Self::of(answers, span)
    }

    pub fn and(mut self, other: Self) -> Self {
        for (status, all) in other.by_status {
            let mine = self.by_status.entry(status).or_default();
            mine.extend(all);
            mine.sort_by(f64::total_cmp);
        }
        self
    }

    /// Answers of this status in a second.
    pub fn rate(&self, status: u16) -> f64 {
        self.by_status.get(&status).map_or(0.0, |all| all.len() as f64) / self.span.as_secs_f64()
    }
}

impl std::fmt::Display for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (status, all) in &self.by_status {
            let at = |part: f64| all[((all.len() - 1) as f64 * part) as usize] * 1e3;
            let (rate, median, p99) = (self.rate(*status), at(0.5), at(0.99));
            write!(f, "{status}: {rate:.1}/s, median {median:.0} ms, p99 {p99:.0} ms  ")?;
        }
        Ok(())
    }
}
