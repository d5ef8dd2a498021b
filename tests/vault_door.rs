//! The vault's door without a window: what the commands answer, and what they refuse.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a surprise must stop the test")]

use std::path::Path;

use regain_lib::App;
use regain_lib::view::*;

const MASTER: &str = "teapot gravel monday owl";

fn app(folder: &Path) -> App {
    App::open(folder).unwrap()
}

fn text(groups: &[String]) -> String {
    groups.join("-")
}

/// A vault that is open and in use; its recovery key.
async fn made(app: &App) -> String {
    let VaultBegun::Key { groups, ask } = app.begin_vault(MASTER.into(), MASTER.into()).unwrap() else {
        panic!("a good password makes a key");
    };
    let wrong = app.finish_vault("0000", false).await.unwrap();
    assert!(matches!(wrong, VaultFinished::WrongGroup));
    assert!(!app.vault_state().await.exists, "nothing is made before the key was typed back");
    let typed = groups[usize::from(ask)].to_lowercase();
    let VaultFinished::Made { moved } = app.finish_vault(&typed, false).await.unwrap() else {
        panic!("the group was right");
    };
    assert_eq!((moved.accounts, moved.passwords), (0, 0));
    assert_eq!((moved.from, moved.to), (StoreKind::Keychain, StoreKind::Vault));
    text(&groups)
}

async fn unlock(app: &App, password: &str) -> Unlocked {
    app.unlock_vault(UnlockForm::Password { password: password.into() }, false).await.unwrap()
}

fn form() -> GenerateForm {
    GenerateForm { kind: GenerateKind::Words, length: 5 }
}

#[tokio::test]
async fn a_locked_vault_refuses_everything_but_a_new_password() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(folder.path());
    made(&app).await;
    app.lock().await;
    let view = app.vault_state().await;
    assert!(view.exists && !view.open && view.locked_at.is_some() && view.wait.is_none());
    assert_eq!(app.accounts().await.unwrap_err(), ErrorView::Locked);
    assert_eq!(app.made().await.unwrap_err(), ErrorView::Locked);
    assert_eq!(app.backups().await.unwrap_err(), ErrorView::Locked);
    assert_eq!(app.resolve().await.unwrap_err(), ErrorView::Locked);
    assert_eq!(app.restore_backup("1").await.unwrap_err(), ErrorView::Locked);
    assert_eq!(app.choose_store(StoreKind::Memory).await.unwrap_err(), ErrorView::Locked);
    assert_eq!(app.open_on_this_computer(true).await.unwrap_err(), ErrorView::Locked);
    let set = app.set_vault_password(None, "x".into(), "x".into()).await;
    assert!(matches!(set, Err(ErrorView::Locked)));
    assert!(app.begin_vault(MASTER.into(), MASTER.into()).is_err());

    let generated = app.make_while_locked(form(), Some("Library".into())).await.unwrap();
    assert_eq!(app.vault_state().await.made, 1);
    assert!(matches!(unlock(&app, MASTER).await, Unlocked::Open { forgotten: false, torn: false, .. }));
    let made = app.made().await.unwrap();
    assert_eq!(made[0].purpose.as_deref(), Some("Library"));
    assert_eq!(app.reveal_made(&made[0].id).await.unwrap().password, generated.password);
    app.drop_made(&made[0].id).await.unwrap();
    assert_eq!(app.vault_state().await.made, 0);
}

#[tokio::test]
async fn a_lock_that_comes_while_a_vault_is_made_shuts_it() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(folder.path());
    let VaultBegun::Key { groups, ask } = app.begin_vault(MASTER.into(), MASTER.into()).unwrap() else {
        panic!("a good password makes a key");
    };
    // The making goes on to where it waits, and the lock comes then.
    let (made, ()) = tokio::join!(app.finish_vault(&groups[usize::from(ask)], false), app.lock());
    assert_eq!(made.unwrap_err(), ErrorView::Locked);
    let view = app.vault_state().await;
    assert!(view.exists && !view.open);
    // What was typed for it opens it at the next start.
    let app = self::app(folder.path());
    assert!(matches!(unlock(&app, MASTER).await, Unlocked::Open { .. }));
}

#[tokio::test]
async fn wrong_passwords_cost_time_and_the_recovery_key_lets_a_new_one_be_set() {
    let folder = tempfile::tempdir().unwrap();
    let first = app(folder.path());
    let key = made(&first).await;
    let without = first.set_vault_password(None, MASTER.into(), MASTER.into()).await.unwrap();
    assert!(
        matches!(without, PasswordSet::WrongCurrent),
        "the old one may be left out after a recovery alone"
    );
    first.lock().await;
    drop(first);

    let app = app(folder.path());
    for _ in 0..5 {
        assert!(matches!(unlock(&app, "wrong").await, Unlocked::Wrong { wait: None }));
    }
    assert!(matches!(unlock(&app, "wrong").await, Unlocked::Wrong { wait: Some(1) }));
    // Not even the right one is looked at before the time is over.
    assert!(matches!(unlock(&app, MASTER).await, Unlocked::Wrong { wait: Some(1) }));

    let app = self::app(folder.path());
    let typo = UnlockForm::RecoveryKey { key: format!("{}A", &key[..key.len() - 1]) };
    assert!(matches!(app.unlock_vault(typo, false).await.unwrap(), Unlocked::NotAKey));
    let right = UnlockForm::RecoveryKey { key: key.replace('-', " ").to_lowercase() };
    assert!(matches!(app.unlock_vault(right, false).await.unwrap(), Unlocked::Open { forgotten: true, .. }));
    let new = "lantern biscuit thursday fog";
    let weak = app.set_vault_password(None, "password1234".into(), "password1234".into()).await.unwrap();
    assert!(matches!(weak, PasswordSet::WeakPassword { .. }));
    let other = app.set_vault_password(None, new.into(), MASTER.into()).await.unwrap();
    assert!(matches!(other, PasswordSet::Mismatch));
    assert!(matches!(app.set_vault_password(None, new.into(), new.into()).await.unwrap(), PasswordSet::Set));
    let again = app.set_vault_password(None, MASTER.into(), MASTER.into()).await.unwrap();
    assert!(matches!(again, PasswordSet::WrongCurrent), "once");
    app.lock().await;
    assert!(matches!(unlock(&app, MASTER).await, Unlocked::Wrong { .. }));
    assert!(matches!(unlock(&app, new).await, Unlocked::Open { .. }));
}

#[tokio::test]
async fn a_new_recovery_key_ends_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(folder.path());
    let old = made(&app).await;
    assert_eq!(app.new_vault_key("wrong".into()).await.err().unwrap(), ErrorView::WrongCurrent);
    let VaultBegun::Key { groups, ask } = app.new_vault_key(MASTER.into()).await.unwrap() else {
        panic!("the password was right");
    };
    assert!(!app.confirm_vault_key("0000").await.unwrap());
    assert!(app.confirm_vault_key(&groups[usize::from(ask)]).await.unwrap());
    app.lock().await;
    let open = async |key: String| app.unlock_vault(UnlockForm::RecoveryKey { key }, false).await.unwrap();
    assert!(matches!(open(old).await, Unlocked::Wrong { .. }));
    assert!(matches!(open(text(&groups)).await, Unlocked::Open { .. }));
}

/// Two copies of Regain on one vault: nothing is lost, and the one that was overtaken says so.
#[tokio::test]
async fn two_copies_see_what_the_other_does() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (app(folder.path()), app(folder.path()));
    made(&one).await;
    drop(one);
    let one = app(folder.path());
    let second = other.unlock_vault(UnlockForm::Password { password: MASTER.into() }, false).await;
    assert!(matches!(second, Ok(Unlocked::Open { .. })));
    one.make_while_locked(form(), None).await.unwrap();
    assert!(matches!(unlock(&one, MASTER).await, Unlocked::Open { .. }));
    let made = one.made().await.unwrap();
    assert_eq!(other.made().await.unwrap().len(), 1);
    // What was written up to now is known to both.
    one.changed_elsewhere();
    other.changed_elsewhere();

    one.drop_made(&made[0].id).await.unwrap();
    assert!(other.made().await.unwrap().is_empty());
    assert!(!one.changed_elsewhere());
    assert!(other.changed_elsewhere() && !other.changed_elsewhere(), "it is said, and once");
}

#[tokio::test]
async fn an_older_copy_is_opened_only_when_the_person_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(folder.path());
    made(&app).await;
    let file = folder.path().join("vault/regain.vault");
    let older = std::fs::read(&file).unwrap();
    app.lock().await;
    app.make_while_locked(form(), None).await.unwrap();
    unlock(&app, MASTER).await;
    app.lock().await;
    std::fs::write(&file, older).unwrap();
    let form = || UnlockForm::Password { password: MASTER.into() };
    assert_eq!(app.unlock_vault(form(), false).await.unwrap_err(), ErrorView::RolledBack);
    assert!(matches!(app.unlock_vault(form(), true).await.unwrap(), Unlocked::Open { .. }));
}
