//! Finding the server behind what a person typed: an address, a handle, a Matrix ID, an e-mail address.
//!
//! One request for each kind of server, all at once, each given five seconds; nothing is asked about an account.

use std::pin::Pin;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;
use url::{Host, Url};

use super::atproto::handle::{Did, Handle};
use super::desk::Desk;
use super::matrix::well_known;
use super::public_key::PublicKey;
use super::registry::{Found, Kind, Providers, Server};
use crate::address::{self, AddressProblem};
use crate::error::{Error, ErrorKind, Result};
use crate::identifier;

/// How long each question may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Typed {
    Address(Url),
    /// `@jana:dorfladen.example`.
    MatrixId {
        id: String,
        domain: Url,
    },
    /// `@jana.bsky.social` or a DID.
    Handle(String),
    /// The domain of an e-mail address may be the server's, too.
    Mailbox {
        address: String,
        domain: Url,
    },
}

/// One question to the network: whoever answers it, or nobody.
type Probe = Pin<Box<dyn Future<Output = Result<Option<Found>>> + Send>>;

impl Providers {
    /// Finds out what is behind what was typed; at least one server, the likeliest first.
    ///
    /// Errors: `Offline` and `NotTrusted` as for any call, `ServerTrouble` where something is there and out of order.
    pub async fn find(&self, typed: &str) -> Result<std::result::Result<Vec<Found>, AddressProblem>> {
        self.find_with(typed, None).await
    }

    /// The same with the public key of the project that is meant, for those gateways that want one.
    ///
    /// Errors also: `WantsKey` and `WrongKey`, where nothing is found without it.
    pub async fn find_with(
        &self,
        typed: &str,
        key: Option<&PublicKey>,
    ) -> Result<std::result::Result<Vec<Found>, AddressProblem>> {
        let typed = match read(typed) {
            Ok(typed) => typed,
            Err(problem) => return Ok(Err(problem)),
        };
        let mut asked = JoinSet::new();
        for probe in self.probes(typed, key) {
            asked.spawn(timeout(PATIENCE, probe));
        }
        let (mut found, mut errors) = (Vec::<Found>::new(), Vec::new());
        while let Some(answer) = asked.join_next().await {
            match answer {
                Ok(Ok(Ok(Some(one)))) if !found.iter().any(|known| known.server == one.server) => {
                    found.push(one)
                }
                Ok(Ok(Ok(_))) => {}
                Ok(Ok(Err(error))) => errors.push(error),
                Ok(Err(_)) => errors.push(ErrorKind::ServerTrouble.into()),
                Err(error) => errors.push(Error::new(ErrorKind::Bug, error)),
            }
        }
        if found.is_empty() {
            return why_nothing(errors).map(Err);
        }
        found.sort_by_key(|one| Kind::SERVERS.iter().position(|kind| *kind == one.server.kind));
        for one in &found {
            self.put(one.server.clone(), one.provider.clone());
        }
        Ok(Ok(found))
    }

    fn probes(&self, typed: Typed, key: Option<&PublicKey>) -> Vec<Probe> {
        match typed {
            Typed::MatrixId { id, domain } => vec![
                self.matrix_of(domain.clone(), Some(id.clone())),
                self.here(Kind::Matrix, domain, Some(id), None),
            ],
            Typed::Handle(handle) => vec![self.pds_of(handle)],
            Typed::Mailbox { address, domain } => self.everything_at(&domain, Some(address), key),
            Typed::Address(base) => {
                let mut probes = self.everything_at(&base, None, key);
                // A handle is a host's name: `jana.bsky.social` may be an address or a person.
                if let (Some(Host::Domain(name)), None) = (base.host(), base.port())
                    && Handle::read(name, false).is_some()
                {
                    probes.push(self.pds_of(name.to_owned()));
                }
                probes
            }
        }
    }

    fn everything_at(&self, base: &Url, identifier: Option<String>, key: Option<&PublicKey>) -> Vec<Probe> {
        let here = |kind| self.here(kind, base.clone(), identifier.clone(), key.cloned());
        let mut probes: Vec<Probe> = Kind::SERVERS.into_iter().map(here).collect();
        if matches!(base.host(), Some(Host::Domain(_))) {
            probes.push(self.matrix_of(base.clone(), identifier));
        }
        probes
    }

    /// A server of that kind at that address.
    fn here(&self, kind: Kind, base: Url, identifier: Option<String>, key: Option<PublicKey>) -> Probe {
        let desk = self.desk(base.clone());
        Box::pin(async move {
            let provider = kind.ask(desk, key.as_ref()).await?;
            // No other kind has a use for it.
            let key = key.filter(|_| kind == Kind::GoTrue);
            Ok(Some(Found { server: Server { kind, base, key }, provider, identifier }))
        })
    }

    /// The homeserver that a domain names for its Matrix IDs.
    fn matrix_of(&self, domain: Url, identifier: Option<String>) -> Probe {
        let desk = self.desk(domain.clone());
        Box::pin(async move {
            let Some(base) = well_known::homeserver_of(&desk.http, &address::host(&domain)).await? else {
                return Ok(None);
            };
            let desk = Desk { base: base.clone(), ..desk };
            let provider = Kind::Matrix.ask(desk, None).await?;
            Ok(Some(Found { server: Server { kind: Kind::Matrix, base, key: None }, provider, identifier }))
        })
    }

    /// The personal data server of a handle or a DID.
    fn pds_of(&self, handle: String) -> Probe {
        let resolver = self.resolver();
        let (http, clock, device) = self.speaking();
        Box::pin(async move {
            let Some(base) = resolver?.pds_of(&handle).await? else { return Ok(None) };
            let desk = Desk { http, clock, base: base.clone(), device };
            let provider = Kind::AtProto.ask(desk, None).await?;
            Ok(Some(Found {
                server: Server { kind: Kind::AtProto, base, key: None },
                provider,
                identifier: Some(handle),
            }))
        })
    }
}

/// Reads what was typed.
fn read(typed: &str) -> std::result::Result<Typed, AddressProblem> {
    let text = typed.trim();
    let domain = |name: &str| address::parse(&format!("https://{name}"));
    if let Some(rest) = text.strip_prefix('@') {
        return match rest.split_once(':') {
            Some((user, name)) if !user.is_empty() => {
                Ok(Typed::MatrixId { id: text.to_owned(), domain: address::parse(name)? })
            }
            None if Handle::read(rest, true).is_some() => Ok(Typed::Handle(rest.to_lowercase())),
            _ => Err(AddressProblem::NotAnAddress),
        };
    }
    if Did::parse(text).is_some() {
        return Ok(Typed::Handle(text.to_owned()));
    }
    if !text.contains("://") && identifier::is_mailbox(text) {
        let name = identifier::domain(text).unwrap_or_default();
        return Ok(Typed::Mailbox { address: text.to_owned(), domain: domain(name)? });
    }
    address::parse(text).map(Typed::Address)
}

/// What to say where nobody answered as an account server does.
fn why_nothing(errors: Vec<Error>) -> Result<AddressProblem> {
    let first = |wanted: ErrorKind| errors.iter().any(|error| error.kind() == wanted);
    if first(ErrorKind::NotTrusted) {
        return Err(ErrorKind::NotTrusted.into());
    }
    // Whoever asks for a key says what is there.
    for wanted in [ErrorKind::WrongKey, ErrorKind::WantsKey] {
        if first(wanted) {
            return Err(wanted.into());
        }
    }
    // One kind of server that answers "not me" shows that somebody is there.
    if first(ErrorKind::Protocol) || errors.is_empty() {
        return Ok(AddressProblem::NoAccountServer);
    }
    let trouble = first(ErrorKind::ServerTrouble);
    Err(if trouble { ErrorKind::ServerTrouble } else { ErrorKind::Offline }.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_told_apart() {
        let url = |text: &str| Url::parse(text).unwrap();
        for (typed, is) in [
            ("accounts.dorfladen.example", Typed::Address(url("https://accounts.dorfladen.example/"))),
            ("127.0.0.1:8080", Typed::Address(url("http://127.0.0.1:8080/"))),
            (
                " @jana:dorfladen.example ",
                Typed::MatrixId {
                    id: "@jana:dorfladen.example".into(),
                    domain: url("https://dorfladen.example/"),
                },
            ),
            (
                "@jana:localhost:8448",
                Typed::MatrixId { id: "@jana:localhost:8448".into(), domain: url("http://localhost:8448/") },
            ),
            ("@Jana.bsky.social", Typed::Handle("jana.bsky.social".into())),
            ("did:plc:ewvi7nxzyoun6zhxrhs64oiz", Typed::Handle("did:plc:ewvi7nxzyoun6zhxrhs64oiz".into())),
            (
                "jana@dorfladen.example",
                Typed::Mailbox {
                    address: "jana@dorfladen.example".into(),
                    domain: url("https://dorfladen.example/"),
                },
            ),
        ] {
            assert_eq!(read(typed), Ok(is), "{typed}");
        }
        for typed in ["@jana", "@jana@social.example", "@:dorfladen.example", "jana@mail", "@"] {
            assert_eq!(read(typed), Err(AddressProblem::NotAnAddress), "{typed}");
        }
    }

    #[test]
    fn who_answers_decides_what_is_said() {
        let why = |kinds: &[ErrorKind]| {
            why_nothing(kinds.iter().map(|kind| Error::from(*kind)).collect()).map_err(|error| error.kind())
        };
        use ErrorKind::{NotTrusted, Offline, Protocol, ServerTrouble};
        assert_eq!(why(&[Offline, Offline]), Err(Offline));
        assert_eq!(why(&[Protocol, ServerTrouble]), Ok(AddressProblem::NoAccountServer));
        assert_eq!(why(&[ServerTrouble, Offline]), Err(ServerTrouble));
        assert_eq!(why(&[NotTrusted, Protocol]), Err(NotTrusted));
        assert_eq!(why(&[Protocol, ErrorKind::WantsKey, Protocol]), Err(ErrorKind::WantsKey));
        assert_eq!(why(&[Protocol, ErrorKind::WrongKey]), Err(ErrorKind::WrongKey));
        assert_eq!(why(&[]), Ok(AddressProblem::NoAccountServer), "no such handle");
    }
}
