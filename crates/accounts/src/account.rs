//! Accounts: who you are where. The list holds nothing secret and rests in a file of its own, which the window and the
//! terminal may change at once.

use std::fmt;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use url::Url;

use crate::clock::Random;
use crate::error::{Error, ErrorKind, Result};
use crate::guide::Route;
use crate::provider::{Kind, Progress, PublicKey, Server};

mod plan;
mod records;
mod shared;

pub(crate) use self::plan::plain;
pub use self::plan::{Check, DRILLS_KEPT, Drill, Means, NAME_LENGTH, Plan, Reminder, Went};

/// Name of an account within Regain: 128 random bits in hex.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(String);

impl AccountId {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn random(random: &dyn Random) -> Self {
        let mut bytes = [0; 16];
        random.fill(&mut bytes);
        Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who you are where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub id: AccountId,
    pub server: Server,
    /// What the server calls itself.
    pub name: String,
    pub identifier: String,
    /// It lives on the practice server and ends with it.
    pub practice: bool,
    pub state: AccountState,
    /// Masked address of its mailbox, where the server told.
    pub mailbox: Option<String>,
    /// The address that recovery is asked for with, where that is not the identifier.
    pub recover_as: Option<String>,
    /// A phone signed it in: no password of it was ever kept here.
    pub without_password: bool,
    /// How far the person has come in a guide that they have left.
    pub guide: Option<Progress>,
    /// What the person says about its ways back. [`Accounts::plan`] changes it; [`Accounts::put`] keeps the later one.
    pub plan: Plan,
}

impl Account {
    /// An account of which nothing more is known: signed out, with nothing said of it and nothing begun.
    pub fn new(
        id: AccountId,
        server: Server,
        name: impl Into<String>,
        identifier: impl Into<String>,
    ) -> Self {
        Self {
            id,
            server,
            name: name.into(),
            identifier: identifier.into(),
            practice: false,
            state: AccountState::SignedOut,
            mailbox: None,
            recover_as: None,
            without_password: false,
            guide: None,
            plan: Plan::default(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountState {
    SignedIn {
        since: SystemTime,
    },
    /// There was a session, or none was ever had.
    SignedOut,
    NoPasswordFits,
    /// A change was sent and its answer was lost.
    InTheAir,
}

/// The list of accounts, in a file.
///
/// Every change is durable when the call returns. A file that cannot be understood is left as it is, and every call
/// says `Unreadable`.
pub struct Accounts(Rest);

impl fmt::Debug for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Accounts")
    }
}

enum Rest {
    File(shared::File),
    /// As long as the process.
    Memory(Mutex<Vec<Account>>),
    Kept(Arc<dyn Keeper>),
}

/// Where a list rests that must not be readable while it is locked. Errors: `Locked`, and those of the store.
pub trait Keeper: Send + Sync {
    fn all(&self) -> Result<Vec<Account>>;
    fn get(&self, id: &AccountId) -> Result<Option<Account>>;
    fn put(&self, account: &Account) -> Result<()>;
    fn remove(&self, id: &AccountId) -> Result<()>;
}

impl Accounts {
    /// Reads the list; a missing file is an empty list.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self> {
        shared::File::open(path.into()).map(|file| Self(Rest::File(file)))
    }

    /// A list that ends with the process, for a store that does.
    pub fn in_memory() -> Self {
        Self(Rest::Memory(Mutex::default()))
    }

    /// A list that someone else keeps; nothing of it is remembered here.
    pub fn kept_by(keeper: Arc<dyn Keeper>) -> Self {
        Self(Rest::Kept(keeper))
    }

    /// All accounts, in the order of their names; none while they are locked.
    pub fn all(&self) -> Vec<Account> {
        said(self.list()).unwrap_or_default()
    }

    /// The same, where "none" and "cannot be read" are not to be confused.
    pub fn list(&self) -> Result<Vec<Account>> {
        let mut all = match &self.0 {
            Rest::File(file) => file.list()?,
            Rest::Memory(list) => lock(list).clone(),
            Rest::Kept(keeper) => keeper.all()?,
        };
        all.sort_by_cached_key(|account| (account.name.to_lowercase(), account.identifier.to_lowercase()));
        Ok(all)
    }

    /// One account; none while they are locked.
    pub fn get(&self, id: &AccountId) -> Option<Account> {
        said(self.look_up(id)).flatten()
    }

    /// The same, where "not there" and "cannot be read" are not to be confused.
    pub fn look_up(&self, id: &AccountId) -> Result<Option<Account>> {
        match &self.0 {
            Rest::File(file) => Ok(file.list()?.into_iter().find(|account| account.id == *id)),
            Rest::Memory(list) => Ok(lock(list).iter().find(|account| account.id == *id).cloned()),
            Rest::Kept(keeper) => keeper.get(id),
        }
    }

    pub fn find(&self, server: &Server, identifier: &str) -> Option<Account> {
        let same = |account: &Account| {
            account.server == *server && account.identifier.to_lowercase() == identifier.trim().to_lowercase()
        };
        self.all().into_iter().find(same)
    }

    /// Adds the account, or replaces the one with its id. Of two plans the later one holds: whoever puts an account
    /// back may have taken it long ago.
    pub fn put(&self, account: Account) -> Result<()> {
        if let Rest::Kept(keeper) = &self.0 {
            return keeper.put(&account);
        }
        self.change(|list| match list.iter_mut().find(|known| known.id == account.id) {
            Some(known) => *known = account.onto(known),
            None => list.push(account),
        })
    }

    /// Changes the plan of an account as it is now, whoever changed it last; without such an account, nothing.
    pub fn plan<T>(&self, id: &AccountId, change: impl FnOnce(&mut Plan) -> T) -> Result<Option<T>> {
        let Some(mut account) = self.look_up(id)? else { return Ok(None) };
        let Rest::Kept(keeper) = &self.0 else {
            let mut done = None;
            self.change(|list| {
                let known = list.iter_mut().find(|known| known.id == *id);
                done = known.map(|known| change(&mut known.plan));
            })?;
            return Ok(done);
        };
        let done = change(&mut account.plan);
        keeper.put(&account)?;
        Ok(Some(done))
    }

    /// A server was found with another way in: its accounts take that one.
    pub fn learn_key(&self, server: &Server) -> Result<()> {
        let old = |account: &Account| account.server == *server && account.server.key != server.key;
        for account in self.list()?.into_iter().filter(old) {
            self.put(Account { server: server.clone(), ..account })?;
        }
        Ok(())
    }

    pub fn remove(&self, id: &AccountId) -> Result<()> {
        if let Rest::Kept(keeper) = &self.0 {
            return keeper.remove(id);
        }
        self.change(|list| list.retain(|account| account.id != *id))
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Account>)) -> Result<()> {
        match &self.0 {
            Rest::File(file) => file.change(change),
            Rest::Memory(list) => {
                change(&mut lock(list));
                Ok(())
            }
            Rest::Kept(_) => Err(ErrorKind::Bug.into()),
        }
    }
}

impl Account {
    /// As it takes the place of another state of itself.
    pub(crate) fn onto(self, known: &Self) -> Self {
        Self { plan: self.plan.later(known.plan.clone()), ..self }
    }
}

fn lock(list: &Mutex<Vec<Account>>) -> MutexGuard<'_, Vec<Account>> {
    // A panic elsewhere leaves the list as it was: it is replaced as a whole or not at all.
    list.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A list that cannot be had is empty to whoever asks for it; that it is locked is said by the store.
fn said<T>(had: Result<T>) -> Option<T> {
    had.inspect_err(|error| match error.kind() {
        ErrorKind::Locked => {}
        _ => tracing::warn!(%error, "the list of accounts cannot be read"),
    })
    .ok()
}

/// One account, as a vault keeps it.
pub(crate) fn to_bytes(account: &Account) -> Result<Vec<u8>> {
    serde_json::to_vec(&AccountFile::from(account)).map_err(|error| Error::new(ErrorKind::Bug, error))
}

pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Account> {
    let read = serde_json::from_slice::<AccountFile>(bytes);
    read.map(Account::from).map_err(|error| Error::new(ErrorKind::Unreadable, error))
}

/// The file. Fields may be added; a higher version means that this program must not touch it.
#[derive(Serialize, Deserialize)]
struct ListFile {
    version: u32,
    accounts: Vec<AccountFile>,
}

const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct AccountFile {
    id: String,
    #[serde(with = "kind_file")]
    kind: Kind,
    base: Url,
    /// Of the gateway in front of the server; public.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    name: String,
    identifier: String,
    practice: bool,
    state: StateFile,
    mailbox: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recover_as: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    without_password: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    guide: Option<ProgressFile>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    plan: Option<records::PlanRecord>,
}

/// Seconds are Unix time.
#[derive(Serialize, Deserialize)]
struct ProgressFile {
    route: String,
    at: usize,
    setting: bool,
    code_asked_at: Option<u64>,
    since: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StateFile {
    SignedIn { since: u64 },
    SignedOut,
    NoPasswordFits,
    InTheAir,
}

fn read(bytes: &[u8]) -> Result<Vec<Account>> {
    let unreadable = |source| Error::new(ErrorKind::Unreadable, source);
    let file: ListFile = serde_json::from_slice(bytes).map_err(unreadable)?;
    if file.version != VERSION {
        return Err(Error::new(ErrorKind::Unreadable, format!("version {}", file.version)));
    }
    Ok(file.accounts.into_iter().map(Account::from).collect())
}

fn write(path: &Path, accounts: &[Account]) -> Result<()> {
    let file = ListFile { version: VERSION, accounts: accounts.iter().map(AccountFile::from).collect() };
    let bytes = serde_json::to_vec_pretty(&file).map_err(|error| Error::new(ErrorKind::Bug, error))?;
    replace(path, &bytes).map_err(|error| Error::new(ErrorKind::StoreBroken, error))
}

/// Replaces a file as a whole: after a crash at any point either the old text or the new one is there. Several processes
/// may do it at once: the last one holds.
pub fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let next = path.with_extension(format!("{}-{number}.next", std::process::id()));
    let replaced = write_through(&next, bytes).and_then(|()| fs::rename(&next, path));
    if replaced.is_err() {
        // It may never have been there.
        let _ = fs::remove_file(&next);
    }
    replaced?;
    // Windows has no way to sync a folder, and its rename is durable by itself.
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn write_through(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

impl From<AccountFile> for Account {
    fn from(file: AccountFile) -> Self {
        Self {
            id: AccountId(file.id),
            server: Server {
                kind: file.kind,
                base: file.base,
                // One that must not be used is not there: the server then says that it wants one.
                key: file.key.and_then(|key| PublicKey::read(&key).ok()),
            },
            name: file.name,
            identifier: file.identifier,
            practice: file.practice,
            state: match file.state {
                StateFile::SignedIn { since } => {
                    AccountState::SignedIn { since: UNIX_EPOCH + Duration::from_secs(since) }
                }
                StateFile::SignedOut => AccountState::SignedOut,
                StateFile::NoPasswordFits => AccountState::NoPasswordFits,
                StateFile::InTheAir => AccountState::InTheAir,
            },
            mailbox: file.mailbox,
            recover_as: file.recover_as,
            without_password: file.without_password,
            // Of a way that a later Regain knows, the beginning is gone back to.
            guide: file.guide.and_then(|file| {
                let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
                Some(Progress {
                    route: Route::named(&file.route)?,
                    at: file.at,
                    setting: file.setting,
                    code_asked_at: file.code_asked_at.map(at),
                    since: at(file.since),
                })
            }),
            plan: file.plan.map(Plan::from).unwrap_or_default(),
        }
    }
}

impl From<&Account> for AccountFile {
    fn from(account: &Account) -> Self {
        Self {
            id: account.id.0.clone(),
            kind: account.server.kind,
            base: account.server.base.clone(),
            key: account.server.key.as_ref().map(|key| key.as_str().to_owned()),
            name: account.name.clone(),
            identifier: account.identifier.clone(),
            practice: account.practice,
            state: match account.state {
                AccountState::SignedIn { since } => StateFile::SignedIn {
                    since: since.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
                },
                AccountState::SignedOut => StateFile::SignedOut,
                AccountState::NoPasswordFits => StateFile::NoPasswordFits,
                AccountState::InTheAir => StateFile::InTheAir,
            },
            mailbox: account.mailbox.clone(),
            recover_as: account.recover_as.clone(),
            without_password: account.without_password,
            guide: account.guide.as_ref().map(|progress| {
                let seconds = |at: SystemTime| at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
                ProgressFile {
                    route: progress.route.as_str().to_owned(),
                    at: progress.at,
                    setting: progress.setting,
                    code_asked_at: progress.code_asked_at.map(seconds),
                    since: seconds(progress.since),
                }
            }),
            plan: records::PlanRecord::of(&account.plan),
        }
    }
}

/// A kind by its name; one that a later Regain added makes the file unreadable to this one.
mod kind_file {
    use serde::{Deserialize, Deserializer, Serializer, de};

    use crate::provider::Kind;

    pub fn serialize<S: Serializer>(kind: &Kind, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(kind.as_str())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Kind, D::Error> {
        let name = String::deserialize(from)?;
        Kind::named(&name).ok_or_else(|| de::Error::custom("an unknown kind of server"))
    }
}

#[cfg(test)]
mod tests;
