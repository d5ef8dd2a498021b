//! The audit log: who, what, when, from which network, with what result. No code, no token, no
//! address in clear.

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    AccountAdded,
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
        }
    }
}
