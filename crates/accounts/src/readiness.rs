//! What gets you back in, and what would be lost with what: one graph of everything that ways back need.
//!
//! Circles are no way in: a mailbox that is recovered by an account that is recovered by that mailbox stands on
//! nothing, unless something outside holds one of them.

use std::cmp::Reverse;

pub use self::advice::{How, Step, Warning};
pub use self::graph::{Graph, Sketch, Thing};
pub use self::house::{House, Loss, Need, Picture, Place, Tried, WayBack};
pub use self::known::{Known, look};
use self::lanes::{Many, WhatIf};

mod advice;
mod graph;
mod house;
#[cfg(test)]
mod house_tests;
mod known;
mod lanes;
mod mailboxes;
mod order;
#[cfg(test)]
mod tests;

/// Where an account stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    GetsIn,
    /// Without it, nothing is left. A way that needs all that another one needs is not one more, and neither is one
    /// that needs the account itself.
    OneWayLeft,
    LockedOut,
}

/// What is left when something is lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlook {
    had: Vec<bool>,
    standings: Vec<Standing>,
    /// Accounts that wait for each other, in the order of the list: each of them would get in if the others did.
    pub circles: Vec<Vec<Thing>>,
}

impl Outlook {
    pub fn standing(&self, account: Thing) -> Standing {
        self.standings[account.at()]
    }

    pub fn is_had(&self, thing: Thing) -> bool {
        self.had[thing.at()]
    }
}

/// A thing whose loss locks accounts out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SinglePoint {
    pub thing: Thing,
    /// How many, without itself.
    pub locks_out: usize,
}

/// What helps most: one more way to that account, by something that is not lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextStep {
    pub account: Thing,
    /// Accounts that get in again, this one included.
    pub lights: usize,
    /// Nobody is locked out yet: it helps once this is lost.
    pub should_be_lost: Option<Thing>,
}

impl Graph {
    /// Where everyone stands without these things.
    pub fn lose(&self, things: &[Thing]) -> Outlook {
        let lost = self.marks(things);
        let had = self.had(&lost, &[]);
        Outlook { standings: self.standings(&lost, &had), circles: self.circles(&lost, &had), had }
    }

    /// Things whose loss locks out at least one account that gets in now, those that lock out most first.
    pub fn single_points(&self) -> Vec<SinglePoint> {
        self.single_points_without(&self.marks(&[]))
    }

    /// The things whose loss alone locks this account out, itself apart.
    pub fn hangs_on(&self, account: Thing) -> Vec<Thing> {
        let lost = self.marks(&[]);
        let had = self.had(&lost, &[]);
        let mut above = vec![false; self.things()];
        let mut walk = vec![account.at()];
        while let Some(thing) = walk.pop() {
            if had[thing] && !std::mem::replace(&mut above[thing], true) {
                walk.extend(self.ways(thing).flatten().map(|needed| *needed as usize));
            }
        }
        above[account.at()] = false;
        let mut above: Vec<Thing> =
            (0..self.things()).filter(|thing| above[*thing]).map(|thing| Thing(thing as u32)).collect();
        above.sort_unstable_by_key(|thing| self.order.group_of(thing.at()));
        let mut hangs = Vec::new();
        let up_to = self.order.group_of(account.at());
        Many::new(self, &lost, &had, WhatIf::Lost).each(&above, up_to, |thing, left| {
            if !left(account.at()) {
                hangs.push(thing);
            }
        });
        hangs.sort_unstable();
        hangs
    }

    /// The one step that helps most without these things; of several, the one whose account was added first. None when
    /// no single loss would lock anyone out.
    pub fn next_step(&self, lost: &[Thing]) -> Option<NextStep> {
        if let Some(step) = self.steps(lost, 1).pop() {
            return Some(step);
        }
        let point = *self.single_points_without(&self.marks(lost)).first()?;
        let lost: Vec<Thing> = lost.iter().copied().chain([point.thing]).collect();
        let step = self.steps(&lost, 1).pop()?;
        Some(NextStep { should_be_lost: Some(point.thing), ..step })
    }

    /// Steps that light what is dark without these things, each the best after those before it; `most` at the most.
    pub fn steps(&self, lost: &[Thing], most: usize) -> Vec<NextStep> {
        let marks = self.marks(lost);
        let (mut granted, mut steps) = (Vec::new(), Vec::new());
        let mut had = self.had(&marks, &granted);
        while steps.len() < most {
            let dark = |thing: usize| self.counts[thing] && !had[thing] && !marks[thing];
            let candidates: Vec<usize> = (0..self.things()).filter(|thing| dark(*thing)).collect();
            let Some(first) = candidates.first() else { break };
            let used = |thing: &usize| self.uses(*thing).iter().any(|way| !had[self.end_of(*way)]);
            let asked = candidates.iter().copied().filter(used).map(|thing| Thing(thing as u32)).collect();
            let lit = Many::new(self, &marks, &had, WhatIf::Granted).count(asked);
            // One that nothing needs lights itself.
            let alone = (Thing(*first as u32), 1);
            let best =
                lit.into_iter().chain([alone]).max_by_key(|(thing, lights)| (*lights, Reverse(*thing)));
            let Some((account, lights)) = best else { break };
            steps.push(NextStep { account, lights, should_be_lost: None });
            granted.push(account);
            had = self.had(&marks, &granted);
        }
        steps
    }

    fn marks(&self, things: &[Thing]) -> Vec<bool> {
        let mut marks = vec![false; self.things()];
        for thing in things {
            marks[thing.at()] = true;
        }
        marks
    }

    fn single_points_without(&self, lost: &[bool]) -> Vec<SinglePoint> {
        let had = self.had(lost, &[]);
        let needed =
            |thing: &usize| had[*thing] && self.uses(*thing).iter().any(|way| had[self.end_of(*way)]);
        let asked = (0..self.things()).filter(needed).map(|thing| Thing(thing as u32)).collect();
        let counted = Many::new(self, lost, &had, WhatIf::Lost).count(asked).into_iter();
        let mut points: Vec<SinglePoint> = counted
            .map(|(thing, gone)| SinglePoint {
                thing,
                locks_out: gone - usize::from(self.counts[thing.at()]),
            })
            .filter(|point| point.locks_out > 0)
            .collect();
        points.sort_unstable_by_key(|point| (Reverse(point.locks_out), point.thing));
        points
    }

    fn standings(&self, lost: &[bool], had: &[bool]) -> Vec<Standing> {
        let mut standings = vec![Standing::LockedOut; self.things()];
        // Accounts of whose ways some may lead back to themselves, by their groups.
        let mut doubtful: Vec<Thing> = Vec::new();
        for account in (0..self.things()).filter(|thing| self.counts[*thing] && had[*thing]) {
            let group = self.order.group_of(account);
            let open = |needs: &&[u32]| needs.iter().all(|needed| had[*needed as usize]);
            let inward = |needs: &&[u32]| needs.iter().any(|it| self.order.group_of(*it as usize) == group);
            let sure = several(self.ways(account).filter(open).filter(|needs| !inward(needs)));
            standings[account] = if sure { Standing::GetsIn } else { Standing::OneWayLeft };
            if !sure && several(self.ways(account).filter(open)) {
                doubtful.push(Thing(account as u32));
            }
        }
        doubtful.sort_unstable_by_key(|account| self.order.group_of(account.at()));
        let mut many = Many::new(self, lost, had, WhatIf::Lost);
        let group_of = |account: &Thing| self.order.group_of(account.at());
        for group in doubtful.chunk_by(|one, other| group_of(one) == group_of(other)) {
            many.each(group, group_of(&group[0]), |account, left| {
                let open = |needs: &&[u32]| needs.iter().all(|needed| left(*needed as usize));
                if several(self.ways(account.at()).filter(open)) {
                    standings[account.at()] = Standing::GetsIn;
                }
            });
        }
        standings
    }

    fn circles(&self, lost: &[bool], had: &[bool]) -> Vec<Vec<Thing>> {
        let at_best = self.at_best(lost);
        let waits = |thing: usize| at_best[thing] && !had[thing];
        let possible = |way: usize| self.needs_of(way).iter().all(|needed| at_best[*needed as usize]);
        let order = order::needs_first(self, waits, possible);
        let rounds = (0..order.groups()).map(|at| order.group(at)).filter(|group| group.round);
        let mut circles: Vec<Vec<Thing>> = rounds
            .map(|group| {
                let accounts = group.things.iter().filter(|thing| self.counts[**thing as usize]);
                let mut accounts: Vec<Thing> = accounts.map(|thing| Thing(*thing)).collect();
                accounts.sort_unstable();
                accounts
            })
            .filter(|circle| !circle.is_empty())
            .collect();
        circles.sort_unstable();
        circles
    }
}

/// Whether these are more ways than one: none of them is needed with all of the others.
fn several<'a>(ways: impl Iterator<Item = &'a [u32]> + Clone) -> bool {
    let Some(least) = ways.clone().min_by_key(|needs| needs.len()) else { return false };
    let mut ways = ways;
    ways.any(|needs| !least.iter().all(|needed| needs.contains(needed)))
}
