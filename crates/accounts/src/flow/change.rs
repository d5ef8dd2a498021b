//! Changing a password is a transaction: stage, send, prove, commit. An answer that is lost is found by trying.

use super::*;
use crate::store::current_if_any;

impl Flow {
    pub(super) async fn typed_new(
        &mut self,
        password: Secret,
        repeat: &Secret,
        rules: PasswordRules,
    ) -> Result<()> {
        let mut reasons = strength::measure(&password, rules, &self.context()).weak();
        let current = current_if_any(&*self.deps.store, &self.account.id).await?;
        if current.is_some_and(|current| current.password == password) {
            reasons.push(WeakReason::SameAsCurrent);
        }
        if !reasons.is_empty() {
            self.problem = Some(Problem::WeakPassword(reasons));
            return Ok(());
        }
        if password != *repeat {
            self.problem = Some(Problem::Mismatch);
            return Ok(());
        }
        self.stage(password).await?;
        self.send_candidate().await
    }

    /// Makes the password durable as the candidate; one before it that was never sent goes to the history.
    pub(super) async fn stage(&mut self, password: Secret) -> Result<()> {
        if self.candidate.as_ref().is_some_and(|candidate| candidate.password == password) {
            return Ok(());
        }
        if self.deps.accounts.get(&self.account.id).is_none() {
            self.note(self.account.state)?;
        }
        let now = self.deps.clock.now();
        let id = self.deps.store.stage(&self.account.id, &password, now).await?;
        let new = Candidate { id, password, sent: false, unknown: false, lost: false };
        let before = self.candidate.replace(new);
        match before {
            Some(before) if !before.unknown && !before.lost => {
                let why = if before.sent { Why::NotAccepted } else { Why::NotUsed };
                self.deps.store.discard(&self.account.id, &before.id, why, now).await
            }
            _ => Ok(()),
        }
    }

    pub(super) async fn send_candidate(&mut self) -> Result<()> {
        let candidate = self.candidate.clone().ok_or(ErrorKind::Unsupported)?;
        if candidate.unknown {
            // The server may have it already, and its ticket may be used up: trying tells, sending again does not.
            return self.find_out().await;
        }
        self.deps.store.mark_sent(&self.account.id, &candidate.id).await?;
        self.mark(|candidate| candidate.sent = true);
        match self.exchange.answer(Answer::NewPassword(candidate.password)).await {
            Ok(Step::Ask(Challenge::NewPassword(rules), problem)) => {
                // Refused: it goes to the history, so that the next one starts clean.
                let now = self.deps.clock.now();
                self.deps.store.discard(&self.account.id, &candidate.id, Why::NotAccepted, now).await?;
                self.candidate = None;
                self.ask(Challenge::NewPassword(rules), problem).await
            }
            Ok(Step::Ask(challenge @ Challenge::SetPassword(_), problem)) => {
                // It is shown now, and may be set at any moment: only the person knows.
                self.mark(|candidate| candidate.unknown = true);
                self.account.guide = self.exchange.progress().cloned();
                self.note(AccountState::InTheAir)?;
                self.ask(challenge, problem).await
            }
            Ok(Step::Ask(challenge, problem)) => {
                self.resubmit = true;
                self.ask(challenge, problem).await
            }
            Ok(Step::Done(outcome)) => self.done(outcome).await,
            Err(error) if error.kind() == ErrorKind::OutcomeUnknown => {
                self.mark(|candidate| (candidate.unknown, candidate.lost) = (true, true));
                if let Question::NewPassword { unknown, .. } = &mut self.question {
                    *unknown = true;
                }
                self.note(AccountState::InTheAir)?;
                self.find_out().await
            }
            Err(error) => Err(error),
        }
    }

    /// Tries the candidate: whether it opens is the only way to learn what became of it.
    pub(super) async fn find_out(&mut self) -> Result<()> {
        let trying = self.trying_candidate(Done::ChangeConfirmed, None)?;
        let Question::NewPassword { rules, .. } = self.question else {
            return Err(ErrorKind::Unsupported.into());
        };
        let exchange = self.sign_in_exchange().await.map_err(still_unknown)?;
        let mut exchange = exchange;
        match exchange.answer(Answer::Password(trying.password.clone())).await.map_err(still_unknown)? {
            Step::Ask(Challenge::Password { .. }, _) => {
                // It stays staged: a server that is slow may still take it, and the next sign-in will see.
                self.mark(|candidate| candidate.unknown = false);
                self.note(self.before)?;
                self.question = rules.into();
                self.problem = Some(Problem::NotChanged);
                Ok(())
            }
            step => {
                self.exchange = exchange;
                self.accepted(trying, step).await
            }
        }
    }

    /// The server says that the password is the new one: sign in with it to be sure.
    pub(super) async fn prove(&mut self, trying: Trying) -> Result<()> {
        self.mark(|candidate| candidate.unknown = true);
        let signed_in = async {
            let mut exchange = self.sign_in_exchange().await?;
            let step = exchange.answer(Answer::Password(trying.password.clone())).await?;
            Ok::<_, Error>((exchange, step))
        };
        match signed_in.await {
            Ok((_, Step::Ask(Challenge::Password { .. }, _))) => {
                // It says yes and then refuses it. Both passwords are kept; the person sees that something is off.
                self.note(AccountState::NoPasswordFits)?;
                Err(Error::new(ErrorKind::Protocol, "the new password does not open the account"))
            }
            Ok((exchange, step)) => {
                self.exchange = exchange;
                self.accepted(trying, step).await
            }
            Err(error) => {
                // The server's word stands; only the proof is missing. Saved, and signed in another time.
                tracing::info!(%error, "the new password is in force but could not be tried");
                self.save(Unsaved::Password { trying, session: None }).await
            }
        }
    }

    /// The password was taken; a second factor may still be asked for.
    async fn accepted(&mut self, trying: Trying, step: Step) -> Result<()> {
        self.trying = Some(trying.clone());
        if let Step::Ask(Challenge::Code(_), _) = &step
            && let Err(error) = self.settle(&trying).await
        {
            // The server has gone on to the code: so does the person, and the end tries again.
            tracing::warn!(%error, "a password that was taken could not be saved yet");
        }
        self.step(step).await
    }

    /// It is known which password holds, whether or not the person goes on to sign in.
    async fn settle(&mut self, trying: &Trying) -> Result<()> {
        self.commit(trying).await?;
        self.account.without_password = false;
        if self.account.state == AccountState::InTheAir { self.note(AccountState::SignedOut) } else { Ok(()) }
    }

    /// What a typed password is in the store's eyes: one that was staged before keeps its name.
    pub(super) async fn typed(&self, password: Secret) -> Trying {
        // A store that cannot be asked now is needed when the password is right, not before.
        let staged = self.deps.store.staged(&self.account.id).await.unwrap_or_default();
        let sent = staged.iter().any(|staged| staged.sent && staged.password == password);
        let done = if sent { Done::ChangeConfirmed } else { Done::SignedIn };
        Trying { password, done, sessions_ended: None }
    }

    /// Signs in with one password; whether it was taken.
    pub(super) async fn try_password(&mut self, trying: Trying) -> Result<bool> {
        let mut step = self.exchange.answer(Answer::Password(trying.password.clone())).await?;
        if let Step::Ask(Challenge::Password { .. }, problem) = &mut step {
            let (challenge, problem) = (Challenge::Password { current: false }, problem.take());
            self.ask(challenge, problem).await?;
            return Ok(false);
        }
        self.accepted(trying, step).await.map(|()| true)
    }

    /// Tries what the store holds: what was sent and never answered, newest first, then the current one.
    pub(super) async fn try_saved(&mut self) -> Result<()> {
        let store = self.deps.store.clone();
        let staged = store.staged(&self.account.id).await?;
        let refused = |password: &Secret| self.refused.contains(password);
        let mut list: Vec<Trying> = staged
            .into_iter()
            .filter(|staged| staged.sent)
            .map(|staged| Trying {
                password: staged.password,
                done: Done::ChangeConfirmed,
                sessions_ended: None,
            })
            .collect();
        if let Some(current) = current_if_any(&*store, &self.account.id).await? {
            list.push(Trying { password: current.password, done: Done::SignedIn, sessions_ended: None });
        }
        let none_kept = list.is_empty();
        list.retain(|trying| !refused(&trying.password));
        if none_kept {
            // Which says so if it was taken away.
            store.current(&self.account.id).await?;
            return Err(ErrorKind::Unsupported.into());
        }
        for trying in list {
            if self.try_password(trying).await? {
                return Ok(());
            }
        }
        self.problem = Some(Problem::NoPasswordFits);
        self.note(AccountState::NoPasswordFits)
    }

    /// Writes down the end. What cannot be written now is tried again at the next answer.
    pub(super) async fn save(&mut self, unsaved: Unsaved) -> Result<()> {
        self.unsaved = Some(unsaved.clone());
        let (trying, session, codes) = match unsaved {
            Unsaved::Password { trying, session } => (trying, session, Vec::new()),
            Unsaved::SignedUp { trying, session, codes } => (trying, Some(session), codes),
            Unsaved::Paired(session) => return self.save_paired(session).await,
            Unsaved::Recovery { settings, codes } => return self.save_recovery(settings, codes).await,
        };
        let (store, id) = (self.deps.store.clone(), self.account.id.clone());
        let now = self.deps.clock.now();
        // First the line in the list: a credential without an account could not be found again.
        if self.deps.accounts.get(&id).is_none() {
            self.note(AccountState::SignedOut)?;
        }
        self.commit(&trying).await?;
        if !codes.is_empty() {
            recovery_codes::change(&*store, &id, |kept| kept.replace(codes.clone(), now)).await?;
        }
        self.account.without_password = false;
        self.account.guide = None;
        match &session {
            Some(session) => {
                store.save_session(&id, session).await?;
                self.account.mailbox = session.mailbox.clone().or(self.account.mailbox.take());
                let led_here = session.address.clone().or(self.mailbox.take());
                if let Some(address) = led_here.filter(|address| *address != self.account.identifier) {
                    self.account.recover_as = Some(address);
                }
                self.note(AccountState::SignedIn { since: now })?;
            }
            None => {
                store.clear_session(&id).await?;
                self.note(AccountState::SignedOut)?;
            }
        }
        let old_kept = store.history(&id, now).await?.iter().any(|past| past.why == Why::Replaced);
        self.question = Question::Done(Finish {
            what: trying.done,
            at: now,
            old_kept,
            sessions_ended: trying.sessions_ended,
            mailbox: self.account.mailbox.clone(),
        });
        self.problem = None;
        self.unsaved = None;
        self.candidate = None;
        Ok(())
    }

    /// Makes the password that opened the account the current one, and lays aside what did not.
    async fn commit(&mut self, trying: &Trying) -> Result<()> {
        let (store, id) = (&self.deps.store, &self.account.id);
        let now = self.deps.clock.now();
        let current = current_if_any(&**store, id).await?;
        let known = current.is_some_and(|current| current.password == trying.password);
        let staged = store.staged(id).await?.into_iter().find(|staged| staged.password == trying.password);
        match staged {
            Some(staged) => store.commit(id, &staged.id, now).await?,
            None if known => {}
            None => {
                let staged = store.stage(id, &trying.password, now).await?;
                store.commit(id, &staged, now).await?;
            }
        }
        for other in store.staged(id).await? {
            let why = if other.sent { Why::NotAccepted } else { Why::NotUsed };
            store.discard(id, &other.id, why, now).await?;
        }
        Ok(())
    }

    async fn sign_in_exchange(&self) -> Result<Box<dyn Exchange>> {
        let identifier = self.account.identifier.clone();
        self.provider.begin(Intent::SignIn { identifier }).await.map(|(exchange, _)| exchange)
    }

    pub(super) fn trying_candidate(&self, done: Done, sessions_ended: Option<u32>) -> Result<Trying> {
        let candidate = self.candidate.as_ref().ok_or(ErrorKind::Bug)?;
        Ok(Trying { password: candidate.password.clone(), done, sessions_ended })
    }

    fn mark(&mut self, change: impl FnOnce(&mut Candidate)) {
        if let Some(candidate) = &mut self.candidate {
            change(candidate);
        }
    }
}

/// While nobody can be asked, nothing is known.
fn still_unknown(error: Error) -> Error {
    Error::new(ErrorKind::OutcomeUnknown, error)
}
