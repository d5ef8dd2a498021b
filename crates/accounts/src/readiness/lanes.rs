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
}

impl<'a> Many<'a> {
    pub fn new(graph: &'a Graph, lost: &'a [bool], base: &'a [bool], what_if: WhatIf) -> Self {
        let had = base.iter().map(|had| if *had { ALL } else { NONE }).collect();
        Self { graph, lost, base, what_if, had, asked: vec![NONE; graph.things()] }
    }

    /// How many accounts each question changes, the thing that it asks about included.
    pub fn count(&mut self, mut things: Vec<Thing>) -> Vec<(Thing, usize)> {
        let order = &self.graph.order;
        things.sort_unstable_by_key(|thing| order.group_of(thing.at()));
        let mut counted = Vec::with_capacity(things.len());
        for some in things.chunks(WIDE) {
            // What does not need any of them stays as it is.
            let first = some.first().map_or(0, |thing| order.group_of(thing.at()));
            self.ask(some, first..order.groups());
            let mut sums = Sums::default();
            for group in first..order.groups() {
                for &thing in order.group(group).things {
                    let thing = thing as usize;
                    if self.graph.counts[thing] {
                        sums.add(self.changed(thing));
                    }
                }
            }
            counted.extend(some.iter().enumerate().map(|(bit, thing)| (*thing, sums.of(bit))));
            self.forget(some, first..order.groups());
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
            let first = some.first().map_or(0, |thing| self.graph.order.group_of(thing.at()));
            self.ask(some, first..up_to + 1);
            for (bit, thing) in some.iter().enumerate() {
                let had = &self.had;
                look(*thing, &|needed| had[needed][bit / 64] >> (bit % 64) & 1 == 1);
            }
            self.forget(some, first..up_to + 1);
        }
    }

    fn ask(&mut self, things: &[Thing], groups: std::ops::Range<usize>) {
        for (bit, thing) in things.iter().enumerate() {
            self.asked[thing.at()][bit / 64] |= 1 << (bit % 64);
        }
        let graph = self.graph;
        for at in groups {
            let group = graph.order.group(at);
            if group.round {
                // From nothing upwards: a circle does not stand by itself.
                for &thing in group.things {
                    self.had[thing as usize] = NONE;
                }
                let mut changes = true;
                while changes {
                    changes = false;
                    for &thing in group.things {
                        changes |= self.settle(thing as usize);
                    }
                }
            } else {
                self.settle(group.things[0] as usize);
            }
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

    fn forget(&mut self, things: &[Thing], groups: std::ops::Range<usize>) {
        for thing in things {
            self.asked[thing.at()] = NONE;
        }
        for group in groups {
            for &thing in self.graph.order.group(group).things {
                self.had[thing as usize] = if self.base[thing as usize] { ALL } else { NONE };
            }
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
