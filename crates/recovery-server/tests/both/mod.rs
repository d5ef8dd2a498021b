//! What holds on every database.

mod attacks;
mod bounces;
mod figures;
mod http;
mod mail;
mod nodes;
mod operator;
#[path = "../pairing/mod.rs"]
mod pairing;
mod passkeys;
mod queue;
mod races;
mod recovery;
mod revoke;
mod settings;
mod settings_races;
mod sign_in;
mod sign_up;
