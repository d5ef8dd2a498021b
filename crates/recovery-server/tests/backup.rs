//! Backups: made while the server runs, refused when they are not sound, and put back.

#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "this file uses its own part")]
mod common;

use common::{PASSWORD, START};
use recovery_server::backup::{self, BackupError, restore};
use recovery_server::in_use::InUse;
use recovery_server::{App, Config, Deps, NewAccount, Pepper, SqliteStorage, SystemRandom};
use std::fs::{self, OpenOptions};
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Arc;
use tempfile::TempDir;

/// A server's folder.
struct Place {
    folder: TempDir,
    pepper: Pepper,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pepper = Pepper::load_or_create(&folder.path().join("pepper"), &SystemRandom).unwrap();
        let settings = "public_url = \"http://127.0.0.1:0\"\nlisten = \"127.0.0.1:0\"\n";
        fs::write(folder.path().join("s.toml"), settings).unwrap();
        Self { folder, pepper }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn database(&self) -> PathBuf {
        self.path("accounts.sqlite")
    }

    /// The server's storage and its app, on the file.
    async fn open(&self) -> (App, SqliteStorage) {
        let storage = SqliteStorage::open(&self.database()).await.unwrap();
        let (mut deps, _) = Deps::in_memory(Config::loopback("Dorfladen")).await.unwrap();
        deps.pepper = self.pepper.clone();
        deps.storage = Arc::new(storage.clone());
        (App::new(deps).await.unwrap(), storage)
    }

    async fn add(&self, name: &str) {
        let (app, storage) = self.open().await;
        app.add_account(NewAccount::new(name, &format!("{name}@example.org"), PASSWORD)).await.unwrap();
        storage.close().await;
    }

    async fn knows(&self, name: &str) -> bool {
        let (app, storage) = self.open().await;
        let found = app.storage().account_by_name(name).await.unwrap().is_some();
        storage.close().await;
        found
    }

    async fn restore(&self, file: &str, replace: bool) -> Result<backup::Restored, BackupError> {
        restore(&self.database(), &self.path(file), &self.pepper, replace, START).await
    }

    fn run(&self, words: &[&str]) -> (Option<i32>, String) {
        let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_recovery-server"))
            .args(words)
            .args(["--config", "s.toml"])
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        let says = String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap();
        (status.code(), says)
    }

    /// What is in the folder beside settings and pepper.
    fn files(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| !["s.toml", "pepper", "accounts.sqlite.lock"].contains(&name.as_str()))
            .collect();
        names.sort();
        names
    }
}

#[tokio::test]
async fn a_backup_is_made_while_the_server_writes_and_is_private_and_whole() {
    let place = Place::new();
    let (app, storage) = place.open().await;
    app.add_account(NewAccount::new("jana", "jana@example.org", PASSWORD)).await.unwrap();
    let busy = tokio::spawn({
        let app = app.clone();
        async move {
            loop {
                app.storage().sweep(0).await.unwrap();
                app.storage().give_back(&[]).await.unwrap();
            }
        }
    });
    let look = backup::backup(&place.database(), &place.path("b.sqlite")).await.unwrap();
    busy.abort();
    let _aborted = busy.await;
    assert_eq!((look.accounts, look.version), (1, backup::newest()));
    let mode = fs::metadata(place.path("b.sqlite")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(backup::check(&place.path("b.sqlite")).await.unwrap(), look);
    storage.close().await;
    assert_eq!(place.files(), ["accounts.sqlite", "b.sqlite"]);
}

#[tokio::test]
async fn a_backup_overwrites_nothing_and_leaves_nothing_half_done() {
    let place = Place::new();
    let make = async || backup::backup(&place.database(), &place.path("b.sqlite")).await;
    assert!(matches!(make().await, Err(BackupError::NoDatabase(_))));
    place.add("jana").await;
    fs::write(place.path("b.sqlite"), "an older backup").unwrap();
    assert!(matches!(make().await, Err(BackupError::Exists(_))));
    assert_eq!(fs::read_to_string(place.path("b.sqlite")).unwrap(), "an older backup");

    fs::remove_file(place.path("b.sqlite")).unwrap();
    fs::write(place.path("b.sqlite.part"), "of one that was interrupted").unwrap();
    make().await.unwrap();
    assert_eq!(place.files(), ["accounts.sqlite", "b.sqlite"]);

    fs::remove_file(place.path("b.sqlite")).unwrap();
    spoil(&place.database());
    let refused = make().await.unwrap_err();
    let damaged = matches!(refused, BackupError::Unreadable { .. } | BackupError::Damaged { .. });
    assert!(damaged, "{refused}");
    assert!(place.files().iter().all(|name| !name.starts_with('b')), "{:?}", place.files());
}

/// Overwrites what is in the middle.
fn spoil(database: &PathBuf) {
    let length = fs::metadata(database).unwrap().len();
    let file = OpenOptions::new().write(true).open(database).unwrap();
    file.write_all_at(&vec![0x5a; usize::try_from(length / 2).unwrap()], length / 4).unwrap();
}

#[tokio::test]
async fn a_backup_is_put_in_an_empty_place_or_in_that_of_another_database() {
    let place = Place::new();
    place.add("jana").await;
    backup::backup(&place.database(), &place.path("b.sqlite")).await.unwrap();
    place.add("later").await;

    let refused = place.restore("b.sqlite", false).await.unwrap_err();
    assert!(refused.to_string().contains("has accounts in it (2): pass --replace"), "{refused}");
    assert!(place.knows("later").await);

    let restored = place.restore("b.sqlite", true).await.unwrap();
    let aside = place.path(&format!("accounts.sqlite.replaced-{START}"));
    assert_eq!((restored.look.accounts, &restored.laid_aside), (1, &Some(aside.clone())));
    assert!(place.knows("jana").await && !place.knows("later").await);
    let mode = fs::metadata(place.database()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(backup::check(&aside).await.unwrap().accounts, 2, "what was there is kept whole");

    fs::remove_file(place.database()).unwrap();
    assert_eq!(place.restore("b.sqlite", false).await.unwrap().laid_aside, None);
    assert!(place.knows("jana").await);
    assert_eq!(place.files(), ["accounts.sqlite", &format!("accounts.sqlite.replaced-{START}"), "b.sqlite"]);
}

#[tokio::test]
async fn the_journal_of_a_server_that_was_killed_is_laid_aside_with_its_database() {
    let place = Place::new();
    place.add("jana").await;
    backup::backup(&place.database(), &place.path("b.sqlite")).await.unwrap();
    // A copy of a database that is open is what a kill leaves behind.
    let (app, storage) = place.open().await;
    app.add_account(NewAccount::new("later", "later@example.org", PASSWORD)).await.unwrap();
    let kept = ["", "-wal"].map(|ending| fs::read(place.path(&format!("accounts.sqlite{ending}"))).unwrap());
    storage.close().await;
    for (ending, bytes) in ["", "-wal"].iter().zip(kept) {
        fs::write(place.path(&format!("accounts.sqlite{ending}")), bytes).unwrap();
    }
    let aside = place.restore("b.sqlite", true).await.unwrap().laid_aside.unwrap();
    assert!(!place.knows("later").await, "nothing of the old journal is read into the new database");
    assert_eq!(backup::look(&aside).await.unwrap().unwrap().accounts, 2);
}

#[tokio::test]
async fn a_damaged_database_can_be_replaced() {
    let place = Place::new();
    place.add("jana").await;
    backup::backup(&place.database(), &place.path("b.sqlite")).await.unwrap();
    fs::write(place.database(), "no database at all").unwrap();
    let refused = place.restore("b.sqlite", false).await.unwrap_err();
    assert!(refused.to_string().contains("cannot be read: pass --replace"), "{refused}");
    let aside = place.restore("b.sqlite", true).await.unwrap().laid_aside.unwrap();
    assert_eq!(fs::read_to_string(aside).unwrap(), "no database at all");
    assert!(place.knows("jana").await);
}

#[tokio::test]
async fn what_is_no_sound_backup_of_this_server_changes_nothing() {
    let (place, other) = (Place::new(), Place::new());
    place.add("jana").await;
    other.add("theirs").await;
    let make = async |name: &str| {
        backup::backup(&place.database(), &place.path(name)).await.unwrap();
        place.path(name)
    };
    spoil(&make("damaged").await);
    fs::write(place.path("text"), "a letter").unwrap();
    fs::write(place.path("nothing"), "").unwrap();
    let newer = make("newer").await;
    let sql = "INSERT INTO _sqlx_migrations VALUES (9000, 'x', '2026-01-01', 1, x'00', 0)";
    assert!(Command::new("sqlite3").arg(&newer).arg(sql).status().unwrap().success());
    backup::backup(&other.database(), &place.path("other-pepper")).await.unwrap();
    let before = fs::read(place.database()).unwrap();
    for (file, says) in [
        ("damaged", "damaged"),
        ("text", "cannot be read as a database"),
        ("nothing", "not one of this server"),
        ("missing", "cannot be read as a database"),
        ("newer", "newer version"),
        ("other-pepper", "another pepper"),
    ] {
        let refused = place.restore(file, true).await.unwrap_err().to_string();
        assert!(refused.contains(says), "{file}: {refused}");
        assert_eq!(fs::read(place.database()).unwrap(), before, "{file}");
    }
    assert!(place.files().iter().all(|name| !name.contains("restoring") && !name.contains("replaced")));
}

#[tokio::test]
async fn nothing_is_put_back_under_a_running_server_and_no_server_starts_meanwhile() {
    let place = Place::new();
    place.add("jana").await;
    backup::backup(&place.database(), &place.path("b.sqlite")).await.unwrap();
    let served = InUse::shared(&place.database()).unwrap().unwrap();
    let (code, says) = place.run(&["restore", "--replace", "b.sqlite"]);
    assert!(code == Some(1) && says.contains("the server is running"), "{says}");
    drop(served);
    let alone = InUse::alone(&place.database()).unwrap().unwrap();
    let (code, says) = place.run(&["serve"]);
    assert!(code == Some(1) && says.contains("is being restored"), "{says}");
    drop(alone);
    let (code, says) = place.run(&["restore", "--replace", "b.sqlite"]);
    assert!(code == Some(0) && says.contains("is in place: 1 account"), "{says}");
    assert!(says.contains("accounts.sqlite.replaced-"), "{says}");
}

#[tokio::test]
async fn the_program_makes_backups_and_says_what_else_to_keep() {
    let place = Place::new();
    place.add("jana").await;
    let (code, says) = place.run(&["backup", "b.sqlite"]);
    assert!(code == Some(0) && says.contains("b.sqlite is sound: 1 account,"), "{says}");
    assert!(says.contains("pepper"), "{says}");
    let (code, says) = place.run(&["backup", "b.sqlite"]);
    assert!(code == Some(1) && says.contains("already there"), "{says}");
    fs::remove_file(place.path("pepper")).unwrap();
    let (code, says) = place.run(&["restore", "--replace", "b.sqlite"]);
    assert!(code == Some(1) && says.contains("there is no pepper file"), "{says}");
    assert!(!place.path("pepper").exists(), "none is made up");
}

#[tokio::test]
async fn migrate_says_from_which_version_to_which() {
    let place = Place::new();
    let newest = backup::newest();
    let (code, says) = place.run(&["migrate"]);
    assert!(code == Some(0) && says.contains(&format!("is new: its tables are version {newest}")), "{says}");
    let (code, says) = place.run(&["migrate"]);
    assert!(code == Some(0) && says.contains("is up to date"), "{says}");

    let sql = "INSERT INTO _sqlx_migrations VALUES (9000, 'x', '2026-01-01', 1, x'00', 0)";
    assert!(Command::new("sqlite3").arg(place.database()).arg(sql).status().unwrap().success());
    let (code, says) = place.run(&["migrate"]);
    assert!(code == Some(1) && says.contains("the tables are version 9000"), "{says}");
}

#[tokio::test]
async fn postgresql_has_its_own_tools_and_the_program_names_them() {
    let place = Place::new();
    let settings =
        "public_url = \"http://127.0.0.1:0\"\ndatabase = \"postgres://regain@127.0.0.1/accounts\"\n";
    fs::write(place.path("s.toml"), settings).unwrap();
    for (words, tool) in [(["backup", "b.sqlite"], "pg_dump"), (["restore", "b.sqlite"], "pg_restore")] {
        let (code, says) = place.run(&words);
        assert!(code == Some(2) && says.contains(tool), "{says}");
    }
    assert!(place.files().is_empty());
}
