//! Codes as people type and paste them.

use unicode_normalization::UnicodeNormalization;

use super::CodeShape;
use crate::secret::Secret;

/// Brings a typed code into the form that servers expect: full-width digits become plain ones, spaces and dashes go,
/// letters are upper case; of a pasted link, the part after the last `#`, `=` or `/` stays.
pub fn normalise(typed: &str, shape: CodeShape) -> Secret {
    let text: String = typed.trim().nfkc().collect();
    Secret::new(match shape {
        CodeShape::Link => {
            let text = text.trim_end_matches('/');
            text.rsplit(['#', '=', '/']).next().unwrap_or(text).to_owned()
        }
        CodeShape::Any => text,
        CodeShape::Digits(_) => text.chars().filter(|c| !is_separator(*c)).collect(),
        CodeShape::Groups { .. } => {
            text.chars().filter(|c| !is_separator(*c)).map(|c| c.to_ascii_uppercase()).collect()
        }
    })
}

fn is_separator(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '.' | '\u{200b}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(typed: &str) -> String {
        normalise(typed, CodeShape::Digits(8)).expose().to_owned()
    }

    #[test]
    fn spaces_dashes_and_full_width_digits_are_understood() {
        for typed in
            ["48213905", " 4821 3905 ", "4821-3905", "４８２１３９０５", "4821\u{a0}3905\n", "4821–3905"]
        {
            assert_eq!(digits(typed), "48213905", "{typed}");
        }
    }

    #[test]
    fn leading_zeros_stay() {
        assert_eq!(digits("0004 0000"), "00040000");
    }

    #[test]
    fn a_saved_code_may_be_typed_small_and_without_dashes() {
        let shape = CodeShape::Groups { groups: 4, size: 4 };
        assert_eq!(normalise("abcd-ef12 3456-7890", shape).expose(), "ABCDEF1234567890");
    }

    #[test]
    fn a_link_or_its_last_part_may_be_pasted() {
        for typed in ["https://a.example/recover#T0ken", "T0ken", " https://a.example/recover/T0ken/ "] {
            assert_eq!(normalise(typed, CodeShape::Link).expose(), "T0ken", "{typed}");
        }
    }
}
