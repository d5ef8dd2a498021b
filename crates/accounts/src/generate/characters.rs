//! Every password of a length that obeys the rules, counted, and one of them drawn with the same chance as each other.
//!
//! A password is a row of runs of one character each. The characters fall into atoms by the required sets that hold
//! them, so that counting goes by atom and by what is still missing, and not by character.

use crate::clock::Random;
use crate::entropy::Entropy;
use crate::rules::Charset;
use crate::secret::Secret;

/// The passwords of one length over an alphabet. Counts are shares of all texts of that length: no number overflows.
pub(super) struct Characters {
    length: usize,
    atoms: Vec<Atom>,
    size: f64,
    /// Longest run; `None`: as long as it comes, so that each character is drawn without a look at the last one.
    run: Option<usize>,
    /// By characters left and by the sets that were met: the share of the ways on where no character is excluded.
    any: Vec<Vec<f64>>,
    /// By characters left, sets met and atom: the share of the ways on that begin with a run of one character of it.
    begun: Vec<Vec<Vec<f64>>>,
    all_met: usize,
}

struct Atom {
    characters: Vec<char>,
    /// The required sets that hold its characters, as bits.
    meets: usize,
}

impl Characters {
    /// `None` where there is no such password.
    pub fn new(length: u16, alphabet: Charset, required: &[Charset], run: Option<u8>) -> Option<Self> {
        let length = usize::from(length);
        let mut atoms: Vec<Atom> = Vec::new();
        for character in alphabet.iter() {
            let held = required.iter().enumerate().filter(|(_, set)| set.contains(character));
            let meets = held.fold(0, |bits, (n, _)| bits | 1 << n);
            match atoms.iter_mut().find(|atom| atom.meets == meets) {
                Some(atom) => atom.characters.push(character),
                None => atoms.push(Atom { characters: vec![character], meets }),
            }
        }
        let run = run.map(usize::from).filter(|run| *run < length);
        let size = f64::from(alphabet.len());
        let all_met = (1 << required.len()) - 1;
        let mut counted = Self { length, atoms, size, run, any: Vec::new(), begun: Vec::new(), all_met };
        counted.count();
        (counted.any[length][0] > 0.0).then_some(counted)
    }

    pub fn entropy(&self) -> Entropy {
        let length = i32::try_from(self.length).unwrap_or(i32::MAX);
        Entropy::of_bits(self.any[self.length][0].log2() + f64::from(length) * self.size.log2())
    }

    pub fn draw(&self, random: &dyn Random) -> Secret {
        let mut text = String::with_capacity(self.length);
        let (mut left, mut met, mut last) = (self.length, 0, None);
        while left > 0 {
            let Some((atom, run)) = self.next(left, met, last, random) else { break };
            let characters = &self.atoms[atom].characters;
            let spared = last.filter(|(was, _)| *was == atom).map(|(_, place): (usize, usize)| place);
            let choices = u32::try_from(characters.len()).unwrap_or(1) - u32::from(spared.is_some());
            let mut place = random.below(choices.max(1)) as usize;
            if spared.is_some_and(|spared| place >= spared) {
                place += 1;
            }
            text.extend(std::iter::repeat_n(characters[place], run));
            left -= run;
            met |= self.atoms[atom].meets;
            last = self.run.map(|_| (atom, place));
        }
        Secret::new(text)
    }

    fn count(&mut self) {
        let states = self.all_met + 1;
        let shares = self.shares();
        for left in 0..=self.length {
            let mut begun = vec![vec![0.0; self.atoms.len()]; states];
            let mut any = vec![0.0; states];
            for met in 0..states {
                for (n, atom) in self.atoms.iter().enumerate() {
                    let runs = 1..=left.min(shares.len());
                    begun[met][n] =
                        runs.map(|run| self.ways(left - run, met | atom.meets, n) * shares[run - 1]).sum();
                }
                any[met] = if left == 0 {
                    f64::from(u8::from(met == self.all_met))
                } else {
                    let each = self.atoms.iter().zip(&begun[met]);
                    each.map(|(atom, begun)| atom.characters.len() as f64 * begun).sum()
                };
            }
            self.begun.push(begun);
            self.any.push(any);
        }
    }

    /// The ways on after a run of a character of that atom, which must not come again at once.
    fn ways(&self, left: usize, met: usize, after: usize) -> f64 {
        let again = if left == 0 || self.run.is_none() { 0.0 } else { self.begun[left][met][after] };
        (self.any[left][met] - again).max(0.0)
    }

    /// By the length of a run, from 1: its share of all texts of that length.
    fn shares(&self) -> Vec<f64> {
        (0..self.run.unwrap_or(1))
            .scan(1.0, |share, _| {
                *share /= self.size;
                Some(*share)
            })
            .collect()
    }

    /// The next run: of which atom, and how long.
    fn next(
        &self,
        left: usize,
        met: usize,
        last: Option<(usize, usize)>,
        random: &dyn Random,
    ) -> Option<(usize, usize)> {
        let shares = self.shares();
        let ways = |atom: usize, run: usize| {
            let spared = usize::from(last.is_some_and(|(was, _)| was == atom));
            let choices = (self.atoms[atom].characters.len() - spared) as f64;
            choices * self.ways(left - run, met | self.atoms[atom].meets, atom) * shares[run - 1]
        };
        let longest = left.min(shares.len());
        let all = (0..self.atoms.len()).flat_map(|atom| (1..=longest).map(move |run| (atom, run)));
        let all: Vec<_> =
            all.map(|(atom, run)| (atom, run, ways(atom, run))).filter(|way| way.2 > 0.0).collect();
        let mut drawn = share(random) * all.iter().map(|way| way.2).sum::<f64>();
        let found = all.iter().find(|way| {
            drawn -= way.2;
            drawn < 0.0
        });
        found.or(all.last()).map(|(atom, run, _)| (*atom, *run))
    }
}

/// A number from 0 to 1, without 1, in steps of 2⁻⁵³.
fn share(random: &dyn Random) -> f64 {
    let mut bytes = [0; 8];
    random.fill(&mut bytes);
    (u64::from_le_bytes(bytes) >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::clock::SeededRandom;
    use crate::rules::longest_run;

    /// Every text of that length, one by one.
    fn by_hand(length: u16, alphabet: &str, required: &[Charset], run: usize) -> Vec<String> {
        let mut all = vec![String::new()];
        for _ in 0..length {
            all = all.iter().flat_map(|text| alphabet.chars().map(move |c| format!("{text}{c}"))).collect();
        }
        all.retain(|text| {
            longest_run(text) <= run && required.iter().all(|set| text.chars().any(|c| set.contains(c)))
        });
        all
    }

    #[test]
    fn the_count_is_the_number_of_all_that_obey() {
        let sets: [&[Charset]; 4] = [
            &[],
            &[Charset::of("ab")],
            &[Charset::of("ab"), Charset::of("bc")],
            &[Charset::of("a"), Charset::of("b"), Charset::of("cd")],
        ];
        for length in 1..=6 {
            for required in sets {
                for run in 1..=6_u8 {
                    let number = by_hand(length, "abcd", required, usize::from(run)).len();
                    let counted = Characters::new(length, Charset::of("abcd"), required, Some(run));
                    let bits = counted.map(|counted| counted.entropy().bits());
                    match bits {
                        None => assert_eq!(number, 0),
                        Some(bits) => assert!((bits.exp2() - number as f64).abs() < 1e-6, "{number} {bits}"),
                    }
                }
            }
        }
    }

    #[test]
    fn each_is_drawn_as_often_as_every_other() {
        let required = [Charset::of("ab"), Charset::of("b1")];
        let all = by_hand(4, "ab1", &required, 2);
        let counted = Characters::new(4, Charset::of("ab1"), &required, Some(2)).unwrap();
        let random = SeededRandom::new(3);
        let mut seen: BTreeMap<String, u32> = BTreeMap::new();
        for _ in 0..all.len() * 1_000 {
            *seen.entry(counted.draw(&random).expose().to_owned()).or_default() += 1;
        }
        assert_eq!(seen.keys().cloned().collect::<Vec<_>>(), {
            let mut all = all;
            all.sort();
            all
        });
        assert!(seen.values().all(|times| (850..1_150).contains(times)), "{seen:?}");
    }

    #[test]
    fn what_cannot_be_is_none() {
        assert!(Characters::new(2, Charset::of("a"), &[], Some(1)).is_none());
        assert!(Characters::new(1, Charset::of("ab"), &[Charset::of("a"), Charset::of("b")], None).is_none());
        assert!(Characters::new(3, Charset::EMPTY, &[], None).is_none());
        assert!(Characters::new(3, Charset::of("a"), &[Charset::of("b")], None).is_none());
    }

    #[test]
    fn the_longest_of_the_strictest_is_counted_too() {
        let required: Vec<Charset> = "abcdefgh".chars().map(|c| Charset::of(&c.to_string())).collect();
        let counted = Characters::new(256, Charset::PRINTABLE, &required, Some(1)).unwrap();
        assert_eq!(counted.draw(&SeededRandom::new(1)).expose().len(), 256);
    }
}
