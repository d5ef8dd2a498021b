//! What is wrong, as far as it can be seen from here: stores, changes without an answer, servers.

use std::collections::HashMap;

use accounts::flow::Deps;
use accounts::provider::Server;
use accounts::signed_in::{self, Resolution};
use accounts::store::StoreKind;
use accounts::{Account, AccountState, ErrorKind, address};
use serde_json::{Value, json};

use super::Run;
use crate::out::plain;
use crate::place::Need;
use crate::stop::{Result, Stop};
use crate::words;

/// What was looked at, in both forms; the worst of it is the exit code.
#[derive(Default)]
struct Report {
    lines: Vec<String>,
    checks: Vec<Value>,
    worst: Option<Stop>,
}

impl Report {
    fn fine(&mut self, what: &str, about: &str) {
        self.lines.push(format!("fine     {what}"));
        self.checks.push(json!({ "about": about, "ok": true, "what": what }));
    }

    fn bad(&mut self, what: &str, about: &str, stop: Stop) {
        self.lines.push(format!("TROUBLE  {what}: {} {}", stop.what, stop.todo));
        self.checks.push(json!({
            "about": about, "ok": false, "what": what, "kind": stop.kind, "problem": stop.what, "todo": stop.todo,
        }));
        self.worst.get_or_insert(stop);
    }
}

impl Run {
    pub(super) async fn doctor(&mut self) -> Result<()> {
        let mut report = Report::default();
        let folder = self.place.home.folder().display().to_string();
        report.fine(&format!("the folder is {folder}"), "folder");
        match self.keychain_state().await {
            Ok(()) => report.fine("this computer's keychain answers", "keychain"),
            // Whoever uses a vault needs none.
            Err(kind) if self.uses_keychain() => {
                report.bad("this computer's keychain", "keychain", kind.into())
            }
            Err(kind) => report.fine(&format!("no keychain is used ({})", words::name(kind)), "keychain"),
        }
        match self.open(Need::Read).await {
            Ok(deps) => {
                let kind = deps.store.kind();
                report.fine(&format!("passwords are kept {}", words::store(kind)), "store");
                self.examine(&deps, &mut report).await?;
            }
            Err(stop) if stop.kind == "interrupted" || stop.kind == "cancelled" => return Err(stop),
            Err(stop) => report.bad("the store", "store", stop),
        }
        self.talk.done(json!({ "checks": report.checks }), &report.lines.join("\n"))?;
        match report.worst {
            // It is in the report already.
            Some(stop) => Err(Stop { what: String::new(), ..stop }),
            None => Ok(()),
        }
    }

    fn uses_keychain(&self) -> bool {
        matches!(self.place.chosen(), Ok(Some(chosen)) if chosen.store == StoreKind::Keychain)
    }

    async fn examine(&self, deps: &Deps, report: &mut Report) -> Result<()> {
        let mut reached: HashMap<Server, bool> = HashMap::new();
        for account in deps.accounts.list()? {
            let name = name(&account);
            if let Err(error) = signed_in::check_kept(deps, &account).await {
                report.bad(&format!("the password of {name}"), "account", error.into());
            }
            if account.state == AccountState::InTheAir {
                self.find_out(deps, &account, report).await?;
            }
            if reached.contains_key(&account.server) {
                continue;
            }
            let answers = match self.place.providers.get(&account.server).await {
                Ok(provider) => provider.reach().await,
                Err(error) => Err(error),
            };
            let host = address::host(&account.server.base);
            reached.insert(account.server.clone(), answers.is_ok());
            match answers {
                Ok(()) => report.fine(&format!("{host} answers"), "server"),
                Err(error) => report.bad(&host, "server", error.into()),
            }
        }
        Ok(())
    }

    /// Finds out what became of a change whose answer was lost, as the window does.
    async fn find_out(&self, deps: &Deps, account: &Account, report: &mut Report) -> Result<()> {
        let found = match self.place.providers.get(&account.server).await {
            Ok(provider) => signed_in::resolve(deps, provider, account).await,
            Err(error) => {
                tracing::info!(%error, "a server could not be asked what became of a change");
                Ok(Resolution::NotAsked)
            }
        };
        let name = name(account);
        match found {
            Ok(found) => {
                let (what, todo) = words::resolution(found);
                match found {
                    Resolution::NewHolds | Resolution::OldHolds => {
                        report.fine(&format!("{name}: {what} {todo}"), "change");
                    }
                    _ => {
                        let unknown = Stop::from(ErrorKind::OutcomeUnknown);
                        let stop = Stop { what: what.into(), todo: todo.into(), ..unknown };
                        report.bad(&name, "change", stop);
                    }
                }
            }
            Err(error) => report.bad(&name, "change", error.into()),
        }
        Ok(())
    }
}

fn name(account: &Account) -> String {
    format!("{} ({})", plain(&account.name), plain(&account.identifier))
}
