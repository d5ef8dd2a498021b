//! The servers, each with what it takes to install, start and ask it; the window's stories and the bench use them, too.

#![allow(dead_code, reason = "what one story needs, another does not")]

pub mod allauth;
pub mod atproto;
pub mod better_auth;
pub mod install;
pub mod load;
pub mod mail;
pub mod matrix;
pub mod program;
