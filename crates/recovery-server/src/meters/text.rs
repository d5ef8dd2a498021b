//! Prometheus' text format 0.0.4.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

const PREFIX: &str = "recovery_server";
/// Upper ends of the histogram's steps, milliseconds.
const STEPS: [u64; 11] = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];

/// One count for each set of labels.
pub(super) struct Counters<const N: usize>(Mutex<BTreeMap<[String; N], u64>>);

/// One histogram for each route.
#[derive(Default)]
pub(super) struct Durations(Mutex<BTreeMap<String, Histogram>>);

#[derive(Default, Clone)]
struct Histogram {
    steps: [u64; STEPS.len()],
    count: u64,
    sum: Duration,
}

impl<const N: usize> Counters<N> {
    /// Those in `known` are shown from the start, so that their first event is a step up from 0.
    pub(super) fn starting_with(known: &[[&str; N]]) -> Self {
        Self(Mutex::new(known.iter().map(|values| (values.map(str::to_owned), 0)).collect()))
    }

    pub(super) fn add(&self, values: [&str; N]) {
        *lock(&self.0).entry(values.map(str::to_owned)).or_default() += 1;
    }
}

impl Durations {
    pub(super) fn add(&self, route: &str, took: Duration) {
        let mut histograms = lock(&self.0);
        let histogram = histograms.entry(route.to_owned()).or_default();
        histogram.count += 1;
        histogram.sum += took;
        if let Some(step) = STEPS.iter().position(|end| took <= Duration::from_millis(*end)) {
            histogram.steps[step] += 1;
        }
    }
}

/// A page that is being written.
#[derive(Default)]
pub(super) struct Page(String);

impl Page {
    pub(super) fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.begin(name, help, "counter");
        self.line(name, &[], &value);
    }

    pub(super) fn counters<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        labels: [&str; N],
        counters: &Counters<N>,
    ) {
        self.begin(name, help, "counter");
        for (values, count) in lock(&counters.0).iter() {
            let labels: Vec<(&str, &str)> =
                labels.iter().copied().zip(values.iter().map(String::as_str)).collect();
            self.line(name, &labels, count);
        }
    }

    pub(super) fn gauge(&mut self, name: &str, help: &str, value: i64) {
        self.begin(name, help, "gauge");
        self.line(name, &[], &value);
    }

    pub(super) fn durations(&mut self, name: &str, help: &str, durations: &Durations) {
        self.begin(name, help, "histogram");
        for (route, histogram) in lock(&durations.0).iter() {
            let mut below = 0;
            for (end, count) in STEPS.iter().zip(histogram.steps) {
                below += count;
                let end = Duration::from_millis(*end).as_secs_f64().to_string();
                self.line(&format!("{name}_bucket"), &[("route", route), ("le", &end)], &below);
            }
            let labels = [("route", route.as_str()), ("le", "+Inf")];
            self.line(&format!("{name}_bucket"), &labels, &histogram.count);
            self.line(&format!("{name}_sum"), &labels[..1], &histogram.sum.as_secs_f64());
            self.line(&format!("{name}_count"), &labels[..1], &histogram.count);
        }
    }

    pub(super) fn text(self) -> String {
        self.0
    }

    pub(super) fn begin(&mut self, name: &str, help: &str, kind: &str) {
        // Writing into a text cannot fail.
        let _written = write!(self.0, "# HELP {PREFIX}_{name} {help}\n# TYPE {PREFIX}_{name} {kind}\n");
    }

    pub(super) fn line(&mut self, name: &str, labels: &[(&str, &str)], value: &dyn std::fmt::Display) {
        let labels: Vec<String> =
            labels.iter().map(|(label, value)| format!("{label}=\"{}\"", escape(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _written = writeln!(self.0, "{PREFIX}_{name}{labels} {value}");
    }
}

fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_and_gauges_are_written_as_prometheus_reads_them() {
        let counters = Counters::starting_with(&[["ok"]]);
        counters.add(["od\"d\\\n"]);
        let mut page = Page::default();
        page.counters("sign_ins_total", "Passwords.", ["result"], &counters);
        page.gauge("connections", "Open.", -1);
        assert_eq!(
            page.text(),
            "# HELP recovery_server_sign_ins_total Passwords.\n\
             # TYPE recovery_server_sign_ins_total counter\n\
             recovery_server_sign_ins_total{result=\"od\\\"d\\\\\\n\"} 1\n\
             recovery_server_sign_ins_total{result=\"ok\"} 0\n\
             # HELP recovery_server_connections Open.\n\
             # TYPE recovery_server_connections gauge\n\
             recovery_server_connections -1\n"
        );
    }

    #[test]
    fn a_histogram_counts_upwards_to_infinity() {
        let durations = Durations::default();
        for millis in [5, 6, 80, 20_000] {
            durations.add("/v1/about", Duration::from_millis(millis));
        }
        let mut page = Page::default();
        page.durations("request_seconds", "Time.", &durations);
        let text = page.text();
        for line in [
            "request_seconds_bucket{route=\"/v1/about\",le=\"0.005\"} 1\n",
            "request_seconds_bucket{route=\"/v1/about\",le=\"0.01\"} 2\n",
            "request_seconds_bucket{route=\"/v1/about\",le=\"0.05\"} 2\n",
            "request_seconds_bucket{route=\"/v1/about\",le=\"0.1\"} 3\n",
            "request_seconds_bucket{route=\"/v1/about\",le=\"10\"} 3\n",
            "request_seconds_bucket{route=\"/v1/about\",le=\"+Inf\"} 4\n",
            "request_seconds_sum{route=\"/v1/about\"} 20.091\n",
            "request_seconds_count{route=\"/v1/about\"} 4\n",
        ] {
            assert!(text.contains(line), "{line} not in {text}");
        }
    }
}
