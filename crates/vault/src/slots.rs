//! Slots: each wraps the data key with something that a person or a keychain has.

use std::time::Duration;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use unicode_normalization::UnicodeNormalization;
use zeroize::{Zeroize, Zeroizing};

use crate::container::{MAGIC, VERSION};
use crate::error::{Error, Result};
use crate::keys::{Bytes32, Cipher, DataKey, NONCE, Random, TAG, derive, random};
use crate::recovery_key::RecoveryKey;

/// Slots in a vault at most.
pub(crate) const MOST: usize = 16;

const SALT: usize = 16;
const WRAPPED: usize = NONCE + 32 + TAG;

/// What opens a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotKind {
    Password,
    RecoveryKey,
    Keychain,
    /// Of a kind that this version does not know: kept as it is.
    Other(u8),
}

impl SlotKind {
    fn code(self) -> u8 {
        match self {
            Self::Password => 1,
            Self::RecoveryKey => 2,
            Self::Keychain => 3,
            Self::Other(code) => code,
        }
    }

    fn of(code: u8) -> Self {
        match code {
            1 => Self::Password,
            2 => Self::RecoveryKey,
            3 => Self::Keychain,
            other => Self::Other(other),
        }
    }
}

/// What a person or a keychain has.
pub enum Key<'a> {
    Password(&'a str),
    Recovery(&'a RecoveryKey),
    /// The 32 bytes that were put into the keychain.
    Keychain(&'a [u8; 32]),
}

/// The cost of a password's key: Argon2id (RFC 9106).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kdf {
    pub memory_kib: u32,
    pub passes: u32,
    pub lanes: u32,
}

impl Kdf {
    /// Where calibration starts.
    pub const START: Self = Self { memory_kib: 256 * 1024, passes: 3, lanes: 4 };
    /// The least that a new slot gets.
    pub const FLOOR: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 4 };
    /// More memory than this is never chosen, 1 GiB.
    const MOST_CHOSEN_KIB: u64 = 1024 * 1024;
    const FAST: Duration = Duration::from_millis(500);
    const SLOW: Duration = Duration::from_secs(1);

    /// The cost that takes 0.5–1.0 s on this computer and at most a quarter of its memory (bytes). `measure` derives a
    /// key at a cost and tells how long it took.
    pub fn calibrate(memory: u64, mut measure: impl FnMut(Self) -> Duration) -> Self {
        let most = (memory / 4 / 1024).min(Self::MOST_CHOSEN_KIB);
        let most = u32::try_from(most).unwrap_or(u32::MAX).max(Self::FLOOR.memory_kib);
        let mut kdf = Self { memory_kib: Self::START.memory_kib.min(most), ..Self::START };
        let mut took = measure(kdf);
        while took > Self::SLOW && kdf.memory_kib > Self::FLOOR.memory_kib {
            kdf.memory_kib = (kdf.memory_kib / 2).max(Self::FLOOR.memory_kib);
            took = measure(kdf);
        }
        while took < Self::FAST && kdf.memory_kib < most {
            kdf.memory_kib = kdf.memory_kib.saturating_mul(2).min(most);
            took = measure(kdf);
        }
        while took < Self::FAST && kdf.passes < Self::MOST_PASSES {
            kdf.passes += 1;
            took = measure(kdf);
        }
        kdf
    }

    const MOST_PASSES: u32 = 32;
    const MOST_LANES: u32 = 16;
    const MOST_MEMORY_KIB: u32 = 2 * 1024 * 1024;

    fn within_limits(self) -> bool {
        (1..=Self::MOST_PASSES).contains(&self.passes)
            && (1..=Self::MOST_LANES).contains(&self.lanes)
            && (8 * self.lanes..=Self::MOST_MEMORY_KIB).contains(&self.memory_kib)
    }

    fn is_weak(self) -> bool {
        self.memory_kib < Self::FLOOR.memory_kib || self.passes < Self::FLOOR.passes
    }

    /// Derives a key and drops it: what calibration measures.
    pub fn try_out(self) -> Result<()> {
        self.derive("calibration", &[0; SALT]).map(drop)
    }

    fn derive(self, password: &str, salt: &[u8; SALT]) -> Result<Bytes32> {
        if !self.within_limits() {
            return Err(Error::Limit("the cost of a password's key"));
        }
        let refused = |_| Error::Limit("the cost of a password's key");
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(32)).map_err(refused)?;
        let password: Zeroizing<String> = Zeroizing::new(password.nfkc().collect());
        let mut memory = Vec::new();
        memory
            .try_reserve_exact(params.block_count())
            .map_err(|_| Error::Io(std::io::ErrorKind::OutOfMemory.into()))?;
        memory.resize(params.block_count(), Block::default());
        let mut key = Bytes32::zeros();
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let done = argon2.hash_password_into_with_memory(password.as_bytes(), salt, &mut *key, &mut memory);
        memory.zeroize();
        done.map_err(refused)?;
        Ok(key)
    }
}

/// One slot, as it stands in the header.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Slot {
    pub kind: SlotKind,
    pub number: u8,
    content: Vec<u8>,
}

impl Slot {
    pub fn password(
        number: u8,
        password: &str,
        kdf: Kdf,
        to: &DataKey,
        vault_id: &[u8; 16],
        dice: &dyn Random,
    ) -> Result<Self> {
        let salt: [u8; SALT] = random(dice);
        let mut parameters = Vec::new();
        for number in [kdf.memory_kib, kdf.passes, kdf.lanes] {
            parameters.extend_from_slice(&number.to_le_bytes());
        }
        parameters.extend_from_slice(&salt);
        let key = kdf.derive(password, &salt)?;
        Ok(Self::wrap(SlotKind::Password, number, parameters, &key, to, vault_id, dice))
    }

    pub fn recovery(
        number: u8,
        recovery: &RecoveryKey,
        to: &DataKey,
        vault_id: &[u8; 16],
        dice: &dyn Random,
    ) -> Self {
        let salt: [u8; SALT] = random(dice);
        let key = derive(recovery.expose(), &salt, "regain vault recovery key");
        Self::wrap(SlotKind::RecoveryKey, number, salt.to_vec(), &key, to, vault_id, dice)
    }

    pub fn keychain(
        number: u8,
        bytes: &[u8; 32],
        to: &DataKey,
        vault_id: &[u8; 16],
        dice: &dyn Random,
    ) -> Self {
        let salt: [u8; SALT] = random(dice);
        let key = derive(bytes, &salt, "regain vault keychain");
        Self::wrap(SlotKind::Keychain, number, salt.to_vec(), &key, to, vault_id, dice)
    }

    fn wrap(
        kind: SlotKind,
        number: u8,
        parameters: Vec<u8>,
        key: &[u8; 32],
        to: &DataKey,
        vault_id: &[u8; 16],
        dice: &dyn Random,
    ) -> Self {
        let aad = aad(vault_id, kind, number, &parameters);
        let wrapped = Cipher::new(key).seal_alone(dice, &aad, to.expose());
        Self { kind, number, content: [parameters, wrapped].concat() }
    }

    /// The data key, if this slot opens with that key.
    pub fn open(&self, key: &Key<'_>, vault_id: &[u8; 16]) -> Result<Option<DataKey>> {
        let Some((parameters, wrapped)) = self.parts() else { return Ok(None) };
        let salt = parameters.last_chunk::<SALT>().ok_or(Error::Damaged("a slot without a salt"))?;
        let key = match (self.kind, key) {
            (SlotKind::Password, Key::Password(password)) => {
                self.kdf().ok_or(Error::Damaged("a slot without a cost"))?.derive(password, salt)?
            }
            (SlotKind::RecoveryKey, Key::Recovery(recovery)) => {
                derive(recovery.expose(), salt, "regain vault recovery key")
            }
            (SlotKind::Keychain, Key::Keychain(bytes)) => derive(*bytes, salt, "regain vault keychain"),
            _ => return Ok(None),
        };
        let aad = aad(vault_id, self.kind, self.number, parameters);
        let Some(opened) = Cipher::new(&key).open_alone(&aad, wrapped) else { return Ok(None) };
        Ok(opened.first_chunk().map(DataKey::copy_of))
    }

    /// Its password's key is cheaper than [`Kdf::FLOOR`].
    pub fn is_weak(&self) -> bool {
        self.kdf().is_some_and(Kdf::is_weak)
    }

    pub fn kdf(&self) -> Option<Kdf> {
        if self.kind != SlotKind::Password {
            return None;
        }
        let number = |at: usize| {
            let bytes = self.content.get(at..at + 4)?;
            Some(u32::from_le_bytes(bytes.try_into().ok()?))
        };
        Some(Kdf { memory_kib: number(0)?, passes: number(4)?, lanes: number(8)? })
    }

    pub fn write(&self, into: &mut Vec<u8>) {
        into.extend_from_slice(&[self.kind.code(), self.number]);
        // A slot of our own is short; one of another kind was read with a size of 16 bits.
        into.extend_from_slice(&u16::try_from(self.content.len()).unwrap_or(u16::MAX).to_le_bytes());
        into.extend_from_slice(&self.content);
    }

    /// Parameters, and what they wrap; `None` for other kinds.
    fn parts(&self) -> Option<(&[u8], &[u8])> {
        self.content.split_at_checked(parameters_size(self.kind)?)
    }
}

fn parameters_size(kind: SlotKind) -> Option<usize> {
    match kind {
        SlotKind::Password => Some(12 + SALT),
        SlotKind::RecoveryKey | SlotKind::Keychain => Some(SALT),
        SlotKind::Other(_) => None,
    }
}

fn aad(vault_id: &[u8; 16], kind: SlotKind, number: u8, parameters: &[u8]) -> Vec<u8> {
    [MAGIC.as_slice(), &VERSION.to_le_bytes(), vault_id, &[kind.code(), number], parameters].concat()
}

/// Reads `count` slots that fill the bytes exactly.
pub(crate) fn parse(mut bytes: &[u8], count: u8) -> Result<Vec<Slot>> {
    if count == 0 || usize::from(count) > MOST {
        return Err(Error::Limit("the number of slots"));
    }
    let mut slots: Vec<Slot> = Vec::with_capacity(usize::from(count));
    for _ in 0..count {
        let ([kind, number, low, high], rest) =
            bytes.split_first_chunk().ok_or(Error::Damaged("a slot is cut short"))?;
        let (content, rest) = rest
            .split_at_checked(usize::from(u16::from_le_bytes([*low, *high])))
            .ok_or(Error::Damaged("a slot is cut short"))?;
        let slot = Slot { kind: SlotKind::of(*kind), number: *number, content: content.to_vec() };
        if parameters_size(slot.kind).is_some_and(|size| content.len() != size + WRAPPED) {
            return Error::damaged("a slot of the wrong size");
        }
        if slot.kdf().is_some_and(|kdf| !kdf.within_limits()) {
            return Err(Error::Limit("the cost of a password's key"));
        }
        if slots.iter().any(|known| known.number == slot.number) {
            return Error::damaged("two slots of one number");
        }
        slots.push(slot);
        bytes = rest;
    }
    if !bytes.is_empty() {
        return Error::damaged("something behind the slots");
    }
    check(&slots)?;
    Ok(slots)
}

/// Whether a vault may have these slots.
pub(crate) fn check(slots: &[Slot]) -> Result<()> {
    if slots.len() > MOST {
        return Err(Error::Limit("the number of slots"));
    }
    let by_a_person = |slot: &Slot| matches!(slot.kind, SlotKind::Password | SlotKind::RecoveryKey);
    if slots.iter().any(by_a_person) { Ok(()) } else { Err(Error::OnlyKeychain) }
}

/// A number that none of them has.
pub(crate) fn free_number(slots: &[Slot]) -> u8 {
    (0..=u8::MAX).find(|number| slots.iter().all(|slot| slot.number != *number)).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calibrated(memory: u64, milliseconds: impl Fn(Kdf) -> u64) -> Kdf {
        Kdf::calibrate(memory, |kdf| Duration::from_millis(milliseconds(kdf)))
    }

    #[test]
    fn a_fast_computer_spends_more_and_a_slow_one_less() {
        const GIB: u64 = 1 << 30;
        let by_work =
            |per_mib: f64| move |kdf: Kdf| (f64::from(kdf.memory_kib / 1024 * kdf.passes) * per_mib) as u64;
        assert_eq!(calibrated(16 * GIB, by_work(0.8)), Kdf::START);
        assert_eq!(calibrated(16 * GIB, by_work(0.4)).memory_kib, 512 * 1024);
        let fast = calibrated(16 * GIB, by_work(0.1));
        assert_eq!((fast.memory_kib, fast.passes), (1024 * 1024, 5));
        assert_eq!(calibrated(16 * GIB, by_work(100.0)), Kdf::FLOOR);
        let small = calibrated(GIB / 2, by_work(0.4));
        assert_eq!((small.memory_kib, small.passes), (128 * 1024, 10));
        assert_eq!(calibrated(0, by_work(0.01)).memory_kib, Kdf::FLOOR.memory_kib);
    }

    #[test]
    fn absurd_costs_are_refused_before_they_are_paid() {
        for (memory_kib, passes, lanes) in [
            (u32::MAX, 3, 4),
            (2 * 1024 * 1024 + 1, 3, 4),
            (64, 33, 4),
            (64, 0, 4),
            (256, 3, 17),
            (64, 3, 0),
            (31, 3, 4),
        ] {
            let kdf = Kdf { memory_kib, passes, lanes };
            assert!(matches!(kdf.try_out(), Err(Error::Limit(_))), "{kdf:?}");
        }
    }
}
