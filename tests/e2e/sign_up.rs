//! An account is made from the window.

use anyhow::ensure;

use crate::desk::Desk;
use crate::server::AccountServer;
use crate::steps::{find_server, first_start, open_account, revealed_password};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "drives the real window: cargo xtask test"]
async fn an_account_is_made_with_a_password_that_is_kept_before() {
    Desk::play("sign-up", async |desk| {
        let mut server = AccountServer::open_to_all().await?;
        let window = &desk.window;
        first_start(window).await?;
        find_server(window, &server).await?;
        window.has_no_violations().await?;
        window.press("sign-up").await?;
        window.await_screen("identifier").await?;
        window.type_into("identifier", "otto@example.com").await?;
        window.has_no_violations().await?;
        window.press("continue").await?;
        window.await_screen("code").await?;
        let mail = server.mailbox.next().await?;
        ensure!(mail.to == "otto@example.com", "the code went to {}", mail.to);
        window.has_no_violations().await?;
        window.type_into("code-input", &mail.code()?).await?;
        window.await_screen("new-password").await?;
        let made = window.text("generated-password").await?;
        ensure!(desk.keychain_holds(&made)?, "it is kept before it is sent");
        window.press("use-generated").await?;
        window.await_screen("done").await?;
        window.find("fact-codes").await?;
        window.has_no_violations().await?;
        window.press("done").await?;
        open_account(window).await?;
        ensure!(revealed_password(window).await? == made, "the same password");
        window.await_text("codes-left", "10").await?;
        ensure!(server.opens_for("otto@example.com", &made).await?, "the server has it");

        // Who has an account is told so by mail, and the window cannot tell.
        find_server(window, &server).await?;
        window.press("sign-up").await?;
        window.type_into("identifier", "jana@example.com").await?;
        window.press("continue").await?;
        window.await_screen("code").await?;
        let mail = server.mailbox.next_to("jana@example.com").await?;
        ensure!(mail.code().is_err(), "no code: {}", mail.text);
        Ok(())
    })
    .await;
}
