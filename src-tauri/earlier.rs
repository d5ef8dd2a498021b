//! What waits in the vault or was there before: passwords made while locked, earlier states, lost answers, and edits
//! that were never saved.

use accounts::generate::{self, Recipe};
use accounts::provider::PasswordRules;
use accounts::store::Extra;
use accounts::strength::{self, Context};
use accounts::{Account, AccountId, Secret, signed_in};

use crate::app::App;
use crate::view::*;
use crate::view_from::seconds;

/// For a password that is made for nobody knows where: a sole factor's (NIST SP 800-63B-4, 3.1.1.2).
const RULES: PasswordRules = PasswordRules::between(15, 256);

impl App {
    /// Makes a password and keeps it in the vault's journal, locked or open, before it is shown.
    pub async fn make_while_locked(
        &self,
        form: GenerateForm,
        purpose: Option<String>,
    ) -> Result<Generated, ErrorView> {
        let context = Context::default();
        let password = generate::password(recipe(form), RULES, &context, self.random());
        self.vault.make_locked(&password, purpose.as_deref()).await?;
        self.door().made = Some(password.clone());
        Ok(Generated {
            strength: strength::measure(&password, RULES, &context).into(),
            entropy: generate::entropy(recipe(form), &RULES).into(),
            site_is_weak: None,
            password: password.expose().into(),
            saved_at: seconds(self.clock.now()),
            store: StoreKind::Vault,
        })
    }

    /// Copies one of those, or, without an id, the one that was made last.
    pub async fn copy_made(&self, id: Option<String>) -> Result<Copied, ErrorView> {
        let password = match id {
            Some(id) => self.made_password(&id).await?,
            None => self.door().made.clone().ok_or(ErrorView::Gone)?,
        };
        self.copy(password).await
    }

    pub async fn made(&self) -> Result<Vec<MadeView>, ErrorView> {
        self.deps()?;
        let made = self.vault.made().await?;
        Ok(made
            .into_iter()
            .map(|made| MadeView { id: made.id, at: seconds(made.at), purpose: made.purpose })
            .collect())
    }

    pub async fn reveal_made(&self, id: &str) -> Result<Revealed, ErrorView> {
        Ok(self.revealed(&self.made_password(id).await?))
    }

    async fn made_password(&self, id: &str) -> Result<Secret, ErrorView> {
        self.deps()?;
        let made = self.vault.made().await?.into_iter().find(|made| made.id == id);
        made.map(|made| made.password).ok_or(ErrorView::Gone)
    }

    pub async fn keep_made(&self, id: &str, account: &str) -> Result<(), ErrorView> {
        let (_, account) = self.known(account)?;
        Ok(self.vault.keep_made(id, &account.id).await?)
    }

    pub async fn drop_made(&self, id: &str) -> Result<(), ErrorView> {
        self.deps()?;
        Ok(self.vault.drop_made(id).await?)
    }

    /// Earlier states of the vault; none while there is no open one.
    pub async fn backups(&self) -> Result<Vec<BackupView>, ErrorView> {
        self.deps()?;
        if !self.vault.is_open() {
            return Ok(Vec::new());
        }
        let states = self.vault.earlier_states().await?;
        Ok(states
            .into_iter()
            .map(|state| BackupView {
                id: state.id,
                saved_at: seconds(state.saved_at),
                accounts: u32::try_from(state.accounts).unwrap_or(u32::MAX),
                back: state.back,
                gone: state.gone,
                differ: state.differ,
            })
            .collect())
    }

    pub async fn restore_backup(&self, id: &str) -> Result<Restored, ErrorView> {
        let deps = self.deps()?;
        self.conversations.end_all().await;
        let backup = self.vault.restore(id).await?;
        let accounts = u32::try_from(deps.accounts.list()?.len()).unwrap_or(u32::MAX);
        Ok(Restored { accounts, backup })
    }

    /// Finds out what became of the changes whose answer was lost.
    pub async fn resolve(&self) -> Result<Vec<ResolvedView>, ErrorView> {
        let deps = self.deps()?;
        let mut resolved = Vec::new();
        for account in self.unanswered() {
            let what = match self.providers.get(&account.server).await {
                Ok(provider) => signed_in::resolve(&deps, provider, &account).await?.into(),
                Err(error) => {
                    tracing::info!(%error, "a server could not be asked what became of a change");
                    Resolution::NotAsked
                }
            };
            resolved.push(ResolvedView {
                account: account.id.as_str().into(),
                name: account.name,
                identifier: account.identifier,
                what,
            });
        }
        Ok(resolved)
    }

    pub async fn note(&self, id: &str) -> Result<Option<String>, ErrorView> {
        let (deps, account) = self.known(id)?;
        let note = deps.store.extra(&account.id, Extra::Note).await?;
        Ok(note.map(|note| note.expose().into()))
    }

    /// Keeps what is being typed, so that a crash costs nothing.
    pub async fn save_draft(&self, id: &str, draft: AccountDraft) -> Result<(), ErrorView> {
        let (deps, account) = self.known(id)?;
        let text = Secret::new(serde_json::to_string(&draft).map_err(|_| ErrorView::Bug)?);
        Ok(deps.store.save_extra(&account.id, Extra::Draft, Some(&text)).await?)
    }

    pub async fn save_edits(&self, id: &str, edits: AccountDraft) -> Result<AccountPage, ErrorView> {
        let (deps, account) = self.known(id)?;
        let (name, note) = (edits.name.trim(), Secret::new(edits.note.trim()));
        if name.is_empty() {
            return Err(ErrorView::Refused);
        }
        let note = (!note.is_empty()).then_some(&note);
        deps.store.save_extra(&account.id, Extra::Note, note).await?;
        deps.accounts.put(Account { name: name.into(), ..account.clone() })?;
        deps.store.save_extra(&account.id, Extra::Draft, None).await?;
        self.account(id).await
    }

    pub async fn drop_draft(&self, id: &str) -> Result<AccountPage, ErrorView> {
        let (deps, account) = self.known(id)?;
        deps.store.save_extra(&account.id, Extra::Draft, None).await?;
        self.account(id).await
    }

    /// Whether a note is kept, and what was being typed.
    pub(crate) async fn extras(&self, id: &AccountId) -> Result<(bool, Option<AccountDraft>), ErrorView> {
        let store = self.deps()?.store;
        let note = store.extra(id, Extra::Note).await?.is_some();
        let draft = store.extra(id, Extra::Draft).await?;
        // A draft of a later version is left as it is, and not shown.
        Ok((note, draft.and_then(|text| serde_json::from_str(text.expose()).ok())))
    }
}

pub(crate) fn recipe(form: GenerateForm) -> Recipe {
    match form.kind {
        GenerateKind::Words => Recipe::Words(form.length),
        GenerateKind::Characters => Recipe::Characters(form.length),
        GenerateKind::Site => Recipe::Site(form.length),
    }
}
