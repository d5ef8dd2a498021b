//! The `passwordrules` attribute, as sites write it and as lists of sites' rules spell it.

use password_rules_parser::{CharacterClass, parse_password_rules};

use super::{Charset, Needs, PasswordRules};
use crate::error::{Error, ErrorKind, Result};
use crate::generate;

/// Longest text that is read, in bytes; the longest honest one has some 200.
const MAX_TEXT: usize = 2_048;

impl PasswordRules {
    /// Reads rules in the form that Apple made (`minlength: 8; required: lower; allowed: [-_];`).
    ///
    /// Of a smallest and a largest length that exclude each other, the largest holds. What is required is allowed, too;
    /// without either, printable ASCII is allowed. Where the site would take less than [`PasswordRules::FLOOR`], that
    /// is asked for as far as the site's largest length goes.
    ///
    /// Errors: `Protocol` for what is no such text, and for rules that no password meets.
    pub fn parse(text: &str) -> Result<Self> {
        if text.len() > MAX_TEXT {
            return Err(broken("the rules are too long"));
        }
        let said =
            parse_password_rules(&tidied(text), true).map_err(|_| broken("the rules cannot be read"))?;
        let floor = Self::FLOOR;
        let max = said.max_length.filter(|max| *max > 0).unwrap_or(u32::MAX);
        let max_length = u16::try_from(max).unwrap_or(u16::MAX).min(floor.max_length);
        let min = said.min_length.filter(|min| *min <= max).unwrap_or(0);
        let min = u16::try_from(min).ok().filter(|min| *min <= floor.max_length);
        let min = min.ok_or_else(|| broken("no password is that long"))?;

        let mut rules = Self::between(min.max(floor.min_length).min(max_length), max_length);
        rules.max_consecutive =
            said.max_consecutive.filter(|max| *max > 0).and_then(|max| u8::try_from(max).ok());
        let classes = said.allowed.iter().chain(said.required.iter().flatten());
        let any_script = classes.clone().any(|class| *class == CharacterClass::Unicode);
        rules.allowed = (!any_script).then(|| union(classes));
        for set in smallest(said.required.iter().map(union).collect()) {
            // A set that holds all that is allowed asks for nothing.
            if rules.allowed.is_none_or(|allowed| !set.has_all(allowed)) {
                rules.require(set)?;
            }
        }
        if generate::is_possible(&rules) { Ok(rules) } else { Err(broken("no password meets the rules")) }
    }

    fn require(&mut self, set: Charset) -> Result<()> {
        let Needs { digit, lowercase, uppercase, symbol } = &mut self.needs;
        let kind = match set {
            Charset::DIGITS => Some(digit),
            Charset::LOWER => Some(lowercase),
            Charset::UPPER => Some(uppercase),
            // The form counts the space among the symbols; sites rarely do.
            set if set.without(Charset::of(" ")) == Charset::SYMBOLS => Some(symbol),
            _ => None,
        };
        match (kind, self.required.iter_mut().find(|free| free.is_empty())) {
            (Some(kind), _) => *kind = true,
            (None, Some(free)) => *free = set,
            (None, None) => return Err(broken("too many sets are required")),
        }
        Ok(())
    }
}

fn broken(why: &'static str) -> Error {
    Error::new(ErrorKind::Protocol, why)
}

/// Within brackets a hyphen may only come first; lists of sites have it elsewhere, too, and those who made the form pass
/// over it there.
fn tidied(text: &str) -> String {
    let mut before = None;
    let mut inside = false;
    let keep = |c: &char| {
        let ignored = inside && *c == '-' && before != Some('[');
        inside = if inside { *c != ']' } else { *c == '[' };
        before = Some(*c);
        !ignored
    };
    text.chars().filter(keep).collect()
}

fn union<'a>(classes: impl IntoIterator<Item = &'a CharacterClass>) -> Charset {
    classes.into_iter().map(set).fold(Charset::EMPTY, Charset::with)
}

fn set(class: &CharacterClass) -> Charset {
    match class {
        CharacterClass::Upper => Charset::UPPER,
        CharacterClass::Lower => Charset::LOWER,
        CharacterClass::Digit => Charset::DIGITS,
        CharacterClass::Special => Charset::SYMBOLS.with(Charset::of(" ")),
        CharacterClass::AsciiPrintable | CharacterClass::Unicode => Charset::PRINTABLE,
        CharacterClass::Custom(characters) => Charset::of(&characters.iter().collect::<String>()),
    }
}

/// Without those that hold another one whole: whoever meets the smaller one meets them.
fn smallest(mut sets: Vec<Charset>) -> Vec<Charset> {
    sets.retain(|set| !set.is_empty());
    sets.sort_by_key(|set| set.len());
    let mut kept: Vec<Charset> = Vec::new();
    for set in sets {
        if !kept.iter().any(|smaller| set.has_all(*smaller)) {
            kept.push(set);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rules(text: &str) -> PasswordRules {
        PasswordRules::parse(text).unwrap()
    }

    fn shown(text: &str) -> String {
        rules(text).allowed.unwrap().to_string()
    }

    #[test]
    fn every_property_is_read() {
        let read = rules(
            "minlength: 10; maxlength: 20; required: lower, upper; required: digit; allowed: [-_]; max-consecutive: 2;",
        );
        assert_eq!((read.min_length, read.max_length, read.max_consecutive), (10, 20, Some(2)));
        assert_eq!(read.needs, Needs { digit: true, ..Needs::default() });
        assert_eq!(read.required[0], Charset::LOWER.with(Charset::UPPER));
        assert_eq!(read.allowed.unwrap().to_string(), "a–z A–Z 0–9 - _");
    }

    #[test]
    fn what_is_required_is_allowed_and_nothing_said_is_printable_ascii() {
        assert_eq!(shown("required: lower; required: [$];"), "a–z $");
        assert_eq!(shown("allowed: digit; required: lower;"), "a–z 0–9");
        assert_eq!(rules("minlength: 9").allowed, Some(Charset::PRINTABLE));
        assert_eq!(rules("allowed: unicode;").allowed, None);
    }

    #[test]
    fn special_is_a_symbol_and_custom_sets_stay_what_they_are() {
        assert!(rules("required: special; allowed: lower;").needs.symbol);
        let read = rules("required: [-_.]; required: []]; allowed: lower;");
        assert_eq!(read.required[..2], [Charset::of("]"), Charset::of("-_.")]);
    }

    #[test]
    fn the_largest_length_holds_and_our_floor_goes_as_far_as_it_lets() {
        let lengths = |text| (rules(text).min_length, rules(text).max_length);
        assert_eq!(lengths("minlength: 12; maxlength: 6; allowed: digit;"), (6, 6));
        assert_eq!(lengths("minlength: 4; maxlength: 20;"), (8, 20));
        assert_eq!(lengths("maxlength: 0;"), (8, 256));
        assert_eq!(lengths("minlength: 5; maxlength: 4294967295;"), (8, 256));
    }

    #[test]
    fn of_a_property_said_twice_the_stricter_holds() {
        let read = rules(
            "minlength: 9; minlength: 10; maxlength: 30; maxlength: 20; max-consecutive: 3; max-consecutive: 2",
        );
        assert_eq!((read.min_length, read.max_length, read.max_consecutive), (10, 20, Some(2)));
    }

    #[test]
    fn a_set_within_another_speaks_for_both() {
        let read = rules("required: lower, upper, digit; required: digit; required: ascii-printable;");
        assert_eq!(read.required, [Charset::EMPTY; PasswordRules::SETS]);
        assert!(read.needs.digit);
    }

    #[test]
    fn a_hyphen_that_does_not_come_first_is_passed_over() {
        assert_eq!(shown("allowed: [a-z!];"), "! a z");
        assert_eq!(shown("allowed: [-z];"), "- z");
        assert_eq!(rules("required: [*-]; allowed: lower;").required[0], Charset::of("*"));
    }

    #[test]
    fn what_makes_no_sense_is_an_error() {
        for text in [
            "",
            "   ",
            "maxlength",
            "maxlength: many",
            "required: letters;",
            "allowed: [a",
            "minlength: 300;",
            "minlength: 99999999999999;",
            "maxlength: 2; required: lower; required: upper; required: digit;",
            "allowed: [a]; max-consecutive: 1;",
            "required: [a]; required: [b]; required: [c]; required: [d]; required: [e];",
        ] {
            let error = PasswordRules::parse(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Protocol, "{text}");
        }
        assert!(PasswordRules::parse(&"minlength: 8; ".repeat(500)).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]
        #[test]
        fn no_text_makes_it_panic(text in "\\PC*", near in "((min|max)length|required|allowed|max-consecutive|[a-z-]{0,9})?[:; ]{0,2}([0-9]{0,12}|[a-z, -]{0,12}|\\[[ -~é]{0,9}\\]?)[;, ]{0,2}") {
            let _ = PasswordRules::parse(&text);
            let _ = PasswordRules::parse(&near);
            let _ = PasswordRules::parse(&format!("minlength: 8; {near}; {near}"));
        }
    }
}
