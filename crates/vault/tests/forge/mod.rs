//! Takes vaults apart and puts them together again, from `docs/vault-format.md` alone: what the program would never
//! write is written here.

#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a surprise must stop the test")]

pub mod bad;
pub mod good;
pub mod vector;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use minicbor::Encoder;
use sha2::{Digest, Sha256};
use vault::Random as _;
use vault::scratch_disk::Seeded;

pub const CHUNK: usize = 65_536;
pub const TAG: usize = 16;

pub fn hkdf(ikm: &[u8], salt: &[u8], info: &str) -> [u8; 32] {
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(Some(salt), ikm).expand(info.as_bytes(), &mut key).unwrap();
    key
}

fn nonce(number: usize, last: bool) -> [u8; 24] {
    let mut nonce = [0; 24];
    nonce[19..23].copy_from_slice(&u32::try_from(number).unwrap().to_be_bytes());
    nonce[23] = u8::from(last);
    nonce
}

pub fn seal(key: &[u8; 32], nonce: &[u8; 24], aad: &[u8], msg: &[u8]) -> Vec<u8> {
    XChaCha20Poly1305::new(key.into()).encrypt(&XNonce::from(*nonce), Payload { msg, aad }).unwrap()
}

fn unseal(key: &[u8; 32], nonce: &[u8; 24], aad: &[u8], msg: &[u8]) -> Vec<u8> {
    XChaCha20Poly1305::new(key.into()).decrypt(&XNonce::from(*nonce), Payload { msg, aad }).unwrap()
}

pub fn padded(size: usize) -> usize {
    if size <= 4_096 {
        return 4_096;
    }
    let exponent = size.ilog2();
    size.next_multiple_of(1 << (exponent - exponent.ilog2() - 1))
}

/// The data key of a vault that was made with this dice: it is the first that is thrown.
pub fn data_key(seed: u64) -> [u8; 32] {
    let mut key = [0; 32];
    Seeded::new(seed).fill(&mut key);
    key
}

/// A snapshot, open.
#[derive(Clone)]
pub struct Forge {
    pub key: [u8; 32],
    /// Without its MAC.
    pub header: Vec<u8>,
    pub payload: Vec<u8>,
}

impl Forge {
    pub fn open(bytes: &[u8], key: [u8; 32]) -> Self {
        let size = u32::from_le_bytes(bytes[10..14].try_into().unwrap()) as usize;
        let (header, body) = bytes.split_at(size);
        let mut forge = Self { key, header: header[..size - 32].to_vec(), payload: Vec::new() };
        assert_eq!(forge.mac(), header[size - 32..], "the header is authentic");
        let count = body.len().div_ceil(CHUNK + TAG);
        for (number, chunk) in body.chunks(CHUNK + TAG).enumerate() {
            let nonce = nonce(number, number + 1 == count);
            forge.payload.extend(unseal(&forge.snapshot_key(), &nonce, &forge.mac(), chunk));
        }
        forge
    }

    pub fn vault_id(&self) -> [u8; 16] {
        self.header[14..30].try_into().unwrap()
    }

    pub fn generation(&self) -> u64 {
        u64::from_le_bytes(self.header[30..38].try_into().unwrap())
    }

    pub fn mac(&self) -> [u8; 32] {
        let key = hkdf(&self.key, &self.vault_id(), "regain vault header");
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&key).unwrap();
        mac.update(&self.header);
        mac.finalize().into_bytes().into()
    }

    fn snapshot_key(&self) -> [u8; 32] {
        hkdf(&self.key, &self.header[46..78], "regain vault snapshot")
    }

    pub fn front(&self) -> Vec<u8> {
        [self.header.as_slice(), &self.mac()].concat()
    }

    /// Sealed chunks; the last is marked as such where `ends`.
    pub fn chunks(&self, ends: bool) -> Vec<Vec<u8>> {
        let count = self.payload.len().div_ceil(CHUNK);
        let seal = |(number, chunk): (usize, &[u8])| {
            seal(&self.snapshot_key(), &nonce(number, ends && number + 1 == count), &self.mac(), chunk)
        };
        self.payload.chunks(CHUNK).enumerate().map(seal).collect()
    }

    pub fn seal(&self) -> Vec<u8> {
        [self.front(), self.chunks(true).concat()].concat()
    }

    /// With other chunks behind the same header.
    pub fn with_chunks(&self, pick: impl FnOnce(&mut Vec<Vec<u8>>)) -> Vec<u8> {
        let mut chunks = self.chunks(true);
        pick(&mut chunks);
        [self.front(), chunks.concat()].concat()
    }

    pub fn slots(&self) -> Vec<Vec<u8>> {
        let (mut slots, mut rest) = (Vec::new(), &self.header[111..]);
        while !rest.is_empty() {
            let size = 4 + usize::from(u16::from_le_bytes([rest[2], rest[3]]));
            slots.push(rest[..size].to_vec());
            rest = &rest[size..];
        }
        slots
    }

    #[must_use]
    pub fn with_slots(&self, slots: &[Vec<u8>]) -> Self {
        let mut forge = self.clone();
        forge.header.truncate(110);
        forge.header.push(u8::try_from(slots.len()).unwrap());
        forge.header.extend(slots.concat());
        let size = u32::try_from(forge.header.len() + 32).unwrap();
        forge.header[10..14].copy_from_slice(&size.to_le_bytes());
        forge
    }

    /// A slot of a password, at any cost.
    pub fn password_slot(&self, number: u8, password: &str, [memory, passes, lanes]: [u32; 3]) -> Vec<u8> {
        let salt = [number; 16];
        let numbers = [memory, passes, lanes].map(u32::to_le_bytes).concat();
        let parameters = [numbers.as_slice(), &salt].concat();
        let mut key = [0; 32];
        if let Ok(params) = argon2::Params::new(memory.min(1 << 10), passes.min(4), lanes, Some(32)) {
            let argon2 = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
            let _ = argon2.hash_password_into(password.as_bytes(), &salt, &mut key);
        }
        self.slot(1, number, &parameters, &key)
    }

    pub fn keychain_slot(&self, number: u8, bytes: &[u8; 32]) -> Vec<u8> {
        let salt = [number; 16];
        self.slot(3, number, &salt, &hkdf(bytes, &salt, "regain vault keychain"))
    }

    fn slot(&self, kind: u8, number: u8, parameters: &[u8], key: &[u8; 32]) -> Vec<u8> {
        let aad = [b"RGNVAULT\x01\x00".as_slice(), &self.vault_id(), &[kind, number], parameters].concat();
        let nonce = [number; 24];
        let content = [parameters, &nonce, &seal(key, &nonce, &aad, &self.key)].concat();
        let size = u16::try_from(content.len()).unwrap().to_le_bytes();
        [[kind, number].as_slice(), &size, &content].concat()
    }

    /// The CBOR sequence: manifest and entries.
    pub fn items(&self) -> &[u8] {
        let size = u64::from_le_bytes(self.payload[..8].try_into().unwrap());
        &self.payload[8..8 + usize::try_from(size).unwrap()]
    }

    #[must_use]
    pub fn with_items(&self, items: &[u8]) -> Self {
        let mut payload = [(items.len() as u64).to_le_bytes().as_slice(), items].concat();
        payload.resize(padded(payload.len()), 0);
        Self { payload, ..self.clone() }
    }

    #[must_use]
    pub fn with_payload(&self, change: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut forge = self.clone();
        change(&mut forge.payload);
        forge
    }

    #[must_use]
    pub fn with_header(&self, change: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut forge = self.clone();
        change(&mut forge.header);
        forge
    }

    pub fn sealed_secret(&self, id: &str, name: &str, secret: &[u8]) -> Vec<u8> {
        let size = u16::try_from(id.len()).unwrap().to_le_bytes();
        let aad = [size.as_slice(), id.as_bytes(), name.as_bytes()].concat();
        let key = hkdf(&self.key, &self.vault_id(), "regain vault secrets");
        [[7; 24].as_slice(), &seal(&key, &[7; 24], &aad, secret)].concat()
    }

    /// Frames written while the vault was open, one for each text.
    pub fn frames(&self, texts: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let key = hkdf(&self.key, &self.vault_id(), "regain vault journal");
        let (mut chain, mut frames) = (self.mac(), Vec::new());
        for (number, text) in (1_u64..).zip(texts) {
            let change = [u8::try_from(number).unwrap(); 16];
            let generation = self.generation().to_le_bytes();
            let id = self.vault_id();
            let aad =
                [b"regain vault frame".as_slice(), &id, &generation, &number.to_le_bytes(), &change, &chain];
            let body = [[9; 24].as_slice(), &seal(&key, &[9; 24], &aad.concat(), text)].concat();
            let frame = frame(1, self.generation(), &change, &body);
            chain = Sha256::new().chain_update(chain).chain_update(&frame).finalize().into();
            frames.push(frame);
        }
        frames
    }
}

pub fn frame(kind: u8, generation: u64, change: &[u8; 16], body: &[u8]) -> Vec<u8> {
    let text = [[kind].as_slice(), &generation.to_le_bytes(), change, body].concat();
    let size = u32::try_from(text.len()).unwrap().to_le_bytes();
    [size.as_slice(), &crc32fast::hash(&text).to_le_bytes(), &text].concat()
}

/// The frames of a journal that is whole.
pub fn split(mut journal: &[u8]) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    while !journal.is_empty() {
        let size = 8 + u32::from_le_bytes(journal[..4].try_into().unwrap()) as usize;
        frames.push(journal[..size].to_vec());
        journal = &journal[size..];
    }
    frames
}

/// Writes CBOR.
pub fn cbor(write: impl FnOnce(&mut Encoder<&mut Vec<u8>>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut Encoder::new(&mut bytes));
    bytes
}

/// A manifest that counts so many entries, and nothing else.
pub fn manifest(count: u64) -> Vec<u8> {
    cbor(|it| drop(it.map(1).unwrap().u64(0).unwrap().u64(count)))
}

/// An entry with an id and one more field.
pub fn entry(id: &str, key: u64, value: &[u8]) -> Vec<u8> {
    let head = cbor(|it| drop(it.map(2).unwrap().u64(0).unwrap().str(id).unwrap().u64(key)));
    [&head, value].concat()
}
