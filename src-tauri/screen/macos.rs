//! `screencapture`, which lets the person choose a part of the screen. From its manual; not tried yet.

use std::process::Command;

use super::NotTaken;

pub fn is_possible() -> bool {
    true
}

/// Waits for as long as the person takes. `None`: they cancelled.
pub fn take() -> Result<Option<Vec<u8>>, NotTaken> {
    // This folder is the person's own there.
    let path = std::env::temp_dir().join(format!("regain-{}.png", std::process::id()));
    let asked = Command::new("/usr/sbin/screencapture").args(["-i", "-x", "-t", "png"]).arg(&path).status();
    asked.map_err(|error| {
        tracing::warn!(%error, "the screen could not be taken");
        NotTaken
    })?;
    // Without a choice there is no file.
    if !path.exists() {
        return Ok(None);
    }
    let bytes = std::fs::read(&path);
    if let Err(error) = std::fs::remove_file(&path) {
        tracing::warn!(%error, "the picture of the screen could not be removed");
    }
    bytes.map(Some).map_err(|_| NotTaken)
}
