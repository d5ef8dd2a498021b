//! Drills: whether the ways back would hold, tried before they are needed.
//!
//! What a drill finds stands in the account's plan with its date, and in the picture: a way that failed counts as lost
//! until it is mended.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::account::{Account, AccountId, Accounts, Check, Drill, Means, Reminder, Went};
use crate::error::{ErrorKind, Result};
use crate::flow::Deps;
use crate::provider::{Answer, Challenge, Intent, Kind, Outcome, Problem, Provider, Step, Which};
use crate::readiness::{House, Known};
use crate::signed_in;
use crate::store::vault::{RecoveryKey, Vault, VaultKey};
use crate::store::{StoreKind, current_if_any};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How often a rehearsal is due. Ours: half a year.
pub const EVERY: Duration = Duration::from_secs(182 * DAY.as_secs());
/// How long "later" is. Ours.
pub const LATER: Duration = Duration::from_secs(30 * DAY.as_secs());
/// After a rehearsal, or one that was put off, nothing else is asked for that long. Ours.
pub const APART: Duration = Duration::from_secs(7 * DAY.as_secs());

/// Who can tell how a check goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Regain looks by itself.
    Regain,
    /// Regain looks, with the key that the person types.
    Typed,
    /// The person says.
    Person,
}

/// Something to look at in a drill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    pub check: Check,
    pub who: Who,
    pub last: Option<(Went, SystemTime)>,
}

/// What a drill of an account looks at: each of its ways, the key of the vault that keeps it, and the practice story
/// where it is one of practice.
pub fn tasks(house: &House, account: &Account, store: StoreKind) -> Vec<Task> {
    let ways = house.ways(&account.id).iter().filter(|way| !way.denied);
    let mut checks: Vec<Check> = ways.map(|way| Check::Way(way.means.clone())).collect();
    let none_left = house.known(&account.id).is_some_and(|known| known.codes_left == Some(0));
    if none_left {
        checks.push(Check::Way(Means::CodesHere));
    }
    if store == StoreKind::Vault && !checks.is_empty() {
        checks.push(Check::RecoveryKey);
    }
    if account.practice {
        checks.push(Check::Practice);
    }
    let task = |check: Check| Task { who: who(&check, account), last: account.plan.last(&check), check };
    checks.into_iter().map(task).collect()
}

fn who(check: &Check, account: &Account) -> Who {
    match check {
        // Only the person can talk to the site.
        Check::Way(Means::SavedPassword) if account.server.kind == Kind::Guide => Who::Person,
        Check::Way(
            Means::SavedPassword | Means::SignedInHere | Means::CodesHere | Means::AuthenticatorHere,
        ) => Who::Regain,
        Check::RecoveryKey => Who::Typed,
        Check::Way(_) | Check::Practice => Who::Person,
    }
}

/// Whether the saved password opens the account, by signing in with it and out again. A server that then asks for a
/// second step has taken it. Errors: those of the server, after which nothing is known; `ItemMissing` without one.
pub async fn try_password(deps: &Deps, provider: &Arc<dyn Provider>, account: &Account) -> Result<Went> {
    let current = current_if_any(&*deps.store, &account.id).await?.ok_or(ErrorKind::ItemMissing)?;
    let intent = Intent::SignIn { identifier: account.identifier.clone() };
    let (mut exchange, _) = provider.begin(intent).await?;
    match exchange.answer(Answer::Password(current.password)).await? {
        Step::Done(Outcome::SignedIn(mut session)) => {
            if let Err(error) = provider.end_session(&mut session, Which::This, None).await {
                tracing::info!(%error, "the session of a rehearsal stays there");
            }
            Ok(Went::Held)
        }
        Step::Done(_) => Err(ErrorKind::Protocol.into()),
        Step::Ask(Challenge::Password { .. }, Some(Problem::WrongPassword)) => Ok(Went::Failed),
        Step::Ask(..) => {
            exchange.abandon().await;
            Ok(Went::Held)
        }
    }
}

/// Whether what is kept here still opens the account: the password or the session. Errors: `Unsupported` for what only
/// the person can tell, and those of [`try_password`].
pub async fn try_kept(
    deps: &Deps,
    provider: &Arc<dyn Provider>,
    account: &Account,
    check: &Check,
) -> Result<Went> {
    match check {
        Check::Way(Means::SavedPassword) => try_password(deps, provider, account).await,
        Check::Way(Means::SignedInHere) => match signed_in::check(deps, provider, account).await {
            Ok(()) => Ok(Went::Held),
            Err(error) if error.kind() == ErrorKind::SignedOut => Ok(Went::Failed),
            Err(error) => Err(error),
        },
        _ => Err(ErrorKind::Unsupported.into()),
    }
}

/// Whether a recovery key opens the vault, which is open.
pub async fn try_recovery_key(vault: &Vault, key: RecoveryKey) -> Result<Went> {
    let opens = vault.opens_with(VaultKey::Recovery(key)).await?;
    Ok(if opens { Went::Held } else { Went::Failed })
}

/// What Regain sees without asking anybody: what is kept. `None` where that says nothing.
pub fn seen(check: &Check, known: &Known) -> Option<Went> {
    let there = match check {
        Check::Way(Means::CodesHere) => known.codes_left.is_some_and(|left| left > 0),
        Check::Way(Means::AuthenticatorHere) => known.authenticator,
        _ => return None,
    };
    Some(if there { Went::Held } else { Went::Failed })
}

/// Keeps how a drill went, with its date.
pub fn record(
    accounts: &Accounts,
    account: &AccountId,
    checks: Vec<(Check, Went)>,
    now: SystemTime,
) -> Result<()> {
    accounts.plan(account, |plan| plan.rehearsed(Drill { at: now, checks })).map(drop)
}

/// Puts the reminder of an account off for [`LATER`].
pub fn put_off(accounts: &Accounts, account: &AccountId, now: SystemTime) -> Result<()> {
    accounts.plan(account, |plan| plan.remind(Reminder::From(now + LATER), now)).map(drop)
}

/// The one account whose rehearsal is due, if any: the one that is overdue longest. Practice is never due, and neither
/// is an account of which nothing dates from before.
pub fn due(
    accounts: &[Account],
    known: impl Fn(&AccountId) -> Option<Known>,
    now: SystemTime,
) -> Option<&Account> {
    let lately = |at: SystemTime| now.duration_since(at).is_ok_and(|since| since < APART);
    let quiet = accounts.iter().any(|account| {
        let put_off = match account.plan.reminder {
            Reminder::From(at) => at.checked_sub(LATER),
            Reminder::Usual | Reminder::Never => None,
        };
        account.plan.last_rehearsed().is_some_and(lately) || put_off.is_some_and(lately)
    });
    if quiet {
        return None;
    }
    let due_at = |account: &Account| {
        let since = account.plan.last_rehearsed().or_else(|| known(&account.id)?.since)?;
        match account.plan.reminder {
            Reminder::Usual => Some(since + EVERY),
            Reminder::From(at) => Some(at.max(since + EVERY)),
            Reminder::Never => None,
        }
    };
    let real = accounts.iter().filter(|account| !account.practice);
    let all = real.filter_map(|account| Some((due_at(account)?, account)));
    all.filter(|(at, _)| *at <= now).min_by_key(|(at, _)| *at).map(|(_, account)| account)
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::clock::{ManualClock, SeededRandom};
    use crate::flow::{Flow, Given, Purpose};
    use crate::provider::memory::{Fault, Memory as Scripted};
    use crate::provider::{Kind, Server};
    use crate::readiness::{House, Need, Place, Standing, Tried};
    use crate::secret::Secret;
    use crate::store::memory::Memory;

    fn account(name: &str) -> Account {
        let base = url::Url::parse("https://accounts.example/").unwrap();
        Account::new(
            AccountId::new(name),
            Server { kind: Kind::RecoveryServer, base, key: None },
            name,
            "jana",
        )
    }

    fn days(days: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_800_000_000) + DAY * u32::try_from(days).unwrap()
    }

    fn since_zero(_: &AccountId) -> Option<Known> {
        Some(Known { since: Some(days(0)), ..Known::default() })
    }

    fn name(account: Option<&Account>) -> Option<&str> {
        account.map(|account| account.name.as_str())
    }

    fn rehearse(account: &mut Account, day: u64) {
        let checks = vec![(Check::Practice, Went::Held)];
        account.plan.rehearsed(Drill { at: days(day), checks });
    }

    #[test]
    fn half_a_year_after_the_last_time_one_account_is_due_and_then_there_is_quiet() {
        let mut all = [account("a"), account("b"), account("c")];
        assert_eq!(due(&all, since_zero, days(181)), None);
        assert_eq!(name(due(&all, since_zero, days(182))), Some("a"));
        rehearse(&mut all[0], 182);
        assert_eq!(due(&all, since_zero, days(188)), None);
        assert_eq!(name(due(&all, since_zero, days(189))), Some("b"));
        rehearse(&mut all[1], 190);
        rehearse(&mut all[2], 191);
        assert_eq!(due(&all, since_zero, days(363)), None);
        assert_eq!(name(due(&all, since_zero, days(364))), Some("a"));
        assert_eq!(name(due(&all, since_zero, days(900))), Some("a"), "overdue longest");
    }

    #[test]
    fn it_is_put_off_for_thirty_days_or_for_good() {
        let accounts = Accounts::in_memory();
        let (first, other) = (account("a"), account("b"));
        for account in [&first, &other] {
            accounts.put(account.clone()).unwrap();
        }
        put_off(&accounts, &first.id, days(182)).unwrap();
        assert_eq!(due(&accounts.all(), since_zero, days(188)), None);
        assert_eq!(name(due(&accounts.all(), since_zero, days(189))), Some("b"));
        accounts.plan(&other.id, |plan| plan.remind(Reminder::Never, days(189))).unwrap();
        assert_eq!(due(&accounts.all(), since_zero, days(211)), None);
        assert_eq!(name(due(&accounts.all(), since_zero, days(212))), Some("a"));
        assert_eq!(name(due(&accounts.all(), since_zero, days(9_000))), Some("a"));
    }

    #[test]
    fn practice_and_what_nothing_is_known_of_are_never_due() {
        let all = [Account { practice: true, ..account("practice") }];
        assert_eq!(due(&all, since_zero, days(9_000)), None);
        assert_eq!(due(&[account("new")], |_| None, days(9_000)), None);
        assert_eq!(due(&[account("new")], |_| Some(Known::default()), days(9_000)), None);
    }

    #[test]
    fn a_drill_that_failed_puts_the_light_out_until_it_is_mended() {
        let (accounts, jana) = (Accounts::in_memory(), account("Dorfladen"));
        accounts.put(jana.clone()).unwrap();
        let known = Known { password: true, codes_left: Some(0), ..Known::default() };
        let place = Place { store: StoreKind::Keychain, keychain_opens_vault: false };
        let house = || House::draw(accounts.all(), vec![known.clone()], place);
        let standing = || house().lose(&[]).windows[0].1;
        assert_eq!(standing(), Standing::OneWayLeft);
        let way = Check::Way(Means::SavedPassword);
        assert_eq!(
            tasks(&house(), &jana, place.store),
            [
                Task { check: way.clone(), who: Who::Regain, last: None },
                Task { check: Check::Way(Means::CodesHere), who: Who::Regain, last: None },
            ]
        );
        record(&accounts, &jana.id, vec![(way.clone(), Went::Failed)], days(1)).unwrap();
        assert_eq!(
            (standing(), house().ways(&jana.id)[0].tried),
            (Standing::LockedOut, Tried::Failed(Some(days(1))))
        );
        accounts.plan(&jana.id, |plan| plan.mended(&way, days(2))).unwrap();
        assert_eq!((standing(), house().ways(&jana.id)[0].tried), (Standing::OneWayLeft, Tried::NotYet));
        record(&accounts, &jana.id, vec![(way, Went::Held)], days(3)).unwrap();
        assert_eq!(house().ways(&jana.id)[0].tried, Tried::Held(days(3)));
    }

    #[test]
    fn a_recovery_key_that_failed_leaves_the_password_of_the_vault() {
        let (accounts, jana) = (Accounts::in_memory(), account("Dorfladen"));
        accounts.put(jana.clone()).unwrap();
        let known = Known { password: true, ..Known::default() };
        let place = Place { store: StoreKind::Vault, keychain_opens_vault: false };
        let house = || House::draw(accounts.all(), vec![known.clone()], place);
        let without = || house().lose(&[Need::VaultPassword]).windows[0].1;
        assert_eq!(tasks(&house(), &jana, place.store)[1].who, Who::Typed);
        assert_eq!(without(), Standing::OneWayLeft);
        record(&accounts, &jana.id, vec![(Check::RecoveryKey, Went::Failed)], days(1)).unwrap();
        assert_eq!(without(), Standing::LockedOut);
        assert_eq!(house().hangs_on(&jana.id), [Need::ThisComputer, Need::Vault, Need::VaultPassword]);
    }

    #[test]
    fn at_a_site_that_cannot_be_asked_the_person_tries_the_password() {
        let mut jana = account("AliExpress");
        jana.server.kind = Kind::Guide;
        let known = Known { password: true, ..Known::default() };
        let place = Place { store: StoreKind::Keychain, keychain_opens_vault: false };
        let house = House::draw(vec![jana.clone()], vec![known], place);
        assert_eq!(tasks(&house, &jana, place.store)[0].who, Who::Person);
    }

    #[test]
    fn what_is_kept_is_seen_without_asking() {
        let known = Known { codes_left: Some(2), ..Known::default() };
        assert_eq!(seen(&Check::Way(Means::CodesHere), &known), Some(Went::Held));
        assert_eq!(seen(&Check::Way(Means::CodesHere), &Known::default()), Some(Went::Failed));
        assert_eq!(seen(&Check::Way(Means::AuthenticatorHere), &known), Some(Went::Failed));
        assert_eq!(seen(&Check::Practice, &known), None);
    }

    async fn bench(provider: Scripted) -> (Deps, Arc<dyn Provider>, Account) {
        let clock = Arc::new(ManualClock::at(1_800_000_000));
        let deps = Deps {
            accounts: Arc::new(Accounts::in_memory()),
            store: Arc::new(Memory::new()),
            clock,
            random: Arc::new(SeededRandom::new(1)),
        };
        let jana = account("Dorfladen");
        let staged =
            deps.store.stage(&jana.id, &Secret::new("velvet-Otter-crossing-41"), days(0)).await.unwrap();
        deps.store.commit(&jana.id, &staged, days(0)).await.unwrap();
        (deps, Arc::new(provider), jana)
    }

    fn server() -> Scripted {
        let clock = Arc::new(ManualClock::at(1_800_000_000));
        Scripted::new(clock, "jana", Secret::new("velvet-Otter-crossing-41"))
    }

    #[tokio::test]
    async fn the_saved_password_is_tried_and_leaves_no_session_behind() {
        let scripted = server();
        let (deps, provider, jana) = bench(scripted.clone()).await;
        assert_eq!(try_password(&deps, &provider, &jana).await.unwrap(), Went::Held);
        assert!(deps.store.session(&jana.id).await.unwrap().is_none());
        scripted.change_elsewhere(Secret::new("another-Otter-crossing-42"));
        assert_eq!(try_password(&deps, &provider, &jana).await.unwrap(), Went::Failed);
        scripted.fault(Fault::Fail(ErrorKind::Offline));
        assert_eq!(try_password(&deps, &provider, &jana).await.unwrap_err().kind(), ErrorKind::Offline);
        deps.store.remove(&jana.id).await.unwrap();
        assert_eq!(try_password(&deps, &provider, &jana).await.unwrap_err().kind(), ErrorKind::ItemMissing);
    }

    #[tokio::test]
    async fn a_session_that_has_ended_has_failed_and_the_rest_is_asked_of_the_person() {
        let scripted = server();
        let (deps, provider, jana) = bench(scripted.clone()).await;
        deps.accounts.put(jana.clone()).unwrap();
        let begun = Flow::begin(deps.clone(), provider.clone(), jana.clone(), Purpose::SignIn).await;
        begun.unwrap().answer(Given::Saved).await.unwrap();
        let way = Check::Way(Means::SignedInHere);
        assert_eq!(try_kept(&deps, &provider, &jana, &way).await.unwrap(), Went::Held);
        scripted.end_all();
        assert_eq!(try_kept(&deps, &provider, &jana, &way).await.unwrap(), Went::Failed);
        let way = Check::Way(Means::Phone("phone".into()));
        let asked = try_kept(&deps, &provider, &jana, &way).await;
        assert_eq!(asked.unwrap_err().kind(), ErrorKind::Unsupported);
    }

    #[tokio::test]
    async fn a_password_that_leads_to_a_second_step_was_taken() {
        let (deps, provider, jana) = bench(server().with_second_factor("123456")).await;
        assert_eq!(try_password(&deps, &provider, &jana).await.unwrap(), Went::Held);
    }
}
