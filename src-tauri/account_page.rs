//! The accounts list and the page of one account.

use std::time::Duration;

use accounts::provider::{Abilities as Able, Kind, Which};
use accounts::store::{Past, PastId, Staged};
use accounts::{AccountState as State, ErrorKind, Secret, identifier, signed_in};

use crate::app::App;
use crate::view::*;
use crate::view_from::{self, seconds};

/// Seconds for which a shown password stays on the screen.
const SHOWN: u16 = 30;

impl App {
    pub async fn accounts(&self) -> Result<Vec<AccountRow>, ErrorView> {
        let deps = self.deps()?;
        let mut rows = Vec::new();
        // A store that is locked says nothing of any account; asking it once is enough.
        let open = deps.store.check().await.is_ok();
        for account in deps.accounts.list()? {
            let has_password = open
                && account.state == State::SignedOut
                && deps.store.current(&account.id).await.is_ok_and(|current| current.is_some());
            rows.push(view_from::row(&account, has_password));
        }
        Ok(rows)
    }

    pub async fn account(&self, id: &str) -> Result<AccountPage, ErrorView> {
        let (deps, account) = self.known(id)?;
        // What is wrong with it, the notice about the keychain says; here is the way to a new one.
        let current = match deps.store.current(&account.id).await {
            Err(error) if matches!(error.kind(), ErrorKind::ItemMissing | ErrorKind::Ambiguous) => None,
            current => current?,
        };
        let staged = deps.store.staged(&account.id).await?;
        let history = deps.store.history(&account.id, deps.clock.now()).await?;
        // Offline, the page opens all the same; what the server does not offer it will say itself.
        let able = match self.providers.get(&account.server).await {
            Ok(provider) => provider.about().abilities,
            Err(_) => Able { recovery_settings: account.server.kind == Kind::RecoveryServer, ..Able::ALL },
        };
        let signed_in_at = match account.state {
            State::SignedIn { since } => Some(seconds(since)),
            _ => None,
        };
        let (note, draft) = self.extras(&account.id).await?;
        Ok(AccountPage {
            account: view_from::row(&account, current.is_some()),
            signed_in_at,
            password: current.map(|current| PasswordFacts { changed_at: seconds(current.since) }),
            waiting: staged.iter().map(waiting).collect(),
            history: history.iter().map(past).collect(),
            abilities: able.into(),
            asks_mailbox: able.recover_by_mailbox
                && account.recover_as.is_none()
                && !identifier::is_mailbox(&account.identifier),
            mailbox: account.mailbox.clone(),
            authenticator: self.authenticator(id).await.ok(),
            note,
            draft,
            guide: view_from::left(&account),
        })
    }

    pub async fn sessions(&self, id: &str) -> Result<Vec<DeviceView>, ErrorView> {
        let (deps, account) = self.known(id)?;
        let provider = self.providers.get(&account.server).await?;
        let devices = signed_in::sessions(&deps, &provider, &account).await?;
        Ok(devices.into_iter().map(Into::into).collect())
    }

    /// Whether the account is still signed in, where its server lists no sessions.
    pub async fn check_session(&self, id: &str) -> Result<(), ErrorView> {
        let (deps, account) = self.known(id)?;
        let provider = self.providers.get(&account.server).await?;
        Ok(signed_in::check(&deps, &provider, &account).await?)
    }

    pub async fn end_session(&self, id: &str, which: Which) -> Result<u32, ErrorView> {
        let (deps, account) = self.known(id)?;
        let provider = self.providers.get(&account.server).await?;
        Ok(signed_in::end(&deps, &provider, &account, which).await?.unwrap_or(0))
    }

    pub async fn sign_out(&self, id: &str) -> Result<(), ErrorView> {
        let (deps, account) = self.known(id)?;
        let provider = self.providers.get(&account.server).await?;
        Ok(signed_in::sign_out(&deps, &provider, &account).await?)
    }

    pub async fn remove_account(&self, id: &str) -> Result<(), ErrorView> {
        let (deps, account) = self.known(id)?;
        // The server is told if it can be; that it cannot be reached must not keep anybody here.
        if matches!(account.state, State::SignedIn { .. })
            && let Err(error) = self.sign_out(id).await
        {
            tracing::info!(?error, "removed without telling the server");
        }
        Ok(signed_in::remove(&deps, &account).await?)
    }

    pub async fn reveal_password(&self, id: &str, past: Option<String>) -> Result<Revealed, ErrorView> {
        let password = self.password(id, past).await?;
        Ok(self.revealed(&password))
    }

    pub(crate) fn revealed(&self, password: &Secret) -> Revealed {
        Revealed { password: password.expose().into(), hide_in: SHOWN }
    }

    pub async fn copy_password(&self, id: &str, past: Option<String>) -> Result<Copied, ErrorView> {
        let password = self.password(id, past).await?;
        self.copy(password).await
    }

    pub(crate) async fn copy(&self, secret: Secret) -> Result<Copied, ErrorView> {
        let clear_in = self.settings().clear_clipboard_seconds;
        let copied = self.clipboard.copy(secret, Duration::from_secs(u64::from(clear_in))).await;
        if copied { Ok(Copied { clear_in }) } else { Err(ErrorView::Clipboard) }
    }

    pub async fn clear_clipboard(&self) -> Result<(), ErrorView> {
        if self.clipboard.clear().await { Ok(()) } else { Err(ErrorView::Clipboard) }
    }

    /// Address of the account's server, to open in the browser.
    pub fn server_address(&self, id: &str) -> Result<String, ErrorView> {
        self.known(id).map(|(_, account)| account.server.base.to_string())
    }

    /// The current password, or the one of the history or the waiting list by that name.
    async fn password(&self, id: &str, past: Option<String>) -> Result<Secret, ErrorView> {
        let (deps, account) = self.known(id)?;
        let Some(name) = past.map(PastId) else {
            let current = deps.store.current(&account.id).await?;
            return current.map(|current| current.password).ok_or(ErrorView::Gone);
        };
        if let Some(staged) =
            deps.store.staged(&account.id).await?.into_iter().find(|staged| staged.id == name)
        {
            return Ok(staged.password);
        }
        let history = deps.store.history(&account.id, deps.clock.now()).await?;
        history.into_iter().find(|past| past.id == name).map(|past| past.password).ok_or(ErrorView::Gone)
    }
}

fn waiting(staged: &Staged) -> PastView {
    let why = if staged.sent { Why::Sent } else { Why::NotUsedYet };
    PastView { id: staged.id.0.clone(), at: seconds(staged.at), why }
}

fn past(past: &Past) -> PastView {
    PastView { id: past.id.0.clone(), at: seconds(past.at), why: past.why.into() }
}
