//! Showing, copying and making passwords.

use accounts::clock::SystemRandom;
use accounts::flow::Deps;
use accounts::generate;
use accounts::provider::PasswordRules;
use accounts::store::{Current, Past, Staged};
use accounts::strength::Context;
use accounts::{Account, ErrorKind, Secret};
use serde_json::{Value, json};

use super::{Run, value};
use crate::args::{Copy, Generate, Show};
use crate::clipboard;
use crate::find;
use crate::out::{plain, table};
use crate::place::Need;
use crate::stop::{Exit, Result, Stop};
use crate::talk::json::seconds;
use crate::words;

/// For a password that is made for nobody knows where: a sole factor's (NIST SP 800-63B-4, 3.1.1.2).
const RULES: PasswordRules = PasswordRules::between(15, 256);

impl Run {
    pub(super) async fn show(&mut self, Show { account, reveal, history }: Show) -> Result<()> {
        let deps = self.open(Need::Read).await?;
        let account = find::account(&deps, &account)?;
        let current = current(&deps, &account).await?;
        let staged = deps.store.staged(&account.id).await?;
        let past = match history {
            true => deps.store.history(&account.id, deps.clock.now()).await?,
            false => Vec::new(),
        };
        if reveal && current.is_none() && staged.is_empty() && past.is_empty() {
            return Err(Stop::new(Exit::Nothing, "no_password", words::NO_PASSWORD));
        }
        let alone = reveal && !history && !self.talk.is_json();
        if let (true, Some(current)) = (alone, &current) {
            if !staged.is_empty() {
                self.talk.note(words::WAITING);
            }
            // On a line of its own, whatever else there is: for a pipe.
            return self.talk.done(Value::Null, current.password.expose());
        }
        let shown = |password: &Secret| reveal.then(|| password.expose().to_owned());
        let json = json!({
            "account": value(&account),
            "current": current.as_ref().map(|current| {
                json!({ "since": seconds(current.since), "password": shown(&current.password) })
            }),
            "waiting": staged.iter().map(|staged| {
                json!({ "at": seconds(staged.at), "sent": staged.sent, "password": shown(&staged.password) })
            }).collect::<Vec<_>>(),
            "history": history.then(|| past.iter().map(|past| {
                json!({ "at": seconds(past.at), "why": why(past), "password": shown(&past.password) })
            }).collect::<Vec<_>>()),
        });
        let text = page(&account, current.as_ref(), &staged, &past, &|password| {
            shown(password).unwrap_or_else(|| words::HIDDEN.into())
        });
        self.talk.done(json, &text)
    }

    pub(super) async fn copy(&mut self, Copy { account, keep }: Copy) -> Result<()> {
        let deps = self.open(Need::Read).await?;
        let account = find::account(&deps, &account)?;
        let none = || Stop::new(Exit::Nothing, "no_password", words::NO_PASSWORD);
        let current = current(&deps, &account).await?.ok_or_else(none)?;
        let clear_after = (!keep).then(|| self.place.clear_after());
        // The vault need not stay open while the clipboard waits.
        self.place.home.vault().lock().await;
        let seconds = clear_after.map(|after| after.as_secs());
        clipboard::hold(current.password, clear_after, &self.interrupt, || self.talk.copied(seconds)).await?;
        if !keep {
            self.talk.note(words::CLEARED);
        }
        self.talk.done(json!({ "cleared": !keep }), "")
    }

    /// Makes one, keeps it first where that is wanted, and prints it.
    pub(super) async fn generate(&mut self, Generate { made_of, keep, purpose }: Generate) -> Result<()> {
        let password = generate::password(made_of.recipe(), RULES, &Context::default(), &SystemRandom);
        if keep {
            let vault = self.place.home.vault();
            if !vault.exists()? {
                return Err(Stop::new(Exit::Store, "no_vault", words::NOT_IN_VAULT));
            }
            // Open or locked: the person is asked nothing.
            vault.make_locked(&password, purpose.as_deref()).await?;
        }
        let json = json!({ "password": password.expose(), "kept": keep });
        self.talk.done(json, password.expose())
    }
}

/// The current password. What is wrong with it, `doctor` says; here is the way to a new one.
async fn current(deps: &Deps, account: &Account) -> Result<Option<Current>> {
    match deps.store.current(&account.id).await {
        Err(error) if matches!(error.kind(), ErrorKind::ItemMissing) => Ok(None),
        current => Ok(current?),
    }
}

fn why(past: &Past) -> &'static str {
    use accounts::store::Why;
    match past.why {
        Why::Replaced => "replaced",
        Why::NotAccepted => "not_accepted",
        Why::NotUsed => "not_used",
    }
}

fn page(
    account: &Account,
    current: Option<&Current>,
    staged: &[Staged],
    past: &[Past],
    shown: &dyn Fn(&Secret) -> String,
) -> String {
    let row = |name: &str, text: String| vec![name.to_owned(), text];
    let mut rows = vec![
        row("Account", plain(&account.name)),
        row("Identifier", plain(&account.identifier)),
        row("Server", account.server.base.to_string()),
        row("State", super::state(account).replace('_', " ")),
    ];
    rows.extend(account.mailbox.as_deref().map(|mailbox| row("Mailbox", plain(mailbox))));
    match current {
        Some(current) => {
            rows.push(row("Password", shown(&current.password)));
            rows.push(row("Since", words::day(current.since)));
        }
        None => rows.push(row("Password", "none saved".into())),
    }
    for staged in staged {
        let when = format!("{}, {}", words::day(staged.at), words::waiting(staged.sent));
        rows.push(row("Waiting", format!("{}  {when}", shown(&staged.password))));
    }
    for past in past {
        let when = format!("{}, {}", words::day(past.at), words::why(past.why));
        rows.push(row("Earlier", format!("{}  {when}", shown(&past.password))));
    }
    table(&rows)
}
