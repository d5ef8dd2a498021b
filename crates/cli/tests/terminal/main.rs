//! The real binary against the real recovery server, a real vault, a real keychain and a real terminal.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a surprise must stop the test")]

mod bench;
#[cfg(target_os = "linux")]
mod clipboard;
mod conversation;
mod earlier;
mod exits;
mod guides;
#[cfg(target_os = "linux")]
mod keychain;
mod lost;
mod others;
mod passwords;
mod program;
#[cfg(target_os = "linux")]
mod prompts;
#[cfg(target_os = "linux")]
mod pty;
mod vault;
