//! Regain's domain: conversations with account servers, and the credentials they leave behind.
//!
//! **A provider asks, a person answers, until there is an outcome.** [`Flow`] holds the conversation, a [`Provider`]
//! speaks one server's dialect, a [`CredentialStore`] keeps the result. Nothing here knows a window, and no public type
//! can be serialised, so that no token can reach one.

pub mod account;
pub mod address;
pub mod authenticator;
pub mod clock;
pub mod entropy;
mod error;
pub mod exposed;
pub mod flow;
pub mod generate;
pub mod guide;
pub mod health;
pub mod home;
pub mod http;
pub mod identifier;
pub mod provider;
pub mod qr;
pub mod readiness;
pub mod recovery_codes;
pub mod rehearsal;
pub mod rules;
mod secret;
pub mod signed_in;
pub mod site;
pub mod store;
pub mod strength;

pub use account::{Account, AccountId, AccountState, Accounts};
pub use authenticator::Authenticator;
pub use clock::{Clock, Random};
pub use error::{Error, ErrorKind, Result};
pub use flow::Flow;
pub use provider::{Answer, Challenge, Exchange, Intent, Outcome, Problem, Provider, Session, Step};
pub use secret::Secret;
pub use store::CredentialStore;
