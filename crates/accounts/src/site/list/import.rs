use std::time::{Duration, SystemTime};

use url::Url;

use super::reading::{self, MAX_BYTES};
use super::{Origin, Part, Refusal};
use crate::address::AddressProblem;
use crate::error::{Error, ErrorKind, Result};
use crate::http::Http;
use crate::site::follow::{Stop, follow};
use crate::site::host::Host;

/// How long the list may take to arrive, for each of the hosts on its way.
const PATIENCE: Duration = Duration::from_secs(60);
/// Longest name of a file that is kept, in characters.
const LONGEST_NAME: usize = 100;

/// Reading a list that a person brings.
#[derive(Debug)]
pub struct Import;

/// Why it is not taken, and the person can mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportProblem {
    Address(AddressProblem),
    /// The address leads to where Regain does not go: without encryption, into a private network, or on and on.
    LedAstray,
    /// Nothing is there.
    NotThere,
    Refused(Refusal),
}

impl Import {
    /// Reads a file's bytes; `name` may have its folder in front.
    pub fn read(bytes: &[u8], name: &str, at: SystemTime) -> std::result::Result<Part, Refusal> {
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
        let name: String = name.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
        part(bytes, &name, at, Origin::File(name.clone()))
    }

    /// Fetches a list from an address, with `http` to the [outside](Http::outside) alone.
    /// Errors: those of a call; `ServerTrouble` where it is there and not given.
    pub async fn fetch(
        http: &Http,
        typed: &str,
        at: SystemTime,
    ) -> Result<std::result::Result<Part, ImportProblem>> {
        let url = match address(typed) {
            Ok(url) => url,
            Err(problem) => return Ok(Err(ImportProblem::Address(problem))),
        };
        let end = match follow(http, url.clone(), MAX_BYTES, PATIENCE).await {
            Ok(end) => end,
            Err(Stop::LedAstray) => return Ok(Err(ImportProblem::LedAstray)),
            // The only promise of the other side: not to be larger than that.
            Err(Stop::Failed(error)) if error.kind() == ErrorKind::Protocol => {
                return Ok(Err(ImportProblem::Refused(Refusal::TooLarge)));
            }
            Err(Stop::Failed(error)) => return Err(error),
        };
        match end.reply.status {
            200 => {}
            500.. | 429 => {
                return Err(Error::new(ErrorKind::ServerTrouble, format!("status {}", end.reply.status)));
            }
            _ => return Ok(Err(ImportProblem::NotThere)),
        }
        let name = url.path().to_owned();
        Ok(part(&end.reply.into_body(), &name, at, Origin::Address(url)).map_err(ImportProblem::Refused))
    }
}

fn part(bytes: &[u8], name: &str, at: SystemTime, from: Origin) -> std::result::Result<Part, Refusal> {
    let (kind, entries, counts) = reading::read(bytes, name)?;
    Ok(Part { kind, from, at, counts, entries })
}

/// The address of a file: by the rules for addresses, with its path.
fn address(typed: &str) -> std::result::Result<Url, AddressProblem> {
    let typed = typed.trim();
    let whole = if typed.contains("://") { typed.to_owned() } else { format!("https://{typed}") };
    if typed.is_empty() {
        return Err(AddressProblem::Empty);
    }
    crate::address::parse(&whole)?;
    let mut url = Url::parse(&whole).map_err(|_| AddressProblem::NotAnAddress)?;
    if url.scheme() != "https" {
        return Err(AddressProblem::NotEncrypted);
    }
    Host::of(&url).ok_or(AddressProblem::NotAnAddress)?;
    url.set_fragment(None);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_its_path_and_is_held_to_the_rules_for_all() {
        assert_eq!(
            address(" lists.example/a.json?raw#x ").unwrap().as_str(),
            "https://lists.example/a.json?raw"
        );
        for (typed, problem) in [
            ("", AddressProblem::Empty),
            ("http://lists.example/a.json", AddressProblem::NotEncrypted),
            ("http://127.0.0.1/a.json", AddressProblem::NotEncrypted),
            ("https://127.0.0.1/a.json", AddressProblem::NotAnAddress),
            ("https://localhost/a.json", AddressProblem::NotAnAddress),
            ("https://lists.example:8443/a.json", AddressProblem::NotAnAddress),
            ("https://jana:x@lists.example/a.json", AddressProblem::NotAnAddress),
            ("file:///etc/passwd", AddressProblem::NotAnAddress),
            ("lists", AddressProblem::NotAnAddress),
        ] {
            assert_eq!(address(typed), Err(problem), "{typed}");
        }
    }

    #[test]
    fn of_a_file_its_name_is_kept_without_its_folder() {
        let read = |name: &str| {
            let text = br#"{"a.example":"https://a.example/p"}"#;
            Import::read(text, name, SystemTime::UNIX_EPOCH).unwrap().from
        };
        for name in ["/somewhere/jana/list.json", r"C:\somewhere\list.json", "list.json"] {
            assert_eq!(read(name), Origin::File("list.json".into()));
        }
        assert_eq!(read(&"x".repeat(5_000)), Origin::File("x".repeat(LONGEST_NAME)));
    }
}
