//! What holds for any changes: they come back, in any order of writers, and nothing that this version does not know
//! is lost.

#![expect(clippy::unwrap_used, reason = "a surprise must stop the test")]

mod common;
mod forge;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use common::*;
use forge::vector::files;
use forge::{Forge, cbor, data_key};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use vault::scratch_disk::{ScratchDisk, Seeded};
use vault::{Change, Home, Key, RecoveryKey, SlotKind, Vault};
use zeroize::Zeroizing;

/// What a person does, with few ids, so that the same is changed often.
#[derive(Debug, Clone)]
enum Act {
    Put(u8, String),
    PutSecret(u8, u8, Vec<u8>),
    RemoveSecret(u8, u8),
    Remove(u8),
    Compact,
    Reopen,
    NewKeys,
}

fn act() -> impl Strategy<Value = Act> {
    let text = proptest::string::string_regex("(?s).{0,12}").unwrap();
    let secret = proptest::collection::vec(any::<u8>(), 0..40);
    prop_oneof![
        6 => (0..6_u8, text).prop_map(|(id, text)| Act::Put(id, text)),
        6 => (0..6_u8, 0..3_u8, secret).prop_map(|(id, name, secret)| Act::PutSecret(id, name, secret)),
        2 => (0..6_u8, 0..3_u8).prop_map(|(id, name)| Act::RemoveSecret(id, name)),
        2 => (0..6_u8).prop_map(Act::Remove),
        1 => Just(Act::Compact),
        1 => Just(Act::Reopen),
        1 => Just(Act::NewKeys),
    ]
}

/// What should be there: text, and secrets by name.
#[derive(Debug, Clone, Default, PartialEq)]
struct Model(BTreeMap<String, (String, BTreeMap<String, Vec<u8>>)>);

impl Model {
    /// The change that the act is, if it is one; the model makes it, too.
    fn make(&mut self, act: &Act) -> Option<Change> {
        let (id, name) = (|id: &u8| format!("id {id}"), |name: &u8| format!("name {name}"));
        Some(match act {
            Act::Put(place, text) => {
                self.0.entry(id(place)).or_default().0.clone_from(text);
                put(&id(place), text)
            }
            Act::PutSecret(place, which, secret) => {
                self.0.entry(id(place)).or_default().1.insert(name(which), secret.clone());
                Change::PutSecret { id: id(place), name: name(which), secret: Zeroizing::new(secret.clone()) }
            }
            Act::RemoveSecret(place, which) => {
                if let Some((_, secrets)) = self.0.get_mut(&id(place)) {
                    secrets.remove(&name(which));
                }
                Change::RemoveSecret { id: id(place), name: name(which) }
            }
            Act::Remove(place) => {
                self.0.remove(&id(place));
                Change::Remove { id: id(place) }
            }
            _ => return None,
        })
    }

    fn of(vault: &Vault) -> Self {
        let secrets = |id: &str, names: &mut dyn Iterator<Item = &str>| {
            names.map(|name| (name.to_owned(), vault.secret(id, name).unwrap().unwrap().to_vec())).collect()
        };
        let entry = |entry: vault::Entry<'_>| {
            (entry.id.to_owned(), (entry.text.to_owned(), secrets(entry.id, &mut entry.secrets())))
        };
        Self(vault.entries().map(entry).collect())
    }
}

/// With dice of its own: two processes never throw the same.
fn reopen(home: &Home) -> Vault {
    static OPENED: AtomicU64 = AtomicU64::new(100);
    let dice = dice(OPENED.fetch_add(1, Ordering::Relaxed));
    Vault::open(home.clone(), &Key::Recovery(&recovery()), None, dice).unwrap()
}

fn new_keys(vault: &mut Vault) {
    vault.replace_keys(&[Key::Recovery(&recovery()), Key::Password(PASSWORD)], CHEAP, at(3)).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_done_comes_back(acts in proptest::collection::vec(act(), 1..40)) {
        let disk = ScratchDisk::new();
        let (mut vault, mut model) = (create(&disk), Model::default());
        for act in &acts {
            match (model.make(act), act) {
                (Some(change), _) => vault.change(&[change]).unwrap(),
                (None, Act::Compact) => vault.compact(at(2)).unwrap(),
                (None, Act::NewKeys) => new_keys(&mut vault),
                _ => vault = reopen(&home(&disk)),
            }
            prop_assert_eq!(&Model::of(&vault), &model);
        }
        prop_assert_eq!(&Model::of(&reopen(&home(&disk))), &model);
        vault.compact(at(4)).unwrap();
        prop_assert_eq!(&Model::of(&reopen(&home(&disk))), &model);
        for (id, (text, _)) in &model.0 {
            let word = text.split_whitespace().next().map(str::to_owned);
            if let Some(word) = word.filter(|word| word.is_ascii() && !word.chars().any(char::is_control)) {
                prop_assert!(vault.search(&word, 99).iter().any(|entry| entry.id == id), "{}", word);
            }
        }
    }

    /// Changes of one frame, and the same ones by themselves, make the same.
    #[test]
    fn together_is_as_one_by_one(acts in proptest::collection::vec(act(), 1..20)) {
        let disk = ScratchDisk::new();
        let (mut vault, mut model) = (create(&disk), Model::default());
        let changes: Vec<Change> = acts.iter().filter_map(|act| model.make(act)).collect();
        vault.change(&changes).unwrap();
        prop_assert_eq!(vault.changes_since_snapshot(), 1);
        prop_assert_eq!(&Model::of(&vault), &model);
        prop_assert_eq!(&Model::of(&reopen(&home(&disk))), &model);
    }

    /// Two programs, each with the vault open, in any order.
    #[test]
    fn no_update_of_two_writers_is_lost(acts in proptest::collection::vec((any::<bool>(), act()), 1..40)) {
        let disk = ScratchDisk::new();
        let (one, mut model) = (create(&disk), Model::default());
        let mut writers = [one, reopen(&home(&disk))];
        for (second, act) in &acts {
            let change = model.make(act);
            let vault = &mut writers[usize::from(*second)];
            match (change, act) {
                (Some(change), _) => vault.change(&[change]).unwrap(),
                (None, Act::Compact) => vault.compact(at(2)).unwrap(),
                (None, Act::NewKeys) => {
                    // The other one must ask for the password again; it loses nothing by that.
                    new_keys(vault);
                    let other = &mut writers[usize::from(!*second)];
                    prop_assert!(matches!(other.catch_up(), Err(vault::Error::Stale)));
                    *other = reopen(&home(&disk));
                }
                _ => *vault = reopen(&home(&disk)),
            }
            prop_assert_eq!(&Model::of(&writers[usize::from(*second)]), &model);
        }
        for vault in &mut writers {
            vault.catch_up().unwrap();
            prop_assert_eq!(&Model::of(vault), &model);
        }
        prop_assert_eq!(&Model::of(&reopen(&home(&disk))), &model);
    }

    #[test]
    fn what_is_unknown_survives(
        unknown in proptest::collection::btree_map(5..u64::MAX, item(), 1..6),
        of_manifest in proptest::collection::btree_map(2..u64::MAX, item(), 1..6),
        acts in proptest::collection::vec(act(), 0..20),
    ) {
        unknown_survives(&unknown, &of_manifest, &acts)?;
    }

    #[test]
    fn each_slot_opens_with_its_key_alone(seeds in proptest::collection::btree_set(any::<u64>(), 4)) {
        let seeds: Vec<u64> = seeds.into_iter().collect();
        let (disk, password) = (ScratchDisk::new(), format!("words of {}", seeds[0]));
        let key = RecoveryKey::new(&Seeded::new(seeds[1]));
        let keychain = data_key(seeds[2]);
        let mut vault = Vault::create(home(&disk), &password, CHEAP, &key, dice(seeds[3]), at(0)).unwrap();
        vault.set_keychain_key(&keychain, at(1)).unwrap();
        prop_assert_eq!(vault.slots().len(), 3);
        let numbers: BTreeSet<_> = vault.slots().into_iter().map(|(number, _)| number).collect();
        prop_assert_eq!(numbers.len(), 3);
        let typed = RecoveryKey::parse(&key.groups().join(" ")).unwrap();
        for key in [Key::Password(&password), Key::Recovery(&typed), Key::Keychain(&keychain)] {
            prop_assert!(vault.opens_with(&key).unwrap());
            prop_assert!(Vault::open(home(&disk), &key, Some(&vault.anchor()), dice(1)).is_ok());
        }
        let (other, mut near) = (RecoveryKey::new(&Seeded::new(seeds[3])), keychain);
        near[31] ^= 1;
        for key in [Key::Password(&password[1..]), Key::Recovery(&other), Key::Keychain(&near)] {
            prop_assert!(!vault.opens_with(&key).unwrap());
        }
        vault.replace_keys(&[Key::Password(&password)], CHEAP, at(2)).unwrap();
        prop_assert_eq!(vault.slots().into_iter().map(|it| it.1).collect::<Vec<_>>(), [SlotKind::Password]);
    }
}

/// A CBOR item of any kind.
fn item() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop_oneof![
        any::<u64>().prop_map(|number| cbor(|it| drop(it.u64(number)))),
        any::<i64>().prop_map(|number| cbor(|it| drop(it.i64(number)))),
        any::<f64>().prop_map(|number| cbor(|it| drop(it.f64(number)))),
        any::<bool>().prop_map(|truth| cbor(|it| drop(it.bool(truth)))),
        Just(cbor(|it| drop(it.null()))),
        proptest::collection::vec(any::<u8>(), 0..50).prop_map(|bytes| cbor(|it| drop(it.bytes(&bytes)))),
        proptest::string::string_regex(".{0,20}").unwrap().prop_map(|text| cbor(|it| drop(it.str(&text)))),
    ];
    leaf.prop_recursive(4, 20, 4, |inner| {
        let list = proptest::collection::vec(inner, 0..4);
        prop_oneof![
            list.clone()
                .prop_map(|items| [cbor(|it| drop(it.array(items.len() as u64))), items.concat()].concat()),
            list.prop_map(|items| {
                let values = items
                    .iter()
                    .enumerate()
                    .flat_map(|(key, value)| [cbor(|it| drop(it.u64(key as u64))), value.clone()].concat());
                [cbor(|it| drop(it.map(items.len() as u64))), values.collect()].concat()
            }),
        ]
    })
}

type Unknown = BTreeMap<u64, Vec<u8>>;

fn map(known: &[(u64, Vec<u8>)], unknown: &Unknown) -> Vec<u8> {
    let mut bytes = cbor(|it| drop(it.map((known.len() + unknown.len()) as u64)));
    for (key, value) in known.iter().map(|(key, value)| (key, value)).chain(unknown) {
        bytes.extend(cbor(|it| drop(it.u64(*key))));
        bytes.extend(value);
    }
    bytes
}

/// A newer version wrote a vault; this one opens it, changes much and saves it.
fn unknown_survives(unknown: &Unknown, of_manifest: &Unknown, acts: &[Act]) -> TestCaseResult {
    let disk = ScratchDisk::new();
    create(&disk);
    let forge = Forge::open(&files(&disk).0, data_key(1));
    let number = |number: u64| cbor(|it| drop(it.u64(number)));
    let text = |text: &str| cbor(|it| drop(it.str(text)));
    let manifest = map(&[(0, number(2))], of_manifest);
    let entry = |id: &str| map(&[(0, text(id)), (1, text("x"))], unknown);
    let items = [manifest, entry("id 0"), entry("untouched")].concat();
    disk.put(Path::new("/v/regain.vault"), forge.with_items(&items).seal());

    let mut vault = open(&disk).unwrap();
    let mut model = Model::of(&vault);
    let kept = acts.iter().filter(|act| !matches!(act, Act::Remove(0)));
    let changes: Vec<Change> = kept.filter_map(|act| model.make(act)).collect();
    vault.change(&changes).unwrap();
    vault.change(&[put("id 0", "new"), put_secret("id 0", "n", "s")]).unwrap();
    vault.compact(at(1)).unwrap();
    let snapshot = files(&disk).0;
    let items = Forge::open(&snapshot, data_key(1)).items().to_vec();
    let found = |raw: &Unknown| {
        raw.iter().all(|(key, value)| {
            let field = [number(*key), value.clone()].concat();
            memchr::memmem::find_iter(&items, &field).count() >= 1
        })
    };
    prop_assert!(found(of_manifest), "of the manifest");
    let twice = unknown.iter().all(|(key, value)| {
        let field = [number(*key), value.clone()].concat();
        memchr::memmem::find_iter(&items, &field).count() >= 2
    });
    prop_assert!(twice, "of the entry that was changed and of the one that was not");
    // They are whole entries still, for whoever reads them next.
    prop_assert!(open(&disk).is_ok());
    Ok(())
}
