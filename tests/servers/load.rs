//! A server as its makers leave it, for a load: its own clock, its own password hash, no limits.

use serde_json::Value;

use super::program::Program;

/// How many people have an account.
pub const PEOPLE: usize = 16;
/// Of all of them.
pub const PASSWORD: &str = "velvet-Otter-crossing-41";

pub struct Loaded {
    pub name: &'static str,
    /// How it is run.
    pub way: String,
    /// What it makes of a password by default.
    pub hash: &'static str,
    pub program: Program,
    /// Answered with 200.
    pub sign_in: fn(person: usize) -> Ask,
    /// Answered with `accepted`; `number` is another each time.
    pub recover: fn(person: usize, number: usize) -> Ask,
    pub accepted: u16,
}

/// A POST.
pub struct Ask {
    pub path: &'static str,
    pub body: Value,
}

pub fn user(person: usize) -> String {
    format!("mara{person}")
}

pub fn mailbox(person: usize) -> String {
    format!("{}@mail.example", user(person))
}

/// How many processes answer requests where a server is run as several: what gunicorn's documentation says.
pub fn workers() -> usize {
    2 * std::thread::available_parallelism().map_or(1, usize::from) + 1
}
