//! Passwords that nobody has to remember, and how many guesses they are worth.

use crate::clock::Random;
use crate::entropy::Entropy;
use crate::rules::{Charset, PasswordRules};
use crate::secret::Secret;
use crate::strength::{Context, measure};

mod characters;
mod words;

use characters::Characters;
use words::Words;

/// What the password is made of. Every recipe obeys the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipe {
    /// That many words of a list of 2,048 (11 bits each) and a number of two digits.
    Words(u8),
    /// That many characters of an alphabet of 64 (6 bits each), without look-alikes, one of each kind.
    Characters(u8),
    /// That many characters, or as many as the site takes, of all that it takes.
    Site(u8),
}

impl Recipe {
    pub const WORDS: std::ops::RangeInclusive<u8> = 4..=10;
    pub const CHARACTERS: std::ops::RangeInclusive<u8> = 15..=64;
    pub const SITE: std::ops::RangeInclusive<u8> = 4..=64;
    /// Unless somebody says otherwise: 20 characters, over 100 bits where letters and digits are taken.
    pub const BY_THE_SITE: Self = Self::Site(20);

    fn clamped(self) -> Self {
        let within = |n: u8, bounds: std::ops::RangeInclusive<u8>| n.clamp(*bounds.start(), *bounds.end());
        match self {
            Self::Words(n) => Self::Words(within(n, Self::WORDS)),
            Self::Characters(n) => Self::Characters(within(n, Self::CHARACTERS)),
            Self::Site(n) => Self::Site(within(n, Self::SITE)),
        }
    }
}

/// Neither 0 O o, 1 I l, nor a character that a shell, a form or a messenger treats specially.
const ALPHABET: Charset = Charset::of("23456789abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ-_.!?*+=");

/// What is easily taken for another one, and a space, which forms cut off.
const MISREAD: Charset = Charset::of("0Oo1Il| ");

/// How often a password that is easy to guess, or holds a name, is thrown away before it is taken as it is.
const TRIES: usize = 32;

/// Makes a password that meets the rules. Lengths outside the recipe's bounds are brought within them; a recipe that
/// cannot meet the rules (a site that allows ten characters) is changed until it does.
///
/// Of a site whose rules are too narrow for any better, the best that can be had is made.
pub fn password(recipe: Recipe, rules: PasswordRules, context: &Context<'_>, random: &dyn Random) -> Secret {
    let made = Made::of(recipe, &rules);
    for _ in 0..TRIES {
        let candidate = made.draw(random);
        if measure(&candidate, rules, context).weak().is_empty() {
            return candidate;
        }
    }
    made.draw(random)
}

/// How many guesses a password that [`password`] makes is worth to somebody who knows recipe and rules.
pub fn entropy(recipe: Recipe, rules: &PasswordRules) -> Entropy {
    Made::of(recipe, rules).entropy()
}

/// Whether any password obeys the rules.
pub(crate) fn is_possible(rules: &PasswordRules) -> bool {
    fitting(rules, 20, &everything(rules), &needed(rules)).is_some()
}

/// Of the best password that a site takes, no longer than any that is made.
pub(crate) fn best(rules: &PasswordRules) -> Entropy {
    let longest = rules.max_length.min(PasswordRules::LONGEST);
    let best = fitting(rules, longest, &everything(rules), &needed(rules));
    best.map_or(Entropy::of_bits(0.0), |best| best.entropy())
}

/// All passwords that a recipe may give under some rules.
enum Made {
    Words(Words),
    Characters(Characters),
}

impl Made {
    fn of(recipe: Recipe, rules: &PasswordRules) -> Self {
        let recipe = recipe.clamped();
        let made = match recipe {
            Recipe::Words(count) => Words::new(count, *Recipe::WORDS.end(), rules).map(Self::Words),
            _ => None,
        };
        let length = match recipe {
            Recipe::Words(_) => 20,
            Recipe::Characters(count) | Recipe::Site(count) => u16::from(count),
        };
        let by_kind = !matches!(recipe, Recipe::Site(_));
        let made =
            made.or_else(|| by_kind.then(|| one_of_each(rules, length)).flatten().map(Self::Characters));
        made.or_else(|| of_all(rules, length).map(Self::Characters)).unwrap_or_else(|| {
            // Rules that no password meets are the server's mistake: the best that can be made without them.
            let free = Characters::new(length, ALPHABET, &[], None);
            free.map_or_else(|| Self::of(Recipe::BY_THE_SITE, &PasswordRules::FLOOR), Self::Characters)
        })
    }

    fn draw(&self, random: &dyn Random) -> Secret {
        match self {
            Self::Words(words) => words.draw(random),
            Self::Characters(characters) => characters.draw(random),
        }
    }

    fn entropy(&self) -> Entropy {
        match self {
            Self::Words(words) => words.entropy(),
            Self::Characters(characters) => characters.entropy(),
        }
    }
}

/// Many sites want one of each kind without saying so; at these lengths nearly every text has them anyway.
fn one_of_each(rules: &PasswordRules, length: u16) -> Option<Characters> {
    let allowed = everything(rules);
    let alphabet = readable(ALPHABET.both(allowed), rules);
    let mut sets = needed(rules);
    for kind in [Charset::LOWER, Charset::UPPER, Charset::DIGITS, Charset::SYMBOLS] {
        let implied = sets.iter().any(|set| kind.has_all(*set));
        if kind.meets(alphabet) && !implied {
            sets.push(kind);
        }
    }
    fitting(rules, length, &alphabet, &sets).filter(|made| made.entropy() >= Entropy::UNAIDED)
}

/// Without look-alikes where enough is left, and else with all that the site takes.
fn of_all(rules: &PasswordRules, length: u16) -> Option<Characters> {
    let (all, sets) = (everything(rules), needed(rules));
    let clear = fitting(rules, length, &readable(all.without(MISREAD), rules), &sets);
    let clear = clear.filter(|made| made.entropy() >= Entropy::UNAIDED);
    let spaceless = || fitting(rules, length, &readable(all.without(Charset::of(" ")), rules), &sets);
    clear.or_else(spaceless).or_else(|| fitting(rules, length, &all, &sets))
}

/// The length nearest to the wanted one at which a password obeys the rules.
fn fitting(rules: &PasswordRules, wanted: u16, alphabet: &Charset, sets: &[Charset]) -> Option<Characters> {
    let (min, max) = (rules.min_length.max(1), rules.max_length.max(1));
    let wanted = wanted.min(max).max(min);
    let shorter = (min..=wanted).rev();
    let longer = wanted + 1..=max.min(wanted.saturating_add(PasswordRules::LONGEST));
    // Nearly always the first one does; only an alphabet of a few characters that may not be repeated ends early.
    let possible = |length: &u16| usize::from(*length) >= least(alphabet, sets);
    let lengths = shorter.chain(longer).filter(possible);
    lengths.take(TRIES).find_map(|length| Characters::new(length, *alphabet, sets, rules.max_consecutive))
}

/// Fewer characters cannot meet all sets: as many as there are sets that have nothing in common.
fn least(alphabet: &Charset, sets: &[Charset]) -> usize {
    let mut apart = Charset::EMPTY;
    let mut count = 0;
    for set in sets.iter().map(|set| set.both(*alphabet)) {
        if !set.meets(apart) {
            count += 1;
        }
        apart = apart.with(set);
    }
    count.max(1)
}

fn everything(rules: &PasswordRules) -> Charset {
    rules.allowed.unwrap_or(Charset::PRINTABLE)
}

fn needed(rules: &PasswordRules) -> Vec<Charset> {
    rules.sets().collect()
}

/// The alphabet, and what is needed for a set that it misses.
fn readable(alphabet: Charset, rules: &PasswordRules) -> Charset {
    let missed = rules.sets().filter(|set| !set.meets(alphabet));
    missed.fold(alphabet, |all, set| all.with(set.both(everything(rules))))
}

#[cfg(test)]
mod obeying;
#[cfg(test)]
mod tests;
