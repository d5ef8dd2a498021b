//! The person's side of a conversation: at a terminal, or a program that speaks JSON lines.

use accounts::flow::{Flow, Given};
use accounts::generate::Recipe;
use accounts::provider::About;
use accounts::store::StoreKind;
use accounts::{Account, ErrorKind, Secret, address};
use serde_json::{Value, json};

use self::json::Json;
use self::terminal::Terminal;
use crate::interrupt::Interrupt;
use crate::out;
use crate::stop::{Result, Stop};
use crate::words;

mod hidden;
pub mod json;
mod terminal;

pub enum Talk {
    Terminal(Terminal),
    Json(Json),
}

/// The question as it stands.
pub struct Scene<'a> {
    pub flow: &'a Flow,
    pub about: &'a About,
    pub store: StoreKind,
    /// What went wrong with the last answer, outside of what the question itself says.
    pub trouble: Option<ErrorKind>,
}

pub enum Reply {
    Give(Given),
    Generate { recipe: Recipe, reveal: bool },
}

/// What a new vault is made with, before the key is typed back.
pub enum VaultProblem {
    Weak(Vec<accounts::provider::WeakReason>),
    Mismatch,
    WrongGroup,
}

impl Talk {
    pub fn new(json: bool, interrupt: Interrupt) -> Self {
        if json { Self::Json(Json::new(interrupt)) } else { Self::Terminal(Terminal::new(interrupt)) }
    }

    pub fn is_json(&self) -> bool {
        matches!(self, Self::Json(_))
    }

    /// Whether somebody sits there whom the system could ask, too.
    pub fn is_attended(&self) -> bool {
        !self.is_json() && out::err_is_terminal()
    }

    /// Says something beside the result; a program is told nothing that it did not ask for.
    pub fn note(&self, text: &str) {
        if !self.is_json() {
            out::say(text);
        }
    }

    /// The result.
    pub fn done(&self, value: Value, text: &str) -> Result<()> {
        match self {
            Self::Json(_) => json::line(json!({ "done": value })),
            Self::Terminal(_) if text.is_empty() => Ok(()),
            Self::Terminal(_) => out::line(text),
        }
    }

    pub fn failed(&self, stop: &Stop) {
        if stop.what.is_empty() {
            return;
        }
        match self {
            Self::Json(_) => {
                let error = json!({ "kind": stop.kind, "what": stop.what, "todo": stop.todo });
                // A reader that has gone has its exit code.
                let _ = json::line(json!({ "error": error, "exit": stop.exit as u8 }));
            }
            Self::Terminal(_) => {
                out::say(&format!("{}\n{}", out::strong(&stop.what, &std::io::stderr()), stop.todo))
            }
        }
    }

    pub async fn question(&mut self, scene: &Scene<'_>) -> Result<Reply> {
        match self {
            Self::Terminal(terminal) => terminal.question(scene).await,
            Self::Json(json) => json.question(scene).await,
        }
    }

    /// A new password that is durable: shown before it is sent where that was asked for.
    pub fn made(&self, password: &Secret, reveal: bool, store: StoreKind) -> Result<()> {
        match self {
            Self::Json(_) if reveal => {
                json::line(json!({ "made": { "password": password.expose(), "store": store.as_str() } }))
            }
            Self::Json(_) => Ok(()),
            Self::Terminal(_) => {
                out::say(&words::made(store));
                if reveal {
                    out::say(&words::made_shown(password.expose()));
                }
                Ok(())
            }
        }
    }

    /// In the clipboard now, and for how many seconds.
    pub fn copied(&self, clear_in: Option<u64>) -> Result<()> {
        match self {
            Self::Json(_) => json::line(json!({ "copied": { "clear_in": clear_in } })),
            Self::Terminal(_) => {
                out::say(&words::copied(clear_in));
                Ok(())
            }
        }
    }

    pub async fn vault_password(&mut self, wrong: bool) -> Result<Secret> {
        match self {
            Self::Terminal(terminal) => {
                if wrong {
                    out::say(words::WRONG_VAULT_PASSWORD.0);
                }
                terminal.hidden(words::VAULT_PASSWORD).await
            }
            Self::Json(json) => {
                let problem = wrong.then_some(("wrong_password", words::WRONG_VAULT_PASSWORD));
                json.text("vault_password", "password", problem, json!({})).await
            }
        }
    }

    /// Twice the same, at a terminal.
    pub async fn new_vault_password(&mut self, problem: Option<&VaultProblem>) -> Result<(Secret, Secret)> {
        match self {
            Self::Terminal(terminal) => {
                match problem {
                    None => out::say(words::NEW_VAULT),
                    Some(VaultProblem::Weak(reasons)) => {
                        out::say(words::WEAK_VAULT_PASSWORD.0);
                        for reason in reasons {
                            out::say(&words::weak(*reason));
                        }
                        out::say(words::WEAK_VAULT_PASSWORD.1);
                    }
                    Some(_) => out::say(words::MISMATCH.0),
                }
                let password = terminal.hidden(words::NEW_VAULT_PASSWORD).await?;
                Ok((password, terminal.hidden(words::ONCE_MORE).await?))
            }
            Self::Json(json) => {
                let problem = problem.map(|_| ("weak_password", words::WEAK_VAULT_PASSWORD));
                let password = json
                    .text("new_vault_password", "new_password", problem, json!({ "min_length": 12 }))
                    .await?;
                Ok((password.clone(), password))
            }
        }
    }

    /// Shows the recovery key of a vault that is about to be made, and has one group of it typed back.
    pub async fn recovery_key(
        &mut self,
        groups: &[String],
        ask: usize,
        problem: Option<&VaultProblem>,
    ) -> Result<Secret> {
        match self {
            Self::Terminal(terminal) => {
                match problem {
                    Some(_) => out::say(&format!("{}\n{}", words::WRONG_GROUP.0, words::WRONG_GROUP.1)),
                    None => out::say(&words::recovery_key(groups)),
                }
                let before = groups.get(ask.wrapping_sub(1)).map_or("", String::as_str);
                terminal.line(&words::ask_group(before)).await.map(Secret::new)
            }
            Self::Json(json) => {
                let problem = problem.map(|_| ("wrong_group", words::WRONG_GROUP));
                let more = json!({ "recovery_key": groups.join("-"), "group": ask + 1 });
                json.text("recovery_key", "group", problem, more).await
            }
        }
    }

    pub async fn store(&mut self) -> Result<StoreKind> {
        match self {
            Self::Terminal(terminal) => {
                out::say(words::ASK_STORE);
                loop {
                    match terminal.line(words::WHICH).await?.as_str() {
                        "1" => return Ok(StoreKind::Keychain),
                        "2" => return Ok(StoreKind::Vault),
                        _ => {}
                    }
                }
            }
            Self::Json(json) => {
                let stores = json!({ "stores": ["keychain", "vault"] });
                let named = json.text("store", "store", None, stores).await?;
                let kind = StoreKind::named(named.expose()).filter(|kind| *kind != StoreKind::Memory);
                kind.ok_or_else(Stop::bad_answer)
            }
        }
    }

    /// Who the person is at a server.
    pub async fn identifier(&mut self, about: &About) -> Result<String> {
        match self {
            Self::Terminal(terminal) => {
                out::say(&format!("{} ({})", out::plain(&about.name), about.host));
                terminal.line(words::IDENTIFIER).await
            }
            Self::Json(json) => {
                let server = json!({ "server": json::server(about) });
                Ok(json.text("identifier", "identifier", None, server).await?.expose().into())
            }
        }
    }

    /// The public key that a gateway wants.
    pub async fn public_key(&mut self, problem: (&str, (&str, &str))) -> Result<Secret> {
        match self {
            Self::Terminal(terminal) => {
                let (what, todo) = problem.1;
                out::say(&format!("{what}\n{todo}"));
                terminal.line(words::PUBLIC_KEY).await.map(Secret::new)
            }
            Self::Json(json) => json.text("public_key", "public_key", Some(problem), json!({})).await,
        }
    }

    /// The address that recovery wants in place of another identifier.
    pub async fn mailbox(&mut self) -> Result<String> {
        let needs = words::error(ErrorKind::NeedsMailbox);
        match self {
            Self::Terminal(terminal) => {
                out::say(needs.0);
                terminal.line(words::MAILBOX).await
            }
            Self::Json(json) => {
                let problem = Some((words::name(ErrorKind::NeedsMailbox), needs));
                Ok(json.text("mailbox", "mailbox", problem, json!({})).await?.expose().into())
            }
        }
    }

    pub async fn may_stay_open(&mut self) -> Result<bool> {
        match self {
            Self::Terminal(terminal) => {
                out::say(words::KEEP_UNLOCKED);
                terminal.yes().await
            }
            Self::Json(json) => json.yes("stay_open", json!({})).await,
        }
    }

    pub async fn may_remove(&mut self, account: &Account, store: StoreKind) -> Result<bool> {
        match self {
            Self::Terminal(terminal) => {
                let name = format!("{} ({})", out::plain(&account.name), out::plain(&account.identifier));
                out::say(&words::ask_remove(&name, &address::host(&account.server.base), store));
                terminal.yes().await
            }
            Self::Json(json) => {
                let named = json!({ "id": account.id.as_str(), "name": account.name, "identifier": account.identifier });
                json.yes("remove", json!({ "account": named })).await
            }
        }
    }
}
