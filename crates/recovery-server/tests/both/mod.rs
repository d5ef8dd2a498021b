//! What holds on every database.

mod attacks;
mod figures;
mod http;
mod mail;
mod nodes;
#[path = "../pairing/mod.rs"]
mod pairing;
mod queue;
mod races;
mod recovery;
mod sign_in;
