//! Which passwords are accepted, and in plain machine words why not (NIST SP 800-63B-4 section
//! 3.1.1.2): length, a blocklist and what is easily guessed; no rules of composition, no expiry.
//!
//! The blocklist is the list of 30 000 common passwords inside `zxcvbn` (MIT), which also sees
//! through capitals, l33t, reversal and repetition.

use crate::config::Config;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;
use utoipa::ToSchema;
use zeroize::Zeroizing;
use zxcvbn::feedback::Suggestion;
use zxcvbn::matching::patterns::{DictionaryPattern, MatchPattern};
use zxcvbn::{Match, Score};

/// Shortest password, in code points, when it is all there is (NIST SP 800-63B-4 section 3.1.1.1).
pub const MIN_LENGTH: usize = 15;
/// Shortest password beside a second factor.
pub const MIN_LENGTH_WITH_SECOND_FACTOR: usize = 8;
/// Longest password (NIST asks for at least 64).
pub const MAX_LENGTH: usize = 256;

/// Why a password is refused. The client owns the words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Reason {
    TooShort {
        min: usize,
    },
    TooLong {
        max: usize,
    },
    /// On the list of passwords that are tried first.
    Common,
    ContainsIdentifier,
    ContainsSite,
    /// Too few guesses would find it; `suggestions` say what would help.
    Guessable {
        suggestions: Vec<String>,
    },
    SameAsCurrent,
}

/// Whose password it is to be.
pub(crate) struct About {
    pub(crate) second_factor: bool,
    pub(crate) names: Vec<String>,
}

pub(crate) fn min_length(second_factor: bool) -> usize {
    if second_factor { MIN_LENGTH_WITH_SECOND_FACTOR } else { MIN_LENGTH }
}

/// The form passwords are compared in: NFKC, so that it does not matter which keyboard was used.
/// Spaces at the ends belong to the password.
pub(crate) fn normal(typed: &str) -> Zeroizing<String> {
    Zeroizing::new(typed.nfkc().collect())
}

/// Could this ever be somebody's password? If not, hashing it is a waste.
pub(crate) fn is_plausible(normal: &str) -> bool {
    !normal.is_empty() && normal.chars().take(MAX_LENGTH + 1).count() <= MAX_LENGTH
}

/// All reasons against a password in its normal form; none if it is fine.
pub(crate) fn reasons(normal: &str, about: &About, config: &Config) -> Vec<Reason> {
    let length = normal.chars().take(MAX_LENGTH + 1).count();
    let min = min_length(about.second_factor);
    if length > MAX_LENGTH {
        return vec![Reason::TooLong { max: MAX_LENGTH }];
    }
    let mut reasons = Vec::new();
    if length < min {
        reasons.push(Reason::TooShort { min });
    }
    let own = words_of(about.names.iter().map(String::as_str));
    let site = site_words(config);
    if is_mostly(normal, &own) {
        reasons.push(Reason::ContainsIdentifier);
    }
    if is_mostly(normal, &site) {
        reasons.push(Reason::ContainsSite);
    }
    // Beside a second factor a password need only withstand guessing at the sign-in form.
    let needed = if about.second_factor { Score::Two } else { Score::Three };
    let inputs: Vec<&str> = own.iter().chain(&site).map(String::as_str).collect();
    let guess = zxcvbn::zxcvbn(normal, &inputs);
    if let [whole] = guess.sequence()
        && is_common(whole)
    {
        reasons.push(Reason::Common);
    } else if guess.score() < needed && length >= min {
        let suggestions = guess
            .feedback()
            .map(|feedback| feedback.suggestions().iter().copied().map(code_of).map(str::to_owned).collect())
            .unwrap_or_default();
        reasons.push(Reason::Guessable { suggestions });
    }
    reasons
}

/// The reasons for the person at a command line.
pub(crate) fn words(reasons: &[Reason]) -> String {
    let each: Vec<String> = reasons
        .iter()
        .map(|reason| match reason {
            Reason::TooShort { min } => format!("it needs at least {min} characters"),
            Reason::TooLong { max } => format!("it may have at most {max} characters"),
            Reason::Common => "it is on the list of passwords that are tried first".to_owned(),
            Reason::ContainsIdentifier => "it is little more than the account's name".to_owned(),
            Reason::ContainsSite => "it is little more than the server's name".to_owned(),
            Reason::Guessable { .. } => "it is easily guessed; add another word or two".to_owned(),
            Reason::SameAsCurrent => "it is the current password".to_owned(),
        })
        .collect();
    each.join("; ")
}

/// Does taking the known words away leave too little? (A long sentence may well contain a name.)
fn is_mostly(password: &str, words: &[String]) -> bool {
    let lower = password.to_lowercase();
    let mut rest = lower.clone();
    for word in words {
        rest = rest.replace(word.as_str(), "");
    }
    rest.len() < lower.len() && rest.chars().count() < MIN_LENGTH_WITH_SECOND_FACTOR
}

fn words_of<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut words: Vec<String> = names
        .flat_map(|name| std::iter::once(name).chain(name.split(|letter: char| !letter.is_alphanumeric())))
        .map(|word| normal(word).to_lowercase())
        .filter(|word| word.chars().count() >= 3)
        .collect();
    // The longest first, so that taking one away does not break another.
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words.dedup();
    words
}

fn site_words(config: &Config) -> Vec<String> {
    let host = config.host();
    let labels: Vec<&str> = match config.public_url.domain() {
        Some(domain) => {
            let mut labels: Vec<&str> = domain.split('.').collect();
            labels.pop();
            labels
        }
        None => Vec::new(),
    };
    words_of(std::iter::once(config.name.as_str()).chain(std::iter::once(host)).chain(labels))
}

fn is_common(part: &Match) -> bool {
    match &part.pattern {
        MatchPattern::Dictionary(word) => {
            // The type cannot be named from here; its default is the list of passwords.
            word.dictionary_name == DictionaryPattern::default().dictionary_name
        }
        MatchPattern::Repeat(repeat) => {
            !repeat.base_matches.is_empty() && repeat.base_matches.iter().all(is_common)
        }
        _ => false,
    }
}

fn code_of(suggestion: Suggestion) -> &'static str {
    match suggestion {
        Suggestion::UseAFewWordsAvoidCommonPhrases => "use_a_few_words",
        Suggestion::NoNeedForSymbolsDigitsOrUppercaseLetters => "no_need_for_symbols",
        Suggestion::AddAnotherWordOrTwo => "add_words",
        Suggestion::CapitalizationDoesntHelpVeryMuch => "capitals_do_not_help",
        Suggestion::AllUppercaseIsAlmostAsEasyToGuessAsAllLowercase => "all_capitals_do_not_help",
        Suggestion::ReversedWordsArentMuchHarderToGuess => "reversed_words_do_not_help",
        Suggestion::PredictableSubstitutionsDontHelpVeryMuch => "substitutions_do_not_help",
        Suggestion::UseALongerKeyboardPatternWithMoreTurns => "longer_keyboard_pattern",
        Suggestion::AvoidRepeatedWordsAndCharacters => "avoid_repeats",
        Suggestion::AvoidSequences => "avoid_sequences",
        Suggestion::AvoidRecentYears => "avoid_recent_years",
        Suggestion::AvoidYearsThatAreAssociatedWithYou => "avoid_your_years",
        Suggestion::AvoidDatesAndYearsThatAreAssociatedWithYou => "avoid_your_dates",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(password: &str, second_factor: bool) -> Vec<Reason> {
        let about = About {
            second_factor,
            names: vec!["jana.weber".to_owned(), "jana.weber@example.org".to_owned()],
        };
        reasons(&normal(password), &about, &Config::loopback("Dorfladen"))
    }

    #[test]
    fn lengths_count_code_points() {
        assert_eq!(why("qvzk plomb wirt", false), []);
        assert_eq!(why("qvzk plomb wir", false), [Reason::TooShort { min: 15 }]);
        assert_eq!(why("qvzk!plo", true), []);
        assert_eq!(why("qvzk!pl", true), [Reason::TooShort { min: 8 }]);
        let long: String = "qvzk plomb wirt 7ä ".chars().cycle().take(256).collect();
        assert_eq!(why(&long, false), []);
        assert_eq!(why(&format!("{long}x"), false), [Reason::TooLong { max: 256 }]);
        assert_eq!(why(&"x".repeat(10_000), false), [Reason::TooLong { max: 256 }]);
        // 8 code points, 32 bytes.
        assert_eq!(why("🦀🔑🌙🚪🪟🕯🧵🪴", true), []);
    }

    #[test]
    fn spaces_count_and_forms_do_not() {
        assert_ne!(normal(" secret"), normal("secret"));
        assert_eq!(normal("cafe\u{301} ｐａｓｓ ﬁ"), normal("café pass fi"));
    }

    #[test]
    fn common_ones_are_refused_in_disguise() {
        for common in
            ["password", "P@ssw0rd", "drowssap", "passwordpassword", "PASSWORD1", "iloveyouiloveyou"]
        {
            assert!(
                why(common, true)
                    .iter()
                    .any(|reason| matches!(reason, Reason::Common | Reason::Guessable { .. })),
                "{common}: {:?}",
                why(common, true)
            );
        }
        assert!(why("passwordpassword", false).contains(&Reason::Common));
        assert!(matches!(why("abcdefghijklmnopqrstuvwxyz", false)[..], [Reason::Guessable { .. }]));
        assert!(matches!(
            why("aaaaaaaaaaaaaaaaaaaa", false)[..],
            [Reason::Guessable { .. } | Reason::Common]
        ));
    }

    #[test]
    fn names_alone_do_not_protect() {
        assert!(why("jana.weber jana.weber", false).contains(&Reason::ContainsIdentifier));
        assert!(why("Dorfladen dorfladen 12", false).contains(&Reason::ContainsSite));
        assert_eq!(why("where jana.weber hides her violet kettle", false), []);
    }
}
