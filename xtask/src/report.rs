//! What ran, what failed, and what could not run and why.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::shell::in_ci;

#[derive(Default)]
pub struct Report {
    lines: Vec<Line>,
    tests: Tests,
}

struct Line {
    name: String,
    outcome: Outcome,
}

enum Outcome {
    Passed(Duration),
    Failed(String),
    NotRun(String),
}

/// Sums of cargo's `test result:` lines.
#[derive(Default)]
struct Tests {
    passed: u32,
    failed: u32,
    ignored: u32,
}

impl Report {
    /// Runs a step, times it and remembers how it ended; says whether it passed.
    #[expect(clippy::disallowed_methods, reason = "the one clock of xtask: how long a step took")]
    pub fn step(&mut self, name: &str, step: impl FnOnce(&mut Self) -> Result<()>) -> bool {
        let start = Instant::now();
        let outcome = match step(self) {
            Ok(()) => Outcome::Passed(start.elapsed()),
            Err(error) => Outcome::Failed(format!("{error:#}")),
        };
        let passed = matches!(outcome, Outcome::Passed(_));
        self.lines.push(Line { name: name.into(), outcome });
        passed
    }

    pub fn not_run(&mut self, name: &str, why: impl Into<String>) {
        self.lines.push(Line { name: name.into(), outcome: Outcome::NotRun(why.into()) });
    }

    /// Takes in one line of what `cargo test` prints.
    pub fn count_tests(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else { return };
        let words: Vec<&str> = result.split_whitespace().collect();
        for pair in words.windows(2) {
            let Ok(number) = pair[0].parse::<u32>() else { continue };
            match pair[1].trim_end_matches(';') {
                "passed" => self.tests.passed += number,
                "failed" => self.tests.failed += number,
                "ignored" => self.tests.ignored += number,
                _ => {}
            }
        }
    }

    /// How many tests cargo left out so far.
    pub fn ignored(&self) -> u32 {
        self.tests.ignored
    }

    /// Prints the summary; an error if anything failed, or in CI if anything did not run.
    pub fn finish(self) -> Result<()> {
        println!("\nSummary");
        for Line { name, outcome } in &self.lines {
            match outcome {
                Outcome::Passed(time) => println!("  ok       {name} ({} s)", time.as_secs()),
                Outcome::Failed(why) => println!("  FAILED   {name}: {why}"),
                Outcome::NotRun(why) => println!("  not run  {name}: {why}"),
            }
        }
        let Tests { passed, failed, ignored } = self.tests;
        if passed + failed + ignored > 0 {
            println!("  Rust tests: {passed} passed, {failed} failed, {ignored} left out");
        }
        self.verdict(in_ci())
    }

    fn verdict(&self, strict: bool) -> Result<()> {
        let count =
            |wanted: fn(&Outcome) -> bool| self.lines.iter().filter(|line| wanted(&line.outcome)).count();
        let failed = count(|outcome| matches!(outcome, Outcome::Failed(_)));
        let not_run = count(|outcome| matches!(outcome, Outcome::NotRun(_)));
        if failed > 0 {
            bail!("{failed} of {} steps failed", self.lines.len());
        }
        if strict && not_run > 0 {
            bail!("{not_run} of {} steps did not run, and in CI everything must", self.lines.len());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_what_cargo_prints() {
        let mut report = Report::default();
        for line in [
            "running 3 tests",
            "test result: ok. 41 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.52s",
            "test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 7 filtered out; finished in 9.10s",
        ] {
            report.count_tests(line);
        }
        assert_eq!((report.tests.passed, report.tests.failed, report.ignored()), (42, 1, 2));
    }

    #[test]
    fn a_failed_step_fails_the_run() {
        let mut report = Report::default();
        assert!(report.step("good", |_| Ok(())));
        assert!(report.verdict(true).is_ok());
        assert!(!report.step("bad", |_| bail!("no")));
        assert!(report.verdict(false).is_err());
    }

    #[test]
    fn what_did_not_run_fails_only_in_ci() {
        let mut report = Report::default();
        report.not_run("window tests", "no window system");
        assert!(report.verdict(false).is_ok());
        assert!(report.verdict(true).is_err());
    }
}
