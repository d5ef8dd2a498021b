//! Vaults that must open, with what is in them.

use minicbor::Encoder;
use serde_json::{Value, json};
use vault::scratch_disk::{ScratchDisk, Seeded};
use vault::{Change, Kdf, Key, Pin, Vault, append_locked};

use super::vector::{Vector, files};
use super::{Forge, cbor, data_key, entry, split};
use crate::common::*;

const DATA: u64 = 1;

pub fn all() -> Vec<Vector> {
    let mut all = vec![empty(), entries(), nothing_but_ids(), composed(), costs(), unknown()];
    all.extend(keys());
    all.extend(slots());
    all.extend(journals());
    all.extend(ends_of_journals());
    all.extend(locked());
    all.extend(new_data_key());
    all.extend([chunks("one-whole-chunk", 64_000), chunks("three-chunks", 131_100)]);
    all
}

fn empty() -> Vector {
    let disk = ScratchDisk::new();
    create(&disk);
    Vector::good("empty", "a vault as it is made", &disk, json!([]))
}

/// A vault whose entries are in the snapshot.
pub fn saved() -> ScratchDisk {
    let disk = ScratchDisk::new();
    let mut vault = create(&disk);
    vault.change(&[put("account/1", "Größe Łódź"), put_secret("account/1", "session", "one")]).unwrap();
    vault.change(&[put_secret("account/1", "kept/1", "two"), put("account/2", "Ёлка")]).unwrap();
    vault.compact(at(1)).unwrap();
    disk
}

pub fn shown(id: &str, text: &str, secrets: Value) -> Value {
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    json!({"id": id, "text": text, "shown": hex, "secrets": secrets, "changed_at": 7, "unknown": {}})
}

fn saved_entries() -> Value {
    json!([
        shown("account/1", "Größe Łódź", json!({"session": "one", "kept/1": "two"})),
        shown("account/2", "Ёлка", json!({}))
    ])
}

fn entries() -> Vector {
    Vector::good("entries", "two entries, one with two secrets", &saved(), saved_entries())
}

fn nothing_but_ids() -> Vector {
    let disk = ScratchDisk::new();
    let mut vault = create(&disk);
    let id = "ä".repeat(64);
    vault.change(&[Change::Put { id: id.clone(), text: None, shown: None, changed_at: None }]).unwrap();
    vault.change(&[put_secret("b", &"n".repeat(128), "")]).unwrap();
    vault.compact(at(1)).unwrap();
    let bare = |id: &str, secrets: Value| json!({"id": id, "text": "", "shown": null, "secrets": secrets, "changed_at": null, "unknown": {}});
    let expect = json!([bare("b", json!({"n".repeat(128): ""})), bare(&id, json!({}))]);
    Vector::good("nothing-but-ids", "entries without fields, and names as long as they may be", &disk, expect)
}

fn composed() -> Vector {
    let disk = ScratchDisk::new();
    Vault::create(home(&disk), "Pa\u{308}sswort ﬁ", CHEAP, &recovery(), dice(DATA), at(0)).unwrap();
    Vector::good("composed", "a password is the same however its letters are composed", &disk, json!([]))
        .with_key("password", "Pässwort fi")
}

fn costs() -> Vector {
    let disk = ScratchDisk::new();
    let kdf = Kdf { memory_kib: 1_024, passes: 2, lanes: 3 };
    Vault::create(home(&disk), PASSWORD, kdf, &recovery(), dice(DATA), at(0)).unwrap();
    Vector::good("costs", "Argon2id with 1 MiB, two passes and three lanes", &disk, json!([]))
}

fn keys() -> Vec<Vector> {
    let disk = saved();
    open(&disk).unwrap().set_keychain_key(&[0xa5; 32], at(2)).unwrap();
    let vector = |name, key: &str, text: &str| {
        let what = "a vault with three slots opens with each of the three keys";
        Vector::good(name, what, &disk, saved_entries()).with_key(key, text)
    };
    vec![
        vector("key-password", "password", PASSWORD),
        vector("key-recovery", "recovery_key", &recovery().groups().join("-")),
        vector("key-recovery-sloppy", "recovery_key", &recovery().groups().join(" ").to_lowercase()),
        vector("key-keychain", "keychain", &"a5".repeat(32)),
    ]
}

fn slots() -> Vec<Vector> {
    let (vault, _) = files(&saved());
    let forge = Forge::open(&vault, data_key(DATA));
    let mut slots = forge.slots();
    slots.insert(0, forge.password_slot(7, "another password of theirs", [64, 2, 2]));
    let two = forge.with_slots(&slots);
    slots.insert(0, vec![4, 200, 3, 0, 1, 2, 3]);
    slots.push(vec![99, 201, 0, 0]);
    let strange = forge.with_slots(&slots);
    let none = [4_u8, 9, 0, 0];
    while slots.len() < 16 {
        let number = u8::try_from(100 + slots.len()).unwrap();
        slots.push([none[0], number, none[2], none[3]].to_vec());
    }
    let vector =
        |name, what, forge: Forge| Vector::forged(name, what, forge.seal(), None, 2, 0, saved_entries());
    vec![
        vector("slots-two-passwords", "the second of two slots for passwords opens", two.clone()),
        vector("slots-first-of-two", "the first of two slots for passwords opens", two)
            .with_key("password", "another password of theirs"),
        vector("slots-of-other-kinds", "slots of kinds that nobody knows are passed over", strange),
        vector("slots-sixteen", "as many slots as there may be", forge.with_slots(&slots)),
    ]
}

fn journals() -> Vec<Vector> {
    let disk = saved();
    let mut vault = open(&disk).unwrap();
    vault.change(&[put("account/3", "new"), put_secret("account/3", "session", "three")]).unwrap();
    vault.change(&[put_secret("account/1", "session", "four")]).unwrap();
    vault.change(&[Change::RemoveSecret { id: "account/1".into(), name: "kept/1".into() }]).unwrap();
    vault.change(&[Change::Remove { id: "account/2".into() }]).unwrap();
    vault.change(&[]).unwrap();
    let after = json!([
        shown("account/1", "Größe Łódź", json!({"session": "four"})),
        shown("account/3", "new", json!({"session": "three"}))
    ]);
    let what = "five frames: put, replaced, taken out, removed, nothing";
    let journal = Vector::good("journal", what, &disk, after).frames(5);

    let (vault, _) = files(&saved());
    let forge = Forge::open(&vault, data_key(DATA));
    let text = cbor(|it| {
        it.array(3).unwrap();
        it.array(2).unwrap().u64(5).unwrap().map(1).unwrap().u64(9).unwrap().str("of later").unwrap();
        it.array(3).unwrap().u64(3).unwrap().str("nobody").unwrap().str("nothing").unwrap();
        it.array(3).unwrap().u64(1).unwrap().str("account/2").unwrap().map(2).unwrap();
        it.u64(1).unwrap().str("x").unwrap().u64(40).unwrap().bool(true).unwrap();
    });
    let mut second = shown("account/2", "Ёлка", json!({}));
    second["text"] = json!("x");
    second["unknown"] = json!({"40": true});
    let expect = json!([saved_entries()[0], second]);
    let what = "a change of the manifest, one of what is not there, and one of a field that nobody knows";
    let changes = forge.frames(&[text]).concat();
    vec![journal, Vector::forged("journal-of-later", what, vault, Some(changes), 2, 1, expect)]
}

fn ends_of_journals() -> Vec<Vector> {
    let disk = saved();
    let (_, old) = files(&{
        let early = ScratchDisk::new();
        let mut vault = create(&early);
        vault.change(&[put("account/1", "Größe Łódź"), put_secret("account/1", "session", "one")]).unwrap();
        vault.change(&[put_secret("account/1", "kept/1", "two"), put("account/2", "Ёлка")]).unwrap();
        early
    });
    open(&disk).unwrap().change(&[put("account/3", "new")]).unwrap();
    let (vault, journal) = files(&disk);
    let journal = journal.unwrap();
    let mut three = saved_entries();
    three.as_array_mut().unwrap().push(shown("account/3", "new", json!({})));
    let vector = |name, what, journal: Vec<u8>, frames, entries| {
        Vector::forged(name, what, vault.clone(), Some(journal), 2, frames, entries)
    };
    let half = journal[..journal.len() - 20].to_vec();
    let zeros = [journal.as_slice(), &[0; 300]].concat();
    let stub = [journal.as_slice(), &[77, 0, 0]].concat();
    let behind = [old.unwrap(), journal].concat();
    vec![
        vector("torn-half", "half a frame at the end", half, 0, saved_entries()).torn(),
        vector("torn-zeros", "zeros behind the last frame", zeros, 1, three.clone()).torn(),
        vector("torn-stub", "three bytes behind the last frame", stub, 1, three.clone()).torn(),
        vector("earlier-frames", "frames that are in the snapshot already", behind, 1, three),
    ]
}

fn made(bytes: &[u8]) -> String {
    format!("locked/{}", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

fn locked() -> Vec<Vector> {
    let disk = saved();
    let mut vault = open(&disk).unwrap();
    let pin = vault.pin();
    append_locked(&home(&disk), &pin, b"made first", &Seeded::new(31), at(5)).unwrap();
    vault.change(&[put("account/3", "new")]).unwrap();
    append_locked(&home(&disk), &pin, b"made \xff second", &Seeded::new(32), at(6)).unwrap();
    let (snapshot, journal) = files(&disk);
    let journal = journal.unwrap();
    let frames = split(&journal);
    let entry = |frame: &[u8], secret: &str, at: u64| {
        json!({"id": made(&frame[17..33]), "text": "", "shown": null, "secrets": {"made": secret},
            "changed_at": 1_800_000_000 + at, "unknown": {}})
    };
    let mut all = saved_entries();
    let list = all.as_array_mut().unwrap();
    list.push(shown("account/3", "new", json!({})));
    list.push(entry(&frames[0], "made first", 5));
    list.push(entry(&frames[2], "hex:6d61646520ff207365636f6e64", 6));
    list.sort_by_key(|entry| entry["id"].as_str().unwrap_or_default().to_owned());
    let what = "frames written while locked, with one written while open between them";
    let mixed = Vector::good("locked", what, &disk, all.clone()).frames(3);

    let twice = [journal, frames[0].clone()].concat();
    let what = "a frame written while locked that stands twice makes one entry";
    let twice = Vector::forged("locked-twice", what, snapshot, Some(twice), 2, 4, all);

    let disk = saved();
    let other = Pin { public_key: [9; 32], ..pin };
    append_locked(&home(&disk), &other, b"made", &Seeded::new(33), at(5)).unwrap();
    let what = "a frame to another key is counted and passed over";
    let unreadable = Vector::good("locked-unreadable", what, &disk, saved_entries()).frames(1).unreadable(1);
    vec![mixed, twice, unreadable]
}

fn new_data_key() -> Vec<Vector> {
    let disk = saved();
    let mut vault = open(&disk).unwrap();
    let pin = vault.pin();
    vault.replace_keys(&[Key::Password(PASSWORD), Key::Recovery(&recovery())], CHEAP, at(2)).unwrap();
    let key = Vector::good("new-data-key", "secrets stand under the new key", &disk, saved_entries());
    append_locked(&home(&disk), &pin, b"made", &Seeded::new(34), at(5)).unwrap();
    let (_, journal) = files(&disk);
    let id = made(&journal.unwrap()[17..33]);
    let mut all = saved_entries();
    all.as_array_mut().unwrap().push(json!({"id": id, "text": "", "shown": null,
        "secrets": {"made": "made"}, "changed_at": 1_800_000_005_u64, "unknown": {}}));
    let what = "written while locked to the public key of before";
    vec![key, Vector::good("new-data-key-old-pin", what, &disk, all).frames(1)]
}

fn unknown() -> Vector {
    let disk = ScratchDisk::new();
    create(&disk);
    let forge = Forge::open(&files(&disk).0, data_key(DATA));
    let mut items = cbor(|it| {
        it.map(2).unwrap().u64(0).unwrap().u64(1).unwrap().u64(70).unwrap().array(1).unwrap().null().unwrap();
    });
    // Sixteen deep with the entry itself.
    let nested = cbor(|it: &mut Encoder<&mut Vec<u8>>| {
        for _ in 0..15 {
            it.array(1).unwrap();
        }
        it.i64(-5).unwrap();
    });
    items.extend(entry("a", 99, &nested));
    let mut nested = json!(-5);
    (0..15).for_each(|_| nested = json!([nested]));
    let entry = json!({"id": "a", "text": "", "shown": null, "secrets": {}, "changed_at": null,
        "unknown": {"99": nested}});
    let what = "fields that nobody knows, in the manifest and in an entry, nested as deep as they may be";
    let sealed = forge.with_items(&items).seal();
    Vector::forged("unknown-fields", what, sealed, None, 1, 0, json!([entry]))
}

/// A payload of about that size, most of it a field that nobody knows.
pub fn chunked(size: usize) -> Forge {
    let disk = ScratchDisk::new();
    create(&disk);
    let forge = Forge::open(&files(&disk).0, data_key(DATA));
    let long = "Regain ".repeat(size / 7);
    let mut items = cbor(|it| {
        it.map(2).unwrap().u64(0).unwrap().u64(1).unwrap().u64(70).unwrap().str(&long).unwrap();
    });
    items.extend(entry("a", 1, &cbor(|it| drop(it.str("behind it")))));
    forge.with_items(&items)
}

fn chunks(name: &'static str, size: usize) -> Vector {
    let entry = json!({"id": "a", "text": "behind it", "shown": null, "secrets": {},
        "changed_at": null, "unknown": {}});
    let what = "a payload of one whole chunk, or of more";
    Vector::forged(name, what, chunked(size).seal(), None, 1, 0, json!([entry]))
}
