//! Things in the order of what needs what: groups that need each other stand together (Tarjan, 1972).

use super::graph::Graph;

/// Things in groups, those that are needed before those that need them.
#[derive(Debug, Default)]
pub(super) struct Order {
    things: Vec<u32>,
    /// Where each group begins; one more at the end.
    starts: Vec<usize>,
    /// Whether the things of a group need each other, or one needs itself.
    round: Vec<bool>,
    /// The group of each thing, if it is in one.
    group_of: Vec<u32>,
}

pub(super) struct Group<'a> {
    pub things: &'a [u32],
    pub round: bool,
}

impl Order {
    pub fn groups(&self) -> usize {
        self.round.len()
    }

    pub fn group(&self, at: usize) -> Group<'_> {
        Group { things: &self.things[self.starts[at]..self.starts[at + 1]], round: self.round[at] }
    }

    pub fn group_of(&self, thing: usize) -> usize {
        self.group_of[thing] as usize
    }

    fn close(&mut self, stack: &mut Vec<u32>, thing: u32, needs_itself: bool) {
        let start = stack.iter().rposition(|other| *other == thing).unwrap_or_default();
        let group = self.round.len() as u32;
        for member in &stack[start..] {
            self.group_of[*member as usize] = group;
        }
        // Found last, needed first: most of a circle is then settled in one turn.
        self.things.extend(stack[start..].iter().rev());
        self.round.push(stack.len() - start > 1 || needs_itself);
        stack.truncate(start);
        self.starts.push(self.things.len());
    }
}

const UNSEEN: u32 = u32::MAX;

/// The order of the chosen things by the chosen ways. Without recursion: a chain may be as long as the list.
pub(super) fn needs_first(
    graph: &Graph,
    chosen: impl Fn(usize) -> bool,
    by: impl Fn(usize) -> bool,
) -> Order {
    let things = graph.things();
    let mut order = Order {
        things: Vec::with_capacity(things),
        starts: vec![0],
        round: Vec::new(),
        group_of: vec![UNSEEN; things],
    };
    let (mut seen, mut low, mut count) = (vec![UNSEEN; things], vec![0; things], 0);
    let mut stack: Vec<u32> = Vec::new();
    // A thing, its way, and the need of that way which comes next.
    let mut walk: Vec<(usize, usize, usize)> = Vec::new();
    for root in (0..things).filter(|thing| chosen(*thing)) {
        if seen[root] != UNSEEN {
            continue;
        }
        walk.push((root, graph.ways_of(root).start, 0));
        while let Some((thing, way, need)) = walk.pop() {
            if seen[thing] == UNSEEN {
                (seen[thing], low[thing]) = (count, count);
                count += 1;
                stack.push(thing as u32);
            }
            if way < graph.ways_of(thing).end {
                match graph.needs_of(way).get(need) {
                    Some(&needed) if by(way) => {
                        walk.push((thing, way, need + 1));
                        let needed = needed as usize;
                        if seen[needed] == UNSEEN && chosen(needed) {
                            walk.push((needed, graph.ways_of(needed).start, 0));
                        } else if seen[needed] != UNSEEN && order.group_of[needed] == UNSEEN {
                            low[thing] = low[thing].min(seen[needed]);
                        }
                    }
                    _ => walk.push((thing, way + 1, 0)),
                }
                continue;
            }
            if low[thing] == seen[thing] {
                let itself = |way: usize| by(way) && graph.needs_of(way).contains(&(thing as u32));
                let needs_itself = graph.ways_of(thing).any(itself);
                order.close(&mut stack, thing as u32, needs_itself);
            }
            if let Some((above, _, _)) = walk.last() {
                low[*above] = low[*above].min(low[thing]);
            }
        }
    }
    order
}
