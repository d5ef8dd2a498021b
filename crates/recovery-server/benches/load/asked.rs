//! Answers that were had in a span of time, by status.

use std::collections::BTreeMap;
use std::time::Duration;

/// Seconds of each answer, by status; sorted.
pub struct Asked {
    pub by_status: BTreeMap<u16, Vec<f64>>,
    pub span: Duration,
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

    pub fn count(&self, status: u16) -> usize {
        self.by_status.get(&status).map_or(0, Vec::len)
    }

    /// Answers of this status in a second.
    pub fn rate(&self, status: u16) -> f64 {
        self.count(status) as f64 / self.span.as_secs_f64()
    }

    /// Milliseconds that this part of them took at most.
    pub fn at(&self, status: u16, part: f64) -> f64 {
        let all = self.by_status.get(&status).map_or(&[][..], Vec::as_slice);
        let place = (all.len().saturating_sub(1) as f64 * part) as usize;
        all.get(place).map_or(f64::NAN, |seconds| seconds * 1e3)
    }
}

impl std::fmt::Display for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for status in self.by_status.keys().copied() {
            let (rate, median, p99) = (self.rate(status), self.at(status, 0.5), self.at(status, 0.99));
            write!(f, "{status}: {rate:.1}/s, median {median:.0} ms, p99 {p99:.0} ms  ")?;
        }
        Ok(())
    }
}
