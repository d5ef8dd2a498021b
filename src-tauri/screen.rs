//! A picture of the part of the screen that the person chooses, by the system's own means: nothing is taken that they
//! did not point at.

#[cfg(target_os = "linux")]
#[path = "screen/linux.rs"]
mod platform;

#[cfg(target_os = "macos")]
#[path = "screen/macos.rs"]
mod platform;

/// Windows' own tool puts its picture into the clipboard, from which it is read.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
mod platform {
    pub fn is_possible() -> bool {
        false
    }

    pub fn take() -> Result<Option<Vec<u8>>, super::NotTaken> {
        Err(super::NotTaken)
    }
}

pub use platform::{is_possible, take};

/// The system has no means for it, or they failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotTaken;
