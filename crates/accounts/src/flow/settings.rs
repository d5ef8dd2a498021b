//! Changing what gets the person back in at the server: what is made there is kept here before it counts.

use super::*;
use crate::identifier;

impl Flow {
    /// Keeps the authenticator that is handed out, and sends its code.
    pub(super) async fn keep(&mut self, ask: SetUpAsk) -> Result<()> {
        let (now, uri) = (self.deps.clock.now(), ask.authenticator.to_uri());
        // Durable before the server asks for its codes.
        self.deps.store.save_authenticator(&self.account.id, &uri, now).await?;
        self.unconfirmed = true;
        let sent = self.pass_on(Answer::Code(ask.authenticator.code(now).code)).await;
        if sent.as_ref().is_err_and(|error| error.kind() == ErrorKind::OutcomeUnknown) {
            // It may count by now.
            self.unconfirmed = false;
        }
        sent
    }

    /// An authenticator that never counted goes to the earlier ones.
    pub(super) async fn forget_unconfirmed(&self) -> Result<()> {
        if !self.unconfirmed || self.unsaved.is_some() {
            return Ok(());
        }
        self.deps.store.remove_authenticator(&self.account.id, self.deps.clock.now()).await
    }

    /// Writes down what the change has brought.
    pub(super) async fn save_recovery(
        &mut self,
        settings: Option<RecoverySettings>,
        codes: Vec<Secret>,
    ) -> Result<()> {
        let Purpose::ChangeRecovery(change) = &self.purpose else { return Err(ErrorKind::Bug.into()) };
        let what = change.done();
        let (store, id) = (self.deps.store.clone(), self.account.id.clone());
        let now = self.deps.clock.now();
        if !codes.is_empty() {
            recovery_codes::change(&*store, &id, |kept| kept.replace(codes, now)).await?;
        }
        if what == SettingChanged::AuthenticatorOff {
            store.remove_authenticator(&id, now).await?;
        }
        if let Some(first) = settings.as_ref().and_then(|settings| settings.addresses.first()) {
            self.account.mailbox = Some(identifier::masked(&first.address));
        }
        self.note(self.account.state)?;
        self.finish(Done::RecoveryChanged(what));
        self.unconfirmed = false;
        self.unsaved = None;
        Ok(())
    }
}
