//! Account servers that others wrote and run, installed and started by these tests, with the conformance list that the
//! fakes pass as well.
//!
//! They are started on loopback, with mail over SMTP and a clock that can be moved. `cargo xtask test servers NAME` runs
//! one of them.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a surprise must stop the test")]
#![expect(dead_code, reason = "what one server's bench needs, another's does not")]

mod install;
mod mail;
mod matrix;
mod program;
