//! The vault in the real window: made, locked, forgotten, opened with the key on paper, moved out of and into; and
//! what survives a crash, whichever store it is.

use anyhow::{Result, ensure};
use thirtyfour::Key;

use crate::demo::open_named_account;
use crate::desk::Desk;
use crate::server::{AccountServer, FORGOTTEN};
use crate::steps::*;
use crate::window::Window;
use accounts::provider::conformance::Cable;

pub const MASTER: &str = "teapot gravel monday owl";
pub const NEW_MASTER: &str = "lantern biscuit thursday fog";

/// From the first screen of making a vault to its last; the recovery key.
pub async fn make_vault(window: &Window) -> Result<String> {
    window.await_screen("vault-create").await?;
    window.type_into("vault-new", MASTER).await?;
    window.type_into("vault-repeat", MASTER).await?;
    window.press("continue").await?;
    window.await_screen("vault-key").await?;
    let key = type_back(window).await?;
    window.await_screen("vault-ready").await?;
    Ok(key)
}

/// Reads the recovery key, and types the group that is asked for; the key.
pub async fn type_back(window: &Window) -> Result<String> {
    let shown = window.text("vault-key").await?;
    let groups: Vec<&str> = shown.split_whitespace().collect();
    ensure!(groups.len() == 9, "nine groups, and not {shown}");
    let asked = window.text("key-check").await?;
    let place = groups.iter().position(|group| asked.contains(group));
    let before = place.ok_or_else(|| anyhow::anyhow!("no group is named in {asked}"))?;
    window.type_into("key-group", groups[before + 1]).await?;
    window.press("continue").await?;
    Ok(groups.join(" "))
}

pub async fn unlock(window: &Window, password: &str) -> Result<()> {
    window.await_screen("vault-lock").await?;
    window.type_into("vault-password", password).await?;
    window.press("unlock").await
}

async fn first_start_with_vault(window: &Window) -> Result<String> {
    window.await_screen("first-start").await?;
    window.pick("store-vault").await?;
    window.press("continue").await?;
    let key = make_vault(window).await?;
    window.press("done").await?;
    window.await_screen("accounts").await?;
    Ok(key)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "drives the real window: cargo xtask test"]
async fn a_forgotten_master_password_is_no_loss() {
    Desk::play("vault-forgotten", async |desk| {
        let server = AccountServer::open().await?;
        let key = first_start_with_vault(&desk.window).await?;
        find_server(&desk.window, &server).await?;
        sign_in(&desk.window, FORGOTTEN).await?;
        ensure!(!desk.keychain_holds(FORGOTTEN)?, "with a vault the keychain gets nothing");

        // Locked: nothing can be read, and a password can be made all the same.
        let window = &desk.window;
        window.key(&[Key::Control], "l").await?;
        window.await_screen("vault-lock").await?;
        let source = window.source().await?;
        ensure!(!source.contains("jana") && !source.contains(FORGOTTEN), "a locked window holds nothing");
        window.press("make-locked").await?;
        window.await_screen("vault-make").await?;
        window.type_into("made-for", "Library").await?;
        window.press("make-it").await?;
        let made = window.text("generated-password").await?;
        window.press("copy-generated").await?;
        window.find("toast").await?;
        window.press("done").await?;
        window.await_screen("vault-lock").await?;
        ensure!(!window.source().await?.contains(&made), "it is gone from the page");

        unlock(window, "not the password at all").await?;
        window.find("notice").await?;
        window.press("use-recovery-key").await?;
        window.await_screen("vault-recovery").await?;
        window.type_into("recovery-key", &key.replacen(' ', "", 3).to_lowercase()).await?;
        window.press("unlock").await?;
        window.await_screen("vault-password").await?;
        window.type_into("vault-new", NEW_MASTER).await?;
        window.type_into("vault-repeat", NEW_MASTER).await?;
        window.press("continue").await?;
        window.await_screen("accounts").await?;
        window.await_text("made-row", "Library").await?;
        window.press("made-reveal").await?;
        window.await_text("made-value", &made).await?;

        desk.start_again().await?;
        let window = &desk.window;
        unlock(window, MASTER).await?;
        window.find("notice").await?;
        unlock(window, NEW_MASTER).await?;
        window.await_screen("accounts").await?;
        window.await_text("made-row", "Library").await?;
        window.press("account-row").await?;
        window.await_screen("account").await?;
        ensure!(revealed_password(window).await? == FORGOTTEN, "the vault has kept it");
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "drives the real window: cargo xtask test"]
async fn passwords_move_into_a_vault_and_back() {
    Desk::play("vault-moves", async |desk| {
        let server = AccountServer::open().await?;
        let window = &desk.window;
        first_start(window).await?;
        find_server(window, &server).await?;
        sign_in(window, FORGOTTEN).await?;
        ensure!(desk.password_in_keychain()? == FORGOTTEN, "it begins in the keychain");

        window.press("settings").await?;
        window.await_screen("settings").await?;
        window.press("to-vault").await?;
        make_vault(window).await?;
        window.await_text("vault-moved", "1 password of 1 account").await?;
        ensure!(!desk.keychain_holds(FORGOTTEN)?, "it has left the keychain");
        window.press("done").await?;
        window.await_screen("settings").await?;

        // The keychain may open the vault, if the person wants it to.
        window.press("here-switch").await?;
        window.await_on("here-switch").await?;
        window.key(&[Key::Control], "l").await?;
        window.await_screen("vault-lock").await?;
        window.press("unlock-here").await?;
        window.await_screen("accounts").await?;
        open_account(window).await?;
        ensure!(revealed_password(window).await? == FORGOTTEN, "the keychain’s key has opened the vault");

        window.press("settings").await?;
        window.await_screen("settings").await?;
        window.press("to-keychain").await?;
        confirm(window).await?;
        window.await_text("notice", "keychain").await?;
        ensure!(desk.password_in_keychain()? == FORGOTTEN, "it is back in the keychain");
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "drives the real window: cargo xtask test"]
async fn a_lost_answer_is_found_out_after_a_crash() {
    Desk::play("vault-crash", async |desk| {
        let server = AccountServer::open().await?;
        let cable = Cable::to(server.running.address()).await?;
        first_start_with_vault(&desk.window).await?;
        let new = change_and_lose_the_answer(desk, &cable).await?;
        ensure!(server.opens(&new).await?, "the server has changed it");

        desk.kill_app()?;
        cable.mend();
        desk.start_again().await?;
        let window = &desk.window;
        unlock(window, MASTER).await?;
        window.await_screen("in-the-air").await?;
        window.await_text("resolved-row", "The new password holds").await?;
        window.press("continue").await?;
        window.await_screen("accounts").await?;
        open_account(window).await?;
        ensure!(revealed_password(window).await? == new, "the vault has the password that the server has");
        window.press("history-toggle").await?;
        window.find("history-row").await?;

        // What is being typed survives a crash, too, and an earlier state can be brought back.
        window.press("edit-account").await?;
        window.type_into("edit-name", "The village shop").await?;
        window.type_into("edit-note", "Ask for Mrs Wolf").await?;
        tokio::time::sleep(std::time::Duration::from_millis(1200)).await;
        desk.kill_app()?;
        desk.start_again().await?;
        let window = &desk.window;
        unlock(window, MASTER).await?;
        window.await_screen("accounts").await?;
        open_account(window).await?;
        window.press("draft-take").await?;
        window.press("edit-save").await?;
        window.await_text("heading", "The village shop").await?;
        window.press("remove-account").await?;
        confirm(window).await?;
        window.await_screen("accounts").await?;
        window.find("empty").await?;
        window.press("settings").await?;
        window.press("earlier").await?;
        window.find("backup-row").await?;
        window.press_the_one("restore", "").await?;
        confirm(window).await?;
        window.find("undo-restore").await?;
        window.press("back").await?;
        window.press("nav-accounts").await?;
        window.find("account-row").await?;
        Ok(())
    })
    .await;
}

/// Signs in through the cable, then changes the password and loses the answer; the new password.
pub async fn change_and_lose_the_answer(desk: &Desk, cable: &Cable) -> Result<String> {
    let window = &desk.window;
    find_server_at(window, &cable.address()).await?;
    sign_in(window, FORGOTTEN).await?;
    open_named_account(window, "Dorfladen").await?;
    window.press("change-password").await?;
    window.await_screen("new-password").await?;
    let new = window.text("generated-password").await?;
    cable.cut();
    window.press("use-generated").await?;
    window.find("find-out").await?;
    Ok(new)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "drives the real window: cargo xtask test"]
async fn a_keychain_that_is_gone_can_be_left_for_a_vault() {
    Desk::play("vault-doctor", async |desk| {
        let server = AccountServer::open().await?;
        first_start(&desk.window).await?;
        find_server(&desk.window, &server).await?;
        sign_in(&desk.window, FORGOTTEN).await?;

        desk.kill_keychain();
        let window = &desk.window;
        window.press("nav-accounts").await?;
        window.await_screen("accounts").await?;
        window.press("store-help").await?;
        window.find("store-ways").await?;
        window.has_no_violations().await?;
        window.press("store-to-vault").await?;
        make_vault(window).await?;
        window.press("done").await?;
        window.press("nav-accounts").await?;
        window.await_text("account-row", "Dorfladen").await?;
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "drives the real window: cargo xtask test"]
async fn the_vault_locks_when_the_computer_sleeps() {
    Desk::play("vault-sleeps", async |desk| {
        let login = desk.login_service().await?;
        desk.start_again().await?;
        first_start_with_vault(&desk.window).await?;
        login.prepare_for_sleep(true).await?;
        desk.window.await_screen("vault-lock").await?;
        login.prepare_for_sleep(false).await?;
        unlock(&desk.window, MASTER).await?;
        desk.window.await_screen("accounts").await?;
        login.lock_session().await?;
        desk.window.await_screen("vault-lock").await?;
        Ok(())
    })
    .await;
}
