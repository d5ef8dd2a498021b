//! The codes that a PDS mails, `XXXXX-XXXXX`.

use crate::provider::CodeShape;
use crate::provider::code::normalise;
use crate::secret::Secret;

pub(super) const SHAPE: CodeShape = CodeShape::Groups { groups: 2, size: 5 };

/// A code as the server wants it, which insists on its dash; `None` for what cannot be one.
pub(super) fn dashed(typed: &Secret) -> Option<Secret> {
    let plain = normalise(typed.expose(), SHAPE);
    let plain = plain.expose();
    let whole = plain.len() == 10 && plain.bytes().all(|byte| byte.is_ascii_alphanumeric());
    whole.then(|| Secret::new(format!("{}-{}", &plain[..5], &plain[5..])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brought(typed: &str) -> Option<String> {
        dashed(&Secret::new(typed)).map(|code| code.expose().to_owned())
    }

    #[test]
    fn the_dash_is_put_back_wherever_it_was_lost() {
        for typed in [
            "VJXFA-KGQS4",
            "vjxfakgqs4",
            " VJXFA KGQS4\n",
            "vjx fa-kg qs4",
            "VJXFA\u{2013}KGQS4",
            "ＶＪＸＦＡ－ＫＧＱＳ４",
        ] {
            assert_eq!(brought(typed).as_deref(), Some("VJXFA-KGQS4"), "{typed}");
        }
    }

    #[test]
    fn what_is_too_short_or_too_long_is_no_code() {
        for typed in ["", " ", "VJXFA", "VJXFA-KGQS", "VJXFA-KGQS44", "VJXFA-KGQSé", "VJXFA-KGQ!4"] {
            assert_eq!(brought(typed), None, "{typed}");
        }
    }
}
