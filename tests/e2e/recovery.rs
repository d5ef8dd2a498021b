//! The main job: from "no password fits" to signed in again, and what may happen on the way.

use anyhow::ensure;

use crate::desk::Desk;
use crate::server::{AccountServer, FORGOTTEN};
use crate::steps::{find_server, first_start, forget, open_account, revealed_password, sign_in};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "drives the real window: cargo xtask test"]
async fn a_forgotten_password_is_replaced_and_kept() {
    Desk::play("forgotten-password", async |desk| {
        let mut server = AccountServer::open().await?;
        let window = &desk.window;
        first_start(window).await?;
        find_server(window, &server).await?;
        forget(window).await?;

        let mail = server.mailbox.next().await?;
        ensure!(mail.to == "jana@example.com", "the code went to {}", mail.to);
        window.type_into("code-input", &mail.code()?).await?;

        window.await_screen("new-password").await?;
        let made = window.text("generated-password").await?;
        ensure!(made.chars().count() >= 15, "too short: {made}");
        ensure!(desk.keychain_holds(&made)?, "the new password is in the keychain before it is sent");
        ensure!(!server.opens(&made).await?, "nothing is sent before the person says so");
        window.press("use-generated").await?;

        window.await_screen("done").await?;
        ensure!(server.opens(&made).await?, "the server took the new password");
        ensure!(!server.opens(FORGOTTEN).await?, "the old one is gone");
        ensure!(desk.password_in_keychain()? == made, "the keychain holds what the server has");
        let notice = server.mailbox.next_about("was changed").await?;
        ensure!(!notice.html.contains(&made) && !notice.text.contains(&made), "a notice tells no password");

        desk.start_again().await?;
        let window = &desk.window;
        open_account(window).await?;
        window.find("open-server").await?;
        ensure!(revealed_password(window).await? == made, "the same password after a new start");
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "drives the real window: cargo xtask test"]
async fn a_wrong_code_can_be_mended_on_the_spot() {
    Desk::play("wrong-code", async |desk| {
        let mut server = AccountServer::open().await?;
        let window = &desk.window;
        first_start(window).await?;
        find_server(window, &server).await?;
        forget(window).await?;
        let code = server.mailbox.next().await?.code()?;
        let wrong =
            if code.starts_with('0') { code.replacen('0', "1", 1) } else { format!("0{}", &code[1..]) };

        window.type_into("code-input", &wrong).await?;
        window.await_text("notice", "That code didn’t fit.").await?;
        ensure!(window.screen().await? == "code", "a wrong code leaves the question standing");
        window.type_into("code-input", &code).await?;
        window.await_screen("new-password").await?;

        window.pick("type-own").await?;
        window.type_into("new-password", "short").await?;
        window.type_into("repeat-password", "short").await?;
        ensure!(!window.is_enabled("use-own").await?, "a short password cannot be sent");
        let own = "brave lantern over 7 quiet rooftops";
        window.type_into("new-password", own).await?;
        window.type_into("repeat-password", "brave lantern over 7 quiet rooftop").await?;
        ensure!(!window.is_enabled("use-own").await?, "two different ones cannot be sent");
        window.type_into("repeat-password", own).await?;
        window.press("use-own").await?;
        window.await_screen("done").await?;
        ensure!(server.opens(own).await?, "the server took it");
        ensure!(desk.password_in_keychain()? == own, "the keychain holds it");
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "drives the real window: cargo xtask test"]
async fn a_password_is_changed_from_the_account_page() {
    Desk::play("change-password", async |desk| {
        let server = AccountServer::open().await?;
        let window = &desk.window;
        first_start(window).await?;
        find_server(window, &server).await?;
        sign_in(window, FORGOTTEN).await?;
        ensure!(server.opens(FORGOTTEN).await?, "a phone signs in meanwhile");

        open_account(window).await?;
        window.await_text("session-row", "This computer").await?;
        window.press("change-password").await?;
        window.await_screen("new-password").await?;
        let made = window.text("generated-password").await?;
        window.press("use-generated").await?;
        window.await_screen("done").await?;
        window.await_text("fact-sessions", "1 other device").await?;
        window.press("done").await?;

        ensure!(server.opens(&made).await? && !server.opens(FORGOTTEN).await?, "the server has the new one");
        ensure!(desk.password_in_keychain()? == made, "and so has the keychain");
        open_account(window).await?;
        window.press("history-toggle").await?;
        window.press("past-reveal").await?;
        window.await_text("past-value", FORGOTTEN).await?;
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "drives the real window: cargo xtask test"]
async fn a_keychain_that_dies_is_told_and_loses_nothing() {
    Desk::play("keychain-dies", async |desk| {
        let mut server = AccountServer::open().await?;
        first_start(&desk.window).await?;
        find_server(&desk.window, &server).await?;
        forget(&desk.window).await?;
        let code = server.mailbox.next().await?.code()?;
        desk.window.type_into("code-input", &code).await?;
        desk.window.await_screen("new-password").await?;
        let made = desk.window.text("generated-password").await?;

        desk.kill_keychain();
        desk.window.press("use-generated").await?;
        desk.window.await_text("notice", "keychain").await?;
        ensure!(server.opens(FORGOTTEN).await?, "nothing was sent that could not be saved");
        ensure!(!server.opens(&made).await?, "the old password is still the one");

        desk.start_keychain()?;
        desk.window.press("use-generated").await?;
        desk.window.await_screen("done").await?;
        ensure!(server.opens(&made).await?, "the same password, on the second try");
        ensure!(desk.password_in_keychain()? == made, "and it is saved");
        Ok(())
    })
    .await;
}
