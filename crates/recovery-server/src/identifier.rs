//! What a person types to say who they are.

use unicode_normalization::UnicodeNormalization as _;

/// Longest identifier, in code points (an address has at most 254 octets, RFC 5321).
pub const MAX_LENGTH: usize = 254;

/// An identifier or address in the form it is compared in: trimmed, NFKC, lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identifier(String);

impl Identifier {
    /// `None` for what can be no identifier: empty, over-long, or with control characters.
    pub(crate) fn read(typed: &str) -> Option<Self> {
        if typed.chars().take(MAX_LENGTH + 1).count() > MAX_LENGTH {
            return None;
        }
        let read: String = typed.trim().nfkc().flat_map(char::to_lowercase).collect();
        let odd = |letter: char| {
            letter.is_control()
                || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
        };
        (!read.is_empty() && !read.chars().any(odd)).then_some(Self(read))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_person_however_it_is_typed() {
        for typed in ["jana", " Jana ", "JANA", "ｊａｎａ"] {
            assert_eq!(Identifier::read(typed).unwrap().as_str(), "jana", "{typed}");
        }
        assert_eq!(Identifier::read("ЖАННА@пример.рф").unwrap().as_str(), "жанна@пример.рф");
    }

    #[test]
    fn what_can_be_no_identifier() {
        for typed in ["", "  ", "ja\u{0}na", "ja\u{202e}na", &"x".repeat(255)] {
            assert_eq!(Identifier::read(typed), None);
        }
        assert!(Identifier::read(&"x".repeat(254)).is_some());
    }
}
