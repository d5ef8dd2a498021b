//! Mail: written when it is sent, sent in the background, tried again when it fails.

pub(crate) mod bounce;
pub(crate) mod dkim;
pub mod outbox;
pub mod post;
pub mod smtp;
pub(crate) mod template;
mod words;

pub use outbox::{Inbox, Outbox, SentMail};
pub use smtp::SmtpMailer;
pub(crate) use template::escape;
pub(crate) use words::{kind, moment};

use crate::language::Language;
use crate::storage::ChangeKind;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// Something that can send mail.
#[async_trait]
pub trait Mailer: Send + Sync + 'static {
    /// Hands one mail on.
    ///
    /// # Errors
    /// It was not taken; it will be offered again later, unless the error is final.
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;
    /// No other mail is due: lets go of what was kept for it.
    async fn rest(&self) {}
}

/// One mail, ready to go.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Unix seconds.
    pub at: i64,
    /// The same for every attempt at this mail, so that a mailbox can tell a repetition.
    pub message_id: String,
    pub to: String,
    pub language: Language,
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// Why a mail was not taken.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// Worth another try.
    #[error("{0}")]
    Later(String),
    /// This mail will never be taken.
    #[error("{0}")]
    Never(String),
    /// The same, and it is the recipient or the letter that is refused: it bounced.
    #[error("{0}")]
    Bounced(String),
}

/// What a mail is about, before it is put into words. Everything a letter says is in here, so it
/// can wait in the database (encrypted) and be written at the moment it is sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Letter {
    /// Empty for an account that does not exist: such a letter is dropped when its turn comes.
    pub(crate) to: String,
    pub(crate) person: String,
    pub(crate) identifier: String,
    pub(crate) language: Language,
    pub(crate) at: i64,
    pub(crate) device: String,
    pub(crate) network: Option<String>,
    pub(crate) matter: Matter,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Matter {
    Code {
        code: String,
        until: i64,
    },
    Link {
        token: String,
        until: i64,
    },
    PasswordChanged,
    NewDevice,
    RecoveryCodeUsed {
        left: usize,
    },
    /// A phone let a computer in; `token` ends that session.
    NewComputer {
        token: String,
    },
    /// A computer let a phone in.
    NewPhone {
        token: String,
    },
    Access(Access),
    Passkey(PasskeyMatter),
}

/// About signing up, and about what gets a person back in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Access {
    /// Brings a code to somebody who wants to make an account.
    SignUpCode { code: String, until: i64 },
    /// Somebody wants to make an account with an address that has one.
    SignUpTaken,
    /// Brings a code to an address that is to be added to an account.
    AddressCode { code: String, until: i64 },
    /// Somebody wants to add an address to an account that another one has.
    AddressTaken,
    /// Recovery settings were changed.
    Changed {
        kind: ChangeKind,
        /// Masked, if it is about one.
        address: Option<String>,
        /// Puts it back; not for every address.
        token: Option<String>,
    },
    /// The operator made new saved codes; `token` puts the old ones back.
    CodesByOperator { token: Option<String> },
    /// A change was revoked, and the account put back as it was before.
    PutBack,
}

/// About passkeys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum PasskeyMatter {
    /// `token` removes it.
    Added { name: String, token: String },
    /// Its counter went back.
    Copied { name: String },
    /// The password is another one; the passkeys are as they were.
    PasswordChanged { passkeys: usize },
}

impl Letter {
    /// Puts the letter into words.
    pub(crate) fn write(&self, config: &crate::config::Config, message_id: String) -> Mail {
        let page = words::page(self, config);
        Mail {
            at: self.at,
            message_id,
            to: self.to.clone(),
            language: self.language,
            text: template::text(&page),
            html: template::html(&page),
            subject: page.subject,
        }
    }
}
