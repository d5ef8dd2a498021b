//! Ways back: the house of all accounts, one account's ways, its saved codes and rehearsals.

use std::collections::HashMap;

use accounts::account::{Check, Means, Plan, Reminder, Went};
use accounts::flow::Deps;
use accounts::readiness::{House, Known, Need, Place};
use accounts::recovery_codes::{self, CodeId, RecoveryCodes};
use accounts::rehearsal;
use accounts::store::vault::RecoveryKey;
use accounts::{Account, AccountId, Secret, readiness};

use crate::app::App;
use crate::view::*;
use crate::view_from::{self, count, seconds};

/// Steps that are shown; the rest follows once these are done.
const STEPS: usize = 5;

/// What was seen of the accounts last. It holds no secret, and is dropped when the window locks.
#[derive(Default)]
pub struct Seen(HashMap<AccountId, Known>);

impl Seen {
    pub(crate) fn forget(&mut self) {
        self.0.clear();
    }
}

/// Of which accounts the store is asked anew: that takes a moment for each.
enum Again {
    All,
    One(AccountId),
    /// Of those alone that were not seen yet.
    New,
}

impl App {
    /// The house without these things. `again`: what the accounts have is looked at anew, which asks the store for each.
    pub async fn house(&self, lost: Vec<NeedView>, again: bool) -> Result<HouseView, ErrorView> {
        let deps = self.deps()?;
        let lost: Vec<Need> = lost.into_iter().map(Need::from).collect();
        // Practice stands in the house only while nothing else does.
        let practice = deps.accounts.list()?.iter().all(|account| account.practice);
        let again = if again { Again::All } else { Again::New };
        let seen = self.seen(&deps, again, practice).await?;
        let place = self.place(&deps);
        // Ten thousand accounts take 50 ms: too long for the thread that answers the window.
        let drawn = tokio::task::spawn_blocking(move || drawn(seen, place, &lost)).await;
        drawn.map_err(|_| ErrorView::Bug)
    }

    pub async fn ways(&self, id: &str) -> Result<WaysView, ErrorView> {
        let (deps, account) = self.known(id)?;
        let seen = self.seen(&deps, Again::One(account.id.clone()), account.practice).await?;
        let house = draw(seen, self.place(&deps));
        let codes = recovery_codes::load(&*deps.store, &account.id).await?;
        let name = |id: &AccountId| deps.accounts.get(id).map_or_else(String::new, |account| account.name);
        let picture = house.lose(&[]);
        let standing = picture.windows.iter().find(|(known, _)| *known == account.id);
        let (mut devices, mut people) = (Vec::new(), Vec::new());
        for loss in house.losses() {
            match loss.need {
                Need::Device(name) => devices.push(name),
                Need::Person(name) => people.push(name),
                _ => {}
            }
        }
        let warnings = house.warnings().into_iter().filter(|(known, _)| *known == account.id);
        Ok(WaysView {
            standing: standing.map_or(StandingView::LockedOut, |(_, standing)| (*standing).into()),
            ways: house.ways(&account.id).iter().map(WayView::from).collect(),
            hangs_on: house.hangs_on(&account.id).into_iter().map(|it| view_from::need(it, &name)).collect(),
            warnings: warnings.map(|(_, warning)| warning.into()).collect(),
            codes: (&codes).into(),
            mailboxes: account.plan.mailboxes.clone(),
            devices,
            people,
            tasks: rehearsal::tasks(&house, &account, deps.store.kind())
                .into_iter()
                .map(TaskView::from)
                .collect(),
            last_rehearsed: account.plan.last_rehearsed().map(seconds),
            reminds: account.plan.reminder != Reminder::Never,
        })
    }

    /// Says that there is this way. Errors, too: `BadIdentifier` for one without a name.
    pub async fn add_way(&self, id: &str, means: MeansView) -> Result<WaysView, ErrorView> {
        let now = self.clock.now();
        if self.plan(id, |plan| plan.add(means.into(), now))? {
            return self.ways(id).await;
        }
        Err(ErrorView::BadIdentifier)
    }

    /// Says that there is no such way.
    pub async fn deny_way(&self, id: &str, means: MeansView) -> Result<WaysView, ErrorView> {
        let now = self.clock.now();
        self.plan(id, |plan| plan.deny(&means.into(), now))?;
        self.ways(id).await
    }

    /// Takes back what was said of a way.
    pub async fn unsay_way(&self, id: &str, means: MeansView) -> Result<WaysView, ErrorView> {
        let now = self.clock.now();
        self.plan(id, |plan| plan.unsay(&means.into(), now))?;
        self.ways(id).await
    }

    pub async fn opens_mailbox(&self, id: &str, address: &str, opens: bool) -> Result<WaysView, ErrorView> {
        let now = self.clock.now();
        self.plan(id, |plan| plan.opens_mailbox(address, opens, now))?;
        self.ways(id).await
    }

    /// Keeps a list of codes: as more of the one that is kept, or in its place.
    pub async fn save_codes(&self, id: &str, codes: Vec<String>, add: bool) -> Result<WaysView, ErrorView> {
        let (deps, account) = self.known(id)?;
        let now = deps.clock.now();
        let codes: Vec<Secret> = codes.into_iter().map(Secret::new).collect();
        let change = |kept: &mut RecoveryCodes| match add {
            true => drop(kept.add(codes, now)),
            false => kept.replace(codes, now),
        };
        recovery_codes::change(&*deps.store, &account.id, change).await?;
        // New codes were not rehearsed.
        let check = Check::Way(Means::CodesHere);
        if account.plan.last(&check).is_some() {
            deps.accounts.plan(&account.id, |plan| plan.mended(&check, now))?;
        }
        self.ways(id).await
    }

    pub async fn reveal_codes(&self, id: &str) -> Result<CodesShown, ErrorView> {
        let (deps, account) = self.known(id)?;
        Ok((&recovery_codes::load(&*deps.store, &account.id).await?).into())
    }

    pub async fn copy_code(&self, id: &str, code: u32) -> Result<Copied, ErrorView> {
        let (deps, account) = self.known(id)?;
        let codes = recovery_codes::load(&*deps.store, &account.id).await?;
        let found = codes.current().and_then(|set| set.codes.iter().find(|it| it.id == CodeId(code)));
        let text = found.map(|it| it.text.clone()).ok_or(ErrorView::Gone)?;
        self.copy(text).await
    }

    /// Crosses a code off, or brings it back.
    pub async fn cross_off(&self, id: &str, code: u32, used: bool) -> Result<CodesShown, ErrorView> {
        let (deps, account) = self.known(id)?;
        let now = deps.clock.now();
        let (codes, _) = recovery_codes::change(&*deps.store, &account.id, |codes| match used {
            true => codes.cross_off(CodeId(code), now),
            false => codes.bring_back(CodeId(code)),
        })
        .await?;
        Ok((&codes).into())
    }

    /// Looks at what Regain can look at by itself, or with the key that was typed. Nothing is noted yet.
    pub async fn rehearse(&self, id: &str, check: CheckView, typed: String) -> Result<Checked, ErrorView> {
        let (deps, account) = self.known(id)?;
        let check = Check::from(check);
        if check == Check::RecoveryKey {
            let typed = Secret::new(typed);
            let Ok(key) = RecoveryKey::parse(typed.expose()) else { return Ok(Checked::NotAKey) };
            return Ok(rehearsal::try_recovery_key(&self.vault, key).await?.into());
        }
        let known = readiness::look(&deps, &account).await?;
        if let Some(went) = rehearsal::seen(&check, &known) {
            return Ok(went.into());
        }
        let provider = self.providers.get(&account.server).await?;
        Ok(rehearsal::try_kept(&deps, &provider, &account, &check).await?.into())
    }

    /// Keeps how a drill went.
    pub async fn rehearsed(&self, id: &str, went: Vec<WentForm>) -> Result<WaysView, ErrorView> {
        let (deps, account) = self.known(id)?;
        let how = |held: bool| if held { Went::Held } else { Went::Failed };
        let checks = went.into_iter().map(|one| (one.check.into(), how(one.held))).collect();
        rehearsal::record(&deps.accounts, &account.id, checks, deps.clock.now())?;
        self.ways(id).await
    }

    /// What failed was mended.
    pub async fn mend_way(&self, id: &str, means: MeansView) -> Result<WaysView, ErrorView> {
        let now = self.clock.now();
        self.plan(id, |plan| plan.mended(&Check::Way(means.into()), now))?;
        self.ways(id).await
    }

    pub fn remind(&self, id: &str, form: RemindForm) -> Result<(), ErrorView> {
        let (deps, account) = self.known(id)?;
        let now = deps.clock.now();
        match form {
            RemindForm::Later => Ok(rehearsal::put_off(&deps.accounts, &account.id, now)?),
            RemindForm::Usual => self.plan(id, |plan| plan.remind(Reminder::Usual, now)),
            RemindForm::Never => self.plan(id, |plan| plan.remind(Reminder::Never, now)),
        }
    }

    /// The one account whose rehearsal is due, if any.
    pub async fn due(&self) -> Result<Option<DueView>, ErrorView> {
        let deps = self.deps()?;
        let seen = self.seen(&deps, Again::New, false).await?;
        let (accounts, known): (Vec<_>, HashMap<_, _>) =
            seen.into_iter().map(|(account, known)| (account.clone(), (account.id, known))).unzip();
        let known = |id: &AccountId| known.get(id).cloned();
        let due = rehearsal::due(&accounts, known, deps.clock.now());
        Ok(due.map(|account| DueView {
            id: account.id.as_str().into(),
            name: account.name.clone(),
            last_rehearsed: account.plan.last_rehearsed().map(seconds),
        }))
    }

    /// How many other accounts each mailbox opens, as far as they were seen.
    pub(crate) async fn opens(&self, deps: &Deps) -> Result<HashMap<AccountId, usize>, ErrorView> {
        let (seen, place) = (self.seen(deps, Again::New, false).await?, self.place(deps));
        tokio::task::spawn_blocking(move || draw(seen, place).opens()).await.map_err(|_| ErrorView::Bug)
    }

    fn plan<T>(&self, id: &str, change: impl FnOnce(&mut Plan) -> T) -> Result<T, ErrorView> {
        let (deps, account) = self.known(id)?;
        deps.accounts.plan(&account.id, change)?.ok_or(ErrorView::Gone)
    }

    fn place(&self, deps: &Deps) -> Place {
        Place { store: deps.store.kind(), keychain_opens_vault: self.vault.has_keychain_key() }
    }

    /// The accounts and what is known of each: those of practice, or all the others.
    async fn seen(
        &self,
        deps: &Deps,
        again: Again,
        practice: bool,
    ) -> Result<Vec<(Account, Known)>, ErrorView> {
        let accounts = deps.accounts.list()?.into_iter().filter(|account| account.practice == practice);
        let mut seen = Vec::new();
        for account in accounts {
            let before = match &again {
                Again::All => None,
                Again::One(id) if *id == account.id => None,
                Again::One(_) | Again::New => self.house_seen().0.get(&account.id).cloned(),
            };
            let known = match before {
                Some(known) => known,
                None => Known { recovers: self.recovers(&account), ..readiness::look(deps, &account).await? },
            };
            // A lock meanwhile has emptied it, and it stays empty.
            if !self.is_locked() {
                self.house_seen().0.insert(account.id.clone(), known.clone());
            }
            seen.push((account, known));
        }
        Ok(seen)
    }

    /// As far as is known without asking the server.
    fn recovers(&self, account: &Account) -> bool {
        self.providers.met(&account.server).is_none_or(|provider| provider.about().abilities.recover)
    }
}

fn draw(seen: Vec<(Account, Known)>, place: Place) -> House {
    let (accounts, known) = seen.into_iter().unzip();
    House::draw(accounts, known, place)
}

fn drawn(seen: Vec<(Account, Known)>, place: Place, lost: &[Need]) -> HouseView {
    let named: HashMap<AccountId, (String, String)> = seen
        .iter()
        .map(|(account, _)| (account.id.clone(), (account.name.clone(), account.identifier.clone())))
        .collect();
    let house = draw(seen, place);
    let of = |id: &AccountId| named.get(id).cloned().unwrap_or_default();
    let name = |id: &AccountId| of(id).0;
    let picture = house.lose(lost);
    let mut steps = house.steps(lost, STEPS);
    if steps.is_empty() {
        steps.extend(house.next_step(lost));
    }
    HouseView {
        windows: picture
            .windows
            .into_iter()
            .map(|(id, standing)| {
                let (name, identifier) = of(&id);
                WindowView { id: id.as_str().into(), name, identifier, standing: standing.into() }
            })
            .collect(),
        losses: house
            .losses()
            .into_iter()
            .map(|loss| LossView {
                need: view_from::need(loss.need, &name),
                locks_out: count(loss.locks_out),
            })
            .collect(),
        circles: picture.circles.iter().map(|circle| circle.iter().map(name).collect()).collect(),
        steps: steps
            .into_iter()
            .map(|step| StepView {
                name: name(&step.account),
                id: step.account.as_str().into(),
                how: step.how.into(),
                lights: count(step.lights),
                should_be_lost: step.should_be_lost.map(|it| view_from::need(it, &name)),
            })
            .collect(),
        warnings: house
            .warnings()
            .into_iter()
            .map(|(id, warning)| WarningView {
                name: name(&id),
                id: id.as_str().into(),
                what: warning.into(),
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests;
