//! Passkeys: what a browser is asked for, and whether its answer fits (WebAuthn level 3).
//!
//! Authenticators must verify their owner, so that a passkey is two factors in one (NIST SP 800-63B-4 section 3.1.7);
//! those that are kept in step between devices are as good (appendix B there).

use crate::config::Config;
use crate::pepper::Pepper;
use crate::rng::Random;
use crate::storage::{Account, Passkey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::time::Duration;
use url::Url;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, DiscoverableKey, Passkey as Key, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Uuid, WebauthnError,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

/// Seconds that a browser may take to answer (WebAuthn level 3 section 15.1 recommends 300 to 600).
pub(crate) const LIFE: i64 = 300;
/// Passkeys of an account: more than a person has devices.
pub(crate) const MOST: u32 = 20;

/// What passkeys are bound to: the name of `public_url`, and its origin.
pub(crate) struct Site(Webauthn);

/// Why an answer does not fit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// The signature fits, but the counter went back: there may be two of this passkey.
    Counter,
    /// It cannot be used for signing in without a name.
    NotDiscoverable,
    Other,
}

/// What a browser is asked, and what has to be remembered until it answers.
pub(crate) struct Question {
    pub(crate) options: Value,
    pub(crate) state: Vec<u8>,
}

/// A new passkey, not yet kept.
pub(crate) struct New {
    pub(crate) credential_hash: Vec<u8>,
    pub(crate) sealed: Vec<u8>,
}

/// An answer that fits.
pub(crate) struct Fit {
    pub(crate) counter: i64,
    pub(crate) sealed: Vec<u8>,
}

/// What is sealed of a passkey. With its account in it, a row cannot be given to another one.
#[derive(Serialize, Deserialize)]
struct Kept {
    account_id: String,
    key: Key,
}

impl Site {
    /// `None` if `public_url` has a number for a name: browsers bind passkeys to domains alone.
    pub(crate) fn of(config: &Config) -> Option<Self> {
        // Without a final slash or anything else that is not part of an origin.
        let origin = Url::parse(&config.public_url.origin().ascii_serialization()).ok()?;
        let builder = WebauthnBuilder::new(origin.domain()?, &origin).ok()?;
        let patience = Duration::from_secs(LIFE.unsigned_abs());
        builder.rp_name(&config.name).timeout(patience).build().ok().map(Self)
    }

    /// Asks for a new one, which the authenticators that hold one of `has` do not make.
    pub(crate) fn ask_for_new(
        &self,
        pepper: &Pepper,
        random: &dyn Random,
        account: &Account,
        has: &[Passkey],
    ) -> Option<Question> {
        let known = has.iter().filter_map(|passkey| open(pepper, passkey));
        let known = known.map(|key| key.cred_id().clone()).collect();
        let shown = if account.person.is_empty() { &account.identifier } else { &account.person };
        let user = user(pepper, &account.id);
        let (mut ask, state) =
            self.0.start_passkey_registration(user, &account.identifier, shown, Some(known)).ok()?;
        // It must be found without a name.
        let how = ask.public_key.authenticator_selection.as_mut()?;
        how.require_resident_key = true;
        let mut options = serde_json::to_value(&ask.public_key).ok()?;
        options["authenticatorSelection"]["residentKey"] = json!("required");
        Some(Question { options, state: seal(pepper, random, &state)? })
    }

    /// Reads the answer to [`Site::ask_for_new`].
    pub(crate) fn new_one(
        &self,
        pepper: &Pepper,
        random: &dyn Random,
        account: &Account,
        state: &[u8],
        answer: &str,
    ) -> Result<New, Misfit> {
        let state: PasskeyRegistration = unseal(pepper, state).ok_or(Misfit::Other)?;
        let answer: RegisterPublicKeyCredential = serde_json::from_str(answer).map_err(|_| Misfit::Other)?;
        if answer.extensions.cred_props.as_ref().is_some_and(|said| said.rk == Some(false)) {
            return Err(Misfit::NotDiscoverable);
        }
        let key = self.0.finish_passkey_registration(&answer, &state).map_err(misfit)?;
        let credential_hash = Sha256::digest(key.cred_id()).to_vec();
        let kept = Kept { account_id: account.id.clone(), key };
        Ok(New { credential_hash, sealed: seal(pepper, random, &kept).ok_or(Misfit::Other)? })
    }

    /// Asks for one of `among`, or for any if nobody has said who they are.
    pub(crate) fn ask_for(
        &self,
        pepper: &Pepper,
        random: &dyn Random,
        among: Option<&[Passkey]>,
    ) -> Option<Question> {
        let (ask, state) = self.0.start_discoverable_authentication().ok()?;
        let mut options = serde_json::to_value(&ask.public_key).ok()?;
        if let Some(among) = among {
            let keys = among.iter().filter_map(|passkey| open(pepper, passkey));
            let id = |key: Key| URL_SAFE_NO_PAD.encode(key.cred_id());
            options["allowCredentials"] =
                keys.map(|key| json!({"type": "public-key", "id": id(key)})).collect();
        }
        Some(Question { options, state: seal(pepper, random, &state)? })
    }

    /// Reads the answer to [`Site::ask_for`], which `passkey` is to have given.
    pub(crate) fn check(
        &self,
        pepper: &Pepper,
        random: &dyn Random,
        state: &[u8],
        answer: &Answer,
        passkey: &Passkey,
    ) -> Result<Fit, Misfit> {
        let state: DiscoverableAuthentication = unseal(pepper, state).ok_or(Misfit::Other)?;
        let mut key = open(pepper, passkey).ok_or(Misfit::Other)?;
        // An authenticator names the account, too, if it knows it by that.
        let named = answer.0.get_user_unique_id().filter(|said| !said.is_empty());
        if named.is_some_and(|said| said != user(pepper, &passkey.account_id).as_bytes()) {
            return Err(Misfit::Other);
        }
        let fit = self
            .0
            .finish_discoverable_authentication_v2(&answer.0, state, DiscoverableKey::from(&key))
            .map_err(misfit)?;
        if !fit.user_verified() {
            return Err(Misfit::Other);
        }
        key.update_credential(&fit).ok_or(Misfit::Other)?;
        let kept = Kept { account_id: passkey.account_id.clone(), key };
        let sealed = seal(pepper, random, &kept).ok_or(Misfit::Other)?;
        Ok(Fit { counter: i64::from(fit.counter()), sealed })
    }
}

/// What a browser answered, not yet checked.
pub(crate) struct Answer(PublicKeyCredential);

impl Answer {
    /// `None` for what is no answer at all.
    pub(crate) fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().map(Self)
    }

    /// What the passkey that it says to be of is found by.
    pub(crate) fn credential_hash(&self) -> Vec<u8> {
        Sha256::digest(self.0.get_credential_id()).to_vec()
    }

    /// Does it say whose it is? One that answers for nobody cannot sign in without a name.
    pub(crate) fn names_somebody(&self) -> bool {
        self.0.get_user_unique_id().is_some_and(|said| !said.is_empty())
    }
}

fn misfit(error: WebauthnError) -> Misfit {
    match error {
        WebauthnError::CredentialPossibleCompromise => Misfit::Counter,
        _ => Misfit::Other,
    }
}

/// What authenticators know an account by: 128 bits that say nothing elsewhere (WebAuthn level 3 section 14.6.1).
fn user(pepper: &Pepper, account_id: &str) -> Uuid {
    let mut short = [0; 16];
    short.copy_from_slice(&pepper.mac("passkey user", &[account_id.as_bytes()])[..16]);
    Uuid::from_bytes(short)
}

fn open(pepper: &Pepper, passkey: &Passkey) -> Option<Key> {
    let kept: Kept = unseal(pepper, &passkey.sealed)?;
    (kept.account_id == passkey.account_id).then_some(kept.key)
}

fn seal(pepper: &Pepper, random: &dyn Random, value: &impl Serialize) -> Option<Vec<u8>> {
    serde_json::to_vec(value).ok().map(|plain| pepper.seal(random, &plain))
}

fn unseal<T: DeserializeOwned>(pepper: &Pepper, sealed: &[u8]) -> Option<T> {
    pepper.unseal(sealed).and_then(|plain| serde_json::from_slice(&plain).ok())
}
