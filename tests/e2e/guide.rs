//! A shop without an API: the guide is walked in the real window, the shop in a real browser beside it.

use anyhow::{Result, ensure};

use crate::desk::Desk;
use crate::phone::Phone;
use crate::shop::{CUSTOMER, Shop};
use crate::steps::{first_start, open_account, revealed_password};
use crate::window::Window;

const SAID: &str = "I forgot my AliExpress password";

/// From the search to the first page of the guide.
pub async fn find_the_way(window: &Window) -> Result<()> {
    window.type_into("search", SAID).await?;
    window.press("found-site").await?;
    window.await_screen("identifier").await?;
    window.type_into("identifier", CUSTOMER).await?;
    window.press("continue").await?;
    window.await_screen("guide").await?;
    Ok(())
}

/// In the browser: opens what the window has opened, and says who it is. The code is on its way then.
pub async fn say_who(desk: &Desk, browser: &Phone) -> Result<()> {
    desk.window.press("guide-open").await?;
    let opened = desk.opened().await?;
    ensure!(opened == "https://login.aliexpress.com/", "the right page, and not {opened}");
    browser.open_link(&opened).await?;
    browser.submit("/forgot").await?;
    browser.fill("identifier", CUSTOMER).await?;
    browser.submit("/code").await?;
    browser.await_form("/new").await
}

pub async fn type_the_code(shop: &Shop, browser: &Phone) -> Result<()> {
    browser.fill("code", &shop.mailed()?).await?;
    browser.submit("/new").await?;
    browser.await_form("/done").await
}

pub async fn set(browser: &Phone, password: &str) -> Result<()> {
    browser.fill("password", password).await?;
    browser.fill("again", password).await?;
    browser.submit("/done").await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "drives the real window: cargo xtask test"]
async fn from_forgotten_to_saved_with_a_crash_in_between() {
    Desk::play("guide", async |desk| {
        let shop = Shop::open().await?;
        let browser = Phone::browser(desk, &shop.hosts()).await?;
        first_start(&desk.window).await?;
        find_the_way(&desk.window).await?;
        desk.window.has_no_violations().await?;
        say_who(desk, &browser).await?;
        desk.window.press("guide-yes").await?;
        desk.window.await_text("heading", "Type the code").await?;
        desk.window.press("doctor").await?;
        desk.window.find("guide-hints").await?;
        desk.window.has_no_violations().await?;
        type_the_code(&shop, &browser).await?;

        // Left for another day.
        desk.window.press("cancel").await?;
        desk.start_again().await?;
        desk.window.press("account-row").await?;
        desk.window.press("guide-go-on").await?;
        desk.window.await_text("heading", "Type the code").await?;
        desk.window.find("guide-left").await?;
        desk.window.press("guide-yes").await?;
        desk.window.await_screen("new-password").await?;
        let refused = desk.window.text("generated-password").await?;
        desk.window.press("use-generated").await?;
        desk.window.await_screen("set-password").await?;
        desk.window.await_text("guide-password", &refused).await?;
        desk.window.has_no_violations().await?;

        // The shop says no: another one is made, and this one stays in the history.
        desk.window.press("guide-no").await?;
        desk.window.await_screen("new-password").await?;
        let made = desk.window.await_other_text("generated-password", &refused).await?;
        desk.window.press("use-generated").await?;
        desk.window.await_screen("set-password").await?;
        set(&browser, &made).await?;
        browser.await_words("Everything was successful").await?;

        // The power goes after the shop has taken it, and before anybody has said so here.
        desk.kill_app()?;
        ensure!(desk.keychain_holds(&made)?, "it was kept before it was shown");
        desk.start_again().await?;
        desk.window.press("account-row").await?;
        desk.window.await_text("notice", "take the new password").await?;
        desk.window.press("guide-go-on").await?;
        desk.window.await_screen("set-password").await?;
        desk.window.await_text("guide-password", &made).await?;
        desk.window.press("guide-yes").await?;
        desk.window.await_screen("done").await?;
        desk.window.press("done").await?;
        open_account(&desk.window).await?;
        ensure!(revealed_password(&desk.window).await? == made, "the account has it");
        ensure!(shop.password() == made, "and so has the shop");

        // It opens the shop, by the guide for signing in.
        desk.window.press("account-sign-in").await?;
        desk.window.press("use-saved").await?;
        desk.window.await_screen("guide").await?;
        desk.window.press("guide-open").await?;
        browser.open_link(&desk.opened().await?).await?;
        desk.window.press("guide-reveal").await?;
        let shown = desk.window.text("guide-password").await?;
        browser.fill("identifier", CUSTOMER).await?;
        browser.fill("password", &shown).await?;
        browser.submit("/sign-in").await?;
        browser.await_words("Hello, Jana").await?;
        desk.window.press("guide-yes").await?;
        desk.window.await_screen("done").await?;
        browser.close().await;
        Ok(())
    })
    .await;
}
