//! The same for ways back.

use accounts::account::{Check, Means, Went};
use accounts::readiness::{How, Need, Standing, Tried, Warning, WayBack};
use accounts::recovery_codes::{CodeSet, Pasted, RecoveryCodes, SavedCode};
use accounts::rehearsal::{Task, Who};
use accounts::{AccountId, Secret};

use super::seconds;
use crate::view::*;

impl From<Standing> for StandingView {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::GetsIn => Self::GetsIn,
            Standing::OneWayLeft => Self::OneWayLeft,
            Standing::LockedOut => Self::LockedOut,
        }
    }
}

/// `name`: of the account by that id.
pub fn need(need: Need, name: &dyn Fn(&AccountId) -> String) -> NeedView {
    match need {
        Need::ThisComputer => NeedView::ThisComputer,
        Need::Device(name) => NeedView::Device { name },
        Need::Mailbox(address) => NeedView::Mailbox { address },
        Need::Account(id) => NeedView::Account { name: name(&id), id: id.as_str().to_owned() },
        Need::Codes(name) => NeedView::Codes { name },
        Need::Person(name) => NeedView::Person { name },
        Need::Memory => NeedView::Memory,
        Need::Vault => NeedView::Vault,
        Need::VaultPassword => NeedView::VaultPassword,
        Need::RecoveryKey => NeedView::RecoveryKey,
    }
}

impl From<NeedView> for Need {
    fn from(need: NeedView) -> Self {
        match need {
            NeedView::ThisComputer => Self::ThisComputer,
            NeedView::Device { name } => Self::Device(name),
            NeedView::Mailbox { address } => Self::Mailbox(address),
            NeedView::Account { id, .. } => Self::Account(AccountId::new(id)),
            NeedView::Codes { name } => Self::Codes(name),
            NeedView::Person { name } => Self::Person(name),
            NeedView::Memory => Self::Memory,
            NeedView::Vault => Self::Vault,
            NeedView::VaultPassword => Self::VaultPassword,
            NeedView::RecoveryKey => Self::RecoveryKey,
        }
    }
}

impl From<Means> for MeansView {
    fn from(means: Means) -> Self {
        match means {
            Means::SavedPassword => Self::SavedPassword,
            Means::SignedInHere => Self::SignedInHere,
            Means::AuthenticatorHere => Self::AuthenticatorHere,
            Means::CodesHere => Self::CodesHere,
            Means::Mailbox(name) => Self::Mailbox { name },
            Means::Phone(name) => Self::Phone { name },
            Means::AuthenticatorOn(name) => Self::AuthenticatorOn { name },
            Means::CodesAt(name) => Self::CodesAt { name },
            Means::Person(name) => Self::Person { name },
            Means::SignedInOn(name) => Self::SignedInOn { name },
            Means::ByHeart => Self::ByHeart,
        }
    }
}

impl From<MeansView> for Means {
    fn from(means: MeansView) -> Self {
        match means {
            MeansView::SavedPassword => Self::SavedPassword,
            MeansView::SignedInHere => Self::SignedInHere,
            MeansView::AuthenticatorHere => Self::AuthenticatorHere,
            MeansView::CodesHere => Self::CodesHere,
            MeansView::Mailbox { name } => Self::Mailbox(name),
            MeansView::Phone { name } => Self::Phone(name),
            MeansView::AuthenticatorOn { name } => Self::AuthenticatorOn(name),
            MeansView::CodesAt { name } => Self::CodesAt(name),
            MeansView::Person { name } => Self::Person(name),
            MeansView::SignedInOn { name } => Self::SignedInOn(name),
            MeansView::ByHeart => Self::ByHeart,
        }
    }
}

impl From<How> for HowView {
    fn from(how: How) -> Self {
        match how {
            How::Mend(means) => Self::Mend { means: means.into() },
            How::SavePassword => Self::SavePassword,
            How::Codes { here } => Self::Codes { here },
            How::OtherMailbox => Self::OtherMailbox,
            How::Phone => Self::Phone,
            How::Person => Self::Person,
        }
    }
}

impl From<Warning> for WarningWhat {
    fn from(warning: Warning) -> Self {
        match warning {
            Warning::FewCodes { left } => Self::FewCodes { left: count(left) },
            Warning::CodesInTheSamePlace => Self::CodesInTheSamePlace,
        }
    }
}

impl From<Tried> for TriedView {
    fn from(tried: Tried) -> Self {
        match tried {
            Tried::NotYet => Self::NotYet,
            Tried::Held(at) => Self::Held { at: seconds(at) },
            Tried::Failed(at) => Self::Failed { at: at.map(seconds) },
        }
    }
}

impl From<&WayBack> for WayView {
    fn from(way: &WayBack) -> Self {
        Self {
            means: way.means.clone().into(),
            said: way.said,
            denied: way.denied,
            tried: way.tried.into(),
            second_step: way.second_step,
        }
    }
}

impl From<Check> for CheckView {
    fn from(check: Check) -> Self {
        match check {
            Check::Way(means) => Self::Way { means: means.into() },
            Check::RecoveryKey => Self::RecoveryKey,
            Check::Practice => Self::Practice,
        }
    }
}

impl From<CheckView> for Check {
    fn from(check: CheckView) -> Self {
        match check {
            CheckView::Way { means } => Self::Way(means.into()),
            CheckView::RecoveryKey => Self::RecoveryKey,
            CheckView::Practice => Self::Practice,
        }
    }
}

impl From<Went> for Checked {
    fn from(went: Went) -> Self {
        match went {
            Went::Held => Self::Held,
            Went::Failed => Self::Failed,
        }
    }
}

impl From<Task> for TaskView {
    fn from(task: Task) -> Self {
        Self {
            check: task.check.into(),
            who: match task.who {
                Who::Regain => WhoView::Regain,
                Who::Typed => WhoView::Typed,
                Who::Person => WhoView::Person,
            },
            last: match task.last {
                None => TriedView::NotYet,
                Some((Went::Held, at)) => TriedView::Held { at: seconds(at) },
                Some((Went::Failed, at)) => TriedView::Failed { at: Some(seconds(at)) },
            },
        }
    }
}

impl From<&RecoveryCodes> for CodesView {
    fn from(codes: &RecoveryCodes) -> Self {
        Self {
            since: codes.current().map(|set| seconds(set.at)),
            all: count(codes.current().map_or(0, |set| set.codes.len())),
            left: count(codes.left()),
            few: codes.are_few(),
            earlier: count(codes.earlier().count()),
        }
    }
}

impl From<&RecoveryCodes> for CodesShown {
    fn from(codes: &RecoveryCodes) -> Self {
        let shown = |set: &CodeSet| set.codes.iter().map(code).collect();
        let earlier = |set: &CodeSet| CodeListShown { at: seconds(set.at), codes: shown(set) };
        Self {
            codes: codes.current().map(shown).unwrap_or_default(),
            earlier: codes.earlier().map(earlier).collect(),
        }
    }
}

fn code(code: &SavedCode) -> CodeShown {
    CodeShown { id: code.id.0, text: code.text.expose().into(), used_at: code.used.map(seconds) }
}

impl From<Pasted> for PastedView {
    fn from(pasted: Pasted) -> Self {
        let texts = |texts: &[Secret]| texts.iter().map(|text| text.expose().to_owned()).collect();
        Self { codes: texts(&pasted.codes), left_out: texts(&pasted.left_out) }
    }
}

pub fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
