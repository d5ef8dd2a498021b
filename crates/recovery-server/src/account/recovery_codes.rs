//! Saved recovery codes, ten at once.

use crate::api::{NOTICE_LIFE, letter, revoke_token};
use crate::audit::Event;
use crate::hash::HashError;
use crate::identifier::Identifier;
use crate::mail::{Access, Letter, Matter};
use crate::storage::{Changed, SealedMail, SettingsChange, Told, What};
use crate::{AddError, App, token};

impl App {
    /// Makes ten new saved codes for the account of this name; the old ones end. `None` if nobody has the name.
    ///
    /// It is a change of recovery settings like the owner's own: each address is told (NIST SP 800-63B-4 section 4.6)
    /// and can put the old ones back.
    ///
    /// # Errors
    /// The database does not do it, or the codes cannot be hashed.
    pub async fn renew_codes(&self, name: &str) -> Result<Option<Vec<String>>, AddError> {
        let Some(name) = Identifier::read(name) else { return Ok(None) };
        let failed = |error: HashError| AddError::Hash(error.to_string());
        let (codes, hashes) = self.saved_codes().await.map_err(failed)?;
        // Again, if its owner changes the password at the same moment.
        while let Some(account) = self.storage().account_by_name(name.as_str()).await? {
            let what = What::NewCodes { hashes: hashes.clone() };
            let now = self.clock().now();
            let change = SettingsChange {
                id: token::id(self.random()),
                account_id: account.id.clone(),
                password_version: account.password_version,
                audit: self.entry(Event::Changed(what.kind()), "operator", Some(&account.id), None),
                what,
                now,
            };
            let letters = |told: &[Told]| -> Vec<SealedMail> {
                let each = told.iter().map(|told| {
                    let token =
                        told.may_revoke.then(|| revoke_token(self, &account.id, &change.id, told.place));
                    let matter = Matter::Access(Access::CodesByOperator { token });
                    let letter = letter(&account, now, "", None, matter);
                    self.seal(&Letter { to: told.address.clone(), ..letter }, now + NOTICE_LIFE)
                });
                each.collect()
            };
            if self.storage().change_settings(&change, &letters).await? == Changed::Yes {
                return Ok(Some(codes));
            }
        }
        Ok(None)
    }

    /// Ten, and what is kept of them.
    pub(crate) async fn saved_codes(&self) -> Result<(Vec<String>, Vec<String>), HashError> {
        let codes: Vec<String> =
            (0..token::RECOVERY_CODES).map(|_| token::recovery_code(self.random())).collect();
        let plain: Vec<String> = codes.iter().map(|code| code.replace('-', "")).collect();
        let hashes = self.hasher().hash_all(&plain, crate::rng::bytes(self.random())).await?;
        Ok((codes, hashes))
    }
}
