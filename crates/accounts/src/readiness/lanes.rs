//! Many questions at once: each bit is one "what if", and a pass over the graph answers them all.

use super::graph::{Graph, Thing};

const WORDS: usize = 4;
/// Questions of one pass.
const WIDE: usize = WORDS * 64;

/// A bit for each question.
type Lanes = [u64; WORDS];

const NONE: Lanes = [0; WORDS];
const ALL: Lanes = [u64::MAX; WORDS];

/// What one question changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WhatIf {
    Lost,
    Granted,
}

/// A graph, what is lost of it, and what is had then.
pub(super) struct Many<'a> {
    graph: &'a Graph,
    lost: &'a [bool],
    base: &'a [bool],
    what_if: WhatIf,
    had: Vec<Lanes>,
    /// Bits of the things that this pass asks about.
    asked: Vec<Lanes>,
    /// Whether something that it needs, or itself, is another than without any question; and the list of these.
    touched: Vec<bool>,
    all_touched: Vec<u32>,
    waits: Vec<bool>,
    waiting: usize,
}

impl<'a> Many<'a> {
    pub fn new(graph: &'a Graph, lost: &'a [bool], base: &'a [bool], what_if: WhatIf) -> Self {
        let had = base.iter().map(|had| if *had { ALL } else { NONE }).collect();
        let things = graph.things();
        Self {
            graph,
            lost,
            base,
            what_if,
            had,
            asked: vec![NONE; things],
            touched: vec![false; things],
            all_touched: Vec::new(),
            waits: vec![false; things],
            waiting: 0,
        }
    }

    /// How many accounts each question changes, the thing that it asks about included.
    pub fn count(&mut self, mut things: Vec<Thing>) -> Vec<(Thing, usize)> {
        let order = &self.graph.order;
        things.sort_unstable_by_key(|thing| order.group_of(thing.at()));
        let mut counted = Vec::with_capacity(things.len());
        for some in things.chunks(WIDE) {
            self.ask(some, order.groups());
            let mut sums = Sums::default();
            for &thing in &self.all_touched {
                if self.graph.counts[thing as usize] {
                    sums.add(self.changed(thing as usize));
                }
            }
            counted.extend(some.iter().enumerate().map(|(bit, thing)| (*thing, sums.of(bit))));
            self.forget(some);
        }
        counted
    }

    /// For each of these things, which stand in the order of their groups: asks, and lets the caller look at what is
    /// had then, up to a group.
    pub fn each(
        &mut self,
        things: &[Thing],
        up_to: usize,
        mut look: impl FnMut(Thing, &dyn Fn(usize) -> bool),
    ) {
        for some in things.chunks(WIDE) {
            self.ask(some, up_to + 1);
            for (bit, thing) in some.iter().enumerate() {
                let had = &self.had;
                look(*thing, &|needed| had[needed][bit / 64] >> (bit % 64) & 1 == 1);
            }
            self.forget(some);
        }
    }

    /// What does not need any of the things stays as it is, and is not looked at.
    fn ask(&mut self, things: &[Thing], groups: usize) {
        let graph = self.graph;
        for (bit, thing) in things.iter().enumerate() {
            self.asked[thing.at()][bit / 64] |= 1 << (bit % 64);
            self.touch(thing.at());
        }
        let first = things.first().map_or(0, |thing| graph.order.group_of(thing.at()));
        for at in first..groups {
            let group = graph.order.group(at);
            if !group.things.iter().any(|thing| self.touched[*thing as usize]) {
                continue;
            }
            if group.round {
                self.settle_round(at, group.things);
            } else {
                self.settle(group.things[0] as usize);
            }
            for &thing in group.things {
                if self.changed(thing as usize) != NONE {
                    self.touch(thing as usize);
                    for &way in graph.uses(thing as usize) {
                        self.touch(graph.end_of(way));
                    }
                }
            }
        }
    }

    /// From below upwards: a circle does not stand by itself.
    fn settle_round(&mut self, group: usize, things: &[u32]) {
        for &thing in things {
            // Nothing is lost by a grant: what is had without it is a beginning.
            let all = self.what_if == WhatIf::Lost;
            if all {
                self.had[thing as usize] = NONE;
            }
            if all || self.touched[thing as usize] {
                self.wait(thing as usize);
            }
        }
        // To and fro: whichever way round a circle is walked, a turn brings many questions along at once.
        let mut back = false;
        while self.waiting > 0 {
            for at in 0..things.len() {
                let thing = things[if back { things.len() - 1 - at } else { at }];
                if std::mem::take(&mut self.waits[thing as usize]) {
                    self.waiting -= 1;
                    if self.settle(thing as usize) {
                        self.make_users_wait(thing as usize, group);
                    }
                }
            }
            back = !back;
        }
    }

    fn make_users_wait(&mut self, thing: usize, group: usize) {
        let graph = self.graph;
        for user in graph.uses(thing).iter().map(|way| graph.end_of(*way)) {
            if graph.order.group_of(user) == group {
                self.wait(user);
            }
        }
    }

    fn wait(&mut self, thing: usize) {
        if !std::mem::replace(&mut self.waits[thing], true) {
            self.waiting += 1;
        }
    }

    fn touch(&mut self, thing: usize) {
        if !std::mem::replace(&mut self.touched[thing], true) {
            self.all_touched.push(thing as u32);
        }
    }

    /// Whether that changed anything.
    fn settle(&mut self, thing: usize) -> bool {
        let asked = self.asked[thing];
        let lanes = match self.what_if {
            _ if self.lost[thing] => NONE,
            WhatIf::Granted if self.base[thing] => ALL,
            WhatIf::Granted => each(self.by_ways(thing), asked, |had, asked| had | asked),
            WhatIf::Lost if !self.base[thing] => NONE,
            WhatIf::Lost => each(self.by_ways(thing), asked, |had, asked| had & !asked),
        };
        std::mem::replace(&mut self.had[thing], lanes) != lanes
    }

    fn by_ways(&self, thing: usize) -> Lanes {
        let mut any = NONE;
        for needs in self.graph.ways(thing) {
            let mut all = ALL;
            for &needed in needs {
                all = each(all, self.had[needed as usize], |all, had| all & had);
            }
            any = each(any, all, |any, all| any | all);
            if any == ALL {
                break;
            }
        }
        any
    }

    fn changed(&self, thing: usize) -> Lanes {
        let base = if self.base[thing] { ALL } else { NONE };
        each(self.had[thing], base, |had, base| had ^ base)
    }

    fn forget(&mut self, things: &[Thing]) {
        for thing in things {
            self.asked[thing.at()] = NONE;
        }
        for thing in std::mem::take(&mut self.all_touched) {
            let thing = thing as usize;
            self.touched[thing] = false;
            self.had[thing] = if self.base[thing] { ALL } else { NONE };
        }
    }
}

fn each(mut one: Lanes, other: Lanes, with: impl Fn(u64, u64) -> u64) -> Lanes {
    for (one, other) in one.iter_mut().zip(other) {
        *one = with(*one, other);
    }
    one
}

/// A sum for each bit, in bit planes: adding costs two operations on average, whatever the number of questions.
#[derive(Default)]
struct Sums(Vec<Lanes>);

impl Sums {
    fn add(&mut self, mut carry: Lanes) {
        for plane in &mut self.0 {
            if carry == NONE {
                return;
            }
            let both = each(*plane, carry, |plane, carry| plane & carry);
            *plane = each(*plane, carry, |plane, carry| plane ^ carry);
            carry = both;
        }
        if carry != NONE {
            self.0.push(carry);
        }
    }

    fn of(&self, bit: usize) -> usize {
        let bits = self.0.iter().enumerate();
        bits.map(|(place, plane)| ((plane[bit / 64] >> (bit % 64) & 1) as usize) << place).sum()
    }
}
