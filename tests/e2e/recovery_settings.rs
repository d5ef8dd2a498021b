//! What the server lets back in by is changed from the window.

use anyhow::ensure;

use crate::desk::Desk;
use crate::server::{AccountServer, FORGOTTEN};
use crate::steps::{confirm, find_server, first_start, open_account, sign_in};
use crate::window::Theme;

const OTHER: &str = "jana@office.example";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "drives the real window: cargo xtask test"]
async fn addresses_authenticator_and_codes_are_changed() {
    Desk::play("recovery-settings", async |desk| {
        let mut server = AccountServer::open().await?;
        let window = &desk.window;
        first_start(window).await?;
        find_server(window, &server).await?;
        sign_in(window, FORGOTTEN).await?;
        open_account(window).await?;
        window.press("recovery-open").await?;
        window.await_text("recovery-address", "jana@example.com").await?;
        window.has_no_violations().await?;

        // Another address proves itself by its code, and goes first.
        window.press("recovery-add").await?;
        window.type_into("recovery-add-input", OTHER).await?;
        window.press("recovery-add-send").await?;
        window.await_screen("code").await?;
        let mail = server.mailbox.next_to(OTHER).await?;
        window.has_no_violations().await?;
        window.type_into("code-input", &mail.code()?).await?;
        window.await_screen("done").await?;
        window.find("fact-notice").await?;
        window.has_no_violations().await?;
        let told = server.mailbox.next_to("jana@example.com").await?;
        ensure!(told.code().is_err(), "a notice: {}", told.text);
        window.press("done").await?;
        window.await_screen("recovery-settings").await?;
        window.await_text("recovery-change", "An address was added").await?;
        window.press("recovery-put-first").await?;
        window.await_screen("done").await?;
        window.press("done").await?;
        window.await_text("recovery-address", OTHER).await?;
        window.has_no_violations().await?;

        // The authenticator is kept here, and makes codes.
        window.press("recovery-turn-on").await?;
        window.await_screen("set-up-authenticator").await?;
        window.has_no_violations().await?;
        window.press("set-up-other").await?;
        let secret = window.text("set-up-secret").await?.replace(' ', "");
        window.has_no_violations().await?;
        window.press("back").await?;
        window.await_screen("recovery-settings").await?;
        window.press("recovery-turn-on").await?;
        window.await_screen("set-up-authenticator").await?;
        window.press("set-up-keep").await?;
        window.await_screen("done").await?;
        ensure!(!desk.keychain_holds(&secret)?, "the one that was only shown is not kept");
        ensure!(!server.opens(FORGOTTEN).await?, "the password alone is not enough any more");
        window.press("done").await?;
        window.await_text("recovery-factor", "Authenticator on").await?;

        // Ten new codes, kept with the account.
        window.press("recovery-renew").await?;
        window.find("dialog").await?;
        window.has_no_violations().await?;
        confirm(window).await?;
        window.await_screen("done").await?;
        window.find("fact-codes").await?;
        window.press("done").await?;
        window.await_text("recovery-codes", "10 are kept here").await?;
        window.resize(420, 900).await?;
        window.wear(Theme::Dark).await?;
        window.does_not_scroll_sideways().await?;
        window.has_no_violations().await?;

        // An address goes, and nobody else's conversation is left standing.
        window.press_inside("recovery-address", "jana@example.com", "recovery-remove").await?;
        confirm(window).await?;
        window.await_screen("done").await?;
        window.press("done").await?;
        window.await_gone("recovery-put-first").await?;
        window.press("back").await?;
        window.await_text("codes-left", "10").await?;
        window.find("authenticator-remove").await?;
        Ok(())
    })
    .await;
}
