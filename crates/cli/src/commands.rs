//! What each command does.

use accounts::address;
use accounts::flow::{Deps, Purpose};
use accounts::provider::Which;
use accounts::{Account, AccountState, signed_in};
use clap::CommandFactory as _;
use serde_json::{Value, json};

use crate::args::{Command, Line, One, Sessions, Where};
use crate::converse::converse;
use crate::find::{self, Target};
use crate::interrupt::Interrupt;
use crate::out::{self, plain, table};
use crate::place::{Need, Place};
use crate::stop::{Exit, Result, Stop};
use crate::talk::{Talk, json::seconds};
use crate::words;

mod doctor;
mod door;
mod earlier;
mod passwords;

pub struct Run {
    pub place: Place,
    pub talk: Talk,
    pub interrupt: Interrupt,
}

impl Run {
    pub async fn run(&mut self, command: Command) -> Result<()> {
        match command {
            Command::Accounts => self.accounts().await,
            Command::Add(place) => self.add(place).await,
            Command::SignIn(place) => self.begin(place, Purpose::SignIn).await,
            Command::Recover(place) => self.begin(place, Purpose::Recover).await,
            Command::SignUp(place) => self.begin(place, Purpose::SignUp).await,
            Command::ChangePassword(one) => self.change_password(one).await,
            Command::Sessions(sessions) => self.sessions(sessions).await,
            Command::SignOut(one) => self.sign_out(one).await,
            Command::Show(show) => self.show(show).await,
            Command::Copy(copy) => self.copy(copy).await,
            Command::Remove(remove) => self.remove(remove).await,
            Command::Earlier(earlier) => self.earlier(earlier).await,
            Command::Generate(generate) => self.generate(generate).await,
            Command::Lock => self.lock().await,
            Command::Unlock(unlock) => self.unlock(unlock).await,
            Command::Doctor => self.doctor().await,
            Command::Completions { .. } | Command::Man { .. } => Err(Stop::bug("they need nothing of this")),
        }
    }

    async fn open(&mut self, need: Need) -> Result<Deps> {
        self.place.open(need, &mut self.talk).await
    }

    async fn accounts(&mut self) -> Result<()> {
        let deps = self.open(Need::List).await?;
        let list = deps.accounts.list()?;
        let rows: Vec<Vec<String>> = list.iter().map(row).collect();
        let values: Vec<Value> = list.iter().map(value).collect();
        if rows.is_empty() {
            self.talk.note(words::NO_ACCOUNTS);
        }
        self.talk.done(json!({ "accounts": values }), &table(&rows))
    }

    async fn add(&mut self, Where { place, identifier }: Where) -> Result<()> {
        let deps = self.open(Need::Begin).await?;
        let target = find::target(&self.place, &deps, &place, identifier.as_deref(), &mut self.talk).await?;
        let Target { account, listed, .. } = target;
        if !listed {
            deps.accounts.put(account.clone())?;
        }
        let name = plain(&account.name);
        let text = if listed { words::listed(&name) } else { words::added(&name) };
        self.talk.done(json!({ "account": value(&account), "new": !listed }), &text)
    }

    async fn begin(&mut self, Where { place, identifier }: Where, purpose: Purpose) -> Result<()> {
        let deps = self.open(Need::Begin).await?;
        let target = find::target(&self.place, &deps, &place, identifier.as_deref(), &mut self.talk).await?;
        converse(&deps, target, purpose, &mut self.talk, &self.interrupt).await
    }

    async fn change_password(&mut self, One { account }: One) -> Result<()> {
        let deps = self.open(Need::Write).await?;
        let account = find::account(&deps, &account)?;
        let provider = self.place.providers.get(&account.server).await?;
        let target = Target { account, provider, listed: true };
        converse(&deps, target, Purpose::ChangePassword, &mut self.talk, &self.interrupt).await
    }

    async fn sessions(&mut self, Sessions { account, end, end_others }: Sessions) -> Result<()> {
        let deps = self.open(Need::Write).await?;
        let account = find::account(&deps, &account)?;
        let provider = self.place.providers.get(&account.server).await?;
        if end.is_none() && !end_others {
            let devices = signed_in::sessions(&deps, &provider, &account).await?;
            let rows: Vec<Vec<String>> = devices
                .iter()
                .map(|device| {
                    let here = if device.current { "(this one)" } else { "" };
                    let network = device.network.as_deref().unwrap_or_default();
                    let name = plain(&device.name);
                    vec![
                        plain(&device.id),
                        words::day_if_any(device.last_used),
                        name,
                        plain(network),
                        here.into(),
                    ]
                })
                .collect();
            let value = |device: &accounts::provider::Device| {
                json!({
                    "id": device.id, "name": device.name, "last_used": device.last_used.map(seconds),
                    "current": device.current, "network": device.network,
                })
            };
            let values: Vec<Value> = devices.iter().map(value).collect();
            return self.talk.done(json!({ "sessions": values }), &table(&rows));
        }
        let which = match end {
            Some(id) => {
                let known = signed_in::sessions(&deps, &provider, &account).await?;
                match known.iter().find(|device| device.id == id) {
                    Some(device) if device.current => Which::This,
                    Some(_) => Which::One(id),
                    None => return Err(Stop::new(Exit::Nothing, "no_session", words::NO_SESSION)),
                }
            }
            None => Which::AllOthers,
        };
        let count = signed_in::end(&deps, &provider, &account, which).await?;
        self.talk.done(json!({ "sessions_ended": count }), &words::ended(count))
    }

    async fn sign_out(&mut self, One { account }: One) -> Result<()> {
        let deps = self.open(Need::Write).await?;
        let account = find::account(&deps, &account)?;
        let provider = self.place.providers.get(&account.server).await?;
        signed_in::sign_out(&deps, &provider, &account).await?;
        self.talk.done(json!({ "signed_out": true }), words::SIGNED_OUT)
    }
}

/// The completions of a shell.
pub fn completions(shell: clap_complete::Shell) -> Result<()> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Line::command(), "regain-cli", &mut text);
    out::bytes(&text)
}

/// The page of the program, or of one command.
pub fn man(command: Option<&str>) -> Result<()> {
    let mut line = Line::command();
    // With it the parts know what they are parts of.
    line.build();
    let page = match command {
        None => Some(line),
        Some(name) => line.find_subcommand(name).cloned(),
    };
    let page = page.ok_or_else(|| Stop::new(Exit::Usage, "no_command", words::NO_COMMAND))?;
    let name = page.get_display_name().unwrap_or("regain-cli").to_owned();
    let mut text = Vec::new();
    clap_mangen::Man::new(page).title(name).render(&mut text).map_err(Stop::bug)?;
    out::bytes(&text)
}

fn row(account: &Account) -> Vec<String> {
    let id: String = account.id.as_str().chars().take(8).collect();
    let host = address::host(&account.server.base);
    let state = state(account).replace('_', " ");
    vec![id, plain(&account.name), plain(&account.identifier), host, state]
}

fn value(account: &Account) -> Value {
    json!({
        "id": account.id.as_str(),
        "name": account.name,
        "identifier": account.identifier,
        "server": { "kind": account.server.kind.as_str(), "address": account.server.base.as_str() },
        "practice": account.practice,
        "state": state(account),
        "signed_in_at": match account.state { AccountState::SignedIn { since } => Some(seconds(since)), _ => None },
        "mailbox": account.mailbox,
    })
}

fn state(account: &Account) -> &'static str {
    match account.state {
        AccountState::SignedIn { .. } => "signed_in",
        AccountState::SignedOut => "signed_out",
        AccountState::NoPasswordFits => "no_password_fits",
        AccountState::InTheAir => "outcome_unknown",
    }
}
