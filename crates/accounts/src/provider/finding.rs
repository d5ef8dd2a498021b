//! Finding the server behind what a person typed: an address, a handle, a Matrix ID, an e-mail address.

use super::registry::{Found, Kind, Providers, Server};
use crate::address::{self, AddressProblem};
use crate::error::{ErrorKind, Result};

impl Providers {
    /// Finds out what is at an address that was typed, by asking it who it is and nothing else.
    pub async fn find(&self, typed: &str) -> Result<std::result::Result<Found, AddressProblem>> {
        let base = match address::parse(typed) {
            Ok(base) => base,
            Err(problem) => return Ok(Err(problem)),
        };
        let server = Server { kind: Kind::RecoveryServer, base };
        match self.ask(&server).await {
            Ok(provider) => Ok(Ok(Found { server, provider, identifier: None })),
            Err(error) if error.kind() == ErrorKind::Protocol => Ok(Err(AddressProblem::NoAccountServer)),
            Err(error) => Err(error),
        }
    }
}
