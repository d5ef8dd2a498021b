//! How strong a new password is, which rules it meets, and what would make it better.

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization;
use zxcvbn::feedback::{Suggestion, Warning};
use zxcvbn::{Score, zxcvbn};

use crate::provider::{PasswordRules, WeakReason};
use crate::secret::Secret;

/// zxcvbn looks at this many code points at most; its time grows faster than the length.
const LOOKED_AT: usize = 100;

/// What a strength meter shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strength {
    /// zxcvbn's score, 0 (guessed first) to 4 (very strong).
    pub score: u8,
    pub hint: Option<Hint>,
    /// Every rule, and whether it is met.
    pub rules: Vec<(WeakReason, bool)>,
}

impl Strength {
    pub fn weak(&self) -> Vec<WeakReason> {
        self.rules.iter().filter(|(_, met)| !met).map(|(rule, _)| *rule).collect()
    }
}

/// The one thing to say about a weak password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    AddWords,
    Keyboard,
    Repeats,
    Sequence,
    Year,
    Date,
    Common,
    Name,
    Substitution,
    Reversed,
    Capitals,
}

/// Who the password is for: words that must not be in it.
#[derive(Debug, Clone, Default)]
pub struct Context<'a> {
    pub identifier: &'a str,
    pub server: &'a str,
}

/// Measures a password against the rules of a server and against guessing (NIST SP 800-63B-4, 3.1.1.2: length and a
/// blocklist; kinds of characters only where the server insists on them).
pub fn measure(password: &Secret, rules: PasswordRules, context: &Context<'_>) -> Strength {
    let normal: String = password.expose().nfkc().collect();
    let length = normal.chars().count();
    let head: String = normal.chars().take(LOOKED_AT).collect();
    let words: Vec<String> = words(context.identifier).chain(words(context.server)).collect();
    let inputs: Vec<&str> = words.iter().map(String::as_str).collect();
    let entropy = zxcvbn(&head, &inputs);

    let folded = normal.to_lowercase();
    let holds = |text: &str| self::words(text).any(|word| folded.contains(&word));
    let score = u8::from(entropy.score());
    let mut lines = vec![
        (WeakReason::TooShort { min: rules.min_length }, length >= usize::from(rules.min_length)),
        (WeakReason::TooLong { max: rules.max_length }, length <= usize::from(rules.max_length)),
        (WeakReason::Guessable, entropy.score() >= needed(&rules)),
        (WeakReason::ContainsIdentifier, !holds(context.identifier)),
        (WeakReason::ContainsServer, !holds(context.server)),
    ];
    lines.extend(rules.kinds(&normal));
    let hint = entropy.feedback().and_then(|feedback| {
        feedback.warning().map(from_warning).or_else(|| feedback.suggestions().first().map(from_suggestion))
    });
    Strength { score, hint, rules: lines }
}

/// What a password must reach: 10⁸ guesses, and 10³ where the site takes none that could be sure of more.
fn needed(rules: &PasswordRules) -> Score {
    if rules.verdict().is_weak() { Score::One } else { Score::Three }
}

/// The parts of a name that would give a password away; parts of three letters are in too many honest words.
fn words(text: &str) -> impl Iterator<Item = String> {
    let mut seen = HashSet::new();
    let common = ["mail", "gmail", "accounts", "account", "example", "localhost", "login", "invalid"];
    text.to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|part| part.chars().count() >= 4 && !common.contains(part))
        .filter(|part| !part.chars().all(|c| c.is_ascii_digit()))
        .map(str::to_owned)
        .collect::<Vec<_>>()
        .into_iter()
        .filter(move |part| seen.insert(part.clone()))
}

fn from_warning(warning: Warning) -> Hint {
    match warning {
        Warning::StraightRowsOfKeysAreEasyToGuess | Warning::ShortKeyboardPatternsAreEasyToGuess => {
            Hint::Keyboard
        }
        Warning::RepeatsLikeAaaAreEasyToGuess | Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess => {
            Hint::Repeats
        }
        Warning::SequencesLikeAbcAreEasyToGuess => Hint::Sequence,
        Warning::RecentYearsAreEasyToGuess => Hint::Year,
        Warning::DatesAreOftenEasyToGuess => Hint::Date,
        Warning::NamesAndSurnamesByThemselvesAreEasyToGuess
        | Warning::CommonNamesAndSurnamesAreEasyToGuess => Hint::Name,
        Warning::ThisIsATop10Password
        | Warning::ThisIsATop100Password
        | Warning::ThisIsACommonPassword
        | Warning::ThisIsSimilarToACommonlyUsedPassword
        | Warning::AWordByItselfIsEasyToGuess => Hint::Common,
    }
}

fn from_suggestion(suggestion: &Suggestion) -> Hint {
    match suggestion {
        Suggestion::AvoidRepeatedWordsAndCharacters => Hint::Repeats,
        Suggestion::AvoidSequences => Hint::Sequence,
        Suggestion::AvoidRecentYears | Suggestion::AvoidYearsThatAreAssociatedWithYou => Hint::Year,
        Suggestion::AvoidDatesAndYearsThatAreAssociatedWithYou => Hint::Date,
        Suggestion::CapitalizationDoesntHelpVeryMuch
        | Suggestion::AllUppercaseIsAlmostAsEasyToGuessAsAllLowercase => Hint::Capitals,
        Suggestion::ReversedWordsArentMuchHarderToGuess => Hint::Reversed,
        Suggestion::PredictableSubstitutionsDontHelpVeryMuch => Hint::Substitution,
        Suggestion::UseALongerKeyboardPatternWithMoreTurns => Hint::Keyboard,
        Suggestion::UseAFewWordsAvoidCommonPhrases
        | Suggestion::NoNeedForSymbolsDigitsOrUppercaseLetters
        | Suggestion::AddAnotherWordOrTwo => Hint::AddWords,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::{Charset, Needs};

    const RULES: PasswordRules = PasswordRules::between(15, 64);

    fn weak(password: &str) -> Vec<WeakReason> {
        let context = Context { identifier: "jana.koenig@gmail.com", server: "Dorfladen" };
        measure(&Secret::new(password), RULES, &context).weak()
    }

    #[test]
    fn a_few_unusual_words_are_enough() {
        assert_eq!(weak("mossy-kettle-walnut-29"), []);
    }

    #[test]
    fn length_counts_code_points_after_nfkc() {
        assert!(weak("é".repeat(14).as_str()).contains(&WeakReason::TooShort { min: 15 }));
        // 15 times "e" + combining acute: 15 code points after NFKC, not 30.
        let combining = "e\u{301}".repeat(65);
        assert!(weak(&combining).contains(&WeakReason::TooLong { max: 64 }));
        assert!(!weak(&"e\u{301}".repeat(64)).contains(&WeakReason::TooLong { max: 64 }));
    }

    #[test]
    fn what_everybody_tries_first_is_guessable() {
        assert!(weak("passwordpassword1").contains(&WeakReason::Guessable));
        assert!(weak("aaaaaaaaaaaaaaaaaaaa").contains(&WeakReason::Guessable));
    }

    #[test]
    fn your_name_and_the_servers_are_noticed() {
        assert!(weak("Koenig-mossy-kettle-walnut").contains(&WeakReason::ContainsIdentifier));
        assert!(weak("dorfladen-mossy-kettle-walnut").contains(&WeakReason::ContainsServer));
    }

    #[test]
    fn kinds_of_characters_are_asked_for_where_the_server_insists() {
        let all = Needs { digit: true, lowercase: true, uppercase: true, symbol: true };
        let rules = PasswordRules { needs: all, ..RULES };
        let weak = |text: &str| measure(&Secret::new(text), rules, &Context::default()).weak();
        assert_eq!(weak("mossy-Kettle-walnut-29"), []);
        assert_eq!(
            weak("mossykettlewalnutharbour"),
            [WeakReason::NeedsDigit, WeakReason::NeedsUppercase, WeakReason::NeedsSymbol]
        );
        assert_eq!(self::weak("mossykettlewalnutharbour"), [], "and nowhere else");
    }

    #[test]
    fn the_sites_own_sets_and_bounds_are_asked_for() {
        let rules = PasswordRules::parse(
            "minlength: 12; required: lower; required: [-_.]; allowed: digit; max-consecutive: 2;",
        );
        let rules = rules.unwrap();
        let weak = |text: &str| measure(&Secret::new(text), rules, &Context::default()).weak();
        let allowed = rules.allowed.unwrap();
        assert_eq!(weak("mossy-kettle-walnut"), []);
        assert_eq!(weak("mossy kettle-walnut"), [WeakReason::NotAllowed { allowed }]);
        assert_eq!(weak("mössy-kettle-walnut"), [WeakReason::NotAllowed { allowed }]);
        assert_eq!(weak("mossy---kettle-walnut"), [WeakReason::TooManyInARow { max: 2 }]);
        let set = Charset::of("-_.");
        assert_eq!(weak("mossykettlewalnut29"), [WeakReason::NeedsOneOf { set }]);
    }

    #[test]
    fn a_site_that_takes_six_digits_can_be_given_six_digits() {
        let rules = PasswordRules::parse("minlength: 6; maxlength: 6; allowed: digit;").unwrap();
        let weak = |text: &str| measure(&Secret::new(text), rules, &Context::default()).weak();
        assert_eq!(weak("850274"), []);
        assert_eq!(weak("123456"), [WeakReason::Guessable]);
    }

    #[test]
    fn ten_thousand_characters_are_refused_and_not_chewed_on() {
        assert!(weak(&"x7".repeat(5_000)).contains(&WeakReason::TooLong { max: 64 }));
    }

    #[test]
    fn a_season_and_a_year_get_a_hint() {
        let strength = measure(&Secret::new("summer2024"), RULES, &Context::default());
        assert!(strength.score < 3);
        assert!(strength.hint.is_some());
    }
}
