//! The real window under test: WebKitWebDriver drives the app, with a real keychain and a real account server.
//!
//! These tests need what `cargo xtask setup` installs, so they are ignored by a plain `cargo test` and run by
//! `cargo xtask test`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a surprise must stop the test")]
#![cfg(target_os = "linux")]

mod authenticator;
mod demo;
mod demo_addresses;
mod demo_guide;
mod demo_pairing;
mod demo_vault;
mod demo_ways;
mod desk;
mod domain;
mod guide;
mod keyboard;
mod keychain;
mod login;
mod mail;
mod others;
mod phone;
mod process;
mod qr_codes;
mod recovery;
mod recovery_settings;
mod rehearsal;
mod server;
#[path = "../servers/mod.rs"]
mod servers;
mod shop;
mod sign_up;
mod steps;
mod transcript;
mod vault;
mod window;
