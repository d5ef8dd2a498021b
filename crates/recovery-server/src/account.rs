//! Adding accounts: by whoever runs the server, or by their owners, if that is allowed.

mod recovery_codes;

use crate::audit::{Entry, Event};
use crate::hash::HashError;
use crate::identifier::Identifier;
use crate::language::Language;
use crate::password::{self, About, Reason};
use crate::storage::{Account, StorageError};
use crate::totp::Totp;
use crate::{App, plain, token};
use zeroize::Zeroizing;

/// Longest name that mail greets by, characters.
pub(crate) const NAME_LENGTH: usize = 80;

/// A person to be added.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// What the person signs in with.
    pub identifier: String,
    /// Where mail goes; the person can sign in with it, too.
    pub address: String,
    /// How mail greets the person; may be empty.
    pub name: String,
    pub language: Option<Language>,
    pub password: Zeroizing<String>,
    /// Ask for a code from an authenticator app at sign-in.
    pub totp: bool,
    /// Make saved recovery codes.
    pub recovery_codes: bool,
}

/// What only this moment knows: show it to the person, then forget it.
#[derive(Clone)]
pub struct Added {
    pub id: String,
    pub totp: Option<Totp>,
    /// `XXXX-XXXX-XXXX-XXXX`, ten of them, or none.
    pub recovery_codes: Vec<String>,
}

/// Why the account was not added.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    #[error("{0:?} cannot be an identifier: use 1 to 254 characters without control characters")]
    Identifier(String),
    #[error("{0:?} is not a mail address")]
    Address(String),
    #[error("the password is too weak: {}", password::words(.0))]
    Password(Vec<Reason>),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error("the password could not be hashed: {0}")]
    Hash(String),
}

impl NewAccount {
    /// An account without extras.
    pub fn new(identifier: &str, address: &str, password: &str) -> Self {
        Self {
            identifier: identifier.to_owned(),
            address: address.to_owned(),
            name: String::new(),
            language: None,
            password: Zeroizing::new(password.to_owned()),
            totp: false,
            recovery_codes: false,
        }
    }
}

impl App {
    /// Adds an account.
    ///
    /// # Errors
    /// The identifier, address or password cannot be used, or somebody already has one of the names.
    pub async fn add_account(&self, new: NewAccount) -> Result<Added, AddError> {
        let [name, address] = names_of(&new)?;
        let about = About {
            second_factor: new.totp,
            names: vec![name.as_str().to_owned(), address.as_str().to_owned(), new.name.clone()],
        };
        let password = password::normal(&new.password);
        let reasons = password::reasons(&password, &about, self.config());
        if !reasons.is_empty() {
            return Err(AddError::Password(reasons));
        }

        let failed = |error: HashError| AddError::Hash(error.to_string());
        let salt = || crate::rng::bytes(self.random());
        let password_hash = self.hasher().hash(&password, salt()).await.map_err(failed)?;
        let totp = new.totp.then(|| Totp::new(self.random()));
        let (recovery_codes, code_hashes) = match new.recovery_codes {
            true => self.saved_codes().await.map_err(failed)?,
            false => Default::default(),
        };

        let totp_secret = totp.as_ref().map(|totp| self.pepper().seal(self.random(), totp.as_bytes()));
        let audit = self.entry(Event::AccountAdded, "ok", None, None);
        let id = self.insert(&new, [name, address], password_hash, totp_secret, &code_hashes, audit).await?;
        Ok(Added { id, totp, recovery_codes })
    }

    /// Adds somebody whose password another server has hashed ([`crate::hash::imported`]); it is hashed anew at the
    /// first sign-in.
    ///
    /// # Errors
    /// The identifier or address cannot be used, or somebody already has one of the names.
    pub async fn import_account(&self, new: NewAccount, imported_hash: String) -> Result<(), AddError> {
        let names = names_of(&new)?;
        let audit = self.entry(Event::AccountAdded, "imported", None, None);
        self.insert(&new, names, imported_hash, None, &[], audit).await.map(|_| ())
    }

    async fn insert(
        &self,
        new: &NewAccount,
        [name, address]: [Identifier; 2],
        password_hash: String,
        totp_secret: Option<Vec<u8>>,
        code_hashes: &[String],
        audit: Entry,
    ) -> Result<String, AddError> {
        let account = Account {
            id: token::id(self.random()),
            identifier: new.identifier.trim().to_owned(),
            address: new.address.trim().to_owned(),
            second_address: None,
            person: plain::line(&new.name, NAME_LENGTH),
            language: new.language.unwrap_or(self.config().language),
            password_hash,
            password_version: 0,
            totp_secret,
        };
        let mut names = vec![name.as_str().to_owned(), address.as_str().to_owned()];
        names.dedup();
        let audit = Entry { account_id: Some(account.id.clone()), ..audit };
        self.storage().add_account(&account, &names, code_hashes, self.clock().now(), &audit).await?;
        Ok(account.id)
    }

    /// Lets nobody into the account of this name any more and ends all its sessions, or lets its owner in again;
    /// `false` if nobody has the name.
    ///
    /// # Errors
    /// The database does not do it.
    pub async fn disable(&self, name: &str, disabled: bool) -> Result<bool, StorageError> {
        let Some(name) = Identifier::read(name) else { return Ok(false) };
        let event = if disabled { Event::AccountDisabled } else { Event::AccountEnabled };
        let at = disabled.then(|| self.clock().now());
        let audit = self.entry(event, "ok", None, None);
        self.storage().disable(name.as_str(), at, &audit).await.map(|found| found.is_some())
    }

    /// Ends every session of the account of this name and says how many there were; `None` if nobody has the name.
    ///
    /// # Errors
    /// The database does not do it.
    pub async fn end_sessions(&self, name: &str) -> Result<Option<u64>, StorageError> {
        let Some(name) = Identifier::read(name) else { return Ok(None) };
        let Some(account) = self.storage().account_by_name(name.as_str()).await? else { return Ok(None) };
        let audit = self.entry(Event::OtherSessionsEnded, "operator", Some(&account.id), None);
        self.storage().end_other_sessions(&account.id, "", &audit).await.map(Some)
    }

    /// Notes that mail to this address came back; `false` if no account has it.
    ///
    /// # Errors
    /// The database does not do it.
    pub async fn mail_bounced(&self, address: &str) -> Result<bool, StorageError> {
        let Some(name) = Identifier::read(address) else { return Ok(false) };
        let Some(account) = self.storage().account_by_name(name.as_str()).await? else { return Ok(false) };
        let known = [Some(account.address), account.second_address].into_iter().flatten();
        let found = known.into_iter().find(|known| Identifier::read(known).as_ref() == Some(&name));
        // Else it is the identifier.
        let Some(known) = found else { return Ok(false) };
        self.storage().note_bounce(&known, self.clock().now()).await?;
        let audit = self.entry(Event::MailBounced, "noted", Some(&account.id), None);
        self.storage().write_audit(&audit).await?;
        Ok(true)
    }
}

/// Identifier and address, as they are compared.
fn names_of(new: &NewAccount) -> Result<[Identifier; 2], AddError> {
    let name =
        Identifier::read(&new.identifier).ok_or_else(|| AddError::Identifier(new.identifier.clone()))?;
    let address = Identifier::read(&new.address)
        .filter(|_| new.address.trim().parse::<lettre::Address>().is_ok())
        .ok_or_else(|| AddError::Address(new.address.clone()))?;
    Ok([name, address])
}
