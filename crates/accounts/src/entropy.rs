//! How many guesses a password that was made at random is worth.

/// The logarithm to base 2 of how many passwords are made with the same chance.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Entropy(f64);

/// What an entropy is worth, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Worth {
    /// Only as good as the site's own brakes on guessing.
    Weak,
    /// Holds where the site's brakes fail.
    Good,
    /// Holds where the site's whole store is stolen, however badly it was kept.
    Strong,
}

impl Entropy {
    /// A secret drawn at random with fewer bits leans on the server's limits on guessing (NIST SP 800-63B-4, 3.1.2.2).
    pub const UNAIDED: Self = Self(64.0);
    /// From here on a stolen fast hash does not give a secret drawn at random away (NIST SP 800-63B-4, 3.1.2.2).
    pub const UNHURT: Self = Self(112.0);

    pub(crate) const fn of_bits(bits: f64) -> Self {
        Self(bits)
    }

    pub const fn bits(self) -> f64 {
        self.0
    }

    /// In whole bits, as they are shown: what is shown as 64 is worth what 64 are.
    pub fn worth(self) -> Worth {
        match Self(self.0.round()) {
            few if few < Self::UNAIDED => Worth::Weak,
            some if some < Self::UNHURT => Worth::Good,
            _ => Worth::Strong,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_are_drawn_at_64_and_at_112_whole_bits() {
        for (bits, worth) in
            [(63.4, Worth::Weak), (63.5, Worth::Good), (111.4, Worth::Good), (111.5, Worth::Strong)]
        {
            assert_eq!(Entropy::of_bits(bits).worth(), worth, "{bits}");
        }
    }
}
