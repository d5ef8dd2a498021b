//! Password hashing that cannot be turned into a weapon.

mod imported;

pub use imported::{Unreadable, stored as imported};

use crate::pepper::Pepper;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use crossbeam_channel::{Receiver, Sender, TrySendError};
use hugealloc::HugeAlloc;
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use subtle::ConstantTimeEq as _;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

/// Memory for one hash, KiB (OWASP password storage: 19 MiB with two passes).
pub const MEMORY_KIB: u32 = 19 * 1024;
/// Bytes of a hash.
const HASH: usize = 32;
/// Bytes of a large page, where there are any: x86-64, and 64-bit ARM with small pages of 4 KiB.
const LARGE_PAGE: usize = 2 << 20;
/// Passes over that memory.
pub const PASSES: u32 = 2;
/// Requests that may wait for a free core; more are turned away at once.
pub const QUEUE: usize = 64;
/// How long one may wait.
pub const WAIT: Duration = Duration::from_secs(2);

/// Argon2id with the server's pepper, as many at once as there are cores.
#[derive(Clone)]
pub(crate) struct Hasher(Arc<Inner>);

struct Inner {
    key: Zeroizing<[u8; 32]>,
    params: Params,
    /// For one thread for each core. The next job is at hand when one is done: nobody has to be woken in between, and the core
    /// never rests. Once nobody can ask any more, the threads end.
    queue: Sender<Job>,
    /// As many as were ever filled at once. Taken anew each time, 19 MiB stay behind in the allocator for every thread.
    memory: Mutex<Vec<Memory>>,
    running: AtomicUsize,
    refused: AtomicUsize,
}

type Job = Box<dyn FnOnce() + Send>;

/// How busy it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Load {
    pub(crate) running: usize,
    /// For a free core.
    pub(crate) waiting: usize,
    /// Turned away since the start.
    pub(crate) refused: usize,
}

/// What Argon2 fills, on large pages where the system has any: a pass jumps all over it. Whatever is left in it says no more
/// than the hash does.
struct Memory(allocator_api2::vec::Vec<Block, HugeAlloc>);

/// Why there is no hash.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HashError {
    /// Too many at once; worth another try in a moment.
    #[error("too many passwords are being checked at once")]
    Busy,
    #[error("hashing failed: {0}")]
    Failed(String),
}

/// What became of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) fits: bool,
    /// It fits, but was made with other parameters than today's.
    pub(crate) outdated: bool,
}

impl Hasher {
    pub(crate) fn new(pepper: &Pepper) -> Result<Self, HashError> {
        let (queue, jobs) = crossbeam_channel::bounded(QUEUE);
        for _ in 0..cores() {
            let jobs: Receiver<Job> = jobs.clone();
            let thread = std::thread::Builder::new().name("hash".to_owned());
            thread.spawn(move || jobs.iter().for_each(|job| job())).map_err(failed)?;
        }
        Ok(Self(Arc::new(Inner {
            key: Zeroizing::new(pepper.mac("argon2", &[])),
            params: Params::new(MEMORY_KIB, PASSES, 1, Some(HASH)).map_err(failed)?,
            queue,
            memory: Mutex::default(),
            running: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
        })))
    }

    /// A PHC string for `secret`.
    pub(crate) async fn hash(&self, secret: &str, salt: [u8; 16]) -> Result<String, HashError> {
        let (this, secret) = (self.clone(), Zeroizing::new(secret.to_owned()));
        self.run(move |memory| this.hash_now(memory, &secret, &salt)).await?
    }

    /// Several secrets under one salt, so that one hash finds which of them was typed.
    pub(crate) async fn hash_all(
        &self,
        secrets: &[String],
        salt: [u8; 16],
    ) -> Result<Vec<String>, HashError> {
        let mut hashes = Vec::with_capacity(secrets.len());
        for secret in secrets {
            hashes.push(self.hash(secret, salt).await?);
        }
        Ok(hashes)
    }

    /// Compares `secret` with a stored PHC string; without one, does the same work and says no.
    pub(crate) async fn verify(&self, secret: &str, stored: Option<&str>) -> Result<Verdict, HashError> {
        let (this, secret) = (self.clone(), Zeroizing::new(secret.to_owned()));
        let stored = stored.map(str::to_owned);
        self.run(move |memory| match stored {
            Some(stored) => this.verify_now(memory, &secret, &stored),
            None => {
                this.hash_now(memory, &secret, &[0; 16])?;
                Ok(Verdict { fits: false, outdated: false })
            }
        })
        .await?
    }

    /// Which of `stored` (all under one salt) is `secret`? One hash, however many there are.
    pub(crate) async fn find(&self, secret: &str, stored: &[String]) -> Result<Option<usize>, HashError> {
        let (this, secret, stored) = (self.clone(), Zeroizing::new(secret.to_owned()), stored.to_vec());
        self.run(move |memory| {
            let Some(first) = stored.first() else {
                this.hash_now(memory, &secret, &[0; 16])?;
                return Ok(None);
            };
            let salt = PasswordHash::new(first).map_err(failed)?.salt;
            let salt = salt.as_ref().map_or(&[0; 16][..], |salt| salt.as_ref());
            let computed = this.hash_now(memory, &secret, salt)?;
            let mut found = None;
            for (place, hash) in stored.iter().enumerate() {
                if bool::from(hash.as_bytes().ct_eq(computed.as_bytes())) {
                    found = Some(place);
                }
            }
            Ok(found)
        })
        .await?
    }

    pub(crate) fn load(&self) -> Load {
        Load {
            running: self.0.running.load(Ordering::Relaxed),
            waiting: self.0.queue.len(),
            refused: self.0.refused.load(Ordering::Relaxed),
        }
    }

    /// Keeps every core busy and the queue full until what is returned is dropped.
    #[cfg(test)]
    pub(crate) fn crowd(&self) -> Crowd {
        let (stays, over) = crossbeam_channel::bounded(0);
        loop {
            let (inner, over) = (Arc::clone(&self.0), over.clone());
            let job = Box::new(move || {
                inner.running.fetch_add(1, Ordering::Relaxed);
                let _over = over.recv();
                inner.running.fetch_sub(1, Ordering::Relaxed);
            });
            if self.0.queue.try_send(job).is_err() && self.load().running == cores() {
                return Crowd { hasher: self.clone(), stays: Some(stays) };
            }
        }
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let (answer, mut answered) = oneshot::channel();
        let begun = Arc::new(AtomicBool::new(false));
        let job = Box::new({
            let (inner, begun) = (Arc::clone(&self.0), Arc::clone(&begun));
            move || {
                begun.store(true, Ordering::Relaxed);
                // Whoever has hung up or waited for too long is not worked for.
                if answer.is_closed() {
                    return;
                }
                inner.running.fetch_add(1, Ordering::Relaxed);
                let rest = || inner.memory.lock().unwrap_or_else(PoisonError::into_inner);
                let mut memory = rest().pop().unwrap_or_default();
                let done = work(&mut memory);
                rest().push(memory);
                inner.running.fetch_sub(1, Ordering::Relaxed);
                let _heard = answer.send(done);
            }
        });
        match self.0.queue.try_send(job) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => return Err(self.refuse()),
            Err(error @ TrySendError::Disconnected(_)) => return Err(failed(error)),
        }
        match tokio::time::timeout(WAIT, &mut answered).await {
            Ok(done) => done.map_err(failed),
            Err(_) if begun.load(Ordering::Relaxed) => answered.await.map_err(failed),
            Err(_) => Err(self.refuse()),
        }
    }

    fn refuse(&self) -> HashError {
        self.0.refused.fetch_add(1, Ordering::Relaxed);
        HashError::Busy
    }

    /// A PHC string.
    fn hash_now(&self, memory: &mut Memory, secret: &str, salt: &[u8]) -> Result<String, HashError> {
        let params = &self.0.params;
        let mut hash = [0; HASH];
        self.fill(memory, params.clone(), secret, salt, &mut hash)?;
        Ok(format!(
            "$argon2id$v=19$m={},t={},p={}${}${}",
            params.m_cost(),
            params.t_cost(),
            params.p_cost(),
            STANDARD_NO_PAD.encode(salt),
            STANDARD_NO_PAD.encode(hash)
        ))
    }

    fn verify_now(&self, memory: &mut Memory, secret: &str, stored: &str) -> Result<Verdict, HashError> {
        if let Some(text) = imported::of(stored) {
            let fits = imported::fits(secret, text).map_err(failed)?;
            return Ok(Verdict { fits, outdated: fits });
        }
        let parsed = PasswordHash::new(stored).map_err(failed)?;
        let known = parsed.algorithm.as_str() == "argon2id" && parsed.version == Some(19);
        let (Some(salt), Some(hash), true) = (&parsed.salt, &parsed.hash, known) else {
            return Err(failed("a hash of another kind"));
        };
        let made_with = Params::try_from(&parsed).map_err(failed)?;
        let mut computed = vec![0; hash.as_ref().len()];
        self.fill(memory, made_with.clone(), secret, salt.as_ref(), &mut computed)?;
        let fits = bool::from(computed.ct_eq(hash.as_ref()));
        let today = &self.0.params;
        let outdated = made_with.m_cost() != today.m_cost()
            || made_with.t_cost() != today.t_cost()
            || made_with.p_cost() != today.p_cost();
        Ok(Verdict { fits, outdated: fits && outdated })
    }

    fn fill(
        &self,
        memory: &mut Memory,
        params: Params,
        secret: &str,
        salt: &[u8],
        hash: &mut [u8],
    ) -> Result<(), HashError> {
        let argon2 =
            Argon2::new_with_secret(self.0.key.as_slice(), Algorithm::Argon2id, Version::V0x13, params)
                .map_err(failed)?;
        let blocks = memory.of(argon2.params().block_count());
        argon2.hash_password_into_with_memory(secret.as_bytes(), salt, hash, blocks).map_err(failed)
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self(allocator_api2::vec::Vec::new_in(HugeAlloc))
    }
}

impl Memory {
    fn of(&mut self, blocks: usize) -> &mut [Block] {
        if self.0.len() < blocks {
            // The last page whole, too.
            self.0.reserve_exact(blocks.next_multiple_of(LARGE_PAGE / Block::SIZE) - self.0.len());
            self.0.resize(blocks, Block::default());
        }
        &mut self.0[..blocks]
    }
}

/// Those who are before everyone else.
#[cfg(test)]
pub(crate) struct Crowd {
    hasher: Hasher,
    stays: Option<Sender<()>>,
}

#[cfg(test)]
impl Drop for Crowd {
    /// Waits until they are gone.
    fn drop(&mut self) {
        self.stays.take();
        while self.hasher.load().running + self.hasher.load().waiting > 0 {
            std::thread::yield_now();
        }
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

fn failed(error: impl std::fmt::Display) -> HashError {
    HashError::Failed(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SeededRandom;
    use argon2::password_hash::{CustomizedPasswordHasher as _, PasswordVerifier as _};

    fn hasher(seed: u64) -> Hasher {
        Hasher::new(&Pepper::random(&SeededRandom::new(seed))).unwrap()
    }

    #[tokio::test]
    async fn verifies_with_the_same_pepper_only() {
        let (ours, theirs) = (hasher(1), hasher(2));
        let stored = ours.hash("a long password indeed", [7; 16]).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        let fits = |hasher: &Hasher, typed: &'static str| {
            let (hasher, stored) = (hasher.clone(), stored.clone());
            async move { hasher.verify(typed, Some(&stored)).await.unwrap().fits }
        };
        assert!(fits(&ours, "a long password indeed").await);
        assert!(!fits(&ours, "a long password indeeD").await);
        assert!(!fits(&theirs, "a long password indeed").await);
        assert!(!ours.verify("anything", None).await.unwrap().fits);
    }

    #[tokio::test]
    async fn the_library_reads_what_is_written_here() {
        let pepper = Pepper::random(&SeededRandom::new(1));
        let hasher = Hasher::new(&pepper).unwrap();
        let key = pepper.mac("argon2", &[]);
        let library = Argon2::new_with_secret(&key, Algorithm::Argon2id, Version::V0x13, Params::default());
        // The second one finds the memory as the first one left it.
        for secret in ["a long password indeed", "Жёлтый чайник"] {
            let stored = hasher.hash(secret, [7; 16]).await.unwrap();
            let parsed = PasswordHash::new(&stored).unwrap();
            assert!(library.as_ref().unwrap().verify_password(secret.as_bytes(), &parsed).is_ok());
        }
        assert_eq!(hasher.0.memory.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn weaker_parameters_are_noticed() {
        let pepper = Pepper::random(&SeededRandom::new(1));
        let hasher = Hasher::new(&pepper).unwrap();
        let key = pepper.mac("argon2", &[]);
        let weak = Argon2::new_with_secret(
            &key,
            Algorithm::Argon2id,
            Version::V0x13,
            Params::new(1024, 1, 1, Some(32)).unwrap(),
        )
        .unwrap();
        let stored = weak
            .hash_password_customized(
                b"secret",
                &[1; 16],
                None,
                None,
                Params::new(1024, 1, 1, Some(32)).unwrap(),
            )
            .unwrap()
            .to_string();
        let verdict = hasher.verify("secret", Some(&stored)).await.unwrap();
        assert_eq!(verdict, Verdict { fits: true, outdated: true });
    }

    #[tokio::test]
    async fn finds_one_of_many_with_one_hash() {
        let hasher = hasher(1);
        let secrets: Vec<String> = (0..3).map(|n| format!("secret {n}")).collect();
        let stored = hasher.hash_all(&secrets, [3; 16]).await.unwrap();
        assert_eq!(hasher.find("secret 2", &stored).await.unwrap(), Some(2));
        assert_eq!(hasher.find("secret 3", &stored).await.unwrap(), None);
        assert_eq!(hasher.find("secret 3", &[]).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_flood_is_turned_away() {
        let hasher = hasher(1);
        let crowd = hasher.crowd();
        assert!(matches!(hasher.hash("x", [0; 16]).await, Err(HashError::Busy)));
        drop(crowd);
        hasher.hash("x", [0; 16]).await.unwrap();
        assert_eq!(hasher.load(), Load { running: 0, waiting: 0, refused: 1 });
    }
}
