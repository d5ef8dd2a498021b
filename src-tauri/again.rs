//! Starting once more, where the window that was to be brought to the front was just closing.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

/// Set for the second try, so that there is no third.
const TRIED: &str = "REGAIN_STARTED_AGAIN";
/// A window that closes is gone by then.
const PAUSE: Duration = Duration::from_secs(2);

/// Runs the program anew, and returns when that one has ended.
pub fn start(why: &str) -> Result<()> {
    if std::env::var_os(TRIED).is_some() {
        bail!("another Regain is running and does not answer: {why}");
    }
    tracing::info!(why, "the window that ran was closing: starting once more");
    std::thread::sleep(PAUSE);
    let mut again = Command::new(std::env::current_exe().context("this program's own file")?);
    let ended = again.args(std::env::args_os().skip(1)).env(TRIED, "1").status();
    let ended = ended.context("starting once more")?;
    if ended.success() { Ok(()) } else { bail!("the second start failed: {ended}") }
}
