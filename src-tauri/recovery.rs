//! What gets a person back in at the server.

use accounts::flow::Question as Asked;
use accounts::{recovery_codes, signed_in};

use crate::app::App;
use crate::view::*;
use crate::view_from;

impl App {
    pub async fn recovery_settings(&self, id: &str) -> Result<RecoverySettingsView, ErrorView> {
        let (deps, account) = self.known(id)?;
        let provider = self.providers.get(&account.server).await?;
        let settings = signed_in::recovery_settings(&deps, &provider, &account).await?;
        let kept = recovery_codes::load(&*deps.store, &account.id).await?;
        Ok(view_from::recovery_settings(&settings, &kept))
    }

    /// The authenticator that is handed out, for another app: the person asked to see it.
    pub async fn show_set_up(&self, flow: u32) -> Result<SetUpCode, ErrorView> {
        self.deps()?;
        let ask = self.in_conversation(flow, |flow| match flow.question() {
            Asked::SetUpAuthenticator(ask) => Some(ask.clone()),
            _ => None,
        });
        view_from::set_up_code(&ask.await?.ok_or(ErrorView::Gone)?)
    }
}
