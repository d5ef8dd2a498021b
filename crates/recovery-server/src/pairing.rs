//! The numbers and codes of pairing (RFC 8628; REQUIREMENTS section 3).

use crate::pepper::Pepper;
use crate::rng::{self, Random};
use crate::storage::Pairing;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;
use unicode_normalization::UnicodeNormalization as _;

/// Seconds a pairing waits to be scanned.
pub(crate) const LIFE: i64 = 300;
/// Seconds from the scan to the end.
pub(crate) const SCANNED_LIFE: i64 = 180;
/// Seconds that an approved one can be fetched at least, however late the approval came: a poll and a half
/// at a lengthened interval.
pub(crate) const APPROVED_LIFE: i64 = 30;
/// Seconds between two polls (RFC 8628 section 3.2).
pub(crate) const INTERVAL: i64 = 5;
/// Seconds one QR code works.
pub(crate) const QR_LIFE: i64 = 60;
/// Seconds after which the next one is shown.
const QR_ROUND: i64 = 50;
/// How often the QR code is renewed.
const QR_RENEWALS: i64 = 5;
/// Seconds that a page opened in time keeps the place of its reader, who may have to sign in first.
const PLACE_LIFE: i64 = 180;
/// Wrong six-digit codes that end a pairing.
pub(crate) const TRIES: u32 = 3;
/// Open ones from one network line.
pub(crate) const OPEN_PER_LINE: u32 = 5;
/// Seconds a session made by another device may not change what the account is opened with.
pub(crate) const WEAK: i64 = 86_400;
/// Digits of the confirmation code.
pub(crate) const DIGITS: usize = 6;

/// RFC 8628 section 6.1: no vowels, so no words; 20^10 are 43 bits.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const HANDLE: usize = 8;
const MAC: usize = 16;
/// Marks a place among the rounds of a QR code.
const PLACE: u8 = 255;

/// What a QR code says, or the place of somebody who read it in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pointer {
    pub(crate) handle: [u8; HANDLE],
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Round(u8),
    Place { at: i64 },
}

impl Pointer {
    /// The QR code that is current `now`, and the seconds it still works.
    pub(crate) fn current(pairing: &Pairing, now: i64) -> (Self, i64) {
        let round = ((now - pairing.created_at) / QR_ROUND).clamp(0, QR_RENEWALS);
        let works_in = pairing.created_at + round * QR_ROUND + QR_LIFE - now;
        let kind = Kind::Round(u8::try_from(round).unwrap_or_default());
        (Self { handle: handle(pairing), kind }, works_in.min(pairing.until - now).max(0))
    }

    /// A place beside `pairing`, taken `now`.
    pub(crate) fn place(pairing: &Pairing, now: i64) -> Self {
        Self { handle: handle(pairing), kind: Kind::Place { at: now } }
    }

    pub(crate) fn is_place(&self) -> bool {
        matches!(self.kind, Kind::Place { .. })
    }

    /// Does it still lead to `pairing`?
    pub(crate) fn works(&self, pairing: &Pairing, now: i64) -> bool {
        let until = match self.kind {
            Kind::Round(round) => pairing.created_at + i64::from(round) * QR_ROUND + QR_LIFE,
            Kind::Place { at } => at + PLACE_LIFE,
        };
        now < until
    }

    /// Of a QR code: 34 characters.
    pub(crate) fn write(&self, pepper: &Pepper) -> String {
        let mut bytes = self.handle.to_vec();
        match self.kind {
            Kind::Round(round) => bytes.push(round),
            Kind::Place { at } => {
                bytes.push(PLACE);
                bytes.extend(at.to_be_bytes());
            }
        }
        let mac = pepper.mac("pairing pointer", &[&bytes]);
        bytes.extend(&mac[..MAC]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// `None` for what this server has not written.
    pub(crate) fn read(pepper: &Pepper, said: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(said).ok().filter(|bytes| bytes.len() < 64)?;
        let (body, mac) = bytes.split_last_chunk::<MAC>()?;
        if !bool::from(mac.as_slice().ct_eq(&pepper.mac("pairing pointer", &[body])[..MAC])) {
            return None;
        }
        let (handle, rest) = body.split_first_chunk::<HANDLE>()?;
        let kind = match rest {
            [PLACE, at @ ..] => Kind::Place { at: i64::from_be_bytes(at.try_into().ok()?) },
            [round] => Kind::Round(*round),
            _ => return None,
        };
        Some(Self { handle: *handle, kind })
    }
}

fn handle(pairing: &Pairing) -> [u8; HANDLE] {
    pairing.handle.as_slice().try_into().unwrap_or_default()
}

/// A fresh handle, 64 bits.
pub(crate) fn new_handle(random: &dyn Random) -> Vec<u8> {
    rng::bytes::<HANDLE>(random).to_vec()
}

/// Ten letters in two groups.
pub(crate) fn user_code(random: &dyn Random) -> String {
    let mut code = String::with_capacity(11);
    while code.len() < 11 {
        if code.len() == 5 {
            code.push('-');
        }
        let [drawn] = rng::bytes::<1>(random);
        // 240 of 256 are divided evenly; the others are drawn again.
        if drawn < 240 {
            code.push(char::from(LETTERS[usize::from(drawn % 20)]));
        }
    }
    code
}

/// The ten letters, however they were typed; `None` if it cannot be a code.
pub(crate) fn read_user_code(typed: &str) -> Option<String> {
    let read: String = typed
        .chars()
        .take(100)
        .nfkc()
        .filter(|letter| !letter.is_whitespace() && !matches!(letter, '-' | '.' | '\u{2010}'..='\u{2015}'))
        .flat_map(char::to_uppercase)
        .collect();
    (read.len() == 10 && read.bytes().all(|byte| LETTERS.contains(&byte))).then_some(read)
}

/// What is stored of the ten letters.
pub(crate) fn user_code_mac(pepper: &Pepper, letters: &str) -> Vec<u8> {
    pepper.mac("user code", &[letters.replace('-', "").as_bytes()]).to_vec()
}

/// The six digits that one device shows and the other asks for. Derived, so that nothing stores them.
pub(crate) fn confirmation_code(pepper: &Pepper, pairing: &Pairing) -> String {
    let holder = pairing.scan.as_ref().map_or(&[][..], |scan| &scan.holder);
    let mac = pepper.mac("confirmation code", &[pairing.id.as_bytes(), holder]);
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&mac[..8]);
    // The remainder of 64 bits is even to one part in 2^44.
    format!("{:06}", u64::from_be_bytes(bytes) % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SeededRandom;
    use crate::storage::{Direction, PairingState, Scan};

    fn pairing() -> Pairing {
        Pairing {
            id: "one".to_owned(),
            direction: Direction::Computer,
            state: PairingState::Pending,
            handle: new_handle(&SeededRandom::new(5)),
            jkt: None,
            device: String::new(),
            network: None,
            line_mac: Vec::new(),
            owner_session: None,
            account_id: None,
            scan: None,
            created_at: 1_000,
            until: 1_000 + LIFE,
            interval: INTERVAL,
            session_id: None,
        }
    }

    #[test]
    fn a_qr_code_lives_a_minute_and_is_renewed_after_fifty_seconds() {
        let pairing = pairing();
        for (after, works_in) in [(0, 60), (49, 11), (50, 60), (59, 51), (249, 11), (250, 50), (299, 1)] {
            let (pointer, seconds) = Pointer::current(&pairing, 1_000 + after);
            assert_eq!(seconds, works_in, "{after}");
            assert!(pointer.works(&pairing, 1_000 + after));
        }
        let (first, _) = Pointer::current(&pairing, 1_000);
        assert!(first.works(&pairing, 1_059) && !first.works(&pairing, 1_060));
        let (second, _) = Pointer::current(&pairing, 1_050);
        assert!(second != first && second.works(&pairing, 1_109));
    }

    #[test]
    fn a_qr_code_is_short_and_cannot_be_made_up() {
        let (pepper, other) = (Pepper::random(&SeededRandom::new(1)), Pepper::random(&SeededRandom::new(2)));
        let pairing = pairing();
        for pointer in [Pointer::current(&pairing, 1_000).0, Pointer::place(&pairing, 1_030)] {
            let written = pointer.write(&pepper);
            assert!(written.len() <= 46, "{written}");
            assert_eq!(Pointer::read(&pepper, &written), Some(pointer));
            assert_eq!(Pointer::read(&other, &written), None);
        }
        assert_eq!(Pointer::current(&pairing, 1_000).0.write(&pepper).len(), 34);
        for odd in ["", "AAAA", "ä", &"A".repeat(34), &"A".repeat(5_000)] {
            assert_eq!(Pointer::read(&pepper, odd), None, "{odd}");
        }
    }

    #[test]
    fn letters_are_even_and_read_kindly() {
        let random = SeededRandom::new(3);
        let mut counts = [0_u32; 26];
        for _ in 0..2_000 {
            let code = user_code(&random);
            assert_eq!((code.len(), code.find('-')), (11, Some(5)));
            for byte in code.bytes().filter(|byte| *byte != b'-') {
                counts[usize::from(byte - b'A')] += 1;
            }
        }
        let drawn: Vec<u32> = counts.into_iter().filter(|count| *count > 0).collect();
        assert!(drawn.len() == 20 && drawn.iter().all(|count| (850..1_150).contains(count)), "{drawn:?}");
        for typed in
            ["BCDFG-HJKLM", "bcdfghjklm", " bcdfg hjklm ", "BCDFG\u{2013}HJKLM", "ＢＣＤＦＧ－ＨＪＫＬＭ"]
        {
            assert_eq!(read_user_code(typed).as_deref(), Some("BCDFGHJKLM"), "{typed}");
        }
        for typed in ["", "BCDFG", "BCDFG-HJKLA", "BCDFG-HJKLMN", "12345-67890"] {
            assert_eq!(read_user_code(typed), None, "{typed}");
        }
    }

    #[test]
    fn each_scan_has_its_own_six_digits() {
        let pepper = Pepper::random(&SeededRandom::new(1));
        let scanned = |holder: &[u8]| {
            let scan =
                Scan { holder: holder.to_vec(), phone_device: String::new(), phone_network: None, at: 0 };
            confirmation_code(&pepper, &Pairing { scan: Some(scan), ..pairing() })
        };
        assert_eq!(scanned(b"a"), scanned(b"a"));
        assert_ne!(scanned(b"a"), scanned(b"b"));
        assert_eq!(scanned(b"a").len(), DIGITS);
    }
}
