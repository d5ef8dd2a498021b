//! The key that opens the vault on this computer without its password.

use zeroize::Zeroizing;

use super::items::{Items, Place};
use super::{ANSWER, Keychain};
use crate::error::{Error, ErrorKind, Result};
use crate::secret::Secret;

const BYTES: usize = 32;

impl Keychain {
    /// The vault's key, if one is kept here. Errors: the keychain's own; `StoreBroken` for what is no key.
    pub async fn vault_key(&self) -> Result<Option<Zeroizing<[u8; BYTES]>>> {
        self.with_vault_key(|items, place| {
            let Some(text) = items.read(place)? else { return Ok(None) };
            let no_key = || Error::new(ErrorKind::StoreBroken, "the vault's key cannot be understood");
            from_hex(text.expose()).map(Some).ok_or_else(no_key)
        })
        .await
    }

    /// Keeps it, durable and read back when this returns: a key that the vault is then told of must be there.
    pub async fn save_vault_key(&self, key: &[u8; BYTES]) -> Result<()> {
        let text = to_hex(key);
        self.with_vault_key(move |items, place| {
            // What cannot be understood is someone else's.
            if items.read(place)?.is_some_and(|known| from_hex(known.expose()).is_none()) {
                return Err(Error::new(ErrorKind::StoreBroken, "the vault's key cannot be understood"));
            }
            items.write(place, &text)?;
            if items.read(place)?.as_ref() == Some(&text) {
                return Ok(());
            }
            Err(Error::new(ErrorKind::StoreBroken, "it gave back another key"))
        })
        .await
    }

    /// Takes it away; that there is none is no error.
    pub async fn delete_vault_key(&self) -> Result<()> {
        self.with_vault_key(Items::delete).await
    }

    async fn with_vault_key<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Items, &Place) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (namespace, system) = (self.namespace.clone(), self.system.clone());
        let work = move || {
            let service = format!("{namespace} vault key");
            let place = Place {
                label: format!("{namespace}: vault key"),
                user: "vault".into(),
                parts: (format!("{service} part"), "key".into()),
                service,
            };
            work(&system.open(&namespace)?, &place)
        };
        self.worker.run(ANSWER, ErrorKind::StoreBroken, work).await
    }
}

fn to_hex(key: &[u8; BYTES]) -> Secret {
    let mut text = String::with_capacity(2 * BYTES);
    for byte in key {
        for half in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(half.into(), 16));
        }
    }
    Secret::new(text)
}

fn from_hex(text: &str) -> Option<Zeroizing<[u8; BYTES]>> {
    if text.len() != 2 * BYTES {
        return None;
    }
    let mut key = Zeroizing::new([0; BYTES]);
    for (number, digit) in text.chars().enumerate() {
        let half = u8::try_from(digit.to_digit(16)?).ok()?;
        let byte = key.get_mut(number / 2)?;
        *byte = *byte << 4 | half;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::super::fake::Fake;
    use super::*;

    const PLACE: (&str, &str) = ("Test vault key", "vault");

    fn key(first: u8) -> [u8; BYTES] {
        std::array::from_fn(|n| first.wrapping_add(u8::try_from(n).unwrap().wrapping_mul(9)))
    }

    #[tokio::test]
    async fn it_is_kept_replaced_and_taken_away() {
        let fake = Fake::new(usize::MAX);
        let keychain = fake.keychain();
        assert_eq!(keychain.vault_key().await.unwrap(), None);
        keychain.delete_vault_key().await.unwrap();
        for first in [0, 250] {
            keychain.save_vault_key(&key(first)).await.unwrap();
            assert_eq!(*fake.keychain().vault_key().await.unwrap().unwrap(), key(first));
        }
        let kept = fake.all();
        assert_eq!(kept.len(), 1);
        let text = String::from_utf8(kept[&(PLACE.0.to_owned(), PLACE.1.to_owned())].clone()).unwrap();
        assert!(text.starts_with("fa030c15") && text.len() == 64, "{text}");
        keychain.delete_vault_key().await.unwrap();
        assert_eq!(keychain.vault_key().await.unwrap(), None);
        assert!(fake.all().is_empty());
    }

    #[tokio::test]
    async fn what_is_no_key_is_broken_and_stays() {
        let fake = Fake::new(usize::MAX);
        let keychain = fake.keychain();
        let odd = ["", "00", &"0".repeat(63), &"0".repeat(66), &"g".repeat(64), &"ü".repeat(32)];
        for content in odd.map(str::as_bytes).into_iter().chain([&b"\xff"[..]]) {
            fake.put(PLACE.0, PLACE.1, content);
            assert_eq!(keychain.vault_key().await.unwrap_err().kind(), ErrorKind::StoreBroken);
            let saved = keychain.save_vault_key(&key(1)).await;
            assert_eq!(saved.unwrap_err().kind(), ErrorKind::StoreBroken);
            assert_eq!(fake.all()[&(PLACE.0.to_owned(), PLACE.1.to_owned())], content);
        }
        keychain.delete_vault_key().await.unwrap();
        keychain.save_vault_key(&key(1)).await.unwrap();
    }

    #[tokio::test]
    async fn of_two_keys_none_is_taken_written_over_or_deleted() {
        let fake = Fake::new(usize::MAX);
        let keychain = fake.keychain();
        keychain.save_vault_key(&key(1)).await.unwrap();
        fake.twin(PLACE.0, PLACE.1, b"theirs");
        let writes = fake.writes();
        assert_eq!(keychain.vault_key().await.unwrap_err().kind(), ErrorKind::Ambiguous);
        assert_eq!(keychain.save_vault_key(&key(2)).await.unwrap_err().kind(), ErrorKind::Ambiguous);
        assert_eq!(keychain.delete_vault_key().await.unwrap_err().kind(), ErrorKind::Ambiguous);
        fake.forget_twins();
        assert_eq!((*keychain.vault_key().await.unwrap().unwrap(), fake.writes()), (key(1), writes));
    }

    #[tokio::test]
    async fn a_keychain_in_trouble_says_which() {
        let fake = Fake::new(usize::MAX);
        let keychain = fake.keychain();
        for kind in [ErrorKind::NoKeychain, ErrorKind::Locked, ErrorKind::Dismissed, ErrorKind::StoreBroken] {
            fake.trouble(Some(kind));
            assert_eq!(keychain.vault_key().await.unwrap_err().kind(), kind);
            assert_eq!(keychain.save_vault_key(&key(1)).await.unwrap_err().kind(), kind);
            assert_eq!(keychain.delete_vault_key().await.unwrap_err().kind(), kind);
        }
    }
}
