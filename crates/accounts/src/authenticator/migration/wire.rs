//! As much of protobuf as the message needs: numbers and byte strings; what is neither is stepped over.

/// The fields of a message, in the order in which they stand; `None` where it is broken, and nothing after it.
pub(super) struct Message<'a>(pub &'a [u8]);

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    /// Of a fixed size: none of the message's fields is.
    Fixed,
}

impl<'a> Iterator for Message<'a> {
    type Item = Option<(u64, Field<'a>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_none() {
            self.0 = &[];
        }
        Some(field)
    }
}

impl<'a> Message<'a> {
    fn field(&mut self) -> Option<(u64, Field<'a>)> {
        let tag = self.number()?;
        let field = match tag & 7 {
            0 => Field::Number(self.number()?),
            1 => self.take(8).map(|_| Field::Fixed)?,
            2 => {
                let length = usize::try_from(self.number()?).ok()?;
                Field::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Field::Fixed)?,
            _ => return None,
        };
        // Fields are numbered from 1.
        (tag >> 3 > 0).then_some((tag >> 3, field))
    }

    /// At most ten bytes of seven bits, the lowest first.
    fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for place in 0..10 {
            let byte = *self.take(1)?.first()?;
            let part = u64::from(byte & 0x7f);
            if place == 9 && part > 1 {
                return None;
            }
            number |= part << (7 * place);
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8]) -> Vec<Option<(u64, Field<'_>)>> {
        Message(bytes).collect()
    }

    #[test]
    fn the_examples_of_the_encoding() {
        assert_eq!(all(&[0x08, 0x96, 0x01]), [Some((1, Field::Number(150)))]);
        assert_eq!(all(b"\x12\x07testing"), [Some((2, Field::Bytes(b"testing")))]);
        let most = [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        assert_eq!(all(&most), [Some((1, Field::Number(u64::MAX)))]);
        assert_eq!(
            all(&[0x0d, 1, 2, 3, 4, 0x11, 1, 2, 3, 4, 5, 6, 7, 8, 0x08, 0]),
            [Some((1, Field::Fixed)), Some((2, Field::Fixed)), Some((1, Field::Number(0)))]
        );
    }

    #[test]
    fn what_is_broken_ends_it() {
        let cases: [&[u8]; 9] = [
            &[0x08],
            &[0x08, 0x80],
            &[0x12, 0x02, 0x00],
            &[0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
            &[0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02],
            &[0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
            &[0x0b],
            &[0x00, 0x00],
            &[0x0d, 1, 2, 3],
        ];
        for bytes in cases {
            assert_eq!(all(bytes), [None], "{bytes:?}");
        }
    }
}
