//! Locks when the computer is locked or goes to sleep, where the system says so.
//!
//! On Windows and macOS the system is not asked yet: a computer that slept for longer than the lock's minutes wakes up
//! to a locked window.

#[cfg(target_os = "linux")]
#[path = "away/linux.rs"]
mod platform;

#[cfg(not(target_os = "linux"))]
mod platform {
    pub fn watch(_handle: &tauri::AppHandle) {}
}

pub use platform::watch;
