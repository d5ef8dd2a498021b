//! A few words and a number, as far as the rules let them be.

use crate::clock::Random;
use crate::entropy::Entropy;
use crate::rules::{Charset, PasswordRules, longest_run};
use crate::secret::Secret;

/// What may stand between two words, the first that is allowed.
const BETWEEN: [&str; 8] = ["-", "_", ".", "+", "=", "!", "*", "?"];

/// Fewer words than half of the list are no longer what "a few words" promises.
const FEWEST: usize = 1_024;

/// The passwords of so many words that obey the rules.
pub(super) struct Words {
    count: usize,
    list: Vec<&'static str>,
    between: Option<&'static str>,
    capitals: Capitals,
    /// Two digits each; empty: no number.
    numbers: Vec<u32>,
    lengths: std::ops::RangeInclusive<usize>,
    /// How many of the passwords have a length that is allowed.
    share: f64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Capitals {
    None,
    /// One word, drawn.
    One,
    /// Each, where nothing else keeps them apart.
    Each,
}

impl Words {
    /// At least so many words; `None` where the rules do not let them be, or cut most of them off.
    pub fn new(count: u8, most: u8, rules: &PasswordRules) -> Option<Self> {
        let allowed = rules.allowed.unwrap_or(Charset::PRINTABLE);
        let run = rules.max_consecutive.map_or(usize::MAX, usize::from);
        let fits = |text: &str| text.chars().all(|c| allowed.contains(c)) && longest_run(text) <= run;
        let list: Vec<&str> =
            bip39::Language::English.word_list().iter().copied().filter(|word| fits(word)).collect();
        let custom = rules.required.into_iter().find(|set| !set.is_empty() && set.meets(Charset::SYMBOLS));
        let wanted = |text: &&&str| custom.is_none_or(|set| set.meets(Charset::of(text)));
        let between = || BETWEEN.iter().filter(|text| fits(text));
        let between = between().find(wanted).or_else(|| between().next()).copied();
        let capitals = match (allowed.has_all(Charset::UPPER), between) {
            (true, Some(_)) => Capitals::One,
            (true, None) => Capitals::Each,
            (false, Some(_)) => Capitals::None,
            (false, None) => return None,
        };
        let numbers: Vec<u32> = (10..100).filter(|number| fits(&number.to_string())).collect();
        let numbers = if allowed.has_all(Charset::DIGITS) { numbers } else { Vec::new() };

        let there = Charset::LOWER
            .with(if capitals == Capitals::None { Charset::EMPTY } else { Charset::UPPER })
            .with(if numbers.is_empty() { Charset::EMPTY } else { Charset::DIGITS });
        // Of each kind one is there, whichever it is: a set of some letters only may be missed.
        let kinds = [Charset::LOWER, Charset::UPPER, Charset::DIGITS].map(|kind| kind.both(there));
        let met = |set: Charset| {
            kinds.iter().any(|kind| !kind.is_empty() && set.has_all(*kind))
                || between.is_some_and(|text| set.meets(Charset::of(text)))
        };
        if list.len() < FEWEST || !rules.sets().all(met) {
            return None;
        }
        let lengths = usize::from(rules.min_length)..=usize::from(rules.max_length);
        let mut words = Self { count: 0, list, between, capitals, numbers, lengths, share: 0.0 };
        (count..=most).find_map(|count| {
            words.count = usize::from(count);
            words.share = words.share();
            // One bit at most is lost to lengths.
            (words.share >= 0.5).then_some(())
        })?;
        Some(words)
    }

    pub fn entropy(&self) -> Entropy {
        let count = self.count as f64;
        let words = count * (self.list.len() as f64).log2();
        let capital = if self.capitals == Capitals::One { count.log2() } else { 0.0 };
        let number = if self.numbers.is_empty() { 0.0 } else { (self.numbers.len() as f64).log2() };
        Entropy::of_bits(words + capital + number + self.share.log2())
    }

    pub fn draw(&self, random: &dyn Random) -> Secret {
        loop {
            let words: Vec<&str> =
                (0..self.count).map(|_| self.list[self.place(self.list.len(), random)]).collect();
            let letters: usize = words.iter().map(|word| word.len()).sum();
            if self.lengths.contains(&(letters + self.around())) {
                return self.join(&words, random);
            }
        }
    }

    fn join(&self, words: &[&str], random: &dyn Random) -> Secret {
        // Room for all of it: growing would leave copies behind that nobody wipes.
        let letters: usize = words.iter().map(|word| word.len()).sum();
        let mut text = String::with_capacity(letters + self.around());
        let capital = match self.capitals {
            Capitals::One => Some(self.place(self.count, random)),
            _ => None,
        };
        for (n, word) in words.iter().enumerate() {
            if let (true, Some(between)) = (n > 0, self.between) {
                text.push_str(between);
            }
            if self.capitals == Capitals::Each || capital == Some(n) {
                text.extend(word.chars().take(1).map(|c| c.to_ascii_uppercase()));
                text.push_str(&word[1..]);
            } else {
                text.push_str(word);
            }
        }
        if !self.numbers.is_empty() {
            text.push_str(self.between.unwrap_or_default());
            let number = self.numbers[self.place(self.numbers.len(), random)];
            text.extend([number / 10, number % 10].iter().filter_map(|digit| char::from_digit(*digit, 10)));
        }
        Secret::new(text)
    }

    fn place(&self, below: usize, random: &dyn Random) -> usize {
        random.below(u32::try_from(below).unwrap_or(1).max(1)) as usize
    }

    /// Characters that are no words.
    fn around(&self) -> usize {
        let number = if self.numbers.is_empty() { 0 } else { 2 };
        let gaps = self.count - usize::from(self.numbers.is_empty());
        number + if self.between.is_some() { gaps } else { 0 }
    }

    /// The share of all rows of words whose length is allowed.
    fn share(&self) -> f64 {
        let longest = self.list.iter().map(|word| word.len()).max().unwrap_or(0);
        let mut one = vec![0.0; longest + 1];
        for word in &self.list {
            one[word.len()] += 1.0 / self.list.len() as f64;
        }
        let mut rows = vec![1.0];
        for _ in 0..self.count {
            let mut longer = vec![0.0; rows.len() + longest];
            for (length, row) in rows.iter().enumerate() {
                for (letters, word) in one.iter().enumerate() {
                    longer[length + letters] += row * word;
                }
            }
            rows = longer;
        }
        let fits = |length: &usize| self.lengths.contains(&(length + self.around()));
        let share: f64 = (0..rows.len()).filter(fits).map(|length| rows[length]).sum();
        share.min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SeededRandom;

    fn words(rules: &str) -> Option<String> {
        let rules = PasswordRules::parse(rules).unwrap();
        let words = Words::new(5, 10, &rules)?;
        Some(words.draw(&SeededRandom::new(7)).expose().to_owned())
    }

    #[test]
    fn what_stands_between_them_is_what_is_allowed() {
        assert!(words("allowed: lower, upper, digit, [-_];").unwrap().contains('-'));
        assert!(words("allowed: lower, upper, digit, [_!];").unwrap().contains('_'));
        assert!(words("allowed: lower, digit, [.];").unwrap().contains('.'));
        assert!(words("allowed: ascii-printable; required: [!?];").unwrap().contains('!'));
        let close = words("allowed: lower, upper, digit;").unwrap();
        assert_eq!(close.chars().filter(char::is_ascii_uppercase).count(), 5, "{close}");
    }

    #[test]
    fn words_that_the_rules_cut_off_are_none() {
        for rules in [
            "allowed: digit;",
            "allowed: lower;",
            "maxlength: 20;",
            "required: [~]; allowed: ascii-printable;",
            "required: digit; required: [aeiou];",
        ] {
            assert_eq!(words(rules), None, "{rules}");
        }
    }

    #[test]
    fn more_words_are_taken_where_the_site_wants_it_longer() {
        let long = words("minlength: 50; allowed: ascii-printable;").unwrap();
        assert!(long.len() >= 50, "{long}");
    }

    #[test]
    fn the_entropy_is_that_of_the_list_the_capital_and_the_number() {
        let free = Words::new(5, 10, &PasswordRules::FLOOR).unwrap().entropy().bits();
        assert!((free - (5.0 * 11.0 + 5_f64.log2() + 90_f64.log2())).abs() < 1e-9);
        let half = PasswordRules::between(8, 34);
        let half = Words::new(5, 5, &half).unwrap().entropy().bits();
        assert!(half < free && half > free - 1.0, "{half} {free}");
    }

    #[test]
    fn no_double_letters_where_none_may_stand_twice_in_a_row() {
        let rules = PasswordRules::parse("max-consecutive: 1;").unwrap();
        let words = Words::new(6, 10, &rules).unwrap();
        let random = SeededRandom::new(5);
        assert!((0..500).all(|_| longest_run(words.draw(&random).expose()) == 1));
    }
}
