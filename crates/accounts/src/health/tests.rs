use std::time::UNIX_EPOCH;

use super::*;
use crate::account::AccountState;
use crate::clock::SeededRandom;
use crate::provider::{Kind, Server};
use crate::secret::Secret;
use crate::store::memory::Memory;

struct Place {
    accounts: Accounts,
    store: Memory,
}

impl Place {
    fn new() -> Self {
        Self { accounts: Accounts::in_memory(), store: Memory::new() }
    }

    async fn add(&self, name: &str, host: &str, password: Option<&str>) -> AccountId {
        let id = AccountId::new(name);
        let base = format!("https://{host}/").parse().unwrap();
        let account = Account {
            id: id.clone(),
            server: Server { kind: Kind::RecoveryServer, base, key: None },
            name: name.into(),
            identifier: "jana".into(),
            practice: false,
            state: AccountState::SignedOut,
            mailbox: None,
            recover_as: None,
            without_password: password.is_none(),
            guide: None,
            plan: Default::default(),
        };
        self.accounts.put(account).unwrap();
        if let Some(password) = password {
            let staged = self.store.stage(&id, &Secret::new(password), UNIX_EPOCH).await.unwrap();
            self.store.commit(&id, &staged, UNIX_EPOCH).await.unwrap();
        }
        id
    }

    async fn health(&self, leaks: Option<&Leaks>, groups: &[Vec<String>]) -> Vec<AccountHealth> {
        health(&self.accounts, &self.store, leaks, groups, &SeededRandom::new(4)).await.unwrap()
    }
}

#[tokio::test]
async fn a_password_in_several_places_is_noticed_in_each() {
    let place = Place::new();
    let a = place.add("a", "a.example", Some("mossy")).await;
    let b = place.add("b", "b.example", Some("kettle")).await;
    let c = place.add("c", "c.example", Some("mossy")).await;
    place.add("d", "d.example", None).await;
    let health = place.health(None, &[]).await;
    assert_eq!(health.len(), 3, "without a password there is nothing to say");
    assert_eq!(health[0].reused_with, [c]);
    assert_eq!((health[1].account.clone(), health[1].reused_with.len()), (b, 0));
    assert_eq!(health[2].reused_with, [a]);
    assert!(health.iter().all(|one| one.exposed == Exposed::NotChecked));
}

#[tokio::test]
async fn two_names_of_one_account_are_no_reuse() {
    let place = Place::new();
    place.add("a", "shop.example", Some("mossy")).await;
    place.add("b", "login.pay.example", Some("mossy")).await;
    place.add("c", "notpay.example", Some("mossy")).await;
    let groups = [vec!["shop.example".to_owned(), "pay.example".to_owned()]];
    let health = place.health(None, &groups).await;
    let reused: Vec<usize> = health.iter().map(|one| one.reused_with.len()).collect();
    assert_eq!(reused, [1, 1, 2]);
    assert_eq!(place.health(None, &[]).await[0].reused_with.len(), 2);
}

#[tokio::test]
async fn what_the_leaks_say_is_said_of_every_account_with_it_and_trouble_is_no_no() {
    let place = Place::new();
    place.add("a", "a.example", Some("password")).await;
    place.add("b", "b.example", Some("password")).await;
    let folder = tempfile::tempdir().unwrap();
    let range = |rest: &str| format!("0{0}:1\n{rest}F{0}:1\n", "0".repeat(34));
    for start in ["00000", "FFFFF"] {
        std::fs::write(folder.path().join(format!("{start}.txt")), range("")).unwrap();
    }
    let leaks = Leaks::at(folder.path()).unwrap();
    let health = place.health(Some(&leaks), &[]).await;
    assert!(health.iter().all(|one| one.exposed == Exposed::Unknown(ErrorKind::Unreadable)));

    let known = "1E4C9B93F3F0682250B6CF8331B7EE68FD8:42\n";
    std::fs::write(folder.path().join("5BAA6.txt"), range(known)).unwrap();
    let health = place.health(Some(&leaks), &[]).await;
    assert!(health.iter().all(|one| one.exposed == Exposed::Times(42)));
}

#[tokio::test]
async fn age_counts_from_the_change_and_never_below_nothing() {
    let place = Place::new();
    place.add("a", "a.example", Some("mossy")).await;
    let one = &place.health(None, &[]).await[0];
    assert_eq!(one.age(UNIX_EPOCH + OLD), OLD);
    assert_eq!(one.reasons(UNIX_EPOCH + OLD), [Reason::Old]);
    assert_eq!(one.reasons(UNIX_EPOCH + OLD - Duration::from_secs(1)), []);
    assert_eq!(one.age(UNIX_EPOCH - Duration::from_secs(9)), Duration::ZERO);
}

#[tokio::test]
async fn another_port_is_another_server() {
    let place = Place::new();
    place.add("a", "a.example", Some("mossy")).await;
    place.add("b", "a.example:8443", Some("mossy")).await;
    let health = place.health(None, &[]).await;
    assert!(health.iter().all(|one| one.reused_with.len() == 1), "{health:?}");
}
