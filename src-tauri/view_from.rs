//! From the domain's words to the window's: the one place where both are known.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use accounts::address::AddressProblem as Address;
use accounts::flow::{Done, Finish, Purpose, Question as Asked};
use accounts::provider::{
    Abilities as Able, About, Addresses, CodeAsk, CodePurpose as For, CodeShape as Shape, Device,
    KeyProblem as BadKey, Kind, Server, Way as By, WeakReason as Weak,
};
use accounts::signed_in::Resolution as Found;
use accounts::store::{StoreKind as Kept, Why as Because};
use accounts::strength::{Hint, Strength as Measured};
use accounts::{Account, AccountState as State, Error, ErrorKind, Problem, address};

use crate::network;
use crate::view::*;

mod authenticator;
mod guide;
mod health;
mod pairing;
mod recovery;
mod ways;

pub use authenticator::{authenticator, named};
pub use guide::left;
pub use recovery::{recovery_settings, set_up_code};
pub use ways::{count, need};

/// Unix seconds; moments outside of 1970–2106 are brought to its ends.
pub fn seconds(at: SystemTime) -> u32 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    u32::try_from(since).unwrap_or(u32::MAX)
}

/// Whole seconds, rounded up: a countdown never ends before its time.
pub fn span(wait: Duration) -> u32 {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    u32::try_from(seconds).unwrap_or(u32::MAX)
}

impl From<Error> for ErrorView {
    fn from(error: Error) -> Self {
        tracing::info!(%error, source = std::error::Error::source(&error).map(tracing::field::display), "shown to the person");
        match error.kind() {
            // Without a route it is this computer; with one it is the server.
            ErrorKind::Offline if network::has_route() => Self::ServerTrouble,
            ErrorKind::Offline => Self::Offline,
            ErrorKind::ServerTrouble => Self::ServerTrouble,
            ErrorKind::RateLimited { wait } => Self::RateLimited { wait: wait.map(span) },
            ErrorKind::Expired => Self::Expired,
            ErrorKind::Refused => Self::Refused,
            ErrorKind::Taken => Self::Taken,
            ErrorKind::OtherDomain => Self::OtherDomain,
            ErrorKind::Overtaken => Self::Overtaken,
            ErrorKind::TooWeakAlone => Self::TooWeakAlone,
            ErrorKind::SignedOut => Self::SignedOut,
            ErrorKind::Locked => Self::Locked,
            ErrorKind::Dismissed => Self::Dismissed,
            ErrorKind::NoKeychain => Self::NoKeychain,
            ErrorKind::StoreBroken => Self::StoreBroken,
            ErrorKind::ItemMissing => Self::ItemMissing,
            ErrorKind::Ambiguous => Self::Ambiguous,
            ErrorKind::DiskFull => Self::DiskFull,
            ErrorKind::ReadOnly => Self::ReadOnly,
            ErrorKind::Newer => Self::Newer,
            ErrorKind::Damaged => Self::Damaged,
            ErrorKind::RolledBack => Self::RolledBack,
            ErrorKind::OutcomeUnknown => Self::OutcomeUnknown,
            ErrorKind::Unsupported => Self::Unsupported,
            ErrorKind::BadIdentifier => Self::BadIdentifier,
            ErrorKind::NeedsMailbox => Self::NeedsMailbox,
            ErrorKind::UnknownAccount => Self::UnknownAccount,
            ErrorKind::ProveAgain => Self::ProveAgain,
            ErrorKind::TooNew { wait } => Self::TooNew { wait: wait.map(span) },
            ErrorKind::NotTrusted => Self::NotTrusted,
            ErrorKind::WantsKey => Self::WantsKey,
            ErrorKind::WrongKey => Self::WrongKey,
            ErrorKind::Protocol => Self::Protocol,
            ErrorKind::Unreadable => Self::Unreadable,
            ErrorKind::Bug => Self::Bug,
        }
    }
}

impl From<ErrorKind> for ErrorView {
    fn from(kind: ErrorKind) -> Self {
        Error::from(kind).into()
    }
}

impl From<Address> for ErrorView {
    fn from(problem: Address) -> Self {
        let why = match problem {
            Address::Empty => AddressProblem::Empty,
            Address::NotAnAddress => AddressProblem::NotAnAddress,
            Address::NotEncrypted => AddressProblem::NotEncrypted,
            Address::NoAccountServer => AddressProblem::NoAccountServer,
        };
        Self::Address { why }
    }
}

impl From<BadKey> for ErrorView {
    fn from(problem: BadKey) -> Self {
        let why = match problem {
            BadKey::Empty => KeyProblem::Empty,
            BadKey::NotAKey => KeyProblem::NotAKey,
            BadKey::Secret => KeyProblem::Secret,
        };
        Self::Key { why }
    }
}

impl From<&Problem> for ProblemView {
    fn from(problem: &Problem) -> Self {
        match problem {
            Problem::WrongPassword => Self::WrongPassword,
            Problem::NoPasswordFits => Self::NoPasswordFits,
            Problem::WrongCode => Self::WrongCode,
            Problem::NotOpened => Self::NotOpened,
            Problem::WeakPassword(reasons) => {
                Self::WeakPassword { reasons: reasons.iter().copied().map(WeakReason::from).collect() }
            }
            Problem::Mismatch => Self::Mismatch,
            Problem::TooSoon { wait } => Self::TooSoon { wait: span(*wait) },
            Problem::NotChanged => Self::NotChanged,
            Problem::StillTrying => Self::StillTrying,
            Problem::NotThatAddress => Self::NotThatAddress,
            Problem::NotTaken => Self::NotTaken,
        }
    }
}

impl From<Weak> for WeakReason {
    fn from(reason: Weak) -> Self {
        match reason {
            Weak::TooShort { min } => Self::TooShort { min },
            Weak::TooLong { max } => Self::TooLong { max },
            Weak::Common => Self::Common,
            Weak::ContainsIdentifier => Self::ContainsIdentifier,
            Weak::ContainsServer => Self::ContainsServer,
            Weak::Guessable => Self::Guessable,
            Weak::SameAsCurrent => Self::SameAsCurrent,
            Weak::NeedsDigit => Self::NeedsDigit,
            Weak::NeedsLowercase => Self::NeedsLowercase,
            Weak::NeedsUppercase => Self::NeedsUppercase,
            Weak::NeedsSymbol => Self::NeedsSymbol,
            Weak::NeedsOneOf { set } => Self::NeedsOneOf { set: set.to_string() },
            Weak::NotAllowed { allowed } => Self::NotAllowed { allowed: allowed.to_string() },
            Weak::TooManyInARow { max } => Self::TooManyInARow { max },
        }
    }
}

impl From<Measured> for Strength {
    fn from(measured: Measured) -> Self {
        let rules =
            measured.rules.iter().map(|(rule, met)| RuleView { rule: (*rule).into(), met: *met }).collect();
        Self {
            score: measured.score,
            hint: measured.hint.map(Into::into),
            ok: measured.weak().is_empty(),
            rules,
        }
    }
}

impl From<Hint> for StrengthHint {
    fn from(hint: Hint) -> Self {
        match hint {
            Hint::AddWords => Self::AddWords,
            Hint::Keyboard => Self::Keyboard,
            Hint::Repeats => Self::Repeats,
            Hint::Sequence => Self::Sequence,
            Hint::Year => Self::Year,
            Hint::Date => Self::Date,
            Hint::Common => Self::Common,
            Hint::Name => Self::Name,
            Hint::Substitution => Self::Substitution,
            Hint::Reversed => Self::Reversed,
            Hint::Capitals => Self::Capitals,
        }
    }
}

impl From<By> for Way {
    fn from(way: By) -> Self {
        match way {
            By::MailCode => Self::MailCode,
            By::MailLink => Self::MailLink,
            By::RecoveryCode => Self::RecoveryCode,
            By::Authenticator => Self::Authenticator,
            By::TextCode => Self::TextCode,
            By::OtherAddress => Self::OtherAddress,
        }
    }
}

impl From<Way> for By {
    fn from(way: Way) -> Self {
        match way {
            Way::MailCode => Self::MailCode,
            Way::MailLink => Self::MailLink,
            Way::RecoveryCode => Self::RecoveryCode,
            Way::Authenticator => Self::Authenticator,
            Way::TextCode => Self::TextCode,
            Way::OtherAddress => Self::OtherAddress,
        }
    }
}

/// Errors: `Gone` for a change that says not what.
pub fn purpose(form: &BeginForm) -> Result<Purpose, ErrorView> {
    Ok(match form.intent {
        IntentKind::SignIn => Purpose::SignIn,
        IntentKind::Recover => Purpose::Recover,
        IntentKind::SignUp => Purpose::SignUp,
        IntentKind::ChangePassword => Purpose::ChangePassword,
        IntentKind::Pair => Purpose::Pair,
        IntentKind::LinkPhone => Purpose::LinkPhone,
        IntentKind::ChangeRecovery => {
            Purpose::ChangeRecovery(form.change.clone().ok_or(ErrorView::Gone)?.into())
        }
    })
}

impl From<&Purpose> for IntentKind {
    fn from(purpose: &Purpose) -> Self {
        match purpose {
            Purpose::SignIn => Self::SignIn,
            Purpose::Recover => Self::Recover,
            Purpose::SignUp => Self::SignUp,
            Purpose::ChangePassword => Self::ChangePassword,
            Purpose::Pair => Self::Pair,
            Purpose::LinkPhone => Self::LinkPhone,
            Purpose::ChangeRecovery(_) => Self::ChangeRecovery,
        }
    }
}

impl From<Kept> for StoreKind {
    fn from(kind: Kept) -> Self {
        match kind {
            Kept::Keychain => Self::Keychain,
            Kept::Vault => Self::Vault,
            Kept::Memory => Self::Memory,
        }
    }
}

impl From<StoreKind> for Kept {
    fn from(kind: StoreKind) -> Self {
        match kind {
            StoreKind::Keychain => Self::Keychain,
            StoreKind::Vault => Self::Vault,
            StoreKind::Memory => Self::Memory,
        }
    }
}

impl From<Found> for Resolution {
    fn from(found: Found) -> Self {
        match found {
            Found::NewHolds => Self::NewHolds,
            Found::OldHolds => Self::OldHolds,
            Found::NeitherFits => Self::NeitherFits,
            Found::NotAsked => Self::NotAsked,
            Found::NeedsCode => Self::NeedsCode,
        }
    }
}

impl From<Because> for Why {
    fn from(why: Because) -> Self {
        match why {
            Because::Replaced => Self::Replaced,
            Because::NotAccepted => Self::NotAccepted,
            Because::NotUsed => Self::NotUsed,
        }
    }
}

impl From<Able> for Abilities {
    fn from(able: Able) -> Self {
        let Able {
            recover,
            recover_by_mailbox,
            change_with_current,
            sessions,
            pair,
            link_phone,
            guided,
            sign_up,
            recovery_settings,
        } = able;
        let pair = pair.map(Reaches::from);
        Self {
            recover,
            recover_by_mailbox,
            change_with_current,
            sessions,
            pair,
            link_phone,
            guided,
            sign_up,
            recovery_settings,
        }
    }
}

impl From<Kind> for ServerKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::RecoveryServer => Self::RecoveryServer,
            Kind::Allauth => Self::Allauth,
            Kind::BetterAuth => Self::BetterAuth,
            Kind::AtProto => Self::AtProto,
            Kind::Matrix => Self::Matrix,
            Kind::Kratos => Self::Kratos,
            Kind::GoTrue => Self::GoTrue,
            Kind::Guide => Self::Guide,
        }
    }
}

impl From<ServerKind> for Kind {
    fn from(kind: ServerKind) -> Self {
        match kind {
            ServerKind::RecoveryServer => Self::RecoveryServer,
            ServerKind::Allauth => Self::Allauth,
            ServerKind::BetterAuth => Self::BetterAuth,
            ServerKind::AtProto => Self::AtProto,
            ServerKind::Matrix => Self::Matrix,
            ServerKind::Kratos => Self::Kratos,
            ServerKind::GoTrue => Self::GoTrue,
            ServerKind::Guide => Self::Guide,
        }
    }
}

impl From<Device> for DeviceView {
    fn from(device: Device) -> Self {
        Self {
            id: device.id,
            name: device.name,
            last_used_at: device.last_used.map(seconds),
            current: device.current,
            network: device.network,
        }
    }
}

pub fn row(account: &Account, has_password: bool) -> AccountRow {
    AccountRow {
        id: account.id.as_str().into(),
        name: account.name.clone(),
        identifier: account.identifier.clone(),
        server: address::host(&account.server.base),
        practice: account.practice,
        kind: account.server.kind.into(),
        state: match account.state {
            State::SignedIn { .. } => AccountState::SignedIn,
            State::SignedOut if has_password => AccountState::PasswordSaved,
            State::SignedOut => AccountState::SignedOut,
            State::NoPasswordFits => AccountState::NoPasswordFits,
            State::InTheAir => AccountState::InTheAir,
        },
    }
}

pub fn server(server: &Server, about: &About) -> ServerView {
    ServerView {
        address: server.base.as_str().into(),
        name: about.name.clone(),
        host: about.host.clone(),
        kind: server.kind.into(),
        tried: server.kind.is_tried(),
        practice: about.practice,
        abilities: about.abilities.into(),
    }
}

pub fn question(
    asked: &Asked,
    able: Able,
    account: &Account,
    store: Kept,
    kept: bool,
    now: SystemTime,
) -> Result<Question, ErrorView> {
    Ok(match asked {
        Asked::Password { current, saved } => {
            let purpose = if *current { PasswordPurpose::Current } else { PasswordPurpose::SignIn };
            Question::Password { purpose, saved: *saved }
        }
        Asked::Code(ask) => Question::Code(code(ask, kept, now)),
        Asked::NewPassword { rules, unknown } => Question::NewPassword(NewPasswordView {
            min_length: rules.min_length,
            max_length: rules.max_length,
            unknown: *unknown,
        }),
        Asked::ScanQr(ask) => Question::ScanQr(pairing::qr(ask, able)?),
        Asked::ConfirmCode(ask) => Question::ConfirmCode(pairing::confirm(ask)),
        Asked::WaitForPhone(ask) => Question::WaitForPhone { valid_until: seconds(ask.valid_until) },
        Asked::ConfirmAccount { paired, listed } => {
            Question::ConfirmAccount(pairing::paired(paired, *listed))
        }
        Asked::ShowCode(ask) => Question::ShowCode(pairing::show(ask)),
        Asked::AllowPhone { phone, saved } => Question::AllowPhone(pairing::allow(phone, *saved)),
        Asked::SetUpAuthenticator(ask) => Question::SetUpAuthenticator(recovery::set_up(ask)),
        Asked::ChooseAddress(addresses) => Question::ChooseAddress(offered(addresses)),
        Asked::ConfirmAddress { masked } => Question::ConfirmAddress { masked: masked.clone() },
        Asked::Guide(ask) => Question::Guide(guide::step(ask, account, now)),
        Asked::SetPassword(ask) => Question::SetPassword(guide::step(ask, account, now)),
        Asked::Done(finish) => Question::Done(done(finish, account, store)),
    })
}

fn code(ask: &CodeAsk, kept: bool, now: SystemTime) -> CodeView {
    CodeView {
        purpose: match ask.purpose {
            For::Recovery => CodePurpose::Recovery,
            For::SecondFactor => CodePurpose::SecondFactor,
            For::SignUp => CodePurpose::SignUp,
            For::NewAddress => CodePurpose::NewAddress,
        },
        way: ask.way.into(),
        sent_to: ask.sent_to.clone(),
        shape: match ask.shape {
            Shape::Digits(length) => CodeShape::Digits { length },
            Shape::Groups { groups, size } => CodeShape::Groups { groups, size },
            Shape::Any => CodeShape::Any,
            Shape::Link => CodeShape::Link,
        },
        sent_at: ask.sent_at.map(seconds),
        valid_until: ask.valid_until.map(seconds),
        resend_in: ask.resend_at.map(|at| span(at.duration_since(now).unwrap_or_default())),
        other_ways: ask.other_ways.iter().copied().map(Way::from).collect(),
        may_be_opened: ask.may_be_opened,
        kept,
    }
}

fn offered(addresses: &Addresses) -> AddressesView {
    AddressesView {
        masked: addresses.masked.clone(),
        typed: addresses.typed.and_then(|place| u32::try_from(place).ok()),
    }
}

fn done(finish: &Finish, account: &Account, store: Kept) -> DoneView {
    DoneView {
        account: account.id.as_str().into(),
        what: match finish.what {
            Done::SignedIn => crate::view::Done::SignedIn,
            Done::SignedUp => crate::view::Done::SignedUp,
            Done::PasswordChanged => crate::view::Done::PasswordChanged,
            Done::ChangeConfirmed => crate::view::Done::ChangeConfirmed,
            Done::Paired => crate::view::Done::Paired,
            Done::PhoneLinked => crate::view::Done::PhoneLinked,
            Done::RecoveryChanged(_) => crate::view::Done::RecoveryChanged,
        },
        store: store.into(),
        saved_at: seconds(finish.at),
        old_kept: finish.old_kept,
        sessions_ended: finish.sessions_ended,
        // Only our own server promises to write.
        notice_to: finish.mailbox.clone().filter(|_| account.server.kind == Kind::RecoveryServer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_rounded_up() {
        assert_eq!(span(Duration::from_millis(59_001)), 60);
        assert_eq!(span(Duration::from_secs(59)), 59);
    }

    #[test]
    fn every_kind_of_error_has_words_of_its_own() {
        let kinds = [
            ErrorKind::RateLimited { wait: None },
            ErrorKind::Expired,
            ErrorKind::Refused,
            ErrorKind::Taken,
            ErrorKind::OtherDomain,
            ErrorKind::Overtaken,
            ErrorKind::TooWeakAlone,
            ErrorKind::SignedOut,
            ErrorKind::Locked,
            ErrorKind::Dismissed,
            ErrorKind::NoKeychain,
            ErrorKind::StoreBroken,
            ErrorKind::ItemMissing,
            ErrorKind::Ambiguous,
            ErrorKind::DiskFull,
            ErrorKind::ReadOnly,
            ErrorKind::Newer,
            ErrorKind::Damaged,
            ErrorKind::RolledBack,
            ErrorKind::OutcomeUnknown,
            ErrorKind::Unsupported,
            ErrorKind::BadIdentifier,
            ErrorKind::NeedsMailbox,
            ErrorKind::UnknownAccount,
            ErrorKind::ProveAgain,
            ErrorKind::TooNew { wait: None },
            ErrorKind::NotTrusted,
            ErrorKind::WantsKey,
            ErrorKind::WrongKey,
            ErrorKind::Protocol,
            ErrorKind::Unreadable,
            ErrorKind::ServerTrouble,
            ErrorKind::Bug,
        ];
        let mut seen = Vec::new();
        for kind in kinds {
            let view = ErrorView::from(kind);
            assert!(!seen.contains(&view), "{kind:?} shares its words");
            seen.push(view);
        }
    }
}
