//! The audit log: who, what, when, from which network, with what result. No code, no token, no
//! address in clear.

use crate::storage::ChangeKind;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    AccountAdded,
    AccountDisabled,
    AccountEnabled,
    SignIn,
    SecondFactor,
    RefreshReused,
    SessionEnded,
    OtherSessionsEnded,
    PasswordChange,
    RecoveryAsked,
    RecoverySent,
    RecoveryCheck,
    RecoveryCodeUsed,
    PasswordReset,
    MailFailed,
    /// A phone lets a computer in.
    Pairing(Step),
    /// A computer lets a phone in.
    Link(Step),
    NotMe,
    SignUpAsked,
    SignUpSent,
    SignUpCheck,
    SignedUp,
    AddressAsked,
    AddressSent,
    AddressCheck,
    /// The current password, or a code, for a change of recovery settings.
    Settings,
    Changed(ChangeKind),
    ChangeRevoked,
    MailBounced,
    PasskeyAdded,
    PasskeyRemoved,
    /// Its counter went back.
    PasskeyCopied,
    /// Removed by the link in a letter.
    NotMyPasskey,
}

/// How far one device has come in letting another in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Asked,
    Scanned,
    Confirmed,
    WrongCode,
    Approved,
    Denied,
    Cancelled,
    Consumed,
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Unix seconds.
    pub at: i64,
    pub account_id: Option<String>,
    pub event: String,
    pub result: String,
    pub network: Option<String>,
}

impl Event {
    pub fn name(self) -> &'static str {
        match self {
            Self::AccountAdded => "account_added",
            Self::AccountDisabled => "account_disabled",
            Self::AccountEnabled => "account_enabled",
            Self::SignIn => "sign_in",
            Self::SecondFactor => "second_factor",
            Self::RefreshReused => "refresh_reused",
            Self::SessionEnded => "session_ended",
            Self::OtherSessionsEnded => "other_sessions_ended",
            Self::PasswordChange => "password_change",
            Self::RecoveryAsked => "recovery_asked",
            Self::RecoverySent => "recovery_sent",
            Self::RecoveryCheck => "recovery_check",
            Self::RecoveryCodeUsed => "recovery_code_used",
            Self::PasswordReset => "password_reset",
            Self::MailFailed => "mail_failed",
            Self::NotMe => "not_me",
            Self::SignUpAsked => "sign_up_asked",
            Self::SignUpSent => "sign_up_sent",
            Self::SignUpCheck => "sign_up_check",
            Self::SignedUp => "signed_up",
            Self::AddressAsked => "address_asked",
            Self::AddressSent => "address_sent",
            Self::AddressCheck => "address_check",
            Self::Settings => "settings",
            Self::Changed(kind) => kind.name(),
            Self::ChangeRevoked => "change_revoked",
            Self::MailBounced => "mail_bounced",
            Self::PasskeyAdded => "passkey_added",
            Self::PasskeyRemoved => "passkey_removed",
            Self::PasskeyCopied => "passkey_copied",
            Self::NotMyPasskey => "not_my_passkey",
            Self::Pairing(Step::Asked) => "pairing_asked",
            Self::Pairing(Step::Scanned) => "pairing_scanned",
            Self::Pairing(Step::Confirmed) => "pairing_confirmed",
            Self::Pairing(Step::WrongCode) => "pairing_wrong_code",
            Self::Pairing(Step::Approved) => "pairing_approved",
            Self::Pairing(Step::Denied) => "pairing_denied",
            Self::Pairing(Step::Cancelled) => "pairing_cancelled",
            Self::Pairing(Step::Consumed) => "pairing_consumed",
            Self::Link(Step::Asked) => "link_asked",
            Self::Link(Step::Scanned) => "link_scanned",
            Self::Link(Step::Confirmed) => "link_confirmed",
            Self::Link(Step::WrongCode) => "link_wrong_code",
            Self::Link(Step::Approved) => "link_approved",
            Self::Link(Step::Denied) => "link_denied",
            Self::Link(Step::Cancelled) => "link_cancelled",
            Self::Link(Step::Consumed) => "link_consumed",
        }
    }
}
