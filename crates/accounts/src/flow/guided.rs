//! Walking a guide: what the person says is all that is known, so everything is kept until they have said it.

use super::*;
use crate::guide::Route;
use crate::provider::Progress;
use crate::store::{Staged, current_if_any};

/// What is begun at a site that only the person can talk to: a password that was shown and not yet judged comes first.
pub(super) async fn intent(deps: &Deps, account: &Account, purpose: &Purpose) -> Result<Intent> {
    let route = match purpose {
        Purpose::SignIn => Route::SignIn,
        Purpose::Recover => Route::Recover,
        Purpose::ChangePassword => Route::Change,
        Purpose::Pair => Route::Phone,
        Purpose::SignUp | Purpose::LinkPhone | Purpose::ChangeRecovery(_) => {
            return Err(ErrorKind::Unsupported.into());
        }
    };
    let mut from = account.guide.clone().filter(|from| from.route == route);
    if route.makes_password()
        && let Some(staged) = deps.store.staged(&account.id).await?.into_iter().find(|staged| staged.sent)
    {
        let new = || Progress { route, at: 0, setting: true, code_asked_at: None, since: staged.at };
        from = Some(Progress { setting: true, ..from.unwrap_or_else(new) });
    }
    Ok(Intent::Guided { route, from })
}

impl Flow {
    /// Goes on with a password that was shown when the person left.
    pub(super) async fn take_up(&mut self) -> Result<()> {
        if !matches!(self.question, Question::SetPassword(_)) {
            return Ok(());
        }
        let staged = self.deps.store.staged(&self.account.id).await?;
        match staged.into_iter().find(|staged| staged.sent) {
            Some(Staged { id, password, .. }) => {
                self.candidate = Some(Candidate { id, password, sent: true, unknown: true, lost: false });
            }
            None => {
                // It was judged, and only the line in the list was not brought up to date.
                self.pass_on(Answer::No).await?;
                self.problem = None;
            }
        }
        Ok(())
    }

    pub(super) async fn walk(&mut self, given: Given) -> Result<()> {
        let setting = matches!(self.question, Question::SetPassword(_));
        let answer = match given {
            Given::Yes => Answer::Yes,
            Given::No if setting => return self.not_taken().await,
            Given::No => {
                let trying = self.trying.take();
                self.refused.extend(trying.map(|trying| trying.password));
                Answer::No
            }
            Given::StepBack => Answer::StepBack,
            Given::StartOver => Answer::StartOver,
            Given::Resend => Answer::Resend,
            _ => return Err(ErrorKind::Unsupported.into()),
        };
        self.pass_on(answer).await
    }

    async fn not_taken(&mut self) -> Result<()> {
        if let Some(candidate) = self.candidate.clone() {
            let now = self.deps.clock.now();
            self.deps.store.discard(&self.account.id, &candidate.id, Why::NotAccepted, now).await?;
            self.candidate = None;
        }
        let state = match self.before {
            AccountState::InTheAir => AccountState::SignedOut,
            before => before,
        };
        self.note(state)?;
        self.pass_on(Answer::No).await
    }

    /// The site has let the person in, with a password or by a phone.
    pub(super) async fn entered(&mut self) -> Result<()> {
        if let Some(trying) = self.trying.clone() {
            return self.save(Unsaved::Password { trying, session: None }).await;
        }
        let kept = current_if_any(&*self.deps.store, &self.account.id).await?.is_some();
        self.account.without_password = !kept && !self.is_in_the_air().await;
        self.note(self.before)?;
        self.finish(Done::Paired);
        Ok(())
    }

    /// Writes down how far the person has come. An account that is not in the list yet gets its line with the first step
    /// that was done.
    pub(super) fn note_progress(&mut self) -> Result<()> {
        let Some(progress) = self.exchange.progress() else { return Ok(()) };
        // Trying to get in, by a password or a phone, does not take away the place on the way to a new password.
        let other = self.account.guide.as_ref().filter(|old| old.route != progress.route);
        if other.is_some_and(|old| old.route.makes_password()) && !progress.route.makes_password() {
            return Ok(());
        }
        let over = matches!(self.question, Question::Done(_));
        let progress = (!over).then(|| progress.clone());
        let same = match (&self.account.guide, &progress) {
            (None, Some(new)) => new.at == 0 && !new.setting,
            (old, new) => old == new,
        };
        if same {
            return Ok(());
        }
        self.account.guide = progress;
        self.deps.accounts.put(self.account.clone())
    }
}
