//! The server on SQLite.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod both;
#[expect(dead_code, reason = "what is for PostgreSQL alone")]
mod common;
