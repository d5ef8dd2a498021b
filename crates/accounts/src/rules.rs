//! What a site says about passwords, and whether a text obeys it.

use crate::entropy::{Entropy, Worth};
use crate::generate;
use crate::provider::WeakReason;

mod charset;
mod parse;

pub use charset::Charset;

/// Bounds of a password in code points (NIST SP 800-63B-4, 3.1.1.2), and what a site wants to see in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordRules {
    pub min_length: u16,
    pub max_length: u16,
    /// Kinds of characters that the server wants to see.
    pub needs: Needs,
    /// All that may stand in it; `None`: any character, of any script.
    pub allowed: Option<Charset>,
    /// Sets of the site's own making: one of each must be there. An empty one asks for nothing.
    pub required: [Charset; PasswordRules::SETS],
    /// How often a character may stand in a row.
    pub max_consecutive: Option<u8>,
}

/// Kinds of characters of which a server wants at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Needs {
    pub digit: bool,
    pub lowercase: bool,
    pub uppercase: bool,
    pub symbol: bool,
}

/// How good a password a site lets people have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict {
    /// Of the best password that the site takes, at [`PasswordRules::LONGEST`] characters or fewer.
    pub best: Entropy,
}

impl Verdict {
    /// Below [`Entropy::UNAIDED`], whatever is chosen there.
    pub fn is_weak(self) -> bool {
        self.best.worth() == Worth::Weak
    }
}

impl PasswordRules {
    /// What the app asks for whatever the server says: 8 code points, the floor with a second factor (NIST 3.1.1.2).
    pub const FLOOR: Self = Self::between(8, 256);

    /// How many sets of its own a site may ask for; more were never seen.
    pub const SETS: usize = 4;

    /// The longest password that is made.
    pub const LONGEST: u16 = 64;

    pub const fn between(min_length: u16, max_length: u16) -> Self {
        let needs = Needs { digit: false, lowercase: false, uppercase: false, symbol: false };
        let required = [Charset::EMPTY; Self::SETS];
        Self { min_length, max_length, needs, allowed: None, required, max_consecutive: None }
    }

    pub fn verdict(&self) -> Verdict {
        Verdict { best: generate::best(self) }
    }

    /// Every set of which one character must be there.
    pub(crate) fn sets(&self) -> impl Iterator<Item = Charset> + '_ {
        let Needs { digit, lowercase, uppercase, symbol } = self.needs;
        let kinds = [
            (lowercase, Charset::LOWER),
            (uppercase, Charset::UPPER),
            (digit, Charset::DIGITS),
            (symbol, Charset::SYMBOLS),
        ];
        let kinds = kinds.into_iter().filter(|(wanted, _)| *wanted).map(|(_, set)| set);
        kinds.chain(self.required.into_iter().filter(|set| !set.is_empty()))
    }

    /// The rules about kinds of characters, and whether a normalised text meets them.
    pub(crate) fn kinds(&self, text: &str) -> impl Iterator<Item = (WeakReason, bool)> {
        let has = |class: fn(char) -> bool| text.chars().any(class);
        let symbol = |c: char| !c.is_alphanumeric() && !c.is_whitespace();
        let needs = [
            (self.needs.digit, WeakReason::NeedsDigit, has(|c| c.is_ascii_digit())),
            (self.needs.lowercase, WeakReason::NeedsLowercase, has(char::is_lowercase)),
            (self.needs.uppercase, WeakReason::NeedsUppercase, has(char::is_uppercase)),
            (self.needs.symbol, WeakReason::NeedsSymbol, has(symbol)),
        ];
        let mut met: Vec<_> =
            needs.into_iter().filter(|(wanted, ..)| *wanted).map(|(_, reason, met)| (reason, met)).collect();
        for set in self.required.into_iter().filter(|set| !set.is_empty()) {
            met.push((WeakReason::NeedsOneOf { set }, text.chars().any(|c| set.contains(c))));
        }
        if let Some(allowed) = self.allowed {
            met.push((WeakReason::NotAllowed { allowed }, text.chars().all(|c| allowed.contains(c))));
        }
        if let Some(max) = self.max_consecutive {
            met.push((WeakReason::TooManyInARow { max }, longest_run(text) <= usize::from(max)));
        }
        met.into_iter()
    }
}

pub(crate) fn longest_run(text: &str) -> usize {
    let (mut longest, mut run, mut last) = (0, 0, None);
    for c in text.chars() {
        run = if last == Some(c) { run + 1 } else { 1 };
        last = Some(c);
        longest = longest.max(run);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(rules: &str) -> f64 {
        PasswordRules::parse(rules).unwrap().verdict().best.bits()
    }

    #[test]
    fn six_digits_are_weak_and_twenty_letters_and_digits_are_not() {
        let pin = PasswordRules::parse("minlength: 6; maxlength: 6; allowed: digit;").unwrap();
        assert!(pin.verdict().is_weak());
        assert!((pin.verdict().best.bits() - 6.0 * 10_f64.log2()).abs() < 1e-9);
        let market =
            PasswordRules::parse("minlength: 6; maxlength: 20; allowed: lower, upper, digit;").unwrap();
        assert!(!market.verdict().is_weak());
        assert!((market.verdict().best.bits() - 20.0 * 62_f64.log2()).abs() < 1e-9);
    }

    #[test]
    fn the_line_is_drawn_at_64_bits() {
        assert!(bits("maxlength: 9; allowed: ascii-printable;") < 64.0);
        assert!(bits("maxlength: 10; allowed: ascii-printable;") > 64.0);
    }

    #[test]
    fn more_than_is_ever_made_counts_for_nothing() {
        assert_eq!(bits("maxlength: 64;"), bits("maxlength: 200;"));
    }

    #[test]
    fn a_run_is_counted_in_characters() {
        for (text, longest) in [("", 0), ("a", 1), ("abab", 1), ("aab", 2), ("abbb", 3), ("ééa", 2)] {
            assert_eq!(longest_run(text), longest, "{text}");
        }
    }
}
