//! The server's nonce (RFC 9449 section 8): a time and a keyed hash, so that any node can check it
//! and none has to remember it. It stands in for the clock of the computer, which may be wrong.

use crate::pepper::Pepper;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;

/// Seconds a nonce is good for.
pub(crate) const LIFE: i64 = 300;
/// Seconds that the clocks of two nodes may differ by.
const SKEW: i64 = 30;
/// After this many seconds nobody takes the nonce any more, on whichever node.
pub(crate) const STALE: i64 = LIFE + SKEW + SKEW;

pub(crate) fn make(pepper: &Pepper, now: i64) -> String {
    let time = now.to_be_bytes();
    URL_SAFE_NO_PAD.encode([&time, mac(pepper, &time).as_slice()].concat())
}

/// When it was made, if it is ours and still good.
pub(crate) fn check(pepper: &Pepper, nonce: &str, now: i64) -> Option<i64> {
    let bytes = URL_SAFE_NO_PAD.decode(nonce).ok()?;
    let (time, said) = bytes.split_first_chunk::<8>()?;
    let made = i64::from_be_bytes(*time);
    let ours = bool::from(said.ct_eq(&mac(pepper, time)));
    (ours && made <= now + SKEW && now < made + LIFE).then_some(made)
}

fn mac(pepper: &Pepper, time: &[u8; 8]) -> [u8; 16] {
    let mut short = [0; 16];
    short.copy_from_slice(&pepper.mac("dpop nonce", &[time])[..16]);
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SeededRandom;

    #[test]
    fn good_for_five_minutes_and_on_every_node() {
        let pepper = Pepper::random(&SeededRandom::new(1));
        let nonce = make(&pepper, 1_000);
        assert_eq!(nonce.len(), 32);
        for now in [971, 1_000, 1_299] {
            assert_eq!(check(&pepper, &nonce, now), Some(1_000), "{now}");
        }
        for now in [900, 1_300, 90_000] {
            assert_eq!(check(&pepper, &nonce, now), None, "{now}");
        }
    }

    #[test]
    fn nobody_else_can_make_one() {
        let (mine, other) = (Pepper::random(&SeededRandom::new(1)), Pepper::random(&SeededRandom::new(2)));
        let nonce = make(&other, 1_000);
        assert_eq!(check(&mine, &nonce, 1_000), None);
        let mut later = make(&mine, 1_000);
        later.replace_range(10..11, if later.as_bytes()[10] == b'A' { "B" } else { "A" });
        for odd in [later.as_str(), "", "AAAA", "not base 64!"] {
            assert_eq!(check(&mine, odd, 1_000), None, "{odd}");
        }
    }
}
