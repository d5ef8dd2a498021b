//! What leads into what: things, and the ways to each of them.
//!
//! A thing is had when one of its ways has all that it needs; what needs nothing is had outright. So "can get in" is
//! the least fixpoint of Horn clauses, found in linear time with one counter for each way (Dowling and Gallier, 1984).

use super::order::{self, Order};

/// A thing, by its place in the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Thing(pub(super) u32);

impl Thing {
    pub(super) fn at(self) -> usize {
        self.0 as usize
    }
}

/// A graph that is still being drawn.
#[derive(Debug, Default)]
pub struct Sketch {
    counts: Vec<bool>,
    ways: Vec<(u32, Vec<u32>)>,
}

impl Sketch {
    pub fn new() -> Self {
        Self::default()
    }

    /// Something that is there until it is lost: a phone, a person, a sheet of paper.
    pub fn outside(&mut self) -> Thing {
        let thing = self.add(false);
        self.way(thing, &[]);
        thing
    }

    /// Something that is had by its ways alone, and is no account: a vault, or either of two second steps.
    pub fn between(&mut self) -> Thing {
        self.add(false)
    }

    /// An account. Of two that are equal otherwise, the one that was added first comes first.
    pub fn account(&mut self) -> Thing {
        self.add(true)
    }

    /// One way to a thing; all that it needs is needed at once.
    pub fn way(&mut self, to: Thing, needs: &[Thing]) {
        let mut needs: Vec<u32> = needs.iter().map(|thing| thing.0).collect();
        needs.sort_unstable();
        needs.dedup();
        self.ways.push((to.0, needs));
    }

    pub fn finish(mut self) -> Graph {
        self.ways.sort_by_key(|(to, _)| *to);
        let mut graph = Graph {
            counts: self.counts,
            first_way: Vec::new(),
            to: self.ways.iter().map(|(to, _)| *to).collect(),
            first_need: vec![0],
            needs: Vec::new(),
            first_use: Vec::new(),
            uses: Vec::new(),
            order: Order::default(),
        };
        for (_, needs) in &self.ways {
            graph.needs.extend(needs);
            graph.first_need.push(graph.needs.len());
        }
        graph.first_way = starts(graph.things(), graph.to.iter().copied());
        graph.first_use = starts(graph.things(), graph.needs.iter().copied());
        let mut next = graph.first_use.clone();
        graph.uses = vec![0; graph.needs.len()];
        for way in 0..graph.to.len() {
            for at in graph.first_need[way]..graph.first_need[way + 1] {
                let place = &mut next[graph.needs[at] as usize];
                graph.uses[*place] = way as u32;
                *place += 1;
            }
        }
        graph.order = order::needs_first(&graph, |_| true, |_| true);
        graph
    }

    fn add(&mut self, counts: bool) -> Thing {
        self.counts.push(counts);
        Thing((self.counts.len() - 1) as u32)
    }
}

/// Where each thing's part of a sorted list begins; one more at the end.
fn starts(things: usize, each: impl Iterator<Item = u32>) -> Vec<usize> {
    let mut starts = vec![0; things + 1];
    for thing in each {
        starts[thing as usize + 1] += 1;
    }
    for at in 0..things {
        starts[at + 1] += starts[at];
    }
    starts
}

/// A drawn graph: lists of numbers, one after another, for speed.
#[derive(Debug)]
pub struct Graph {
    /// Whether it is an account.
    pub(super) counts: Vec<bool>,
    first_way: Vec<usize>,
    to: Vec<u32>,
    first_need: Vec<usize>,
    needs: Vec<u32>,
    first_use: Vec<usize>,
    uses: Vec<u32>,
    /// All things, those that are needed before those that need them.
    pub(super) order: Order,
}

impl Graph {
    pub(super) fn things(&self) -> usize {
        self.counts.len()
    }

    pub(super) fn ways(&self, thing: usize) -> impl Iterator<Item = &[u32]> + Clone {
        self.ways_of(thing).map(|way| self.needs_of(way))
    }

    pub(super) fn ways_of(&self, thing: usize) -> std::ops::Range<usize> {
        self.first_way[thing]..self.first_way[thing + 1]
    }

    pub(super) fn needs_of(&self, way: usize) -> &[u32] {
        &self.needs[self.first_need[way]..self.first_need[way + 1]]
    }

    /// The ways that need it.
    pub(super) fn uses(&self, thing: usize) -> &[u32] {
        &self.uses[self.first_use[thing]..self.first_use[thing + 1]]
    }

    /// The thing that a way leads to.
    pub(super) fn end_of(&self, way: u32) -> usize {
        self.to[way as usize] as usize
    }

    /// What is had when these are lost and those are there all the same.
    pub(super) fn had(&self, lost: &[bool], granted: &[Thing]) -> Vec<bool> {
        let mut had = vec![false; self.things()];
        let mut missing: Vec<u32> = (0..self.to.len()).map(|way| self.needs_of(way).len() as u32).collect();
        let mut found: Vec<u32> = granted.iter().map(|thing| thing.0).collect();
        found.extend((0..self.to.len()).filter(|way| missing[*way] == 0).map(|way| self.to[way]));
        while let Some(thing) = found.pop() {
            let at = thing as usize;
            if had[at] || lost[at] {
                continue;
            }
            had[at] = true;
            for &way in self.uses(at) {
                missing[way as usize] -= 1;
                if missing[way as usize] == 0 {
                    found.push(self.to[way as usize]);
                }
            }
        }
        had
    }

    /// What would be had if whatever stands on itself stood: the greatest fixpoint.
    pub(super) fn at_best(&self, lost: &[bool]) -> Vec<bool> {
        let mut had = vec![true; self.things()];
        let mut open: Vec<u32> = (0..self.things()).map(|thing| self.ways_of(thing).len() as u32).collect();
        let mut shut = vec![false; self.to.len()];
        let without = |thing: &usize| lost[*thing] || self.ways_of(*thing).is_empty();
        let mut gone: Vec<usize> = (0..self.things()).filter(without).collect();
        while let Some(thing) = gone.pop() {
            if !std::mem::take(&mut had[thing]) {
                continue;
            }
            for &way in self.uses(thing) {
                let way = way as usize;
                if !std::mem::replace(&mut shut[way], true) {
                    let to = self.to[way] as usize;
                    open[to] -= 1;
                    if open[to] == 0 {
                        gone.push(to);
                    }
                }
            }
        }
        had
    }
}
