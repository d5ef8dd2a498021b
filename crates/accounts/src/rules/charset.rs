//! A set of printable ASCII characters.

use std::fmt;

/// A set of characters of printable ASCII, from the space to `~`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Charset(u128);

impl Charset {
    pub const EMPTY: Self = Self(0);
    pub const LOWER: Self = Self::range(b'a', b'z');
    pub const UPPER: Self = Self::range(b'A', b'Z');
    pub const DIGITS: Self = Self::range(b'0', b'9');
    pub const PRINTABLE: Self = Self::range(b' ', b'~');
    /// What is neither letter, digit nor space.
    pub const SYMBOLS: Self =
        Self::range(b'!', b'~').without(Self::LOWER).without(Self::UPPER).without(Self::DIGITS);

    const fn range(first: u8, last: u8) -> Self {
        Self((u128::MAX >> (127 - last)) & (u128::MAX << first))
    }

    /// The characters of a text; what is not printable ASCII is left out.
    pub const fn of(text: &str) -> Self {
        let (bytes, mut set, mut n) = (text.as_bytes(), 0, 0);
        while n < bytes.len() {
            if bytes[n] < 128 {
                set |= 1 << bytes[n];
            }
            n += 1;
        }
        Self(set & Self::PRINTABLE.0)
    }

    pub const fn contains(self, c: char) -> bool {
        (c as u32) < 128 && self.0 >> (c as u32) & 1 == 1
    }

    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub const fn both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub const fn has_all(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    pub fn iter(self) -> impl Iterator<Item = char> {
        (b' '..=b'~').map(char::from).filter(move |c| self.contains(*c))
    }
}

/// As a person reads it: `a–z A–Z 0–9 - _`; the space as `␣`.
impl fmt::Display for Charset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        let mut rest = *self;
        for (range, name) in [(Self::LOWER, "a–z"), (Self::UPPER, "A–Z"), (Self::DIGITS, "0–9")] {
            if self.has_all(range) {
                parts.push(name.to_owned());
                rest = rest.without(range);
            }
        }
        parts.extend(rest.iter().map(|c| if c == ' ' { "␣".to_owned() } else { c.to_string() }));
        f.write_str(&parts.join(" "))
    }
}

impl fmt::Debug for Charset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{self}]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_named_sets_are_what_their_names_say() {
        assert_eq!(Charset::PRINTABLE.len(), 95);
        assert_eq!((Charset::LOWER.len(), Charset::UPPER.len(), Charset::DIGITS.len()), (26, 26, 10));
        assert_eq!(Charset::SYMBOLS.iter().collect::<String>(), "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~");
    }

    #[test]
    fn only_printable_ascii_gets_in() {
        assert_eq!(Charset::of("aé\u{7f}\n b").iter().collect::<String>(), " ab");
        assert!(!Charset::PRINTABLE.contains('é') && !Charset::PRINTABLE.contains('\u{7f}'));
    }

    #[test]
    fn a_set_is_shown_shortly() {
        assert_eq!(Charset::LOWER.with(Charset::of("9-_ ")).to_string(), "a–z ␣ - 9 _");
        assert_eq!(Charset::EMPTY.to_string(), "");
    }
}
