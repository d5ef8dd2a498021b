//! The ends of a conversation with a phone: whose session it gave, and that a session may come without a password.

use super::*;
use crate::store::current_if_any;

impl Flow {
    /// The phone has said who it is: the account of that name at this server is the one that goes on.
    pub(super) fn recognise(&mut self, paired: Paired) -> Result<Question> {
        let listed = match self.deps.accounts.find(&self.account.server, &paired.identifier) {
            Some(known) => {
                self.account = known;
                true
            }
            None => {
                self.account.identifier = paired.identifier.clone();
                self.account.mailbox = paired.mailbox.clone();
                false
            }
        };
        self.before = self.account.state;
        Ok(Question::ConfirmAccount { paired, listed })
    }

    pub(super) async fn has_saved(&self) -> bool {
        let current = current_if_any(&*self.deps.store, &self.account.id).await;
        current.is_ok_and(|current| current.is_some())
    }

    pub(super) async fn allow_with_saved(&mut self) -> Result<()> {
        let current = current_if_any(&*self.deps.store, &self.account.id).await?;
        let current = current.ok_or(ErrorKind::Unsupported)?;
        self.pass_on(Answer::Password(current.password)).await
    }

    /// Writes down a session that a phone gave. Passwords that are kept stay as they are: nothing was learnt about them.
    pub(super) async fn save_paired(&mut self, session: Session) -> Result<()> {
        let (store, id) = (self.deps.store.clone(), self.account.id.clone());
        let now = self.deps.clock.now();
        // First the line in the list: a session without an account could not be found again.
        if self.deps.accounts.get(&id).is_none() {
            self.note(AccountState::SignedOut)?;
        }
        store.save_session(&id, &session).await?;
        self.account.mailbox = session.mailbox.clone().or(self.account.mailbox.take());
        if let Some(address) = session.address.clone().filter(|address| *address != self.account.identifier) {
            self.account.recover_as = Some(address);
        }
        self.account.without_password =
            current_if_any(&*store, &id).await?.is_none() && store.staged(&id).await?.is_empty();
        // A change whose answer was lost is still to be found out: a session says nothing about it.
        let state = match self.before {
            AccountState::InTheAir => AccountState::InTheAir,
            _ => AccountState::SignedIn { since: now },
        };
        self.note(state)?;
        self.finish(Done::Paired);
        self.unsaved = None;
        Ok(())
    }

    pub(super) fn linked(&mut self) -> Result<()> {
        self.finish(Done::PhoneLinked);
        Ok(())
    }

    pub(super) fn finish(&mut self, what: Done) {
        self.question = Question::Done(Finish {
            what,
            at: self.deps.clock.now(),
            old_kept: false,
            sessions_ended: None,
            mailbox: self.account.mailbox.clone(),
        });
        self.problem = None;
    }
}
