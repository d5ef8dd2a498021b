//! The server on PostgreSQL.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod both;
mod cluster;
mod common;
