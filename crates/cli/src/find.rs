//! Which account, or which server, is meant by what stands on the command line.

use std::sync::Arc;

use accounts::address::AddressProblem;
use accounts::flow::Deps;
use accounts::provider::{Found, KeyProblem, Kind, PublicKey, Server};
use accounts::site::Site;
use accounts::{Account, AccountId, ErrorKind, Provider, address, identifier};

use crate::place::Place;
use crate::stop::{Exit, Result, Stop};
use crate::talk::Talk;
use crate::words;

/// Fewer characters of an id name nobody.
const SHORTEST_ID: usize = 4;

/// The one account of the list that fits.
pub fn account(deps: &Deps, typed: &str) -> Result<Account> {
    match one(fitting(deps, typed)?)? {
        Some(account) => Ok(account),
        None => Err(Stop::new(Exit::Nothing, "no_account", words::NO_ACCOUNT)),
    }
}

/// An account that may be new, and who speaks for its server.
pub struct Target {
    pub account: Account,
    pub provider: Arc<dyn Provider>,
    pub listed: bool,
}

/// An account of the list, or an identifier at a server, which is asked who it is.
pub async fn target(
    place: &Place,
    deps: &Deps,
    typed: &str,
    identifier: Option<&str>,
    talk: &mut Talk,
) -> Result<Target> {
    let mut listed = fitting(deps, typed)?;
    if let Some(identifier) = identifier {
        listed.retain(|account| account.identifier.eq_ignore_ascii_case(identifier.trim()));
    }
    if let Some(account) = one(listed)? {
        let provider = place.providers.get(&account.server).await?;
        return Ok(Target { account, provider, listed: true });
    }
    let found = server(place, deps, typed, talk).await?;
    let identifier = match (identifier, found.identifier) {
        (Some(typed), _) => typed.to_owned(),
        (None, Some(known)) => known,
        (None, None) => talk.identifier(found.provider.about()).await?,
    };
    let identifier = identifier.trim();
    if !identifier::is_plausible(identifier) {
        return Err(ErrorKind::BadIdentifier.into());
    }
    if let Some(suggestion) = identifier::suggestion(identifier) {
        talk.note(&words::did_you_mean(&suggestion));
    }
    let known = deps.accounts.find(&found.server, identifier);
    let listed = known.is_some();
    let account = known.unwrap_or_else(|| new_account(deps, &found.server, &*found.provider, identifier));
    Ok(Target { account, provider: found.provider, listed })
}

/// Asks what is there, and nothing else. Where several kinds of server answer, `KIND:ADDRESS` says which.
async fn server(place: &Place, deps: &Deps, typed: &str, talk: &mut Talk) -> Result<Found> {
    let named = typed.trim().split_once(':').and_then(|(kind, rest)| Some((Kind::named(kind)?, rest)));
    if let Some((Kind::Guide, rest)) = named {
        return site(place, rest).await;
    }
    let mut found = found(place, deps, named.map_or(typed, |(_, rest)| rest), talk).await?;
    if let Some((kind, _)) = named {
        found.retain(|one| one.server.kind == kind);
    }
    let kinds: Vec<&str> = found.iter().map(|one| one.server.kind.as_str()).collect();
    match (found.pop(), kinds.len()) {
        (Some(one), 1) => Ok(one),
        (None, _) => Err(AddressProblem::NoAccountServer.into()),
        (Some(_), _) => {
            Err(Stop::new(Exit::Usage, "many_servers", (words::MANY_SERVERS, &*words::name_one(&kinds))))
        }
    }
}

/// A site that only the person can talk to, by its address or by a name in the site list.
async fn site(place: &Place, typed: &str) -> Result<Found> {
    let host = match Site::read(typed)? {
        Site::Host(host) => Some(host),
        Site::Name(name) => place.providers.sites().search(&name).into_iter().next().map(|hit| hit.host),
    };
    let base = host.and_then(|host| host.at("/")).ok_or(AddressProblem::NotAnAddress)?;
    let server = Server { kind: Kind::Guide, base, key: None };
    let provider = place.providers.get(&server).await?;
    Ok(Found { server, provider, identifier: None })
}

/// Everything that answers there. A gateway may want a key first, which is asked for until it fits.
async fn found(place: &Place, deps: &Deps, typed: &str, talk: &mut Talk) -> Result<Vec<Found>> {
    let mut problem = match place.providers.find(typed).await {
        Err(error) if error.kind() == ErrorKind::WantsKey => {
            let wanting = KeyProblem::Empty;
            (words::key_name(wanting), words::key(wanting))
        }
        found => return Ok(found??),
    };
    loop {
        problem = match PublicKey::read(talk.public_key(problem).await?.expose()) {
            Err(problem) => (words::key_name(problem), words::key(problem)),
            Ok(key) => match place.providers.find_with(typed, Some(&key)).await {
                Err(error) if error.kind() == ErrorKind::WrongKey => {
                    (words::name(error.kind()), words::WRONG_KEY)
                }
                found => {
                    let found = found??;
                    found.iter().try_for_each(|one| deps.accounts.learn_key(&one.server))?;
                    return Ok(found);
                }
            },
        };
    }
}

fn new_account(deps: &Deps, server: &Server, provider: &dyn Provider, identifier: &str) -> Account {
    let about = provider.about();
    Account {
        practice: about.practice,
        ..Account::new(AccountId::random(&*deps.random), server.clone(), about.name.clone(), identifier)
    }
}

fn fitting(deps: &Deps, typed: &str) -> Result<Vec<Account>> {
    let typed = typed.trim().to_lowercase();
    let fits = |account: &Account| {
        let host = address::host(&account.server.base).to_lowercase();
        let identifier = account.identifier.to_lowercase();
        let id = account.id.as_str();
        account.name.to_lowercase() == typed
            || identifier == typed
            || host == typed
            || account.server.base.as_str().trim_end_matches('/') == typed.trim_end_matches('/')
            || format!("{identifier}@{host}") == typed
            || typed.len() >= SHORTEST_ID && id.starts_with(&typed)
    };
    Ok(deps.accounts.list()?.into_iter().filter(fits).collect())
}

fn one(mut fitting: Vec<Account>) -> Result<Option<Account>> {
    match fitting.len() {
        0 | 1 => Ok(fitting.pop()),
        _ => Err(Stop::new(Exit::Usage, "many_accounts", words::MANY_ACCOUNTS)),
    }
}
