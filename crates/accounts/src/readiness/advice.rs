//! What to do next: which account, and which way to add there.

use super::graph::Thing;
use super::house::{House, Need, Tried};
use super::{NextStep, Standing};
use crate::account::{AccountId, AccountState, Check, Means};

/// A step that helps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub account: AccountId,
    pub how: How,
    /// Accounts that get in again, this one included.
    pub lights: usize,
    /// Nobody is locked out yet: it helps once this is lost.
    pub should_be_lost: Option<Need>,
}

/// A way to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// It failed at its rehearsal: see to it.
    Mend(Means),
    /// Keep the password in Regain.
    SavePassword,
    /// Make recovery codes; `here`: they may be kept in Regain.
    Codes {
        here: bool,
    },
    OtherMailbox,
    Phone,
    Person,
}

/// What to look after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warning {
    /// As [`FEW`](crate::recovery_codes::FEW) says.
    FewCodes { left: usize },
    /// The codes rest with all else that leads in: what takes the one takes the other.
    CodesInTheSamePlace,
}

impl House {
    /// The one step that helps most without these; none when no single loss would lock anyone out.
    pub fn next_step(&self, lost: &[Need]) -> Option<Step> {
        let step = self.graph.next_step(&self.things(lost))?;
        let should_be_lost = step.should_be_lost.and_then(|thing| self.need(thing));
        let lost: Vec<Need> = lost.iter().cloned().chain(should_be_lost).collect();
        Some(self.step(&step, &lost, &[]))
    }

    /// Steps that light what is dark without these, each the best after those before it; `most` at the most.
    pub fn steps(&self, lost: &[Need], most: usize) -> Vec<Step> {
        let mut done: Vec<Thing> = Vec::new();
        let steps = self.graph.steps(&self.things(lost), most).into_iter();
        steps
            .map(|step| {
                let told = self.step(&step, lost, &done);
                done.push(step.account);
                told
            })
            .collect()
    }

    /// What is to be said of saved codes.
    pub fn warnings(&self) -> Vec<(AccountId, Warning)> {
        let before = self.graph.lose(&[]);
        let after = self.store().map(|store| self.graph.lose(&self.things(&[store])));
        let mut warnings = Vec::new();
        for (at, (account, known)) in self.accounts.iter().zip(&self.known).enumerate() {
            let Some(left) = known.codes_left else { continue };
            if left <= crate::recovery_codes::FEW {
                warnings.push((account.id.clone(), Warning::FewCodes { left }));
            }
            let thing = Thing(at as u32);
            let dark = after.as_ref().is_some_and(|after| after.standing(thing) == Standing::LockedOut);
            if left > 0 && dark && before.standing(thing) != Standing::LockedOut {
                warnings.push((account.id.clone(), Warning::CodesInTheSamePlace));
            }
        }
        warnings
    }

    fn step(&self, step: &NextStep, lost: &[Need], done: &[Thing]) -> Step {
        let at = step.account.at();
        Step {
            account: self.accounts[at].id.clone(),
            how: self.how(at, lost, done),
            lights: step.lights,
            should_be_lost: step.should_be_lost.and_then(|thing| self.need(thing)),
        }
    }

    /// The first of what can be done that leads in, tried on a house with it.
    fn how(&self, at: usize, lost: &[Need], done: &[Thing]) -> How {
        let (account, known) = (&self.accounts[at], &self.known[at]);
        let ways = self.ways(&account.id);
        let store_left = self.store().is_some_and(|store| {
            let things = self.things(lost);
            self.things(&[store]).iter().all(|store| self.graph.lose(&things).is_had(*store))
        });
        let failed = ways.iter().filter(|way| matches!(way.tried, Tried::Failed(_)) && !way.denied);
        let mut choices: Vec<How> = failed.map(|way| How::Mend(way.means.clone())).collect();
        if store_left && !known.password {
            choices.push(How::SavePassword);
        }
        let codes = |means: &Means| matches!(means, Means::CodesHere | Means::CodesAt(_));
        if !store_left || !ways.iter().any(|way| codes(&way.means)) {
            choices.push(How::Codes { here: store_left });
        }
        choices.extend([How::OtherMailbox, How::Phone]);
        choices.into_iter().find(|how| self.leads_in(at, how, lost, done)).unwrap_or(How::Person)
    }

    fn leads_in(&self, at: usize, how: &How, lost: &[Need], done: &[Thing]) -> bool {
        let (mut accounts, mut known) = (self.accounts.clone(), self.known.clone());
        let plan = &mut accounts[at].plan;
        let now = plan.changed_at.unwrap_or(std::time::UNIX_EPOCH);
        // A thing that is not lost, whatever is.
        let new = "\u{0}new".to_owned();
        match how {
            How::Mend(Means::SavedPassword) => {
                plan.mended(&Check::Way(Means::SavedPassword), now);
                accounts[at].state = AccountState::SignedOut;
            }
            How::Mend(means) => plan.mended(&Check::Way(means.clone()), now),
            How::SavePassword => known[at].password = true,
            How::Codes { here: true } => known[at].codes_left = Some(10),
            How::Codes { here: false } => drop(plan.add(Means::CodesAt(new), now)),
            How::OtherMailbox => drop(plan.add(Means::Mailbox(new), now)),
            How::Phone => drop(plan.add(Means::Phone(new), now)),
            How::Person => drop(plan.add(Means::Person(new), now)),
        }
        let house = Self::draw(accounts, known, self.place);
        let mut marks = vec![false; house.graph.things()];
        for thing in house.things(lost) {
            marks[thing.at()] = true;
        }
        house.graph.had(&marks, done)[at]
    }
}
