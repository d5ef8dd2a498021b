//! The server on PostgreSQL.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod both;
mod cluster;
#[expect(dead_code, reason = "what is for the bench alone")]
mod common;
#[expect(dead_code, reason = "TLS is for the tests of mail")]
mod post;
