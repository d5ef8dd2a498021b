//! Passwords that nobody has to remember.

use crate::clock::Random;
use crate::provider::PasswordRules;
use crate::secret::Secret;
use crate::strength::{Context, measure};

/// What the password is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipe {
    /// That many words of a list of 2,048 (11 bits each) and a number of two digits.
    Words(u8),
    /// That many characters of an alphabet of 64 (6 bits each), without look-alikes.
    Characters(u8),
}

impl Recipe {
    pub const WORDS: std::ops::RangeInclusive<u8> = 4..=10;
    pub const CHARACTERS: std::ops::RangeInclusive<u8> = 15..=64;

    fn clamped(self) -> Self {
        match self {
            Self::Words(n) => Self::Words(n.clamp(*Self::WORDS.start(), *Self::WORDS.end())),
            Self::Characters(n) => {
                Self::Characters(n.clamp(*Self::CHARACTERS.start(), *Self::CHARACTERS.end()))
            }
        }
    }
}

/// Neither 0 O o, 1 I l, nor a character that a shell, a form or a messenger treats specially.
const ALPHABET: &[u8; 64] = b"23456789abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ-_.!?*+=";

/// How often a password that breaks a rule is thrown away before the recipe is made longer or shorter.
const TRIES: usize = 32;

/// Makes a password that meets the rules. Lengths outside the recipe's bounds are brought within them; a recipe that
/// cannot meet the rules (a site that allows ten characters) is changed until it does.
pub fn password(recipe: Recipe, rules: PasswordRules, context: &Context<'_>, random: &dyn Random) -> Secret {
    let mut recipe = recipe.clamped();
    for _ in 0..TRIES {
        for _ in 0..TRIES {
            let candidate = make(recipe, random);
            if measure(&candidate, rules, context).weak().is_empty() {
                return candidate;
            }
        }
        recipe = match recipe {
            Recipe::Words(n) if n < *Recipe::WORDS.end() => Recipe::Words(n + 1),
            _ => Recipe::Characters(u8::try_from(rules.max_length).unwrap_or(u8::MAX)).clamped(),
        };
    }
    make(Recipe::Characters(*Recipe::CHARACTERS.end()), random)
}

fn make(recipe: Recipe, random: &dyn Random) -> Secret {
    match recipe {
        Recipe::Words(count) => words(usize::from(count), random),
        Recipe::Characters(count) => loop {
            let mut text = String::with_capacity(usize::from(count));
            for _ in 0..count {
                text.push(char::from(ALPHABET[random.below(64) as usize]));
            }
            let has = |class: fn(&char) -> bool| text.chars().any(|c| class(&c));
            // Many sites still want one of each; at these lengths nearly every text has them anyway.
            if has(char::is_ascii_lowercase)
                && has(char::is_ascii_uppercase)
                && has(char::is_ascii_digit)
                && has(char::is_ascii_punctuation)
            {
                break Secret::new(text);
            }
        },
    }
}

fn words(count: usize, random: &dyn Random) -> Secret {
    let list = bip39::Language::English.word_list();
    // Room for the longest words: growing would leave copies behind that nobody wipes.
    let mut text = String::with_capacity(count * 9 + 3);
    let capital = random.below(u32::try_from(count).unwrap_or(1)) as usize;
    for n in 0..count {
        let word = list[random.below(2_048) as usize];
        if n == capital {
            text.extend(word.chars().take(1).map(|c| c.to_ascii_uppercase()));
            text.push_str(&word[1..]);
        } else {
            text.push_str(word);
        }
        text.push('-');
    }
    let number = random.below(90) + 10;
    text.push(char::from_digit(number / 10, 10).unwrap_or('0'));
    text.push(char::from_digit(number % 10, 10).unwrap_or('0'));
    Secret::new(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::clock::SeededRandom;

    const RULES: PasswordRules = PasswordRules::between(15, 256);

    #[test]
    fn words_look_like_words() {
        let password = password(Recipe::Words(5), RULES, &Context::default(), &SeededRandom::new(7));
        let parts: Vec<&str> = password.expose().split('-').collect();
        assert_eq!(parts.len(), 6);
        assert!(parts[..5].iter().all(|word| word.chars().all(|c| c.is_ascii_alphabetic())));
        assert!(parts[5].parse::<u8>().is_ok());
    }

    #[test]
    fn a_site_that_allows_little_gets_what_it_allows() {
        let rules = PasswordRules::between(8, 16);
        let password = password(Recipe::Words(6), rules, &Context::default(), &SeededRandom::new(7));
        assert!(password.expose().len() <= 16);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn every_password_meets_the_rules(seed: u64, words: bool, length: u8) {
            let recipe = if words { Recipe::Words(length) } else { Recipe::Characters(length) };
            let context = Context { identifier: "jana.koenig@gmail.com", server: "Ability" };
            let password = password(recipe, RULES, &context, &SeededRandom::new(seed));
            prop_assert_eq!(measure(&password, RULES, &context).weak(), vec![]);
        }

        #[test]
        fn no_look_alikes(seed: u64) {
            let password = password(Recipe::Characters(24), RULES, &Context::default(), &SeededRandom::new(seed));
            prop_assert!(!password.expose().contains(['0', 'O', 'o', '1', 'I', 'l']));
        }
    }
}
