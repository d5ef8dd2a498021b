//! The addresses of an account: shown masked, chosen from, and typed in full.

use super::{Addresses, wire};

/// One address that the server offers.
#[derive(Clone)]
pub struct Choice {
    pub masked: String,
    /// What the server knows it by.
    pub value: String,
}

/// What a screen offers to choose from.
pub fn choices(screen: &wire::Flow) -> Vec<Choice> {
    let choice =
        |node: &wire::Node| Some(Choice { masked: node.label().to_owned(), value: node.value()?.to_owned() });
    screen.inputs("recovery_select_address").filter_map(choice).collect()
}

pub fn shown(choices: &[Choice], typed: &str) -> Addresses {
    let fits = |choice: &Choice| could_be(&choice.masked, typed);
    // Two that are masked alike are not told apart.
    let typed = if choices.iter().filter(|choice| fits(choice)).count() == 1 {
        choices.iter().position(fits)
    } else {
        None
    };
    Addresses { masked: choices.iter().map(|choice| choice.masked.clone()).collect(), typed }
}

/// Whether it is the number of a telephone, masked or not.
pub fn is_number(address: &str) -> bool {
    !address.contains('@')
}

/// An address as the server has it: numbers are written without what people put between their digits.
pub fn whole(typed: &str) -> String {
    let typed = typed.trim();
    if is_number(typed) { digits(typed) } else { typed.to_owned() }
}

/// Whether the address could stand behind a mask, in which stars are letters left out.
pub fn could_be(mask: &str, address: &str) -> bool {
    if is_number(mask) != is_number(address) && mask.chars().any(|c| c != '*') {
        return false;
    }
    let (mask, address) = (mask.to_lowercase(), whole(address).to_lowercase());
    let mask = if is_number(&mask) { digits(&mask) } else { mask };
    let mut parts = mask.split('*');
    let Some(mut rest) = parts.next().and_then(|first| address.strip_prefix(first)) else { return false };
    let mut starred = false;
    let parts: Vec<&str> = parts.collect();
    for (n, part) in parts.iter().enumerate() {
        starred = true;
        if n + 1 == parts.len() {
            return rest.len() >= part.len() && rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    starred || rest.is_empty()
}

fn digits(number: &str) -> String {
    number.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '(' | ')' | '/' | '.')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_lets_through_what_it_could_hide() {
        for (mask, address) in [
            ("ja****@mail.example", "jana@mail.example"),
            ("j**a@m**l.example", "jana@mail.example"),
            ("jana@mail.example", " Jana@mail.example "),
            ("****", "jana@mail.example"),
            ("+49****77", "+49 151 2345-677"),
        ] {
            assert!(could_be(mask, address), "{mask} {address}");
        }
        for (mask, address) in [
            ("jo****@mail.example", "jana@mail.example"),
            ("ja****@work.example", "jana@mail.example"),
            ("+49****77", "jana@mail.example"),
            ("+49****77", "+49 151 2345678"),
            ("jana@mail.example", "jana@mail.example.org"),
            ("", "jana@mail.example"),
        ] {
            assert!(!could_be(mask, address), "{mask} {address}");
        }
    }

    #[test]
    fn the_typed_address_is_found_where_the_masks_tell() {
        let choices = |masks: &[&str]| -> Vec<Choice> {
            masks.iter().map(|mask| Choice { masked: (*mask).into(), value: String::new() }).collect()
        };
        let typed = |masks: &[&str]| shown(&choices(masks), "jana@mail.example").typed;
        assert_eq!(typed(&["+49****77", "ja****@mail.example"]), Some(1));
        assert_eq!(typed(&["ja****@mail.example", "ja****@mail.example"]), None);
        assert_eq!(typed(&["+49****77"]), None);
    }
}
