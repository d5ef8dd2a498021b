//! Files that someone has been at: none is accepted, none makes the program panic, and none makes it take more memory
//! or time than the file is worth.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a surprise must stop the test")]

mod common;
mod forge;

use std::path::Path;

use common::*;
use forge::vector::files;
use forge::{CHUNK, Forge, TAG, data_key};
use vault::scratch_disk::{ScratchDisk, Seeded};
use vault::{Error, Key, Random as _, Vault, append_locked, look};

fn with(vault: Vec<u8>, journal: Option<Vec<u8>>) -> ScratchDisk {
    let disk = ScratchDisk::new();
    disk.put(Path::new("/v/regain.vault"), vault);
    if let Some(journal) = journal {
        disk.put(Path::new("/v/regain.journal"), journal);
    }
    disk
}

/// Refused, whichever key is tried, and left as it was.
fn refuse(vault: Vec<u8>, what: &str) {
    let disk = with(vault.clone(), None);
    // A cost within the limits is paid before anything can be known to be wrong: 1 GiB is too much for a test.
    let kib = vault.get(115..119).map_or(0, |bytes| u32::from_le_bytes(bytes.try_into().unwrap()));
    let costly = (64 * 1_024..=2 * 1_024 * 1_024).contains(&kib);
    let recovery = recovery();
    for key in [Key::Recovery(&recovery), Key::Password(PASSWORD)].iter().take(2 - usize::from(costly)) {
        if Vault::open(home(&disk), key, None, dice(2)).is_ok() {
            panic!("accepted: {what}");
        }
    }
    let _ = look(&home(&disk));
    assert!(disk.read(Path::new("/v/regain.vault")).unwrap() == vault, "{what}: the file was touched");
}

fn rounds() -> u32 {
    if std::env::var_os("REGAIN_SOAK").is_some() { 100_000 } else { 10_000 }
}

struct Dice(Seeded);

impl Dice {
    fn below(&self, most: usize) -> usize {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        usize::try_from(u64::from_le_bytes(bytes) % most as u64).unwrap()
    }
}

/// Three chunks.
fn large() -> (Vec<u8>, usize) {
    let forge = forge::good::chunked(131_100);
    (forge.seal(), forge.front().len())
}

#[test]
fn every_bit_of_the_header() {
    let (vault, _) = files(&forge::good::saved());
    let size = Forge::open(&vault, data_key(1)).front().len();
    for place in 0..size {
        for bit in 0..8 {
            let mut wrong = vault.clone();
            wrong[place] ^= 1 << bit;
            refuse(wrong, &format!("bit {bit} of byte {place}"));
        }
    }
}

#[test]
fn bits_of_the_payload() {
    let (vault, _) = files(&forge::good::saved());
    let size = Forge::open(&vault, data_key(1)).front().len();
    let dice = Dice(Seeded::new(6));
    for round in 0..rounds() {
        let mut wrong = vault.clone();
        for _ in 0..=dice.below(3) {
            let place = size + dice.below(vault.len() - size);
            wrong[place] ^= 1 << dice.below(8);
        }
        if wrong == vault {
            continue;
        }
        let disk = with(wrong, None);
        assert!(open(&disk).is_err(), "round {round}");
    }
}

#[test]
fn bits_of_the_journal() {
    let disk = forge::good::saved();
    let mut vault = open(&disk).unwrap();
    (0..5).for_each(|n| vault.change(&[put(&format!("new {n}"), "x")]).unwrap());
    append_locked(&home(&disk), &vault.pin(), b"made", &Seeded::new(3), at(2)).unwrap();
    vault.change(&[put("last", "x")]).unwrap();
    let seen = vault.anchor();
    let (snapshot, journal) = files(&disk);
    let journal = journal.unwrap();
    let last = forge::split(&journal).last().unwrap().len();
    let dice = Dice(Seeded::new(7));
    for round in 0..rounds() / 2 {
        let mut wrong = journal.clone();
        let place = dice.below(journal.len());
        wrong[place] ^= 1 << dice.below(8);
        let disk = with(snapshot.clone(), Some(wrong));
        // What a writer that died leaves looks the same as a last frame that was changed: the anchor tells them apart.
        assert_eq!(open(&disk).is_ok(), place >= journal.len() - last, "round {round}, byte {place}");
        assert!(open_seen(&disk, Some(&seen)).is_err(), "round {round}, byte {place}");
    }
    for length in 0..journal.len() {
        let disk = with(snapshot.clone(), Some(journal[..length].to_vec()));
        assert!(matches!(open_seen(&disk, Some(&seen)), Err(Error::RolledBack)), "{length}");
    }
}

#[test]
fn every_truncation_at_an_edge() {
    let (vault, front) = large();
    let mut lengths: Vec<usize> = (0..front + 20).collect();
    for edge in [front + CHUNK + TAG, front + 2 * (CHUNK + TAG), vault.len() - TAG, vault.len()] {
        lengths.extend([edge - 1, edge, edge + 1]);
    }
    for length in lengths.into_iter().filter(|length| *length != vault.len()) {
        let mut wrong = vault.clone();
        wrong.resize(length, 0);
        refuse(wrong, &format!("{length} of {} bytes", vault.len()));
    }
}

#[test]
fn chunks_that_are_not_as_they_were() {
    let (vault, _) = large();
    let forge = Forge::open(&vault, data_key(1));
    let other = Forge::open(&vault, data_key(1)).with_header(|header| header[46] ^= 1).chunks(true);
    let count = forge.chunks(true).len();
    assert_eq!(count, 3);
    for one in 0..count {
        refuse(forge.with_chunks(|chunks| drop(chunks.remove(one))), "dropped");
        refuse(forge.with_chunks(|chunks| chunks[one].clone_from(&other[one])), "of another save");
        for two in 0..count {
            refuse(forge.with_chunks(|chunks| chunks.insert(two, chunks[one].clone())), "doubled");
            if one != two {
                refuse(forge.with_chunks(|chunks| chunks.swap(one, two)), "swapped");
                refuse(forge.with_chunks(|chunks| chunks[two] = chunks[one].clone()), "twice");
            }
        }
    }
}

/// A snapshot so large that its chunks are opened while the next are read.
#[test]
fn chunks_that_are_opened_beside_reading() {
    let forge = forge::good::chunked(20 * CHUNK);
    let (vault, front) = (forge.seal(), forge.front().len());
    let count = forge.chunks(true).len();
    assert!(count > 16, "{count}");
    Vault::open(home(&with(vault.clone(), None)), &Key::Password(PASSWORD), None, dice(2)).unwrap();
    for one in [0, 1, 9, count - 2, count - 1] {
        let mut flipped = vault.clone();
        flipped[front + one * (CHUNK + TAG) + 5] ^= 1;
        refuse(flipped, "flipped");
        refuse(forge.with_chunks(|chunks| drop(chunks.remove(one))), "dropped");
        refuse(forge.with_chunks(|chunks| chunks.swap(one, (one + 1) % count)), "swapped");
        for length in [front + one * (CHUNK + TAG), front + one * (CHUNK + TAG) + TAG, vault.len() - 1] {
            refuse(vault[..length].to_vec(), "cut short");
        }
    }
}

#[test]
fn old_generations() {
    let disk = ScratchDisk::new();
    let mut vault = create(&disk);
    let mut copies = Vec::new();
    for round in 0..6 {
        vault.change(&[put("a", &round.to_string())]).unwrap();
        copies.push(files(&disk));
        vault.compact(at(round)).unwrap();
        copies.push(files(&disk));
    }
    let seen = vault.anchor();
    copies.pop();
    for (number, (vault, journal)) in copies.iter().enumerate() {
        let disk = with(vault.clone(), journal.clone());
        assert!(matches!(open_seen(&disk, Some(&seen)), Err(Error::RolledBack)), "{number}");
    }
    // A snapshot with the journal of another time.
    let (mut accepted, mut pairs) = (0, 0);
    for (one, (vault, _)) in copies.iter().enumerate() {
        for (two, (_, journal)) in copies.iter().enumerate().filter(|(_, (_, journal))| journal.is_some()) {
            let generation =
                |bytes: &[u8], at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
            let (ours, theirs) = (generation(vault, 30), generation(journal.as_ref().unwrap(), 9));
            let opened = open(&with(vault.clone(), journal.clone()));
            assert_eq!(opened.is_err(), theirs > ours, "{one} {two}");
            accepted += usize::from(open_seen(&with(vault.clone(), journal.clone()), Some(&seen)).is_ok());
            pairs += 1;
        }
    }
    assert_eq!((accepted, pairs > 50), (0, true));
}

#[test]
fn costs_are_refused_before_they_are_paid() {
    let (vault, _) = files(&forge::good::saved());
    let forge = Forge::open(&vault, data_key(1));
    let absurd = [[u32::MAX, 1, 1], [2_097_153, 3, 4], [64, u32::MAX, 1], [64, 33, 1], [1 << 20, 1, 17]];
    for cost in absurd.into_iter().chain([[64, 1, u32::MAX], [64, 0, 1], [64, 1, 0], [31, 1, 4], [0, 1, 1]]) {
        for place in [0, 1] {
            // Behind a slot that opens, too: no slot of such a vault is tried.
            let mut slots = forge.slots();
            slots.insert(place, forge.password_slot(9, PASSWORD, [64, 1, 1]));
            let at = if place == 0 { 0 } else { 1 };
            for (number, field) in cost.iter().enumerate() {
                slots[at][4 + number * 4..][..4].copy_from_slice(&field.to_le_bytes());
            }
            let disk = with(forge.with_slots(&slots).seal(), None);
            assert!(matches!(open(&disk), Err(Error::Limit(_))), "{cost:?}");
        }
    }
}

#[cfg(target_os = "linux")]
mod memory {
    use std::fs::{self, File};
    use std::process::Command;

    use super::*;
    use forge::{cbor, entry, frame, manifest};
    use vault::RealDisk;

    const ALONE: &str = "REGAIN_TEST_ALONE";

    /// KiB of address space that this process has had at most: what was only reserved counts, too.
    fn peak() -> u64 {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmPeak:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    #[test]
    fn sizes_that_a_file_declares_take_no_memory() {
        if std::env::var_os(ALONE).is_none() {
            // In a process of its own, since the other tests take memory too; an arena for a thread is 64 MiB by itself.
            let name = "memory::sizes_that_a_file_declares_take_no_memory";
            let mut again = Command::new(std::env::current_exe().unwrap());
            let out = again
                .args([name, "--exact", "--nocapture"])
                .env(ALONE, "1")
                .env("MALLOC_ARENA_MAX", "1")
                .output()
                .unwrap();
            assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
            return;
        }
        let (vault, _) = files(&forge::good::saved());
        let forge = Forge::open(&vault, data_key(1));
        let size = |at: usize, bytes: &[u8]| {
            let mut vault = vault.clone();
            vault[at..at + bytes.len()].copy_from_slice(bytes);
            (vault, None)
        };
        let payload =
            |size: u64| (forge.with_payload(|it| it[..8].copy_from_slice(&size.to_le_bytes())).seal(), None);
        let items = |items: Vec<u8>| (forge.with_items(&items).seal(), None);
        let value = |head: u8, size: u64| [[head].as_slice(), &size.to_be_bytes()].concat();
        let mut hostile = vec![
            size(10, &[0xff; 4]),
            size(10, &65_536_u32.to_le_bytes()),
            payload(u64::MAX),
            payload(u64::MAX - 8),
            payload(1 << 40),
            items(manifest(u64::MAX)),
            items(manifest(1 << 40)),
            items(manifest(1_365)),
        ];
        for head in [0x9b, 0xbb, 0x5b, 0x7b] {
            for size in [u64::MAX, 1 << 32, 1 << 28] {
                hostile.push(items([manifest(1), entry("a", 99, &value(head, size))].concat()));
                hostile.push(items([manifest(1), entry("a", 3, &value(head, size))].concat()));
                hostile.push(items(value(head, size)));
                let text = cbor(|it| drop(it.array(1)));
                for text in [[text, value(head, size)].concat(), value(head, size)] {
                    hostile.push((vault.clone(), Some(forge.frames(&[text]).concat())));
                }
            }
        }
        let mut long = frame(1, 2, &[1; 16], b"x");
        long[..4].copy_from_slice(&(16 * 1_024 * 1_024_u32).to_le_bytes());
        hostile.push((vault.clone(), Some([long, forge.frames(&[vec![0x80]]).concat()].concat())));
        assert!(open(&with(vault.clone(), None)).is_ok());

        let before = peak();
        for (number, (vault, journal)) in hostile.into_iter().enumerate() {
            let disk = with(vault, journal);
            assert!(open(&disk).is_err(), "{number}");
            let _ = look(&home(&disk));
        }
        let folder = tempfile::tempdir().unwrap();
        let real = |name: &str, size: u64| {
            let file =
                File::options().write(true).create(true).truncate(false).open(folder.path().join(name));
            file.unwrap().set_len(size).unwrap();
            let home = home_on(RealDisk, folder.path());
            let opened = Vault::open(home.clone(), &Key::Password(PASSWORD), None, dice(2)).map(drop);
            assert!(matches!(opened, Err(Error::Limit(_))), "{name}");
            assert!(matches!(look(&home), Err(Error::Limit(_))), "{name}");
        };
        fs::write(folder.path().join("regain.vault"), &vault).unwrap();
        real("regain.journal", 10 << 30);
        fs::remove_file(folder.path().join("regain.journal")).unwrap();
        real("regain.vault", 10 << 30);
        let taken = peak() - before;
        assert!(taken < 16 * 1_024, "{taken} KiB");
    }
}
