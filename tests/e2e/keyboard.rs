//! The same way without a mouse.

use anyhow::ensure;
use thirtyfour::Key;

use crate::desk::Desk;
use crate::server::{AccountServer, IDENTIFIER};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "drives the real window: cargo xtask test"]
async fn the_whole_way_by_keyboard_alone() {
    Desk::play("keyboard", async |desk| {
        let mut server = AccountServer::open().await?;
        let window = &desk.window;
        window.await_screen("first-start").await?;
        window.await_focus("store-keychain").await?;
        window.key(&[], Key::Enter).await?;

        window.await_screen("accounts").await?;
        window.tab_to("add-account").await?;
        window.key(&[], Key::Enter).await?;
        window.await_screen("add").await?;
        window.key(&[], Key::Escape).await?;
        window.await_screen("accounts").await?;
        window.tab_to("add-account").await?;
        window.key(&[], Key::Enter).await?;
        window.await_screen("add").await?;
        window.await_focus("kind-website").await?;
        window.key(&[], Key::Down).await?;
        window.await_focus("kind-server").await?;
        window.key(&[], Key::Down).await?;
        window.await_focus("kind-practice").await?;
        window.key(&[], Key::Up).await?;
        window.key(&[], Key::Enter).await?;

        window.await_screen("server").await?;
        window.await_focus("server-address").await?;
        window.key(&[], server.address()).await?;
        window.key(&[], Key::Enter).await?;
        window.find("server-found").await?;
        window.tab_to("forgot").await?;
        window.key(&[], Key::Enter).await?;
        window.await_screen("identifier").await?;
        window.await_focus("identifier").await?;
        window.key(&[], IDENTIFIER.to_owned()).await?;
        window.key(&[], Key::Enter).await?;

        window.await_screen("code").await?;
        window.await_focus("code-input").await?;
        window.key(&[], server.mailbox.next().await?.code()?).await?;
        window.await_screen("new-password").await?;
        let made = window.text("generated-password").await?;
        window.tab_to("use-generated").await?;
        window.key(&[], Key::Enter).await?;
        window.await_screen("done").await?;
        ensure!(server.opens(&made).await?, "the server took it");
        ensure!(desk.password_in_keychain()? == made, "the keychain has it");
        window.tab_to("done").await?;
        window.key(&[], Key::Enter).await?;

        window.key(&[], Key::F1).await?;
        window.find("help-dialog").await?;
        window.key(&[], Key::Escape).await?;
        window.await_gone("help-dialog").await?;
        window.key(&[Key::Control], "l").await?;
        window.await_screen("lock").await?;
        ensure!(!window.words().await?.contains(IDENTIFIER), "a locked window shows nobody's name");
        window.tab_to("unlock").await?;
        window.key(&[], Key::Enter).await?;
        window.await_screen("accounts").await?;
        Ok(())
    })
    .await;
}
