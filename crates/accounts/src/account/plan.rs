//! What a person says about an account's ways back, and how their rehearsals went.

use std::time::{Duration, SystemTime};

/// Drills that are remembered of one account, beside those that alone looked at something.
pub const DRILLS_KEPT: usize = 12;

/// A way back, by what it takes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Means {
    /// The password that is kept here.
    SavedPassword,
    /// This computer is signed in.
    SignedInHere,
    /// The authenticator that is kept here: a second step.
    AuthenticatorHere,
    /// Saved recovery codes that are kept here.
    CodesHere,
    /// A code by mail to this address.
    Mailbox(String),
    /// A code by text or call to the phone of this name.
    Phone(String),
    /// An authenticator on the device of this name: a second step.
    AuthenticatorOn(String),
    /// Saved recovery codes at this place, outside of Regain.
    CodesAt(String),
    /// Somebody who can help.
    Person(String),
    /// The device of this name is signed in.
    SignedInOn(String),
    /// The person knows the password.
    ByHeart,
}

/// Longest name in a plan, in code points; an address has 254 at most (RFC 5321, 4.5.3.1).
pub const NAME_LENGTH: usize = 254;

impl Means {
    /// As it is compared: names by their letters alone.
    #[must_use]
    pub fn plain(&self) -> Self {
        let plain = |name: &str| plain(name);
        match self {
            Self::Mailbox(name) => Self::Mailbox(plain(name)),
            Self::Phone(name) => Self::Phone(plain(name)),
            Self::AuthenticatorOn(name) => Self::AuthenticatorOn(plain(name)),
            Self::CodesAt(name) => Self::CodesAt(plain(name)),
            Self::Person(name) => Self::Person(plain(name)),
            Self::SignedInOn(name) => Self::SignedInOn(plain(name)),
            Self::SavedPassword
            | Self::SignedInHere
            | Self::AuthenticatorHere
            | Self::CodesHere
            | Self::ByHeart => self.clone(),
        }
    }

    /// The name in it, where it has one.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Mailbox(name)
            | Self::Phone(name)
            | Self::AuthenticatorOn(name)
            | Self::CodesAt(name)
            | Self::Person(name)
            | Self::SignedInOn(name) => Some(name),
            _ => None,
        }
    }
}

/// A name as it is compared: "My Phone " is "my phone".
pub(crate) fn plain(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// What a drill looks at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Check {
    Way(Means),
    /// Whether the recovery key opens the vault.
    RecoveryKey,
    /// Whether the practice story can be finished.
    Practice,
}

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Went {
    Held,
    Failed,
}

/// One rehearsal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drill {
    pub at: SystemTime,
    pub checks: Vec<(Check, Went)>,
}

/// When to remind of a rehearsal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reminder {
    #[default]
    Usual,
    /// Not before then.
    From(SystemTime),
    Never,
}

/// What a person says about an account's ways back, and how their rehearsals went.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    pub added: Vec<Means>,
    /// Ways that Regain would see by itself, and that there are not.
    pub denied: Vec<Means>,
    /// Addresses whose mailbox this account opens.
    pub mailboxes: Vec<String>,
    /// Oldest first.
    pub drills: Vec<Drill>,
    pub reminder: Reminder,
    /// Of two plans of one account, the later one holds.
    pub changed_at: Option<SystemTime>,
}

impl Plan {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Says that there is this way. False, and nothing changes, where its name is empty or longer than
    /// [`NAME_LENGTH`].
    pub fn add(&mut self, means: Means, now: SystemTime) -> bool {
        let sound = |name: &str| !name.trim().is_empty() && name.chars().count() <= NAME_LENGTH;
        if !means.name().is_none_or(sound) {
            return false;
        }
        let plain = means.plain();
        self.denied.retain(|denied| denied.plain() != plain);
        if !self.added.iter().any(|added| added.plain() == plain) {
            self.added.push(means);
        }
        self.touch(now);
        true
    }

    /// Says that there is no such way, whether Regain saw it or the person had said it.
    pub fn deny(&mut self, means: &Means, now: SystemTime) {
        let plain = means.plain();
        self.added.retain(|added| added.plain() != plain);
        if !self.denied.iter().any(|denied| denied.plain() == plain) {
            self.denied.push(plain);
        }
        self.touch(now);
    }

    /// Takes back what was said of a way.
    pub fn unsay(&mut self, means: &Means, now: SystemTime) {
        let plain = means.plain();
        self.added.retain(|added| added.plain() != plain);
        self.denied.retain(|denied| denied.plain() != plain);
        self.touch(now);
    }

    pub fn is_denied(&self, means: &Means) -> bool {
        let plain = means.plain();
        self.denied.iter().any(|denied| denied.plain() == plain)
    }

    /// Says whether this account opens the mailbox of an address.
    pub fn opens_mailbox(&mut self, address: &str, opens: bool, now: SystemTime) {
        let address = plain(address);
        self.mailboxes.retain(|known| *known != address);
        if opens && !address.is_empty() {
            self.mailboxes.push(address);
        }
        self.touch(now);
    }

    /// Keeps how a rehearsal went. One without a check is none.
    pub fn rehearsed(&mut self, drill: Drill) {
        if drill.checks.is_empty() {
            return;
        }
        self.touch(drill.at);
        self.drills.push(drill);
        // What was put off has been done.
        if let Reminder::From(_) = self.reminder {
            self.reminder = Reminder::Usual;
        }
        while self.drills.len() > DRILLS_KEPT {
            let Some(oldest) = (0..self.drills.len()).find(|at| self.is_outdated(*at)) else { break };
            self.drills.remove(oldest);
        }
    }

    /// Whether all that a drill looked at was looked at again.
    fn is_outdated(&self, at: usize) -> bool {
        let again = |check: &Check| {
            let check = check.plain();
            self.drills[at + 1..].iter().flat_map(|drill| &drill.checks).any(|(it, _)| it.plain() == check)
        };
        self.drills[at].checks.iter().all(|(check, _)| again(check))
    }

    /// How a check went last, and when.
    pub fn last(&self, check: &Check) -> Option<(Went, SystemTime)> {
        let check = check.plain();
        self.drills.iter().rev().find_map(|drill| {
            let (_, went) = drill.checks.iter().rev().find(|(known, _)| known.plain() == check)?;
            Some((*went, drill.at))
        })
    }

    /// Forgets how a check went: what failed was mended, and is not tried yet.
    pub fn mended(&mut self, check: &Check, now: SystemTime) {
        let check = check.plain();
        for drill in &mut self.drills {
            drill.checks.retain(|(known, _)| known.plain() != check);
        }
        self.touch(now);
    }

    pub fn last_rehearsed(&self) -> Option<SystemTime> {
        self.drills.last().map(|drill| drill.at)
    }

    pub fn remind(&mut self, reminder: Reminder, now: SystemTime) {
        self.reminder = reminder;
        self.touch(now);
    }

    /// Whichever of two plans of one account was changed later.
    pub(crate) fn later(self, other: Self) -> Self {
        if other.changed_at > self.changed_at { other } else { self }
    }

    /// Later than before in any case: clocks are set back, and files keep milliseconds.
    fn touch(&mut self, now: SystemTime) {
        let next = self.changed_at.map(|before| before + Duration::from_millis(1));
        self.changed_at = Some(next.map_or(now, |next| next.max(now)));
    }
}

impl Check {
    fn plain(&self) -> Self {
        match self {
            Self::Way(means) => Self::Way(means.plain()),
            Self::RecoveryKey | Self::Practice => self.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn at(days: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(days * 24 * 60 * 60)
    }

    #[test]
    fn a_way_is_said_once_however_it_is_written() {
        let mut plan = Plan::default();
        assert!(plan.add(Means::Phone("My phone".into()), at(1)));
        assert!(plan.add(Means::Phone(" my  PHONE".into()), at(1)));
        assert_eq!(plan.added, [Means::Phone("My phone".into())]);
        plan.deny(&Means::Phone("my phone".into()), at(2));
        assert!(plan.added.is_empty() && plan.is_denied(&Means::Phone("My Phone".into())));
        assert!(plan.add(Means::Phone("My phone".into()), at(3)));
        assert!(plan.denied.is_empty());
        plan.unsay(&Means::Phone("My phone".into()), at(3));
        assert!(plan.added.is_empty() && plan.denied.is_empty());
    }

    #[test]
    fn a_way_without_a_name_is_none() {
        let mut plan = Plan::default();
        for name in ["", "  ", &"x".repeat(255)] {
            assert!(!plan.add(Means::Person(name.into()), at(1)), "{name}");
        }
        assert!(plan.is_empty());
        assert!(plan.add(Means::ByHeart, at(1)));
    }

    #[test]
    fn what_went_wrong_last_holds_until_it_is_mended_or_went_well() {
        let (mut plan, way) = (Plan::default(), Check::Way(Means::SavedPassword));
        let drill = |days, went| Drill { at: at(days), checks: vec![(way.clone(), went)] };
        plan.rehearsed(drill(1, Went::Held));
        plan.rehearsed(drill(2, Went::Failed));
        assert_eq!(plan.last(&way), Some((Went::Failed, at(2))));
        plan.mended(&way, at(3));
        assert_eq!(plan.last(&way), None);
        plan.rehearsed(drill(4, Went::Held));
        assert_eq!((plan.last(&way), plan.last_rehearsed()), (Some((Went::Held, at(4))), Some(at(4))));
        plan.rehearsed(Drill { at: at(9), checks: vec![] });
        assert_eq!(plan.last_rehearsed(), Some(at(4)));
    }

    #[test]
    fn old_drills_are_forgotten_and_what_they_alone_found_is_not() {
        let mut plan = Plan::default();
        plan.rehearsed(Drill { at: at(1), checks: vec![(Check::Practice, Went::Failed)] });
        for day in 2..40 {
            plan.rehearsed(Drill { at: at(day), checks: vec![(Check::RecoveryKey, Went::Held)] });
        }
        assert_eq!(plan.drills.len(), DRILLS_KEPT);
        assert_eq!(plan.last(&Check::Practice), Some((Went::Failed, at(1))));
        assert_eq!(plan.last(&Check::RecoveryKey), Some((Went::Held, at(39))));
    }

    #[test]
    fn the_later_plan_holds_even_by_a_clock_that_was_set_back() {
        let mut earlier = Plan::default();
        earlier.add(Means::ByHeart, at(9));
        let mut later = earlier.clone();
        later.deny(&Means::ByHeart, at(1));
        assert_eq!(earlier.clone().later(later.clone()), later);
        assert_eq!(later.clone().later(earlier.clone()), later);
        assert_eq!(Plan::default().later(earlier.clone()), earlier);
    }

    #[test]
    fn a_rehearsal_ends_what_was_put_off() {
        let mut plan = Plan::default();
        plan.remind(Reminder::From(at(30)), at(1));
        plan.rehearsed(Drill { at: at(2), checks: vec![(Check::Practice, Went::Held)] });
        assert_eq!(plan.reminder, Reminder::Usual);
        plan.remind(Reminder::Never, at(3));
        plan.rehearsed(Drill { at: at(4), checks: vec![(Check::Practice, Went::Held)] });
        assert_eq!(plan.reminder, Reminder::Never);
    }
}
