//! Saved recovery codes: the list that a site gives once, each of them good for one time.
//!
//! They rest beside the account's password, as one text. Nothing of them is lost: a list that was replaced stays among
//! the earlier ones, and a code that was crossed off can be brought back.

use std::time::SystemTime;

pub use self::paste::{LONGEST, MOST, Pasted, read as read_list};
use crate::account::AccountId;
use crate::error::Result;
use crate::secret::Secret;
use crate::store::{CredentialStore, Extra};

mod paste;
mod records;

/// With that many left it is time to make new ones. Ours.
pub const FEW: usize = 3;

/// Name of a code within its account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CodeId(pub u32);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedCode {
    pub id: CodeId,
    /// As it was written.
    pub text: Secret,
    /// When it was crossed off.
    pub used: Option<SystemTime>,
}

/// Codes that a site gave at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeSet {
    pub at: SystemTime,
    pub codes: Vec<SavedCode>,
}

/// All saved codes of an account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecoveryCodes {
    /// Oldest first; the last one holds.
    sets: Vec<CodeSet>,
}

impl RecoveryCodes {
    /// The codes that hold.
    pub fn current(&self) -> Option<&CodeSet> {
        self.sets.last()
    }

    /// Lists that were replaced, newest first.
    pub fn earlier(&self) -> impl Iterator<Item = &CodeSet> {
        self.sets.iter().rev().skip(1)
    }

    /// Codes that were not crossed off.
    pub fn left(&self) -> usize {
        self.current().map_or(0, |set| set.codes.iter().filter(|code| code.used.is_none()).count())
    }

    /// Whether there are codes, and few of them are left.
    pub fn are_few(&self) -> bool {
        self.current().is_some() && self.left() <= FEW
    }

    /// A new list takes the place of the one before, as sites do when new codes are made. The same list again changes
    /// nothing, and an empty one is none.
    pub fn replace(&mut self, codes: Vec<Secret>, now: SystemTime) {
        let same = self.current().is_some_and(|set| set.has_exactly(&codes));
        if codes.is_empty() || same {
            return;
        }
        self.sets.push(CodeSet { at: now, codes: Vec::new() });
        self.add(codes, now);
    }

    /// More codes of the list that holds; how many it did not have yet.
    pub fn add(&mut self, codes: Vec<Secret>, now: SystemTime) -> usize {
        let mut next = self.next_id();
        if self.sets.is_empty() && !codes.is_empty() {
            self.sets.push(CodeSet { at: now, codes: Vec::new() });
        }
        let Some(set) = self.sets.last_mut() else { return 0 };
        let before = set.codes.len();
        for text in codes {
            if set.codes.iter().all(|code| code.text != text) {
                set.codes.push(SavedCode { id: CodeId(next), text, used: None });
                next += 1;
            }
        }
        set.codes.len() - before
    }

    /// Crosses a code off; whether it is one that holds and was not crossed off before.
    pub fn cross_off(&mut self, id: CodeId, now: SystemTime) -> bool {
        match self.find(id) {
            Some(code) if code.used.is_none() => {
                code.used = Some(now);
                true
            }
            _ => false,
        }
    }

    /// Crosses off whichever code was typed: case, spaces and dashes do not matter.
    pub fn cross_off_typed(&mut self, typed: &Secret, now: SystemTime) -> bool {
        let typed = letters(typed);
        let holds = self.current().into_iter().flat_map(|set| &set.codes);
        let found = holds.filter(|code| code.used.is_none()).find(|code| letters(&code.text) == typed);
        match found.map(|code| code.id) {
            Some(id) if !typed.is_empty() => self.cross_off(id, now),
            _ => false,
        }
    }

    /// Brings a code back that was crossed off by mistake; whether it was.
    pub fn bring_back(&mut self, id: CodeId) -> bool {
        self.find(id).is_some_and(|code| code.used.take().is_some())
    }

    /// Takes in those of another store: its list is the one that holds.
    fn merge(&mut self, theirs: Self) {
        for set in theirs.sets {
            let same = self.sets.iter().position(|known| {
                let texts: Vec<Secret> = set.codes.iter().map(|code| code.text.clone()).collect();
                known.has_exactly(&texts)
            });
            let mut known = match same {
                Some(at) => self.sets.remove(at),
                None => CodeSet { at: set.at, codes: Vec::new() },
            };
            let mut next =
                self.next_id().max(known.codes.iter().map(|code| code.id.0 + 1).max().unwrap_or(0));
            for code in set.codes {
                match known.codes.iter_mut().find(|other| other.text == code.text) {
                    // One that is crossed off anywhere was used.
                    Some(other) => other.used = other.used.or(code.used),
                    None => {
                        known.codes.push(SavedCode { id: CodeId(next), ..code });
                        next += 1;
                    }
                }
            }
            self.sets.push(known);
        }
    }

    /// Whether every code is there, too, and crossed off where it is here.
    fn is_within(&self, theirs: &Self) -> bool {
        let all = || theirs.sets.iter().flat_map(|set| &set.codes);
        let there = |code: &SavedCode| {
            all().any(|other| other.text == code.text && (code.used.is_none() || other.used.is_some()))
        };
        self.sets.iter().flat_map(|set| &set.codes).all(there)
    }

    fn find(&mut self, id: CodeId) -> Option<&mut SavedCode> {
        self.sets.last_mut()?.codes.iter_mut().find(|code| code.id == id)
    }

    fn next_id(&self) -> u32 {
        self.sets.iter().flat_map(|set| &set.codes).map(|code| code.id.0 + 1).max().unwrap_or(0)
    }
}

impl CodeSet {
    fn has_exactly(&self, codes: &[Secret]) -> bool {
        let has = |text: &Secret| self.codes.iter().any(|code| code.text == *text);
        self.codes.len() == codes.len() && codes.iter().all(has)
    }
}

/// The saved codes of an account; none where none were ever saved.
pub async fn load(store: &dyn CredentialStore, account: &AccountId) -> Result<RecoveryCodes> {
    let text = store.extra(account, Extra::RecoveryCodes).await?;
    Ok(text.map(|text| records::read(&text)).transpose()?.unwrap_or_default())
}

/// Changes them as they are now. Errors, too: `StoreBroken` for what a later version wrote, which is left as it is.
pub async fn change<T>(
    store: &dyn CredentialStore,
    account: &AccountId,
    change: impl FnOnce(&mut RecoveryCodes) -> T,
) -> Result<(RecoveryCodes, T)> {
    let mut codes = load(store, account).await?;
    let before = codes.clone();
    let done = change(&mut codes);
    if codes != before {
        store.save_extra(account, Extra::RecoveryCodes, Some(&records::write(&codes)?)).await?;
    }
    Ok((codes, done))
}

/// Two stores' texts as one, in which nothing of either is lost.
pub(crate) fn merged(mine: &Secret, theirs: &Secret) -> Result<Secret> {
    let mut all = records::read(theirs)?;
    all.merge(records::read(mine)?);
    records::write(&all)
}

/// Whether one store's text holds all of another's.
pub(crate) fn is_within(mine: &Secret, theirs: &Secret) -> Result<bool> {
    Ok(mine == theirs || records::read(mine)?.is_within(&records::read(theirs)?))
}

fn letters(code: &Secret) -> Secret {
    let letters = code.expose().chars().filter(|c| c.is_alphanumeric());
    Secret::new(letters.flat_map(char::to_lowercase).collect::<String>())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::error::ErrorKind;
    use crate::store::memory::Memory;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_800_000_000 + seconds)
    }

    fn list(codes: &[&str]) -> Vec<Secret> {
        codes.iter().map(|code| Secret::new(*code)).collect()
    }

    fn texts(set: &CodeSet) -> Vec<(&str, bool)> {
        set.codes.iter().map(|code| (code.text.expose(), code.used.is_some())).collect()
    }

    #[test]
    fn a_code_is_crossed_off_once_and_brought_back() {
        let mut codes = RecoveryCodes::default();
        codes.replace(list(&["a1", "b2"]), at(1));
        let id = codes.current().unwrap().codes[1].id;
        assert!(codes.cross_off(id, at(2)) && !codes.cross_off(id, at(3)));
        assert_eq!((codes.left(), codes.current().unwrap().codes[1].used), (1, Some(at(2))));
        assert!(codes.bring_back(id) && !codes.bring_back(id));
        assert_eq!(codes.left(), 2);
        assert!(!codes.cross_off(CodeId(9), at(4)) && !codes.bring_back(CodeId(9)));
    }

    #[test]
    fn what_was_typed_is_found_whatever_its_case_and_dashes() {
        let mut codes = RecoveryCodes::default();
        codes.replace(list(&["ABCD-EFGH", "IJKL-MNOP"]), at(1));
        assert!(codes.cross_off_typed(&Secret::new(" ijkl mnop"), at(2)));
        assert!(!codes.cross_off_typed(&Secret::new("ijklmnop"), at(2)));
        assert!(!codes.cross_off_typed(&Secret::new("--"), at(2)));
        assert_eq!(texts(codes.current().unwrap()), [("ABCD-EFGH", false), ("IJKL-MNOP", true)]);
    }

    #[test]
    fn a_new_list_leaves_the_old_one_among_the_earlier_ones() {
        let mut codes = RecoveryCodes::default();
        codes.replace(list(&["a", "b"]), at(1));
        codes.replace(list(&["b", "a"]), at(2));
        codes.replace(vec![], at(2));
        assert_eq!(codes.earlier().count(), 0);
        let old = codes.current().unwrap().codes[0].id;
        codes.replace(list(&["c"]), at(3));
        assert_eq!(codes.add(list(&["c", "d"]), at(4)), 1);
        assert_eq!(texts(codes.current().unwrap()), [("c", false), ("d", false)]);
        assert_eq!(codes.earlier().map(texts).collect::<Vec<_>>(), [[("a", false), ("b", false)]]);
        assert!(!codes.cross_off(old, at(5)), "it holds no longer");
    }

    #[test]
    fn few_are_three_and_none_at_all_is_not_few() {
        let mut codes = RecoveryCodes::default();
        assert!(!codes.are_few());
        assert_eq!(codes.add(list(&["a", "b", "c", "d"]), at(1)), 4);
        assert!(!codes.are_few());
        codes.cross_off(CodeId(0), at(2));
        assert!(codes.are_few());
    }

    #[tokio::test]
    async fn they_are_kept_and_what_cannot_be_read_is_left_as_it_is() {
        let (store, id) = (Memory::new(), AccountId::new("jana"));
        assert_eq!(load(&store, &id).await.unwrap(), RecoveryCodes::default());
        change(&store, &id, |codes| codes.replace(list(&["ü-1", "\"2\""]), at(1))).await.unwrap();
        let (_, crossed) = change(&store, &id, |codes| codes.cross_off(CodeId(1), at(2))).await.unwrap();
        assert!(crossed);
        let writes = store.writes();
        change(&store, &id, |codes| codes.cross_off(CodeId(1), at(3))).await.unwrap();
        assert_eq!(store.writes(), writes, "what does not change is not written");
        let kept = load(&store, &id).await.unwrap();
        assert_eq!(texts(kept.current().unwrap()), [("ü-1", false), ("\"2\"", true)]);
        assert_eq!(kept.current().unwrap().codes[1].used, Some(at(2)));
        for text in ["{", r#"{"version":2,"sets":[]}"#, r#"{"version":1}"#] {
            store.save_extra(&id, Extra::RecoveryCodes, Some(&Secret::new(text))).await.unwrap();
            let changed = change(&store, &id, |codes| codes.replace(list(&["x"]), at(1))).await;
            assert_eq!(changed.unwrap_err().kind(), ErrorKind::StoreBroken, "{text}");
            assert_eq!(store.extra(&id, Extra::RecoveryCodes).await.unwrap(), Some(Secret::new(text)));
        }
    }

    #[tokio::test]
    async fn a_code_that_a_server_took_is_crossed_off_and_one_that_it_refused_is_not() {
        use crate::account::{Account, Accounts};
        use crate::clock::{ManualClock, SeededRandom};
        use crate::flow::{Deps, Flow, Given, Purpose};
        use crate::provider::memory::Memory as Scripted;
        use crate::provider::{Kind, Server, Way};
        use std::sync::Arc;

        let clock = Arc::new(ManualClock::at(1_800_000_000));
        let server = Scripted::new(clock.clone(), "jana", Secret::new("velvet-Otter-crossing-41"));
        let deps = Deps {
            accounts: Arc::new(Accounts::in_memory()),
            store: Arc::new(Memory::new()),
            clock,
            random: Arc::new(SeededRandom::new(1)),
        };
        let base = url::Url::parse("https://accounts.example/").unwrap();
        let jana = Account::new(
            AccountId::new("jana"),
            Server { kind: Kind::RecoveryServer, base, key: None },
            "Dorfladen",
            "jana",
        );
        let saved = server.saved_code().unwrap();
        let kept = vec![Secret::new("ZZZZ-ZZZZ-2222-2222"), saved.clone()];
        change(&*deps.store, &jana.id, |codes| codes.replace(kept, at(0))).await.unwrap();
        let left = || async { load(&*deps.store, &jana.id).await.unwrap().left() };
        let begun = Flow::begin(deps.clone(), Arc::new(server), jana.clone(), Purpose::Recover).await;
        let mut flow = begun.unwrap();
        flow.answer(Given::OtherWay(Way::RecoveryCode)).await.unwrap();
        flow.answer(Given::Code(Secret::new("ZZZZ-ZZZZ-2222-2222"))).await.unwrap();
        assert_eq!((flow.problem().is_some(), left().await), (true, 2));
        flow.answer(Given::Code(saved)).await.unwrap();
        assert_eq!((flow.problem(), left().await), (None, 1));
    }

    #[test]
    fn a_merge_loses_nothing_of_either_and_is_harmless_twice() {
        let (mut mine, mut theirs) = (RecoveryCodes::default(), RecoveryCodes::default());
        mine.replace(list(&["a", "b"]), at(1));
        mine.cross_off(CodeId(0), at(2));
        mine.replace(list(&["c"]), at(3));
        theirs.replace(list(&["a", "b"]), at(1));
        theirs.cross_off(CodeId(1), at(2));
        theirs.replace(list(&["d"]), at(9));
        let [mine, mut both] = [mine, theirs].map(|codes| records::write(&codes).unwrap());
        assert!(!is_within(&mine, &both).unwrap());
        for _ in 0..2 {
            both = merged(&mine, &both).unwrap();
            let all = records::read(&both).unwrap();
            assert_eq!(texts(all.current().unwrap()), [("c", false)]);
            let earlier: Vec<_> = all.earlier().map(texts).collect();
            assert_eq!(earlier, [vec![("a", true), ("b", true)], vec![("d", false)]]);
            let mut ids: Vec<_> = all.sets.iter().flat_map(|set| &set.codes).map(|code| code.id).collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), 4, "no two have one name");
            assert!(is_within(&mine, &both).unwrap());
        }
    }
}
