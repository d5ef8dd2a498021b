//! Stretches of the way that several stories walk.

use anyhow::Result;

use crate::server::{AccountServer, IDENTIFIER};
use crate::window::Window;

/// From the first start to the empty list of accounts, with the keychain.
pub async fn first_start(window: &Window) -> Result<()> {
    window.await_screen("first-start").await?;
    window.pick("store-keychain").await?;
    window.press("continue").await?;
    window.await_screen("accounts").await?;
    Ok(())
}

/// From the list of accounts to a server that answers.
pub async fn find_server(window: &Window, server: &AccountServer) -> Result<()> {
    find_server_at(window, &server.address()).await
}

pub async fn find_server_at(window: &Window, address: &str) -> Result<()> {
    search_at(window, address).await?;
    window.await_text("server-found", "Dorfladen").await?;
    Ok(())
}

/// The same with whatever server answers there.
pub async fn search_at(window: &Window, address: &str) -> Result<()> {
    if window.screen().await? != "accounts" {
        window.press("nav-accounts").await?;
        window.await_screen("accounts").await?;
    }
    window.press("add-account").await?;
    window.await_screen("add").await?;
    window.pick("kind-server").await?;
    window.press("continue").await?;
    window.await_screen("server").await?;
    window.type_into("server-address", address).await?;
    window.press("continue").await?;
    window.find("server-found").await?;
    Ok(())
}

/// From a found server to the account's page, with a password that fits.
pub async fn sign_in(window: &Window, password: &str) -> Result<()> {
    window.press("sign-in").await?;
    window.await_screen("sign-in").await?;
    window.type_into("sign-in-identifier", IDENTIFIER).await?;
    window.type_into("sign-in-password", password).await?;
    window.press("continue").await?;
    window.await_screen("done").await?;
    window.press("done").await?;
    Ok(())
}

/// From a found server to the question for the code; the code is on its way.
pub async fn forget(window: &Window) -> Result<()> {
    window.press("forgot").await?;
    window.await_screen("identifier").await?;
    window.type_into("identifier", IDENTIFIER).await?;
    window.press("continue").await?;
    window.await_screen("code").await?;
    Ok(())
}

/// From the list of accounts to the page of the only one.
pub async fn open_account(window: &Window) -> Result<()> {
    if window.screen().await? != "account" {
        window.press("nav-accounts").await?;
        window.await_screen("accounts").await?;
        window.press("account-row").await?;
    }
    window.await_screen("account").await?;
    Ok(())
}

/// From the account's page: the saved password, as the person may see it.
pub async fn revealed_password(window: &Window) -> Result<String> {
    window.press("password-reveal").await?;
    window.await_other_text("password-value", "••••••••••••").await
}

/// Says yes in the dialog that asks, and waits until it is gone: while it goes, nothing behind it can be pressed.
pub async fn confirm(window: &Window) -> Result<()> {
    window.press("confirm").await?;
    window.await_gone("dialog").await
}
