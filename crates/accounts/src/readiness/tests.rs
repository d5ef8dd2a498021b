use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// A graph as a list, and its answers by trying everything.
#[derive(Debug, Clone)]
struct Naive {
    nodes: Vec<Node>,
}

#[derive(Debug, Clone)]
struct Node {
    kind: Kind,
    ways: Vec<BTreeSet<usize>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Outside,
    Between,
    Account,
}

type Set = u32;

fn has(set: Set, node: usize) -> bool {
    set >> node & 1 == 1
}

impl Naive {
    fn graph(&self) -> Graph {
        let mut sketch = Sketch::new();
        for node in &self.nodes {
            match node.kind {
                Kind::Outside => sketch.outside(),
                Kind::Between => sketch.between(),
                Kind::Account => sketch.account(),
            };
        }
        for (at, node) in self.nodes.iter().enumerate() {
            for needs in &node.ways {
                let needs: Vec<Thing> = needs.iter().map(|need| thing(*need)).collect();
                sketch.way(thing(at), &needs);
            }
        }
        sketch.finish()
    }

    fn all(&self) -> impl Iterator<Item = Set> {
        0..1 << self.nodes.len()
    }

    fn open(&self, node: usize, set: Set) -> bool {
        let node = &self.nodes[node];
        node.kind == Kind::Outside || node.ways.iter().any(|needs| needs.iter().all(|need| has(set, *need)))
    }

    /// The smallest set that holds all that it leads to: what all such sets have in common.
    fn least(&self, lost: Set, granted: Set) -> Set {
        let full = |set: &Set| {
            let whole = |node: usize| {
                has(*set, node) || has(lost, node) || !(has(granted, node) || self.open(node, *set))
            };
            (0..self.nodes.len()).all(whole)
        };
        self.all().filter(full).fold(Set::MAX, |common, set| common & set)
    }

    /// The largest set in which everything has a way within it.
    fn greatest(&self, lost: Set) -> Set {
        let stands = |set: &Set| {
            (0..self.nodes.len()).all(|node| !has(*set, node) || !has(lost, node) && self.open(node, *set))
        };
        self.all().filter(stands).fold(0, |all, set| all | set)
    }

    fn accounts(&self) -> impl Iterator<Item = usize> {
        (0..self.nodes.len()).filter(|node| self.nodes[*node].kind == Kind::Account)
    }

    fn count(&self, set: Set) -> usize {
        self.accounts().filter(|node| has(set, *node)).count()
    }

    fn standing(&self, account: usize, lost: Set) -> Standing {
        if !has(self.least(lost, 0), account) {
            return Standing::LockedOut;
        }
        let without = self.least(lost | 1 << account, 0);
        let ways: BTreeSet<&BTreeSet<usize>> = self.nodes[account]
            .ways
            .iter()
            .filter(|needs| needs.iter().all(|need| has(without, *need)))
            .collect();
        let least = |way: &&&BTreeSet<usize>| !ways.iter().any(|it| it != *way && it.is_subset(way));
        if ways.iter().filter(least).count() > 1 { Standing::GetsIn } else { Standing::OneWayLeft }
    }

    fn circles(&self, lost: Set) -> Vec<Vec<Thing>> {
        let best = self.greatest(lost);
        let waits = best & !self.least(lost, 0);
        let count = self.nodes.len();
        let mut leads = vec![vec![false; count]; count];
        for node in (0..count).filter(|node| has(waits, *node)) {
            for needs in self.nodes[node].ways.iter().filter(|way| way.iter().all(|it| has(best, *it))) {
                for need in needs.iter().filter(|need| has(waits, **need)) {
                    leads[node][*need] = true;
                }
            }
        }
        for by in 0..count {
            for from in 0..count {
                for to in 0..count {
                    leads[from][to] |= leads[from][by] && leads[by][to];
                }
            }
        }
        let round = |node: &usize| leads[*node][*node];
        let circles: BTreeSet<Vec<Thing>> = (0..count)
            .filter(round)
            .map(|node| {
                self.accounts().filter(|it| leads[node][*it] && leads[*it][node]).map(thing).collect()
            })
            .filter(|circle: &Vec<Thing>| !circle.is_empty())
            .collect();
        circles.into_iter().collect()
    }

    fn single_points(&self, lost: Set) -> Vec<SinglePoint> {
        let base = self.least(lost, 0);
        let mut points: Vec<SinglePoint> = (0..self.nodes.len())
            .filter(|node| has(base, *node))
            .map(|node| {
                let gone = base & !self.least(lost | 1 << node, 0) & !(1 << node);
                SinglePoint { thing: thing(node), locks_out: self.count(gone) }
            })
            .filter(|point| point.locks_out > 0)
            .collect();
        points.sort_by_key(|point| (Reverse(point.locks_out), point.thing));
        points
    }

    fn steps(&self, lost: Set, most: usize) -> Vec<NextStep> {
        let (mut granted, mut steps) = (0, Vec::new());
        while steps.len() < most {
            let base = self.least(lost, granted);
            let mut best: Option<NextStep> = None;
            for account in self.accounts().filter(|it| !has(base, *it) && !has(lost, *it)) {
                let lights = self.count(self.least(lost, granted | 1 << account) & !base);
                if best.is_none_or(|best| lights > best.lights) {
                    best = Some(NextStep { account: thing(account), lights, should_be_lost: None });
                }
            }
            let Some(best) = best else { break };
            granted |= 1 << best.account.at();
            steps.push(best);
        }
        steps
    }
}

fn thing(at: usize) -> Thing {
    Thing(at as u32)
}

fn things(set: Set, count: usize) -> Vec<Thing> {
    (0..count).filter(|node| has(set, *node)).map(thing).collect()
}

fn graphs() -> impl Strategy<Value = (Naive, Set)> {
    let kind = prop_oneof![2 => Just(Kind::Outside), 1 => Just(Kind::Between), 4 => Just(Kind::Account)];
    let ways = |count: usize| {
        let needs = prop::collection::btree_set(0..count, 0..=3);
        prop::collection::vec(needs, 0..=3)
    };
    (1..=12_usize).prop_flat_map(move |count| {
        let node = (kind.clone(), ways(count)).prop_map(|(kind, ways)| Node { kind, ways });
        let lost = prop_oneof![3 => Just(0), 2 => any::<Set>().prop_map(|a| a & a >> 7 & a >> 13)];
        (prop::collection::vec(node, count), lost).prop_map(move |(mut nodes, lost): (Vec<Node>, Set)| {
            for node in nodes.iter_mut().filter(|node| node.kind == Kind::Outside) {
                node.ways.clear();
            }
            (Naive { nodes }, lost & ((1 << count) - 1))
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn who_gets_in_and_who_waits_for_whom_is_what_trying_everything_says((naive, lost) in graphs()) {
        let graph = naive.graph();
        let outlook = graph.lose(&things(lost, naive.nodes.len()));
        let least = naive.least(lost, 0);
        for node in 0..naive.nodes.len() {
            prop_assert_eq!(outlook.is_had(thing(node)), has(least, node), "{}", node);
        }
        for account in naive.accounts() {
            prop_assert_eq!(outlook.standing(thing(account)), naive.standing(account, lost), "{}", account);
        }
        prop_assert_eq!(outlook.circles, naive.circles(lost));
    }

    #[test]
    fn single_points_are_what_trying_everything_says((naive, lost) in graphs()) {
        let (graph, count) = (naive.graph(), naive.nodes.len());
        let points = graph.single_points_without(&graph.marks(&things(lost, count)));
        prop_assert_eq!(points, naive.single_points(lost));
        for account in naive.accounts().filter(|account| has(naive.least(0, 0), *account)) {
            let alone = |it: &usize| *it != account && !has(naive.least(1 << it, 0), account);
            let expected: Vec<Thing> = (0..count).filter(alone).map(thing).collect();
            prop_assert_eq!(graph.hangs_on(thing(account)), expected, "{}", account);
        }
    }

    #[test]
    fn the_best_steps_are_what_trying_everything_says((naive, lost) in graphs()) {
        let (graph, count) = (naive.graph(), naive.nodes.len());
        let steps = naive.steps(lost, 4);
        prop_assert_eq!(&graph.steps(&things(lost, count), 4), &steps);
        let point = naive.single_points(lost).first().copied();
        let next = steps.first().copied().or_else(|| {
            let point = point?.thing;
            let step = naive.steps(lost | 1 << point.at(), 1).pop()?;
            Some(NextStep { should_be_lost: Some(point), ..step })
        });
        prop_assert_eq!(graph.next_step(&things(lost, count)), next);
    }
}

/// Two mailboxes that recover each other, a shop at one of them, and a phone that holds one of them.
fn circle() -> (Graph, [Thing; 4]) {
    let mut sketch = Sketch::new();
    let [one, other, shop] = [(); 3].map(|()| sketch.account());
    let phone = sketch.outside();
    sketch.way(one, &[other]);
    sketch.way(other, &[one]);
    sketch.way(shop, &[other]);
    sketch.way(one, &[phone]);
    (sketch.finish(), [one, other, shop, phone])
}

#[test]
fn a_circle_is_no_way_in_by_itself() {
    let (graph, [one, other, shop, phone]) = circle();
    let outlook = graph.lose(&[]);
    // The first mailbox's way by the second leads back to itself.
    assert_eq!([one, other, shop].map(|it| outlook.standing(it)), [Standing::OneWayLeft; 3]);
    assert_eq!(outlook.circles, Vec::<Vec<Thing>>::new());
    let outlook = graph.lose(&[phone]);
    assert_eq!([one, other, shop].map(|it| outlook.standing(it)), [Standing::LockedOut; 3]);
    assert_eq!(outlook.circles, [[one, other]]);
}

#[test]
fn the_phone_is_what_everything_hangs_on_and_one_more_way_lights_all() {
    let (graph, [one, other, shop, phone]) = circle();
    let points = graph.single_points();
    let expected = [(phone, 3), (one, 2), (other, 1)];
    assert_eq!(points.iter().map(|it| (it.thing, it.locks_out)).collect::<Vec<_>>(), expected);
    assert_eq!(graph.hangs_on(shop), [one, other, phone]);
    let step = NextStep { account: one, lights: 3, should_be_lost: Some(phone) };
    assert_eq!(graph.next_step(&[]), Some(step));
    assert_eq!(graph.next_step(&[phone]), Some(NextStep { should_be_lost: None, ..step }));
}

#[test]
fn what_needs_two_things_is_lost_with_either() {
    let mut sketch = Sketch::new();
    let [mailbox, phone] = [(); 2].map(|()| sketch.outside());
    let shop = sketch.account();
    sketch.way(shop, &[mailbox, phone, phone]);
    let graph = sketch.finish();
    for lost in [mailbox, phone] {
        assert_eq!(graph.lose(&[lost]).standing(shop), Standing::LockedOut);
    }
    assert_eq!(graph.single_points().len(), 2);
}

#[test]
fn with_two_ways_that_share_nothing_there_is_nothing_to_do() {
    let mut sketch = Sketch::new();
    let [mailbox, phone] = [(); 2].map(|()| sketch.outside());
    let shop = sketch.account();
    sketch.way(shop, &[mailbox]);
    sketch.way(shop, &[phone]);
    let graph = sketch.finish();
    assert_eq!(graph.lose(&[]).standing(shop), Standing::GetsIn);
    assert_eq!((graph.single_points(), graph.next_step(&[])), (Vec::new(), None));
}

#[test]
fn of_equal_steps_the_first_account_is_named() {
    let mut sketch = Sketch::new();
    let accounts = [(); 3].map(|()| sketch.account());
    let graph = sketch.finish();
    let steps = graph.steps(&[], 9);
    let named: Vec<_> = steps.iter().map(|step| (step.account, step.lights)).collect();
    assert_eq!(named, accounts.map(|account| (account, 1)));
}

#[test]
fn a_chain_as_long_as_the_list_is_walked() {
    let mut sketch = Sketch::new();
    let first = sketch.outside();
    let mut last = first;
    for _ in 0..2_000 {
        let next = sketch.account();
        sketch.way(next, &[last]);
        last = next;
    }
    let graph = sketch.finish();
    let points = graph.single_points();
    assert_eq!((points[0].thing, points[0].locks_out, points.len()), (first, 2_000, 2_000));
    assert_eq!(points[1_999].locks_out, 1);
    assert_eq!(graph.next_step(&[first]).unwrap().lights, 2_000);
    assert_eq!(graph.hangs_on(last).len(), 2_000);
}
