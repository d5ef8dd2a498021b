//! Locks when the computer is locked or goes to sleep, where the system says so.

use std::time::Duration;

use tauri::{AppHandle, Manager};

use crate::app::App;

#[cfg(target_os = "linux")]
#[path = "away/linux.rs"]
mod platform;

/// How long the page may take to save what is being typed.
const PATIENCE: Duration = Duration::from_secs(1);

#[cfg(target_os = "linux")]
pub fn watch(handle: &AppHandle) {
    platform::watch(handle);
}

/// On Windows and macOS the system is not asked yet: a computer that slept for longer than the lock's minutes wakes up
/// to a locked window.
#[cfg(not(target_os = "linux"))]
pub fn watch(_handle: &AppHandle) {}

/// Returns when everything is locked. The page is told first, so that it can save what is being typed; a page that
/// does not answer is not waited for.
pub fn lock(handle: &AppHandle) {
    let app = handle.state::<App>();
    if app.is_first_start() || app.is_locked() {
        return;
    }
    tauri::async_runtime::block_on(async {
        let shut = app.shut.notified();
        app.away.notify_one();
        if tokio::time::timeout(PATIENCE, shut).await.is_err() {
            app.lock().await;
        }
    });
}
