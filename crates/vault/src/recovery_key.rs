//! The key on paper: 160 bits in Crockford's base 32, with two characters that catch a slip of the pen.

use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::keys::Random;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const BYTES: usize = 20;
const CHARACTERS: usize = 34;

/// 160 random bits that open a vault.
#[derive(Clone, Zeroize, ZeroizeOnDrop, PartialEq, Eq)]
pub struct RecoveryKey([u8; BYTES]);

/// What was typed is no recovery key: too long, too short, or a character is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no recovery key")]
pub struct NotAKey;

impl RecoveryKey {
    pub fn new(dice: &dyn Random) -> Self {
        let mut key = Self([0; BYTES]);
        dice.fill(&mut key.0);
        key
    }

    /// Reads it as people type it: case, spaces and hyphens don't count, `O` is `0`, `I` and `L` are `1`.
    pub fn parse(text: &str) -> Result<Self, NotAKey> {
        let mut key = Self([0; BYTES]);
        let (mut held, mut bits, mut count, mut check) = (0_u32, 0_u32, 0_usize, 0_u16);
        for character in text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '–' | '‑')) {
            let value = value(character).ok_or(NotAKey)?;
            if count < CHARACTERS - 2 {
                held = (held << 5) | u32::from(value);
                bits += 5;
                if bits >= 8 {
                    bits -= 8;
                    key.0[(count * 5 + 5) / 8 - 1] = (held >> bits) as u8;
                    held &= (1 << bits) - 1;
                }
            } else {
                check = (check << 5) | u16::from(value);
            }
            count += 1;
            if count > CHARACTERS {
                return Err(NotAKey);
            }
        }
        held.zeroize();
        (count == CHARACTERS && check == key.check()).then_some(key).ok_or(NotAKey)
    }

    /// Nine groups: eight of four characters, one of two.
    pub fn groups(&self) -> Zeroizing<Vec<String>> {
        let check = self.check();
        let bit = |n: usize| -> u16 {
            match n.checked_sub(BYTES * 8) {
                None => u16::from(self.0[n / 8] >> (7 - n % 8) & 1),
                Some(n) => check >> (9 - n) & 1,
            }
        };
        let character = |n: usize| {
            let value = (0..5).fold(0, |value, k| value << 1 | bit(n * 5 + k));
            char::from(ALPHABET[usize::from(value)])
        };
        let all: Zeroizing<Vec<char>> = Zeroizing::new((0..CHARACTERS).map(character).collect());
        Zeroizing::new(all.chunks(4).map(|group| group.iter().collect()).collect())
    }

    pub(crate) fn expose(&self) -> &[u8; BYTES] {
        &self.0
    }

    fn check(&self) -> u16 {
        let digest = Sha256::new().chain_update(b"regain recovery key").chain_update(self.0).finalize();
        u16::from_be_bytes([digest[0], digest[1]]) >> 6
    }
}

fn value(character: char) -> Option<u8> {
    let character = match character.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let byte = u8::try_from(character).ok()?;
    ALPHABET.iter().position(|known| *known == byte).and_then(|place| u8::try_from(place).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch_disk::Seeded;

    #[test]
    fn what_is_shown_can_be_typed() {
        for seed in 0..200 {
            let key = RecoveryKey::new(&Seeded::new(seed));
            let groups = key.groups();
            assert_eq!(groups.iter().map(String::len).collect::<Vec<_>>(), [4, 4, 4, 4, 4, 4, 4, 4, 2]);
            for text in [groups.join(" "), groups.concat().to_lowercase(), groups.join("-")] {
                assert!(RecoveryKey::parse(&text) == Ok(key.clone()), "{text}");
            }
            let sloppy = groups.concat().replace('0', "o").replace('1', "l");
            assert!(RecoveryKey::parse(&sloppy) == Ok(key.clone()));
        }
    }

    #[test]
    fn zeros_and_ones_are_written_as_the_page_says() {
        assert!(RecoveryKey([0; BYTES]).groups().concat().starts_with(&"0".repeat(32)));
        assert!(RecoveryKey([0xff; BYTES]).groups().concat().starts_with(&"Z".repeat(32)));
    }

    #[test]
    fn a_slip_of_the_pen_is_caught() {
        let key = RecoveryKey::new(&Seeded::new(7));
        let text = key.groups().concat();
        let mut slips = 0;
        for place in 0..text.len() {
            let mut wrong = text.clone().into_bytes();
            wrong[place] = if wrong[place] == b'7' { b'8' } else { b'7' };
            slips += u32::from(RecoveryKey::parse(&String::from_utf8(wrong).unwrap()) == Err(NotAKey));
        }
        // One in 1,024 slips gets through the check characters; none of these does.
        assert_eq!(slips, 34);
        for text in ["", "7", &text[1..], &format!("{text}0"), &text.replace(&text[..1], "U"), "Ж"] {
            assert!(RecoveryKey::parse(text) == Err(NotAKey));
        }
    }
}
