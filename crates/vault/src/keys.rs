//! The data key and what comes from it; the one cipher for everything of ours.

use std::ops::{Deref, DerefMut};

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{Tag, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

use crate::error::{Error, Result};
use crate::wiped::Wiped;

pub(crate) const TAG: usize = 16;
pub(crate) const NONCE: usize = 24;

/// 32 bytes of a key, on the heap: what is moved on the stack leaves copies behind that nothing wipes.
pub(crate) struct Bytes32(Box<Zeroizing<[u8; 32]>>);

impl Bytes32 {
    pub fn zeros() -> Self {
        Self(Box::new(Zeroizing::new([0; 32])))
    }

    pub fn copy_of(bytes: &[u8; 32]) -> Self {
        let mut copy = Self::zeros();
        copy.copy_from_slice(bytes);
        copy
    }
}

impl Deref for Bytes32 {
    type Target = [u8; 32];

    fn deref(&self) -> &[u8; 32] {
        &self.0
    }
}

impl DerefMut for Bytes32 {
    fn deref_mut(&mut self) -> &mut [u8; 32] {
        &mut self.0
    }
}

/// A source of randomness fit for keys.
pub trait Random: Send + Sync {
    fn fill(&self, bytes: &mut [u8]);
}

pub(crate) fn random<const N: usize>(random: &dyn Random) -> [u8; N] {
    let mut bytes = [0; N];
    random.fill(&mut bytes);
    bytes
}

#[expect(clippy::expect_used, reason = "HKDF gives 255 × 32 bytes; 32 are asked for")]
pub(crate) fn derive(from: &[u8], salt: &[u8], label: &str) -> Bytes32 {
    let mut key = Bytes32::zeros();
    Hkdf::<Sha256>::new(Some(salt), from).expand(label.as_bytes(), &mut *key).expect("32 bytes");
    key
}

/// The 256-bit key that every other comes from.
pub(crate) struct DataKey(Bytes32);

impl Clone for DataKey {
    fn clone(&self) -> Self {
        Self::copy_of(&self.0)
    }
}

impl DataKey {
    pub fn new(dice: &dyn Random) -> Self {
        let mut key = Bytes32::zeros();
        dice.fill(&mut *key);
        Self(key)
    }

    pub fn copy_of(bytes: &[u8; 32]) -> Self {
        Self(Bytes32::copy_of(bytes))
    }

    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    pub fn snapshot(&self, save_salt: &[u8; 32]) -> Cipher {
        Cipher::new(&derive(&*self.0, save_salt, "regain vault snapshot"))
    }

    pub fn header_mac(&self, vault_id: &[u8; 16], header: &[u8]) -> [u8; 32] {
        self.mac(vault_id, header).finalize().into_bytes().into()
    }

    pub fn header_is_ours(&self, vault_id: &[u8; 16], header: &[u8], mac: &[u8]) -> bool {
        self.mac(vault_id, header).verify_slice(mac).is_ok()
    }

    #[expect(clippy::expect_used, reason = "HMAC takes keys of any size")]
    fn mac(&self, vault_id: &[u8; 16], header: &[u8]) -> Hmac<Sha256> {
        let key = derive(&*self.0, vault_id, "regain vault header");
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&*key).expect("any size");
        mac.update(header);
        mac
    }
}

/// The keys of an open vault.
pub(crate) struct Keys {
    pub data: DataKey,
    pub secrets: Cipher,
    pub journal: Cipher,
    pub locked: LockedKey,
}

impl Keys {
    pub fn new(data: DataKey, vault_id: &[u8; 16]) -> Self {
        let from = |label| derive(data.expose(), vault_id, label);
        Self {
            secrets: Cipher::new(&from("regain vault secrets")),
            journal: Cipher::new(&from("regain vault journal")),
            locked: LockedKey::new(&data, vault_id),
            data,
        }
    }
}

/// XChaCha20-Poly1305 under one key.
pub(crate) struct Cipher(Bytes32);

impl Cipher {
    pub fn new(key: &[u8; 32]) -> Self {
        Self(Bytes32::copy_of(key))
    }

    /// For one use: it holds a copy of the key where it stands.
    fn ready(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.0).into())
    }

    /// Seals in place; the tag comes back.
    #[expect(clippy::expect_used, reason = "the cipher takes 256 GB, we give at most 256 MiB")]
    pub fn seal(&self, nonce: &[u8; NONCE], aad: &[u8], text: &mut [u8]) -> [u8; TAG] {
        self.ready()
            .encrypt_inout_detached(&XNonce::from(*nonce), aad, text.into())
            .expect("within the cipher's limit")
            .into()
    }

    /// Opens in place; whether it was sealed with this key. The bytes are of no use if not.
    #[must_use]
    pub fn open(&self, nonce: &[u8; NONCE], aad: &[u8], text: &mut [u8], tag: &[u8; TAG]) -> bool {
        let tag = Tag::from(*tag);
        self.ready().decrypt_inout_detached(&XNonce::from(*nonce), aad, text.into(), &tag).is_ok()
    }

    /// `nonce ‖ sealed ‖ tag` with a random nonce.
    pub fn seal_alone(&self, dice: &dyn Random, aad: &[u8], text: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE] = random(dice);
        let mut sealed = Vec::with_capacity(NONCE + text.len() + TAG);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(text);
        let tag = self.seal(&nonce, aad, &mut sealed[NONCE..]);
        sealed.extend_from_slice(&tag);
        sealed
    }

    /// What [`seal_alone`](Self::seal_alone) sealed.
    pub fn open_alone(&self, aad: &[u8], sealed: &[u8]) -> Option<Wiped> {
        let (nonce, rest) = sealed.split_first_chunk::<NONCE>()?;
        let (text, tag) = rest.split_last_chunk::<TAG>()?;
        let mut text = Wiped::copy_of(text);
        self.open(nonce, aad, &mut text, tag).then_some(text)
    }
}

/// The key pair to which frames are sealed while the vault is locked.
pub(crate) struct LockedKey(Box<<X25519HkdfSha256 as Kem>::PrivateKey>);

const LOCKED_INFO: &[u8] = b"regain vault locked frame";

impl LockedKey {
    #[expect(clippy::expect_used, reason = "any 32 bytes are an X25519 key")]
    pub fn new(data: &DataKey, vault_id: &[u8; 16]) -> Self {
        let bytes = derive(data.expose(), vault_id, "regain vault locked");
        Self(Box::new(Deserializable::from_bytes(&*bytes).expect("32 bytes")))
    }

    pub fn public(&self) -> [u8; 32] {
        X25519HkdfSha256::sk_to_pk(&self.0).to_bytes().into()
    }

    pub fn open(&self, vault_id: &[u8; 16], aad: &[u8], body: &[u8]) -> Option<Wiped> {
        let (enc, sealed) = body.split_first_chunk::<32>()?;
        let enc = Deserializable::from_bytes(enc).ok()?;
        let info = [LOCKED_INFO, vault_id].concat();
        let mut text = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &self.0,
            &enc,
            &info,
            sealed,
            aad,
        )
        .ok()?;
        let wiped = Wiped::copy_of(&text);
        text.zeroize();
        Some(wiped)
    }
}

/// Seals to a vault's public key: `enc ‖ ciphertext`.
pub(crate) fn seal_to(
    public: &[u8; 32],
    vault_id: &[u8; 16],
    aad: &[u8],
    text: &[u8],
    dice: &dyn Random,
) -> Result<Vec<u8>> {
    let unfit = |_| Error::Damaged("the pinned public key is none");
    let public = Deserializable::from_bytes(public).map_err(unfit)?;
    let info = [LOCKED_INFO, vault_id].concat();
    let (enc, sealed) = hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Base,
        &public,
        &info,
        text,
        aad,
        &mut Dice(dice),
    )
    .map_err(unfit)?;
    Ok([enc.to_bytes().as_slice(), &sealed].concat())
}

/// Our randomness, for crates that want their own trait.
struct Dice<'a>(&'a dyn Random);

impl rand_core::TryRng for Dice<'_> {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> std::result::Result<u32, Self::Error> {
        Ok(u32::from_le_bytes(random(self.0)))
    }

    fn try_next_u64(&mut self) -> std::result::Result<u64, Self::Error> {
        Ok(u64::from_le_bytes(random(self.0)))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> std::result::Result<(), Self::Error> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Dice<'_> {}

/// Overwrites what calls that are over left on the stack: the ciphers hold their keys there while they work.
#[inline(never)]
pub(crate) fn wipe_stack() {
    let mut below = [0_u8; 64 * 1024];
    below.zeroize();
    std::hint::black_box(&below);
}
