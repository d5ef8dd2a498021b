//! Vaults that must not open, with the reason.

use vault::scratch_disk::ScratchDisk;

use super::good::{chunked, saved};
use super::vector::{Vector, files};
use super::{Forge, cbor, data_key, entry, frame, manifest, split};
use crate::common::*;

pub fn all() -> Vec<Vector> {
    let groups = [headers(), slots(), costs(), keys(), chunks(), payloads(), items(), frames(), changes()];
    groups.into_iter().flatten().collect()
}

fn base() -> (Vec<u8>, Forge) {
    let (vault, _) = files(&saved());
    let forge = Forge::open(&vault, data_key(1));
    (vault, forge)
}

fn snapshot(name: &'static str, what: &str, vault: Vec<u8>, refused: &str) -> Vector {
    Vector::bad(name, what, vault, None, refused)
}

fn headers() -> Vec<Vector> {
    let (vault, forge) = base();
    let bytes = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = vault.clone();
        change(&mut bytes);
        bytes
    };
    let size = |size: u32| bytes(&|it| it[10..14].copy_from_slice(&size.to_le_bytes()));
    let other = forge.with_header(|header| header[78..110].copy_from_slice(&[9; 32]));
    vec![
        snapshot("nothing", "an empty file", Vec::new(), "Damaged"),
        snapshot("magic", "another magic", bytes(&|it| it[0] = b'r'), "Damaged"),
        snapshot("newer", "format version 2", bytes(&|it| it[8] = 2), "Newer"),
        snapshot("header-cut", "half a header", vault[..200].to_vec(), "Damaged"),
        snapshot("header-small", "a header that says it has 142 bytes", size(142), "Damaged"),
        snapshot("header-large", "a header that says it has 64 KiB and a byte", size(65_537), "Limit"),
        snapshot("header-huge", "a header that says it has 4 GiB", size(u32::MAX), "Limit"),
        snapshot("generation", "another generation, under the old MAC", bytes(&|it| it[30] ^= 4), "Damaged"),
        snapshot("saved-at", "another moment, under the old MAC", bytes(&|it| it[38] ^= 1), "Damaged"),
        snapshot("save-salt", "another salt, under the old MAC", bytes(&|it| it[46] ^= 1), "Damaged"),
        snapshot("public-key", "another public key, under the old MAC", bytes(&|it| it[78] ^= 1), "Damaged"),
        snapshot("public-key-signed", "another public key, under a right MAC", other.seal(), "Damaged"),
    ]
}

fn slots() -> Vec<Vector> {
    let (_, forge) = base();
    let slots = forge.slots();
    let with = |name, what, slots: &[Vec<u8>], refused| {
        snapshot(name, what, forge.with_slots(slots).seal(), refused)
    };
    let spare = |number: u8| vec![4, number, 0, 0];
    let many: Vec<_> = slots.iter().cloned().chain((50..65).map(spare)).collect();
    let mut short = slots[0].clone();
    short[2] -= 1;
    short.pop();
    let behind = forge.with_header(|header| {
        header.extend([1, 2, 3]);
        let size = u32::try_from(header.len() + 32).unwrap();
        header[10..14].copy_from_slice(&size.to_le_bytes());
    });
    let mut salt = slots.clone();
    salt[0][4 + 12] ^= 1;
    let mut number = slots.clone();
    number[0][1] = 9;
    vec![
        with("slots-none", "no slot", &[], "Limit"),
        with("slots-seventeen", "one slot more than there may be", &many, "Limit"),
        with("slots-one-number", "two slots of one number", &[slots[0].clone(), slots[0].clone()], "Damaged"),
        with("slots-short", "a slot for a password that is a byte too small", &[short], "Damaged"),
        with("slots-cut", "a slot that ends behind the header", &[slots[0][..90].to_vec()], "Damaged"),
        snapshot("slots-behind", "bytes behind the slots", behind.seal(), "Damaged"),
        with("slots-salt", "another salt in the slot, under a right MAC", &salt, "WrongKey"),
        with("slots-number", "another number of the slot, under a right MAC", &number, "WrongKey"),
        with("slots-keychain", "the keychain alone", &[forge.keychain_slot(0, &[0xa5; 32])], "OnlyKeychain")
            .with_key("keychain", &"a5".repeat(32)),
        with("slots-strange", "no slot that this version knows", &[spare(0)], "OnlyKeychain"),
    ]
}

fn costs() -> Vec<Vector> {
    let (_, forge) = base();
    let cost = |name, what, cost: [u32; 3]| {
        let slots = [forge.password_slot(0, PASSWORD, cost)];
        snapshot(name, what, forge.with_slots(&slots).seal(), "Limit")
    };
    vec![
        cost("cost-memory", "Argon2id with 2 GiB and a KiB", [2_097_153, 3, 4]),
        cost("cost-all-memory", "Argon2id with 4 TiB", [u32::MAX, 1, 1]),
        cost("cost-passes", "Argon2id with 33 passes", [64, 33, 1]),
        cost("cost-lanes", "Argon2id with 17 lanes", [1_024, 1, 17]),
        cost("cost-no-memory", "Argon2id with too little memory for its lanes", [31, 1, 4]),
        cost("cost-no-pass", "Argon2id without a pass", [64, 0, 1]),
        cost("cost-no-lane", "Argon2id without a lane", [64, 1, 0]),
    ]
}

fn keys() -> Vec<Vector> {
    let disk = saved();
    open(&disk).unwrap().set_keychain_key(&[0xa5; 32], at(2)).unwrap();
    let (vault, _) = files(&disk);
    let key = |name, kind: &str, text: &str| {
        snapshot(name, "another key", vault.clone(), "WrongKey").with_key(kind, text)
    };
    let other = vault::RecoveryKey::new(&vault::scratch_disk::Seeded::new(5)).groups().join("-");
    let mut slip = recovery().groups().concat();
    slip.replace_range(3..4, if slip.as_bytes()[3] == b'7' { "8" } else { "7" });
    vec![
        key("wrong-password", "password", "teapot gravel monday owls"),
        key("wrong-no-password", "password", ""),
        key("wrong-recovery-key", "recovery_key", &other),
        key("wrong-recovery-key-slip", "recovery_key", &slip),
        key("wrong-keychain", "keychain", &"a4".repeat(32)),
    ]
}

fn chunks() -> Vec<Vector> {
    let forge = chunked(131_100);
    let small = base();
    let chunks = |name, what, pick: &dyn Fn(&mut Vec<Vec<u8>>)| {
        snapshot(name, what, forge.with_chunks(pick), "Damaged")
    };
    let of_small = |name, what, change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = small.0.clone();
        change(&mut bytes);
        snapshot(name, what, bytes, "Damaged")
    };
    let salted = small.1.with_header(|header| header[46] ^= 1);
    let without_end = [small.1.front(), small.1.chunks(false).concat()].concat();
    vec![
        chunks("chunks-swapped", "the first two chunks swapped", &|it| it.swap(0, 1)),
        chunks("chunks-dropped", "the middle chunk is missing", &|it| drop(it.remove(1))),
        chunks("chunks-doubled", "the middle chunk twice", &|it| it.insert(1, it[1].clone())),
        chunks("chunks-last-dropped", "the last chunk is missing", &|it| it.truncate(it.len() - 1)),
        of_small("chunk-cut", "the last byte is missing", &|it| it.truncate(it.len() - 1)),
        of_small("chunk-longer", "a byte behind the last chunk", &|it| it.push(0)),
        of_small("chunk-flipped", "one bit of a chunk", &|it| it[1_000] ^= 1),
        of_small("chunk-none", "a header alone", &|it| it.truncate(small.1.front().len())),
        of_small("chunk-tag", "nothing but a tag", &|it| it.truncate(small.1.front().len() + 16)),
        snapshot("chunk-not-last", "a last chunk that is not marked as such", without_end, "Damaged"),
        snapshot(
            "chunk-other-save",
            "the chunks of another save behind a right header",
            [salted.front(), small.1.chunks(true).concat()].concat(),
            "Damaged",
        ),
    ]
}

fn payloads() -> Vec<Vector> {
    let (_, forge) = base();
    let payload = |name, what, change: &dyn Fn(&mut Vec<u8>)| {
        snapshot(name, what, forge.with_payload(change).seal(), "Damaged")
    };
    let size = |size: u64| move |it: &mut Vec<u8>| it[..8].copy_from_slice(&size.to_le_bytes());
    vec![
        payload("padding-not-zero", "padding that is not zero", &|it| it[4_095] = 1),
        payload("padding-long", "more padding than there should be", &|it| it.resize(5_120, 0)),
        payload("padding-short", "less padding than there should be", &|it| it.truncate(4_000)),
        payload("size-beyond", "a payload that says that it is larger than it is", &size(4_096)),
        payload("size-huge", "a payload that says that it is as large as a number can say", &size(u64::MAX)),
        payload("size-short", "a payload that ends within an entry", &size(40)),
    ]
}

fn items() -> Vec<Vector> {
    let (_, forge) = base();
    let with =
        |name, what, items: Vec<u8>, refused| snapshot(name, what, forge.with_items(&items).seal(), refused);
    let one = |name, what, entry: Vec<u8>, refused| with(name, what, [manifest(1), entry].concat(), refused);
    let text = cbor(|it| drop(it.str("x")));
    let number = cbor(|it| drop(it.u64(5)));
    let deep = [vec![0x81; 16], number.clone()].concat();
    let long = "x".repeat(129);
    let secrets = |names: &[&str], sealed: &[u8]| {
        cbor(|it| {
            it.map(names.len() as u64).unwrap();
            names.iter().for_each(|name| drop(it.str(name).unwrap().bytes(sealed)));
        })
    };
    let elsewhere = forge.sealed_secret("another", "session", b"x");
    let earlier = cbor(|it| {
        it.map(2).unwrap().u64(0).unwrap().u64(0).unwrap().u64(1).unwrap();
        it.array(1).unwrap().bytes(&[1; 31]).unwrap();
    });
    let twice = [entry("a", 1, &text), entry("a", 1, &text)].concat();
    let key_twice = cbor(|it| {
        it.map(3).unwrap().u64(0).unwrap().str("a").unwrap();
        it.u64(50).unwrap().u64(1).unwrap().u64(50).unwrap().u64(2).unwrap();
    });
    let no_id = cbor(|it| drop(it.map(1).unwrap().u64(1).unwrap().str("x")));
    let negative = [cbor(|it| drop(it.map(2).unwrap().u64(0).unwrap().str("a"))), vec![0x20, 1]].concat();
    let open_map = [vec![0xbf, 0], cbor(|it| drop(it.str("a"))), vec![0xff]].concat();
    let open_text = [0x7f, 0x61, b'x', 0xff];
    let name_twice = entry("a", 3, &secrets(&["n", "n"], &elsewhere));
    vec![
        with("manifest-none", "no manifest", Vec::new(), "Damaged"),
        with("manifest-text", "a manifest that is no map", text.clone(), "Damaged"),
        with("manifest-count", "another number of entries", manifest(2), "Damaged"),
        with("manifest-count-huge", "an absurd number of entries", manifest(u64::MAX), "Damaged"),
        with("manifest-no-count", "no number of entries", cbor(|it| drop(it.map(0))), "Damaged"),
        with("manifest-key", "an earlier data key of 31 bytes", earlier, "Damaged"),
        with("ids-twice", "two entries of one id", [manifest(2), twice].concat(), "Damaged"),
        one("key-twice", "a field that nobody knows, twice", key_twice, "Damaged"),
        one("no-id", "an entry without an id", no_id, "Damaged"),
        one("id-empty", "an empty id", entry("", 1, &text), "Limit"),
        one("id-long", "an id of 129 bytes", entry(&long, 1, &text), "Limit"),
        one("text-number", "a number where text should be", entry("a", 1, &number), "Damaged"),
        one("shown-text", "text where bytes should be", entry("a", 2, &text), "Damaged"),
        one("moment-text", "text where a moment should be", entry("a", 4, &text), "Damaged"),
        one("negative-key", "a key that is negative", negative, "Damaged"),
        one("open-map", "an entry of open length", open_map, "Damaged"),
        one("open-text", "text of open length", entry("a", 99, &open_text), "Damaged"),
        one("not-utf8", "text that is not UTF-8", entry("a", 1, &[0x62, 0xff, 0xfe]), "Damaged"),
        one("reserved", "a byte that no item begins with", entry("a", 99, &[0x1c]), "Damaged"),
        one("deep", "seventeen deep", entry("a", 99, &deep), "Limit"),
        one(
            "deep-empty",
            "seventeen deep, and empty",
            entry("a", 99, &[vec![0x81; 15], vec![0x80]].concat()),
            "Limit",
        ),
        one(
            "array-huge",
            "an array that says that it is endless",
            entry("a", 99, &[0x9b, 255, 255, 255, 255, 255, 255, 255, 255]),
            "Damaged",
        ),
        one(
            "bytes-huge",
            "bytes that say that they are endless",
            entry("a", 2, &[0x5b, 255, 255, 255, 255, 255, 255, 255, 255]),
            "Damaged",
        ),
        one("name-twice", "two secrets of one name", name_twice, "Damaged"),
        one("name-long", "a name of 129 bytes", entry("a", 3, &secrets(&[&long], &elsewhere)), "Limit"),
        one(
            "secret-moved",
            "the secret of another entry",
            entry("a", 3, &secrets(&["session"], &elsewhere)),
            "Damaged",
        ),
        one(
            "secret-short",
            "a secret of ten bytes",
            entry("a", 3, &secrets(&["session"], &[1; 10])),
            "Damaged",
        ),
    ]
}

fn frames() -> Vec<Vector> {
    let (vault, forge) = base();
    let texts: Vec<_> = ["one", "two", "three"]
        .map(|id| cbor(|it| drop(it.array(1).unwrap().array(2).unwrap().u64(4).unwrap().str(id))))
        .to_vec();
    let three = forge.frames(&texts);
    let journal = |name, what, journal: Vec<u8>, refused| {
        Vector::bad(name, what, vault.clone(), Some(journal), refused)
    };
    let of = |order: &[usize]| order.iter().flat_map(|place| three[*place].clone()).collect::<Vec<u8>>();
    let changed = |at: usize, bit: u8| {
        let mut bytes = of(&[0, 1, 2]);
        bytes[at] ^= bit;
        bytes
    };
    let later = frame(1, 3, &[1; 16], &three[0][33..]);
    let mut body = three[2][33..].to_vec();
    body[30] ^= 1;
    let forged = [of(&[0, 1]), frame(1, 2, &[3; 16], &body)].concat();
    let other_change = [of(&[0, 1]), frame(1, 2, &[4; 16], &three[2][33..])].concat();
    let stranger = ScratchDisk::new();
    let mut other =
        vault::Vault::create(home(&stranger), PASSWORD, CHEAP, &recovery(), dice(9), at(0)).unwrap();
    other.compact(at(1)).unwrap();
    other.change(&[put("x", "y")]).unwrap();
    let strangers = split(&files(&stranger).1.unwrap()).concat();
    let (second, third) = (three[0].len(), three[0].len() + three[1].len());
    vec![
        journal("frames-reordered", "the second frame before the first", of(&[1, 0, 2]), "Damaged"),
        journal("frames-dropped", "the first frame is missing", of(&[1, 2]), "Damaged"),
        journal("frames-middle-dropped", "the second frame is missing", of(&[0, 2]), "Damaged"),
        journal("frames-doubled", "the second frame twice", of(&[0, 1, 1, 2]), "Damaged"),
        journal("frames-damaged", "a flipped bit in the second frame", changed(second + 50, 1), "Damaged"),
        journal("frames-size", "another size of the second frame", changed(second, 64), "Damaged"),
        journal("frames-sum", "another checksum of the second frame", changed(second + 4, 1), "Damaged"),
        journal(
            "frames-last-body",
            "another body of the last frame, under a right checksum",
            forged,
            "Damaged",
        ),
        journal("frames-last-change", "another change id, under a right checksum", other_change, "Damaged"),
        journal("frames-first-damaged", "a flipped bit in the first frame", changed(40, 128), "Damaged"),
        journal(
            "frames-cut-middle",
            "the second frame lacks a byte",
            {
                let mut bytes = of(&[0, 1, 2]);
                bytes.remove(third - 1);
                bytes
            },
            "Damaged",
        ),
        journal("frames-later", "a frame of a later generation", later, "Damaged"),
        journal("frames-strange", "a frame of another vault", strangers, "Damaged"),
        journal(
            "frames-kind",
            "a frame of a kind that a newer version knows",
            [of(&[0]), frame(3, 2, &[1; 16], b"x")].concat(),
            "Newer",
        ),
        journal("frames-no-body", "a frame without a body", frame(1, 2, &[1; 16], b""), "Damaged"),
    ]
}

fn changes() -> Vec<Vector> {
    let (vault, forge) = base();
    let text = |name, what, text: Vec<u8>, refused| {
        Vector::bad(name, what, vault.clone(), Some(forge.frames(&[text]).concat()), refused)
    };
    let put = |key: u64| {
        cbor(|it| {
            it.array(1).unwrap().array(3).unwrap().u64(1).unwrap().str("account/1").unwrap();
            it.map(1).unwrap().u64(key).unwrap().str("x").unwrap();
        })
    };
    let counted = cbor(|it| {
        it.array(1)
            .unwrap()
            .array(2)
            .unwrap()
            .u64(5)
            .unwrap()
            .map(1)
            .unwrap()
            .u64(0)
            .unwrap()
            .u64(9)
            .unwrap();
    });
    let newer = cbor(|it| drop(it.array(1).unwrap().array(2).unwrap().u64(6).unwrap().str("x")));
    let few = cbor(|it| drop(it.array(1).unwrap().array(1).unwrap().u64(4)));
    let no_name = cbor(|it| drop(it.array(1).unwrap().array(2).unwrap().u64(4).unwrap().str("")));
    let behind = [cbor(|it| drop(it.array(0))), vec![0]].concat();
    let twice = cbor(|it| {
        it.array(1).unwrap().array(3).unwrap().u64(1).unwrap().str("account/1").unwrap();
        it.map(2).unwrap().u64(70).unwrap().u64(1).unwrap().u64(70).unwrap().u64(2).unwrap();
    });
    vec![
        text("change-newer", "a change that a newer version knows", newer, "Newer"),
        text("change-id", "a change of an entry's id", put(0), "Damaged"),
        text("change-secrets", "a change of all secrets", put(3), "Damaged"),
        text("change-count", "a change of the number of entries", counted, "Damaged"),
        text("change-few", "a change without what it is about", few, "Damaged"),
        text("change-no-name", "a change of what has no name", no_name, "Limit"),
        text("change-behind", "something behind the changes", behind, "Damaged"),
        text("change-map", "changes that are no array", cbor(|it| drop(it.map(0))), "Damaged"),
        text("change-twice", "a change that puts one key twice", twice, "Damaged"),
        text("change-cut", "changes that end early", vec![0x81, 0x82, 4], "Damaged"),
    ]
}
