use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind as IoKind, Read as _};
use std::path::{Path, PathBuf};

use super::{Brought, Part, records};
use crate::account::replace;
use crate::error::{Error, ErrorKind, Result};

/// Our form says more about an entry than the one that was read, and holds four of them.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// Where the copy rests: one file in the app's folder, which several processes change. Nothing in it is secret.
#[derive(Debug, Clone)]
pub struct Kept {
    path: PathBuf,
}

impl Kept {
    /// Touches nothing yet.
    pub fn at(folder: &Path) -> Self {
        Self { path: folder.join("site-list.json") }
    }

    /// The copy; without parts where there is none. Errors: `Newer`, `Unreadable`.
    pub fn load(&self) -> Result<Brought> {
        let unreadable = |error| Error::new(ErrorKind::Unreadable, error);
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == IoKind::NotFound => return Ok(Brought::new()),
            Err(error) => return Err(unreadable(error)),
        };
        let mut bytes = Vec::new();
        file.take(MAX_BYTES).read_to_end(&mut bytes).map_err(unreadable)?;
        records::read(&bytes)
    }

    /// Keeps a part in the place of the one of its kind. Errors: those of `load`, and nothing is changed then; `StoreBroken`.
    pub fn take(&self, part: Part) -> Result<Brought> {
        self.change(|copy| {
            copy.retain(|known| known.kind != part.kind);
            copy.push(part);
            copy.sort_by_key(|part| part.kind);
        })
    }

    /// Keeps this copy instead of what is there, as whoever takes back its removal wants it.
    pub fn put_back(&self, copy: Brought) -> Result<Brought> {
        self.change(|known| *known = copy)
    }

    /// Removes the copy, one that cannot be read, too. Errors: `StoreBroken`.
    pub fn remove(&self) -> Result<()> {
        let _lock = self.lock()?;
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != IoKind::NotFound => Err(Error::new(ErrorKind::StoreBroken, error)),
            _ => Ok(()),
        }
    }

    fn change(&self, change: impl FnOnce(&mut Brought)) -> Result<Brought> {
        let _lock = self.lock()?;
        let mut copy = self.load()?;
        change(&mut copy);
        replace(&self.path, &records::write(&copy)?)
            .map_err(|error| Error::new(ErrorKind::StoreBroken, error))?;
        Ok(copy)
    }

    /// Holds off everyone else until it is dropped, by a crash too.
    fn lock(&self) -> Result<File> {
        let broken = |error| Error::new(ErrorKind::StoreBroken, error);
        fs::create_dir_all(self.path.parent().unwrap_or(Path::new("."))).map_err(broken)?;
        let lock = self.path.with_extension("lock");
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(lock).map_err(broken)?;
        lock.lock().map_err(broken)?;
        Ok(lock)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::super::{Counts, Import, Kind, Origin};
    use super::*;

    const PAGES: &str = r#"{"a.example": "https://a.example/p", "b.example": "http://b.example/", "c.example": 7, "d.example": "https://d.example/p", "e.example": "https://e.example/p"}"#;
    const RULES: &str =
        r#"{"a.example": {"password-rules": "minlength: 6;", "exact-domain-match-only": true}}"#;
    const SHARED: &str = r#"[{"shared": ["a.example", "b.example"]}, {"from": ["f.example"], "to": ["t.example"], "fromDomainsAreObsoleted": true}]"#;

    fn part(text: &str, name: &str, at: u64) -> Part {
        Import::read(text.as_bytes(), name, UNIX_EPOCH + Duration::from_secs(at)).unwrap()
    }

    #[test]
    fn a_copy_survives_a_restart_part_by_part() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::at(&folder.path().join("deep"));
        assert_eq!(kept.load().unwrap(), Brought::new());
        assert!(fs::read_dir(folder.path()).unwrap().next().is_none(), "looking makes nothing");
        let shared = part(SHARED, "shared-credentials.json", 3);
        let past = part(SHARED, "shared-credentials-historical.json", 4);
        let (pages, rules) =
            (part(PAGES, "change-password-URLs.json", 1), part(RULES, "password-rules.json", 2));
        for one in [&past, &rules, &shared, &pages] {
            kept.take(one.clone()).unwrap();
        }
        let copy = Kept::at(&folder.path().join("deep")).load().unwrap();
        assert_eq!(copy, [pages, rules, shared, past], "in the order of their kinds");
        assert_eq!(copy[0].counts, Counts { taken: 3, skipped: 1, refused: 1 });
        assert_eq!(copy[0].from, Origin::File("change-password-URLs.json".into()));
    }

    #[test]
    fn a_part_takes_the_place_of_the_one_of_its_kind() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::at(folder.path());
        kept.take(part(PAGES, "old.json", 1)).unwrap();
        kept.take(part(RULES, "password-rules.json", 1)).unwrap();
        let mut newer = part(r#"{"z.example": "https://z.example/p"}"#, "", 9);
        newer.from = Origin::Address("https://lists.example/pages.json".parse().unwrap());
        let copy = kept.take(newer.clone()).unwrap();
        assert_eq!(copy, kept.load().unwrap());
        assert_eq!(copy.iter().map(|part| part.kind).collect::<Vec<_>>(), [Kind::ChangePages, Kind::Rules]);
        assert_eq!(copy[0], newer);
    }

    #[test]
    fn a_removal_can_be_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::at(folder.path());
        kept.remove().unwrap();
        let copy = kept.take(part(PAGES, "a.json", 1)).unwrap();
        kept.remove().unwrap();
        assert_eq!(kept.load().unwrap(), Brought::new());
        kept.put_back(copy.clone()).unwrap();
        assert_eq!(kept.load().unwrap(), copy);
    }

    #[test]
    fn what_cannot_be_read_is_left_as_it_is_until_it_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let (kept, file) = (Kept::at(folder.path()), folder.path().join("site-list.json"));
        for (text, kind) in [
            ("", ErrorKind::Unreadable),
            ("{", ErrorKind::Unreadable),
            ("[]", ErrorKind::Unreadable),
            (r#"{"version":1,"parts":[7]}"#, ErrorKind::Unreadable),
            (r#"{"version":2,"parts":"in another form"}"#, ErrorKind::Newer),
        ] {
            fs::write(&file, text).unwrap();
            assert_eq!(kept.load().unwrap_err().kind(), kind, "{text}");
            assert_eq!(kept.take(part(PAGES, "a.json", 1)).unwrap_err().kind(), kind, "{text}");
            assert_eq!(fs::read_to_string(&file).unwrap(), text);
        }
        kept.remove().unwrap();
        assert_eq!(kept.take(part(PAGES, "a.json", 1)).unwrap().len(), 1);
    }

    #[test]
    fn a_page_that_was_put_into_the_file_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let file = r#"{"version":1,"parts":[{"from":{"file":"x"},"at":18446744073709551615,"entries":{"change_pages":[["a.example","http://a.example/"],["b.example","https://b.example/"]]}}]}"#;
        fs::write(folder.path().join("site-list.json"), file).unwrap();
        let copy = Kept::at(folder.path()).load().unwrap();
        assert_eq!((copy[0].counts.taken, copy[0].at), (1, UNIX_EPOCH));
    }

    #[test]
    fn four_processes_with_one_copy_lose_nothing_of_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let parts = [
            part(PAGES, "a.json", 1),
            part(RULES, "b.json", 1),
            part(SHARED, "c.json", 1),
            part(SHARED, "historical", 1),
        ];
        std::thread::scope(|scope| {
            for part in &parts {
                scope.spawn(|| Kept::at(folder.path()).take(part.clone()).unwrap());
            }
        });
        assert_eq!(Kept::at(folder.path()).load().unwrap(), parts);
    }

    #[test]
    fn a_copy_that_cannot_be_written_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::at(folder.path());
        fs::create_dir(folder.path().join("site-list.lock")).unwrap();
        assert_eq!(kept.take(part(PAGES, "a.json", 1)).unwrap_err().kind(), ErrorKind::StoreBroken);
        assert_eq!(kept.remove().unwrap_err().kind(), ErrorKind::StoreBroken);
    }
}
