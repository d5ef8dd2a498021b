//! Everything that can be said about the code without running it.

use anyhow::Result;

use crate::build::{self, FEATURES};
use crate::report::Report;
use crate::setup;
use crate::shell::Shell;

/// The RustSec database tells about the world, not about the commit: the same commit could pass today and fail
/// tomorrow. So it is asked on demand and by a scheduled job, never by `test`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Advisories {
    No,
    Yes,
}

pub fn alone(shell: &Shell, advisories: Advisories) -> Result<()> {
    setup::everything(shell)?;
    let mut report = Report::default();
    steps(shell, &mut report);
    report.step("bindings are fresh", |_| {
        shell.run(&mut shell.cargo(&build::test_args(&["--test", "bindings"])))
    });
    if advisories == Advisories::Yes {
        report.step("advisories", |_| deny(shell, &["advisories"]));
    }
    report.finish()
}

/// Leaves a built UI behind, which the app embeds.
pub fn steps(shell: &Shell, report: &mut Report) {
    report.step("format", |_| shell.run(&mut shell.cargo(&["fmt", "--all", "--check"])));
    report.step("UI types", |_| shell.run(&mut shell.npm(&["run", "check"])));
    report.step("UI build", |_| build::ui(shell));
    report.step("clippy", |_| {
        let args = ["clippy", "--workspace", "--all-targets", "--features", FEATURES, "--", "-D", "warnings"];
        shell.run(&mut shell.cargo(&args))
    });
    report.step("licences and sources", |_| deny(shell, &["bans", "licenses", "sources"]));
}

fn deny(shell: &Shell, what: &[&str]) -> Result<()> {
    let program = setup::cargo_deny(shell)?;
    shell.run(shell.command(program, &["--all-features", "check"]).args(what))
}
