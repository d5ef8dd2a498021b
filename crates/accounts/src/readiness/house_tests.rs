use std::time::{Duration, UNIX_EPOCH};

use url::Url;

use super::*;
use crate::account::{Account, AccountId, AccountState, Accounts, Check, Drill, Means, Plan, Went};
use crate::clock::{ManualClock, SeededRandom};
use crate::flow::Deps;
use crate::provider::{Kind, Server, Session};
use crate::secret::Secret;
use crate::store::memory::Memory;
use crate::store::{CredentialStore, StoreKind};

const NOW: std::time::SystemTime = UNIX_EPOCH;
const KEYCHAIN: Place = Place { store: StoreKind::Keychain, keychain_opens_vault: false };

/// An account of a name at a host, and what the person says of it.
fn account(name: &str, identifier: &str, host: &str, said: &[Means]) -> Account {
    let mut plan = Plan::default();
    for means in said {
        assert!(plan.add(means.clone(), NOW));
    }
    let base = Url::parse(&format!("https://{host}/")).unwrap();
    Account {
        plan,
        ..Account::new(
            AccountId::new(name),
            Server { kind: Kind::Allauth, base, key: None },
            name,
            identifier,
        )
    }
}

fn saved() -> Known {
    Known { password: true, ..Known::default() }
}

fn house(all: Vec<(Account, Known)>) -> House {
    let (accounts, known) = all.into_iter().unzip();
    House::draw(accounts, known, KEYCHAIN)
}

fn without(house: &House, lost: &[Need]) -> Vec<Standing> {
    house.lose(lost).windows.into_iter().map(|(_, standing)| standing).collect()
}

fn id(name: &str) -> AccountId {
    AccountId::new(name)
}

use Standing::{GetsIn, LockedOut, OneWayLeft};

#[test]
fn a_shop_has_its_saved_password_and_its_mailbox() {
    let house = house(vec![(account("Shop", "Jana@Mail.example", "shop.example", &[]), saved())]);
    let means: Vec<_> = house.ways(&id("Shop")).iter().map(|way| way.means.clone()).collect();
    assert_eq!(means, [Means::SavedPassword, Means::Mailbox("jana@mail.example".into())]);
    let mailbox = Need::Mailbox("jana@mail.example".into());
    assert_eq!(without(&house, &[]), [GetsIn]);
    assert_eq!(without(&house, std::slice::from_ref(&mailbox)), [OneWayLeft]);
    assert_eq!(without(&house, &[Need::ThisComputer]), [OneWayLeft]);
    assert_eq!(without(&house, &[Need::ThisComputer, mailbox]), [LockedOut]);
    assert_eq!((house.next_step(&[]), house.hangs_on(&id("Shop"))), (None, vec![]));
}

#[test]
fn a_mailbox_that_is_one_of_the_accounts_is_that_account() {
    let mail = account("Mail", "jana", "login.mail.example", &[Means::Phone("Phone".into())]);
    let shop = account("Shop", "jana@mail.example", "shop.example", &[]);
    let house = house(vec![(mail, saved()), (shop, Known::default())]);
    assert_eq!(without(&house, &[]), [GetsIn, OneWayLeft]);
    assert_eq!(without(&house, &[Need::ThisComputer, Need::Device("phone".into())]), [LockedOut; 2]);
    assert_eq!(without(&house, &[Need::Account(id("Mail"))]), [LockedOut; 2]);
    assert_eq!(house.hangs_on(&id("Shop")), [Need::Account(id("Mail"))]);
    let losses = house.losses();
    assert_eq!(losses[0], Loss { need: Need::Account(id("Mail")), locks_out: 1 });
    assert_eq!(losses[1..].iter().map(|loss| loss.locks_out).collect::<Vec<_>>(), [0, 0]);
}

#[test]
fn an_account_elsewhere_with_that_address_is_not_the_mailbox_unless_the_person_says_so() {
    let shop = account("Shop", "jana@mail.example", "shop.example", &[]);
    let mut portal = account("Portal", "j.doe", "portal.example", &[Means::ByHeart]);
    let drawn = house(vec![(portal.clone(), Known::default()), (shop.clone(), Known::default())]);
    assert_eq!(without(&drawn, &[Need::Account(id("Portal"))])[1], OneWayLeft);
    portal.plan.opens_mailbox("Jana@mail.example ", true, NOW);
    let drawn = house(vec![(portal, Known::default()), (shop, Known::default())]);
    assert_eq!(without(&drawn, &[Need::Account(id("Portal"))]), [LockedOut; 2]);
}

#[test]
fn a_masked_mailbox_is_the_one_address_that_fits() {
    let masked = |name: &str| Account {
        mailbox: Some("j•••@mail.example".into()),
        ..account(name, "jana", "shop.example", &[])
    };
    let other = |name: &str, address: &str| account(name, address, "other.example", &[]);
    let of = |all: Vec<(Account, Known)>| house(all).ways(&id("Shop"))[0].means.clone();
    let one = other("A", "jana@mail.example");
    assert_eq!(
        of(vec![(masked("Shop"), Known::default()), (one.clone(), Known::default())]),
        Means::Mailbox("jana@mail.example".into())
    );
    let two = other("B", "jo@mail.example");
    let both = vec![(masked("Shop"), Known::default()), (one, Known::default()), (two, Known::default())];
    assert_eq!(of(both), Means::Mailbox("j•••@mail.example".into()));
    let told = Known { mailbox: Some("jo@mail.example".into()), ..Known::default() };
    assert_eq!(of(vec![(masked("Shop"), told)]), Means::Mailbox("jo@mail.example".into()));
}

#[test]
fn two_mailboxes_that_recover_each_other_are_a_circle_once_nothing_else_holds() {
    let one = account("One", "jana@one.example", "one.example", &[Means::Mailbox("jana@two.example".into())]);
    let two = account("Two", "jana@two.example", "two.example", &[Means::Mailbox("jana@one.example".into())]);
    let house = house(vec![(one, saved()), (two, Known::default())]);
    assert_eq!(without(&house, &[]), [OneWayLeft, OneWayLeft]);
    assert_eq!(house.lose(&[]).circles, Vec::<Vec<AccountId>>::new());
    let picture = house.lose(&[Need::ThisComputer]);
    assert_eq!(picture.windows, [(id("One"), LockedOut), (id("Two"), LockedOut)]);
    assert_eq!(picture.circles, [[id("One"), id("Two")]]);
    let step = house.next_step(&[]).unwrap();
    assert_eq!(
        (step.account, step.how, step.lights, step.should_be_lost),
        (id("One"), How::Codes { here: false }, 2, Some(Need::ThisComputer))
    );
}

#[test]
fn a_second_step_is_needed_with_the_password_and_codes_stand_in_for_it() {
    let said = [Means::AuthenticatorOn("Phone".into())];
    let shop = account("Shop", "jana", "shop.example", &said);
    let phone = Need::Device("Phone".into());
    let alone = house(vec![(shop.clone(), saved())]);
    assert!(alone.ways(&id("Shop"))[0].second_step);
    assert_eq!(without(&alone, &[]), [OneWayLeft]);
    assert_eq!(without(&alone, std::slice::from_ref(&phone)), [LockedOut]);
    let step = alone.next_step(&[]).unwrap();
    assert_eq!((step.how, step.should_be_lost), (How::OtherMailbox, Some(Need::ThisComputer)));
    let step = alone.next_step(std::slice::from_ref(&phone)).unwrap();
    assert_eq!((step.how, step.should_be_lost), (How::Codes { here: true }, None));
    let codes = Known { codes_left: Some(5), ..saved() };
    let house = house(vec![(shop, codes)]);
    assert_eq!(without(&house, &[phone]), [OneWayLeft]);
    assert_eq!(without(&house, &[Need::ThisComputer]), [LockedOut]);
}

#[test]
fn codes_of_our_own_server_open_it_alone() {
    let mut shop = account("Shop", "jana", "shop.example", &[Means::AuthenticatorOn("Phone".into())]);
    let codes = Known { codes_left: Some(5), ..Known::default() };
    assert_eq!(without(&house(vec![(shop.clone(), codes.clone())]), &[]), [LockedOut]);
    shop.server.kind = Kind::RecoveryServer;
    assert_eq!(without(&house(vec![(shop, codes)]), &[]), [OneWayLeft]);
}

#[test]
fn what_the_person_denies_and_what_no_password_fits_do_not_count() {
    let mut shop = account("Shop", "jana@mail.example", "shop.example", &[]);
    shop.plan.deny(&Means::Mailbox("Jana@mail.example".into()), NOW);
    let drawn = house(vec![(shop.clone(), saved())]);
    assert_eq!(without(&drawn, &[]), [OneWayLeft]);
    let ways: Vec<_> = drawn.ways(&id("Shop")).iter().map(|way| (way.denied, way.counts())).collect();
    assert_eq!(ways, [(false, true), (true, false)]);
    shop.state = AccountState::NoPasswordFits;
    let drawn = house(vec![(shop, saved())]);
    assert_eq!(without(&drawn, &[]), [LockedOut]);
    assert_eq!(drawn.ways(&id("Shop"))[0].tried, Tried::Failed(None));
    assert_eq!(drawn.next_step(&[]).unwrap().how, How::Mend(Means::SavedPassword));
}

#[test]
fn codes_are_said_to_be_few_and_to_lie_where_all_else_lies() {
    let shop = account("Shop", "jana", "shop.example", &[]);
    let warned = |left, said: &[Means]| {
        let known = Known { codes_left: Some(left), ..saved() };
        let house = house(vec![(Account { ..account("Shop", "jana", "shop.example", said) }, known)]);
        house.warnings().into_iter().map(|(_, warning)| warning).collect::<Vec<_>>()
    };
    let same = Warning::CodesInTheSamePlace;
    assert_eq!(warned(4, &[]), [same]);
    assert_eq!(warned(3, &[]), [Warning::FewCodes { left: 3 }, same]);
    assert_eq!(warned(0, &[]), [Warning::FewCodes { left: 0 }]);
    assert_eq!(warned(4, &[Means::Person("Ada".into())]), []);
    assert_eq!(house(vec![(shop, saved())]).warnings(), []);
}

#[test]
fn a_store_that_ends_with_the_program_keeps_no_way() {
    let accounts = vec![account("Shop", "jana", "shop.example", &[])];
    let place = Place { store: StoreKind::Memory, ..KEYCHAIN };
    let house = House::draw(accounts, vec![Known { codes_left: Some(9), ..saved() }], place);
    assert_eq!(without(&house, &[]), [LockedOut]);
    assert_eq!(house.next_step(&[]).unwrap().how, How::Codes { here: false });
}

#[test]
fn a_vault_opens_with_its_password_or_its_key_and_needs_this_computer() {
    let draw = |keychain_opens_vault| {
        let place = Place { store: StoreKind::Vault, keychain_opens_vault };
        House::draw(vec![account("Shop", "jana", "shop.example", &[])], vec![saved()], place)
    };
    let (vault, keychain) = (draw(false), draw(true));
    let both = [Need::VaultPassword, Need::RecoveryKey];
    assert_eq!(without(&vault, &both[..1]), [OneWayLeft]);
    assert_eq!(without(&vault, &both), [LockedOut]);
    assert_eq!(without(&keychain, &both), [OneWayLeft]);
    for house in [vault, keychain] {
        assert_eq!(without(&house, &[Need::ThisComputer]), [LockedOut]);
        assert_eq!(without(&house, &[Need::Vault]), [LockedOut]);
    }
}

#[test]
fn steps_follow_each_other_until_all_is_lit() {
    let dark = |name: &str| {
        (account(name, "jana", "shop.example", &[]), Known { recovers: false, ..Known::default() })
    };
    let house = house(vec![dark("A"), dark("B")]);
    let steps = house.steps(&[], 9);
    let told: Vec<_> = steps.iter().map(|step| (step.account.as_str(), &step.how, step.lights)).collect();
    assert_eq!(told, [("A", &How::SavePassword, 1), ("B", &How::SavePassword, 1)]);
    let steps = house.steps(&[Need::ThisComputer], 1);
    assert_eq!(steps.len(), 1);
}

#[test]
fn an_empty_house_has_nothing_to_lose() {
    let house = house(vec![]);
    assert!(house.is_empty() && house.losses().is_empty() && house.warnings().is_empty());
    assert_eq!((house.next_step(&[]), house.lose(&[Need::ThisComputer]).windows), (None, vec![]));
}

#[test]
fn a_way_that_failed_its_drill_is_mended_first() {
    let mut shop = account("Shop", "jana@mail.example", "shop.example", &[]);
    let way = Means::Mailbox("jana@mail.example".into());
    shop.plan.rehearsed(Drill { at: NOW, checks: vec![(Check::Way(way.clone()), Went::Failed)] });
    let house = house(vec![(shop, Known::default())]);
    assert_eq!(house.next_step(&[]).unwrap().how, How::Mend(way));
}

#[tokio::test]
async fn what_the_store_keeps_is_looked_at() {
    let jana = account("Shop", "jana", "shop.example", &[]);
    let store = Memory::new();
    let deps = Deps {
        accounts: std::sync::Arc::new(Accounts::in_memory()),
        store: std::sync::Arc::new(store.clone()),
        clock: std::sync::Arc::new(ManualClock::at(0)),
        random: std::sync::Arc::new(SeededRandom::new(1)),
    };
    assert_eq!(look(&deps, &jana).await.unwrap(), Known::default());
    let at = UNIX_EPOCH + Duration::from_secs(7);
    let staged = store.stage(&jana.id, &Secret::new("password"), at).await.unwrap();
    store.commit(&jana.id, &staged, at).await.unwrap();
    let session = Session::of(Secret::new("token"), Some("jana@mail.example".into()));
    store.save_session(&jana.id, &session).await.unwrap();
    store.save_authenticator(&jana.id, &Secret::new("otpauth://a"), at).await.unwrap();
    let list = vec![Secret::new("1111"), Secret::new("2222")];
    crate::recovery_codes::change(&store, &jana.id, |codes| codes.replace(list, at)).await.unwrap();
    let expected = Known {
        password: true,
        session: true,
        authenticator: true,
        codes_left: Some(2),
        mailbox: Some("jana@mail.example".into()),
        recovers: true,
        since: Some(at),
    };
    assert_eq!(look(&deps, &jana).await.unwrap(), expected);
    let garbage = Secret::new("{");
    store.save_extra(&jana.id, crate::store::Extra::RecoveryCodes, Some(&garbage)).await.unwrap();
    assert_eq!(look(&deps, &jana).await.unwrap(), Known { codes_left: None, ..expected });
}

#[test]
fn a_mailbox_opens_what_is_recovered_by_it_and_what_that_opens() {
    let known = Known::default();
    let mut choir = account("Choir", "jana", "choir.example", &[]);
    choir.recover_as = Some("jana@mail.example".into());
    let mut paper = account("Paper", "jana@mail.example", "paper.example", &[]);
    paper.plan.deny(&Means::Mailbox("jana@mail.example".into()), NOW);
    let house = house(vec![
        (account("Mail", "jana@mail.example", "login.mail.example", &[]), known.clone()),
        (account("Shop", "Jana@Mail.example", "shop.example", &[]), known.clone()),
        (choir, known.clone()),
        (paper, known.clone()),
        (
            account(
                "Work",
                "jana@work.example",
                "work.example",
                &[Means::Mailbox("jana@mail.example".into())],
            ),
            known.clone(),
        ),
        (account("Bank", "jana@work.example", "bank.example", &[]), known.clone()),
        (account("Like", "x@mail.example", "notmail.example", &[]), known),
    ]);
    // The mailbox at work opens the bank; the other one opens both, and three more: its own is not counted.
    let opens: Vec<_> =
        ["Mail", "Work", "Shop", "Bank", "Like"].map(|name| house.opens().get(&id(name)).copied()).into();
    assert_eq!(opens, [Some(4), Some(1), None, None, None]);
}
