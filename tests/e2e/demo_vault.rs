//! The second half of the told story: the keychain's doctor, the vault, and what survives a crash.

use anyhow::{Result, ensure};

use crate::demo::open_named_account;
use crate::desk::Desk;
use crate::server::AccountServer;
use crate::steps::confirm;
use crate::transcript::Transcript;
use crate::vault::{MASTER, NEW_MASTER, change_and_lose_the_answer, type_back, unlock};
use crate::window::Window;
use accounts::provider::conformance::Cable;

pub async fn doctor(desk: &mut Desk, transcript: &mut Transcript) -> Result<()> {
    transcript.chapter("The keychain is gone")?;
    choose_language(&desk.window, "en").await?;
    look_at_accounts(&desk.window).await?;
    desk.window.press("store-help").await?;
    transcript
        .glimpse(
            &desk.window,
            "accounts",
            "The password that was deleted from the keychain by hand is missed",
        )
        .await?;
    desk.kill_keychain();
    look_at_accounts(&desk.window).await?;
    desk.window.press("store-help").await?;
    desk.window.find("store-ways").await?;
    transcript.step(&desk.window, "accounts", "End the keychain, and ask what can be done").await?;
    choose_language(&desk.window, "ru").await?;
    look_at_accounts(&desk.window).await?;
    desk.window.press("store-help").await?;
    desk.window.find("store-ways").await?;
    transcript.glimpse(&desk.window, "accounts", "The same in Russian").await?;
    desk.start_keychain()?;
    desk.window.press("store-retry").await?;
    desk.window.await_gone("store-to-vault").await?;
    choose_language(&desk.window, "en").await
}

pub async fn vault(desk: &mut Desk, transcript: &mut Transcript) -> Result<()> {
    let key = made(desk, transcript).await?;
    locked(&desk.window, transcript, &key).await?;
    open(&desk.window, transcript).await?;
    crashed(desk, transcript).await?;
    in_russian(&desk.window, transcript).await
}

/// From the keychain into a vault; the recovery key.
async fn made(desk: &Desk, transcript: &mut Transcript) -> Result<String> {
    let window = &desk.window;
    transcript.chapter("A vault with a password of its own")?;
    choose_language(window, "ru").await?;
    window.press("to-vault").await?;
    transcript.glimpse(window, "vault-create", "The first question in Russian").await?;
    window.press("cancel").await?;
    choose_language(window, "en").await?;
    window.press("to-vault").await?;
    window.await_screen("vault-create").await?;
    window.type_into("vault-new", "password1234").await?;
    window.find("strength").await?;
    transcript.step(window, "vault-create", "Move to a vault, and try a password that everybody has").await?;
    window.type_into("vault-new", MASTER).await?;
    window.type_into("vault-repeat", MASTER).await?;
    transcript.glimpse(window, "vault-create", "Choose four odd words").await?;
    window.press("continue").await?;
    window.find("vault-key").await?;
    transcript.step(window, "vault-key", "Get a recovery key, for paper").await?;
    window.type_into("key-group", "0000").await?;
    window.press("continue").await?;
    window.await_text("key-check", "not the group").await?;
    transcript.glimpse(window, "vault-key", "Type a wrong group back").await?;
    let key = type_back(window).await?;
    transcript.step(window, "vault-ready", "Type the right one: everything moves into the vault").await?;
    ensure!(desk.find_in_keychain("Regain")?.is_empty(), "the keychain has no password of ours left");
    transcript.note("`secret-tool search service Regain` finds nothing any more.")?;
    window.press("done").await?;
    transcript.step(window, "settings", "Back in the settings").await?;
    Ok(key)
}

async fn locked(window: &Window, transcript: &mut Transcript, key: &str) -> Result<()> {
    transcript.chapter("Locked, and the password forgotten")?;
    window.press("lock-now").await?;
    transcript.step(window, "vault-lock", "Lock it").await?;
    unlock(window, "summer 2024").await?;
    window.find("notice").await?;
    transcript.glimpse(window, "vault-lock", "Try a password that was never it").await?;
    window.press("make-locked").await?;
    transcript.step(window, "vault-make", "A form cannot wait: make a password while it is locked").await?;
    window.type_into("made-for", "Library card").await?;
    window.press("make-it").await?;
    window.find("saved-note").await?;
    transcript.glimpse(window, "vault-make", "It is kept in the journal before it is shown").await?;
    window.press("done").await?;
    window.press("use-recovery-key").await?;
    transcript.step(window, "vault-recovery", "The password is forgotten: use the key on paper").await?;
    window.type_into("recovery-key", key).await?;
    window.press("unlock").await?;
    transcript.step(window, "vault-password", "It opens; now a new password").await?;
    window.type_into("vault-new", NEW_MASTER).await?;
    window.type_into("vault-repeat", NEW_MASTER).await?;
    window.press("continue").await?;
    window.await_screen("accounts").await?;
    window.find("made-row").await?;
    transcript.step(window, "accounts", "Back in: what was made while locked is offered").await
}

async fn open(window: &Window, transcript: &mut Transcript) -> Result<()> {
    transcript.chapter("What the vault keeps")?;
    open_named_account(window, "Dorfladen").await?;
    window.press("edit-account").await?;
    window.type_into("edit-name", "Village shop").await?;
    window.type_into("edit-note", "Customer number 4711, ask for Mrs Wolf").await?;
    transcript.glimpse(window, "account", "Write a note").await?;
    window.press("edit-save").await?;
    window.find("note-reveal").await?;
    window.press("settings").await?;
    window.await_screen("settings").await?;
    window.press("new-vault-key").await?;
    transcript.step(window, "vault-new-key", "Ask for a new recovery key").await?;
    window.press("cancel").await?;
    window.await_screen("settings").await?;
    window.press("earlier").await?;
    window.find("backup-row").await?;
    transcript.step(window, "backups", "Look at earlier states").await?;
    window.press_the_one("restore", "").await?;
    window.find("confirm").await?;
    transcript.glimpse(window, "backups", "Bring one back").await?;
    confirm(window).await?;
    window.find("undo-restore").await?;
    transcript.glimpse(window, "backups", "It can be undone").await?;
    window.press("undo-restore").await?;
    window.await_gone("undo-restore").await?;
    window.press("back").await?;
    window.await_screen("settings").await?;
    Ok(())
}

async fn crashed(desk: &mut Desk, transcript: &mut Transcript) -> Result<()> {
    transcript.chapter("A crash in the middle of a change")?;
    let server = AccountServer::open().await?;
    let cable = Cable::to(server.running.address()).await?;
    let new = change_and_lose_the_answer(desk, &cable).await?;
    transcript.glimpse(&desk.window, "new-password", "The answer to a change is lost").await?;
    desk.kill_app()?;
    desk.start_again().await?;
    unlock(&desk.window, NEW_MASTER).await?;
    desk.window.find("resolved-row").await?;
    transcript
        .step(&desk.window, "in-the-air", "Kill Regain and start it again, still without a network")
        .await?;
    desk.window.press("continue").await?;
    desk.window.await_screen("accounts").await?;
    choose_language(&desk.window, "ru").await?;
    desk.kill_app()?;
    cable.mend();
    desk.start_again().await?;
    unlock(&desk.window, NEW_MASTER).await?;
    desk.window.find("resolved-row").await?;
    transcript.glimpse(&desk.window, "in-the-air", "Once more, with a network, in Russian").await?;
    ensure!(server.opens(&new).await?, "the new password opens the account");
    desk.window.press("continue").await?;
    desk.window.await_screen("accounts").await?;
    choose_language(&desk.window, "en").await?;
    open_named_account(&desk.window, "Dorfladen").await?;
    desk.window.press("history-toggle").await?;
    desk.window.find("history-row").await?;
    transcript.step(&desk.window, "account", "Look at the history of its password").await?;
    choose_language(&desk.window, "ru").await?;
    transcript.note("The vault had both passwords all the time; the one that opens is the current one now.")
}

async fn in_russian(window: &Window, transcript: &mut Transcript) -> Result<()> {
    transcript.chapter("Сейф по-русски")?;
    window.press("settings").await?;
    transcript.glimpse(window, "settings", "The settings").await?;
    window.press("earlier").await?;
    window.find("backup-row").await?;
    transcript.glimpse(window, "backups", "Earlier states").await?;
    window.press("nav-accounts").await?;
    window.await_screen("accounts").await?;
    window.press_the_one("account-row", "Dorfladen").await?;
    window.press("history-toggle").await?;
    window.find("history-row").await?;
    transcript.glimpse(window, "account", "The history of a password").await?;
    window.press("lock-now").await?;
    transcript.glimpse(window, "vault-lock", "Locked").await?;
    window.press("use-recovery-key").await?;
    transcript.glimpse(window, "vault-recovery", "The key on paper").await?;
    window.press("use-password").await?;
    window.press("make-locked").await?;
    transcript.glimpse(window, "vault-make", "Made while locked").await
}

async fn look_at_accounts(window: &Window) -> Result<()> {
    window.press("settings").await?;
    window.await_screen("settings").await?;
    window.press("nav-accounts").await?;
    window.await_screen("accounts").await?;
    Ok(())
}

/// In the settings, which stay open.
async fn choose_language(window: &Window, language: &str) -> Result<()> {
    window.press("settings").await?;
    window.await_screen("settings").await?;
    window.choose("language", language).await?;
    let settings = if language == "ru" { "Настройки" } else { "Settings" };
    window.await_text("heading", settings).await?;
    Ok(())
}
